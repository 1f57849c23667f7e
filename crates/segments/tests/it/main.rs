//! A store of nothing but numbers, killed after every step, damaged, and read while it is written.

mod crash;
mod damage;
mod readers;
mod toy;

//! What this room promises, checked on real blocks against rust-bitcoin and on damaged ones.

mod fixtures;
mod walk;

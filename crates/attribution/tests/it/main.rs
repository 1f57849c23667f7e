//! The crate from outside: lists in, claims out, both times kept.

mod facts;
mod formats;
mod hostile;
mod index;
mod ofac;
mod order;
mod store;
mod support;
mod traps;
mod update;

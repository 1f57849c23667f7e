//! What this crate promises, checked on real blocks against rust-bitcoin and on damaged ones.
#![expect(clippy::unwrap_used, reason = "tests")]

mod damage;
mod esplora;
mod files;
mod fixtures;
mod live;
mod mock;
mod parse;
mod plan;
mod undo;

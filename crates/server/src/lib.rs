//! Handlers over HTTP. They hold no logic of their own: what is answered is decided in the crates below.

pub mod proxy;

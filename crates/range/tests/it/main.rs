//! Generated chains, read back with rust-bitcoin.

mod chain;

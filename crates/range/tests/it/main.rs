//! Generated chains, read back with rust-bitcoin.

mod case;
mod chain;
mod heist;
mod repeat;
mod score;

//! Generated chains, read back with rust-bitcoin.

mod accounts;
mod case;
mod chain;
mod harder;
mod heist;
mod repeat;
mod score;

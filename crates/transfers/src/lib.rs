//! The store of value movements on account chains: who moved how much of what, in the order of the chain.
//!
//! Analyses ask [`TransferRows`], whatever holds the rows. [`MemoryTransfers`] holds them in memory: for a case of a few
//! accounts, and for tests; the store on segments has the same trait.
//!
//! Numbers are dense and grow in time, so "earlier" is a comparison of integers. Ethereum alone has more than 2^32
//! movements, so transactions and transfers have 40 bits ([`TransferNum`]), accounts of one chain 32.
//!
//! **Invariants.** No outside format is known here: rows come as [`TransferBlock`](tracehound_model::transfer::TransferBlock)s.
//! A balance that cannot be known from the rows is [`BalanceAt::Unknown`], never zero.

mod error;
mod ids;
mod memory;
mod pack;
mod rows;

pub use error::{BalanceUnknown, TransferError};
pub use ids::{AccountNum, AssetNum, BlockNum, MAX_NUM, TransferNum, TxNum};
pub use memory::{MemoryTransfers, Opening};
pub use rows::{Balance, BalanceAt, BlockRow, Transfer, TransferRows, TxRow};

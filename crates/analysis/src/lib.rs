//! Pure functions over the ledger and what is known of addresses.
//!
//! **Invariants.** No I/O beyond reading the snapshot it is given, no clock, no randomness without a seed: the same
//! snapshot and the same question give the same answer.

pub mod account_parties;
pub mod account_path;
pub mod boltzmann;
pub mod cluster;
pub mod coinjoin;
pub mod counterparties;
pub mod deployers;
pub mod deposits;
pub mod exposure;
pub mod extent;
pub mod freezes;
pub mod full_ledger;
pub mod hot_wallets;
pub mod imitations;
mod numbers;
pub mod path;
pub mod patterns;
pub mod peel;
pub mod pools;
pub mod price;
pub mod rates;
pub mod roles;
pub mod signers;
pub mod taint;
pub mod trace;
pub mod words;

pub use counterparties::{Counterparties, Counterparty, Limits, TxParties, tx_parties};

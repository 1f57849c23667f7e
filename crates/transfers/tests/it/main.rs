//! What a store of transfers must answer, whatever holds it.

mod balances;
mod blocks;
mod chain;
mod ledger;
mod repair;

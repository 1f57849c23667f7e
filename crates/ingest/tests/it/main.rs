//! Real and generated block files into a ledger and out again.

mod bitcoin;
mod node;

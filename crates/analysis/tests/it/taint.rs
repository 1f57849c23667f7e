//! The worked examples of the rules, conservation, and propagations over small chains.

mod balances;
mod examples;
pub(crate) mod propagations;
mod sources;

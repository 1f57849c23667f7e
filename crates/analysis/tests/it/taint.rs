//! The worked examples of the rules, conservation, and walks over small chains.

mod balances;
mod examples;
pub(crate) mod walks;

//! Shares, moments and names in the words of pages and drawings.

use tracehound_model::{BitcoinNetwork, Chain};

pub(crate) use tracehound_analysis::words::{day, minute, moment, permille as share, short};

/// What people call a chain, for its CAIP-2 id.
pub(crate) fn chain_name(id: &str) -> String {
    match id.parse::<Chain>() {
        Ok(Chain::Bitcoin(BitcoinNetwork::Mainnet)) => "Bitcoin".to_owned(),
        Ok(Chain::Bitcoin(network)) => format!("Bitcoin {}", Chain::Bitcoin(network).short_name()),
        Ok(Chain::Evm(1)) => "Ethereum".to_owned(),
        Ok(chain) => chain.short_name(),
        Err(_) => id.to_owned(),
    }
}

/// A plural's ending.
pub(crate) fn s(count: impl Into<u64>) -> &'static str {
    if count.into() == 1 { "" } else { "s" }
}

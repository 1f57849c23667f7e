//! Chains and their networks.

use serde::{Deserialize, Serialize};

/// A Bitcoin network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BitcoinNetwork {
    /// The main network.
    Mainnet,
    /// The third public test network.
    Testnet,
    /// The default public signet.
    Signet,
    /// A local regression-test network.
    Regtest,
}

/// Placeholder until the codecs land.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Chain {
    /// Bitcoin on one of its networks.
    Bitcoin(BitcoinNetwork),
}

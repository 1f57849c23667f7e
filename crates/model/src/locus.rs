//! Where value is, on whatever chain.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Account, Asset, BitcoinNetwork, Chain, Confidence, OutPoint, SourceId, TxRef};

/// A place where value is, or through which it goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Locus {
    /// An output of a UTXO chain.
    Output {
        /// The transaction that made it.
        #[serde(flatten)]
        tx: TxRef,
        /// Its position in it, from 0.
        vout: u32,
    },
    /// What an account holds of an asset.
    Balance {
        /// The account.
        account: Account,
        /// The asset.
        asset: Asset,
    },
    /// A hop from one chain to another: value goes in there and comes out here.
    Hop {
        /// Where it goes in.
        from: TxRef,
        /// Where it comes out.
        to: TxRef,
        /// How the two were found to belong together.
        linked_by: LinkedBy,
        /// How sure that is.
        confidence: Confidence,
    },
}

/// How two ends of a hop between chains were found to belong together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum LinkedBy {
    /// The bridge's own number of the transfer, which both ends carry.
    BridgeId {
        /// That number, as the bridge writes it.
        id: String,
    },
    /// What the sender wrote at one end names the other.
    Memo,
    /// Amount and time fit: nothing else ties them.
    AmountAndTime,
    /// Somebody says so.
    Claim {
        /// Who.
        source: SourceId,
    },
}

impl Locus {
    /// An output of a Bitcoin network.
    pub const fn output(network: BitcoinNetwork, outpoint: OutPoint) -> Self {
        let tx = TxRef { chain: Chain::Bitcoin(network), hash: outpoint.txid.0 };
        Self::Output { tx, vout: outpoint.vout }
    }
}

impl fmt::Display for LinkedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BridgeId { id } => write!(f, "the bridge's number {id}"),
            Self::Memo => f.write_str("a memo"),
            Self::AmountAndTime => f.write_str("amount and time"),
            Self::Claim { source } => write!(f, "the word of {source}"),
        }
    }
}

/// `TXID:N` for an output; the account and the asset for a balance.
impl fmt::Display for Locus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output { tx, vout } => write!(f, "{tx}:{vout}"),
            Self::Balance { account, asset } => write!(f, "{account} {asset}"),
            Self::Hop { from, to, linked_by, confidence } => {
                let (start, end) = (from.chain.short_name(), to.chain.short_name());
                write!(f, "{start} {from} -> {end} {to} by {linked_by} ({} of 100)", confidence.0)
            }
        }
    }
}

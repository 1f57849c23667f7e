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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Address, TxId};

    fn round_trip(locus: &Locus, wanted: &serde_json::Value) {
        assert_eq!(serde_json::to_value(locus).expect("JSON"), *wanted);
        assert_eq!(serde_json::from_value::<Locus>(wanted.clone()).expect("the same"), *locus);
    }

    #[test]
    fn a_place_says_what_it_is_and_how_sure_a_hop_is() {
        const BITCOIN: &str = "bip122:000000000019d6689c085ae165831e93";
        let txid = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16";
        let id: TxId = txid.parse().expect("an id");
        let output = Locus::output(BitcoinNetwork::Mainnet, OutPoint { txid: id, vout: 1 });
        assert_eq!(output.to_string(), format!("{txid}:1"));
        round_trip(&output, &json!({ "kind": "output", "chain": BITCOIN, "txid": txid, "vout": 1 }));

        let holder = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let address = Address::parse(holder).expect("an address");
        let account = Account::new(Chain::Evm(1), address).expect("fits");
        let balance = Locus::Balance { account, asset: "eth".parse().expect("an asset") };
        let account = format!("eip155:1:{holder}");
        assert_eq!(balance.to_string(), format!("{account} eip155:1/slip44:60"));
        round_trip(
            &balance,
            &json!({ "kind": "balance", "account": account, "asset": "eip155:1/slip44:60" }),
        );

        let hash = [7; 32];
        let hop = Locus::Hop {
            from: TxRef { chain: Chain::Evm(1), hash },
            to: TxRef { chain: "btc".parse().expect("a chain"), hash: id.0 },
            linked_by: LinkedBy::BridgeId { id: "42".to_owned() },
            confidence: Confidence(90),
        };
        let paid = format!("0x{}", hex::encode(hash));
        assert_eq!(
            hop.to_string(),
            format!("eth {paid} -> btc {txid} by the bridge's number 42 (90 of 100)")
        );
        round_trip(
            &hop,
            &json!({
                "kind": "hop",
                "from": { "chain": "eip155:1", "txid": paid },
                "to": { "chain": BITCOIN, "txid": txid },
                "linked_by": { "by": "bridge_id", "id": "42" },
                "confidence": 90,
            }),
        );
        for (linked_by, said) in [
            (LinkedBy::Memo, "a memo"),
            (LinkedBy::AmountAndTime, "amount and time"),
            (LinkedBy::Claim { source: SourceId("a-list".to_owned()) }, "the word of a-list"),
        ] {
            assert_eq!(linked_by.to_string(), said);
        }
    }
}

//! Names of transactions, on any chain, and of outputs and blocks on UTXO chains.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Chain;

/// Text that is not 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a 64-digit hexadecimal hash")]
pub struct ParseHashError(pub String);

macro_rules! reversed_hash {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        ///
        /// Held in the byte order of the wire; printed and parsed reversed, as every explorer does.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut reversed = self.0;
                reversed.reverse();
                f.write_str(&hex::encode(reversed))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseHashError;

            fn from_str(text: &str) -> Result<Self, ParseHashError> {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseHashError(text.to_owned()))?;
                bytes.reverse();
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

reversed_hash! {
    /// A transaction's id: double SHA-256 of its serialisation without witness data.
    TxId
}

reversed_hash! {
    /// A block's id: double SHA-256 of its 80-byte header.
    BlockHash
}

/// A transaction on a chain. Printed and parsed as its chain prints it: reversed on Bitcoin and its kin, with `0x` on EVM chains,
/// in plain order elsewhere.
///
/// ```
/// use tracehound_model::{Chain, TxRef};
///
/// let hash = core::array::from_fn(|at| at as u8);
/// assert!(TxRef { chain: Chain::Evm(1), hash }.to_string().starts_with("0x000102"));
/// assert!(TxRef { chain: "btc".parse()?, hash }.to_string().ends_with("020100"));
/// # Ok::<(), tracehound_model::chain::UnknownChain>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "WrittenTx", try_from = "WrittenTx")]
pub struct TxRef {
    /// Its chain.
    pub chain: Chain,
    /// Its hash, in the order of bytes that the chain computes it in.
    pub hash: [u8; 32],
}

/// A transaction as it stands in an answer.
#[derive(Clone, JsonSchema, Serialize, Deserialize)]
pub(crate) struct WrittenTx {
    /// Its chain.
    chain: Chain,
    /// Its id, as the chain prints it.
    txid: String,
}

impl TxRef {
    /// Reads an id as the chain prints it; on an EVM chain also without `0x`.
    pub fn parse(chain: Chain, text: &str) -> Result<Self, ParseHashError> {
        let wrong = || ParseHashError(text.chars().take(200).collect());
        let digits = match chain {
            Chain::Evm(_) => text.strip_prefix("0x").unwrap_or(text),
            // Named by a signature of 64 bytes.
            Chain::Solana => return Err(wrong()),
            _ => text,
        };
        let mut hash = [0; 32];
        hex::decode_to_slice(digits, &mut hash).map_err(|_| wrong())?;
        if is_reversed(chain) {
            hash.reverse();
        }
        Ok(Self { chain, hash })
    }
}

/// Whether a chain prints hashes from their last byte to the first.
const fn is_reversed(chain: Chain) -> bool {
    match chain {
        Chain::Bitcoin(_)
        | Chain::Litecoin
        | Chain::BitcoinCash
        | Chain::BitcoinSv
        | Chain::BitcoinGold
        | Chain::Dash
        | Chain::Zcash
        | Chain::Verge => true,
        Chain::Evm(_) | Chain::Tron(_) | Chain::Monero | Chain::Ripple | Chain::Solana | Chain::BnbBeacon => {
            false
        }
    }
}

impl fmt::Display for TxRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.chain {
            chain if is_reversed(chain) => fmt::Display::fmt(&TxId(self.hash), f),
            Chain::Evm(_) => write!(f, "0x{}", hex::encode(self.hash)),
            Chain::Ripple | Chain::BnbBeacon => f.write_str(&hex::encode_upper(self.hash)),
            _ => f.write_str(&hex::encode(self.hash)),
        }
    }
}

impl From<TxRef> for WrittenTx {
    fn from(tx: TxRef) -> Self {
        Self { chain: tx.chain, txid: tx.to_string() }
    }
}

impl TryFrom<WrittenTx> for TxRef {
    type Error = ParseHashError;

    fn try_from(written: WrittenTx) -> Result<Self, ParseHashError> {
        Self::parse(written.chain, &written.txid)
    }
}

/// One output of one transaction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, JsonSchema, Serialize, Deserialize)]
pub struct OutPoint {
    /// The transaction that created the output.
    pub txid: TxId,
    /// The output's position in it, from 0.
    pub vout: u32,
}

impl FromStr for OutPoint {
    type Err = ParseHashError;

    /// `TXID:N`, as it is printed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseHashError(text.to_owned());
        let (txid, vout) = text.split_once(':').ok_or_else(wrong)?;
        let digits = !vout.is_empty() && vout.bytes().all(|byte| byte.is_ascii_digit());
        let vout = vout.parse().ok().filter(|_| digits).ok_or_else(wrong)?;
        Ok(Self { txid: txid.parse()?, vout })
    }
}

impl fmt::Display for OutPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.txid, self.vout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_printed_as_its_chain_prints_it() {
        let plain = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        let reversed = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";
        let hash = std::array::from_fn(|at| at as u8);
        for (chain, text) in [
            ("btc", reversed.to_owned()),
            ("regtest", reversed.to_owned()),
            ("ltc", reversed.to_owned()),
            ("bch", reversed.to_owned()),
            ("zec", reversed.to_owned()),
            ("eth", format!("0x{plain}")),
            ("eip155:324", format!("0x{plain}")),
            ("tron", plain.to_owned()),
            ("xmr", plain.to_owned()),
            ("xrp", plain.to_uppercase()),
        ] {
            let chain: Chain = chain.parse().expect("a chain");
            let tx = TxRef { chain, hash };
            assert_eq!(tx.to_string(), text);
            assert_eq!(TxRef::parse(chain, &text), Ok(tx));
            let json = serde_json::to_value(tx).expect("JSON");
            assert_eq!(json, serde_json::json!({ "chain": chain.to_string(), "txid": text }));
            assert_eq!(serde_json::from_value::<TxRef>(json).expect("the same"), tx);
        }
        let parse = |chain: &str, text: &str| TxRef::parse(chain.parse().expect("a chain"), text);
        assert_eq!(parse("eth", plain), parse("eth", &format!("0x{plain}")));
        for (chain, text) in [
            ("btc", format!("0x{plain}")),
            ("eth", "0x".to_owned()),
            ("tron", plain[1..].to_owned()),
            ("sol", plain.to_owned()),
        ] {
            assert!(parse(chain, &text).is_err(), "{chain} {text}");
        }
    }

    #[test]
    fn a_txid_prints_reversed_and_parses_back() {
        let text = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16";
        let txid: TxId = text.parse().expect("64 digits");
        assert_eq!(txid.0[0], 0x16);
        assert_eq!(txid.to_string(), text);
        assert!("f418".parse::<TxId>().is_err());
        let outpoint: OutPoint = format!("{text}:7").parse().expect("an outpoint");
        assert_eq!((outpoint.txid, outpoint.vout, outpoint.to_string()), (txid, 7, format!("{text}:7")));
        for wrong in
            ["", ":", ":1", text, &format!("{text}:"), &format!("{text}:+1"), &format!("{text}:4294967296")]
        {
            assert!(wrong.parse::<OutPoint>().is_err(), "{wrong}");
        }
    }
}

//! Names of transactions, outputs and blocks on UTXO chains.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

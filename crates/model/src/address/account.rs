//! An address on a chain, as CAIP-10.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Address, AddressError, error::shorten, hexadecimal};
use crate::{
    Chain, ScriptType,
    caip::{Caip10, CaipError},
};

/// An address on a chain. Printed, parsed and serialised as CAIP-10.
///
/// Two forms are too much for CAIP-10 and are written shorter there: a Bitcoin Cash address goes without its prefix
/// (the colon), an uncompressed public key without its leading `04` (128 characters are the limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account {
    chain: Chain,
    address: Address,
}

impl Account {
    /// Puts an address on a chain; `None` when it does not [fit](Address::fits).
    pub fn new(chain: Chain, address: Address) -> Option<Self> {
        address.fits(chain).then_some(Self { chain, address })
    }

    /// The chain.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// The address.
    pub fn address(&self) -> Address {
        self.address
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.address.text();
        let text = text.as_str();
        let bare_key =
            self.address.script().is_some_and(|script| script.script_type() == ScriptType::P2pkUncompressed);
        let text = if bare_key { &text[2..] } else { text.rsplit(':').next().unwrap_or(text) };
        write!(f, "{}:{text}", self.chain)
    }
}

impl FromStr for Account {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = |reason: String| AddressError::NotAnAccount { text: shorten(text), reason };
        let account: Caip10 = text.parse().map_err(|error: CaipError| refuse(error.reason.to_owned()))?;
        let chain = Chain::from_caip2(&account.chain)
            .ok_or_else(|| refuse(format!("the chain {} is not known", account.chain)))?;
        let written = account.address();
        let address = match uncompressed_key(written) {
            Some(key) if key.fits(chain) => key,
            _ => Address::parse_for(chain, written)?,
        };
        Ok(Self { chain, address })
    }
}

/// An uncompressed public key without its leading `04`.
fn uncompressed_key(digits: &str) -> Option<Address> {
    let mut key = [4; 65];
    hex::decode_to_slice(digits, &mut key[1..]).ok()?;
    hexadecimal::public_key(&key)
}

impl Serialize for Account {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

//! CAIP-2 (chains), CAIP-10 (accounts) and CAIP-19 (assets), any namespace.
//!
//! Sources: <https://chainagnostic.org/CAIPs/caip-2>, `caip-10`, `caip-19`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Text that is not a valid CAIP identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {form} identifier: {reason}")]
pub struct CaipError {
    /// The input, cut to 200 characters.
    pub text: String,
    /// Which standard.
    pub form: &'static str,
    /// What is wrong.
    pub reason: &'static str,
}

fn error(text: &str, form: &'static str, reason: &'static str) -> CaipError {
    CaipError { text: text.chars().take(200).collect(), form, reason }
}

fn is_namespace(text: &str) -> bool {
    (3..=8).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_reference(text: &str, longest: usize, extra: &[u8]) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || extra.contains(&byte))
}

macro_rules! text_form {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A chain: `namespace:reference`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Caip2 {
    namespace: String,
    reference: String,
}

impl Caip2 {
    /// The part before the colon (`eip155`).
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The part after the colon (`1`).
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Whether this is what it is written as.
    pub(crate) fn is(&self, text: &str) -> bool {
        text.split_once(':') == Some((&self.namespace, &self.reference))
    }
}

impl FromStr for Caip2 {
    type Err = CaipError;

    fn from_str(text: &str) -> Result<Self, CaipError> {
        let fail = |reason| error(text, "CAIP-2", reason);
        let (namespace, reference) = text.split_once(':').ok_or_else(|| fail("it has no colon"))?;
        if !is_namespace(namespace) {
            return Err(fail("a namespace has 3 to 8 lower-case letters, digits or hyphens"));
        }
        if !is_reference(reference, 32, b"_") {
            return Err(fail("a reference has 1 to 32 letters, digits, hyphens or underscores"));
        }
        Ok(Self { namespace: namespace.to_owned(), reference: reference.to_owned() })
    }
}

impl fmt::Display for Caip2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.reference)
    }
}

text_form!(Caip2);

/// An account: chain and address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Caip10 {
    /// The chain.
    pub chain: Caip2,
    address: String,
}

impl Caip10 {
    /// The address as written.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl FromStr for Caip10 {
    type Err = CaipError;

    fn from_str(text: &str) -> Result<Self, CaipError> {
        let fail = |reason| error(text, "CAIP-10", reason);
        let (chain, address) = text.rsplit_once(':').ok_or_else(|| fail("it has no colon"))?;
        if !is_reference(address, 128, b".%") {
            return Err(fail("an address has 1 to 128 letters, digits, hyphens, dots or percent signs"));
        }
        Ok(Self { chain: chain.parse()?, address: address.to_owned() })
    }
}

impl fmt::Display for Caip10 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.chain, self.address)
    }
}

text_form!(Caip10);

/// An asset: chain, asset namespace and reference, and a token id for non-fungible ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Caip19 {
    /// The chain.
    pub chain: Caip2,
    namespace: String,
    reference: String,
    token_id: Option<String>,
}

impl Caip19 {
    /// The asset namespace (`slip44`, `erc20`).
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The asset reference (`60`, a contract address).
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The token id of a non-fungible asset.
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }
}

impl FromStr for Caip19 {
    type Err = CaipError;

    fn from_str(text: &str) -> Result<Self, CaipError> {
        let fail = |reason| error(text, "CAIP-19", reason);
        let mut parts = text.split('/');
        let chain = parts.next().unwrap_or_default();
        let asset = parts.next().ok_or_else(|| fail("it names no asset after a slash"))?;
        let token_id = parts.next();
        if parts.next().is_some() {
            return Err(fail("it has too many slashes"));
        }
        let (namespace, reference) = asset.split_once(':').ok_or_else(|| fail("the asset has no colon"))?;
        if !is_namespace(namespace) {
            return Err(fail("an asset namespace has 3 to 8 lower-case letters, digits or hyphens"));
        }
        if !is_reference(reference, 128, b".%") {
            return Err(fail(
                "an asset reference has 1 to 128 letters, digits, hyphens, dots or percent signs",
            ));
        }
        if token_id.is_some_and(|id| !is_reference(id, 78, b".%")) {
            return Err(fail("a token id has 1 to 78 letters, digits, hyphens, dots or percent signs"));
        }
        Ok(Self {
            chain: chain.parse()?,
            namespace: namespace.to_owned(),
            reference: reference.to_owned(),
            token_id: token_id.map(str::to_owned),
        })
    }
}

impl fmt::Display for Caip19 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.chain, self.namespace, self.reference)?;
        self.token_id.iter().try_for_each(|id| write!(f, "/{id}"))
    }
}

text_form!(Caip19);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_identifiers_are_refused_with_the_reason() {
        for wrong in
            ["", "eip155", "ei:1", "EIP155:1", "eip155:", "eip155:1:2", "toolongname:1", "eip155:a b"]
        {
            assert!(wrong.parse::<Caip2>().is_err(), "{wrong}");
        }
        for wrong in ["eip155:1", "eip155:1:", "eip155:1:0x/1", "a:b:c"] {
            assert!(wrong.parse::<Caip10>().is_err(), "{wrong}");
        }
        for wrong in
            ["eip155:1", "eip155:1/", "eip155:1/erc20", "eip155:1/erc721:0x0/1/2", "eip155:1/erc20:a/"]
        {
            assert!(wrong.parse::<Caip19>().is_err(), "{wrong}");
        }
        let reason = "eip155:1/erc20".parse::<Caip19>().expect_err("no colon").to_string();
        assert!(reason.contains("the asset has no colon"), "{reason}");
    }
}

//! Versions of the Safe contract, as far as hashing depends on them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer};
use thiserror::Error;

/// A version of the Safe contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
    /// Third number.
    pub patch: u16,
}

/// Not a version this guard knows how to hash.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} is no Safe version from 0.1.0 to 1.5.x, such as 1.3.0 or 1.3.0+L2")]
pub struct UnknownVersion {
    /// As written.
    pub text: String,
}

/// The way a version hashes. Source: `GnosisSafe.sol` of each tag of safe-smart-account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Before 1.0.0: no chain in the domain, and the field `dataGas`.
    DataGas,
    /// 1.0.0 to 1.2.0: no chain in the domain.
    Plain,
    /// From 1.3.0: the chain is in the domain.
    Chain,
}

impl Version {
    /// How it hashes.
    pub fn scheme(self) -> Scheme {
        match (self.major, self.minor) {
            (0, _) => Scheme::DataGas,
            (1, 0..=2) => Scheme::Plain,
            _ => Scheme::Chain,
        }
    }

    /// Whether a signature names its chain.
    pub fn names_chain(self) -> bool {
        self.scheme() == Scheme::Chain
    }
}

impl Scheme {
    /// All of them, newest first: the order in which an unnamed version is guessed from a claimed hash.
    pub const ALL: [Self; 3] = [Self::Chain, Self::Plain, Self::DataGas];

    /// The versions, in words.
    pub const fn versions(self) -> &'static str {
        match self {
            Self::DataGas => "before 1.0.0",
            Self::Plain => "1.0.0 to 1.2.0",
            Self::Chain => "1.3.0 or newer",
        }
    }
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let unknown = || UnknownVersion { text: crate::json::shorten(text) };
        let core = text.strip_suffix("+L2").unwrap_or(text);
        let mut parts = core.split('.').map(|part| {
            let plain = !part.is_empty() && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u16>().ok()).flatten()
        });
        let mut next = || parts.next().flatten().ok_or_else(unknown);
        let version = Self { major: next()?, minor: next()?, patch: next()? };
        let known = version >= Self { major: 0, minor: 1, patch: 0 }
            && version < Self { major: 1, minor: 6, patch: 0 };
        if parts.next().is_some() || !known {
            return Err(unknown());
        }
        Ok(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl schemars::JsonSchema for Version {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^[01]\.[0-9]+\.[0-9]+(\+L2)?$" })
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_outside_the_known_range_are_refused_and_l2_is_no_difference() {
        assert_eq!("1.3.0+L2".parse::<Version>().map(Version::scheme), Ok(Scheme::Chain));
        assert_eq!("1.2.0".parse::<Version>().map(Version::scheme), Ok(Scheme::Plain));
        assert_eq!("0.1.0".parse::<Version>().map(Version::scheme), Ok(Scheme::DataGas));
        for text in
            ["0.0.9", "1.6.0", "2.0.0", "1.3", "1.3.0.0", "v1.3.0", "", "1.-3.0", "1.3.0+L3", "+1.3.0"]
        {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}

//! Numbers, bytes and addresses as wallets and services write them.
//!
//! The same value can be spelt in many ways, and tools disagree about the odd ones. Here the *value* is read, and each
//! odd spelling is kept as a [`NonCanonical`], so that a spelling can never hide a value from a check.

use alloy_primitives::{Address, B256, U256, keccak256};
use thiserror::Error;

use crate::json::{Json, Node, shorten};

/// A spelling that some readers take differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonCanonical {
    /// Where: the path of the field.
    pub path: String,
    /// What is odd.
    pub what: String,
}

/// A value that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: {what}")]
pub struct Malformed {
    /// The path of the field.
    pub path: String,
    /// What is wrong and what would be right.
    pub what: String,
}

impl Malformed {
    /// A complaint about a field.
    pub fn new(path: &str, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), what: what.into() }
    }
}

/// Reads scalars and collects what was odd about them.
#[derive(Clone, Debug, Default)]
pub struct Scalars {
    /// Odd spellings so far.
    pub non_canonical: Vec<NonCanonical>,
    /// Whether what is read stands in a request to a wallet or node, where numbers are hexadecimal.
    in_request: bool,
}

impl Scalars {
    /// Of a request of JSON-RPC, whose quantities are `0x` and hexadecimal digits: some wallets put `0x` before digits that have
    /// none, and sign 4,722 ether for `1000000000000000000`. Source: Ethereum's JSON-RPC specification, "Hex value encoding".
    pub(crate) fn of_request() -> Self {
        Self { in_request: true, ..Self::default() }
    }

    /// Notes an odd spelling.
    pub fn note(&mut self, path: &str, what: impl Into<String>) {
        self.non_canonical.push(NonCanonical { path: path.to_owned(), what: what.into() });
    }

    /// A whole number that is not negative: a JSON number, a decimal text, or a text with `0x`.
    pub fn uint(&mut self, node: &Node, path: &str) -> Result<U256, Malformed> {
        match &node.value {
            Json::Number(digits) => {
                let value = decimal(digits).ok_or_else(|| {
                    Malformed::new(path, format!("{digits} is not a whole number from 0 to 2^256-1"))
                })?;
                if value > U256::from(1_u64 << 53) {
                    self.note(path, "a bare number above 2^53: many readers round it; write it as a text");
                }
                Ok(value)
            }
            Json::Text(text) => self.uint_text(text, path),
            other => Err(Malformed::new(path, format!("{} where a number should be", other.kind()))),
        }
    }

    /// A number in a text: decimal, or hexadecimal with `0x`.
    pub fn uint_text(&mut self, text: &str, path: &str) -> Result<U256, Malformed> {
        let bad = || {
            Malformed::new(
                path,
                format!("{:?} is no number: digits, or 0x and hexadecimal digits", shorten(text)),
            )
        };
        let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) else {
            if text.len() > 1 && text.starts_with('0') {
                self.note(path, format!("{:?} begins with zeros", shorten(text)));
            } else if text.len() > 1 && self.in_request {
                self.note(
                    path,
                    format!(
                        "{:?} without 0x: some wallets take the digits for hexadecimal ones",
                        shorten(text)
                    ),
                );
            }
            return decimal(text.trim_start_matches('0'))
                .or_else(|| (!text.is_empty() && text.bytes().all(|byte| byte == b'0')).then_some(U256::ZERO))
                .ok_or_else(bad);
        };
        if text.starts_with("0X") {
            self.note(path, "0X instead of 0x");
        }
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let significant = digits.trim_start_matches('0');
        if digits.len() > 64 {
            self.note(path, format!("{} hexadecimal digits, more than a word holds", digits.len()));
        } else if is_padded(digits) {
            self.note(path, format!("{:?} is padded with zeros", shorten(text)));
        }
        if significant.is_empty() {
            return Ok(U256::ZERO);
        }
        if significant.len() > 64 {
            return Err(Malformed::new(path, format!("{:?} is above 2^256-1", shorten(text))));
        }
        U256::from_str_radix(significant, 16).map_err(|_| bad())
    }

    /// Bytes: `0x` and an even number of hexadecimal digits.
    pub fn bytes(&mut self, node: &Node, path: &str) -> Result<Vec<u8>, Malformed> {
        match &node.value {
            Json::Text(text) => self.bytes_text(text, path),
            Json::Null => Ok(Vec::new()),
            other => Err(Malformed::new(path, format!("{} where 0x and digits should be", other.kind()))),
        }
    }

    /// Bytes in a text.
    pub fn bytes_text(&mut self, text: &str, path: &str) -> Result<Vec<u8>, Malformed> {
        let digits = match text.strip_prefix("0x") {
            Some(digits) => digits,
            None if text.is_empty() => {
                self.note(path, "an empty text instead of 0x");
                ""
            }
            None => {
                return Err(Malformed::new(path, format!("{:?} does not begin with 0x", shorten(text))));
            }
        };
        if let Some(at) = digits.bytes().position(|byte| !byte.is_ascii_hexdigit()) {
            return Err(Malformed::new(path, format!("character {} is no hexadecimal digit", at + 2)));
        }
        if digits.len() % 2 == 1 {
            return Err(Malformed::new(
                path,
                format!(
                    "{} hexadecimal digits, an odd number: readers pad or cut it differently",
                    digits.len()
                ),
            ));
        }
        hex::decode(digits).map_err(|error| Malformed::new(path, error.to_string()))
    }

    /// 32 bytes.
    pub fn hash(&mut self, node: &Node, path: &str) -> Result<B256, Malformed> {
        let bytes = self.bytes(node, path)?;
        B256::try_from(&bytes[..])
            .map_err(|_| Malformed::new(path, format!("{} bytes where 32 should be", bytes.len())))
    }

    /// An address: `0x` and 40 digits, with the right letter case if it has one. A whole number is understood too.
    pub fn address(&mut self, node: &Node, path: &str) -> Result<Address, Malformed> {
        match &node.value {
            Json::Text(text) => self.address_text(text, path),
            Json::Number(digits) => self.address_number(digits, path),
            other => Err(Malformed::new(path, format!("{} where an address should be", other.kind()))),
        }
    }

    /// An address in a text.
    pub fn address_text(&mut self, text: &str, path: &str) -> Result<Address, Malformed> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.address_number(text, path);
        }
        let bad = || {
            Malformed::new(path, format!("{:?} is no address: 0x and 40 hexadecimal digits", shorten(text)))
        };
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).ok_or_else(bad)?;
        if digits.len() != 40 {
            return Err(bad());
        }
        let address = Address::try_from(&hex::decode(digits).map_err(|_| bad())?[..]).map_err(|_| bad())?;
        if text.starts_with("0X") {
            self.note(path, "0X instead of 0x");
        }
        let mixed = digits.bytes().any(|byte| byte.is_ascii_lowercase())
            && digits.bytes().any(|byte| byte.is_ascii_uppercase());
        if mixed && address.to_checksum(None)[2..] != *digits {
            self.note(path, format!("the letter case of {text} is not its checksum: a digit may be wrong"));
        }
        Ok(address)
    }

    fn address_number(&mut self, digits: &str, path: &str) -> Result<Address, Malformed> {
        let value = decimal(digits.trim_start_matches('0'))
            .filter(|value| value.bit_len() <= 160)
            .ok_or_else(|| Malformed::new(path, format!("{:?} is no address", shorten(digits))))?;
        let address = Address::from_slice(&value.to_be_bytes::<32>()[12..]);
        self.note(path, format!("an address written as a whole number: it is {address}"));
        Ok(address)
    }
}

/// A decimal number without sign, point or exponent. None also for the empty text.
pub fn decimal(digits: &str) -> Option<U256> {
    (!digits.is_empty() && digits.len() <= 78 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| U256::from_str_radix(digits, 10).ok())
        .flatten()
}

/// The function selector of a canonical signature.
pub fn selector(signature: &str) -> [u8; 4] {
    let hash = keccak256(signature.as_bytes());
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The address in the low 20 bytes of a word.
pub fn word_address(word: &B256) -> Address {
    Address::from_slice(&word[12..])
}

/// Reads an address in a settings file: `0x` and 40 digits; mixed letter case must be the checksum.
pub fn strict_address(text: &str) -> Result<Address, Malformed> {
    match text.parse::<tracehound_model::Address>() {
        Ok(tracehound_model::Address::Evm(bytes)) => Ok(Address::from(bytes)),
        Ok(_) => Err(Malformed::new("address", format!("{} is not an EVM address", shorten(text)))),
        Err(error) => Err(Malformed::new("address", error.to_string())),
    }
}

macro_rules! setting {
    ($(#[$doc:meta])* $name:ident($inner:ty), $pattern:literal, $read:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }

        impl From<$inner> for $name {
            fn from(inner: $inner) -> Self {
                Self(inner)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                let read: Result<$inner, Malformed> = ($read)(&text);
                read.map(Self).map_err(serde::de::Error::custom)
            }
        }
    };
}

setting! {
    /// An address in a settings file.
    Account(Address), "^0x[0-9a-fA-F]{40}$", strict_address
}

setting! {
    /// 32 bytes in a settings file.
    Hash(B256), "^0x[0-9a-fA-F]{64}$", |text: &str| {
        Scalars::default().bytes_text(text, "hash").and_then(|bytes| {
            B256::try_from(&bytes[..]).map_err(|_| Malformed::new("hash", "32 bytes should be here"))
        })
    }
}

setting! {
    /// A number of base units in a settings file: a text of digits, which may be grouped with `_`.
    Whole(U256), "^[0-9][0-9_]*$", |text: &str| {
        decimal(&text.replace('_', "")).ok_or_else(|| Malformed::new("amount", format!("{text:?} is no whole number")))
    }
}

setting! {
    /// Dollars in a settings file, as digits with a point: in parts of 10^-18.
    Dollars(U256), r"^[0-9]{1,18}(\.[0-9]{1,18})?$", |text: &str| {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let parsed = (digits(whole) && digits(part)).then(|| decimal(&format!("{}{part:0<18}", whole.trim_start_matches('0'))));
        let parsed = parsed.flatten().filter(|amount| !amount.is_zero());
        parsed.ok_or_else(|| Malformed::new("price", format!("{text:?} is no number of dollars above nothing, as \"2950.25\"")))
    }
}

/// Whether digits have zeros before them that no library writes: some write whole bytes, and some whole words.
fn is_padded(digits: &str) -> bool {
    let is_whole_bytes = digits.len().is_multiple_of(2) && (digits.len() == 2 || !digits.starts_with("00"));
    digits.len() > 1 && digits.starts_with('0') && digits.len() != 64 && !is_whole_bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_with_a_point_and_never_as_nothing() {
        let dollars = |text: &str| {
            let read: Result<std::collections::BTreeMap<String, Dollars>, _> =
                toml::from_str(&format!("a = {text:?}"));
            read.ok().map(|read| read["a"].0)
        };
        let one = U256::from(10).pow(U256::from(18));
        assert_eq!(dollars("2950.25"), Some(one * U256::from(295_025) / U256::from(100)));
        assert_eq!(dollars("0.000000000000000001"), Some(U256::from(1)));
        assert_eq!(dollars("007"), Some(one * U256::from(7)));
        for text in [
            "",
            "0",
            "0.0",
            ".5",
            "5.",
            "1e3",
            "-1",
            "+1",
            "1,000",
            " 1",
            "1.0000000000000000001",
            "0x10",
            "1_000",
        ] {
            assert_eq!(dollars(text), None, "{text}");
        }
    }

    fn uint(text: &str) -> (Option<U256>, usize) {
        let mut scalars = Scalars::default();
        (scalars.uint_text(text, "x").ok(), scalars.non_canonical.len())
    }

    #[test]
    fn three_spellings_of_one_chain_are_one_value() {
        let padded = format!("0x{}1", "0".repeat(76));
        for (text, non_canonical) in
            [("1", 0), ("0x1", 0), ("0x01", 0), (&padded[..], 1), ("01", 1), ("0X1", 1)]
        {
            assert_eq!(uint(text), (Some(U256::from(1)), non_canonical), "{text}");
        }
        for text in ["", "0x", "-1", "1.0", "1e3", "ffffff", "0xg", " 1"] {
            assert_eq!(uint(text).0, None, "{text}");
        }
        assert_eq!(uint(&U256::MAX.to_string()), (Some(U256::MAX), 0));
        assert_eq!(uint(&format!("1{}", "0".repeat(78))).0, None);
        assert_eq!(uint("0"), (Some(U256::ZERO), 0));
    }

    #[test]
    fn digits_without_0x_in_a_request_are_noted() {
        let mut scalars = Scalars::of_request();
        assert_eq!(scalars.uint_text("7", "x"), Ok(U256::from(7)));
        assert_eq!(scalars.uint_text("0x10", "x"), Ok(U256::from(16)));
        assert_eq!(scalars.non_canonical.len(), 0);
        assert_eq!(scalars.uint_text("10", "x"), Ok(U256::from(10)));
        assert_eq!(scalars.non_canonical.len(), 1);
    }

    #[test]
    fn an_address_as_a_number_is_read_and_noted() {
        let mut scalars = Scalars::default();
        let address =
            scalars.address_text("917551056842671309452305380979543736893630245704", "x").expect("read");
        assert_eq!(address.to_string().to_lowercase(), "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48");
        assert_eq!(scalars.non_canonical.len(), 1);
        scalars.address_text("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB49", "x").expect("read");
        assert_eq!(scalars.non_canonical.len(), 2, "a wrong checksum is noted");
    }

    #[test]
    fn bytes_are_whole_and_prefixed() {
        let mut scalars = Scalars::default();
        assert_eq!(scalars.bytes_text("0x00ff", "x"), Ok(vec![0, 255]));
        for text in ["0x1", "00", "0xzz", "0X00"] {
            assert!(scalars.bytes_text(text, "x").is_err(), "{text}");
        }
    }
}

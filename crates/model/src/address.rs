//! Addresses: parsed, checked, compared by their bytes.
//!
//! [`Address::parse`] infers the family from the form alone; an asset code in a list is not a chain. A wrong checksum
//! is an error that says so, never a silent miss. Where two chains share a form (legacy Bitcoin and its forks, all EVM
//! chains) there is one reading, and [`Address::same_owner`] names the others.

mod base58;
mod bech;
mod error;
mod evm;
mod foreign;
mod monero;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use error::AddressError;
pub use foreign::ForeignAddress;

use crate::{BitcoinNetwork, Chain, ScriptKey, ScriptType, caip::Caip10};

/// Longest text considered, in bytes.
const MAX_TEXT: usize = 200;

/// Which Bitcoin networks an address belongs to, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum AddressNetwork {
    /// The main network.
    Main = 1,
    /// Testnet and signet; regtest too for base58 forms.
    Test = 2,
    /// Regtest, bech32 forms only.
    Regtest = 3,
}

impl AddressNetwork {
    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Main),
            2 => Some(Self::Test),
            3 => Some(Self::Regtest),
            _ => None,
        }
    }

    /// Whether scripts of this type have addresses of this kind.
    const fn writes(self, script_type: ScriptType) -> bool {
        match script_type {
            ScriptType::OpReturn | ScriptType::Other => false,
            ScriptType::P2pkCompressed | ScriptType::P2pkUncompressed => matches!(self, Self::Main),
            ScriptType::P2pkh | ScriptType::P2sh => !matches!(self, Self::Regtest),
            ScriptType::P2wpkh | ScriptType::P2wsh | ScriptType::P2tr => true,
        }
    }

    /// The kind under which a script of `network` is written.
    const fn of(network: BitcoinNetwork, script_type: ScriptType) -> Self {
        let witness = matches!(script_type, ScriptType::P2wpkh | ScriptType::P2wsh | ScriptType::P2tr);
        match network {
            BitcoinNetwork::Mainnet => Self::Main,
            BitcoinNetwork::Regtest if witness => Self::Regtest,
            _ => Self::Test,
        }
    }
}

/// A Bitcoin address: network kind and script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BitcoinAddress {
    /// Network kind. Public keys (P2PK) carry none in their text and count as [`AddressNetwork::Main`].
    pub kind: AddressNetwork,
    /// Script type and payload; never `OpReturn` or `Other`, which have no address.
    pub script: ScriptKey,
}

/// An address of any family. Printed, parsed and serialised in its canonical text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// Bitcoin.
    Bitcoin(BitcoinAddress),
    /// Any EVM chain: 20 bytes.
    Evm([u8; 20]),
    /// Tron: 20 bytes, without the `0x41` prefix.
    Tron([u8; 20]),
    /// Chains whose addresses are parsed and compared, and no more.
    Foreign(ForeignAddress),
}

/// Canonical bytes of an address: a family byte, a form byte, the payload. Distinct addresses have distinct keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressKey {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl AddressKey {
    /// Longest key in bytes.
    pub const MAX: usize = 80;

    fn new(family: u8, form: u8, payload: &[u8]) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[0] = family;
        bytes[1] = form;
        bytes[2..2 + payload.len()].copy_from_slice(payload);
        Self { bytes, len: payload.len() as u8 + 2 }
    }
}

impl AsRef<[u8]> for AddressKey {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

const FAMILY_EVM: u8 = 4;
const FAMILY_TRON: u8 = 5;
/// Foreign families follow, one a coin.
const FAMILY_FOREIGN: u8 = 16;

impl Address {
    /// Reads an address, inferring the family from its form. Surrounding white space is ignored. O(length).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(AddressError::TooLong { text: error::shorten(text), length: text.len() });
        }
        if let Some(character) = text.chars().find(|c| !c.is_ascii_graphic()) {
            let position = text.find(character).unwrap_or_default();
            return Err(AddressError::Character { text: error::shorten(text), character, position });
        }
        if text.starts_with("0x") || text.starts_with("0X") {
            return evm::parse(text);
        }
        if let Some(hexadecimal) = parse_hexadecimal(text) {
            return hexadecimal;
        }
        if let Some(parsed) = bech::parse(text) {
            return parsed;
        }
        base58::parse(text)
    }

    /// Reads an address that must belong to `chain`.
    pub fn parse_for(chain: Chain, text: &str) -> Result<Self, AddressError> {
        let address = Self::parse(text)?;
        if address.fits(chain) {
            return Ok(address);
        }
        if let Some(other) = address.same_owner().find(|other| other.chain() == Some(chain)) {
            return Ok(other);
        }
        Err(AddressError::OtherChain {
            text: error::shorten(text),
            found: address.chain().map_or_else(|| "an EVM chain".to_owned(), Chain::short_name),
            wanted: chain.short_name(),
        })
    }

    /// Whether an address of this form can be one of `chain`.
    pub fn fits(&self, chain: Chain) -> bool {
        match (self, chain) {
            (Self::Bitcoin(address), Chain::Bitcoin(network)) => {
                let script_type = address.script.script_type();
                let bare_key =
                    matches!(script_type, ScriptType::P2pkCompressed | ScriptType::P2pkUncompressed);
                bare_key || address.kind == AddressNetwork::of(network, script_type)
            }
            (Self::Evm(_), Chain::Evm(_)) | (Self::Tron(_), Chain::Tron(_)) => true,
            (Self::Foreign(address), chain) => address.chain() == chain,
            _ => false,
        }
    }

    /// The address of a script on a Bitcoin network; `None` for `OP_RETURN` and non-standard scripts.
    pub fn from_script(network: BitcoinNetwork, script: &ScriptKey) -> Option<Self> {
        let kind = match script.script_type() {
            ScriptType::OpReturn | ScriptType::Other => return None,
            ScriptType::P2pkCompressed | ScriptType::P2pkUncompressed => AddressNetwork::Main,
            script_type => AddressNetwork::of(network, script_type),
        };
        Some(Self::Bitcoin(BitcoinAddress { kind, script: *script }))
    }

    /// The script of a Bitcoin address.
    pub fn script(&self) -> Option<&ScriptKey> {
        match self {
            Self::Bitcoin(address) => Some(&address.script),
            _ => None,
        }
    }

    /// Canonical bytes, for indexes.
    pub fn key(&self) -> AddressKey {
        match self {
            Self::Bitcoin(address) => AddressKey::new(
                address.kind as u8,
                address.script.script_type() as u8,
                address.script.payload(),
            ),
            Self::Evm(bytes) => AddressKey::new(FAMILY_EVM, 0, bytes),
            Self::Tron(bytes) => AddressKey::new(FAMILY_TRON, 0, bytes),
            Self::Foreign(address) => {
                AddressKey::new(FAMILY_FOREIGN + address.coin_byte(), address.form(), address.payload())
            }
        }
    }

    /// The address with these canonical bytes.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (&[family, form], payload) = key.split_first_chunk::<2>()?;
        match family {
            FAMILY_EVM if form == 0 => payload.try_into().ok().map(Self::Evm),
            FAMILY_TRON if form == 0 => payload.try_into().ok().map(Self::Tron),
            FAMILY_FOREIGN.. => {
                ForeignAddress::from_parts(family - FAMILY_FOREIGN, form, payload).map(Self::Foreign)
            }
            _ => {
                let kind = AddressNetwork::from_byte(family)?;
                let script = ScriptKey::new(ScriptType::from_byte(form)?, payload)?;
                kind.writes(script.script_type()).then_some(Self::Bitcoin(BitcoinAddress { kind, script }))
            }
        }
    }

    /// Other addresses that the same key or script controls: a Bitcoin Cash address and the legacy form it had before
    /// the fork. A list may name either.
    pub fn same_owner(&self) -> impl Iterator<Item = Self> + use<> {
        let other = match self {
            Self::Bitcoin(BitcoinAddress { kind: AddressNetwork::Main, script }) => {
                foreign::bitcoin_cash_of(script)
            }
            Self::Foreign(address) => foreign::legacy_of(address),
            _ => None,
        };
        other.into_iter()
    }

    /// The chain, where the form tells; an EVM address fits many.
    pub fn chain(&self) -> Option<Chain> {
        match self {
            Self::Bitcoin(address) => Some(Chain::Bitcoin(match address.kind {
                AddressNetwork::Main => BitcoinNetwork::Mainnet,
                AddressNetwork::Test => BitcoinNetwork::Testnet,
                AddressNetwork::Regtest => BitcoinNetwork::Regtest,
            })),
            Self::Evm(_) => None,
            Self::Tron(_) => Some(Chain::Tron(crate::chain::TronNetwork::Mainnet)),
            Self::Foreign(address) => Some(address.chain()),
        }
    }

    /// Whether this is one of the addresses that nobody owns and that every mint or burn touches: all zeros,
    /// precompiles, the customary burn forms. Claims about them would flag half the chain.
    pub fn is_null_like(&self) -> bool {
        match self {
            Self::Evm(bytes) | Self::Tron(bytes) => is_null_like(bytes),
            Self::Bitcoin(address) => is_null_like(address.script.payload()),
            Self::Foreign(address) => address.payload().iter().all(|&byte| byte == 0),
        }
    }
}

/// All one byte, a number below 2^16, or a form with `dead` and otherwise one byte (`0x…dEaD`, `0xdead…0000`).
fn is_null_like(bytes: &[u8]) -> bool {
    let low = bytes.len().saturating_sub(2);
    let uniform = |bytes: &[u8]| bytes.windows(2).all(|pair| pair[0] == pair[1]);
    let dead = |bytes: &[u8]| !bytes.is_empty() && bytes.chunks(2).all(|pair| pair == [0xde, 0xad]);
    bytes[..low].iter().all(|&byte| byte == 0)
        || uniform(bytes)
        || (bytes[low..] == [0xde, 0xad] && uniform(&bytes[..low]))
        || (bytes.starts_with(&[0xde, 0xad]) && uniform(&bytes[2..]))
        || dead(bytes)
}

/// Forms written in plain hexadecimal: public keys, P2PK scripts, Tron's `41…`. `None` when the text is not such.
fn parse_hexadecimal(text: &str) -> Option<Result<Address, AddressError>> {
    if !matches!(text.len(), 40 | 42 | 64 | 66 | 70 | 130 | 134)
        || !text.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return None;
    }
    let mut buffer = [0; 67];
    let bytes = &mut buffer[..text.len() / 2];
    hex::decode_to_slice(text, bytes).expect("even number of hexadecimal digits");
    let public_key = |script_type, key: &[u8]| {
        let script = ScriptKey::new(script_type, key).expect("length matched");
        Ok(Address::Bitcoin(BitcoinAddress { kind: AddressNetwork::Main, script }))
    };
    let compressed = |key: &[u8]| matches!(key[0], 2 | 3);
    Some(match &*bytes {
        key if key.len() == 33 && compressed(key) => public_key(ScriptType::P2pkCompressed, key),
        key if key.len() == 65 && key[0] == 4 => public_key(ScriptType::P2pkUncompressed, key),
        [33, key @ .., 0xac] if key.len() == 33 && compressed(key) => {
            public_key(ScriptType::P2pkCompressed, key)
        }
        [65, key @ .., 0xac] if key.len() == 65 && key[0] == 4 => {
            public_key(ScriptType::P2pkUncompressed, key)
        }
        [0x41, rest @ ..] if rest.len() == 20 => Ok(Address::Tron(rest.try_into().expect("20 bytes"))),
        hash if hash.len() == 32 => Err(AddressError::LooksLikeHash { text: error::shorten(text) }),
        _ => Err(AddressError::BareHexadecimal { text: error::shorten(text), digits: text.len() }),
    })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bitcoin(address) => display_bitcoin(address, f),
            Self::Evm(bytes) => f.write_str(&evm::checksummed(bytes)),
            Self::Tron(bytes) => base58::display(f, &[0x41], bytes),
            Self::Foreign(address) => address.fmt(f),
        }
    }
}

fn display_bitcoin(address: &BitcoinAddress, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let payload = address.script.payload();
    let main = address.kind == AddressNetwork::Main;
    match address.script.script_type() {
        ScriptType::P2pkh => base58::display(f, &[if main { 0x00 } else { 0x6f }], payload),
        ScriptType::P2sh => base58::display(f, &[if main { 0x05 } else { 0xc4 }], payload),
        ScriptType::P2wpkh | ScriptType::P2wsh => bech::display(f, address.kind, 0, payload),
        ScriptType::P2tr => bech::display(f, address.kind, 1, payload),
        ScriptType::P2pkCompressed
        | ScriptType::P2pkUncompressed
        | ScriptType::OpReturn
        | ScriptType::Other => f.write_str(&hex::encode(payload)),
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// An address on a chain. Printed and parsed as CAIP-10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account {
    /// The chain.
    pub chain: Chain,
    /// An address that [fits](Address::fits) it.
    pub address: Address,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.chain, self.address)
    }
}

impl FromStr for Account {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let not_caip = |reason: String| AddressError::NotAnAccount { text: error::shorten(text), reason };
        let account: Caip10 =
            text.parse().map_err(|error: crate::caip::CaipError| not_caip(error.to_string()))?;
        let chain = Chain::from_caip2(&account.chain)
            .ok_or_else(|| not_caip(format!("the chain {} is not known", account.chain)))?;
        Ok(Self { chain, address: Address::parse_for(chain, account.address())? })
    }
}

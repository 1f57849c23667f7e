//! Addresses: parsed, checked, compared by their bytes.
//!
//! [`Address::parse`] infers the family from the form alone; an asset code in a list is not a chain. A wrong checksum
//! is an error that says so, never a silent miss. Where two chains share a form (legacy Bitcoin and its forks, all EVM
//! chains) there is one reading, and [`Address::same_owner`] names the others.

mod account;
mod base32;
mod base58;
mod bech;
mod check58;
mod error;
mod evm;
mod foreign;
mod hexadecimal;
mod key;
mod monero;
mod pasted;
mod text;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use account::Account;
pub use error::AddressError;
pub use foreign::ForeignAddress;
pub use key::AddressKey;
pub use pasted::Pasted;

use self::text::Text;
use crate::{BitcoinNetwork, Chain, ScriptKey, ScriptType, chain::TronNetwork};

/// Longest text considered, in bytes. A Zcash unified address may have some 300.
const MAX_TEXT: usize = 400;

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

impl BitcoinAddress {
    fn is_public_key(&self) -> bool {
        matches!(self.script.script_type(), ScriptType::P2pkCompressed | ScriptType::P2pkUncompressed)
    }
}

/// An address of any family. Printed, parsed and serialised in its canonical text form.
///
/// | Family | Forms | Canonical text |
/// |---|---|---|
/// | Bitcoin | base58check (versions 0, 5; test 111, 196), bech32, bech32m (BIP-173, BIP-350); P2PK as the public key or the script in hexadecimal | the same; P2PK as the public key |
/// | EVM | `0x` and 40 digits, EIP-55 checked in mixed case | EIP-55 |
/// | Tron | base58check (version 65), or `41` and 40 digits | base58check |
/// | Bitcoin Cash | cashaddr with or without prefix | with prefix |
/// | Litecoin, Bitcoin Gold, Dash, Zcash (transparent, Sapling), Monero, XRP, Verge, BNB Beacon Chain | their checksummed forms | the same |
/// | Solana | base58 of 32 bytes, no checksum | the same |
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

impl Address {
    /// Reads an address, inferring the family from its form. Surrounding white space is ignored. Allocates nothing
    /// unless it fails, or the text begins like a form that it is not of (Tron's `TB1…`). O(length).
    ///
    /// Legacy text (`1…`, `3…`) always reads as Bitcoin, also where a list means a fork of it by it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(AddressError::TooLong { text: error::shorten(text), length: text.len() });
        }
        // From here on every byte is a character, and slicing is safe.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let position = text.find(|c: char| !c.is_ascii_graphic()).unwrap_or_default();
            return Err(error::say::character(text, position));
        }
        if text.starts_with("0x") || text.starts_with("0X") {
            return evm::parse(text);
        }
        match hexadecimal::parse(text).or_else(|| bech::parse(text)) {
            Some(Ok(address)) => Ok(address),
            // A few base58 texts begin like bech32: one in 2,000 Tron addresses with TB1, some Litecoin ones with LTC1.
            // Of the two errors the one about base58 is meant when it is sure of the form.
            Some(Err(error)) => check58::parse(text).map_err(|other| match (&error, &other) {
                (AddressError::MixedCase { .. }, AddressError::Checksum { .. }) => other,
                _ => error,
            }),
            None => check58::parse(text),
        }
    }

    /// Reads an address that must belong to `chain`. The old forms that Bitcoin Cash (`1…`, `3…`) and Litecoin (`3…`)
    /// once shared with Bitcoin are taken as theirs.
    pub fn parse_for(chain: Chain, text: &str) -> Result<Self, AddressError> {
        let address = Self::parse(text)?;
        let old_form =
            matches!(address, Self::Bitcoin(_)) && matches!(chain, Chain::BitcoinCash | Chain::Litecoin);
        let meant = if old_form {
            address.same_owner().find(|other| other.fits(chain))
        } else {
            address.fits(chain).then_some(address)
        };
        meant.ok_or_else(|| AddressError::OtherChain {
            text: error::shorten(text.trim()),
            found: address.where_found(),
            wanted: chain.short_name(),
        })
    }

    /// Whether an address of this form can be one of `chain`. Bitcoin's main legacy forms and public keys fit Bitcoin
    /// SV too, which has no form of its own.
    pub fn fits(&self, chain: Chain) -> bool {
        match (self, chain) {
            (Self::Bitcoin(address), Chain::Bitcoin(network)) => {
                let kind = AddressNetwork::of(network, address.script.script_type());
                address.is_public_key() || address.kind == kind
            }
            (Self::Bitcoin(address), Chain::BitcoinSv) => {
                let legacy = matches!(address.script.script_type(), ScriptType::P2pkh | ScriptType::P2sh);
                address.is_public_key() || (legacy && address.kind == AddressNetwork::Main)
            }
            (Self::Evm(_), Chain::Evm(_)) | (Self::Tron(_), Chain::Tron(_)) => true,
            (Self::Foreign(address), chain) => address.chain() == chain,
            _ => false,
        }
    }

    /// The address of a script on a Bitcoin network; `None` for scripts that have none: `OP_RETURN`, non-standard
    /// ones, and P2PK whose key does not begin with 2, 3, 4, 6 or 7.
    pub fn from_script(network: BitcoinNetwork, script: &ScriptKey) -> Option<Self> {
        let kind = match script.script_type() {
            ScriptType::OpReturn | ScriptType::Other => return None,
            ScriptType::P2pkCompressed | ScriptType::P2pkUncompressed => {
                return hexadecimal::public_key(script.payload());
            }
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

    /// Other addresses that the same key hash or script hash controls, where the text of one has stood for another:
    /// Bitcoin's legacy forms, Bitcoin Cash and Bitcoin Gold; for P2SH Litecoin too. An address of Tron and one of EVM chains of
    /// the same 20 bytes are the same hash of one public key, and whoever has the key has both; contracts of the two never meet,
    /// for they are hashes of other things. A list may name any of them.
    /// Empty for all other addresses. The relation is symmetric and transitive.
    pub fn same_owner(&self) -> impl Iterator<Item = Self> + use<> {
        let own = *self;
        let twin = match own {
            Self::Evm(hash) => Some(Self::Tron(hash)),
            Self::Tron(hash) => Some(Self::Evm(hash)),
            Self::Bitcoin(_) | Self::Foreign(_) => None,
        };
        foreign::readings(self).filter(move |other| *other != own).chain(twin)
    }

    /// The chain, where the form tells; an EVM address fits many. Forms that test networks share count as the testnet
    /// for Bitcoin and as the main network for Tron, public keys as Bitcoin's main network; see [`Self::fits`].
    pub fn chain(&self) -> Option<Chain> {
        match self {
            Self::Bitcoin(address) => Some(Chain::Bitcoin(match address.kind {
                AddressNetwork::Main => BitcoinNetwork::Mainnet,
                AddressNetwork::Test => BitcoinNetwork::Testnet,
                AddressNetwork::Regtest => BitcoinNetwork::Regtest,
            })),
            Self::Evm(_) => None,
            Self::Tron(_) => Some(Chain::Tron(TronNetwork::Mainnet)),
            Self::Foreign(address) => Some(address.chain()),
        }
    }

    /// The chains of this form in words, for errors.
    fn where_found(&self) -> String {
        match self {
            Self::Bitcoin(BitcoinAddress { kind: AddressNetwork::Test, .. }) => {
                "a Bitcoin test network".to_owned()
            }
            Self::Evm(_) => "an EVM chain".to_owned(),
            _ => self.chain().map_or_else(String::new, Chain::short_name),
        }
    }

    /// Whether this is one of the addresses that nobody owns and that every mint or burn touches: all zeros,
    /// precompiles, the customary burn forms. Claims about them would flag half the chain.
    pub fn is_null_like(&self) -> bool {
        match self {
            Self::Evm(bytes) | Self::Tron(bytes) => is_null_like(bytes),
            Self::Bitcoin(address) => is_null_like(address.script.payload()),
            Self::Foreign(address) => is_null_like(address.payload()),
        }
    }

    /// The canonical text, without allocation.
    fn text(&self) -> Text {
        let mut text = Text::new();
        match self {
            Self::Bitcoin(address) => write_bitcoin(address, &mut text),
            Self::Evm(bytes) => evm::write(&mut text, bytes),
            Self::Tron(bytes) => check58::write(&mut text, &base58::BITCOIN, &[0x41], bytes),
            Self::Foreign(address) => address.write(&mut text),
        }
        text
    }
}

/// Hashes of burn addresses that are no pattern: `1BitcoinEaterAddressDontSendf59kuE`, `1CounterpartyXXXXXXXXXXXXXXXUWLpVr`
/// and Tron's black hole `TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy`.
const BURNT: [[u8; 20]; 3] = [
    [
        0x75, 0x9d, 0x66, 0x77, 0x09, 0x1e, 0x97, 0x3b, 0x9e, 0x9d, 0x99, 0xf1, 0x9c, 0x68, 0xfb, 0xf4, 0x3e,
        0x3f, 0x05, 0xf9,
    ],
    [
        0x81, 0x88, 0x95, 0xf3, 0xdc, 0x2c, 0x17, 0x86, 0x29, 0xd3, 0xd2, 0xd8, 0xfa, 0x3e, 0xc4, 0xa3, 0xf8,
        0x17, 0x98, 0x21,
    ],
    [
        0x77, 0x94, 0x4d, 0x19, 0xc0, 0x52, 0xb7, 0x3e, 0xe2, 0x28, 0x68, 0x23, 0xaa, 0x83, 0xf8, 0x13, 0x8c,
        0xb7, 0x03, 0x2f,
    ],
];

/// All one byte, a number below 2^16, a form with `dead` and otherwise one byte (`0x…dEaD`, `0xdead…0000`), or one of
/// [`BURNT`].
fn is_null_like(bytes: &[u8]) -> bool {
    let low = bytes.len().saturating_sub(2);
    let uniform = |bytes: &[u8]| bytes.windows(2).all(|pair| pair[0] == pair[1]);
    let dead = |bytes: &[u8]| !bytes.is_empty() && bytes.chunks(2).all(|pair| pair == [0xde, 0xad]);
    bytes[..low].iter().all(|&byte| byte == 0)
        || uniform(bytes)
        || (bytes[low..] == [0xde, 0xad] && uniform(&bytes[..low]))
        || (bytes.starts_with(&[0xde, 0xad]) && uniform(&bytes[2..]))
        || dead(bytes)
        || BURNT.iter().any(|burnt| burnt == bytes)
}

fn write_bitcoin(address: &BitcoinAddress, text: &mut Text) {
    let payload = address.script.payload();
    let main = address.kind == AddressNetwork::Main;
    match address.script.script_type() {
        ScriptType::P2pkh => {
            check58::write(text, &base58::BITCOIN, &[if main { 0x00 } else { 0x6f }], payload);
        }
        ScriptType::P2sh => {
            check58::write(text, &base58::BITCOIN, &[if main { 0x05 } else { 0xc4 }], payload);
        }
        ScriptType::P2wpkh | ScriptType::P2wsh => bech::write_bitcoin(text, address.kind, 0, payload),
        ScriptType::P2tr => bech::write_bitcoin(text, address.kind, 1, payload),
        ScriptType::P2pkCompressed
        | ScriptType::P2pkUncompressed
        | ScriptType::OpReturn
        | ScriptType::Other => text.extend_hexadecimal(payload),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text().as_str())
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
        serializer.serialize_str(self.text().as_str())
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

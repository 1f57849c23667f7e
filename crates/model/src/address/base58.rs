//! Base58 forms: version bytes, payload, four bytes of double SHA-256.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Address, AddressError, AddressNetwork, BitcoinAddress, error::shorten, foreign, monero};
use crate::{ScriptKey, ScriptType};

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(Sha256::digest(bytes));
    hash[..4].try_into().expect("4 of 32 bytes")
}

/// Writes version and payload with their checksum.
pub(super) fn display(f: &mut fmt::Formatter<'_>, version: &[u8], payload: &[u8]) -> fmt::Result {
    f.write_str(&encode(bs58::Alphabet::BITCOIN, version, payload))
}

pub(super) fn encode(alphabet: &bs58::Alphabet, version: &[u8], payload: &[u8]) -> String {
    let mut bytes = [version, payload].concat();
    bytes.extend(checksum(&bytes));
    bs58::encode(bytes).with_alphabet(alphabet).into_string()
}

/// Reads a text that is none of the hexadecimal and bech32 forms.
pub(super) fn parse(text: &str) -> Result<Address, AddressError> {
    if let Some(parsed) = monero::parse(text) {
        return parsed;
    }
    // XRP addresses begin with an r in their own alphabet; in Bitcoin's no known version gives one.
    let ripple = text.starts_with('r');
    let alphabet = if ripple { bs58::Alphabet::RIPPLE } else { bs58::Alphabet::BITCOIN };
    let mut buffer = [0; 128];
    let len = match bs58::decode(text).with_alphabet(alphabet).onto(&mut buffer) {
        Ok(len) => len,
        Err(bs58::decode::Error::InvalidCharacter { character, index }) => {
            return Err(AddressError::Character { text: shorten(text), character, position: index });
        }
        Err(_) => return Err(AddressError::Unknown { text: shorten(text) }),
    };
    let bytes = &buffer[..len];
    match len {
        25 if ripple => foreign::ripple(text, checked(text, bytes, "an XRP address")?),
        25 => version_one(text, bytes),
        26 => foreign::zcash_transparent(text, checked(text, bytes, "a Zcash address")?),
        32 if !ripple => Ok(foreign::solana(bytes)),
        23..=27 => Err(AddressError::Length { text: shorten(text), form: "a base58 address" }),
        _ => Err(AddressError::Unknown { text: shorten(text) }),
    }
}

/// The bytes before the checksum, which must match.
pub(super) fn checked<'a>(text: &str, bytes: &'a [u8], form: &'static str) -> Result<&'a [u8], AddressError> {
    let (body, sum) = bytes.split_at(bytes.len() - 4);
    if checksum(body) == sum { Ok(body) } else { Err(AddressError::Checksum { text: shorten(text), form }) }
}

/// One version byte and 20 bytes of payload.
fn version_one(text: &str, bytes: &[u8]) -> Result<Address, AddressError> {
    let form = match bytes[0] {
        0x00 => "a Bitcoin address, P2PKH",
        0x05 => "a Bitcoin address, P2SH",
        0x6f | 0xc4 => "a Bitcoin test network address",
        0x41 => "a Tron address",
        _ => "a base58 address",
    };
    let body = checked(text, bytes, form)?;
    let payload = &body[1..];
    let bitcoin = |kind, script_type| {
        let script = ScriptKey::new(script_type, payload).expect("20 bytes");
        Ok(Address::Bitcoin(BitcoinAddress { kind, script }))
    };
    match body[0] {
        0x00 => bitcoin(AddressNetwork::Main, ScriptType::P2pkh),
        0x05 => bitcoin(AddressNetwork::Main, ScriptType::P2sh),
        0x6f => bitcoin(AddressNetwork::Test, ScriptType::P2pkh),
        0xc4 => bitcoin(AddressNetwork::Test, ScriptType::P2sh),
        0x41 => Ok(Address::Tron(payload.try_into().expect("20 bytes"))),
        version => foreign::version_one(version, payload)
            .ok_or(AddressError::Unsupported { text: shorten(text), form: "a base58 address" }),
    }
}

//! Base58 forms: version bytes, payload and four bytes of double SHA-256; and Solana's bare 32 bytes.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

use super::{
    Address, AddressError, AddressNetwork, BitcoinAddress,
    base58::{self, Alphabet, BITCOIN, MAX_CHARACTERS, RIPPLE},
    bech,
    error::say,
    foreign, monero,
    text::Text,
};
use crate::{ScriptKey, ScriptType};

const CHECKSUM: usize = 4;
/// Longest text that is tried in the alphabet of the XRP Ledger.
const MAX_RIPPLE: usize = 36;

fn checksum(body: &[u8]) -> [u8; CHECKSUM] {
    let hash = Sha256::digest(Sha256::digest(body));
    hash[..CHECKSUM].try_into().expect("4 of 32 bytes")
}

/// The bytes before the checksum, when it matches.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (body, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
    (checksum(body) == *sum).then_some(body)
}

/// Writes version and payload with their checksum.
pub(super) fn write(text: &mut Text, alphabet: &Alphabet, version: &[u8], payload: &[u8]) {
    let mut bytes = [0; 32];
    let (start, end) = (version.len(), version.len() + payload.len());
    bytes[..start].copy_from_slice(version);
    bytes[start..end].copy_from_slice(payload);
    let sum = checksum(&bytes[..end]);
    bytes[end..end + CHECKSUM].copy_from_slice(&sum);
    base58::encode(alphabet, &bytes[..end + CHECKSUM], text);
}

/// Reads a text that is none of the hexadecimal and bech32 forms. `text` is ASCII and not empty.
pub(super) fn parse(text: &str) -> Result<Address, AddressError> {
    if let Some(parsed) = monero::parse(text) {
        return parsed;
    }
    if text.len() > MAX_CHARACTERS {
        return Err(if is_extended_private_key(text) { AddressError::PrivateKey } else { damaged(text) });
    }
    // XRP addresses begin with an r in their own alphabet; in Bitcoin's no known version gives one so short.
    let ripple = text.starts_with('r') && text.len() <= MAX_RIPPLE;
    let decoded = base58::decode(if ripple { &RIPPLE } else { &BITCOIN }, text.as_bytes())
        .map_err(|position| bech::other_prefix(text).unwrap_or_else(|| say::character(text, position)))?;
    let bytes = decoded.as_slice();
    match bytes.len() {
        25 => {
            let body = checked(bytes).ok_or_else(|| damaged(text))?;
            let payload = body[1..].try_into().expect("21 bytes without the first");
            let address =
                if ripple { foreign::ripple(body[0], payload) } else { version_one(body[0], payload) };
            address.ok_or_else(|| say::unsupported(text, "a base58 address"))
        }
        26 if !ripple => {
            let body = checked(bytes).ok_or_else(|| damaged(text))?;
            foreign::zcash_transparent([body[0], body[1]], &body[2..])
                .ok_or_else(|| say::unsupported(text, "a base58 address"))
        }
        32 if !ripple => {
            let bytes = bytes.try_into().expect("32 bytes");
            foreign::solana(text, bytes).ok_or_else(|| damaged(text))
        }
        37 | 38 if matches!(bytes[0], 0x80 | 0xef) && checked(bytes).is_some() => {
            Err(AddressError::PrivateKey)
        }
        _ => Err(damaged(text)),
    }
}

/// The address and the destination tag of an X-address of XRP's main network (XLS-5d): two bytes that make the `X`, 20 of
/// account, one that says whether a tag of 32 bits follows in 8.
pub(super) fn ripple_with_tag(text: &str) -> Option<(Address, Option<u32>)> {
    let is_long_enough = text.starts_with('X') && (40..=MAX_CHARACTERS).contains(&text.len());
    let decoded = is_long_enough.then(|| base58::decode(&RIPPLE, text.as_bytes()).ok()).flatten()?;
    let body =
        checked(decoded.as_slice()).filter(|body| body.len() == 31 && body.starts_with(&[0x05, 0x44]))?;
    let (account, rest) = body[2..].split_first_chunk::<20>()?;
    let tag = match (rest[0], &rest[1..]) {
        (0, [0, 0, 0, 0, 0, 0, 0, 0]) => None,
        (1, [a, b, c, d, 0, 0, 0, 0]) => Some(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => return None,
    };
    Some((foreign::ripple(0, *account)?, tag))
}

/// One version byte and 20 bytes of payload.
fn version_one(version: u8, payload: [u8; 20]) -> Option<Address> {
    let bitcoin = |kind, script_type| {
        let script = ScriptKey::new(script_type, &payload)?;
        Some(Address::Bitcoin(BitcoinAddress { kind, script }))
    };
    match version {
        0x00 => bitcoin(AddressNetwork::Main, ScriptType::P2pkh),
        0x05 => bitcoin(AddressNetwork::Main, ScriptType::P2sh),
        0x6f => bitcoin(AddressNetwork::Test, ScriptType::P2pkh),
        0xc4 => bitcoin(AddressNetwork::Test, ScriptType::P2sh),
        0x41 => Some(Address::Tron(payload)),
        version => foreign::version_one(version, &payload),
    }
}

/// BIP-32 in text: `xprv` and its kin have 111 characters.
fn is_extended_private_key(text: &str) -> bool {
    text.len() == 111
        && text[1..].starts_with("prv")
        && text.bytes().all(|byte| BITCOIN.value(byte).is_some())
}

/// What an address that begins so is, and how many characters it can have. Follows from the version byte: 25 bytes of
/// which the first is not zero take 33 to 35 characters.
fn expected(first: char) -> Option<(&'static str, RangeInclusive<usize>)> {
    Some(match first {
        '1' => ("a Bitcoin address, P2PKH", 25..=34),
        '3' => ("a Bitcoin address, P2SH", 34..=34),
        'm' | 'n' => ("a Bitcoin test network address, P2PKH", 34..=34),
        '2' => ("a Bitcoin test network address, P2SH", 35..=35),
        'T' => ("a Tron address", 34..=34),
        'L' | 'M' => ("a Litecoin address", 34..=34),
        'G' | 'A' => ("a Bitcoin Gold address", 34..=34),
        'X' | '7' => ("a Dash address", 34..=34),
        'D' | 'E' => ("a Verge or Dogecoin address", 34..=34),
        't' => ("a transparent Zcash address", 35..=35),
        'r' => ("an XRP address", 25..=35),
        _ => return None,
    })
}

/// Names what a text that did not decode looks like.
fn damaged(text: &str) -> AddressError {
    /// Lengths at which a text is taken for an address with a part missing or doubled.
    const NEAR: RangeInclusive<usize> = 22..=42;
    if let Some(error) = bech::other_prefix(text) {
        return error;
    }
    match text.chars().next().and_then(expected) {
        Some((form, lengths)) if lengths.contains(&text.len()) => say::checksum(text, form),
        Some((form, _)) if NEAR.contains(&text.len()) => say::length(text, form),
        _ if (33..=35).contains(&text.len()) => say::checksum(text, "a base58 address"),
        _ => say::unknown(text),
    }
}

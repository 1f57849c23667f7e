//! Monero addresses: base58 in blocks of eight bytes, Keccak-256 checksum.

use sha3::{Digest, Keccak256};

use super::{Address, AddressError, base58::BITCOIN as ALPHABET, error::say, foreign, text::Text};

const FORM: &str = "a Monero address";
/// Characters that encode 0 to 8 bytes.
const ENCODED: [usize; 9] = [0, 2, 3, 5, 6, 7, 9, 10, 11];
/// Network byte, two keys, a payment id, checksum.
const MAX_BYTES: usize = 77;
const CHECKSUM: usize = 4;
/// Characters of an address with a payment id.
const INTEGRATED: usize = 106;

/// Reads a text of Monero's lengths (95, or 106 with a payment id), or one close to them with Monero's first
/// character; `None` for others.
pub(super) fn parse(text: &str) -> Option<Result<Address, AddressError>> {
    let main = text.starts_with(['4', '8']);
    match text.len() {
        95 | INTEGRATED => match decode(text) {
            Err(_) if !main => None,
            result => Some(result),
        },
        90..=110 if main => Some(Err(say::length(text, FORM))),
        _ => None,
    }
}

fn decode(text: &str) -> Result<Address, AddressError> {
    let (mut bytes, mut len) = ([0u8; MAX_BYTES], 0);
    for (number, block) in text.as_bytes().chunks(11).enumerate() {
        let size = ENCODED.iter().position(|&encoded| encoded == block.len()).expect("95 and 106 split so");
        let mut value = 0u128;
        for (at, &character) in block.iter().enumerate() {
            let digit = ALPHABET.value(character).ok_or_else(|| say::character(text, number * 11 + at))?;
            value = value * 58 + u128::from(digit);
        }
        if value >> (8 * size) != 0 {
            return Err(say::checksum(text, FORM));
        }
        bytes[len..len + size].copy_from_slice(&value.to_be_bytes()[16 - size..]);
        len += size;
    }
    let (body, sum) = bytes[..len].split_at(len - CHECKSUM);
    if Keccak256::digest(body)[..CHECKSUM] != *sum {
        return Err(say::checksum(text, FORM));
    }
    foreign::monero(body[0], &body[1..]).ok_or_else(|| say::unsupported(text, FORM))
}

/// Whether a text that is an address is the form with a payment id in it.
pub(super) const fn has_payment_id(text: &str) -> bool {
    text.len() == INTEGRATED
}

/// Writes network byte and keys.
pub(super) fn write(text: &mut Text, network: u8, keys: &[u8]) {
    let mut bytes = [0; MAX_BYTES];
    let body = 1 + keys.len();
    bytes[0] = network;
    bytes[1..body].copy_from_slice(keys);
    let sum = Keccak256::digest(&bytes[..body]);
    bytes[body..body + CHECKSUM].copy_from_slice(&sum[..CHECKSUM]);
    for block in bytes[..body + CHECKSUM].chunks(8) {
        let mut value = block.iter().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
        let mut digits = [0; 11];
        let digits = &mut digits[..ENCODED[block.len()]];
        for digit in digits.iter_mut().rev() {
            *digit = ALPHABET.character((value % 58) as u8);
            value /= 58;
        }
        text.extend(digits);
    }
}

//! Monero addresses: base58 in blocks of eight bytes, Keccak-256 checksum.

use std::fmt;

use sha3::{Digest, Keccak256};

use super::{Address, AddressError, error::shorten, foreign};

const FORM: &str = "a Monero address";
/// Characters that encode 0 to 8 bytes.
const ENCODED: [usize; 9] = [0, 2, 3, 5, 6, 7, 9, 10, 11];
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Reads a text of Monero's lengths (95, or 106 with a payment id); `None` when it has another.
pub(super) fn parse(text: &str) -> Option<Result<Address, AddressError>> {
    let near = (90..=110).contains(&text.len()) && text.starts_with(['4', '8']);
    match text.len() {
        95 | 106 => Some(decode(text)),
        _ if near => Some(Err(AddressError::Length { text: shorten(text), form: FORM })),
        _ => None,
    }
}

fn decode(text: &str) -> Result<Address, AddressError> {
    let (mut bytes, mut len) = ([0u8; 80], 0);
    for (number, block) in text.as_bytes().chunks(11).enumerate() {
        let size = ENCODED.iter().position(|&encoded| encoded == block.len()).expect("95 and 106 split so");
        let mut value = 0u128;
        for (at, byte) in block.iter().enumerate() {
            let digit =
                ALPHABET.iter().position(|own| own == byte).ok_or_else(|| AddressError::Character {
                    text: shorten(text),
                    character: char::from(*byte),
                    position: number * 11 + at,
                })?;
            value = value * 58 + digit as u128;
        }
        if value >> (8 * size) != 0 {
            return Err(AddressError::Checksum { text: shorten(text), form: FORM });
        }
        bytes[len..len + size].copy_from_slice(&value.to_be_bytes()[16 - size..]);
        len += size;
    }
    let (body, sum) = bytes[..len].split_at(len - 4);
    if Keccak256::digest(body)[..4] != *sum {
        return Err(AddressError::Checksum { text: shorten(text), form: FORM });
    }
    foreign::monero(body[0], &body[1..]).ok_or(AddressError::Unsupported { text: shorten(text), form: FORM })
}

/// Writes network byte and keys.
pub(super) fn display(f: &mut fmt::Formatter<'_>, network: u8, keys: &[u8]) -> fmt::Result {
    let mut bytes = [&[network], keys].concat();
    let sum = Keccak256::digest(&bytes);
    bytes.extend(&sum[..4]);
    for block in bytes.chunks(8) {
        let mut value = block.iter().fold(0u128, |value, &byte| value << 8 | u128::from(byte));
        let mut text = [b'1'; 11];
        let digits = &mut text[..ENCODED[block.len()]];
        for digit in digits.iter_mut().rev() {
            *digit = ALPHABET[(value % 58) as usize];
            value /= 58;
        }
        f.write_str(std::str::from_utf8(digits).expect("the alphabet is ASCII"))?;
    }
    Ok(())
}

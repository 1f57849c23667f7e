//! EVM addresses: 20 bytes in hexadecimal, with the letter case as checksum (EIP-55).

use sha3::{Digest, Keccak256};

use super::{
    Address, AddressError,
    base32::is_mixed_case,
    error::{say, shorten},
    text::Text,
};

const DIGITS: usize = 40;
const FORM: &str = "an EVM address (0x and 40 digits)";

/// Gives digits in lower case the letter case of EIP-55: upper where the digit of their hash is 8 or more.
fn set_case(digits: &mut [u8; DIGITS]) {
    let hash = Keccak256::digest(*digits);
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
        if byte >> 4 >= 8 {
            pair[0].make_ascii_uppercase();
        }
        if byte & 0xf >= 8 {
            pair[1].make_ascii_uppercase();
        }
    }
}

/// Reads a text in the letter case of a chain of EIP-1191, which takes the chain's number into the checksum: Rootstock's main
/// and test network.
pub(super) fn of_rootstock(text: &str) -> Option<Address> {
    let digits: &[u8; DIGITS] = text.strip_prefix("0x")?.as_bytes().try_into().ok()?;
    let lower = digits.map(|digit| digit.to_ascii_lowercase());
    let mut bytes = [0; 20];
    hex::decode_to_slice(lower, &mut bytes).ok()?;
    let fits = |chain: &str| {
        let hash = Keccak256::new().chain_update(chain).chain_update("0x").chain_update(lower).finalize();
        let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let mut cases = digits.iter().zip(nibbles).filter(|(digit, _)| digit.is_ascii_alphabetic());
        cases.all(|(digit, nibble)| digit.is_ascii_uppercase() == (nibble >= 8))
    };
    ["30", "31"].into_iter().any(fits).then_some(Address::Evm(bytes))
}

/// Writes the EIP-55 form with `0x`.
pub(super) fn write(text: &mut Text, bytes: &[u8; 20]) {
    let mut digits = [0; DIGITS];
    hex::encode_to_slice(bytes, &mut digits).expect("two digits a byte");
    set_case(&mut digits);
    text.extend(b"0x");
    text.extend(&digits);
}

const NOT_A_DIGIT: u8 = 0xff;
/// Values of hexadecimal digits in either case.
static VALUES: [u8; 256] = {
    let mut values = [NOT_A_DIGIT; 256];
    let (lower, upper, mut at) = (b"0123456789abcdef", b"0123456789ABCDEF", 0);
    while at < 16 {
        values[lower[at] as usize] = at as u8;
        values[upper[at] as usize] = at as u8;
        at += 1;
    }
    values
};

fn value(digit: u8) -> u8 {
    VALUES[usize::from(digit)]
}

/// Reads a text that begins with `0x` or `0X`. `text` is ASCII.
pub(super) fn parse(text: &str) -> Result<Address, AddressError> {
    let digits = &text.as_bytes()[2..];
    if let Some(at) = digits.iter().position(|&digit| value(digit) == NOT_A_DIGIT) {
        return Err(say::character(text, at + 2));
    }
    if digits.len() == 64 {
        return Err(AddressError::LooksLikeHash { text: shorten(text) });
    }
    let digits: &[u8; DIGITS] = digits.try_into().map_err(|_| say::length(text, FORM))?;
    let mut bytes = [0; 20];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0]) << 4 | value(pair[1]);
    }
    if is_mixed_case(&text[2..]) {
        let mut right = digits.map(|digit| digit.to_ascii_lowercase());
        set_case(&mut right);
        if right != *digits {
            return Err(AddressError::Eip55 { text: shorten(text) });
        }
    }
    Ok(Address::Evm(bytes))
}

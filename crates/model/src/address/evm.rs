//! EVM addresses: 20 bytes in hexadecimal, with the letter case as checksum (EIP-55).

use sha3::{Digest, Keccak256};

use super::{Address, AddressError, error::shorten};

/// The EIP-55 form with `0x`.
pub(super) fn checksummed(bytes: &[u8; 20]) -> String {
    let mut text = *b"0x0000000000000000000000000000000000000000";
    hex::encode_to_slice(bytes, &mut text[2..]).expect("40 digits");
    let hash = Keccak256::digest(&text[2..]);
    for (at, digit) in text[2..].iter_mut().enumerate() {
        let nibble = if at % 2 == 0 { hash[at / 2] >> 4 } else { hash[at / 2] & 0xf };
        if nibble >= 8 {
            digit.make_ascii_uppercase();
        }
    }
    String::from_utf8(text.to_vec()).expect("hexadecimal digits are ASCII")
}

/// Reads a text that begins with `0x` or `0X`.
pub(super) fn parse(text: &str) -> Result<Address, AddressError> {
    let digits = &text[2..];
    if let Some((position, character)) = digits.char_indices().find(|(_, c)| !c.is_ascii_hexdigit()) {
        return Err(AddressError::Character { text: shorten(text), character, position: position + 2 });
    }
    if digits.len() == 64 {
        return Err(AddressError::LooksLikeHash { text: shorten(text) });
    }
    let mut bytes = [0; 20];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError::Length {
        text: shorten(text),
        form: "an EVM address (0x and 40 digits)",
    })?;
    let has = |test: fn(&u8) -> bool| digits.as_bytes().iter().any(test);
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    if mixed && checksummed(&bytes)[2..] != *digits {
        return Err(AddressError::Eip55 { text: shorten(text) });
    }
    Ok(Address::Evm(bytes))
}

//! Forms written in plain hexadecimal: public keys, P2PK scripts, Tron's `41…`.

use super::{Address, AddressError, AddressNetwork, BitcoinAddress, error::shorten};
use crate::{ScriptKey, ScriptType};

const OP_CHECKSIG: u8 = 0xac;

/// Reads digits; `None` when the text is not hexadecimal of a length that means something.
pub(super) fn parse(text: &str) -> Option<Result<Address, AddressError>> {
    if !matches!(text.len(), 40 | 42 | 64 | 66 | 70 | 130 | 134)
        || !text.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return None;
    }
    let mut buffer = [0; 67];
    let bytes = &mut buffer[..text.len() / 2];
    hex::decode_to_slice(text, bytes).expect("even number of hexadecimal digits");
    Some(match &*bytes {
        [0x41, rest @ ..] if rest.len() == 20 => Ok(Address::Tron(rest.try_into().expect("20 bytes"))),
        // A script is a push of the key and OP_CHECKSIG.
        [push, key @ .., OP_CHECKSIG] if usize::from(*push) == key.len() && public_key(key).is_some() => {
            Ok(public_key(key).expect("just seen"))
        }
        hash if hash.len() == 32 => Err(AddressError::LooksLikeHash { text: shorten(text) }),
        key => public_key(key)
            .ok_or_else(|| AddressError::BareHexadecimal { text: shorten(text), digits: text.len() }),
    })
}

/// The P2PK address of a public key: 33 bytes beginning with 2 or 3, or 65 with 4 (SEC 1) or with 6 or 7 (the hybrid form
/// of X9.62, which Bitcoin's consensus takes and a few early outputs use).
pub(super) fn public_key(key: &[u8]) -> Option<Address> {
    let script_type = match (key.len(), key.first()?) {
        (33, 2 | 3) => ScriptType::P2pkCompressed,
        (65, 4 | 6 | 7) => ScriptType::P2pkUncompressed,
        _ => return None,
    };
    let script = ScriptKey::new(script_type, key)?;
    Some(Address::Bitcoin(BitcoinAddress { kind: AddressNetwork::Main, script }))
}

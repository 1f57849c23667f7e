//! Messages that the key of an address signed: what proves that somebody speaks for the address.
//!
//! Ethereum and its kin sign by EIP-191 (`personal_sign`), Bitcoin by "Bitcoin Signed Message" with a recoverable signature, in the
//! header bytes of Bitcoin Core, Electrum and BIP-137. Recovery gives the key, and the key its addresses. What is not read: BIP-322
//! (P2TR, P2WSH, multisig) and contracts that answer for themselves (ERC-1271).

use alloy_primitives::{B256, Signature, U256};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use tracehound_model::{
    Address,
    key_forms::{hash160, p2pkh, p2sh_p2wpkh, p2wpkh},
};

/// Bytes of a recoverable signature.
const BYTES: usize = 65;
/// First header byte of a Bitcoin signature, and the first of those by a compressed key.
const FIRST: u8 = 27;
const COMPRESSED: u8 = 31;
/// The last of BIP-137.
const LAST: u8 = 42;
/// What stands before a message that Bitcoin's wallets sign, with its length.
const PREFIX: &[u8] = b"\x18Bitcoin Signed Message:\n";

/// Why a signature does not show that the address's key signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSigned {
    /// The text is no signature.
    #[error("its signature is not {BYTES} bytes in {0}")]
    Form(&'static str),
    /// It is one of nobody, or of nobody who is known.
    #[error("no key has this signature of the text")]
    Nobody,
    /// Somebody else's key, or another text.
    #[error("it was signed by another key than the address's, or another text was signed")]
    AnotherKey,
    /// Nothing is known of it: the kind of address signs in a way that is not read.
    #[error("signatures of this kind of address are not read here")]
    NotRead,
}

/// Whether the key of `address` signed this very text.
///
/// # Errors
/// Why that is not shown; [`NotSigned::NotRead`] where it is not known.
pub fn signed_by(address: &Address, text: &str, signature: &str) -> Result<(), NotSigned> {
    match address {
        Address::Evm(bytes) => {
            let raw = hex::decode(signature.trim().trim_start_matches("0x")).ok();
            let raw = raw.filter(|raw| raw.len() == BYTES).ok_or(NotSigned::Form("hexadecimal"))?;
            // Numbers of a chain in it are a transaction's.
            if !matches!(raw[BYTES - 1], 0 | 1 | 27 | 28) {
                return Err(NotSigned::Nobody);
            }
            let signature = Signature::from_raw(&raw).map_err(|_| NotSigned::Nobody)?;
            let signer = signature.recover_address_from_msg(text).map_err(|_| NotSigned::Nobody)?;
            if signer.0.0 == *bytes { Ok(()) } else { Err(NotSigned::AnotherKey) }
        }
        Address::Bitcoin(_) => by_bitcoin(address, text, signature),
        Address::Tron(_) | Address::Foreign(_) => Err(NotSigned::NotRead),
    }
}

fn by_bitcoin(address: &Address, text: &str, signature: &str) -> Result<(), NotSigned> {
    let script = address.script().ok_or(NotSigned::NotRead)?;
    let raw = STANDARD.decode(signature.trim()).ok();
    let raw = raw.filter(|raw| raw.len() == BYTES).ok_or(NotSigned::Form("Base64"))?;
    let header = raw[0];
    if !(FIRST..=LAST).contains(&header) {
        return Err(NotSigned::Nobody);
    }
    // Of the four candidates two have an x beyond the order of the group, which nobody has met.
    let candidate = (header - FIRST) % 4;
    if candidate > 1 {
        return Err(NotSigned::Nobody);
    }
    let [r, s] = [&raw[1..33], &raw[33..]].map(U256::from_be_slice);
    let key = Signature::new(r, s, candidate == 1)
        .recover_from_prehash(&message_hash(text))
        .map_err(|_| NotSigned::Nobody)?;
    let is_compressed = header >= COMPRESSED;
    let hash = hash160(key.to_encoded_point(is_compressed).as_bytes());
    let mut scripts = vec![p2pkh(&hash)];
    if is_compressed {
        scripts.extend([p2wpkh(&hash), p2sh_p2wpkh(&hash)]);
    }
    if scripts.contains(script) {
        Ok(())
    } else if script.key_hash().is_some() {
        Err(NotSigned::AnotherKey)
    } else {
        // A script hash may hide a multisig, and a key hash may not.
        Err(NotSigned::NotRead)
    }
}

/// What Bitcoin's wallets sign for a text.
fn message_hash(text: &str) -> B256 {
    let length = text.len();
    let mut bytes = PREFIX.to_vec();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 0xfd => bytes.push(short),
        (_, Ok(long)) => bytes.extend([&[0xfd], &long.to_le_bytes()[..]].concat()),
        _ => {
            let long = u32::try_from(length).unwrap_or(u32::MAX);
            bytes.extend([&[0xfe], &long.to_le_bytes()[..]].concat());
        }
    }
    bytes.extend(text.as_bytes());
    B256::from_slice(&Sha256::digest(Sha256::digest(bytes)))
}

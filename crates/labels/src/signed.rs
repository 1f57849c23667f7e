//! Messages that the key of an address signed: what proves that somebody speaks for the address.
//!
//! Ethereum and its kin sign by EIP-191 (`personal_sign`), Bitcoin by "Bitcoin Signed Message" with a recoverable signature, in the
//! header bytes of Bitcoin Core, Electrum and BIP-137, Tron by TIP-191, or as `TronWeb` did before it. Recovery gives the key, and the key its
//! addresses. What is not read: BIP-322 (P2TR, P2WSH, multisig), contracts that answer for themselves (ERC-1271), and accounts of Tron
//! whose permissions are other keys'.
//!
//! Exchanges sign their proofs of reserves in forms of their own, which are read for those alone ([`signed_for_reserves`]).

use std::collections::BTreeSet;

use alloy_primitives::{B256, Signature, U256, eip191_hash_message, keccak256};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use tracehound_model::{
    Address, ScriptKey, ScriptType,
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
    /// Fewer keys than have to sign.
    #[error("{signed} of its keys have signed, and {needed} have to")]
    TooFew {
        /// Different keys of its script that signed.
        signed: usize,
        /// How many have to.
        needed: usize,
    },
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
        Address::Evm(bytes) => by_account(bytes, &[eip191_hash_message(text)], signature),
        Address::Bitcoin(_) => by_bitcoin(address, text, signature),
        Address::Tron(bytes) => by_account(bytes, &tron_hashes(text), signature),
        Address::Foreign(_) => Err(NotSigned::NotRead),
    }
}

/// What Tron's keys sign for a text: TIP-191 (`signMessageV2` of `TronWeb`), and its older form, which says 32 bytes, whatever it signs.
fn tron_hashes(text: &str) -> [B256; 2] {
    [text.len(), 32].map(|length| tron_prefixed(length, text.as_bytes()))
}

fn tron_prefixed(length: usize, what: &[u8]) -> B256 {
    keccak256([format!("\x19TRON Signed Message:\n{length}").as_bytes(), what].concat())
}

/// Whether the key of `address` signed this text as exchanges do for their proofs of reserves: Ethereum's and Tron's keys the text or
/// its Keccak-256, with a prefix and by some without, a Bitcoin multisig by as many keys as its script, given in hexadecimal, asks
/// for.
///
/// # Errors
/// As of [`signed_by`].
pub fn signed_for_reserves(
    address: &Address,
    text: &str,
    signatures: &[&str],
    script: Option<&str>,
) -> Result<(), NotSigned> {
    let first = signatures.first().ok_or(NotSigned::NotRead)?;
    let hash = keccak256(text);
    match address {
        Address::Evm(bytes) => {
            let hashes = [eip191_hash_message(text), eip191_hash_message(hash), hash];
            by_account(bytes, &hashes, first)
        }
        Address::Tron(bytes) => {
            let [new, old] = tron_hashes(text);
            let hashes = [new, tron_prefixed(32, hash.as_slice()), old];
            by_account(bytes, &hashes, first)
        }
        Address::Bitcoin(_) => match script {
            None => by_bitcoin(address, text, first),
            Some(script) => by_multisig(address, text, signatures, script),
        },
        Address::Foreign(_) => Err(NotSigned::NotRead),
    }
}

/// Whether an account's key signed one of these hashes.
fn by_account(account: &[u8; 20], hashes: &[B256], signature: &str) -> Result<(), NotSigned> {
    let raw = hex::decode(signature.trim().trim_start_matches("0x")).ok();
    let raw = raw.filter(|raw| raw.len() == BYTES).ok_or(NotSigned::Form("hexadecimal"))?;
    // Numbers of a chain in it are a transaction's.
    if !matches!(raw[BYTES - 1], 0 | 1 | 27 | 28) {
        return Err(NotSigned::Nobody);
    }
    let signature = Signature::from_raw(&raw).map_err(|_| NotSigned::Nobody)?;
    let mut why = NotSigned::Nobody;
    for hash in hashes {
        if let Ok(signer) = signature.recover_address_from_prehash(hash) {
            if signer.0.0 == *account {
                return Ok(());
            }
            why = NotSigned::AnotherKey;
        }
    }
    Err(why)
}

/// Whether as many keys of a multisig signed as its script asks for, and the script is the address's.
fn by_multisig(address: &Address, text: &str, signatures: &[&str], script: &str) -> Result<(), NotSigned> {
    let owner = address.script().ok_or(NotSigned::NotRead)?;
    let script = hex::decode(script.trim().trim_start_matches("0x")).map_err(|_| NotSigned::NotRead)?;
    let hashed = [
        ScriptKey::new(ScriptType::P2sh, &hash160(&script)),
        ScriptKey::new(ScriptType::P2wsh, &Sha256::digest(&script)),
    ];
    if !hashed.iter().flatten().any(|hashed| hashed == owner) {
        return Err(NotSigned::AnotherKey);
    }
    let (needed, keys) = multisig(&script).ok_or(NotSigned::NotRead)?;
    let mut signers = BTreeSet::new();
    for signature in signatures {
        let Signer { compressed, uncompressed, .. } = recovered(text, signature)?;
        let place = keys.iter().position(|key| *key == compressed || *key == uncompressed);
        signers.insert(place.ok_or(NotSigned::AnotherKey)?);
    }
    if signers.len() >= needed { Ok(()) } else { Err(NotSigned::TooFew { signed: signers.len(), needed }) }
}

/// How many of which keys a bare multisig asks for.
fn multisig(script: &[u8]) -> Option<(usize, Vec<&[u8]>)> {
    const CHECK_MULTISIG: u8 = 0xae;
    // OP_1 to OP_16.
    let number = |byte: u8| (0x51..=0x60).contains(&byte).then(|| usize::from(byte - 0x50));
    let (&needed, rest) = script.split_first()?;
    let (rest, &[count, CHECK_MULTISIG]) = rest.split_last_chunk::<2>()? else { return None };
    let (needed, count) = (number(needed)?, number(count)?);
    let (mut keys, mut rest) = (Vec::new(), rest);
    while let Some((&length, after)) = rest.split_first() {
        let length = usize::from(length);
        if !matches!(length, 33 | 65) || after.len() < length {
            return None;
        }
        let (key, after) = after.split_at(length);
        keys.push(key);
        rest = after;
    }
    let distinct: BTreeSet<&[u8]> = keys.iter().copied().collect();
    (keys.len() == count && distinct.len() == count && needed <= count).then_some((needed, keys))
}

fn by_bitcoin(address: &Address, text: &str, signature: &str) -> Result<(), NotSigned> {
    let script = address.script().ok_or(NotSigned::NotRead)?;
    let Signer { compressed, uncompressed, is_compressed } = recovered(text, signature)?;
    let hash = hash160(if is_compressed { &compressed } else { &uncompressed });
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

/// A key that signed, in both of its forms.
struct Signer {
    compressed: Vec<u8>,
    uncompressed: Vec<u8>,
    /// Whether the signature says that its address is of the compressed one.
    is_compressed: bool,
}

/// The key that signed a text as Bitcoin's wallets do.
fn recovered(text: &str, signature: &str) -> Result<Signer, NotSigned> {
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
    let [compressed, uncompressed] = [true, false].map(|form| key.to_encoded_point(form).as_bytes().to_vec());
    Ok(Signer { compressed, uncompressed, is_compressed: header >= COMPRESSED })
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

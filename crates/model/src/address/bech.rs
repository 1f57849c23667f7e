//! Bech32 and bech32m forms (BIP-173, BIP-350) and Bitcoin Cash's cashaddr.

use std::fmt;

use bech32::{
    Bech32, Bech32m, Fe32, Hrp,
    primitives::decode::{CheckedHrpstring, SegwitHrpstring, UncheckedHrpstring},
};

use super::{Address, AddressError, AddressNetwork, BitcoinAddress, error::shorten, foreign};
use crate::{ScriptKey, ScriptType};

const SEGWIT: &str = "a segwit address";

const fn hrp_of(kind: AddressNetwork) -> Hrp {
    match kind {
        AddressNetwork::Main => bech32::hrp::BC,
        AddressNetwork::Test => bech32::hrp::TB,
        AddressNetwork::Regtest => bech32::hrp::BCRT,
    }
}

/// Writes a witness program.
pub(super) fn display(
    f: &mut fmt::Formatter<'_>,
    kind: AddressNetwork,
    version: u8,
    program: &[u8],
) -> fmt::Result {
    display_hrp(f, hrp_of(kind), version, program)
}

pub(super) fn display_hrp(f: &mut fmt::Formatter<'_>, hrp: Hrp, version: u8, program: &[u8]) -> fmt::Result {
    let version = Fe32::try_from(version).map_err(|_| fmt::Error)?;
    bech32::segwit::encode_lower_to_fmt_unchecked(f, hrp, version, program)
}

/// Reads a text with a known human-readable part or the form of a cashaddr; `None` when it is neither.
pub(super) fn parse(text: &str) -> Option<Result<Address, AddressError>> {
    let starts =
        |prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if starts("bcrt1") {
        return Some(segwit(text, AddressNetwork::Regtest));
    }
    if starts("bc1") {
        return Some(segwit(text, AddressNetwork::Main));
    }
    if starts("tb1") {
        return Some(segwit(text, AddressNetwork::Test));
    }
    if starts("ltc1") {
        return Some(program(text).and_then(|(version, bytes, len)| {
            foreign::litecoin_witness(version, &bytes[..len])
                .ok_or(AddressError::Unsupported { text: shorten(text), form: "a Litecoin segwit address" })
        }));
    }
    if starts("bnb1") {
        return Some(plain::<Bech32>(text, "a BNB Beacon Chain address", foreign::bnb));
    }
    if starts("zs1") {
        return Some(plain::<Bech32>(text, "a Zcash shielded address", foreign::zcash_sapling));
    }
    if starts("u1") {
        return Some(Err(AddressError::Unsupported { text: shorten(text), form: "a Zcash unified address" }));
    }
    let cash = text.strip_prefix("bitcoincash:").or_else(|| text.strip_prefix("BITCOINCASH:"));
    match cash {
        Some(rest) => Some(cashaddr(text, rest)),
        None if is_cashaddr(text) => Some(cashaddr(text, text)),
        None => None,
    }
}

fn mixed_case(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_lowercase()) && text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Names what is wrong with a bech32 text.
fn fault(text: &str, form: &'static str) -> AddressError {
    let text = text.to_owned();
    if mixed_case(&text) {
        return AddressError::MixedCase { text: shorten(&text), form };
    }
    let data = text.rfind('1').map_or(0, |at| at + 1);
    let bad = text.char_indices().skip(data).find(|(_, c)| Fe32::from_char(*c).is_err());
    if let Some((position, character)) = bad {
        return AddressError::Character { text: shorten(&text), character, position };
    }
    let right = UncheckedHrpstring::new(&text)
        .is_ok_and(|parts| parts.has_valid_checksum::<Bech32>() || parts.has_valid_checksum::<Bech32m>());
    if right {
        AddressError::Length { text: shorten(&text), form }
    } else {
        AddressError::Checksum { text: shorten(&text), form }
    }
}

/// Witness version and program of a segwit text, whatever its human-readable part.
fn program(text: &str) -> Result<(u8, [u8; 40], usize), AddressError> {
    let parts = SegwitHrpstring::new(text).map_err(|_| fault(text, SEGWIT))?;
    let (mut bytes, mut len) = ([0; 40], 0);
    for byte in parts.byte_iter() {
        // BIP-141: a program has 2 to 40 bytes, which `SegwitHrpstring` has checked.
        bytes[len] = byte;
        len += 1;
    }
    Ok((parts.witness_version().to_u8(), bytes, len))
}

fn segwit(text: &str, kind: AddressNetwork) -> Result<Address, AddressError> {
    let (version, bytes, len) = program(text)?;
    let script_type = match (version, len) {
        (0, 20) => ScriptType::P2wpkh,
        (0, 32) => ScriptType::P2wsh,
        (1, 32) => ScriptType::P2tr,
        _ => return Err(AddressError::Unsupported { text: shorten(text), form: SEGWIT }),
    };
    let script = ScriptKey::new(script_type, &bytes[..len]).expect("length matched");
    Ok(Address::Bitcoin(BitcoinAddress { kind, script }))
}

/// A text whose data part is plain bytes.
fn plain<Ck: bech32::Checksum>(
    text: &str,
    form: &'static str,
    read: fn(&[u8]) -> Option<Address>,
) -> Result<Address, AddressError> {
    let parts = CheckedHrpstring::new::<Ck>(text).map_err(|_| fault(text, form))?;
    let (mut bytes, mut len) = ([0; 64], 0);
    for byte in parts.byte_iter().take(bytes.len()) {
        bytes[len] = byte;
        len += 1;
    }
    let wrong_length = || AddressError::Length { text: shorten(text), form };
    let address = read(&bytes[..len]).ok_or_else(wrong_length)?;
    // Bits that pad the last group must be zero, or two texts would mean one address.
    let canonical = address.to_string().eq_ignore_ascii_case(text);
    canonical.then_some(address).ok_or_else(wrong_length)
}

const CHARSET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Whether a text without prefix has the form of a cashaddr: 42 characters of the alphabet, the first q or p.
fn is_cashaddr(text: &str) -> bool {
    let in_charset = |byte: u8| CHARSET.contains(&byte.to_ascii_lowercase());
    text.len() == 42
        && matches!(text.as_bytes()[0], b'q' | b'p' | b'Q' | b'P')
        && text.bytes().all(in_charset)
}

/// The 40-bit checksum of cashaddr, from the specification at <https://reference.cash/protocol/blockchain/encoding/cashaddr>.
fn polymod(values: impl Iterator<Item = u8>) -> u64 {
    const GENERATORS: [u64; 5] =
        [0x98_f2bc_8e61, 0x79_b76d_99e2, 0xf3_3e5f_b3c4, 0xae_2eab_e2a8, 0x1e_4f43_e470];
    let mut sum = 1u64;
    for value in values {
        let top = sum >> 35;
        sum = (sum & 0x07_ffff_ffff) << 5 ^ u64::from(value);
        for (bit, generator) in GENERATORS.iter().enumerate() {
            if top >> bit & 1 == 1 {
                sum ^= generator;
            }
        }
    }
    sum ^ 1
}

fn prefix_values() -> impl Iterator<Item = u8> {
    b"bitcoincash".iter().map(|byte| byte & 0x1f).chain([0])
}

fn cashaddr(text: &str, data: &str) -> Result<Address, AddressError> {
    const FORM: &str = "a Bitcoin Cash address";
    if mixed_case(data) {
        return Err(AddressError::MixedCase { text: shorten(text), form: FORM });
    }
    let mut values = [0u8; 112];
    if data.len() > values.len() || data.len() < 10 {
        return Err(AddressError::Length { text: shorten(text), form: FORM });
    }
    for (at, byte) in data.bytes().enumerate() {
        let value = CHARSET.iter().position(|&own| own == byte.to_ascii_lowercase());
        let position = text.len() - data.len() + at;
        let unknown =
            || AddressError::Character { text: shorten(text), character: char::from(byte), position };
        values[at] = value.ok_or_else(unknown)? as u8;
    }
    let values = &values[..data.len()];
    if polymod(prefix_values().chain(values.iter().copied())) != 0 {
        return Err(AddressError::Checksum { text: shorten(text), form: FORM });
    }
    let body = regroup(&values[..values.len() - 8]);
    let unsupported = || AddressError::Unsupported { text: shorten(text), form: FORM };
    match body.as_deref() {
        Some([version, hash @ ..]) if hash.len() == 20 => {
            foreign::bitcoin_cash(*version, hash).ok_or_else(unsupported)
        }
        _ => Err(unsupported()),
    }
}

/// Groups of five bits as bytes; `None` when the padding is not zero or a whole group.
fn regroup(values: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for &value in values {
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    (bits < 5 && held == 0).then_some(bytes)
}

/// Writes a cashaddr with its prefix.
pub(super) fn display_cashaddr(f: &mut fmt::Formatter<'_>, version: u8, hash: &[u8]) -> fmt::Result {
    let (mut values, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for byte in [version].iter().chain(hash) {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            values.push((held >> bits & 0x1f) as u8);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        values.push((held << (5 - bits) & 0x1f) as u8);
    }
    let sum = polymod(prefix_values().chain(values.iter().copied()).chain([0; 8]));
    values.extend((0..8).map(|at| (sum >> (5 * (7 - at)) & 0x1f) as u8));
    f.write_str("bitcoincash:")?;
    values.iter().try_for_each(|&value| write!(f, "{}", char::from(CHARSET[usize::from(value)])))
}

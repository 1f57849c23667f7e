//! Bech32 and bech32m forms (BIP-173, BIP-350) and Bitcoin Cash's cashaddr.

use super::{
    Address, AddressError, AddressNetwork, BitcoinAddress,
    base32::{self, BECH32, BECH32_REST, BECH32M_REST, Bytes, CASHADDR, CASHADDR_REST, is_mixed_case},
    error::{say, shorten},
    foreign,
    text::Text,
};
use crate::{ScriptKey, ScriptType};

const SEGWIT: &str = "a segwit address";
const CASH: &str = "a Bitcoin Cash address";
/// BIP-173: a segwit address has at most so many characters.
const MAX_SEGWIT: usize = 90;
/// BIP-141: a witness program has at most so many bytes.
const MAX_PROGRAM: usize = 40;
/// Characters of a cashaddr with a hash of 20 bytes, without prefix.
const CASH_CHARACTERS: usize = 42;
const CASH_PREFIX: &str = "bitcoincash:";
const CASH_START: u64 = CASHADDR.after_cash_prefix(b"bitcoincash");
const ECASH_PREFIX: &str = "ecash:";
const ECASH_START: u64 = CASHADDR.after_cash_prefix(b"ecash");

/// A human-readable part and the checksum register after it.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    /// With the separator.
    text: &'static str,
    start: u64,
}

impl Prefix {
    const fn new(text: &'static str) -> Self {
        let (name, _separator) = text.as_bytes().split_at(text.len() - 1);
        Self { text, start: BECH32.after_prefix(name) }
    }

    fn begins(self, text: &str) -> bool {
        text.get(..self.text.len()).is_some_and(|head| head.eq_ignore_ascii_case(self.text))
    }
}

const MAIN: Prefix = Prefix::new("bc1");
const TEST: Prefix = Prefix::new("tb1");
const REGTEST: Prefix = Prefix::new("bcrt1");
pub(super) const LITECOIN: Prefix = Prefix::new("ltc1");
pub(super) const BNB: Prefix = Prefix::new("bnb1");
pub(super) const SAPLING: Prefix = Prefix::new("zs1");
const UNIFIED: Prefix = Prefix::new("u1");
/// Shortest text taken for a shielded Zcash address: a Solana address may begin alike but has at most 44 characters.
const MIN_SHIELDED: usize = 60;

/// Reads a text with a known prefix or the look of a cashaddr; `None` when it is neither. `text` is ASCII.
pub(super) fn parse(text: &str) -> Option<Result<Address, AddressError>> {
    match text.as_bytes()[0].to_ascii_lowercase() {
        b'b' if MAIN.begins(text) => Some(bitcoin(text, MAIN, AddressNetwork::Main)),
        b'b' if REGTEST.begins(text) => Some(bitcoin(text, REGTEST, AddressNetwork::Regtest)),
        b'b' if BNB.begins(text) => Some(plain(text, BNB, "a BNB Beacon Chain address", foreign::bnb)),
        b'b' if text.get(..CASH_PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(CASH_PREFIX)) => {
            Some(cashaddr(text, &text[CASH_PREFIX.len()..]))
        }
        b't' if TEST.begins(text) => Some(bitcoin(text, TEST, AddressNetwork::Test)),
        b'l' if LITECOIN.begins(text) => Some(litecoin(text)),
        b'z' if SAPLING.begins(text) && text.len() >= MIN_SHIELDED => {
            Some(plain(text, SAPLING, "a Zcash shielded address", foreign::zcash_sapling))
        }
        b'u' if UNIFIED.begins(text) && text.len() >= MIN_SHIELDED => Some(Err(unified(text))),
        b'q' | b'p' | b'z' | b'r' if resembles_cashaddr(text) => Some(cashaddr(text, text)),
        _ => None,
    }
}

fn data_of(text: &str, prefix: Prefix) -> &[u8] {
    &text.as_bytes()[prefix.text.len()..]
}

/// What remains of the checksum of a text with this prefix.
fn rest_of(text: &str, prefix: Prefix, form: &'static str) -> Result<u64, AddressError> {
    if is_mixed_case(text) {
        return Err(AddressError::MixedCase { text: shorten(text), form });
    }
    let data = data_of(text, prefix);
    let rest = BECH32.rest(prefix.start, data);
    let rest = rest.map_err(|at| say::character(text, prefix.text.len() + at))?;
    if data.len() <= BECH32.symbols {
        return Err(say::length(text, form));
    }
    Ok(rest)
}

/// Witness version and program of a segwit text.
fn witness(text: &str, prefix: Prefix) -> Result<(u8, Bytes<MAX_PROGRAM>), AddressError> {
    let rest = rest_of(text, prefix, SEGWIT)?;
    if text.len() > MAX_SEGWIT {
        return Err(say::length(text, SEGWIT));
    }
    let data = data_of(text, prefix);
    let version = base32::value(data[0]).unwrap_or(u8::MAX);
    let (wanted, other) =
        if version == 0 { (BECH32_REST, BECH32M_REST) } else { (BECH32M_REST, BECH32_REST) };
    if rest == other {
        let reason = "version 0 takes the checksum of bech32, later versions that of bech32m (BIP-350)";
        return Err(say::malformed(text, SEGWIT, reason));
    }
    if rest != wanted {
        return Err(say::checksum(text, SEGWIT));
    }
    if version > 16 {
        return Err(say::malformed(text, SEGWIT, "witness versions end at 16 (BIP-141)"));
    }
    let program = Bytes::read(&data[1..data.len() - BECH32.symbols])
        .filter(|program| program.as_slice().len() >= 2)
        .ok_or_else(|| say::malformed(text, SEGWIT, "a witness program has 2 to 40 whole bytes (BIP-141)"))?;
    if version == 0 && !matches!(program.as_slice().len(), 20 | 32) {
        return Err(say::malformed(text, SEGWIT, "a version 0 program has 20 or 32 bytes (BIP-141)"));
    }
    Ok((version, program))
}

fn bitcoin(text: &str, prefix: Prefix, kind: AddressNetwork) -> Result<Address, AddressError> {
    let (version, program) = witness(text, prefix)?;
    let script_type = match (version, program.as_slice().len()) {
        (0, 20) => ScriptType::P2wpkh,
        (0, 32) => ScriptType::P2wsh,
        (1, 32) => ScriptType::P2tr,
        // BIP-433: the two bytes that spell `fees`.
        (1, 2) if program.as_slice() == [0x4e, 0x73] => {
            return Err(AddressError::Anchor { text: shorten(text) });
        }
        _ => return Err(say::unsupported(text, SEGWIT)),
    };
    let script = ScriptKey::new(script_type, program.as_slice()).expect("length matched");
    Ok(Address::Bitcoin(BitcoinAddress { kind, script }))
}

fn litecoin(text: &str) -> Result<Address, AddressError> {
    let (version, program) = witness(text, LITECOIN)?;
    foreign::litecoin_witness(version, program.as_slice())
        .ok_or_else(|| say::unsupported(text, "a Litecoin segwit address"))
}

/// A bech32 text whose data is plain bytes.
fn plain(
    text: &str,
    prefix: Prefix,
    form: &'static str,
    read: fn(&[u8]) -> Option<Address>,
) -> Result<Address, AddressError> {
    if rest_of(text, prefix, form)? != BECH32_REST {
        return Err(say::checksum(text, form));
    }
    let data = data_of(text, prefix);
    let bytes = Bytes::<64>::read(&data[..data.len() - BECH32.symbols]);
    bytes.and_then(|bytes| read(bytes.as_slice())).ok_or_else(|| say::length(text, form))
}

/// A unified address bundles receivers of several kinds and has no bytes of its own to compare: checked, then refused.
fn unified(text: &str) -> AddressError {
    const FORM: &str = "a Zcash unified address";
    match rest_of(text, UNIFIED, FORM) {
        Ok(BECH32M_REST) => say::unsupported(text, FORM),
        Ok(_) => say::checksum(text, FORM),
        Err(error) => error,
    }
}

/// Bech32 forms of 20 bytes that stand for one address of another form: prefix, checksum, what they are, how that is read.
type OtherForm = (Prefix, u64, &'static str, fn(&[u8; 20]) -> Option<Address>);

const OTHER_FORMS: [OtherForm; 4] = [
    (Prefix::new("one1"), BECH32_REST, "Harmony's form", |bytes| Some(Address::Evm(*bytes))),
    (Prefix::new("inj1"), BECH32_REST, "Injective's form", |bytes| Some(Address::Evm(*bytes))),
    (Prefix::new("evmos1"), BECH32_REST, "Evmos' form", |bytes| Some(Address::Evm(*bytes))),
    // ZIP-320: the hash of a transparent address, for whoever pays from transparent coins alone.
    (Prefix::new("tex1"), BECH32M_REST, "Zcash's form `tex1`", |bytes| {
        foreign::zcash_transparent([0x1c, 0xb8], bytes)
    }),
];

/// The address that a text of one of [`OTHER_FORMS`] stands for.
pub(super) fn other_form(text: &str) -> Option<(Address, &'static str)> {
    let (prefix, rest, form, read) = OTHER_FORMS.iter().find(|row| row.0.begins(text))?;
    if rest_of(text, *prefix, form) != Ok(*rest) {
        return None;
    }
    let data = data_of(text, *prefix);
    let bytes = Bytes::<64>::read(&data[..data.len() - BECH32.symbols])?;
    Some((read(bytes.as_slice().try_into().ok()?)?, form))
}

/// The Bitcoin Cash address of the key or script that an eCash address is of: the chains were one until 2020, and the form is
/// the same but for the prefix.
pub(super) fn of_ecash(text: &str) -> Option<Address> {
    let head = text.get(..ECASH_PREFIX.len()).filter(|head| head.eq_ignore_ascii_case(ECASH_PREFIX));
    let data = &text[head.map_or(0, str::len)..];
    if data.len() != CASH_CHARACTERS || is_mixed_case(data) {
        return None;
    }
    if CASHADDR.rest(ECASH_START, data.as_bytes()) != Ok(CASHADDR_REST) {
        return None;
    }
    let bytes = Bytes::<65>::read(&data.as_bytes()[..data.len() - CASHADDR.symbols])?;
    bytes.as_slice().split_first().and_then(|(&version, hash)| foreign::bitcoin_cash(version, hash))
}

/// What is wrong with a text in the form of bech32 whose prefix we do not know; `None` when it has not that form.
pub(super) fn other_prefix(text: &str) -> Option<AddressError> {
    /// Fewer data characters than this may be chance.
    const MIN_DATA: usize = 20;
    let separator = text.rfind('1').filter(|&at| at > 0 && text.len() - at > MIN_DATA)?;
    if is_mixed_case(text) {
        return None;
    }
    let prefix = text[..separator].to_ascii_lowercase();
    let start = BECH32.after_prefix(prefix.as_bytes());
    let rest = BECH32.rest(start, &text.as_bytes()[separator + 1..]).ok()?;
    Some(if matches!(rest, BECH32_REST | BECH32M_REST) {
        say::unsupported(text, "a bech32 address of another chain")
    } else {
        say::checksum(text, "a bech32 address")
    })
}

/// Whether a text without prefix looks like a cashaddr, perhaps a damaged one: about 42 letters of one case and digits.
/// Base58 addresses of that length have letters of both cases.
fn resembles_cashaddr(text: &str) -> bool {
    text.len().abs_diff(CASH_CHARACTERS) <= 2
        && !is_mixed_case(text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn cashaddr(text: &str, data: &str) -> Result<Address, AddressError> {
    if is_mixed_case(text) {
        return Err(AddressError::MixedCase { text: shorten(text), form: CASH });
    }
    let before = text.len() - data.len();
    let rest = CASHADDR.rest(CASH_START, data.as_bytes()).map_err(|at| say::character(text, before + at))?;
    if data.len() <= CASHADDR.symbols || (before == 0 && data.len() != CASH_CHARACTERS) {
        return Err(say::length(text, CASH));
    }
    if rest != CASHADDR_REST {
        return Err(say::checksum(text, CASH));
    }
    let bytes = Bytes::<65>::read(&data.as_bytes()[..data.len() - CASHADDR.symbols]);
    let bytes =
        bytes.ok_or_else(|| say::malformed(text, CASH, "its last group has bits to spare that are set"))?;
    let address =
        bytes.as_slice().split_first().and_then(|(&version, hash)| foreign::bitcoin_cash(version, hash));
    address.ok_or_else(|| say::unsupported(text, CASH))
}

/// Writes a witness program of Bitcoin.
pub(super) fn write_bitcoin(text: &mut Text, kind: AddressNetwork, version: u8, program: &[u8]) {
    let prefix = match kind {
        AddressNetwork::Main => MAIN,
        AddressNetwork::Test => TEST,
        AddressNetwork::Regtest => REGTEST,
    };
    write_witness(text, prefix, version, program);
}

/// Writes a witness program of any chain.
pub(super) fn write_witness(text: &mut Text, prefix: Prefix, version: u8, program: &[u8]) {
    text.extend(prefix.text.as_bytes());
    let rest = if version == 0 { BECH32_REST } else { BECH32M_REST };
    BECH32.write(prefix.start, rest, Some(version), program, text);
}

/// Writes plain bytes in bech32.
pub(super) fn write_plain(text: &mut Text, prefix: Prefix, bytes: &[u8]) {
    text.extend(prefix.text.as_bytes());
    BECH32.write(prefix.start, BECH32_REST, None, bytes, text);
}

/// Writes a cashaddr with its prefix.
pub(super) fn write_cashaddr(text: &mut Text, version: u8, hash: &[u8]) {
    let mut bytes = [0; 33];
    bytes[0] = version;
    bytes[1..=hash.len()].copy_from_slice(hash);
    text.extend(CASH_PREFIX.as_bytes());
    CASHADDR.write(CASH_START, CASHADDR_REST, None, &bytes[..=hash.len()], text);
}

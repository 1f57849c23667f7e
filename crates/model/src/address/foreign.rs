//! Addresses that are parsed and compared, and no more: coins of the OFAC list beyond Bitcoin, EVM and Tron.

use std::fmt;

use super::{
    Address, AddressNetwork, BitcoinAddress,
    base58::{self, BITCOIN, RIPPLE},
    bech, check58, monero,
    text::Text,
};
use crate::{Chain, ScriptKey, ScriptType};

/// Longest payload: two Monero keys.
const MAX_PAYLOAD: usize = 64;
/// Two Monero keys and a payment id.
const MAX_INTEGRATED: usize = MAX_PAYLOAD + 8;

/// An address of a coin we do not follow: coin, form and payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ForeignAddress {
    coin: u8,
    form: u8,
    len: u8,
    payload: [u8; MAX_PAYLOAD],
}

/// Place in this list is the coin's byte in keys: never reorder, only append.
const COINS: [Chain; 10] = [
    Chain::Litecoin,
    Chain::BitcoinCash,
    Chain::BitcoinGold,
    Chain::Dash,
    Chain::Zcash,
    Chain::Monero,
    Chain::Ripple,
    Chain::Solana,
    Chain::Verge,
    Chain::BnbBeacon,
];

// Forms are part of keys: never renumber. Monero's form is its network byte.
const FORM_P2PKH: u8 = 0;
const FORM_P2SH: u8 = 1;
const FORM_WITNESS_0: u8 = 2;
const FORM_WITNESS_1: u8 = 3;
const FORM_SAPLING: u8 = 4;
const FORM_MONERO: u8 = 18;
const FORM_INTEGRATED: u8 = 19;
const FORM_SUBADDRESS: u8 = 42;

/// One version byte: version, coin, form. Sources: `base58Prefixes` in each coin's `chainparams.cpp`.
///
/// Verge shares version 30 with Dogecoin, so a Dogecoin address reads as Verge: the OFAC list names Verge.
const VERSIONS: [(u8, Chain, u8); 8] = [
    (48, Chain::Litecoin, FORM_P2PKH),
    (50, Chain::Litecoin, FORM_P2SH),
    (38, Chain::BitcoinGold, FORM_P2PKH),
    (23, Chain::BitcoinGold, FORM_P2SH),
    (76, Chain::Dash, FORM_P2PKH),
    (16, Chain::Dash, FORM_P2SH),
    (30, Chain::Verge, FORM_P2PKH),
    (33, Chain::Verge, FORM_P2SH),
];

/// The size bits of a cashaddr version byte that stand for 32 bytes.
const CASH_32_BYTES: u8 = 3;

fn address(chain: Chain, form: u8, payload: &[u8]) -> Option<Address> {
    let coin = COINS.iter().position(|&own| own == chain)?;
    // Whoever is paid at the integrated form holds the same two keys, whatever the payment id beside them. A text alone has it:
    // the canonical bytes are those of the keys.
    let (form, payload) = match (chain, form) {
        (Chain::Monero, FORM_INTEGRATED) if payload.len() == MAX_INTEGRATED => {
            (FORM_MONERO, &payload[..MAX_PAYLOAD])
        }
        _ => (form, payload),
    };
    ForeignAddress::from_parts(coin as u8, form, payload).map(Address::Foreign)
}

impl ForeignAddress {
    /// An address from coin byte, form and payload; `None` when they do not go together.
    pub(super) fn from_parts(coin: u8, form: u8, payload: &[u8]) -> Option<Self> {
        let chain = *COINS.get(usize::from(coin))?;
        let fits = match (chain, form) {
            (Chain::Litecoin, FORM_WITNESS_0) | (Chain::BitcoinCash, FORM_P2SH) => {
                matches!(payload.len(), 20 | 32)
            }
            (Chain::Litecoin, FORM_WITNESS_1) | (Chain::Solana, FORM_P2PKH) => payload.len() == 32,
            (Chain::Zcash, FORM_SAPLING) => payload.len() == 43,
            (Chain::Monero, FORM_MONERO | FORM_SUBADDRESS) => payload.len() == MAX_PAYLOAD,
            (Chain::Ripple | Chain::BnbBeacon, FORM_P2PKH) => payload.len() == 20,
            (Chain::Monero | Chain::Solana | Chain::Ripple | Chain::BnbBeacon, _) => false,
            (_, FORM_P2PKH | FORM_P2SH) => payload.len() == 20,
            _ => false,
        };
        let address = fits.then(|| Self::new(coin, form, payload))?;
        // What does not read back from its text is no address.
        let damaged = chain == Chain::Solana && {
            let mut text = Text::new();
            address.write(&mut text);
            resembles_damage(text.as_str())
        };
        (!damaged).then_some(address)
    }

    fn new(coin: u8, form: u8, payload: &[u8]) -> Self {
        let mut bytes = [0; MAX_PAYLOAD];
        bytes[..payload.len()].copy_from_slice(payload);
        Self { coin, form, len: payload.len() as u8, payload: bytes }
    }

    /// The chain.
    pub fn chain(&self) -> Chain {
        COINS[usize::from(self.coin)]
    }

    /// The bytes between version and checksum.
    pub fn payload(&self) -> &[u8] {
        &self.payload[..usize::from(self.len)]
    }

    pub(super) fn coin_byte(&self) -> u8 {
        self.coin
    }

    pub(super) fn form(&self) -> u8 {
        self.form
    }

    /// Writes the canonical text.
    pub(super) fn write(&self, text: &mut Text) {
        let (payload, form) = (self.payload(), self.form);
        match self.chain() {
            Chain::Litecoin if form >= FORM_WITNESS_0 => {
                bech::write_witness(text, bech::LITECOIN, form - FORM_WITNESS_0, payload);
            }
            Chain::BitcoinCash => {
                let size = if payload.len() == 32 { CASH_32_BYTES } else { 0 };
                bech::write_cashaddr(text, form << 3 | size, payload);
            }
            Chain::Zcash if form == FORM_SAPLING => bech::write_plain(text, bech::SAPLING, payload),
            Chain::Zcash => {
                let version = [0x1c, if form == FORM_P2PKH { 0xb8 } else { 0xbd }];
                check58::write(text, &BITCOIN, &version, payload);
            }
            Chain::Monero => monero::write(text, form, payload),
            Chain::Ripple => check58::write(text, &RIPPLE, &[0], payload),
            Chain::Solana => base58::encode(&BITCOIN, payload, text),
            Chain::BnbBeacon => bech::write_plain(text, bech::BNB, payload),
            chain => {
                let row = VERSIONS.iter().find(|row| row.1 == chain && row.2 == form);
                let version = row.expect("every form of the remaining coins has a version").0;
                check58::write(text, &BITCOIN, &[version], payload);
            }
        }
    }

    /// The 20-byte hash and whether it is a script's, for forms that Bitcoin's own legacy text can stand for or could
    /// before a fork: everything on Bitcoin's forks, and Litecoin's P2SH, which was written with a 3 as well.
    fn legacy(&self) -> Option<(ScriptType, [u8; 20])> {
        let script_type = match (self.chain(), self.form) {
            (Chain::BitcoinCash | Chain::BitcoinGold, FORM_P2PKH) => ScriptType::P2pkh,
            (Chain::BitcoinCash | Chain::BitcoinGold | Chain::Litecoin, FORM_P2SH) => ScriptType::P2sh,
            _ => return None,
        };
        Some((script_type, self.payload().try_into().ok()?))
    }
}

impl fmt::Display for ForeignAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Address::Foreign(*self).fmt(f)
    }
}

/// Where Solana's programs send what is to be destroyed: the one address in use with letters of one case.
const INCINERATOR: &str = "1nc1nerator11111111111111111111111111111111";
/// One wrong character in a bech32 text adds at most one 1 to that of its separator. Solana's own programs, whose
/// names may hold a single capital, are filled up with more.
const MAX_ONES: usize = 3;

/// Whether a text of 32 base58 bytes is a damaged address of another form, which must not pass for a Solana address:
/// that has no checksum. Chance makes one so in 10^8.
///
/// A lower-cased address has letters of one case, a bech32 text with one wrong character all but one, and an EVM
/// address with a wrong `0` ends in 40 hexadecimal digits.
fn resembles_damage(text: &str) -> bool {
    let count = |test: fn(&u8) -> bool| text.as_bytes().iter().filter(|byte| test(byte)).count();
    let (lower, upper) = (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase));
    let hexadecimal = |digits: &[u8]| digits.len() == 40 && digits.iter().all(u8::is_ascii_hexdigit);
    match (text.as_bytes(), lower.min(upper)) {
        ([_, b'x' | b'X', digits @ ..], _) if hexadecimal(digits) => true,
        (_, 0) => lower + upper > 0 && text != INCINERATOR,
        (_, 1) => count(|&byte| byte == b'1') <= MAX_ONES,
        _ => false,
    }
}

pub(super) fn version_one(version: u8, payload: &[u8]) -> Option<Address> {
    let row = VERSIONS.iter().find(|row| row.0 == version)?;
    address(row.1, row.2, payload)
}

pub(super) fn zcash_transparent(version: [u8; 2], payload: &[u8]) -> Option<Address> {
    match version {
        [0x1c, 0xb8] => address(Chain::Zcash, FORM_P2PKH, payload),
        [0x1c, 0xbd] => address(Chain::Zcash, FORM_P2SH, payload),
        _ => None,
    }
}

pub(super) fn zcash_sapling(payload: &[u8]) -> Option<Address> {
    address(Chain::Zcash, FORM_SAPLING, payload)
}

pub(super) fn ripple(version: u8, payload: [u8; 20]) -> Option<Address> {
    (version == 0).then(|| address(Chain::Ripple, FORM_P2PKH, &payload)).flatten()
}

/// A Solana address from its text and the 32 bytes it stands for.
pub(super) fn solana(text: &str, bytes: &[u8; 32]) -> Option<Address> {
    let coin = COINS.iter().position(|&own| own == Chain::Solana)?;
    (!resembles_damage(text)).then(|| Address::Foreign(ForeignAddress::new(coin as u8, FORM_P2PKH, bytes)))
}

pub(super) fn bnb(payload: &[u8]) -> Option<Address> {
    address(Chain::BnbBeacon, FORM_P2PKH, payload)
}

pub(super) fn monero(network: u8, keys: &[u8]) -> Option<Address> {
    address(Chain::Monero, network, keys)
}

pub(super) fn litecoin_witness(version: u8, program: &[u8]) -> Option<Address> {
    (version <= 1).then(|| address(Chain::Litecoin, FORM_WITNESS_0 + version, program)).flatten()
}

/// Version bits 3 to 6 are the kind (0 P2PKH, 1 P2SH; 2 and 3 the same for a wallet that takes tokens, CHIP-2022-02),
/// bits 0 to 2 the size.
pub(super) fn bitcoin_cash(version: u8, hash: &[u8]) -> Option<Address> {
    let size = match version & 7 {
        0 => 20,
        CASH_32_BYTES => 32,
        _ => return None,
    };
    let form = match version >> 3 {
        0 | 2 => FORM_P2PKH,
        1 | 3 => FORM_P2SH,
        _ => return None,
    };
    (hash.len() == size).then(|| address(Chain::BitcoinCash, form, hash)).flatten()
}

/// Every address that the same key hash or script hash has in a text that another of them can stand for, see
/// [`ForeignAddress::legacy`]; the given one among them. Empty for all other addresses.
pub(super) fn readings(of: &Address) -> impl Iterator<Item = Address> + use<> {
    let hash = match of {
        Address::Bitcoin(BitcoinAddress { kind: AddressNetwork::Main, script }) => {
            let old = matches!(script.script_type(), ScriptType::P2pkh | ScriptType::P2sh);
            old.then(|| script.payload().try_into().ok().map(|hash| (script.script_type(), hash))).flatten()
        }
        Address::Foreign(address) => address.legacy(),
        _ => None,
    };
    hash.into_iter().flat_map(|(script_type, hash): (ScriptType, [u8; 20])| {
        let script = ScriptKey::new(script_type, &hash);
        let bitcoin =
            script.map(|script| Address::Bitcoin(BitcoinAddress { kind: AddressNetwork::Main, script }));
        let is_script = script_type == ScriptType::P2sh;
        let form = if is_script { FORM_P2SH } else { FORM_P2PKH };
        let litecoin = is_script.then(|| address(Chain::Litecoin, form, &hash)).flatten();
        let forks = [Chain::BitcoinCash, Chain::BitcoinGold].map(|chain| address(chain, form, &hash));
        [bitcoin, forks[0], forks[1], litecoin].into_iter().flatten()
    })
}

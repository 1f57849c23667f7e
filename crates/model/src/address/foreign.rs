//! Addresses that are parsed and compared, and no more: coins of the OFAC list beyond Bitcoin, EVM and Tron.

use std::fmt;

use super::{Address, AddressError, AddressNetwork, BitcoinAddress, base58, bech, error::shorten, monero};
use crate::{Chain, ScriptKey, ScriptType};

/// Longest payload: two Monero keys and a payment id.
const MAX_PAYLOAD: usize = 72;

/// An address of a coin we do not follow: coin, form and payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ForeignAddress {
    coin: u8,
    form: u8,
    len: u8,
    payload: [u8; MAX_PAYLOAD],
}

/// Place in this list is the coin's byte in keys: never reorder, only append.
const COINS: [Chain; 9] = [
    Chain::Litecoin,
    Chain::BitcoinCash,
    Chain::BitcoinGold,
    Chain::Dash,
    Chain::Zcash,
    Chain::Monero,
    Chain::Ripple,
    Chain::Solana,
    Chain::Verge,
];
/// Appended after the base58 coins.
const BNB: u8 = COINS.len() as u8;

const FORM_P2PKH: u8 = 0;
const FORM_P2SH: u8 = 1;
const FORM_WITNESS_0: u8 = 2;
const FORM_WITNESS_1: u8 = 3;
const FORM_SAPLING: u8 = 4;

/// One version byte: version, coin, form.
///
/// Verge shares its version byte with Dogecoin; the OFAC list names Verge, so that is the reading.
const VERSIONS: [(u8, Chain, u8); 8] = [
    (0x30, Chain::Litecoin, FORM_P2PKH),
    (0x32, Chain::Litecoin, FORM_P2SH),
    (0x26, Chain::BitcoinGold, FORM_P2PKH),
    (0x17, Chain::BitcoinGold, FORM_P2SH),
    (0x4c, Chain::Dash, FORM_P2PKH),
    (0x10, Chain::Dash, FORM_P2SH),
    (0x1e, Chain::Verge, FORM_P2PKH),
    (0x21, Chain::Verge, FORM_P2SH),
];

fn coin_byte(chain: Chain) -> u8 {
    COINS.iter().position(|&own| own == chain).map_or(BNB, |at| at as u8)
}

fn address(chain: Chain, form: u8, payload: &[u8]) -> Option<Address> {
    ForeignAddress::from_parts(coin_byte(chain), form, payload).map(Address::Foreign)
}

impl ForeignAddress {
    /// An address from coin byte, form and payload; `None` when they do not go together.
    pub(super) fn from_parts(coin: u8, form: u8, payload: &[u8]) -> Option<Self> {
        let chain = COINS.get(usize::from(coin)).copied().or((coin == BNB).then_some(Chain::BnbBeacon))?;
        let fits = match (chain, form) {
            (Chain::Litecoin, FORM_WITNESS_0) => matches!(payload.len(), 20 | 32),
            (Chain::Litecoin, FORM_WITNESS_1) | (Chain::Solana, FORM_P2PKH) => payload.len() == 32,
            (Chain::Zcash, FORM_SAPLING) => payload.len() == 43,
            (Chain::Monero, 18 | 42) => payload.len() == 64,
            (Chain::Monero, 19) => payload.len() == 72,
            (Chain::Ripple | Chain::BnbBeacon, FORM_P2PKH) => payload.len() == 20,
            (Chain::Monero | Chain::Solana | Chain::Ripple | Chain::BnbBeacon, _) => false,
            (_, FORM_P2PKH | FORM_P2SH) => payload.len() == 20,
            _ => false,
        };
        if !fits {
            return None;
        }
        let mut bytes = [0; MAX_PAYLOAD];
        bytes[..payload.len()].copy_from_slice(payload);
        Some(Self { coin, form, len: payload.len() as u8, payload: bytes })
    }

    /// The chain.
    pub fn chain(&self) -> Chain {
        COINS.get(usize::from(self.coin)).copied().unwrap_or(Chain::BnbBeacon)
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
}

impl fmt::Display for ForeignAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = self.payload();
        let plain = |f: &mut fmt::Formatter<'_>, hrp| {
            let hrp = bech32::Hrp::parse_unchecked(hrp);
            bech32::encode_lower_to_fmt::<bech32::Bech32, _>(f, hrp, payload).map_err(|_| fmt::Error)
        };
        match (self.chain(), self.form) {
            (Chain::Litecoin, FORM_WITNESS_0 | FORM_WITNESS_1) => {
                bech::display_hrp(f, bech32::Hrp::parse_unchecked("ltc"), self.form - FORM_WITNESS_0, payload)
            }
            (Chain::BitcoinCash, form) => bech::display_cashaddr(f, form << 3, payload),
            (Chain::Zcash, FORM_SAPLING) => plain(f, "zs"),
            (Chain::Zcash, form) => {
                base58::display(f, &[0x1c, if form == FORM_P2PKH { 0xb8 } else { 0xbd }], payload)
            }
            (Chain::Monero, network) => monero::display(f, network, payload),
            (Chain::Ripple, _) => f.write_str(&base58::encode(bs58::Alphabet::RIPPLE, &[0], payload)),
            (Chain::Solana, _) => f.write_str(&bs58::encode(payload).into_string()),
            (Chain::BnbBeacon, _) => plain(f, "bnb"),
            (chain, form) => {
                let row = VERSIONS.iter().find(|row| row.1 == chain && row.2 == form).ok_or(fmt::Error)?;
                base58::display(f, &[row.0], payload)
            }
        }
    }
}

pub(super) fn version_one(version: u8, payload: &[u8]) -> Option<Address> {
    let row = VERSIONS.iter().find(|row| row.0 == version)?;
    address(row.1, row.2, payload)
}

pub(super) fn zcash_transparent(text: &str, body: &[u8]) -> Result<Address, AddressError> {
    let form = match body[..2] {
        [0x1c, 0xb8] => Some(FORM_P2PKH),
        [0x1c, 0xbd] => Some(FORM_P2SH),
        _ => None,
    };
    form.and_then(|form| address(Chain::Zcash, form, &body[2..]))
        .ok_or_else(|| AddressError::Unsupported { text: shorten(text), form: "a base58 address" })
}

pub(super) fn zcash_sapling(payload: &[u8]) -> Option<Address> {
    address(Chain::Zcash, FORM_SAPLING, payload)
}

pub(super) fn ripple(text: &str, body: &[u8]) -> Result<Address, AddressError> {
    let account = (body[0] == 0).then(|| address(Chain::Ripple, FORM_P2PKH, &body[1..])).flatten();
    account.ok_or_else(|| AddressError::Unsupported { text: shorten(text), form: "an XRP address" })
}

pub(super) fn solana(bytes: &[u8]) -> Address {
    address(Chain::Solana, FORM_P2PKH, bytes).expect("32 bytes")
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

/// Version byte 0 is P2PKH and 8 is P2SH, both of 20 bytes.
pub(super) fn bitcoin_cash(version: u8, hash: &[u8]) -> Option<Address> {
    matches!(version, 0 | 8).then(|| address(Chain::BitcoinCash, version >> 3, hash)).flatten()
}

/// The Bitcoin Cash address of a legacy script.
pub(super) fn bitcoin_cash_of(script: &ScriptKey) -> Option<Address> {
    let form = match script.script_type() {
        ScriptType::P2pkh => FORM_P2PKH,
        ScriptType::P2sh => FORM_P2SH,
        _ => return None,
    };
    address(Chain::BitcoinCash, form, script.payload())
}

/// The legacy form of a Bitcoin Cash address.
pub(super) fn legacy_of(address: &ForeignAddress) -> Option<Address> {
    if address.chain() != Chain::BitcoinCash {
        return None;
    }
    let script_type = if address.form == FORM_P2PKH { ScriptType::P2pkh } else { ScriptType::P2sh };
    let script = ScriptKey::new(script_type, address.payload())?;
    Some(Address::Bitcoin(BitcoinAddress { kind: AddressNetwork::Main, script }))
}

//! Whom a memo names.

use bech32::{
    Bech32, Bech32m, Checksum,
    primitives::decode::{CheckedHrpstring, UncheckedHrpstring},
};
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::{Address, Chain};

use super::MemoAsset;

/// Longest name of THORChain's register, in letters.
const MOST_NAME: usize = 30;

/// Letters of what looks like an address: longer than a name, and not longer than an address in bech32.
const DAMAGED: std::ops::RangeInclusive<usize> = MOST_NAME + 1..=90;

/// Longest address in bytes.
const MOST_ADDRESS: usize = 128;

/// Beginnings of addresses in bech32 of chains that the networks know and [`Address`] does not, main and test networks.
const BEGINNINGS: &[&str] = &[
    "thor",
    "tthor",
    "sthor",
    "maya",
    "tmaya",
    "smaya",
    "cosmos",
    "kujira",
    "tbnb",
    "bnb",
    "noble",
    "osmo",
    "tltc",
    "rltc",
    "account_rdx",
    "account_tdx_2_",
];

/// Who is to be paid, or to pay back to.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// An address, as it stands there.
    Address(String),
    /// A name of the network's register, which says what its owner says at that time.
    Name(String),
    /// What looks like an address and is none: a wrong checksum. The network pays such a deposit back.
    Damaged(String),
}

impl Party {
    /// An address, or what may be a name.
    pub(super) fn read(text: &str) -> Option<Self> {
        if is_address(text) {
            return Some(Self::Address(text.to_owned()));
        }
        // A name may say for which chain: `name.BTC`.
        let name = text.split_once('.').map_or(text, |(name, _)| name);
        let is_name = (1..=MOST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+_-".contains(&byte))
            && text.len() <= MOST_NAME + 12;
        let is_damaged =
            DAMAGED.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match (is_name, is_damaged) {
            (true, _) => Some(Self::Name(text.to_owned())),
            (false, true) => Some(Self::Damaged(text.to_owned())),
            (false, false) => None,
        }
    }

    /// An address, and nothing else.
    pub(super) fn address(text: &str) -> Option<Self> {
        is_address(text).then(|| Self::Address(text.to_owned()))
    }

    /// As it stands in the memo.
    pub fn text(&self) -> &str {
        let (Self::Address(text) | Self::Name(text) | Self::Damaged(text)) = self;
        text
    }

    /// The address on the chain where an asset is paid, where it is one of it.
    pub fn on_chain_of(&self, asset: &MemoAsset) -> Option<(Chain, Address)> {
        let Self::Address(text) = self else { return None };
        let chain = asset.paid_on()?;
        let lower = text.to_ascii_lowercase();
        // The network reads hexadecimal in any case, and checks none.
        let text = if lower.starts_with("0x") { &lower } else { text };
        Address::parse_for(chain, text).ok().map(|address| (chain, address))
    }
}

/// Who takes a part of a swap for having brought it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Affiliate {
    /// Who.
    pub who: Party,
    /// Which part, in ten-thousandths.
    pub bps: u64,
}

/// Whether this is an address of any chain that the networks know.
fn is_address(text: &str) -> bool {
    if text.len() > MOST_ADDRESS || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    Address::parse(text).is_ok() || is_bech32::<Bech32>(text) || is_bech32::<Bech32m>(text)
}

fn is_bech32<C: Checksum>(text: &str) -> bool {
    let Ok(unchecked) = UncheckedHrpstring::new(text) else { return false };
    let beginning = unchecked.hrp().to_lowercase();
    BEGINNINGS.contains(&beginning.as_str()) && CheckedHrpstring::new::<C>(text).is_ok()
}

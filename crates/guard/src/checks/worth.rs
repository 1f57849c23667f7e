//! What nobody need know a price for to tell: less of the same, fewer dollars, far less than it can be worth.

use alloy_primitives::{Address, U256};

use super::price;
use crate::{case::Case, known};

/// How what comes out is less than what is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Less {
    /// Less of the same.
    Same,
    /// Dollars for clearly fewer of them.
    Dollars,
    /// Clearly less of one kind: staked ether for ether.
    Kin,
    /// Whatever the price, of some other kind.
    Far,
}

impl Less {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "less of the same",
            Self::Dollars => "clearly fewer dollars",
            Self::Kin => "clearly less of what is worth about the same",
            Self::Far => "far less than it can be worth",
        }
    }
}

/// Tickers of tokens that are worth a dollar each, as far as their makers keep their word.
const DOLLARS: &[&str] = &[
    "USDC", "USDC.e", "USDbC", "USDT", "USDT0", "USDT.e", "DAI", "DAI.e", "xDAI", "USDS", "PYUSD", "GUSD",
    "TUSD", "LUSD", "FRAX", "crvUSD", "GHO", "USDe", "FDUSD", "RLUSD",
];

/// What things are made of: of one kind nobody need know a price to compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dollar,
    Ether,
    Bitcoin,
}

/// Between what dollars a whole one of a kind is traded for, as widely as hardly anybody doubts: of the daily closes from January
/// 2021 to September 2025 half of the lowest and twice the highest (ether 730.37 on 2021-01-01 and 4,829.23 on 2025-08-22, bitcoin
/// 19,968.46 on 2022-06-22 and 123,560.99 on 2025-08-13; `coingecko` and Yahoo, not every day is there), rounded outwards, and a
/// quarter more for staked ether that has grown. No price: it tells a mistake or a theft by an order of magnitude, and makes an
/// exchange a thing to look at, never a thing to block.
#[derive(Debug, PartialEq, Eq)]
struct Band {
    kind: Kind,
    symbols: &'static [&'static str],
    least: u64,
    most: u64,
    /// Hundredths of its kind that a whole one is at most; at least it is a whole one.
    grown: u64,
}

/// Dollars that an ether is at least.
pub(super) const LEAST_OF_ETHER: u64 = 350;

const BANDS: &[Band] = &[
    Band { kind: Kind::Dollar, symbols: DOLLARS, least: 1, most: 1, grown: 100 },
    Band {
        kind: Kind::Ether,
        symbols: &["ETH", "WETH", "stETH", "eETH"],
        least: LEAST_OF_ETHER,
        most: 12_500,
        grown: 100,
    },
    // What is earned is added to what one is worth. Source: Lido, `WstETH.sol`: one for one at its start in 2021.
    Band {
        kind: Kind::Ether,
        symbols: &["wstETH", "rETH", "cbETH", "weETH"],
        least: LEAST_OF_ETHER,
        most: 12_500,
        grown: 125,
    },
    Band {
        kind: Kind::Bitcoin,
        symbols: &["WBTC", "tBTC", "cbBTC", "BTCB"],
        least: 7_500,
        most: 250_000,
        grown: 100,
    },
];

/// Between how many ether a bitcoin is traded for: of the days of the bands on which both closes are there the lowest and the
/// highest (11.38 on 2021-12-08, 55.44 on 2025-04-21), a quarter off and on, rounded outwards.
const ETHER_OF_A_BITCOIN: (u64, u64) = (8, 70);

/// Of when the bands are, for the sentence.
pub(super) const BANDS_OF: &str = "2021 to September 2025";

/// Whether a token is worth a dollar, as far as its makers keep their word.
pub(super) fn is_dollar(case: &Case<'_>, token: &Address) -> bool {
    band(case, token).is_some_and(|band| band.kind == Kind::Dollar)
}

/// Whether so many of the smallest parts of a dollar may be what a whole one of a token costs: dollars between nine tenths and eleven
/// tenths of one, the others within their band. Of what has no band nobody knows.
pub(super) fn may_cost(case: &Case<'_>, token: &Address, price: U256) -> bool {
    let Some(band) = band(case, token) else { return true };
    let tenths = |number: u64| U256::from(number).saturating_mul(U256::from(10).pow(U256::from(17)));
    let (least, most) = if band.kind == Kind::Dollar {
        (tenths(9), tenths(11))
    } else {
        (tenths(band.least * 10), tenths(band.most * band.grown / 10))
    };
    (least..=most).contains(&price)
}

/// Every ticker that is taken for a price here.
pub(super) fn tickers() -> impl Iterator<Item = &'static str> {
    BANDS.iter().flat_map(|band| band.symbols).copied()
}

/// The band of a token, or of the coin (zero), by its address: what somebody calls a token says nothing of what it is worth.
fn band(case: &Case<'_>, token: &Address) -> Option<&'static Band> {
    if token.is_zero() {
        return named(known::coin(case.chain_id));
    }
    named(known::shipped(token, case.chain_id)?.ticker)
}

fn named(symbol: &str) -> Option<&'static Band> {
    BANDS.iter().find(|band| band.symbols.contains(&symbol))
}

/// The band that a token is held to, with an amount of it in units of 10^-36. What only calls itself so is held to it too: it can
/// make an exchange a thing to look at, and nothing else.
fn held(case: &Case<'_>, token: &Address, amount: U256) -> Option<(&'static Band, U256)> {
    let (band, decimals) = if token.is_zero() {
        (band(case, token)?, 18)
    } else {
        let known = case.token(token)?;
        (named(&known.symbol)?, known.decimals)
    };
    let missing = 36_u64.checked_sub(u64::from(decimals))?;
    Some((band, amount.saturating_mul(U256::from(10).pow(U256::from(missing)))))
}

/// Of which of two tokens the price is taken from a band that is wide, for want of one that is told. Of one kind and of dollars none is.
pub(super) fn wide(case: &Case<'_>, gives: Address, gets: Address) -> Option<Address> {
    let (one, other) = (band(case, &gives)?, band(case, &gets)?);
    let untold = |(token, band): (Address, &Band)| {
        (band.kind != Kind::Dollar && price::worth(case, token, U256::ZERO).is_none()).then_some(token)
    };
    (one.kind != other.kind).then(|| [(gives, one), (gets, other)].into_iter().find_map(untold)).flatten()
}

/// Of which of two tokens of one kind no price is told.
pub(super) fn untold_kin(case: &Case<'_>, gives: Address, gets: Address) -> Option<Address> {
    let (one, other) = (band(case, &gives)?, band(case, &gets)?);
    let is_untold = |token: &Address| !matches!(price::told(case, *token), price::Told::Price(_));
    let is_kin = gives != gets && one.kind == other.kind;
    is_kin.then(|| [gives, gets].into_iter().find(is_untold)).flatten()
}

/// As [`unseen`], of one kind: at the dearest price that is told of one of them, or that it can have.
fn unseen_kin(case: &Case<'_>, gives: (Address, U256), gets: (Address, U256)) -> Option<U256> {
    let ((band, given), (_, got)) = (held(case, &gives.0, gives.1)?, held(case, &gets.0, gets.1)?);
    let grown = given.saturating_mul(U256::from(band.grown)) / U256::from(100);
    let whole = |token: Address| {
        let decimals = if token.is_zero() { 18 } else { case.token(&token)?.decimals };
        price::worth(case, token, U256::from(10).checked_pow(U256::from(decimals))?)
    };
    let ten = |zeros: u64| U256::from(10).pow(U256::from(zeros));
    let told = [gives.0, gets.0].into_iter().filter_map(whole).max();
    let price = told.unwrap_or_else(|| U256::from(band.most).saturating_mul(ten(18)));
    // `held` counts in 10^-36.
    Some((grown.saturating_sub(got) / ten(18)).saturating_mul(price) / ten(18))
}

/// The most that an exchange may lose without anybody seeing it, in the smallest parts of a dollar: what is given at its dearest, less
/// what comes at its cheapest, for want of a price of one of two things; by the prices told, where each has one.
pub(super) fn unseen(case: &Case<'_>, gives: (Address, U256), gets: (Address, U256)) -> Option<U256> {
    if untold_kin(case, gives.0, gets.0).is_some() {
        return unseen_kin(case, gives, gets);
    }
    if wide(case, gives.0, gets.0).is_none() {
        return price::lost(case, &[gives], &[gets]).filter(|_| gives.0 != gets.0);
    }
    let at = |(token, amount): (Address, U256), is_dearest: bool| {
        price::worth(case, token, amount).or_else(|| {
            let (band, held) = held(case, &token, amount)?;
            let dollars = U256::from(if is_dearest { band.most } else { band.least });
            // `held` counts in 10^-36.
            Some(held.saturating_mul(dollars) / U256::from(10).pow(U256::from(18)))
        })
    };
    Some(at(gives, true)?.saturating_sub(at(gets, false)?))
}

/// What so much of a token, or of the coin (zero), is worth at most, in the smallest parts of a dollar: by the price that is told, else
/// at the dearest that it can have.
pub(crate) fn dearest(case: &Case<'_>, token: Address, amount: U256) -> Option<U256> {
    price::worth(case, token, amount).or_else(|| {
        band(case, &token)?;
        let (band, held) = held(case, &token, amount)?;
        // `held` counts in 10^-36.
        let most = U256::from(band.most).saturating_mul(U256::from(band.grown)) / U256::from(100);
        Some(held.saturating_mul(most) / U256::from(10).pow(U256::from(18)))
    })
}

/// Which of two tokens has no price here, where it takes one to tell what one is in the other. Coin and wrapped coin are one
/// (`or_coin`).
pub(super) fn unpriced(case: &Case<'_>, gives: Address, gets: Address) -> Option<Address> {
    let is_unpriced =
        |token: &Address| band(case, token).is_none() && price::worth(case, *token, U256::ZERO).is_none();
    (gives != gets).then(|| [gives, gets].into_iter().find(is_unpriced)).flatten()
}

/// Whether what is got, a token and an amount, is clearly less than what is given. Coin and wrapped coin are one (`or_coin`).
pub(super) fn is_less(case: &Case<'_>, gives: (Address, U256), gets: (Address, U256)) -> Option<Less> {
    if gives.0 == gets.0 {
        return (gets.1 < gives.1).then_some(Less::Same);
    }
    let ((gives, given), (gets, got)) = (held(case, &gives.0, gives.1)?, held(case, &gets.0, gets.1)?);
    let times = |amount: U256, factor: u64| amount.saturating_mul(U256::from(factor));
    // As little as what is given can be, and as much as what is got, in hundredths of a whole one of its kind.
    let (given, got_of_kind) = (times(given, 100), times(got, gets.grown));
    if gives.kind == gets.kind {
        let less = if gives.kind == Kind::Dollar { Less::Dollars } else { Less::Kin };
        return (times(got_of_kind, 10) < times(given, 9)).then_some(less);
    }
    // Whatever the day's price, the dearest that comes out is worth less than the cheapest that is given.
    let (fewest, most) = ETHER_OF_A_BITCOIN;
    let is_less = match (gives.kind, gets.kind) {
        (Kind::Bitcoin, Kind::Ether) => got_of_kind < times(given, fewest),
        (Kind::Ether, Kind::Bitcoin) => times(got_of_kind, most) < given,
        _ => times(got, gets.most) < times(given, gives.least) / U256::from(100),
    };
    is_less.then_some(Less::Far)
}

/// As [`is_less`], of everything that went and everything that came, where all of it has a band.
pub(super) fn are_less(case: &Case<'_>, gives: &[(Address, U256)], gets: &[(Address, U256)]) -> Option<Less> {
    if let ([gives], [gets]) = (gives, gets) {
        return is_less(case, *gives, *gets);
    }
    let mut least = U256::ZERO;
    for (token, amount) in gives {
        let (band, amount) = held(case, token, *amount)?;
        least = least.saturating_add(amount.saturating_mul(U256::from(band.least)));
    }
    let mut most = U256::ZERO;
    for (token, amount) in gets {
        let (band, amount) = held(case, token, *amount)?;
        most = most.saturating_add(amount.saturating_mul(U256::from(band.most)));
    }
    (most.saturating_mul(U256::from(10)) < least.saturating_mul(U256::from(9))).then_some(Less::Far)
}

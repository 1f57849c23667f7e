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
    /// Whatever the price, of some other kind.
    Far,
}

impl Less {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "less of the same",
            Self::Dollars => "clearly fewer dollars",
            Self::Far => "far less than it can be worth",
        }
    }
}

/// Tickers of tokens that are worth a dollar each, as far as their makers keep their word. What only calls itself so is held to it
/// too: it can make an exchange a thing to look at, and nothing else.
const DOLLARS: &[&str] = &[
    "USDC", "USDC.e", "USDbC", "USDT", "USDT0", "USDT.e", "DAI", "DAI.e", "xDAI", "USDS", "PYUSD", "GUSD",
    "TUSD", "LUSD", "FRAX", "crvUSD", "GHO", "USDe", "FDUSD", "RLUSD",
];

/// Between what dollars a whole one of a kind is traded for, as widely as hardly anybody doubts: of the daily closes from January
/// 2021 to September 2025 half of the lowest and twice the highest (ether 730.37 on 2021-01-01 and 4,829.23 on 2025-08-22, bitcoin
/// 19,968.46 on 2022-06-22 and 123,560.99 on 2025-08-13; `coingecko` and Yahoo, not every day is there), rounded outwards, and a
/// quarter more for staked ether that has grown. No price: it tells a mistake or a theft by an order of magnitude, and makes an
/// exchange a thing to look at, never a thing to block.
#[derive(Debug, PartialEq, Eq)]
struct Band {
    symbols: &'static [&'static str],
    least: u64,
    most: u64,
}

const BANDS: &[Band] = &[
    Band { symbols: DOLLARS, least: 1, most: 1 },
    Band {
        symbols: &["ETH", "WETH", "stETH", "wstETH", "rETH", "cbETH", "weETH", "eETH"],
        least: 350,
        most: 12_500,
    },
    Band { symbols: &["WBTC", "tBTC", "cbBTC", "BTCB"], least: 7_500, most: 250_000 },
];

/// Of when the bands are, for the sentence.
pub(super) const BANDS_OF: &str = "2021 to September 2025";

/// Whether a token is worth a dollar, as far as its makers keep their word.
pub(super) fn is_dollar(case: &Case<'_>, token: &Address) -> bool {
    band(case, token, U256::ZERO).is_some_and(|(band, _)| band.least == band.most)
}

/// Every ticker that is taken for a price here.
pub(super) fn tickers() -> impl Iterator<Item = &'static str> {
    BANDS.iter().flat_map(|band| band.symbols).copied()
}

/// The band of a token, or of the coin (zero), with an amount of it in units of 10^-36.
fn band(case: &Case<'_>, token: &Address, amount: U256) -> Option<(&'static Band, U256)> {
    let (symbol, decimals) = if token.is_zero() {
        (known::coin(case.chain_id).to_owned(), 18)
    } else {
        let known = case.token(token)?;
        (known.symbol, known.decimals)
    };
    let band = BANDS.iter().find(|band| band.symbols.contains(&&symbol[..]))?;
    let missing = 36_u64.checked_sub(u64::from(decimals))?;
    Some((band, amount.saturating_mul(U256::from(10).pow(U256::from(missing)))))
}

/// Of which of two tokens the price is taken from a band that is wide, for want of one that is told. Of one kind and of dollars none is.
pub(super) fn wide(case: &Case<'_>, gives: Address, gets: Address) -> Option<Address> {
    let ((one, _), (other, _)) = (band(case, &gives, U256::ZERO)?, band(case, &gets, U256::ZERO)?);
    let untold = |(token, band): (Address, &Band)| {
        (band.least != band.most && price::worth(case, token, U256::ZERO).is_none()).then_some(token)
    };
    (one != other).then(|| [(gives, one), (gets, other)].into_iter().find_map(untold)).flatten()
}

/// Which of two tokens has no price here, where it takes one to tell what one is in the other. Coin and wrapped coin are one
/// (`or_coin`).
pub(super) fn unpriced(case: &Case<'_>, gives: Address, gets: Address) -> Option<Address> {
    let is_unpriced = |token: &Address| {
        band(case, token, U256::ZERO).is_none() && price::worth(case, *token, U256::ZERO).is_none()
    };
    (gives != gets).then(|| [gives, gets].into_iter().find(is_unpriced)).flatten()
}

/// Whether what is got, a token and an amount, is clearly less than what is given. Coin and wrapped coin are one (`or_coin`).
pub(super) fn is_less(case: &Case<'_>, gives: (Address, U256), gets: (Address, U256)) -> Option<Less> {
    if gives.0 == gets.0 {
        return (gets.1 < gives.1).then_some(Less::Same);
    }
    let ((gives, given), (gets, got)) = (band(case, &gives.0, gives.1)?, band(case, &gets.0, gets.1)?);
    let times = |amount: U256, factor: u64| amount.saturating_mul(U256::from(factor));
    if gives == gets && gives.least == gives.most {
        return (times(got, 10) < times(given, 9)).then_some(Less::Dollars);
    }
    // Whatever the day's price, the dearest that comes out is worth less than the cheapest that is given. Of one kind half is
    // clearly less.
    let is_less =
        if gives == gets { times(got, 2) < given } else { times(got, gets.most) < times(given, gives.least) };
    is_less.then_some(Less::Far)
}

/// As [`is_less`], of everything that went and everything that came, where all of it has a band.
pub(super) fn are_less(case: &Case<'_>, gives: &[(Address, U256)], gets: &[(Address, U256)]) -> Option<Less> {
    if let ([gives], [gets]) = (gives, gets) {
        return is_less(case, *gives, *gets);
    }
    let mut least = U256::ZERO;
    for (token, amount) in gives {
        let (band, amount) = band(case, token, *amount)?;
        least = least.saturating_add(amount.saturating_mul(U256::from(band.least)));
    }
    let mut most = U256::ZERO;
    for (token, amount) in gets {
        let (band, amount) = band(case, token, *amount)?;
        most = most.saturating_add(amount.saturating_mul(U256::from(band.most)));
    }
    (most.saturating_mul(U256::from(10)) < least.saturating_mul(U256::from(9))).then_some(Less::Far)
}

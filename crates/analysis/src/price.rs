//! Prices by day, for amounts in USD at the time of the transfer. A day without a price is said, never guessed.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::Amount;

/// USD for one bitcoin by UTC day, in cents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    cents: BTreeMap<Date, u64>,
}

/// Satoshi in a bitcoin.
const ONE: u128 = 100_000_000;
/// Days in a file at most: three hundred years.
const MOST_DAYS: usize = 110_000;

/// A price file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// A line that is no `date,price`.
    #[error("line {line}: `{text}` is no day and price such as 2024-06-01,67540.25")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What stands there, cut to 80 characters.
        text: String,
    },
    /// A day twice, with two prices.
    #[error("line {line}: {day} has a price already")]
    Twice {
        /// Its number, from 1.
        line: usize,
        /// The day.
        day: Date,
    },
    /// More days than there can be.
    #[error("more than {MOST_DAYS} days: this is no list of daily prices")]
    TooLong,
    /// No day at all.
    #[error("no line of it is a day and price")]
    Empty,
}

impl Prices {
    /// Reads `date,price` lines: days as `2024-06-01`, prices in USD with at most two decimals. A first line that begins
    /// with a letter is a heading.
    pub fn from_csv(text: &str) -> Result<Self, PriceError> {
        let mut cents = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim_end_matches('\r').trim();
            let heading = at == 0 && line.starts_with(|first: char| first.is_ascii_alphabetic());
            if line.is_empty() || heading {
                continue;
            }
            let wrong = || PriceError::Line { line: at + 1, text: line.chars().take(80).collect() };
            let (day, price) = line.split_once(',').ok_or_else(wrong)?;
            let day: Date = day.trim().parse().map_err(|_| wrong())?;
            let price = parse_cents(price.trim()).ok_or_else(wrong)?;
            if cents.insert(day, price).is_some() {
                return Err(PriceError::Twice { line: at + 1, day });
            }
            if cents.len() > MOST_DAYS {
                return Err(PriceError::TooLong);
            }
        }
        if cents.is_empty() { Err(PriceError::Empty) } else { Ok(Self { cents }) }
    }

    /// Cents for an amount of satoshi on a day, rounded down; `None` when the day has no price.
    pub fn cents(&self, satoshi: u128, day: Date) -> Option<u128> {
        let price = u128::from(*self.cents.get(&day)?);
        satoshi.checked_mul(price).map(|product| product / ONE)
    }
}

/// `67540.25` in cents; exact, so no float.
fn parse_cents(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 2 {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<2}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(fraction)
}

/// The UTC day of a moment in seconds since 1970-01-01.
pub fn day_of(seconds: u32) -> Date {
    let moment = Timestamp::from_second(i64::from(seconds)).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(TimeZone::UTC).date()
}

/// Worth in USD, and what of the amount could not be valued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Worth {
    /// Cents, over the transfers on days that have a price.
    pub cents: Amount,
    /// Base units moved on days without one.
    pub without_price: Amount,
}

impl Worth {
    /// Adds a transfer.
    pub fn add(&mut self, prices: &Prices, amount: u128, time: u32) {
        match prices.cents(amount, day_of(time)) {
            Some(cents) => self.cents.0 += cents,
            None => self.without_price.0 += amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_list_is_read_exactly() {
        let prices = Prices::from_csv("date,usd\n2024-06-01,67540.25\r\n\n2024-06-02,70000\n").expect("fine");
        let day = |text: &str| text.parse::<Date>().expect("a day");
        assert_eq!(prices.cents(ONE, day("2024-06-01")), Some(6_754_025));
        assert_eq!(prices.cents(1, day("2024-06-02")), Some(0));
        assert_eq!(prices.cents(ONE / 2, day("2024-06-02")), Some(3_500_000));
        assert_eq!(prices.cents(ONE, day("2024-06-03")), None);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let error = |text: &str| Prices::from_csv(text).expect_err("wrong").to_string();
        assert_eq!(error("date,usd\n"), "no line of it is a day and price");
        assert!(error("2024-06-01;5").starts_with("line 1: `2024-06-01;5`"));
        assert!(error("date,usd\n2024-06-01,-5").starts_with("line 2"));
        assert!(error("2024-06-01,1.005").starts_with("line 1"));
        assert_eq!(error("2024-06-01,1\n2024-06-01,2"), "line 2: 2024-06-01 has a price already");
    }

    #[test]
    fn a_day_without_a_price_is_counted_not_guessed() {
        let prices = Prices::from_csv("1970-01-01,2").expect("fine");
        let mut worth = Worth::default();
        worth.add(&prices, ONE, 0);
        worth.add(&prices, 7, 86_400);
        assert_eq!(worth, Worth { cents: Amount(200), without_price: Amount(7) });
    }
}

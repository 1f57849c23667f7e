//! Fiat currencies, and what an amount was worth in one.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Amount, Asset,
    asset::{UnitsError, parse_decimal},
};

/// Decimal places in which worth is counted, whatever the currency: hundredths.
const PLACES: u8 = 2;

/// A currency by its ISO 4217 code: `USD`, unless somebody says another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fiat([u8; 3]);

/// Text that is no code of a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no currency: its code is three letters, such as USD")]
pub struct FiatError(pub String);

impl Fiat {
    /// The dollar of the United States.
    pub const USD: Self = Self(*b"USD");

    /// A decimal number of it, such as `500` or `67540.25`, in hundredths.
    pub fn parse_hundredths(text: &str) -> Result<Amount, UnitsError> {
        parse_decimal(text, PLACES)
    }

    /// A decimal number of it with any number of decimals, in units of 10 to the power of minus [`FINE_PLACES`](Self::FINE_PLACES),
    /// rounded down: the price of a thing that costs next to nothing.
    ///
    /// # Errors
    /// Where it is no such number, or too large.
    pub fn parse_fine(text: &str) -> Result<Amount, UnitsError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let beyond = fraction.get(usize::from(Self::FINE_PLACES)..).unwrap_or_default();
        if beyond.is_empty() || !beyond.bytes().all(|byte| byte.is_ascii_digit()) {
            return parse_decimal(text, Self::FINE_PLACES);
        }
        let kept = whole.len() + 1 + usize::from(Self::FINE_PLACES);
        parse_decimal(&text[..kept], Self::FINE_PLACES)
    }

    /// Decimals that [`parse_fine`](Self::parse_fine) keeps.
    pub const FINE_PLACES: u8 = 20;

    /// This many hundredths of it, for people: `67540.25 USD`.
    pub fn display(self, hundredths: Amount) -> String {
        hundredths.display(PLACES, &self.to_string()).to_string()
    }
}

impl Default for Fiat {
    fn default() -> Self {
        Self::USD
    }
}

impl fmt::Display for Fiat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&letter| fmt::Write::write_char(f, char::from(letter)))
    }
}

impl fmt::Debug for Fiat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fiat {
    type Err = FiatError;

    fn from_str(text: &str) -> Result<Self, FiatError> {
        let code: Option<[u8; 3]> = text.as_bytes().try_into().ok();
        code.filter(|code| code.iter().all(u8::is_ascii_alphabetic))
            .map(|code| Self(code.map(|letter| letter.to_ascii_uppercase())))
            .ok_or_else(|| FiatError(text.chars().take(80).collect()))
    }
}

impl Serialize for Fiat {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fiat {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What an amount was worth at the time of its transfers, and what of it could not be valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Worth {
    /// The currency.
    pub currency: Fiat,
    /// Hundredths of it, over the transfers on days that have a price.
    pub cents: Amount,
    /// Base units moved on days without one.
    pub without_price: Amount,
}

impl Worth {
    /// Nothing, in this currency.
    pub const fn nothing(currency: Fiat) -> Self {
        Self { currency, cents: Amount::ZERO, without_price: Amount::ZERO }
    }

    /// The hundredths; none where nothing is known of them, since no day had a price: that is not nought.
    pub fn known_cents(&self) -> Option<Amount> {
        (!self.cents.is_zero() || self.without_price.is_zero()).then_some(self.cents)
    }

    /// For people, of an amount of this asset: `10500.15 USD at the time`, with what could not be valued.
    pub fn sentence(&self, asset: Asset) -> String {
        let Some(cents) = self.known_cents() else {
            return format!("worth not known: no price in {} for the days on which it moved", self.currency);
        };
        let worth = self.currency.display(cents);
        if self.without_price.is_zero() {
            return format!("{worth} at the time");
        }
        format!("{worth} at the time; {} moved on days without a price", asset.money(self.without_price))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_letters() {
        assert_eq!("usd".parse(), Ok(Fiat::USD));
        assert_eq!(
            "EUR".parse::<Fiat>().map(|fiat| fiat.display(Amount::from(5_u64))),
            Ok("0.05 EUR".to_owned())
        );
        for wrong in ["", "us", "usdt", "U5D", "€€", "\u{e9}a"] {
            assert!(wrong.parse::<Fiat>().is_err(), "{wrong}");
        }
        assert_eq!(Fiat::parse_hundredths("67540.25"), Ok(Amount::from(6_754_025_u64)));
        assert_eq!(Fiat::parse_hundredths("1.005"), Err(UnitsError::TooFine(2)));
        let fine = |text: &str| Fiat::parse_fine(text).map(|price| price.to_string());
        assert_eq!(fine("0.00001234"), Ok("1234000000000000".to_owned()));
        assert_eq!(fine("2.000000000000000000019999"), Ok("200000000000000000001".to_owned()));
        for wrong in ["", ".", "1,5", "-1", "1e-9", "0.000000000000000000001x", "1.2.3"] {
            assert!(Fiat::parse_fine(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_has_no_price_is_not_worth_nothing() {
        let bitcoin = Asset::bitcoin(crate::BitcoinNetwork::Mainnet);
        let worth = |cents: u64, without_price: u64| Worth {
            currency: Fiat::USD,
            cents: cents.into(),
            without_price: without_price.into(),
        };
        let unknown = worth(0, 5);
        assert_eq!(unknown.known_cents(), None);
        assert_eq!(
            unknown.sentence(bitcoin),
            "worth not known: no price in USD for the days on which it moved"
        );
        assert_eq!(worth(0, 0).known_cents(), Some(Amount::ZERO));
        assert_eq!(worth(0, 0).sentence(bitcoin), "0.00 USD at the time", "dust, on a day with a price");
        assert_eq!(
            worth(120, 100_000_000).sentence(bitcoin),
            "1.20 USD at the time; 1.00000000 BTC moved on days without a price"
        );
    }
}

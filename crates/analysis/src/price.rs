//! Prices by day, for what amounts were worth at the time of the transfer. A day without a price is said, never guessed.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tracehound_model::{Amount, Asset, Fiat, Worth};

/// What one unit of an asset cost in a currency, by UTC day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    asset: Asset,
    currency: Fiat,
    /// Base units of the asset in a unit of it, times the prices' units in a hundredth of the currency.
    divisor: Amount,
    /// In units of [`Fiat::parse_fine`].
    by_day: BTreeMap<Date, Amount>,
}

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
    /// Nobody knows how many base units the price is of.
    #[error("the decimal places of {0} are not known, so that no price is of one of it")]
    NoUnit(Box<Asset>),
    /// A heading whose currency is not understood.
    #[error(
        "the heading `{0}` does not say the currency: write `date,usd`, `date,eur` or another three letters of ISO 4217"
    )]
    Heading(String),
    /// A price of nothing: missing ones are often exported so.
    #[error("line {line}: the price of {day} is 0: leave a day out that has no price")]
    Zero {
        /// The line, from 1.
        line: usize,
        /// The day.
        day: Date,
    },
    /// No day at all.
    #[error("no line of it is a day and price")]
    Empty,
}

impl Prices {
    /// Reads `date,price` lines: days as `2024-06-01`, prices of one unit of the asset with any number of decimals. A
    /// first line that begins with a letter is a heading, and its second word says the currency: `date,eur`; `date,price`
    /// and one word alone leave it at USD. A price of 0 is how missing ones are exported, and refused.
    pub fn from_csv(text: &str, asset: Asset) -> Result<Self, PriceError> {
        let one = asset.parse_units("1").map_err(|_| PriceError::NoUnit(asset.into()))?.amount;
        let in_a_cent: Amount = 10_u64.pow(u32::from(Fiat::FINE_PLACES) - 2).into();
        let divisor =
            one.checked_mul_div(in_a_cent, 1_u64.into()).ok_or_else(|| PriceError::NoUnit(asset.into()))?;
        let (mut by_day, mut currency) = (BTreeMap::new(), Fiat::USD);
        for (at, line) in text.lines().enumerate() {
            let line = line.trim_end_matches('\r').trim();
            let line = if at == 0 { line.trim_start_matches('\u{feff}') } else { line };
            let heading = at == 0 && line.starts_with(|first: char| first.is_alphabetic() || first == '"');
            if heading {
                currency = heading_currency(line).ok_or_else(|| PriceError::Heading(shortened(line)))?;
            }
            if line.is_empty() || heading {
                continue;
            }
            let wrong = || PriceError::Line { line: at + 1, text: shortened(line) };
            let (day, price) = line.split_once(',').ok_or_else(wrong)?;
            let day: Date = day.trim().parse().map_err(|_| wrong())?;
            let price = Fiat::parse_fine(price.trim()).map_err(|_| wrong())?;
            if price.is_zero() {
                return Err(PriceError::Zero { line: at + 1, day });
            }
            if by_day.insert(day, price).is_some() {
                return Err(PriceError::Twice { line: at + 1, day });
            }
            if by_day.len() > MOST_DAYS {
                return Err(PriceError::TooLong);
            }
        }
        if by_day.is_empty() { Err(PriceError::Empty) } else { Ok(Self { asset, currency, divisor, by_day }) }
    }

    /// What it prices.
    pub fn asset(&self) -> Asset {
        self.asset
    }

    /// In what.
    pub fn currency(&self) -> Fiat {
        self.currency
    }

    /// Hundredths of the currency for base units of the asset on a day, rounded down; `None` when the day has no price.
    pub fn cents(&self, units: Amount, day: Date) -> Option<Amount> {
        units.checked_mul_div(*self.by_day.get(&day)?, self.divisor)
    }

    /// What transfers were worth, each of base units at a time in seconds since 1970-01-01: rounded down once, and not transfer
    /// by transfer, so that whoever multiplies comes to the same.
    pub fn worth(&self, transfers: impl IntoIterator<Item = (Amount, u32)>) -> Worth {
        let mut worth = Worth::nothing(self.currency);
        let mut scaled = Amount::ZERO;
        for (units, time) in transfers {
            let price = self.by_day.get(&day_of(time));
            let more = price.and_then(|price| units.checked_mul_div(*price, 1_u64.into()));
            match more.and_then(|more| scaled.checked_add(more)) {
                Some(sum) => scaled = sum,
                None => worth.without_price = worth.without_price.saturating_add(units),
            }
        }
        worth.cents = scaled.checked_mul_div(1_u64.into(), self.divisor).unwrap_or(Amount::MAX);
        worth
    }
}

/// The currency that a heading names; US dollars where it has no word for one.
fn heading_currency(line: &str) -> Option<Fiat> {
    let mut words = line.split(',').map(|word| word.trim().trim_matches('"'));
    let (_, second) = (words.next(), words.next());
    if words.next().is_some() || line.contains([';', '\t', '|']) {
        return None;
    }
    match second {
        None => Some(Fiat::USD),
        Some(word) if word.eq_ignore_ascii_case("price") || word.eq_ignore_ascii_case("close") => {
            Some(Fiat::USD)
        }
        Some(word) => word.parse().ok(),
    }
}

fn shortened(line: &str) -> String {
    line.chars().take(80).collect()
}

/// The UTC day of a moment in seconds since 1970-01-01.
pub fn day_of(seconds: u32) -> Date {
    let moment = Timestamp::from_second(i64::from(seconds)).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use tracehound_model::BitcoinNetwork;

    use super::*;

    const BTC: Asset = Asset::bitcoin(BitcoinNetwork::Mainnet);
    const ONE: u64 = 100_000_000;

    fn of_bitcoin(text: &str) -> Result<Prices, PriceError> {
        Prices::from_csv(text, BTC)
    }

    #[test]
    fn a_price_list_is_read_exactly() {
        let prices = of_bitcoin("date,usd\n2024-06-01,67540.25\r\n\n2024-06-02,70000\n").expect("fine");
        let day = |text: &str| text.parse::<Date>().expect("a day");
        let cents = |units: u64, text: &str| prices.cents(units.into(), day(text)).and_then(Amount::to_u64);
        assert_eq!(cents(ONE, "2024-06-01"), Some(6_754_025));
        assert_eq!(cents(1, "2024-06-02"), Some(0));
        assert_eq!(cents(ONE / 2, "2024-06-02"), Some(3_500_000));
        assert_eq!(cents(ONE, "2024-06-03"), None);
    }

    #[test]
    fn a_price_may_have_any_number_of_decimals() {
        let day = "2024-06-01".parse::<Date>().expect("a day");
        let prices = of_bitcoin("2024-06-01,0.000012345678901234567890123").expect("fine");
        // A million of them.
        assert_eq!(prices.cents((1_000_000 * ONE).into(), day), Some(1_234_u64.into()));
        assert_eq!(prices.cents(ONE.into(), day), Some(Amount::ZERO));
    }

    #[test]
    fn the_heading_names_the_currency_and_the_asset_its_unit() {
        let day = "2024-06-01".parse::<Date>().expect("a day");
        let euro = of_bitcoin("date,eur\n2024-06-01,1").expect("fine");
        assert_eq!(euro.currency().to_string(), "EUR");
        assert_eq!(of_bitcoin("day,price\n2024-06-01,1").expect("fine").currency(), Fiat::USD);
        assert_eq!(of_bitcoin("2024-06-01,1").expect("fine").currency(), Fiat::USD);
        let ether: Asset = "eth".parse().expect("an asset");
        let prices = Prices::from_csv("2024-06-01,3000", ether).expect("fine");
        let wei: Amount = "500000000000000000".parse().expect("digits");
        assert_eq!(prices.cents(wei, day), Some(150_000_u64.into()));
        // More than all there is of it: no price, rather than a wrong one.
        assert_eq!(prices.cents(Amount::MAX, day).map(|cents| cents < Amount::MAX), Some(true));
        let token: Asset =
            "eip155:1/erc20:0x0000000000000000000000000000000000000001".parse().expect("an asset");
        assert_eq!(Prices::from_csv("2024-06-01,1", token), Err(PriceError::NoUnit(token.into())));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let error = |text: &str| of_bitcoin(text).expect_err("wrong").to_string();
        assert_eq!(error("date,usd\n"), "no line of it is a day and price");
        assert!(error("2024-06-01;5").starts_with("line 1: `2024-06-01;5`"));
        assert!(error("date,usd\n2024-06-01,-5").starts_with("line 2"));
        assert!(error("2024-06-01,1.0O5").starts_with("line 1"));
        // How spreadsheets export a price that is missing.
        for nothing in ["0", "0.00"] {
            let said = error(&format!("2024-05-31,5\n2024-06-01,{nothing}"));
            assert_eq!(said, "line 2: the price of 2024-06-01 is 0: leave a day out that has no price");
        }
        for heading in [
            "date,price_eur",
            "date,BTC-EUR",
            "date,EUR close",
            "date,€",
            "date;eur",
            "eur,date",
            "date,usd,eur",
        ] {
            let said = error(&format!("{heading}\n2024-06-01,1"));
            assert!(said.contains("does not say the currency"), "{heading}: {said}");
        }
        for heading in ["date,price", "day", "\u{feff}date,usd", "\"date\",\"USD\""] {
            let prices = of_bitcoin(&format!("{heading}\n2024-06-01,1")).expect("fine");
            assert_eq!(prices.currency(), Fiat::USD, "{heading}");
        }
        assert_eq!(error("2024-06-01,1\n2024-06-01,2"), "line 2: 2024-06-01 has a price already");
    }

    #[test]
    fn many_small_transfers_are_worth_what_their_sum_is() {
        let prices = of_bitcoin("1970-01-01,36000").expect("fine");
        // A third of a cent each.
        let worth = prices.worth((0..3_000).map(|_| (Amount::from(10_u64), 0)));
        assert_eq!(worth.cents, prices.cents(30_000_u64.into(), day_of(0)).expect("priced"));
        assert_eq!(worth.cents, 1_080_u64.into());
    }

    #[test]
    fn a_day_without_a_price_is_counted_not_guessed() {
        let prices = of_bitcoin("1970-01-01,2").expect("fine");
        let worth = prices.worth([(ONE.into(), 0), (7_u64.into(), 86_400)]);
        let wanted = Worth { currency: Fiat::USD, cents: 200_u64.into(), without_price: 7_u64.into() };
        assert_eq!(worth, wanted);
    }
}

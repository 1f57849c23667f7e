//! Limits on amounts: in the units of an asset, or in a currency by the prices that were given. Pure.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
    ser::SerializeSeq,
};
use tracehound_model::{Amount, Asset, Chain, Fiat, Gap, GapKind, Money, Worth};

/// How a rule limits amounts: at most one limit for each asset and each currency. Without any, every amount is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AmountLimits(Vec<AmountLimit>);

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountLimit {
    /// A bare number, as versions 1 and 2 have it: satoshi, of the coins of Bitcoin's networks and of nothing else.
    Satoshi(u64),
    /// Of one asset.
    Of(Money),
    /// Of every asset that has no limit of its own, by what it was worth: hundredths of a currency.
    Worth(Fiat, Amount),
}

/// What is known of the amount that a limit is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// What is counted; `None` where a record does not say it.
    pub(crate) asset: Option<Asset>,
    /// Base units; `None` where they are not known, which counts as enough.
    pub(crate) amount: Option<Amount>,
    /// What they were worth, where prices were given.
    pub(crate) worth: Option<Worth>,
}

impl Measured {
    /// Both together. What is known of one of them alone is not known of both.
    pub(crate) fn with(self, other: Self) -> Self {
        let worth = self.worth.zip(other.worth).filter(|(one, other)| one.currency == other.currency);
        Self {
            asset: self.asset.filter(|&asset| other.asset == Some(asset)),
            amount: self.amount.zip(other.amount).map(|(one, other)| one.saturating_add(other)),
            worth: worth.map(|(one, other)| Worth {
                currency: one.currency,
                cents: one.cents.saturating_add(other.cents),
                without_price: one.without_price.saturating_add(other.without_price),
            }),
        }
    }
}

/// What a limit says of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    Yes,
    No,
    /// No limit is of this asset, so that any amount of it is enough.
    NoLimit,
    /// The limit is in a currency, and there is no price to hold it against: any amount is enough.
    NoPrice(Fiat),
}

impl AmountLimits {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The limits.
    pub fn all(&self) -> &[AmountLimit] {
        &self.0
    }

    /// Whether an amount reaches the limit that is for it.
    pub(crate) fn reached(&self, measured: &Measured) -> Reached {
        let Some(amount) = measured.amount else { return Reached::Yes };
        if self.0.is_empty() {
            return Reached::Yes;
        }
        if let Some(least) = measured.asset.and_then(|asset| self.0.iter().find_map(|limit| limit.of(asset)))
        {
            return if amount >= least { Reached::Yes } else { Reached::No };
        }
        let mut without_price = None;
        for limit in &self.0 {
            let &AmountLimit::Worth(currency, least) = limit else { continue };
            match measured.worth.filter(|worth| worth.currency == currency) {
                Some(worth) if worth.cents >= least => return Reached::Yes,
                Some(worth) if worth.without_price.is_zero() => return Reached::No,
                _ => without_price = Some(currency),
            }
        }
        without_price.map_or(Reached::NoLimit, Reached::NoPrice)
    }

    /// Why these cannot stand in a policy of a version.
    pub(super) fn wrong(&self, version: u32) -> Option<String> {
        for (at, limit) in self.0.iter().enumerate() {
            match limit {
                AmountLimit::Satoshi(satoshi) if version > 2 => {
                    return Some(format!(
                        "min_amount = {satoshi} is of no asset: write such as \"0.01 btc\" or \"500 USD\""
                    ));
                }
                AmountLimit::Of(_) | AmountLimit::Worth(..) if version < 3 => {
                    return Some(format!("min_amount = \"{limit}\" takes `version = 3`"));
                }
                _ => {}
            }
            if self.0[..at].iter().any(|other| other.is_for_what(*limit)) {
                return Some(format!(
                    "min_amount has two limits for what \"{limit}\" is for: leave one of the two out"
                ));
            }
        }
        None
    }
}

impl Reached {
    /// What to say where no limit was applied.
    pub(crate) fn gap(self, rule: &str, asset: Option<Asset>) -> Option<Gap> {
        let what = asset.map_or_else(|| "an asset that is not known".to_owned(), |asset| asset.to_string());
        match self {
            Self::Yes | Self::No => None,
            Self::NoLimit => {
                let sentence = format!("no limit of rule {rule} applies to {what}: any amount of it counts");
                Some(
                    Gap::about_subject(GapKind::LimitNotApplied, sentence)
                        .mend("give the rule a min_amount of it"),
                )
            }
            Self::NoPrice(currency) => {
                let sentence = format!(
                    "the limit of rule {rule} in {currency} was not applied to {what}, for days without a price: any amount \
                     counts"
                );
                Some(Gap::about_subject(GapKind::LimitNotApplied, sentence).mend("--prices FILE gives them"))
            }
        }
    }
}

impl AmountLimit {
    /// The least amount of an asset, where the limit is for it.
    fn of(self, asset: Asset) -> Option<Amount> {
        match self {
            Self::Satoshi(satoshi) => {
                let bitcoin = asset.is_native() && matches!(asset.chain(), Chain::Bitcoin(_));
                bitcoin.then(|| satoshi.into())
            }
            Self::Of(money) => (money.asset == asset).then_some(money.amount),
            Self::Worth(..) => None,
        }
    }

    fn is_for_what(self, other: Self) -> bool {
        match (self, other) {
            (Self::Satoshi(_), Self::Satoshi(_)) => true,
            (Self::Of(one), Self::Of(other)) => one.asset == other.asset,
            (Self::Worth(one, _), Self::Worth(other, _)) => one == other,
            _ => false,
        }
    }
}

/// As it is written in a policy, but for the names of assets and the places of numbers.
impl fmt::Display for AmountLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Satoshi(satoshi) => write!(f, "{satoshi}"),
            Self::Of(money) => match money.asset.unit() {
                Some(unit) => write!(f, "{}{}", money.amount.display(unit.decimals, ""), money.asset),
                None => write!(f, "{money}"),
            },
            Self::Worth(currency, hundredths) => f.write_str(&currency.display(*hundredths)),
        }
    }
}

impl FromStr for AmountLimit {
    type Err = String;

    /// `0.01 btc`, `1000 base units of eip155:1/erc20:0x…`, `500 USD`.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong =
            |error: &dyn fmt::Display| format!("`{}`: {error}", text.chars().take(200).collect::<String>());
        let form = "a limit is a number and what it is of, such as \"0.01 btc\" or \"500 USD\"";
        let (number, of) = text.split_once(char::is_whitespace).ok_or_else(|| wrong(&form))?;
        let of = of.trim();
        if let Some(asset) = of.strip_prefix("base units of ") {
            let asset: Asset = asset.trim().parse().map_err(|error| wrong(&error))?;
            let amount: Amount = number.parse().map_err(|error| wrong(&error))?;
            return Ok(Self::Of(asset.money(amount)));
        }
        match (of.parse::<Asset>(), of.parse::<Fiat>()) {
            (Ok(asset), _) => asset.parse_units(number).map(Self::Of).map_err(|error| wrong(&error)),
            (Err(_), Ok(currency)) => Fiat::parse_hundredths(number)
                .map(|least| Self::Worth(currency, least))
                .map_err(|error| wrong(&error)),
            (Err(error), Err(_)) => Err(wrong(&error)),
        }
    }
}

impl Serialize for AmountLimits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [AmountLimit::Satoshi(satoshi)] = self.0[..] {
            return serializer.serialize_u64(satoshi);
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        self.0.iter().try_for_each(|limit| list.serialize_element(&limit.to_string()))?;
        list.end()
    }
}

impl<'de> Deserialize<'de> for AmountLimits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

/// A number, a text, or a list of texts.
struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = AmountLimits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a limit such as \"0.01 btc\" or \"500 USD\", or a list of them")
    }

    fn visit_i64<E: Error>(self, satoshi: i64) -> Result<AmountLimits, E> {
        let satoshi = u64::try_from(satoshi).map_err(|_| E::custom("an amount is never negative"))?;
        self.visit_u64(satoshi)
    }

    fn visit_u64<E: Error>(self, satoshi: u64) -> Result<AmountLimits, E> {
        Ok(AmountLimits(vec![AmountLimit::Satoshi(satoshi)]))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AmountLimits, E> {
        Ok(AmountLimits(vec![text.parse().map_err(E::custom)?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AmountLimits, A::Error> {
        let mut limits = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            limits.push(text.parse().map_err(A::Error::custom)?);
        }
        if limits.is_empty() {
            return Err(A::Error::custom("an empty list limits nothing: leave min_amount out"));
        }
        Ok(AmountLimits(limits))
    }
}

#[cfg(test)]
mod tests {
    use tracehound_model::BitcoinNetwork;

    use super::*;

    const TOKEN: &str = "eip155:1/erc20:0x0000000000000000000000000000000000000001";

    fn limits(written: &[&str]) -> AmountLimits {
        AmountLimits(written.iter().map(|text| text.parse().expect("a limit")).collect())
    }

    fn of(asset: &str, amount: u64) -> Measured {
        let asset = asset.parse().expect("an asset");
        Measured { asset: Some(asset), amount: Some(amount.into()), worth: None }
    }

    #[test]
    fn a_limit_is_read_in_the_units_of_its_asset() {
        let btc = |amount: u64| AmountLimit::Of(Asset::bitcoin(BitcoinNetwork::Mainnet).money(amount));
        for text in [
            "0.01 btc",
            "0.01 BTC",
            "1000000 base units of btc",
            " 0.010  bip122:000000000019d6689c085ae165831e93/slip44:0",
        ] {
            assert_eq!(text.parse(), Ok(btc(1_000_000)), "{text}");
        }
        assert_eq!("500 usd".parse(), Ok(AmountLimit::Worth(Fiat::USD, 50_000_u64.into())));
        for text in ["0.01 btc", &format!("7 base units of {TOKEN}"), "12.5 USD", "3 eip155:1/slip44:60"] {
            let limit: AmountLimit = text.parse().expect("a limit");
            assert_eq!(limit.to_string().parse(), Ok(limit), "{limit}");
        }
        for (text, said) in [
            ("5", "a number and what it is of"),
            ("0.000000001 btc", "no more than 8 decimal places"),
            ("-1 btc", "decimal number"),
            ("5 usdt", "names no known chain"),
            ("5 eip155:324/slip44:60", "not known"),
            ("5 cosmos:cosmoshub-3/slip44:118", "chain that is not known"),
            (&format!("5 {TOKEN}"), "give base units"),
            ("1.005 USD", "2 decimal places"),
            (&format!("{} btc", "9".repeat(80)), "2^256"),
        ] {
            let error = text.parse::<AmountLimit>().expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn a_bare_number_is_satoshi_and_binds_the_coins_of_bitcoin_alone() {
        let old = AmountLimits(vec![AmountLimit::Satoshi(1_000)]);
        for network in ["btc", "testnet", "signet", "regtest"] {
            assert_eq!(old.reached(&of(network, 999)), Reached::No, "{network}");
            assert_eq!(old.reached(&of(network, 1_000)), Reached::Yes, "{network}");
        }
        for other in ["eth", "ltc", "tron", TOKEN] {
            assert_eq!(old.reached(&of(other, 1)), Reached::NoLimit, "{other}");
        }
        let gap = Reached::NoLimit.gap("small", "eth".parse().ok()).expect("said");
        assert_eq!(gap.kind, GapKind::LimitNotApplied);
        assert!(gap.sentence.contains("no limit of rule small applies to eip155:1/slip44:60"), "{gap}");
    }

    #[test]
    fn the_limit_of_the_asset_comes_before_one_in_a_currency() {
        let both = limits(&["2 btc", "100 USD", "90 EUR"]);
        let cents = |currency, cents: u64, without_price: u64| {
            let worth = Worth { currency, cents: cents.into(), without_price: without_price.into() };
            Measured { worth: Some(worth), ..of("eth", 5) }
        };
        let euro = "EUR".parse().expect("a currency");
        assert_eq!(both.reached(&of("btc", 200_000_000)), Reached::Yes);
        assert_eq!(
            both.reached(&Measured { worth: cents(Fiat::USD, 1_000_000, 0).worth, ..of("btc", 5) }),
            Reached::No
        );
        assert_eq!(both.reached(&cents(Fiat::USD, 10_000, 0)), Reached::Yes);
        assert_eq!(both.reached(&cents(Fiat::USD, 9_999, 0)), Reached::No);
        assert_eq!(both.reached(&cents(euro, 9_000, 0)), Reached::Yes);
        // What is valued is enough, whatever the rest was worth; what is not may be any amount.
        assert_eq!(both.reached(&cents(Fiat::USD, 10_000, 5)), Reached::Yes);
        assert!(matches!(both.reached(&cents(Fiat::USD, 9_999, 5)), Reached::NoPrice(_)));
        assert!(matches!(both.reached(&of("eth", 5)), Reached::NoPrice(_)));
        assert_eq!(
            both.reached(&Measured { amount: None, ..of("eth", 5) }),
            Reached::Yes,
            "not known is not small"
        );
        assert_eq!(AmountLimits::default().reached(&of("eth", 0)), Reached::Yes);
    }
}

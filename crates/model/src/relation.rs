//! Whom a party belongs to, as a source says it: owners with their shares, directors, addresses, other links.

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de};

/// All of something, in parts.
const WHOLE: u32 = 1_000_000;
/// Parts of a percent.
const PERCENT: u32 = WHOLE / 100;
/// Longest text that is read as a share.
const MAX_TEXT: usize = 100;

/// Whether a source lists a party, or names it only because of others that it lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is on the list.
    #[default]
    Listed,
    /// It is on a gathered list because somebody has put it under sanctions.
    Sanctioned,
    /// It is not listed: the source names it for its relation to somebody who is.
    Related,
}

impl Standing {
    /// The weightier of two statements about one party.
    #[must_use]
    pub const fn max_of(self, other: Self) -> Self {
        match (self, other) {
            (Self::Sanctioned, _) | (_, Self::Sanctioned) => Self::Sanctioned,
            (Self::Listed, _) | (_, Self::Listed) => Self::Listed,
            _ => Self::Related,
        }
    }

    /// Whether it is what a source says nothing about.
    pub fn is_listed(&self) -> bool {
        *self == Self::Listed
    }
}

/// How one party stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// The other holds a share of it.
    OwnedBy,
    /// The other owns or controls it; how much is not said (OFAC's words).
    OwnedOrControlledBy,
    /// The other directs it.
    DirectedBy,
    /// It has this address.
    Address,
    /// Whatever else the source calls it.
    Linked,
}

/// What a source says of a party and another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
pub struct Relation {
    /// How it stands to the other.
    pub kind: RelationKind,
    /// The other's number at the same source.
    pub other: String,
    /// The other's name, or the address; left out where the other is a party of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How much the other owns; none where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Stake>,
    /// The source's own word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Since which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// From which day no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The source says that it has ended, and not when.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub former: bool,
}

impl RelationKind {
    /// Whether the other owns something of it, or may.
    pub const fn is_of_owner(self) -> bool {
        matches!(self, Self::OwnedBy | Self::OwnedOrControlledBy)
    }
}

impl Relation {
    /// A relation that is said without anything more.
    pub const fn new(kind: RelationKind, other: String) -> Self {
        Self { kind, other, name: None, share: None, role: None, since: None, until: None, former: false }
    }

    /// Whether it holds on `day`, as far as the source says.
    pub fn holds_on(&self, day: Date) -> bool {
        !self.former && self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|end| day < end)
    }
}

/// A text that tells no share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no share: write 51 %, 25 to 50 % or more than 50 %")]
pub struct StakeError(String);

/// How much of something somebody owns, in parts per million: between the least and the most that a source says.
///
/// ```
/// use tracehound_model::Stake;
///
/// let share: Stake = "25-50%".parse()?;
/// assert_eq!((share.least(), share.most()), (250_000, 500_000));
/// assert_eq!(share.to_string(), "25 to 50 %");
/// # Ok::<(), tracehound_model::relation::StakeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stake {
    least: u32,
    most: u32,
}

/// Reads what stands behind or before words.
type Read<'a> = &'a dyn Fn(&str) -> Option<Stake>;

impl Stake {
    /// Nothing is known of it.
    pub const ANY: Self = Self { least: 0, most: WHOLE };
    /// Half, in parts per million: from here on OFAC's rule holds.
    pub const HALF: u32 = WHOLE / 2;
    /// All, in parts per million.
    pub const WHOLE: u32 = WHOLE;

    /// Between two numbers of parts per million; `None` where there is nothing between them, or more than all.
    pub const fn between(least: u32, most: u32) -> Option<Self> {
        if least <= most && most <= WHOLE { Some(Self { least, most }) } else { None }
    }

    /// At least this much, in parts per million.
    pub const fn least(self) -> u32 {
        self.least
    }

    /// At most this much, in parts per million.
    pub const fn most(self) -> u32 {
        self.most
    }

    /// What two statements about one owner leave open: no less than the smaller, no more than both together, for they may be of
    /// two holdings, of the same size too.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: (self.most.saturating_add(other.most)).min(WHOLE) }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let text = text.trim().to_ascii_lowercase();
        // "ownership-of-shares-25-to-50-percent", as the register of persons with significant control writes it.
        let text = text.strip_prefix("ownership-of-shares-").unwrap_or(&text).replace('_', "-");
        let text =
            text.replace("percent", " ").replace('%', " ").replace(['–', '—'], "-").replace("-to-", " to ");
        let text = text.trim().trim_end_matches('-').trim();
        let at_least = |rest: &str| Some(Self { least: parts(rest)?.least, most: WHOLE });
        let beyond = |rest: &str| Self::between(parts(rest)?.most.checked_add(1)?, WHOLE);
        let below = |rest: &str| Some(Self { least: 0, most: parts(rest)?.least.checked_sub(1)? });
        let at_most = |rest: &str| Some(Self { least: 0, most: parts(rest)?.most });
        let beginnings: [(&str, Read<'_>); 16] = [
            (">=", &at_least),
            ("≥", &at_least),
            ("at least ", &at_least),
            ("<=", &at_most),
            ("≤", &at_most),
            ("at most ", &at_most),
            (">", &beyond),
            ("more than ", &beyond),
            ("over ", &beyond),
            ("above ", &beyond),
            ("exceeding ", &beyond),
            ("<", &below),
            ("less than ", &below),
            ("under ", &below),
            ("below ", &below),
            ("up to ", &at_most),
        ];
        for (beginning, read) in beginnings {
            if let Some(rest) = text.strip_prefix(beginning) {
                return read(rest);
            }
        }
        for ending in ["or more", "-or-more", "+"] {
            if let Some(rest) = text.strip_suffix(ending) {
                return at_least(rest.trim_end_matches('-'));
            }
        }
        if let Some((least, most)) = text.split_once(" to ").or_else(|| text.split_once('-')) {
            return Self::between(parts(least)?.least, parts(most)?.most);
        }
        parts(text)
    }
}

/// A number of percent. One written as a fraction of one ("0.51") may be either, 0.51 or 51 percent.
fn parts(text: &str) -> Option<Stake> {
    let text = text.trim();
    if let Some((over, under)) = text.split_once('/') {
        let (over, under) = (over.trim().parse::<u64>().ok()?, under.trim().parse::<u64>().ok()?);
        let whole = u64::from(WHOLE);
        let (most, rest) = (over.checked_mul(whole)?, under.checked_sub(1)?);
        let least = u32::try_from(most.checked_div(under)?).ok()?;
        return Stake::between(least, u32::try_from(most.checked_add(rest)?.checked_div(under)?).ok()?);
    }
    let text = text.replace(',', ".");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() && decimals.is_empty() || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let whole: u32 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let (kept, cut) = decimals.split_at(decimals.len().min(4));
    let scale = 10_u32.pow(4 - kept.len() as u32);
    let fraction = if kept.is_empty() { 0 } else { kept.parse::<u32>().ok()?.checked_mul(scale)? };
    let least = whole.checked_mul(PERCENT)?.checked_add(fraction)?;
    let most = least.checked_add(u32::from(cut.bytes().any(|digit| digit != b'0')))?;
    let may_be_fraction = whole <= 1 && !decimals.is_empty() && least <= PERCENT && least > 0;
    let most = if may_be_fraction { most.checked_mul(100)?.min(WHOLE) } else { most };
    Stake::between(least, most)
}

impl FromStr for Stake {
    type Err = StakeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or_else(|| StakeError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Stake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |parts: u32| {
            let text = format!("{}.{:04}", parts / PERCENT, parts % PERCENT);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        if self.least == self.most {
            write!(f, "{} %", percent(self.least))
        } else {
            write!(f, "{} to {} %", percent(self.least), percent(self.most))
        }
    }
}

/// As it is stored: the two numbers.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Stake")]
struct Stored {
    /// At least this much, in parts per million.
    least_ppm: u32,
    /// At most this much, in parts per million.
    most_ppm: u32,
}

impl Serialize for Stake {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored { least_ppm: self.least, most_ppm: self.most }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stake {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { least_ppm, most_ppm } = Stored::deserialize(deserializer)?;
        Self::between(least_ppm, most_ppm).ok_or_else(|| de::Error::custom("not a share"))
    }
}

impl JsonSchema for Stake {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Stored::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Stored::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_as_registers_write_it() {
        for (text, least, most) in [
            ("51", 510_000, 510_000),
            ("51%", 510_000, 510_000),
            ("51.00 %", 510_000, 510_000),
            ("33,3333", 333_333, 333_333),
            ("33.33333", 333_333, 333_334),
            ("1/3", 333_333, 333_334),
            ("100", 1_000_000, 1_000_000),
            ("0", 0, 0),
            ("25-50", 250_000, 500_000),
            ("25 to 50 %", 250_000, 500_000),
            ("25 % - 50 %", 250_000, 500_000),
            ("25–50%", 250_000, 500_000),
            ("ownership-of-shares-75-to-100-percent", 750_000, 1_000_000),
            ("more than 50%", 500_001, 1_000_000),
            ("over 50", 500_001, 1_000_000),
            ("Above 50 percent", 500_001, 1_000_000),
            ("under 25 %", 0, 249_999),
            ("up to 25%", 0, 250_000),
            ("> 50", 500_001, 1_000_000),
            (">=50%", 500_000, 1_000_000),
            ("75 or more", 750_000, 1_000_000),
            ("50+", 500_000, 1_000_000),
            ("<25%", 0, 249_999),
            // A fraction or a percentage: nobody can tell.
            ("0.51", 5_100, 510_000),
            ("1.0", 10_000, 1_000_000),
            ("1", 10_000, 10_000),
        ] {
            let share: Stake = text.parse().expect(text);
            assert_eq!((share.least(), share.most()), (least, most), "{text}");
        }
        for text in
            ["", "%", "-", "half", "101", "-5", "50-25", "1/0", "3/2", "1e9", "99999999999", "50 %% x"]
        {
            assert!(text.parse::<Stake>().is_err(), "{text}");
        }
        assert!("9".repeat(1_000_000).parse::<Stake>().is_err());
    }

    #[test]
    fn a_share_is_stored_as_it_is() {
        for text in ["51", "25-50", "33.33333", ">50"] {
            let share: Stake = text.parse().expect(text);
            let json = serde_json::to_string(&share).expect("written");
            assert_eq!(serde_json::from_str::<Stake>(&json).expect("read"), share);
        }
        assert!(serde_json::from_str::<Stake>("{\"least_ppm\":2,\"most_ppm\":1}").is_err());
        assert!(serde_json::from_str::<Stake>("{\"least_ppm\":0,\"most_ppm\":1000001}").is_err());
    }

    #[test]
    fn two_statements_about_one_owner_leave_open_what_they_leave_open() {
        let share = |text: &str| text.parse::<Stake>().expect("a share");
        assert_eq!(share("30").or(share("30")), share("30 to 60"));
        assert_eq!(share("30").or(share("25")), share("25 to 55"));
        assert_eq!(share("80").or(share("70")), share("70 to 100"));
    }

    #[test]
    fn a_relation_holds_between_its_days() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        let relation = Relation {
            since: Some(day("2020-01-01")),
            until: Some(day("2024-01-01")),
            ..Relation::new(RelationKind::OwnedBy, "x".to_owned())
        };
        let holds = |text: &str| relation.holds_on(day(text));
        assert!(!holds("2019-12-31") && holds("2020-01-01") && holds("2023-12-31") && !holds("2024-01-01"));
        assert!(!Relation { former: true, ..relation.clone() }.holds_on(day("2022-01-01")));
    }
}

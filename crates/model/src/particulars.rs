//! What a list says of a party besides its names: when somebody was born, the countries it belongs to, and its relations.

mod written;

use std::{collections::HashSet, fmt, str::FromStr};

use jiff::{ToSpan, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de};

use crate::{Relation, Standing};

/// Years by which a birth may be wrong on a list: a slip, another calendar, an age reckoned back.
const SLIP: i16 = 1;
/// Years by which one may be off that the list itself calls approximate.
const ABOUT: i16 = 3;

/// What a list says of a party besides its names. What is not there is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Particulars {
    /// When a person was born; several where the list is not sure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub born: Vec<Born>,
    /// Countries of nationality, registration or residence (ISO 3166-1, two letters).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
    /// Whether the source lists it.
    #[serde(default, skip_serializing_if = "Standing::is_listed")]
    pub standing: Standing,
    /// Whom it belongs to, who directs it, where it is, and other links, as the source says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
}

impl Particulars {
    /// Most births that are kept apart.
    pub const MOST_BIRTHS: usize = 50;
    /// Most relations that are kept besides those to owners.
    pub const MOST_RELATIONS: usize = 1_000;

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.born.is_empty()
            && self.countries.is_empty()
            && self.relations.is_empty()
            && self.standing.is_listed()
    }

    /// Adds a relation that is new; `false` where there are too many.
    pub fn add_relation(&mut self, relation: Relation) -> bool {
        if self.relations.contains(&relation) {
            return true;
        }
        let has_room = self.relations.len() < Self::MOST_RELATIONS;
        if has_room {
            self.relations.push(relation);
        }
        has_room
    }

    /// Adds the births that are new. Of too many the last one kept spans all that follow: what was left out would contradict
    /// whoever was born then.
    pub fn add_born(&mut self, born: impl IntoIterator<Item = Born>) {
        for born in born {
            if self.born.contains(&born) {
                continue;
            }
            let is_full = self.born.len() >= Self::MOST_BIRTHS;
            match self.born.last_mut().filter(|_| is_full) {
                Some(last) => *last = last.with(&born),
                None => self.born.push(born),
            }
        }
    }

    /// Adds the countries that are new; there are no more than pairs of letters.
    pub fn add_countries(&mut self, countries: impl IntoIterator<Item = Country>) {
        for country in countries {
            if !self.countries.contains(&country) {
                self.countries.push(country);
            }
        }
    }

    /// Adds what another record of the same party says. Whoever one of them lists is listed.
    pub fn add(&mut self, more: &Self) {
        self.standing = self.standing.max_of(more.standing);
        // Each side is bounded already.
        let known: HashSet<&Relation> = self.relations.iter().collect();
        let new = more.relations.iter().filter(|relation| !known.contains(relation));
        let new: Vec<Relation> = new.cloned().collect();
        self.relations.extend(new);
        self.add_born(more.born.iter().copied());
        self.add_countries(more.countries.iter().copied());
    }
}

/// A birth that is no day, month or year.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no date of birth: write 1962, 1962-05 or 1962-05-17")]
pub struct BornError(String);

/// The earliest year in which somebody was born whom a list names or a person asks about.
const OLDEST: i16 = 1850;
/// Days on which calendars of computers begin, or that forms are filled with.
const FILLED: &[(i16, i8, i8)] = &[
    (1899, 12, 30),
    (1899, 12, 31),
    (1900, 1, 1),
    (1901, 1, 1),
    (1904, 1, 1),
    (1969, 12, 31),
    (1970, 1, 1),
    (1970, 1, 2),
    (1980, 1, 1),
    (2000, 1, 1),
];

/// Why a birth says nothing of anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBirth {
    /// Nobody who was born then is alive, or listed.
    TooEarly,
    /// It is no earlier than the day asked about.
    TooLate,
    /// Programs and forms put it where no birth is known.
    Filled,
}

impl fmt::Display for NoBirth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooEarly => "is before the birth of anybody alive",
            Self::TooLate => "is no earlier than the day asked about",
            Self::Filled => "is what programs write where no birth is known",
        })
    }
}

/// A day, month, year or span of years in which somebody was born.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Born {
    from: Date,
    to: Date,
    about: bool,
}

impl Born {
    /// Born on one of these days; `None` where there is none.
    pub fn between(from: Date, to: Date) -> Option<Self> {
        (from <= to).then_some(Self { from, to, about: false })
    }

    /// Born in one of these years; `None` where there is none.
    pub fn in_years(from: i16, to: i16) -> Option<Self> {
        Self::between(Date::new(from, 1, 1).ok()?, Date::new(to, 12, 31).ok()?)
    }

    /// The same, approximately.
    #[must_use]
    pub const fn about(self) -> Self {
        Self { about: true, ..self }
    }

    /// Born on a day of either, or between them.
    fn with(self, other: &Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to), about: self.about || other.about }
    }

    /// Whether it cannot be the same birth: the years are apart, by more than a slip.
    pub fn contradicts(&self, other: &Self) -> bool {
        let slack = if self.about || other.about { ABOUT } else { SLIP };
        let after = |late: &Self, early: &Self| late.from.year() > early.to.year().saturating_add(slack);
        after(self, other) || after(other, self)
    }

    /// Why the birth says nothing of whoever is asked about on `day`; `None` where it does.
    pub fn no_birth(&self, day: Date) -> Option<NoBirth> {
        if self.from.year() < OLDEST {
            return Some(NoBirth::TooEarly);
        }
        if self.from >= day {
            return Some(NoBirth::TooLate);
        }
        let is_year_1900 =
            !self.about && self.from.year() == 1900 && self.to.year() == 1900 && self.to.month() == 12;
        let first = (self.from.year(), self.from.month(), self.from.day());
        let is_filled = self.from == self.to && FILLED.contains(&first);
        (is_filled || is_year_1900).then_some(NoBirth::Filled)
    }

    /// A day, month or year, or as [`Display`](fmt::Display) writes it.
    fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("about ") {
            return Some(Self::parse(rest)?.about());
        }
        if let Some((from, to)) = text.split_once(" to ") {
            return Self::between(Self::parse(from)?.from, Self::parse(to)?.to);
        }
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        match (text.len(), is_plain) {
            (4, true) => text.parse().ok().and_then(|year| Self::in_years(year, year)),
            (7, true) => {
                let first: Date = format!("{text}-01").parse().ok()?;
                Self::between(first, first.last_of_month())
            }
            (10, true) => text.parse().ok().and_then(|day| Self::between(day, day)),
            _ => None,
        }
    }
}

impl FromStr for Born {
    type Err = BornError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.trim()).ok_or_else(|| BornError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Born {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, about } = *self;
        if about {
            f.write_str("about ")?;
        }
        let after = to.checked_add(1.day()).unwrap_or(to);
        let whole_years = from.day_of_year() == 1 && to.last_of_year() == to;
        match (from.year(), to.year()) {
            _ if from == to => write!(f, "{from}"),
            (first, last) if whole_years && first == last => write!(f, "{first:04}"),
            (first, last) if whole_years => write!(f, "{first:04} to {last:04}"),
            _ if from.day() == 1 && after == from.last_of_month().checked_add(1.day()).unwrap_or(from) => {
                write!(f, "{}", from.strftime("%Y-%m"))
            }
            _ => write!(f, "{from} to {to}"),
        }
    }
}

/// A country by its two letters (ISO 3166-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// A code of two letters, whatever their case; whether a country has it is not asked.
    pub fn new(code: &str) -> Option<Self> {
        let code: [u8; 2] = code.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_alphabetic).then_some(Self(code.map(|byte| byte.to_ascii_uppercase())))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

macro_rules! as_text {
    ($name:ident, $parse:expr) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                let read: Option<Self> = $parse(&text);
                read.ok_or_else(|| de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }
    };
}

as_text!(Born, Born::parse);
as_text!(Country, Country::new);

#[cfg(test)]
mod tests {
    use super::*;

    fn born(text: &str) -> Born {
        text.parse().expect("a birth")
    }

    #[test]
    fn what_is_no_birth_says_nothing() {
        let day: Date = "2026-11-30".parse().expect("a day");
        for (text, why) in [
            ("0000", NoBirth::TooEarly),
            ("0001-01-01", NoBirth::TooEarly),
            ("1111", NoBirth::TooEarly),
            ("1753-01-01", NoBirth::TooEarly),
            ("1849-12-31", NoBirth::TooEarly),
            ("9999-12-31", NoBirth::TooLate),
            ("2099", NoBirth::TooLate),
            ("2026-11-30", NoBirth::TooLate),
            ("2026-12", NoBirth::TooLate),
            ("1900-01-01", NoBirth::Filled),
            ("1900", NoBirth::Filled),
            ("1899-12-30", NoBirth::Filled),
            ("1970-01-01", NoBirth::Filled),
        ] {
            assert_eq!(born(text).no_birth(day), Some(why), "{text}");
        }
        for text in ["1850", "1901", "1970", "1970-01", "1983-11-25", "2026", "2026-11-29", "about 1900"] {
            assert_eq!(born(text).no_birth(day), None, "{text}");
        }
    }

    #[test]
    fn a_birth_is_written_as_it_is_read() {
        for text in [
            "1983-11-25",
            "1983-11",
            "1983",
            "1983-02",
            "1960 to 1964",
            "about 1962",
            "1962-03-05 to 1962-04-01",
        ] {
            assert_eq!(born(text).to_string(), text);
            let json = serde_json::to_string(&born(text)).expect("written");
            assert_eq!(serde_json::from_str::<Born>(&json).expect("read"), born(text));
        }
        for text in ["", "83", "1983-13", "1983-02-30", "25.11.1983", "about", "1964 to 1960", "1983-1-1"] {
            assert!(text.parse::<Born>().is_err(), "{text}");
        }
    }

    #[test]
    fn births_contradict_when_their_years_are_apart() {
        for (a, b) in
            [("1962", "1983"), ("1962-05-17", "1964-01-01"), ("1960 to 1964", "1970"), ("about 1962", "1970")]
        {
            assert!(born(a).contradicts(&born(b)) && born(b).contradicts(&born(a)), "{a} {b}");
        }
        for (a, b) in [
            ("1962", "1963-01-01"),
            ("1962-05-17", "1962-11-02"),
            ("1960 to 1964", "1965"),
            ("about 1962", "1965"),
            ("1962", "1962"),
        ] {
            assert!(!born(a).contradicts(&born(b)) && !born(b).contradicts(&born(a)), "{a} {b}");
        }
    }

    #[test]
    fn none_of_many_births_and_countries_is_lost() {
        let mut party = Particulars::default();
        party.add_born((1900..=1960).map(|year| Born::in_years(year, year).expect("years")));
        party.add_born([born("1999-05-17")]);
        assert_eq!(party.born.len(), Particulars::MOST_BIRTHS);
        for year in ["1900", "1955", "1999"] {
            assert!(!party.born.iter().all(|known| known.contradicts(&born(year))), "{year}");
        }
        assert!(party.born.iter().all(|known| known.contradicts(&born("2005"))));
        let letters = || b'A'..=b'Z';
        let codes = letters().flat_map(|a| letters().map(move |b| [a, b]));
        let codes: Vec<String> =
            codes.map(|code| code.iter().map(|&letter| char::from(letter)).collect()).collect();
        party.add_countries(codes.iter().filter_map(|code| Country::new(code)));
        assert!(Country::new("ZZ").is_some_and(|last| party.countries.contains(&last)));
    }

    #[test]
    fn a_country_is_two_letters() {
        assert_eq!(Country::new("kp").expect("letters").to_string(), "KP");
        for text in ["", "K", "KPX", "K1", "é"] {
            assert_eq!(Country::new(text), None, "{text}");
        }
    }
}

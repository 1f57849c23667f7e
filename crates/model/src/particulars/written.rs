//! Births as people and their programs write them.

use jiff::civil::Date;

use super::{Born, OLDEST};

/// Longest text that is read.
const MAX_TEXT: usize = 60;
/// The latest year that is read as one where digits alone may mean several dates.
const LATEST: i16 = 2100;

/// How months begin in the languages that tables are written in: English, German, French, Spanish, Italian, Portuguese, Dutch,
/// Polish, Russian and Ukrainian.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen", "sty", "янв", "січ"],
    &["feb", "fév", "fev", "lut", "фев", "лют"],
    &["mar", "mär", "maa", "мар", "бер"],
    &["apr", "avr", "abr", "kwi", "апр", "кві"],
    &["may", "mai", "mag", "mei", "maj", "май", "мая", "тра"],
    &["jun", "juin", "giu", "cze", "июн", "чер"],
    &["jul", "juil", "lug", "lip", "июл", "лип"],
    &["aug", "aoû", "aou", "ago", "sie", "авг", "сер"],
    &["sep", "set", "wrz", "сен", "вер"],
    &["oct", "okt", "ott", "out", "paź", "paz", "окт", "жов"],
    &["nov", "lis", "ноя", "лис"],
    &["dec", "dez", "déc", "dic", "gru", "дек", "гру"],
];

impl Born {
    /// A birth in whatever form leaves no doubt of the year: `1952-10-07`, `1952`, `07.10.1952` (day first), `1952/10/07`,
    /// `19521007`, `7 Oct 1952`, `October 7, 1952`, `07-OCT-1952`, `10/1952`. Where nobody can tell the day from the month
    /// (`05/10/1976`) it is between both. `None` where it is none, or may be of several years (`07/10/52`).
    pub fn written(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let text = text.trim();
        if let Ok(born) = text.parse() {
            return Some(born);
        }
        // Programs write midnight behind a day.
        let day = ["T00:00:00", " 00:00:00", " 0:00:00", " 00:00", " 0:00", " 12:00:00 AM"];
        let text = day.iter().find_map(|midnight| Some(text.split_once(midnight)?.0)).unwrap_or(text);
        let lower = text.to_lowercase();
        let is_between = |letter: char| letter.is_whitespace() || "./-,".contains(letter);
        let mut words: Vec<&str> = lower.split(is_between).filter(|word| !word.is_empty()).collect();
        // "7 de octubre de 1952", "7 октября 1952 г."
        words.retain(|word| !matches!(*word, "de" | "del" | "of" | "the" | "г" | "р" | "року" | "года"));
        let glued;
        if let [one] = words[..]
            && !one.bytes().all(|byte| byte.is_ascii_digit())
        {
            glued = by_kind(one)?;
            words = glued.iter().map(String::as_str).collect();
        }
        let number = |word: &str| {
            let digits = word.trim_end_matches(|letter: char| letter.is_alphabetic() || letter == 'º');
            let is_number =
                !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let is_ordinal = word[digits.len()..].chars().count() <= 2;
            (is_number && is_ordinal).then(|| digits.parse::<i16>().ok()).flatten()
        };
        let year =
            |word: &str| (word.len() == 4).then(|| number(word)).flatten().filter(|year| *year >= 1000);
        let on = |year: i16, month: i16, day: i16| {
            let date = Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
            Self::between(date, date)
        };
        match words[..] {
            [one] if one.len() == 8 => in_eight_digits(one),
            [first, second, third] => match (month(first), month(second), month(third)) {
                (None, Some(at), None) if year(first).is_some() => on(year(first)?, at, number(third)?),
                (None, Some(at), None) => on(year(third)?, at, number(first)?),
                (Some(at), None, None) => on(year(third)?, at, number(second)?),
                (None, None, None) if year(first).is_some() => {
                    on(year(first)?, number(second)?, number(third)?)
                }
                (None, None, None) => {
                    let (year, first, second) = (year(third)?, number(first)?, number(second)?);
                    let (day_first, month_first) = (on(year, second, first), on(year, first, second));
                    // With dots the day stands first wherever they are written.
                    match (day_first, month_first) {
                        (Some(born), _) if text.contains('.') => Some(born),
                        (Some(one), Some(other)) => Some(one.with(&other)),
                        (one, other) => one.or(other),
                    }
                }
                _ => None,
            },
            [first, second] => {
                let (year, at) = match (year(first), year(second)) {
                    (Some(year), None) => (year, second),
                    (None, Some(year)) => (year, first),
                    _ => return None,
                };
                let first = on(year, month(at).or_else(|| number(at))?, 1)?.from;
                Self::between(first, first.last_of_month())
            }
            _ => None,
        }
    }
}

/// The month that a word names.
fn month(word: &str) -> Option<i16> {
    let is_word = word.chars().count() >= 3 && word.chars().all(char::is_alphabetic);
    let at = MONTHS
        .iter()
        .position(|months| months.iter().any(|begin| word.starts_with(begin)))
        .filter(|_| is_word)?;
    i16::try_from(at + 1).ok()
}

/// "07oct1952" as three words.
fn by_kind(word: &str) -> Option<Vec<String>> {
    let mut parts: Vec<String> = Vec::new();
    for letter in word.chars() {
        let same = |part: &&mut String| {
            part.ends_with(|last: char| last.is_ascii_digit() == letter.is_ascii_digit())
        };
        match parts.last_mut().filter(same) {
            Some(part) => part.push(letter),
            None => parts.push(letter.to_string()),
        }
    }
    (parts.len() == 3).then_some(parts)
}

/// Eight digits, where they are one date alone.
fn in_eight_digits(text: &str) -> Option<Born> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<i16>().ok();
    let date = |year: Option<i16>, month: Option<i16>, day: Option<i16>| {
        let year = year.filter(|year| (OLDEST..=LATEST).contains(year))?;
        Date::new(year, month?.try_into().ok()?, day?.try_into().ok()?).ok()
    };
    let mut found = [
        date(number(0..4), number(4..6), number(6..8)),
        date(number(4..8), number(2..4), number(0..2)),
        date(number(4..8), number(0..2), number(2..4)),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    found.sort_unstable();
    let (first, last) = (*found.first()?, *found.last()?);
    (first.year() == last.year()).then(|| Born::between(first, last)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birth_is_read_wherever_its_year_is_sure() {
        for (text, born) in [
            ("1952-10-07", "1952-10-07"),
            ("1952", "1952"),
            ("1952-10", "1952-10"),
            ("08.01.1984", "1984-01-08"),
            ("8.1.1984", "1984-01-08"),
            ("25/12/1976", "1976-12-25"),
            ("12/25/1976", "1976-12-25"),
            ("05/05/1976", "1976-05-05"),
            ("05/10/1976", "1976-05-10 to 1976-10-05"),
            ("1960/09/07", "1960-09-07"),
            ("1960.9.7", "1960-09-07"),
            ("19600907", "1960-09-07"),
            ("20101960", "1960-10-20"),
            ("7 Oct 1952", "1952-10-07"),
            ("7 September 1960", "1960-09-07"),
            ("7. Oktober 1952", "1952-10-07"),
            ("Oct 7, 1952", "1952-10-07"),
            ("October 7th, 1952", "1952-10-07"),
            ("07-OCT-1952", "1952-10-07"),
            ("07OCT1952", "1952-10-07"),
            ("1952-Oct-07", "1952-10-07"),
            ("1er juin 1960", "1960-06-01"),
            ("14 juillet 1960", "1960-07-14"),
            ("7 de octubre de 1952", "1952-10-07"),
            ("7 октября 1952 г.", "1952-10-07"),
            ("3 мая 1952", "1952-05-03"),
            ("10/1952", "1952-10"),
            ("Oct 1952", "1952-10"),
            ("1952-10-07T00:00:00Z", "1952-10-07"),
            ("1952-10-07 00:00:00", "1952-10-07"),
        ] {
            assert_eq!(Born::written(text).map(|born| born.to_string()).as_deref(), Some(born), "{text}");
        }
        for text in [
            "",
            "unknown",
            "07/10/52",
            "7 Oct 52",
            "32.01.1984",
            "13/13/1976",
            "00.00.1960",
            "1960/13/07",
            "12345678",
            "7 Foo 1952",
            "1-2-3-1960",
            "99999999",
            "Oct",
            "1952-10-07T12:30:00",
            "12.1960.07",
            "7 1952 Oct",
            &"1".repeat(100),
            "ööööööö",
            "٧ ١٠ ١٩٥٢",
        ] {
            assert_eq!(Born::written(text), None, "{text}");
        }
    }
}

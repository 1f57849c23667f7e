//! Countries by the names and codes that lists and people write.

use std::{collections::HashMap, sync::LazyLock};

use deunicode::deunicode;
use tracehound_model::Country;

/// A country a line; where its names come from stands in the file.
const TABLE: &str = include_str!("country/countries.txt");
/// The same by codes and in other languages.
const ELSEWHERE: &str = include_str!("country/elsewhere.txt");
/// Longest text that is looked up.
const MAX_TEXT: usize = 100;

static COUNTRIES: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    let mut countries = HashMap::new();
    for (code, names) in
        TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
    {
        let Some(country) = Country::new(code) else { continue };
        for name in names.split('|') {
            countries.insert(plain(name), country);
        }
    }
    countries
});

static IN_OTHER_WORDS: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    let mut countries: HashMap<String, Country> = HashMap::new();
    for line in ELSEWHERE.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.splitn(4, ' ');
        let Some(country) = parts.next().and_then(Country::new) else { continue };
        for code in parts.by_ref().take(2).filter(|code| *code != "-") {
            countries.insert(code.to_lowercase(), country);
        }
        for name in parts.flat_map(|names| names.split('|')) {
            countries.entry(own_letters(name)).or_insert(country);
            // Without its accents.
            if name.chars().all(|letter| letter < '\u{250}' || letter == '\u{2019}') {
                countries.entry(plain(name)).or_insert(country);
            }
        }
    }
    countries
});

/// Its words in small letters of their own.
fn own_letters(text: &str) -> String {
    let text = text.to_lowercase();
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Its words in plain lower-case letters, without "the".
fn plain(text: &str) -> String {
    let text = deunicode(text).to_lowercase().replace(['\'', '.'], "");
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty() && *word != "the").collect::<Vec<_>>().join(" ")
}

/// The country of this code (ISO 3166-1: two letters, three letters or three digits) or name, in English or one of the languages
/// that tables are written in, if there is one.
pub fn country(text: &str) -> Option<Country> {
    let code = || Country::new(text.trim()).filter(|code| COUNTRIES.values().any(|known| known == code));
    let elsewhere = || {
        let find = |key: &str| IN_OTHER_WORDS.get(key).copied();
        let is_short = text.len() <= 2 * MAX_TEXT;
        // Spreadsheets take the zeros off a number.
        let digits = text.trim().parse::<u16>().ok().filter(|number| *number < 1_000);
        let number = digits.and_then(|number| find(&format!("{number:03}")));
        is_short.then(|| number.or_else(|| find(&own_letters(text))).or_else(|| find(&plain(text)))).flatten()
    };
    by_name(text).or_else(code).or_else(elsewhere)
}

/// The shortest English name of a country that a text names in another language; `None` where it is an English name already.
pub(crate) fn in_english(text: &str) -> Option<&'static str> {
    let named = (text.chars().count() > 3 && by_name(text).is_none()).then(|| country(text)).flatten()?;
    let lines = TABLE.lines().filter_map(|line| line.split_once(' '));
    let (_, names) = lines.into_iter().find(|(code, _)| Country::new(code) == Some(named))?;
    names.split('|').filter(|name| name.len() > 3).min_by_key(|name| name.len())
}

/// The country of this English name, as lists and names have it; two letters may mean something else there ("na").
pub(crate) fn by_name(text: &str) -> Option<Country> {
    if text.len() > MAX_TEXT {
        return None;
    }
    COUNTRIES.get(&plain(text)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_found_by_what_lists_call_it() {
        for (text, code) in [
            ("Democratic People's Republic of Korea", "KP"),
            ("Korea, North", "KP"),
            ("Iran (Islamic Republic of)", "IR"),
            ("Russian Federation", "RU"),
            ("Türkiye", "TR"),
            ("The Gambia", "GM"),
            ("ru", "RU"),
            ("UK", "GB"),
            ("Congo, Democratic Republic of the", "CD"),
            ("Côte d’Ivoire", "CI"),
        ] {
            assert_eq!(country(text).map(|found| found.to_string()).as_deref(), Some(code), "{text}");
        }
        for (text, code) in [
            ("RUS", "RU"),
            ("prk", "KP"),
            ("643", "RU"),
            ("004", "AF"),
            ("4", "AF"),
            ("Deutschland", "DE"),
            ("Österreich", "AT"),
            ("Osterreich", "AT"),
            ("Corée du Nord", "KP"),
            ("Россия", "RU"),
            ("РОССИЯ", "RU"),
            ("Иран", "IR"),
            ("俄罗斯", "RU"),
            ("إيران", "IR"),
            ("日本", "JP"),
            ("Hongkong", "HK"),
            ("Hong Kong SAR", "HK"),
            ("Svizzera", "CH"),
            ("Niger", "NE"),
        ] {
            assert_eq!(country(text).map(|found| found.to_string()).as_deref(), Some(code), "{text}");
        }
        assert!(
            by_name("Deutschland").is_none() && by_name("RUS").is_none(),
            "no word of a name is a place for it"
        );
        for text in ["", "ZZ", "ZZZ", "000", "999", "1000", "-4", "Atlantis", &"x".repeat(500)] {
            assert_eq!(country(text), None, "{text}");
        }
        assert!(country("na").is_some() && by_name("na").is_none());
    }
}

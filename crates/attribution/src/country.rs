//! Countries by the names and codes that lists and people write.

use std::{collections::HashMap, sync::LazyLock};

use deunicode::deunicode;
use tracehound_model::Country;

/// A country a line; where its names come from stands in the file.
const TABLE: &str = include_str!("country/countries.txt");
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

/// Its words in plain lower-case letters, without "the".
fn plain(text: &str) -> String {
    let text = deunicode(text).to_lowercase().replace(['\'', '.'], "");
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty() && *word != "the").collect::<Vec<_>>().join(" ")
}

/// The country of this name or two-letter code, if there is one.
pub fn country(text: &str) -> Option<Country> {
    let code = || Country::new(text.trim()).filter(|code| COUNTRIES.values().any(|known| known == code));
    by_name(text).or_else(code)
}

/// The country of this name; two letters may mean something else there ("na").
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
        for text in ["", "ZZ", "Atlantis", &"x".repeat(500)] {
            assert_eq!(country(text), None, "{text}");
        }
        assert!(country("na").is_some() && by_name("na").is_none());
    }
}

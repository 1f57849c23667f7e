//! Listed parties by the names that other languages give them.

use std::{collections::HashMap, sync::LazyLock};

use super::normal::normal;

/// Listed names with the others; where they come from stands in the file.
const TABLE: &str = include_str!("data/known-abroad.txt");
/// Words of a question that are looked at; a longer one is refused.
const MOST_WORDS: usize = 40;

/// Names of one word as they are written, and of several as the words that are compared, each with the listed name.
#[derive(Debug, Default)]
struct Abroad {
    words: HashMap<String, &'static str>,
    phrases: HashMap<Vec<String>, &'static str>,
    /// Words of the longest phrase.
    longest: usize,
}

static ABROAD: LazyLock<Abroad> = LazyLock::new(|| {
    let mut abroad = Abroad::default();
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    for (listed, others) in lines.filter_map(|line| line.split_once(" = ")) {
        for other in others.split("; ") {
            let tokens = normal(other, MOST_WORDS).tokens;
            if other.contains([' ', '-', '\u{200c}', '・']) && tokens.len() > 1 {
                abroad.longest = abroad.longest.max(tokens.len());
                abroad.phrases.insert(tokens, listed);
            } else {
                abroad.words.insert(other.to_lowercase(), listed);
            }
        }
    }
    abroad
});

/// The question with the listed name in place of one that another language has for it. A name of one word is meant where
/// it is the whole question alone: it is a word, or a family name, beside others.
pub(super) fn listed(text: &str) -> Option<String> {
    if let Some(listed) = ABROAD.words.get(&text.trim().to_lowercase()) {
        return Some((*listed).to_owned());
    }
    let tokens = normal(text, MOST_WORDS).tokens;
    let most = ABROAD.longest.min(tokens.len());
    (2..=most).rev().find_map(|length| {
        let (at, listed) = tokens
            .windows(length)
            .enumerate()
            .find_map(|(at, words)| ABROAD.phrases.get(words).map(|listed| (at, *listed)))?;
        let (before, after) = (tokens[..at].join(" "), tokens[at + length..].join(" "));
        Some(format!("{before} {listed} {after}").trim().to_owned())
    })
}

/// The listed family name of a person of whom other languages write these words alone: "خامنه‌ای".
pub(super) fn family(words: &[String]) -> Option<&'static str> {
    let of_persons =
        ABROAD.phrases.iter().filter(|(phrase, _)| phrase.len() > words.len() && phrase.ends_with(words));
    let families = of_persons.filter_map(|(_, listed)| listed.split_once(',')).map(|(family, _)| family);
    families.min().filter(|_| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_groups_are_told_by_the_names_of_other_languages() {
        for (text, expected) in [
            ("Islamischer Staat", "ISLAMIC STATE"),
            ("ÉTAT ISLAMIQUE", "ISLAMIC STATE"),
            ("Hezbolá", "HIZBALLAH"),
            ("Хезболла", "HIZBALLAH"),
            ("하마스", "HAMAS"),
            ("El Kaide", "AL QA'IDA"),
            ("El-Kaide", "AL QA'IDA"),
            ("Banque centrale d\u{2019}Iran", "CENTRAL BANK OF IRAN"),
            ("الحوثيون", "ANSARALLAH"),
            ("Ali Jamenei", "KHAMENEI, Ali Husseini"),
            ("Grupo Wagner Mali", "WAGNER GROUP mali"),
        ] {
            assert_eq!(listed(text).as_deref(), Some(expected), "{text}");
        }
        // A family name, and a word.
        for text in ["Yusuf Houthi", "Deas", "Вагнер Анна", "Staat Bayern", "Banque centrale de France", ""]
        {
            assert_eq!(listed(text), None, "{text}");
        }
    }
}

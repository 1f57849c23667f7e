//! Names of other languages in Arabic letters, as the press writes Russian, Korean and Spanish ones: "إيغور سيتشين", "کیم جونگ
//! اون".
//!
//! Their letters stand for other sounds than those of Arabic and Persian names. Given names and Korean syllables are looked up;
//! what is not is compared by its letters, which says less than elsewhere, so that finding nothing clears nobody.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::{abjad, normal::normal};

/// The words; where they come from stands in the file.
const TABLE: &str = include_str!("data/foreign-in-arabic.txt");
/// Words of a name, and its parts, that are looked at; a longer one is refused.
const MOST_WORDS: usize = 40;
/// Syllables of a Korean name.
const SYLLABLES: std::ops::RangeInclusive<usize> = 2..=4;
/// Letters that stand before an end by which a word is told.
const STEM: usize = 2;

#[derive(Debug, Default)]
struct Words {
    given: HashMap<String, &'static str>,
    syllables: HashMap<String, Vec<&'static str>>,
    native: HashSet<String>,
    foreign: Vec<String>,
    ends: Vec<String>,
    begins: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words::default();
    let mut section = "";
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut cells = line.split(' ');
        match (section, line.starts_with('[')) {
            (_, true) => section = line,
            ("[given]", _) => {
                let latin = cells.next().unwrap_or_default();
                words.given.extend(cells.map(|cell| (plain(cell), latin)));
            }
            ("[syllable]", _) => {
                let latin = cells.next().unwrap_or_default();
                cells.for_each(|cell| words.syllables.entry(plain(cell)).or_default().push(latin));
            }
            ("[ends]", _) => words.ends.extend(cells.map(plain)),
            ("[foreign]", _) => words.foreign.extend(cells.map(plain)),
            ("[begins]", _) => words.begins.extend(cells.map(plain)),
            _ => words.native.extend(cells.map(plain)),
        }
    }
    words
});

/// A word in the letters that are compared, as one.
fn plain(word: &str) -> String {
    normal(word, MOST_WORDS).tokens.concat()
}

fn is_arabic(word: &str) -> bool {
    word.chars().any(|letter| {
        abjad::is_abjad(letter) && !matches!(letter, '\u{590}'..='\u{5ff}' | '\u{fb1d}'..='\u{fb4f}')
    })
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    let is_between =
        |at: char| at.is_whitespace() || matches!(at, '-' | '\u{200c}' | ',' | '،' | '.' | '‐' | '–');
    name.split(is_between).filter(|word| word.chars().any(char::is_alphabetic))
}

/// The name with what is looked up in Latin letters, most likely first; nothing where there is none of it.
pub(super) fn in_latin(name: &str) -> Vec<String> {
    if !is_arabic(name) {
        return Vec::new();
    }
    let written: Vec<&str> = words(name).collect();
    let keys: Vec<String> = written.iter().map(|word| plain(word)).collect();
    let mut found = Vec::new();
    let given = |(key, word): (&String, &&str)| {
        WORDS.given.get(key).map_or((*word).to_owned(), |latin| (*latin).to_owned())
    };
    if keys.iter().any(|key| WORDS.given.contains_key(key)) {
        found.push(keys.iter().zip(&written).map(given).collect::<Vec<_>>().join(" "));
    }
    if SYLLABLES.contains(&keys.len())
        && let Some(syllables) = keys.iter().map(|key| WORDS.syllables.get(key)).collect::<Option<Vec<_>>>()
    {
        let mut ways = vec![String::new()];
        for readings in syllables {
            ways = ways
                .iter()
                .flat_map(|way| readings.iter().map(move |latin| format!("{way} {latin}")))
                .collect();
        }
        found.extend(ways.into_iter().map(|way| way.trim().to_owned()));
    }
    found
}

/// Whether a word in the letters that are compared is an ordinary name of the languages written in Arabic letters.
pub(super) fn is_known_name(word: &str) -> bool {
    WORDS.native.contains(word)
}

/// Letters of Kurdish, Pashto and Urdu alone.
const NATIVE_LETTERS: &str = "ێۆەڕڵۇۈۋټډړږښڼځڅېۍٹڈڑےںہھ";

/// Whether a name in Arabic letters is of another language, as far as can be told: none of its words is one that names of the
/// languages written in them have, and one is known, or ends, as those of others do. Of a word alone the first is enough.
pub fn may_be_foreign(name: &str) -> bool {
    let is_native = |word: &str| {
        let key = plain(word);
        let bare = abjad::without_article(&key).unwrap_or(&key);
        let is_stem = |rest: Option<&str>| rest.is_some_and(|rest| rest.chars().count() >= STEM);
        let is_known = WORDS.native.contains(bare) || WORDS.native.contains(&key);
        let begins = || WORDS.begins.iter().any(|begin| is_stem(key.strip_prefix(begin.as_str())));
        let ends = || WORDS.ends.iter().any(|end| is_stem(key.strip_suffix(end.as_str())));
        let in_own_letters = word.chars().any(|letter| NATIVE_LETTERS.contains(letter));
        let is_given = WORDS.given.contains_key(&key);
        let has_article = bare.len() < key.len() && bare.ends_with('ی');
        is_known || !is_given && (in_own_letters || has_article || begins() || ends())
    };
    let is_foreign = |word: &str| {
        let key = plain(word);
        WORDS.given.contains_key(&key) || WORDS.foreign.iter().any(|end| key.ends_with(end.as_str()))
    };
    let arabic = || words(name).filter(|word| is_arabic(word));
    arabic().next().is_some()
        && !arabic().any(is_native)
        && (arabic().count() == 1 || arabic().any(is_foreign))
}

//! What must not be in a pack.
//!
//! Labels are of businesses, protocols, groups and crimes. A natural person is named only where a government has
//! sanctioned, indicted or convicted them, and then by the government's own reference. Victims' and customers' data (user
//! numbers, handles, names of a name service) are in no pack.

use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::{
    Family,
    family::{OPERATOR, OWNER},
    label::{Label, Nature, Provenance},
};

/// The words that are looked for: `data/lint.toml` says what each list is.
#[derive(Deserialize)]
struct Words {
    persons: HashSet<String>,
    name_services: Vec<String>,
    profiles: Vec<String>,
    networks: HashSet<String>,
    business: HashSet<String>,
    around: HashSet<String>,
    particles: HashSet<String>,
    before_number: HashSet<String>,
    numbered: BTreeMap<String, usize>,
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| toml::from_str(include_str!("data/lint.toml")).expect("a table of ours"));

/// Given names, by which a plain name of a person is told.
static GIVEN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("data/given-names.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// Why a row must not be in a pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Forbidden {
    /// A private person.
    #[error(
        "it is about a natural person (`{0}`): a pack names one only where a government has sanctioned, indicted or convicted \
         them, with the government's reference"
    )]
    Person(String),
    /// What looks like a plain name of somebody.
    #[error(
        "`{0}` looks like the name of a natural person, and no authority says it: leave it out, or write the business's name in \
         full (`… Ltd`, `… Labs`)"
    )]
    Name(String),
    /// A source that is the operator's own.
    #[error("`{0}` is what corrections on this machine are called: a pack has another source")]
    Reserved(String),
    /// A name of a name service.
    #[error("`{0}` is a name of a name service, which people choose for themselves: leave it out")]
    NameService(String),
    /// An account of somebody somewhere.
    #[error("`{0}` is somebody's handle, mail address or number: leave it out")]
    Handle(String),
}

/// Whether a row may be in a pack.
///
/// # Errors
/// What is forbidden in it.
pub fn check(label: &Label) -> Result<(), Forbidden> {
    let source = label.provenance.source.as_str();
    if [OPERATOR, OWNER]
        .iter()
        .any(|own| source.get(..own.len()).is_some_and(|head| head.eq_ignore_ascii_case(own)))
    {
        return Err(Forbidden::Reserved(source.to_owned()));
    }
    content(label)
}

/// Whether a label says what may be said, whoever says it.
///
/// # Errors
/// What is forbidden in it.
pub fn content(label: &Label) -> Result<(), Forbidden> {
    let concept: String = label
        .concept
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if WORDS.persons.contains(&concept) && !Family::of(&label.provenance.source).authority {
        return Err(Forbidden::Person(label.concept.clone()));
    }
    let Provenance { source, version, .. } = &label.provenance;
    if let Some(mail) = [source, version].into_iter().find_map(|text| mail(&read(text).to_lowercase())) {
        return Err(Forbidden::Handle(mail));
    }
    // A token's ticker is nobody's name, whatever it imitates; an exchange is no token because a row says so.
    let is_ticker = label.nature == Nature::Asset && Nature::of_concept(&label.concept) == Nature::Asset;
    for text in [Some(&label.label), label.entity.as_ref()].into_iter().flatten() {
        let text = read(text);
        let lower = text.to_lowercase();
        let found = mail(&lower)
            .or_else(|| profile(&lower))
            .or_else(|| number(&lower))
            .or_else(|| telephone(&lower))
            .or_else(|| bank_account(&lower));
        if let Some(found) = found {
            return Err(Forbidden::Handle(found));
        }
        if is_ticker {
            continue;
        }
        if let Some(name) = lower.split_whitespace().find(|word| is_name_of_a_service(word)) {
            return Err(Forbidden::NameService(name.to_owned()));
        }
        if let Some(handle) = handle(&text) {
            return Err(Forbidden::Handle(handle));
        }
        if looks_like_a_person(&text) && !Family::of(&label.provenance.source).authority {
            return Err(Forbidden::Name(text));
        }
    }
    Ok(())
}

/// A text as people read it: letters and signs that look like plain ones (`\u{2024}`, `\u{ff20}`) are plain.
fn read(text: &str) -> String {
    text.nfkc().map(|c| if matches!(c, '\u{3002}' | '\u{ff61}') { '.' } else { c }).collect()
}

/// Whether a text is two or three words, in whatever letters they are, perhaps with an initial, a title and what somebody has
/// (`Wallet of …`, `…'s wallet`), the first a given name and none a word of businesses. It finds plain names: nobody's
/// nickname, no family name alone, and no name that is not in the table.
fn looks_like_a_person(text: &str) -> bool {
    // `not …` is how a correction says who it is not.
    let text = text.strip_prefix("not ").unwrap_or(text);
    // What stands in brackets is not the name: `… (hacker)`.
    let plain: String =
        text.split('(').map(|part| part.rsplit(')').next().unwrap_or(part)).collect::<Vec<_>>().join(" ");
    // `John-Public` is two words, `Jean-Pierre Public` as well.
    let is_one = !plain.trim().contains(|c: char| c.is_whitespace() || c == '_');
    let words: Vec<String> = plain
        .split(|c: char| c.is_whitespace() || c == '_' || (is_one && c == '-'))
        .map(|word| {
            let word: String = word.to_lowercase().chars().map(as_latin).collect();
            let word = word.trim_matches(['.', ',', ':', ';', '"', '\'', '#']);
            word.strip_suffix("'s").unwrap_or(word).to_owned()
        })
        .filter(|word| !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    let is_around = |word: &String| WORDS.around.contains(word);
    let first = words.iter().position(|word| !is_around(word)).unwrap_or(words.len());
    let end = words.iter().rposition(|word| !is_around(word)).map_or(first, |last| last + 1);
    let name = &words[first..end];
    let given: Vec<&str> =
        name.iter().map(String::as_str).filter(|word| !WORDS.particles.contains(*word)).collect();
    // `Watson`, `O'Neill`, `Smith-Jones`, `Q`
    let is_word = |word: &String| {
        word.split(['\'', '-']).all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic))
    };
    (2..=3).contains(&given.len())
        && name.len() <= 5
        && name.iter().all(is_word)
        && given[0].split('-').next().is_some_and(|first| GIVEN.contains(first))
        && !given.iter().flat_map(|word| word.split('-')).any(|word| WORDS.business.contains(word))
}

/// The plain Latin letter that one looks like: with an accent, or of another script.
const fn as_latin(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' | 'а' | 'α' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'е' | 'ё' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'і' | 'ι' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'о' | 'ο' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' | 'с' => 'c',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'х' | 'χ' => 'x',
        'у' => 'y',
        '\u{2019}' => '\'',
        other => other,
    }
}

/// A name with something before its end, as `vitalik.eth`. What stands in brackets or ends a sentence is looked at too.
fn is_name_of_a_service(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    WORDS.name_services.iter().any(|end| word.strip_suffix(end.as_str()).is_some_and(|name| !name.is_empty()))
}

/// Words as they stand apart.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '<' | '>');
    text.split(is_between).filter(|word| !word.is_empty())
}

/// `@name`, `name#1234`, `tg: name`, and `telegram name` where the name is in small letters, as no business writes its own.
fn handle(text: &str) -> Option<String> {
    let is_numbered = |word: &str| {
        word.rsplit_once('#').is_some_and(|(name, number)| {
            name.chars().any(char::is_alphabetic)
                && number.len() == 4
                && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let is_handle =
        |word: &&str| word.strip_prefix('@').is_some_and(|name| name.len() > 1) || is_numbered(word);
    if let Some(found) = words_of(text).find(is_handle) {
        return Some(found.to_lowercase());
    }
    // `tg:name` and `tg : name` are `tg: name`.
    let apart = text.replace(':', " : ");
    let words: Vec<&str> = words_of(&apart).collect();
    words.iter().enumerate().find_map(|(place, network)| {
        WORDS.networks.get(&network.to_lowercase())?;
        let rest = &words[place + 1..];
        let (is_said, name) = match rest {
            [":", name, ..] => (true, name),
            [name, ..] => (false, name),
            [] => return None,
        };
        let lower = name.to_lowercase();
        let is_word = WORDS.business.contains(&lower) || WORDS.around.contains(&lower);
        let is_name = name.chars().any(char::is_alphabetic) && !is_word;
        (is_name && (is_said || lower == *name)).then(|| format!("{} {lower}", network.to_lowercase()))
    })
}

/// `name@host.domain`, also with the sign written out in brackets.
fn mail(text: &str) -> Option<String> {
    let is_host = |host: &str| host.trim_end_matches('.').contains('.');
    let is_mail = |word: &&str| {
        word.split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !name.contains('/') && is_host(host))
    };
    let written_out = || {
        ["(at)", "[at]", "{at}"].iter().find_map(|sign| {
            let (name, rest) = text.split_once(sign)?;
            let host = rest.split_whitespace().next()?;
            let name = name.split_whitespace().next_back()?;
            is_host(host).then(|| format!("{name}{sign}{host}"))
        })
    };
    words_of(text).find(is_mail).map(str::to_owned).or_else(written_out)
}

/// A page of somebody's own: `t.me/name`.
fn profile(text: &str) -> Option<String> {
    WORDS.profiles.iter().find_map(|host| {
        let at = text.find(host.as_str())?;
        let starts = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '-');
        let name: String = text[at + host.len()..].chars().take_while(|c| !c.is_whitespace()).collect();
        (starts && !name.is_empty()).then(|| format!("{host}{name}"))
    })
}

/// A number of a customer or a document, also where it stands at its word (`uid881234`).
fn number(text: &str) -> Option<String> {
    let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    parts.iter().enumerate().find_map(|(place, word)| {
        let word_alone = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let enough = WORDS.numbered.get(word_alone)?;
        let rest = parts[place + 1..].iter().skip_while(|part| WORDS.before_number.contains(**part));
        let after: Vec<&str> = rest.copied().take_while(|part| digits(part) > 0).take(6).collect();
        let found = digits(word) + after.iter().map(|part| digits(part)).sum::<usize>();
        (found >= *enough).then(|| [&[*word], &after[..]].concat().join(" "))
    })
}

/// A number of a telephone: behind a plus, or in three or four groups as they are written.
fn telephone(text: &str) -> Option<String> {
    let is_digit = |c: char| c.is_ascii_digit();
    let is_of_a_number = |c: char| is_digit(c) || matches!(c, ' ' | '(' | ')' | '.' | '-');
    let (mut before, mut before_that) = (' ', ' ');
    for part in text.split_inclusive(|c: char| !is_of_a_number(c)) {
        let (number, after) = match part.char_indices().next_back() {
            Some((at, last)) if !is_of_a_number(last) => (&part[..at], last),
            _ => (part, ' '),
        };
        let groups: Vec<&str> =
            number.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        let digits: usize = lengths.iter().sum();
        // `2024-10-01 1200`
        let is_day = matches!(lengths[..], [4, 2, 2, ..]) && groups[0].starts_with(['1', '2']);
        let is_grouped = matches!(lengths[..], [1..=4, 2..=4, 4] | [1..=3, 2..=4, 2..=4, 4])
            && (10..=13).contains(&digits)
            && !(before.is_alphanumeric() && number.starts_with(is_digit))
            && !(after.is_alphanumeric() && number.ends_with(is_digit))
            && !is_day;
        if is_grouped || (before == '+' && !before_that.is_alphanumeric() && digits >= 9) {
            return Some(number.trim().to_owned());
        }
        (before_that, before) = (number.chars().next_back().unwrap_or(before), after);
    }
    None
}

/// An IBAN, whole or in groups of four: two letters, two digits that check it (ISO 7064, mod 97), and up to 30 more.
fn bank_account(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (0..words.len()).find_map(|first| {
        let mut whole = words[first].to_owned();
        for word in &words[first + 1..] {
            if is_iban(&whole) || !whole.len().is_multiple_of(4) {
                break;
            }
            whole.push_str(word);
        }
        is_iban(&whole).then_some(whole)
    })
}

fn is_iban(text: &str) -> bool {
    let (Some((head, rest)), 15..=34) = (text.split_at_checked(4), text.len()) else { return false };
    let (country, check) = head.split_at(2);
    let is_formed =
        country.bytes().all(|c| c.is_ascii_alphabetic()) && check.bytes().all(|c| c.is_ascii_digit());
    let digits = rest.chars().chain(head.chars()).map(|c| c.to_digit(36));
    let sum = digits.flatten().fold(0, |sum, digit| (sum * if digit < 10 { 10 } else { 100 } + digit) % 97);
    is_formed && sum == 1
}

//! What must not be in a pack.
//!
//! Labels are of businesses, protocols, groups and crimes. A natural person is named only where a government has
//! sanctioned, indicted or convicted them, and then by the government's own reference. Victims' and customers' data (user
//! numbers, handles, names of a name service) are in no pack.

use crate::{
    Family,
    label::{Label, Nature},
};

/// Concepts of rows about private persons, and the tags of `TrueBlocks` for individuals.
const PERSONS: &[&str] =
    &["user", "individual", "person", "private", "personal", "90_individuals", "91_celebrities"];

/// Ends of names that a name service gives to people and to anybody else.
const NAME_SERVICES: &[&str] = &[
    ".eth",
    ".lens",
    ".sol",
    ".bnb",
    ".crypto",
    ".nft",
    ".wallet",
    ".x",
    ".dao.eth",
    ".base.eth",
    ".cb.id",
    ".near",
];

/// Words before a number of a customer or a document.
const NUMBERED: &[&str] = &[
    "user", "uid", "userid", "user_id", "account", "customer", "passport", "id", "teudat", "phone", "tel",
    "telegram", "twitter",
];

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
    let concept: String = label
        .concept
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if PERSONS.contains(&concept.as_str()) && !Family::of(&label.provenance.source).authority {
        return Err(Forbidden::Person(label.concept.clone()));
    }
    // A token's ticker is nobody's name, whatever it imitates.
    if label.nature == Nature::Asset {
        return Ok(());
    }
    for text in [Some(&label.label), label.entity.as_ref()].into_iter().flatten() {
        let lower = text.to_lowercase();
        if let Some(name) = lower.split_whitespace().find(|word| is_name_of_a_service(word)) {
            return Err(Forbidden::NameService(name.to_owned()));
        }
        if let Some(handle) = handle(&lower) {
            return Err(Forbidden::Handle(handle.to_owned()));
        }
    }
    Ok(())
}

/// A name with something before its end, as `vitalik.eth`. What stands in brackets or ends a sentence is looked at too.
fn is_name_of_a_service(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    NAME_SERVICES.iter().any(|end| word.strip_suffix(end).is_some_and(|name| !name.is_empty()))
}

fn handle(text: &str) -> Option<&str> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')')).collect();
    let at = |word: &&&str| match word.split_once('@') {
        // `@name`, and `name@host.domain`.
        Some((name, rest)) => rest.len() > 1 && (name.is_empty() || rest.contains('.')),
        None => false,
    };
    if let Some(found) = words.iter().find(at) {
        return Some(found);
    }
    let parts: Vec<&str> =
        text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|part| !part.is_empty()).collect();
    let is_number = |part: &str| part.len() >= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.windows(2).find(|pair| NUMBERED.contains(&pair[0]) && is_number(pair[1])).map(|pair| pair[1])
}

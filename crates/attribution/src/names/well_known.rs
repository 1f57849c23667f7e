//! Organisations that are known around the world, and not listed: "Standard Chartered" is no slip for "National Standard
//! Bank".

use std::{collections::HashSet, sync::LazyLock};

use super::{Name, NameIndex, Term, legal_forms, normal::normal};

/// Their names; where they come from stands in the file.
const TABLE: &str = include_str!("data/well-known.txt");
/// Words of a name that are looked at.
const MOST_WORDS: usize = 40;

static NAMES: LazyLock<HashSet<Vec<String>>> = LazyLock::new(|| {
    let names = TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(';'));
    names.map(|name| sorted(&normal(name, MOST_WORDS).tokens)).filter(|words| !words.is_empty()).collect()
});

/// The words without articles, in order.
fn sorted(tokens: &[String]) -> Vec<String> {
    let kept = tokens.iter().filter(|token| !Term::new(token, 1.0).is_filler());
    let mut words: Vec<String> = kept.cloned().collect();
    words.sort_unstable();
    words
}

/// The words of a name with and without legal forms at its ends: "Chartered" and "Trust" are some, and words of names.
fn with_and_without_forms(tokens: &[String]) -> impl Iterator<Item = Vec<String>> {
    let forms = legal_forms::all_forms(tokens);
    let is_form = move |place: usize| forms & (1 << (place & 63)) != 0;
    let length = tokens.len();
    let first = (0..length).take_while(move |&place| is_form(place)).count();
    let last = (0..length).rev().take_while(move |&place| is_form(place)).count();
    (0..=last).flat_map(move |behind| {
        (0..=first)
            .filter(move |before| before + behind < length)
            .map(move |before| sorted(&tokens[before..length - behind]))
    })
}

/// The words of the one of them that a text names, with a legal form or without; `None` for others. A place is part of a name:
/// "Rason International Commercial Bank" is listed, and "Commercial International Bank" is not.
pub(super) fn known(text: &str) -> Option<Vec<String>> {
    with_and_without_forms(&normal(text, MOST_WORDS).tokens).find(|words| NAMES.contains(words))
}

impl NameIndex {
    /// Whether a listed name is an organisation's with other words than these.
    pub(super) fn is_other_organisation(&self, name: Name<'_>, words: &[String]) -> bool {
        let texts: Vec<String> = name.tokens.iter().map(|&word| self.term(word).text().to_owned()).collect();
        name.is_organisation() && !with_and_without_forms(&texts).any(|own| own == words)
    }
}

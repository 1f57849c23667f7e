//! Whether a question is a person's name by its words.

use super::{NameIndex, ORGANISATION, Term, legal_forms, ordinary, question};

/// Most words of a person's name.
const MAX_WORDS: usize = 4;
/// Letters of a legal form that a family name may have.
const SHORT_FORM: usize = 3;
/// Ends of family names that few other words have, as they are transliterated.
const FAMILY_ENDS: &[&str] = &["chuk", "dze", "enko", "ev", "eva", "ov", "ova", "shvili", "yan"];
/// Letters before such an end.
const STEM: usize = 3;
/// Names that are looked at for a given name.
const MOST_NAMES: usize = 2_000;

impl NameIndex {
    /// Whether all words may be names of a person, and one is a given name or ends as family names do, or all are ordinary
    /// names.
    pub(super) fn is_person(&self, tokens: &[String], forms: u64) -> bool {
        let may_be = |token: &String| {
            let term = Term::new(token, 1.0);
            let is_plain = token.bytes().all(|letter| letter.is_ascii_lowercase());
            is_plain && (term.may_tell() || term.is_initial() || term.is_particle() || token == "and")
        };
        (2..=MAX_WORDS).contains(&tokens.len())
            && forms == 0
            && tokens.iter().all(may_be)
            && !question::is_beside(tokens).contains(&true)
            && (tokens.iter().any(|token| self.is_given(token) || ends_as_family(token))
                || tokens.iter().all(|token| token == "and" || ordinary::is_family(token)))
    }

    /// The legal forms in a question. "Sá" behind a given name is a family's, where "Marina SA" is a company.
    pub(super) fn forms_asked(&self, query: &str, tokens: &[String]) -> u64 {
        let forms = legal_forms::forms_asked(tokens);
        let last = query.split_whitespace().last().unwrap_or_default();
        let mut letters = last.chars();
        let is_name = letters.next().is_some_and(char::is_uppercase)
            && (1..SHORT_FORM).contains(&letters.clone().count())
            && letters.all(char::is_lowercase);
        if tokens.len() == 2 && forms == 2 && is_name && self.is_given(&tokens[0]) { 0 } else { forms }
    }

    /// Whether people are called so.
    pub(super) fn is_ordinary(&self, token: &str) -> bool {
        let is_persons = |&name: &u32| self.kinds[name as usize] & ORGANISATION == 0;
        let on_lists = || self.word(token).is_some_and(|word| self.names_with(word).iter().any(is_persons));
        ordinary::is_given(token) || ordinary::is_family(token) || ends_as_family(token) || on_lists()
    }

    /// Whether it is a given name: an ordinary one, or a listed person's.
    fn is_given(&self, token: &str) -> bool {
        let of_list = |word: u32| {
            self.names_with(word).iter().take(MOST_NAMES).any(|&name| {
                let (name, comma) = (self.name(name), self.names[name as usize].before_comma as usize);
                !name.is_organisation() && comma > 0 && name.tokens.get(comma) == Some(&word)
            })
        };
        ordinary::is_given(token) || self.word(token).is_some_and(of_list)
    }
}

/// Whether a word ends as family names do: "Asatryan", "Kuznetsov".
fn ends_as_family(word: &str) -> bool {
    let stem = FAMILY_ENDS.iter().filter_map(|end| word.strip_suffix(end)).min_by_key(|stem| stem.len());
    stem.is_some_and(|stem| stem.len() >= STEM)
}

//! The names that a query is searched as.

use super::{
    MAX_TOKENS, NameError, labelled, lookalike,
    normal::normal,
    question::{self, Reading},
    side_by_side, split, stuck, written,
};

/// Longest query, in bytes.
pub(super) const MAX_QUERY_BYTES: usize = 1_000;
/// Most names that a query is searched as.
const MAX_ASKED: usize = 2 * MAX_TOKENS;
/// Most readings that those are searched as.
pub(super) const MAX_READINGS: usize = 3 * MAX_TOKENS;
/// Fewest bytes of letters and digits in one of several names of a query.
const LEAST_PART: usize = 3;

/// Each name that a query is searched as.
pub(super) fn asked(query: &str) -> Result<Vec<Reading>, NameError> {
    let too_long = |length, unit, limit| Err(NameError::TooLong { length, unit, limit });
    if query.len() > MAX_QUERY_BYTES {
        return too_long(query.len(), "bytes", MAX_QUERY_BYTES);
    }
    let read = written::readings(query);
    let count = |text: &str| normal(text, usize::MAX).tokens.len();
    if count(query) == 0 && read.iter().all(|text| count(text) == 0) {
        return Err(NameError::Empty { query: query.to_owned() });
    }
    // What is written letter by letter has as many words as what it stands for.
    let texts: Vec<&str> = std::iter::once(query)
        .chain(read.iter().map(String::as_str))
        .filter(|text| count(text) <= MAX_TOKENS)
        .collect();
    if texts.is_empty() {
        return too_long(count(query), "words", MAX_TOKENS);
    }
    let mut names: Vec<Reading> = Vec::new();
    for text in texts {
        names.extend(labelled::name(text).map(|text| Reading { text, part: false, beside: false }));
        for (place, name) in split::asked(text).into_iter().enumerate() {
            let telling = name.chars().filter(|letter| letter.is_alphanumeric());
            // A letter or two between separators are no name.
            if place > 0 && telling.map(char::len_utf8).sum::<usize>() < LEAST_PART
                || names.iter().any(|known| known.text == name)
            {
                continue;
            }
            let latin = lookalike::as_latin(&name).map(|text| Reading { text, part: false, beside: false });
            let others = side_by_side::parts(&name).into_iter().map(|text| Reading {
                text,
                part: true,
                beside: false,
            });
            let others = others.collect::<Vec<_>>();
            let bare =
                stuck::readings(&name).into_iter().map(|text| Reading { text, part: false, beside: false });
            let bare = bare.collect::<Vec<_>>();
            names.push(Reading { text: name.into_owned(), part: false, beside: false });
            names.extend(latin.into_iter().chain(bare).chain(others));
        }
    }
    if names.len() > MAX_ASKED {
        return too_long(names.len(), "names", MAX_ASKED);
    }
    let mut readings = question::readings(names, MAX_READINGS);
    if readings.len() > MAX_READINGS {
        return too_long(readings.len(), "readings", MAX_READINGS);
    }
    // "Bluebell Toys, LLC" does not ask for whoever is called "LLC".
    let is_whole = |text: &str| text == query || read.iter().any(|whole| whole == text);
    readings.retain(|reading| {
        is_whole(&reading.text) || !question::tells_nothing(&normal(&reading.text, MAX_TOKENS).tokens)
    });
    Ok(readings)
}

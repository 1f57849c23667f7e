//! Words of dictionaries that firms everywhere are called by.

use std::{collections::HashSet, sync::LazyLock};

/// The words; where they come from stands in the file.
const TABLE: &str = include_str!("data/ordinary-words.txt");

static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(' ')).filter(|word| !word.is_empty()).collect()
});

/// Whether a word, as it is compared, is one that many firms have in their names.
pub(super) fn is_word(word: &str) -> bool {
    WORDS.contains(word)
}

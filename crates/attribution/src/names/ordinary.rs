//! Words that are ordinary names of people.

use std::{collections::HashSet, sync::LazyLock};

use super::similarity::fold;

/// Given and family names; where they come from stands in the file.
const TABLE: &str = include_str!("data/ordinary-names.txt");

/// Names without the differences between romanisations: given ones, family ones.
static NAMES: LazyLock<[HashSet<String>; 2]> = LazyLock::new(|| {
    let mut names = [HashSet::new(), HashSet::new()];
    let mut section = 0;
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        match line {
            "[given]" => section = 0,
            "[family]" => section = 1,
            words => names[section].extend(words.split(' ').filter(|word| !word.is_empty()).map(fold)),
        }
    }
    names
});

/// Whether a word is an ordinary given name.
pub(super) fn is_given(word: &str) -> bool {
    NAMES[0].contains(&fold(word))
}

/// Whether a word is an ordinary family name.
pub(super) fn is_family(word: &str) -> bool {
    NAMES[1].contains(&fold(word))
}

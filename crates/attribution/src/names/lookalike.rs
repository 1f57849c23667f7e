//! Letters of one alphabet that look like those of another: "Мellаt" with Cyrillic М and а reads as "Mellat".

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// Letters that the Unicode tables liken to other than plain Latin letters, or not at all, and what they pass for.
const LETTERS: &[(char, char)] = &[
    ('В', 'B'),
    ('в', 'b'),
    ('К', 'K'),
    ('к', 'k'),
    ('м', 'm'),
    ('Н', 'H'),
    ('н', 'h'),
    ('т', 't'),
    ('І', 'I'),
    ('Ӏ', 'I'),
    ('ӏ', 'l'),
    ('Ё', 'E'),
    ('ё', 'e'),
    ('Ї', 'I'),
    ('ї', 'i'),
    ('г', 'r'),
    ('и', 'u'),
    ('п', 'n'),
    ('У', 'Y'),
    ('Ι', 'I'),
    ('α', 'a'),
    ('η', 'n'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('ν', 'v'),
    ('τ', 't'),
    ('υ', 'u'),
    ('χ', 'x'),
    ('ω', 'w'),
];

/// Alphabets with letters that look alike, by their ranges.
const ALPHABETS: &[(u32, u32, u8)] = &[
    (0x0041, 0x02af, b'L'),
    (0x0370, 0x03ff, b'G'),
    (0x0400, 0x052f, b'C'),
    (0x0530, 0x058f, b'A'),
    (0x10a0, 0x10ff, b'K'),
    (0x13a0, 0x13ff, b'T'),
    (0x1c80, 0x1c8f, b'C'),
    (0x1d00, 0x1d25, b'L'),
    (0x1e00, 0x1eff, b'L'),
    (0x1f00, 0x1fff, b'G'),
    (0x2c60, 0x2c7f, b'L'),
    (0x2c80, 0x2cff, b'O'),
    (0x2de0, 0x2dff, b'C'),
    (0xa4d0, 0xa4ff, b'S'),
    (0xa640, 0xa69f, b'C'),
    (0xa720, 0xa7ff, b'L'),
    (0xab70, 0xabbf, b'T'),
];

fn alphabet(character: char) -> Option<u8> {
    let number = u32::from(character);
    let found = ALPHABETS.iter().find(|&&(first, last, _)| (first..=last).contains(&number));
    found.filter(|_| character.is_alphabetic()).map(|&(_, _, alphabet)| alphabet)
}

/// The first word with letters of two alphabets, which nobody writes but to mislead or by a slip.
pub(super) fn mixed_word(name: &str) -> Option<String> {
    let composed: String = name.nfkc().filter(|character| !super::normal::is_unseen(*character)).collect();
    let is_mixed = |word: &&str| {
        let mut alphabets = word.chars().filter_map(alphabet);
        let first = alphabets.next();
        alphabets.any(|alphabet| Some(alphabet) != first)
    };
    composed.split(|character: char| !character.is_alphanumeric()).find(is_mixed).map(str::to_owned)
}

/// The name in the Latin letters it looks like, where it has letters of another alphabet that do: words with Latin
/// letters among them, all words of a name with such a word, and a name that looks Latin throughout.
pub(super) fn as_latin(name: &str) -> Option<String> {
    let composed: String = name.nfkc().filter(|character| !super::normal::is_unseen(*character)).collect();
    let is_other = |character: char| alphabet(character).is_some_and(|alphabet| alphabet != b'L');
    if !composed.chars().any(is_other) {
        return None;
    }
    let is_whole = composed.chars().all(|character| !is_other(character) || look(character).is_some());
    if !is_whole && mixed_word(&composed).is_none() {
        return None;
    }
    let mut latin = String::with_capacity(composed.len());
    for character in composed.chars() {
        match look(character).filter(|_| is_other(character)) {
            Some(look) => latin.push_str(&look),
            None => latin.push(character),
        }
    }
    Some(latin)
}

/// The plain Latin letters that a letter looks like.
fn look(character: char) -> Option<String> {
    if let Some((_, latin)) = LETTERS.iter().find(|(letter, _)| *letter == character) {
        return Some(latin.to_string());
    }
    let own = character.to_string();
    // Accents say nothing here. The tables have "rn" for all that looks like "m".
    let base: String = skeleton(&own).filter(|part| !is_accent(*part)).collect();
    let is_latin = !base.is_empty() && base.chars().all(|part| part.is_ascii_alphabetic());
    is_latin.then(|| base.replace("rn", "m"))
}

const fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_two_alphabets_are_read_by_their_shape() {
        for (name, latin) in [
            ("Ваnk Мellаt", "Bank Mellat"),
            ("Неzbоllаh", "Hezbollah"),
            ("Ѕim Hуоn Ѕор", "Sim Hyon Sop"),
            ("Lαzαrυs Grουp", "Lazarus Group"),
        ] {
            assert_eq!(as_latin(name).as_deref(), Some(latin), "{name}");
            assert!(mixed_word(name).is_some(), "{name}");
        }
        assert_eq!(as_latin("Росс").as_deref(), Some("Pocc"));
    }

    #[test]
    fn names_of_one_alphabet_are_left_alone() {
        for name in ["Sim Hyon Sop", "José Núñez", "Владимир Путин", "Νίκος Ψαρρός", "김정은", "حزب الله"]
        {
            assert_eq!((as_latin(name), mixed_word(name)), (None, None), "{name}");
        }
        assert_eq!(mixed_word("Иван Ivan 3М"), None);
    }
}

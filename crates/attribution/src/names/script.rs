//! Which scripts can be compared with the Latin spellings of lists, and which cannot.

use super::{abjad, han, lookalike, normal};

/// Scripts whose letters are transliterated one by one, or read by tables of their own.
const COMPARED: &[(u32, u32)] = &[
    // Latin and its extensions, phonetic letters.
    (0x0041, 0x02ff),
    // Greek and Cyrillic.
    (0x0370, 0x052f),
    // Armenian.
    (0x0530, 0x058f),
    // Georgian.
    (0x10a0, 0x10ff),
    // Georgian capitals, Cyrillic and phonetic extensions.
    (0x1c80, 0x1cbf),
    (0x1d00, 0x1dbf),
    // More Latin and Greek.
    (0x1e00, 0x1fff),
    (0x2c60, 0x2c7f),
    (0x2d00, 0x2d2f),
    (0x2de0, 0x2dff),
    (0xa640, 0xa69f),
    (0xa720, 0xa7ff),
    // Korean syllables, and letters that make such.
    (0x1100, 0x11ff),
    (0xac00, 0xd7a3),
    // Ligatures, full-width Latin letters.
    (0xfb00, 0xfb17),
    (0xff21, 0xff5a),
];

/// Longest name of a person in syllables.
const MAX_SYLLABLES: usize = 4;

/// Names of scripts that cannot be compared, by their range.
const OTHERS: &[(u32, u32, &str)] = &[
    (0x0700, 0x074f, "Syriac"),
    (0x0780, 0x07bf, "Thaana"),
    (0x0900, 0x097f, "Devanagari"),
    (0x0980, 0x09ff, "Bengali"),
    (0x0a00, 0x0a7f, "Gurmukhi"),
    (0x0a80, 0x0aff, "Gujarati"),
    (0x0b00, 0x0b7f, "Odia"),
    (0x0b80, 0x0bff, "Tamil"),
    (0x0c00, 0x0c7f, "Telugu"),
    (0x0c80, 0x0cff, "Kannada"),
    (0x0d00, 0x0d7f, "Malayalam"),
    (0x0d80, 0x0dff, "Sinhala"),
    (0x0e00, 0x0e7f, "Thai"),
    (0x0e80, 0x0eff, "Lao"),
    (0x0f00, 0x0fff, "Tibetan"),
    (0x1000, 0x109f, "Burmese"),
    (0x1200, 0x139f, "Ethiopic"),
    (0x1780, 0x17ff, "Khmer"),
    (0x1800, 0x18af, "Mongolian"),
    (0x3041, 0x30ff, "Japanese kana"),
    (0x3131, 0x318e, "Hangul letters that make no syllables"),
    (0x31f0, 0x31ff, "Japanese kana"),
    (0xffa0, 0xffdc, "Hangul letters that make no syllables"),
    (0xff66, 0xff9f, "Japanese kana"),
];

/// The script of a name that cannot be compared with the Latin spellings of lists, so that finding nothing says nothing
/// about it; `None` where all of it was compared. Such a name is still compared with names of its own script.
pub fn not_compared(name: &str) -> Option<&'static str> {
    name.chars().filter(|character| !normal::is_unseen(*character)).find_map(script_of)
}

/// Alphabets whose letters are read one by one, while lists spell the same sounds by other rules.
const HALF_COMPARED: &[(u32, u32, &str)] = &[
    (0x0370, 0x03ff, "Greek"),
    (0x1f00, 0x1fff, "Greek"),
    (0x0531, 0x058f, "Armenian"),
    (0x0590, 0x05ff, "Hebrew"),
    (0xfb13, 0xfb17, "Armenian"),
    (0xfb1d, 0xfb4f, "Hebrew"),
    (0x10a0, 0x10ff, "Georgian"),
    (0x1c90, 0x1cbf, "Georgian"),
    (0x2d00, 0x2d2f, "Georgian"),
];

/// The script of a name that is compared letter by letter, so that a listed one may be missed: finding nothing does not
/// clear it.
pub fn half_compared(name: &str) -> Option<&'static str> {
    name.chars().filter(|character| character.is_alphabetic()).find_map(|character| {
        let number = u32::from(character);
        let found = HALF_COMPARED.iter().find(|&&(first, last, _)| (first..=last).contains(&number));
        found.map(|(_, _, script)| *script)
    })
}

/// The first word of a name with letters of alphabets that look alike, such as a Latin word with a Cyrillic letter. It is
/// compared by its shape too, but what it is meant to say is anybody's guess.
pub fn mixed_word(name: &str) -> Option<String> {
    lookalike::mixed_word(name)
}

fn script_of(character: char) -> Option<&'static str> {
    if !character.is_alphabetic() || abjad::is_abjad(character) {
        return None;
    }
    if han::is_han(character) {
        return han::is_unread(character).then_some("Chinese characters without a known reading");
    }
    let number = u32::from(character);
    if COMPARED.iter().any(|&(first, last)| (first..=last).contains(&number)) {
        return None;
    }
    let named = OTHERS.iter().find(|&&(first, last, _)| (first..=last).contains(&number));
    Some(named.map_or("a script without known readings", |(_, _, name)| name))
}

/// Whether a name has Latin letters.
pub(crate) fn in_latin(name: &str) -> bool {
    name.chars().any(|character| character.is_alphabetic() && character < '\u{250}')
}

/// Whether a name is written in a script that is compared by readings: Arabic, Hebrew, Hangul or Chinese characters.
pub(super) fn is_other(name: &str) -> bool {
    let is = |character: char| abjad::is_abjad(character) || han::is_han(character) || is_hangul(character);
    !in_latin(name) && name.chars().any(is)
}

/// Whether a name is written in a few Hangul syllables or Chinese characters throughout, as persons' names are.
pub(super) fn in_syllables(name: &str) -> bool {
    let letters = || name.chars().filter(|character| character.is_alphanumeric());
    letters().count() <= MAX_SYLLABLES
        && letters().all(|character| han::is_han(character) || is_hangul(character))
}

/// Whether a name has Hangul syllables or Chinese characters.
pub(super) fn has_syllables(name: &str) -> bool {
    name.chars().any(|character| han::is_han(character) || is_hangul(character))
}

const fn is_hangul(character: char) -> bool {
    matches!(character, '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_readings_is_named() {
        for name in [
            "Kim Jong-un",
            "Владимир",
            "Νίκος",
            "გიორგი",
            "حسین",
            "דוד",
            "김정은",
            "李家东",
            "Anna \u{1f600}",
        ] {
            assert_eq!(not_compared(name), None, "{name}");
        }
        for name in ["キム・ジョンウン", "やまだ", "ｷﾑ"] {
            assert_eq!(not_compared(name), Some("Japanese kana"), "{name}");
        }
        assert_eq!(not_compared("ㄱㅣㅁㅈㅓㅇㅇㅡㄴ"), Some("Hangul letters that make no syllables"));
        assert_eq!(not_compared("สมชาย"), Some("Thai"));
        assert_eq!(not_compared("Ravi राम"), Some("Devanagari"));
        assert_eq!(not_compared("𞤀𞤣"), Some("a script without known readings"));
    }
}

//! Texts in plain letters: as they look, however they are written.
//!
//! A phrase that opens an account opens it for whoever gets it signed to the letter; a text that looks like it and is written
//! otherwise opens nothing there, but is shown to somebody who is to believe that it is the other one, or is read by a program
//! that folds letters too. Wide letters, letters of other scripts that look the same, accents, what cannot be seen, and the
//! case are folded.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::confusable_detection::skeleton;

/// Small capitals, as other scripts' letters often look.
const SMALL_CAPITALS: &[(char, char)] = &[
    ('ᴀ', 'a'),
    ('ʙ', 'b'),
    ('ᴄ', 'c'),
    ('ᴅ', 'd'),
    ('ᴇ', 'e'),
    ('ꜰ', 'f'),
    ('ɢ', 'g'),
    ('ʜ', 'h'),
    ('ɪ', 'i'),
    ('ᴊ', 'j'),
    ('ᴋ', 'k'),
    ('ĸ', 'k'),
    ('ʟ', 'l'),
    ('ᴍ', 'm'),
    ('ɴ', 'n'),
    ('ᴏ', 'o'),
    ('ᴘ', 'p'),
    ('ʀ', 'r'),
    ('ꜱ', 's'),
    ('ᴛ', 't'),
    ('ᴜ', 'u'),
    ('ᴠ', 'v'),
    ('ᴡ', 'w'),
    ('ʏ', 'y'),
    ('ᴢ', 'z'),
];

/// Zero-width characters, and those that turn the direction of writing.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
}

/// A text in small letters that look as its own, with its punctuation and white space.
pub(crate) fn letters(text: &str) -> String {
    if text.is_ascii() {
        return text
            .chars()
            .filter(|c| !c.is_control() || c.is_whitespace())
            .collect::<String>()
            .to_ascii_lowercase();
    }
    // Selectors of a letter's form stand behind many a picture, and hide nothing.
    let is_blank =
        |c: char| matches!(c, '\u{2800}' | '\u{fe00}'..='\u{fe0f}') || is_hidden(c) || c.is_control();
    let seen = |c: &char| !is_combining_mark(*c) && (!is_blank(*c) || c.is_whitespace());
    text.nfkd().filter(seen).map(letter).collect()
}

/// Letters and digits alone, and those that are taken for each other as one: for phrases that are looked for.
pub(crate) fn squeezed(text: &str) -> String {
    let alike = |c: char| match c {
        'i' | '1' | '|' => 'l',
        '0' => 'o',
        c => c,
    };
    let plain: String = letters(text).chars().map(alike).filter(|c| c.is_alphanumeric()).collect();
    plain.replace("rn", "m").replace("vv", "w")
}

/// As [`squeezed`], of names as short as tickers: digits and signs of money are the letters that they are written for too.
pub(crate) fn ticker(name: &str) -> String {
    let signs = |c: char| match c {
        '$' => 's',
        '€' => 'e',
        '₮' => 't',
        '@' => 'a',
        c => c,
    };
    let alike = |c: char| match c {
        '2' => 'z',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '6' | '9' => 'g',
        '7' => 't',
        '8' => 'b',
        c => c,
    };
    squeezed(&name.chars().map(signs).collect::<String>()).chars().map(alike).collect()
}

fn letter(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let as_ascii = |c: char| {
        let written = c.to_string();
        let mut looks = skeleton(&written)
            .map(|c| SMALL_CAPITALS.iter().find(|(small, _)| *small == c).map_or(c, |(_, plain)| *plain));
        let first = looks.next().filter(char::is_ascii)?;
        looks.next().is_none().then(|| first.to_ascii_lowercase())
    };
    // As written: large letters look like others than small ones do. What looks like a small L is a large I, where it is large.
    let small = c.to_lowercase().next().unwrap_or(c);
    match as_ascii(c) {
        Some('l') if c.is_uppercase() => 'i',
        Some(plain) => plain,
        None => as_ascii(small).unwrap_or(small),
    }
}

/// Whether blanks stand where nobody puts them to be read: several within a line or at its end, tabs, or many empty lines. By two
/// kinds of what cannot be seen any text can be written.
pub(crate) fn has_odd_blanks(text: &str) -> bool {
    /// Blanks next to each other, or more often fewer.
    const MOST: usize = 4;
    const OFTEN: usize = 8;
    let mut pairs = 0;
    let mut is_odd = text.contains("\n\n\n\n");
    for line in text.lines() {
        let line = line.trim_start_matches(' ');
        is_odd |= line.contains('\t') || line.contains(&" ".repeat(MOST + 1)) || line.ends_with("  ");
        pairs += line.matches("  ").count();
    }
    let indents = text.lines().map(|line| line.len() - line.trim_start_matches(' ').len());
    is_odd || pairs > OFTEN || indents.max().unwrap_or_default() > 2 * OFTEN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_look_the_same_are_the_same() {
        for text in [
            "Access zkSync account",
            "ACCESS ZKSYNC ACCOUNT",
            "\u{410}cc\u{435}ss zkS\u{443}nc acc\u{43e}unt",
            "\u{391}\u{421}\u{421}\u{415}\u{405}\u{405} \u{396}\u{39a}S\u{423}\u{39d}\u{421} \u{410}\u{421}\u{421}\u{41e}UN\u{422}",
            "\u{ff21}ccess zkSync account",
            "Acc\u{200b}ess zk\u{2060}Sync acc\u{ad}ount",
            "Access\n\n  zkSync\taccount",
            "A\u{301}ccess zkSync acc\u{f6}unt",
            "\u{1d400}ccess zkSync account",
            "Access zkSync acc0unt",
            "Acc\u{fe0f}ess zk\u{2800}Sync account",
        ] {
            assert_eq!(squeezed(text), "accesszksyncaccount", "{text}");
        }
        assert_eq!(letters("\u{406} agr\u{435}e to SELL"), "i agree to sell");
        assert_eq!(squeezed("Viewing"), squeezed("V1ew\u{456}ng"));
        assert_eq!(letters("Привет"), letters("привет"));
    }
}

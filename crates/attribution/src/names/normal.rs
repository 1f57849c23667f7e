//! From a written name to plain tokens.

use deunicode::deunicode_char;
use unicode_normalization::UnicodeNormalization;

use super::{abjad, han};

/// A name as tokens: lower-case Latin ones, and words of the scripts that leave out vowels as they are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Normal {
    pub(super) tokens: Vec<String>,
    /// How many of them stand before the first comma; 0 without a comma.
    pub(super) before_comma: usize,
}

/// Abbreviations, and what lists write out.
const WRITTEN_OUT: &[(&str, &str)] = &[
    ("assn", "association"),
    ("assoc", "association"),
    ("bldg", "building"),
    ("bros", "brothers"),
    ("co", "company"),
    ("corp", "corporation"),
    ("dept", "department"),
    ("engg", "engineering"),
    ("grp", "group"),
    ("inc", "incorporated"),
    ("intl", "international"),
    ("ltd", "limited"),
    ("mfg", "manufacturing"),
    ("mgmt", "management"),
    ("natl", "national"),
    ("svcs", "services"),
    ("tech", "technology"),
    ("telecom", "telecommunications"),
    ("tdg", "trading"),
    ("trdg", "trading"),
    ("univ", "university"),
];

/// A name as a search compares it, whatever the order of its words: two spellings that sound alike are equal.
pub(super) fn spelling(text: &str) -> Vec<String> {
    let mut words = normal(text, MOST_WORDS).tokens;
    words.sort_unstable();
    words
}

/// Words of a name that are compared for [`spelling`].
const MOST_WORDS: usize = 64;

/// Splits `text` into at most `limit` tokens. Letters of other scripts are transliterated, but for those without vowels
/// ([`abjad`]); a syllable of Hangul and a Chinese character are tokens of their own, as romanised names may put spaces
/// between them or not. Marks that are not seen (zero-width, of direction) count for nothing.
pub(super) fn normal(text: &str, limit: usize) -> Normal {
    let mut tokens: Vec<String> = Vec::new();
    let mut token = String::new();
    let mut before_comma = None;
    let end = |token: &mut String, tokens: &mut Vec<String>| {
        let (article, word) = abjad::without_article(token)
            .map_or(("", token.as_str()), |word| (&token[..token.len() - word.len()], word));
        for part in [article, word] {
            if !part.is_empty() && tokens.len() < limit {
                tokens.push(written_out(part));
            }
        }
        token.clear();
    };
    // Presentation forms of Arabic and full-width letters become plain ones, and signs would become letters.
    let unsigned = text.chars().map(|character| if is_sign(character) { ' ' } else { character });
    for character in unsigned.nfkc() {
        // Persian writes it between the parts of a name.
        if character == NON_JOINER && token.chars().next().is_some_and(abjad::is_abjad) {
            end(&mut token, &mut tokens);
        }
        if is_apostrophe(character) || is_unseen(character) {
            continue;
        }
        if abjad::is_abjad(character) {
            if token.chars().next().is_some_and(|first| !abjad::is_abjad(first)) {
                end(&mut token, &mut tokens);
            }
            match abjad::letter(character) {
                Some(letter) if letter.is_alphabetic() => token.push(letter),
                Some(digit) if digit.is_numeric() => token.extend(deunicode_char(digit)),
                Some(_) => end(&mut token, &mut tokens),
                None => {}
            }
            continue;
        }
        if token.chars().next().is_some_and(abjad::is_abjad) {
            end(&mut token, &mut tokens);
        }
        if character == ',' && before_comma.is_none() {
            end(&mut token, &mut tokens);
            before_comma = Some(tokens.len());
        }
        let alone = is_syllabic(character);
        if alone {
            end(&mut token, &mut tokens);
        }
        // What has no transliteration (a private character) separates, as punctuation does.
        for plain in deunicode_char(character).unwrap_or(" ").chars() {
            if plain.is_ascii_alphanumeric() {
                token.push(plain.to_ascii_lowercase());
            } else if plain != '\'' {
                end(&mut token, &mut tokens);
            }
        }
        if alone {
            end(&mut token, &mut tokens);
        }
    }
    end(&mut token, &mut tokens);
    Normal { tokens, before_comma: before_comma.unwrap_or(0) }
}

/// Signs that stand at a name and are none of its letters, though they could be transliterated: a trade mark's, the number
/// of a footnote, pictures and flags.
fn is_sign(character: char) -> bool {
    let is_raised = matches!(character, '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{2070}'..='\u{2089}' | '\u{2460}'..='\u{249b}')
        && !character.is_alphabetic();
    // Signs in the shape of letters, and those of no alphabet, beyond the marks that stand at letters.
    let is_picture = matches!(character, '\u{a2}'..='\u{a9}' | '\u{ac}' | '\u{ae}'..='\u{b1}' | '\u{b6}' | '\u{2100}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
        && !character.is_alphanumeric();
    is_raised || is_picture
}

fn written_out(token: &str) -> String {
    let found = WRITTEN_OUT.iter().find(|(short, _)| *short == token);
    found.map_or(token, |(_, long)| long).to_owned()
}

/// The abbreviations that are written out as `token`.
pub(super) fn short_forms(token: &str) -> Vec<&'static str> {
    WRITTEN_OUT.iter().filter(|(_, long)| *long == token).map(|(short, _)| *short).collect()
}

/// Keeps the letters at its sides from being joined.
const NON_JOINER: char = '\u{200c}';

/// Marks inside a word that people leave out as often as not.
fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '`' | '\u{b4}' | '\u{2bb}'..='\u{2bf}' | '\u{2018}' | '\u{2019}' | '\u{201b}')
}

/// Marks of direction, joiners and other characters without a shape.
pub(super) fn is_unseen(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Hangul syllables and Chinese characters.
fn is_syllabic(character: char) -> bool {
    matches!(character, '\u{ac00}'..='\u{d7a3}') || han::is_han(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        normal(text, usize::MAX).tokens
    }

    #[test]
    fn case_diacritics_and_punctuation_do_not_matter() {
        for (text, expected) in [
            ("SIM, Hyon-Sop", &["sim", "hyon", "sop"][..]),
            ("José  ÁLVAREZ-Núñez", &["jose", "alvarez", "nunez"]),
            ("Jose\u{301}", &["jose"]),
            ("AL-ZAWAHIRI, Dr. Ayman", &["al", "zawahiri", "dr", "ayman"]),
            ("Ma'mun Qur\u{2019}an", &["mamun", "quran"]),
            ("J.U. Kim", &["j", "u", "kim"]),
            ("Владимир Путин", &["vladimir", "putin"]),
            ("심현섭", &["sim", "hyeon", "seob"]),
            ("李家东", &["li", "jia", "dong"]),
            ("ＬＡＺＡＲＵＳ Grp.", &["lazarus", "group"]),
            ("A&B Co., Ltd", &["a", "b", "company", "limited"]),
            ("حسين القاسم", &["حسین", "ال", "قاسم"]),
            ("والاگه\u{202c}ر", &["والاگهر"]),
            ("سید\u{200c}حشمت", &["سید", "حشمت"]),
            ("Ki\u{200b}m", &["kim"]),
            ("Ki\u{200c}m", &["kim"]),
            ("K\u{17b4}i\u{180f}m\u{fffb}", &["kim"]),
            ("K\u{e0041}i\u{e01ef}m\u{3164}", &["kim"]),
            ("Garantex\u{2122} VTB\u{ae} SUEX\u{2120} Grinex\u{a9}", &["garantex", "vtb", "suex", "grinex"]),
            ("Garantex\u{b2} Grinex\u{2460}", &["garantex", "grinex"]),
            ("Kim\u{1f525}Jong\u{2764}\u{fe0f} \u{1f1f7}\u{1f1fa}Un", &["kim", "jong", "un"]),
            ("\u{1d40a}im \u{24bf}ong", &["kim", "jong"]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn the_place_of_the_first_comma_is_kept() {
        assert_eq!(normal("BIN LADIN, Usama", 9).before_comma, 2);
        assert_eq!(normal("Usama bin Ladin", 9).before_comma, 0);
    }

    #[test]
    fn nothing_to_compare_gives_no_token() {
        for text in ["", " ", "!?", "\u{200b}", "'"] {
            assert!(tokens(text).is_empty(), "{text:?}");
        }
    }
}

//! Texts that stand where a name should and are none: what programs write for nothing, numbers, addresses.

use tracehound_model::Pasted;

use super::{normal, written};

/// What programs, spreadsheets and people write where there is no name, in lower case.
const FILLED: &[&str] = &[
    "n/a",
    "#n/a",
    "n\\a",
    "n.a.",
    "<na>",
    "null",
    "(null)",
    "<null>",
    "\\n",
    "nil",
    "nan",
    "nat",
    "none",
    "(none)",
    "undefined",
    "unknown",
    "(unknown)",
    "not available",
    "not applicable",
    "not known",
    "no name",
    "noname",
    "name unknown",
    "anonymous",
    "missing",
    "blank",
    "(blank)",
    "empty",
    "(empty)",
    "tbd",
    "tba",
    "tbc",
    "xxx",
    "true",
    "false",
    "#ref!",
    "#value!",
    "#name?",
    "#div/0!",
    "#num!",
    "#null!",
    "#spill!",
    "#calc!",
    "#field!",
    "#error!",
    "#getting_data",
    "[object object]",
    "unbekannt",
    "k.a.",
    "keine angabe",
    "inconnu",
    "desconocido",
    "sconosciuto",
    "onbekend",
    "nieznany",
    "неизвестно",
    "неизвестный",
    "нет данных",
    "нет",
    "н/д",
    "н/a",
    "bilinmiyor",
    "غير معروف",
    "不明",
    "未知",
    "미상",
    "알 수 없음",
];
/// Most digits beside a single letter in the name of a company ("3M").
const FEW_DIGITS: usize = 2;
/// Characters and digits in one word from which it is a number of something.
const LONG: usize = 12;
const LEAST_DIGITS: usize = 5;

/// What a text is that can be nobody's name, in words that follow it; `None` where it may be a name.
pub fn no_name(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let plain = text.to_lowercase();
    if FILLED.contains(&plain.as_str()) || plain.starts_with("#ref") {
        return Some("is what is written where there is no name");
    }
    let shown = || text.chars().filter(|character| !normal::is_unseen(*character));
    let letters = shown().filter(|character| character.is_alphabetic()).count();
    let digits = shown().filter(|character| character.is_numeric()).count();
    let is_syllable = shown().any(|character| character.is_alphabetic() && !character.is_ascii());
    if letters == 0 {
        return Some(if digits > 0 { "is a number" } else { "has no letter" });
    }
    if letters == 1 && !is_syllable && !(1..=FEW_DIGITS).contains(&digits) {
        return Some("is a single letter");
    }
    if text.contains(char::is_whitespace) {
        return None;
    }
    if written::is_mail(text) {
        return Some("is the address of a mail");
    }
    if text.contains("://") {
        return Some("is the address of a page");
    }
    let is_plain =
        text.chars().all(|character| character.is_ascii_alphanumeric() || "-_:/+=.".contains(character));
    if Pasted::read(text).is_ok()
        || is_plain && text.len() >= LONG && digits >= LEAST_DIGITS && digits * 4 >= letters
    {
        return Some("is a number or an address");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_told() {
        for text in [
            "N/A",
            "NULL",
            "nan",
            "#REF!",
            "12345",
            "4",
            "4.5",
            "\u{1f600}",
            "\u{1f1f7}\u{1f1fa}",
            "-",
            "X",
            "Unknown",
            "[object Object]",
            "2024-01-01",
            "+7 495 123-45-67",
            "0x8576acc5c05d6ce88f4e49bf65bdf0c62f91353c",
            "DE89370400440532013000",
            "550e8400-e29b-41d4-a716-446655440000",
            "info@example.com",
            "https://example.com",
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        ] {
            assert!(no_name(text).is_some(), "{text}");
        }
        for text in [
            "3M",
            "H&M",
            "Na Li",
            "Li",
            "A7A5",
            "Nil Sagar",
            "Unit 61398",
            "7-Eleven",
            "김",
            "李",
            "28 Mall",
            "O2",
            "garantex.io",
            "True North",
            "APT38",
        ] {
            assert_eq!(no_name(text), None, "{text}");
        }
    }
}

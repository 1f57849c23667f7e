//! Names as files and machines write them: in codes of the web, in the wrong character set, in the lines of passports and
//! of airlines, letter by letter. What they stand for is searched beside what is written.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use encoding_rs::{Encoding, KOI8_R, WINDOWS_1251, WINDOWS_1252};

use super::normal;

/// Codes within codes that are looked into.
const ROUNDS: usize = 3;
/// Longest text that is read here; a longer one is refused as a question.
const MAX_TEXT: usize = 1_000;
/// Fewest letters of a text that is written letter by letter.
const LEAST_LETTERS: usize = 5;
/// Letters of a word that are all accented where Cyrillic was read as Latin.
const LEAST_ACCENTED: usize = 3;

/// Codes of characters without a shape.
const UNSEEN: &[&str] = &["shy", "zwj", "zwnj", "lrm", "rlm"];
/// What codes of letters with a mark end with.
const ACCENTS: &[&str] = &[
    "acute", "grave", "circ", "uml", "tilde", "cedil", "ring", "slash", "caron", "ogon", "breve", "macr",
    "strok", "dot", "dblac",
];

/// What a text stands for that is written in a code, most likely first; nothing where it is plain.
pub(super) fn readings(text: &str) -> Vec<String> {
    if text.len() > MAX_TEXT {
        return Vec::new();
    }
    let plain = decoded(text);
    let mut found: Vec<String> = Vec::new();
    let mut add = |reading: String| {
        let is_new = reading.trim() != text.trim() && !found.contains(&reading);
        if is_new && reading.chars().any(char::is_alphanumeric) {
            found.push(reading);
        }
    };
    if let Some(plain) = &plain {
        add(plain.clone());
    }
    let plain = plain.as_deref().unwrap_or(text);
    let forms = [passport_line, airline, spaced, camel, without_signs, without_mail];
    forms.iter().filter_map(|form| form(plain)).for_each(&mut add);
    in_cyrillic(plain).into_iter().chain(digits_as_letters(plain)).for_each(add);
    found
}

/// The text without the codes in it, where it has any.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut found = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        let steps: [fn(&str) -> Option<String>; 7] =
            [encoded_word, escapes, entities, without_tags, misread, turned, base64];
        let before = found.clone();
        for step in steps {
            if let Some(next) = step(&found) {
                found = Cow::Owned(next);
            }
        }
        if found == before {
            break;
        }
    }
    (found != text).then(|| found.into_owned())
}

/// What a name in a code was read as ("Kyu%20Kim" as "Kyu Kim"); `None` where it is plain.
pub fn read_as(name: &str) -> Option<String> {
    let plain = decoded(name);
    let text = plain.as_deref().unwrap_or(name);
    let forms = [passport_line, airline, spaced];
    forms.iter().find_map(|form| form(text)).or(plain).filter(|read| read.trim() != name.trim())
}

/// Why letters of a name cannot be told, in words that follow the name: they are lost, or written in a code that is not read.
pub fn garbled(name: &str) -> Option<&'static str> {
    let text = decoded(name);
    let text = text.as_deref().unwrap_or(name);
    let letters: Vec<char> = text.chars().filter(|letter| !normal::is_unseen(*letter)).collect();
    let is_letter = |at: Option<&char>| at.is_some_and(|letter| letter.is_alphabetic());
    let beside = |place: usize| {
        let before = place.checked_sub(1).and_then(|before| letters.get(before));
        (before, letters.get(place + 1))
    };
    let lost = |(place, letter): (usize, &char)| {
        let (before, after) = beside(place);
        match letter {
            '\u{fffd}' => true,
            '?' => {
                before == Some(&'?')
                    || is_letter(after) && before.is_none_or(|before| !before.is_whitespace())
            }
            other if is_unknown(*other) => is_letter(before) && is_letter(after),
            other => matches!(other, '\u{80}'..='\u{9f}') && *other != '\u{85}',
        }
    };
    if letters.iter().enumerate().any(lost) {
        return Some("has letters that were lost on the way");
    }
    if has_code(text) {
        return Some("is written in a code that is not read");
    }
    let accented = |word: &str| {
        let count = word.chars().count();
        let is_sign = |letter: char| matches!(letter, '\u{a1}'..='\u{ff}');
        count > LEAST_ACCENTED && word.chars().all(is_sign)
    };
    // UTF-8 that was read as another character set, with a letter missing.
    let is_half = |pair: &[char]| {
        let is_sign = !pair[1].is_ascii() && !pair[1].is_alphanumeric() && !pair[1].is_whitespace();
        matches!(pair[0], 'Ã' | 'Â' | 'Ð' | 'Ñ' | 'Ø' | 'Ù') && is_sign
    };
    let is_misread = letters.windows(2).any(is_half) || text.split_whitespace().any(accented);
    is_misread.then_some("is written in letters of another character set")
}

/// Whether codes are left that nothing here reads.
fn has_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    let hex = |place: usize, count: usize| {
        bytes.get(place..place + count).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let at = |place: usize| match bytes[place] {
        b'%' => hex(place + 1, 2),
        b'\\' => {
            let kind = bytes.get(place + 1);
            kind == Some(&b'x') && hex(place + 2, 2) || kind == Some(&b'u') && hex(place + 2, 4)
        }
        b'&' => entity(&text[place..]).is_some_and(|(_, length)| length > 0),
        b'=' => bytes.get(place + 1) == Some(&b'?') && text[place + 2..].contains("?="),
        _ => false,
    };
    (0..bytes.len()).any(at)
        || text
            .split(|at: char| !at.is_ascii_alphanumeric() && at != '-')
            .any(|word| word.starts_with("xn--"))
}

/// Neither a letter nor a sign that anybody knows: of private use, or not assigned.
fn is_unknown(character: char) -> bool {
    !character.is_ascii()
        && !character.is_alphanumeric()
        && !character.is_whitespace()
        && !matches!(character, '\u{80}'..='\u{9f}')
        && deunicode::deunicode_char(character).is_none_or(|plain| plain.contains('['))
}

/// The letters without signs between them that stand for nothing.
fn without_signs(text: &str) -> Option<String> {
    let stands_for_nothing = |character: char| character == '\u{fffd}' || is_unknown(character);
    let kept: String = text.chars().filter(|character| !stands_for_nothing(*character)).collect();
    (kept.len() < text.len()).then_some(kept)
}

/// "Kyu%20Kim", "=D0=9F", "\u041f", "\xd0\x9f": bytes and characters by their numbers.
fn escapes(text: &str) -> Option<String> {
    let number = |place: usize, count: usize| {
        let digits = text.get(place..place + count)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    // A lone "=AB" may be anything.
    let quoted = text.matches('=').count() > 1;
    let (mut bytes, mut place, mut is_any) = (Vec::new(), 0, false);
    let mut half: Option<u32> = None;
    while place < text.len() {
        let rest = &text.as_bytes()[place..];
        let byte = match rest {
            [b'%', ..] => number(place + 1, 2).map(|byte| (byte, 3)),
            [b'=', ..] if quoted => number(place + 1, 2).map(|byte| (byte, 3)),
            [b'\\', b'x', ..] => number(place + 2, 2).map(|byte| (byte, 4)),
            _ => None,
        };
        if let Some((byte, length)) = byte {
            bytes.push(byte as u8);
            place += length;
            is_any = true;
            continue;
        }
        let character = match rest {
            [b'\\', b'u', b'{', ..] => {
                let digits = text[place + 3..].find('}').filter(|digits| (1..=6).contains(digits));
                digits.and_then(|digits| Some((number(place + 3, digits)?, digits + 4)))
            }
            [b'\\' | b'%', b'u', ..] => number(place + 2, 4).map(|unit| (unit, 6)),
            [b'\\', b'U', ..] => number(place + 2, 8).map(|unit| (unit, 10)),
            _ => None,
        };
        if let Some((unit, length)) = character {
            let unit = match (half.take(), unit) {
                (Some(high), 0xdc00..=0xdfff) => 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00),
                _ => unit,
            };
            if (0xd800..0xdc00).contains(&unit) {
                half = Some(unit);
            } else {
                let character = char::from_u32(unit).unwrap_or('\u{fffd}');
                bytes.extend_from_slice(character.to_string().as_bytes());
            }
            place += length;
            is_any = true;
            continue;
        }
        bytes.push(rest[0]);
        place += 1;
    }
    if !is_any {
        return None;
    }
    // What is no UTF-8 was written by an office.
    let text =
        String::from_utf8(bytes).unwrap_or_else(|error| WINDOWS_1252.decode(error.as_bytes()).0.into_owned());
    Some(text)
}

/// "&#1055;", "&amp;", "&eacute;" as the characters they stand for.
fn entities(text: &str) -> Option<String> {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_any = false;
    while let Some(at) = rest.find('&') {
        written.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((Some(stands_for), length)) = entity(rest) {
            written.push_str(&stands_for);
            rest = &rest[length..];
            is_any = true;
        } else {
            written.push('&');
            rest = &rest[1..];
        }
    }
    written.push_str(rest);
    is_any.then_some(written)
}

/// What the code that `rest` begins with stands for, where that is known, and its length; `None` where there is none.
fn entity(rest: &str) -> Option<(Option<String>, usize)> {
    let name = rest.get(1..)?.split(';').next()?;
    if name.is_empty() || name.len() > 10 || name.len() + 1 >= rest.len() {
        return None;
    }
    let length = name.len() + 2;
    if let Some(number) = name.strip_prefix('#') {
        let value = number
            .strip_prefix(['x', 'X'])
            .map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
        return Some((char::from_u32(value).map(String::from), length));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    if UNSEEN.contains(&name) {
        return Some((Some(String::new()), length));
    }
    let known = match name {
        "amp" | "AMP" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" | "rsquo" | "lsquo" | "prime" => "'",
        "nbsp" | "ensp" | "emsp" | "thinsp" | "Tab" | "NewLine" => " ",
        "ndash" | "mdash" | "minus" | "hyphen" => "-",
        "szlig" => "ß",
        "aelig" => "æ",
        "AElig" => "Æ",
        "oelig" => "œ",
        "OElig" => "Œ",
        "eth" => "ð",
        "ETH" => "Ð",
        "thorn" => "þ",
        "THORN" => "Þ",
        "inodot" | "imath" => "ı",
        // Accents say nothing here.
        _ => name.get(..1).filter(|_| ACCENTS.contains(&&name[1..])).unwrap_or_default(),
    };
    Some(((!known.is_empty()).then(|| known.to_owned()), length))
}

/// The text between tags of a web page.
fn without_tags(text: &str) -> Option<String> {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let inner = rest[at + 1..].find('>').map(|end| &rest[at + 1..at + 1 + end]);
        let name = inner.map(|inner| inner.trim_start_matches('/').trim_end_matches('/'));
        let head = name.and_then(|name| name.split_whitespace().next()).unwrap_or_default();
        let is_tag =
            !head.is_empty() && head.len() <= 10 && head.bytes().all(|byte| byte.is_ascii_alphanumeric());
        written.push_str(&rest[..at]);
        written.push(' ');
        let taken = inner.filter(|_| is_tag).map_or(1, |inner| inner.len() + 2);
        rest = &rest[at + taken..];
    }
    if written.is_empty() {
        return None;
    }
    written.push_str(rest);
    let written = written.split_whitespace().collect::<Vec<_>>().join(" ");
    // All of it in brackets is a name in brackets.
    (written.chars().any(char::is_alphanumeric) && text.contains('>')).then_some(written)
}

/// UTF-8 that was read as a character set of offices: "PÃ©rez", "Рџутин".
fn misread(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let again = |bytes: Vec<u8>| String::from_utf8(bytes).ok().filter(|read| read.len() < text.len());
    let in_cyrillic = || {
        let (bytes, _, is_lossy) = WINDOWS_1251.encode(text);
        (!is_lossy).then(|| bytes.into_owned())
    };
    office_bytes(text).and_then(again).or_else(|| in_cyrillic().and_then(again))
}

/// The bytes that Windows-1252, or Latin-1, reads as this text.
fn office_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        if let Ok(byte) = u8::try_from(u32::from(character)) {
            bytes.push(byte);
            continue;
        }
        let mut one = [0; 4];
        let (own, _, is_lossy) = WINDOWS_1252.encode(character.encode_utf8(&mut one));
        let [byte] = own[..] else { return None };
        if is_lossy {
            return None;
        }
        bytes.push(byte);
    }
    Some(bytes)
}

/// Text that marks turn around, in the order in which it is seen.
fn turned(text: &str) -> Option<String> {
    let (before, rest) = text.split_once('\u{202e}')?;
    let (inner, after) = rest.split_once('\u{202c}').unwrap_or((rest, ""));
    let inner: String = inner.chars().rev().collect();
    Some([before, &inner, after].concat())
}

/// A word of a mail's head: "=?UTF-8?B?0J/Rg9GC0LjQvQ==?=".
fn encoded_word(text: &str) -> Option<String> {
    let (before, rest) = text.split_once("=?")?;
    let mut parts = rest.splitn(3, '?');
    let (set, kind, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (inner, after) = rest.split_once("?=")?;
    let bytes = match kind {
        "B" | "b" => STANDARD.decode(inner).ok()?,
        "Q" | "q" => {
            escapes(&format!("{}==", inner.replace('_', " ")))?.trim_end_matches('=').as_bytes().to_vec()
        }
        _ => return None,
    };
    let set = Encoding::for_label(set.as_bytes())?;
    let inner = if matches!(kind, "Q" | "q") {
        String::from_utf8(bytes).ok()?
    } else {
        set.decode(&bytes).0.into_owned()
    };
    Some([before, &inner, after].concat())
}

/// Words that are bytes in Base64, where these are text of several words.
fn base64(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() < 12 || !text.len().is_multiple_of(4) {
        return None;
    }
    let read = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let is_text = |character: char| {
        character.is_alphabetic() || matches!(character, ' ' | '-' | '.' | ',' | '\'' | '&')
    };
    (read.contains(' ') && read.chars().all(is_text)).then_some(read)
}

/// The name without addresses of mails and pages beside it, or in the one address that it is.
fn without_mail(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [word] = words[..] {
        let (name, _) = word.split_once('@').filter(|_| is_mail(word))?;
        return Some(name.replace(['.', '_', '-', '+'], " "));
    }
    let kept: Vec<&str> = words.iter().filter(|word| !is_mail(word) && !is_page(word)).copied().collect();
    (kept.len() < words.len()).then(|| kept.join(" "))
}

/// Whether a word is a mail's address.
pub(super) fn is_mail(word: &str) -> bool {
    !word.contains(char::is_whitespace)
        && word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// Whether a word is the address of a page.
pub(super) fn is_page(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["http://", "https://", "www."].iter().any(|head| word.starts_with(head))
}

/// The line of a passport that machines read: `P<RUSPUTIN<<VLADIMIR<<<`.
fn passport_line(text: &str) -> Option<String> {
    let line = text.split_whitespace().find(|word| word.contains("<<"))?;
    let is_of = |letter: char| letter.is_ascii_uppercase() || letter == '<';
    let head = line.get(..5).filter(|head| {
        matches!(head.as_bytes()[0], b'P' | b'I' | b'A' | b'C' | b'V') && head.chars().all(is_of)
    })?;
    let name = &line[head.len()..];
    let (family, given) = name.split_once("<<").unwrap_or((name, ""));
    let words = |part: &str| part.split('<').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    Some(format!("{}, {}", words(family), words(given)))
}

/// A passenger's name: "PUTIN/VLADIMIRMR".
fn airline(text: &str) -> Option<String> {
    let (family, given) = text.trim().split_once('/')?;
    let is_name = |part: &str| {
        !part.is_empty()
            && part.chars().all(|letter| letter.is_alphabetic() || matches!(letter, ' ' | '.' | '-' | '&'))
    };
    if !is_name(family) || !is_name(given) || text.chars().any(char::is_lowercase) {
        return None;
    }
    let titles = ["MSTR", "MISS", "MRS", "MR", "MS"];
    let bare =
        titles.iter().find_map(|title| given.strip_suffix(title)).filter(|bare| bare.trim().len() > 1)?;
    Some(format!("{family}, {}", bare.trim()))
}

/// "P U T I N" as "PUTIN": letters with gaps between them, and wider ones between words.
fn spaced(text: &str) -> Option<String> {
    let is_apart = |word: &&str| {
        let mut letters =
            word.chars().filter(|letter| !normal::is_unseen(*letter) && letter.is_alphanumeric());
        letters.next().is_some() && letters.next().is_none()
    };
    let words: Vec<&str> = text
        .split(|at: char| at.is_whitespace() || matches!(at, '_' | '-' | '·' | '.' | '⠀'))
        .filter(|word| !word.is_empty())
        .collect();
    let single = words.iter().filter(|word| is_apart(word)).count();
    if single < LEAST_LETTERS || single * 5 < words.len() * 4 {
        return None;
    }
    let letters: Vec<char> = text.trim().chars().collect();
    let is_gap = |letter: char| letter.is_whitespace() || matches!(letter, '_' | '-' | '·' | '.' | '⠀');
    let mut written = String::new();
    let mut gap = 0;
    for letter in letters {
        if is_gap(letter) {
            gap += 1;
        } else {
            if gap > 1 {
                written.push(' ');
            }
            gap = 0;
            written.push(letter);
        }
    }
    Some(written)
}

/// `VladimirPutin` as "Vladimir Putin".
fn camel(text: &str) -> Option<String> {
    let text = text.trim();
    if text.contains(char::is_whitespace) {
        return None;
    }
    let mut written = String::with_capacity(text.len() + 4);
    let mut before: Option<char> = None;
    let mut parts = 1;
    for letter in text.chars() {
        if letter.is_uppercase() && before.is_some_and(char::is_lowercase) {
            written.push(' ');
            parts += 1;
        }
        written.push(letter);
        before = Some(letter);
    }
    (parts > 1).then_some(written)
}

/// Cyrillic letters that were read as Latin ones with accents: "Âëàäèìèð".
fn in_cyrillic(text: &str) -> Vec<String> {
    let is_accented = |word: &str| {
        word.chars().count() >= LEAST_ACCENTED
            && word.chars().all(|letter| matches!(letter, '\u{b8}' | '\u{a8}' | '\u{c0}'..='\u{ff}'))
    };
    if !text.split_whitespace().any(is_accented) {
        return Vec::new();
    }
    let Some(bytes) = office_bytes(text) else { return Vec::new() };
    [WINDOWS_1251, KOI8_R].iter().map(|set| set.decode(&bytes).0.into_owned()).collect()
}

/// Words with digits and signs in place of letters: "K1m", "F0d0r0v1ch".
fn digits_as_letters(text: &str) -> Vec<String> {
    if is_mail(text) {
        return Vec::new();
    }
    let letter = |digit: char, one: char| match digit {
        '0' => 'o',
        '1' => one,
        '2' => 'z',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '6' | '9' => 'g',
        '7' => 't',
        '8' => 'b',
        other => other,
    };
    let is_disguised = |word: &str| {
        let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
        let others = word.chars().filter(|&digit| letter(digit, 'i') != digit).count();
        others > 0 && letters > 0 && letters >= others && letters + others > 2
    };
    if !text.split_whitespace().any(is_disguised) {
        return Vec::new();
    }
    let written = |one: char| {
        let word = |word: &str| {
            if is_disguised(word) {
                word.chars().map(|digit| letter(digit, one)).collect()
            } else {
                word.to_owned()
            }
        };
        text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
    };
    let mut found = vec![written('i')];
    found.push(written('l'));
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_code_is_read_as_what_it_stands_for() {
        for (text, expected) in [
            ("Kyu%20Kim", "Kyu Kim"),
            ("%D0%9F%D1%83%D1%82%D0%B8%D0%BD", "Путин"),
            ("Kyu&nbsp;Kim", "Kyu Kim"),
            ("&#1055;&#x443;тин", "Путин"),
            ("P&eacute;rez", "Perez"),
            ("\\u041f\\u0443тин", "Путин"),
            ("=D0=9F=D1=83=D1=82=D0=B8=D0=BD", "Путин"),
            ("=?UTF-8?B?0J/Rg9GC0LjQvQ==?=", "Путин"),
            ("=?UTF-8?Q?Kyu_P=C3=A9rez?=", "Kyu Pérez"),
            ("JosÃ© PÃ©rez", "José Pérez"),
            ("РџСѓС‚РёРЅ", "Путин"),
            ("Âëàäèìèð Ïóòèí", "Владимир Путин"),
            ("P<RUSKIM<<KYU<SOP<<<<<<", "KIM, KYU SOP"),
            ("KIM/KYUMR", "KIM, KYU"),
            ("<b>Kyu Kim</b>", "Kyu Kim"),
            ("\u{202e}miK uyK\u{202c}", "Kyu Kim"),
            ("VladimirVladimirovichPutin", "Vladimir Vladimirovich Putin"),
            ("P U M A   S E C U R I T Y", "PUMA SECURITY"),
            ("Kyu K1m", "Kyu Kim"),
            ("Ky\u{e000}u Kim", "Kyu Kim"),
            ("S3l Hy0n", "Sel Hyon"),
            ("VmxhZGltaXIgUHV0aW4=", "Vladimir Putin"),
        ] {
            let found = readings(text);
            assert!(found.iter().any(|found| found == expected), "{text}: {found:?}");
        }
        for text in [
            "Kim Jong Un",
            "Влади\u{301}мир Путин",
            "José Núñez",
            "AT&T Inc",
            "김정은",
            "100% Natural Ltd",
            "J. U. Kim",
        ] {
            assert_eq!(readings(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn lost_letters_and_unread_codes_are_told() {
        for name in [
            "Vladimir ?????",
            "Vladi?ir Putin",
            "Vladi\u{fffd}ir",
            "Ky\u{e000}u",
            "xn--80adxhks",
            "Ïðèâåò",
            "Ð¿Ñƒ\u{2020}Ð\u{bd}",
            "Kim&foo;Jong",
        ] {
            assert!(garbled(name).is_some(), "{name}");
        }
        for name in [
            "Vladimir Putin",
            "José Núñez",
            "Ünal Öz",
            "Smith?",
            "AT&T",
            "100% Natural",
            "Kyu%20Kim",
            "Anna \u{1f600}",
            "김정은",
            "Søren Ærø",
        ] {
            assert_eq!(garbled(name), None, "{name}");
        }
    }

    #[test]
    fn no_text_is_too_odd_to_be_read() {
        for text in [
            "%",
            "%u",
            "\\",
            "\\u",
            "\\u{",
            "\\u{110000}",
            "\\ud800\\ud800",
            "&",
            "&;",
            "&#;",
            "&#x;",
            "=?",
            "=?a?b?c",
            "=?utf-8?B?!?=",
            "<",
            "<>",
            "</",
            "<<",
            "P<<<<<<",
            "/",
            "MR/MR",
            "\u{202e}",
            "=é=é",
            "%é",
            "\\xé",
        ] {
            readings(text);
            garbled(text);
        }
    }
}

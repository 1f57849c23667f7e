//! Several names in one field, as lists write them: "X; Y", "a) X b) Y", "X (Y)", "X a.k.a. Y", "X / Y".

use std::borrow::Cow;

/// Most names taken out of one field; those beyond stay in the whole, which is always a name too.
const MAX_NAMES: usize = 200;
/// Deepest brackets that are looked into.
const MAX_DEPTH: usize = 4;

/// Words between two names of one party, in lower case and without dots.
const MARKERS: &[&str] = &[
    "also known as",
    "formerly known as",
    "now known as",
    "previously known as",
    "better known as",
    "also spelled",
    "also spelt",
    "doing business as",
    "trading as",
    "aka",
    "fka",
    "nka",
    "dba",
    "alias",
];
/// Notes about a name that are none.
const NOTES: &[&str] = &["original script", "sub-unit name", "sub-unit", "previously listed as", "acronym"];

/// Words of groups and places that are no name without another word.
const COMMON_ENDS: &[&str] = &[
    "and",
    "army",
    "battalion",
    "brigade",
    "brigades",
    "cartel",
    "committee",
    "council",
    "drug",
    "faction",
    "force",
    "forces",
    "front",
    "group",
    "laundering",
    "levant",
    "maghreb",
    "militia",
    "money",
    "movement",
    "narcotics",
    "network",
    "of",
    "organisation",
    "organization",
    "party",
    "smuggling",
    "trafficking",
    "union",
    "wing",
];

/// The whole text and, where it holds several names, each of them. Nothing is lost: the whole comes first.
pub(super) fn names(text: &str) -> Vec<Cow<'_, str>> {
    let mut found = vec![Cow::Borrowed(text)];
    part(text, 0, &mut found);
    found
}

/// The names that a question may hold: those of a field, and each without what it says of a birth ("X, born 1983").
pub(super) fn asked(text: &str) -> Vec<Cow<'_, str>> {
    let mut found = names(text);
    for place in 0..found.len() {
        if let Some(end) = birth(&found[place]) {
            let name = found[place][..end].to_owned();
            add(Cow::Owned(name), &mut found);
        }
    }
    let mut place = 0;
    found.retain(|name| {
        place += 1;
        place == 1 || birth(name) != Some(0)
    });
    found
}

/// Words before a day or place of birth, in lower case.
const BIRTHS: &[&str] =
    &["date of birth", "year of birth", "place of birth", "d.o.b.", "dob", "yob", "pob", "born", "b."];

/// Where the note about a birth begins that ends a name.
fn birth(name: &str) -> Option<usize> {
    let is_between = |character: char| !character.is_alphanumeric();
    let begins = |at: usize| {
        let before = name[..at].chars().next_back();
        before.is_none_or(|before| before.is_whitespace() || matches!(before, ',' | ';' | '-'))
    };
    let is_note = |at: usize| {
        BIRTHS.iter().any(|word| {
            let head = name.get(at..at + word.len()).filter(|head| head.eq_ignore_ascii_case(word));
            let rest = head.map_or("", |_| &name[at + word.len()..]);
            let after = rest.trim_start_matches(is_between);
            let is_apart = after.len() < rest.len() || word.ends_with('.');
            let places = ["in ", "on ", "at ", "circa "];
            // "Max Born" is a name.
            is_apart
                && (after.starts_with(|first: char| first.is_ascii_digit())
                    || word.len() > 4 && !after.is_empty()
                    || places.iter().any(|place| after.starts_with(place)))
        })
    };
    let noted = name.char_indices().map(|(at, _)| at).find(|&at| begins(at) && is_note(at));
    noted.or_else(|| {
        let at = name.find(',')?;
        let rest = name[at + 1..].trim();
        let digits = rest.chars().filter(char::is_ascii_digit).count();
        let is_date = rest.chars().all(|each| each.is_ascii_digit() || matches!(each, '-' | '.' | '/' | ' '));
        (digits >= 4 && is_date).then_some(at)
    })
}

/// Adds the names in `text`, which are new where it is not one name itself.
fn part<'a>(text: &'a str, depth: usize, found: &mut Vec<Cow<'a, str>>) {
    let items = items(text, true);
    for &item in &items {
        let (outside, inside) = brackets(item);
        for other in either_end(&outside) {
            add(Cow::Owned(other), found);
        }
        if inside.is_empty() || depth >= MAX_DEPTH {
            add(Cow::Borrowed(item), found);
            continue;
        }
        for inner in inside {
            if is_name(inner, &outside) {
                part(inner, depth + 1, found);
            }
        }
        // "X (XX) AND Y (YY)": what stands between brackets may be a name of its own.
        let segments: Vec<&str> = outside.split(BRACKET).map(without_and).collect();
        let apart = segments.len() > 1 && segments.iter().all(|part| part.split_whitespace().count() > 1);
        let whole = outside.replace(BRACKET, " ");
        for piece in self::items(&whole, true) {
            add(Cow::Owned(piece.split_whitespace().collect::<Vec<_>>().join(" ")), found);
        }
        for piece in segments.into_iter().filter(|_| apart) {
            add(Cow::Owned(piece.to_owned()), found);
        }
    }
    // A word that marks another name may be part of one: "Jean Aka; Bob Dobson".
    let between_signs = self::items(text, false);
    let others = between_signs.iter().filter(|piece| between_signs.len() > 1 && !items.contains(piece));
    for &piece in others.filter(|piece| brackets(piece).1.is_empty()) {
        add(Cow::Borrowed(piece), found);
    }
}

fn add<'a>(name: Cow<'a, str>, found: &mut Vec<Cow<'a, str>>) {
    let bare = strip_notes(&name);
    let name = if bare.len() == name.len() { name } else { Cow::Owned(bare.to_owned()) };
    if found.len() < MAX_NAMES && name.chars().any(char::is_alphanumeric) && !found.contains(&name) {
        found.push(name);
    }
}

/// A name without "original script:" before it or " - sub-unit name" after it, and without marks around it.
fn strip_notes(name: &str) -> &str {
    let mut name = name.trim_matches(is_around);
    for note in NOTES {
        if let Some(head) = name.get(..note.len())
            && head.eq_ignore_ascii_case(note)
        {
            name = name[note.len()..].trim_matches(is_around);
        }
        let at = name.len().checked_sub(note.len());
        if let Some(tail) = at.and_then(|at| name.get(at..))
            && tail.eq_ignore_ascii_case(note)
        {
            name = name[..name.len() - note.len()].trim_matches(is_around);
        }
    }
    name
}

fn is_around(character: char) -> bool {
    character.is_whitespace() || matches!(character, ':' | ',' | ';' | '-' | '–' | '—' | '=')
}

/// The text at what stands between names, outside brackets: at signs alone, or at words too.
fn items(text: &str, words: bool) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut first, mut depth, mut skip) = (0, 0usize, 0);
    for (at, character) in text.char_indices() {
        if at < skip {
            continue;
        }
        let length = if depth == 0 { separator(text, at, character, words) } else { 0 };
        if length > 0 {
            items.push(&text[first..at]);
            skip = at + length;
            first = skip;
            continue;
        }
        match character {
            '(' | '（' | '[' => depth += 1,
            ')' | '）' | ']' if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    items.push(&text[first..]);
    items.retain(|item| item.chars().any(char::is_alphanumeric));
    items
}

/// Length of the separator at `at`, 0 where there is none.
fn separator(text: &str, at: usize, character: char, words: bool) -> usize {
    let rest = &text[at..];
    let before = text[..at].chars().next_back();
    let after_gap = before.is_none_or(|before| before.is_whitespace() || matches!(before, ',' | ';'));
    match character {
        ';' | '；' | '|' | '\n' | '\r' => character.len_utf8(),
        // Without blanks around it, it may be one of "a/k/a".
        '/' | '／' if words || before.is_some_and(char::is_whitespace) => {
            slash(text, at, character.len_utf8())
        }
        'a'..='z' | 'A'..='Z' | '1'..='9' if after_gap => {
            let enumerator = rest.as_bytes().get(1) == Some(&b')') && rest.as_bytes().get(2) == Some(&b' ');
            if enumerator {
                2
            } else if words {
                marker(rest)
            } else {
                0
            }
        }
        '(' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_alphanumeric)
            && rest[2..].starts_with(") ") =>
        {
            3
        }
        _ => 0,
    }
}

/// Length of the marker that `rest` begins with, with the dots or slashes in it ("a.k.a.", "a/k/a").
fn marker(rest: &str) -> usize {
    for marker in MARKERS {
        let mut wanted = marker.chars().peekable();
        for (at, character) in rest.char_indices() {
            let Some(&next) = wanted.peek() else {
                if character == '.' {
                    continue;
                }
                if character.is_alphanumeric() {
                    break;
                }
                return at;
            };
            if character.eq_ignore_ascii_case(&next) {
                wanted.next();
            } else if !matches!(character, '.' | '/') {
                break;
            }
        }
    }
    0
}

/// A slash separates names where blanks stand around it, or where both sides have two words or more, or are one word of
/// capitals each ("ADF/NALU"); not in "J/V", nor before another end of the same name ([`either_end`]).
fn slash(text: &str, at: usize, length: usize) -> usize {
    let (left, right) = (&text[..at], &text[at + length..]);
    if left.ends_with(' ') && right.starts_with(' ') {
        return length;
    }
    let (left, right) = (beside(left, true), beside(right, false));
    if is_letter(left.split_whitespace().next_back()) && is_letter(right.split_whitespace().next()) {
        return 0;
    }
    let capitals = |side: &str| {
        let letters = side.chars().filter(|letter| letter.is_alphabetic());
        side.chars().count() >= 3 && letters.into_iter().all(char::is_uppercase) && words(side) == 1
    };
    let apart = (words(left) > 1 && words(without_article(right)) > 1) || (capitals(left) && capitals(right));
    if apart { length } else { 0 }
}

/// What stands on one side of a slash, up to a bracket or a sign between names.
fn beside(side: &str, before: bool) -> &str {
    let is_end =
        |at: char| matches!(at, ';' | '；' | '|' | '\n' | '\r' | '(' | ')' | '（' | '）' | '[' | ']');
    let piece = if before { side.rsplit(is_end).next() } else { side.split(is_end).next() };
    piece.unwrap_or_default().trim()
}

fn is_letter(word: Option<&str>) -> bool {
    word.is_some_and(|word| word.chars().count() == 1)
}

/// Articles before a place or a common noun.
const ARTICLES: &[&str] = &["the", "la", "le", "les", "los", "las", "die", "der", "das"];

fn without_article(side: &str) -> &str {
    let first = side.split_once(char::is_whitespace);
    first
        .filter(|(first, _)| ARTICLES.contains(&first.to_lowercase().as_str()))
        .map_or(side, |(_, rest)| rest)
}

/// Words of more than a letter.
fn words(side: &str) -> usize {
    side.split_whitespace().filter(|word| word.chars().count() > 1).count()
}

/// The two names of one that has another end behind a slash: "Front for the Conquest of Syria/the Levant", "Lord's Resistance
/// Movement/Army". The other end is no name by itself.
fn either_end(name: &str) -> Vec<String> {
    let Some((left, right)) = name.split_once(['/', '／']) else { return Vec::new() };
    let (left, right) = (left.trim_end_matches(BRACKET), beside(right.trim_end_matches(BRACKET), false));
    let is_apart = left.ends_with(' ') || right.contains(['/', '／', BRACKET]) || left.contains(BRACKET);
    let Some((head, last)) = left.rsplit_once(' ').filter(|_| !is_apart) else { return Vec::new() };
    let is_end = words(left) > 1 && words(without_article(right)) == 1 && words(last) == 1;
    // "XYZ" behind what it stands for is a name.
    if !is_end || is_letter(right.split_whitespace().next()) || is_acronym(right, left) {
        return Vec::new();
    }
    vec![left.to_owned(), format!("{head} {right}")]
}

/// Whether part of a name is one of those words alone that many groups have, or a place and an article.
pub(super) fn is_common_end(tokens: &[String]) -> bool {
    let is_common =
        |token: &String| COMMON_ENDS.contains(&token.as_str()) || ARTICLES.contains(&token.as_str());
    tokens.iter().all(is_common)
}

fn without_and(part: &str) -> &str {
    let part = part.trim_matches(is_around);
    let mut words = ["and ", "or ", "& "].iter();
    let rest = words.find_map(|word| part.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)));
    rest.map_or(part, |word| part[word.len()..].trim())
}

/// Stands outside for a pair of brackets with something after it.
const BRACKET: char = '\u{1f}';

/// What stands outside the brackets, with [`BRACKET`] for each pair, and in each of the outermost.
fn brackets(text: &str) -> (String, Vec<&str>) {
    let mut outside = String::with_capacity(text.len());
    let (mut inside, mut depth, mut first) = (Vec::new(), 0usize, 0);
    for (at, character) in text.char_indices() {
        match character {
            '(' | '（' | '[' => {
                if depth == 0 {
                    first = at + character.len_utf8();
                    outside.push(BRACKET);
                }
                depth += 1;
            }
            ')' | '）' | ']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    inside.push(&text[first..at]);
                }
            }
            _ if depth == 0 => outside.push(character),
            _ => {}
        }
    }
    if depth > 0 {
        inside.push(&text[first..]);
    }
    (outside.trim_matches(|end: char| end == BRACKET || end.is_whitespace()).to_owned(), inside)
}

/// Whether what stands in brackets is another name: several words or names, letters of another script, or the initials
/// of what stands outside. A single word ("PAKISTAN", "third") says more about the name than it is one.
fn is_name(inside: &str, outside: &str) -> bool {
    let is_latin =
        |text: &str| text.chars().filter(|letter| letter.is_alphabetic()).all(|letter| letter < '\u{250}');
    let bare = strip_notes(inside);
    if bare.is_empty() {
        return false;
    }
    outside.is_empty()
        || bare.contains([';', '；'])
        || bare.split_whitespace().count() > 1
        || is_latin(bare) != is_latin(outside)
        || is_acronym(bare, outside)
}

/// Capitals that follow one another in `name`, or that nobody can pronounce.
fn is_acronym(short: &str, name: &str) -> bool {
    let letters: Vec<char> = short.chars().filter(|letter| letter.is_alphanumeric()).collect();
    if letters.len() < 2 || letters.iter().filter(|letter| letter.is_uppercase()).count() * 2 <= letters.len()
    {
        return false;
    }
    let pronounced = letters.iter().any(|letter| "AEIOUYaeiouy".contains(*letter) || !letter.is_ascii());
    if !pronounced {
        return true;
    }
    let mut wanted = letters.iter().flat_map(|letter| letter.to_lowercase()).peekable();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if wanted.peek() == Some(&letter) {
            wanted.next();
        }
    }
    wanted.peek().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_share_a_field_are_told_apart() {
        for (text, expected) in [
            ("KIM, Jong Un", &[][..]),
            ("Azim Adhajani; Azim Agha-Jani", &["Azim Adhajani", "Azim Agha-Jani"]),
            ("a) Ali Khan b) Aly Chan", &["Ali Khan", "Aly Chan"]),
            ("(1) Ali Khan (2) Aly Chan", &["Ali Khan", "Aly Chan"]),
            ("Mohammed Sabet; Mohammad Sabet b) M. Sabet", &["Mohammed Sabet", "Mohammad Sabet", "M. Sabet"]),
            (
                "COMPAGNIE DES GRANDS LACS (CAGL) ; GREAT LAKES BUSINESS COMPANY (GLBC)",
                &["CAGL", "COMPAGNIE DES GRANDS LACS", "GLBC", "GREAT LAKES BUSINESS COMPANY"],
            ),
            ("حسن غول (Hassan Ghul; Hassan Gul)", &["Hassan Ghul", "Hassan Gul", "حسن غول"]),
            (
                "Hay’at Tahrir al-Sham (HTS) (هيئة تحرير الشام (original script); Hay’et Tahrir al-Sham)",
                &["HTS", "هيئة تحرير الشام", "Hay’et Tahrir al-Sham", "Hay’at Tahrir al-Sham"],
            ),
            ("Ali Hassan a.k.a. Abu Ali", &["Ali Hassan", "Abu Ali"]),
            ("Ali Hassan a/k/a Abu Ali", &["Ali Hassan", "Abu Ali"]),
            ("Ali Hassan (also known as Abu Ali)", &["Abu Ali", "Ali Hassan"]),
            (
                "FIRST CENTRE (NFRPC) AND SECOND CENTRE (ENTC)",
                &["NFRPC", "ENTC", "FIRST CENTRE AND SECOND CENTRE", "FIRST CENTRE", "SECOND CENTRE"],
            ),
            ("ADF/NALU", &["ADF", "NALU"]),
            (
                "Front for the Conquest of Syria/the Levant",
                &["Front for the Conquest of Syria", "Front for the Conquest of the Levant"],
            ),
            (
                "Lord\u{2019}s Resistance Movement/Army (LRM/A)",
                &[
                    "Lord\u{2019}s Resistance Movement",
                    "Lord\u{2019}s Resistance Army",
                    "LRM/A",
                    "Lord\u{2019}s Resistance Movement/Army",
                ],
            ),
            ("Golden Sun I/E Dalian Co., Ltd.", &[]),
            ("China Precision Machinery J/V Import Corp.", &[]),
            ("New People\u{2019}s Army/NPA", &[]),
            ("Korea Ryenha Machinery J/V Corporation", &[]),
            ("Al Qa’ida/Islamic Army", &["Al Qa’ida", "Islamic Army"]),
            ("Muhamadmuhtar (original script: Мухамадмухтар)", &["Мухамадмухтар", "Muhamadmuhtar"]),
            ("AL-HARAMAIN FOUNDATION (PAKISTAN)", &["AL-HARAMAIN FOUNDATION"]),
        ] {
            let found = names(text);
            assert_eq!(found[0], text);
            assert_eq!(found[1..], *expected, "{text}");
        }
    }

    #[test]
    fn a_note_of_a_birth_is_no_part_of_a_name() {
        for text in [
            "Sim Hyon Sop, born 1983",
            "Sim Hyon Sop (born 25 Nov 1983)",
            "Sim Hyon Sop b. 1983",
            "Sim Hyon Sop; DOB: 1983-11-25",
            "Sim Hyon Sop, 1983",
            "Sim Hyon Sop born in Pyongyang",
        ] {
            assert_eq!(asked(text), [text, "Sim Hyon Sop"], "{text}");
        }
        for text in ["Max Born", "Born, Max", "Bob Dobson", "Unit 61398"] {
            assert_eq!(asked(text), [text], "{text}");
        }
    }

    #[test]
    fn a_name_that_is_a_word_between_names_is_kept() {
        for name in ["Jean Aka", "Aka Jean", "Mary Alias Smith", "Jean Dba"] {
            for text in [format!("{name}; Bob Dobson"), format!("Bob Dobson | {name}")] {
                let found = names(&text);
                assert!(found.iter().any(|piece| piece == name), "{name} in {found:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn each_of_the_names_joined_is_found(names_in in proptest::collection::vec("[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}", 2..6)) {
            for separator in ["; ", " ; ", "\n", " / ", " a.k.a. ", " also known as "] {
                // A name that is such a word cannot be told from one between names.
                let is_word = |name: &String| name.split(' ').any(|word| marker(word) > 0 || marker(&format!("{word} ")) > 0);
                if separator.contains("known") || separator.contains("k.a") {
                    prop_assume!(!names_in.iter().any(is_word));
                }
                let text = names_in.join(separator);
                let found = names(&text);
                for name in &names_in {
                    prop_assert!(found.iter().any(|piece| piece == name), "{} in {:?}", name, found);
                }
            }
        }

        #[test]
        fn no_word_is_lost_whatever_the_text(text in "\\PC{0,80}") {
            prop_assert_eq!(&names(&text)[0], &text);
        }
    }
}

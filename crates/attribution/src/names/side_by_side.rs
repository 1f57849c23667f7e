//! Names in two scripts side by side, as passports, statements of banks and forms have them: "Kim Jong Un 김정은".
//!
//! Each script's part is a name of its own: what stands beside it in another is the same name, a title, a town or a sum.

use super::{abjad, han, korean};

/// Most parts of a text.
const MOST_PARTS: usize = 12;

/// What letters are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    /// Of alphabets whose letters look alike or stand in one word: Latin, Greek, Cyrillic and others.
    Letters,
    Hangul,
    /// Chinese characters and kana: a Japanese name has both.
    Han,
    Hebrew,
    Arabic,
}

const fn script_of(letter: char) -> Script {
    match letter {
        '\u{1100}'..='\u{11ff}'
        | '\u{3131}'..='\u{318e}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{ffa0}'..='\u{ffdc}' => Script::Hangul,
        '\u{3041}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}' => Script::Han,
        '\u{590}'..='\u{5ff}' | '\u{fb1d}'..='\u{fb4f}' => Script::Hebrew,
        _ if han::is_han(letter) => Script::Han,
        _ if abjad::is_abjad(letter) => Script::Arabic,
        _ => Script::Letters,
    }
}

/// The parts of a text in several scripts, each in one of them: all that is written in one, and each piece of it; of
/// Hangul each word too that is a person's name. Nothing where there is one script, but for such words.
pub fn parts(text: &str) -> Vec<String> {
    let mut pieces: Vec<(Script, String)> = Vec::new();
    for letter in text.chars() {
        let own = (letter.is_alphabetic() || abjad::is_abjad(letter)).then(|| script_of(letter));
        match (own, pieces.last_mut()) {
            (Some(script), Some((last, piece))) if *last == script => piece.push(letter),
            (Some(script), _) => pieces.push((script, letter.to_string())),
            (None, Some((_, piece))) => piece.push(letter),
            (None, None) => {}
        }
    }
    let mut found: Vec<String> = Vec::new();
    let mut add = |part: &str| {
        let part = part.trim_matches(|at: char| !at.is_alphanumeric());
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        if found.len() < MOST_PARTS && part.chars().count() > 1 && !found.contains(&part) {
            found.push(part);
        }
    };
    let is_mixed = pieces.iter().any(|(script, _)| *script != pieces[0].0);
    let mut scripts: Vec<Script> = Vec::new();
    for (script, _) in pieces.iter().filter(|_| is_mixed) {
        if !scripts.contains(script) {
            scripts.push(*script);
            let own = pieces.iter().filter(|(other, _)| other == script).map(|(_, piece)| piece.as_str());
            add(&own.collect::<Vec<_>>().join(" "));
        }
    }
    for (_, piece) in pieces.iter().filter(|_| is_mixed) {
        add(piece);
    }
    // "김정은 및 김여정": what stands between two names in Hangul is no title.
    for (_, piece) in pieces.iter().filter(|(script, _)| *script == Script::Hangul) {
        let words: Vec<&str> =
            piece.split(|at: char| !at.is_alphabetic()).filter(|word| !word.is_empty()).collect();
        for word in words.iter().filter(|_| words.len() > 1) {
            let syllables: Vec<char> = word.chars().collect();
            if syllables.len() > 2 && korean::is_person(&syllables) {
                add(word);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scripts_part_is_a_name_of_its_own() {
        for (text, expected) in [
            ("Kim Jong Un 김정은", &["Kim Jong Un", "김정은"][..]),
            ("김정은, Kim Jong Un", &["김정은", "Kim Jong Un"]),
            ("김정은A", &["김정은"]),
            ("Mr. 김수길 (Pyongyang)", &["Mr. Pyongyang", "김수길", "Mr", "Pyongyang"]),
            ("to قاسم سليماني USD", &["to USD", "قاسم سليماني", "to", "USD"]),
            ("김정은 및 김여정", &["김정은", "김여정"]),
            ("李家东 Li Jiadong", &["李家东", "Li Jiadong"]),
        ] {
            let found = parts(text);
            for part in expected {
                assert!(found.iter().any(|known| known.starts_with(part)), "{text}: {part} in {found:?}");
            }
        }
        for text in
            ["Kim Jong Un", "김정은", "김 정은", "Владимир Putin", "قاسم سليماني", "大川ハナ", "", "1 2"]
        {
            assert!(parts(text).is_empty(), "{text}: {:?}", parts(text));
        }
    }
}

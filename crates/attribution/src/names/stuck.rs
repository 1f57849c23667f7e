//! Names with something stuck to them: numbers, what accounts, bots and pages are called, quotes around a nickname.

use super::{korean, mandarin, normal::normal, ordinary, ordinary_words, score::Term};

/// Fewest letters of a word from which a number is taken off, and of all that is left.
const LEAST_LETTERS: usize = 3;
/// Most words of a name with another one beside it.
const MOST_WORDS: usize = 5;
/// Letters before a capital that are a beginning of a family name: `McDonald`, `DeLuca`.
const BEGINNING: usize = 3;
/// What accounts of a service, or of whoever has the name, are called by.
const OF_ACCOUNTS: &[&str] = &[
    "bot", "pro", "app", "official", "pay", "otc", "io", "wallet", "online", "channel", "support", "vip",
    "real", "the",
];
/// Pages on which names are accounts.
const HOSTS: &[&str] = &[
    "t.me",
    "telegram.me",
    "x.com",
    "twitter.com",
    "instagram.com",
    "facebook.com",
    "fb.com",
    "vk.com",
    "linkedin.com",
    "youtube.com",
    "github.com",
    "tiktok.com",
    "discord.gg",
    "ok.ru",
    "medium.com",
    "wa.me",
];
/// Most letters of the last part of a page's address.
const DOMAIN_END: std::ops::RangeInclusive<usize> = 2..=10;

/// What is left of a text without what is stuck to a name in it; nothing where nothing is.
pub(super) fn readings(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let bare = [account(text), without_quoted(text)];
    for reading in bare.into_iter().flatten().chain(without_numbers(text)) {
        let reading = reading.trim().to_owned();
        if reading != text.trim() && !found.contains(&reading) && tells(&reading) {
            found.push(reading);
        }
    }
    found
}

/// Whether something is left that is no word of everybody's: "Studio 54" is not whoever is called "Studio".
fn tells(text: &str) -> bool {
    let tokens = normal(text, 3).tokens;
    let is_word = |token: &String| ordinary_words::is_word(token) || Term::new(token, 1.0).is_generic();
    text.chars().filter(|letter| letter.is_alphabetic()).count() >= LEAST_LETTERS
        && !(tokens.len() == 1 && is_word(&tokens[0]))
}

/// The name in the address of a page, or of an account: "hamas.com", "t.me/hamas", "@hamas".
fn account(text: &str) -> Option<String> {
    let text = text.trim();
    if text.contains(char::is_whitespace) || !text.is_ascii() {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let bare = ["https://", "http://"].iter().find_map(|head| lower.strip_prefix(head)).unwrap_or(&lower);
    let bare = bare.strip_prefix("www.").or_else(|| bare.strip_prefix("m.")).unwrap_or(bare);
    let name = match bare.split_once('/') {
        Some((host, path)) if HOSTS.contains(&host) => {
            let path = path.trim_start_matches("in/").trim_start_matches("s/");
            path.split(['/', '?', '#']).next()?
        }
        _ if bare.starts_with('@') => &bare[1..],
        _ => {
            let host = bare.split(['/', '?', '#', ':']).next()?;
            let (name, end) = host.rsplit_once('.')?;
            let is_end = DOMAIN_END.contains(&end.len()) && end.bytes().all(|at| at.is_ascii_lowercase());
            // "name.co.uk" and "shop.name.com".
            let parts: Vec<&str> = name.split('.').collect();
            let is_host = is_end && parts.iter().all(|part| !part.is_empty() && !part.contains('@'));
            let longest = parts.into_iter().rev().max_by_key(|part| part.len());
            longest.filter(|_| is_host)?
        }
    };
    let words = name.replace(['-', '_', '.', '+'], " ");
    Some(without_numbers(&words).into_iter().next_back().unwrap_or(words))
}

/// The text without numbers, and words that are written as one apart: "Garantex24", `KyuKim1976`, `kyu_kim`. Then
/// without what accounts are called by, too.
fn without_numbers(text: &str) -> Vec<String> {
    let is_between = |at: char| at.is_whitespace() || matches!(at, '_' | '*' | '@' | '#');
    let mut words: Vec<String> = Vec::new();
    for word in text.split(is_between).filter(|word| !word.is_empty()) {
        words.extend(pieces(word));
    }
    if words.is_empty() {
        return Vec::new();
    }
    let own: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_of_accounts = |word: &&str| OF_ACCOUNTS.contains(&word.to_lowercase().as_str());
    let is_called = |name: &[&str]| own.len() > 1 && name.len() < own.len() && !name.is_empty();
    let bare: Vec<&str> = own.iter().filter(|word| !is_of_accounts(word)).copied().collect();
    let mut found = vec![own.join(" ")];
    found.extend(is_called(&bare).then(|| bare.join(" ")));
    if let [word] = own[..] {
        let lower = word.to_lowercase();
        let ends = OF_ACCOUNTS.iter().filter(|end| end.len() >= LEAST_LETTERS);
        let stem = ends.filter_map(|end| lower.strip_suffix(end)).find(|stem| stem.len() > LEAST_LETTERS);
        found.extend(stem.map(str::to_owned));
    }
    found
}

/// A word in the pieces that were written as one, without its numbers.
fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut pieces: Vec<String> = vec![String::new()];
    let mut count = 0;
    for (place, &letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(place + 1);
        let is_capital = letter.is_uppercase();
        let begins = is_capital && before.is_some_and(char::is_lowercase) && count > BEGINNING
            // "HAMASBot"
            || is_capital && before.is_some_and(char::is_uppercase) && after.is_some_and(|after| after.is_lowercase())
                && count >= LEAST_LETTERS;
        if letter.is_numeric() {
            if count > 0 {
                pieces.push(String::new());
            }
            count = 0;
            continue;
        }
        if begins {
            pieces.push(String::new());
            count = 0;
        }
        count += usize::from(letter.is_alphabetic());
        pieces.last_mut().expect("there is one").push(letter);
    }
    let has_number = letters.iter().any(|letter| letter.is_numeric());
    let letters_of = |piece: &String| piece.chars().filter(|letter| letter.is_alphabetic()).count();
    // "A7A5" and "K1m" are names, or disguises, with digits.
    let longest = pieces.iter().map(letters_of).max().unwrap_or_default();
    if has_number && longest > 0 && longest < LEAST_LETTERS {
        return vec![word.to_owned()];
    }
    let least = if has_number { 2 } else { 1 };
    pieces.retain(|piece| letters_of(piece) >= least || !has_number && !piece.is_empty());
    pieces
}

/// Quotes and what ends them.
const QUOTES: &[(char, &str)] = &[
    ('"', "\""),
    ('“', "”“"),
    ('„', "“”"),
    ('«', "»"),
    ('»', "«"),
    ('‹', "›"),
    ('‘', "’"),
    ('‚', "‘’"),
    ('\'', "'"),
    ('`', "`'"),
    ('「', "」"),
    ('『', "』"),
    ('<', ">"),
    ('{', "}"),
];

/// The text without what stands in quotes in it, as a nickname does between the words of a name.
fn without_quoted(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let is_edge = |at: Option<&char>| at.is_none_or(|at| !at.is_alphanumeric());
    let (mut kept, mut place, mut is_any) = (String::with_capacity(text.len()), 0, false);
    while place < letters.len() {
        let opens = QUOTES.iter().find(|(open, _)| *open == letters[place]);
        let before = place.checked_sub(1).map(|before| &letters[before]);
        let close = opens.filter(|_| is_edge(before)).and_then(|(_, ends)| {
            // An apostrophe stands in a word.
            let is_end = |&at: &usize| ends.contains(letters[at]) && is_edge(letters.get(at + 1));
            (place + 1..letters.len()).find(is_end)
        });
        match close {
            Some(close) if close > place + 1 => {
                kept.push(' ');
                place = close + 1;
                is_any = true;
            }
            _ => {
                kept.push(letters[place]);
                place += 1;
            }
        }
    }
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    (is_any && kept.split(' ').count() > 1).then_some(kept)
}

/// A Chinese or Korean name without the given name of another language, the family name or the title that stands beside it: "David
/// Chen Zhi".
pub(super) fn without_other_given(text: &str) -> Option<String> {
    let tokens = normal(text, MOST_WORDS + 1).tokens;
    // Syllables of other letters are compared as they are, and Vietnamese names are spelt alike but for their marks.
    if !text.is_ascii() || !(3..=MOST_WORDS).contains(&tokens.len()) {
        return None;
    }
    let is_other = |token: &String| {
        let term = Term::new(token, 1.0);
        let is_name = ordinary::is_given(token) || ordinary::is_family(token) || term.may_be_title();
        let is_said = !term.may_tell() && !term.is_generic();
        is_said || is_name && !mandarin::is_spelt(token) && !korean::is_family(token)
    };
    let kept: Vec<String> = tokens.iter().filter(|token| !is_other(token)).cloned().collect();
    let is_name = || kept.iter().all(|word| mandarin::is_spelt(word)) || korean::is_name(&kept);
    ((2..=3).contains(&kept.len()) && kept.len() < tokens.len() && is_name()).then(|| kept.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stuck_to_a_name_is_left_out() {
        for (text, expected) in [
            ("Bluebell24", "Bluebell"),
            ("Bluebell 24", "Bluebell"),
            ("Bluebell-24", "Bluebell-"),
            ("Bluebell2.0", "Bluebell"),
            ("BLUEBELLBot", "BLUEBELL"),
            ("bluebellbot", "bluebell"),
            ("BluebellPro", "Bluebell"),
            ("bluebell.com", "bluebell"),
            ("www.bluebell.co.uk", "bluebell"),
            ("t.me/bluebell", "bluebell"),
            ("@bluebell", "bluebell"),
            ("https://x.com/kyu_kim76?s=1", "kyu kim"),
            ("KyunaKim1976", "Kyuna Kim"),
            ("kyu_kim1976", "kyu kim"),
            ("PAYPAL *KyunaKIM", "PAYPAL Kyuna KIM"),
            ("Kyu \"Nico\" Kim", "Kyu Kim"),
            ("Kyu 'the Lion' Kim", "Kyu Kim"),
            ("Kyu «Вова» Kim", "Kyu Kim"),
            ("Kyu “Nico” Kim", "Kyu Kim"),
        ] {
            assert!(readings(text).iter().any(|found| found == expected), "{text}: {:?}", readings(text));
        }
        for text in
            ["3M", "A7A5", "K1m Jong", "Kyu O'Brien", "Kyu Kim", "McDonald DeLuca", "Studio 54", "d'Arc l'Or"]
        {
            assert!(readings(text).is_empty(), "{text}: {:?}", readings(text));
        }
    }

    #[test]
    fn a_name_of_another_language_beside_a_chinese_or_korean_one_is_left_out() {
        for (text, expected) in [
            ("David Chen Zhi", Some("chen zhi")),
            ("Chen Peter Zhi", Some("chen zhi")),
            ("Robert Kim Jong Un", Some("kim jong un")),
            ("Mr. Chen Zhi David", Some("chen zhi")),
            ("Li Wei Ming", None),
            ("Kim Jong Un", None),
            ("David Chen", None),
            ("David Smith Weber", None),
            ("Paola Arriaga de Olmos", None),
            ("육승아", None),
            ("Vũ Hồng Đỗ", None),
        ] {
            assert_eq!(without_other_given(text).as_deref(), expected, "{text}");
        }
    }
}

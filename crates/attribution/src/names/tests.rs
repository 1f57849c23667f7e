//! Hostile names.

use super::{
    asked::{MAX_QUERY_BYTES, MAX_READINGS, asked},
    *,
};

/// Every part of a hostile name is bounded, and with it the work: so many names at most, of so many words.
#[test]
fn hostile_names_are_a_bounded_number_of_words_to_look_for() {
    let long =
        ["a".repeat(100_000), "김 ".repeat(30_000), "x\u{301}".repeat(30_000), "\u{200b}".repeat(30_000)];
    for query in &long {
        assert!(matches!(asked(query), Err(NameError::TooLong { .. })));
    }
    let hostile = [
        ("a;", 490),
        ("abc;", 20),
        ("abc;", 240),
        ("(", 999),
        ("(a ", 300),
        ("abc (", 39),
        ("Аbс (", 39),
        ("abc a.k.a. ", 13),
        ("x\u{301}", 300),
        ("K\u{200b}\u{2066}", 160),
        ("Кi", 300),
        ("김", 40),
        ("李", 40),
        ("ﷺ", 300),
        ("ال", 240),
        ("حسین ", 39),
        ("سراج الدين (", 13),
        ("born 1 ", 20),
        ("キム", 160),
        ("𒐫 ", 200),
    ];
    for (part, times) in hostile {
        let query = part.repeat(times);
        let Ok(names) = asked(&query) else { continue };
        assert!(!names.is_empty() && names.len() <= MAX_READINGS, "{part}: {}", names.len());
        for Reading { text: name, .. } in &names {
            let tokens = normal(name, MAX_TOKENS).tokens;
            let longest = tokens.iter().map(String::len).max().unwrap_or_default();
            assert!(tokens.len() <= MAX_TOKENS && longest <= 20 * MAX_QUERY_BYTES, "{part}");
            assert!(KoreanName::readings(name, &tokens).len() <= 100, "{part}: readings");
            assert!(HanName::of(name).is_none_or(|name| name.hangul().len() <= 24), "{part}");
        }
    }
    // None of them finds more than is there, nor nothing that can be told.
    let index = NameIndex::build(&[]);
    assert!(hostile.iter().all(|(part, times)| match index.search(&part.repeat(*times), 5) {
        Ok(found) => found.is_empty(),
        Err(NameError::Empty { .. } | NameError::TooLong { .. }) => true,
        Err(NameError::Damaged { .. }) => false,
    }));
}

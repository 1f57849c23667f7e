//! How alike two tokens are spelt.

/// Longest token compared by spelling, in letters: the bits of a word. Longer ones are equal or not.
const MAX_LETTERS: usize = 64;

/// Winkler's boost for a common beginning is for texts that are alike already.
const BOOST_FROM: f64 = 0.7;

/// A text with the places of its letters, to be compared with many others.
#[derive(Clone, Debug)]
pub(super) struct Pattern<'a> {
    text: &'a [u8],
    /// For each letter a bit a place.
    places: [u64; 26],
}

impl<'a> Pattern<'a> {
    /// Of lower-case Latin letters only: others never match.
    pub(super) fn new(text: &'a [u8]) -> Self {
        let mut places = [0; 26];
        for (place, letter) in text.iter().take(MAX_LETTERS).enumerate() {
            if let Some(places) = places.get_mut(usize::from(letter.wrapping_sub(b'a'))) {
                *places |= 1 << place;
            }
        }
        Self { text, places }
    }

    /// Jaro-Winkler similarity, 0.0 to 1.0 (W. E. Winkler, "String Comparator Metrics and Enhanced Decision Rules in the
    /// Fellegi-Sunter Model of Record Linkage", 1990): prefixes of up to four letters count extra.
    pub(super) fn jaro_winkler(&self, other: &[u8]) -> f64 {
        let (a, b) = (other, self.text);
        if a == b {
            return 1.0;
        }
        if a.is_empty() || b.is_empty() || a.len() > MAX_LETTERS || b.len() > MAX_LETTERS {
            return 0.0;
        }
        let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
        let (mut in_a, mut in_b) = (0u64, 0u64);
        for (i, letter) in a.iter().enumerate() {
            let near = (u64::MAX >> (MAX_LETTERS - 1 - (i + reach).min(MAX_LETTERS - 1)))
                & (u64::MAX << i.saturating_sub(reach));
            let places = self.places.get(usize::from(letter.wrapping_sub(b'a'))).copied().unwrap_or(0);
            let free = places & near & !in_b;
            in_a |= u64::from(free != 0) << i;
            in_b |= free & free.wrapping_neg();
        }
        if in_a == 0 {
            return 0.0;
        }
        let m = f64::from(in_a.count_ones());
        let mut out_of_order = 0u32;
        while in_a != 0 {
            out_of_order += u32::from(a[in_a.trailing_zeros() as usize] != b[in_b.trailing_zeros() as usize]);
            in_a &= in_a - 1;
            in_b &= in_b - 1;
        }
        let share_of = |text: &[u8]| m / f64::from(text.len() as u32);
        let jaro = (share_of(a) + share_of(b) + (m - f64::from(out_of_order / 2)) / m) / 3.0;
        if jaro <= BOOST_FROM {
            return jaro;
        }
        let prefix = a.iter().zip(b).take(4).take_while(|(a, b)| a == b).count();
        jaro + f64::from(prefix as u32) * 0.1 * (1.0 - jaro)
    }
}

/// The token with regular differences between romanisations taken out: `hyeon` and `hyon`, `seob` and `sop`, `Andreyev`
/// and `Andreev`, `Yousef` and `Yusef`, `Aleksandr` and `Alexandr` become the same.
pub(super) fn fold(token: &str) -> String {
    const PAIRS: &[(&str, &str)] = &[
        ("yeo", "io"),
        ("eye", "e"),
        ("eev", "ev"),
        ("eo", "o"),
        ("eu", "u"),
        ("oo", "u"),
        ("ou", "u"),
        ("ow", "ov"),
        ("ee", "i"),
        ("ie", "e"),
        ("ye", "e"),
        ("ey", "e"),
        ("ph", "f"),
        ("kh", "h"),
        ("gh", "g"),
        ("ck", "k"),
        ("ks", "x"),
        ("dj", "j"),
        ("zh", "j"),
        ("sch", "sh"),
        ("tch", "ch"),
    ];
    let mut folded = String::with_capacity(token.len());
    let mut rest = token;
    while let Some(first) = rest.chars().next() {
        let pair = PAIRS.iter().find(|(from, _)| rest.starts_with(from));
        let (taken, given) = pair.map_or((first.len_utf8(), None), |(from, to)| (from.len(), Some(*to)));
        let single = match first {
            'y' => 'i',
            'q' | 'c' if !rest.starts_with("ch") => 'k',
            'w' => 'v',
            'z' => 's',
            other => other,
        };
        match given {
            Some(text) => folded.push_str(text),
            None if !folded.ends_with(single) => folded.push(single),
            None => {}
        }
        rest = &rest[taken..];
    }
    let hardened = match folded.as_bytes().last() {
        Some(b'b') => Some('p'),
        Some(b'd') => Some('t'),
        Some(b'g') if !folded.ends_with("ng") => Some('k'),
        _ => None,
    };
    if let Some(last) = hardened {
        folded.pop();
        folded.push(last);
    }
    folded
}

/// The consonants of a folded token, with a dot for each run of vowels: `Mohammed` and `Muhammad` have the same, `Garcia`
/// and `Grace` do not.
pub(super) fn skeleton(folded: &str) -> String {
    let mut skeleton = String::with_capacity(folded.len());
    for letter in folded.chars() {
        let letter = if matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u') { '.' } else { letter };
        if letter != '.' || !skeleton.ends_with('.') {
            skeleton.push(letter);
        }
    }
    skeleton
}

/// One bit a letter (digits share the rest), to tell quickly that two tokens have too little in common.
pub(super) fn letter_set(token: &str) -> u32 {
    token
        .bytes()
        .fold(0, |set, byte| set | 1 << if byte.is_ascii_lowercase() { byte - b'a' } else { 26 + (byte & 3) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_name_fold_together() {
        for (a, b) in [
            ("hyeon", "hyon"),
            ("seob", "sop"),
            ("andreyev", "andreev"),
            ("yousef", "yusef"),
            ("aleksandr", "alexandr"),
            ("kaddafi", "qadafi"),
        ] {
            assert_eq!(fold(a), fold(b));
        }
        assert_ne!(fold("jong"), fold("jung"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn jaro_winkler_agrees_with_the_common_implementation(a in "[a-e]{0,64}", b in "[a-e]{0,12}") {
            let expected = if a == b { 1.0 } else { strsim::jaro_winkler(&a, &b) };
            prop_assert!((Pattern::new(b.as_bytes()).jaro_winkler(a.as_bytes()) - expected).abs() < 1e-9);
        }
    }
}

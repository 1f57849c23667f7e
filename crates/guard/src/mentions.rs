//! Addresses that a text names, however it is written.

use tracehound_model::Address;
use unicode_normalization::UnicodeNormalization;

/// Lengths between which an address is looked for, in bytes: the shortest and the longest form that [`Address::parse`] reads.
const LENGTHS: std::ops::RangeInclusive<usize> = 20..=120;

/// A text in plain letters, without white space and what cannot be seen: as somebody copies an address out of it.
pub(crate) fn folded(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace() && !is_unseen(*c)).collect()
}

fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The addresses of any chain but those of EVM chains that stand in a text as words of their own, or behind a scheme
/// (`bitcoin:bc1...`). O(bytes).
pub(crate) fn addresses(text: &str) -> Vec<Address> {
    let plain: String = text.nfkc().filter(|c| !is_unseen(*c) || c.is_whitespace()).collect();
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    let forms = words.flat_map(|word| {
        let bare = word.rsplit(':').next().filter(|bare| bare.len() < word.len());
        [Some(word.trim_matches(':')), bare].into_iter().flatten()
    });
    let fitting = forms.filter(|form| LENGTHS.contains(&form.len()));
    let read = fitting.filter_map(|form| Address::parse(form).ok());
    read.filter(|address| !matches!(address, Address::Evm(_))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_however_a_text_holds_it() {
        for text in [
            "send to 149w62rY42aZBox8fGcmqNsXUzSStKeq8C",
            "send to bitcoin:149w62rY42aZBox8fGcmqNsXUzSStKeq8C?amount=1",
            "(149w62rY42aZBox8fGcmqNsXUzSStKeq8C)",
            "149w62rY\u{200b}42aZBox8fGcmqNsXUzSStKeq8C",
            "\u{ff11}49w62rY42aZBox8fGcmqNsXUzSStKeq8C, please",
        ] {
            let found: Vec<String> = addresses(text).iter().map(ToString::to_string).collect();
            assert_eq!(found, ["149w62rY42aZBox8fGcmqNsXUzSStKeq8C"], "{text}");
        }
        assert!(addresses("Welcome to our application, please sign in below").is_empty());
        assert_eq!(folded("\u{ff10}x09\n8B 71\u{200b}6B"), "0x098B716B");
    }
}

//! Input that looks like a secret: it is refused wherever a person may paste one by mistake.

/// What an input looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// Words of a seed phrase (BIP-39).
    Phrase,
    /// 32 bytes of a private key, hexadecimal.
    Key,
    /// A private key in Bitcoin's form (WIF).
    Wif,
    /// An extended private key (BIP-32).
    Extended,
    /// A key store of Ethereum, or a PEM file.
    Store,
}

impl Secret {
    /// In words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Phrase => "a seed phrase",
            Self::Key => "a private key",
            Self::Wif => "a private key (WIF)",
            Self::Extended => "an extended private key",
            Self::Store => "a file with a private key",
        }
    }
}

/// Words of the list that in a row make a phrase. Ordinary English has runs of list words too, but short ones.
const RUN: usize = 8;

/// Whether a text holds what looks like a secret. Errs on the side of yes.
pub fn find(text: &str) -> Option<Secret> {
    if text.contains("PRIVATE KEY-----") || (text.contains("\"ciphertext\"") && text.contains("\"kdf\"")) {
        return Some(Secret::Store);
    }
    let mut run = 0;
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() || word.chars().all(|c| c.is_ascii_digit()) {
            // The numbers and marks of a numbered list.
            continue;
        }
        if let Some(found) = of_word(word) {
            return Some(found);
        }
        run = if is_listed(word) { run + 1 } else { 0 };
        if run >= RUN {
            return Some(Secret::Phrase);
        }
    }
    None
}

fn of_word(word: &str) -> Option<Secret> {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(Secret::Key);
    }
    let base58 = word.bytes().all(|byte| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte));
    if !base58 {
        return None;
    }
    if matches!(word.get(..4), Some("xprv" | "tprv" | "yprv" | "zprv" | "uprv" | "vprv")) && word.len() > 100
    {
        return Some(Secret::Extended);
    }
    let wif = matches!(
        (word.len(), word.as_bytes().first()),
        (51, Some(b'5' | b'9')) | (52, Some(b'K' | b'L' | b'c'))
    );
    wif.then_some(Secret::Wif)
}

/// A word of the English list by its first four letters, which are unique in it: phrases are often written so.
fn is_listed(word: &str) -> bool {
    let word = word.to_lowercase();
    if word.len() < 3 {
        return false;
    }
    let list = bip39::Language::English.word_list();
    let at = list.partition_point(|listed| *listed < &word[..]);
    list.get(at).is_some_and(|listed| *listed == word || (word.len() == 4 && listed.starts_with(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The test phrase of BIP-39's own vectors, known to everybody.
    const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";

    #[test]
    fn phrases_in_every_dress_are_seen() {
        assert_eq!(find(PHRASE), Some(Secret::Phrase));
        assert_eq!(find(&PHRASE.to_uppercase().replace(' ', "\n")), Some(Secret::Phrase));
        let numbered: Vec<String> =
            PHRASE.split(' ').enumerate().map(|(at, word)| format!("{}. {word}", at + 1)).collect();
        assert_eq!(find(&numbered.join(", ")), Some(Secret::Phrase));
        let short: Vec<String> = PHRASE.split(' ').map(|word| word.chars().take(4).collect()).collect();
        assert_eq!(find(&short.join(" ")), Some(Secret::Phrase));
        assert_eq!(find(&format!("here it is: {PHRASE} thanks")), Some(Secret::Phrase));
    }

    #[test]
    fn keys_are_seen_and_addresses_are_not() {
        assert_eq!(find(&"4c".repeat(32)), Some(Secret::Key));
        assert_eq!(find(&format!("key=0x{}", "4C".repeat(32))), Some(Secret::Key));
        // The key 1, in its three known forms.
        assert_eq!(find("5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf"), Some(Secret::Wif));
        assert_eq!(find("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn"), Some(Secret::Wif));
        assert_eq!(find(&format!("xprv{}", "9s21ZrQH143K".repeat(9))), Some(Secret::Extended));
        assert_eq!(find("-----BEGIN EC PRIVATE KEY-----"), Some(Secret::Store));
        for harmless in [
            "0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "yes, no, I am not sure about that; ask the exchange again",
            "",
            "éé éééé ééé",
        ] {
            assert_eq!(find(harmless), None, "{harmless}");
        }
    }
}

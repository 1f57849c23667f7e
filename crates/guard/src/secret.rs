//! Input that looks like a secret: it is refused wherever a person may paste one by mistake.

use std::sync::LazyLock;

use bip39::Language;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

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

/// Words of one list that in a row make a phrase. Ordinary sentences have runs of list words too, but short ones.
const RUN: usize = 8;

/// The lists of BIP-39, folded and sorted.
static LISTS: LazyLock<Vec<Vec<String>>> =
    LazyLock::new(|| Language::ALL.iter().map(|list| sorted(*list)).collect());

fn sorted(language: Language) -> Vec<String> {
    let mut words: Vec<String> = language.word_list().iter().map(|word| folded(word)).collect();
    words.sort_unstable();
    words
}

/// Lower case and without marks: people write phrases in French or Spanish without accents, and Japanese ones with marks of
/// their own or as one sign.
fn folded(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase()
}

/// Whether a text holds what looks like a secret. Errs on the side of yes.
pub fn find(text: &str) -> Option<Secret> {
    if text.contains("PRIVATE KEY-----") || (text.contains("\"ciphertext\"") && text.contains("\"kdf\"")) {
        return Some(Secret::Store);
    }
    words(text).find_map(of_word).or_else(|| is_phrase(&folded(text)).then_some(Secret::Phrase))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether so many words of one list stand in a row, whatever numbers stand between them.
fn is_phrase(text: &str) -> bool {
    let mut runs = vec![0; LISTS.len()];
    // The numbers of a numbered list.
    for word in words(text).filter(|word| !word.chars().all(|c| c.is_ascii_digit())) {
        for (list, run) in LISTS.iter().zip(&mut runs) {
            *run = if is_listed(list, word) { *run + 1 } else { 0 };
        }
        if runs.iter().any(|run| *run >= RUN) {
            return true;
        }
    }
    false
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

/// A word of a list, or its first four letters, which are unique in most: phrases are often written so.
fn is_listed(list: &[String], word: &str) -> bool {
    // Words of one or two letters are everyday ones; a sign of Chinese or Korean is a word.
    if word.len() < 3 {
        return false;
    }
    let at = list.partition_point(|listed| &listed[..] < word);
    let is_short = word.len() == 4 && word.is_ascii();
    list.get(at).is_some_and(|listed| listed == word || (is_short && listed.starts_with(word)))
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
    fn phrases_of_every_language_are_seen() {
        // Made of the bytes of the test phrase above, by the lists themselves.
        let entropy = [0x7f; 16];
        for language in Language::ALL {
            let phrase = bip39::Mnemonic::from_entropy_in(*language, &entropy).expect("16 bytes").to_string();
            assert_eq!(find(&phrase), Some(Secret::Phrase), "{language}: {phrase}");
            let composed: String = phrase.nfc().collect::<String>().to_uppercase();
            assert_eq!(find(&composed), Some(Secret::Phrase), "{language}: {composed}");
            assert_eq!(find(&phrase.replace(' ', "\u{3000}")), Some(Secret::Phrase), "{language}");
            assert_eq!(find(&format!("1. {}", folded(&phrase))), Some(Secret::Phrase), "{language}");
        }
    }

    #[test]
    fn ordinary_sentences_are_no_phrases() {
        for text in [
            "Willkommen! Bitte signieren Sie diese Nachricht, um sich anzumelden. Es kostet nichts.",
            "Bienvenue sur notre site. Signez ce message pour prouver que ce compte est le vôtre, sans frais ni transaction.",
            "Bienvenido. Firma este mensaje para demostrar que esta cuenta es tuya; no cuesta nada y no mueve dinero.",
            "Firma questo messaggio per dimostrare che questo conto è tuo. Non costa nulla e non muove denaro.",
            "このメッセージに署名すると、このアカウントの所有者であることが証明されます。手数料はかかりません。",
            "请签署此消息以证明您拥有该账户。此操作不会产生任何费用，也不会转移任何资金。",
            "이 메시지에 서명하면 이 계정의 소유자임을 증명합니다. 비용이 들지 않습니다.",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
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

//! Whether every word of a text is one that is read here. Words by which somebody binds himself are endless, in any language; those of
//! greetings, log-ins and terms are few. A text of these alone says nothing of what is anybody's; any other is for a person.

use std::{collections::BTreeSet, sync::LazyLock};

use crate::plain;

/// Words that by themselves give nothing away.
const HARMLESS: &str = "
i a accept account address age agree agreed am an and any app application are as ask at authenticate authentication back be before been
blockchain by can chain challenge click close code conditions connect connecting cookie date day did do does ethereum expiration for from hello
here hi id in is issued it its january february march april may june july august september october november december draft least log
login logging message monday tuesday wednesday thursday friday saturday sunday my noon nonce number of old on one-time or our own owns page
please policy privacy proof prove proves read request resources see service session sign signature signed signing site terms text
thank thanks that the there these this time to today tomorrow tos uri use utc verify verifying version wallet want wants we website
welcome what which who will with would years yes you your
";

/// Words that stand where it is said that something does not happen, and say what is feared elsewhere.
const DENIED: &str = "
access approval approve ask cost costs fee fees funds gas grant money move moves permission phrase seed send sends sent share spend tokens
transaction transactions transfer trigger
";

/// How that is said.
const DENIALS: &[&str] = &["not", "no", "never", "nothing", "without", "cannot", "won't", "doesn't", "don't"];

static WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| HARMLESS.split_whitespace().collect());
static DENIED_WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| DENIED.split_whitespace().collect());

/// Words behind which a name stands: `welcome to Example`, `the terms of Example Labs`.
const BEFORE_NAMES: &[&str] = &["to", "of", "at", "by", "the", "with"];
/// Words of a name.
const LONGEST_NAME: usize = 3;

/// What of a text is not read here: the first word, or the sentence that says more than its words do.
pub(crate) fn unread(text: &str) -> Option<String> {
    let sentences = text.split(['\n', '\r', '!', '?', ';']).flat_map(|line| line.split(". "));
    sentences.into_iter().find_map(sentence)
}

fn sentence(text: &str) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut names, mut in_name) = (0, 0);
    for written in text.split_whitespace() {
        let written = written.trim_matches(|c: char| !c.is_alphanumeric());
        let word = plain::letters(written).replace('\u{2019}', "'");
        let stands_behind = words.last().is_some_and(|last| BEFORE_NAMES.contains(&&last[..]));
        // Words may be joined by points; as the name of a site they stand where one does.
        if word.is_empty() || is_number(&word) || word.contains("://") || stands_behind && is_host(&word) {
            continue;
        }
        let is_denial = DENIALS.contains(&&word[..]);
        if is_denial || WORDS.contains(&word[..]) || DENIED_WORDS.contains(&word[..]) {
            in_name = 0;
            words.push(word);
            continue;
        }
        let is_name = written.starts_with(char::is_uppercase) && (in_name > 0 || stands_behind);
        names += usize::from(in_name == 0);
        in_name += 1;
        if !is_name || in_name > LONGEST_NAME || names > 1 {
            return Some(written.to_owned());
        }
    }
    let has = |all: &[&str]| words.iter().any(|word| all.contains(&&word[..]));
    let denials = words.iter().filter(|word| DENIALS.contains(&&word[..])).count();
    let is_denied = denials == 1;
    let says_more = words.iter().any(|word| DENIED_WORDS.contains(&word[..])) && !is_denied
        // What is agreed to must be terms, and whose something is, the signer's own.
        || has(&["accept", "agree", "agreed"]) && !has(&["terms", "policy", "conditions", "tos"])
        || has(&["own", "owns"]) && has(&["you", "your", "to", "by"])
        || denials > 1;
    says_more.then(|| text.trim().to_owned())
}

/// Numbers, dates, times, and codes of letters and digits.
fn is_number(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_plain = word.chars().all(|c| c.is_ascii_digit() || ".,:/-+%".contains(c));
    digits > 0 && (is_plain || word.len() >= 8 && digits * 4 >= word.len())
}

/// The name of a site.
fn is_host(word: &str) -> bool {
    let labels = word.split('.').count();
    let top = word.rsplit('.').next().unwrap_or_default();
    (2..=4).contains(&labels) && (2..=6).contains(&top.len()) && top.chars().all(char::is_alphanumeric)
}

/// How other languages say that somebody binds himself or gives something away, in plain letters.
const PLEDGES: &[&str] = &[
    // Spanish
    "acepto vender",
    "acepto transferir",
    "acepto pagar",
    "acepto ceder",
    "autorizo",
    "vendo",
    "cedo",
    "transfiero",
    "apruebo",
    "me comprometo",
    "doy permiso",
    "entrego",
    "regalo",
    "debo pagar",
    // Portuguese
    "aceito vender",
    "aceito transferir",
    "aceito pagar",
    "transfiro",
    "aprovo",
    "comprometo-me",
    "me comprometo",
    "dou permissao",
    "concordo em",
    // Italian
    "accetto di",
    "autorizzo",
    "trasferisco",
    "approvo",
    "mi impegno",
    "cedo",
    "consento",
    "concedo",
    // French
    "j'accepte de",
    "j'autorise",
    "je vends",
    "je cede",
    "je transfere",
    "j'approuve",
    "je m'engage",
    "je donne",
    "je paie",
    // German
    "ich verkaufe",
    "ich stimme",
    "ich ermachtige",
    "ich ubertrage",
    "ich genehmige",
    "ich verpflichte",
    "ich trete",
    "ich zahle",
    "ich uberlasse",
    "ich erlaube",
    "ich gewahre",
    "hiermit",
    // Dutch
    "ik verkoop",
    "ik machtig",
    "ik draag over",
    "ik ga akkoord",
    "ik geef",
    // Polish, Turkish, Indonesian, Vietnamese
    "sprzedaje",
    "upowazniam",
    "zgadzam sie",
    "satiyorum",
    "onayliyorum",
    "yetki veriyorum",
    "saya setuju",
    "saya menjual",
    "toi dong y",
    "toi ban",
];

/// How other languages call what opens an account, in plain letters.
const SECRETS: &[&str] = &[
    "clave privada",
    "frase semilla",
    "frase de recuperacion",
    "chave privada",
    "frase de recuperacao",
    "chiave privata",
    "frase di recupero",
    "cle privee",
    "phrase de recuperation",
    "privaten schlussel",
    "privater schlussel",
    "wiederherstellungsphrase",
    "prive sleutel",
    "klucz prywatny",
    "ozel anahtar",
    "kunci pribadi",
    "khoa rieng",
];

fn holds(text: &str, phrases: &[&str]) -> Option<String> {
    // Letters that do not come apart into a plain one and an accent.
    let plain =
        plain::letters(text).replace('\u{2019}', "'").replace('ı', "i").replace('ł', "l").replace('đ', "d");
    let words: Vec<&str> = plain.split(|c: char| c.is_whitespace() || ",.:;!?()\"".contains(c)).collect();
    let joined =
        format!(" {} ", words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "));
    let found = phrases.iter().find(|phrase| joined.contains(&format!(" {phrase} ")));
    found.map(|phrase| (*phrase).to_owned())
}

/// Words of another language that bind whoever signs them.
pub(crate) fn binds(text: &str) -> Option<String> {
    holds(text, PLEDGES)
}

/// Words of another language for keys and seed phrases.
pub(crate) fn speaks_of_keys(text: &str) -> Option<String> {
    holds(text, SECRETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_harmless_words_is_read_and_no_other() {
        for text in [
            "Acepto",
            "Acepto vender todos mis tokens al portador por un ether",
            "Ich verkaufe alles",
            "J'accepte",
            "Bu mesaji imzalayarak",
            "Otorgo permission to use my wallet",
            "I let the bearer use my wallet for everything",
            "I confirm that the wallet and all in it belong to the bearer from today",
            "You may take all my tokens",
            "My NFT is now yours",
            "Please take my tokens",
            "This wallet is your own",
            "The owner of this address is from now on somebody",
            "I accept the offer of 1 ETH",
            "I agree",
            "I agree to this",
            "Deal: Punk 55 for 1 ETH",
            "Confirm order 4471",
            "My tokens",
            "Send money to this address",
            "I will not not transfer my tokens",
            "Welcome to Example. Please Take All My Tokens",
            "Welcome to Take All My Tokens Now",
            "t0kens",
            "sell.everything to this address",
            "I.sell.all",
            "transfer1 everything2",
            "Welcome to Take of All by My",
        ] {
            assert!(unread(text).is_some(), "{text}");
        }
        for text in [
            "I own this address. 15 January 2026.",
            "Welcome to OpenSea!\n\nClick to sign in and accept the OpenSea Terms of Service (https://opensea.io/tos).\n\nThis request \
             will not trigger a blockchain transaction or cost any gas fees.\n\nNonce:\n9a8b7c6d",
            "Welcome back. Nothing here moves money.",
            "I read and agree to the terms",
            "I accept the terms of service of example.org",
            "Welcome to the Caf\u{e9} Gare",
            "We will never ask for your seed phrase.",
            "Sign in to Example Labs",
            "",
        ] {
            assert_eq!(unread(text), None, "{text}");
        }
    }

    #[test]
    fn what_binds_and_what_opens_is_known_by_its_words() {
        assert_eq!(binds("Acepto  vender: mi NFT").as_deref(), Some("acepto vender"));
        assert_eq!(binds("Hiermit \u{fc}bertrage ich alles").as_deref(), Some("hiermit"));
        assert_eq!(binds("J\u{2019}autorise le porteur").as_deref(), Some("j'autorise"));
        assert_eq!(binds("I agree to be on time"), None);
        assert_eq!(speaks_of_keys("Esta firma es su clave privada").as_deref(), Some("clave privada"));
        assert_eq!(speaks_of_keys("D\u{e9}voilez votre cl\u{e9} priv\u{e9}e").as_deref(), Some("cle privee"));
        assert_eq!(speaks_of_keys("a private matter"), None);
    }
}

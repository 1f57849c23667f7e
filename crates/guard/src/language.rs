//! Whether a text is in English: what its words agree to is looked for in English alone, and a text in another language is
//! one that nobody read.
//!
//! English is told by its commonest words and by those of log-ins. Words that other languages write with the same letters and
//! another meaning (`die`, `is`, `no`, `in`) are left out: they would vouch for a sentence of theirs.

use std::{collections::BTreeSet, sync::LazyLock};

use crate::plain;

const COMMON: &str = "
about above accept access account accounts active add address after again against agree agreement all allow already always and
any application are ask asks at authenticate authentication authorize available away back be because been before being below
between both but button by can cannot change changes check click comes confirm confirmation connect connected connecting
connection continue cost costs could cryptographic current day days device did does done download each enable enter every
example expire expires fee fees few find first following for from funds get give given go going good greetings had happen have
having hello help here how however human identity if information into it its join just keep key keys know last later like look
made make makes making many may member money month more most moves much must my name need network never new next noon not
nothing now number old once one only or order other our ours out own owned owner owning pay people phrase platform please policy
private proceed profile proof prove proves provide read receive recover register registration related request required right
round same save secret secure security see send sending sent set she should show sign signed signing signs some something
started still submit sure system take than thank thanks that the their them then there these they thing this those through time
to today tomorrow tool transfer trigger trust two understand unique unless until up us use used user username uses using
verification verify very view visit want wants way we website week welcome well were what when where whether which while who
whoever whole whom whose will with within without word words work world would year yes yesterday yet you your yours yourself
";

static WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| COMMON.split_whitespace().collect());

/// Fewer words tell no language.
const LEAST: usize = 3;

/// The first sentence of a text that is in no English, where there is one.
pub(crate) fn unread(text: &str) -> Option<String> {
    let plain = plain::letters(text);
    let sentences = plain.split(['\n', '\r', '!', '?', ';']).flat_map(|line| line.split(". "));
    for sentence in sentences {
        // Hosts, numbers, keys and names of things in other letters are no words.
        let words: Vec<&str> = sentence
            .split_whitespace()
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
            .filter(|word| {
                word.len() >= 2 && word.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-')
            })
            .collect();
        let known =
            words.iter().filter(|word| WORDS.contains(word.split(['\'', '-']).next().unwrap_or(word)));
        let known = known.count();
        if words.len() >= LEAST && known * 4 < words.len() {
            return Some(sentence.trim().to_owned());
        }
    }
    None
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
    fn english_is_told_from_other_languages() {
        for text in [
            "Acepto vender todos mis tokens al portador por un ether",
            "Autorizo la transferencia de mi cuenta",
            "Ich verkaufe dem Inhaber alles, was in meiner Brieftasche ist",
            "Mit dieser Unterschrift stimme ich dem Verkauf zu",
            "J'accepte de vendre mon jeton pour un ether",
            "Concordo em transferir todos os meus tokens",
            "Accetto di cedere tutto quello che possiedo",
            "Ik verkoop alles in deze portemonnee",
            "Zgadzam sie sprzedac wszystkie moje tokeny",
            "Bu mesaji imzalayarak tum varliklarimi devrediyorum",
            "Saya setuju menjual semua token saya",
            "Jag s\u{e4}ljer allt jag har till innehavaren",
            "Welcome to Example. Please sign to continue.\n\nAcepto ceder mis derechos al portador",
        ] {
            assert!(unread(text).is_some(), "{text}");
        }
        for text in [
            "I own this address. 15 January 2026.",
            "Welcome to OpenSea!\n\nClick to sign in and accept the OpenSea Terms of Service (https://opensea.io/tos).\n\nThis request \
             will not trigger a blockchain transaction or cost any gas fees.\n\nWallet address:\n0xa1\n\nNonce:\n9a8b7c",
            "Sign in to prove that you own this wallet",
            "Welcome back. Nothing here moves money.",
            "By connecting your wallet and using Uniswap, you agree to our Terms of Service and Privacy Policy.",
            "I am at least 18 years old and not a resident of a sanctioned country.",
            "[draft] see you at noon",
            "Uniswap Labs",
            "My favourite colour is blue, and I like long walks.",
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

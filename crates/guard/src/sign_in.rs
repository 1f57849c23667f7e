//! Sign-ins (EIP-4361, "Sign-In with Ethereum") and the powers they may hand over (`ReCap`, ERC-5573), read strictly.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;

use crate::json::{self, Node};

/// The end of a sign-in's first line.
pub(crate) const MARK: &str = " wants you to sign in with your Ethereum account:";

/// A sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignIn<'a> {
    /// Host and port that are signed in to, with the scheme where it is written.
    pub domain: &'a str,
    /// The account, as written.
    pub account: &'a str,
    /// What it says in words of its own.
    pub statement: Option<&'a str>,
    /// What is signed for.
    pub uri: &'a str,
    /// The chain.
    pub chain_id: u64,
    /// What makes it one of its own.
    pub nonce: &'a str,
    /// The site's own name for it.
    pub request: Option<&'a str>,
    /// When it was made.
    pub issued: Timestamp,
    /// From when on it holds.
    pub not_before: Option<Timestamp>,
    /// Until when it holds.
    pub expires: Option<Timestamp>,
    /// What it speaks of besides.
    pub resources: Vec<&'a str>,
}

/// Reads a sign-in in the form of its standard, field by field in order; otherwise says what is not.
pub(crate) fn read(text: &str) -> Result<SignIn<'_>, String> {
    let mut lines = text.split('\n').peekable();
    let first = lines.next().unwrap_or_default();
    let domain = first.strip_suffix(MARK).ok_or("the first line is another")?;
    // Some clients write the whole origin.
    let bare = domain.strip_prefix("https://").or_else(|| domain.strip_prefix("http://")).unwrap_or(domain);
    if domain.is_empty() || domain.contains(char::is_whitespace) {
        return Err(format!("{:?} is no domain", json::shorten(domain)));
    }
    let account = lines.next().unwrap_or_default();
    let is_account =
        matches!(account.parse(), Ok(tracehound_model::Address::Evm(_))) && account.starts_with("0x");
    if !is_account || account.trim() != account {
        return Err(format!("{:?} is no account", json::shorten(account)));
    }
    if lines.next() != Some("") {
        return Err("no empty line follows the account".to_owned());
    }
    // A statement is one line, with an empty one behind it. Where there is none, libraries write one empty line or two.
    let mut statement = None;
    if lines.peek().is_some_and(|line| !line.is_empty() && !line.starts_with("URI: ")) {
        statement = lines.next();
        if lines.next() != Some("") {
            return Err("the statement is not one line with an empty one behind it".to_owned());
        }
    } else {
        lines.next_if_eq(&"");
    }
    let mut field = |name: &'static str| -> Option<&str> {
        let value = lines.peek()?.strip_prefix(name)?.strip_prefix(": ")?;
        lines.next();
        Some(value)
    };
    let mut needed = |name: &'static str| {
        let value = field(name).filter(|value| !value.is_empty() && value.trim() == *value);
        value.ok_or_else(|| format!("`{name}: ` is absent, empty or not in its place"))
    };
    let (uri, version, chain, nonce, issued) =
        (needed("URI")?, needed("Version")?, needed("Chain ID")?, needed("Nonce")?, needed("Issued At")?);
    if version != "1" {
        return Err(format!("version {:?} is not 1", json::shorten(version)));
    }
    let chain_id: u64 = chain.parse().map_err(|_| format!("{:?} is no chain", json::shorten(chain)))?;
    if chain_id.to_string() != chain {
        return Err(format!("{:?} is written as no reader need take it", json::shorten(chain)));
    }
    if nonce.len() < 8 || !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("the nonce has fewer than eight letters and digits, or others".to_owned());
    }
    // Source: RFC 3339, `date-time`: no zone in brackets, and a `T` between day and time.
    let is_strict = |text: &str| text.as_bytes().get(10) == Some(&b'T') && !text.contains('[');
    let time = |text: &str| {
        let read = Some(text).filter(|text| is_strict(text)).and_then(|text| text.parse::<Timestamp>().ok());
        read.ok_or_else(|| format!("{:?} is no time", json::shorten(text)))
    };
    let issued = time(issued)?;
    let expires = field("Expiration Time").map(time).transpose()?;
    let not_before = field("Not Before").map(time).transpose()?;
    let request_id = field("Request ID");
    let request = request_id.unwrap_or_default();
    if request.to_ascii_lowercase().contains("urn:recap:") {
        return Err("the request's id holds powers (ReCap), where nobody looks for them".to_owned());
    }
    // Source: EIP-4361: `*pchar`, which no blank is.
    if request.contains(|c: char| c.is_whitespace() || !c.is_ascii_graphic()) {
        return Err("the request's id is a text".to_owned());
    }
    if !is_page(uri) {
        return Err(format!("{:?} is no address of a page", json::shorten(uri)));
    }
    if bare.is_empty() || bare.contains("..") || bare.contains(['@', '\\', '/', '?', '#', ' ']) {
        return Err(format!("{:?} is no domain", json::shorten(domain)));
    }
    if let Some((_, port)) = bare.rsplit_once(':')
        && !bare.ends_with(']')
        && port.parse::<u16>().is_err()
    {
        return Err(format!("{:?} is no domain with a port", json::shorten(domain)));
    }
    let mut resources = Vec::new();
    if lines.next_if_eq(&"Resources:").is_some() {
        while let Some(line) = lines.next_if(|line| line.starts_with("- ")) {
            resources.push(&line[2..]);
        }
    }
    match lines.next() {
        None => Ok(SignIn {
            domain,
            account,
            statement,
            uri,
            chain_id,
            nonce,
            request: request_id,
            issued,
            not_before,
            expires,
            resources,
        }),
        Some(line) => Err(format!("{:?} has no place in a sign-in", json::shorten(line))),
    }
}

/// Whether it is the plain address of a page, and none that browsers and servers read differently, or that names none.
pub(crate) fn is_page(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    matches!(scheme, "https" | "http") && !host.is_empty() && !host.contains('@') && !uri.contains(odd)
}

/// Whether it names what it says by its contents (IPFS): it lies at no site, and nobody can put something else there.
pub(crate) fn is_content(uri: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    uri.strip_prefix("ipfs://").is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain))
}

/// What follows the scheme of an address that lies at a host, in small letters. Browsers take `HTTPS:host` and `https:\\host` for the
/// same as `https://host`. Source: WHATWG URL, "special scheme".
pub(crate) fn behind_scheme(lower: &str) -> Option<&str> {
    const SPECIAL: &[&str] = &["https:", "http:", "wss:", "ws:", "ftp:"];
    let rest = SPECIAL.iter().find_map(|scheme| {
        let at = lower.find(scheme)?;
        let is_apart = !lower[..at].ends_with(|c: char| c.is_alphanumeric());
        is_apart.then(|| &lower[at + scheme.len()..])
    })?;
    Some(rest.trim_start_matches(['/', '\\']))
}

/// The powers in a resource (`urn:recap:…`), in words; `None` for another resource.
pub(crate) fn powers(resource: &str) -> Option<Result<Vec<String>, String>> {
    // Names of this kind are the same in capitals (RFC 8141).
    let (kind, encoded) = resource.trim().split_at_checked("urn:recap:".len())?;
    if !kind.eq_ignore_ascii_case("urn:recap:") {
        return None;
    }
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|error| error.to_string())?;
        let node = json::parse(&bytes).map_err(|error| error.to_string())?;
        let targets = node.get("att").and_then(Node::map).ok_or("it names no powers (`att`)")?;
        let mut all = Vec::new();
        for (target, abilities) in targets {
            let abilities = abilities.map().ok_or("its powers are no object")?;
            for (ability, limits) in abilities {
                let free = limits.list().is_none_or(|list| {
                    list.iter().all(|limit| limit.map().is_none_or(<[_]>::is_empty)) || list.is_empty()
                });
                let bounds = if free { "" } else { ", within limits" };
                all.push(format!("{} at {}{bounds}", json::shorten(ability), json::shorten(target)));
            }
        }
        Ok(all)
    };
    Some(read())
}

/// Host in lower case, and port, of an origin or a domain; the scheme's own port where none is written.
pub(crate) fn authority(text: &str) -> (String, Option<u16>) {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit('@').next().unwrap_or_default();
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (rest, None),
    };
    // One point at the end is the root of names; of two a resolver makes nothing.
    (host.strip_suffix('.').unwrap_or(host).to_lowercase(), port.or(scheme.and_then(|_| standard_port(text))))
}

/// The port of an address's scheme.
pub(crate) fn standard_port(address: &str) -> Option<u16> {
    match address.split_once("://")?.0 {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

/// Whether a host is this machine itself: what is said to it goes over no network.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Verbs by which somebody parts with something.
pub(crate) const GIVING: &[&str] = &[
    "sell",
    "transfer",
    "assign",
    "pledge",
    "grant",
    "authorize",
    "authorise",
    "approve",
    "permit",
    "instruct",
    "delegate",
    "lend",
    "loan",
    "pay",
    "send",
    "withdraw",
    "release",
    "waive",
    "donate",
    "exchange",
    "swap",
    "convey",
    "surrender",
    "bid",
    "buy",
    "purchase",
    "burn",
    "indemnify",
    "borrow",
    "liquidate",
    "bridge",
    "give",
    "spend",
    "allow",
    "empower",
    "entitle",
    "move",
    "drain",
    "redeem",
    "gift",
    "forfeit",
    "relinquish",
];

/// Who binds himself.
const BINDING: &[&str] = &[
    "i",
    "we",
    "undersigned",
    "signer",
    "holder",
    "owner",
    "agree",
    "agrees",
    "hereby",
    "consent",
    "undertake",
];

/// Words of a text that bind whoever signs it to part with something: `I agree to sell`, `the undersigned transfers`.
pub(crate) fn binds(text: &str) -> Option<String> {
    /// Words between who binds himself and what he does.
    const REACH: usize = 6;
    // What is said within a sentence; host names and amounts hold points of their own.
    let lower = crate::plain::letters(text).replace(['\n', '\r'], " ");
    let sentences = lower.split(['!', '?', ';']).flat_map(|part| part.split(". "));
    for sentence in sentences {
        let words: Vec<&str> = sentence
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .filter(|word| !word.is_empty())
            .collect();
        let gives = |word: &str| is_form_of(word, GIVING);
        for (at, word) in words.iter().enumerate().filter(|(_, word)| BINDING.contains(*word)) {
            let near = words[at + 1..].iter().take(REACH);
            if let Some(verb) = near.clone().position(|word| gives(word)) {
                let said = [&[*word], &words[at + 1..=at + 1 + verb]].concat();
                return Some(said.join(" "));
            }
        }
        // Whoever is meant to do it: `permission to withdraw my tokens`.
        for (at, _) in words.iter().enumerate().filter(|(_, word)| gives(word)) {
            let near = &words[at + 1..words.len().min(at + 1 + OWN_REACH)];
            if let Some(own) = near.iter().position(|word| matches!(*word, "my" | "our")) {
                return Some(words[at..=at + 1 + own].join(" "));
            }
        }
    }
    None
}

/// What a line or a sentence begins with that tells somebody to do something: `Send 5 ETH to bob.eth`.
const ORDERS: &[&str] = &[
    "accept offer",
    "allow",
    "approve",
    "assign",
    "authorise",
    "authorize",
    "bridge",
    "burn",
    "buy",
    "change",
    "close",
    "delegate",
    "deposit",
    "disable",
    "donate",
    "enable",
    "give",
    "grant",
    "iou",
    "migrate",
    "mint",
    "move",
    "pay",
    "recover",
    "release",
    "remove",
    "replace",
    "revoke",
    "sell",
    "send",
    "set",
    "stake",
    "swap",
    "transfer",
    "unlock",
    "unstake",
    "upgrade",
    "withdraw",
];

/// A line or a sentence that begins as an order, or says that somebody owes something.
pub(crate) fn orders(text: &str) -> Option<String> {
    let lower = crate::plain::letters(text);
    let lines = lower.split(['\n', '\r', '!', '?', ';']).flat_map(|line| line.split(". "));
    for line in lines.map(|line| line.trim_start_matches(|c: char| !c.is_alphanumeric())) {
        let rest = |order: &&&str| {
            line.strip_prefix(**order).is_some_and(|rest| {
                !rest.trim().is_empty() && rest.starts_with(|c: char| !c.is_alphanumeric())
            })
        };
        let owes =
            line.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "owe" | "owes" | "iou"));
        if ORDERS.iter().any(|order| rest(&order)) || owes {
            return Some(line.trim().to_owned());
        }
    }
    None
}

/// A letter of a script whose words are not looked at here: of any but Latin.
pub(crate) fn unread_letter(text: &str) -> Option<char> {
    let plain = crate::plain::letters(text);
    // Latin letters and their extensions end at U+024F and stand again at U+1E00 to U+1EFF.
    let is_latin = |c: char| matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    plain.chars().find(|c| c.is_alphabetic() && !is_latin(*c))
}

/// Words between what is done and `my`.
const OWN_REACH: usize = 3;

/// Whether a word is one of some verbs in one of its forms.
pub(crate) fn is_form_of(word: &str, verbs: &[&str]) -> bool {
    let stems = ["", "s", "es", "d", "ed", "ing"].iter().filter_map(|end| word.strip_suffix(end));
    stems
        .into_iter()
        .any(|stem| verbs.contains(&stem) || verbs.iter().any(|verb| verb.strip_suffix('e') == Some(stem)))
}

/// Verbs by which a key comes about, or something is opened.
const MAKING: &[&str] = &[
    "generate",
    "derive",
    "create",
    "make",
    "compute",
    "recover",
    "restore",
    "unlock",
    "decrypt",
    "register",
    "enable",
    "activate",
    "export",
    "reveal",
    "approve",
    "authorize",
    "authorise",
    "establish",
];

/// What is a key.
const KEY_WORDS: &[&str] = &["key", "keys", "keypair", "seed", "mnemonic", "agent", "signer"];

/// Words of a text that say that its signature makes a key: `used to derive your encryption key`.
pub(crate) fn makes_key(text: &str) -> Option<String> {
    /// Words between the verb and the key.
    const REACH: usize = 6;
    let lower = crate::plain::letters(text);
    for sentence in lower.split(['.', '!', '?', ';']) {
        let words: Vec<&str> =
            sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        for (at, _) in words.iter().enumerate().filter(|(_, word)| is_form_of(word, MAKING)) {
            let near = &words[at + 1..words.len().min(at + 1 + REACH)];
            if let Some(key) = near.iter().position(|word| KEY_WORDS.contains(word)) {
                return Some(words[at..=at + 1 + key].join(" "));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "app.example.org wants you to sign in with your Ethereum account:\n\
                        0xb7AD6e4069d5C9A7BAA3Feb1db645A8032434aE3\n\nWelcome.\n\nURI: https://app.example.org/in\nVersion: 1\n\
                        Chain ID: 1\nNonce: 12345678\nIssued At: 2026-01-15T12:00:00Z\nExpiration Time: 2026-01-15T13:00:00Z\n\
                        Request ID: 7\nResources:\n- https://example.org/terms";

    #[test]
    fn a_sign_in_is_read_in_the_form_of_its_standard() {
        let read = read(TEXT).expect("a sign-in");
        assert_eq!((read.domain, read.chain_id, read.resources.len()), ("app.example.org", 1, 1));
        assert_eq!(read.expires, Some("2026-01-15T13:00:00Z".parse().expect("a time")));
        for shorter in [TEXT.replace("Welcome.\n\n", ""), TEXT.replace("Welcome.\n", "")] {
            assert!(super::read(&shorter).is_ok(), "{shorter}");
        }
    }

    #[test]
    fn what_another_reader_could_take_differently_is_no_sign_in() {
        for (from, to) in [
            ("12:00:00Z", "12:00:00Z[UTC]"),
            ("2026-01-15T12", "2026-01-15 12"),
            ("Version: 1", "Version: 2"),
            ("Nonce: 12345678", "Nonce: 1234567"),
            ("Nonce: 12345678", "Nonce: 1234 5678"),
            ("Chain ID: 1", "Chain ID: one"),
            ("Chain ID: 1", "Chain ID: 01"),
            ("Chain ID: 1", "Chain ID: +1"),
            ("Welcome.", "Welcome.\nMore."),
            ("URI:", "Uri:"),
            ("Issued At: 2026-01-15T12:00:00Z\n", ""),
            ("Request ID: 7", "Anything: 7"),
            ("34aE3\n", "34aE3 \n"),
            ("0xb7AD", "0xB7AD"),
            ("terms", "terms\nTo: somebody"),
            ("https://app", "https://evil.example\\@app"),
            ("https://app", "https:app"),
            ("https://app", "//app"),
            ("https://app", "javascript://app"),
            ("https://app", "mailto:x@app"),
            ("https://app", "https://evil.example@app"),
            ("app.example.org wants", "app.example.org@evil.example wants"),
            ("app.example.org wants", "app.example.org:99999 wants"),
            ("app.example.org wants", "app.example.org.. wants"),
            ("Request ID: 7", "Request ID: urn:recap:eyJhdHQiOnt9fQ"),
            ("Request ID: 7", "Request ID: All that I own goes to Bob"),
        ] {
            assert!(read(&TEXT.replace(from, to)).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn powers_are_told_and_what_cannot_be_read_is_an_error() {
        let encoded =
            URL_SAFE_NO_PAD.encode(r#"{"att":{"kepler:x":{"kv/put":[{}],"kv/get":[{"max":1}]}},"prf":[]}"#);
        let told = powers(&format!("urn:recap:{encoded}")).expect("a recap").expect("read");
        assert_eq!(told, ["kv/put at kepler:x", "kv/get at kepler:x, within limits"]);
        assert!(powers("https://example.org").is_none());
        assert!(powers(&format!(" URN:RECAP:{encoded}")).is_some(), "capitals say the same");
        for wrong in ["urn:recap:!", "urn:recap:e30", "urn:recap:", "urn:recap:eyJhdHQiOjF9"] {
            assert!(powers(wrong).expect("a recap").is_err(), "{wrong}");
        }
    }

    #[test]
    fn hosts_and_ports_are_compared_as_browsers_do() {
        assert_eq!(authority("https://Example.org/x"), ("example.org".to_owned(), Some(443)));
        assert_eq!(authority("example.org:8443"), ("example.org".to_owned(), Some(8443)));
        assert_eq!(authority("me@example.org."), ("example.org".to_owned(), None));
        assert_eq!(authority("http://[::1]:8545"), ("[::1]".to_owned(), Some(8545)));
    }

    #[test]
    fn texts_that_bind_are_told_from_those_that_greet() {
        for text in [
            "I agree to sell my Punk for 1 ETH",
            "I hereby transfer all my tokens to the bearer.",
            "The undersigned assigns every claim.",
            "We authorise the transfer of our account",
            "By signing you agree to pay 5 ETH",
            "I, Alice, consent to the withdrawal; I approve it",
            "I authorise 0x5555555555555555555555555555555555555555 to spend up to 100 USDC",
            "I authorize Example Ltd to withdraw from this account",
            "\u{406} \u{430}gr\u{435}e to s\u{435}ll it",
            "I  agree\nto\u{200b} transfer the name",
            "The bearer has permission to withdraw my tokens",
            "Example is authorised to move our funds",
        ] {
            assert!(binds(text).is_some(), "{text}");
        }
        for text in [
            "I accept the ExampleOrg Terms of Service: https://example.org/tos",
            "Click to sign in and accept the OpenSea Terms of Service. This request will not trigger a blockchain transaction.",
            "Sign in to prove that you own this wallet",
            "Welcome to our application",
            "Is it you? Sending mails takes a minute.",
            "Sign this message to confirm that my wallet is mine",
        ] {
            assert_eq!(binds(text), None, "{text}");
        }
    }

    #[test]
    fn texts_that_say_that_they_make_a_key_are_told_from_those_that_speak_of_keys() {
        for text in [
            "Sign this message to generate your encryption key",
            "Your signature is used to derive a set of trading keys.",
            "Approve agent 0x5555555555555555555555555555555555555555",
            "Unl\u{43e}ck your note v\u{456}ewing k\u{435}y",
        ] {
            assert!(makes_key(text).is_some(), "{text}");
        }
        for text in [
            "We never ask for your private key.",
            "Welcome. Your key is safe",
            "Sign in to create an account",
        ] {
            assert_eq!(makes_key(text), None, "{text}");
        }
    }
}

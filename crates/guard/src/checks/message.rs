//! G-SIGN-01 for texts: what opens an account, binds, logs in somewhere, or was not read.

use std::sync::LazyLock;

use alloy_primitives::Address;
use jiff::Timestamp;

use crate::{
    case::Case,
    finding::{
        CheckId::Sign01,
        Finding,
        Severity::{Block, Incomplete, Review},
    },
    hidden::hidden_texts,
    json, language,
    language::{agreed, written},
    mentions,
    message::{Message, Method},
    plain,
    secret::{self, Secret},
    sign_in::{self, SignIn},
};

pub(super) fn of_message(case: &Case<'_>, message: &Message, out: &mut Vec<Finding>) {
    let path = &message.path;
    if message.method == Method::EthSign {
        let title = "eth_sign signs 32 bytes blindly: they may be a transaction that empties the account.";
        out.push(Finding::new(Sign01, Block, path, title).because(message.digest().to_string()));
        return;
    }
    if message.is_hash() {
        let title = "The message is nothing but a hash: what it agrees to cannot be seen.";
        out.push(Finding::new(Sign01, Block, path, title));
        return;
    }
    if let Some(inner) = message.encoded() {
        let title =
            "The message is a text in hexadecimal digits, which nobody reads: what it says is beside.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&inner)));
        opens(path, &inner, out);
    }
    let Some(text) = message.text() else {
        let title = "The message is not readable text: what it agrees to cannot be seen.";
        out.push(Finding::new(Sign01, Block, path, title).because(format!("{} bytes", message.bytes.len())));
        return;
    };
    if message.is_data() {
        let title = "The message is data for a program and no text for a person: what the program makes of it cannot be \
                     seen here.";
        out.push(Finding::new(Sign01, Review, path, title));
    }
    if text.contains('\r') {
        let title = "The message has line ends of another kind (CR): it hashes differently than it looks.";
        out.push(Finding::new(Sign01, Review, path, title));
    }
    if plain::has_odd_blanks(text) {
        let title = "The text has runs of blanks, tabs or empty lines: what cannot be seen may say something to a program.";
        out.push(Finding::new(Sign01, Review, path, title));
    }
    opens(path, text, out);
    let hidden = hidden_texts(text);
    for inner in &hidden {
        let title = "A text stands in it in base64 or in digits, which nobody reads: what it says is beside.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(inner)));
        opens(path, inner, out);
    }
    // Of a sign-in in its form the statement alone is free.
    let free = sign_in::read(text).map_or(text, |read| read.statement.unwrap_or_default());
    if let Some(said) = language::unread(free) {
        let title =
            "Not every word of the text is one that is read here: what it agrees to is for a person to say.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    if let Some(said) = written::in_codes(free) {
        let title = "A code or an address in the text holds words, where nobody looks for what he agrees to.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    if let Some(letter) = sign_in::unread_letter(text) {
        let title = format!(
            "The text has letters of a script that is not read here ({letter}): what it agrees to was not looked at."
        );
        out.push(Finding::new(Sign01, Review, path, title));
    }
    let spoken = written::spoken(text);
    if let Some(said) = spoken.iter().find_map(|said| sign_in::orders(said)) {
        let title = "The text tells somebody to do something with what is yours: read it as an order.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    let binds =
        |text: &str| sign_in::binds(text).or_else(|| language::binds(text)).or_else(|| agreed::binds(text));
    if let Some(said) = spoken.iter().find_map(|said| binds(said)) {
        let title = "The text binds whoever signs it: read it as a contract.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    if plain::squeezed(text).contains(&plain::squeezed("tracehound guard: i reviewed 0x")) {
        // A request comes from a program, whether it says which or not.
        let (severity, title) = match (&case.facts.origin, &message.path[..]) {
            (None, "input") => {
                (Review, "It is your word of dual control that you reviewed a hash.".to_owned())
            }
            (origin, _) => {
                let who =
                    origin.as_ref().map_or_else(|| "A program".to_owned(), |origin| format!("{origin:?}"));
                (Block, format!("{who} asks for your word of dual control: sign it only where you reviewed."))
            }
        };
        out.push(Finding::new(Sign01, severity, path, title));
    }
    other_sites(case, path, text, out);
    sign_in(case, message, text, out);
}

/// As [`opens`], with what stands in it in base64 or digits.
pub(super) fn opens_within(path: &str, text: &str, out: &mut Vec<Finding>) {
    opens(path, text, out);
    for inner in hidden_texts(text) {
        opens(path, &inner, out);
    }
}

/// Texts whose signature opens something, and texts that hold what opens something.
fn opens(path: &str, text: &str, out: &mut Vec<Finding>) {
    let squeezed = plain::squeezed(text);
    let mut is_key = false;
    for (mark, what) in KEYS_SQUEEZED.iter() {
        if squeezed.contains(mark) {
            is_key = true;
            let title = format!(
                "The signature of this text is a key: {what}. Whoever gets it has what the key opens."
            );
            out.push(Finding::new(Sign01, Block, path, title));
        }
    }
    if let Some(said) = language::speaks_of_keys(text) {
        let title = "The text speaks of a private key or a seed phrase: nobody who asks for one, or makes one of a signature, is to be \
                     trusted with it.";
        out.push(Finding::new(Sign01, Review, path, title).because(said));
    }
    if let Some(said) = language::gives_secret(text) {
        let title =
            "The text gives away a private key or a seed phrase: whoever gets it has all that it opens.";
        out.push(Finding::new(Sign01, Block, path, title).because(json::shorten(&said)));
    }
    if !is_key && let Some(said) = sign_in::makes_key(text) {
        let title = "The text says that its signature makes a key: whoever gets the signature has what the key opens.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    if let Some(secret) = held_secret(text).or_else(|| told_key(text)) {
        let title = format!("The message holds {}: whoever sees it has all that it opens.", secret.what());
        out.push(Finding::new(Sign01, Block, path, title));
    }
}

/// Texts whose signature is the key to an account elsewhere. Source: the client libraries of zkSync Lite, dYdX, `StarkEx`,
/// Loopring and Immutable X.
const KEYS: &[(&str, &str)] = &[
    ("access zksync account", "of a zkSync Lite account"),
    ("sign in to zksync account", "of a zkSync Lite account"),
    ("only sign this message for a trusted client", "of an account on another network"),
    ("dydx chain", "of an account at dYdX"),
    ("dydx stark key", "of an account at dYdX"),
    ("stark key", "of an account on StarkEx"),
    ("starkex", "of an account on StarkEx"),
    ("access loopring exchange", "of an account at Loopring"),
    ("initiated an action with immutable x", "of an account on Immutable X"),
    ("spending key", "of a private account (Aztec and others)"),
    ("viewing key", "to all that a private account does"),
    ("privacy key", "of a private account (Aztec and others)"),
    ("fluidkey", "of stealth addresses (Fluidkey)"),
    ("starknet private key", "of a Starknet account"),
    ("derive your starknet account", "of a Starknet account"),
    ("action: l2 key", "of an account on another network (edgeX, ApeX and others)"),
    ("xmtp : enable identity", "of an XMTP identity: all its messages"),
    ("xmtp : create identity", "of an XMTP identity: all its messages"),
    ("sign in to zksync lite", "of a zkSync Lite account"),
    ("your signature is your password", "to what the text calls an account"),
    ("allow this account to control your identity", "of an identity (3ID)"),
    ("access your encrypted keys", "to keys that are stored elsewhere"),
    ("access my railgun wallet", "of a RAILGUN wallet"),
    ("derive my private key", "of an account whose private key is made of it"),
    ("generate my private key", "of an account whose private key is made of it"),
    ("derive your private key", "of an account whose private key is made of it"),
    ("generate your private key", "of an account whose private key is made of it"),
];

static KEYS_SQUEEZED: LazyLock<Vec<(String, &str)>> =
    LazyLock::new(|| KEYS.iter().map(|(mark, what)| (plain::squeezed(mark), *what)).collect());

/// What a message should never hold. A word of 64 hexadecimal digits may be a nonce as well as a key, and says nothing.
fn held_secret(text: &str) -> Option<Secret> {
    let is_digits = |word: &&str| {
        let digits = word.trim_start_matches("0x");
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let words: Vec<&str> = text.split_whitespace().filter(|word| !is_digits(word)).collect();
    secret::find(&words.join(" ")).filter(|found| *found != Secret::Key)
}

/// A private key that the text says is one: of digits that stand by themselves nobody can tell.
fn told_key(text: &str) -> Option<Secret> {
    /// Words between what it is called and the key.
    const REACH: usize = 3;
    let plain = plain::letters(text);
    let words: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_key = |word: &str| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_called = words.iter().enumerate().filter(|(_, word)| is_key(word)).any(|(at, _)| {
        let before = &words[at.saturating_sub(REACH + 2)..at];
        let key = before
            .iter()
            .rposition(|word| matches!(*word, "key" | "keys" | "privatekey" | "privkey" | "secretkey"));
        key.is_some_and(|key| {
            let of = key.checked_sub(1).map_or("", |of| before[of]);
            let is_private =
                !matches!(before[key], "key" | "keys") || matches!(of, "private" | "secret" | "signing");
            // A nonce behind a warning is none.
            is_private && !before[key + 1..].iter().any(|word| language::announces_code(word))
        })
    });
    is_called.then_some(Secret::Key)
}

/// A text that speaks for one site, asked for by another: a signature is collected for use elsewhere.
fn other_sites(case: &Case<'_>, path: &str, text: &str, out: &mut Vec<Finding>) {
    let Some(origin) = &case.facts.origin else { return };
    let origin_in_small = origin.to_lowercase();
    let same = |other: &str| site(&origin_in_small) == site(other);
    let mut others: Vec<String> =
        text.split_whitespace().filter_map(host).filter(|host| !same(host)).collect();
    others.sort();
    others.dedup();
    if !others.is_empty() {
        let title = format!(
            "{origin:?} asks for a text that names another site: its signature may be meant for that one."
        );
        let shown = json::shorten(&others.join(", "));
        out.push(Finding::new(Sign01, Review, path, title).because(shown));
    }
}

/// The host that a word names: that of an address, or the word itself where it reads as one.
fn host(word: &str) -> Option<String> {
    // What has an address of another kind (`ipfs://`) lies on no site.
    let lower = word.to_lowercase();
    let (has_scheme, rest) = match sign_in::behind_scheme(&lower) {
        Some(rest) => (true, rest),
        None if lower.contains("://") => return None,
        None => (false, &lower[..]),
    };
    let rest = rest.trim_start_matches(|c: char| !(c.is_alphanumeric() || has_scheme && c == '['));
    let host = rest.split(['/', '\\', ':', '?', '#', ')', '"', '\'', ',']).next()?;
    let host = host.trim_end_matches(|c: char| !c.is_alphanumeric());
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let reads_as_host = || {
        let mut labels = host.rsplit('.');
        let top = labels.next().unwrap_or_default();
        // Names of accounts (ENS) end so.
        let is_top =
            top.len() >= 2 && top.chars().all(char::is_alphabetic) && !top.eq_ignore_ascii_case("eth");
        let mut rest = labels.peekable();
        is_top && rest.peek().is_some() && rest.all(is_label)
    };
    (has_scheme && !host.is_empty() || reads_as_host()).then(|| host.to_owned())
}

/// Somebody else's address in a text: what it is for was not read.
pub(super) fn named(case: &Case<'_>, path: &str, text: &str, out: &mut Vec<Finding>) {
    // More digits that are said to be a nonce are no address.
    let is_nonce = |at: usize| {
        text.get(at + 42..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit()))
            && language::announces_code(&text[..at])
    };
    let written = text.match_indices("0x").filter(|(at, _)| !is_nonce(*at));
    let written = written.filter_map(|(at, _)| text.get(at..at + 42)?.parse().ok());
    let all: std::collections::BTreeSet<Address> = written.chain(mentions::spelt(text)).collect();
    let others = all.iter().filter(|address| !case.is_own(address)).map(|address| case.show(address));
    let elsewhere = mentions::addresses(text).into_iter().map(|address| address.to_string());
    for shown in others.chain(elsewhere) {
        let title = format!("The text names {shown}: what for is for a person to say.");
        out.push(Finding::new(Sign01, Review, path, title));
    }
}

/// A text that names somebody must name whoever asks: under the name of another it may be meant for that one, and words with capital
/// letters may be anything.
fn speaks_for(path: &str, text: &str, asks: Option<&str>, out: &mut Vec<Finding>) {
    for name in language::names(text) {
        let shown = json::shorten(&name);
        let Some(asks) = asks else {
            let title = format!("The text speaks of {shown:?}; which site asks is not known (--origin).");
            out.push(Finding::new(Sign01, Incomplete, path, title));
            continue;
        };
        let host = sign_in::authority(asks).0;
        let label = site(&host).split('.').next().unwrap_or_default();
        if !is_own_name(&name, label) {
            let title = format!(
                "The text speaks of {shown:?}, and {asks:?} asks for it: it may be meant for another."
            );
            out.push(Finding::new(Sign01, Review, path, title));
        }
    }
}

/// Whether a name is the label of a site but for case, blanks, hyphens and accents, with or without what firms add to theirs. One
/// that only holds it is as often a double's: `opensea-claim.io`, `0pensea.io`.
fn is_own_name(name: &str, label: &str) -> bool {
    const OF_FIRMS: &[&str] =
        &["app", "dao", "exchange", "finance", "foundation", "labs", "network", "protocol"];
    let plain = plain::letters(name);
    let mut words: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let label = label.replace('-', "").to_ascii_lowercase();
    let is_own = |words: &[&str]| words.concat() == label;
    is_own(&words) || words.pop().is_some_and(|last| OF_FIRMS.contains(&last)) && is_own(&words)
}

/// How a text says that it logs somebody in.
const LOG_INS: &[&str] = &[
    "sign in",
    "signing in",
    "sign-in",
    "signin",
    "log in",
    "logging in",
    "log-in",
    "login",
    "log on",
    "logon",
    "authenticate",
    "authentication",
    "nonce",
    "verify your wallet",
    "verify ownership",
    "verify that you own",
    "prove ownership",
    "one-time",
    "challenge",
    "code",
    "connect your wallet",
    "sign to connect",
    "sign to continue",
    "to connect",
];

/// A log-in that names no site may be used at any: whoever shows it collects a signature for another.
fn relayed(case: &Case<'_>, path: &str, text: &str, out: &mut Vec<Finding>) {
    let plain = plain::letters(text);
    let is_word = |mark: &str| {
        plain.match_indices(mark).any(|(at, _)| {
            let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            apart(plain[..at].chars().next_back()) && apart(plain[at + mark.len()..].chars().next())
        })
    };
    let mark = LOG_INS.iter().find(|mark| is_word(mark)).copied();
    let Some(mark) = mark.or_else(|| language::is_code(text).then_some("a code")) else { return };
    let Some(origin) = &case.facts.origin else {
        let title = "It reads as a log-in; which site asks is not known (--origin).";
        out.push(Finding::new(Sign01, Incomplete, path, title).because(format!("{mark:?}")));
        return;
    };
    // Other sites that it names are told already.
    let origin_in_small = origin.to_lowercase();
    let own = site(&origin_in_small);
    let names_one = text.split_whitespace().filter_map(host).any(|host| site(&host) == own);
    if !names_one {
        let title =
            format!("It reads as a log-in and does not name {origin:?}: it may be one of another site.");
        out.push(Finding::new(Sign01, Review, path, title).because(format!("{mark:?}")));
    }
}

/// What one owner has of a host's name, without scheme and port: one label before a public suffix, or all of it where there is
/// none. At places where anybody gets a page (`one.vercel.app`, `other.vercel.app`) hosts next to each other have different
/// owners, and the list says which places those are. Source: Mozilla's Public Suffix List, both of its parts.
fn site(host: &str) -> &str {
    let bare = host.rsplit("://").next().unwrap_or(host);
    let bare = bare.split([':', '/']).next().unwrap_or(bare).trim_end_matches('.');
    psl::domain_str(bare).unwrap_or(bare)
}

/// A sign-in message (EIP-4361) must be for the site that asks, the chain and the account.
fn sign_in(case: &Case<'_>, message: &Message, text: &str, out: &mut Vec<Finding>) {
    let mut lines = text.lines();
    // What a strict reader does not take for a sign-in, another may.
    let first = lines.next().unwrap_or_default();
    let Some(domain) = first.trim().strip_suffix(sign_in::MARK) else {
        if plain::squeezed(text).contains(&plain::squeezed("wants you to sign in with your")) {
            let title = "Looks like a sign-in and is not in its form: what it signs in to cannot be told.";
            out.push(Finding::new(Sign01, Block, &message.path, title));
        } else {
            relayed(case, &message.path, text, out);
            speaks_for(&message.path, text, case.facts.origin.as_deref(), out);
            named(case, &message.path, text, out);
        }
        return;
    };
    if first.trim() != first {
        let title = "The sign-in is spelt so that readers may understand it differently: blanks around its first line.";
        out.push(Finding::new(Sign01, Review, &message.path, title));
    }
    let path = &message.path;
    if let Some(origin) = case.facts.origin.as_deref() {
        asked_by(origin, domain, path, out);
    } else {
        let title = format!("Signs in at {domain:?}; which site asks is not known (--origin).");
        out.push(Finding::new(Sign01, Incomplete, path, title));
    }
    in_its_form(case, path, text, out);
    if let (Some(account), Some(line)) = (case.facts.account, lines.next())
        && !line.trim().eq_ignore_ascii_case(&account.0.to_string())
    {
        let title = "The sign-in is for another account than yours.";
        out.push(Finding::new(Sign01, Review, path, title).because(line.trim().to_owned()));
    }
    let chain =
        text.lines().find_map(|line| line.strip_prefix("Chain ID: ")).and_then(|id| id.parse::<u64>().ok());
    if let (Some(chain), Some(active)) = (chain, case.facts.chain_id)
        && chain != active
    {
        let title = "The sign-in names another chain than the wallet is on.";
        out.push(Finding::new(Sign01, Review, path, title).because(format!("{chain}, wallet {active}")));
    }
}

/// Whether the site that asks is the one that is signed in to: the same host, and the same port.
fn asked_by(origin: &str, domain: &str, path: &str, out: &mut Vec<Finding>) {
    let ((host, port), (asks, asks_at)) = (sign_in::authority(domain), sign_in::authority(origin));
    let other = host != asks || port.zip(asks_at).is_some_and(|(one, other)| one != other);
    let standard = |port: Option<u16>| port.is_none_or(|port| port == 443);
    if other {
        let title =
            format!("{origin:?} asks for a sign-in at {domain:?}: a site collects a signature for another.");
        out.push(Finding::new(Sign01, Block, path, title));
    } else if port != asks_at && !(standard(port) && standard(asks_at)) {
        let title = format!(
            "Signs in at {domain:?}, and {origin:?} asks: whether the port is the same is not known."
        );
        out.push(Finding::new(Sign01, Review, path, title));
    }
}

/// What a sign-in says, once it is read as its standard has it.
fn in_its_form(case: &Case<'_>, path: &str, text: &str, out: &mut Vec<Finding>) {
    let read = match sign_in::read(text) {
        Ok(read) => read,
        Err(why) => {
            let title = "The sign-in is not in the form of its standard (EIP-4361): readers may understand it differently.";
            out.push(Finding::new(Sign01, Review, path, title).because(why));
            return;
        }
    };
    let (domain, uri) = (sign_in::authority(read.domain), sign_in::authority(read.uri));
    // A domain without a port has that of the address's scheme.
    let other_port = domain.1.or(sign_in::standard_port(read.uri)) != uri.1;
    if domain.0 != uri.0 || other_port {
        let title = "The sign-in names one site and is for the address of another.";
        let both = format!("{} and {}", json::shorten(read.domain), json::shorten(read.uri));
        out.push(Finding::new(Sign01, Review, path, title).because(both));
    }
    let is_open = [read.domain, read.uri].iter().any(|text| text.starts_with("http://"));
    if is_open && !sign_in::is_loopback(&uri.0) {
        let title = "The sign-in is for an address without encryption (http): who is on the way can take it.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(read.uri)));
    }
    if case.facts.now.is_none() {
        let title = "The time is not known, so whether the sign-in holds now was not judged (--now).";
        out.push(Finding::new(Sign01, Incomplete, path, title));
    }
    if let Some(now) = case.facts.now {
        days(case, path, &read, now, out);
        let over = read.expires.filter(|end| *end <= now).map(|end| format!("until {end}"));
        let early = read.not_before.filter(|start| *start > now).map(|start| format!("from {start}"));
        for when in over.into_iter().chain(early) {
            let title = "The sign-in does not hold now: why sign it?";
            out.push(Finding::new(Sign01, Review, path, title).because(when));
        }
    }
    said_in_fields(case, path, &read, out);
    for resource in &read.resources {
        let is_own = sign_in::is_page(resource) && site(&sign_in::authority(resource).0) == site(&domain.0);
        let Some(told) = sign_in::powers(resource) else {
            let title = match sign_in::behind_scheme(&resource.to_lowercase()) {
                _ if is_own || sign_in::is_content(resource) => continue,
                Some(rest) if site(rest) != site(&domain.0) => {
                    "The sign-in speaks of another site's address: what it agrees to there is not told here."
                }
                _ => {
                    "The sign-in speaks of something that is not read here: whoever gets the signature may get a right over it."
                }
            };
            out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(resource)));
            continue;
        };
        let finding = match told {
            Ok(powers) => {
                let title = "The sign-in hands over powers (ReCap): whoever gets the signature may do this.";
                let finding = Finding::new(Sign01, Review, path, title);
                powers.into_iter().take(20).fold(finding, Finding::because)
            }
            Err(why) => {
                let title = "The sign-in hands over powers (ReCap) that cannot be read.";
                Finding::new(Sign01, Block, path, title).because(why)
            }
        };
        out.push(finding);
    }
}

/// Words and addresses in fields of a sign-in that are shown to nobody to be read.
fn said_in_fields(case: &Case<'_>, path: &str, read: &SignIn<'_>, out: &mut Vec<Finding>) {
    let codes = [("number (nonce)", Some(read.nonce)), ("request's id", read.request)];
    let of_codes = codes.into_iter().filter_map(|(field, code)| Some((field, written::worded(code?)?)));
    let pages = std::iter::once(&read.uri).chain(&read.resources);
    let of_pages = pages.filter_map(|page| Some(("address", written::slug(page)?)));
    for (field, said) in of_codes.chain(of_pages) {
        let title = format!("The sign-in's {field} holds words, where nobody looks for what he agrees to.");
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    for free in [read.statement, Some(read.nonce), read.request].into_iter().flatten() {
        named(case, path, free, out);
    }
    if let Some(statement) = read.statement {
        speaks_for(path, statement, Some(read.domain), out);
    }
    let domain = sign_in::authority(read.domain).0;
    for behind in
        std::iter::once(&read.uri).chain(&read.resources).filter_map(|page| written::behind_host(page))
    {
        named(case, path, &behind, out);
        let parts = behind.split(['?', '#', '&', '=']);
        let mut others = parts.filter(|part| part.contains("//")).filter_map(host);
        if let Some(other) = others.find(|other| site(other) != site(&domain)) {
            let title = "The sign-in's address leads on to another site.";
            out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&other)));
        }
    }
}

/// When a sign-in was made, and for how long it holds.
fn days(case: &Case<'_>, path: &str, read: &SignIn<'_>, now: Timestamp, out: &mut Vec<Finding>) {
    /// Seconds between the clocks of a site and a wallet.
    const APART: i64 = 600;
    /// Seconds after which a log-in is an old one.
    const OLD: i64 = 86_400;
    let mut add = |title: String| out.push(Finding::new(Sign01, Review, path, title));
    let since = now.as_second() - read.issued.as_second();
    if since < -APART {
        add(format!("The sign-in says that it was made at {}, which is to come.", read.issued));
    } else if since > OLD {
        add(format!("The sign-in was made at {}: who kept it until now?", read.issued));
    }
    let most = case.policy.bounds.permit_days;
    if let Some(end) = read.expires
        && end.as_second() - now.as_second() > i64::from(most) * 86_400
    {
        add(format!("The sign-in holds until {end}, longer than the {most} days the policy allows."));
    }
    if let (Some(start), Some(end)) = (read.not_before, read.expires)
        && start >= end
    {
        add("The sign-in begins to hold when it holds no longer: readers may understand that differently."
            .to_owned());
    }
}

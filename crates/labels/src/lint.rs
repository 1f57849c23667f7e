//! What must not be in a pack.
//!
//! Labels are of businesses, protocols, groups and crimes. A natural person is named only where a government has
//! sanctioned, indicted or convicted them, and then by the government's own reference. Victims' and customers' data (user
//! numbers, handles, names of a name service) are in no pack.

use std::{collections::HashSet, sync::LazyLock};

use crate::{
    Family,
    family::{OPERATOR, OWNER},
    label::{Label, Nature, Provenance},
};

/// Concepts of rows about private persons, and the tags of `TrueBlocks` for individuals.
const PERSONS: &[&str] =
    &["user", "individual", "person", "private", "personal", "90_individuals", "91_celebrities"];

/// Ends of names that a name service gives to people and to anybody else.
const NAME_SERVICES: &[&str] = &[
    ".eth",
    ".lens",
    ".sol",
    ".bnb",
    ".crypto",
    ".nft",
    ".wallet",
    ".x",
    ".dao.eth",
    ".base.eth",
    ".cb.id",
    ".near",
    ".arb",
];

/// Given names, by which a plain name of a person is told.
static GIVEN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("data/given-names.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// Words that a business, a protocol or a place has in its name, and a person has not; and names of businesses that are
/// called after persons.
const BUSINESS: &[&str] = &[
    "academy",
    "account",
    "adapter",
    "ai",
    "airdrop",
    "alert",
    "asset",
    "assets",
    "association",
    "attacker",
    "bank",
    "bet",
    "bot",
    "bounty",
    "bridge",
    "capital",
    "cash",
    "casino",
    "chain",
    "club",
    "coin",
    "collective",
    "commerce",
    "community",
    "company",
    "contract",
    "core",
    "corp",
    "creator",
    "credit",
    "cross",
    "crypto",
    "custody",
    "dao",
    "data",
    "deployer",
    "dex",
    "digital",
    "drainer",
    "drop",
    "escrow",
    "exchange",
    "exploit",
    "exploiter",
    "factory",
    "farm",
    "federation",
    "fee",
    "finance",
    "financial",
    "foundation",
    "fund",
    "funds",
    "game",
    "games",
    "gateway",
    "global",
    "governor",
    "group",
    "hack",
    "hacker",
    "holdings",
    "hot",
    "inc",
    "inu",
    "invest",
    "investments",
    "joe",
    "jones",
    "kong",
    "lab",
    "labs",
    "launchpad",
    "lend",
    "lending",
    "limited",
    "llc",
    "ltd",
    "market",
    "markets",
    "media",
    "miner",
    "mining",
    "mixer",
    "money",
    "multisig",
    "network",
    "networks",
    "nft",
    "nfts",
    "operations",
    "oracle",
    "pad",
    "partners",
    "pay",
    "payments",
    "phishing",
    "pool",
    "pools",
    "pro",
    "project",
    "protocol",
    "proxy",
    "reserve",
    "reserves",
    "research",
    "router",
    "safe",
    "scam",
    "scammer",
    "school",
    "schwab",
    "services",
    "shop",
    "square",
    "stablecoin",
    "stake",
    "staking",
    "stanley",
    "store",
    "studio",
    "studios",
    "swap",
    "systems",
    "team",
    "technologies",
    "technology",
    "terminal",
    "token",
    "tokens",
    "trade",
    "trader",
    "trading",
    "treasury",
    "trust",
    "university",
    "vault",
    "vaults",
    "venture",
    "ventures",
    "vesting",
    "wallet",
    "wallets",
    "worldwide",
    "xyz",
];

/// Words around a name that say what somebody has, and titles.
const AROUND: &[&str] = &[
    "account",
    "accounts",
    "address",
    "addresses",
    "belongs",
    "by",
    "cold",
    "deposit",
    "deposits",
    "dr",
    "from",
    "fund",
    "funds",
    "hot",
    "mr",
    "mrs",
    "ms",
    "of",
    "owner",
    "personal",
    "private",
    "prof",
    "the",
    "to",
    "wallet",
    "wallets",
];

/// Words within a name that are in small letters.
const PARTICLES: &[&str] = &[
    "abu", "al", "ben", "bin", "bint", "da", "de", "del", "den", "der", "di", "dos", "el", "ibn", "la", "le",
    "van", "von",
];

/// Words before a number of a customer or a document, and how many digits of it are enough.
const NUMBERED: &[(&str, usize)] = &[
    ("user", 4),
    ("uid", 4),
    ("userid", 4),
    ("user_id", 4),
    ("customer", 4),
    ("client", 4),
    ("passport", 4),
    ("ssn", 4),
    ("phone", 4),
    ("mobile", 4),
    ("tel", 4),
    ("teudat", 4),
    ("account", 6),
    ("id", 6),
    ("telegram", 6),
    ("twitter", 6),
];

/// Words between those and the number.
const BEFORE_NUMBER: &[&str] = &["card", "id", "nr", "no", "number", "zehut"];

/// Where people have pages of their own.
const PROFILES: &[&str] = &[
    "twitter.com/",
    "x.com/",
    "t.me/",
    "telegram.me/",
    "instagram.com/",
    "facebook.com/",
    "fb.com/",
    "linkedin.com/in/",
    "warpcast.com/",
    "tiktok.com/",
    "discord.gg/",
];

/// Why a row must not be in a pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Forbidden {
    /// A private person.
    #[error(
        "it is about a natural person (`{0}`): a pack names one only where a government has sanctioned, indicted or convicted \
         them, with the government's reference"
    )]
    Person(String),
    /// What looks like a plain name of somebody.
    #[error(
        "`{0}` looks like the name of a natural person, and no authority says it: leave it out, or write the business's name in \
         full (`… Ltd`, `… Labs`)"
    )]
    Name(String),
    /// A source that is the operator's own.
    #[error("`{0}` is what corrections on this machine are called: a pack has another source")]
    Reserved(String),
    /// A name of a name service.
    #[error("`{0}` is a name of a name service, which people choose for themselves: leave it out")]
    NameService(String),
    /// An account of somebody somewhere.
    #[error("`{0}` is somebody's handle, mail address or number: leave it out")]
    Handle(String),
}

/// Whether a row may be in a pack.
///
/// # Errors
/// What is forbidden in it.
pub fn check(label: &Label) -> Result<(), Forbidden> {
    let source = label.provenance.source.as_str();
    if [OPERATOR, OWNER]
        .iter()
        .any(|own| source.get(..own.len()).is_some_and(|head| head.eq_ignore_ascii_case(own)))
    {
        return Err(Forbidden::Reserved(source.to_owned()));
    }
    content(label)
}

/// Whether a label says what may be said, whoever says it.
///
/// # Errors
/// What is forbidden in it.
pub fn content(label: &Label) -> Result<(), Forbidden> {
    let concept: String = label
        .concept
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if PERSONS.contains(&concept.as_str()) && !Family::of(&label.provenance.source).authority {
        return Err(Forbidden::Person(label.concept.clone()));
    }
    let Provenance { source, version, .. } = &label.provenance;
    if let Some(mail) = [source, version].into_iter().find_map(|text| mail(&text.to_lowercase())) {
        return Err(Forbidden::Handle(mail));
    }
    // A token's ticker is nobody's name, whatever it imitates; an exchange is no token because a row says so.
    let is_ticker = label.nature == Nature::Asset && Nature::of_concept(&label.concept) == Nature::Asset;
    for text in [Some(&label.label), label.entity.as_ref()].into_iter().flatten() {
        let lower = text.to_lowercase();
        if let Some(found) = mail(&lower).or_else(|| profile(&lower)).or_else(|| number(&lower)) {
            return Err(Forbidden::Handle(found));
        }
        if is_ticker {
            continue;
        }
        if let Some(name) = lower.split_whitespace().find(|word| is_name_of_a_service(word)) {
            return Err(Forbidden::NameService(name.to_owned()));
        }
        if let Some(handle) = handle(&lower) {
            return Err(Forbidden::Handle(handle));
        }
        if looks_like_a_person(text) && !Family::of(&label.provenance.source).authority {
            return Err(Forbidden::Name(text.clone()));
        }
    }
    Ok(())
}

/// Whether a text is two or three words, in whatever letters they are, perhaps with an initial, a title and what somebody has
/// (`Wallet of …`, `…'s wallet`), the first a given name and none a word of businesses. It finds plain names: nobody's
/// nickname, no family name alone, and no name that is not in the table.
fn looks_like_a_person(text: &str) -> bool {
    // `not …` is how a correction says who it is not.
    let text = text.strip_prefix("not ").unwrap_or(text);
    // What stands in brackets is not the name: `… (hacker)`.
    let plain: String =
        text.split('(').map(|part| part.rsplit(')').next().unwrap_or(part)).collect::<Vec<_>>().join(" ");
    let words: Vec<String> = plain
        .split_whitespace()
        .map(|word| {
            let word: String = word.to_lowercase().chars().map(as_latin).collect();
            let word = word.trim_matches(['.', ',', ':', ';', '"', '\'', '#']);
            word.strip_suffix("'s").unwrap_or(word).to_owned()
        })
        .filter(|word| !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    let is_around = |word: &String| AROUND.contains(&word.as_str());
    let first = words.iter().position(|word| !is_around(word)).unwrap_or(words.len());
    let end = words.iter().rposition(|word| !is_around(word)).map_or(first, |last| last + 1);
    let name = &words[first..end];
    let given: Vec<&str> = name.iter().map(String::as_str).filter(|word| !PARTICLES.contains(word)).collect();
    // `Watson`, `O'Neill`, `Smith-Jones`, `Q`
    let is_word = |word: &String| {
        word.split(['\'', '-']).all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic))
    };
    (2..=3).contains(&given.len())
        && name.len() <= 5
        && name.iter().all(is_word)
        && GIVEN.contains(given[0])
        && !given.iter().any(|word| BUSINESS.contains(word))
}

/// The plain Latin letter that one looks like: with an accent, or of another script.
const fn as_latin(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' | 'а' | 'α' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'е' | 'ё' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'і' | 'ι' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'о' | 'ο' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' | 'с' => 'c',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'х' | 'χ' => 'x',
        'у' => 'y',
        '\u{2019}' => '\'',
        other => other,
    }
}

/// A name with something before its end, as `vitalik.eth`. What stands in brackets or ends a sentence is looked at too.
fn is_name_of_a_service(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    NAME_SERVICES.iter().any(|end| word.strip_suffix(end).is_some_and(|name| !name.is_empty()))
}

/// Words as they stand apart, with every sign that is read as an at one.
fn words_of(text: &str) -> Vec<String> {
    let text = text.replace(['\u{ff20}', '\u{fe6b}'], "@");
    let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '<' | '>');
    text.split(is_between).map(str::to_owned).collect()
}

/// `@name`.
fn handle(text: &str) -> Option<String> {
    words_of(text).into_iter().find(|word| word.strip_prefix('@').is_some_and(|name| name.len() > 1))
}

/// `name@host.domain`, also with the sign written out in brackets.
fn mail(text: &str) -> Option<String> {
    let is_host = |host: &str| host.trim_end_matches('.').contains('.');
    let is_mail = |word: &String| {
        word.split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !name.contains('/') && is_host(host))
    };
    let written_out = || {
        ["(at)", "[at]", "{at}"].iter().find_map(|sign| {
            let (name, rest) = text.split_once(sign)?;
            let host = rest.split_whitespace().next()?;
            let name = name.split_whitespace().next_back()?;
            is_host(host).then(|| format!("{name}{sign}{host}"))
        })
    };
    words_of(text).into_iter().find(is_mail).or_else(written_out)
}

/// A page of somebody's own: `t.me/name`.
fn profile(text: &str) -> Option<String> {
    PROFILES.iter().find_map(|host| {
        let at = text.find(host)?;
        let starts = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '-');
        let name: String = text[at + host.len()..].chars().take_while(|c| !c.is_whitespace()).collect();
        (starts && !name.is_empty()).then(|| format!("{host}{name}"))
    })
}

/// A number of a customer, a document or a telephone.
fn number(text: &str) -> Option<String> {
    let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    let is_of_a_number = |c: &char| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '.' | '-');
    for (at, _) in text.match_indices('+') {
        let starts = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let number: String = text[at + 1..].chars().take_while(is_of_a_number).collect();
        if starts && digits(&number) >= 9 {
            return Some(format!("+{}", number.trim()));
        }
    }
    let parts: Vec<&str> =
        text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|part| !part.is_empty()).collect();
    parts.iter().enumerate().find_map(|(place, word)| {
        let (_, enough) = NUMBERED.iter().find(|(numbered, _)| numbered == word)?;
        let rest = parts[place + 1..].iter().skip_while(|part| BEFORE_NUMBER.contains(part));
        let number: Vec<&str> = rest.copied().take_while(|part| digits(part) > 0).take(6).collect();
        let found = number.iter().map(|part| digits(part)).sum::<usize>();
        (found >= *enough).then(|| format!("{word} {}", number.join(" ")))
    })
}

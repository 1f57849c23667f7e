//! What must not be in a pack.
//!
//! Labels are of businesses, protocols, groups and crimes. A natural person is named only where a government has
//! sanctioned, indicted or convicted them, and then by the government's own reference. Victims' and customers' data (user
//! numbers, handles, names of a name service) are in no pack.

use std::{collections::HashSet, sync::LazyLock};

use crate::{
    Family,
    family::{OPERATOR, OWNER},
    label::{Label, Nature},
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

/// Words before a number of a customer or a document.
const NUMBERED: &[&str] = &[
    "user", "uid", "userid", "user_id", "account", "customer", "passport", "id", "teudat", "phone", "tel",
    "telegram", "twitter",
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
    // A token's ticker is nobody's name, whatever it imitates.
    if label.nature == Nature::Asset {
        return Ok(());
    }
    for text in [Some(&label.label), label.entity.as_ref()].into_iter().flatten() {
        let lower = text.to_lowercase();
        if let Some(name) = lower.split_whitespace().find(|word| is_name_of_a_service(word)) {
            return Err(Forbidden::NameService(name.to_owned()));
        }
        if let Some(handle) = handle(&lower) {
            return Err(Forbidden::Handle(handle.to_owned()));
        }
        if looks_like_a_person(text) && !Family::of(&label.provenance.source).authority {
            return Err(Forbidden::Name(text.clone()));
        }
    }
    Ok(())
}

/// Whether a text is two or three capitalised words, perhaps with an initial, the first a given name and none a word of
/// businesses. It finds plain names in Latin letters: nobody's nickname, no family name alone, and no name that is not in the
/// table.
fn looks_like_a_person(text: &str) -> bool {
    // `not …` is how a correction says who it is not.
    let text = text.strip_prefix("not ").unwrap_or(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    // `Watson`, `O'Neill`, `Smith-Jones`, `McAdam`, `Q.`
    let is_word = |word: &&str| {
        let parts = word.trim_end_matches('.').trim_start_matches("Mc").split(['\'', '-']);
        parts.into_iter().all(|part| {
            let mut letters = part.chars();
            letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase)
        })
    };
    let (2..=3, Some(first)) = (words.len(), words.first()) else { return false };
    words.iter().all(is_word)
        && GIVEN.contains(first.to_lowercase().as_str())
        && !words.iter().any(|word| BUSINESS.contains(&word.trim_end_matches('.').to_lowercase().as_str()))
}

/// A name with something before its end, as `vitalik.eth`. What stands in brackets or ends a sentence is looked at too.
fn is_name_of_a_service(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    NAME_SERVICES.iter().any(|end| word.strip_suffix(end).is_some_and(|name| !name.is_empty()))
}

fn handle(text: &str) -> Option<&str> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')')).collect();
    let at = |word: &&&str| match word.split_once('@') {
        // `@name`, and `name@host.domain`.
        Some((name, rest)) => rest.len() > 1 && (name.is_empty() || rest.contains('.')),
        None => false,
    };
    if let Some(found) = words.iter().find(at) {
        return Some(found);
    }
    let parts: Vec<&str> =
        text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|part| !part.is_empty()).collect();
    let is_number = |part: &str| part.len() >= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.windows(2).find(|pair| NUMBERED.contains(&pair[0]) && is_number(pair[1])).map(|pair| pair[1])
}

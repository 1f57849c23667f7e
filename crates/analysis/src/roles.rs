//! Roles of contracts by the events in their logs: a token, a pool of a decentralised exchange, a bridge, a lending pool, an
//! account.
//!
//! A role says what code does, and nobody's name. A contract writes its own logs, so a role is its own word: a counterfeit token
//! shows the same as a genuine one. Signatures are those of published packages (`data/events.toml`). An event counts where its
//! topic, the number of its topics and the length of its data are those of the declaration: `Transfer` of a fungible token has two
//! indexed parameters, one of a collectible has three.
//!
//! A contract has every role that its logs show: the shares of a pool are a token. An event that several kinds of contracts have
//! (`Deposit`, `Mint(address,uint256,uint256)`, `Approval`) is in no role.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use sha3::{Digest, Keccak256};

/// Topics that a log has at most.
pub const MAX_TOPICS: usize = 4;
/// Bytes of a word of the ABI.
const WORD: usize = 32;

/// What a contract does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It keeps balances of an asset: a token, or collectibles.
    Token,
    /// It changes one asset into another.
    DexPool,
    /// It sends value or messages to another chain, or lets in what comes from there.
    Bridge,
    /// It takes deposits of assets and lends them.
    Lending,
    /// It holds assets for whoever signs for it: a Safe.
    Account,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Token, Self::DexPool, Self::Bridge, Self::Lending, Self::Account];

    /// As files have it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::DexPool => "dex-pool",
            Self::Bridge => "bridge",
            Self::Lending => "lending",
            Self::Account => "account",
        }
    }

    /// Whether a label says that a contract has the role: by its own kind (its TagPack concept, and whether it is of an asset), and not
    /// by the protocol that runs it.
    pub fn is_said(self, concept: &str, is_asset: bool) -> bool {
        match self {
            Self::Token => is_asset,
            // The shares of a pool are a token, and lists of tokens have them.
            Self::DexPool => is_asset || concept == "defi_dex",
            Self::Bridge => concept == "defi_bridge",
            Self::Lending => concept == "defi_lending",
            // Any contract is a `smart_contract`: that says nothing of what it is for.
            Self::Account => concept == "defi_dao",
        }
    }
}

/// How a contract shows a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// How many logs.
    pub logs: u64,
    /// The first signature that shows it, in the order of the table.
    pub signature: &'static str,
    /// The package that declares it, with its version.
    pub package: &'static str,
}

/// Collects the roles of contracts log by log.
#[derive(Debug)]
pub struct Roles<E> {
    found: BTreeMap<E, BTreeMap<Role, (u64, usize)>>,
}

impl<E> Default for Roles<E> {
    fn default() -> Self {
        Self { found: BTreeMap::new() }
    }
}

impl<E: Ord> Roles<E> {
    /// Takes a log: who wrote it, its topics and how many bytes of data it has. O(log n).
    pub fn take(&mut self, emitter: E, topics: &[[u8; 32]], data: usize) {
        let roles = self.found.entry(emitter).or_default();
        let Some(first) = topics.first() else { return };
        for &place in EVENTS.by_topic.get(first).into_iter().flatten() {
            let event = &EVENTS.all[place];
            if event.indexed + 1 == topics.len() && event.has_data_of(data) {
                let (logs, best) = roles.entry(event.role).or_insert((0, place));
                *logs += 1;
                *best = place.min(*best);
            }
        }
    }

    /// How many emitters there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether nobody wrote a log.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Every emitter with its roles, none for one whose logs show none.
    pub fn found(self) -> impl Iterator<Item = (E, BTreeMap<Role, Shown>)> {
        self.found.into_iter().map(|(emitter, roles)| {
            let shown = |(logs, place): (u64, usize)| {
                let Event { signature, package, .. } = &EVENTS.all[place];
                Shown { logs, signature, package }
            };
            (emitter, roles.into_iter().map(|(role, how)| (role, shown(how))).collect())
        })
    }
}

/// The table, by first topic.
struct Events {
    all: Vec<Event>,
    by_topic: BTreeMap<[u8; 32], Vec<usize>>,
}

/// An event of the table.
#[derive(Debug, Deserialize)]
struct Event {
    role: Role,
    signature: String,
    indexed: usize,
    /// Whose declaration it is, with the version; the file within it is for who reads the table.
    package: String,
}

#[derive(Deserialize)]
struct Table {
    event: Vec<Event>,
}

static EVENTS: LazyLock<Events> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("data/events.toml")).expect("a table of ours");
    let mut by_topic: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    for (place, event) in table.event.iter().enumerate() {
        by_topic.entry(Keccak256::digest(&event.signature).into()).or_default().push(place);
    }
    Events { all: table.event, by_topic }
});

impl Event {
    /// Whether a log of this event can have data of so many bytes: the parameters that are no topics, a word each; at least that
    /// where one has no fixed length. Which parameters are indexed the signature does not tell, so that of fixed lengths alone the
    /// length is exact.
    fn has_data_of(&self, bytes: usize) -> bool {
        let parameters = parameters(&self.signature);
        let words = parameters.len().saturating_sub(self.indexed);
        let is_fixed =
            |parameter: &&str| !parameter.contains(['[', '(']) && !matches!(*parameter, "string" | "bytes");
        if parameters.iter().all(is_fixed) {
            bytes == words * WORD
        } else {
            bytes.is_multiple_of(WORD) && bytes >= words * WORD
        }
    }
}

/// The parameters of a signature; a tuple is one.
fn parameters(signature: &str) -> Vec<&str> {
    let inner = signature.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (place, byte) in inner.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.push(&inner[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    if !inner.is_empty() {
        found.push(&inner[start..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_canonical_and_each_is_in_one_role_once() {
        let mut seen = std::collections::BTreeSet::new();
        for event in &EVENTS.all {
            assert!(seen.insert((&event.signature, event.indexed)), "{event:?} twice");
            assert!(
                event.indexed < MAX_TOPICS && event.indexed <= parameters(&event.signature).len(),
                "{event:?}"
            );
            assert!(!event.signature.contains(' '), "{event:?}");
            assert!(event.package.split_once(' ').is_some(), "it says not in which version: {event:?}");
            for parameter in parameters(&event.signature) {
                let bare = parameter.trim_end_matches(|c: char| c == ']' || c == '[' || c.is_ascii_digit());
                let is_known = ["address", "uint", "int", "bytes", "string", "bool"].contains(&bare);
                assert!(is_known || parameter.starts_with('('), "{parameter} of {event:?}");
                assert!(!matches!(parameter, "uint" | "int"), "an alias: {event:?}");
            }
        }
    }
}

//! What one list version does to the one before it. Pure.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::{BuildHasher, RandomState},
};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracehound_model::{Category, Party, PartyName, Subject};

use super::{Claims, Snapshot};
use crate::names::{in_latin, spellings};

/// A list version may end this share of its subjects, in per cent, before a person is asked.
const MAX_ENDED_PERCENT: u64 = 5;
/// Fewer than this are never asked about.
const MIN_ENDED: u64 = 10;
/// Most names kept of those that would go.
const MAX_NAMES: usize = 1_000;
/// How far back it is counted whom earlier versions took off while nobody was asked, in days.
pub const LOSSES_COUNT_FOR_DAYS: i64 = 90;

/// A list version as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListVersion {
    /// Of which day it is.
    pub published: Date,
    /// The format it was read from, where that is known.
    pub format: Option<String>,
    /// What it says.
    pub claims: Claims,
    /// The parties it lists.
    pub parties: Vec<Party>,
}

/// Who would be on a list no longer.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Shrink {
    /// Addresses, parties, or both.
    pub what: String,
    /// How many would go.
    pub ended: u64,
    /// Of how many.
    pub total: u64,
    /// Their names, at most 1,000.
    pub names: Vec<String>,
}

/// A subject or party that a list version no longer names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Whether it is a party.
    pub is_party: bool,
    /// Canonical bytes of the subject, or the party's id.
    pub key: Vec<u8>,
    /// For a person.
    pub name: String,
}

/// A list version against what was in force before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Different subjects and parties before.
    pub before: [u64; 2],
    /// How many of each go.
    pub ended: [u64; 2],
    /// Those that go, as many as are kept.
    pub gone: Vec<Gone>,
}

/// Whom a list names, by a keyed hash of each: small, whatever the list's size.
#[derive(Debug)]
pub struct Named {
    hasher: RandomState,
    /// With the last day that it is named for; [`Date::MAX`] where no claim says until when it holds.
    sorted: Vec<(u64, Date)>,
}

impl Named {
    /// Whom `snapshot` names, and until when.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut named = Self { hasher: RandomState::new(), sorted: Vec::new() };
        let subjects = snapshot.claims.keys().enumerate().map(|(place, key)| {
            let (.., to) = snapshot.claims.said(place);
            (named.hash(false, key), to.unwrap_or(Date::MAX))
        });
        let party = |party: &Party| (named.hash(true, party.id.as_bytes()), Date::MAX);
        let mut sorted: Vec<_> = subjects.chain(snapshot.parties.iter().map(party)).collect();
        // Of several claims about one the longest counts.
        sorted.sort_unstable_by(|(a, until_a), (b, until_b)| a.cmp(b).then(until_b.cmp(until_a)));
        sorted.dedup_by_key(|(hash, _)| *hash);
        named.sorted = sorted;
        named
    }

    /// What tells subjects and parties apart.
    pub fn hash(&self, is_party: bool, key: &[u8]) -> u64 {
        self.hasher.hash_one((is_party, key))
    }

    /// Whether it names whom this hash stands for, without an end.
    pub fn has(&self, hash: u64) -> bool {
        self.has_until(hash, Date::MAX)
    }

    /// Whether it names whom this hash stands for up to this day or longer.
    pub fn has_until(&self, hash: u64, day: Date) -> bool {
        let found = self.sorted.binary_search_by_key(&hash, |(hash, _)| *hash);
        found.is_ok_and(|place| self.sorted[place].1 >= day)
    }
}

/// Whom a list version takes off: against the one before it, and counted with those that versions of the last 90 days
/// took off and that it does not name either. Addresses and parties are counted apart: 90 addresses are few beside
/// 18,000 parties. `None` where that is not more than 5 % and at least 10 of either.
pub fn shrinks(compared: &Compared, losses: &[(Date, Gone)], named: &Named) -> Option<Shrink> {
    let mut known: HashSet<u64> =
        compared.gone.iter().map(|gone| named.hash(gone.is_party, &gone.key)).collect();
    let earlier: Vec<&(Date, Gone)> = losses
        .iter()
        .filter(|(_, gone)| {
            let hash = named.hash(gone.is_party, &gone.key);
            !named.has(hash) && known.insert(hash)
        })
        .collect();
    let one = |is_party: bool| {
        let place = usize::from(is_party);
        let off = || earlier.iter().filter(|(_, gone)| gone.is_party == is_party);
        let (ended, total) = (compared.ended[place] + count(off()), compared.before[place] + count(off()));
        let many = ended >= MIN_ENDED && ended * 100 > total * MAX_ENDED_PERCENT;
        let now = compared.gone.iter().filter(|gone| gone.is_party == is_party).map(|gone| gone.name.clone());
        let before = off().map(|(day, gone)| format!("{} off since {day}", gone.name));
        many.then(|| (ended, total, now.chain(before).take(MAX_NAMES).collect::<Vec<_>>()))
    };
    let many = [("addresses", one(false)), ("parties", one(true))];
    let many: Vec<_> = many.into_iter().filter_map(|(what, many)| Some((what, many?))).collect();
    let first = earlier.first().map(|(day, _)| day);
    let what = many.iter().map(|(what, _)| *what).collect::<Vec<_>>().join(" and ");
    let what = match first {
        Some(day) => format!("{what}, counted with those off since {day} that nobody was asked about"),
        None => what,
    };
    let shrink = Shrink {
        what,
        ended: many.iter().map(|(_, (ended, ..))| ended).sum(),
        total: many.iter().map(|(_, (_, total, _))| total).sum(),
        names: many.iter().flat_map(|(_, (_, _, names))| names.clone()).take(MAX_NAMES).collect(),
    };
    (!many.is_empty()).then_some(shrink)
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.count() as u64
}

/// How heavily a category weighs on a subject: 3 accuses him of what policies block for, 2 of what they review, 1 says
/// nothing that we know, 0 names an ordinary business.
fn weight(category: Category) -> u8 {
    match category {
        Category::CoinJoin
        | Category::Exchange
        | Category::DefiDex
        | Category::DefiBridge
        | Category::Defi
        | Category::Gambling
        | Category::Miner
        | Category::PaymentProcessor
        | Category::HostedWallet
        | Category::Organization
        | Category::User => 0,
        Category::Unknown => 1,
        Category::Sanction
        | Category::ServiceHack
        | Category::Ransomware
        | Category::Sextortion
        | Category::Scam
        | Category::Phishing
        | Category::PonziScheme
        | Category::Terrorism
        | Category::ChildAbuse
        | Category::Market => 3,
        _ => 2,
    }
}

/// The heaviest word on each subject.
fn weights(claims: &Claims) -> HashMap<Vec<u8>, u8> {
    let mut weights = HashMap::new();
    for (key, claim) in claims.keys().zip(claims.iter()) {
        let known = weights.entry(key.to_vec()).or_insert(0);
        *known = weight(claim.statement.category).max(*known);
    }
    weights
}

impl ListVersion {
    /// Whom `now` names under milder words alone, which is as good as taking him off; by the same measure as
    /// [`shrinks`]. O(claims).
    pub fn milder_in(&self, now: &Snapshot) -> Option<Shrink> {
        let (before, after) = (weights(&self.claims), weights(&now.claims));
        let milder: HashSet<&[u8]> = before
            .iter()
            .filter(|(key, weight)| after.get(*key).is_some_and(|now| now < weight))
            .map(|(key, _)| key.as_slice())
            .collect();
        let (ended, total) = (milder.len() as u64, before.len() as u64);
        if ended < MIN_ENDED || ended * 100 <= total * MAX_ENDED_PERCENT {
            return None;
        }
        let mut names: Vec<String> = self
            .claims
            .keys()
            .zip(self.claims.iter())
            .filter(|(key, _)| milder.contains(key))
            .map(|(_, claim)| format!("{} ({})", written(&claim.subject), claim.statement.label))
            .take(MAX_NAMES)
            .collect();
        names.sort_unstable();
        names.dedup();
        Some(Shrink { what: "addresses, by milder words for them".to_owned(), ended, total, names })
    }

    /// Parties that `now` still lists without all their names, or with good ones as weak ones, which is as good as taking
    /// them off to whoever asks by name; by the same measure as [`shrinks`]. Names are compared as a search compares them,
    /// each of several in one field. O(names).
    pub fn renamed_in(&self, now: &Snapshot) -> Option<Shrink> {
        let mut after: HashMap<&str, Spelled> = HashMap::new();
        for party in &now.parties {
            after.entry(&party.id).or_default().add(party);
        }
        let (mut names, mut in_other_scripts) = (Vec::new(), 0_usize);
        for party in &self.parties {
            let Some(kept) = after.get(party.id.as_str()) else { continue };
            let mut lost = party.names.iter().filter(|name| !kept.has(name)).peekable();
            if lost.peek().is_none() {
                continue;
            }
            in_other_scripts += usize::from(lost.all(|name| !in_latin(&name.full)));
            names.push(party.names.first().map_or(&party.id, |name| &name.full).clone());
        }
        let (ended, total) = (names.len() as u64, self.parties.len() as u64);
        if ended < MIN_ENDED || ended * 100 <= total * MAX_ENDED_PERCENT {
            return None;
        }
        names.sort_unstable();
        names.truncate(MAX_NAMES);
        let what = match in_other_scripts {
            0 => "parties' names, or their names as good ones".to_owned(),
            count => format!(
                "parties' names, or their names as good ones ({count} of them lose names in other scripts than Latin \
                 alone, which some forms of a list lack: this one is {})",
                now.format
            ),
        };
        Some(Shrink { what, ended, total, names })
    }

    /// Puts what this list version says in front of what `now` adds to it: nothing ends. How many subjects `now` lacks.
    pub fn keep_in(mut self, now: &mut Snapshot) -> usize {
        let named: HashSet<&[u8]> = now.claims.keys().collect();
        let known: HashSet<Vec<u8>> = self.claims.keys().map(<[u8]>::to_vec).collect();
        let parties: BTreeSet<&str> = self.parties.iter().map(|party| party.id.as_str()).collect();
        let kept = known.iter().filter(|key| !named.contains(key.as_slice())).count();
        now.format = self.format.as_deref().and_then(super::Format::from_id).unwrap_or(now.format);
        now.claims.retain(|key| !known.contains(key));
        self.claims.append(&now.claims);
        now.claims = self.claims;
        now.parties.retain(|party| !parties.contains(party.id.as_str()));
        now.parties.splice(0..0, self.parties);
        kept
    }
}

/// The names of a party as a search compares them: all of them, and those that the list does not call weak.
#[derive(Default)]
struct Spelled {
    all: HashSet<Vec<String>>,
    good: HashSet<Vec<String>>,
}

impl Spelled {
    fn add(&mut self, party: &Party) {
        for name in &party.names {
            for words in spellings(&name.full) {
                if !name.weak {
                    self.good.insert(words.clone());
                }
                self.all.insert(words);
            }
        }
    }

    /// Whether a name is there, and as a good one where it was one. Of several in one field each has to be.
    fn has(&self, name: &PartyName) -> bool {
        let kept = if name.weak { &self.all } else { &self.good };
        let mut spellings = spellings(&name.full);
        // The whole field is no name of its own where it holds several.
        if spellings.len() > 1 {
            spellings.remove(0);
        }
        spellings.iter().all(|words| kept.contains(words))
    }
}

/// A subject as a person writes it.
pub fn written(subject: &Subject) -> String {
    match subject {
        Subject::Address(address) => address.to_string(),
        Subject::Tx { txid, .. } => txid.to_string(),
        Subject::Opaque(text) => text.clone(),
    }
}

//! What one list version does to the one before it. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tracehound_model::{Party, Subject};

use super::{NewClaim, Snapshot};
use crate::subject_key;

/// A list version may end this share of its subjects, in per cent, before a person is asked.
const MAX_ENDED_PERCENT: u64 = 5;
/// Fewer than this are never asked about.
const MIN_ENDED: u64 = 10;
/// Most names kept of those that would go.
const MAX_NAMES: usize = 1_000;

/// A list version as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Of which day it is.
    pub published: Date,
    /// The format it was read from, where that is known.
    pub format: Option<String>,
    /// What it says.
    pub claims: Vec<NewClaim>,
    /// The parties it lists.
    pub parties: Vec<Party>,
}

/// Who would be on a list no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl Edition {
    /// Who of this list version `now` lacks, when that is more than 5 % and at least 10 of its addresses or of its
    /// parties. Addresses and parties are counted apart: 90 addresses are few beside 18,000 parties.
    pub fn shrinks_to(&self, now: &Snapshot) -> Option<Shrink> {
        let mut subjects: BTreeMap<Vec<u8>, String> = BTreeMap::new();
        let holds = |claim: &&NewClaim| claim.valid_to.is_none_or(|end| end > self.published);
        for claim in self.claims.iter().filter(holds) {
            let name = || format!("{} ({})", written(&claim.subject), claim.statement.label);
            subjects.entry(subject_key(&claim.subject)).or_insert_with(name);
        }
        let named: HashSet<Vec<u8>> = now.claims.iter().map(|claim| subject_key(&claim.subject)).collect();
        let mut parties: BTreeMap<&str, String> = BTreeMap::new();
        for party in &self.parties {
            let name = party.names.first().map_or("no name", |name| &name.full);
            parties.insert(&party.id, format!("{name} (party {})", party.id));
        }
        let listed: HashSet<&str> = now.parties.iter().map(|party| party.id.as_str()).collect();
        let shrinks = [
            shrink("addresses", subjects.len(), subjects.iter().filter(|(key, _)| !named.contains(*key))),
            shrink("parties", parties.len(), parties.iter().filter(|(id, _)| !listed.contains(**id))),
        ];
        shrinks.into_iter().flatten().reduce(|mut all, more| {
            all.what = format!("{} and {}", all.what, more.what);
            all.ended += more.ended;
            all.total += more.total;
            all.names.extend(more.names);
            all.names.truncate(MAX_NAMES);
            all
        })
    }

    /// Whether `now` was read from a poorer form of the list than this.
    pub fn is_richer_than(&self, now: &Snapshot) -> bool {
        let known = self.format.as_deref().and_then(super::Format::from_id);
        known.is_some_and(|known| known.richness() > now.format.richness())
    }

    /// Puts what this list version says in front of what `now` adds to it: nothing ends. How many subjects `now` lacks.
    pub fn keep_in(self, now: &mut Snapshot) -> usize {
        let named: HashSet<Vec<u8>> = now.claims.iter().map(|claim| subject_key(&claim.subject)).collect();
        let known: HashSet<Vec<u8>> = self.claims.iter().map(|claim| subject_key(&claim.subject)).collect();
        let parties: BTreeSet<&str> = self.parties.iter().map(|party| party.id.as_str()).collect();
        let kept = known.difference(&named).count();
        now.format = self.format.as_deref().and_then(super::Format::from_id).unwrap_or(now.format);
        now.claims.retain(|claim| !known.contains(&subject_key(&claim.subject)));
        now.parties.retain(|party| !parties.contains(party.id.as_str()));
        now.claims.splice(0..0, self.claims);
        now.parties.splice(0..0, self.parties);
        kept
    }

    /// Adds an extract's claims to those of earlier ones: what several say holds over all their days. Whether that
    /// changes anything.
    pub fn add(&mut self, more: &Snapshot) -> bool {
        let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
        for (place, claim) in self.claims.iter().enumerate() {
            places.insert(identity(claim), place);
        }
        let mut changed = false;
        for claim in &more.claims {
            let Some(&place) = places.get(&identity(claim)) else {
                places.insert(identity(claim), self.claims.len());
                self.claims.push(claim.clone());
                changed = true;
                continue;
            };
            let known = &mut self.claims[place];
            let before = known.clone();
            join(known, claim);
            changed |= *known != before;
        }
        for party in &more.parties {
            if !self.parties.iter().any(|known| known.id == party.id && known.names == party.names) {
                self.parties.retain(|known| known.id != party.id);
                self.parties.push(party.clone());
                changed = true;
            }
        }
        changed
    }
}

/// Spans that overlap become one; of two apart the later one stays, for it is the present.
fn join(known: &mut NewClaim, more: &NewClaim) {
    let ends_before =
        |a: &NewClaim, b: &NewClaim| a.valid_to.zip(b.valid_from).is_some_and(|(end, from)| end <= from);
    known.confidence = known.confidence.max(more.confidence);
    if ends_before(known, more) {
        (known.valid_from, known.valid_to) = (more.valid_from, more.valid_to);
    } else if !ends_before(more, known) {
        known.valid_from = known.valid_from.zip(more.valid_from).map(|(a, b)| a.min(b));
        known.valid_to = known.valid_to.zip(more.valid_to).map(|(a, b)| a.max(b));
    }
}

fn shrink<K>(what: &str, total: usize, ended: impl Iterator<Item = (K, impl AsRef<str>)>) -> Option<Shrink> {
    let (mut count, mut names) = (0_u64, Vec::new());
    for (_, name) in ended {
        count += 1;
        if names.len() < MAX_NAMES {
            names.push(name.as_ref().to_owned());
        }
    }
    let total = total as u64;
    let many = count >= MIN_ENDED && count * 100 > total * MAX_ENDED_PERCENT;
    many.then(|| Shrink { what: what.to_owned(), ended: count, total, names })
}

fn written(subject: &Subject) -> String {
    match subject {
        Subject::Address(address) => address.to_string(),
        Subject::Tx { txid, .. } => txid.to_string(),
        Subject::Opaque(text) => text.clone(),
    }
}

/// What makes two claims the same one: subject and statement.
fn identity(claim: &NewClaim) -> Vec<u8> {
    let mut bytes = subject_key(&claim.subject);
    bytes.extend(serde_json::to_vec(&claim.statement).expect("plain data always turns into JSON"));
    bytes
}

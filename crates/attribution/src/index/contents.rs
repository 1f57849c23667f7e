//! What a source says, in one number: the same for the same claims and parties, in whatever file and under whatever
//! secret they lie.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracehound_model::{Party, SourceId};
use zerocopy::IntoBytes;

use super::layout::{ClaimRecord, NONE, StatementRecord, Tables};
use crate::SourceHistory;

/// SHA-256 over a source's claims and parties, in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content(pub(super) String);

/// The digest of an index: of its sources and what they say. `sources` by id.
pub(super) fn digest<'a>(sources: impl Iterator<Item = (&'a SourceHistory, &'a Content)>) -> String {
    let sources: Vec<_> = sources.collect();
    hex::encode(Sha256::digest(serde_json::to_vec(&sources).expect("plain data always turns into JSON")))
}

/// What each source of these tables says. O(n log n).
pub(super) fn of(tables: &Tables<'_>, parties: &[Party]) -> BTreeMap<SourceId, Content> {
    let said: Vec<[u8; 32]> = tables.statements.iter().map(|record| statement(tables, record)).collect();
    let ranks = source_ranks(tables);
    let mut order: Vec<Place> = Vec::with_capacity(tables.claims.len());
    for subject in 0..tables.subjects.len().saturating_sub(1) as u32 {
        let head = head(tables.key(subject));
        order.extend(tables.claims_of(subject).map(|claim| {
            let source = ranks[tables.claims[claim as usize].origin as usize];
            Place { source, subject, head, claim }
        }));
    }
    order.sort_unstable_by(|a, b| compare(tables, a, b));
    let mut hashers: BTreeMap<SourceId, Sha256> = BTreeMap::new();
    let mut current: Option<(u32, Sha256)> = None;
    for Place { subject, claim: number, .. } in order {
        let claim = &tables.claims[number as usize];
        let origin = &tables.origins[claim.origin as usize];
        if current.as_ref().is_none_or(|(source, _)| *source != origin.source) {
            close(tables, &mut hashers, current.replace((origin.source, Sha256::new())));
        }
        let Some((_, hasher)) = &mut current else { continue };
        let key = tables.key(subject);
        hasher.update((key.len() as u64).to_le_bytes());
        hasher.update(key);
        hasher.update(said[claim.statement as usize]);
        hasher.update(claim.id.to_le_bytes());
        hasher.update([claim.valid_from, claim.valid_to].as_bytes());
        hasher.update(origin.recorded_seconds.to_le_bytes());
        hasher.update(origin.recorded_nanoseconds.to_le_bytes());
        hasher.update(origin.confidence.to_le_bytes());
    }
    close(tables, &mut hashers, current);
    let mut parties: Vec<&Party> = parties.iter().collect();
    parties.sort_by(|a, b| (&a.source, &a.id).cmp(&(&b.source, &b.id)));
    for party in parties {
        let hasher = hashers.entry(party.source.clone()).or_default();
        hasher.update(serde_json::to_vec(party).expect("plain data always turns into JSON"));
    }
    hashers.into_iter().map(|(id, hasher)| (id, Content(hex::encode(hasher.finalize())))).collect()
}

fn close(tables: &Tables<'_>, hashers: &mut BTreeMap<SourceId, Sha256>, done: Option<(u32, Sha256)>) {
    if let Some((source, hasher)) = done {
        hashers.insert(SourceId(tables.text(source).to_owned()), hasher);
    }
}

/// A claim, with what mostly decides where it goes.
struct Place {
    /// [`source_ranks`].
    source: u32,
    subject: u32,
    /// Of the subject's key: [`head`].
    head: u64,
    claim: u32,
}

/// By origin, the place of its source in the order of their names.
fn source_ranks(tables: &Tables<'_>) -> Vec<u32> {
    let names: BTreeSet<&str> = tables.origins.iter().map(|origin| tables.text(origin.source)).collect();
    let ranks: BTreeMap<&str, u32> = names.into_iter().zip(0..).collect();
    tables.origins.iter().map(|origin| ranks[tables.text(origin.source)]).collect()
}

/// The first eight bytes of a key as a number in the order of keys, a short key filled up with zeros.
fn head(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = key.len().min(8);
    bytes[..length].copy_from_slice(&key[..length]);
    u64::from_be_bytes(bytes)
}

/// By source, subject and then as a subject's claims lie.
fn compare(tables: &Tables<'_>, a: &Place, b: &Place) -> Ordering {
    let claim = |place: &Place| &tables.claims[place.claim as usize];
    let recorded = |claim: &ClaimRecord| {
        let origin = &tables.origins[claim.origin as usize];
        (origin.recorded_seconds, origin.recorded_nanoseconds, claim.id, origin.confidence)
    };
    let claims = || {
        let (one, other) = (claim(a), claim(b));
        (one.valid_from, one.valid_to)
            .cmp(&(other.valid_from, other.valid_to))
            .then_with(|| recorded(one).cmp(&recorded(other)))
    };
    (a.source, a.head)
        .cmp(&(b.source, b.head))
        .then_with(|| tables.key(a.subject).cmp(tables.key(b.subject)))
        .then_with(claims)
}

fn statement(tables: &Tables<'_>, record: &StatementRecord) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut text = |number: u32| {
        let text = if number == NONE { None } else { Some(tables.text(number)) };
        hasher.update(text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hasher.update(text.unwrap_or_default());
    };
    for number in [record.label, record.party_id, record.asset, record.actor, record.reference] {
        text(number);
    }
    let programs = &tables.programs[record.first_program as usize..][..record.program_count as usize];
    for &program in programs {
        text(program);
    }
    hasher.update([record.category, record.party_listed_on.cast_unsigned()].as_bytes());
    hasher.finalize().into()
}

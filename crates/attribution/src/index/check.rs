//! Checking a file of an layer when it is opened, so that reading it cannot fail afterwards.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tracehound_columns::{ColumnError, sections::SectionFile};
use tracehound_labels::day;
use tracehound_model::{Category, Subject};
use zerocopy::{FromBytes, IntoBytes};

use super::{
    IndexError,
    contents::Content,
    layer::Layer,
    layout::{NONE, SECTIONS},
};
use crate::{Secret, SourceHistory};

/// Checks everything and makes a layer of it in which every source counts.
pub(super) fn open(file: SectionFile) -> Result<Layer, IndexError> {
    file.check()?;
    let mut layer = read_columns(file)?;
    let described = check_subjects(&layer).and_then(|shift| {
        layer.shift = shift;
        check_texts(&layer)?;
        check_statements(&layer)?;
        check_claims(&layer)?;
        read_sources(&layer)
    });
    // The parties are read when a name is asked for.
    layer.described = described.map_err(|reason| layer.damaged(reason))?;
    layer.counting = layer.described.iter().map(|(history, _)| history.source.id.clone()).collect();
    Ok(layer)
}

/// The columns in the order of the file. The sources are left for later.
fn read_columns(mut file: SectionFile) -> Result<Layer, ColumnError> {
    let words = file.words();
    let bytes = words.as_bytes();
    let digest = hex::encode(&bytes[..32]);
    let secret = <[u8; 16]>::read_from_bytes(&bytes[32..48]).expect("16 bytes");
    let directory = file.column()?;
    let hashes = file.column()?;
    let subjects = file.column()?;
    let keys = file.column()?;
    let claims: tracehound_columns::Column<_> = file.column()?;
    let statements = file.column()?;
    let origins = file.column()?;
    let programs = file.column()?;
    let text_ends = file.column()?;
    let texts = file.column()?;
    let sources_json = file.column()?;
    let parties_json = file.column()?;
    let live_claims = claims.len();
    Ok(Layer {
        file,
        secret: Secret::from_bytes(secret),
        digest,
        shift: u64::BITS,
        directory,
        hashes,
        subjects,
        keys,
        claims,
        statements,
        origins,
        programs,
        text_ends,
        texts,
        sources_json,
        parties_json,
        described: Vec::new(),
        counting: BTreeSet::new(),
        live: None,
        live_claims,
    })
}

/// SHA-256 over the sections, each with its length before it.
pub(super) fn digest_of(sections: &[&[u8]; SECTIONS]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for section in sections {
        hasher.update((section.len() as u64).to_le_bytes());
        hasher.update(section);
    }
    hasher.finalize().into()
}

/// The digest of what a file holds.
pub(super) fn digest(layer: &Layer) -> [u8; 32] {
    digest_of(&[
        layer.directory.as_bytes(),
        layer.hashes.as_bytes(),
        layer.subjects.as_bytes(),
        &layer.keys,
        layer.claims.as_bytes(),
        layer.statements.as_bytes(),
        layer.origins.as_bytes(),
        layer.programs.as_bytes(),
        layer.text_ends.as_bytes(),
        &layer.texts,
        &layer.sources_json,
        &layer.parties_json,
    ])
}

/// Directory, hashes, subjects and keys agree. Gives the shift.
fn check_subjects(layer: &Layer) -> Result<u32, String> {
    let buckets = layer.directory.len().saturating_sub(1);
    let ends = (layer.directory.first(), layer.directory.last().map(|&last| last as usize));
    if !buckets.is_power_of_two() || ends != (Some(&0), Some(layer.hashes.len())) {
        return Err("the directory does not fit the subjects".to_owned());
    }
    let shift = u64::BITS - buckets.ilog2();
    for (bucket, ends) in layer.directory.windows(2).enumerate() {
        let hashes = layer.hashes.get(ends[0] as usize..ends[1] as usize);
        let hashes = hashes.ok_or_else(|| format!("bucket {bucket} is out of place"))?;
        let inside = |hash: &u64| hash.checked_shr(shift).unwrap_or(0) == bucket as u64;
        if !hashes.iter().all(inside) || !hashes.is_sorted() {
            return Err(format!("bucket {bucket} holds a hash that is out of place"));
        }
    }
    let ends = layer.subjects.first().zip(layer.subjects.last()).map(|(first, last)| {
        (first.key_at, first.first_claim, last.key_at as usize, last.first_claim as usize)
    });
    if layer.subjects.len() != layer.hashes.len() + 1
        || ends != Some((0, 0, layer.keys.len(), layer.claims.len()))
    {
        return Err("the subjects do not fit the keys and the claims".to_owned());
    }
    for (number, pair) in layer.subjects.windows(2).enumerate() {
        let key = layer.keys.get(pair[0].key_at as usize..pair[1].key_at as usize);
        if pair[0].first_claim >= pair[1].first_claim || key.is_none() {
            return Err(format!("subject {number} is out of place"));
        }
        let key = key.unwrap_or_default();
        if layer.hashes[number] != layer.secret.hash(key) || Subject::from_key(key).is_none() {
            return Err(format!("the key of subject {number} is wrong"));
        }
    }
    Ok(shift)
}

fn check_texts(layer: &Layer) -> Result<(), String> {
    let texts = std::str::from_utf8(&layer.texts)
        .map_err(|error| format!("texts are not UTF-8 at byte {}", error.valid_up_to()))?;
    let mut start = 0;
    for (number, &end) in layer.text_ends.iter().enumerate() {
        let end = end as usize;
        if end < start || !texts.is_char_boundary(end) {
            return Err(format!("text {number} is out of place"));
        }
        start = end;
    }
    if start == texts.len() { Ok(()) } else { Err("bytes follow the last text".to_owned()) }
}

fn check_statements(layer: &Layer) -> Result<(), String> {
    let is_text = |number: u32| (number as usize) < layer.text_ends.len();
    let is_text_or_none = |number: u32| number == NONE || is_text(number);
    if !layer.programs.iter().all(|&program| is_text(program)) {
        return Err("a programme names no text".to_owned());
    }
    for (number, statement) in layer.statements.iter().enumerate() {
        let last_program = u64::from(statement.first_program) + u64::from(statement.program_count);
        let category = u8::try_from(statement.category).ok().and_then(Category::from_byte);
        let optional = [statement.party_id, statement.asset, statement.actor, statement.reference];
        let right = is_text(statement.label)
            && optional.into_iter().all(is_text_or_none)
            && category.is_some()
            && day::is_day_or_none(statement.party_listed_on)
            && last_program <= layer.programs.len() as u64;
        if !right {
            return Err(format!("statement {number} is wrong"));
        }
    }
    Ok(())
}

fn check_claims(layer: &Layer) -> Result<(), String> {
    for (number, origin) in layer.origins.iter().enumerate() {
        let time = Timestamp::new(origin.recorded_seconds, origin.recorded_nanoseconds);
        let is_text = (origin.source as usize) < layer.text_ends.len();
        if !is_text || origin.confidence > u32::from(u8::MAX) || time.is_err() {
            return Err(format!("origin {number} is wrong"));
        }
    }
    for (number, claim) in layer.claims.iter().enumerate() {
        let right = (claim.statement as usize) < layer.statements.len()
            && (claim.origin as usize) < layer.origins.len()
            && day::unpack(claim.valid_from).is_some()
            && day::is_day_or_none(claim.valid_to);
        if !right {
            return Err(format!("claim {number} is wrong"));
        }
    }
    Ok(())
}

fn read_sources(layer: &Layer) -> Result<Vec<(SourceHistory, Content)>, String> {
    let described: Vec<(SourceHistory, Content)> =
        serde_json::from_slice(&layer.sources_json).map_err(|error| format!("sources: {error}"))?;
    let sorted = described.is_sorted_by(|(a, _), (b, _)| a.source.id < b.source.id)
        && described.iter().all(|(history, _)| history.snapshots.is_sorted());
    if sorted { Ok(described) } else { Err("sources are out of order".to_owned()) }
}

//! Checking an index file when it is opened, so that reading it cannot fail afterwards.

use std::sync::OnceLock;

use jiff::{Timestamp, civil::Date};
use sha2::{Digest, Sha256};
use tracehound_columns::{ColumnError, sections::SectionFile};
use tracehound_model::{Category, Source};
use xxhash_rust::xxh3::xxh3_64;
use zerocopy::IntoBytes;

use super::{
    Index, IndexError,
    key::subject_of_key,
    layout::{NONE, SECTIONS, is_day_or_none, unpack_day},
};
use crate::SourceHistory;

/// Checks everything and makes an index of it.
pub(super) fn open(file: SectionFile) -> Result<Index, IndexError> {
    file.check()?;
    let [digest @ .., _, _, _, _] = file.words();
    let mut index = read_columns(file)?;
    index.digest = hex::encode(digest.as_bytes());
    let sources = check_subjects(&index).and_then(|shift| {
        index.shift = shift;
        check_texts(&index)?;
        check_statements(&index)?;
        check_claims(&index)?;
        read_sources(&index)
    });
    // The parties are read when a name is asked for.
    index.sources = sources.map_err(|reason| index.damaged(reason))?;
    Ok(index)
}

/// The columns in the order of the file. The sources are left for later.
fn read_columns(mut file: SectionFile) -> Result<Index, ColumnError> {
    let directory = file.column()?;
    let hashes = file.column()?;
    let subjects = file.column()?;
    let keys = file.column()?;
    let claims = file.column()?;
    let statements = file.column()?;
    let origins = file.column()?;
    let programs = file.column()?;
    let text_ends = file.column()?;
    let texts = file.column()?;
    let sources_json = file.column()?;
    let parties = file.column()?;
    Ok(Index {
        file,
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
        parties,
        sources: Vec::new(),
        digest: String::new(),
        names: OnceLock::new(),
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

/// The digest of what an index holds.
pub(super) fn digest(index: &Index) -> [u8; 32] {
    digest_of(&[
        index.directory.as_bytes(),
        index.hashes.as_bytes(),
        index.subjects.as_bytes(),
        &index.keys,
        index.claims.as_bytes(),
        index.statements.as_bytes(),
        index.origins.as_bytes(),
        index.programs.as_bytes(),
        index.text_ends.as_bytes(),
        &index.texts,
        &index.sources_json,
        &index.parties,
    ])
}

/// Directory, hashes, subjects and keys agree. Gives the shift.
fn check_subjects(index: &Index) -> Result<u32, String> {
    let buckets = index.directory.len().saturating_sub(1);
    let ends = (index.directory.first(), index.directory.last().map(|&last| last as usize));
    if !buckets.is_power_of_two() || ends != (Some(&0), Some(index.hashes.len())) {
        return Err("the directory does not fit the subjects".to_owned());
    }
    let shift = u64::BITS - buckets.ilog2();
    for (bucket, ends) in index.directory.windows(2).enumerate() {
        let hashes = index.hashes.get(ends[0] as usize..ends[1] as usize);
        let hashes = hashes.ok_or_else(|| format!("bucket {bucket} is out of place"))?;
        let inside = |hash: &u64| hash.checked_shr(shift).unwrap_or(0) == bucket as u64;
        if !hashes.iter().all(inside) || !hashes.is_sorted() {
            return Err(format!("bucket {bucket} holds a hash that is out of place"));
        }
    }
    let ends = index.subjects.first().zip(index.subjects.last()).map(|(first, last)| {
        (first.key_at, first.first_claim, last.key_at as usize, last.first_claim as usize)
    });
    if index.subjects.len() != index.hashes.len() + 1
        || ends != Some((0, 0, index.keys.len(), index.claims.len()))
    {
        return Err("the subjects do not fit the keys and the claims".to_owned());
    }
    for (number, pair) in index.subjects.windows(2).enumerate() {
        let key = index.keys.get(pair[0].key_at as usize..pair[1].key_at as usize);
        if pair[0].first_claim >= pair[1].first_claim || key.is_none() {
            return Err(format!("subject {number} is out of place"));
        }
        let key = key.unwrap_or_default();
        if index.hashes[number] != xxh3_64(key) || subject_of_key(key).is_none() {
            return Err(format!("the key of subject {number} is wrong"));
        }
    }
    Ok(shift)
}

fn check_texts(index: &Index) -> Result<(), String> {
    let texts = std::str::from_utf8(&index.texts)
        .map_err(|error| format!("texts are not UTF-8 at byte {}", error.valid_up_to()))?;
    let mut start = 0;
    for (number, &end) in index.text_ends.iter().enumerate() {
        let end = end as usize;
        if end < start || !texts.is_char_boundary(end) {
            return Err(format!("text {number} is out of place"));
        }
        start = end;
    }
    if start == texts.len() { Ok(()) } else { Err("bytes follow the last text".to_owned()) }
}

fn check_statements(index: &Index) -> Result<(), String> {
    let is_text = |number: u32| (number as usize) < index.text_ends.len();
    let is_text_or_none = |number: u32| number == NONE || is_text(number);
    if !index.programs.iter().all(|&program| is_text(program)) {
        return Err("a programme names no text".to_owned());
    }
    for (number, statement) in index.statements.iter().enumerate() {
        let last_program = u64::from(statement.first_program) + u64::from(statement.program_count);
        let category = u8::try_from(statement.category).ok().and_then(Category::from_byte);
        let optional = [statement.party_id, statement.asset, statement.actor, statement.reference];
        let right = is_text(statement.label)
            && optional.into_iter().all(is_text_or_none)
            && category.is_some()
            && is_day_or_none(statement.party_listed_on)
            && last_program <= index.programs.len() as u64;
        if !right {
            return Err(format!("statement {number} is wrong"));
        }
    }
    Ok(())
}

fn check_claims(index: &Index) -> Result<(), String> {
    for (number, origin) in index.origins.iter().enumerate() {
        let time = Timestamp::new(origin.recorded_seconds, origin.recorded_nanoseconds);
        let is_text = (origin.source as usize) < index.text_ends.len();
        if !is_text || origin.confidence > u32::from(u8::MAX) || time.is_err() {
            return Err(format!("origin {number} is wrong"));
        }
    }
    for (number, claim) in index.claims.iter().enumerate() {
        let right = (claim.statement as usize) < index.statements.len()
            && (claim.origin as usize) < index.origins.len()
            && unpack_day(claim.valid_from).is_some()
            && is_day_or_none(claim.valid_to);
        if !right {
            return Err(format!("claim {number} is wrong"));
        }
    }
    Ok(())
}

/// A source as an index holds it, and as those of version 0.1.0 do.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Stored {
    Now(Box<SourceHistory>),
    Before(Source, Vec<Date>),
}

impl Stored {
    fn history(self) -> SourceHistory {
        match self {
            Self::Now(history) => *history,
            Self::Before(source, snapshots) => SourceHistory::new(source, snapshots),
        }
    }
}

fn read_sources(index: &Index) -> Result<Vec<SourceHistory>, String> {
    let stored: Vec<Stored> =
        serde_json::from_slice(&index.sources_json).map_err(|error| format!("sources: {error}"))?;
    let sources: Vec<SourceHistory> = stored.into_iter().map(Stored::history).collect();
    let sorted = sources.is_sorted_by(|a, b| a.source.id < b.source.id)
        && sources.iter().all(|history| history.snapshots.is_sorted());
    if sorted { Ok(sources) } else { Err("sources are out of order".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the earlier form was not read, nobody could open the index they have.
    #[test]
    fn the_sources_of_an_index_of_the_first_version_are_read() {
        let source = r#"{"id":"ofac-sdn","kind":"sanctions","title":"t","publisher":"p","published":"2025-11-19",
            "recorded_at":"2025-12-01T00:00:00Z","sha256":"00"}"#;
        let before = format!(r#"[[{source}, ["2024-09-27", "2025-11-19"]]]"#);
        let stored: Vec<Stored> = serde_json::from_str(&before).expect("read");
        let histories: Vec<SourceHistory> = stored.into_iter().map(Stored::history).collect();
        assert_eq!(histories[0].snapshots.len(), 2);
        assert_eq!((histories[0].checked_at, histories[0].vouched.len()), (None, 0));
    }
}

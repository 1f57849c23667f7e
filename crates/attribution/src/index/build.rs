//! Making the sections of an index.

use std::{cmp::Ordering, collections::HashMap, hash::Hash};

use jiff::Timestamp;
use tracehound_columns::sections::{self, WORDS};
use tracehound_model::{Claim, SourceId, Statement};
use xxhash_rust::xxh3::xxh3_64;
use zerocopy::{FromBytes, IntoBytes};

use super::{
    IndexError, check,
    key::subject_of_key,
    layout::{ClaimRecord, KIND, NONE, Origin, SECTIONS, StatementRecord, SubjectRecord, pack_day},
};
use crate::{Corpus, subject_key};

/// Subjects that a bucket of the directory aims at.
const SUBJECTS_PER_BUCKET: usize = 4;

/// A claim and where it goes.
struct Entry<'a> {
    hash: u64,
    key: Vec<u8>,
    claim: &'a Claim,
}

impl Entry<'_> {
    fn order(&self, other: &Self) -> Ordering {
        let rest = |entry: &Self| (entry.claim.valid_from, entry.claim.valid_to, entry.claim.recorded_at);
        (self.hash, &self.key)
            .cmp(&(other.hash, &other.key))
            .then_with(|| rest(self).cmp(&rest(other)))
            .then_with(|| (&self.claim.source, &self.claim.id).cmp(&(&other.claim.source, &other.claim.id)))
    }
}

/// Gives each different value a number, in order of first use.
struct Numbers<K>(HashMap<K, u32>);

impl<K: Hash + Eq> Numbers<K> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    /// The number of `key`, and whether it is new.
    fn number(&mut self, key: K, what: &'static str) -> Result<(u32, bool), IndexError> {
        let next = fits(what, self.0.len())?;
        let number = *self.0.entry(key).or_insert(next);
        Ok((number, number == next))
    }
}

/// What becomes an index file: the tables, filled while claims are added.
pub(super) struct Parts<'a> {
    directory: Vec<u32>,
    hashes: Vec<u64>,
    subjects: Vec<SubjectRecord>,
    keys: Vec<u8>,
    claims: Vec<ClaimRecord>,
    statements: Vec<StatementRecord>,
    statement_numbers: Numbers<&'a Statement>,
    origins: Vec<Origin>,
    origin_numbers: Numbers<(&'a SourceId, u8, Timestamp)>,
    programs: Vec<u32>,
    text_ends: Vec<u32>,
    texts: Vec<u8>,
    text_numbers: Numbers<&'a str>,
    sources: Vec<u8>,
    parties: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// The parts of an index of `corpus`.
    pub(super) fn of(corpus: &'a Corpus) -> Result<Self, IndexError> {
        let (sources, parties) = described(corpus);
        let mut parts = Self {
            directory: Vec::new(),
            hashes: Vec::new(),
            subjects: Vec::new(),
            keys: Vec::new(),
            claims: Vec::with_capacity(corpus.claims.len()),
            statements: Vec::new(),
            statement_numbers: Numbers::new(),
            origins: Vec::new(),
            origin_numbers: Numbers::new(),
            programs: Vec::new(),
            text_ends: Vec::new(),
            texts: Vec::new(),
            text_numbers: Numbers::new(),
            sources,
            parties,
        };
        parts.add_claims(&sorted(&corpus.claims)?)?;
        parts.directory = directory(&parts.hashes);
        Ok(parts)
    }

    /// The whole file.
    pub(super) fn encode(&self) -> Vec<u8> {
        let sections = self.sections();
        let mut words = [0; WORDS];
        words.as_mut_bytes()[..32].copy_from_slice(&check::digest_of(&sections));
        sections::encode(KIND, words, &sections)
    }

    fn sections(&self) -> [&[u8]; SECTIONS] {
        [
            self.directory.as_bytes(),
            self.hashes.as_bytes(),
            self.subjects.as_bytes(),
            &self.keys,
            self.claims.as_bytes(),
            self.statements.as_bytes(),
            self.origins.as_bytes(),
            self.programs.as_bytes(),
            self.text_ends.as_bytes(),
            &self.texts,
            &self.sources,
            &self.parties,
        ]
    }

    fn add_claims(&mut self, entries: &[Entry<'a>]) -> Result<(), IndexError> {
        let mut key = None;
        for entry in entries {
            if key != Some(&entry.key) {
                if subject_of_key(&entry.key).is_none() {
                    return Err(IndexError::Subject { id: entry.claim.id.clone() });
                }
                self.end_subject()?;
                self.hashes.push(entry.hash);
                self.keys.extend_from_slice(&entry.key);
                key = Some(&entry.key);
            }
            let claim = self.record(entry.claim)?;
            self.claims.push(claim);
        }
        self.end_subject()
    }

    /// Ends the subject before, where there is one, and begins the next.
    fn end_subject(&mut self) -> Result<(), IndexError> {
        self.subjects.push(SubjectRecord {
            key_at: fits("bytes of keys", self.keys.len())?,
            first_claim: fits("claims", self.claims.len())?,
        });
        Ok(())
    }

    fn record(&mut self, claim: &'a Claim) -> Result<ClaimRecord, IndexError> {
        Ok(ClaimRecord {
            id: claim_id(&claim.id)?,
            statement: self.statement(&claim.statement)?,
            origin: self.origin(claim)?,
            valid_from: pack_day(Some(claim.valid_from)),
            valid_to: pack_day(claim.valid_to),
        })
    }

    fn statement(&mut self, statement: &'a Statement) -> Result<u32, IndexError> {
        let (number, new) = self.statement_numbers.number(statement, "different statements")?;
        if !new {
            return Ok(number);
        }
        let first_program = fits("programmes", self.programs.len())?;
        for program in &statement.programs {
            let program = self.text(program)?;
            self.programs.push(program);
        }
        let record = StatementRecord {
            label: self.text(&statement.label)?,
            category: statement.category as u32,
            party_id: self.optional_text(statement.party_id.as_deref())?,
            party_listed_on: pack_day(statement.party_listed_on),
            first_program,
            program_count: fits("programmes of a statement", statement.programs.len())?,
            asset: self.optional_text(statement.asset.as_deref())?,
            actor: self.optional_text(statement.actor.as_deref())?,
            reference: self.optional_text(statement.reference.as_deref())?,
        };
        self.statements.push(record);
        Ok(number)
    }

    fn origin(&mut self, claim: &'a Claim) -> Result<u32, IndexError> {
        let key = (&claim.source, claim.confidence.0, claim.recorded_at);
        let (number, new) = self.origin_numbers.number(key, "imports")?;
        if new {
            let record = Origin {
                recorded_seconds: claim.recorded_at.as_second(),
                recorded_nanoseconds: claim.recorded_at.subsec_nanosecond(),
                source: self.text(&claim.source.0)?,
                confidence: claim.confidence.0.into(),
                reserved: 0,
            };
            self.origins.push(record);
        }
        Ok(number)
    }

    fn text(&mut self, text: &'a str) -> Result<u32, IndexError> {
        let (number, new) = self.text_numbers.number(text, "texts")?;
        if new {
            self.texts.extend_from_slice(text.as_bytes());
            self.text_ends.push(fits("bytes of text", self.texts.len())?);
        }
        Ok(number)
    }

    fn optional_text(&mut self, text: Option<&'a str>) -> Result<u32, IndexError> {
        text.map_or(Ok(NONE), |text| self.text(text))
    }
}

/// The digest that the header of an encoded index states, in hexadecimal.
pub(super) fn stated_digest(encoded: &[u8]) -> String {
    // Magic and version come first, a word each.
    let words = <[u64; 6]>::read_from_prefix(encoded).expect("an encoded index has a header").0;
    hex::encode(words[2..].as_bytes())
}

fn sorted(claims: &[Claim]) -> Result<Vec<Entry<'_>>, IndexError> {
    fits("claims", claims.len())?;
    let mut entries: Vec<Entry<'_>> = claims
        .iter()
        .map(|claim| {
            let key = subject_key(&claim.subject);
            Entry { hash: xxh3_64(&key), key, claim }
        })
        .collect();
    entries.sort_unstable_by(Entry::order);
    Ok(entries)
}

/// Sources by id and parties by source and id, as JSON: the same corpus in another order gives the same bytes.
fn described(corpus: &Corpus) -> (Vec<u8>, Vec<u8>) {
    let mut sources: Vec<_> = corpus.sources.iter().collect();
    sources.sort_by(|a, b| a.source.id.cmp(&b.source.id));
    let mut parties: Vec<_> = corpus.parties.iter().collect();
    parties.sort_by(|a, b| (&a.source, &a.id).cmp(&(&b.source, &b.id)));
    let always = "texts, numbers and dates always have a JSON form";
    (serde_json::to_vec(&sources).expect(always), serde_json::to_vec(&parties).expect(always))
}

/// Number of the first subject of each bucket, and the number of subjects at the end.
fn directory(hashes: &[u64]) -> Vec<u32> {
    let buckets = (hashes.len() / SUBJECTS_PER_BUCKET).next_power_of_two();
    let shift = u64::BITS - buckets.ilog2();
    let mut directory = vec![0; buckets + 1];
    for hash in hashes {
        directory[hash.checked_shr(shift).unwrap_or(0) as usize + 1] += 1;
    }
    for bucket in 0..buckets {
        directory[bucket + 1] += directory[bucket];
    }
    directory
}

/// A claim's id as a number.
fn claim_id(id: &str) -> Result<u64, IndexError> {
    let plain = id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let number = plain.then(|| u64::from_str_radix(id, 16).ok()).flatten();
    number.ok_or_else(|| IndexError::ClaimId { id: id.chars().take(40).collect() })
}

/// `count` as the format stores it. The last number stands for "none".
fn fits(what: &'static str, count: usize) -> Result<u32, IndexError> {
    let limit = NONE - 1;
    u32::try_from(count).ok().filter(|&count| count <= limit).ok_or(IndexError::TooMany {
        what,
        count,
        limit,
    })
}

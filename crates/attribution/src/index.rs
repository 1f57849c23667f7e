//! The screening index: one immutable, memory-mapped file that answers "who is this" without a database.
//!
//! [`Index`] is one such file, built from a [`Corpus`] and never changed again. It holds every claim, those that have
//! ended included, so that one file answers for any day. [`publish()`] puts one in force with a [`Manifest`] that says of
//! which state of the store it was made; [`LiveIndex`] takes it up while readers go on with the one they hold.
//!
//! **How a look-up works.** Subjects are sorted by a 64-bit hash of their key; a directory gives the place in that
//! order by the hash's leading bits. An equal hash is only a hint: the whole key is compared. A miss costs two reads of
//! memory, a hit two more.
//!
//! **Invariants.** The same claims, parties and sources give the same bytes, whatever their order. A file is checked in
//! full when it is opened (checksums, every offset, text and date), so reading it cannot fail afterwards.

mod build;
mod check;
mod claim_ref;
mod error;
mod key;
mod layout;
mod live;
mod manifest;
mod publish;

use std::{iter::FusedIterator, ops::Range, path::Path, sync::OnceLock};

use jiff::civil::Date;
use tracehound_columns::{Column, sections::SectionFile};
use tracehound_model::{Party, Subject};
use xxhash_rust::xxh3::xxh3_64;

use crate::{Corpus, SourceHistory, names::NameIndex, subject_key};

pub use claim_ref::ClaimRef;
pub use error::IndexError;
pub use live::LiveIndex;
pub use manifest::{Manifest, Stamp};
pub use publish::publish;

pub(crate) use live::open_manifest;
pub(crate) use publish::publish_watched;

use layout::{ClaimRecord, KIND, Origin, StatementRecord, SubjectRecord};

/// Stands for the file in errors about an index that has none.
const IN_MEMORY: &str = "(in memory)";

/// One screening index: immutable and shared by as many readers as wanted.
#[derive(Debug)]
pub struct Index {
    file: SectionFile,
    /// How far a hash is shifted to leave its bucket; 64 when there is one bucket.
    shift: u32,
    directory: Column<u32>,
    hashes: Column<u64>,
    subjects: Column<SubjectRecord>,
    keys: Column<u8>,
    claims: Column<ClaimRecord>,
    statements: Column<StatementRecord>,
    origins: Column<Origin>,
    programs: Column<u32>,
    text_ends: Column<u32>,
    texts: Column<u8>,
    sources_json: Column<u8>,
    parties: Column<u8>,
    sources: Vec<SourceHistory>,
    digest: String,
    names: OnceLock<NameIndex>,
}

impl Index {
    /// The bytes of the index of `corpus`. O(n log n); holds the corpus's keys and the result in memory.
    pub fn encode(corpus: &Corpus) -> Result<Vec<u8>, IndexError> {
        Ok(build::Parts::of(corpus)?.encode())
    }

    /// An index in memory, for a corpus too small or too short-lived for a file.
    pub fn from_corpus(corpus: &Corpus) -> Result<Self, IndexError> {
        Self::from_bytes(&Self::encode(corpus)?)
    }

    /// Copies and checks bytes made by [`encode`](Self::encode), from wherever they come. O(n).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IndexError> {
        let file = SectionFile::from_bytes(Path::new(IN_MEMORY), bytes, KIND).map_err(IndexError::from)?;
        check::open(file)
    }

    /// Maps and checks a file. O(n), at the speed of memory.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        check::open(SectionFile::open(path, KIND).map_err(IndexError::from)?)
    }

    /// Claims about the subject with these canonical bytes ([`subject_key`], or [`tracehound_model::Address::key`]), in
    /// order of `valid_from`. O(1).
    pub fn lookup(&self, key: &[u8]) -> Claims<'_> {
        let (subject, numbers) =
            self.find(key).map_or((0, 0..0), |subject| (subject, self.claims_of(subject)));
        Claims { index: self, subject, numbers }
    }

    /// Claims about a subject, and about the other addresses that the same key controls
    /// ([`same_owner`](tracehound_model::Address::same_owner)); [`ClaimRef::subject`] tells which one a claim names.
    pub fn claims_about<'a>(&'a self, subject: &Subject) -> impl Iterator<Item = ClaimRef<'a>> + use<'a> {
        let others = match subject {
            Subject::Address(address) => Some(address.same_owner()),
            Subject::Tx { .. } | Subject::Opaque(_) => None,
        };
        let others = others.into_iter().flatten().flat_map(|address| self.lookup(address.key().as_ref()));
        self.lookup(&subject_key(subject)).chain(others)
    }

    /// Every claim, subject by subject, in the order of the file.
    pub fn claims(&self) -> impl Iterator<Item = ClaimRef<'_>> {
        let subjects = 0..self.subject_count() as u32;
        subjects.flat_map(|subject| Claims { index: self, subject, numbers: self.claims_of(subject) })
    }

    /// Number of claims, ended ones included.
    pub fn claim_count(&self) -> usize {
        self.claims.len()
    }

    /// Number of different subjects.
    pub fn subject_count(&self) -> usize {
        self.hashes.len()
    }

    /// Bytes of the whole file.
    pub fn byte_len(&self) -> u64 {
        self.file.byte_len()
    }

    /// Every source with the dates of its snapshots, sorted by id.
    pub fn sources(&self) -> &[SourceHistory] {
        &self.sources
    }

    /// The source with this id.
    pub fn source(&self, id: &str) -> Option<&SourceHistory> {
        let position = self.sources.binary_search_by(|history| history.source.id.0.as_str().cmp(id)).ok()?;
        Some(&self.sources[position])
    }

    /// Date of the newest snapshot of `source` that is not after `as_of`; `None` when the source is not here or says
    /// nothing about that day.
    pub fn newest_snapshot(&self, source: &str, as_of: Date) -> Option<Date> {
        self.source(source)?.snapshot_on(as_of)
    }

    /// SHA-256 of the content, in hexadecimal: the name of this very state of knowledge.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The names of the listed parties, prepared for matching at the first call.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] when the parties cannot be read.
    pub fn names(&self) -> Result<&NameIndex, IndexError> {
        if let Some(names) = self.names.get() {
            return Ok(names);
        }
        let parties: Vec<Party> = serde_json::from_slice(&self.parties)
            .map_err(|error| self.damaged(format!("parties: {error}")))?;
        Ok(self.names.get_or_init(|| NameIndex::build(&parties)))
    }

    /// Computes the digest again from the content and compares it. Opening checks fast checksums only, which guard
    /// against damage but not against intent.
    pub fn verify_digest(&self) -> Result<(), IndexError> {
        let found = hex::encode(check::digest(self));
        if found == self.digest {
            return Ok(());
        }
        Err(self.damaged(format!("its content has the digest {found}, its header says {}", self.digest)))
    }

    fn damaged(&self, reason: String) -> IndexError {
        IndexError::Damaged { path: self.file.path().to_owned(), reason }
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        let hash = xxh3_64(key);
        let bucket = hash.checked_shr(self.shift).unwrap_or(0) as usize;
        let (first, last) = (self.directory[bucket], self.directory[bucket + 1]);
        let hashes = &self.hashes[first as usize..last as usize];
        let mut equal = (first..).zip(hashes).filter(|(_, known)| **known == hash);
        equal.find(|&(subject, _)| self.key(subject) == key).map(|(subject, _)| subject)
    }

    fn key(&self, subject: u32) -> &[u8] {
        let (this, next) = (self.subjects[subject as usize], self.subjects[subject as usize + 1]);
        &self.keys[this.key_at as usize..next.key_at as usize]
    }

    fn claims_of(&self, subject: u32) -> Range<u32> {
        self.subjects[subject as usize].first_claim..self.subjects[subject as usize + 1].first_claim
    }

    fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.text_ends[before]);
        std::str::from_utf8(&self.texts[start as usize..self.text_ends[number] as usize])
            .expect("texts are checked on opening, and the file never changes")
    }

    fn optional_text(&self, number: u32) -> Option<&str> {
        (number != layout::NONE).then(|| self.text(number))
    }
}

/// Claims about one subject.
#[derive(Clone, Debug)]
pub struct Claims<'a> {
    index: &'a Index,
    subject: u32,
    numbers: Range<u32>,
}

impl<'a> Iterator for Claims<'a> {
    type Item = ClaimRef<'a>;

    fn next(&mut self) -> Option<ClaimRef<'a>> {
        let claim = self.numbers.next()?;
        Some(ClaimRef::new(self.index, self.subject, claim))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }
}

impl ExactSizeIterator for Claims<'_> {}
impl FusedIterator for Claims<'_> {}

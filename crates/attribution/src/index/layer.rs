//! One file of an index: the claims and parties of some sources, mapped and never changed.

use std::{collections::BTreeSet, ops::Range, path::Path};

use tracehound_columns::{Column, sections::SectionFile};
use tracehound_model::{Party, SourceId};

use super::{
    IndexError, check,
    contents::Content,
    layout::{ClaimRecord, KIND, NONE, Origin, StatementRecord, SubjectRecord, Tables},
};
use crate::{Secret, SourceHistory};

/// One file, and which of its sources count: what the others say now is in a newer file.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) file: SectionFile,
    /// By what subjects are hashed.
    pub(super) secret: Secret,
    /// SHA-256 of the sections, as the header states it, in hexadecimal.
    pub(super) digest: String,
    /// How far a hash is shifted to leave its bucket; 64 when there is one bucket.
    pub(super) shift: u32,
    pub(super) directory: Column<u32>,
    pub(super) hashes: Column<u64>,
    pub(super) subjects: Column<SubjectRecord>,
    pub(super) keys: Column<u8>,
    pub(super) claims: Column<ClaimRecord>,
    pub(super) statements: Column<StatementRecord>,
    pub(super) origins: Column<Origin>,
    pub(super) programs: Column<u32>,
    pub(super) text_ends: Column<u32>,
    pub(super) texts: Column<u8>,
    pub(super) sources_json: Column<u8>,
    pub(super) parties_json: Column<u8>,
    /// Its sources as they were when it was made, by id, each with a digest of what it says.
    pub(super) described: Vec<(SourceHistory, Content)>,
    /// Those of its sources that count.
    pub(super) counting: BTreeSet<SourceId>,
    /// By origin, whether its source counts; `None` when all do.
    pub(super) live: Option<Vec<bool>>,
    /// Claims that count.
    pub(super) live_claims: usize,
}

impl Layer {
    /// Maps and checks a file. O(n), at the speed of memory.
    pub(super) fn open(path: &Path) -> Result<Self, IndexError> {
        check::open(SectionFile::open(path, KIND).map_err(IndexError::from)?)
    }

    /// Copies and checks the bytes of a file.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, IndexError> {
        let file = SectionFile::from_bytes(Path::new(super::IN_MEMORY), bytes, KIND);
        check::open(file.map_err(IndexError::from)?)
    }

    /// Lets only these of its sources count.
    pub(super) fn restrict(&mut self, sources: BTreeSet<SourceId>) {
        self.counting = sources;
        let all = self.described.iter().all(|(history, _)| self.counts(&history.source.id));
        let counts = |origin: &Origin| self.counts(&SourceId(self.text(origin.source).to_owned()));
        let live: Option<Vec<bool>> = (!all).then(|| self.origins.iter().map(counts).collect());
        let counted =
            |live: &Vec<bool>| self.claims.iter().filter(|claim| live[claim.origin as usize]).count();
        self.live_claims = live.as_ref().map_or(self.claims.len(), counted);
        self.live = live;
    }

    /// Whether what it says of a source counts.
    pub(super) fn counts(&self, source: &SourceId) -> bool {
        self.counting.contains(source)
    }

    pub(super) fn is_live(&self, claim: u32) -> bool {
        self.live.as_ref().is_none_or(|live| live[self.claims[claim as usize].origin as usize])
    }

    /// The subject with this hash and key. O(1).
    #[expect(
        clippy::inline_always,
        reason = "as a call, looking up what is there took 1.3 times as long: measured by `measure_lists index`"
    )]
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        let bucket = hash.checked_shr(self.shift).unwrap_or(0) as usize;
        let (first, last) = (self.directory[bucket], self.directory[bucket + 1]);
        let hashes = &self.hashes[first as usize..last as usize];
        let mut equal = (first..).zip(hashes).filter(|(_, known)| **known == hash);
        equal.find(|&(subject, _)| self.key(subject) == key).map(|(subject, _)| subject)
    }

    #[inline]
    pub(super) fn key(&self, subject: u32) -> &[u8] {
        let (this, next) = (self.subjects[subject as usize], self.subjects[subject as usize + 1]);
        &self.keys[this.key_at as usize..next.key_at as usize]
    }

    #[inline]
    pub(super) fn claims_of(&self, subject: u32) -> Range<u32> {
        self.subjects[subject as usize].first_claim..self.subjects[subject as usize + 1].first_claim
    }

    pub(super) fn text(&self, number: u32) -> &str {
        self.tables().text(number)
    }

    pub(super) fn optional_text(&self, number: u32) -> Option<&str> {
        (number != NONE).then(|| self.text(number))
    }

    pub(super) fn tables(&self) -> Tables<'_> {
        Tables {
            subjects: &self.subjects,
            keys: &self.keys,
            claims: &self.claims,
            statements: &self.statements,
            origins: &self.origins,
            programs: &self.programs,
            text_ends: &self.text_ends,
            texts: &self.texts,
        }
    }

    /// All its parties, also of sources that do not count.
    pub(super) fn parties(&self) -> Result<Vec<Party>, IndexError> {
        serde_json::from_slice(&self.parties_json).map_err(|error| self.damaged(format!("parties: {error}")))
    }

    pub(super) fn damaged(&self, reason: String) -> IndexError {
        IndexError::Damaged { path: self.file.path().to_owned(), reason }
    }
}

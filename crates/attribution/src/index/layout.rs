//! The bytes of a file of an index, version 3: sections of records in the column store's file form.
//!
//! 1. directory: `u32` a bucket and one more, the number of the first subject whose hash falls into it
//! 2. hashes: `u64` a subject, ascending, of its key: XXH3 seeded with the secret
//! 3. subjects: [`SubjectRecord`] a subject and one more, which ends the last one
//! 4. keys: their bytes, one after another
//! 5. claims: [`ClaimRecord`]s, subject by subject
//! 6. statements: [`StatementRecord`]s, each different one once
//! 7. origins: [`Origin`]s, each different one once
//! 8. programmes: `u32` text numbers, to which statements point
//! 9. text ends: `u32` a text, where it ends in the texts
//! 10. texts: UTF-8, each different one once
//! 11. sources, as JSON, as they were when the file was made, each with a digest of what it says
//! 12. parties, as JSON: read only when a name is asked for
//!
//! The first four words of the header are the digest of the sections, the next two the secret.
//!
//! Version 1 hashed without a secret and had no digests beside the sources; it is read for its sources' names only.
//! Version 2 was never released.

use std::ops::Range;

use tracehound_columns::sections::Kind;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Number of sections.
pub(super) const SECTIONS: usize = 12;
/// What an index file begins with.
pub(super) const KIND: Kind = Kind { magic: *b"THINDEX\n", version: 3, sections: SECTIONS };
/// What a file of version 0.1.0 begins with.
pub(super) const KIND_1: Kind = Kind { version: 1, ..KIND };
/// Stands for an absent text.
pub(super) const NONE: u32 = u32::MAX;

/// Where a subject's key and claims begin.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct SubjectRecord {
    pub(super) key_at: u32,
    pub(super) first_claim: u32,
}

/// One claim: 24 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct ClaimRecord {
    /// The claim's 16 hexadecimal digits as a number.
    pub(super) id: u64,
    pub(super) statement: u32,
    pub(super) origin: u32,
    /// [`tracehound_labels::day`].
    pub(super) valid_from: i32,
    pub(super) valid_to: i32,
}

/// What is said: texts by number.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct StatementRecord {
    pub(super) label: u32,
    /// A [`Category`](tracehound_model::Category) byte.
    pub(super) category: u32,
    pub(super) party_id: u32,
    pub(super) party_listed_on: i32,
    pub(super) first_program: u32,
    pub(super) program_count: u32,
    pub(super) asset: u32,
    pub(super) actor: u32,
    pub(super) reference: u32,
}

/// Who said it, how surely, and when we learned it: shared by the claims of one import.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Origin {
    /// Seconds since 1970.
    pub(super) recorded_seconds: i64,
    pub(super) recorded_nanoseconds: i32,
    pub(super) source: u32,
    pub(super) confidence: u32,
    /// Zero: a record has no gaps.
    pub(super) reserved: u32,
}

/// The tables of a file, mapped or being made.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a> {
    pub(super) subjects: &'a [SubjectRecord],
    pub(super) keys: &'a [u8],
    pub(super) claims: &'a [ClaimRecord],
    pub(super) statements: &'a [StatementRecord],
    pub(super) origins: &'a [Origin],
    pub(super) programs: &'a [u32],
    pub(super) text_ends: &'a [u32],
    pub(super) texts: &'a [u8],
}

impl<'a> Tables<'a> {
    pub(super) fn key(&self, subject: u32) -> &'a [u8] {
        let (this, next) = (self.subjects[subject as usize], self.subjects[subject as usize + 1]);
        &self.keys[this.key_at as usize..next.key_at as usize]
    }

    pub(super) fn claims_of(&self, subject: u32) -> Range<u32> {
        self.subjects[subject as usize].first_claim..self.subjects[subject as usize + 1].first_claim
    }

    pub(super) fn text(&self, number: u32) -> &'a str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.text_ends[before]);
        std::str::from_utf8(&self.texts[start as usize..self.text_ends[number] as usize])
            .expect("texts are checked on opening, and the file never changes")
    }
}

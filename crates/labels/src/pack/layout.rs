//! The bytes of a pack, version 1: sections of the column store's file form, in pages with checksums.
//!
//! 1. manifest, as JSON
//! 2. text ends: `u32` a text, where it ends in the texts
//! 3. texts: UTF-8, each different one once, sorted
//! 4. statements: [`StatementRecord`]s, each different one once, sorted
//! 5. blocks: [`BlockRecord`]s by form
//! 6. directories: `u32` a bucket and one more, block after block
//! 7. addresses: their bytes, row after row
//! 8. statement numbers: `u32` a row
//! 9. checksums of the pages

use tracehound_columns::sections::Kind;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Sections before the checksums of pages.
pub(super) const SECTIONS: usize = 8;
/// What a pack begins with.
pub(super) const KIND: Kind = Kind { magic: *b"THLABELS", version: 1, sections: SECTIONS + 1 };
/// Stands for an absent text.
pub(super) const NONE: u32 = u32::MAX;
/// Rows that a bucket of a directory has on average, at most.
const ROWS_A_BUCKET: u64 = 16;
/// Most bits that a directory goes by.
const MAX_BITS: u32 = 24;

/// What is said of an address: texts by number.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub(super) struct StatementRecord {
    pub(super) chain: u32,
    pub(super) label: u32,
    pub(super) entity: u32,
    pub(super) concept: u32,
    /// Number in the manifest's table.
    pub(super) source: u32,
    /// [`crate::day`].
    pub(super) valid_from: i32,
    pub(super) valid_to: i32,
    pub(super) predicate: u8,
    pub(super) nature: u8,
    pub(super) confidence: u8,
    /// Zero: a record has no gaps.
    pub(super) reserved: u8,
}

/// The rows of one form of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct BlockRecord {
    /// Place of its first row.
    pub(super) first_row: u64,
    /// Its rows.
    pub(super) rows: u64,
    /// Place of its first byte among the addresses.
    pub(super) address_at: u64,
    /// Place of its first bucket.
    pub(super) bucket_at: u64,
    /// Leading bits of an address that its directory goes by.
    pub(super) bits: u32,
    /// [`Form`].
    pub(super) family: u8,
    pub(super) kind: u8,
    pub(super) width: u16,
}

/// What addresses of one block have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    family: u8,
    kind: u8,
    width: u16,
}

/// First byte of the key of plain text ([`tracehound_model::Subject::key`]), which has no form byte.
const PLAIN_TEXT: u8 = 0xf1;

impl Form {
    /// A key in its form and what tells it from others of the form.
    pub(super) fn split(key: &[u8]) -> Option<(Self, &[u8])> {
        let (family, kind, rest) = match key {
            [PLAIN_TEXT, rest @ ..] => (PLAIN_TEXT, 0, rest),
            [family, kind, rest @ ..] => (*family, *kind, rest),
            _ => return None,
        };
        let width = u16::try_from(rest.len()).ok().filter(|width| *width > 0)?;
        Some((Self { family, kind, width }, rest))
    }

    /// The key of such an address.
    pub(super) fn join(self, rest: &[u8]) -> Vec<u8> {
        if self.family == PLAIN_TEXT {
            [&[self.family], rest].concat()
        } else {
            [&[self.family, self.kind], rest].concat()
        }
    }

    pub(super) fn width(self) -> usize {
        usize::from(self.width)
    }
}

impl BlockRecord {
    pub(super) fn new(form: Form, rows: u64) -> Self {
        let bits = (rows / ROWS_A_BUCKET).checked_ilog2().unwrap_or_default().min(MAX_BITS);
        let Form { family, kind, width } = form;
        Self { first_row: 0, rows, address_at: 0, bucket_at: 0, bits, family, kind, width }
    }

    pub(super) fn of(&self) -> Form {
        Form { family: self.family, kind: self.kind, width: self.width }
    }

    /// Numbers in its directory: a bucket each, and the end.
    pub(super) fn buckets(&self) -> u64 {
        (1_u64 << self.bits.min(MAX_BITS)) + 1
    }

    /// The bucket of an address.
    pub(super) fn bucket_of(&self, address: &[u8]) -> u64 {
        let mut head = [0; 8];
        let length = address.len().min(8);
        head[..length].copy_from_slice(&address[..length]);
        // A shift by all 64 bits is none.
        u64::from_be_bytes(head).checked_shr(64 - self.bits.min(MAX_BITS)).unwrap_or_default()
    }
}

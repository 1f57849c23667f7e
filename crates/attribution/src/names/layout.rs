//! The bytes of prepared names, version 1: sections in the column store's file form.
//!
//! 1. what they were made of, in the words of whoever asked for them
//! 2. to 6. the parties ([`PartyTable`](crate::parties::PartyTable))
//! 7. names: [`NameRecord`]s, party by party
//! 8. kinds: a byte a name
//! 9. tokens: the words of the names, one name after the other
//! 10. piece ends: `u64` for each name out of a field with several, where it ends in the pieces
//! 11. pieces: UTF-8
//! 12. words: [`WordRecord`]s, by text
//! 13. shapes: one a word
//! 14. word texts: UTF-8; for each word its text, folded, and without its vowels
//! 15. postings: names, word by word
//! 16. hashes of joined tokens, ascending, keyed with the secret
//! 17. their names
//! 18. Korean names: [`KoreanRecord`]s
//! 19. ends of their given names' readings in the syllables
//! 20. syllables
//! 21. ends of the Korean names by family name, one for each of [`FAMILIES`]
//! 22. Korean names by family name
//! 23. counts: names with a word of a script without vowels
//!
//! The first four words of the header are the digest of the sections, the next two the secret.

use tracehound_columns::sections::Kind;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::parties;

/// Number of sections.
pub(super) const SECTIONS: usize = parties::SECTIONS + 18;
/// What such a file begins with.
pub(super) const KIND: Kind = Kind { magic: *b"THNAMES\n", version: 1, sections: SECTIONS };
/// Stands for "in no piece".
pub(super) const NONE: u32 = u32::MAX;
/// Family names of Korea that are told apart.
pub(super) const FAMILIES: usize = 128;

/// The party is no person.
pub(super) const ORGANISATION: u8 = 1;
/// It repeats, in a script without Latin letters, a party that has Latin names too.
pub(super) const REPEATS: u8 = 1 << 1;
/// The list calls it a weak alias.
pub(super) const WEAK: u8 = 1 << 2;

/// A name, prepared.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct NameRecord {
    /// A bit for each token that belongs to a legal form.
    pub(super) forms: u64,
    pub(super) party: u32,
    /// Which of its names.
    pub(super) number: u32,
    pub(super) first_token: u32,
    /// How many tokens stand before the first comma ("KIM, Jong Un").
    pub(super) before_comma: u32,
    /// Where it is one of several in a field, in the pieces.
    pub(super) piece: u32,
    /// Zero: a record has no gaps.
    pub(super) reserved: u32,
}

/// A token that occurs in names.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct WordRecord {
    /// Where its texts begin.
    pub(super) text: u32,
    pub(super) folded: u32,
    pub(super) skeleton: u32,
    /// Names with it, in the postings.
    pub(super) first_name: u32,
}

/// A reading of a name as a Korean one.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct KoreanRecord {
    /// A bit for each family name that it may be, the low half first.
    pub(super) families: [u64; 2],
    pub(super) name: u32,
    /// Its given names, in their ends.
    pub(super) first_given: u32,
}

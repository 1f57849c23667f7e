//! Who is behind an address: importers of published lists, bitemporal claims, the screening index, names.
//!
//! Lists come in as [`import::Snapshot`]s, go into the [`store`] where nothing is ever overwritten, and come out as a
//! [`Corpus`] from which the immutable screening [`index`] is built.
//!
//! **Invariants.** Importers are pure: bytes in, a snapshot out, no clock and no network. Subjects are compared by
//! their bytes ([`subject_key`]), never by their text. Only [`update`] talks to the network.

pub mod facts;
pub mod import;
pub mod index;
pub mod names;
pub mod store;
pub mod update;

use jiff::civil::Date;
use tracehound_model::{Address, Claim, Party, Source, Subject};

/// Everything the store knows, as of its newest imports: what an index is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corpus {
    /// All claims, ended ones included, so that one index answers questions about any day.
    pub claims: Vec<Claim>,
    /// Listed parties, as in the newest snapshot of each source.
    pub parties: Vec<Party>,
    /// All sources.
    pub sources: Vec<SourceHistory>,
}

/// A source and the dates of its imported snapshots.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceHistory {
    /// The source as of its newest snapshot.
    pub source: Source,
    /// Publication dates of all imported snapshots, ascending.
    pub snapshots: Vec<Date>,
}

impl SourceHistory {
    /// The newest snapshot published on or before `day`. `None` means that nothing is known about that day.
    pub fn snapshot_on(&self, day: Date) -> Option<Date> {
        self.snapshots.iter().rev().find(|&&published| published <= day).copied()
    }
}

const FAMILY_TX: u8 = 0xf0;
const FAMILY_OPAQUE: u8 = 0xf1;

/// Canonical bytes of a subject: equal exactly for equal subjects.
pub fn subject_key(subject: &Subject) -> Vec<u8> {
    match subject {
        Subject::Address(address) => address.key().as_ref().to_vec(),
        Subject::Tx { chain, txid } => {
            [&[FAMILY_TX], &txid.0[..], chain.to_string().as_bytes()].concat()
        }
        Subject::Opaque(text) => [&[FAMILY_OPAQUE], text.trim().as_bytes()].concat(),
    }
}

/// The subject that a list or a person means by `text`, with an address preferred over opaque text.
pub fn subject_of(text: &str) -> Subject {
    Address::parse(text).map_or_else(|_| Subject::Opaque(text.trim().to_owned()), Subject::Address)
}

//! Importers: the bytes of a published list in, a [`Snapshot`] out.

use jiff::civil::Date;
use tracehound_model::{Confidence, Party, SourceId, SourceKind, Statement, Subject};

/// What one publication of one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Which source, and the date it puts on this publication.
    pub source: SourceHead,
    /// What it says.
    pub claims: Vec<NewClaim>,
    /// The parties it lists.
    pub parties: Vec<Party>,
    /// What was left out or read with doubt, with its place.
    pub warnings: Vec<Warning>,
}

/// A source, as a publication of it introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHead {
    /// Stable name.
    pub id: SourceId,
    /// Kind of publisher.
    pub kind: SourceKind,
    /// Human title.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where the publisher keeps it.
    pub url: Option<String>,
    /// The date in the publication, where it has one.
    pub published: Option<Date>,
}

/// A claim before it has a place in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClaim {
    /// Who or what it is about.
    pub subject: Subject,
    /// What is said.
    pub statement: Statement,
    /// How sure the source can be.
    pub confidence: Confidence,
    /// First day, where the source itself gives one for this very claim.
    pub valid_from: Option<Date>,
    /// Day from which it no longer holds (exclusive), where the source itself gives one.
    pub valid_to: Option<Date>,
}

/// Something in a list that was left out or read with doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Line, byte or record.
    pub place: String,
    /// What is wrong and what was done about it.
    pub message: String,
}

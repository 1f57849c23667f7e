//! Answers as they are written for programs: one form each, with its version.

use serde::Serialize;
use tracehound_guard::wallet::Advice;
use tracehound_model::Verdict;

use crate::{
    Absent,
    cluster::Cluster,
    exposure::Exposure,
    guard::Watched,
    ingest::{FromFiles, FromNode},
    ledger::{Info, Repaired, Upgraded, Verified},
    lists::{Freshness, Imported, ImportedPack, Loaded},
    names::Named,
    path::Paths,
    patterns::Patterns,
    peel::Peeled,
    policy::{Change, Preset},
    range::Generated,
    screen::RefusedSubject,
    trace::Traced,
    tx::Transaction,
};

/// An answer that programs read.
pub trait Document: Serialize {
    /// Version of its JSON form, the `schema` of every answer. It is raised when a key changes its name or meaning, or goes; a
    /// new key does not raise it.
    const SCHEMA: u32 = 1;
}

/// An answer with the version of its form: what is written of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Versioned<'a, T> {
    schema: u32,
    #[serde(flatten)]
    answer: &'a T,
}

impl Document for Verdict {}
impl Document for Freshness {}
impl Document for Absent {}
impl<T: Serialize> Document for Traced<T> {}
impl Document for Exposure {}
impl Document for Paths {}
impl Document for Transaction {}
impl Document for Cluster {}
impl Document for Peeled {}
impl Document for Patterns {}
impl Document for Named {}
impl Document for Info {}
impl Document for Verified {}
impl Document for Repaired {}
impl Document for Upgraded {}
impl Document for FromFiles {}
impl Document for FromNode {}
impl Document for Loaded {}
impl Document for Imported {}
impl Document for ImportedPack {}
impl Document for Preset {}
impl Document for Change {}
impl Document for Advice {}
impl Document for Watched {}
impl Document for Generated {}
impl Document for RefusedSubject<'_> {}

impl<'a, T: Document> Versioned<'a, T> {
    /// This answer.
    pub const fn of(answer: &'a T) -> Self {
        Self { schema: T::SCHEMA, answer }
    }
}

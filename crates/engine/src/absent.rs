//! The answer about what a ledger does not hold.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::extent::Extent;
use tracehound_model::Gap;

/// An answer about what a ledger holds, or that it does not hold it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum Answer<T> {
    /// What was asked for.
    Found(T),
    /// It is nowhere in the ledger up to the moment asked about.
    Absent(Box<Absent>),
}

/// Somebody or something that is nowhere in the ledger up to the moment asked about: a plain answer where the ledger is
/// whole, and otherwise not known.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Absent {
    /// What was asked about.
    pub subject: String,
    /// Always false.
    pub found: bool,
    /// In a sentence.
    pub sentence: String,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// Whether the ledger is whole up to the moment.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
}

impl Absent {
    pub(crate) fn new(subject: String, told: &str, ledger: Extent, snapshot: String) -> Self {
        let complete = ledger.is_complete();
        let sentence = if complete {
            format!("{told} does not occur in the ledger, which is whole up to the moment asked about")
        } else {
            format!(
                "{told} does not occur in the ledger, which is not whole: whether it occurs on the chain is not known"
            )
        };
        Self { subject, found: false, sentence, gaps: ledger.gaps.clone(), complete, ledger, snapshot }
    }
}

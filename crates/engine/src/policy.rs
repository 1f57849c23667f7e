//! The policies that decide, and what another one would have made of past decisions.

use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;
use tracehound_model::Verdict;
use tracehound_screen::{
    lab::{self, Compared},
    policy::PRESETS,
};

pub use tracehound_screen::{Policy, PolicyError, policy::differences};

/// A policy that comes with the product.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it promises, in words made from what it asks for.
    pub promise: String,
    /// Hash of the policy.
    pub hash: String,
}

/// A past decision that another policy would change, or of which that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Change {
    /// The subject.
    pub subject: String,
    /// The decision under the first policy; empty where the record does not hold what it takes.
    pub from: &'static str,
    /// The decision under the second, or `unknown`.
    pub to: &'static str,
    /// What makes the difference, one sentence each.
    pub why: Vec<String>,
}

/// A record of a decision that cannot be read.
#[derive(Debug, Error)]
pub enum RecordError {
    /// No JSON.
    #[error("{0}: is it `screen --output jsonl`?")]
    NotJson(serde_json::Error),
    /// JSON of something else.
    #[error("is no verdict: {0}")]
    NotAVerdict(serde_json::Error),
}

/// Past decisions under another policy, one after the other.
#[derive(Clone, Debug)]
pub struct Review<'a> {
    before: &'a Policy,
    after: &'a Policy,
    /// Decisions that were read.
    pub decisions: u64,
    /// Of those, the ones that the other policy would change.
    pub changes: u64,
    /// Those of which that cannot be told.
    pub unknown: u64,
    /// Records of subjects that were refused, which are no decisions.
    pub refused: u64,
}

impl<'a> Review<'a> {
    /// What becomes of decisions from one policy to another.
    pub fn new(before: &'a Policy, after: &'a Policy) -> Self {
        Self { before, after, decisions: 0, changes: 0, unknown: 0, refused: 0 }
    }

    /// Takes a record as `screen --output jsonl` writes it; `None` where nothing changes.
    ///
    /// # Errors
    /// A record that is none.
    pub fn record(&mut self, record: &str) -> Result<Option<Change>, RecordError> {
        let value: serde_json::Value = serde_json::from_str(record).map_err(RecordError::NotJson)?;
        if value.get("error").is_some() && value.get("decision").is_none() {
            self.refused += 1;
            return Ok(None);
        }
        let verdict: Verdict = serde_json::from_value(value).map_err(RecordError::NotAVerdict)?;
        self.decisions += 1;
        let change = compare(self.before, self.after, &verdict);
        if let Some(change) = &change {
            *(if change.from.is_empty() { &mut self.unknown } else { &mut self.changes }) += 1;
        }
        Ok(change)
    }
}

/// The presets.
pub fn presets() -> Vec<Preset> {
    let policies = PRESETS.iter().filter_map(|preset| Some((preset.name, Policy::preset(preset.name)?)));
    policies.map(|(name, policy)| Preset { name, promise: policy.words(), hash: policy.hash }).collect()
}

/// What changes for a past decision from one policy to another; `None` where nothing does.
pub fn compare(before: &Policy, after: &Policy, recorded: &Verdict) -> Option<Change> {
    let (from, to, why) = match lab::compare(before, after, recorded) {
        Compared::Same(_) => return None,
        Compared::Changes { from, to, why } => (from.as_str(), to.as_str(), why),
        Compared::Unknown(why) => ("", "unknown", why),
    };
    Some(Change { subject: recorded.subject.clone(), from, to, why })
}

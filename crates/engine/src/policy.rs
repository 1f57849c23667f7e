//! The policies that decide, and what another one would have made of past decisions.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::Verdict;
use tracehound_screen::{
    lab::{self, Compared},
    policy::PRESETS,
};

pub use tracehound_screen::{Policy, PolicyError};

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

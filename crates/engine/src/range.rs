//! Generated heists with their truth.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_range::{AccountSummary, Summary, TRUTH_FILE};

/// A chain that was generated: nothing in it happened.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Generated {
    /// Always true.
    pub generated: bool,
    /// The file with the truth, beside the blocks.
    pub truth: &'static str,
    /// What was written.
    pub chain: Summary,
}

impl Generated {
    /// What was written.
    pub fn new(chain: Summary) -> Self {
        Self { generated: true, truth: TRUTH_FILE, chain }
    }
}

/// A chain of accounts that was generated: nothing in it happened.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct GeneratedAccounts {
    /// Always true.
    pub generated: bool,
    /// The file with the truth, beside the files of the chain.
    pub truth: &'static str,
    /// What was written.
    pub chain: AccountSummary,
}

impl GeneratedAccounts {
    /// What was written.
    pub fn new(chain: AccountSummary) -> Self {
        Self { generated: true, truth: TRUTH_FILE, chain }
    }
}

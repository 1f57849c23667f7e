//! How much of a party listed ones own, by which way.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{SourceId, Stake};

/// How much of a party is owned by listed ones, by OFAC's 50 Percent Rule.
///
/// A party of which listed parties together own half or more counts as listed itself, and then with all that it owns of others; a
/// party below half hands nothing on (OFAC's FAQ 401). Shares are added up, not multiplied along the way.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Ownership {
    /// What the rule makes of it.
    pub reach: Reach,
    /// Owned by parties that are listed or count as it: between the least and the most that the source leaves open.
    pub share: Stake,
    /// The source that says so.
    pub source: SourceId,
    /// Who owns what, from the party asked about on; each owner either is listed or is owned by the steps that follow.
    pub path: Vec<OwnershipStep>,
    /// Steps that are not told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_steps: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What OFAC's 50 Percent Rule makes of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Listed parties own half of it or more.
    Half,
    /// They may: a share is not said, or not exactly.
    MayBeHalf,
    /// They own less than half.
    BelowHalf,
}

/// One party owns a share of another.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct OwnershipStep {
    /// Who owns, by the source's number.
    pub owner: String,
    /// Its name.
    pub owner_name: String,
    /// Whether the owner itself is listed.
    pub listed: bool,
    /// How much; none where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Stake>,
    /// What is owned, by the source's number.
    pub owned: String,
    /// Its name.
    pub owned_name: String,
}

impl fmt::Display for OwnershipStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = if self.listed { " (listed)" } else { "" };
        write!(f, "{}{listed} owns ", self.owner_name)?;
        match self.share {
            Some(share) => write!(f, "{share}")?,
            None => f.write_str("a share that is not said")?,
        }
        write!(f, " of {}", self.owned_name)
    }
}

impl fmt::Display for Ownership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (share, source) = (self.share, &self.source);
        match self.reach {
            Reach::Half => {
                write!(f, "owned {share} by listed parties, so that OFAC's 50 Percent Rule reaches it")?;
            }
            Reach::MayBeHalf => write!(f, "owned {share} by listed parties, which may be half or more")?,
            Reach::BelowHalf => write!(f, "owned {share} by listed parties, less than half")?,
        }
        write!(f, " (by {source}): ")?;
        for (place, step) in self.path.iter().enumerate() {
            write!(f, "{}{step}", if place > 0 { "; " } else { "" })?;
        }
        if self.more_steps > 0 {
            write!(f, "; and {} more steps", self.more_steps)?;
        }
        Ok(())
    }
}

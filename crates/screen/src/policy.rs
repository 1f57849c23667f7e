//! Policies: which exposure leads to which decision, and what must have been looked at.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracehound_model::{
    Category, Confidence, Decision, SourceId, SourceKind,
    verdict::{Direction, ExposureType},
};

/// The policy used when none is given; shipped as a file to copy from.
pub const DEFAULT: &str = include_str!("default-policy.toml");

/// The one version of the policy format.
const VERSION: u32 = 1;
/// A policy file longer than this is a mistake.
const MAX_BYTES: usize = 1 << 20;

/// A policy file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Format version.
    version: u32,
    /// Name for people.
    pub name: String,
    /// What must have been looked at before `allow` is said.
    #[serde(default)]
    pub require: Require,
    /// What counts for nothing.
    #[serde(default)]
    pub dust: Dust,
    /// How far indirect exposure is looked for.
    #[serde(default)]
    pub indirect: Indirect,
    /// Rules; order does not matter.
    #[serde(rename = "rule", default)]
    pub rules: Vec<Rule>,
    /// SHA-256 of the file's bytes, hexadecimal.
    #[serde(skip)]
    pub hash: String,
}

/// What must have been looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Require {
    /// Sources that must have a snapshot.
    pub sources: Vec<SourceId>,
    /// Oldest a required snapshot may be, in days.
    pub max_age_days: Option<u32>,
    /// Whether the subject's transactions must have been examined.
    pub ledger: bool,
}

/// What counts for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dust {
    /// An output received of less than this many base units.
    pub incoming_below: u64,
}

/// How far indirect exposure is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Indirect {
    /// Most transactions between the subject and a named party; 0 or 1 looks for direct exposure only.
    pub hops: u32,
    /// Most transactions read for one subject and direction.
    pub work: usize,
    /// Whether a search that was cut short, or stopped at missing blocks, makes `allow` impossible.
    pub required: bool,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique name; appears in the evidence.
    pub name: String,
    /// Which kind of exposure it looks at.
    pub exposure: ExposureType,
    /// Categories it looks at.
    pub categories: Vec<Category>,
    /// Kinds of source it believes; empty for all.
    #[serde(default)]
    pub source_kinds: Vec<SourceKind>,
    /// Direction of direct or indirect exposure it looks at; both when absent.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Least confidence of the claim.
    #[serde(default)]
    pub min_confidence: Option<Confidence>,
    /// Least amount in base units, for direct and indirect exposure.
    #[serde(default)]
    pub min_amount: Option<u64>,
    /// Least share of all the subject received (or paid), in whole percent, likewise.
    #[serde(default)]
    pub min_share_percent: Option<u8>,
    /// `review` or `block`.
    pub decision: Decision,
    /// 1 to 100.
    pub score: u8,
}

/// Why a policy cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not the TOML a policy is.
    #[error("the policy cannot be read: {0}")]
    Syntax(String),
    /// A format this version does not read.
    #[error("the policy has version {found}, this program reads version {VERSION}")]
    Version {
        /// Version in the file.
        found: u32,
    },
    /// A rule that says nothing or contradicts itself.
    #[error("policy rule `{rule}`: {reason}")]
    Rule {
        /// The rule's name.
        rule: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl Policy {
    /// Reads a policy file.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MAX_BYTES {
            return Err(PolicyError::Syntax(format!("it is longer than {MAX_BYTES} bytes")));
        }
        let mut policy: Self =
            toml::from_str(text).map_err(|error| PolicyError::Syntax(error.to_string()))?;
        if policy.version != VERSION {
            return Err(PolicyError::Version { found: policy.version });
        }
        for (at, rule) in policy.rules.iter().enumerate() {
            let wrong = |reason| Err(PolicyError::Rule { rule: rule.name.clone(), reason });
            if policy.rules[..at].iter().any(|other| other.name == rule.name) {
                return wrong("another rule has this name");
            }
            if !matches!(rule.decision, Decision::Review | Decision::Block) {
                return wrong(
                    "a rule decides `review` or `block`; `allow` and `incomplete` follow by themselves",
                );
            }
            if !(1..=100).contains(&rule.score) {
                return wrong("a score is 1 to 100");
            }
            if rule.categories.is_empty() {
                return wrong("it names no categories");
            }
            if rule.min_share_percent.is_some_and(|percent| percent > 100) {
                return wrong("a share is at most 100 percent");
            }
            let has_amount =
                rule.direction.is_some() || rule.min_amount.is_some() || rule.min_share_percent.is_some();
            if rule.exposure == ExposureType::Own && has_amount {
                return wrong("an own exposure has no direction and no amount");
            }
        }
        policy.hash = hex::encode(Sha256::digest(text.as_bytes()));
        Ok(policy)
    }

    /// The shipped policy.
    ///
    /// # Panics
    /// Never: a test parses it.
    pub fn default_policy() -> Self {
        Self::parse(DEFAULT).expect("the shipped policy is valid")
    }
}

/// One exposure as rules see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exposed {
    pub exposure: ExposureType,
    pub category: Category,
    pub source_kind: SourceKind,
    pub confidence: Confidence,
    pub direction: Option<Direction>,
    /// Base units; `None` when the amount is not known, which counts as enough.
    pub amount: Option<u128>,
    /// Base units of all the subject received or paid in that direction.
    pub total: u128,
}

impl Rule {
    pub(crate) fn fires(&self, exposed: &Exposed) -> bool {
        let enough = exposed.amount.is_none_or(|amount| {
            amount >= u128::from(self.min_amount.unwrap_or(0))
                && amount * 100 >= u128::from(self.min_share_percent.unwrap_or(0)) * exposed.total
        });
        self.exposure == exposed.exposure
            && self.categories.contains(&exposed.category)
            && (self.source_kinds.is_empty() || self.source_kinds.contains(&exposed.source_kind))
            && (self.direction.is_none() || self.direction == exposed.direction)
            && self.min_confidence.is_none_or(|least| exposed.confidence >= least)
            && enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_policy_is_valid_and_never_lets_a_sanction_pass() {
        let policy = Policy::default_policy();
        let exposed = Exposed {
            exposure: ExposureType::Own,
            category: Category::Sanction,
            source_kind: SourceKind::Labels,
            confidence: Confidence(5),
            direction: None,
            amount: None,
            total: 0,
        };
        assert!(policy.rules.iter().any(|rule| rule.fires(&exposed) && rule.decision == Decision::Block));
    }

    #[test]
    fn mistakes_in_a_policy_are_named() {
        let with = |rule: &str| Policy::parse(&format!("version = 1\nname = \"x\"\n{rule}"));
        let rule = |body: &str| {
            with(&format!(
                "[[rule]]\nname = \"r\"\nexposure = \"own\"\nscore = 50\ndecision = \"review\"\n{body}"
            ))
        };
        assert!(rule("categories = [\"scam\"]").is_ok());
        for (body, said) in [
            ("categories = []", "names no categories"),
            ("categories = [\"scam\"]\nmin_amount = 5", "no amount"),
            ("categories = [\"spam\"]", "spam"),
            ("categories = [\"scam\"]\nminimum = 5", "minimum"),
        ] {
            let error = rule(body).expect_err(body).to_string();
            assert!(error.contains(said), "{error}");
        }
        assert_eq!(Policy::parse("version = 9\nname = \"x\""), Err(PolicyError::Version { found: 9 }));
    }

    #[test]
    fn a_share_is_measured_against_the_total() {
        let mut rule = Policy::default_policy()
            .rules
            .into_iter()
            .find(|rule| rule.name == "direct-mixer")
            .expect("there");
        rule.min_share_percent = Some(10);
        let mut exposed = Exposed {
            exposure: ExposureType::Direct,
            category: Category::MixingService,
            source_kind: SourceKind::Labels,
            confidence: Confidence(50),
            direction: Some(Direction::Incoming),
            amount: Some(9),
            total: 100,
        };
        assert!(!rule.fires(&exposed));
        exposed.amount = Some(10);
        assert!(rule.fires(&exposed));
        exposed.amount = None;
        assert!(rule.fires(&exposed), "an unknown amount is not a small one");
    }
}

//! Verdicts: the answer, what it rests on and what was not looked at.

use std::fmt;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Amount, Asset, Category, Confidence, Country, Evidence, Gap, Labelled, PackVersion, SourceId, SourceKind,
    Worth,
};

/// What to do with the subject. Ordered by which one decides when several apply: the later, the stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Everything the policy requires was there, and nothing stood against it.
    Allow,
    /// Something the policy requires was missing, too old or cut short. Not clean.
    Incomplete,
    /// A person should look.
    Review,
    /// The policy forbids it.
    Block,
}

impl Decision {
    /// The process exit code scripts rely on: 0, 30, 10, 20.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::Review => 10,
            Self::Block => 20,
            Self::Incomplete => 30,
        }
    }

    /// Lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Incomplete => "incomplete",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What an answer rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Lists alone, because the policy looks at nothing else.
    #[default]
    ListsOnly,
    /// Lists; the policy looks at transactions too, and there was nowhere to look at the subject's.
    ListsWithoutTransactions,
    /// Lists, and some of the subject's transactions: the ledger is partial, or the search was cut short.
    ListsAndSomeTransactions,
    /// Lists, and the subject's own transactions in a whole ledger.
    ListsAndTransactions,
}

impl Basis {
    /// The word in files and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ListsOnly => "lists-only",
            Self::ListsWithoutTransactions => "lists-without-transactions",
            Self::ListsAndSomeTransactions => "lists-and-some-transactions",
            Self::ListsAndTransactions => "lists-and-transactions",
        }
    }
}

/// How a subject touches a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExposureType {
    /// The subject itself is claimed.
    #[serde(alias = "own")]
    Identified,
    /// The subject itself is claimed as one's whom listed parties own by half or more (OFAC's 50 Percent Rule).
    Owned,
    /// A counterparty in the subject's own transactions is claimed.
    Direct,
    /// Someone further away, through unattributed addresses, is claimed.
    Indirect,
}

/// Which way value went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards the subject.
    Incoming,
    /// Away from the subject.
    Outgoing,
}

/// Value that ties the subject to one named counterparty or category.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Exposure {
    /// Own, direct or indirect.
    pub exposure: ExposureType,
    /// Which way the value went; none for an own claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Category of the claimed party.
    pub category: Category,
    /// Label of the claimed party.
    pub label: String,
    /// The claimed address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What went that way. Records of earlier versions leave it out and mean the coin of the verdict's chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Asset>,
    /// How much, in base units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// What it was worth at the time, where prices were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Worth>,
    /// Number of transactions behind the amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_count: Option<u32>,
    /// Who claims it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// What kind of publisher that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_kind: Option<SourceKind>,
    /// How sure it can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// The statement that names it, where that is a label's; `source` is the pack then, as `labels:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labelled: Option<Labelled>,
    /// The countries of the service, where a rule of the policy asks for them; none in it where no source tells them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdictions: Option<Vec<Country>>,
    /// All that the subject received (or paid, by `direction`), in base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Amount>,
}

impl Verdict {
    /// What an exposure's amounts count.
    pub fn asset_of(&self, exposure: &Exposure) -> Option<Asset> {
        exposure.asset.or_else(|| Asset::native(self.chain.as_deref()?.parse().ok()?))
    }
}

/// One source as the answer saw it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct SourceAsOf {
    /// The source.
    pub id: SourceId,
    /// Date of the snapshot that was used.
    pub published: Date,
    /// Where the publisher keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of a sanctions list: the last moment, not after the one asked about, for which what is here is known to be all
    /// that its publisher had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched_until: Option<Timestamp>,
    /// The day of a newer version that waits for a person's answer and is not in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Date>,
}

/// Up to which day the advisories of one publisher are complete.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct AdvisoriesAsOf {
    /// The publisher's source.
    pub id: SourceId,
    /// Nothing that it published up to this day is missing, by the word of whoever made the pack.
    pub complete_as_of: Date,
}

/// What was looked at, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Coverage {
    /// Sources that were searched, with the snapshot used.
    pub sources: Vec<SourceAsOf>,
    /// The packs of labels in force. What was in them is part of the snapshot's id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackVersion>,
    /// The publishers whose advisories are complete up to some day.
    #[serde(default, alias = "notices", skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<AdvisoriesAsOf>,
    /// The day up to which the advisories of every publisher that the policy names are complete; none where one is missing.
    #[serde(default, alias = "notices_complete_as_of", skip_serializing_if = "Option::is_none")]
    pub advisories_complete_as_of: Option<Date>,
    /// All of the subject's transactions up to this moment (the last block before the one asked about) were examined;
    /// none when not all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactions_until: Option<Timestamp>,
    /// Its direct counterparties up to this moment were looked at, on one chain at least and as far as a ledger or a server tells of
    /// them; told where the policy asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparties_until: Option<Timestamp>,
    /// Something was left out that makes `allow` impossible, whatever the policy.
    #[serde(default, alias = "cut_short", skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// What was not examined and how to widen it. Empty when nothing is missing.
    pub gaps: Vec<Gap>,
    /// How often the rules behind an indirect exposure were right when measured, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_rates: Vec<String>,
}

/// The one claim that weighs most in a verdict, and the rule by which it does. All claims are in the exposures and the
/// evidence.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Reason {
    /// The rule of the policy; none where no rule covers the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Who is named.
    pub entity: String,
    /// As what.
    pub category: Category,
    /// The list that names him.
    pub source: SourceId,
    /// Listed there from this day: by what the list says of the party, else from the first of its versions here that has it.
    pub since: Date,
    /// Whether it may have been listed earlier: [`since`](Self::since) is the day of the first version here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
    /// The first day of which a version here has it, where the list says that the party was listed before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here_from: Option<Date>,
    /// Whether no list names it itself: listed parties own it by half or more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owned: bool,
    /// The statement that names it, where that is a label's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labelled: Option<Labelled>,
    /// The address that is named, where it is not the subject's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Reason {
    /// Since when it is listed, in words.
    pub fn since_when(&self) -> String {
        let Self { since, at_least, here_from, .. } = self;
        match here_from {
            Some(day) => format!("since {since} (the party; on record here from {day})"),
            None if *at_least => format!("at least since {since}"),
            None => format!("since {since}"),
        }
    }

    /// As what it counts, in words.
    pub fn counts_as(&self) -> String {
        let category = self.category;
        if self.owned {
            format!("not listed itself, owned by listed parties: counts as {category}")
        } else {
            category.to_string()
        }
    }
}

/// The answer about one subject.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Verdict {
    /// The subject as the user wrote it.
    pub subject: String,
    /// The address that was read, where the subject's text holds more than it, or another form of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
    /// CAIP-2 chain of the subject, where its form tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// What to do.
    pub decision: Decision,
    /// What the decision rests on.
    #[serde(default)]
    pub basis: Basis,
    /// 0 (nothing known against it) to 100 (own claim that the policy blocks).
    pub score: u8,
    /// What decided; none where nobody says anything of the subject or of whom it dealt with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// One sentence for a person.
    pub summary: String,
    /// The moment the question is asked about.
    pub as_of: Timestamp,
    /// How the subject touches claimed parties.
    pub exposures: Vec<Exposure>,
    /// The proof.
    pub evidence: Evidence,
    /// What was and was not examined.
    pub coverage: Coverage,
    /// SHA-256 of the policy in force, hexadecimal.
    pub policy: String,
    /// Identity of the snapshot that was read (screening index and ledger), hexadecimal.
    pub snapshot: String,
}

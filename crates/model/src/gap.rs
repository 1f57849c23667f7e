//! Coverage gaps: what an answer did not examine, and how to widen it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Chain, SourceId};

/// What sort of thing was not examined. Policies, programs and pages read this; people read the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// A list that the policy requires has no version from the day asked about or before.
    ListMissing,
    /// A list was last known to be complete longer ago than the policy accepts.
    ListStale,
    /// What is here of a list is a part of it.
    ListPartial,
    /// A newer version of a list waits for a person's answer: whom it adds is not known yet.
    ListWaiting,
    /// A list that is here has no version from the day asked about or before.
    ListSilent,
    /// No pack speaks for the advisories of a publisher that the policy requires.
    AdvisoriesMissing,
    /// The advisories are complete up to a day that is longer ago than the policy accepts.
    AdvisoriesStale,
    /// Names are those of a version that is newer than the day asked about.
    NamesOfAnotherDay,
    /// The name, or a word of it, was not compared, or not in every reading.
    NameNotCompared,
    /// Listed parties own a share of it that is not said, or not exactly, and may own half.
    OwnershipUnknown,
    /// A rule asks for the jurisdiction of a service, and no source tells it.
    JurisdictionUnknown,
    /// A pack of labels in force is not there or cannot be read.
    LabelsUnreadable,
    /// A pack of labels in force is too old.
    LabelsStale,
    /// There is no ledger of the subject's chain.
    LedgerMissing,
    /// Blocks are missing that the answer needed.
    LedgerPartial,
    /// What may have moved in some blocks was not told: their traces or receipts were not seen.
    MovementsUnseen,
    /// What an account held before the ledger's first block is not known.
    OpeningUnknown,
    /// The ledger ends too long before the moment asked about.
    LedgerStale,
    /// The ledger's last block is of after the moment asked about: the clock is wrong.
    ClockWrong,
    /// The policy looks at lists alone.
    TransactionsNotWanted,
    /// The policy requires the subject's transactions, and not all of them were examined.
    TransactionsNotExamined,
    /// They were examined up to a block that is longer ago than the policy accepts.
    TransactionsStale,
    /// The subject's transactions were not fetched, or not all of them.
    NotFetched,
    /// What was fetched is the word of the server it came from.
    ServersWord,
    /// Transactions that are in no block yet were left out.
    Unconfirmed,
    /// The transaction asked about is not in the ledger.
    TransactionMissing,
    /// Inputs spend outputs of blocks that are not in the ledger.
    UnknownInputs,
    /// A limit on work, hops, size or number ended the search.
    Truncated,
    /// Indirect sources or destinations were not examined, or not all.
    IndirectTruncated,
    /// Addresses that may belong to the subject were not looked at.
    OtherAddresses,
    /// The subject paid in one transaction with somebody who is accused: they may be one owner.
    SignedTogether,
    /// Transactions that mix the coins of several people say nothing about one of them.
    Mixed,
    /// Everything was examined; not everything that was found is listed.
    NotListed,
    /// Not followed from here because it is followed elsewhere in the same answer.
    FollowedElsewhere,
    /// The method counts in a way that its amounts do not add up.
    Overcounted,
    /// No list was at hand to screen addresses by.
    NotScreened,
    /// The call was not run on the chain's state.
    NotSimulated,
    /// No limit of a rule applies to the asset, or there was no price to apply it by: any amount counted.
    LimitNotApplied,
    /// The past payments of the account were not at hand.
    PastNotCompared,
    /// The time was not known, so that ages and terms were not judged.
    TimeUnknown,
    /// Recorded by a version that gave the sentence alone.
    Unclassified,
}

impl GapKind {
    /// Whether it was met in searching the subject's transactions, rather than before.
    pub const fn is_of_the_search(self) -> bool {
        matches!(
            self,
            Self::NotFetched
                | Self::TransactionMissing
                | Self::UnknownInputs
                | Self::Truncated
                | Self::IndirectTruncated
        )
    }
}

/// What a gap is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum GapScope {
    /// Everything that was asked.
    #[default]
    Answer,
    /// The subject of the question.
    Subject,
    /// Some lists.
    Lists {
        /// Their sources.
        ids: Vec<SourceId>,
    },
    /// The ledger of a chain.
    Ledger {
        /// CAIP-2 id of the chain, where the subject tells it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chain: Option<String>,
    },
}

/// Something that was not examined.
///
/// ```
/// use tracehound_model::{Gap, GapKind};
///
/// let gap = Gap::about_list(GapKind::ListMissing, "ofac-sdn", "no version of it is loaded").mend("tracehound lists update");
/// assert_eq!(gap.to_string(), "no version of it is loaded: tracehound lists update");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize)]
pub struct Gap {
    /// What sort of thing was not examined.
    pub kind: GapKind,
    /// What it is about.
    pub scope: GapScope,
    /// In words.
    pub sentence: String,
    /// What to do about it, where anything helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Gap {
    /// A gap of the answer as a whole.
    pub fn new(kind: GapKind, sentence: impl Into<String>) -> Self {
        Self { kind, scope: GapScope::Answer, sentence: sentence.into(), remedy: None }
    }

    /// About the subject of the question.
    pub fn about_subject(kind: GapKind, sentence: impl Into<String>) -> Self {
        Self { scope: GapScope::Subject, ..Self::new(kind, sentence) }
    }

    /// About one list.
    pub fn about_list(kind: GapKind, id: &str, sentence: impl Into<String>) -> Self {
        Self::about_lists(kind, vec![SourceId(id.to_owned())], sentence)
    }

    /// About some lists.
    pub fn about_lists(kind: GapKind, ids: Vec<SourceId>, sentence: impl Into<String>) -> Self {
        Self { scope: GapScope::Lists { ids }, ..Self::new(kind, sentence) }
    }

    /// About the ledger of a chain (CAIP-2).
    pub fn about_ledger(kind: GapKind, chain: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { scope: GapScope::Ledger { chain: Some(chain.into()) }, ..Self::new(kind, sentence) }
    }

    /// About the ledger that is not there, of the subject's chain where that is known.
    pub fn about_no_ledger(chain: Option<Chain>, sentence: impl Into<String>) -> Self {
        let scope = GapScope::Ledger { chain: chain.map(|chain| chain.to_string()) };
        Self { scope, ..Self::new(GapKind::LedgerMissing, sentence) }
    }

    /// With what to do about it.
    #[must_use]
    pub fn mend(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The lists that it is about.
    pub fn lists(&self) -> &[SourceId] {
        match &self.scope {
            GapScope::Lists { ids } => ids,
            _ => &[],
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        self.remedy.iter().try_for_each(|remedy| write!(f, ": {remedy}"))
    }
}

/// As it stands in answers that were recorded: version 0.1.0 wrote the sentence alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Recorded {
    Sentence(String),
    Whole { kind: GapKind, scope: GapScope, sentence: String, remedy: Option<String> },
}

impl<'de> Deserialize<'de> for Gap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Recorded::deserialize(deserializer)? {
            Recorded::Sentence(sentence) => Self::new(GapKind::Unclassified, sentence),
            Recorded::Whole { kind, scope, sentence, remedy } => Self { kind, scope, sentence, remedy },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_read_as_it_was_written_and_of_old_records_the_sentence() {
        let gaps = [
            Gap::about_list(GapKind::ListStale, "ofac-sdn", "too old").mend("tracehound lists update"),
            Gap::about_ledger(GapKind::LedgerPartial, "eip155:1", "blocks are missing"),
            Gap::about_no_ledger(None, "no ledger"),
            Gap::about_subject(GapKind::UnknownInputs, "some payers are unknown"),
        ];
        let text = serde_json::to_string(&gaps).expect("JSON");
        assert_eq!(serde_json::from_str::<Vec<Gap>>(&text).expect("gaps"), gaps);
        let old: Gap = serde_json::from_str("\"no ledger for eth\"").expect("a sentence");
        assert_eq!((old.kind, old.to_string().as_str()), (GapKind::Unclassified, "no ledger for eth"));
        assert!(
            serde_json::from_str::<Gap>(
                "{\"kind\":\"of_the_future\",\"scope\":{\"of\":\"answer\"},\"sentence\":\"x\"}"
            )
            .is_err()
        );
    }
}

//! Asking again at the snapshot that an answer names.

use std::str::FromStr;

use tracehound_ledger::{Ledger, SnapshotId};
use tracehound_model::BitcoinNetwork;
use tracehound_transfers::TransferLedger;

use crate::{EngineError, Snapshot};

/// Seconds that a block's time may lie ahead of the clock of whoever takes it: a rule of the network.
const AHEAD: i64 = 2 * 60 * 60;

/// A snapshot as answers name it: a ledger's (`trace`, `path` and the like), the claims' (a verdict without a ledger), or
/// both with a plus sign between them (a verdict over a ledger). A verdict that packs of labels were in force for has
/// `+labels-` and theirs behind that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedSnapshot {
    first: SnapshotId,
    /// The ledger's, where the first is the claims'.
    second: Option<SnapshotId>,
    /// Of the packs of labels.
    labels: Option<SnapshotId>,
}

/// What stands before the id of the packs of labels.
const LABELS: &str = "+labels-";

impl FromStr for NamedSnapshot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id =
            |text: &str| text.parse().map_err(|error: tracehound_ledger::NoSnapshotId| error.to_string());
        let (text, labels) = match text.split_once(LABELS) {
            Some((before, labels)) => (before, Some(labels)),
            None => (text, None),
        };
        let (first, second) = match text.split_once('+') {
            Some((claims, ledger)) => (claims, Some(ledger)),
            None => (text, None),
        };
        Ok(Self {
            first: id(first)?,
            second: second.map(id).transpose()?,
            labels: labels.map(id).transpose()?,
        })
    }
}

/// What of a name is whose.
pub(crate) struct Parts {
    claims: Option<SnapshotId>,
    ledger: Option<SnapshotId>,
    labels: Labels,
}

/// What a name says of the packs of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Labels {
    /// Nothing, as a ledger's.
    Unsaid,
    /// That none was in force.
    NoPack,
    /// Which were.
    These(SnapshotId),
}

impl Labels {
    fn of(labels: Option<SnapshotId>) -> Self {
        labels.map_or(Self::NoPack, Self::These)
    }

    /// Whether the packs in force, by their digest, are those that the name means.
    fn are(self, digest: Option<&str>) -> bool {
        match self {
            Self::Unsaid => true,
            Self::NoPack => digest.is_none(),
            Self::These(id) => digest == Some(&id.to_string()),
        }
    }
}

impl NamedSnapshot {
    /// As questions over a ledger name it.
    pub(crate) fn of_ledger(self) -> Parts {
        Parts {
            claims: self.second.map(|_| self.first),
            ledger: Some(self.second.unwrap_or(self.first)),
            labels: self.second.map_or(Labels::Unsaid, |_| Labels::of(self.labels)),
        }
    }

    /// As verdicts name it.
    pub(crate) fn of_verdict(self) -> Parts {
        Parts { claims: Some(self.first), ledger: self.second, labels: Labels::of(self.labels) }
    }
}

impl Snapshot {
    /// One network's ledger, if there is one, as a question sees it: as of the moment, or at the snapshot that it names,
    /// which then says what blocks count. A name without a ledger in it is one of an answer that had none.
    ///
    /// # Errors
    /// A ledger that is there and cannot be read; claims or a ledger that are at another snapshot and cannot go back, and a
    /// snapshot that goes on beyond the moment.
    pub(crate) fn ledger_for(
        &self,
        network: BitcoinNetwork,
        as_of: Option<i64>,
        named: Option<&Parts>,
    ) -> Result<Option<Ledger>, EngineError> {
        let Some(named) = named else {
            let ledger = self.ledger(network)?.cloned();
            return match as_of {
                Some(as_of) => Ok(ledger.map(|ledger| ledger.as_of(as_of)).transpose()?),
                None => Ok(ledger),
            };
        };
        let Some(id) = self.ledger_id(named)? else { return Ok(None) };
        let Some(ledger) = self.ledger(network)?.cloned() else { return Ok(None) };
        let ledger = ledger.as_of_snapshot(id)?;
        let tip = ledger.info().tip.map(|tip| i64::from(tip.header.time()));
        not_beyond(id, tip, as_of)?;
        Ok(Some(ledger))
    }

    /// The ledger of transfers of an EVM chain, by the same rules.
    ///
    /// # Errors
    /// As [`ledger_for`](Self::ledger_for).
    pub(crate) fn transfers_for(
        &self,
        chain_id: u64,
        as_of: Option<i64>,
        named: Option<&Parts>,
    ) -> Result<Option<TransferLedger>, EngineError> {
        let Some(named) = named else {
            let ledger = self.transfers(chain_id)?.cloned();
            // Before 1970 there was no block.
            let moment = as_of.map(|as_of| u64::try_from(as_of).unwrap_or(0));
            return match moment {
                Some(moment) => Ok(ledger.map(|ledger| ledger.as_of(moment)).transpose()?),
                None => Ok(ledger),
            };
        };
        let Some(id) = self.ledger_id(named)? else { return Ok(None) };
        let Some(ledger) = self.transfers(chain_id)?.cloned() else { return Ok(None) };
        let ledger = ledger.as_of_snapshot(id)?;
        let tip = ledger.info().tip.and_then(|tip| i64::try_from(tip.time).ok());
        not_beyond(id, tip, as_of)?;
        Ok(Some(ledger))
    }

    /// The ledger's id in a name, where it has one, once claims and labels are found to be those that the name means.
    fn ledger_id(
        &self,
        &Parts { claims, ledger: id, labels }: &Parts,
    ) -> Result<Option<SnapshotId>, EngineError> {
        if let Some(claims) = claims.map(|id| id.to_string()).filter(|id| id != self.index().digest()) {
            return Err(EngineError::Question(format!(
                "the claims of snapshot {claims} are gone: lists were imported, updated or removed since, and are at {} now; \
                 --as-of without --snapshot asks what they say about that day",
                self.index().digest()
            )));
        }
        let now = self.packs().digest();
        if !labels.are(now.as_deref()) {
            return Err(EngineError::Question(format!(
                "the packs of labels of the snapshot are not those in force: packs were applied or removed since, and are at \
                 {} now; --as-of without --snapshot asks what they say about that day",
                now.as_deref().unwrap_or("none")
            )));
        }
        Ok(id)
    }
}

/// That a snapshot does not go on beyond the moment asked about.
fn not_beyond(id: SnapshotId, tip: Option<i64>, as_of: Option<i64>) -> Result<(), EngineError> {
    if let (Some(as_of), Some(tip)) = (as_of, tip)
        && tip > as_of.saturating_add(AHEAD)
    {
        return Err(EngineError::Question(format!(
            "snapshot {id} holds blocks of after the moment asked about: leave out --snapshot or --as-of"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_part_or_two() {
        let (a, b) = ("a".repeat(64), "B".repeat(64));
        let id = |text: &str| text.parse::<SnapshotId>().expect("an id");
        let both: NamedSnapshot = format!("{a}+{b}").parse().expect("a name");
        for parts in [both.of_ledger(), both.of_verdict()] {
            assert_eq!((parts.claims, parts.ledger), (Some(id(&a)), Some(id(&b))));
        }
        let one: NamedSnapshot = a.parse().expect("a name");
        assert_eq!((one.of_ledger().claims, one.of_ledger().ledger), (None, Some(id(&a))));
        assert_eq!((one.of_verdict().claims, one.of_verdict().ledger), (Some(id(&a)), None));
        let labels = "c".repeat(64);
        let all: NamedSnapshot = format!("{a}+{b}+labels-{labels}").parse().expect("a name");
        assert_eq!(all.of_verdict().labels, Labels::These(id(&labels)));
        assert_eq!((all.of_verdict().claims, all.of_verdict().ledger), (Some(id(&a)), Some(id(&b))));
        let without: NamedSnapshot = format!("{a}+labels-{labels}").parse().expect("a name");
        assert_eq!(
            (without.of_verdict().ledger, without.of_verdict().labels),
            (None, Labels::These(id(&labels)))
        );
        assert_eq!((one.of_ledger().labels, one.of_verdict().labels), (Labels::Unsaid, Labels::NoPack));
        for wrong in ["", "217:00ff", &format!("{a}+"), &format!("{a}+{b}+{a}"), &format!("+{a}")] {
            let refused = wrong.parse::<NamedSnapshot>().expect_err("no name");
            assert!(refused.contains("64 hexadecimal digits"), "{refused}");
        }
    }
}

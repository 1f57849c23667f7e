//! Patterns of laundering around an address or a transaction: money gathered, scattered, asleep, gone round.
//!
//! Each has thresholds, whose defaults are the laundering playbook's (its rules' numbers are given as R03 and so on), and
//! each finding names the transactions that show it. A pattern is a lead: exchanges gather and scatter too.
//!
//! [`chips`] knows `ChipMixer`'s, [`withdrawals`] looks for the payouts of a mixer by amount and time, [`coinbases`] tells how much
//! of some money is newly mined.

pub mod chips;
pub mod coinbases;
mod dormancy;
mod fan;
mod round_trip;
pub mod text;
pub mod withdrawals;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{AddrNum, OutNum, TxNum, UtxoRows};
use tracehound_model::{Amount, Gap, GapKind, TxId};

use crate::trace::Known;
use chips::{Funding, Sweep};
use fan::{Move, moves_of};

/// When a pattern is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Inputs from which a transaction of at most two outputs gathers.
    pub gathered: u32,
    /// R03: outputs (or recipients within [`Self::split_seconds`]) from which money is split.
    pub split: u32,
    /// R03: permille of them that are within [`Self::equal_permille`] of the median.
    pub split_equal_permille: u32,
    /// R03: how far from the median, in permille of it, still counts as equal.
    pub equal_permille: u32,
    /// R03: seconds.
    pub split_seconds: u32,
    /// R10: outputs of [`Self::scatter_from`] to [`Self::scatter_to`] within [`Self::scatter_seconds`].
    pub scatter: u32,
    /// R10: base units.
    pub scatter_from: u64,
    /// R10: base units.
    pub scatter_to: u64,
    /// R10: seconds.
    pub scatter_seconds: u32,
    /// R05: days without a movement, in three grades.
    pub idle_days: [u32; 3],
    /// R05: permille of the balance that then leaves.
    pub idle_out_permille: u32,
    /// R05: within so many seconds.
    pub idle_out_seconds: u32,
    /// R13: permille of what was paid that comes back.
    pub back_permille: u32,
    /// R13: within so many seconds.
    pub back_seconds: u32,
    /// R25: received outputs below this many base units neither wake nor count.
    pub dust: u64,
    /// Transactions of an address that are looked at.
    pub txs: usize,
    /// Payments of an address that are followed on their way round, and transactions read for each.
    pub followed: (usize, usize),
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            gathered: 10,
            split: 8,
            split_equal_permille: 800,
            equal_permille: 10,
            split_seconds: 3 * 3_600,
            scatter: 100,
            scatter_from: 10_000_000,
            scatter_to: 200_000_000,
            scatter_seconds: 86_400,
            idle_days: [14, 30, 90],
            idle_out_permille: 200,
            idle_out_seconds: 86_400,
            back_permille: 950,
            back_seconds: 72 * 3_600,
            dust: 546,
            txs: 5_000,
            followed: (50, 500),
        }
    }
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An owner and all its transactions.
    Address(AddrNum),
    /// One transaction.
    Tx(TxNum),
}

/// A pattern that was found.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(tag = "pattern", rename_all = "snake_case")]
pub enum Finding {
    /// Many outputs put together.
    Consolidation {
        /// The transaction.
        txid: TxId,
        /// Time of its block.
        time: u32,
        /// Inputs it has.
        inputs: u32,
        /// Owners of them, where known.
        owners: usize,
        /// Base units put together; `None` when some are not known.
        amount: Option<Amount>,
    },
    /// Money spread over many.
    FanOut {
        /// The transactions.
        txids: Vec<TxId>,
        /// Times of the first and the last.
        span: (u32, u32),
        /// Different recipients.
        recipients: usize,
        /// Base units.
        amount: Amount,
        /// Permille of the payments that are about equal.
        equal_permille: u32,
        /// Payments of the size that R10 scatters.
        scattered: usize,
        /// Which rules of the playbook this fits.
        rules: Vec<&'static str>,
    },
    /// Idle for long, then a good part leaves at once (R05).
    Reactivated {
        /// Time of the last movement before.
        since: u32,
        /// Time of the first payment after.
        woke: u32,
        /// Whole days between.
        days: u32,
        /// The grade of [`Thresholds::idle_days`] it reaches.
        grade_days: u32,
        /// Base units that left.
        amount: Amount,
        /// Of how many.
        balance: Amount,
        /// The payments.
        txids: Vec<TxId>,
    },
    /// A balance without a movement up to the end of the ledger.
    Dormant {
        /// Time of the last movement.
        since: u32,
        /// Whole days to the last block.
        days: u32,
        /// Base units.
        balance: Amount,
    },
    /// What was paid came back to the payer (R13).
    RoundTrip {
        /// The payment.
        txid: TxId,
        /// Its time.
        time: u32,
        /// Base units paid to others.
        paid: Amount,
        /// Base units of them, by haircut, that came back.
        back: Amount,
        /// Transactions in between, fewest and most.
        hops: (u32, u32),
        /// The transactions that brought them back.
        txids: Vec<TxId>,
    },
    /// A transaction that makes chips.
    ChipFunding(Funding),
    /// A transaction that spends nothing but chips.
    ChipSweep(Sweep),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Report {
    /// The patterns, in time order by kind.
    pub findings: Vec<Finding>,
    /// Transactions looked at.
    pub txs: usize,
    /// What was not looked at.
    pub gaps: Vec<Gap>,
}

impl Report {
    /// Whether everything was looked at.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// Looks for every pattern. `None` when the subject is not in the ledger.
///
/// O(rows of its transactions + transactions followed on their way round).
pub fn around<R: UtxoRows>(
    ledger: &R,
    subject: Subject,
    thresholds: &Thresholds,
    known: &dyn Known<R>,
) -> Option<Report> {
    let mut report = Report::default();
    let moves: Vec<Move> = match subject {
        Subject::Tx(tx) => vec![Move::of(ledger, tx, None)?],
        Subject::Address(owner) => {
            ledger.script_key(owner)?;
            let (moves, gaps) = moves_of(ledger, owner, thresholds.txs);
            report.gaps.extend(gaps);
            moves
        }
    };
    report.txs = moves.len();
    let mixes: BTreeSet<TxNum> = moves
        .iter()
        .filter(|moved| known.mix(ledger, (&moved.tx).into()).is_some())
        .map(|moved| moved.tx.num)
        .collect();
    let plain: Vec<&Move> = moves.iter().filter(|moved| !mixes.contains(&moved.tx.num)).collect();
    if !mixes.is_empty() {
        let sentence = format!(
            "{} transactions mix the coins of several people: their shape says nothing about one of them",
            mixes.len()
        );
        report.gaps.push(Gap::new(GapKind::Mixed, sentence));
    }
    let found = &mut report.findings;
    found.extend(plain.iter().filter_map(|moved| fan::consolidation(moved, thresholds)));
    fan::fan_outs(&plain, subject, thresholds, found);
    match subject {
        Subject::Tx(_) => {
            found.extend(plain.iter().filter_map(|moved| dormancy::reactivated_by(moved, thresholds)));
        }
        Subject::Address(_) => dormancy::of_address(ledger, &moves, thresholds, found),
    }
    round_trip::find(ledger, &plain, subject, thresholds, known, &mut report);
    let found = &mut report.findings;
    for moved in &moves {
        found.extend(chips::funding(ledger, &moved.tx).map(Finding::ChipFunding));
        found.extend(chips::sweep(ledger, &moved.tx).map(Finding::ChipSweep));
    }
    Some(report)
}

/// The outputs that a question about a subject starts from: those an address received, or a transaction makes. At most
/// `limit`; the flag says whether there were more.
pub fn outputs_of(ledger: &impl UtxoRows, subject: Subject, limit: usize) -> (Vec<OutNum>, bool) {
    match subject {
        Subject::Address(owner) => {
            let (activity, cut) = ledger.activity(owner, limit);
            (activity.received, cut)
        }
        Subject::Tx(tx) => {
            let Some(view) = ledger.tx(tx) else { return (Vec::new(), false) };
            let first = view.first_output.0;
            let all = (first..first + u64::from(view.output_count)).map(OutNum);
            let mut owned: Vec<OutNum> = all.filter(|&out| ledger.output_owner(out).is_some()).collect();
            let cut = owned.len() > limit;
            owned.truncate(limit);
            (owned, cut)
        }
    }
}

//! Money that comes back to the one who paid it.

use std::collections::BTreeSet;

use tracehound_ledger::{AddrNum, TxNum, TxSpan, UtxoRows};
use tracehound_model::{Gap, GapKind};

use super::{Finding, Report, Subject, Thresholds, fan::Move};
use crate::{
    taint::{Direction, Label, Method, Mix, Options, PropagationLimits, Seed, StopReason, Stops, propagate},
    trace::Known,
};

/// Longest way round, in transactions.
const HOPS: u32 = 6;

/// Ends paths at the payers and at services.
struct AtPayers<'a, R> {
    payers: &'a BTreeSet<AddrNum>,
    known: &'a dyn Known<R>,
}

impl<R: UtxoRows> Stops<R> for AtPayers<'_, R> {
    fn is_service(&self, owner: AddrNum) -> bool {
        self.payers.contains(&owner) || self.known.entity(owner).is_some_and(|entity| entity.is_service())
    }

    fn mix(&self, ledger: &R, tx: TxSpan) -> Option<Mix> {
        self.known.mix(ledger, tx)
    }
}

pub(super) fn find<R: UtxoRows>(
    ledger: &R,
    moves: &[&Move],
    subject: Subject,
    thresholds: &Thresholds,
    known: &dyn Known<R>,
    report: &mut Report,
) {
    let paying: Vec<&&Move> = moves.iter().filter(|moved| !moved.payments.is_empty()).collect();
    let (most, txs) = thresholds.followed;
    if paying.len() > most {
        let sentence = format!("only the first {most} of {} payments were followed round", paying.len());
        report.gaps.push(Gap::about_subject(GapKind::Truncated, sentence));
    }
    for moved in paying.into_iter().take(most) {
        let payers = match subject {
            Subject::Address(owner) => BTreeSet::from([owner]),
            Subject::Tx(_) => moved.payers.clone(),
        };
        report.findings.extend(one(ledger, moved, &payers, thresholds, txs, known));
    }
}

fn one<R: UtxoRows>(
    ledger: &R,
    moved: &Move,
    payers: &BTreeSet<AddrNum>,
    thresholds: &Thresholds,
    txs: usize,
    known: &dyn Known<R>,
) -> Option<Finding> {
    let big = moved.payments.iter().filter(|payment| payment.value >= thresholds.dust);
    let seeds: Vec<Seed> = big.clone().map(|payment| Seed { out: payment.out, label: Label(0) }).collect();
    let paid: u128 = big.map(|payment| u128::from(payment.value)).sum();
    let limits = PropagationLimits {
        hops: HOPS,
        dust: thresholds.dust.into(),
        fan_out: 100,
        txs,
        until: moved.time.saturating_add(thresholds.back_seconds),
        ..PropagationLimits::default()
    };
    let options =
        Options { direction: Direction::Forward, method: Method::Haircut, through_mixes: false, limits };
    let found = propagate(ledger, &seeds, options, &AtPayers { payers, known }).ok()?;
    let home = |owner: Option<AddrNum>| owner.is_some_and(|owner| payers.contains(&owner));
    let back = || found.ends.iter().filter(|end| end.reason == StopReason::ReachedService && home(end.owner));
    let amount: u128 = back().map(|end| end.holding.dirty_all()).sum();
    if amount == 0 || amount * 1_000 < paid * u128::from(thresholds.back_permille) {
        return None;
    }
    let hops = back().map(|end| end.hop);
    let txids: BTreeSet<TxNum> = back().filter_map(|end| Some(ledger.tx_of_output(end.out?)?.0)).collect();
    Some(Finding::RoundTrip {
        txid: moved.tx.txid,
        time: moved.time,
        paid: paid.into(),
        back: amount.into(),
        hops: (hops.clone().min()?, hops.max()?),
        txids: txids.into_iter().filter_map(|tx| Some(ledger.tx(tx)?.txid)).collect(),
    })
}

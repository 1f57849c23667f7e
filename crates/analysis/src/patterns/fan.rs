//! What a subject's transactions move, and the shapes of gathering and scattering.

use std::collections::BTreeSet;

use tracehound_ledger::{AddrNum, OutNum, Prev, TxNum, TxView, UtxoRows};
use tracehound_model::{Amount, Gap, GapKind};

use super::{Finding, Subject, Thresholds};
use crate::peel::time;

/// A payment to somebody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payment {
    pub out: OutNum,
    pub to: AddrNum,
    pub value: u64,
}

/// A transaction as a subject sees it. Without a subject the payers are whoever pays.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub tx: TxView,
    pub time: u32,
    /// Owners of the inputs, where known.
    pub payers: BTreeSet<AddrNum>,
    /// Base units of the inputs; `None` when some are not known.
    pub total_in: Option<u128>,
    /// Base units that the subject spends, as far as known.
    pub spent: u128,
    /// Outputs the subject receives, their amounts; without what a later coinbase overwrote (BIP-30).
    pub received: Vec<u64>,
    /// When each input of the subject was made, and its amount; outputs from outside the ledger are not there.
    pub coins: Vec<(u32, u64)>,
    /// What goes to owners that are not among the payers, when the subject pays.
    pub payments: Vec<Payment>,
}

impl Move {
    /// O(inputs + outputs).
    pub(super) fn of(ledger: &impl UtxoRows, num: TxNum, subject: Option<AddrNum>) -> Option<Self> {
        let tx = ledger.tx(num)?;
        let mut moved = Self {
            tx,
            time: time(ledger, num),
            payers: BTreeSet::new(),
            total_in: Some(0),
            spent: 0,
            received: Vec::new(),
            coins: Vec::new(),
            payments: Vec::new(),
        };
        for input in ledger.inputs(&tx) {
            let (owner, value) = (ledger.input_owner(&input), ledger.input_value(&input));
            moved.payers.extend(owner);
            moved.total_in = moved.total_in.zip(value).map(|(sum, value)| sum + u128::from(value));
            if subject.is_none() || owner == subject {
                moved.spent += u128::from(value.unwrap_or(0));
                if let (Prev::Output(out), Some(value)) = (input.prev, value)
                    && let Some((maker, _)) = ledger.tx_of_output(out)
                {
                    moved.coins.push((time(ledger, maker), value));
                }
            }
        }
        let mints = ledger.inputs(&tx).next().is_some_and(|input| input.prev == Prev::Coinbase);
        let pays = subject.is_none_or(|subject| moved.payers.contains(&subject));
        for at in 0..u64::from(tx.output_count) {
            let out = OutNum(tx.first_output.0 + at);
            let (Some(to), Some(value)) = (ledger.output_owner(out), ledger.output_value(out)) else {
                continue;
            };
            if mints && ledger.output(out).is_some_and(|output| output.destroyed_by.is_some()) {
                continue;
            }
            if Some(to) == subject {
                moved.received.push(value);
            }
            if pays && !moved.payers.contains(&to) {
                moved.payments.push(Payment { out, to, value });
            }
        }
        Some(moved)
    }

    fn paid(&self) -> u128 {
        self.payments.iter().map(|payment| u128::from(payment.value)).sum()
    }
}

/// All transactions of an owner in time order, at most `limit`, and what is missing.
pub(super) fn moves_of(ledger: &impl UtxoRows, owner: AddrNum, limit: usize) -> (Vec<Move>, Vec<Gap>) {
    let (activity, mut cut) = ledger.activity(owner, limit);
    let mut txs = BTreeSet::new();
    for &out in &activity.received {
        txs.extend(ledger.tx_of_output(out).map(|(tx, _)| tx));
        txs.extend(ledger.output(out).and_then(|output| output.spent_by));
    }
    txs.extend(activity.spent_missing.iter().filter_map(|&input| ledger.tx_of_input(input)));
    cut |= txs.len() > limit;
    let mut gaps = Vec::new();
    if cut {
        let sentence = format!("only the first {limit} transactions were looked at");
        gaps.push(Gap::about_subject(GapKind::Truncated, sentence));
    }
    if !activity.spent_missing.is_empty() {
        let sentence = format!(
            "{} inputs spend outputs of blocks that are not in the ledger: balances and idle times before are not known",
            activity.spent_missing.len()
        );
        gaps.push(Gap::about_subject(GapKind::UnknownInputs, sentence));
    }
    (txs.into_iter().take(limit).filter_map(|tx| Move::of(ledger, tx, Some(owner))).collect(), gaps)
}

pub(super) fn consolidation(moved: &Move, thresholds: &Thresholds) -> Option<Finding> {
    let tx = &moved.tx;
    (tx.input_count >= thresholds.gathered.max(2) && tx.output_count <= 2).then(|| Finding::Consolidation {
        txid: tx.txid,
        time: moved.time,
        inputs: tx.input_count,
        owners: moved.payers.len(),
        amount: moved.total_in.map(Amount::from),
    })
}

/// Most payments looked at for fan-outs over several transactions, counted again for every window.
const MOST_WORK: usize = 2_000_000;

/// Fan-outs in single transactions and, for an address, over several within the rules' times.
pub(super) fn fan_outs(moves: &[&Move], subject: Subject, thresholds: &Thresholds, found: &mut Vec<Finding>) {
    let mut single = BTreeSet::new();
    for moved in moves {
        if let Some(finding) = fan_out(&[moved], thresholds, true) {
            single.insert(moved.tx.num);
            found.push(finding);
        }
    }
    if matches!(subject, Subject::Tx(_)) {
        return;
    }
    let paying: Vec<&Move> = moves.iter().filter(|moved| !moved.payments.is_empty()).copied().collect();
    for (rule, seconds) in [("R03", thresholds.split_seconds), ("R10", thresholds.scatter_seconds)] {
        let (mut at, mut work) = (0, 0);
        while at < paying.len() && work < MOST_WORK {
            let end = paying[at].time.saturating_add(seconds);
            let count = paying[at..].iter().take_while(|moved| moved.time <= end).count().max(1);
            let window = &paying[at..at + count];
            work += window.iter().map(|moved| moved.payments.len()).sum::<usize>();
            let one = count == 1 && single.contains(&window[0].tx.num);
            let finding = if one { None } else { fan_out(window, thresholds, false) };
            let fits = matches!(&finding, Some(Finding::FanOut { rules, .. }) if rules.contains(&rule));
            if fits && count > 1 {
                found.extend(finding);
                at += count;
            } else {
                at += 1;
            }
        }
    }
}

/// The payments of some transactions as a fan-out, if they are one by a rule, or `plain` by number alone.
fn fan_out(moves: &[&Move], thresholds: &Thresholds, plain: bool) -> Option<Finding> {
    let payments: Vec<Payment> = moves
        .iter()
        .flat_map(|moved| &moved.payments)
        .filter(|paid| paid.value >= thresholds.dust)
        .copied()
        .collect();
    let recipients: BTreeSet<AddrNum> = payments.iter().map(|payment| payment.to).collect();
    if recipients.len() < thresholds.split.max(2) as usize {
        return None;
    }
    let mut values: Vec<u64> = payments.iter().map(|payment| payment.value).collect();
    values.sort_unstable();
    let median = u128::from(values[values.len() / 2]);
    let near = |value: u64| {
        u128::from(value).abs_diff(median) * 1_000 <= median * u128::from(thresholds.equal_permille)
    };
    let equal = values.iter().filter(|&&value| near(value)).count();
    let equal_permille = (equal * 1_000 / values.len()) as u32;
    let band = thresholds.scatter_from..=thresholds.scatter_to;
    let scattered = values.iter().filter(|value| band.contains(value)).count();
    let (first, last) = (moves.first()?, moves.last()?);
    let seconds = last.time.saturating_sub(first.time);
    let mut rules = Vec::new();
    if equal_permille >= thresholds.split_equal_permille && seconds <= thresholds.split_seconds {
        rules.push("R03");
    }
    if scattered >= thresholds.scatter.max(2) as usize && seconds <= thresholds.scatter_seconds {
        rules.push("R10");
    }
    (plain || !rules.is_empty()).then(|| Finding::FanOut {
        txids: moves.iter().map(|moved| moved.tx.txid).collect(),
        span: (first.time, last.time),
        recipients: recipients.len(),
        amount: moves.iter().map(|moved| moved.paid()).sum::<u128>().into(),
        equal_permille,
        scattered,
        rules,
    })
}

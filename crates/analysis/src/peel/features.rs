//! What a transaction and its outputs show of the wallet behind them, as small numbers that can be counted.

use std::collections::BTreeSet;

use tracehound_ledger::{AddrNum, OutputView, Prev, SequenceClass, TxNum, TxView, UtxoRows};
use tracehound_model::ScriptType;

use super::{named_output::first_seen_in, score::Base};

/// Versions (1, 2, other) x lock times (none, a recent height, other) x first sequence (four classes).
pub(super) const SOFTWARE: usize = 36;
/// Powers of two of the fee rate in satoshi per 1,000 virtual bytes.
pub(super) const FEES: usize = 24;
/// Script types.
pub(super) const SCRIPTS: usize = ScriptType::ALL.len();
/// Shares of the inputs: from 90 %, from 50 %, from 10 %, less.
pub(super) const SHARES: usize = 4;
/// Spent alone into two outputs; alone otherwise; together with others.
pub(super) const SHAPES: usize = 3;
/// Places among the outputs: first, last, between.
pub(super) const POSITIONS: usize = 3;

/// A lock time up to this many blocks below the transaction's own is set against fee sniping (Bitcoin Core: 100).
const RECENT_BLOCKS: u32 = 100;

/// A transaction, read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub tx: TxView,
    /// Owners of what it spends, where known.
    pub payers: BTreeSet<AddrNum>,
    /// Base units it spends; `None` when one of them is not known, or for new coins.
    pub total_in: Option<u128>,
    pub outputs: Vec<OutputView>,
    pub software: usize,
    pub fee_rate: Option<usize>,
    pub shape: usize,
}

impl Read {
    /// O(inputs + outputs).
    pub(super) fn of(ledger: &impl UtxoRows, num: TxNum) -> Option<Self> {
        let tx = ledger.tx(num)?;
        let (mut payers, mut total_in, mut sequence) = (BTreeSet::new(), Some(0_u128), None);
        for input in ledger.inputs(&tx) {
            payers.extend(ledger.input_owner(&input));
            let value = ledger.input_value(&input).filter(|_| input.prev != Prev::Coinbase);
            total_in = total_in.zip(value).map(|(sum, value)| sum + u128::from(value));
            sequence = sequence.or(Some(input.sequence));
        }
        let outputs: Vec<OutputView> = ledger.outputs(&tx).collect();
        let total_out: u128 = outputs.iter().map(|output| u128::from(output.value)).sum();
        let fee = total_in.and_then(|total| total.checked_sub(total_out));
        Some(Self {
            software: software(ledger, &tx, sequence),
            fee_rate: fee.and_then(|fee| fee_rate(fee, tx.weight)),
            shape: shape(&tx),
            tx,
            payers,
            total_in,
            outputs,
        })
    }

    /// Base units paid as fee, where known.
    pub(super) fn fee(&self) -> Option<u128> {
        let total_out = self.outputs.iter().map(|output| u128::from(output.value)).sum();
        self.total_in?.checked_sub(total_out)
    }
}

fn software(ledger: &impl UtxoRows, tx: &TxView, sequence: Option<SequenceClass>) -> usize {
    let version = match tx.version {
        Some(1) => 0,
        Some(2) => 1,
        _ => 2,
    };
    let height = || ledger.block_of(tx.num).and_then(|block| block.height);
    let lock = match tx.lock_time {
        0 => 0,
        lock if height().is_some_and(|own| lock <= own && own - lock <= RECENT_BLOCKS) => 1,
        _ => 2,
    };
    let sequence = match sequence.unwrap_or(SequenceClass::Final) {
        SequenceClass::Final => 0,
        SequenceClass::LockTime => 1,
        SequenceClass::Replaceable => 2,
        SequenceClass::Other => 3,
    };
    (version * 3 + lock) * 4 + sequence
}

fn fee_rate(fee: u128, weight: u32) -> Option<usize> {
    let rate = fee.saturating_mul(4_000).checked_div(weight.into())?;
    Some(rate.checked_ilog2().map_or(0, |log| (log as usize).min(FEES - 1)))
}

fn shape(tx: &TxView) -> usize {
    match (tx.input_count, tx.output_count) {
        (1, 2) => 0,
        (1, _) => 1,
        _ => 2,
    }
}

pub(super) fn script(ledger: &impl UtxoRows, owner: AddrNum) -> usize {
    ledger.script_type(owner).unwrap_or(ScriptType::Other) as usize
}

pub(super) fn share(value: u64, total_in: u128) -> usize {
    let tenths = (u128::from(value) * 10).checked_div(total_in).unwrap_or(0);
    match tenths {
        9.. => 0,
        5..9 => 1,
        1..5 => 2,
        _ => 3,
    }
}

pub(super) fn position(at: usize, outputs: usize) -> usize {
    match at {
        0 => 0,
        at if at + 1 == outputs => 1,
        _ => 2,
    }
}

/// Whether an amount looks typed by a person: at most three digits, then at least three zeros.
pub(super) fn is_round(value: u64) -> bool {
    let digits = value.checked_ilog10().unwrap_or(0);
    digits >= 3 && value.is_multiple_of(10_u64.pow((digits - 2).max(3)))
}

/// Base rates: what anybody does, counted in transactions around the start.
#[derive(Clone, Debug)]
pub struct Background {
    pub(super) software: Base<SOFTWARE>,
    pub(super) fee_rate: Base<FEES>,
    pub(super) script: Base<SCRIPTS>,
    pub(super) share: Base<SHARES>,
    pub(super) shape: Base<SHAPES>,
    pub(super) fresh: Base<2>,
    pub(super) round: Base<2>,
    pub(super) txs: u32,
}

/// Outputs of one transaction that are counted: a large payout must not outweigh all others.
const MOST_OUTPUTS: usize = 8;

impl Background {
    /// Counts up to `most` transactions from half of that many before `around` on. O(their rows).
    pub fn around(ledger: &impl UtxoRows, around: TxNum, most: u32) -> Self {
        let mut found = Self {
            software: Base::EMPTY,
            fee_rate: Base::EMPTY,
            script: Base::EMPTY,
            share: Base::EMPTY,
            shape: Base::EMPTY,
            fresh: Base::EMPTY,
            round: Base::EMPTY,
            txs: 0,
        };
        let first = around.0.saturating_sub(most / 2);
        for num in first..first.saturating_add(most) {
            let Some(read) = Read::of(ledger, TxNum(num)) else { break };
            let coinbase = ledger.inputs(&read.tx).any(|input| input.prev == Prev::Coinbase);
            if !coinbase {
                found.count(ledger, &read);
            }
        }
        found
    }

    /// Transactions counted.
    pub fn txs(&self) -> u32 {
        self.txs
    }

    fn count(&mut self, ledger: &impl UtxoRows, read: &Read) {
        self.txs += 1;
        self.software.count(read.software);
        self.shape.count(read.shape);
        if let Some(rate) = read.fee_rate {
            self.fee_rate.count(rate);
        }
        for output in read.outputs.iter().take(MOST_OUTPUTS) {
            let Some(owner) = output.owner else { continue };
            self.script.count(script(ledger, owner));
            self.fresh.count(usize::from(first_seen_in(ledger, owner, read.tx.num)));
            self.round.count(usize::from(is_round(output.value)));
            if let Some(total) = read.total_in.filter(|_| read.outputs.len() > 1) {
                self.share.count(share(output.value, total));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_amounts_are_those_that_people_type() {
        for round in [1_000, 50_000_000, 12_300_000, 100_000, 8_192_000] {
            assert_eq!(is_round(round), round != 8_192_000, "{round}");
        }
        for odd in [0, 546, 999, 12_345, 50_000_001] {
            assert!(!is_round(odd), "{odd}");
        }
    }

    #[test]
    fn rates_and_shares_fall_into_their_classes() {
        assert_eq!(fee_rate(400, 400), Some(11), "4 sat/vB is 4,000 a thousand");
        assert_eq!(fee_rate(400, 0), None);
        assert_eq!(
            [share(90, 100), share(89, 100), share(10, 100), share(9, 100), share(1, 0)],
            [0, 1, 2, 3, 3]
        );
        assert_eq!([position(0, 1), position(0, 2), position(1, 2), position(1, 3)], [0, 0, 1, 2]);
    }
}

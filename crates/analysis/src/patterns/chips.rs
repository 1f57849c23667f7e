//! `ChipMixer` (2017 to 2023): deposits are paid out in chips, outputs of 0.001 x 2^n BTC that were made beforehand, whose
//! keys the customer gets.
//!
//! A transaction of many new outputs of one chip amount makes chips; an owner that received one chip amount once, and
//! nothing else, holds one; a transaction that spends nothing but chips sweeps a customer's. Sizes from the service's own
//! description; the rule for owners is `LoyceV`'s. What a sweep spends is tied to no deposit: chips are a set.

use std::{
    collections::{BTreeSet, HashMap},
    ops::{ControlFlow, Range},
};

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{AddrNum, OutNum, Prev, ScannedTx, TxNum, TxView, UtxoRows};
use tracehound_model::{Amount, TxId};

use crate::peel::{first_seen_in, time};

/// The smallest chip, base units.
pub const SMALLEST: u64 = 100_000;
/// Chips have this many sizes, each twice the one before: 0.001 to 8.192 BTC.
pub const SIZES: u32 = 14;
/// New outputs of one chip amount from which a transaction makes chips.
pub const FUNDING_OUTPUTS: usize = 10;
/// Inputs from which spending nothing but chips is a sweep: one alone is a coincidence too easily.
pub const SWEEP_INPUTS: u32 = 2;

/// Which size of chip an amount is, from 0.
pub const fn size(value: u64) -> Option<u32> {
    if value == 0 || !value.is_multiple_of(SMALLEST) {
        return None;
    }
    let units = value / SMALLEST;
    if units.is_power_of_two() && units.ilog2() < SIZES { Some(units.ilog2()) } else { None }
}

/// A transaction that makes chips.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Funding {
    /// Its id.
    pub txid: TxId,
    /// Time of its block.
    pub time: u32,
    /// Base units of each chip.
    pub chip: Amount,
    /// Chips it makes.
    pub chips: u32,
    /// How many of them are spent in the snapshot.
    pub spent: u32,
}

/// A transaction that spends nothing but chips.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Sweep {
    /// Its id.
    pub txid: TxId,
    /// Time of its block.
    pub time: u32,
    /// Chips it spends.
    pub chips: u32,
    /// How many of them a transaction made that the ledger knows to make chips. The others only have the amount.
    pub funded: u32,
    /// Different transactions that made them.
    pub makers: u32,
    /// Base units.
    pub amount: Amount,
    /// Time from the newest of them to the sweep, in seconds.
    pub wait: u32,
}

/// Chips that a transaction makes, if it makes enough of one size, to new owners, one each, and little else.
fn made(ledger: &impl UtxoRows, tx: &TxView) -> Option<(u64, Vec<OutNum>)> {
    let count = tx.output_count as usize;
    if count < FUNDING_OUTPUTS {
        return None;
    }
    let outs = (0..u64::from(tx.output_count)).map(|at| OutNum(tx.first_output.0 + at));
    let mut by_size: HashMap<u64, Vec<OutNum>> = HashMap::new();
    for out in outs {
        let value = ledger.output_value(out)?;
        if size(value).is_some() {
            by_size.entry(value).or_default().push(out);
        }
    }
    let (value, chips) = by_size.into_iter().max_by_key(|(value, chips)| (chips.len(), *value))?;
    // One output in ten may be change or another size.
    if chips.len() < FUNDING_OUTPUTS || chips.len() * 10 < count * 9 {
        return None;
    }
    let owners: BTreeSet<AddrNum> = chips.iter().filter_map(|&out| ledger.output_owner(out)).collect();
    let new = owners.len() == chips.len() && owners.iter().all(|&owner| first_seen_in(ledger, owner, tx.num));
    new.then_some((value, chips))
}

/// Whether a transaction makes chips. O(outputs).
pub fn funding(ledger: &impl UtxoRows, tx: &TxView) -> Option<Funding> {
    let (value, chips) = made(ledger, tx)?;
    let spent = chips.iter().filter(|&&out| ledger.output(out).is_some_and(|chip| chip.spent_by.is_some()));
    Some(Funding {
        txid: tx.txid,
        time: time(ledger, tx.num),
        chip: value.into(),
        chips: chips.len() as u32,
        spent: spent.count() as u32,
    })
}

/// Whether an output is a chip by its owner: a chip amount, received once, with nothing else before or after.
pub fn is_chip(ledger: &impl UtxoRows, out: OutNum) -> bool {
    let of_size = ledger.output_value(out).is_some_and(|value| size(value).is_some());
    of_size
        && ledger.output_owner(out).is_some_and(|owner| {
            let (activity, cut) = ledger.activity(owner, 1);
            !cut && activity.received == [out] && activity.spent_missing.is_empty()
        })
}

/// Whether a transaction spends nothing but chips, at least two. O(inputs + outputs of the transactions that made them).
pub fn sweep(ledger: &impl UtxoRows, tx: &TxView) -> Option<Sweep> {
    if tx.input_count < SWEEP_INPUTS {
        return None;
    }
    let mut makers: HashMap<TxNum, Option<u64>> = HashMap::new();
    let (mut amount, mut funded, mut newest) = (0_u128, 0, 0);
    for input in ledger.inputs(tx) {
        let Prev::Output(out) = input.prev else { return None };
        if !is_chip(ledger, out) {
            return None;
        }
        let value = ledger.output_value(out)?;
        let (maker, _) = ledger.tx_of_output(out)?;
        let makes = *makers.entry(maker).or_insert_with(|| Some(made(ledger, &ledger.tx(maker)?)?.0));
        funded += u32::from(makes == Some(value));
        newest = newest.max(time(ledger, maker));
        amount += u128::from(value);
    }
    let time = time(ledger, tx.num);
    Some(Sweep {
        txid: tx.txid,
        time,
        chips: tx.input_count,
        funded,
        makers: makers.len() as u32,
        amount: amount.into(),
        wait: time.saturating_sub(newest),
    })
}

/// Every transaction of a range that makes or sweeps chips, and how often a chip amount occurs by chance.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Survey {
    /// Those that make chips, in time order.
    pub fundings: Vec<Funding>,
    /// Those that sweep, in time order.
    pub sweeps: Vec<Sweep>,
    /// Outputs with an owner that were looked at.
    pub outputs: u64,
    /// How many of them have a chip amount though no transaction makes them in number: the base rate of the amount.
    pub by_chance: u64,
}

/// Looks through a range of the ledger. O(rows of the range).
pub fn survey(ledger: &impl UtxoRows, range: Range<TxNum>) -> Survey {
    let mut found = Survey::default();
    ledger.scan(range, |scanned| {
        let mut sized = 0;
        for (value, owner) in scanned.outputs() {
            found.outputs += u64::from(owner.is_some());
            sized += u64::from(owner.is_some() && size(value).is_some());
        }
        let many = scanned.input_count() >= SWEEP_INPUTS as usize;
        let of_size = |prev: Prev| match prev {
            Prev::Output(out) => ledger.output_value(out).is_some_and(|value| size(value).is_some()),
            Prev::Coinbase | Prev::Missing { .. } => false,
        };
        let sweeps = many && scanned.prevs().all(of_size);
        if (sized >= FUNDING_OUTPUTS as u64 || sweeps)
            && let Some(tx) = ledger.tx(scanned.num())
        {
            if let Some(funding) = funding(ledger, &tx) {
                sized -= u64::from(funding.chips);
                found.fundings.push(funding);
            }
            found.sweeps.extend(sweep(ledger, &tx));
        }
        found.by_chance += sized;
        ControlFlow::Continue(())
    });
    found
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn chips_double_from_a_thousandth_to_above_eight() {
        let sizes =
            [(100_000, Some(0)), (200_000, Some(1)), (409_600_000, Some(12)), (819_200_000, Some(13))];
        for (value, expected) in sizes {
            assert_eq!(size(value), expected);
        }
        for other in [0, 50_000, 100_001, 300_000, 409_200_000, 1_638_400_000, u64::MAX] {
            assert_eq!(size(other), None, "{other}");
        }
    }
}

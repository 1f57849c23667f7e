//! `JoinMarket` with one maker: two equal outputs, and the change of two people one of whom paid the other.
//!
//! As [`suspects`](super::suspects) looks for a Stonewall, whose two parts share what the miner gets, so here for a part that
//! got out a little more than it brought: a maker's fee. Two equal payments of one wallet beside one or two others have the
//! same shape, so the amounts have to say more than chance does, and it is suspected and no more.

use super::{
    Finding, Protocol, TxShape,
    balance::{FEE_LIMITS, as_fee_bits, fee_limit},
    features::{Owners, Tally},
    joinmarket::of_one_kind,
};

/// Inputs of a candidate.
const MOST_INPUTS: usize = 12;
/// A maker's fee is at most one part in so many of what is mixed, however little that is.
const MOST_FEE_SHARE: u64 = 5;
/// How sure such a round is, percent: as a Stonewall.
const CONFIDENCE: u8 = 40;

pub(super) fn find(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    // A taker that mixed all it had has no change.
    let fits =
        (3..=4).contains(&outputs.len()) && tally.most == 2 && (2..=MOST_INPUTS).contains(&inputs.len());
    if !fits || !of_one_kind(shape) {
        return None;
    }
    let owners = Owners::of(inputs, outputs);
    if !owners.may_be(2) || owners.receiving < outputs.len() || owners.both > 0 {
        return None;
    }
    // Where an amount is missing, `suspects` says so of four outputs; of three nearly every payment would be such a one.
    let values: Vec<u64> = inputs.iter().map(|coin| coin.map(|coin| coin.value)).collect::<Option<_>>()?;
    let sums = sums(&values);
    let mixed = tally.most_frequent().find(|&mixed| is_even(values.len(), &sums, shape, mixed))?;
    let found = Finding::new(Protocol::JoinMarket, 2, CONFIDENCE, "joinmarket-one-maker");
    Some(found.paying(limit(mixed)).suspected())
}

fn limit(mixed: u64) -> u64 {
    fee_limit(mixed, FEE_LIMITS[0]).min(mixed / MOST_FEE_SHARE)
}

/// What each set of inputs is worth.
fn sums(values: &[u64]) -> Vec<u128> {
    let mut sums = vec![0];
    for &value in values {
        sums.extend(sums.clone().iter().map(|sum| sum + u128::from(value)));
    }
    sums
}

/// Whether some inputs are a maker's who gets an amount and change for them, more probably than by chance: of more inputs there
/// are more groups, and each doubles what is wanted.
#[expect(clippy::cast_precision_loss, reason = "a likelihood, not money")]
fn is_even(inputs: usize, sums: &[u128], shape: &TxShape<'_>, mixed: u64) -> bool {
    let limit = limit(mixed);
    let changes: Vec<u64> =
        shape.outputs.iter().map(|coin| coin.value).filter(|&value| value != mixed).collect();
    let surprise = (changes.len() as f64).log2() + (inputs - 2) as f64;
    let is_makers = |group: usize, change: u64| {
        let fee = (u128::from(change) + u128::from(mixed)).checked_sub(sums[group]);
        let fee = fee.and_then(|fee| u64::try_from(fee).ok()).filter(|fee| (1..=limit).contains(fee));
        fee.is_some_and(|fee| {
            as_fee_bits(fee, limit, change, &changes) >= surprise + choices(inputs, group.count_ones())
        })
    };
    // Somebody has to be left who pays.
    (1..sums.len() - 1).any(|group| changes.iter().any(|&change| is_makers(group, change)))
}

/// log2 of the number of ways to choose some of several.
fn choices(of: usize, some: u32) -> f64 {
    (0..some as usize).map(|at| (f64::from((of - at) as u32) / f64::from(at as u32 + 1)).log2()).sum()
}

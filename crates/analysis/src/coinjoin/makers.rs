//! Makers whose accounts are even, whatever else is in the transaction.
//!
//! The taker of a `JoinMarket` round composes it: he may add outputs of any number, amount and kind, to whomever, and hide the
//! shape that `joinmarket` looks for. What he cannot change is the makers' part: each signs only where it gets out the mixed
//! amount and its change, which come to what it brought and its fee. So some changes that match a few inputs each, beside
//! equal outputs, give a round away. It is suspected and no more: nothing says that the rest is one taker's.

use tracehound_model::ScriptType;

use super::{
    Finding, Protocol, TxShape,
    balance::{FEE_LIMITS, as_fee_bits, fee_limit},
    features::{Owners, Tally},
};

/// Inputs of a transaction that is searched.
const MOST_INPUTS: usize = 64;
/// Outputs of one.
const MOST_OUTPUTS: usize = 128;
/// Equal amounts that are tried, largest first.
const MOST_AMOUNTS: usize = 8;
/// Matches looked at for one amount.
const MOST_MATCHES: usize = 4_096;
/// Equal outputs of an amount that may have been mixed.
pub(super) const EQUAL: usize = 3;
/// Makers beside the taker.
const FEWEST_MAKERS: usize = 2;
/// Inputs of which groups of three are looked at too.
const FEW_INPUTS: usize = 24;
/// Bits of evidence from where on the matches are no chance.
const EVIDENT: f64 = 8.0;
/// How sure such a round is, percent: a mix that ends a path.
const CONFIDENCE: u8 = 60;

/// A change output and the inputs of which it may be a maker's.
struct Match {
    change: usize,
    inputs: u64,
    bits: f64,
}

pub(super) fn find(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let fits = tally.most >= EQUAL
        && (EQUAL..=MOST_INPUTS).contains(&inputs.len())
        && outputs.len() <= MOST_OUTPUTS
        && outputs.iter().all(|coin| coin.script != ScriptType::OpReturn);
    if !fits {
        return None;
    }
    let finding = |people, confidence, mixed| {
        let found = Finding::new(Protocol::JoinMarket, people, confidence, "joinmarket-makers");
        found.paying(fee_limit(mixed, FEE_LIMITS[0])).suspected()
    };
    let values: Option<Vec<u64>> = inputs.iter().map(|coin| coin.map(|coin| coin.value)).collect();
    let Some(values) = values else {
        // Who brought how much would decide.
        let near = inputs.len() >= tally.most && outputs.len() <= 2 * tally.most + 2;
        return near.then(|| finding(tally.most, 0, tally.value));
    };
    let owners = Owners::of(inputs, outputs);
    // A batch by one wallet has equal outputs too: without two makers and a taker nothing is searched.
    if !owners.may_be(FEWEST_MAKERS + 1) {
        return None;
    }
    let even = |mixed| (even(&values, shape, mixed), mixed);
    let (most, mixed) = tally.repeated(EQUAL).take(MOST_AMOUNTS).map(even).max()?;
    (most >= FEWEST_MAKERS && owners.may_be(most + 1)).then(|| finding(most + 1, CONFIDENCE, mixed))
}

/// How many makers' accounts are even for an amount; 0 where that may be chance.
fn even(values: &[u64], shape: &TxShape<'_>, mixed: u64) -> usize {
    let count = values.len();
    let mut groups: Vec<(u64, u64)> = Vec::with_capacity(count * (count + 1) / 2);
    for (at, &one) in values.iter().enumerate() {
        groups.push((one, 1 << at));
        for other in 0..at {
            let Some(two) = one.checked_add(values[other]) else { continue };
            let pair = 1 << at | 1 << other;
            groups.push((two, pair));
            let thirds = if count <= FEW_INPUTS { 0..other } else { 0..0 };
            groups.extend(
                thirds.filter_map(|third| Some((two.checked_add(values[third])?, pair | 1 << third))),
            );
        }
    }
    groups.sort_unstable();
    let limit = fee_limit(mixed, FEE_LIMITS[0]);
    let changes: Vec<u64> =
        shape.outputs.iter().map(|coin| coin.value).filter(|&value| value != mixed).collect();
    let mut matches: Vec<Match> = Vec::new();
    for (change, &value) in changes.iter().enumerate() {
        let Some(most) = value.checked_add(mixed) else { continue };
        let first = groups.partition_point(|&(sum, _)| sum < most.saturating_sub(limit));
        for &(sum, inputs) in groups[first..].iter().take_while(|&&(sum, _)| sum <= most) {
            let bits = as_fee_bits(most - sum, limit, value, &changes) - choices(count, inputs.count_ones());
            if bits > 0.0 && matches.len() < MOST_MATCHES {
                matches.push(Match { change, inputs, bits });
            }
        }
    }
    matches.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    let (mut used, mut taken, mut makers, mut bits) = (0_u64, vec![false; changes.len()], 0_usize, 0.0);
    let mut seen: Vec<u64> = Vec::new();
    for Match { change, inputs, bits: own } in matches {
        // Change of the same amount as another's may be of one cause.
        let is_new = !taken[change] && !seen.contains(&changes[change]);
        if is_new && used & inputs == 0 {
            (used, taken[change]) = (used | inputs, true);
            seen.push(changes[change]);
            makers += 1;
            bits += own;
        }
    }
    // Which of the changes these are was not said before; those of one amount are one choice, however many a taker adds.
    let mut amounts = changes;
    amounts.sort_unstable();
    amounts.dedup();
    let paid = choices(amounts.len(), makers as u32);
    // Somebody has to be left who pays them.
    let others = used.count_ones() < count as u32;
    if others && bits - paid >= EVIDENT { makers } else { 0 }
}

/// log2 of the number of ways to choose some of several.
fn choices(of: usize, some: u32) -> f64 {
    (0..some as usize).map(|at| (f64::from((of - at) as u32) / f64::from(at as u32 + 1)).log2()).sum()
}

//! Rounds whose taker pays more than he has to, or whose mixed outputs differ by a little.
//!
//! Both cost whoever composes a round next to nothing, makers take it, and nothing that `joinmarket` and `makers` look for is
//! left: fees are no longer small, amounts no longer equal. What is left is the makers' part: each of them brought about what it
//! takes out. That says less than an even account, so such a round is suspected, and mixing enough that its inputs are not
//! taken for one owner's.
//!
//! A taker who gives every maker a twentieth of the mixed amount or more, or whose makers bring three coins or more each, is not
//! found so.

use tracehound_model::ScriptType;

use super::{Coin, Finding, Protocol, TxShape};

/// Mixed outputs at least.
const FEWEST: usize = 3;
/// Inputs and outputs of a transaction that is searched.
const MOST_INPUTS: usize = 64;
const MOST_OUTPUTS: usize = 128;
/// Outputs are nearly equal that differ by less than one part in so many.
const NEAR: u64 = 100;
/// A maker's fee is at most one part in so many of the mixed amount, and what it pays to be in the round one part in so many.
const MOST_FEE_SHARE: u64 = 20;
const MOST_PAID_SHARE: u64 = 200;
/// How sure such a round is, percent: as one that has the shape alone.
const CONFIDENCE: u8 = 40;

/// Whether there are as many inputs and outputs as a round has.
fn fits(inputs: usize, outputs: usize) -> bool {
    (FEWEST..=MOST_INPUTS).contains(&inputs) && (2 * FEWEST - 1..=MOST_OUTPUTS).contains(&outputs)
}

/// Where the most values that are nearly equal begin, the largest of those that are as many, and how many they are.
fn nearly_equal(sorted: &[u64]) -> (usize, usize) {
    let (mut first, mut count, mut end) = (0, 0, 0);
    for (at, &least) in sorted.iter().enumerate() {
        while sorted.get(end).is_some_and(|value| value - least <= least / NEAR) {
            end += 1;
        }
        if end - at >= count {
            (first, count) = (at, end - at);
        }
    }
    (first, count)
}

/// How many people mixed, if so many outputs of all are nearly equal: no more than bring something, since a change may be nearly
/// as large as what was mixed. There are as many changes, but for a taker that mixed all it had; what the taker pays besides
/// is not more.
fn people(inputs: usize, outputs: usize, nearly_equal: usize) -> Option<usize> {
    let people = nearly_equal.min(inputs);
    let is_round = people >= FEWEST && (people - 1..=2 * people).contains(&(outputs - people));
    is_round.then_some(people)
}

/// Whether a round may be among the values, in order, of so many inputs' outputs.
pub(super) fn may_be(inputs: usize, sorted: &[u64]) -> bool {
    fits(inputs, sorted.len()) && people(inputs, sorted.len(), nearly_equal(sorted).1).is_some()
}

pub(super) fn find(shape: &TxShape<'_>) -> Option<Finding> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    if !fits(inputs.len(), outputs.len()) || outputs.iter().any(|coin| coin.script == ScriptType::OpReturn) {
        return None;
    }
    let (mut mixed, mut others) = split(outputs);
    let people = people(inputs.len(), outputs.len(), mixed.len())?;
    others.extend(mixed.drain(people..));
    let brought: Option<Vec<u64>> = inputs.iter().map(|coin| coin.map(|coin| coin.value)).collect();
    if !are_of_strangers(inputs, &mixed, &others, people)
        || brought.is_some_and(|brought| makers(&brought, &mixed, &others) + 1 < people)
    {
        return None;
    }
    let most = mixed.last().map_or(0, |coin| coin.value) / MOST_FEE_SHARE;
    Some(
        Finding::new(Protocol::JoinMarket, people, CONFIDENCE, "joinmarket-generous")
            .paying(most)
            .suspected(),
    )
}

/// The most outputs that are nearly equal, the largest of those that are as many; and the others.
fn split(outputs: &[Coin]) -> (Vec<Coin>, Vec<Coin>) {
    let mut sorted = outputs.to_vec();
    sorted.sort_unstable_by_key(|coin| coin.value);
    let values: Vec<u64> = sorted.iter().map(|coin| coin.value).collect();
    let (first, count) = nearly_equal(&values);
    let mixed = sorted.splice(first..first + count, []).collect();
    (mixed, sorted)
}

/// Each mixed output to somebody else, each change too, nobody on both sides, and as many who spend as there are mixed outputs.
fn are_of_strangers(inputs: &[Option<Coin>], mixed: &[Coin], others: &[Coin], people: usize) -> bool {
    let unique = |coins: &mut dyn Iterator<Item = u64>| {
        let mut owners: Vec<u64> = coins.collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    };
    let receiving = unique(&mut mixed.iter().chain(others).map(|coin| coin.owner));
    let spending = unique(&mut inputs.iter().flatten().map(|coin| coin.owner));
    let unknown = inputs.iter().filter(|coin| coin.is_none()).count();
    receiving.len() == mixed.len() + others.len()
        && spending.len() + unknown >= people
        && !spending.iter().any(|owner| receiving.binary_search(owner).is_ok())
}

/// How many changes have an input, or two, of their own that brought about what is taken out.
fn makers(brought: &[u64], mixed: &[Coin], others: &[Coin]) -> usize {
    let (least, most) = (mixed[0].value, mixed[mixed.len() - 1].value);
    let fits = |change: u64, sum: u64| {
        let sum = u128::from(sum);
        let out = |mixed: u64| u128::from(change) + u128::from(mixed);
        sum + u128::from(most / MOST_FEE_SHARE) >= out(least)
            && sum <= out(most) + u128::from(most / MOST_PAID_SHARE)
    };
    // By one input: as many as can be at once.
    let mut owner: Vec<Option<usize>> = vec![None; brought.len()];
    let mut left: Vec<u64> = Vec::new();
    for change in 0..others.len() {
        let mut seen = vec![false; brought.len()];
        let can = |change: usize, input: usize| fits(others[change].value, brought[input]);
        if !give(change, &can, &mut owner, &mut seen) {
            left.push(others[change].value);
        }
    }
    let mut found = others.len() - left.len();
    // By two of those that are left.
    let mut free: Vec<u64> =
        brought.iter().zip(&owner).filter(|(_, owner)| owner.is_none()).map(|(value, _)| *value).collect();
    for change in left {
        let pair = (0..free.len()).find_map(|one| {
            let two = (0..one).find(|two| fits(change, free[one].saturating_add(free[*two])))?;
            Some((one, two))
        });
        if let Some((one, two)) = pair {
            free.swap_remove(one);
            free.swap_remove(two);
            found += 1;
        }
    }
    found.min(mixed.len())
}

/// Gives a change an input that fits, moving others to another of theirs where that helps (Kuhn's matching).
fn give(
    change: usize,
    can: &impl Fn(usize, usize) -> bool,
    owner: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for input in 0..owner.len() {
        if seen[input] || !can(change, input) {
            continue;
        }
        seen[input] = true;
        if owner[input].is_none_or(|other| give(other, can, owner, seen)) {
            owner[input] = Some(change);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// By a search of its own from each value on.
        #[test]
        fn the_longest_run_of_nearly_equal_values_is_found(mut values in prop::collection::vec(0_u64..2_000, 0..40)) {
            values.sort_unstable();
            let run = |at: usize| values[at..].iter().filter(|&&value| value - values[at] <= values[at] / NEAR).count();
            let longest = (0..values.len()).map(|at| (run(at), at)).max().unwrap_or((0, 0));
            prop_assert_eq!(nearly_equal(&values), (longest.1, longest.0));
        }
    }
}

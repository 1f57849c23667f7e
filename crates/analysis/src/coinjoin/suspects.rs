//! Shapes that mixing leaves but that no published rule names.

use super::{
    Finding, Protocol, TxShape,
    features::{Owners, Tally},
};

/// Inputs of a Stonewall candidate.
const STONEWALL_INPUTS: usize = 12;
/// Fewest coins of a round that pays each out as one.
const ONE_FOR_ONE: usize = 3;
/// What a coin of such a round carries for the miner, base units, or a twentieth of it.
const MOST_FOR_MINER: u64 = 110_000;

pub(super) fn find(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    stonewall(shape, tally).or_else(|| equal_outputs(shape, tally)).or_else(|| one_for_one(shape, tally))
}

/// As many equal outputs as inputs and nothing else, each input a little more than an output, every address new and on one side:
/// what each brings is what each takes out, as in the first round of a pool, of which no coin was in a round before.
fn one_for_one(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let people = tally.most;
    if people < ONE_FOR_ONE || inputs.len() != people || outputs.len() != people {
        return None;
    }
    let most = tally.value.saturating_add(MOST_FOR_MINER.max(tally.value / 20));
    let even = inputs.iter().all(|coin| coin.is_none_or(|coin| (tally.value..=most).contains(&coin.value)));
    let owners = Owners::of(inputs, outputs);
    let apart = owners.may_be(people) && owners.receiving == people && owners.both == 0;
    (even && apart).then(|| Finding::new(Protocol::EqualOutput, people, 40, "one-for-one").suspected())
}

/// Two equal outputs, two change outputs, and inputs that split into two groups each of which pays one of both:
/// Samourai's Stonewall, by one wallet as a decoy or by two people.
fn stonewall(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let fits = outputs.len() == 4 && tally.most == 2 && (2..=STONEWALL_INPUTS).contains(&inputs.len());
    if !fits {
        return None;
    }
    let finding = || Finding::new(Protocol::EqualOutput, 1, 40, "stonewall").suspected();
    let owners = Owners::of(inputs, outputs);
    if !owners.may_be(2) || owners.receiving < 4 || owners.both > 0 {
        return None;
    }
    if owners.unknown > 0 {
        return Some(finding());
    }
    let sum = |values: &mut dyn Iterator<Item = u64>| values.map(u128::from).sum::<u128>();
    let total = sum(&mut inputs.iter().flatten().map(|coin| coin.value));
    let fee = total.checked_sub(sum(&mut outputs.iter().map(|coin| coin.value)))?;
    tally
        .most_frequent()
        .any(|mixed| {
            let mut change = outputs.iter().map(|coin| coin.value).filter(|&value| value != mixed);
            let wanted = u128::from(mixed) + u128::from(change.next().unwrap_or(0));
            (1_u32..(1 << inputs.len()) - 1).any(|mask| {
                let mut group = inputs
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| mask >> at & 1 == 1)
                    .filter_map(|(_, coin)| *coin);
                let brought = sum(&mut group.by_ref().map(|coin| coin.value));
                (wanted..=wanted + fee).contains(&brought)
            })
        })
        .then(finding)
}

/// At least five equal outputs and as many inputs, every address new and on one side, one kind of address.
fn equal_outputs(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let people = tally.most;
    // Equal outputs must be the rule, not a part of a batch.
    if people < 5 || inputs.len() < people || outputs.len() + 1 >= 2 * people || outputs.len() == people {
        return None;
    }
    let mut kinds =
        inputs.iter().flatten().map(|coin| coin.script).chain(outputs.iter().map(|coin| coin.script));
    let kind = kinds.next()?;
    if !kinds.all(|other| other == kind) {
        return None;
    }
    // Each has to bring what it takes out: with fewer large inputs than people some would mix others' coins.
    let enough = inputs.iter().filter(|coin| coin.is_none_or(|coin| coin.value >= tally.value / 2)).count();
    let owners = Owners::of(inputs, outputs);
    let apart = owners.may_be(inputs.len()) && owners.receiving == outputs.len() && owners.both == 0;
    (apart && enough >= people)
        .then(|| Finding::new(Protocol::EqualOutput, people, 40, "equal-outputs").suspected())
}

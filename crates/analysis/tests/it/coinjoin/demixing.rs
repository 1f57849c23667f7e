//! How good the estimate of Wasabi 2 rounds is, on emulated rounds whose wallets are known.
//!
//! Every other round, from the first on, was used to fit the estimate's constants; the figures are those of the rounds
//! between them.

use std::collections::BTreeSet;

use tracehound_analysis::coinjoin::demix;

use super::emulated::{Known, emulation};

/// How the estimate of one round compares with its wallets.
pub(super) struct Round {
    pub inputs: usize,
    pub outputs: usize,
    /// Value that the estimate, and a division in proportion, put on the right owner; and all there was.
    pub right: f64,
    pub proportional: f64,
    pub total: f64,
    /// For each output and each person, the probability and whether it was theirs.
    pub offers: Vec<(f64, bool)>,
}

#[expect(clippy::cast_precision_loss, reason = "shares, not money")]
fn measure(one: &Known) -> Round {
    let value = |coin: &tracehound_analysis::coinjoin::Coin| coin.value;
    let inputs: Vec<u64> = one.tx.inputs.iter().flatten().map(value).collect();
    let outputs: Vec<u64> = one.tx.outputs.iter().map(value).collect();
    let brought = inputs.iter().sum::<u64>() as f64;
    let plan = demix(&inputs, &outputs).expect("a round");
    let mut round = Round {
        inputs: inputs.len(),
        outputs: outputs.len(),
        right: 0.0,
        proportional: 0.0,
        total: outputs.iter().sum::<u64>() as f64,
        offers: Vec::new(),
    };
    for (shares, (owner, &output)) in plan.shares.iter().zip(one.receivers.iter().zip(&outputs)) {
        for person in one.payers.iter().collect::<BTreeSet<_>>() {
            let theirs = |at: &usize| one.payers[*at] == *person;
            let estimate: f64 = (0..inputs.len()).filter(theirs).map(|at| shares[at]).sum();
            let share = (0..inputs.len()).filter(theirs).map(|at| inputs[at]).sum::<u64>() as f64 / brought;
            round.offers.push((estimate, person == owner));
            if person == owner {
                round.right += estimate * output as f64;
                round.proportional += share * output as f64;
            }
        }
    }
    round
}

/// The rounds that the constants were not fitted on (`fitted`: those that they were), in order.
pub(super) fn rounds(fitted: bool) -> Option<Vec<Round>> {
    let known = emulation("coinjoin/emulated_wasabi2.zip")?;
    let rounds = known.iter().filter(|one| one.is_coinjoin());
    Some(rounds.skip(usize::from(!fitted)).step_by(2).map(measure).collect())
}

/// Shares of the value that the estimate and a division in proportion put on the right owner.
pub(super) fn shares<'a>(rounds: impl Iterator<Item = &'a Round>) -> (f64, f64) {
    let sum = |(right, proportional, total): (f64, f64, f64), round: &Round| {
        (right + round.right, proportional + round.proportional, total + round.total)
    };
    let (right, proportional, total) = rounds.fold((0.0, 0.0, 0.0), sum);
    (right / total, proportional / total)
}

/// A tenth of the probabilities: how often it was said, what was said on average, how often it was so.
pub(super) fn bins(rounds: &[Round]) -> Vec<(u32, f64, f64)> {
    let mut bins = vec![(0_u32, 0.0, 0.0); 10];
    for &(said, is) in rounds.iter().flat_map(|round| &round.offers) {
        let tenth = (0..9).filter(|&tenth| said >= f64::from(tenth + 1) / 10.0).count();
        let (count, sum, owned) = &mut bins[tenth];
        *count += 1;
        *sum += said;
        *owned += f64::from(u8::from(is));
    }
    let mean = |(count, sum, owned): (u32, f64, f64)| {
        let of = f64::from(count.max(1));
        (count, sum / of, owned / of)
    };
    bins.into_iter().map(mean).collect()
}

/// Rounds drawn with replacement, many times.
pub(super) struct Bootstrap {
    /// The shares of the estimate between which 95 % of the draws lie.
    pub right: (f64, f64),
    /// The same of what it gains over a division in proportion.
    pub gain: (f64, f64),
    /// Share of the draws in which it gains.
    pub gains: f64,
}

pub(super) fn bootstrap(rounds: &[Round]) -> Bootstrap {
    const DRAWS: u32 = 10_000;
    let mut seed = 1_u64;
    let mut below = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % end
    };
    let mut drawn: Vec<(f64, f64)> = (0..DRAWS)
        .map(|_| {
            let picked: Vec<&Round> = rounds.iter().map(|_| &rounds[below(rounds.len())]).collect();
            let (right, proportional) = shares(picked.into_iter());
            (right, right - proportional)
        })
        .collect();
    let gains = drawn.iter().filter(|(_, gain)| *gain > 0.0).count();
    let mut middle = |of: fn(&(f64, f64)) -> f64| {
        drawn.sort_by(|a, b| of(a).total_cmp(&of(b)));
        (of(&drawn[drawn.len() / 40]), of(&drawn[drawn.len() - 1 - drawn.len() / 40]))
    };
    Bootstrap {
        right: middle(|draw| draw.0),
        gain: middle(|draw| draw.1),
        gains: f64::from(gains as u32) / f64::from(DRAWS),
    }
}

#[test]
fn an_estimate_of_wasabi_2_beats_proportions_and_means_what_it_says() {
    let Some(rounds) = rounds(false) else { return };
    let (right, proportional) = shares(rounds.iter());
    // What `demix::MEASURED` says of it, as does the help of the command.
    assert!(demix::MEASURED.contains("34 %") && (0.335..0.35).contains(&right), "{right}");
    assert!(demix::MEASURED.contains("25 %") && (0.24..0.25).contains(&proportional), "{proportional}");
    let sizes: Vec<usize> = rounds.iter().map(|round| round.inputs).collect();
    assert!(demix::MEASURED.contains("3 emulated rounds of 24 to 30 inputs") && sizes == [29, 24, 30]);
    assert!(rounds.iter().all(|round| round.right > round.proportional), "in every round");
    assert!(bootstrap(&rounds).gains > 0.95);
    for (count, said, was) in bins(&rounds).into_iter().filter(|bin| bin.0 >= 100) {
        assert!((said - was).abs() < 0.05, "said {said:.3}, was {was:.3}, {count} times");
    }
}

//! An estimate of who owns which output of a Wasabi 2 round, as a distribution.
//!
//! Standard amounts hide who paid what, but not altogether: everyone takes out what they brought, less their share of the
//! miner's fee and a rest too small for an output. So the coins of one owner are a group of inputs and a group of outputs
//! that balance. Very many divisions of a round into such groups are possible; `balance` says how likely each is, and
//! `sampler` walks through them by chance (from fixed seeds: the same round gets the same answer). Within a group, and
//! in rounds too large for the walk, outputs are divided among the inputs such that each input is used up, by the plan of
//! largest entropy relative to a weight for each pair: 1 where the input covers the output, (input ÷ output)² where it does
//! not (scaling of rows and columns in turn, Sinkhorn and Knopp, 1967).
//!
//! Equal outputs cannot be told apart, so each gets the mean of all of them, and small ones say little in a balance that
//! has a rest, so that they are drawn towards "each input equally". The constants were fitted on every other round of an
//! emulation whose wallets are known; what `docs/SCORECARD.md` says is measured on the rounds between them.

mod balance;
mod sampler;

use thiserror::Error;

use balance::Balance;

/// How good the estimate by balances is, as measured on rounds whose wallets are known.
pub const MEASURED: &str = "an estimate, not a link: on 3 emulated rounds of 24 to 30 inputs that it was not fitted on it put \
    34 % of the value on the right owner (25 % in proportion), and its probabilities were right to within 6 points";
/// How good the estimate of a round is that is too large for balances.
pub const UNMEASURED: &str = "an estimate, not a link, by amounts alone: the round is too large, or odd, to balance each \
    owner's coins, and how good the estimate is for such rounds has not been measured";
/// Pairs of an input and an output that are estimated at most.
pub const MAX_PAIRS: usize = 1 << 20;
/// Inputs of a round whose owners' balances are weighed.
const MOST_INPUTS: usize = 64;
/// Outputs of such a round.
const MOST_OUTPUTS: usize = 128;
/// Rounds of scaling at most.
const ROUNDS: usize = 200;
/// Scaling ends when no input is off by more than this share.
const PRECISION: f64 = 1e-9;
/// An output of so many times an output's own cost is believed half, the rest being each input's equally.
const DOUBT: f64 = 2.0;

/// A round that cannot be estimated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DemixError {
    /// Nothing to divide, or nobody to divide it among.
    #[error(
        "a round has inputs and outputs with a value: {inputs} inputs, {outputs} outputs, or one of them is 0"
    )]
    Empty {
        /// Inputs given.
        inputs: usize,
        /// Outputs given.
        outputs: usize,
    },
    /// More than is estimated.
    #[error("{inputs} inputs by {outputs} outputs: at most {MAX_PAIRS} pairs are estimated")]
    TooLarge {
        /// Inputs given.
        inputs: usize,
        /// Outputs given.
        outputs: usize,
    },
}

/// An estimate.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// For each output, for each input, how probably the output is the input's owner's on account of this input. Add those
    /// of one person's inputs for the probability that it is theirs. What the shares of an output lack to 1 is the
    /// probability that it is the coordinator's.
    pub shares: Vec<Vec<f64>>,
    /// How good such estimates are, for people: [`MEASURED`] or [`UNMEASURED`].
    pub measured: &'static str,
}

/// Estimates a round from the amounts of its inputs and outputs.
///
/// O(inputs · outputs) memory. A round of up to 64 inputs and 128 outputs takes up to a few seconds of one core.
///
/// # Errors
/// See [`DemixError`].
pub fn demix(inputs: &[u64], outputs: &[u64]) -> Result<Plan, DemixError> {
    let (rows, columns) = (inputs.len(), outputs.len());
    if rows == 0 || columns == 0 || inputs.contains(&0) || outputs.contains(&0) {
        return Err(DemixError::Empty { inputs: rows, outputs: columns });
    }
    if rows.checked_mul(columns).is_none_or(|pairs| pairs > MAX_PAIRS) {
        return Err(DemixError::TooLarge { inputs: rows, outputs: columns });
    }
    let small = rows <= MOST_INPUTS && columns <= MOST_OUTPUTS;
    let balance = if small { Balance::of(inputs, outputs) } else { None };
    let Some(balance) = balance else {
        let (inputs, outputs) = (floats(inputs), floats(outputs));
        let plan = scaled(&inputs, &outputs, ROUNDS);
        let share = |(row, output): (&[f64], &f64)| row.iter().map(|part| part / output).collect();
        let shares = plan.chunks_exact(rows).zip(&outputs).map(share).collect();
        return Ok(Plan { shares, measured: UNMEASURED });
    };
    let mut shares = sampler::shares(&balance);
    share_among_equals(&mut shares, outputs);
    let doubt = DOUBT * balance.output_price();
    for (row, output) in shares.iter_mut().zip(floats(outputs)) {
        let belief = output / (output + doubt);
        for share in row.iter_mut() {
            *share = belief * *share + (1.0 - belief) / float(rows as u64);
        }
    }
    Ok(Plan { shares, measured: MEASURED })
}

fn floats(values: &[u64]) -> Vec<f64> {
    values.iter().copied().map(float).collect()
}

#[expect(clippy::cast_precision_loss, reason = "probabilities, not money")]
fn float(value: u64) -> f64 {
    value as f64
}

/// Equal outputs get the mean of all of them: nothing tells them apart.
fn share_among_equals(shares: &mut [Vec<f64>], outputs: &[u64]) {
    let mut order: Vec<usize> = (0..outputs.len()).collect();
    order.sort_by_key(|&place| outputs[place]);
    for equal in order.chunk_by(|&a, &b| outputs[a] == outputs[b]) {
        let count = float(equal.len() as u64);
        for input in 0..shares[equal[0]].len() {
            let mean = equal.iter().map(|&output| shares[output][input]).sum::<f64>() / count;
            for &output in equal {
                shares[output][input] = mean;
            }
        }
    }
}

/// Divides the outputs among the inputs; a row for each output, one after the other, that adds up to the output.
fn scaled(inputs: &[f64], outputs: &[f64], rounds: usize) -> Vec<f64> {
    let scale = outputs.iter().sum::<f64>() / inputs.iter().sum::<f64>();
    let columns = inputs.len();
    let weight = |input: f64, output: f64| (input / output).min(1.0).powi(2);
    let mut plan: Vec<f64> =
        outputs.iter().flat_map(|&output| inputs.iter().map(move |&input| weight(input, output))).collect();
    for _ in 0..rounds {
        fill_rows(&mut plan, outputs, columns);
        let mut used = vec![0.0; columns];
        for row in plan.chunks_exact(columns) {
            for (sum, share) in used.iter_mut().zip(row) {
                *sum += share;
            }
        }
        let off = used.iter().zip(inputs).map(|(used, input)| (used / (input * scale) - 1.0).abs());
        if off.fold(0.0, f64::max) < PRECISION {
            return plan;
        }
        for row in plan.chunks_exact_mut(columns) {
            for ((share, used), input) in row.iter_mut().zip(&used).zip(inputs) {
                *share *= input * scale / used;
            }
        }
    }
    fill_rows(&mut plan, outputs, columns);
    plan
}

/// Makes each row add up to its output.
fn fill_rows(plan: &mut [f64], outputs: &[f64], columns: usize) {
    for (row, &output) in plan.chunks_exact_mut(columns).zip(outputs) {
        let factor = output / row.iter().sum::<f64>();
        for share in row.iter_mut() {
            *share *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_output_is_rather_the_large_inputs() {
        let shares = demix(&[1_000_000, 1_000], &[900_000, 100_000, 900]).expect("a round").shares;
        assert!(shares[0][0] > 0.9, "{shares:?}");
        for row in &shares {
            let sum = row.iter().sum::<f64>();
            assert!((0.0..1.0 + 1e-9).contains(&sum), "{shares:?}");
        }
    }

    #[test]
    fn equal_outputs_have_equal_owners_and_the_answer_is_always_the_same() {
        let inputs = [2_110_000, 1_060_000, 540_000, 140_000];
        let outputs = [2_097_152, 1_048_576, 531_441, 131_072];
        let plan = demix(&inputs, &outputs).expect("a round");
        // Each owner's coins balance in one way only.
        for (place, row) in plan.shares.iter().enumerate() {
            assert!(row.iter().all(|&share| share <= row[place]), "{plan:?}");
        }
        assert!(plan.shares[0][0] > 0.9, "{plan:?}");
        assert_eq!(demix(&inputs, &outputs), Ok(plan));
        let twice = demix(&inputs, &[1_048_576, 1_048_576, 1_048_576, 531_441, 131_072]).expect("a round");
        assert_eq!(twice.shares[0], twice.shares[2]);
    }

    #[test]
    fn what_cannot_be_estimated_is_refused() {
        assert_eq!(demix(&[], &[1]), Err(DemixError::Empty { inputs: 0, outputs: 1 }));
        assert_eq!(demix(&[1, 0], &[1]), Err(DemixError::Empty { inputs: 2, outputs: 1 }));
        let many = vec![1; 1_025];
        assert_eq!(demix(&many, &many), Err(DemixError::TooLarge { inputs: 1_025, outputs: 1_025 }));
    }

    #[test]
    fn a_round_too_large_or_beyond_its_inputs_is_divided_by_amounts_and_says_so() {
        let large = demix(&[100_000; 65], &[50_000; 129]).expect("a round");
        assert_eq!(large.measured, UNMEASURED);
        let beyond = demix(&[u64::MAX, 1], &[1, u64::MAX]).expect("a round");
        assert_eq!(beyond.measured, MEASURED);
        let more = demix(&[5_000], &[6_000]).expect("a round");
        assert_eq!(more.measured, UNMEASURED);
        assert!((more.shares[0][0] - 1.0).abs() < 1e-9);
        for plan in [large, beyond, more] {
            assert!(plan.shares.iter().flatten().all(|share| share.is_finite()), "{plan:?}");
        }
    }
}

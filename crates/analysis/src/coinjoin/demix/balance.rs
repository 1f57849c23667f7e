//! How likely it is that some inputs and some outputs of a round are all of one owner's.
//!
//! The owner brings the inputs less the miner's fee for them, and takes out amounts, each with the fee for it. What is
//! left is too small for another output. The client picks among the combinations of the round's standard amounts that
//! come near to what it brought with few outputs; so a combination's weight is set against those of all combinations
//! that come as near. The first coordinator took 0.3 % of coins from outside that were large.

use super::super::wasabi2::{LEAST, is_standard};
use super::{float, floats};

/// Virtual bytes of an input and of an output (P2WPKH), and of the rest of a transaction.
const INPUT_BYTES: f64 = 68.0;
const OUTPUT_BYTES: f64 = 31.0;
const REST_BYTES: f64 = 11.0;
/// What each output of a combination weighs: few are much likelier than many.
const OUTPUT: f64 = 0.003;
/// Mean of the inputs beyond an owner's first, and inputs that a client registers at most.
const MORE_INPUTS: f64 = 3.0;
const INPUTS_EACH: usize = 10;
/// What an amount that is no standard one weighs, as a logarithm.
const CHANGE: f64 = -3.0;
/// What every further one takes from that.
const SECOND_CHANGE: f64 = 30.0;
/// Mean of what an owner leaves over, in prices of an output.
const REST: f64 = 0.2;
/// By how much of an input's part of the fee, and by how much at all, the miner's fee may be misjudged.
const MISJUDGED: f64 = 0.06;
const MISJUDGED_FLAT: f64 = 300.0;
/// The first coordinator's fee, and from which amount on.
const COORDINATION: f64 = 0.003;
const COORDINATION_FROM: u64 = 1_000_000;
/// Amounts told apart where combinations are counted.
const MOST_STEPS: f64 = 262_144.0;
/// Steps for the mean rest.
const STEPS_A_REST: f64 = 3.2;
/// Weights above this are held there: their order no longer matters.
const HUGE: f64 = 1e250;

/// Some inputs of one owner.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brought {
    pub inputs: usize,
    /// Their value less the miner's fee for them.
    pub value: f64,
    /// What the coordinator may have taken of it.
    pub charged: f64,
}

/// Some outputs of one owner.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub outputs: usize,
    /// Their value and the miner's fee for them.
    pub cost: f64,
    /// Logarithm of how likely such outputs are, whatever was brought: few, and in many orders where some are equal.
    pub weight: f64,
    /// Those of no standard amount.
    pub odd: u32,
}

/// A round's amounts as the likelihood sees them.
pub(super) struct Balance {
    pub inputs: Vec<Brought>,
    pub outputs: Vec<Taken>,
    /// The values themselves.
    pub input_values: Vec<f64>,
    pub output_values: Vec<f64>,
    /// For each output its number among the round's standard amounts.
    pub kinds: Vec<Option<usize>>,
    pub kind_count: usize,
    /// Logarithms of the factorials.
    pub factorials: Vec<f64>,
    price: f64,
    misjudged: f64,
    /// Logarithm of the weights of all combinations that come near to an amount, by steps.
    combinations: Vec<f64>,
    step: f64,
}

impl Balance {
    /// `None` when more comes out than goes in.
    pub(super) fn of(inputs: &[u64], outputs: &[u64]) -> Option<Self> {
        let sum = |values: &[u64]| values.iter().map(|&value| u128::from(value)).sum::<u128>();
        let fee = sum(inputs).checked_sub(sum(outputs))?;
        let (input_values, output_values) = (floats(inputs), floats(outputs));
        let fee = float(u64::try_from(fee).unwrap_or(u64::MAX));
        let count = |values: &[u64]| float(values.len() as u64);
        let bytes = INPUT_BYTES * count(inputs) + OUTPUT_BYTES * count(outputs) + REST_BYTES;
        let rate = fee / bytes;
        let price = float(LEAST) + 2.0 * OUTPUT_BYTES * rate;
        let mut amounts: Vec<u64> = outputs.iter().copied().filter(|&value| is_standard(value)).collect();
        amounts.sort_unstable();
        amounts.dedup();
        let brought = |(&value, &exact): (&f64, &u64)| Brought {
            inputs: 1,
            value: value - INPUT_BYTES * rate,
            charged: if exact >= COORDINATION_FROM && !is_standard(exact) {
                COORDINATION * value
            } else {
                0.0
            },
        };
        let kinds: Vec<Option<usize>> =
            outputs.iter().map(|value| amounts.binary_search(value).ok()).collect();
        let taken = |(&value, kind): (&f64, &Option<usize>)| Taken {
            outputs: 1,
            cost: value + OUTPUT_BYTES * rate,
            weight: if kind.is_none() { CHANGE } else { OUTPUT.ln() },
            odd: u32::from(kind.is_none()),
        };
        let most = inputs.len().max(outputs.len()) as u64;
        let logarithms = floats(&(0..=most).map(|number| number.max(1)).collect::<Vec<_>>());
        let factorials = logarithms.iter().scan(0.0, |sum, number| {
            *sum += number.ln();
            Some(*sum)
        });
        let total = input_values.iter().sum::<f64>();
        let mut balance = Self {
            inputs: input_values.iter().zip(inputs).map(brought).collect(),
            outputs: output_values.iter().zip(&kinds).map(taken).collect(),
            kind_count: amounts.len(),
            kinds,
            factorials: factorials.collect(),
            price,
            misjudged: MISJUDGED * fee / count(inputs) + MISJUDGED_FLAT,
            combinations: Vec::new(),
            step: (REST * price / STEPS_A_REST).max(total / MOST_STEPS),
            input_values,
            output_values,
        };
        let costs: Vec<f64> = floats(&amounts).iter().map(|amount| amount + OUTPUT_BYTES * rate).collect();
        balance.combinations = balance.count_combinations(&costs, total);
        Some(balance)
    }

    /// What an output costs who could have one more: the least amount and the fee for it, now and when it is spent.
    pub(super) fn output_price(&self) -> f64 {
        self.price
    }

    /// The weights of all combinations of standard amounts, by their sum; then of those that leave little of an amount.
    fn count_combinations(&self, costs: &[f64], total: f64) -> Vec<f64> {
        let mut weights = vec![0.0_f64; self.step_of(total) + 2];
        weights[0] = 1.0;
        for &cost in costs {
            let apart = self.step_of(cost + self.step / 2.0).max(1);
            for at in apart..weights.len() {
                weights[at] = (weights[at] + OUTPUT * weights[at - apart]).min(HUGE);
            }
        }
        weights[0] = 0.0;
        let fades = (-self.step / (REST * self.price)).exp();
        let mut near = 0.0;
        for weight in &mut weights {
            near = near * fades + *weight;
            *weight = near.max(1e-12).ln();
        }
        weights
    }

    #[expect(clippy::cast_sign_loss, reason = "what is below zero is in the first step")]
    fn step_of(&self, amount: f64) -> usize {
        (amount / self.step).max(0.0) as usize
    }

    /// Logarithm of the weight of all combinations for whoever has so much to take out.
    pub(super) fn alternatives(&self, value: f64) -> f64 {
        self.combinations[self.step_of(value).min(self.combinations.len() - 1)]
    }

    /// Logarithm of how likely so many inputs are one owner's.
    pub(super) fn of_inputs(&self, inputs: usize) -> f64 {
        let Some(more) = inputs.checked_sub(1) else { return 0.0 };
        let number = |count: usize| float(count as u64);
        let beyond = 5.0 * number(inputs.saturating_sub(INPUTS_EACH));
        number(more) * MORE_INPUTS.ln() - self.factorials[more] + self.factorials[inputs] - beyond
    }

    /// Logarithm of how likely so little is left over, for a ledger kept `heat` times less exactly.
    fn of_rest(&self, rest: f64, heat: f64) -> f64 {
        let unlikely = if rest < 0.0 { rest / self.misjudged } else { -rest / (REST * self.price) };
        unlikely / heat
    }

    /// Logarithm of how likely this is all of one owner's; `alternatives` are those of the value without and with the
    /// coordinator's fee. Nobody at all is certain; inputs without outputs, and outputs without inputs, are impossible.
    pub(super) fn of_owner(
        &self,
        brought: &Brought,
        taken: &Taken,
        alternatives: [f64; 2],
        heat: f64,
    ) -> f64 {
        match (brought.inputs, taken.outputs) {
            (0, 0) => return 0.0,
            (0, _) | (_, 0) => return f64::NEG_INFINITY,
            _ => {}
        }
        let rest = brought.value - taken.cost;
        let free = self.of_rest(rest, heat) - alternatives[0];
        let charged = self.of_rest(rest - brought.charged, heat) - alternatives[1];
        // A client makes one output of what is left over. Not impossible, or a walk could not leave a round with several.
        free.max(charged) + taken.weight - SECOND_CHANGE * f64::from(taken.odd.saturating_sub(1))
    }
}

//! Boltzmann linkability: in how many ways the inputs of one transaction can have paid its outputs.
//!
//! An *interpretation* splits the inputs and the outputs into groups, one payer each, such that no group's outputs
//! exceed its inputs; what is left over in each is its part of the fee, and a group may have paid nothing but fee. The
//! entropy is the base-2 logarithm of the number of interpretations, and the share of interpretations in which an
//! input and an output lie in one group is the probability that they are linked. Source: `LaurentMT`, "Introducing
//! Boltzmann" (2015) and its reference implementation; the counts of both agree exactly.
//!
//! Coins of no value are left out, inputs known to be one owner's are one. Where the participants of a `CoinJoin` pay
//! each other ([`Intrafees`]), a group may also get a little more than it brought: see [`Amounts`].
//!
//! The reference implementation walks subsets of coins. Here coins of equal amount are one class with a count, so the
//! symmetric transactions that cost it most (equal-output `CoinJoin`s) are the cheapest.

mod amounts;
mod intrafees;

pub use amounts::{Amounts, FeeShare, Intrafees};
use thiserror::Error;

/// Most inputs, and most outputs, that are analysed.
pub const MAX_SIDE: usize = 12;

/// Steps after which [`linkability`] gives up, about two seconds.
pub const DEFAULT_WORK: u64 = 1_000_000_000;

/// Sub-transactions whose inputs can have paid their outputs, at most: 32 bytes each, 64 with [`Intrafees`].
const MAX_STATES: usize = 1 << 20;

/// Bits of a packed vector that one class takes: a count up to 12 and a guard bit.
const LANE: u32 = 5;

/// One side of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What it spends.
    Input,
    /// What it creates.
    Output,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

/// A transaction that cannot be analysed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BoltzmannError {
    /// Nothing on one side.
    #[error("there is no {0}: a transaction has at least one input and one output with a value")]
    Empty(Side),
    /// More coins than are analysed.
    #[error("{count} {side}s: at most {MAX_SIDE} are analysed, because the work grows exponentially")]
    TooMany {
        /// Which side.
        side: Side,
        /// How many there are.
        count: usize,
    },
    /// More inputs than are joined.
    #[error("{0} inputs: no transaction of one block has so many")]
    TooManyToLink(usize),
    /// A set of one owner's inputs names one that is not there.
    #[error("linked: no input {place}, there are {count}, counted from 0")]
    NoInput {
        /// The place.
        place: usize,
        /// How many there are.
        count: usize,
    },
    /// A sum beyond 64 bits.
    #[error("the {0}s add up to more than 64 bits hold: values are base units (satoshi)")]
    Overflow(Side),
    /// More paid than brought in.
    #[error("the outputs ({outputs}) exceed the inputs ({inputs}): an input or its amount is missing")]
    Overspent {
        /// Sum of the inputs.
        inputs: u64,
        /// Sum of the outputs.
        outputs: u64,
    },
    /// The limit of work was reached.
    #[error(
        "gave up within {0} steps and {MAX_STATES} sub-transactions: the fee leaves too many groupings possible"
    )]
    TooMuchWork(u64),
}

/// What can be said about who paid whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Linkability {
    /// Ways to read the transaction, at least 1.
    pub interpretations: u128,
    /// For each output that has a value, for each such input: in how many interpretations they lie in one group.
    pub together: Vec<Vec<u128>>,
    /// The inputs of the columns, by place in the transaction.
    pub inputs: Vec<usize>,
    /// The outputs of the rows, by place in the transaction.
    pub outputs: Vec<usize>,
    /// Pairs (input, output), by place, that lie in one group in every interpretation.
    pub deterministic: Vec<(usize, usize)>,
    /// Inputs minus outputs, base units.
    pub fee: u64,
    /// What participants may have paid each other.
    pub intrafees: Intrafees,
}

impl Linkability {
    /// Base-2 logarithm of the number of interpretations, bits.
    #[expect(clippy::cast_precision_loss, reason = "a logarithm, not money")]
    pub fn entropy(&self) -> f64 {
        (self.interpretations as f64).log2()
    }

    /// Share of the interpretations in which the output of a row and the input of a column lie in one group; `None`
    /// outside the matrix.
    #[expect(clippy::cast_precision_loss, reason = "a probability, not money")]
    pub fn probability(&self, output: usize, input: usize) -> Option<f64> {
        let together = *self.together.get(output)?.get(input)?;
        Some(together as f64 / self.interpretations as f64)
    }
}

/// Analyses a transaction by the amounts of its inputs and outputs, base units, with [`DEFAULT_WORK`].
///
/// ```
/// use tracehound_analysis::boltzmann::linkability;
///
/// // Two who pay in 10 each and get 8 and 2, or one who does both: whose 8 and whose 2 can be told apart in four ways.
/// let found = linkability(&[10, 10], &[8, 2, 8, 2])?;
/// assert_eq!((found.interpretations, found.fee), (5, 0));
/// assert_eq!(found.probability(0, 1), Some(3.0 / 5.0));
/// # Ok::<(), tracehound_analysis::boltzmann::BoltzmannError>(())
/// ```
///
/// # Errors
/// See [`BoltzmannError`].
pub fn linkability(inputs: &[u64], outputs: &[u64]) -> Result<Linkability, BoltzmannError> {
    linkability_within(inputs, outputs, DEFAULT_WORK)
}

/// The same with another limit of work, in steps of a few nanoseconds.
///
/// # Errors
/// See [`BoltzmannError`].
pub fn linkability_within(inputs: &[u64], outputs: &[u64], work: u64) -> Result<Linkability, BoltzmannError> {
    Amounts::new(inputs, outputs, &[])?.linkability(Intrafees::default(), work)
}

/// The number of interpretations where nobody pays anybody, and for each output, for each input, those in which they
/// lie in one group.
fn without_fees(
    inputs: &[u64],
    outputs: &[u64],
    fee: u64,
    _: Intrafees,
    work: u64,
) -> Result<(u128, Vec<Vec<u128>>), BoltzmannError> {
    let ins = Classes::of(inputs);
    let outs = Classes::of(outputs);
    let mut table = Table::new(&ins, &outs, fee, work)?;
    table.fill()?;
    let (interpretations, sums) = table.links();
    let row = |&b: &usize| ins.class_of.iter().map(|&a| sums[b * ins.counts.len() + a]).collect();
    Ok((interpretations, outs.class_of.iter().map(row).collect()))
}

/// How many coins of each class a group takes, five bits a class.
type Counts = u64;

/// The coins of one side, by distinct amount.
struct Classes {
    counts: Vec<u32>,
    class_of: Vec<usize>,
    /// Every group that can be taken, in an order in which a part never follows its whole.
    groups: Vec<Group>,
}

#[derive(Clone, Copy)]
struct Group {
    counts: Counts,
    sum: u64,
}

impl Classes {
    fn of(values: &[u64]) -> Self {
        let mut amounts = values.to_vec();
        amounts.sort_unstable();
        amounts.dedup();
        let class_of: Vec<usize> =
            values.iter().map(|value| amounts.partition_point(|amount| amount < value)).collect();
        let mut counts = vec![0_u32; amounts.len()];
        for &class in &class_of {
            counts[class] += 1;
        }
        let mut groups = vec![Group { counts: 0, sum: 0 }];
        for (class, (&amount, &count)) in amounts.iter().zip(&counts).enumerate() {
            let before = groups.len();
            for taken in 1..=count {
                for at in 0..before {
                    let group = groups[at];
                    groups.push(Group {
                        counts: group.counts | u64::from(taken) << (LANE * class as u32),
                        sum: group.sum + amount * u64::from(taken),
                    });
                }
            }
        }
        Self { counts, class_of, groups }
    }

    fn get(counts: Counts, class: usize) -> u32 {
        (counts >> (LANE * class as u32)) as u32 & 0xf
    }
}

/// Whether `part` takes no more of any class than `whole`.
fn within(part: Counts, whole: Counts) -> bool {
    const GUARDS: u64 = 0x0842_1084_2108_4210;
    ((whole | GUARDS) - part) & GUARDS == GUARDS
}

/// Binomial coefficients up to 12.
const CHOOSE: [[u64; MAX_SIDE + 1]; MAX_SIDE + 1] = {
    let mut table = [[0; MAX_SIDE + 1]; MAX_SIDE + 1];
    let mut n = 0;
    while n <= MAX_SIDE {
        table[n][0] = 1;
        let mut k = 1;
        while k <= n {
            table[n][k] = table[n - 1][k - 1] + if k < n { table[n - 1][k] } else { 0 };
            k += 1;
        }
        n += 1;
    }
    table
};

/// Ways to choose the coins of `part` from those of `whole`.
fn ways(mut whole: Counts, mut part: Counts) -> u128 {
    let mut product = 1;
    while part != 0 {
        product *= u128::from(CHOOSE[(whole & 0xf) as usize][(part & 0xf) as usize]);
        whole >>= LANE;
        part >>= LANE;
    }
    product
}

/// One sub-transaction: outputs that a group of inputs can have paid so that the rest can have paid the rest.
#[derive(Clone, Copy)]
struct State {
    outputs: Counts,
    /// Inputs minus outputs, at most the fee.
    slack: u64,
    interpretations: u128,
}

struct Table<'a> {
    ins: &'a Classes,
    outs: &'a Classes,
    /// All states, by group of inputs, then by slack.
    states: Vec<State>,
    /// Where the states of each group of inputs begin; one more at the end.
    starts: Vec<usize>,
    work: u64,
    limit: u64,
}

impl<'a> Table<'a> {
    fn new(ins: &'a Classes, outs: &'a Classes, fee: u64, limit: u64) -> Result<Self, BoltzmannError> {
        let mut by_sum = outs.groups.clone();
        by_sum.sort_unstable_by_key(|group| std::cmp::Reverse(group.sum));
        let mut states = Vec::new();
        let mut starts = Vec::with_capacity(ins.groups.len() + 1);
        for group in &ins.groups {
            starts.push(states.len());
            let first = by_sum.partition_point(|outputs| outputs.sum > group.sum);
            let payable = by_sum[first..].iter().take_while(|outputs| group.sum - outputs.sum <= fee);
            states.extend(payable.map(|outputs| State {
                outputs: outputs.counts,
                slack: group.sum - outputs.sum,
                interpretations: 0,
            }));
            if states.len() > MAX_STATES || states.len() as u64 > limit {
                return Err(BoltzmannError::TooMuchWork(limit));
            }
        }
        starts.push(states.len());
        Ok(Self { ins, outs, states, starts, work: 0, limit })
    }

    /// Counts the interpretations of every state: the group of its first input is what a smaller state lacks.
    fn fill(&mut self) -> Result<(), BoltzmannError> {
        self.states[0].interpretations = 1;
        for whole in 1..self.ins.groups.len() {
            let counts = self.ins.groups[whole].counts;
            let first = 1 << (counts.trailing_zeros() / LANE * LANE);
            for rest in 0..whole {
                let rest_counts = self.ins.groups[rest].counts;
                // One input of the first class belongs to the group by definition.
                if within(rest_counts, counts - first) {
                    let weight = ways(counts - first, counts - first - rest_counts);
                    self.extend(whole, rest, weight)?;
                }
            }
        }
        Ok(())
    }

    /// Adds to every state of `whole` the interpretations whose first group leaves a state of `rest`.
    fn extend(&mut self, whole: usize, rest: usize, weight: u128) -> Result<(), BoltzmannError> {
        let (smaller, larger) = self.states.split_at_mut(self.starts[whole]);
        let larger = &mut larger[..self.starts[whole + 1] - self.starts[whole]];
        let smaller = &smaller[self.starts[rest]..self.starts[rest + 1]];
        self.work += 1 + larger.len() as u64 * smaller.len() as u64;
        if self.work > self.limit {
            return Err(BoltzmannError::TooMuchWork(self.limit));
        }
        for state in larger {
            let mut sum = 0;
            for left in smaller.iter().take_while(|left| left.slack <= state.slack) {
                if within(left.outputs, state.outputs) {
                    sum += left.interpretations * ways(state.outputs, left.outputs);
                }
            }
            state.interpretations += sum * weight;
        }
        Ok(())
    }

    /// The number of interpretations, and for each class of outputs, for each class of inputs, those in which one
    /// given coin of each lie in one group.
    fn links(&self) -> (u128, Vec<u128>) {
        let (ins, outs) = (self.ins.counts.len(), self.outs.counts.len());
        let all_in = self.ins.groups.last().map_or(0, |group| group.counts);
        let all_out = self.outs.groups.last().map_or(0, |group| group.counts);
        let mut sums = vec![0_u128; ins * outs];
        for (at, rest) in self.ins.groups.iter().enumerate() {
            let group_in = all_in - rest.counts;
            let weight = ways(all_in, group_in);
            for state in &self.states[self.starts[at]..self.starts[at + 1]] {
                let group_out = all_out - state.outputs;
                let count = weight * ways(all_out, group_out) * state.interpretations;
                for b in (0..outs).filter(|&b| Classes::get(group_out, b) > 0) {
                    for a in 0..ins {
                        let pairs = Classes::get(group_in, a) * Classes::get(group_out, b);
                        sums[b * ins + a] += count * u128::from(pairs);
                    }
                }
            }
        }
        for (at, sum) in sums.iter_mut().enumerate() {
            // Every pair of coins of the two classes counts the same, so this division is exact.
            *sum /= u128::from(self.ins.counts[at % ins]) * u128::from(self.outs.counts[at / ins]);
        }
        let all = &self.states[self.starts[self.ins.groups.len() - 1]..];
        let whole = all.iter().find(|state| state.outputs == all_out);
        (whole.map_or(0, |state| state.interpretations), sums)
    }
}

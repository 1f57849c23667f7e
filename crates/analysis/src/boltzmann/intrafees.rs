//! Interpretations of a transaction whose participants pay each other for taking part.
//!
//! A group may then get more than it brought, by a maker's fee, and pay more than its part of the transaction's fee, by
//! what a taker pays to all. As in the reference implementation groups are split off one after another, and what is
//! left must keep the same bounds each time: the group of the smallest input comes last, the others in the order of their
//! smallest inputs (of equal inputs the later one counts as smaller). Two makers together may so get no more than one
//! may, and equal inputs are told apart by their order; so inputs are no classes here, outputs are.

use super::{BoltzmannError, Classes, Counts, Intrafees, MAX_STATES, ways, within};

/// Outputs of a set of inputs such that all other outputs and inputs keep the bounds.
struct State {
    outputs: Counts,
    /// Inputs minus outputs.
    slack: i128,
    /// Ways to divide this among groups.
    inside: u128,
    /// Ways to divide all that is not in this, over all choices of equal outputs.
    outside: u128,
}

struct Table<'a> {
    outs: &'a Classes,
    /// What a group pays at least and at most: all to others, minus what others pay it.
    pays: (i128, i128),
    /// The states of each set of inputs (the smallest is bit 0), by slack.
    states: Vec<Vec<State>>,
    work: u64,
    limit: u64,
}

/// The number of interpretations, and for each output, for each input, those in which they lie in one group.
pub(super) fn count(
    inputs: &[u64],
    outputs: &[u64],
    fee: u64,
    fees: Intrafees,
    limit: u64,
) -> Result<(u128, Vec<Vec<u128>>), BoltzmannError> {
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(inputs[at]));
    order.reverse();
    let outs = Classes::of(outputs);
    let mut table =
        Table::new(&order.iter().map(|&at| inputs[at]).collect::<Vec<_>>(), &outs, fee, fees, limit)?;
    table.count_inside()?;
    let sums = table.links(inputs.len())?;
    let whole = table.states.last().and_then(|states| states.iter().find(|state| state.outside == 1));
    let mut together = vec![vec![0; inputs.len()]; outputs.len()];
    for (row, &class) in together.iter_mut().zip(&outs.class_of) {
        for (&at, sum) in order.iter().zip(&sums[class]) {
            // Every coin of a class counts the same, so this division is exact.
            row[at] = sum / u128::from(outs.counts[class]);
        }
    }
    Ok((whole.map_or(0, |state| state.inside), together))
}

impl<'a> Table<'a> {
    fn new(
        inputs: &[u64],
        outs: &'a Classes,
        fee: u64,
        fees: Intrafees,
        limit: u64,
    ) -> Result<Self, BoltzmannError> {
        let [fee, maker, taker] = [fee, fees.maker, fees.taker].map(i128::from);
        let mut by_sum = outs.groups.clone();
        by_sum.sort_unstable_by_key(|group| std::cmp::Reverse(group.sum));
        let mut sums = vec![0_i128];
        for &input in inputs {
            sums.extend(sums.clone().iter().map(|sum| sum + i128::from(input)));
        }
        let mut states = Vec::with_capacity(sums.len());
        let mut kept = 0;
        for sum in sums {
            // All the rest pays the fee less this.
            let slack = |outputs: u64| sum - i128::from(outputs);
            let first = by_sum.partition_point(|outputs| slack(outputs.sum) < -taker);
            let fitting = by_sum[first..].iter().take_while(|outputs| slack(outputs.sum) <= fee + maker);
            let state = |outputs: &super::Group| State {
                outputs: outputs.counts,
                slack: slack(outputs.sum),
                inside: 0,
                outside: 0,
            };
            let fitting: Vec<State> = fitting.map(state).collect();
            kept += fitting.len();
            if kept > MAX_STATES || kept as u64 > limit {
                return Err(BoltzmannError::TooMuchWork(limit));
            }
            states.push(fitting);
        }
        Ok(Self { outs, pays: (-maker, fee + taker), states, work: 0, limit })
    }

    /// Counts one pair of sets of inputs as so many steps.
    fn works(&mut self, whole: usize, rest: usize) -> Result<(), BoltzmannError> {
        self.work += 1 + self.states[whole].len() as u64 * self.states[rest].len() as u64;
        if self.work > self.limit { Err(BoltzmannError::TooMuchWork(self.limit)) } else { Ok(()) }
    }

    /// Counts the ways inside of every state: the group of its smallest input is what a smaller state lacks.
    fn count_inside(&mut self) -> Result<(), BoltzmannError> {
        for state in &mut self.states[0] {
            state.inside = u128::from(state.outputs == 0);
        }
        for whole in 1..self.states.len() {
            for rest in parts(whole) {
                self.works(whole, rest)?;
                let (smaller, larger) = self.states.split_at_mut(whole);
                for state in &mut larger[0] {
                    for left in leaving(&smaller[rest], state, self.pays) {
                        state.inside += left.inside * ways(state.outputs, left.outputs);
                    }
                }
            }
        }
        Ok(())
    }

    /// For each class of outputs, for each input: in how many interpretations they lie in one group, summed over the
    /// class's coins.
    fn links(&mut self, inputs: usize) -> Result<Vec<Vec<u128>>, BoltzmannError> {
        let all = self.states.len() - 1;
        let classes = self.outs.counts.len();
        let all_out = self.outs.groups.last().map_or(0, |group| group.counts);
        for state in &mut self.states[all] {
            state.outside = u128::from(state.outputs == all_out);
        }
        let mut sums = vec![vec![0; inputs]; classes];
        for whole in (1..=all).rev() {
            for rest in parts(whole) {
                self.works(whole, rest)?;
                let (smaller, larger) = self.states.split_at_mut(whole);
                let mut of_group = vec![0; classes];
                for state in larger[0].iter().filter(|state| state.outside > 0) {
                    for left in leaving_mut(&mut smaller[rest], state, self.pays) {
                        let outside = state.outside * ways(state.outputs, left.outputs);
                        left.outside += outside;
                        let taken = state.outputs - left.outputs;
                        for (class, sum) in of_group.iter_mut().enumerate() {
                            *sum += outside * left.inside * u128::from(Classes::get(taken, class));
                        }
                    }
                }
                for (sums, of_group) in sums.iter_mut().zip(of_group) {
                    let group = whole & !rest;
                    for (_, sum) in sums.iter_mut().enumerate().filter(|(input, _)| group >> input & 1 == 1) {
                        *sum += of_group;
                    }
                }
            }
        }
        Ok(sums)
    }
}

/// What may be left of a set when the group of its smallest input is taken out.
fn parts(whole: usize) -> impl Iterator<Item = usize> {
    let most = whole & (whole - 1);
    std::iter::successors(Some(most), move |&part| (part > 0).then(|| (part - 1) & most))
}

/// The range of states, by place, whose lack of `state` is a group that keeps the bounds, apart from their outputs.
fn range(states: &[State], slack: i128, (least, most): (i128, i128)) -> std::ops::Range<usize> {
    let begin = states.partition_point(|left| slack - left.slack > most);
    let end = states.partition_point(|left| slack - left.slack >= least);
    begin..end.max(begin)
}

fn leaving<'s>(
    states: &'s [State],
    of: &State,
    pays: (i128, i128),
) -> impl Iterator<Item = &'s State> + use<'s> {
    let whole = of.outputs;
    let fitting = states[range(states, of.slack, pays)].iter();
    fitting.filter(move |left| left.inside > 0 && within(left.outputs, whole))
}

fn leaving_mut<'s>(
    states: &'s mut [State],
    of: &State,
    pays: (i128, i128),
) -> impl Iterator<Item = &'s mut State> + use<'s> {
    let whole = of.outputs;
    let range = range(states, of.slack, pays);
    let fitting = states[range].iter_mut();
    fitting.filter(move |left| left.inside > 0 && within(left.outputs, whole))
}

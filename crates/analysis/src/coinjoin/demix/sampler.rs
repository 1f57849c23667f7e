//! A walk through the ways to divide a round among owners, each visited as often as it is likely.
//!
//! A step takes two owners (one of whom may be nobody yet), and deals some of their coins anew among them: all ways to
//! deal are weighed, and one is drawn by its weight (Gibbs sampling of a block). Walks start with one owner of everything;
//! they are many and short, because long ones stay near the first good division that they meet.

use rayon::prelude::*;

use super::{
    balance::{Balance, Brought, Taken},
    scaled,
};

/// Walks, and steps of each.
const WALKS: u64 = 16;
const STEPS: usize = 2_000;
/// Steps for each input of a larger round.
const STEPS_EACH: usize = 65;
/// A walk's first steps, one part in so many, are not counted.
const FIRST_PART: usize = 4;
/// How inexactly balances are kept in a walk's first step; less so from step to step, exactly where they are counted. A walk
/// that is exact from the start stays near the first division that it meets.
const HEAT: f64 = 20.0;
/// One step in so many is counted.
const COUNTED: usize = 4;
/// Coins dealt anew in one step.
const DEALT_INPUTS: usize = 4;
const DEALT_OUTPUTS: usize = 7;
/// Ways to deal that are so much less likely than the likeliest, as a logarithm, are not drawn.
const FAR: f64 = 25.0;
/// One step in so many deals with the coordinator.
const COORDINATOR_TURN: u64 = 20;
/// Rounds of scaling within a group.
const ROUNDS: usize = 8;

/// For each output, for each input, the mean over the walks.
pub(super) fn shares(balance: &Balance) -> Vec<Vec<f64>> {
    let walks: Vec<Vec<f64>> = (0..WALKS).into_par_iter().map(|seed| Walk::new(balance, seed).go()).collect();
    let columns = balance.inputs.len();
    let mut sums = vec![0.0; columns * balance.outputs.len()];
    for walk in &walks {
        for (sum, share) in sums.iter_mut().zip(walk) {
            *sum += share;
        }
    }
    let mean = |row: &[f64]| row.iter().map(|sum| sum / f64::from(WALKS as u32)).collect();
    sums.chunks_exact(columns).map(mean).collect()
}

/// Random numbers (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Below `end`, which is small.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        f64::from((self.next() >> 32) as u32) / f64::from(u32::MAX)
    }

    /// Keeps `most` of the items, any.
    fn keep(&mut self, items: &mut Vec<usize>, most: usize) {
        while items.len() > most {
            let at = self.below(items.len());
            items.swap_remove(at);
        }
    }
}

struct Walk<'a> {
    balance: &'a Balance,
    dice: Dice,
    /// Whose each coin is: owners have the numbers below that of inputs, the coordinator that number.
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    /// Inputs of each owner.
    counts: Vec<usize>,
    heat: f64,
    /// Standard amounts of both owners that stay where they are, by kind.
    kinds: [Vec<usize>; 2],
    weights: Vec<f64>,
    sums: Vec<f64>,
}

/// Coins of two owners, or ways to deal them.
type Pair<T> = [T; 2];

impl<'a> Walk<'a> {
    fn new(balance: &'a Balance, seed: u64) -> Self {
        let (inputs, outputs) = (balance.inputs.len(), balance.outputs.len());
        let mut counts = vec![0; inputs];
        counts[0] = inputs;
        Self {
            balance,
            dice: Dice(seed),
            inputs: vec![0; inputs],
            outputs: vec![0; outputs],
            counts,
            heat: HEAT,
            kinds: [vec![0; balance.kind_count], vec![0; balance.kind_count]],
            weights: Vec::new(),
            sums: vec![0.0; inputs * outputs],
        }
    }

    fn go(mut self) -> Vec<f64> {
        let steps = STEPS.max(STEPS_EACH * self.inputs.len());
        let mut counted = 0_u32;
        let first = steps / FIRST_PART;
        for step in 0..steps {
            let ahead = f64::from(first.saturating_sub(step) as u32) / f64::from(first as u32);
            self.heat = 1.0 + (HEAT - 1.0) * ahead * ahead;
            self.step();
            if step >= first && step % COUNTED == 0 {
                self.count();
                counted += 1;
            }
        }
        for sum in &mut self.sums {
            *sum /= f64::from(counted);
        }
        self.sums
    }

    fn step(&mut self) {
        let owners = self.counts.len();
        let pair = if self.dice.next().is_multiple_of(COORDINATOR_TURN) {
            [self.dice.below(owners), owners]
        } else {
            [self.dice.below(owners), self.dice.below(owners)]
        };
        let with_coordinator = pair[1] == owners;
        let nobody = self.counts[pair[0]] == 0 && (with_coordinator || self.counts[pair[1]] == 0);
        if pair[0] == pair[1] || nobody {
            return;
        }
        let of_pair = |owners: &[usize]| -> Vec<usize> {
            (0..owners.len()).filter(|&at| pair.contains(&owners[at])).collect()
        };
        let (mut inputs, mut outputs) = (of_pair(&self.inputs), of_pair(&self.outputs));
        if with_coordinator {
            inputs.clear();
            outputs.retain(|&output| self.balance.kinds[output].is_none());
        }
        self.dice.keep(&mut inputs, DEALT_INPUTS);
        self.dice.keep(&mut outputs, DEALT_OUTPUTS);
        let brought = self.ways_in(pair, &inputs);
        let taken = self.ways_out(pair, &outputs);
        self.weigh(pair, &brought, &taken);
        let Some(way) = self.draw() else { return };
        let (of_inputs, of_outputs) = (way / taken.len(), way % taken.len());
        for (place, &input) in inputs.iter().enumerate() {
            self.counts[self.inputs[input]] -= 1;
            self.inputs[input] = pair[of_inputs >> place & 1];
            self.counts[self.inputs[input]] += 1;
        }
        for (place, &output) in outputs.iter().enumerate() {
            self.outputs[output] = pair[of_outputs >> place & 1];
        }
    }

    /// All ways to deal these inputs to a pair of owners, with what stays where it is; bit n of a way is the n-th's.
    fn ways_in(&self, pair: Pair<usize>, dealt: &[usize]) -> Vec<Pair<Brought>> {
        let mut fixed = [Brought::default(); 2];
        for (at, owner) in self.inputs.iter().enumerate() {
            if let Some(side) = pair.iter().position(|one| one == owner).filter(|_| !dealt.contains(&at)) {
                fixed[side].add(&self.balance.inputs[at]);
            }
        }
        let way = |way: usize| {
            let mut sides = fixed;
            for (place, &at) in dealt.iter().enumerate() {
                sides[way >> place & 1].add(&self.balance.inputs[at]);
            }
            sides
        };
        (0..1 << dealt.len()).map(way).collect()
    }

    fn ways_out(&mut self, pair: Pair<usize>, dealt: &[usize]) -> Vec<Pair<Taken>> {
        let balance = self.balance;
        for kinds in &mut self.kinds {
            kinds.fill(0);
        }
        let mut fixed = [Taken::default(); 2];
        for (at, owner) in self.outputs.iter().enumerate() {
            if let Some(side) = pair.iter().position(|one| one == owner).filter(|_| !dealt.contains(&at)) {
                fixed[side].give(balance, at, &mut self.kinds[side]);
            }
        }
        let mut ways = Vec::with_capacity(1 << dealt.len());
        for way in 0..1_usize << dealt.len() {
            let mut sides = fixed;
            for (place, &at) in dealt.iter().enumerate() {
                let side = way >> place & 1;
                sides[side].give(balance, at, &mut self.kinds[side]);
            }
            for (place, &at) in dealt.iter().enumerate() {
                if let Some(kind) = balance.kinds[at] {
                    self.kinds[way >> place & 1][kind] -= 1;
                }
            }
            ways.push(sides);
        }
        ways
    }

    /// The logarithm of each way's weight.
    fn weigh(&mut self, pair: Pair<usize>, brought: &[Pair<Brought>], taken: &[Pair<Taken>]) {
        let (balance, owners) = (self.balance, self.counts.len());
        let with_coordinator = pair[1] == owners;
        let others = (0..owners).filter(|at| !pair.contains(at) && self.counts[*at] > 0).count();
        self.weights.clear();
        for sides in brought {
            let there = sides.iter().filter(|side| side.inputs > 0).count();
            // Numbers that nobody has could be anybody's: without this, more owners would be fewer ways.
            let prior = balance.factorials[owners - others - there]
                + sides.iter().map(|side| balance.of_inputs(side.inputs)).sum::<f64>();
            let alternatives = sides.map(|side| {
                [balance.alternatives(side.value), balance.alternatives(side.value - side.charged)]
            });
            for out in taken {
                let first = balance.of_owner(&sides[0], &out[0], alternatives[0], self.heat);
                let second = match out[1].outputs {
                    0 | 1 if with_coordinator => 0.0,
                    _ if with_coordinator => f64::NEG_INFINITY,
                    _ => balance.of_owner(&sides[1], &out[1], alternatives[1], self.heat),
                };
                self.weights.push(prior + first + second);
            }
        }
    }

    /// Draws a way by its weight.
    fn draw(&mut self) -> Option<usize> {
        let best = self.weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if best == f64::NEG_INFINITY {
            return None;
        }
        let mut total = 0.0;
        for weight in &mut self.weights {
            *weight = if *weight > best - FAR { (*weight - best).exp() } else { 0.0 };
            total += *weight;
        }
        let mut drawn = self.dice.share() * total;
        self.weights.iter().position(|weight| {
            drawn -= weight;
            *weight > 0.0 && drawn <= 0.0
        })
    }

    /// Books whose each output is, divided within each owner's coins.
    fn count(&mut self) {
        let columns = self.inputs.len();
        let of = |owners: &[usize], owner: usize| -> Vec<usize> {
            (0..owners.len()).filter(|&at| owners[at] == owner).collect()
        };
        for owner in 0..self.counts.len() {
            let (inputs, outputs) = (of(&self.inputs, owner), of(&self.outputs, owner));
            let values = |all: &[f64], some: &[usize]| some.iter().map(|&at| all[at]).collect::<Vec<_>>();
            let brought = values(&self.balance.input_values, &inputs);
            let taken = values(&self.balance.output_values, &outputs);
            let plan = if inputs.len() < 2 { taken.clone() } else { scaled(&brought, &taken, ROUNDS) };
            for ((row, &output), value) in plan.chunks(inputs.len().max(1)).zip(&outputs).zip(&taken) {
                for (part, &input) in row.iter().zip(&inputs) {
                    self.sums[output * columns + input] += part / value;
                }
            }
        }
    }
}

impl Brought {
    fn add(&mut self, other: &Self) {
        self.inputs += other.inputs;
        self.value += other.value;
        self.charged += other.charged;
    }
}

impl Taken {
    /// Adds an output; `kinds` are the standard amounts so far.
    fn give(&mut self, balance: &Balance, at: usize, kinds: &mut [usize]) {
        let other = &balance.outputs[at];
        self.outputs += other.outputs;
        self.cost += other.cost;
        self.weight += other.weight;
        self.odd += other.odd;
        if let Some(kind) = balance.kinds[at] {
            self.weight += balance.factorials[kinds[kind] + 1] - balance.factorials[kinds[kind]];
            kinds[kind] += 1;
        }
    }
}

//! Whose change is it: the outputs of a `JoinMarket` transaction that were not mixed, matched with inputs by amount.
//!
//! A maker takes out what it brought, plus a fee; so `mixed amount + its change - its inputs` is its fee: not negative,
//! and no more than a taker accepts. One participant, the taker, pays everybody and the miner, and gets what is left.
//! The search assigns to every change output the inputs of one maker, at most one change output to the taker, and
//! weighs all assignments by how surprising they would be if the inputs had nothing to do with it: a group of k among
//! N inputs that fits to within g units is one of about C(N, k)·(1 + g) chances.

use super::{Answer, Protocol, TxShape, features::Tally, joinmarket};

/// Inputs that the search takes, one bit each.
const MAX_INPUTS: usize = 64;
/// Highest fee of a maker, one part in so many of the mixed amount. Takers of the reference client stop at a fifth of it
/// unless told otherwise.
const MAX_FEE_SHARE: u64 = 200;
/// Highest fee of a maker where that is less, base units: a taker refuses what exceeds both of its limits, and the other
/// is 1,000 to 10,000 unless told otherwise.
///
/// The wide limit is tried first. In a large round it leaves more fits than the search can try; then most makers' limit will do.
pub(super) const FEE_LIMITS: [u64; 2] = [10_000, 1_000];
/// Groups of inputs kept for one change output.
const MAX_GROUPS: usize = 256;
/// Steps of the search for the groups of one change output.
const GROUP_STEPS: u32 = 20_000;
/// Inputs looked at for the groups of all change outputs together, each of which may use an equal part of what those
/// before it left. A step looks at up to [`MAX_INPUTS`]: without this, dozens of change outputs cost dozens of milliseconds.
const GROUP_WORK: u32 = 1_500_000;
/// Steps of the search for an assignment.
const ASSIGN_STEPS: u32 = 50_000;
/// Groups looked at and links booked in that search.
const ASSIGN_WORK: u32 = 1_500_000;
/// Assignments so much less likely than the best one, in bits, do not count.
const SPREAD: f64 = 8.0;

/// A change output with the inputs of its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeLink {
    /// The change output's place.
    pub output: u32,
    /// Places of the inputs that most probably are its owner's.
    pub inputs: Vec<u32>,
    /// Share of the weighed assignments that say so, percent.
    pub percent: u8,
    /// Whether the owner is the one who paid the others: its amount fits nothing, it gets what is left.
    pub taker: bool,
}

/// Links the change of a `JoinMarket` transaction to inputs.
///
/// Empty when the transaction is not `JoinMarket`'s, when some input's amount is missing, and when no assignment was
/// found within the limits of the search (64 inputs, a few million comparisons).
pub fn change_links(shape: &TxShape<'_>, answer: &Answer) -> Vec<ChangeLink> {
    let (Answer::CoinJoin(found) | Answer::Suspected(found)) = answer else { return Vec::new() };
    let tally = Tally::of(shape.outputs);
    let inputs: Option<Vec<u64>> = shape.inputs.iter().map(|coin| coin.map(|coin| coin.value)).collect();
    let (Protocol::JoinMarket, Some(inputs), true) =
        (found.protocol, inputs, joinmarket::shape_fits(shape, &tally))
    else {
        return Vec::new();
    };
    let mut best: Option<(f64, Vec<ChangeLink>)> = None;
    for mixed in tally.most_frequent() {
        let places = || (0..).zip(shape.outputs).filter(|(_, coin)| coin.value != mixed);
        let changes: Vec<u64> = places().map(|(_, coin)| coin.value).collect();
        let problem = |flat| Problem { inputs: &inputs, mixed, people: tally.most, changes: &changes, flat };
        let found = FEE_LIMITS.into_iter().find_map(|flat| match problem(flat).solve() {
            Balance::Found(links) => Some(links),
            Balance::Impossible | Balance::Undecided => None,
        });
        let Some(links) = found else { continue };
        if best.as_ref().is_some_and(|(cost, _)| *cost <= links.cost) {
            continue;
        }
        let link = |((output, _), link): ((u32, _), &Link)| ChangeLink {
            output,
            inputs: (0..inputs.len() as u32).filter(|at| link.inputs >> at & 1 == 1).collect(),
            percent: link.percent,
            taker: link.taker,
        };
        best = Some((links.cost, places().zip(&links.links).map(link).collect()));
    }
    best.map_or_else(Vec::new, |(_, links)| links)
}

/// The amounts of one transaction.
pub(super) struct Problem<'a> {
    pub inputs: &'a [u64],
    /// The amount that was mixed.
    pub mixed: u64,
    /// Participants, one mixed output each.
    pub people: usize,
    /// The other outputs: as many as participants, or one fewer (a taker that mixed all it had).
    pub changes: &'a [u64],
    /// Highest fee of a maker where the mixed amount's share is less, base units: one of [`FEE_LIMITS`].
    pub flat: u64,
}

/// The result of the search.
pub(super) enum Balance {
    /// Every maker's account is even.
    Found(Links),
    /// There is no such assignment.
    Impossible,
    /// None was found within the limits.
    Undecided,
}

/// The most likely link of each change output.
pub(super) struct Links {
    /// Surprise of the best assignment, bits.
    cost: f64,
    links: Vec<Link>,
}

impl Links {
    /// Bits by which each maker's match, on average, is less likely to be chance than an amount drawn at random up to
    /// the mixed one.
    #[expect(clippy::cast_precision_loss, reason = "a likelihood, not money")]
    pub(super) fn evidence(&self, mixed: u64) -> i32 {
        let makers = self.links.iter().filter(|link| !link.taker).count().max(1);
        ((mixed as f64).log2() - self.cost / makers as f64) as i32
    }
}

#[derive(Clone, Copy)]
struct Link {
    inputs: u64,
    percent: u8,
    taker: bool,
}

/// Inputs that a maker with one particular change may have brought.
#[derive(Clone, Copy)]
struct Group {
    inputs: u64,
    cost: f64,
}

impl Problem<'_> {
    pub(super) fn solve(&self) -> Balance {
        let total = self.inputs.iter().try_fold(0_u64, |sum, &value| sum.checked_add(value));
        if self.inputs.len() > MAX_INPUTS || total.is_none() {
            return Balance::Undecided;
        }
        let (groups, complete) = self.all_groups(&mut { GROUP_WORK });
        let mut search = Search::new(self, &groups);
        search.descend(0, (0.0, 0), None);
        if let Some(links) = search.links() {
            return Balance::Found(links);
        }
        if complete && !search.is_exhausted() { Balance::Impossible } else { Balance::Undecided }
    }

    /// The groups of every change output, and whether these are all. Takes from `work` what it uses.
    fn all_groups(&self, work: &mut u32) -> (Vec<Vec<Group>>, bool) {
        let mut complete = true;
        let count = self.changes.len();
        let groups = (0..count).map(|change| {
            let part = *work / (count - change) as u32;
            let (groups, whole, used) = self.groups(change, part);
            *work -= used;
            complete &= whole;
            groups
        });
        (groups.collect(), complete)
    }

    /// The groups of inputs that can have paid the mixed amount and this change, likeliest first, and whether these
    /// are all; with how many inputs were looked at, never more than `work`.
    fn groups(&self, change: usize, work: u32) -> (Vec<Group>, bool, u32) {
        let Some(most) = self.changes[change].checked_add(self.mixed) else { return (Vec::new(), true, 0) };
        let least = most.saturating_sub((self.mixed / MAX_FEE_SHARE).max(self.flat));
        let mut order: Vec<usize> = (0..self.inputs.len()).collect();
        order.sort_unstable_by_key(|&at| (std::cmp::Reverse(self.inputs[at]), at));
        let mut left = vec![0; order.len() + 1];
        for (at, &input) in order.iter().enumerate().rev() {
            left[at] = left[at + 1] + self.inputs[input];
        }
        let range = (least, most);
        let mut search = GroupSearch { problem: self, order, left, range, found: Vec::new(), steps: 0, work };
        search.descend(0, 0, 0);
        let complete = !search.is_exhausted() && search.found.len() <= MAX_GROUPS;
        let GroupSearch { mut found, work: unused, .. } = search;
        found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        found.truncate(MAX_GROUPS);
        (found, complete, work - unused)
    }
}

/// Walks the subsets of the inputs whose sum may come into a range.
struct GroupSearch<'a> {
    problem: &'a Problem<'a>,
    /// Inputs, largest first.
    order: Vec<usize>,
    /// Sum of the inputs from here on.
    left: Vec<u64>,
    range: (u64, u64),
    found: Vec<Group>,
    steps: u32,
    /// Inputs that may still be looked at.
    work: u32,
}

impl GroupSearch<'_> {
    fn is_exhausted(&self) -> bool {
        self.steps >= GROUP_STEPS || self.work == 0
    }

    fn descend(&mut self, at: usize, sum: u64, inputs: u64) {
        let (least, most) = self.range;
        if self.is_exhausted() || sum + self.left[at] < least {
            return;
        }
        self.steps += 1;
        if sum >= least && inputs != 0 {
            let size = inputs.count_ones() as usize;
            let cost = surprise(self.order.len(), size, most - sum);
            self.found.push(Group { inputs, cost });
        }
        // Smaller groups first: when the steps run out, the likely ones have been seen.
        for next in at..self.order.len() {
            if self.work == 0 {
                return;
            }
            self.work -= 1;
            let with = sum + self.problem.inputs[self.order[next]];
            if with <= most {
                self.descend(next + 1, with, inputs | 1 << self.order[next]);
            }
            if sum + self.left[next + 1] < least {
                break;
            }
        }
    }
}

/// Bits of surprise at a group of `size` among `inputs` that fits to within `gap`.
#[expect(clippy::cast_precision_loss, reason = "a likelihood, not money")]
fn surprise(inputs: usize, size: usize, gap: u64) -> f64 {
    let choices: f64 = (0..size).map(|at| ((inputs - at) as f64 / (at + 1) as f64).log2()).sum();
    choices + (1.0 + gap as f64).log2()
}

/// The search for assignments of groups to change outputs.
struct Search<'a> {
    groups: &'a [Vec<Group>],
    /// Change outputs, those with the fewest groups first.
    order: Vec<usize>,
    /// Whether one change output is the taker's.
    taker_has_change: bool,
    all: u64,
    chosen: Vec<u64>,
    /// The best assignment so far; the first of equals.
    likeliest: Vec<u64>,
    /// For each change output, the groups it was given with the weights of those assignments.
    weights: Vec<Vec<(u64, f64)>>,
    taker_weight: Vec<f64>,
    total: f64,
    best: f64,
    steps: u32,
    /// Groups that may still be looked at, and links that may be booked.
    work: u32,
}

impl<'a> Search<'a> {
    fn new(problem: &Problem<'_>, groups: &'a [Vec<Group>]) -> Self {
        let changes = problem.changes.len();
        let mut order: Vec<usize> = (0..changes).collect();
        order.sort_by_key(|&change| groups[change].len());
        Self {
            groups,
            order,
            taker_has_change: changes == problem.people,
            all: u64::MAX >> (u64::BITS as usize - problem.inputs.len()),
            chosen: vec![0; changes],
            likeliest: Vec::new(),
            weights: vec![Vec::new(); changes],
            taker_weight: vec![0.0; changes],
            total: 0.0,
            best: f64::INFINITY,
            steps: 0,
            work: ASSIGN_WORK,
        }
    }

    fn is_exhausted(&self) -> bool {
        self.steps >= ASSIGN_STEPS || self.work == 0
    }

    fn descend(&mut self, at: usize, (cost, used): (f64, u64), taker: Option<usize>) {
        if self.is_exhausted() || cost > self.best + SPREAD {
            return;
        }
        self.steps += 1;
        let Some(&change) = self.order.get(at) else {
            if taker.is_some() == self.taker_has_change && used != self.all {
                self.book(cost, used, taker);
            }
            return;
        };
        let groups = self.groups;
        for group in &groups[change] {
            self.work = self.work.saturating_sub(1);
            if group.inputs & used == 0 {
                self.chosen[change] = group.inputs;
                self.descend(at + 1, (cost + group.cost, used | group.inputs), taker);
            }
        }
        if self.taker_has_change && taker.is_none() {
            self.descend(at + 1, (cost, used), Some(change));
        }
    }

    /// One complete assignment; the taker's are the inputs that are left.
    fn book(&mut self, cost: f64, used: u64, taker: Option<usize>) {
        let weight = (-cost).exp2();
        self.total += weight;
        if let Some(taker) = taker {
            self.chosen[taker] = self.all & !used;
            self.taker_weight[taker] += weight;
        }
        if cost < self.best {
            self.best = cost;
            self.likeliest.clone_from(&self.chosen);
        }
        for (weights, &inputs) in self.weights.iter_mut().zip(&self.chosen) {
            let known = weights.iter().position(|(known, _)| *known == inputs);
            self.work = self.work.saturating_sub(1 + known.unwrap_or(weights.len()) as u32);
            match known {
                Some(at) => weights[at].1 += weight,
                None => weights.push((inputs, weight)),
            }
        }
    }

    /// The likeliest assignment, each part with the share of all assignments that agree in it.
    fn links(&self) -> Option<Links> {
        if self.total <= 0.0 {
            return None;
        }
        let share = |weights: &[(u64, f64)], inputs| {
            let weight: f64 = weights.iter().filter(|(other, _)| *other == inputs).map(|(_, sum)| sum).sum();
            percent(weight / self.total)
        };
        let parts = self.weights.iter().zip(&self.taker_weight).zip(&self.likeliest);
        let links = parts.map(|((weights, taker), &inputs)| Link {
            inputs,
            percent: share(weights, inputs),
            taker: *taker * 2.0 > self.total,
        });
        Some(Links { cost: self.best, links: links.collect() })
    }
}

#[expect(clippy::cast_sign_loss, reason = "a share is not negative")]
fn percent(share: f64) -> u8 {
    (share * 100.0).round().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use tracehound_model::ScriptType;

    use super::*;
    use crate::coinjoin::{Coin, When, classify};

    const MIXED: u64 = 100_000_000;

    /// 64 inputs of about `each`, and the change of 32 people.
    fn crowd(each: u64) -> (Vec<u64>, Vec<u64>) {
        ((0..64).map(|n| each + n * 1_009).collect(), (0..32).map(|n| 20_200_000 + n * 97).collect())
    }

    #[test]
    fn a_market_of_countless_fits_costs_a_bounded_search() {
        // Four inputs pay a maker's part in 635,376 ways, two in 2,016.
        for (each, groups_end_it) in [(30_000_000, true), (60_000_000, false)] {
            let (inputs, changes) = crowd(each);
            let (people, flat) = (changes.len(), FEE_LIMITS[0]);
            let problem = Problem { inputs: &inputs, mixed: MIXED, people, changes: &changes, flat };
            let mut work = GROUP_WORK;
            let (groups, complete) = problem.all_groups(&mut work);
            assert_eq!((complete, work == 0), (false, groups_end_it), "{each}");
            assert!(groups.iter().all(|groups| !groups.is_empty()), "the last ones have had their part");
            let mut search = Search::new(&problem, &groups);
            search.descend(0, (0.0, 0), None);
            assert_eq!(search.is_exhausted(), !groups_end_it, "{each}");
        }
    }

    #[test]
    fn what_the_search_cannot_decide_is_suspected_for_its_shape() {
        for each in [30_000_000, 60_000_000] {
            let (inputs, changes) = crowd(each);
            let coin = |(owner, value): (u64, u64)| Coin { value, script: ScriptType::P2wpkh, owner };
            let inputs: Vec<Option<Coin>> = (0..).zip(inputs).map(coin).map(Some).collect();
            let mixed = vec![MIXED; changes.len()];
            let outputs: Vec<Coin> = (1_000..).zip(changes.into_iter().chain(mixed)).map(coin).collect();
            let (when, pays_wasabi1_coordinator) = (When::Unknown, false);
            let shape = TxShape { inputs: &inputs, outputs: &outputs, when, pays_wasabi1_coordinator };
            let Answer::Suspected(found) = classify(&shape) else { panic!("its shape is JoinMarket's") };
            assert_eq!((found.rule, found.confidence), ("joinmarket-shape", 40));
        }
    }
}

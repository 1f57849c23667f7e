//! The balance of a `JoinMarket` round: which inputs belong to which change output, so that every maker's account is even.
//!
//! A maker takes out what it brought, plus a fee; so `mixed amount + its change - its inputs` is its fee: not negative,
//! and no more than a taker accepts. One participant, the taker, pays everybody and the miner, and gets what is left.
//! The search assigns to every change output the inputs of one maker, at most one change output to the taker, and
//! weighs all assignments by how surprising they would be if the inputs had nothing to do with it: a group of k among
//! N inputs that fits to within g units is one of about C(N, k)·(1 + g) chances.
//!
//! The groups of each change output come from [`Sums`], fewest coins first. The search takes the change output that
//! leaves the least choice, leaves out what cannot come within [`SPREAD`] of the best assignment even if every other
//! maker gets its cheapest group, and looks for larger groups among the inputs that are left once the small ones are
//! given away.

use smallvec::SmallVec;

use super::groups::Sums;

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
const MAX_GROUPS: usize = 1_000;
/// Steps of the search for the groups of all change outputs together, each of which may use an equal part of what those
/// before it left.
const GROUP_WORK: u32 = 1_500_000;
/// Inputs that are left when the search looks for groups among them again: 2^12 sums of each half.
const AGAIN: u32 = 24;
/// Groups looked at and links booked in the search for an assignment.
const ASSIGN_WORK: u32 = 1_500_000;
/// Assignments so much less likely than the best one, in bits, do not count.
const SPREAD: f64 = 8.0;
/// What the share of a link among the assignments seen is worth when there are others that were not looked at.
const UNFINISHED: f64 = 0.75;
/// Fees below about this many base units are equally likely, larger ones the less the larger they are.
const SMALL_FEE: f64 = 100.0;

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
    pub cost: f64,
    /// How many bits likelier the amounts are for this assignment than for change that has nothing to do with the inputs.
    pub evidence: f64,
    pub each: Vec<Link>,
}

#[derive(Clone, Copy)]
pub(super) struct Link {
    pub inputs: u64,
    pub percent: u8,
    pub taker: bool,
}

/// Inputs that a maker with one particular change may have brought.
#[derive(Clone, Copy)]
struct Group {
    inputs: u64,
    cost: f64,
}

/// What is known of one change output.
struct Slot {
    /// Least surprising first.
    groups: Vec<Group>,
    /// No group that is not among them costs less; infinite when these are all.
    beyond: f64,
    /// Sums of its owner's inputs.
    range: (u64, u64),
}

/// Highest fee of a maker that mixes this amount, base units.
pub(super) fn fee_limit(mixed: u64, flat: u64) -> u64 {
    (mixed / MAX_FEE_SHARE).max(flat)
}

/// How many bits likelier a change output is where it leaves its owner a fee than where it has nothing to do with the inputs:
/// then it is as likely in each doubling between the least and the largest of them.
#[expect(clippy::cast_precision_loss, reason = "a likelihood, not money")]
pub(super) fn as_fee_bits(fee: u64, limit: u64, change: u64, changes: &[u64]) -> f64 {
    let (least, most) =
        changes.iter().fold((u64::MAX, 1), |(least, most), &change| (least.min(change), most.max(change)));
    let doublings = 1.0 + (most as f64 / least.max(1) as f64).ln();
    let as_fee = 1.0 / ((fee as f64 + SMALL_FEE) * ((limit as f64 + SMALL_FEE) / SMALL_FEE).ln());
    let by_chance = 1.0 / (change.max(1) as f64 * doublings);
    (as_fee / by_chance).log2()
}

impl Problem<'_> {
    pub(super) fn solve(&self) -> Balance {
        let total = self.inputs.iter().try_fold(0_u64, |sum, &value| sum.checked_add(value));
        if self.inputs.len() > MAX_INPUTS || total.is_none() {
            return Balance::Undecided;
        }
        let slots = self.slots(&mut { GROUP_WORK });
        let mut search = Search::new(self, &slots);
        search.descend(search.start());
        if let Some(links) = search.links() {
            return Balance::Found(links);
        }
        if search.complete { Balance::Impossible } else { Balance::Undecided }
    }

    fn all(&self) -> u64 {
        u64::MAX >> (u64::BITS as usize - self.inputs.len())
    }

    fn limit(&self) -> u64 {
        fee_limit(self.mixed, self.flat)
    }

    /// The groups of every change output. Takes from `work` what it uses.
    fn slots(&self, work: &mut u32) -> Vec<Slot> {
        let ranges: Vec<(u64, u64)> = self
            .changes
            .iter()
            .map(|change| {
                // More than there is: nothing adds up to it.
                let most = change.checked_add(self.mixed).unwrap_or(0);
                (most.saturating_sub(self.limit()).max(1), most)
            })
            .collect();
        let most = ranges.iter().map(|range| range.1).max().unwrap_or(0);
        let sums = Sums::new(self.inputs, self.all(), most);
        let count = ranges.len();
        (0..)
            .zip(ranges)
            .map(|(number, range)| {
                let part = *work / (count - number) as u32;
                let mut left = part;
                let (groups, beyond) = self.groups(&sums, range, &mut left);
                *work -= part - left;
                Slot { groups, beyond, range }
            })
            .collect()
    }

    /// The groups that come into a range, likeliest first, and what others cost at least.
    fn groups(&self, sums: &Sums, range: (u64, u64), work: &mut u32) -> (Vec<Group>, f64) {
        let (found, complete) = sums.within(range, MAX_GROUPS, work);
        let largest = found.last().map_or(0, |(_, inputs)| inputs.count_ones() as usize);
        let count = self.inputs.len();
        let mut groups: Vec<Group> = found
            .into_iter()
            .map(|(sum, inputs)| {
                let cost = surprise(count, inputs.count_ones() as usize, range.1 - sum);
                Group { inputs, cost }
            })
            .collect();
        groups.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let beyond = if complete { f64::INFINITY } else { surprise(count, (largest + 1).min(count), 0) };
        (groups, beyond)
    }
}

/// Bits of surprise at a group of `size` among `inputs` that fits to within `gap`.
#[expect(clippy::cast_precision_loss, reason = "a likelihood, not money")]
fn surprise(inputs: usize, size: usize, gap: u64) -> f64 {
    choices(inputs, size) + (1.0 + gap as f64).log2()
}

/// log2 of the number of ways to choose some of several.
#[expect(clippy::cast_precision_loss, reason = "a likelihood, not money")]
fn choices(of: usize, some: usize) -> f64 {
    (0..some).map(|at| ((of - at) as f64 / (at + 1) as f64).log2()).sum()
}

/// A step of the search: what is given away, and what is not.
#[derive(Clone, Copy)]
struct Node {
    /// Change outputs whose owner is not decided.
    open: u64,
    /// Inputs that are given away.
    used: u64,
    cost: f64,
    taker: Option<usize>,
}

/// The search for assignments of groups to change outputs.
struct Search<'a> {
    problem: &'a Problem<'a>,
    slots: &'a [Slot],
    /// Whether one change output is the taker's.
    taker_has_change: bool,
    all: u64,
    chosen: Vec<u64>,
    /// The best assignment so far, the first of equals, and its taker.
    likeliest: (Vec<u64>, Option<usize>),
    /// For each change output, the groups it was given with the weights of those assignments.
    weights: Vec<Vec<(u64, f64)>>,
    taker_weight: Vec<f64>,
    total: f64,
    best: f64,
    /// Whether everything was looked at that is not too surprising.
    complete: bool,
    /// Groups that may still be looked at, and links that may be booked.
    work: u32,
}

impl<'a> Search<'a> {
    fn new(problem: &'a Problem<'a>, slots: &'a [Slot]) -> Self {
        let changes = problem.changes.len();
        Self {
            problem,
            slots,
            taker_has_change: changes == problem.people,
            all: problem.all(),
            chosen: vec![0; changes],
            likeliest: (Vec::new(), None),
            weights: vec![Vec::new(); changes],
            taker_weight: vec![0.0; changes],
            total: 0.0,
            best: f64::INFINITY,
            complete: true,
            work: ASSIGN_WORK,
        }
    }

    fn start(&self) -> Node {
        let open = u64::MAX.checked_shr(u64::BITS - self.slots.len() as u32).unwrap_or(0);
        Node { open, used: 0, cost: 0.0, taker: None }
    }

    fn descend(&mut self, node: Node) {
        if self.work == 0 {
            self.complete = false;
            return;
        }
        if node.open == 0 {
            if node.taker.is_some() == self.taker_has_change && node.used != self.all {
                self.book(&node);
            }
            return;
        }
        let Some((change, least)) = self.next_change(&node) else { return };
        let open = node.open & !(1 << change);
        let free = self.all & !node.used;
        let may_take = self.taker_has_change && node.taker.is_none();
        // What the others cost at least; the taker, if it is one of them, costs nothing.
        let room = self.best + SPREAD - least;
        let others;
        let slots = self.slots;
        let mut groups = &slots[change].groups;
        if slots[change].beyond.is_finite() {
            if free.count_ones() <= AGAIN {
                let sums = Sums::new(self.problem.inputs, free, slots[change].range.1);
                self.work = self.work.saturating_sub(sums.len());
                let beyond;
                (others, beyond) = self.problem.groups(&sums, slots[change].range, &mut self.work);
                self.complete &= beyond == f64::INFINITY;
                groups = &others;
            } else {
                self.complete = false;
            }
        }
        for group in groups {
            self.work = self.work.saturating_sub(1);
            if group.inputs & !free == 0 {
                if group.cost > room {
                    break;
                }
                self.chosen[change] = group.inputs;
                let (cost, used) = (node.cost + group.cost, node.used | group.inputs);
                self.descend(Node { open, used, cost, taker: node.taker });
            }
        }
        if may_take {
            self.descend(Node { open, taker: Some(change), ..node });
        }
    }

    /// The change output to decide next, that with the least choice, and what an assignment that goes on from here costs
    /// at least without it. `None` when nothing can come of it.
    fn next_change(&mut self, node: &Node) -> Option<(usize, f64)> {
        let may_take = self.taker_has_change && node.taker.is_none();
        // Each with what its cheapest group costs, and what it costs not to give it that.
        let mut open: SmallVec<[(usize, f64, f64); 32]> = SmallVec::new();
        for change in (0..self.slots.len()).filter(|change| node.open >> change & 1 == 1) {
            let slot = &self.slots[change];
            let mut free = slot.groups.iter().enumerate().filter(|(_, group)| group.inputs & node.used == 0);
            let (first, second) = (free.next(), free.next());
            let seen = second.or(first).map_or(slot.groups.len(), |(at, _)| at);
            self.work = self.work.saturating_sub(1 + seen as u32);
            let [first, second] = [first, second]
                .map(|group| group.map_or(slot.beyond, |(_, group)| group.cost.min(slot.beyond)));
            // Those whose groups are not all known come last.
            let regret = if slot.beyond.is_finite() { -first } else { second - first };
            open.push((change, first, regret));
        }
        // Who can have no group is the taker.
        let mut dead = open.iter().filter(|(_, cheapest, _)| cheapest.is_infinite());
        if let Some(&(change, ..)) = dead.next() {
            return (may_take && dead.next().is_none()).then_some((change, f64::INFINITY));
        }
        let &(change, ..) = open.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
        let others = || open.iter().filter(|(other, ..)| *other != change).map(|(_, cheapest, _)| *cheapest);
        let spared = if may_take { others().fold(0.0, f64::max) } else { 0.0 };
        let least = node.cost + others().sum::<f64>() - spared;
        (least <= self.best + SPREAD).then_some((change, least))
    }

    /// One complete assignment; the taker's are the inputs that are left.
    fn book(&mut self, node: &Node) {
        let weight = (-node.cost).exp2();
        self.total += weight;
        if let Some(taker) = node.taker {
            self.chosen[taker] = self.all & !node.used;
            self.taker_weight[taker] += weight;
        }
        if node.cost < self.best {
            self.best = node.cost;
            self.likeliest.0.clone_from(&self.chosen);
            self.likeliest.1 = node.taker;
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
        let trust = if self.complete { 1.0 } else { UNFINISHED };
        let share = |weights: &[(u64, f64)], inputs| {
            let weight: f64 = weights.iter().filter(|(other, _)| *other == inputs).map(|(_, sum)| sum).sum();
            percent(trust * weight / self.total)
        };
        let parts = self.weights.iter().zip(&self.taker_weight).zip(&self.likeliest.0);
        let links = parts.map(|((weights, taker), &inputs)| Link {
            inputs,
            percent: share(weights, inputs),
            taker: *taker * 2.0 > self.total,
        });
        Some(Links { cost: self.best, evidence: self.evidence(), each: links.collect() })
    }

    /// How many bits likelier the amounts are if the best assignment is true than if change has nothing to do with the
    /// inputs: then a change output is as likely in each doubling between the least and the largest of them. The
    /// assignment has to pay for being one of many: inputs fall to people in any numbers, and in any way.
    #[expect(clippy::cast_precision_loss, reason = "a likelihood, not money")]
    fn evidence(&self) -> f64 {
        let Problem { inputs, mixed, people, changes, .. } = *self.problem;
        let (likeliest, taker) = &self.likeliest;
        let limit = self.problem.limit();
        let mut left = inputs.len();
        let mut bits = -choices(left - 1, people - 1);
        if taker.is_some() {
            bits -= (people as f64).log2();
        }
        let mut seen: Vec<u64> = Vec::new();
        for (at, (&group, &change)) in likeliest.iter().zip(changes).enumerate() {
            if *taker == Some(at) {
                continue;
            }
            let size = group.count_ones() as usize;
            bits -= choices(left, size);
            left -= size;
            // Change of the same amount as another's may be of one cause.
            if seen.contains(&change) {
                continue;
            }
            seen.push(change);
            let brought: u64 = (0..inputs.len()).filter(|at| group >> at & 1 == 1).map(|at| inputs[at]).sum();
            bits += as_fee_bits(change + mixed - brought, limit, change, changes);
        }
        bits
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
    use crate::coinjoin::{Answer, Coin, TxShape, When, classify};

    const MIXED: u64 = 100_000_000;

    /// 64 inputs of about `each`, and the change of 32 people.
    fn crowd(each: u64) -> (Vec<u64>, Vec<u64>) {
        ((0..64).map(|n| each + n * 1_009).collect(), (0..32).map(|n| 20_200_000 + n * 97).collect())
    }

    #[test]
    fn a_market_of_countless_fits_costs_a_bounded_search() {
        // Four inputs pay a maker's part in 635,376 ways, two in 2,016.
        for each in [30_000_000, 60_000_000] {
            let (inputs, changes) = crowd(each);
            let (people, flat) = (changes.len(), FEE_LIMITS[0]);
            let problem = Problem { inputs: &inputs, mixed: MIXED, people, changes: &changes, flat };
            let mut work = GROUP_WORK;
            let slots = problem.slots(&mut work);
            assert!(slots.iter().all(|slot| slot.beyond.is_finite()), "{each}");
            let mut search = Search::new(&problem, &slots);
            search.descend(search.start());
            assert!(!search.complete, "{each}");
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

    #[test]
    fn makers_with_many_coins_are_found_among_what_the_others_leave() {
        // Six makers of one coin, one of nine and a taker of three: 18 coins, and 48,620 groups of nine.
        let mut inputs: Vec<u64> = (0..6).map(|n| MIXED + 7_654_321 * (n + 1)).collect();
        inputs.extend((1..10_u64).map(|n| 11_111_111 + (n * 0x9e37_79b9) % 0x100_0000));
        inputs.extend([50_000_017, 60_000_029, 8_000_003]);
        let fees = [120, 0, 5_000, 900, 33, 777];
        let mut changes: Vec<u64> = inputs.iter().zip(fees).map(|(coin, fee)| coin + fee - MIXED).collect();
        let nine: u64 = inputs[6..15].iter().sum();
        changes.push(nine + 400 - MIXED);
        changes.push(inputs[15..].iter().sum::<u64>() - MIXED - 600_000);
        let problem =
            Problem { inputs: &inputs, mixed: MIXED, people: 8, changes: &changes, flat: FEE_LIMITS[0] };
        let Balance::Found(links) = problem.solve() else { panic!("it balances") };
        assert!(links.evidence > 20.0, "{}", links.evidence);
        let groups: Vec<u64> = links.each.iter().map(|link| link.inputs).collect();
        assert_eq!(groups, [1, 2, 4, 8, 16, 32, 0x1ff << 6, 7 << 15]);
        assert!(links.each[7].taker && links.each[..7].iter().all(|link| !link.taker));
    }
}

//! Who stands behind the mixes that a walk stopped at.
//!
//! A mix says who put money in and not whose came out. So what can be said of a named entity is a range: at least what the
//! others together did not bring, at most all it put in. What entered by way of another mix is a range of the same kind, and
//! counts for no least amount.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_ledger::{AddrNum, OutNum, Prev, TxNum, UtxoRows};

use super::{Exposures, Named, Question};
use crate::{
    taint::{Direction, Label, Method, Options, PropagationLimits, Seed, StopReason, Truncation, propagate},
    trace::{Entity, Known},
};

/// Base units below which nothing is followed behind a mix, whatever the question says: many small parts are one large one.
const LEAST: u128 = 546;

/// Money of the subjects that came out of a mix (forward: went into it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtMix {
    /// The mixing transaction.
    pub tx: TxNum,
    /// Base units.
    pub amount: u128,
    /// Transactions between it and the subjects.
    pub hop: u32,
}

/// A named entity that put money into mixes out of which the subjects' came (forward: that was paid out of mixes that the
/// subjects paid into).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub entity: Entity,
    /// One of its addresses.
    pub owner: AddrNum,
    /// A mix that it put money into.
    pub mix: TxNum,
    /// Base units of the subjects' money that are the entity's, whoever else owns what.
    pub least: u128,
    /// Base units of it that may be the entity's.
    pub most: u128,
}

/// What is known of the other side of mixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// Most first.
    pub parties: Vec<Party>,
    /// Base units of the subjects' money at mixes.
    pub amount: u128,
    /// Base units of it that may be of somebody who was not looked at: amounts are missing, or a limit on work ended the search.
    pub unseen: u128,
    /// Base units of it that may be of somebody further away than the limit on hops.
    pub beyond_hops: u128,
}

/// Looks behind the mixes at which `found` ended. As many transactions are read as the question's limits allow, once more.
pub fn behind<R: UtxoRows>(
    ledger: &R,
    question: &Question<'_>,
    found: &Exposures,
    known: &dyn Known<R>,
) -> Behind {
    let mut walk = Walk {
        ledger,
        question,
        known,
        left: question.limits.txs,
        waiting: BTreeMap::new(),
        parties: BTreeMap::new(),
        told: Behind::default(),
    };
    for at in &found.mixes {
        walk.told.amount += at.amount;
        walk.wait(at.tx, Waiting { certain: at.amount, amount: at.amount, hop: at.hop });
    }
    while let Some((tx, waiting)) = walk.next() {
        walk.look(tx, waiting);
    }
    let Walk { parties, mut told, .. } = walk;
    told.unseen = told.unseen.min(told.amount);
    told.beyond_hops = told.beyond_hops.min(told.amount);
    told.parties = parties.into_values().collect();
    for party in &mut told.parties {
        party.most = party.most.min(told.amount);
        party.least = party.least.min(party.most);
    }
    told.parties.sort_by(|a, b| (b.most, b.least, &a.entity).cmp(&(a.most, a.least, &b.entity)));
    told
}

/// The subjects' money at a mix.
#[derive(Clone, Copy, Default)]
struct Waiting {
    /// Base units of which it is certain.
    certain: u128,
    /// Base units at most.
    amount: u128,
    hop: u32,
}

struct Walk<'a, R> {
    ledger: &'a R,
    question: &'a Question<'a>,
    known: &'a dyn Known<R>,
    /// Transactions that may still be read.
    left: usize,
    waiting: BTreeMap<TxNum, Waiting>,
    parties: BTreeMap<Entity, Party>,
    told: Behind,
}

/// What entered a mix (forward: left it).
#[derive(Default)]
struct Other {
    named: BTreeMap<Entity, (u128, AddrNum)>,
    mixes: BTreeMap<TxNum, (u128, u32)>,
    unseen: u128,
    beyond_hops: u128,
}

impl<R: UtxoRows> Walk<'_, R> {
    fn wait(&mut self, tx: TxNum, more: Waiting) {
        let waiting = self.waiting.entry(tx).or_insert(Waiting { hop: more.hop, ..Waiting::default() });
        waiting.certain += more.certain;
        waiting.amount += more.amount;
        waiting.hop = waiting.hop.min(more.hop);
    }

    /// The mix nearest to the subjects in time: what leads to it is known by then.
    fn next(&mut self) -> Option<(TxNum, Waiting)> {
        match self.question.direction {
            Direction::Backward => self.waiting.pop_last(),
            Direction::Forward => self.waiting.pop_first(),
        }
    }

    fn look(&mut self, tx: TxNum, at: Waiting) {
        let amount = at.amount.min(self.told.amount);
        let Some(other) = self.other_side(tx, at.hop) else {
            self.told.unseen += amount;
            return;
        };
        let brought = self.brought(tx);
        for (entity, (put, owner)) in other.named {
            let most = amount.min(put);
            let least = brought.map_or(0, |brought| (at.certain + put).saturating_sub(brought)).min(most);
            let party = self.parties.entry(entity.clone()).or_insert(Party {
                entity,
                owner,
                mix: tx,
                least: 0,
                most: 0,
            });
            party.least += least;
            party.most += most;
        }
        self.told.unseen += amount.min(other.unseen);
        self.told.beyond_hops += amount.min(other.beyond_hops);
        for (mix, (through, hop)) in other.mixes {
            let more = Waiting { certain: 0, amount: amount.min(through), hop: at.hop + 1 + hop };
            // A walk goes one way in time, so that a mix is never come to again.
            self.wait(mix, more);
        }
    }

    /// What all inputs of a transaction hold, where that is known.
    fn brought(&self, tx: TxNum) -> Option<u128> {
        let view = self.ledger.tx(tx)?;
        self.ledger.inputs(&view).map(|input| self.ledger.input_value(&input).map(u128::from)).sum()
    }

    /// Who put how much into a mix; nothing where that was not looked at.
    fn other_side(&mut self, tx: TxNum, hop: u32) -> Option<Other> {
        let limits = self.question.limits;
        let view = self.ledger.tx(tx)?;
        let backward = self.question.direction == Direction::Backward;
        let count = if backward { view.input_count } else { view.output_count };
        self.left = self.left.checked_sub(1)?;
        if count > limits.fan_out {
            return None;
        }
        let mut other = Other::default();
        let mut seeds = Vec::new();
        let mut coin = |owner: Option<AddrNum>, value: u64, out: Option<OutNum>| {
            let subjects: &BTreeSet<AddrNum> = self.question.subjects;
            let entity = owner.and_then(|owner| self.known.entity(owner)).filter(|entity| !entity.is_hint());
            match (owner, entity, out) {
                (Some(owner), _, _) if subjects.contains(&owner) => {}
                (Some(owner), Some(entity), _) => {
                    other.named.entry(entity).or_insert((0, owner)).0 += u128::from(value);
                }
                (_, _, Some(out)) => seeds.push(Seed { out, label: Label(0) }),
                (_, _, None) => other.unseen += u128::from(value),
            }
        };
        let mut missing = false;
        if backward {
            for input in self.ledger.inputs(&view) {
                let out = if let Prev::Output(out) = input.prev { Some(out) } else { None };
                match self.ledger.input_value(&input) {
                    Some(value) => coin(self.ledger.input_owner(&input), value, out),
                    None => missing = true,
                }
            }
        } else {
            for output in self.ledger.outputs(&view).filter(|output| output.owner.is_some()) {
                coin(output.owner, output.value, Some(output.num));
            }
        }
        if missing {
            other.unseen = u128::MAX;
        }
        let limits = PropagationLimits {
            hops: limits.hops.saturating_sub(hop + 1),
            dust: limits.dust.min(LEAST),
            txs: self.left,
            ..limits
        };
        if !seeds.is_empty() {
            self.follow(&seeds, limits, &mut other);
        }
        Some(other)
    }

    fn follow(&mut self, seeds: &[Seed], limits: PropagationLimits, other: &mut Other) {
        let Question { direction, subjects, .. } = *self.question;
        let options = Options { direction, method: Method::Haircut, through_mixes: false, limits };
        let stops = Named { known: self.known, subjects };
        let Ok(found) = propagate(self.ledger, seeds, options, &stops) else {
            other.unseen = u128::MAX;
            return;
        };
        self.left = self.left.saturating_sub(found.steps.len());
        for end in &found.ends {
            let amount = end.holding.dirty_all();
            match end.reason {
                StopReason::ReachedService => {
                    let Some(owner) = end.owner.filter(|owner| !subjects.contains(owner)) else { continue };
                    let Some(entity) = self.known.entity(owner) else { continue };
                    other.named.entry(entity).or_insert((0, owner)).0 += amount;
                }
                StopReason::Mixed(tx) => {
                    let mix = other.mixes.entry(tx).or_insert((0, end.hop));
                    *mix = (mix.0 + amount, mix.1.min(end.hop));
                }
                StopReason::UnknownInputs(_)
                | StopReason::NotFetched
                | StopReason::Truncated(Truncation::FanOut | Truncation::Work) => {
                    other.unseen = other.unseen.saturating_add(amount);
                }
                StopReason::Truncated(Truncation::Hops) => other.beyond_hops += amount,
                // The rest belongs to nobody whom anybody names.
                StopReason::Truncated(Truncation::Dust | Truncation::Share | Truncation::Seed)
                | StopReason::Unspent
                | StopReason::Unspendable
                | StopReason::Destroyed(_)
                | StopReason::Coinbase(_) => {}
            }
        }
    }
}

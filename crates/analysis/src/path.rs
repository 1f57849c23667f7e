//! Ways from one owner to another: those without a mix and through no service first, then the shortest, and of equally short
//! ones the widest.
//!
//! In a mix, and at a service that keeps its customers' coins as one, everybody who paid in has a way to everybody who was
//! paid out: what is theirs there the chain does not say. Such a way is told as one that is *pooled*.
//!
//! Transactions only spend earlier ones, so outputs form a graph without cycles whose order is the ledger's own: going
//! through it once in time order, with the best `k` pooled ways and the best `k` others kept at each output, finds
//! the `k` best to every output. A way's length is its transactions, its width the smallest output it passes through: no more
//! than that can have gone this way.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

mod cut;

pub use cut::most_by_all;
use tracehound_ledger::{AddrNum, OutNum, Prev, TxNum, TxView, UtxoRows};

use crate::{
    taint::Mix,
    trace::{Entity, Known},
};

/// How much work a search may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathLimits {
    /// Ways to find.
    pub count: usize,
    /// Most transactions in a way.
    pub hops: u32,
    /// Outputs below this many base units are no way.
    pub dust: u64,
    /// Transactions looked at in all.
    pub txs: usize,
    /// Outputs above which a transaction is not gone through: a service's payout leads to everybody.
    pub fan_out: u32,
}

impl Default for PathLimits {
    fn default() -> Self {
        Self { count: 3, hops: 20, dust: 546, txs: 200_000, fan_out: 500 }
    }
}

/// A way from one owner to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The outputs passed through, from one of the first owner to one of the second.
    pub outputs: Vec<OutNum>,
    /// The transactions between them, one fewer.
    pub txs: Vec<TxNum>,
    /// What kind of mix each of the transactions is, where it is one: through it everybody in it has a way to everybody.
    pub mixes: Vec<Option<Mix>>,
    /// For each of the outputs whether it is a service's on the way: of another than those at its ends.
    pub services: Vec<bool>,
    /// The smallest of the outputs, base units.
    pub width: u64,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Best first.
    pub ways: Vec<Way>,
    /// Transactions looked at.
    pub txs: usize,
    /// Outputs that were not gone through because they hold less than the limit on dust; it cuts nothing.
    pub below_dust: usize,
    /// Whether any other limit truncated the search: there may be others, or one where none was found.
    pub truncated: bool,
}

/// A way so far, shared by all that go on from it.
struct Link {
    out: OutNum,
    hops: u32,
    width: u64,
    /// Whether the output is a service's on the way.
    service: bool,
    /// Whether a mix is among its transactions, or such a service among its outputs.
    pooled: bool,
    before: Option<(TxNum, Option<Mix>, Rc<Link>)>,
}

impl Link {
    /// Those that are not pooled before those that are, shorter before longer, wider before narrower, earlier before later.
    fn rank(&self) -> (bool, u32, Reverse<u64>, OutNum) {
        (self.pooled, self.hops, Reverse(self.width), self.out)
    }
}

/// Keeps the best pooled ways and the best others: one of these may be cut by the limit on hops later.
fn keep(links: &mut Vec<Rc<Link>>, count: usize) {
    links.sort_by_key(|link| link.rank());
    let clean = links.partition_point(|link| !link.pooled);
    links.truncate(clean.saturating_add(count));
    links.drain(count.min(clean)..clean);
}

/// Finds the best ways from any output of `from` (the addresses of one owner) to any output of `to`, not passing through
/// either in between. `known` says which transactions mix, and who is a service.
///
/// O(rows of the transactions looked at × count).
pub fn ways<R: UtxoRows>(
    ledger: &R,
    from: &BTreeSet<AddrNum>,
    to: &BTreeSet<AddrNum>,
    limits: PathLimits,
    known: &dyn Known<R>,
) -> Ways {
    let mut search = Search {
        ledger,
        known,
        from,
        to,
        limits,
        ends: from.union(to).filter_map(|&owner| known.entity(owner)).collect(),
        waiting: BTreeMap::new(),
        arrived: Vec::new(),
        found: Ways::default(),
    };
    for &owner in from {
        let (activity, cut) = ledger.activity(owner, limits.txs);
        search.found.truncated |= cut;
        for out in activity.received {
            let Some(output) = ledger.output(out) else { continue };
            if output.value < limits.dust {
                search.found.below_dust += 1;
                continue;
            }
            let link =
                Link { out, hops: 0, width: output.value, service: false, pooled: false, before: None };
            search.go_on(Rc::new(link), output.spent_by);
        }
    }
    search.run();
    search.arrived.sort_by_key(|link| link.rank());
    search.found.ways = search.arrived.iter().take(limits.count).map(unroll).collect();
    search.found
}

struct Search<'a, R> {
    ledger: &'a R,
    known: &'a dyn Known<R>,
    from: &'a BTreeSet<AddrNum>,
    to: &'a BTreeSet<AddrNum>,
    limits: PathLimits,
    /// Who they begin at and lead to.
    ends: Vec<Entity>,
    /// Ways that lead into a transaction, by transaction: all of an earlier one's are known before it is looked at.
    waiting: BTreeMap<TxNum, Vec<Rc<Link>>>,
    arrived: Vec<Rc<Link>>,
    found: Ways,
}

impl<R: UtxoRows> Search<'_, R> {
    fn go_on(&mut self, link: Rc<Link>, spender: Option<TxNum>) {
        let Some(tx) = spender else { return };
        if link.hops >= self.limits.hops {
            self.found.truncated = true;
            return;
        }
        self.waiting.entry(tx).or_default().push(link);
    }

    fn run(&mut self) {
        while let Some((tx, mut links)) = self.waiting.pop_first() {
            if self.found.txs >= self.limits.txs {
                self.found.truncated = true;
                return;
            }
            self.found.txs += 1;
            keep(&mut links, self.limits.count);
            self.through(tx, &links);
        }
    }

    /// Whether an owner is a service, and at neither end of the way.
    fn is_another_service(&self, owner: AddrNum) -> bool {
        let entity = self.known.entity(owner);
        entity.is_some_and(|entity| entity.is_service() && !self.ends.contains(&entity))
    }

    fn through(&mut self, tx: TxNum, links: &[Rc<Link>]) {
        let Some(view) = self.ledger.tx(tx) else { return };
        let crowded = view.output_count > self.limits.fan_out;
        self.found.truncated |= crowded;
        let mix = self.known.mix(self.ledger, (&view).into());
        for output in self.ledger.outputs(&view) {
            let Some(owner) = output.owner.filter(|owner| !self.from.contains(owner)) else { continue };
            let there = self.to.contains(&owner);
            if output.value < self.limits.dust {
                self.found.below_dust += 1;
                continue;
            }
            if crowded && !there {
                continue;
            }
            let goes_on = !there && output.spent_by.is_some();
            let service = goes_on && self.is_another_service(owner);
            for link in links {
                let next = Rc::new(Link {
                    out: output.num,
                    hops: link.hops + 1,
                    width: link.width.min(output.value),
                    service,
                    pooled: link.pooled || mix.is_some() || service,
                    before: Some((tx, mix, Rc::clone(link))),
                });
                if there { self.arrived.push(next) } else { self.go_on(next, output.spent_by) }
            }
        }
        // Only the best count; keep the list short on the way.
        if self.arrived.len() > self.limits.count * 64 {
            self.arrived.sort_by_key(|link| link.rank());
            self.arrived.truncate(self.limits.count);
        }
    }
}

fn unroll(link: &Rc<Link>) -> Way {
    let (mut outputs, mut services) = (vec![link.out], vec![link.service]);
    let (mut txs, mut mixes, mut at) = (Vec::new(), Vec::new(), link);
    while let Some((tx, mix, before)) = &at.before {
        txs.push(*tx);
        mixes.push(*mix);
        outputs.push(before.out);
        services.push(before.service);
        at = before;
    }
    outputs.reverse();
    txs.reverse();
    mixes.reverse();
    services.reverse();
    Way { outputs, txs, mixes, services, width: link.width }
}

/// Whether a way is one: each transaction spends the output before it and makes the one after it.
pub fn is_way(ledger: &impl UtxoRows, way: &Way) -> bool {
    way.outputs.len() == way.txs.len() + 1
        && way.txs.iter().zip(way.outputs.windows(2)).all(|(&tx, ends)| {
            let spends = |view: &TxView| ledger.inputs(view).any(|input| input.prev == Prev::Output(ends[0]));
            ledger.tx(tx).is_some_and(|view| spends(&view))
                && ledger.tx_of_output(ends[1]).is_some_and(|(maker, _)| maker == tx)
        })
}

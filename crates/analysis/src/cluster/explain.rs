//! Why two addresses are in one cluster: the transactions that joined them.

use std::collections::{HashMap, VecDeque};

use tracehound_ledger::{AddrNum, TxNum};

use super::{Edge, sets::Marks};

/// One transaction that spends coins of two addresses together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The transaction.
    pub tx: TxNum,
    /// The address before it on the way.
    pub from: AddrNum,
    /// The address after it.
    pub to: AddrNum,
}

/// The way from `a` to `b` over spanning edges inside one cluster; empty if they are the same address, `None` if there
/// is no way. The edges make a tree, so there is at most one.
pub(super) fn path(edges: &[Edge], cluster: &Marks, a: AddrNum, b: AddrNum) -> Option<Vec<Step>> {
    if a == b {
        return Some(Vec::new());
    }
    let mut beside: Vec<(u32, u32, u32)> = edges
        .iter()
        .filter(|edge| cluster.has(edge.a))
        .flat_map(|edge| [(edge.a, edge.b, edge.tx), (edge.b, edge.a, edge.tx)])
        .collect();
    beside.sort_unstable();
    // From the end, so that what was come from is the way in the right order.
    let mut came_from: HashMap<u32, (u32, u32)> = HashMap::from([(b.0, (b.0, 0))]);
    let mut queue = VecDeque::from([b.0]);
    while let Some(at) = queue.pop_front() {
        if at == a.0 {
            return Some(steps(&came_from, a.0, b.0));
        }
        let first = beside.partition_point(|&(own, _, _)| own < at);
        for &(_, other, tx) in beside[first..].iter().take_while(|&&(own, _, _)| own == at) {
            came_from.entry(other).or_insert_with(|| {
                queue.push_back(other);
                (at, tx)
            });
        }
    }
    None
}

fn steps(came_from: &HashMap<u32, (u32, u32)>, a: u32, b: u32) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut at = a;
    while at != b {
        let (next, tx) = came_from[&at];
        match steps.last_mut() {
            // All inputs of a transaction hang on one of them: two edges of it in a row are one step.
            Some(last) if last.tx.0 == tx => last.to = AddrNum(next),
            _ => steps.push(Step { tx: TxNum(tx), from: AddrNum(at), to: AddrNum(next) }),
        }
        at = next;
    }
    steps
}

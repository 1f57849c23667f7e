//! The shortest ways by which an asset went from one account to another, each movement later than the one before.
//!
//! Layer by layer: of each balance the first moment counts at which it can be reached by so many movements. An asset that a contract
//! changes into another is another asset: no way leads through there.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_transfers::{AccountNum, Balance, TransferNum, TransferRows};

/// How much work a search may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountPathLimits {
    /// Ways that are wanted.
    pub count: usize,
    /// Movements on a way, at most.
    pub hops: u32,
    /// Assets of the first account that are looked at.
    pub assets: usize,
    /// Movements looked at in all.
    pub transfers: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountWays {
    /// The movements of each way, in order; shorter before longer, then earlier before later.
    pub ways: Vec<Vec<TransferNum>>,
    /// Movements looked at.
    pub transfers: usize,
    /// Whether a limit other than that on ways cut the search.
    pub truncated: bool,
}

/// How a balance was reached first: by which movement, and out of which balance.
type Reached = BTreeMap<Balance, (TransferNum, Balance)>;

/// Looks for ways from one account to another. `ends` says at whom value is not followed further; `counts` whether a movement
/// says something about whoever it is said to go from.
pub fn account_ways(
    rows: &dyn TransferRows,
    from: AccountNum,
    to: AccountNum,
    limits: AccountPathLimits,
    ends: &dyn Fn(AccountNum) -> bool,
    counts: &dyn Fn(TransferNum) -> bool,
) -> AccountWays {
    let mut found = AccountWays::default();
    let (assets, more) = rows.assets_of(from, limits.assets);
    found.truncated |= more;
    // What the first account has, it may have had from the beginning.
    let start = |asset| (Balance { account: from, asset }, TransferNum(0));
    let mut frontier: BTreeMap<Balance, TransferNum> = assets.into_iter().map(start).collect();
    let mut layers: Vec<Reached> = Vec::new();
    let mut earliest: BTreeMap<Balance, TransferNum> = frontier.clone();
    while found.ways.len() < limits.count && !frontier.is_empty() {
        if layers.len() >= limits.hops as usize {
            found.truncated = true;
            break;
        }
        let (mut reached, mut arrivals) = (Reached::new(), BTreeSet::new());
        for (&balance, &since) in &frontier {
            let mut at = since;
            while let Some(num) = rows.next(balance, at) {
                if found.transfers >= limits.transfers {
                    found.truncated = true;
                    break;
                }
                found.transfers += 1;
                at = TransferNum(num.0 + 1);
                let Some(transfer) = rows.transfer(num) else { continue };
                let leaves = transfer.source() == Some(balance) && transfer.to != transfer.from;
                let Some(target) = transfer.target().filter(|_| leaves && !transfer.amount.is_zero()) else {
                    continue;
                };
                if !counts(num) {
                    continue;
                }
                if target.account == to {
                    arrivals.insert((num, balance));
                } else if !ends(target.account) && earliest.get(&target).is_none_or(|&before| num < before) {
                    earliest.insert(target, num);
                    reached.insert(target, (num, balance));
                }
            }
        }
        for (num, balance) in arrivals {
            if found.ways.len() < limits.count {
                found.ways.push(way(&layers, balance, num));
            }
        }
        frontier = reached.iter().map(|(&target, &(num, _))| (target, TransferNum(num.0 + 1))).collect();
        layers.push(reached);
    }
    found
}

/// The movements to the last one, which leaves `balance`.
fn way(layers: &[Reached], balance: Balance, last: TransferNum) -> Vec<TransferNum> {
    let (mut movements, mut at) = (vec![last], balance);
    for layer in layers.iter().rev() {
        let Some(&(num, before)) = layer.get(&at) else { break };
        movements.push(num);
        at = before;
    }
    movements.reverse();
    movements
}

//! Who signed transactions together with somebody, and with these, and so on.
//!
//! The inputs of a transaction are usually one owner's, unless it mixes the coins of several
//! (Meiklejohn et al., "A Fistful of Bitcoins", 2013). This walks from one owner without a pass over the ledger; what a whole
//! ledger comes to is [`Clusters`](crate::cluster::Clusters).

use std::collections::{BTreeMap, BTreeSet};

use tracehound_ledger::{AddrNum, TxNum, UtxoRows};

use crate::counterparties::tx_parties;

/// How far to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Owners, beside those it begins with.
    pub owners: usize,
    /// Outputs of each owner that are looked at, oldest first.
    pub outputs: usize,
    /// Inputs plus outputs read over all transactions.
    pub rows: usize,
    /// Ignore blocks after this time, seconds since 1970-01-01 UTC.
    pub until: u32,
}

/// How an owner was come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The transaction that it signed together with one before it.
    pub tx: TxNum,
    /// Transactions between it and those that the walk began with.
    pub steps: u32,
}

/// What a transaction says of those who signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// Nothing: it mixes the coins of several.
    Apart,
    /// It may join them: they are come to, and it leads no further.
    Perhaps,
    /// It joins them.
    Together,
}

/// Who signs together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signers {
    /// Those come to, but for those that the walk began with.
    pub owners: BTreeMap<AddrNum, Signer>,
    /// Whether a limit ended it.
    pub cut: bool,
}

/// Walks from `subjects` over the transactions that `joint` says join those who sign them, nearest first, and through no owner whom
/// `ends` names. O(rows of the transactions of the owners come to), within the limits.
pub fn signers<R: UtxoRows>(
    ledger: &R,
    subjects: &BTreeSet<AddrNum>,
    limits: Limits,
    joint: &dyn Fn(TxNum) -> Joint,
    ends: &dyn Fn(AddrNum) -> bool,
) -> Signers {
    let mut found = Signers::default();
    let mut seen: BTreeSet<TxNum> = BTreeSet::new();
    let mut rows_left = limits.rows;
    let mut next: Vec<AddrNum> = subjects.iter().copied().collect();
    let mut steps = 0;
    while !next.is_empty() {
        steps += 1;
        let mut after = Vec::new();
        for owner in next {
            let (activity, cut) = ledger.activity(owner, limits.outputs);
            found.cut |= cut;
            let spends = activity.received.iter().filter_map(|&out| ledger.output(out)?.spent_by);
            let missing = activity.spent_missing.iter().filter_map(|&input| ledger.tx_of_input(input));
            for tx in spends.chain(missing).collect::<BTreeSet<_>>() {
                let in_time = ledger.block_of(tx).is_some_and(|block| block.header.time() <= limits.until);
                if !in_time || !seen.insert(tx) {
                    continue;
                }
                let Some(parties) = tx_parties(ledger, tx) else { continue };
                let Some(left) = rows_left.checked_sub(parties.rows) else {
                    found.cut = true;
                    return found;
                };
                rows_left = left;
                let joint = if parties.inputs.len() < 2 { Joint::Apart } else { joint(tx) };
                // What may have joined strangers once is no way to somebody else's partners.
                if joint == Joint::Apart || joint == Joint::Perhaps && steps > 1 {
                    continue;
                }
                for &other in parties.inputs.keys().flatten() {
                    if subjects.contains(&other) || found.owners.contains_key(&other) {
                        continue;
                    }
                    if found.owners.len() >= limits.owners {
                        found.cut = true;
                        return found;
                    }
                    found.owners.insert(other, Signer { tx, steps });
                    if joint == Joint::Together && !ends(other) {
                        after.push(other);
                    }
                }
            }
        }
        next = after;
    }
    found
}

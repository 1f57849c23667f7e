//! Rows of all that was fetched of a case.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_transfers::{MemoryTransfers, Opening};

use super::{CaseError, CaseTip, Fetched};

/// Rows of a case, ready to be asked.
#[derive(Debug)]
pub struct CaseRows {
    /// Blocks that hold a movement of somebody who was fetched, and nothing else.
    pub rows: MemoryTransfers,
    /// Accounts of which all is known that their server tells.
    pub whole: BTreeSet<Address>,
    /// The earliest of the last blocks that were told when an account was fetched: up to it all of them are known.
    pub tip: Option<CaseTip>,
    /// SHA-256 of what was fetched, hexadecimal.
    pub digest: String,
}

/// A transaction put together from the answers about several accounts.
struct Tx {
    time: u64,
    index: Option<u64>,
    movements: Vec<Movement>,
    /// Whether no single answer told all of its movements, so that nobody told their order.
    is_mixed: bool,
}

/// Movements of a transaction that are put into an order at most.
const ORDERED: usize = 256;

pub(super) fn of(chain: Chain, fetched: &[&Fetched], as_of: Option<u64>) -> Result<CaseRows, CaseError> {
    let tip = fetched.iter().filter(|own| !own.is_tx()).map(|own| own.tip).min_by_key(|tip| tip.height);
    let tip = tip.or_else(|| fetched.iter().map(|own| own.tip).max_by_key(|tip| tip.height));
    let mut txs: BTreeMap<(u64, [u8; 32]), Tx> = BTreeMap::new();
    let mut hasher = Sha256::new();
    // One that stood in another block before a reorganisation stands where it was seen last.
    let mut places: HashMap<[u8; 32], (Timestamp, u64)> = HashMap::new();
    for own in fetched {
        for told in &own.txs {
            let place = places.entry(told.hash).or_insert((own.at, told.block));
            *place = (*place).max((own.at, told.block));
        }
    }
    for own in fetched {
        hasher.update(serde_json::to_vec(own).expect("text and numbers become JSON"));
        for told in &own.txs {
            // Behind the block that all were asked for up to, some would be known and others not.
            let is_there = places.get(&told.hash).is_some_and(|place| place.1 == told.block)
                && tip.is_none_or(|tip| told.block <= tip.height);
            if !is_there || as_of.is_some_and(|moment| told.time > moment) {
                continue;
            }
            let tx = txs.entry((told.block, told.hash)).or_insert_with(|| Tx {
                time: told.time,
                index: None,
                movements: Vec::new(),
                is_mixed: false,
            });
            tx.index = tx.index.or(told.index);
            let had = tx.movements.len();
            join(&mut tx.movements, &told.movements);
            tx.is_mixed |= had > 0 && tx.movements.len() > had;
        }
    }
    let whole: BTreeSet<Address> =
        fetched.iter().filter(|own| own.is_whole()).filter_map(|own| own.account()).collect();
    // Whoever is known from the first block on began with nothing, of every asset that it ever had.
    let mut openings: BTreeSet<(Address, Asset)> = BTreeSet::new();
    for moved in txs.values().flat_map(|tx| &tx.movements) {
        for account in [&moved.from, &moved.to].into_iter().flatten().filter(|own| whole.contains(own)) {
            openings.insert((*account, moved.asset));
        }
    }
    let known = openings.into_iter().map(|(account, asset)| (account, asset, Amount::ZERO)).collect();
    let mut rows = MemoryTransfers::new(chain, Opening::Known(known))?;
    let mut blocks: BTreeMap<u64, Vec<([u8; 32], Tx)>> = BTreeMap::new();
    for ((block, hash), tx) in txs {
        blocks.entry(block).or_default().push((hash, tx));
    }
    for (height, mut txs) in blocks {
        // What only a contract passed on has no place that is told: it comes before whoever got it can have sent it on.
        txs.sort_by_key(|(hash, tx)| (tx.index, *hash));
        let time = txs.iter().map(|(_, tx)| tx.time).max().unwrap_or_default();
        let txs = txs.into_iter().map(|(hash, tx)| {
            let is_ordered = tx.is_mixed && tx.movements.len() <= ORDERED;
            let movements = if is_ordered { in_order(tx.movements) } else { tx.movements };
            TransferTx { hash, movements }
        });
        // Nobody told the hash of a block that was not asked for.
        let (hash, parent, unseen) = ([0; 32], [0; 32], Unseen::NOTHING);
        rows.append_later(&TransferBlock { height, hash, parent, time, unseen, txs: txs.collect() })?;
    }
    Ok(CaseRows { rows, whole, tip, digest: hex::encode(hasher.finalize()) })
}

/// Adds what another answer says of a transaction. What both say moved once; how often, the one that says it more often knows.
fn join(all: &mut Vec<Movement>, told: &[Movement]) {
    let same = |a: &Movement, b: &Movement| {
        (&a.from, &a.to, a.asset, a.amount, a.kind) == (&b.from, &b.to, b.asset, b.amount, b.kind)
    };
    let mut taken = vec![false; all.len()];
    for own in told {
        match (0..taken.len()).find(|&at| !taken[at] && same(&all[at], own)) {
            Some(at) => {
                taken[at] = true;
                all[at].proved |= own.proved;
            }
            None => all.push(own.clone()),
        }
    }
}

/// Fees, then native value, then tokens; of what several answers told, what comes to somebody before what he passes on.
fn in_order(mut movements: Vec<Movement>) -> Vec<Movement> {
    let rank = |kind: MovementKind| match kind {
        MovementKind::Fee => 0,
        MovementKind::Native => 1,
        MovementKind::Token => 2,
        MovementKind::Issue => 3,
    };
    movements.sort_by_key(|own| rank(own.kind));
    let mut ordered = Vec::with_capacity(movements.len());
    while !movements.is_empty() {
        let waits = |at: usize| {
            let own = &movements[at];
            movements.iter().enumerate().any(|(other, before)| {
                other != at
                    && before.kind == own.kind
                    && before.asset == own.asset
                    && before.to.is_some()
                    && before.to == own.from
                    && before.from != own.to
            })
        };
        let kind = movements[0].kind;
        let of_kind = movements.iter().take_while(|own| own.kind == kind).count();
        let next = (0..of_kind).find(|&at| !waits(at)).unwrap_or(0);
        ordered.push(movements.remove(next));
    }
    ordered
}

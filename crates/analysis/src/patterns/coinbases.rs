//! Freshly mined coins: how much of some money comes from coinbases nearby, and who mined it.
//!
//! Thieves rent hash power with loot and are paid in new coins that no list knows. All money was mined once, so only what
//! is a few transactions old counts; a coinbase is a **pool's** when it pays many, or is soon shared out among many, or
//! belongs to a named miner, and **self-mined** when it goes its way undivided.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{OutNum, OutputView, TxNum, TxSpan, TxView, UtxoRows};
use tracehound_model::{Amount, Category, TxId};

use crate::{
    peel::time,
    taint::{
        Direction, Label, Method, Mix, Options, PropagationLimits, Seed, SeedError, StopReason, Stops,
        propagate,
    },
    trace::Known,
};

/// Where to stop, and what a pool looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Transactions between the money and the coinbase: beyond, coins are not fresh.
    pub hops: u32,
    /// Base units that are not followed.
    pub dust: u128,
    /// Transactions read.
    pub txs: usize,
    /// Recipients from which a coinbase, or a transaction soon after it, shares out.
    pub shared: usize,
    /// Transactions after a coinbase that are looked at for that.
    pub pool_hops: u32,
    /// Coinbases named in the answer.
    pub named: usize,
}

impl Default for Depth {
    fn default() -> Self {
        Self { hops: 6, dust: 546, txs: 20_000, shared: 10, pool_hops: 3, named: 20 }
    }
}

/// Who mined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Miner {
    /// A pool, whose members share.
    Pool,
    /// One miner.
    SelfMined,
    /// The coinbase is unspent or its way is not in the ledger.
    Unclear,
}

/// A coinbase that money comes from.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Coinbase {
    /// Its id.
    pub txid: TxId,
    /// Time of its block.
    pub time: u32,
    /// Base units of the money that come from it, by haircut.
    pub amount: Amount,
    /// Who mined it.
    pub miner: Miner,
    /// Why, in words.
    pub because: String,
    /// Transactions between.
    pub hops: u32,
}

/// How much of some money is newly mined.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct FromCoinbases {
    /// Base units asked about, without coinbases that later ones of the same id overwrote (BIP-30).
    pub total: Amount,
    /// From coinbases of pools.
    pub pool: Amount,
    /// From coinbases of single miners.
    pub self_mined: Amount,
    /// From coinbases of which it is not clear.
    pub unclear: Amount,
    /// From services: what is behind them is not seen.
    pub services: Amount,
    /// Through mixes.
    pub mixed: Amount,
    /// Older than the depth asked for, or beyond another limit.
    pub older: Amount,
    /// From outputs that are not in the ledger.
    pub unresolved: Amount,
    /// The largest coinbases.
    pub coinbases: Vec<Coinbase>,
    /// Coinbases in all.
    pub count: usize,
}

impl FromCoinbases {
    /// Base units from coinbases: parts of `total`.
    pub fn from_coinbases(&self) -> Amount {
        self.pool.saturating_add(self.self_mined).saturating_add(self.unclear)
    }
}

struct AtServices<'a, R>(&'a dyn Known<R>);

impl<R: UtxoRows> Stops<R> for AtServices<'_, R> {
    fn is_service(&self, owner: tracehound_ledger::AddrNum) -> bool {
        // A miner's coins are what is looked for.
        self.0.entity(owner).is_some_and(|entity| entity.is_service() && entity.category != Category::Miner)
    }

    fn mix(&self, ledger: &R, tx: TxSpan) -> Option<Mix> {
        self.0.mix(ledger, tx)
    }
}

/// Tells how much of the outputs comes from coinbases. O(rows of the transactions read).
pub fn sources<R: UtxoRows>(
    ledger: &R,
    outs: &[OutNum],
    depth: Depth,
    known: &dyn Known<R>,
) -> Result<FromCoinbases, SeedError> {
    let seeds: Vec<Seed> = outs.iter().map(|&out| Seed { out, label: Label(0) }).collect();
    let limits = PropagationLimits {
        hops: depth.hops,
        dust: depth.dust,
        txs: depth.txs,
        ..PropagationLimits::default()
    };
    let options =
        Options { direction: Direction::Backward, method: Method::Haircut, through_mixes: false, limits };
    let found = propagate(ledger, &seeds, options, &AtServices(known))?;
    let mut mined = FromCoinbases::default();
    let (mut services, mut mixed, mut unresolved, mut older) = (0_u128, 0_u128, 0_u128, 0_u128);
    let (mut pool, mut self_mined, mut unclear) = (0_u128, 0_u128, 0_u128);
    let mut coinbases: BTreeMap<TxNum, (u128, u32)> = BTreeMap::new();
    let mut destroyed = 0;
    for end in &found.ends {
        let amount = end.holding.dirty_all();
        match end.reason {
            StopReason::Coinbase(tx) => {
                let (sum, hops) = coinbases.entry(tx).or_insert((0, end.hop));
                *sum += amount;
                *hops = end.hop.min(*hops);
            }
            StopReason::ReachedService => services += amount,
            StopReason::Mixed(_) => mixed += amount,
            StopReason::UnknownInputs(_) | StopReason::NotFetched => unresolved += amount,
            StopReason::Unspent | StopReason::Unspendable | StopReason::Truncated(_) => older += amount,
            StopReason::Destroyed(_) => destroyed += amount,
        }
    }
    let seeded: u128 = found.totals.values().map(|totals| totals.seeded).sum();
    mined.total = (seeded - destroyed).into();
    mined.count = coinbases.len();
    for (tx, (amount, hops)) in coinbases {
        let Some(view) = ledger.tx(tx) else { continue };
        let (miner, because) = who_mined(ledger, &view, depth, known);
        match miner {
            Miner::Pool => pool += amount,
            Miner::SelfMined => self_mined += amount,
            Miner::Unclear => unclear += amount,
        }
        mined.coinbases.push(Coinbase {
            txid: view.txid,
            time: time(ledger, tx),
            amount: amount.into(),
            miner,
            because,
            hops,
        });
    }
    (mined.services, mined.mixed) = (services.into(), mixed.into());
    (mined.unresolved, mined.older) = (unresolved.into(), older.into());
    (mined.pool, mined.self_mined, mined.unclear) = (pool.into(), self_mined.into(), unclear.into());
    mined
        .coinbases
        .sort_by_key(|coinbase| (std::cmp::Reverse(coinbase.amount), coinbase.time, coinbase.txid));
    mined.coinbases.truncate(depth.named);
    Ok(mined)
}

/// Who mined a coinbase, as far as the chain shows it. O(outputs of the transactions looked at).
pub fn who_mined<R: UtxoRows>(
    ledger: &R,
    coinbase: &TxView,
    depth: Depth,
    known: &dyn Known<R>,
) -> (Miner, String) {
    let mut at = *coinbase;
    for hop in 0..=depth.pool_hops {
        let outputs: Vec<OutputView> = ledger.outputs(&at).filter(|output| output.owner.is_some()).collect();
        let entity = |output: &OutputView| known.entity(output.owner?);
        let named = outputs
            .iter()
            .filter_map(entity)
            .find(|entity| entity.category == Category::Miner && !entity.is_hint());
        if let Some(entity) = named.filter(|_| hop == 0) {
            return (Miner::Pool, format!("the coinbase pays {}", entity.name()));
        }
        if outputs.len() >= depth.shared.max(2) {
            let what = if hop == 0 { "the coinbase".to_owned() } else { at.txid.to_string() };
            return (Miner::Pool, format!("{what} pays {} outputs", outputs.len()));
        }
        let largest = outputs.iter().max_by_key(|output| (output.value, std::cmp::Reverse(output.num)));
        let next = largest.and_then(|output| output.spent_by).and_then(|tx| ledger.tx(tx));
        match next {
            Some(next) => at = next,
            None if hop == 0 => return (Miner::Unclear, "the coinbase is unspent".to_owned()),
            None => break,
        }
    }
    (Miner::SelfMined, format!("not shared out within {} transactions", depth.pool_hops))
}

//! Samourai's Whirlpool: 5 to 10 coins in, as many equal coins out; and the split before it (Tx0).
//!
//! Source: nopara73/Dumplings `Scanner.cs`; Stutz et al. (2022), who knew rounds of five; crocs-muni for two pools.

use tracehound_model::ScriptType;

use super::{
    Coin, Finding, Premix, Protocol, TxShape,
    features::{Owners, Tally, inputs_are},
};

/// First round, height and about when.
const FIRST: (u32, u64) = (570_000, 1_554_076_800); // 2019-04-01
/// The pools, base units.
const POOLS: [u64; 6] = [100_000, 1_000_000, 2_500_000, 5_000_000, 25_000_000, 50_000_000];
/// Most that a coin entering a pool carries for the miner, base units.
const MINER_SHARE: u64 = 110_000;

pub(super) fn find(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let pool = tally.value;
    let fits = (5..=10).contains(&inputs.len())
        && inputs.len() == outputs.len()
        && tally.most == outputs.len()
        && POOLS.contains(&pool)
        && shape.when.from(FIRST.0, FIRST.1)
        && inputs_are(inputs, |script| script == ScriptType::P2wpkh)
        && inputs.iter().flatten().all(|coin| coin.value.abs_diff(pool) <= MINER_SHARE)
        && inputs.iter().any(|coin| coin.is_none_or(|coin| coin.value == pool));
    if !fits {
        return None;
    }
    let owners = Owners::of(inputs, outputs);
    if !owners.may_be(inputs.len()) || owners.receiving < outputs.len() || owners.both > 0 {
        return None;
    }
    let people = outputs.len();
    if outputs.iter().all(|coin| coin.script == ScriptType::P2wpkh) {
        return Some(Finding::new(Protocol::Whirlpool, people, 98, "whirlpool"));
    }
    // Clients may send a remix to another kind of address. The published rule does not count these rounds.
    Some(Finding::new(Protocol::Whirlpool, people, 80, "whirlpool-foreign-output").suspected())
}

/// The split that prepares coins for a pool: equal outputs a little above the pool's amount, an `OP_RETURN`, the fee
/// for the coordinator, and change.
pub(super) fn premix(outputs: &[Coin]) -> Option<Premix> {
    let payments = outputs.iter().filter(|coin| coin.script != ScriptType::OpReturn);
    let others = payments.clone().count();
    if others + 1 != outputs.len() {
        return None;
    }
    POOLS.into_iter().find_map(|pool| {
        let enters = |coin: &&Coin| {
            coin.script == ScriptType::P2wpkh && (pool + 1..=pool + MINER_SHARE).contains(&coin.value)
        };
        let first = payments.clone().find(enters)?;
        let made = payments.clone().filter(|coin| coin.value == first.value).count();
        let fee = payments.clone().any(|coin| coin.value <= pool / 20);
        let fits = fee && (1..=3).contains(&(others - made));
        fits.then_some(Premix { pool, outputs: made as u32 })
    })
}

//! What services do with customers' deposits: now and then they sweep them into one of their hot addresses.

use tracehound_model::TxId;

use super::{
    plan::MIXERS,
    records::Record,
    stage::{Habit, Out, Piece, Stage, clean},
};
use crate::{
    Role,
    economy::{HOT_KEYS, draw_service},
};

/// Fewest deposits that are worth a sweep.
const LEAST: usize = 5;
/// Most.
const MOST: usize = 120;
/// Fee for each deposit and for the rest, base units.
const FEE: u64 = 1_500;

/// A service sweeps as many deposits as the measured blocks' transactions of five inputs and more have.
pub(super) fn sweep(stage: &mut Stage<'_>) {
    let service = draw_service(stage.dice);
    let key = stage.dice.below(HOT_KEYS) as u32;
    let hot = stage.background(service, key);
    if MIXERS.contains(&service) || hot.owner.script_key().is_none() {
        return;
    }
    let wanted = stage.economy.draw_inputs(LEAST, stage.dice).min(MOST);
    let (mut deposits, mut others): (Vec<Piece>, Vec<Piece>) = (Vec::new(), Vec::new());
    while deposits.len() < wanted && others.len() < MOST {
        let Some(coin) = stage.economy.take_newest(service) else { break };
        let piece = stage.piece(coin);
        // What lies at a hot address is where it belongs.
        let list = if u64::from(coin.key) < HOT_KEYS { &mut others } else { &mut deposits };
        list.push(piece);
    }
    let total: u64 = deposits.iter().map(|piece| piece.value).sum();
    let fee = FEE * (deposits.len() as u64 + 1);
    let swept = deposits.len() >= LEAST && total > 10 * fee;
    let back = if swept { &others[..] } else { &[&others[..], &deposits[..]].concat() };
    for piece in back.iter().rev() {
        stage.put_back(piece);
    }
    if !swept {
        return;
    }
    let value = total - fee;
    let out = Out { party: hot, value, role: Role::Service, lots: clean(value), change: true };
    let made = stage.transact(&deposits, &[out], Habit::of(service));
    let txid = made.first().map_or(TxId([0; 32]), |piece| piece.outpoint.txid);
    stage.book.put(&Record::Sweep { txid, service, deposits: deposits.len() as u32 });
}

//! Whirlpool: a first transaction (Tx0) cuts an owner's coin into equal ones a little above a pool's amount; rounds of five
//! to eight take two or three of those in, with coins that were mixed before, and give everyone the pool's amount.
//!
//! The shapes are counted in 676 rounds and 275 first transactions of 2024 with labels (crocs-muni/pets26_coinjoin_analysis):
//! coins in a round, new ones among them, what those bring for the miner, outputs of a Tx0, the coordinator's fee. How
//! often a person mixes again follows from them: as many coins leave as enter.

use super::{
    records::{Protocol, Record},
    rounds::{Guest, Outcome, book},
    stage::{Habit, Out, Party, Piece, Stage, clean, deal},
    waiting::Queue,
};
use crate::{Role, dice::Dice, economy::SERVICES, measured::Histogram, owner::Template};

/// The pools of these rounds, base units, with how often each was seen. Fewer than there were: a chain has few people.
const POOLS: [(u64, u32); 2] = [(1_000_000, 233), (5_000_000, 152)];
/// Coins in a round.
static SIZES: Histogram = Histogram::new(&[(5, 5, 69), (6, 6, 106), (7, 7, 73), (8, 8, 428)]);
/// New coins in a round.
static ENTRANTS: Histogram = Histogram::new(&[(2, 2, 663), (3, 3, 13)]);
/// Outputs of a Tx0 for the pool: quartiles and deciles.
static PREMIXES: Histogram = Histogram::new(&[(1, 2, 28), (3, 3, 41), (4, 5, 69), (6, 9, 69), (10, 17, 41)]);
/// What a new coin brings for the miner, base units: from the tenth to the ninetieth percentile of the pool of 0.01 BTC.
const MINER_SHARE: (u64, u64) = (3_630, 8_470);
/// Fee of a transaction without mixing, base units.
const FEE: u64 = 3_000;
/// Fewest coins of a round.
const LEAST: usize = 5;
/// Mixed coins that a pool needs before thieves come: until then rounds are of new coins alone, and nobody leaves.
const YOUNG: usize = 24;
/// Outputs that a thief has made of one coin, at most: each goes through rounds of its own.
const MOST_OF_THIEF: u64 = 6;

/// A pool that a coin is large enough for, with how many outputs.
pub(super) fn pool_for(value: u64, dice: &mut Dice) -> Option<(u64, u64)> {
    let fits = POOLS.iter().filter(|(pool, _)| value >= pool + pool / 20 + MINER_SHARE.1 + FEE + 1_000);
    let total: u32 = fits.clone().map(|(_, weight)| weight).sum();
    let mut ticket = (total > 0).then(|| dice.below(total.into()) as u32)?;
    let (pool, _) = *fits.clone().find(|(_, weight)| {
        let found = ticket < *weight;
        ticket = ticket.saturating_sub(*weight);
        found
    })?;
    let room = (value - pool / 20 - FEE - 1_000) / (pool + MINER_SHARE.1);
    Some((pool, (PREMIXES.draw(dice) as u64).min(room)))
}

/// The service whose rounds these are.
fn coordinator(stage: &mut Stage<'_>) -> Party {
    let of_kind = |service: &u32| stage.background(*service, 0).owner.template == Template::P2wpkh;
    let service = (SERVICES / 2..SERVICES).find(of_kind).expect("one in seven services");
    stage.fresh(service)
}

/// Outputs of a Tx0: the coordinator's fee, those for the pool, and the rest.
pub(super) fn tx0(
    stage: &mut Stage<'_>,
    value: u64,
    (pool, count): (u64, u64),
    address: &mut dyn FnMut(&mut Stage<'_>) -> Party,
    role: Role,
) -> Vec<Out> {
    let fee = if stage.dice.chance(1, 2) { pool / 20 } else { pool * 7 / 200 };
    let each = pool + stage.dice.between(MINER_SHARE.0, MINER_SHARE.1);
    let rest = value - fee - FEE - each * count;
    let party = coordinator(stage);
    let mut outs = vec![Out { party, value: fee, role: Role::Coordinator, lots: clean(fee), change: false }];
    for _ in 0..count {
        let party = address(stage);
        outs.push(Out { party, value: each, role, lots: clean(each), change: true });
    }
    if rest >= 1_000 {
        let party = address(stage);
        outs.push(Out { party, value: rest, role: Role::Change, lots: clean(rest), change: true });
    }
    outs
}

pub(super) const HABIT: Habit = Habit { sequence: 0xffff_fffd, lock_time: false };

/// Whether an output of a Tx0 is for the pool.
pub(super) fn is_premix(value: u64, pool: u64) -> bool {
    (pool + MINER_SHARE.0..=pool + MINER_SHARE.1).contains(&value)
}

/// One of the background prepares coins for a pool.
pub(super) fn enter(stage: &mut Stage<'_>) -> bool {
    let least = POOLS[0].0 * 2;
    let coin = stage.economy.take_where(600, stage.dice, |coin, template| {
        coin.wallet >= SERVICES && coin.value >= least && template == Template::P2wpkh
    });
    let Some(coin) = coin else { return false };
    let Some((pool, count)) = pool_for(coin.value, stage.dice) else { return false };
    let piece = stage.piece(coin);
    let wallet = coin.wallet;
    let outs = tx0(stage, coin.value, (pool, count), &mut |stage| stage.fresh(wallet), Role::Bystander);
    for made in stage.write(&[piece], &outs, HABIT, true) {
        let back = if made.party.wallet == wallet && is_premix(made.value, pool) {
            stage.waiting.put(Queue::Fresh(pool), made)
        } else {
            Some(made)
        };
        if let Some(piece) = back {
            stage.put_back(&piece);
        }
    }
    true
}

/// One thing that keeps the pools alive: a round where enough people wait, else somebody who comes.
pub(super) fn go_on(stage: &mut Stage<'_>) {
    let pool = POOLS[stage.dice.index(POOLS.len())].0;
    let held = round(stage, pool, None);
    if matches!(held, Outcome::Called(_)) {
        enter(stage);
    }
}

/// A round, with the one coin of a guest or without.
pub(super) fn round(stage: &mut Stage<'_>, pool: u64, guest: Option<Guest<'_>>) -> Outcome {
    let size = SIZES.draw(stage.dice);
    let enter = ENTRANTS.draw(stage.dice);
    let guest_is_new =
        guest.as_ref().is_some_and(|guest| guest.pieces.iter().any(|piece| piece.value > pool));
    let guests = guest.as_ref().map_or(0, |guest| guest.pieces.len());
    let mut people = Vec::new();
    let queue = Queue::Mixed(Protocol::Whirlpool, pool);
    let young = stage.waiting.count(queue) < YOUNG;
    stage.waiting.take(Queue::Fresh(pool), enter - usize::from(guest_is_new), &mut people, stage.dice);
    let missing = size.saturating_sub(people.len() + guests);
    stage.waiting.take(queue, missing, &mut people, stage.dice);
    let missing = size.saturating_sub(people.len() + guests);
    if young && guests == 0 {
        stage.waiting.take(Queue::Fresh(pool), missing, &mut people, stage.dice);
    }
    // Somebody has to pay the miner.
    let paid = guest_is_new || people.iter().any(|piece| piece.value > pool);
    if people.len() + guests < LEAST || !paid || young && guests > 0 {
        for piece in people {
            let queue = if piece.value > pool { Queue::Fresh(pool) } else { queue };
            if let Some(piece) = stage.waiting.put(queue, piece) {
                stage.put_back(&piece);
            }
        }
        return Outcome::Called(guest.map_or_else(Vec::new, |guest| guest.pieces));
    }
    let others = people.len();
    let mut outs: Vec<Out> = Vec::new();
    for piece in &people {
        let party = stage.fresh(piece.party.wallet);
        outs.push(Out { party, value: pool, role: Role::Bystander, lots: clean(pool), change: false });
    }
    let mut inputs = people;
    let note = guest.map(|guest| {
        for piece in guest.pieces {
            let party = (guest.address)(stage);
            let lots = deal(piece.lots.clone(), &[pool], stage.dice).swap_remove(0);
            outs.push(Out { party, value: pool, role: Role::Mixed, lots, change: false });
            inputs.push(piece);
        }
        guest.note
    });
    let new = inputs.iter().filter(|piece| piece.value > pool).count() as u64;
    let whole = inputs.len() as u64;
    stage.dice.shuffle(&mut inputs);
    stage.dice.shuffle(&mut outs);
    let made = book(stage, Protocol::Whirlpool, note, &inputs, &outs, others);
    let mut mine = Vec::new();
    for piece in made {
        if piece.party.is_thief() {
            mine.push(piece);
        } else if !young && stage.dice.chance(new, whole) {
            stage.put_back(&piece);
        } else if let Some(piece) = stage.waiting.put(queue, piece) {
            stage.put_back(&piece);
        }
    }
    Outcome::Mixed(mine, 0)
}

/// How many of a thief's outputs a Tx0 makes.
pub(super) fn of_thief(count: u64) -> u64 {
    count.clamp(1, MOST_OF_THIEF)
}

/// A thief's first transaction is written down too.
pub(super) fn note_tx0(stage: &mut Stage<'_>, made: &[Piece], pool: u64) {
    let outputs = made.iter().filter(|piece| is_premix(piece.value, pool)).count() as u32;
    if let Some(first) = made.first() {
        stage.book.put(&Record::Premix { txid: first.outpoint.txid, pool, outputs });
    }
}

//! Coins of people who go on mixing: out of the background until their next round, or until they leave.

use std::collections::BTreeMap;

use super::{
    records::Protocol,
    stage::{Piece, clean},
};
use crate::dice::Dice;

/// Most coins that wait for one kind of round.
const MOST: usize = 4_000;

/// Whose coin it is, as far as rounds care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Queue {
    /// Mixed before, in rounds of a kind; of an amount where that matters.
    Mixed(Protocol, u64),
    /// Prepared for its first round in a pool.
    Fresh(u64),
}

/// All that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeMap<Queue, Vec<Piece>>);

impl Waiting {
    /// Lets a coin wait. Gives it back when there is no room. Whoever was paid with loot spends money of his own.
    pub(super) fn put(&mut self, queue: Queue, mut piece: Piece) -> Option<Piece> {
        piece.lots = clean(piece.value);
        let list = self.0.entry(queue).or_default();
        if list.len() >= MOST {
            return Some(piece);
        }
        list.push(piece);
        None
    }

    /// Takes up to `wanted` coins of different wallets, none of which is in `taken` already.
    pub(super) fn take(&mut self, queue: Queue, wanted: usize, taken: &mut Vec<Piece>, dice: &mut Dice) {
        let Some(list) = self.0.get_mut(&queue) else { return };
        dice.shuffle(list);
        let mut at = list.len();
        let mut found = 0;
        while at > 0 && found < wanted {
            at -= 1;
            if taken.iter().all(|piece| piece.party.wallet != list[at].party.wallet) {
                taken.push(list.swap_remove(at));
                found += 1;
            }
        }
    }

    /// Takes up to `wanted` coins, whoever owns them.
    pub(super) fn take_any(&mut self, queue: Queue, wanted: usize, dice: &mut Dice) -> Vec<Piece> {
        let Some(list) = self.0.get_mut(&queue) else { return Vec::new() };
        dice.shuffle(list);
        list.split_off(list.len() - wanted.min(list.len()))
    }

    pub(super) fn count(&self, queue: Queue) -> usize {
        self.0.get(&queue).map_or(0, Vec::len)
    }
}

//! The coins of a propagation in the order in which transactions take them.
//!
//! A propagation only goes one way in time, so what comes out never precedes what came out before: a radix heap (Ahuja,
//! Mehlhorn, Orlin, Tarjan, "Faster Algorithms for the Shortest Path Problem", 1990) moves each coin a few times from
//! one list to the end of another, where a binary heap and a table of coins by output jump about in memory.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use tracehound_ledger::OutNum;

use super::Holding;

/// A dirty output that waits for the transaction that spends it (backward: made it).
#[derive(Clone, Debug)]
pub(super) struct Coin {
    pub(super) out: OutNum,
    pub(super) holding: Holding,
    /// How far it is from the nearest seed.
    pub(super) far: Distance,
    /// When that transaction's turn comes.
    pub(super) turn: u32,
}

/// How far a coin is from the nearest seed. In 32 bits: a coin of every transaction in flight has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Distance(u32);

impl Distance {
    const BITS: u32 = 24;
    const MOST: u32 = (1 << Self::BITS) - 1;
    /// Transactions that are not counted, at most: what goes on for longer is counted again.
    pub(super) const MOST_PLAIN: u32 = u8::MAX as u32;

    /// Transactions between.
    pub(super) const fn hop(self) -> u32 {
        self.0 & Self::MOST
    }

    /// Those of them that a limit counts.
    pub(super) const fn counted(self) -> u32 {
        self.hop() - (self.0 >> Self::BITS)
    }

    /// The least of both, where coins of several distances meet.
    pub(super) fn least(self, other: Self) -> Self {
        Self::of(self.hop().min(other.hop()), self.counted().min(other.counted()))
    }

    /// One transaction on; one that mixes nothing is not counted.
    pub(super) fn next(self, mixes_nothing: bool) -> Self {
        Self::of(self.hop().saturating_add(1), self.counted() + u32::from(!mixes_nothing))
    }

    fn of(hop: u32, counted: u32) -> Self {
        let hop = hop.min(Self::MOST);
        Self(hop | hop.saturating_sub(counted).min(Self::MOST_PLAIN) << Self::BITS)
    }
}

/// Coins by turn.
#[derive(Debug)]
pub(super) struct Queue {
    /// The turn taken last; in list `n` are the coins whose turn differs from it in bit `n - 1` and in none above.
    last: u32,
    lists: [Vec<Coin>; 33],
    /// Coins that came after later ones were taken ahead, with a turn not above `last`.
    early: BTreeMap<u32, SmallVec<[Coin; 4]>>,
    /// Whether a turn was taken: before that, everything may come.
    begun: bool,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { last: 0, lists: std::array::from_fn(|_| Vec::new()), early: BTreeMap::new(), begun: false }
    }

    /// Adds a coin.
    #[inline]
    pub(super) fn push(&mut self, coin: Coin) {
        if self.begun && coin.turn <= self.last {
            self.early.entry(coin.turn).or_default().push(coin);
        } else {
            self.lists[Self::list(coin.turn, self.last)].push(coin);
        }
    }

    fn list(turn: u32, last: u32) -> usize {
        (32 - (turn ^ last).leading_zeros()) as usize
    }

    /// Takes the coins of the next turn, behind those in `coins`; gives the turn. Amortised O(32) a coin.
    #[inline]
    pub(super) fn take_next(&mut self, coins: &mut Vec<Coin>) -> Option<u32> {
        let at = self.lists.iter().position(|list| !list.is_empty())?;
        if at > 0 {
            let mut list = std::mem::take(&mut self.lists[at]);
            self.last = list.iter().map(|coin| coin.turn).min()?;
            for coin in list.drain(..) {
                self.lists[Self::list(coin.turn, self.last)].push(coin);
            }
            // Keeps its space.
            self.lists[at] = list;
        }
        self.begun = true;
        coins.append(&mut self.lists[0]);
        Some(self.last)
    }

    /// The first turn of the coins that came late for [`Self::take_next`].
    #[inline]
    pub(super) fn next_early(&self) -> Option<u32> {
        self.early.first_key_value().map(|(&turn, _)| turn)
    }

    /// Takes such coins of one turn.
    #[inline]
    pub(super) fn take_early(&mut self, turn: u32) -> SmallVec<[Coin; 4]> {
        self.early.remove(&turn).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::Label, *};

    #[test]
    fn a_coin_takes_48_bytes() {
        assert_eq!(size_of::<Coin>(), 48);
    }

    #[test]
    fn a_distance_counts_what_mixes_and_goes_on_counting_where_too_much_does_not() {
        let mut far = Distance::default();
        for (mixes_nothing, told) in [(true, (1, 0)), (false, (2, 1)), (true, (3, 1)), (true, (4, 1))] {
            far = far.next(mixes_nothing);
            assert_eq!((far.hop(), far.counted()), told);
        }
        let near = Distance::default().next(false).next(false);
        assert_eq!((far.least(near).hop(), far.least(near).counted()), (2, 1));
        let long = (0..1_000).fold(Distance::default(), |far, _| far.next(true));
        assert_eq!((long.hop(), long.counted()), (1_000, 1_000 - Distance::MOST_PLAIN));
    }

    fn coin(out: u64, turn: u32) -> Coin {
        Coin { out: OutNum(out), holding: Holding::labelled(1, Label(0)), far: Distance::default(), turn }
    }

    proptest! {
        /// Each turn that is taken adds coins of later turns; `ahead` turns are taken at once.
        #[test]
        fn coins_come_in_the_order_of_their_turns(
            first in prop::collection::vec(0u32..5_000, 1..40),
            steps in prop::collection::vec(1u32..3_000, 0..200),
            ahead in 1usize..6,
        ) {
            let mut queue = Queue::new();
            let mut waiting: Vec<u32> = first.clone();
            (0..).zip(&first).for_each(|(out, &turn)| queue.push(coin(out, turn)));
            let mut steps = steps.into_iter();
            let mut batch = Vec::new();
            loop {
                batch.clear();
                let mut turns = Vec::new();
                while turns.len() < ahead && let Some(turn) = queue.take_next(&mut batch) {
                    turns.push(turn);
                }
                if turns.is_empty() {
                    break;
                }
                for &turn in &turns {
                    while let Some(next) = queue.next_early().filter(|&next| next <= turn).or(Some(turn)) {
                        let mut own = queue.take_early(next);
                        if next == turn {
                            own.extend(batch.iter().filter(|coin| coin.turn == turn).cloned());
                        }
                        waiting.sort_unstable();
                        let expected: Vec<u32> = waiting.iter().copied().filter(|&other| other == next).collect();
                        prop_assert_eq!(waiting.first(), Some(&next));
                        prop_assert_eq!(own.len(), expected.len());
                        prop_assert!(own.iter().all(|coin| coin.turn == next));
                        waiting.retain(|&other| other != next);
                        for step in steps.by_ref().take(2) {
                            waiting.push(next + step);
                            queue.push(coin(0, next + step));
                        }
                        if next == turn {
                            break;
                        }
                    }
                }
            }
            prop_assert!(waiting.is_empty());
        }
    }
}

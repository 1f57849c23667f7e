//! The unspent outputs a generated chain can still spend, in a bounded amount of memory.

use tracehound_model::TxId;

use crate::dice::Dice;

/// Most coins the pool holds. At the cap one of the oldest coins is forgotten for each new one: it stays unspent for
/// ever, as lost coins do. 64 bytes a coin, so 128 MB.
pub(crate) const MAX_COINS: usize = 2_000_000;

/// Coins younger than about this many outputs.
const YOUNG: usize = 4_096;
/// Coins of middle age.
const MIDDLE: usize = 65_536;

const NONE: u32 = u32::MAX;

/// A spendable output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coin {
    pub(crate) txid: TxId,
    pub(crate) value: u64,
    pub(crate) vout: u32,
    /// The wallet that owns it.
    pub(crate) wallet: u32,
    /// Which of the wallet's keys.
    pub(crate) key: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    coin: Coin,
    /// Neighbours in the wallet's list, newest first.
    next: u32,
    prev: u32,
    /// Age class in the two top bits, position in it below.
    place: u32,
}

#[derive(Clone, Copy, Debug)]
struct WalletCoins {
    newest: u32,
    count: u32,
}

/// Unspent outputs by age class and by wallet. Every operation is O(1).
///
/// A coin enters the young class; when a class is full, a coin picked by chance moves on to the next. Spending picks
/// the young class half of the time, so most coins are spent soon and some after very long, as on real chains.
#[derive(Debug)]
pub(crate) struct Pool {
    slots: Vec<Slot>,
    free: Vec<u32>,
    classes: [Vec<u32>; 3],
    wallets: Vec<WalletCoins>,
    max_coins: usize,
}

impl Pool {
    pub(crate) fn new(max_coins: usize) -> Self {
        assert!((1..1 << 30).contains(&max_coins), "a place has 30 bits");
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            classes: [Vec::new(), Vec::new(), Vec::new()],
            wallets: Vec::new(),
            max_coins,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// How many coins `wallet` has.
    pub(crate) fn coins_of(&self, wallet: u32) -> usize {
        self.wallets.get(wallet as usize).map_or(0, |list| list.count as usize)
    }

    pub(crate) fn insert(&mut self, coin: Coin, dice: &mut Dice) {
        if self.len() >= self.max_coins {
            self.forget_one(dice);
        }
        let slot = Slot { coin, next: NONE, prev: NONE, place: 0 };
        let at = if let Some(at) = self.free.pop() {
            self.slots[at as usize] = slot;
            at
        } else {
            self.slots.push(slot);
            (self.slots.len() - 1) as u32
        };
        self.link(at);
        self.enter(at, dice);
    }

    /// Takes one coin by age: half of the time a young one, three times in ten one of middle age, else any older one.
    pub(crate) fn pick(&self, dice: &mut Dice) -> Option<(u32, &Coin)> {
        let ticket = dice.below(10);
        let wanted = if ticket < 5 { 0 } else { 1 + usize::from(ticket >= 8) };
        let class = (wanted..3).chain(0..wanted).find(|&class| !self.classes[class].is_empty())?;
        let list = &self.classes[class];
        let at = list[dice.index(list.len())];
        Some((at, &self.slots[at as usize].coin))
    }

    /// The newest coin of `wallet`.
    pub(crate) fn newest_of(&self, wallet: u32) -> Option<u32> {
        self.wallets.get(wallet as usize).map(|list| list.newest).filter(|&at| at != NONE)
    }

    /// Removes the coin at `at`, as [`Pool::pick`] or [`Pool::newest_of`] named it.
    pub(crate) fn take(&mut self, at: u32) -> Coin {
        let slot = self.slots[at as usize];
        self.leave(slot.place);
        self.unlink(&slot);
        self.free.push(at);
        slot.coin
    }

    fn forget_one(&mut self, dice: &mut Dice) {
        let class = (0..3).rev().find(|&class| !self.classes[class].is_empty()).expect("the pool is full");
        let list = &self.classes[class];
        let at = list[dice.index(list.len())];
        self.take(at);
    }

    fn enter(&mut self, mut at: u32, dice: &mut Dice) {
        for (class, limit) in [(0, YOUNG), (1, MIDDLE), (2, usize::MAX)] {
            let list = &mut self.classes[class];
            if list.len() < limit {
                list.push(at);
                self.slots[at as usize].place = (class as u32) << 30 | (list.len() - 1) as u32;
                return;
            }
            let position = dice.index(limit);
            let moved = std::mem::replace(&mut list[position], at);
            self.slots[at as usize].place = (class as u32) << 30 | position as u32;
            at = moved;
        }
    }

    fn leave(&mut self, place: u32) {
        let list = &mut self.classes[(place >> 30) as usize];
        let position = (place & ((1 << 30) - 1)) as usize;
        list.swap_remove(position);
        if let Some(&moved) = list.get(position) {
            self.slots[moved as usize].place = place;
        }
    }

    fn link(&mut self, at: u32) {
        let wallet = self.slots[at as usize].coin.wallet as usize;
        if wallet >= self.wallets.len() {
            self.wallets.resize(wallet + 1, WalletCoins { newest: NONE, count: 0 });
        }
        let list = &mut self.wallets[wallet];
        let next = std::mem::replace(&mut list.newest, at);
        list.count += 1;
        self.slots[at as usize].next = next;
        if next != NONE {
            self.slots[next as usize].prev = at;
        }
    }

    fn unlink(&mut self, slot: &Slot) {
        let list = &mut self.wallets[slot.coin.wallet as usize];
        list.count -= 1;
        if slot.prev == NONE {
            list.newest = slot.next;
        } else {
            self.slots[slot.prev as usize].next = slot.next;
        }
        if slot.next != NONE {
            self.slots[slot.next as usize].prev = slot.prev;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coin(vout: u32, wallet: u32) -> Coin {
        Coin { txid: TxId([1; 32]), value: 1, vout, wallet, key: 0 }
    }

    #[test]
    fn every_coin_comes_out_once() {
        let mut pool = Pool::new(1 << 20);
        let mut dice = Dice::new(3);
        for vout in 0..100_000 {
            pool.insert(coin(vout, vout % 97), &mut dice);
        }
        let mut seen = vec![false; 100_000];
        for turn in 0..100_000_u32 {
            let at = if turn % 3 == 0 {
                (0..97).find_map(|wallet| pool.newest_of(wallet)).expect("coins are left")
            } else {
                pool.pick(&mut dice).expect("coins are left").0
            };
            let out = pool.take(at);
            assert_eq!(out.wallet, out.vout % 97);
            assert!(!std::mem::replace(&mut seen[out.vout as usize], true), "coin {} came twice", out.vout);
        }
        assert_eq!(pool.len(), 0);
        assert!((0..97).all(|wallet| pool.coins_of(wallet) == 0 && pool.newest_of(wallet).is_none()));
        assert!(pool.pick(&mut dice).is_none());
    }

    #[test]
    fn a_full_pool_forgets_and_never_grows() {
        let mut pool = Pool::new(5_000);
        let mut dice = Dice::new(4);
        for vout in 0..20_000 {
            pool.insert(coin(vout, 0), &mut dice);
            assert!(pool.len() <= 5_000);
        }
        assert_eq!(pool.coins_of(0), 5_000);
        assert_eq!(pool.slots.len(), 5_000);
    }
}

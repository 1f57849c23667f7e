//! What is kept once, however often it comes: numbers found by a keyed hash of what they stand for, four bytes each where
//! a map would take four times as much, and the texts that they stand for.

use std::hash::Hash;

use ahash::RandomState;

const FREE: u32 = u32::MAX;

/// Numbers of values that lie elsewhere, in open addressing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    hasher: RandomState,
    table: Vec<u32>,
    used: usize,
}

impl Slots {
    pub(crate) fn hash(&self, value: impl Hash) -> u64 {
        self.hasher.hash_one(value)
    }

    /// The key of the hashes, for [`hash_with`](Self::hash_with).
    pub(crate) fn hasher(&self) -> RandomState {
        self.hasher.clone()
    }

    /// What [`hash`](Self::hash) gives, where the numbers are being changed.
    pub(crate) fn hash_with(hasher: &RandomState, value: impl Hash) -> u64 {
        hasher.hash_one(value)
    }

    /// The number with this hash of which `same` says that it is the one. O(1).
    pub(crate) fn find(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.table.len().checked_sub(1)?;
        let mut place = hash as usize & mask;
        loop {
            match self.table[place] {
                FREE => return None,
                number if same(number) => return Some(number),
                _ => place = (place + 1) & mask,
            }
        }
    }

    /// Adds a number that is not there; `hash_of` gives the hash of any that is. O(1), now and then O(n).
    pub(crate) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        if 2 * (self.used + 1) > self.table.len() {
            let larger = vec![FREE; (4 * self.used).next_power_of_two().max(16)];
            let before = std::mem::replace(&mut self.table, larger);
            for number in before.into_iter().filter(|number| *number != FREE) {
                self.put(hash_of(number), number);
            }
        }
        self.put(hash, number);
        self.used += 1;
    }

    fn put(&mut self, hash: u64, number: u32) {
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        while self.table[place] != FREE {
            place = (place + 1) & mask;
        }
        self.table[place] = number;
    }
}

/// Texts one after another, each different one once.
#[derive(Clone, Default)]
pub(crate) struct Texts {
    /// Where each ends.
    pub(crate) ends: Vec<u32>,
    pub(crate) bytes: Vec<u8>,
    known: Slots,
}

impl Texts {
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        text(&self.ends, &self.bytes, number)
    }

    /// The number of a text, a new one where it is new; `None` when there are too many.
    pub(crate) fn number(&mut self, bytes: &[u8]) -> Option<u32> {
        let hash = self.known.hash(bytes);
        if let Some(number) = self.known.find(hash, |number| self.get(number) == bytes) {
            return Some(number);
        }
        let number = u32::try_from(self.ends.len()).ok().filter(|number| *number < FREE)?;
        let end = u32::try_from(self.bytes.len() + bytes.len()).ok().filter(|end| *end < u32::MAX)?;
        self.bytes.extend_from_slice(bytes);
        self.ends.push(end);
        let Self { ends, bytes, known } = self;
        let hasher = known.hasher();
        known.insert(hash, number, |other| Slots::hash_with(&hasher, text(ends, bytes, other)));
        Some(number)
    }

    /// No text comes any more: what finds them again is let go.
    pub(crate) fn settle(&mut self) {
        self.known = Slots::default();
    }
}

fn text<'t>(ends: &[u32], bytes: &'t [u8], number: u32) -> &'t [u8] {
    let start = number.checked_sub(1).map_or(0, |before| ends[before as usize]);
    &bytes[start as usize..ends[number as usize] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_by_its_number_and_no_other_is() {
        let values: Vec<u64> = (0..5_000).map(|n| n * 7).collect();
        let mut slots = Slots::default();
        for (number, value) in (0_u32..).zip(&values) {
            let hash = slots.hash(value);
            assert_eq!(slots.find(hash, |known| values[known as usize] == *value), None);
            let hasher = slots.hasher();
            slots.insert(hash, number, |known| Slots::hash_with(&hasher, values[known as usize]));
        }
        for (number, value) in (0_u32..).zip(&values) {
            assert_eq!(slots.find(slots.hash(value), |known| values[known as usize] == *value), Some(number));
        }
        assert_eq!(slots.find(slots.hash(3_u64), |known| values[known as usize] == 3), None);
    }
}

//! The writer's two tables in memory: numbers by hash, eight bytes a slot.
//!
//! Linear probing over `tag << 32 | number + 1`. The home slot follows from the tag alone, so growing and deleting
//! never look at the keys, which may lie in a mapped file.

/// Numbers found by a 64-bit hash; the caller compares keys.
///
/// Memory: 8 bytes a slot, filled to between 40 and 80 %, so 10 to 20 bytes a number.
#[derive(Debug, Clone)]
pub(crate) struct NumTable {
    slots: Vec<u64>,
    len: usize,
}

const MIN_SLOTS: usize = 1 << 12;

impl NumTable {
    pub(crate) fn with_capacity(numbers: usize) -> Self {
        let slots = (numbers * 5 / 4 + 1).next_power_of_two().max(MIN_SLOTS);
        Self { slots: vec![0; slots], len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory held.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.slots.capacity() * 8
    }

    /// The slot where a search for `hash` begins.
    pub(crate) fn home(&self, hash: u64) -> usize {
        ((hash >> 32) as usize) >> (32 - self.slots.len().ilog2())
    }

    /// Loads a slot. Called for many hashes in a row, so that their cache misses overlap, before `find_from`.
    pub(crate) fn touch(&self, slot: usize) -> u64 {
        self.slots[slot]
    }

    /// The number under `hash` for which `is_it` holds, searching from `home(hash)`.
    pub(crate) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let tag = hash >> 32;
        let mask = self.slots.len() - 1;
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if slot >> 32 == tag && is_it(slot as u32 - 1) {
                return Some(slot as u32 - 1);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a number, which must be below `u32::MAX`.
    pub(crate) fn insert(&mut self, hash: u64, number: u32) {
        if (self.len + 1) * 5 > self.slots.len() * 4 {
            self.grow();
        }
        self.len += 1;
        self.place((hash >> 32) << 32 | u64::from(number + 1));
    }

    /// Removes a number that was inserted under `hash`.
    pub(crate) fn remove(&mut self, hash: u64, number: u32) {
        let mask = self.slots.len() - 1;
        let entry = (hash >> 32) << 32 | u64::from(number + 1);
        let mut hole = self.home(hash);
        while self.slots[hole] != entry {
            if self.slots[hole] == 0 {
                return;
            }
            hole = (hole + 1) & mask;
        }
        self.len -= 1;
        // Backward-shift deletion: pull later entries of the run into the hole unless that would lift one above home.
        let mut next = (hole + 1) & mask;
        while self.slots[next] != 0 {
            let home = self.home(self.slots[next]);
            if (next.wrapping_sub(home) & mask) >= (next.wrapping_sub(hole) & mask) {
                self.slots[hole] = self.slots[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.slots[hole] = 0;
    }

    fn place(&mut self, entry: u64) {
        let mask = self.slots.len() - 1;
        let mut at = self.home(entry);
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = entry;
    }

    fn grow(&mut self) {
        let slots = vec![0; self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, slots);
        for entry in old.into_iter().filter(|&entry| entry != 0) {
            self.place(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few distinct tags, so that runs are long and deletions hit their middles.
        #[test]
        fn the_table_agrees_with_a_map(operations in prop::collection::vec((any::<bool>(), 0u64..40, 0u32..50), 0..400)) {
            let mut table = NumTable::with_capacity(0);
            let mut map: HashMap<u32, u64> = HashMap::new();
            for (add, tag, number) in operations {
                let hash = (0xffff_ffd8 + tag) << 32;
                if add && !map.contains_key(&number) {
                    table.insert(hash, number);
                    map.insert(number, hash);
                } else if !add && let Some(hash) = map.remove(&number) {
                    table.remove(hash, number);
                }
            }
            prop_assert_eq!(table.len(), map.len());
            for number in 0..50 {
                let found = map.get(&number).and_then(|&hash| table.find(hash, |candidate| candidate == number));
                prop_assert_eq!(found.is_some(), map.contains_key(&number));
            }
        }
    }

    #[test]
    fn growing_keeps_everything() {
        let mut table = NumTable::with_capacity(0);
        for number in 0..20_000u32 {
            table.insert(u64::from(number.wrapping_mul(0x9e37_79b9)) << 32, number);
        }
        for number in 0..20_000u32 {
            let hash = u64::from(number.wrapping_mul(0x9e37_79b9)) << 32;
            assert_eq!(table.find(hash, |candidate| candidate == number), Some(number));
        }
    }
}

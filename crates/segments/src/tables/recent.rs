//! Numbers by hash in memory, eight bytes a slot.
//!
//! Linear probing over slots of a tag, the leading bits of the hash, and a number, counted from the table's first one. The
//! home slot follows from the tag alone, so growing and deleting never look at the keys, which may lie in a mapped file.

/// Numbers found by a 64-bit hash; the caller compares keys.
///
/// Memory: 8 bytes a slot, filled to between 40 and 80 %, so 10 to 20 bytes a number.
#[derive(Debug, Clone)]
pub(super) struct NumTable {
    slots: Vec<u64>,
    len: usize,
    /// The bits of a slot that hold the tag: at least 32.
    tags: u64,
    /// What numbers are counted from.
    first: u32,
}

impl NumTable {
    /// An empty table of at least two slots, with this many bits of each for a number.
    pub(super) fn new(slots: usize, number_bits: u32) -> Self {
        Self {
            slots: empty(slots.next_power_of_two().max(2)),
            len: 0,
            tags: u64::MAX << number_bits,
            first: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory held.
    pub(super) fn memory_bytes(&self) -> usize {
        self.slots.capacity() * 8
    }

    /// The bits of a hash that are kept.
    #[inline]
    pub(super) fn tag(&self, hash: u64) -> u64 {
        hash & self.tags
    }

    /// The slot where a search for `hash` begins.
    #[inline]
    pub(super) fn home(&self, hash: u64) -> usize {
        (hash >> (64 - self.slots.len().ilog2())) as usize
    }

    /// Loads a slot. Called for many hashes in a row, so that their cache misses overlap, before searches for them.
    #[inline]
    pub(super) fn touch(&self, slot: usize) -> u64 {
        self.slots[slot]
    }

    /// The number under `hash` for which `is_it` holds.
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let tag = self.tag(hash);
        let mask = self.slots.len() - 1;
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if self.tag(slot) == tag && is_it(self.number(slot)) {
                return Some(self.number(slot));
            }
            at = (at + 1) & mask;
        }
    }

    /// The number in an entry.
    #[inline]
    pub(super) fn number(&self, entry: u64) -> u32 {
        (entry & !self.tags) as u32 - 1 + self.first
    }

    #[inline]
    fn entry(&self, hash: u64, number: u32) -> u64 {
        let counted = u64::from(number - self.first) + 1;
        debug_assert_eq!(counted & self.tags, 0, "numbers fit in their bits");
        self.tag(hash) | counted
    }

    /// Adds a number, which must be below `u32::MAX`.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        if (self.len + 1) * 5 > self.slots.len() * 4 {
            self.grow();
        }
        self.len += 1;
        self.place(self.entry(hash, number));
    }

    /// Removes a number that was inserted under `hash`.
    pub(super) fn remove(&mut self, hash: u64, number: u32) {
        let mask = self.slots.len() - 1;
        let entry = self.entry(hash, number);
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

    /// Takes all entries out, by tag and number. The table is of no use until [`restart`](Self::restart) or
    /// [`restore`](Self::restore).
    pub(super) fn take(&mut self) -> Vec<u64> {
        let mut entries = std::mem::take(&mut self.slots);
        entries.retain(|&entry| entry != 0);
        // They lay nearly in this order.
        entries.sort_unstable();
        entries
    }

    /// Makes an empty table of the memory that [`take`](Self::take) gave, for numbers from `first` on.
    pub(super) fn restart(&mut self, mut memory: Vec<u64>, slots: usize, first: u32) {
        memory.clear();
        memory.shrink_to(slots);
        memory.resize(slots.next_power_of_two().max(2), 0);
        (self.slots, self.len, self.first) = (memory, 0, first);
    }

    /// Puts back what [`take`](Self::take) took.
    pub(super) fn restore(&mut self, entries: &[u64]) {
        self.slots = empty((entries.len() * 5 / 4 + 1).next_power_of_two());
        for &entry in entries {
            self.place(entry);
        }
    }

    #[inline]
    fn place(&mut self, entry: u64) {
        let mask = self.slots.len() - 1;
        let mut at = self.home(entry);
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = entry;
    }

    fn grow(&mut self) {
        let slots = empty(self.slots.len() * 2);
        let old = std::mem::replace(&mut self.slots, slots);
        for entry in old.into_iter().filter(|&entry| entry != 0) {
            self.place(entry);
        }
    }
}

/// Slots with nothing in them, written now. A page of new memory that is read first is mapped to the system's page of zeros, and
/// writing it later interrupts every core that works for this process.
fn empty(slots: usize) -> Vec<u64> {
    let mut slots = vec![0; slots];
    std::hint::black_box(&mut slots[..]).fill(0);
    slots
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
            let mut table = NumTable::new(1 << 12, 32);
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
        let mut table = NumTable::new(1 << 12, 32);
        for number in 0..20_000u32 {
            table.insert(u64::from(number.wrapping_mul(0x9e37_79b9)) << 32, number);
        }
        for number in 0..20_000u32 {
            let hash = u64::from(number.wrapping_mul(0x9e37_79b9)) << 32;
            assert_eq!(table.find(hash, |candidate| candidate == number), Some(number));
        }
    }
}

//! Whether packs may say anything of an address: a Bloom filter over all of them, for batches of addresses that nobody knows.
//!
//! Two bytes a label in blocks of one cache line: "no" is sure and costs one read, "perhaps" is wrong about once in a thousand
//! times and costs the look-up that it was to save.

use ahash::RandomState;

/// Bits of a block: a cache line.
const BLOCK: u64 = 512;
/// Bits for a key.
const BITS_A_KEY: u64 = 16;
/// Bits that a key sets in its block.
const PROBES: u32 = 6;
/// Bits of a place in a block.
const PLACE_BITS: u32 = BLOCK.trailing_zeros();

/// A set of keys, with a few others.
#[derive(Debug)]
pub(crate) struct Filter {
    blocks: Vec<[u64; 8]>,
    hasher: RandomState,
}

impl Filter {
    /// For so many keys.
    pub(crate) fn new(keys: u64) -> Self {
        let blocks = (keys.saturating_mul(BITS_A_KEY) / BLOCK + 1) as usize;
        Self { blocks: vec![[0; 8]; blocks], hasher: RandomState::new() }
    }

    pub(crate) fn add(&mut self, key: &[u8]) {
        let (block, places) = self.places(key);
        for (word, bit) in places {
            self.blocks[block][word] |= bit;
        }
    }

    /// Whether the key was added; of others, seldom.
    pub(crate) fn may_hold(&self, key: &[u8]) -> bool {
        let (block, mut places) = self.places(key);
        let block = &self.blocks[block];
        places.all(|(word, bit)| block[word] & bit != 0)
    }

    fn places(&self, key: &[u8]) -> (usize, impl Iterator<Item = (usize, u64)> + use<>) {
        let hash = self.hasher.hash_one(key);
        // The high half chooses the block, and another mixture of all bits the places in it.
        let block = ((u128::from(hash) * self.blocks.len() as u128) >> 64) as usize;
        let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = move |probe: u32| {
            let at = (mixed >> (64 - PLACE_BITS * (probe + 1))) % BLOCK;
            ((at / 64) as usize, 1 << (at % 64))
        };
        (block, (0..PROBES).map(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_there_and_little_else() {
        let mut filter = Filter::new(10_000);
        let key = |number: u64| number.to_be_bytes();
        (0..10_000).for_each(|number| filter.add(&key(number)));
        assert!((0..10_000).all(|number| filter.may_hold(&key(number))));
        let wrong = (10_000..110_000).filter(|number| filter.may_hold(&key(*number))).count();
        assert!(wrong < 500, "{wrong} of 100,000");
        assert!(!Filter::new(0).may_hold(b"nobody"));
    }
}

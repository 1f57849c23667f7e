//! Which hashes a run may hold, in memory: a blocked Bloom filter, one cache line a question.
//!
//! Filled while a run streams past, in the order of the hashes, so that making one needs no other memory; filters with
//! fewer bits for as few false answers want all keys at hand at once.

/// Bits of a block: a cache line.
const BLOCK_BITS: usize = 512;
const PROBES: u32 = 6;

#[derive(Clone, Debug)]
#[repr(align(64))]
struct Block([u64; BLOCK_BITS / 64]);

/// A filter over hashes.
#[derive(Debug)]
pub(super) struct Filter {
    blocks: Vec<Block>,
}

impl Filter {
    /// An empty filter for this many hashes, with so many bits for each.
    pub(super) fn new(hashes: usize, bits: usize) -> Self {
        let blocks = (hashes * bits).div_ceil(BLOCK_BITS).max(1);
        Self { blocks: vec![Block([0; BLOCK_BITS / 64]); blocks] }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.blocks.len() * size_of::<Block>()
    }

    /// The block of a hash, in the order of the hashes.
    #[inline]
    fn block(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.blocks.len() as u128) >> 64) as usize
    }

    pub(super) fn insert(&mut self, hash: u64) {
        let at = self.block(hash);
        let block = &mut self.blocks[at].0;
        for bit in bits(hash) {
            block[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Whether the hash may be one of those inserted; `false` is certain.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let block = &self.blocks[self.block(hash)].0;
        // Without a branch for each: they lie in one line.
        bits(hash).fold(1, |all, bit| all & block[bit / 64] >> (bit % 64)) & 1 == 1
    }
}

/// The bits of a hash within its block. Hashes of one block begin alike, so these come from all of it.
#[inline]
fn bits(hash: u64) -> impl Iterator<Item = usize> {
    let mixed = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (0..PROBES).map(move |probe| (mixed >> (9 * probe + 10)) as usize % BLOCK_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes as runs keep them: 40 leading bits.
    fn hash(at: u64) -> u64 {
        let mixed = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 31)).wrapping_mul(0xd6e8_feb8_6659_fd93) & (u64::MAX << 24)
    }

    #[test]
    fn what_was_inserted_is_held_and_little_else() {
        let mut filter = Filter::new(100_000, 10);
        (0..100_000).for_each(|at| filter.insert(hash(at)));
        assert!((0..100_000).all(|at| filter.may_hold(hash(at))));
        let wrong = (100_000..200_000).filter(|&at| filter.may_hold(hash(at))).count();
        assert!(wrong < 2_000, "{wrong} of 100,000 that are not there");
        assert!(filter.memory_bytes() < 126_000, "{} bytes", filter.memory_bytes());
    }

    #[test]
    fn a_filter_of_nothing_holds_nothing() {
        let filter = Filter::new(0, 10);
        assert!((0..1_000).all(|at| !filter.may_hold(hash(at))));
    }
}

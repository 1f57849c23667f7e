//! The only source of chance in this crate.
//!
//! xoshiro256++ (Blackman and Vigna, 2019), seeded with `SplitMix64` from one 64-bit seed: both algorithms are fixed by
//! their papers, work on 64-bit words and are the same on every platform. Every choice below is integer arithmetic.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

/// A seeded stream of choices.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A number below `bound` (which must not be 0).
    ///
    /// Multiply and shift, without rejection: for the bounds used here (below 2^40) no value is likelier than another
    /// by more than one part in 2^24.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        debug_assert!(bound > 0);
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A position in a list of `len` entries.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True `part` times in `whole`.
    pub(crate) fn chance(&mut self, part: u64, whole: u64) -> bool {
        self.below(whole) < part
    }

    /// The least of `count` numbers below `bound`: spread like `bound` times Beta(1, `count`).
    pub(crate) fn least_of(&mut self, count: u32, bound: u64) -> u64 {
        (0..count).map(|_| self.below(bound)).min().unwrap_or(0)
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.index(i + 1));
        }
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

/// The output function of `SplitMix64`: a bijection on 64-bit words, so distinct inputs give distinct outputs.
pub(crate) const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The way back: `unmix(mix(word)) == word`. The factors are the inverses of those above modulo 2^64.
pub(crate) const fn unmix(word: u64) -> u64 {
    let word = word ^ (word >> 31) ^ (word >> 62);
    let word = word.wrapping_mul(0x3196_42b2_d24d_8ec3);
    let word = word ^ (word >> 27) ^ (word >> 54);
    let word = word.wrapping_mul(0x96de_1b17_3f11_9089);
    word ^ (word >> 30) ^ (word >> 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // `mix(seed + golden)` is SplitMix64's first output; 0xe220a8397b1dcdaf is the published one for seed 0.
        assert_eq!(mix(0x9e37_79b9_7f4a_7c15), 0xe220_a839_7b1d_cdaf);
        // xoshiro256++ seeded that way with 0, as published with the Rust and C reference implementations.
        assert_eq!(Dice::new(0).0.next_u64(), 5_987_356_902_031_041_503);
    }

    #[test]
    fn mixing_can_be_undone() {
        for word in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef, 1 << 63] {
            assert_eq!(unmix(mix(word)), word);
        }
    }

    #[test]
    fn bounds_are_kept_and_reached() {
        let mut dice = Dice::new(7);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[dice.between(2, 6) as usize - 2] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert!(!dice.chance(0, 9) && dice.chance(9, 9));
    }
}

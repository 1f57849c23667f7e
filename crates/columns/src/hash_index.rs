//! From a hash to the rows that may carry it: a bucket directory over row numbers, written once.
//!
//! Buckets hold four rows on average and each row a one-byte tag, so a look-up reads one directory cell, a few tags
//! that lie together, and rarely more than the row it is after. 5.3 bytes a row.

use crate::Slice;

/// The arrays of an index.
#[derive(Debug, Clone)]
pub struct HashIndexData {
    /// First entry of each bucket, and one closing cell.
    pub dir: Vec<u32>,
    /// Row numbers, bucket by bucket, ascending within one.
    pub entries: Vec<u32>,
    /// The eight hash bits after the bucket's, entry by entry.
    pub tags: Vec<u8>,
}

/// How many leading hash bits choose the bucket among `rows` rows.
#[inline]
fn bucket_bits(rows: usize) -> u32 {
    (rows / 4).checked_ilog2().unwrap_or(0)
}

#[inline]
fn bucket(hash: u64, bits: u32) -> usize {
    if bits == 0 { 0 } else { (hash >> (64 - bits)) as usize }
}

#[inline]
fn tag(hash: u64, bits: u32) -> u8 {
    (hash >> (56 - bits)) as u8
}

impl HashIndexData {
    /// Indexes rows 0.. by their hashes. O(n), two passes.
    pub fn build(hashes: &[u64]) -> Self {
        let bits = bucket_bits(hashes.len());
        let mut dir = vec![0u32; (1 << bits) + 1];
        for &hash in hashes {
            dir[bucket(hash, bits) + 1] += 1;
        }
        for i in 1..dir.len() {
            dir[i] += dir[i - 1];
        }
        let mut next = dir.clone();
        let (mut entries, mut tags) = (vec![0u32; hashes.len()], vec![0u8; hashes.len()]);
        for (row, &hash) in hashes.iter().enumerate() {
            let at = &mut next[bucket(hash, bits)];
            entries[*at as usize] = row as u32;
            tags[*at as usize] = tag(hash, bits);
            *at += 1;
        }
        Self { dir, entries, tags }
    }

    /// The same index, borrowed.
    pub fn view(&self) -> HashIndex<'_> {
        HashIndex { dir: self.dir[..].into(), entries: self.entries[..].into(), tags: self.tags[..].into() }
    }
}

/// A borrowed index.
#[derive(Debug, Clone, Copy)]
pub struct HashIndex<'a> {
    /// First entry of each bucket, and one closing cell.
    pub dir: Slice<'a, u32>,
    /// Row numbers, bucket by bucket, ascending within one.
    pub entries: Slice<'a, u32>,
    /// The eight hash bits after the bucket's, entry by entry.
    pub tags: Slice<'a, u8>,
}

impl<'a> HashIndex<'a> {
    /// Rows whose hash may be `hash`, the newest first. The caller compares the full key.
    #[inline]
    pub fn candidates(&self, hash: u64) -> impl Iterator<Item = u32> + use<'a> {
        let bits = bucket_bits(self.entries.len());
        let at = bucket(hash, bits);
        let range = match self.dir.range(at..at + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        };
        let entries = self.entries.range(range.clone()).unwrap_or(&[]);
        let tags = self.tags.range(range).unwrap_or(&[]);
        let wanted = tag(hash, bits);
        entries.iter().zip(tags).rev().filter(move |&(_, &own)| own == wanted).map(|(&row, _)| row)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_is_a_candidate_for_its_hash(hashes in prop::collection::vec(any::<u64>(), 0..500), absent: u64) {
            let data = HashIndexData::build(&hashes);
            let index = data.view();
            for (row, &hash) in hashes.iter().enumerate() {
                prop_assert!(index.candidates(hash).any(|candidate| candidate == row as u32));
            }
            prop_assert!(index.candidates(absent).count() <= hashes.len());
        }
    }

    #[test]
    fn of_equal_hashes_the_newest_comes_first() {
        let data = HashIndexData::build(&[7 << 56, 9 << 56, 7 << 56]);
        assert_eq!(data.view().candidates(7 << 56).collect::<Vec<_>>(), [2, 0]);
    }
}

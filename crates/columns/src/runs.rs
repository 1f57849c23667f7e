//! Which run of rows each owner owns, in a byte an owner: a transaction its inputs, a name its bytes.
//!
//! Counts of up to 254 are a byte; the few larger ones stand in a list. The start of every 32nd run is stored, so a look-up adds
//! up at most 31 bytes. Plain 4-byte starts would cost 8 bytes a transaction of a UTXO chain where this costs 2.3.

use std::ops::Range;

use crate::Slice;

/// Runs whose starts are found by adding.
const GROUP: usize = 32;
/// A count that does not fit in its byte.
const BIG: u8 = u8::MAX;

/// Growing runs.
#[derive(Debug, Clone, Default)]
pub struct RunsData {
    /// Start of every `GROUP`th run.
    pub groups: Vec<u32>,
    /// Length of each run, `BIG` for those in `big`.
    pub counts: Vec<u8>,
    /// (run, length) of the long ones, ascending.
    pub big: Vec<[u32; 2]>,
    /// Where the next run starts.
    pub total: u32,
}

impl RunsData {
    /// Appends a run of this length.
    pub fn push(&mut self, count: u32) {
        if self.counts.len().is_multiple_of(GROUP) {
            self.groups.push(self.total);
        }
        match u8::try_from(count) {
            Ok(small) if small != BIG => self.counts.push(small),
            _ => {
                self.big.push([self.counts.len() as u32, count]);
                self.counts.push(BIG);
            }
        }
        self.total += count;
    }

    /// The same runs, borrowed.
    pub fn view(&self) -> Runs<'_> {
        Runs { groups: self.groups[..].into(), counts: self.counts[..].into(), big: self.big[..].into() }
    }
}

/// Borrowed runs.
#[derive(Debug, Clone, Copy)]
pub struct Runs<'a> {
    /// Start of every 32nd run.
    pub groups: Slice<'a, u32>,
    /// Length of each run, all ones for those in `big`.
    pub counts: Slice<'a, u8>,
    /// (run, length) of the long ones, ascending.
    pub big: Slice<'a, [u32; 2]>,
}

/// How many rows each run of a row of runs has, checked.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    runs: Runs<'a>,
    first: usize,
    lengths: &'a [u8],
}

impl Counts<'_> {
    /// Of the run at this place of them.
    #[inline]
    pub fn get(&self, at: usize) -> Option<usize> {
        let length = *self.lengths.get(at)?;
        self.runs.length(self.first + at, length).map(|count| count as usize)
    }
}

impl<'a> Runs<'a> {
    /// The same runs, their lengths in a range checked now and not again.
    pub fn settled(self, range: Range<usize>) -> Option<Self> {
        Some(Self { counts: self.counts.settled(range)?, ..self })
    }

    /// How many runs there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether starts and long runs are those of the lengths. O(runs).
    pub fn is_whole(&self) -> bool {
        let mut made = RunsData::default();
        let mut total = 0_u32;
        for run in 0..self.len() {
            let length = self.count(run).and_then(|length| u32::try_from(length).ok());
            let Some((length, sum)) = length.and_then(|length| Some((length, total.checked_add(length)?)))
            else {
                return false;
            };
            total = sum;
            made.push(length);
        }
        self.groups.all() == made.groups && self.counts.all() == made.counts && self.big.all() == made.big
    }

    /// The lengths of a row of runs; `None` where the file is damaged.
    pub fn counts_of(self, runs: Range<usize>) -> Option<Counts<'a>> {
        let (first, lengths) = (runs.start, self.counts.range(runs)?);
        Some(Counts { runs: self, first, lengths })
    }

    #[inline]
    fn length(&self, run: usize, count: u8) -> Option<u32> {
        if count == BIG { self.long(run) } else { Some(u32::from(count)) }
    }

    #[cold]
    fn long(&self, run: usize) -> Option<u32> {
        self.big.find_by_key(&(run as u32), |entry| entry[0]).map(|(_, entry)| entry[1])
    }

    /// How many rows these runs have together, from run `first` on.
    #[inline]
    fn sum(&self, first: usize, counts: &[u8]) -> Option<usize> {
        if let Some(sum) = small_sum(counts) {
            return Some(sum);
        }
        let mut lengths = counts.iter().enumerate().map(|(at, &count)| self.length(first + at, count));
        lengths.try_fold(0, |sum, length| Some(sum + length? as usize))
    }

    /// Start of run `run`; of the row past the last one for `run == len`. `None` when the arrays contradict each other.
    pub fn start(&self, run: usize) -> Option<usize> {
        if run == 0 {
            return Some(0);
        }
        let group = (run / GROUP).min(self.groups.len().checked_sub(1)?);
        let first = group * GROUP;
        let between = self.counts.range(first..run)?;
        Some(*self.groups.get(group)? as usize + self.sum(first, between)?)
    }

    /// How many rows run `run` has.
    #[inline]
    pub fn count(&self, run: usize) -> Option<usize> {
        self.length(run, *self.counts.get(run)?).map(|count| count as usize)
    }

    /// The rows of run `run`.
    #[inline]
    pub fn range(&self, run: usize) -> Option<Range<usize>> {
        let group = run / GROUP;
        let first = group * GROUP;
        let (&own, before) = self.counts.range(first..run + 1)?.split_last()?;
        let at = *self.groups.get(group)? as usize + self.sum(first, before)?;
        Some(at..at + self.length(run, own)? as usize)
    }

    /// The run that owns row `row`, and its start. O(log runs).
    pub fn owner(&self, row: usize) -> Option<(usize, usize)> {
        let group = self.groups.partition_point(|&start| start as usize <= row).checked_sub(1)?;
        let mut at = *self.groups.get(group)? as usize;
        let first = group * GROUP;
        // Empty groups share their start with the next one; the last of them is the one found.
        for (offset, &count) in
            self.counts.range(first..(first + GROUP).min(self.counts.len()))?.iter().enumerate()
        {
            let run = first + offset;
            let end = at + self.length(run, count)? as usize;
            if row < end {
                return Some((run, at));
            }
            at = end;
        }
        None
    }
}

/// The sum of up to [`GROUP`] lengths, eight at a time; none of more, and where one of them does not fit in its byte.
#[inline]
fn small_sum(counts: &[u8]) -> Option<usize> {
    /// The lower byte of each pair, the lowest bit of each byte, and the highest one.
    const LOWER: u64 = 0x00ff_00ff_00ff_00ff;
    const LOWEST: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = LOWEST << 7;
    if counts.len() > GROUP {
        return None;
    }
    let (eights, rest) = counts.as_chunks::<8>();
    let (mut pairs, mut sum, mut big) = (0, 0, false);
    for &eight in eights {
        let eight = u64::from_le_bytes(eight);
        pairs += (eight & LOWER) + (eight >> 8 & LOWER);
        // A byte of ones is a byte of zeros the other way round, from which 1 is borrowed.
        big |= (!eight).wrapping_sub(LOWEST) & eight & HIGHEST != 0;
    }
    for &count in rest {
        sum += usize::from(count);
        big |= count == BIG;
    }
    // The four sums of pairs, added up in the highest of them.
    sum += (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize;
    (!big).then_some(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_agree_with_plain_starts(counts in prop::collection::vec(prop_oneof![0u32..5, 250u32..260, 0u32..2000], 0..200)) {
            let mut data = RunsData::default();
            let mut starts = vec![0usize];
            for &count in &counts {
                data.push(count);
                starts.push(starts[starts.len() - 1] + count as usize);
            }
            let runs = data.view();
            for run in 0..counts.len() {
                prop_assert_eq!(runs.range(run), Some(starts[run]..starts[run + 1]));
                if counts[run] > 0 {
                    prop_assert_eq!(runs.owner(starts[run]), Some((run, starts[run])));
                    prop_assert_eq!(runs.owner(starts[run + 1] - 1), Some((run, starts[run])));
                }
            }
            prop_assert_eq!(runs.start(counts.len()), Some(starts[counts.len()]));
            prop_assert_eq!(runs.owner(starts[counts.len()]), None);
            prop_assert_eq!(runs.range(counts.len()), None);
            prop_assert!(runs.is_whole());
            // Any other start, or a long run that is none, is found.
            for group in 0..data.groups.len() {
                data.groups[group] ^= 1;
                prop_assert!(!data.view().is_whole());
                data.groups[group] ^= 1;
            }
            data.big.push([counts.len() as u32, 7]);
            prop_assert!(!data.view().is_whole());
        }
    }
}

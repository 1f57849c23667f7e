//! Groups of coins whose values add up to about an amount, the smallest groups first.
//!
//! The coins are cut in two halves and the sums of each half's subsets sorted, apart by how many coins they are of. A
//! group of k coins is a of one half and k - a of the other, and those that come into a range are met by walking up the
//! one list and down the other: the cost is that of the two halves, 2^(N/2), and of what is found, not 2^N. Of more coins
//! than 28 the largest subsets are left out, and the answer says so.

/// Sums of a half, all sizes together: all those of 28 coins.
const HALF_SUMS: usize = 1 << 14;

/// A group: its sum, and its coins, one bit each.
pub(super) type Group = (u64, u64);

/// The subsets of some coins.
pub(super) struct Sums {
    /// By half and number of coins, sorted.
    halves: [Vec<Vec<Group>>; 2],
    /// Most coins of a group of which every one is found.
    complete: usize,
    coins: usize,
}

impl Sums {
    /// The subsets of the coins of `mask` (at most 64) that are worth `most` or less.
    pub(super) fn new(values: &[u64], mask: u64, most: u64) -> Self {
        let mut coins: Vec<usize> = (0..values.len()).filter(|at| mask >> at & 1 == 1).collect();
        coins.sort_by_key(|&at| values[at]);
        let halves = [0, 1].map(|half| {
            let coins: Vec<usize> = coins.iter().copied().skip(half).step_by(2).collect();
            Self::half(values, &coins, most)
        });
        // A group of k may have all its coins in one half.
        let complete = |half: &Vec<Vec<Group>>, coins: usize| {
            if half.len() > coins { usize::MAX } else { half.len() - 1 }
        };
        let count = coins.len();
        let sizes = complete(&halves[0], count.div_ceil(2)).min(complete(&halves[1], count / 2));
        Self { halves, complete: sizes.min(count), coins: count }
    }

    /// How many sums there are of both halves, a measure of what making them cost.
    pub(super) fn len(&self) -> u32 {
        self.halves.iter().flatten().map(|sums| sums.len() as u32).sum()
    }

    /// Subsets of a half by size, up to the size that still has room.
    fn half(values: &[u64], coins: &[usize], most: u64) -> Vec<Vec<Group>> {
        let mut by_size: Vec<Vec<Group>> = vec![vec![(0, 0)]];
        let mut total = 1;
        'sizes: for size in 1..=coins.len() {
            let mut next = Vec::new();
            for &(sum, mask) in &by_size[size - 1] {
                // Only coins behind the last one, so that each subset is made once.
                let first = coins.iter().rposition(|&at| mask >> at & 1 == 1).map_or(0, |last| last + 1);
                for &at in &coins[first..] {
                    let Some(with) = sum.checked_add(values[at]).filter(|&with| with <= most) else { break };
                    next.push((with, mask | 1 << at));
                }
                if total + next.len() > HALF_SUMS {
                    break 'sizes;
                }
            }
            if next.is_empty() {
                // No larger one is worth as little.
                by_size.resize(coins.len() + 1, Vec::new());
                break;
            }
            total += next.len();
            by_size.push(next);
        }
        for sums in &mut by_size {
            sums.sort_unstable();
        }
        by_size
    }

    /// The groups whose sums lie in `range`, fewest coins first, until there are more than `limit` or `work` steps are
    /// used up; and whether these are all. The size at which the limit was met is complete or left out.
    pub(super) fn within(
        &self,
        (least, most): (u64, u64),
        limit: usize,
        work: &mut u32,
    ) -> (Vec<Group>, bool) {
        let mut found = Vec::new();
        for size in 1..=self.coins {
            if size > self.complete {
                return (found, false);
            }
            let before = found.len();
            for in_first in 0..=size {
                let (Some(first), Some(second)) =
                    (self.halves[0].get(in_first), self.halves[1].get(size - in_first))
                else {
                    continue;
                };
                if !meet(first, second, (least, most), limit, &mut found, work) {
                    found.truncate(before);
                    return (found, false);
                }
            }
        }
        (found, true)
    }
}

/// Adds the pairs whose sums lie in the range. `false` when there are too many.
fn meet(
    first: &[Group],
    second: &[Group],
    (least, most): (u64, u64),
    limit: usize,
    found: &mut Vec<Group>,
    work: &mut u32,
) -> bool {
    // The part of `second` that fits moves down while `first` goes up.
    let (mut from, mut to) = (second.len(), second.len());
    for &(sum, mask) in first {
        let before = from + to;
        while to > 0 && sum.saturating_add(second[to - 1].0) > most {
            to -= 1;
        }
        while from > 0 && sum.saturating_add(second[from - 1].0) >= least {
            from -= 1;
        }
        let fitting = second.get(from..to).unwrap_or(&[]);
        let used = 1 + before - from - to + fitting.len();
        if used > *work as usize || found.len() + fitting.len() > limit {
            return false;
        }
        *work -= used as u32;
        found.extend(fitting.iter().map(|&(other, with)| (sum + other, mask | with)));
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(values: &[u64], mask: u64, (least, most): (u64, u64)) -> Vec<Group> {
        let sum = |group: u64| -> u64 {
            values.iter().enumerate().filter(|(at, _)| group >> at & 1 == 1).map(|(_, value)| value).sum()
        };
        let groups = (1_u64..1 << values.len()).filter(|group| group & !mask == 0);
        groups.map(|group| (sum(group), group)).filter(|(sum, _)| (least..=most).contains(sum)).collect()
    }

    proptest! {
        #[test]
        fn all_groups_are_found_once_and_small_ones_first(
            values in prop::collection::vec(1_u64..60, 1..11),
            mask in any::<u64>(),
            least in 0_u64..200,
            width in 0_u64..30,
        ) {
            let mask = mask & ((1 << values.len()) - 1);
            let range = (least, least + width);
            let (found, complete) =
                Sums::new(&values, mask, range.1).within(range, usize::MAX, &mut { u32::MAX });
            prop_assert!(complete);
            prop_assert!(found.is_sorted_by_key(|(_, group)| group.count_ones()));
            let mut found = found;
            found.sort_unstable();
            let mut expected = plain(&values, mask, range);
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_is_too_much_is_cut_at_a_whole_size_and_said() {
        // 64 equal coins: 64 groups of one, 2,016 of two, 41,664 of three.
        let values = [1_000_000; 64];
        let sums = Sums::new(&values, u64::MAX, 10_000_000);
        let of = |coins: u64, limit| {
            let range = (coins * 1_000_000, coins * 1_000_000);
            let (found, complete) = sums.within(range, limit, &mut { u32::MAX });
            (found.len(), complete)
        };
        assert_eq!(of(1, 10_000), (64, false), "larger sizes than the halves hold were not looked at");
        assert_eq!(of(2, 10_000), (2_016, false));
        assert_eq!(of(3, 10_000), (0, false), "none of them rather than some");
        let few = Sums::new(&values[..20], (1 << 20) - 1, u64::MAX);
        let of = |work| few.within((1_000_000, 2_000_000), 1_000, &mut { work });
        let (all, complete) = of(u32::MAX);
        assert_eq!((all.len(), complete), (20 + 190, true));
        let (some, complete) = of(100);
        assert_eq!((some.len(), complete), (20, false), "the work ended among the groups of two");
        let nothing = Sums::new(&[], 0, 100);
        assert_eq!(nothing.within((0, 100), 10, &mut 100), (Vec::new(), true));
    }
}

//! Which segments become one.

/// Whether two neighbours are to become one: the older is not much larger than the newer, and together they stay within
/// `most`. Sizes are in whatever a store bounds; the first of them is what "larger" means.
///
/// Asked of the last two after each commit, and again while it holds, it leaves a number of segments that grows with the
/// logarithm of the commits, and writes each row as many times.
pub fn become_one<const N: usize>(older: [usize; N], newer: [usize; N], most: [usize; N]) -> bool {
    let alike =
        older.first().zip(newer.first()).is_some_and(|(older, newer)| *older <= newer.saturating_mul(2));
    let mut together = older.iter().zip(&newer).zip(&most);
    alike && together.all(|((&older, &newer), &most)| older.saturating_add(newer) <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_LIMIT: usize = usize::MAX;

    /// Sizes of the segments after so many commits of these sizes.
    fn followed(commits: impl IntoIterator<Item = usize>, most: usize) -> Vec<usize> {
        let mut sizes: Vec<usize> = Vec::new();
        for commit in commits {
            sizes.push(commit);
            while let [.., older, newer] = sizes[..] {
                if !become_one([older], [newer], [most]) {
                    break;
                }
                sizes.truncate(sizes.len() - 2);
                sizes.push(older + newer);
            }
        }
        sizes
    }

    #[test]
    fn as_many_segments_are_left_as_the_commits_have_digits() {
        for commits in [1_usize, 7, 1_000, 4_095, 4_096, 100_000] {
            let sizes = followed(std::iter::repeat_n(3, commits), NO_LIMIT);
            assert!(sizes.len() as u32 <= commits.ilog2() + 1, "{commits}: {sizes:?}");
            assert_eq!(sizes.iter().sum::<usize>(), 3 * commits);
        }
    }

    #[test]
    fn no_segment_passes_a_limit_and_no_other_limit_is_forgotten() {
        let sizes = followed(std::iter::repeat_n(10, 1_000), 64);
        assert!(sizes.iter().all(|&size| size <= 64), "{sizes:?}");
        assert!(become_one([10, 7], [5, 7], [15, 14]));
        assert!(!become_one([10, 7], [5, 7], [15, 13]));
        assert!(!become_one([10, 7], [5, 7], [14, 14]));
    }

    #[test]
    fn a_large_one_stays_beside_a_small_one() {
        assert!(become_one([20], [10], [NO_LIMIT]));
        assert!(!become_one([21], [10], [NO_LIMIT]));
    }
}

//! Disjoint sets of 32-bit numbers in 4 bytes each.
//!
//! A number's parent is never above it, and of two roots the smaller stays one: a set's root is its smallest member,
//! whatever the order of the unions, and one ascending pass sees every parent before its children.

/// A forest of parents.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets {
    parents: Vec<u32>,
}

/// The same sets, whatever the ways to their roots.
impl PartialEq for Sets {
    fn eq(&self, other: &Self) -> bool {
        self.roots() == other.roots()
    }
}

impl Eq for Sets {}

impl Sets {
    /// How many numbers there are, from 0.
    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    /// Adds numbers as sets of their own.
    pub(super) fn grow(&mut self, len: usize) {
        self.parents.extend(self.parents.len() as u32..len as u32);
    }

    /// Makes every number below `len` a set of its own, and forgets the others.
    pub(super) fn reset(&mut self, len: usize) {
        self.parents.clear();
        self.grow(len);
    }

    /// The root of a number below [`Self::len`]. Amortised O(log n): every visit halves the way.
    pub(super) fn find(&mut self, number: u32) -> u32 {
        let mut at = number;
        loop {
            let parent = self.parents[at as usize];
            if parent == at {
                return at;
            }
            let next = self.parents[parent as usize];
            if next == parent {
                return parent;
            }
            self.parents[at as usize] = next;
            at = next;
        }
    }

    /// The root of a number, without shortening the way; `None` for a number that is not there.
    pub(super) fn root(&self, number: u32) -> Option<u32> {
        let mut at = number;
        loop {
            let parent = *self.parents.get(at as usize)?;
            if parent == at {
                return Some(at);
            }
            at = parent;
        }
    }

    /// Joins two different roots; gives the one that stays, then the one that went.
    pub(super) fn attach(&mut self, a: u32, b: u32) -> (u32, u32) {
        let (stays, goes) = (a.min(b), a.max(b));
        self.parents[goes as usize] = stays;
        (stays, goes)
    }

    /// Makes every way one step long. O(n).
    pub(super) fn flatten(&mut self) {
        for at in 0..self.parents.len() {
            self.parents[at] = self.parents[self.parents[at] as usize];
        }
    }

    /// The root of every number. O(n).
    pub(super) fn roots(&self) -> Vec<u32> {
        let mut flat = self.clone();
        flat.flatten();
        flat.parents
    }

    /// How many sets there are. O(n).
    pub(super) fn count(&self) -> usize {
        self.parents.iter().enumerate().filter(|&(at, &parent)| at == parent as usize).count()
    }

    /// Which numbers are in the set with this root, one bit each. O(n).
    pub(super) fn marks(&self, root: u32) -> Marks {
        let mut marks = Marks(vec![0; self.parents.len().div_ceil(64)]);
        if (root as usize) < self.parents.len() {
            marks.set(root);
        }
        for (at, &parent) in self.parents.iter().enumerate().skip(root as usize + 1) {
            if marks.has(parent) {
                marks.set(at as u32);
            }
        }
        marks
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.parents.capacity() * size_of::<u32>()
    }
}

/// A set of numbers, one bit each.
#[derive(Clone, Debug)]
pub(super) struct Marks(Vec<u64>);

impl Marks {
    fn set(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    /// Whether a number is in it.
    pub(super) fn has(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// How many numbers are in it.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The numbers, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.0.iter().enumerate().flat_map(|(at, &word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at as u32 * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every number holds the name of its set; a union renames one of them throughout.
    fn naive(len: u32, links: &[(u32, u32)]) -> Vec<u32> {
        let mut names: Vec<u32> = (0..len).collect();
        for &(a, b) in links {
            let (a, b) = (names[a as usize], names[b as usize]);
            names.iter_mut().filter(|name| **name == a.max(b)).for_each(|name| *name = a.min(b));
        }
        names
    }

    proptest! {
        #[test]
        fn sets_are_those_of_renaming_throughout(links in prop::collection::vec((0u32..90, 0u32..90), 0..120)) {
            let mut sets = Sets::default();
            sets.grow(90);
            for &(a, b) in &links {
                let (a, b) = (sets.find(a), sets.find(b));
                if a != b {
                    sets.attach(a, b);
                }
            }
            let names = naive(90, &links);
            prop_assert_eq!(&sets.roots(), &names);
            prop_assert_eq!(sets.count(), names.iter().enumerate().filter(|(at, name)| *at == **name as usize).count());
            for number in 0..90 {
                prop_assert_eq!(sets.root(number), Some(names[number as usize]));
                let members: Vec<u32> = (0..90).filter(|&other| names[other as usize] == names[number as usize]).collect();
                let marks = sets.marks(names[number as usize]);
                prop_assert_eq!(marks.len(), members.len());
                prop_assert_eq!(marks.iter().collect::<Vec<_>>(), members);
            }
            prop_assert_eq!(sets.root(90), None);
        }
    }

    #[test]
    fn a_long_way_is_shortened_and_the_smallest_number_stays() {
        let mut sets = Sets::default();
        sets.grow(10_000);
        for number in (1..10_000).rev() {
            sets.attach(number, number - 1);
        }
        assert_eq!(sets.find(9_999), 0);
        assert_eq!(sets.root(9_999), Some(0));
        sets.flatten();
        assert!(sets.roots().iter().all(|&root| root == 0));
        assert_eq!(sets.count(), 1);
    }
}

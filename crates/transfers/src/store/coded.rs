//! A column of numbers of which few are most: the first few have a code of one byte, the others stand apart.
//!
//! Half of what moves is the chain's own coin and most of the rest a few tokens, so that an asset costs little more than a byte
//! where its number has four.

use std::{collections::HashMap, ops::Range};

use tracehound_columns::Slice;

/// Rows of which the rare ones before them are counted together.
const GROUP: usize = 64;
/// The code of a number that has none. Codes below it are places in `common`.
const RARE: u8 = u8::MAX;

/// A growing column.
#[derive(Debug, Default)]
pub(super) struct CodedData {
    pub(super) codes: Vec<u8>,
    /// How many rare ones come before every [`GROUP`]th row.
    pub(super) ranks: Vec<u32>,
    pub(super) rare: Vec<u32>,
    /// Numbers with a code, in order of first appearance.
    pub(super) common: Vec<u32>,
    /// Not sealed.
    known: HashMap<u32, u8>,
}

impl CodedData {
    pub(super) fn push(&mut self, number: u32) {
        if self.codes.len().is_multiple_of(GROUP) {
            self.ranks.push(self.rare.len() as u32);
        }
        let code = self.known.get(&number).copied().or_else(|| {
            let code = u8::try_from(self.common.len()).ok().filter(|&code| code != RARE)?;
            self.common.push(number);
            self.known.insert(number, code);
            Some(code)
        });
        if code.is_none() {
            self.rare.push(number);
        }
        self.codes.push(code.unwrap_or(RARE));
    }

    pub(super) fn view(&self) -> Coded<'_> {
        Coded {
            codes: self.codes[..].into(),
            ranks: self.ranks[..].into(),
            rare: self.rare[..].into(),
            common: self.common[..].into(),
        }
    }
}

/// A borrowed column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded<'a> {
    pub(super) codes: Slice<'a, u8>,
    pub(super) ranks: Slice<'a, u32>,
    pub(super) rare: Slice<'a, u32>,
    pub(super) common: Slice<'a, u32>,
}

impl Coded<'_> {
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<u32> {
        let code = *self.codes.get(row)?;
        if code == RARE { self.rare(row) } else { self.common.get(code.into()).copied() }
    }

    fn rare(&self, row: usize) -> Option<u32> {
        self.rare.get(self.rank(row)?).copied()
    }

    /// How many rare ones come before a row.
    fn rank(&self, row: usize) -> Option<usize> {
        let since = self.codes.range(row / GROUP * GROUP..row)?;
        let since: usize = since.iter().map(|&code| usize::from(code == RARE)).sum();
        Some(*self.ranks.get(row / GROUP)? as usize + since)
    }

    /// The numbers of a run of rows. `None` where the file is damaged.
    pub(super) fn each(&self, rows: Range<usize>) -> Option<Vec<u32>> {
        let codes = self.codes.range(rows.clone())?;
        let mut rare = match codes.iter().position(|&code| code == RARE) {
            None => 0,
            Some(at) => self.rank(rows.start + at)?,
        };
        let common = self.common.range(0..self.common.len())?;
        let number = |&code: &u8| {
            if code == RARE {
                rare += 1;
                self.rare.get(rare - 1).copied()
            } else {
                common.get(usize::from(code)).copied()
            }
        };
        codes.iter().map(number).collect()
    }

    /// Whether all parts are those of these numbers, which are its own. O(rows).
    pub(super) fn is_of(&self, numbers: &[u32]) -> bool {
        let mut made = CodedData::default();
        for &number in numbers {
            made.push(number);
        }
        self.codes.all() == made.codes
            && self.ranks.all() == made.ranks
            && self.rare.all() == made.rare
            && self.common.all() == made.common
    }

    /// Whether the parts agree in length.
    pub(super) fn agree(&self) -> bool {
        self.ranks.len() == self.len().div_ceil(GROUP) && self.common.len() <= usize::from(RARE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_comes_back_alone_and_in_a_run(
            numbers in prop::collection::vec(prop_oneof![0u32..5, 0u32..600, any::<u32>()], 0..900),
            from in 0usize..900,
            len in 0usize..900,
        ) {
            let mut data = CodedData::default();
            for &number in &numbers {
                data.push(number);
            }
            let coded = data.view();
            prop_assert!(coded.agree() && coded.is_of(&numbers));
            for (row, &number) in numbers.iter().enumerate() {
                prop_assert_eq!(coded.get(row), Some(number));
            }
            prop_assert_eq!(coded.get(numbers.len()), None);
            let from = from.min(numbers.len());
            let run = from..(from + len).min(numbers.len());
            prop_assert_eq!(coded.each(run.clone()), Some(numbers[run].to_vec()));
        }
    }
}

//! Shares of the live outputs.
//!
//! Most outputs are spent soon, so the newest stand in a row, where each lies at a place that its number tells; only what
//! outlives [`YOUNG`] later outputs goes to the hash table, which costs several times as much.

use std::collections::VecDeque;

use tracehound_ledger::OutNum;

use super::{NOTHING, Shares};
use crate::numbers::Table;

/// Outputs in the row. More of them would spare the table more and no longer fit into the processor's cache.
const YOUNG: usize = 1 << 18;

#[derive(Clone, Debug)]
pub(super) struct Live {
    /// How long the row may be.
    most_young: usize,
    /// The newest outputs, without gaps; [`NOTHING`] for those that are not live.
    young: VecDeque<Shares>,
    /// The number behind the last of them.
    next: u64,
    old: Table<u64, Shares>,
    count: usize,
}

impl Default for Live {
    fn default() -> Self {
        Self::new(YOUNG)
    }
}

impl Live {
    fn new(most_young: usize) -> Self {
        Self { most_young, young: VecDeque::new(), next: 0, old: Table::default(), count: 0 }
    }

    /// Outputs with state.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bytes of memory: 24 an entry of the table and one of control, at a load of at most 7/8; 16 for each in the row.
    pub(super) fn bytes(&self) -> usize {
        self.old.capacity() * 8 / 7 * (size_of::<(u64, Shares)>() + 1)
            + self.young.capacity() * size_of::<Shares>()
    }

    /// The number of the next output.
    pub(super) fn next(&self) -> OutNum {
        OutNum(self.next)
    }

    fn place(&self, out: OutNum) -> Option<usize> {
        let back = self.next.checked_sub(out.0)?;
        self.young.len().checked_sub(usize::try_from(back).ok()?)
    }

    pub(super) fn get(&self, out: OutNum) -> Option<&Shares> {
        match self.place(out) {
            Some(place) => self.young.get(place).filter(|shares| **shares != NOTHING),
            None => self.old.get(&out.0),
        }
    }

    /// Takes out what is there.
    pub(super) fn take(&mut self, out: OutNum) -> Option<Shares> {
        let taken = match self.place(out) {
            Some(place) => self
                .young
                .get_mut(place)
                .map(|shares| std::mem::replace(shares, NOTHING))
                .filter(|shares| *shares != NOTHING),
            None => self.old.remove(&out.0),
        };
        self.count -= usize::from(taken.is_some());
        taken
    }

    /// The next output is this one.
    pub(super) fn begin(&mut self, first: OutNum) {
        while self.next < first.0 {
            self.push(NOTHING);
        }
    }

    /// The shares of the next output.
    pub(super) fn push(&mut self, shares: Shares) {
        if self.young.len() == self.most_young
            && let Some(oldest) = self.young.pop_front()
            && oldest != NOTHING
        {
            self.old.insert(self.next - self.most_young as u64, oldest);
        }
        self.young.push_back(shares);
        self.next += 1;
        self.count += usize::from(shares != NOTHING);
    }

    /// Gives back what [`Self::take`] took.
    pub(super) fn put_back(&mut self, out: OutNum, shares: Shares) {
        match self.place(out).and_then(|place| self.young.get_mut(place)) {
            Some(young) => *young = shares,
            None => drop(self.old.insert(out.0, shares)),
        }
        self.count += 1;
    }

    /// Forgets the outputs from `first` on.
    pub(super) fn truncate(&mut self, first: OutNum) {
        while self.next > first.0 {
            self.next -= 1;
            let last = match self.young.pop_back() {
                Some(young) => young != NOTHING,
                None => self.old.remove(&self.next).is_some(),
            };
            self.count -= usize::from(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Push(u16),
        Skip(u8),
        Take(u8),
        /// What was taken last.
        PutBack,
        Truncate(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0u16..3).prop_map(Step::Push),
            1 => (0u8..5).prop_map(Step::Skip),
            4 => (0u8..40).prop_map(Step::Take),
            1 => Just(Step::PutBack),
            1 => (0u8..12).prop_map(Step::Truncate),
        ]
    }

    proptest! {
        /// However short the row is, it is as if all stood in one table.
        #[test]
        fn row_and_table_hold_what_one_table_would(
            steps in prop::collection::vec(step(), 1..120), most_young in 1usize..20,
        ) {
            let mut live = Live::new(most_young);
            let (mut model, mut next, mut taken) = (BTreeMap::new(), 0, None);
            for step in steps {
                match step {
                    Step::Push(share) => {
                        live.push([share; 8]);
                        model.extend((share > 0).then_some((next, [share; 8])));
                        next += 1;
                    }
                    Step::Skip(outputs) => {
                        next += u64::from(outputs);
                        live.begin(OutNum(next));
                    }
                    Step::Take(back) => {
                        let out = u64::from(back).abs_diff(next);
                        let found = live.take(OutNum(out));
                        prop_assert_eq!(found, model.remove(&out));
                        taken = found.map(|shares| (out, shares)).or(taken);
                    }
                    Step::PutBack => {
                        let Some((out, shares)) = taken.take().filter(|(out, _)| *out < next) else { continue };
                        live.put_back(OutNum(out), shares);
                        model.insert(out, shares);
                    }
                    Step::Truncate(outputs) => {
                        next = next.saturating_sub(outputs.into());
                        live.truncate(OutNum(next));
                        model.split_off(&next);
                        taken = taken.filter(|(out, _)| *out < next);
                    }
                }
                prop_assert_eq!((live.next(), live.count()), (OutNum(next), model.len()));
                for out in 0..next + 3 {
                    prop_assert_eq!(live.get(OutNum(out)), model.get(&out), "output {}", out);
                }
            }
        }
    }
}

//! A writer's tables: numbers by hash, within a budget of memory.
//!
//! What came last is in memory. When that is full it goes to disk as a sorted run, and runs of one size become one, so that
//! there are few. Each has a filter in memory: most keys of a block are new or came lately, and neither reads the disk. A
//! table without a budget has no runs.
//!
//! **Invariants.** A table says the same whatever its budget. Runs are made of what segments hold, and never outlive their
//! table: they are no part of the store.

mod filter;
mod recent;
mod run;
mod shards;

use std::path::{Path, PathBuf};

use filter::Filter;
use recent::NumTable;
use run::{Damage, Entry, KEPT, Run, RunWriter};
pub use shards::{SHARDS, Shards, shard_of};

use crate::SegmentsError;

/// Extension of runs' files.
pub const RUN: &str = "run";
/// Runs of one level that become one of the next.
const MERGED: usize = 4;
/// Runs there may be: a bit each.
const MOST_RUNS: usize = 60;
/// Bits of a filter for each number: 1 in 100 that are not there is taken for one that may be.
const FILTER_BITS: usize = 10;
/// Fewer bits keep nothing out.
const LEAST_FILTER_BITS: usize = 4;
/// Slots that a table begins with.
const BEGIN_SLOTS: usize = 1 << 12;
/// Slots that a table has at least before it goes to disk.
const LEAST_SLOTS: usize = 1 << 3;
/// Slots that a table has at most: a slot finds its place by its tag alone, beside which a number of 32 bits has room. There
/// are no more numbers than go in.
const MOST_SLOTS: usize = 1 << 31;
/// In a number: it is none of the table any more. Transactions are numbered below it.
const REMOVED: u32 = 1 << 31;

/// What a table takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableSize {
    /// Numbers in it.
    pub numbers: usize,
    /// Bytes of memory.
    pub memory_bytes: usize,
    /// Bytes on disk, for as long as the writer is at work.
    pub disk_bytes: u64,
}

/// Numbers found by a 64-bit hash; the caller compares keys. Numbers are inserted in ascending order.
#[derive(Debug)]
pub struct Table {
    recent: NumTable,
    /// Where runs go, and how their files' names begin; none where there is no budget.
    spill: Option<(PathBuf, &'static str)>,
    /// Slots in memory, beyond which a block's own numbers may go.
    slots: usize,
    /// Bytes of memory for filters.
    filters: usize,
    /// Whether numbers are removed; then [`REMOVED`] is none of theirs.
    removes: bool,
    /// Oldest first, each as old or older in level than the next.
    runs: Vec<Run>,
    /// The number in the last run's file name, and from one to the next.
    made: u64,
    step: u64,
    numbers: usize,
    /// Above all numbers so far.
    next: u32,
    /// The first number that is in memory.
    first_recent: u32,
    /// For each hash of the last [`sift`](Self::sift) the runs that may hold it.
    sifted: Vec<u64>,
    damage: Option<Damage>,
}

impl Table {
    /// An empty table that takes this share of memory, or as much as it needs, and puts what has no room into `dir`, in files
    /// that begin with its name. Where numbers are removed they are below 2^31. `expected` are as good as there.
    pub fn new(dir: &Path, name: &'static str, share: Option<usize>, removes: bool, expected: usize) -> Self {
        let spill = share.map(|_| (dir.to_owned(), name));
        let share = share.unwrap_or(usize::MAX);
        // Half of it: growing holds the old slots beside the new ones.
        let most = (share / 2 / size_of::<u64>()).clamp(LEAST_SLOTS, MOST_SLOTS);
        let slots = 1_usize << most.ilog2();
        // Room for a block's numbers beside those that wait for the next run.
        let number_bits = if removes || spill.is_none() { 32 } else { slots.max(1 << 24).ilog2() + 1 };
        let begin = match &spill {
            Some(_) => BEGIN_SLOTS.min(slots),
            None => (expected * 5 / 4 + 1).max(BEGIN_SLOTS),
        };
        Self {
            recent: NumTable::new(begin, number_bits),
            filters: share.saturating_sub(slots * size_of::<u64>()),
            spill,
            slots,
            removes,
            runs: Vec::new(),
            made: 0,
            step: 1,
            numbers: 0,
            next: 0,
            first_recent: 0,
            sifted: Vec::new(),
            damage: None,
        }
    }

    /// A table in memory alone, for as few numbers as a shard of a block brings.
    pub fn small() -> Self {
        let recent = NumTable::new(1 << 6, 32);
        Self { recent, ..Self::new(Path::new(""), "", None, false, 0) }
    }

    /// What it takes.
    pub fn size(&self) -> TableSize {
        let runs: usize = self.runs.iter().map(Run::memory_bytes).sum();
        TableSize {
            numbers: self.numbers,
            memory_bytes: self.recent.memory_bytes() + runs + self.sifted.capacity() * 8,
            disk_bytes: self.runs.iter().map(Run::disk_bytes).sum(),
        }
    }

    /// Takes the pages of runs out of the process's memory.
    pub fn release(&self) {
        self.runs.iter().for_each(Run::release);
    }

    /// Fails when a run is not what was written: what the table said since cannot be trusted.
    ///
    /// # Errors
    /// [`SegmentsError::Table`].
    pub fn check(&self) -> Result<(), SegmentsError> {
        self.damage.clone().map_or(Ok(()), |damage| Err(damage.into()))
    }

    /// Makes room for this many insertions and removals, which until the next call need no disk.
    ///
    /// # Errors
    /// When the disk has no room.
    pub fn make_room(&mut self, numbers: usize) -> Result<(), SegmentsError> {
        if self.spill.is_none()
            || self.recent.len() == 0
            || (self.recent.len() + numbers) * 5 <= self.slots * 4
        {
            return Ok(());
        }
        self.spill()
    }

    /// Prepares searches for many hashes, so that their cache misses overlap.
    pub fn sift(&mut self, hashes: &[u64]) {
        let mut touched = 0;
        for &hash in hashes {
            touched ^= self.recent.touch(self.recent.home(hash));
        }
        std::hint::black_box(touched);
        self.sifted.clear();
        if self.runs.is_empty() {
            return;
        }
        self.sifted.resize(hashes.len(), 0);
        for (at, run) in self.runs.iter().enumerate() {
            for (&hash, found) in hashes.iter().zip(&mut self.sifted) {
                *found |= u64::from(run.may_hold(self.recent.tag(hash))) << at;
            }
        }
    }

    /// The first number in memory that may be the one under each of these hashes, for whoever loads its key ahead of the
    /// search.
    pub fn candidates<'a>(&'a self, hashes: &'a [u64]) -> impl Iterator<Item = u32> + 'a {
        hashes.iter().filter_map(|&hash| self.recent.find(hash, |_| true))
    }

    /// The number under `hash` for which `is_it` holds.
    pub fn find(&mut self, hash: u64, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let tag = self.recent.tag(hash);
        let may =
            self.runs.iter().enumerate().fold(0, |may, (at, run)| may | u64::from(run.may_hold(tag)) << at);
        self.find_among(hash, may, is_it)
    }

    /// As [`find`](Self::find), of the hash at a place of those that were sifted last.
    pub fn find_sifted(&mut self, at: usize, hash: u64, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let may = self.sifted.get(at).copied().unwrap_or(0);
        self.find_among(hash, may, is_it)
    }

    fn find_among(&mut self, hash: u64, may: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.runs.is_empty() {
            return self.recent.find(hash, is_it);
        }
        let (removes, mut removed) = (self.removes, Vec::new());
        let mut is_there = |number: u32| {
            if removes && number & REMOVED != 0 {
                removed.push(number & !REMOVED);
                return false;
            }
            !removed.contains(&number) && is_it(number)
        };
        if let Some(found) = self.recent.find(hash, &mut is_there) {
            return Some(found);
        }
        if may == 0 {
            return None;
        }
        let tag = self.recent.tag(hash);
        // Newest first: a removal lies in a newer run than its number, or both were merged away.
        for (_, run) in self.runs.iter_mut().enumerate().rev().filter(|(at, _)| may >> at & 1 == 1) {
            match run.find(tag, &mut is_there) {
                Ok(None) => {}
                Ok(found) => return found,
                Err(_) => {
                    self.damage.get_or_insert_with(|| Damage::of(run));
                }
            }
        }
        None
    }

    /// Adds a number, above all so far and below `u32::MAX`.
    pub fn insert(&mut self, hash: u64, number: u32) {
        self.recent.insert(hash, number);
        self.numbers += 1;
        self.next = number + 1;
    }

    /// Removes a number that was inserted under `hash`.
    pub fn remove(&mut self, hash: u64, number: u32) {
        self.numbers -= 1;
        if number >= self.first_recent {
            self.recent.remove(hash, number);
        } else {
            self.recent.insert(hash, number | REMOVED);
        }
    }

    /// Writes what is in memory as a run.
    fn spill(&mut self) -> Result<(), SegmentsError> {
        let entries = self.recent.take();
        match self.write(&entries) {
            Ok(run) => self.runs.push(run),
            Err(error) => {
                self.recent.restore(&entries);
                return Err(error);
            }
        }
        self.first_recent = self.next;
        self.recent.restart(entries, self.slots, if self.removes { 0 } else { self.next });
        self.merge()
    }

    fn write(&mut self, entries: &[u64]) -> Result<Run, SegmentsError> {
        let mut run = RunWriter::create(self.name_file(), self.filter_for(entries.len()))?;
        for &entry in entries {
            let hash = self.recent.tag(entry) & KEPT;
            run.push(Entry { hash, number: self.recent.number(entry) })?;
        }
        run.finish(0)
    }

    /// Merges the newest runs while enough of them have one level.
    fn merge(&mut self) -> Result<(), SegmentsError> {
        while let Some(last) = self.runs.last() {
            let level = last.level;
            let same = self.runs.iter().rev().take_while(|run| run.level == level).count();
            let merged = if self.runs.len() > MOST_RUNS { self.runs.len() } else { same };
            if merged < MERGED {
                return Ok(());
            }
            let from = self.runs.len() - merged;
            // Nothing is searched for meanwhile, and the new filter needs the room.
            self.runs[from..].iter_mut().for_each(Run::drop_filter);
            let most = self.runs[from..].iter().map(Run::len).sum();
            let mut run = RunWriter::create(self.name_file(), self.filter_for(most))?;
            let mut group = Group { removes: self.removes, oldest: from == 0, held: Vec::new() };
            run::merge(&mut self.runs[from..], |entry| group.add(entry, &mut run))?;
            group.end(&mut run)?;
            let run = run.finish(level + 1)?;
            self.runs.truncate(from);
            self.runs.push(run);
        }
        Ok(())
    }

    fn name_file(&mut self) -> PathBuf {
        self.made += self.step;
        let (dir, name) = self.spill.as_ref().expect("only a table with a budget goes to disk");
        dir.join(format!("{name}-{}.{RUN}", self.made))
    }

    /// An empty filter for a run of so many numbers, as large as there is room for.
    fn filter_for(&self, numbers: usize) -> Option<Filter> {
        let held: usize = self.runs.iter().map(Run::memory_bytes).sum();
        let bits = self.filters.saturating_sub(held).saturating_mul(8) / numbers.max(1);
        (bits >= LEAST_FILTER_BITS).then(|| Filter::new(numbers, bits.min(FILTER_BITS)))
    }
}

/// Whether one of these tables gives a run's file such a name, without the extension.
pub fn is_run(stem: &str, tables: &[&str]) -> bool {
    stem.split_once('-').is_some_and(|(name, number)| {
        tables.contains(&name) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Entries of one hash while runs are merged: a number and its removal go together.
struct Group {
    removes: bool,
    /// Whether no older run holds what is removed.
    oldest: bool,
    held: Vec<Entry>,
}

impl Group {
    fn add(&mut self, entry: Entry, run: &mut RunWriter) -> Result<(), SegmentsError> {
        if self.held.last().is_some_and(|last| last.hash != entry.hash) {
            self.end(run)?;
        }
        self.held.push(entry);
        Ok(())
    }

    fn end(&mut self, run: &mut RunWriter) -> Result<(), SegmentsError> {
        let other = |entry: &Entry| Entry { number: entry.number ^ REMOVED, ..*entry };
        for entry in &self.held {
            let is_removal = self.removes && entry.number & REMOVED != 0;
            let undone = self.removes && self.held.contains(&other(entry));
            if undone || is_removal && self.oldest {
                continue;
            }
            run.push(*entry)?;
        }
        self.held.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    fn of_owners(dir: &Path, memory: usize) -> Table {
        Table::new(dir, "owners", (memory != usize::MAX).then_some(memory / 4 * 3), false, 0)
    }

    fn of_live(dir: &Path, memory: usize) -> Table {
        Table::new(dir, "live", (memory != usize::MAX).then_some(memory / 4), true, 0)
    }

    /// Few different hashes, so that equal ones lie in many runs and on both sides of a page's end.
    fn hash(tag: u64) -> u64 {
        (tag + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn files(dir: &Path) -> Vec<PathBuf> {
        std::fs::read_dir(dir).expect("reads").map(|entry| entry.expect("reads").path()).collect()
    }

    /// A table without memory to speak of and one with all of it, both asked the same.
    fn agree(removes: bool, steps: &[(u8, u64, usize)]) -> (TableSize, usize) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let new = |memory| {
            if removes { of_live(dir.path(), memory) } else { of_owners(dir.path(), memory) }
        };
        let (mut small, mut large) = (new(0), new(usize::MAX));
        let mut held: BTreeMap<u32, u64> = BTreeMap::new();
        let mut next = 0;
        for &(what, tag, skip) in steps {
            small.make_room(1).expect("there is room on disk");
            match what {
                0 if removes => {
                    let Some((&number, &hash)) = held.iter().nth(skip % held.len().max(1)) else { continue };
                    held.remove(&number);
                    small.remove(hash, number);
                    large.remove(hash, number);
                }
                1 => {
                    let wanted = held.iter().nth(skip % held.len().max(1)).map(|(&number, _)| number);
                    let is_it = |number| Some(number) == wanted;
                    small.sift(&[hash(tag)]);
                    let found = large.find(hash(tag), is_it);
                    assert_eq!(small.find(hash(tag), is_it), found);
                    assert_eq!(small.find_sifted(0, hash(tag), is_it), found);
                }
                _ => {
                    small.insert(hash(tag), next);
                    large.insert(hash(tag), next);
                    held.insert(next, hash(tag));
                    next += 1;
                }
            }
        }
        for number in 0..next {
            let found = held.get(&number).and_then(|&hash| small.find(hash, |own| own == number));
            assert_eq!(found, held.contains_key(&number).then_some(number));
        }
        let all: HashSet<u64> = held.values().copied().collect();
        for &hash in &all {
            let mut seen = (Vec::new(), Vec::new());
            assert_eq!(
                small.find(hash, |number| {
                    seen.0.push(number);
                    false
                }),
                None
            );
            assert_eq!(
                large.find(hash, |number| {
                    seen.1.push(number);
                    false
                }),
                None
            );
            seen.0.sort_unstable();
            seen.1.sort_unstable();
            assert_eq!(seen.0, seen.1, "the same numbers are looked at");
        }
        small.check().expect("whole");
        assert_eq!((small.size().numbers, large.size().numbers), (held.len(), held.len()));
        let (size, made) = (small.size(), small.made as usize);
        assert_eq!(files(dir.path()).len(), small.runs.len(), "merged runs are gone");
        drop(small);
        assert_eq!(files(dir.path()), Vec::<PathBuf>::new(), "a table leaves nothing");
        (size, made)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn a_table_says_the_same_whatever_its_memory(
            removes: bool,
            steps in prop::collection::vec((0u8..5, 0u64..60, 0usize..1000), 0..1500),
        ) {
            agree(removes, &steps);
        }
    }

    /// Enough for runs of many pages and three levels.
    #[test]
    fn runs_are_merged_in_levels_and_few_remain() {
        let steps: Vec<_> =
            (0..8_000).map(|at| ((at % 9) as u8, at * at % 9_973, at as usize * 31)).collect();
        for removes in [true, false] {
            let (size, made) = agree(removes, &steps);
            assert!(made > 100, "{made} runs were made");
            assert!(size.disk_bytes > 0 && size.disk_bytes < 150_000, "{size:?}");
        }
    }

    #[test]
    fn a_run_that_is_not_what_was_written_is_noticed() {
        use std::io::{Seek, SeekFrom, Write};
        let dir = tempfile::tempdir().expect("temporary folder");
        // 64 slots.
        let mut table = of_owners(dir.path(), 1_400);
        for number in 0..52 {
            table.make_room(1).expect("there is room on disk");
            table.insert(hash(number), number as u32);
        }
        let [path] = &files(dir.path())[..] else { panic!("one run") };
        // In place: the file is mapped.
        let mut file = std::fs::File::options().write(true).open(path).expect("opens");
        file.seek(SeekFrom::Start(100)).and_then(|_| file.write_all(&[0x55])).expect("written");
        table.check().expect("nothing of it was read");
        assert!((0..51).all(|number| table.find(hash(number), |_| true).is_none()));
        let told = table.check().expect_err("it is damaged").to_string();
        assert!(told.contains("owners-1.run is damaged") && told.contains("run it again"), "{told}");
    }

    /// A terabyte, and all that can be said: slots and numbers share 64 bits.
    #[test]
    fn a_budget_that_nothing_fills_is_as_good_as_none() {
        let dir = tempfile::tempdir().expect("temporary folder");
        for memory in [1 << 40, usize::MAX - 1] {
            let tables = [of_owners(dir.path(), memory), of_live(dir.path(), memory)];
            for mut table in tables {
                for number in 0..20_000 {
                    table.make_room(1).expect("there is room");
                    table.insert(hash(number), number as u32);
                }
                let found = |number| table.find(hash(number), |own| own == number as u32).is_some();
                assert!((0..20_000).all(found), "{memory} bytes");
            }
        }
    }

    #[test]
    fn a_budget_is_kept() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let budget = 1 << 20;
        let (mut owners, mut live) = (of_owners(dir.path(), budget), of_live(dir.path(), budget));
        for number in 0..400_000u64 {
            for table in [&mut owners, &mut live] {
                table.make_room(1).expect("there is room on disk");
                table.insert(hash(number), number as u32);
            }
        }
        let held = owners.size().memory_bytes + live.size().memory_bytes;
        assert!(held <= budget, "{held} bytes");
        let lies =
            (400_000..500_000).filter(|&number| owners.runs.iter().any(|run| run.may_hold(hash(number))));
        assert!(lies.count() < 10_000, "the filters keep nearly all out");
        assert!((0..400_000).all(|number| owners.find(hash(number), |own| own == number as u32).is_some()));
    }
}

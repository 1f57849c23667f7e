//! A table in parts that threads work on side by side.

use std::path::Path;

use super::{Table, TableSize};
use crate::SegmentsError;

/// Parts of a table: as many threads have work at once.
pub const SHARDS: usize = 16;

/// The part that a hash belongs to. Its last bits tell, which no table looks at: those find their slots by the first.
#[inline]
pub fn shard_of(hash: u64) -> usize {
    hash as usize % SHARDS
}

/// One table in [`SHARDS`] parts.
#[derive(Debug)]
pub struct Shards {
    parts: Vec<Table>,
}

impl Shards {
    /// An empty table whose parts together take this share of memory: see [`Table::new`].
    pub fn new(dir: &Path, name: &'static str, share: Option<usize>, removes: bool, expected: usize) -> Self {
        let part = |at| Table {
            // No two parts give their files one name.
            made: at as u64,
            step: SHARDS as u64,
            ..Table::new(dir, name, share.map(|share| share / SHARDS), removes, expected / SHARDS)
        };
        Self { parts: (0..SHARDS).map(part).collect() }
    }

    /// The parts, in the order of [`shard_of`].
    pub fn parts_mut(&mut self) -> &mut [Table] {
        &mut self.parts
    }

    /// The part that a hash belongs to.
    pub fn part_mut(&mut self, hash: u64) -> &mut Table {
        &mut self.parts[shard_of(hash)]
    }

    /// What all parts take.
    pub fn size(&self) -> TableSize {
        self.parts.iter().map(Table::size).fold(TableSize::default(), |sum, part| TableSize {
            numbers: sum.numbers + part.numbers,
            memory_bytes: sum.memory_bytes + part.memory_bytes,
            disk_bytes: sum.disk_bytes + part.disk_bytes,
        })
    }

    /// Takes the pages of runs out of the process's memory.
    pub fn release(&self) {
        self.parts.iter().for_each(Table::release);
    }

    /// Fails when a run of any part is not what was written.
    ///
    /// # Errors
    /// [`SegmentsError::Table`].
    pub fn check(&self) -> Result<(), SegmentsError> {
        self.parts.iter().try_for_each(Table::check)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn parts_keep_to_their_share_and_their_own_files() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut shards = Shards::new(dir.path(), "owners", Some(0), false, 0);
        let hash = |number: u32| u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for number in 0..20_000 {
            let part = shards.part_mut(hash(number));
            part.make_room(1).expect("there is room on disk");
            part.insert(hash(number), number);
        }
        for number in 0..20_000 {
            let found = shards.part_mut(hash(number)).find(hash(number), |candidate| candidate == number);
            assert_eq!(found, Some(number));
        }
        shards.check().expect("nothing is damaged");
        let runs: usize = shards.parts.iter().map(|part| part.runs.len()).sum();
        let files: HashSet<_> = std::fs::read_dir(dir.path())
            .expect("reads")
            .map(|entry| entry.expect("reads").file_name())
            .collect();
        assert!(runs > SHARDS, "every part went to disk");
        assert_eq!(files.len(), runs);
        let size = shards.size();
        assert_eq!(size.numbers, 20_000);
        assert!(size.disk_bytes > 0);
    }
}

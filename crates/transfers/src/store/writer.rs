//! The one writer: append blocks, seal segments, undo a reorg.
//!
//! Blocks gather in memory and become durable together when a segment is sealed ([`Writer::commit`], or by itself when one of
//! the limits in [`WriterOptions`] is reached). A crash loses what was not sealed and nothing else: when a writer opens the
//! store again, a segment that was sealed and not yet named is named, and those that others replaced are removed
//! (`tracehound-segments`).

mod append;
mod names;
mod open;

#[cfg(test)]
mod crash;

use std::collections::BTreeSet;

use tracehound_model::{Address, Chain};
use tracehound_segments::{
    Folder, Key, Origin,
    compact::become_one,
    files::segment_name,
    tables::{Shards, TableSize},
};

use self::append::Scratch;
use super::{
    TransferLedgerError,
    data::{Begun, Place, Rows, SegmentData, watched_in},
    seal::write_segment,
    segment::Segment,
};
use crate::{BlockNum, Opening};

/// How a writer behaves.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// Seal a segment before it holds more than this many transfers and transactions: 25 and 40 bytes each in memory, twice
    /// that while it is sealed.
    pub segment_rows: usize,
    /// Seal a segment before it holds more than this many accounts and assets that were not known before it: 30 to 60 bytes each.
    pub segment_names: usize,
    /// Blocks a reorg may drop at most.
    pub max_reorg_depth: u32,
    /// Bytes of memory for the tables of accounts and assets, `usize::MAX` for as many as they take: 10 to 20 each. What has
    /// no room lies beside the segments while the writer is at work. Segments are no larger than 128 bytes a row of it allow.
    /// Pages of mapped files come on top, as long as the system has room for them. Leaves no trace in what is stored.
    pub memory: usize,
    /// What accounts held before the first block, for a store that has none. Unless told otherwise nobody held anything before
    /// block 0, and before any other nothing is known. In a store that has blocks it must be what it began with.
    pub opening: Option<Opening>,
    /// For a store that has no block: the accounts whose movements alone it is to hold. Whoever appends a block leaves out the
    /// transactions that moved nothing of any of them ([`Writer::watched`]). In a store that has blocks they must be those that it
    /// began with; without any it goes on with those.
    pub watch: Option<BTreeSet<Address>>,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            segment_rows: 4_000_000,
            segment_names: 2_000_000,
            max_reorg_depth: 1_000,
            memory: usize::MAX,
            opening: None,
            watch: None,
        }
    }
}

/// Bytes of memory for each row of a segment while it grows and is sealed.
const SEGMENT_ROW: usize = 128;
/// Rows for which a segment always has room.
const LEAST_SEGMENT_ROWS: usize = 10_000;
/// No segment is larger: numbers in it have 31 bits, and so have its bytes.
const MOST_SEGMENT_ROWS: usize = 1 << 25;

impl WriterOptions {
    /// With segments no larger than the memory allows.
    fn within_memory(self) -> Self {
        let rows = (self.memory / SEGMENT_ROW).clamp(LEAST_SEGMENT_ROWS, MOST_SEGMENT_ROWS);
        Self {
            segment_rows: self.segment_rows.min(rows),
            segment_names: self.segment_names.min(rows / 2),
            ..self
        }
    }
}

/// The writer. At most one exists for a folder, on one machine.
#[derive(Debug)]
pub struct Writer {
    folder: Folder,
    chain: Chain,
    options: WriterOptions,
    key: Key,
    segments: Vec<Segment>,
    current: SegmentData,
    accounts: Shards,
    assets: Shards,
    scratch: Scratch,
    /// Whether segments, growing rows and tables are those of the manifest in force: nothing is appended or committed where
    /// taking them up failed.
    in_step: bool,
    /// Told of each thing that a killed writer may have got to.
    #[cfg(test)]
    steps: crash::Steps,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.folder.end();
    }
}

impl Writer {
    /// The last block's height and hash, committed or not.
    pub fn tip(&self) -> Option<(u64, [u8; 32])> {
        let sealed = || {
            let blocks = self.segments.last()?.rows().blocks;
            blocks.get(blocks.len().checked_sub(1)?)
        };
        self.current.blocks.last().or_else(sealed).map(|block| (block.height, block.hash))
    }

    /// The hash of the block of this height, committed or not; nothing where there is none.
    pub fn hash_at(&self, height: u64) -> Option<[u8; 32]> {
        let first = self.segments.first().map(|first| first.rows().blocks);
        let lowest = match first {
            Some(blocks) => blocks.get(0)?.height,
            None => self.current.blocks.first()?.height,
        };
        let num = u32::try_from(height.checked_sub(lowest)?).ok()?;
        if let Some(rel) = num.checked_sub(self.current.first.block) {
            return self.current.blocks.get(rel as usize).map(|block| block.hash);
        }
        let at = self.segments.partition_point(|segment| segment.first().block <= num).checked_sub(1)?;
        let segment = &self.segments[at];
        segment.rows().blocks.get((num - segment.first().block) as usize).map(|block| block.hash)
    }

    /// How many blocks the store holds, committed or not.
    pub fn block_count(&self) -> u32 {
        self.current.end().block
    }

    /// How many transfers the store holds, committed or not.
    pub fn transfer_count(&self) -> u64 {
        self.current.end().transfer
    }

    /// The accounts whose movements alone the store holds, where it does not hold everybody's: those that it began with, or is to
    /// begin with.
    ///
    /// # Errors
    /// When their names are damaged.
    pub fn watched(&self) -> Result<Option<BTreeSet<Address>>, TransferLedgerError> {
        match self.segments.first() {
            Some(first) => first.watched(),
            None if self.current.blocks.is_empty() => Ok(self.options.watch.clone()),
            None => Ok(watched_in(&self.current.rows(), self.current.begun)),
        }
    }

    /// What the tables of accounts and of assets take.
    pub fn table_sizes(&self) -> [TableSize; 2] {
        [self.accounts.size(), self.assets.size()]
    }

    /// Fails when anything that was read so far is damaged: what was appended since cannot be trusted.
    fn check_sound(&self) -> Result<(), TransferLedgerError> {
        if !self.in_step {
            return Err(TransferLedgerError::Midway { path: self.folder.dir().to_owned() });
        }
        self.accounts.check()?;
        self.assets.check()?;
        Ok(self.segments.iter().try_for_each(Segment::check_pages_read)?)
    }

    /// Seals what was appended; durable, and visible to new readers, when it returns.
    ///
    /// # Errors
    /// When it cannot be written, and when what it builds upon turned out to be damaged.
    pub fn commit(&mut self) -> Result<(), TransferLedgerError> {
        self.check_sound()?;
        if self.current.blocks.is_empty() {
            return Ok(());
        }
        let name = self.write(&self.current)?;
        self.step("a segment is written");
        self.folder.append(&name)?;
        self.in_step = false;
        self.step("the manifest names it");
        self.push_segment(&name)?;
        self.current = self.behind();
        self.in_step = true;
        self.note_commit()?;
        self.step("the commit is noted");
        self.merge_small_segments()?;
        self.release_mapped();
        Ok(())
    }

    /// Maps a segment that was named.
    fn push_segment(&mut self, name: &str) -> Result<(), TransferLedgerError> {
        use tracehound_segments::Segment as _;
        self.segments.push(Segment::open(self.folder.dir(), name, true)?);
        Ok(())
    }

    /// An empty segment behind the sealed ones.
    fn behind(&self) -> SegmentData {
        let Some(last) = self.segments.last() else {
            return SegmentData::new(Place::default(), Begun::default(), None);
        };
        let ids = last.ids();
        SegmentData::new(last.end(), last.begun(), ids.get(ids.len() - 1).copied())
    }

    /// Notes beside the manifest which commit it is of.
    fn note_commit(&mut self) -> Result<(), TransferLedgerError> {
        let blocks = self.segments.last().map_or(0, |last| last.end().block);
        Ok(self.folder.committed(blocks.into())?)
    }

    /// Writes a segment as of the next commit, and says its name.
    fn write(&self, data: &SegmentData) -> Result<String, TransferLedgerError> {
        let generation = self.folder.next_generation();
        let name = segment_name(data.first.block.into(), data.blocks.len(), generation);
        let origin = Origin { chain: self.folder.manifest().chain.clone(), generation };
        write_segment(self.folder.dir(), &name, data, &origin, self.key)?;
        Ok(name)
    }

    /// Merges the last two segments while they are of similar size and fit in one, so that following the tip block by block
    /// leaves a number of segments that grows with the logarithm of the blocks.
    fn merge_small_segments(&mut self) -> Result<(), TransferLedgerError> {
        let size = |rows: &Rows<'_>| {
            // Blocks in which nothing moves are rows too.
            let all = rows.from.len() + rows.hashes.len() + rows.blocks.len();
            [all, rows.accounts.len() + rows.assets.len()]
        };
        let most = [self.options.segment_rows, self.options.segment_names];
        while let [.., a, b] = &self.segments[..] {
            if !become_one(size(&a.rows()), size(&b.rows()), most) {
                break;
            }
            let mut data = SegmentData::new(a.first(), a.begun(), None);
            for segment in [a, b] {
                copy_rows(&mut data, segment, segment.rows().blocks.len())?;
            }
            let keep = self.segments.len() - 2;
            let name = self.write(&data)?;
            self.step("a merged one is written");
            self.replace_from(keep, Some(name))?;
        }
        Ok(())
    }

    /// Puts a segment in the place of those from `keep` on, durably, and removes their files.
    fn replace_from(&mut self, keep: usize, name: Option<String>) -> Result<(), TransferLedgerError> {
        let old = self.folder.replace_from(keep, name.as_deref())?;
        let was_in_step = std::mem::replace(&mut self.in_step, false);
        self.step("it takes the place of others");
        self.segments.truncate(keep);
        if let Some(name) = name {
            self.push_segment(&name)?;
        }
        self.in_step = was_in_step;
        self.note_commit()?;
        for name in old {
            self.folder.remove(&[name])?;
            self.step("an old one is removed");
        }
        Ok(())
    }

    /// Drops the last blocks so that `keep` remain: the chain was reorganised after them. Durable when it returns. Reads every
    /// name once, as opening does.
    ///
    /// # Errors
    /// [`TransferLedgerError::ReorgTooDeep`]; when something is damaged or cannot be written.
    pub fn rewind(&mut self, keep: BlockNum) -> Result<(), TransferLedgerError> {
        self.commit()?;
        let depth = self.block_count().saturating_sub(keep.0);
        if depth == 0 {
            return Ok(());
        }
        if depth > self.options.max_reorg_depth {
            return Err(TransferLedgerError::ReorgTooDeep { depth, limit: self.options.max_reorg_depth });
        }
        let at = self.segments.partition_point(|segment| segment.end().block <= keep.0);
        let cut = &self.segments[at];
        let kept_blocks = (keep.0 - cut.first().block) as usize;
        let mut name = None;
        if kept_blocks > 0 {
            let mut data = SegmentData::new(cut.first(), cut.begun(), None);
            copy_rows(&mut data, cut, kept_blocks)?;
            name = Some(self.write(&data)?);
            self.step("what is kept is written");
        }
        // Rows and tables are those of before until they are made anew.
        self.in_step = false;
        self.replace_from(at, name)?;
        self.current = self.behind();
        self.fill_tables()
    }

    /// Drops the last blocks after the one of this hash; `false`, and nothing dropped, when the store does not hold it.
    ///
    /// # Errors
    /// As [`rewind`](Self::rewind).
    pub fn rewind_to_block(&mut self, hash: [u8; 32]) -> Result<bool, TransferLedgerError> {
        let sealed = self.segments.iter().flat_map(|segment| segment.rows().blocks.all());
        let found = sealed.chain(&self.current.blocks).position(|block| block.hash == hash);
        match found {
            Some(at) => self.rewind(BlockNum(at as u32 + 1)).map(|()| true),
            None => Ok(false),
        }
    }

    /// Gives the pages of mapped files back, where there is a budget. The system takes them by itself when it has no other
    /// memory left.
    fn release_mapped(&self) {
        if self.options.memory != usize::MAX {
            self.segments.iter().for_each(Segment::release);
            self.accounts.release();
            self.assets.release();
        }
    }

    #[cfg(test)]
    fn step(&self, what: &'static str) {
        self.steps.tell(what);
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests kill the writer here")]
    fn step(&self, _what: &'static str) {}
}

/// Appends a sealed segment's first blocks.
fn copy_rows(data: &mut SegmentData, segment: &Segment, blocks: usize) -> Result<(), TransferLedgerError> {
    let copied = data.extend_from(&segment.rows(), blocks, segment.ids().all());
    segment.check_pages_read()?;
    copied.ok_or_else(|| TransferLedgerError::corrupt(segment.path(), "its rows contradict each other"))
}

//! The one writer: append blocks, seal segments, undo a reorg. [`open`] says what happens before.
//!
//! Blocks gather in memory and become durable together when a segment is sealed ([`Writer::commit`], or by itself when
//! one of the limits in [`WriterOptions`] is reached). A crash loses what was not sealed and nothing else: when a writer
//! opens the ledger again, a segment that was sealed and not yet named is named, those that others replaced are removed
//! (`tracehound-segments`), and spent cells that name transactions beyond the ledger are cleared. A ledger whose
//! cells do not add up is not built upon.

mod append;
mod memory;
mod open;
mod upgrade;

pub(crate) use open::check_sums;
pub use upgrade::{UpgradeReport, upgrade};

use tracehound_model::{BlockHash, utxo::Header};
use tracehound_segments::{
    Folder, Key, Origin,
    compact::become_one,
    files::segment_name,
    tables::{Shards, Table, TableSize},
};

use crate::{
    BlockNum, LedgerError,
    cell::in_snapshot,
    cells::Sums,
    data::{NO_HEIGHT, Rows, SegmentData},
    hashing::Hashing,
    identity::id_before,
    parts::Parts,
    seal::write_segment,
    segment::Segment,
};

/// How a writer behaves.
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    /// Seal a segment when it holds this many transactions. Memory while filling: about 170 bytes each.
    pub segment_txs: usize,
    /// Seal a segment before it holds more than this many inputs and outputs, 5 and 13 bytes each.
    pub segment_rows: usize,
    /// Seal a segment before it holds more than this many owners that were not known before it and inputs whose
    /// previous output is not in the ledger: 60 to 90 bytes each, the indexes made while sealing included.
    pub segment_keys: usize,
    /// Blocks a reorg may drop at most.
    pub max_reorg_depth: u32,
    /// Bytes of memory for the tables of owners and of live transactions, `usize::MAX` for as many as they take: 10 to 20 each. What
    /// has no room lies beside the segments while the writer is at work. Segments are no larger than 256 bytes a transaction of it
    /// allow. Pages of mapped files come on top, as long as the system has room for them. Leaves no trace in what is stored.
    pub memory: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            segment_txs: 2_000_000,
            segment_rows: 16_000_000,
            segment_keys: 2_500_000,
            max_reorg_depth: 1_000,
            memory: usize::MAX,
        }
    }
}

/// What was appended since the writer opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppendStats {
    /// Blocks appended.
    pub blocks: u64,
    /// Transactions appended.
    pub txs: u64,
    /// Inputs appended.
    pub inputs: u64,
    /// Outputs appended.
    pub outputs: u64,
    /// Inputs whose previous output is not in the ledger.
    pub missing_inputs: u64,
    /// Inputs that spend an output already spent; stored as missing. Zero on a valid chain.
    pub double_spends: u64,
}

/// The writer. At most one exists for a folder, on one machine.
#[derive(Debug)]
pub struct Writer {
    folder: Folder,
    options: WriterOptions,
    key: Key,
    parts: Parts,
    /// Of the cells of all transactions so far.
    sums: Sums,
    /// Transactions with an output that can still be spent, by txid.
    live: Shards,
    /// Owners, by script.
    addrs: Shards,
    stats: AppendStats,
    scratch: append::Scratch,
    /// Damage came to light in the middle of a block: nothing more is committed.
    broken: bool,
    /// Whether every cell is of a block that is committed.
    settled: bool,
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.settled {
            self.folder.end();
        }
    }
}

impl Writer {
    /// How the tables hash, and the indexes of segments to come.
    fn hashing(&self) -> Hashing {
        Hashing::Keyed(self.key)
    }

    /// What was appended since the writer opened.
    pub fn stats(&self) -> AppendStats {
        self.stats
    }

    /// The last block and its height, committed or not.
    pub fn tip(&self) -> Option<(BlockHash, Option<u32>)> {
        let last_sealed = || {
            let blocks = self.parts.segments.last()?.blocks();
            blocks.get(blocks.len().checked_sub(1)?)
        };
        let block = self.parts.current.blocks.last().or_else(last_sealed)?;
        Some((block.hash(), Some(block.height).filter(|&height| height != NO_HEIGHT)))
    }

    /// How many blocks the ledger holds, committed or not.
    pub fn block_count(&self) -> u32 {
        self.parts.current.end().block
    }

    /// Ids, headers and heights of all blocks, oldest first.
    pub fn blocks(&self) -> impl Iterator<Item = (BlockHash, Header, Option<u32>)> {
        let sealed = self.parts.segments.iter().flat_map(|segment| segment.blocks().all());
        sealed.chain(&self.parts.current.blocks).map(|block| {
            (block.hash(), block.header(), Some(block.height).filter(|&height| height != NO_HEIGHT))
        })
    }

    /// What the tables of live transactions and of addresses take.
    pub fn table_sizes(&self) -> [TableSize; 2] {
        [self.live.size(), self.addrs.size()]
    }

    /// Fails when anything that was read so far is damaged: what was appended since cannot be trusted.
    fn check_sound(&self) -> Result<(), LedgerError> {
        if self.broken {
            return Err(LedgerError::corrupt(
                self.folder.dir(),
                "damage came to light in the middle of a block",
            ));
        }
        self.live.check()?;
        self.addrs.check()?;
        self.parts.check_pages_read()
    }

    /// Seals what was appended; durable, and visible to new readers, when it returns.
    pub fn commit(&mut self) -> Result<(), LedgerError> {
        self.check_sound()?;
        if self.parts.current.blocks.is_empty() {
            return Ok(());
        }
        let name = self.write(&self.parts.current, &self.sums)?;
        for segment in &self.parts.segments {
            segment.sync_spent()?;
        }
        self.folder.append(&name)?;
        self.parts.segments.push(Segment::open(self.folder.dir(), &name, true)?);
        self.parts.current = SegmentData::new(self.parts.current.end());
        self.note_commit()?;
        self.settled = true;
        self.merge_small_segments()?;
        self.release_mapped();
        Ok(())
    }

    /// Notes beside the manifest which commit it is of.
    fn note_commit(&mut self) -> Result<(), LedgerError> {
        let txs = self.parts.segments.last().map_or(0, |last| last.end().tx);
        Ok(self.folder.committed(txs.into())?)
    }

    /// Writes a segment as of the next commit, and says its name.
    fn write(&self, data: &SegmentData, sums: &Sums) -> Result<String, LedgerError> {
        let generation = self.folder.next_generation();
        let name = segment_name(data.first.tx.into(), data.txids.len(), generation);
        let origin = Origin { chain: self.folder.manifest().chain.clone(), generation };
        let ids =
            if data.ids.is_empty() {
                // Of format 1 or 2 the rows are read for it, once: what is written here holds it.
                let before = id_before(&origin.chain, &self.parts.segments, data.first.block);
                self.parts.check_pages_read()?;
                vec![before.ok_or_else(|| {
                    LedgerError::corrupt(self.folder.dir(), "its blocks contradict each other")
                })?]
            } else {
                data.ids.clone()
            };
        write_segment(self.folder.dir(), &name, data, &origin, self.key, sums, ids)?;
        Ok(name)
    }

    /// Merges the last two segments while they are of similar size and fit in one, so that following the tip block by
    /// block leaves a number of segments that grows with the logarithm of the blocks.
    fn merge_small_segments(&mut self) -> Result<(), LedgerError> {
        let WriterOptions { segment_txs, segment_rows, segment_keys, .. } = self.options;
        let size = |rows: &Rows<'_>| {
            let (txs, keys) = (rows.txids.len(), rows.scripts.types.len() + rows.missing.len());
            [txs, rows.out_addr.len() + rows.in_prev_lo.len(), keys]
        };
        while let [.., a, b] = &self.parts.segments[..] {
            if !become_one(size(&a.rows()), size(&b.rows()), [segment_txs, segment_rows, segment_keys]) {
                break;
            }
            let mut data = SegmentData::new(a.first());
            for segment in [a, b] {
                copy_rows(&mut data, segment, segment.blocks().len(), u32::MAX)?;
            }
            let keep = self.parts.segments.len() - 2;
            // The cells are the same as before, and so are their sums.
            let name = self.write(&data, &self.sums)?;
            self.replace_from(keep, Some(name))?;
        }
        Ok(())
    }

    /// Puts a segment in the place of those from `keep` on, durably, and removes their files.
    fn replace_from(&mut self, keep: usize, name: Option<String>) -> Result<(), LedgerError> {
        let old = self.folder.replace_from(keep, name.as_deref())?;
        self.parts.segments.truncate(keep);
        if let Some(name) = name {
            self.parts.segments.push(Segment::open(self.folder.dir(), &name, true)?);
        }
        self.note_commit()?;
        Ok(self.folder.remove(&old)?)
    }

    /// Drops the last blocks so that `keep` remain: the chain was reorganised after them. Durable when it returns.
    pub fn rewind(&mut self, keep: BlockNum) -> Result<(), LedgerError> {
        self.commit()?;
        let total = self.block_count();
        let depth = total.saturating_sub(keep.0);
        if depth == 0 {
            return Ok(());
        }
        if depth > self.options.max_reorg_depth {
            return Err(LedgerError::ReorgTooDeep { depth, limit: self.options.max_reorg_depth });
        }
        let at = self.parts.segments.partition_point(|segment| segment.end().block <= keep.0);
        let cut = &self.parts.segments[at];
        let kept_blocks = (keep.0 - cut.first().block) as usize;
        let mut name = None;
        if kept_blocks > 0 {
            let Some(cut_tx) = cut.blocks().get(kept_blocks).map(|block| block.first_tx) else {
                cut.check_pages_read()?;
                return Err(LedgerError::corrupt(cut.path(), "its blocks contradict each other"));
            };
            let mut data = SegmentData::new(cut.first());
            copy_rows(&mut data, cut, kept_blocks, cut_tx)?;
            let mut sums = Sums::of_cells(&self.parts.segments[..at], cut_tx);
            for (rel, cell) in data.spent.iter().enumerate() {
                sums.add(data.first.output + rel as u64, cell);
            }
            name = Some(self.write(&data, &sums)?);
        }
        self.settled = false;
        self.replace_from(at, name)?;
        // Clears the cells that dropped transactions wrote in older segments, and finds what is live again.
        let segments = std::mem::take(&mut self.parts.segments);
        self.load(segments)?;
        for segment in &self.parts.segments {
            segment.sync_spent()?;
        }
        self.settled = true;
        Ok(())
    }

    /// Drops the last blocks after `hash`; `false`, and nothing dropped, when the ledger does not hold it.
    pub fn rewind_to_block(&mut self, hash: BlockHash) -> Result<bool, LedgerError> {
        let found = self.blocks().position(|(own, ..)| own == hash);
        match found {
            Some(at) => self.rewind(BlockNum(at as u32 + 1)).map(|()| true),
            None => Ok(false),
        }
    }
}

/// Enters a transaction; an earlier one with the same id gives way (BIP-30: its unspent outputs are lost).
fn take_place(live: &mut Table, hash: u64, older: Option<u32>, tx: u32) {
    if let Some(older) = older {
        live.remove(hash, older);
    }
    live.insert(hash, tx);
}

/// Appends a sealed segment's first blocks, their cells as they are in a snapshot of `end_tx` transactions.
pub(crate) fn copy_rows(
    data: &mut SegmentData,
    segment: &Segment,
    blocks: usize,
    end_tx: u32,
) -> Result<(), LedgerError> {
    let begun = data.blocks.len();
    let copied =
        data.extend_from(&segment.rows(), blocks, |out| in_snapshot(segment.spent.load(out), end_tx));
    // Ids that are held need not be computed again.
    let from = usize::from(begun > 0);
    if let Some(ids) = segment.ids().filter(|_| data.ids.len() == begun + from) {
        data.ids.extend_from_slice(ids.range(from..blocks + 1).unwrap_or(&[]));
    }
    segment.check_pages_read()?;
    copied.ok_or_else(|| LedgerError::corrupt(segment.path(), "its rows contradict each other"))
}

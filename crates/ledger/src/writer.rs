//! The one writer: append blocks, seal segments, undo a reorg. [`open`] says what happens before.
//!
//! Blocks gather in memory and become durable together when a segment is sealed ([`Writer::commit`], or by itself when
//! one of the limits in [`WriterOptions`] is reached). A crash loses what was not sealed and nothing else: when a writer
//! opens the ledger again, a segment that was sealed and not yet named is named, those that others replaced are removed
//! ([`folder`](crate::folder)), and spent cells that name transactions beyond the ledger are cleared. A ledger whose
//! cells do not add up is not built upon.

mod batch;
mod links;
mod open;
mod owners;
mod upgrade;

pub(crate) use open::check_sums;
pub use upgrade::{UpgradeReport, upgrade};

use std::path::PathBuf;

use tracehound_model::{
    BlockHash,
    utxo::{Header, UtxoBlock},
};

use self::batch::{Batch, Numbered, Tables, WrongCell};
use crate::{
    BlockNum, LedgerError,
    cell::{DESTROYED, in_snapshot},
    cells::Sums,
    data::{FLAG_ISLAND, MAX_OUTPUTS, NO_ADDR, NO_HEIGHT, Rows, SegmentData},
    folder::{Commit, Lock, remove_segment},
    identity::id_before,
    key::{Hashing, Key},
    manifest::Manifest,
    parts::{MAX_BLOCK_ROWS, Parts, check_block},
    seal::{segment_name, write_segment},
    segment::{Origin, Segment},
    tables::NumTable,
};

/// Room kept below 2^31 in a segment's relative numbers.
const MAX_SEGMENT_ROWS: usize = i32::MAX as usize - 2 * MAX_BLOCK_ROWS;

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
    /// Inputs and outputs of blocks that get their numbers together, on all cores: about 120 bytes each.
    pub batch_rows: usize,
    /// Blocks a reorg may drop at most.
    pub max_reorg_depth: u32,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            segment_txs: 2_000_000,
            segment_rows: 16_000_000,
            segment_keys: 2_500_000,
            batch_rows: 1 << 16,
            max_reorg_depth: 1_000,
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
    dir: PathBuf,
    options: WriterOptions,
    manifest: Manifest,
    key: Key,
    parts: Parts,
    /// Of the cells of all transactions so far.
    sums: Sums,
    tables: Tables,
    /// Blocks that are appended and have no numbers yet.
    batch: Batch,
    stats: AppendStats,
    /// Damage came to light in the middle of a block: nothing more is committed.
    broken: bool,
    /// Whether every cell is of a block that is committed.
    settled: bool,
    lock: Lock,
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.settled {
            self.lock.end();
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
        if let Some(waiting) = self.batch.blocks().last() {
            return Some((waiting.block.hash, known_height(waiting.height)));
        }
        let block = self.parts.current.blocks.last().or_else(last_sealed)?;
        Some((block.hash(), known_height(block.height)))
    }

    /// How many blocks the ledger holds, committed or not.
    pub fn block_count(&self) -> u32 {
        self.parts.current.end().block + self.batch.blocks().len() as u32
    }

    /// Ids, headers and heights of all blocks, oldest first.
    pub fn blocks(&self) -> impl Iterator<Item = (BlockHash, Header, Option<u32>)> {
        let sealed = self.parts.segments.iter().flat_map(|segment| segment.blocks().all());
        let numbered = sealed.chain(&self.parts.current.blocks);
        let numbered = numbered.map(|block| (block.hash(), block.header(), known_height(block.height)));
        let waiting = self.batch.blocks().iter();
        numbered.chain(waiting.map(|own| (own.block.hash, own.block.header, known_height(own.height))))
    }

    /// Bytes of memory in the tables of live transactions and of addresses, and numbers in them.
    pub fn table_memory(&self) -> [(usize, usize); 2] {
        let sums = |tables: &[NumTable]| {
            (tables.iter().map(NumTable::memory_bytes).sum(), tables.iter().map(NumTable::len).sum())
        };
        [sums(&self.tables.live), sums(&self.tables.addrs)]
    }

    /// Appends a block that continues the last one.
    pub fn append(&mut self, block: &UtxoBlock) -> Result<(), LedgerError> {
        if let Some((tip, _)) = self.tip()
            && block.header.prev() != tip
        {
            return Err(LedgerError::NotConnected { block: block.hash, prev: block.header.prev(), tip });
        }
        self.append_any(block, 0)
    }

    /// Appends a block that need not continue the last one: the blocks in between are not to be had.
    pub fn append_island(&mut self, block: &UtxoBlock) -> Result<(), LedgerError> {
        let connected = self.tip().is_none_or(|(tip, _)| block.header.prev() == tip);
        self.append_any(block, if connected { 0 } else { FLAG_ISLAND })
    }

    fn append_any(&mut self, block: &UtxoBlock, flags: u32) -> Result<(), LedgerError> {
        self.check_sound()?;
        check_block(block)?;
        self.check_room(block)?;
        if self.is_filled_by(block) {
            // How many owners are new is known only once they have their numbers.
            self.number()?;
            if self.is_filled_by(block) {
                self.commit()?;
            }
        }
        let height = match (flags, self.tip()) {
            (0, Some((_, Some(height)))) => height + 1,
            _ => block.height.unwrap_or(NO_HEIGHT),
        };
        self.batch.push(block, height, flags);
        self.stats.blocks += 1;
        self.stats.txs += block.txs.len() as u64;
        self.stats.inputs += block.inputs.len() as u64;
        self.stats.outputs += block.outputs.len() as u64;
        if self.batch.is_full(self.options.batch_rows) { self.number() } else { Ok(()) }
    }

    /// Moves the blocks that wait into the growing segment.
    fn number(&mut self) -> Result<(), LedgerError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.settled = false;
        let hashing = self.hashing();
        match self.batch.number(&mut self.parts, &mut self.tables, &mut self.sums, hashing) {
            Ok(Numbered { missing_inputs, double_spends }) => {
                self.stats.missing_inputs += missing_inputs;
                self.stats.double_spends += double_spends;
                Ok(())
            }
            Err(WrongCell { out, cell, spender }) => {
                self.broken = true;
                let what = format!(
                    "the cell of output {out} names transaction {cell}, which does not spend it, but {spender} does"
                );
                Err(LedgerError::corrupt(&self.dir, what))
            }
        }
    }

    /// Whether the growing segment must be sealed before it takes this block, all owners that wait being new ones.
    fn is_filled_by(&self, block: &UtxoBlock) -> bool {
        let (current, options) = (&self.parts.current, &self.options);
        let [waiting_txs, waiting_inputs, waiting_outputs] = self.batch.rows();
        let waiting = waiting_inputs + waiting_outputs;
        let txs = current.txids.len() + waiting_txs;
        let rows = current.out_addr.len() + current.in_prev_lo.len() + waiting;
        // An input can be missing and have a new owner.
        let keys = current.addr_type.len() + current.missing.len() + waiting + waiting_inputs;
        let added = block.outputs.len() + block.inputs.len();
        txs > 0
            && (txs + block.txs.len() > options.segment_txs
                || rows + added > options.segment_rows
                || keys + block.outputs.len() > options.segment_keys)
    }

    /// Fails when anything that was read so far is damaged: what was appended since cannot be trusted.
    fn check_sound(&self) -> Result<(), LedgerError> {
        if self.broken {
            return Err(LedgerError::corrupt(&self.dir, "damage came to light in the middle of a block"));
        }
        self.parts.check_pages_read()
    }

    fn check_room(&self, block: &UtxoBlock) -> Result<(), LedgerError> {
        let end = self.parts.current.end();
        let [txs, inputs, outputs] = self.batch.rows();
        let outputs = outputs + block.outputs.len();
        let rows = outputs + inputs + block.inputs.len();
        let full = |what| Err(LedgerError::Full { what });
        if end.tx as usize + txs + block.txs.len() >= DESTROYED as usize {
            return full("transactions");
        }
        if end.addr as usize + rows >= NO_ADDR as usize {
            return full("addresses");
        }
        if end.output + outputs as u64 >= MAX_OUTPUTS {
            return full("outputs");
        }
        let current = &self.parts.current;
        let largest = current.out_addr.len().max(current.in_prev_lo.len()).max(current.addr_payload.len());
        if largest >= MAX_SEGMENT_ROWS { full("a segment's rows") } else { Ok(()) }
    }

    /// Seals what was appended; durable, and visible to new readers, when it returns.
    pub fn commit(&mut self) -> Result<(), LedgerError> {
        self.check_sound()?;
        self.number()?;
        self.check_sound()?;
        if self.parts.current.blocks.is_empty() {
            return Ok(());
        }
        let name = self.write(&self.parts.current, &self.sums)?;
        for segment in &self.parts.segments {
            segment.sync_spent()?;
        }
        self.manifest.generation += 1;
        self.manifest.segments.push(name.clone());
        self.manifest.replace(&self.dir)?;
        self.parts.segments.push(Segment::open(&self.dir, &name, true)?);
        self.parts.current = SegmentData::new(self.parts.current.end());
        self.note_commit()?;
        self.settled = true;
        self.merge_small_segments()
    }

    /// Notes beside the manifest which commit it is of.
    fn note_commit(&mut self) -> Result<(), LedgerError> {
        let txs = self.parts.segments.last().map_or(0, |last| last.end().tx);
        self.lock.committed(Commit { generation: self.manifest.generation, txs })
    }

    /// Writes a segment as of the next commit, and says its name.
    fn write(&self, data: &SegmentData, sums: &Sums) -> Result<String, LedgerError> {
        let generation = self.manifest.generation + 1;
        let name = segment_name(data.first.tx, data.txids.len(), generation);
        let origin = Origin { chain: self.manifest.chain.clone(), generation };
        let ids = if data.ids.is_empty() {
            // Of format 1 or 2 the rows are read for it, once: what is written here holds it.
            let before = id_before(&origin.chain, &self.parts.segments, data.first.block);
            self.parts.check_pages_read()?;
            vec![before.ok_or_else(|| LedgerError::corrupt(&self.dir, "its blocks contradict each other"))?]
        } else {
            data.ids.clone()
        };
        write_segment(&self.dir, &name, data, &origin, self.key, sums, ids)?;
        Ok(name)
    }

    /// Merges the last two segments while they are of similar size and fit in one, so that following the tip block by
    /// block leaves a number of segments that grows with the logarithm of the blocks.
    fn merge_small_segments(&mut self) -> Result<(), LedgerError> {
        while let [.., a, b] = &self.parts.segments[..] {
            let (options, a_rows, b_rows) = (&self.options, a.rows(), b.rows());
            let sum = |of: fn(&Rows<'_>) -> usize| of(&a_rows) + of(&b_rows);
            if a_rows.txids.len() > 2 * b_rows.txids.len()
                || sum(|rows| rows.txids.len()) > options.segment_txs
                || sum(|rows| rows.out_addr.len() + rows.in_prev_lo.len()) > options.segment_rows
                || sum(|rows| rows.scripts.types.len() + rows.missing.len()) > options.segment_keys
            {
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
        let mut manifest = self.manifest.clone();
        let old = manifest.segments.split_off(keep);
        manifest.replaced.clone_from(&old);
        manifest.generation += 1;
        let added = name.iter().cloned();
        manifest.segments.extend(added);
        manifest.replace(&self.dir)?;
        self.manifest = manifest;
        self.parts.segments.truncate(keep);
        if let Some(name) = name {
            self.parts.segments.push(Segment::open(&self.dir, &name, true)?);
        }
        self.note_commit()?;
        for name in old {
            remove_segment(&self.dir, &name)?;
        }
        Ok(())
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
            for (rel, cell) in data.cells().into_iter().enumerate() {
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

fn known_height(height: u32) -> Option<u32> {
    Some(height).filter(|&height| height != NO_HEIGHT)
}

/// Enters a transaction; an earlier one with the same id gives way (BIP-30: its unspent outputs are lost) and is given
/// back.
fn insert_live(live: &mut NumTable, parts: &Parts, hash: u64, txid: &[u8; 32], tx: u32) -> Option<u32> {
    let older = live.find(hash, |candidate| parts.txid(candidate) == Some(txid));
    if let Some(older) = older {
        live.remove(hash, older);
    }
    live.insert(hash, tx);
    older
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

//! The one writer: append blocks, seal segments, undo a reorg. [`open`] says what happens before.
//!
//! Blocks gather in memory and become durable together when a segment is sealed ([`Writer::commit`], or by itself when
//! one of the limits in [`WriterOptions`] is reached). A crash loses what was not sealed and nothing else: when a writer
//! opens the ledger again, a segment that was sealed and not yet named is named, those that others replaced are removed
//! (`tracehound-segments`), and spent cells that name transactions beyond the ledger are cleared. A ledger whose
//! cells do not add up is not built upon.

mod memory;
mod open;
mod upgrade;

pub(crate) use open::check_sums;
pub use upgrade::{UpgradeReport, upgrade};

use tracehound_model::{
    BlockHash, ScriptType,
    utxo::{Header, InputRow, OutputRow, UtxoBlock},
};
use tracehound_segments::{
    Folder, Key, Origin,
    compact::become_one,
    files::segment_name,
    tables::{Table, TableSize},
};

use crate::{
    BlockNum, LedgerError,
    cell::{DESTROYED, UNSPENDABLE, in_snapshot},
    cells::Sums,
    data::{
        BlockRow, FLAG_AFTER_MISSING_RANGE, MAX_OUTPUTS, MissingRow, NO_ADDR, NO_HEIGHT, NO_VALUE,
        PackedPrev, Rows, SegmentData,
    },
    hashing::Hashing,
    identity::id_before,
    parts::{MAX_BLOCK_ROWS, Parts, Spend, check_block},
    seal::write_segment,
    segment::Segment,
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
    live: Table,
    /// Owners, by script.
    addrs: Table,
    stats: AppendStats,
    scratch: Vec<u64>,
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
        self.append_any(block, if connected { 0 } else { FLAG_AFTER_MISSING_RANGE })
    }

    fn append_any(&mut self, block: &UtxoBlock, flags: u32) -> Result<(), LedgerError> {
        self.check_sound()?;
        check_block(block)?;
        self.check_room(block)?;
        if self.is_filled_by(block) {
            self.commit()?;
        }
        self.make_room(block)?;
        let height = match (flags, self.tip()) {
            (0, Some((_, Some(height)))) => height + 1,
            _ => block.height.unwrap_or(NO_HEIGHT),
        };
        let end = self.parts.current.end();
        self.settled = false;
        self.parts.current.blocks.push(BlockRow {
            hash: block.hash.0,
            header: block.header.0,
            height,
            size: block.size,
            first_tx: end.tx,
            first_addr: end.addr,
            flags,
        });
        self.append_outputs(block);
        self.append_txs(block, end.tx);
        self.append_inputs(block, end.tx).inspect_err(|_| self.broken = true)?;
        self.stats.blocks += 1;
        self.stats.txs += block.txs.len() as u64;
        self.stats.inputs += block.inputs.len() as u64;
        self.stats.outputs += block.outputs.len() as u64;
        Ok(())
    }

    /// Whether the growing segment must be sealed before it takes this block.
    fn is_filled_by(&self, block: &UtxoBlock) -> bool {
        let (current, options) = (&self.parts.current, &self.options);
        let txs = current.txids.len();
        let rows = current.out_addr.len() + current.in_prev_lo.len();
        let keys = current.addr_type.len() + current.missing.len();
        let added = block.outputs.len() + block.inputs.len();
        txs > 0
            && (txs + block.txs.len() > options.segment_txs
                || rows + added > options.segment_rows
                || keys + block.outputs.len() > options.segment_keys)
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

    fn check_room(&self, block: &UtxoBlock) -> Result<(), LedgerError> {
        let end = self.parts.current.end();
        let rows = block.outputs.len() + block.inputs.len();
        let full = |what| Err(LedgerError::Full { what });
        if end.tx as usize + block.txs.len() >= DESTROYED as usize {
            return full("transactions");
        }
        if end.addr as usize + rows >= NO_ADDR as usize {
            return full("addresses");
        }
        if end.output + block.outputs.len() as u64 >= MAX_OUTPUTS {
            return full("outputs");
        }
        let current = &self.parts.current;
        let largest = current.out_addr.len().max(current.in_prev_lo.len()).max(current.addr_payload.len());
        if largest >= MAX_SEGMENT_ROWS { full("a segment's rows") } else { Ok(()) }
    }

    fn append_outputs(&mut self, block: &UtxoBlock) {
        let hashing = self.hashing();
        let hash = |output| hash_of(hashing, block, output);
        // Hash first and look everywhere at once, so that the cache misses of a block overlap.
        self.scratch.clear();
        self.scratch.extend(block.outputs.iter().map(hash));
        self.addrs.sift(&self.scratch);
        for (at, output) in block.outputs.iter().enumerate() {
            let addr = match output.script_type {
                ScriptType::OpReturn => {
                    self.sums.add(self.parts.current.end().output, UNSPENDABLE);
                    NO_ADDR
                }
                script_type => {
                    let (hash, payload) = (self.scratch[at], block.payload(output));
                    let parts = &self.parts;
                    let is_it = |addr| parts.owner_is(addr, script_type, payload);
                    let known = self.addrs.find_sifted(at, hash, is_it);
                    known.unwrap_or_else(|| self.number_addr(hash, script_type, payload))
                }
            };
            self.parts.current.push_output(output, addr);
        }
    }

    fn append_txs(&mut self, block: &UtxoBlock, first_tx: u32) {
        let hashing = self.hashing();
        self.scratch.clear();
        self.scratch.extend(block.txs.iter().map(|tx| hashing.tx(&tx.txid.0)));
        self.live.sift(&self.scratch);
        for (at, (tx, inputs, outputs)) in block.transactions().enumerate() {
            self.parts.current.push_tx(tx);
            if outputs.iter().all(|output| output.script_type == ScriptType::OpReturn) {
                continue;
            }
            let num = first_tx + at as u32;
            let (hash, parts) = (self.scratch[at], &self.parts);
            let older =
                self.live.find_sifted(at, hash, |candidate| parts.txid(candidate) == Some(&tx.txid.0));
            take_place(&mut self.live, hash, older, num);
            let mints = at == 0 && inputs.first().is_some_and(InputRow::is_coinbase);
            if let Some(older) = older.filter(|&older| mints && self.parts.is_coinbase(older)) {
                for out in self.parts.fill_unspent(older, DESTROYED | num) {
                    self.sums.add(out, DESTROYED | num);
                }
            }
        }
    }

    fn append_inputs(&mut self, block: &UtxoBlock, first_tx: u32) -> Result<(), LedgerError> {
        let hashing = self.hashing();
        self.scratch.clear();
        self.scratch.extend(block.inputs.iter().map(|input| hashing.tx(&input.prev_txid.0)));
        self.live.sift(&self.scratch);
        let mut at = 0;
        for (tx, row) in block.txs.iter().enumerate() {
            for _ in 0..row.input_count {
                let input = &block.inputs[at];
                let prev = self.resolve(at, input, first_tx + tx as u32)?;
                if prev == PackedPrev::Missing {
                    self.push_missing(block, input);
                }
                self.parts.current.push_input(prev, input);
                at += 1;
            }
        }
        Ok(())
    }

    /// Finds and spends the output that `input` of transaction `spender`, the one at a place of the block's, names.
    fn resolve(&mut self, at: usize, input: &InputRow, spender: u32) -> Result<PackedPrev, LedgerError> {
        if input.is_coinbase() {
            return Ok(PackedPrev::Coinbase);
        }
        let parts = &mut self.parts;
        let is_it = |tx| tx < spender && parts.txid(tx) == Some(&input.prev_txid.0);
        let hash = self.scratch[at];
        let Some(funder) = self.live.find_sifted(at, hash, is_it) else { return Ok(PackedPrev::Missing) };
        Ok(match parts.spend(funder, input.prev_vout, spender) {
            Spend::Done { out, exhausted } => {
                self.sums.add(out, spender);
                if exhausted {
                    self.live.remove(hash, funder);
                }
                PackedPrev::Output(out)
            }
            Spend::AlreadySpent => {
                self.stats.double_spends += 1;
                PackedPrev::Missing
            }
            Spend::NoSuchOutput => PackedPrev::Missing,
            Spend::Damaged { out, cell } => {
                let what = format!(
                    "the cell of output {out} names transaction {cell}, which does not spend it, but {spender} does"
                );
                return Err(LedgerError::corrupt(self.folder.dir(), what));
            }
        })
    }

    fn push_missing(&mut self, block: &UtxoBlock, input: &InputRow) {
        let (value, addr) = match &input.prev_output {
            None => (NO_VALUE, NO_ADDR),
            Some(output) if output.script_type == ScriptType::OpReturn => (output.value, NO_ADDR),
            Some(output) => {
                let (script_type, payload) = (output.script_type, block.payload(output));
                let hash = hash_of(self.hashing(), block, output);
                let parts = &self.parts;
                let known = self.addrs.find(hash, |addr| parts.owner_is(addr, script_type, payload));
                (output.value, known.unwrap_or_else(|| self.number_addr(hash, script_type, payload)))
            }
        };
        self.stats.missing_inputs += 1;
        self.parts.current.missing.push(MissingRow {
            value,
            input: self.parts.current.in_prev_lo.len() as u32,
            prev_vout: input.prev_vout,
            addr,
            reserved: 0,
            prev_txid: input.prev_txid.0,
        });
    }

    /// Gives an owner that is not known yet its number.
    fn number_addr(&mut self, hash: u64, script_type: ScriptType, payload: &[u8]) -> u32 {
        let addr = self.parts.current.end().addr;
        self.parts.current.push_addr(script_type, payload);
        self.addrs.insert(hash, addr);
        addr
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
            for (rel, &cell) in data.spent.iter().enumerate() {
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

fn hash_of(hashing: Hashing, block: &UtxoBlock, output: &OutputRow) -> u64 {
    hashing.owner(output.script_type as u8, block.payload(output))
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

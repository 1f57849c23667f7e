//! The one writer: append blocks, seal segments, undo a reorg.
//!
//! Blocks gather in memory and become durable together when a segment is sealed ([`Writer::commit`], or by itself
//! every [`WriterOptions::segment_txs`] transactions). A crash loses what was not sealed and nothing else: files that
//! the manifest does not name are removed, and spent cells that name transactions beyond it are cleared, when a writer
//! opens the ledger again.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use tracehound_columns::files::sync_dir;
use tracehound_model::{
    BlockHash, Chain, ScriptType,
    utxo::{Header, InputRow, UtxoBlock},
};

use crate::{
    BlockNum, LedgerError,
    data::{
        BlockRow, FLAG_ISLAND, First, MAX_OUTPUTS, MAX_WEIGHT, MissingRow, NO_ADDR, NO_HEIGHT, NO_VALUE,
        PackedPrev, SegmentData, UNSPENDABLE, UNSPENT,
    },
    manifest::Manifest,
    segment::{Segment, addr_hash, segment_name, txid_hash, write_segment},
    tables::NumTable,
};

/// Rows a block may add at most; a valid block is far below (4 M weight units).
const MAX_BLOCK_ROWS: usize = 4_000_000;
/// Room kept below 2^31 in a segment's relative numbers.
const MAX_SEGMENT_ROWS: usize = i32::MAX as usize - 2 * MAX_BLOCK_ROWS;

/// How a writer behaves.
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    /// Seal a segment when it holds this many transactions. Memory while filling: about 170 bytes each.
    pub segment_txs: usize,
    /// Blocks a reorg may drop at most.
    pub max_reorg_depth: u32,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { segment_txs: 2_000_000, max_reorg_depth: 1_000 }
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
    parts: Parts,
    /// Transactions with an output that can still be spent, by txid.
    live: NumTable,
    /// Owners, by script.
    addrs: NumTable,
    stats: AppendStats,
    scratch: Vec<u64>,
    _lock: File,
}

/// Sealed segments and the growing one, addressed by global numbers.
#[derive(Debug)]
struct Parts {
    segments: Vec<Segment>,
    current: SegmentData,
}

impl Parts {
    fn segment_of_tx(&self, tx: u32) -> Option<&Segment> {
        let at = self.segments.partition_point(|segment| segment.first().tx <= tx);
        self.segments.get(at.checked_sub(1)?)
    }

    fn txid(&self, tx: u32) -> Option<&[u8; 32]> {
        if tx >= self.current.first.tx {
            return self.current.txids.get((tx - self.current.first.tx) as usize);
        }
        let segment = self.segment_of_tx(tx)?;
        segment.rows().txids.get((tx - segment.first().tx) as usize)
    }

    fn owner_is(&self, addr: u32, script_type: ScriptType, payload: &[u8]) -> bool {
        let key = if addr >= self.current.first.addr {
            self.current.rows().addr_key((addr - self.current.first.addr) as usize)
        } else {
            let at = self.segments.partition_point(|segment| segment.first().addr <= addr);
            at.checked_sub(1).and_then(|at| {
                let segment = &self.segments[at];
                segment.rows().addr_key((addr - segment.first().addr) as usize)
            })
        };
        key == Some((script_type, payload))
    }

    /// Marks output `vout` of `tx` as spent by `spender`.
    fn spend(&mut self, tx: u32, vout: u32, spender: u32) -> Spend {
        if tx >= self.current.first.tx {
            let current = &mut self.current;
            let rel = (tx - current.first.tx) as usize;
            let Some(range) = current.tx_outputs.view().range(rel) else { return Spend::NoSuchOutput };
            let Some(out) = range.clone().nth(vout as usize) else { return Spend::NoSuchOutput };
            if current.spent[out] != UNSPENT {
                return Spend::AlreadySpent;
            }
            current.spent[out] = spender;
            let exhausted = current.spent[range].iter().all(|&cell| cell != UNSPENT);
            return Spend::Done { out: current.first.output + out as u64, exhausted };
        }
        let Some(segment) = self.segment_of_tx(tx) else { return Spend::NoSuchOutput };
        let Some(range) = segment.rows().tx_outputs.range((tx - segment.first().tx) as usize) else {
            return Spend::NoSuchOutput;
        };
        let Some(out) = range.clone().nth(vout as usize) else { return Spend::NoSuchOutput };
        if segment.spent.load(out) != UNSPENT {
            return Spend::AlreadySpent;
        }
        segment.spent.store(out, spender);
        let exhausted = range.into_iter().all(|out| segment.spent.load(out) != UNSPENT);
        Spend::Done { out: segment.first().output + out as u64, exhausted }
    }
}

enum Spend {
    Done { out: u64, exhausted: bool },
    AlreadySpent,
    NoSuchOutput,
}

impl Writer {
    /// Opens the ledger of `chain` in `dir` for writing, creating folder and ledger when there is none.
    ///
    /// Reads every spent cell and every address once: about a second per 10 million transactions.
    pub fn open(dir: &Path, chain: Chain, options: WriterOptions) -> Result<Self, LedgerError> {
        std::fs::create_dir_all(dir).map_err(LedgerError::io("creating", dir))?;
        let lock = lock(dir)?;
        let chain = chain.to_string();
        let manifest = match Manifest::read(dir) {
            Err(LedgerError::Absent { .. }) => {
                let manifest = Manifest::new(&chain);
                manifest.replace(dir)?;
                manifest
            }
            read => read?,
        };
        if manifest.chain != chain {
            return Err(LedgerError::OtherChain {
                path: dir.to_owned(),
                found: manifest.chain,
                wanted: chain,
            });
        }
        remove_unnamed(dir, &manifest)?;
        let mut writer = Self {
            dir: dir.to_owned(),
            options,
            manifest,
            parts: Parts { segments: Vec::new(), current: SegmentData::new(First::default()) },
            live: NumTable::with_capacity(0),
            addrs: NumTable::with_capacity(0),
            stats: AppendStats::default(),
            scratch: Vec::new(),
            _lock: lock,
        };
        writer.load_segments()?;
        Ok(writer)
    }

    /// Maps the manifest's segments and rebuilds both tables from them.
    fn load_segments(&mut self) -> Result<(), LedgerError> {
        self.parts.segments.clear();
        let mut end = First::default();
        for name in &self.manifest.segments {
            let segment = Segment::open(&self.dir, name, true)?;
            if segment.first() != end {
                return Err(LedgerError::corrupt(
                    segment.path(),
                    "it does not continue the segment before it",
                ));
            }
            end = segment.end();
            self.parts.segments.push(segment);
        }
        self.parts.current = SegmentData::new(end);
        self.live = NumTable::with_capacity(0);
        self.addrs = NumTable::with_capacity(end.addr as usize);
        for at in 0..self.parts.segments.len() {
            self.load_tables(at, end.tx)?;
        }
        Ok(())
    }

    fn load_tables(&mut self, at: usize, end_tx: u32) -> Result<(), LedgerError> {
        let segment = &self.parts.segments[at];
        let (rows, first) = (segment.rows(), segment.first());
        let damaged = || LedgerError::corrupt(segment.path(), "its rows contradict each other");
        for out in 0..segment.spent.len() {
            let cell = segment.spent.load(out);
            if cell != UNSPENDABLE && cell >= end_tx {
                segment.spent.store(out, UNSPENT);
            }
        }
        for (rel, txid) in rows.txids.iter().enumerate() {
            let outputs = rows
                .tx_outputs
                .range(rel)
                .filter(|range| range.end <= segment.spent.len())
                .ok_or_else(damaged)?;
            if outputs.into_iter().any(|out| segment.spent.load(out) == UNSPENT) {
                insert_live(&mut self.live, &self.parts, txid, first.tx + rel as u32);
            }
        }
        for rel in 0..rows.addr_type.len() {
            let (script_type, payload) = rows.addr_key(rel).ok_or_else(damaged)?;
            self.addrs.insert(addr_hash(script_type as u8, payload), first.addr + rel as u32);
        }
        Ok(())
    }

    /// What was appended since the writer opened.
    pub fn stats(&self) -> AppendStats {
        self.stats
    }

    /// The last block and its height, committed or not.
    pub fn tip(&self) -> Option<(BlockHash, Option<u32>)> {
        let last_sealed = || self.parts.segments.last().and_then(|segment| segment.rows().blocks.last());
        let block = self.parts.current.blocks.last().or_else(last_sealed)?;
        Some((block.hash(), Some(block.height).filter(|&height| height != NO_HEIGHT)))
    }

    /// How many blocks the ledger holds, committed or not.
    pub fn block_count(&self) -> u32 {
        self.parts.current.end().block
    }

    /// Ids, headers and heights of all blocks, oldest first.
    pub fn blocks(&self) -> impl Iterator<Item = (BlockHash, Header, Option<u32>)> {
        let sealed = self.parts.segments.iter().flat_map(|segment| segment.rows().blocks);
        sealed.chain(&self.parts.current.blocks).map(|block| {
            (block.hash(), block.header(), Some(block.height).filter(|&height| height != NO_HEIGHT))
        })
    }

    /// Bytes of memory in the tables of live transactions and of addresses, and numbers in them.
    pub fn table_memory(&self) -> [(usize, usize); 2] {
        [(self.live.memory_bytes(), self.live.len()), (self.addrs.memory_bytes(), self.addrs.len())]
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
        check_block(block)?;
        self.check_room(block)?;
        let filled = self.parts.current.txids.len();
        if filled > 0 && filled + block.txs.len() > self.options.segment_txs {
            self.commit()?;
        }
        let height = match (flags, self.tip()) {
            (0, Some((_, Some(height)))) => height + 1,
            _ => block.height.unwrap_or(NO_HEIGHT),
        };
        let end = self.parts.current.end();
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
        self.append_inputs(block, end.tx);
        self.stats.blocks += 1;
        self.stats.txs += block.txs.len() as u64;
        self.stats.inputs += block.inputs.len() as u64;
        self.stats.outputs += block.outputs.len() as u64;
        Ok(())
    }

    fn check_room(&self, block: &UtxoBlock) -> Result<(), LedgerError> {
        let end = self.parts.current.end();
        let rows = block.outputs.len() + block.inputs.len();
        let full = |what| Err(LedgerError::Full { what });
        if end.tx as usize + block.txs.len() >= UNSPENDABLE as usize {
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
        let hash = |out| {
            let output: &tracehound_model::utxo::OutputRow = out;
            addr_hash(output.script_type as u8, block.payload(output))
        };
        // Hash first and look at every home slot, so that the cache misses of a block overlap.
        self.scratch.clear();
        self.scratch.extend(block.outputs.iter().map(hash));
        let mut touched = 0;
        for &hash in &self.scratch {
            touched ^= self.addrs.touch(self.addrs.home(hash));
        }
        std::hint::black_box(touched);
        for (at, output) in block.outputs.iter().enumerate() {
            let addr = match output.script_type {
                ScriptType::OpReturn => NO_ADDR,
                script_type => number_addr(
                    &mut self.addrs,
                    &mut self.parts,
                    self.scratch[at],
                    script_type,
                    block.payload(output),
                ),
            };
            self.parts.current.push_output(output, addr);
        }
    }

    fn append_txs(&mut self, block: &UtxoBlock, first_tx: u32) {
        for (at, (tx, _, outputs)) in block.transactions().enumerate() {
            self.parts.current.push_tx(tx);
            if outputs.iter().any(|output| output.script_type != ScriptType::OpReturn) {
                insert_live(&mut self.live, &self.parts, &tx.txid.0, first_tx + at as u32);
            }
        }
    }

    fn append_inputs(&mut self, block: &UtxoBlock, first_tx: u32) {
        self.scratch.clear();
        self.scratch.extend(block.inputs.iter().map(|input| txid_hash(&input.prev_txid.0)));
        let mut touched = 0;
        for &hash in &self.scratch {
            touched ^= self.live.touch(self.live.home(hash));
        }
        std::hint::black_box(touched);
        let mut at = 0;
        for (tx, row) in block.txs.iter().enumerate() {
            for _ in 0..row.input_count {
                let input = &block.inputs[at];
                let hash = self.scratch[at];
                let prev = self.resolve(input, hash, first_tx + tx as u32);
                if prev == PackedPrev::Missing {
                    self.push_missing(block, input);
                }
                self.parts.current.push_input(prev, input);
                at += 1;
            }
        }
    }

    /// Finds and spends the output that `input` of transaction `spender` names.
    fn resolve(&mut self, input: &InputRow, hash: u64, spender: u32) -> PackedPrev {
        if input.is_coinbase() {
            return PackedPrev::Coinbase;
        }
        let parts = &mut self.parts;
        let is_it = |tx| tx < spender && parts.txid(tx) == Some(&input.prev_txid.0);
        let Some(funder) = self.live.find(hash, is_it) else { return PackedPrev::Missing };
        match parts.spend(funder, input.prev_vout, spender) {
            Spend::Done { out, exhausted } => {
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
        }
    }

    fn push_missing(&mut self, block: &UtxoBlock, input: &InputRow) {
        let (value, addr) = match &input.prev_output {
            None => (NO_VALUE, NO_ADDR),
            Some(output) if output.script_type == ScriptType::OpReturn => (output.value, NO_ADDR),
            Some(output) => {
                let payload = block.payload(output);
                let hash = addr_hash(output.script_type as u8, payload);
                (
                    output.value,
                    number_addr(&mut self.addrs, &mut self.parts, hash, output.script_type, payload),
                )
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

    /// Seals what was appended; durable, and visible to new readers, when it returns.
    pub fn commit(&mut self) -> Result<(), LedgerError> {
        if self.parts.current.blocks.is_empty() {
            return Ok(());
        }
        let name = self.next_name(&self.parts.current);
        write_segment(&self.dir, &name, &self.parts.current)?;
        for segment in &self.parts.segments {
            segment.sync_spent()?;
        }
        self.manifest.generation += 1;
        self.manifest.segments.push(name.clone());
        self.manifest.replace(&self.dir)?;
        self.parts.segments.push(Segment::open(&self.dir, &name, true)?);
        self.parts.current = SegmentData::new(self.parts.current.end());
        self.merge_small_segments()
    }

    fn next_name(&self, data: &SegmentData) -> String {
        segment_name(data.first.tx, data.txids.len(), self.manifest.generation + 1)
    }

    /// Merges the last two segments while they are of similar size and fit in one, so that following the tip block by
    /// block leaves a number of segments that grows with the logarithm of the blocks.
    fn merge_small_segments(&mut self) -> Result<(), LedgerError> {
        while let [.., a, b] = &self.parts.segments[..] {
            let (a_txs, b_txs) = (a.rows().txids.len(), b.rows().txids.len());
            if a_txs > 2 * b_txs || a_txs + b_txs > self.options.segment_txs {
                break;
            }
            let mut data = SegmentData::new(a.first());
            for segment in [a, b] {
                let rows = segment.rows();
                data.extend_from(&rows, rows.blocks.len(), |out| segment.spent.load(out));
            }
            let keep = self.parts.segments.len() - 2;
            self.replace_from(keep, Some(&data))?;
        }
        Ok(())
    }

    /// Puts `data` in the place of the segments from `keep` on, durably, and removes their files.
    fn replace_from(&mut self, keep: usize, data: Option<&SegmentData>) -> Result<(), LedgerError> {
        let mut manifest = self.manifest.clone();
        let old = manifest.segments.split_off(keep);
        manifest.generation += 1;
        if let Some(data) = data {
            let name = self.next_name(data);
            write_segment(&self.dir, &name, data)?;
            manifest.segments.push(name);
        }
        manifest.replace(&self.dir)?;
        self.manifest = manifest;
        self.parts.segments.truncate(keep);
        if data.is_some() {
            let name = self.manifest.segments.last().expect("just pushed");
            self.parts.segments.push(Segment::open(&self.dir, name, true)?);
        }
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
        let cut_tx = cut.rows().blocks[kept_blocks].first_tx;
        let data = (kept_blocks > 0).then(|| {
            let mut data = SegmentData::new(cut.first());
            data.extend_from(&cut.rows(), kept_blocks, |out| match cut.spent.load(out) {
                cell if cell != UNSPENDABLE && cell >= cut_tx => UNSPENT,
                cell => cell,
            });
            data
        });
        self.replace_from(at, data.as_ref())?;
        // Clears the cells that dropped transactions wrote in older segments, and finds what is live again.
        self.load_segments()?;
        for segment in &self.parts.segments {
            segment.sync_spent()?;
        }
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

/// The number of an owner, a new one when it is not known yet.
fn number_addr(
    addrs: &mut NumTable,
    parts: &mut Parts,
    hash: u64,
    script_type: ScriptType,
    payload: &[u8],
) -> u32 {
    if let Some(addr) = addrs.find(hash, |addr| parts.owner_is(addr, script_type, payload)) {
        return addr;
    }
    let addr = parts.current.end().addr;
    parts.current.push_addr(script_type, payload);
    addrs.insert(hash, addr);
    addr
}

/// Enters a transaction; an earlier one with the same id gives way (BIP-30: its unspent outputs are lost).
fn insert_live(live: &mut NumTable, parts: &Parts, txid: &[u8; 32], tx: u32) {
    let hash = txid_hash(txid);
    if let Some(older) = live.find(hash, |candidate| parts.txid(candidate) == Some(txid)) {
        live.remove(hash, older);
    }
    live.insert(hash, tx);
}

/// Refuses a block whose tables contradict each other; everything after this cannot fail on its content.
fn check_block(block: &UtxoBlock) -> Result<(), LedgerError> {
    let bad = |what| Err(LedgerError::BadBlock { block: block.hash, what });
    if block.txs.is_empty() {
        return bad("it has no transactions");
    }
    if block.inputs.len().max(block.outputs.len()) > MAX_BLOCK_ROWS {
        return bad("it has more inputs or outputs than a block can hold");
    }
    let inputs: u64 = block.txs.iter().map(|tx| u64::from(tx.input_count)).sum();
    let outputs: u64 = block.txs.iter().map(|tx| u64::from(tx.output_count)).sum();
    if inputs != block.inputs.len() as u64 || outputs != block.outputs.len() as u64 {
        return bad("its transactions do not add up to its inputs and outputs");
    }
    if block.txs.iter().any(|tx| tx.weight > MAX_WEIGHT) {
        return bad("a transaction weighs more than a block may");
    }
    let known = block.inputs.iter().filter_map(|input| input.prev_output.as_ref());
    let in_bounds = |output: &tracehound_model::utxo::OutputRow| {
        output.payload_at as usize + output.script_type.payload_len() <= block.payloads.len()
    };
    if !block.outputs.iter().chain(known).all(in_bounds) {
        return bad("an output points outside its payloads");
    }
    Ok(())
}

fn lock(dir: &Path) -> Result<File, LedgerError> {
    let path = dir.join("LOCK");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(LedgerError::io("creating", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(LedgerError::io("locking", path)(error)),
    }
}

fn remove_segment(dir: &Path, name: &str) -> Result<(), LedgerError> {
    for extension in ["seg", "spent"] {
        let path = dir.join(format!("{name}.{extension}"));
        std::fs::remove_file(&path).map_err(LedgerError::io("removing", path))?;
    }
    Ok(())
}

/// Removes what a crash left behind: temporary files and segments that the manifest does not name.
fn remove_unnamed(dir: &Path, manifest: &Manifest) -> Result<(), LedgerError> {
    let reading = || LedgerError::io("reading", dir);
    let mut removed = false;
    for entry in std::fs::read_dir(dir).map_err(reading())? {
        let path = entry.map_err(reading())?.path();
        let ours = path.extension().is_some_and(|ext| ext == "seg" || ext == "spent" || ext == "tmp");
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let temporary = path.extension().is_some_and(|ext| ext == "tmp");
        if ours && (temporary || !manifest.segments.iter().any(|name| name == stem)) {
            std::fs::remove_file(&path).map_err(LedgerError::io("removing", &path))?;
            removed = true;
        }
    }
    if removed {
        sync_dir(dir)?;
    }
    Ok(())
}

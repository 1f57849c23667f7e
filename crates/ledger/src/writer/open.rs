//! Taking up a ledger: its manifest, what a crash left behind, its cells, the tables in memory.

use std::path::Path;

use rayon::prelude::*;
use tracehound_model::Chain;
use tracehound_segments::{Folder, Key, Manifest, SegmentsError, tables::shard_of};

use super::{AppendStats, Writer, WriterOptions, append::Scratch, take_place};
use crate::{
    LedgerError,
    cell::{UNSPENT, in_snapshot},
    cells::{Sums, overwritten, raw_cell, store_cell, told_sums, visit_cells_told},
    data::{First, SegmentData},
    parts::Parts,
    segment::Segment,
    store::{self, FORMAT, FORMAT_UNKEYED, STORE},
};

/// Rows of a segment that are hashed before the tables take them.
const LOADED: usize = 1 << 16;

impl Writer {
    /// Opens the ledger of `chain` in `dir` for writing, creating folder and ledger when there is none.
    ///
    /// Reads every spent cell and every address once: about a second per 10 million transactions. A ledger of version
    /// 0.1.0 gets a key and is appended to; its segments stay as they are until [`upgrade`](crate::upgrade).
    pub fn open(dir: &Path, chain: Chain, options: WriterOptions) -> Result<Self, LedgerError> {
        let mut writer = Self::open_to_rewrite(dir, chain, options)?;
        writer.fill_tables()?;
        Ok(writer)
    }

    /// As [`open`](Self::open), with empty tables: nothing can be appended.
    pub(super) fn open_to_rewrite(
        dir: &Path,
        chain: Chain,
        options: WriterOptions,
    ) -> Result<Self, LedgerError> {
        let chain = chain.to_string();
        let mut folder = Folder::take(dir, STORE, &chain)?;
        let key = folder.manifest().key.map_or_else(Key::random, Ok)?;
        folder.begin()?;
        let segments = folder.take_up(|name, segments: &[Segment]| adopt(dir, &chain, name, segments))?;
        let format = folder.manifest().format;
        if format == FORMAT_UNKEYED {
            make_ready_for_a_key(&segments)?;
        }
        if format < FORMAT {
            folder.convert(FORMAT, key)?;
        }
        let mut writer = Self {
            folder,
            options: options.within_memory(),
            key,
            parts: Parts { segments: Vec::new(), current: SegmentData::new(First::default()) },
            sums: Sums::default(),
            live: store::live(dir, options.memory),
            addrs: store::owners(dir, options.memory, 0),
            stats: AppendStats::default(),
            scratch: Scratch::default(),
            broken: false,
            settled: false,
        };
        writer.take_over(segments)?;
        writer.note_commit()?;
        writer.settled = true;
        Ok(writer)
    }

    /// Takes over segments and rebuilds both tables and the cells' sums from them.
    pub(super) fn load(&mut self, segments: Vec<Segment>) -> Result<(), LedgerError> {
        self.take_over(segments)?;
        self.fill_tables()
    }

    fn take_over(&mut self, segments: Vec<Segment>) -> Result<(), LedgerError> {
        clear_beyond(&segments);
        self.sums = check_sums(&segments)?;
        let end = segments.last().map_or(First::default(), Segment::end);
        self.parts = Parts { segments, current: SegmentData::new(end) };
        Ok(())
    }

    fn fill_tables(&mut self) -> Result<(), LedgerError> {
        let owners = self.parts.current.first.addr as usize;
        self.live = store::live(self.folder.dir(), self.options.memory);
        self.addrs = store::owners(self.folder.dir(), self.options.memory, owners);
        for at in 0..self.parts.segments.len() {
            self.load_tables(at)?;
            self.release_mapped();
        }
        self.check_sound()
    }

    /// Enters a segment's owners and live transactions, each shard its own, [`LOADED`] rows at a time.
    fn load_tables(&mut self, at: usize) -> Result<(), LedgerError> {
        let (hashing, parts) = (self.hashing(), &self.parts);
        let segment = &parts.segments[at];
        let (rows, first) = (segment.rows(), segment.first());
        let damaged = || LedgerError::corrupt(segment.path(), "its rows contradict each other");
        let txids = rows.txids.all();
        for from in (0..txids.len()).step_by(LOADED) {
            let live_hash = |(rel, txid)| {
                let outputs = rows.tx_outputs.range(rel).filter(|range| range.end <= segment.spent.len())?;
                let is_live = outputs.into_iter().any(|out| segment.spent.load(out) == UNSPENT);
                Some((hashing.tx(txid), is_live))
            };
            let chunk = &txids[from..txids.len().min(from + LOADED)];
            let hashes: Option<Vec<(u64, bool)>> =
                (from..from + chunk.len()).into_par_iter().zip(chunk).map(live_hash).collect();
            let hashes = hashes.ok_or_else(damaged)?;
            self.live.parts_mut().par_iter_mut().enumerate().try_for_each(|(shard, live)| {
                for (rel, &(hash, is_live)) in (from..).zip(&hashes) {
                    if is_live && shard_of(hash) == shard {
                        live.make_room(1)?;
                        let txid = Some(&txids[rel]);
                        let older = live.find(hash, |candidate| parts.txid(candidate) == txid);
                        take_place(live, hash, older, first.tx + rel as u32);
                    }
                }
                Ok::<_, SegmentsError>(())
            })?;
        }
        let owners = rows.scripts.types.len();
        for from in (0..owners).step_by(LOADED) {
            let hash = |rel| {
                let (script_type, payload) = rows.scripts.get(rel)?;
                Some(hashing.owner(script_type as u8, payload))
            };
            let hashes: Option<Vec<u64>> =
                (from..owners.min(from + LOADED)).into_par_iter().map(hash).collect();
            let hashes = hashes.ok_or_else(damaged)?;
            self.addrs.parts_mut().par_iter_mut().enumerate().try_for_each(|(shard, addrs)| {
                for (rel, &hash) in (from..).zip(&hashes).filter(|&(_, &hash)| shard_of(hash) == shard) {
                    addrs.make_room(1)?;
                    addrs.insert(hash, first.addr + rel as u32);
                }
                Ok::<_, SegmentsError>(())
            })?;
        }
        Ok(())
    }
}

/// Mends what the last of these segments, which a commit had sealed before it was killed, says of others: its blocks are
/// there, and what they spent in the segments before it stands in its rows.
fn adopt(dir: &Path, chain: &str, name: &str, segments: &[Segment]) -> Result<(), LedgerError> {
    let Some(last) = segments.last() else { return Ok(()) };
    last.check_sections()?;
    if last.origin()?.is_some_and(|origin| origin.chain != chain) {
        return Err(Manifest::does_not_fit(dir, format!("segment {name} is of another chain")).into());
    }
    visit_cells_told(last, |out, content| store_cell(segments, out, content));
    for (out, mark) in overwritten(segments, |out| raw_cell(segments, out)) {
        store_cell(segments, out, mark);
    }
    Ok(segments.iter().try_for_each(Segment::sync_spent)?)
}

/// Before a ledger of format 1 gets its key: its cells are found right, and coinbases that others overwrote are marked.
fn make_ready_for_a_key(segments: &[Segment]) -> Result<(), LedgerError> {
    clear_beyond(segments);
    for (out, mark) in overwritten(segments, |out| raw_cell(segments, out)) {
        store_cell(segments, out, mark);
    }
    check_sums(segments)?;
    segments.iter().try_for_each(Segment::check_pages_read)?;
    Ok(segments.iter().try_for_each(Segment::sync_spent)?)
}

/// Clears cells that name transactions beyond the ledger: a writer that was killed or a reorg left them.
fn clear_beyond(segments: &[Segment]) {
    let end_tx = segments.last().map_or(0, |last| last.end().tx);
    for segment in segments {
        for out in 0..segment.spent.len() {
            let cell = segment.spent.load(out);
            if in_snapshot(cell, end_tx) != cell {
                segment.spent.store(out, UNSPENT);
            }
        }
        segment.spent.release();
    }
}

/// The sums of the cells, which must be those that the last segment carries, or that the inputs tell where it carries
/// none.
pub(crate) fn check_sums(segments: &[Segment]) -> Result<Sums, LedgerError> {
    let Some(last) = segments.last() else { return Ok(Sums::default()) };
    let (end, found) = (last.end(), Sums::of_cells(segments, last.end().tx));
    let told = match last.cell_sums() {
        Some(sums) => sums.all().to_vec(),
        None => told_sums(segments).of_outputs(end.output),
    };
    last.check_pages_read()?;
    if found.of_outputs(end.output) == told {
        return Ok(found);
    }
    let wrong =
        found.of_outputs(end.output).iter().zip(&told).take_while(|(found, told)| found == told).count();
    let outputs = Sums::outputs_of_page(wrong);
    let at = segments.partition_point(|segment| segment.end().output <= outputs.start);
    Err(LedgerError::corrupt(
        segments[at.min(segments.len() - 1)].spent_path(),
        format!("the spent cells of outputs {} to {} do not add up", outputs.start, outputs.end),
    ))
}

//! A writer's rows: sealed segments and the growing one, addressed by global numbers.

use std::{
    ops::Range,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use tracehound_columns::SharedColumn;
use tracehound_model::{ScriptType, utxo::UtxoBlock};

use crate::{
    LedgerError,
    cell::{DESTROYED, UNSPENDABLE, UNSPENT},
    data::{MAX_WEIGHT, PackedPrev, Rows, Scripts, SegmentData},
    segment::{Segment, Trust},
};

/// Rows a block may add at most; a valid block is far below (4 M weight units).
pub(crate) const MAX_BLOCK_ROWS: usize = 4_000_000;

#[derive(Debug)]
pub(crate) struct Parts {
    pub segments: Vec<Segment>,
    pub current: SegmentData,
}

/// Cells of outputs, of a sealed segment or of the growing one.
#[derive(Clone, Copy)]
enum Cells<'a> {
    Growing(&'a [AtomicU32]),
    Sealed(&'a SharedColumn),
}

impl Cells<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Growing(cells) => cells.len(),
            Self::Sealed(cells) => cells.len(),
        }
    }

    #[inline]
    fn load(&self, at: usize) -> u32 {
        match self {
            Self::Growing(cells) => cells[at].load(Relaxed),
            Self::Sealed(cells) => cells.load(at),
        }
    }

    #[inline]
    fn store(&self, at: usize, content: u32) {
        match self {
            Self::Growing(cells) => cells[at].store(content, Relaxed),
            Self::Sealed(cells) => cells.store(at, content),
        }
    }
}

/// An output, with the others of its transaction.
pub(crate) struct Output<'a> {
    num: u64,
    /// Its place in its segment, and those of all outputs of its transaction.
    at: usize,
    outputs: Range<usize>,
    cells: Cells<'a>,
}

impl Output<'_> {
    /// What its cell says.
    #[inline]
    pub(crate) fn cell(&self) -> u32 {
        self.cells.load(self.at)
    }
}

/// What became of an attempt to spend an output.
pub(crate) enum Spend {
    /// Booked. `exhausted` when no output of its transaction is left to spend.
    Done { out: u64, exhausted: bool },
    /// Another transaction spends it already.
    AlreadySpent,
    /// Its cell names a transaction that does not spend it.
    Damaged { out: u64, cell: u32 },
}

impl Parts {
    fn segment_of_tx(&self, tx: u32) -> Option<&Segment> {
        let at = self.segments.partition_point(|segment| segment.first().tx <= tx);
        self.segments.get(at.checked_sub(1)?)
    }

    /// The rows that hold a transaction, and its place in them.
    #[inline]
    fn rows_of(&self, tx: u32) -> Option<(Rows<'_>, usize)> {
        if tx >= self.current.first.tx {
            return Some((self.current.rows(), (tx - self.current.first.tx) as usize));
        }
        let segment = self.segment_of_tx(tx)?;
        Some((segment.rows(), (tx - segment.first().tx) as usize))
    }

    #[inline]
    pub(crate) fn txid(&self, tx: u32) -> Option<&[u8; 32]> {
        if tx >= self.current.first.tx {
            return self.current.txids.get((tx - self.current.first.tx) as usize);
        }
        let segment = self.segment_of_tx(tx)?;
        segment.txids().get((tx - segment.first().tx) as usize)
    }

    #[inline]
    pub(crate) fn owner_is(&self, addr: u32, script_type: ScriptType, payload: &[u8]) -> bool {
        self.script_of(addr) == Some((script_type, payload))
    }

    #[inline]
    fn script_of(&self, addr: u32) -> Option<(ScriptType, &[u8])> {
        let (scripts, rel) = self.scripts_of(addr)?;
        scripts.get(rel)
    }

    #[inline]
    fn scripts_of(&self, addr: u32) -> Option<(Scripts<'_>, usize)> {
        if addr >= self.current.first.addr {
            return Some((self.current.scripts(), (addr - self.current.first.addr) as usize));
        }
        let at = self.segments.partition_point(|segment| segment.first().addr <= addr);
        let segment = &self.segments[at.checked_sub(1)?];
        Some((segment.scripts(Trust::Nothing), (addr - segment.first().addr) as usize))
    }

    /// Whether a transaction is the first of its block and mints coins.
    pub(crate) fn is_coinbase(&self, tx: u32) -> bool {
        let Some((rows, rel)) = self.rows_of(tx) else { return false };
        let at = rows.blocks.partition_point(|block| block.first_tx < tx);
        let opens = rows.blocks.get(at).is_some_and(|block| block.first_tx == tx);
        let input = rows.tx_inputs.range(rel).map(|range| range.start);
        opens && input.and_then(|at| rows.prev(at)).is_some_and(|(prev, _)| prev == PackedPrev::Coinbase)
    }

    /// Whether a transaction spends an output.
    fn spends(&self, tx: u32, out: u64) -> bool {
        let Some((rows, rel)) = self.rows_of(tx) else { return false };
        let mut inputs = rows.tx_inputs.range(rel).into_iter().flatten();
        inputs.any(|at| rows.prev(at).is_some_and(|(prev, _)| prev == PackedPrev::Output(out)))
    }

    /// Output `vout` of a transaction; `None` when it has none.
    #[inline]
    pub(crate) fn output(&self, tx: u32, vout: u32) -> Option<Output<'_>> {
        let (first, outputs, cells) = if tx >= self.current.first.tx {
            let outputs = self.current.tx_outputs.view().range((tx - self.current.first.tx) as usize)?;
            (self.current.first.output, outputs, Cells::Growing(&self.current.spent))
        } else {
            let segment = self.segment_of_tx(tx)?;
            let outputs = segment.tx_outputs().range((tx - segment.first().tx) as usize)?;
            (segment.first().output, outputs, Cells::Sealed(&segment.spent))
        };
        let at = outputs.clone().nth(vout as usize)?;
        Some(Output { num: first + at as u64, at, outputs, cells })
    }

    /// Marks an output as spent by `spender`, one of the transactions from `batch` on whose inputs are not in the rows yet.
    /// Threads may do so at once for different transactions.
    #[inline]
    pub(crate) fn spend(&self, output: &Output<'_>, spender: u32, batch: u32) -> Spend {
        let out = output.num;
        match (output.cell(), &output.cells) {
            (UNSPENT, _) => {}
            (_, Cells::Growing(_)) | (UNSPENDABLE, _) => return Spend::AlreadySpent,
            (cell, _) if cell & DESTROYED != 0 || cell >= batch => return Spend::AlreadySpent,
            (cell, _) if self.spends(cell, out) => return Spend::AlreadySpent,
            (cell, _) => return Spend::Damaged { out, cell },
        }
        output.cells.store(output.at, spender);
        let exhausted = output.outputs.clone().all(|at| output.cells.load(at) != UNSPENT);
        Spend::Done { out, exhausted }
    }

    /// Fills the cells of a transaction's outputs that nobody spent and somebody could; gives the outputs.
    pub(crate) fn fill_unspent(&self, tx: u32, content: u32) -> Vec<u64> {
        let Some((rows, rel)) = self.rows_of(tx) else { return Vec::new() };
        let first = rows.first;
        let cells = match self.segment_of_tx(tx).filter(|_| tx < self.current.first.tx) {
            Some(segment) => Cells::Sealed(&segment.spent),
            None => Cells::Growing(&self.current.spent),
        };
        let range = rows.tx_outputs.range(rel).filter(|range| range.end <= cells.len());
        let mut filled = Vec::new();
        for at in range.into_iter().flatten().filter(|&at| cells.load(at) == UNSPENT) {
            cells.store(at, content);
            filled.push(first.output + at as u64);
        }
        filled
    }

    // What a look-up will read, read for many before the first of them needs it; what is given means nothing.

    /// The id of a transaction and where its outputs are.
    #[inline]
    pub(crate) fn touch_tx(&self, tx: u32) -> u64 {
        let (txids, outputs, first) = if tx >= self.current.first.tx {
            (self.current.txids[..].into(), self.current.tx_outputs.view(), self.current.first.tx)
        } else if let Some(segment) = self.segment_of_tx(tx) {
            (segment.txids(), segment.tx_outputs(), segment.first().tx)
        } else {
            return 0;
        };
        let rel = (tx - first) as usize;
        txids.get(rel).map_or(0, |txid| u64::from(txid[0])) ^ outputs.touch(rel)
    }

    /// The script of an owner.
    #[inline]
    pub(crate) fn touch_owner(&self, addr: u32) -> u64 {
        match self.scripts_of(addr) {
            Some((scripts, rel)) => scripts.touch(rel),
            None => 0,
        }
    }

    /// Fails when any page of a segment that was read so far is damaged.
    pub(crate) fn check_pages_read(&self) -> Result<(), LedgerError> {
        self.segments.iter().try_for_each(Segment::check_pages_read)
    }
}

/// Refuses a block whose tables contradict each other; everything after this cannot fail on its content.
pub(crate) fn check_block(block: &UtxoBlock) -> Result<(), LedgerError> {
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

//! A writer's rows: sealed segments and the growing one, addressed by global numbers.

use tracehound_model::{ScriptType, utxo::UtxoBlock};

use crate::{
    LedgerError,
    cell::{DESTROYED, UNSPENDABLE, UNSPENT},
    data::{MAX_WEIGHT, NO_ADDR, PackedPrev, Rows, SegmentData},
    segment::{Segment, Trust},
};

/// Rows a block may add at most; a valid block is far below (4 M weight units).
pub(crate) const MAX_BLOCK_ROWS: usize = 4_000_000;

#[derive(Debug)]
pub(crate) struct Parts {
    pub segments: Vec<Segment>,
    pub current: SegmentData,
}

/// What became of an attempt to spend an output.
pub(crate) enum Spend {
    /// Booked. `exhausted` when no output of its transaction is left to spend.
    Done { out: u64, exhausted: bool },
    /// Another transaction spends it already.
    AlreadySpent,
    /// The transaction has no such output.
    NoSuchOutput,
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
        let key = if addr >= self.current.first.addr {
            self.current.owner((addr - self.current.first.addr) as usize)
        } else {
            let at = self.segments.partition_point(|segment| segment.first().addr <= addr);
            at.checked_sub(1).and_then(|at| {
                let segment = &self.segments[at];
                segment.scripts(Trust::Nothing).get((addr - segment.first().addr) as usize)
            })
        };
        key == Some((script_type, payload))
    }

    /// Loads what [`owner_is`](Self::owner_is) reads of an owner of the growing segment. Called for many in a row, so that
    /// their cache misses overlap.
    #[inline]
    pub(crate) fn touch_owner(&self, addr: u32) -> u8 {
        let current = &self.current;
        let Some(rel) = addr.checked_sub(current.first.addr) else { return 0 };
        let at = current.addr_at[rel as usize] as usize;
        current.addr_type[rel as usize] ^ current.addr_payload.get(at).copied().unwrap_or(0)
    }

    /// Loads what finding and spending an output of a transaction of the growing segment reads.
    #[inline]
    pub(crate) fn touch_tx(&self, tx: u32) -> u8 {
        let current = &self.current;
        let Some(rel) = tx.checked_sub(current.first.tx) else { return 0 };
        current.txids[rel as usize][0] ^ current.tx_outputs.counts[rel as usize]
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

    /// Marks output `vout` of `tx` as spent by `spender`. `booked` tells what was marked since the last inputs were
    /// appended: (output, spender). Threads may do this side by side for outputs of different transactions.
    pub(crate) fn spend(&self, tx: u32, vout: u32, spender: u32, booked: &[(u64, u32)]) -> Spend {
        if tx >= self.current.first.tx {
            let current = &self.current;
            let rel = (tx - current.first.tx) as usize;
            let Some(range) = current.tx_outputs.view().range(rel) else { return Spend::NoSuchOutput };
            let Some(out) = range.clone().nth(vout as usize) else { return Spend::NoSuchOutput };
            if current.spent.load(out) != UNSPENT {
                return Spend::AlreadySpent;
            }
            current.spent.store(out, spender);
            let exhausted = range.into_iter().all(|out| current.spent.load(out) != UNSPENT);
            return Spend::Done { out: current.first.output + out as u64, exhausted };
        }
        let Some(segment) = self.segment_of_tx(tx) else { return Spend::NoSuchOutput };
        let Some(range) = segment.tx_outputs().range((tx - segment.first().tx) as usize) else {
            return Spend::NoSuchOutput;
        };
        let Some(at) = range.clone().nth(vout as usize) else { return Spend::NoSuchOutput };
        let out = segment.first().output + at as u64;
        match segment.spent.load(at) {
            UNSPENT => {}
            UNSPENDABLE => return Spend::AlreadySpent,
            cell if cell & DESTROYED != 0 => return Spend::AlreadySpent,
            cell if booked.contains(&(out, cell)) || self.spends(cell, out) => return Spend::AlreadySpent,
            cell => return Spend::Damaged { out, cell },
        }
        segment.spent.store(at, spender);
        let exhausted = range.into_iter().all(|out| segment.spent.load(out) != UNSPENT);
        Spend::Done { out, exhausted }
    }

    /// Fills the cells of a transaction's outputs that nobody spent and somebody could; gives the outputs.
    pub(crate) fn fill_unspent(&self, tx: u32, content: u32) -> Vec<u64> {
        let Some((rows, rel)) = self.rows_of(tx) else { return Vec::new() };
        let range = rows.tx_outputs.range(rel).filter(|range| range.end <= rows.out_addr.len());
        let ours = |at: &usize| rows.out_addr.get(*at).is_some_and(|&addr| addr != NO_ADDR);
        let mut filled = Vec::new();
        for at in range.into_iter().flatten().filter(ours) {
            if tx >= self.current.first.tx {
                if self.current.spent.load(at) != UNSPENT {
                    continue;
                }
                self.current.spent.store(at, content);
            } else if let Some(segment) = self.segment_of_tx(tx) {
                if segment.spent.load(at) != UNSPENT {
                    continue;
                }
                segment.spent.store(at, content);
            }
            filled.push(rows.first.output + at as u64);
        }
        filled
    }

    /// Fails when any page of a segment that was read so far is damaged.
    pub(crate) fn check_pages_read(&self) -> Result<(), LedgerError> {
        Ok(self.segments.iter().try_for_each(Segment::check_pages_read)?)
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

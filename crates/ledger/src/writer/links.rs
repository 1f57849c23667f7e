//! What the inputs of a batch spend.

use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use rayon::prelude::*;
use tracehound_model::utxo::InputRow;

use super::batch::{Hashed, Pending, WrongCell};
use crate::{
    cell::DESTROYED,
    cells::Sums,
    data::PackedPrev,
    parts::{Output, Parts, Spend},
    tables::NumTable,
};

/// An input whose output is not in the ledger.
const MISSING: u64 = u64::MAX;

/// The outputs that the inputs of a batch spend, by the input's place.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<AtomicU64>);

/// What all shards read.
struct Shared<'a> {
    blocks: &'a [Pending],
    hashed: &'a [Hashed],
    parts: &'a Parts,
    sums: &'a Sums,
    /// The batch's first transaction.
    first_tx: u32,
    prevs: &'a [AtomicU64],
}

/// An input whose output is found, before it is known whether it is still to be spent.
struct Located<'a> {
    hash: u64,
    /// Place of the input in its block.
    at: u32,
    spender: u32,
    funder: u32,
    output: Output<'a>,
}

impl Links {
    /// Finds and spends what the inputs of these blocks name; gives how many named an output that was spent already.
    pub(super) fn find(
        &mut self,
        (blocks, hashed): (&[Pending], &[Hashed]),
        parts: &Parts,
        live: &mut [NumTable],
        sums: &Sums,
        inputs: usize,
    ) -> Result<u64, WrongCell> {
        self.0.clear();
        self.0.resize_with(inputs, || AtomicU64::new(MISSING));
        let first_tx = blocks.first().map_or(0, |first| first.first_tx);
        let shared = Shared { blocks, hashed, parts, sums, first_tx, prevs: &self.0 };
        live.par_iter_mut()
            .enumerate()
            .map(|(shard, table)| shared.link(shard, table))
            .try_reduce(|| 0, |a, b| Ok(a + b))
    }

    /// What an input of this place in the batch spends.
    pub(super) fn prev(&self, at: usize, row: &InputRow) -> PackedPrev {
        match self.0[at].load(Relaxed) {
            MISSING if row.is_coinbase() => PackedPrev::Coinbase,
            MISSING => PackedPrev::Missing,
            out => PackedPrev::Output(out),
        }
    }
}

impl<'a> Shared<'a> {
    /// One shard's share: its transactions become live, its inputs are resolved, block by block as the chain has them.
    ///
    /// What the look-ups of a block need is read for all of them, all of one kind before the next, so that the processor
    /// waits for many at once.
    fn link(&self, shard: usize, live: &mut NumTable) -> Result<u64, WrongCell> {
        let (mut double_spends, mut located) = (0, Vec::new());
        for (pending, hashed) in self.blocks.iter().zip(self.hashed) {
            let (txs, inputs) = (hashed.txs.of(shard), hashed.inputs.of(shard));
            let mut touched = 0;
            for &(hash, _) in txs.iter().chain(inputs) {
                touched ^= live.touch(live.home(hash));
            }
            for &(hash, at) in txs {
                self.enter(pending, hash, at, live);
            }
            for &(hash, _) in inputs {
                touched ^= live.candidate(hash).map_or(0, |funder| self.parts.touch_tx(funder));
            }
            black_box(touched);
            self.locate(pending, inputs, live, &mut located);
            for found in located.drain(..) {
                double_spends += u64::from(self.spend(pending, &found, live)?);
            }
        }
        Ok(double_spends)
    }

    /// Finds the outputs that a block's inputs name, and reads their cells.
    fn locate(
        &self,
        pending: &Pending,
        inputs: &[(u64, u32)],
        live: &NumTable,
        located: &mut Vec<Located<'a>>,
    ) {
        let (mut tx, mut touched) = (0, 0);
        let mut ends = pending.block.txs.first().map_or(0, |tx| tx.input_count);
        for &(hash, at) in inputs {
            while at >= ends {
                tx += 1;
                ends += pending.block.txs[tx].input_count;
            }
            let spender = pending.first_tx + tx as u32;
            let input = &pending.block.inputs[at as usize];
            let is_it = |tx| tx < spender && self.parts.txid(tx) == Some(&input.prev_txid.0);
            let Some(funder) = live.find(hash, is_it) else { continue };
            let Some(output) = self.parts.output(funder, input.prev_vout) else { continue };
            touched ^= output.cell();
            located.push(Located { hash, at, spender, funder, output });
        }
        black_box(touched);
    }

    /// Spends an output; whether it was spent already by a transaction that others of the batch or before left live.
    fn spend(&self, pending: &Pending, found: &Located<'_>, live: &mut NumTable) -> Result<bool, WrongCell> {
        let &Located { hash, at, spender, funder, ref output } = found;
        match self.parts.spend(output, spender, self.first_tx) {
            Spend::Done { out, exhausted } => {
                self.sums.add_within(out, spender);
                if exhausted {
                    live.remove(hash, funder);
                }
                self.prevs[pending.first_input + at as usize].store(out, Relaxed);
                Ok(false)
            }
            // One whose outputs are all spent is not live, and what spends it again spends what is not there.
            Spend::AlreadySpent => Ok(live.find(hash, |tx| tx == funder).is_some()),
            Spend::Damaged { out, cell } => Err(WrongCell { out, cell, spender }),
        }
    }

    /// Enters a transaction; an earlier one with the same id gives way (BIP-30). A coinbase destroys what an earlier one
    /// with its id holds unspent.
    fn enter(&self, pending: &Pending, hash: u64, at: u32, live: &mut NumTable) {
        let (num, txid) = (pending.first_tx + at, &pending.block.txs[at as usize].txid.0);
        let older = super::insert_live(live, self.parts, hash, txid, num);
        let mints = at == 0 && opens_with_coinbase(pending);
        let Some(older) = older.filter(|&older| mints && self.is_coinbase(older)) else { return };
        for out in self.parts.fill_unspent(older, DESTROYED | num) {
            self.sums.add_within(out, DESTROYED | num);
        }
    }

    /// Whether a transaction is the first of its block and mints coins.
    fn is_coinbase(&self, tx: u32) -> bool {
        if tx < self.first_tx {
            return self.parts.is_coinbase(tx);
        }
        let opened = self.blocks.binary_search_by_key(&tx, |pending| pending.first_tx);
        opened.is_ok_and(|at| opens_with_coinbase(&self.blocks[at]))
    }
}

fn opens_with_coinbase(pending: &Pending) -> bool {
    let has_inputs = pending.block.txs.first().is_some_and(|tx| tx.input_count > 0);
    has_inputs && pending.block.inputs.first().is_some_and(InputRow::is_coinbase)
}

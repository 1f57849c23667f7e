//! Blocks that wait for their numbers, and how a batch of them gets these on all cores.
//!
//! What an input spends and which number an owner has is found in tables too large for the processor's caches, so most of
//! the work is waiting for memory. Both tables are cut into shards by the low bits of the hash; each step of a batch goes
//! through all shards at once, and within a shard through all look-ups of a block before the next step needs one of them.
//! A transaction and its outputs belong to one shard, an owner to one, so shards have nothing to agree upon; numbers are
//! given afterwards, in the order in which owners appear. Batches, threads and keys leave no trace in what is stored.

use rayon::prelude::*;
use tracehound_model::{
    ScriptType,
    utxo::{OutputRow, UtxoBlock},
};

use super::{links::Links, owners::Owners};
use crate::{
    cell::UNSPENDABLE,
    cells::Sums,
    data::{BlockRow, MissingRow, NO_ADDR, NO_VALUE, PackedPrev, SegmentData, pack_prev},
    key::Hashing,
    parts::Parts,
    tables::{NumTable, SHARDS, shard_of},
};

/// Blocks at most in a batch.
const MAX_BLOCKS: usize = 1024;

/// A block that waits.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) block: UtxoBlock,
    pub(super) height: u32,
    pub(super) flags: u32,
    /// Its first transaction, input and output: the first by number, the others by their place in the batch.
    pub(super) first_tx: u32,
    pub(super) first_input: usize,
    pub(super) first_output: usize,
}

impl Pending {
    /// An output, or the output that an input spends, by its place among the block's owners: outputs first, then inputs.
    pub(super) fn owned(&self, place: u32) -> Option<&OutputRow> {
        let (outputs, inputs) = (&self.block.outputs, &self.block.inputs);
        match (place as usize).checked_sub(outputs.len()) {
            None => outputs.get(place as usize),
            Some(input) => inputs.get(input)?.prev_output.as_ref(),
        }
        .filter(|row| row.script_type != ScriptType::OpReturn)
    }
}

/// The hashes of a block's transactions, of what it spends, and of its owners.
#[derive(Debug, Default)]
pub(super) struct Hashed {
    pub(super) txs: ByShard,
    pub(super) inputs: ByShard,
    pub(super) owners: ByShard,
}

impl Hashed {
    fn fill(&mut self, block: &UtxoBlock, hashing: Hashing) {
        let spendable =
            |outputs: &[OutputRow]| outputs.iter().any(|output| output.script_type != ScriptType::OpReturn);
        let txs = block.transactions().enumerate().filter(|(_, (_, _, outputs))| spendable(outputs));
        self.txs.fill(txs.map(|(at, (tx, ..))| (hashing.tx(&tx.txid.0), at as u32)));
        let inputs = block.inputs.iter().enumerate().filter(|(_, input)| !input.is_coinbase());
        self.inputs.fill(inputs.map(|(at, input)| (hashing.tx(&input.prev_txid.0), at as u32)));
        let outputs = block.outputs.iter().map(Some);
        let spent = block.inputs.iter().map(|input| input.prev_output.as_ref());
        let owned = outputs.chain(spent).enumerate().filter_map(|(place, row)| Some((place, row?)));
        let owned = owned.filter(|(_, row)| row.script_type != ScriptType::OpReturn);
        self.owners
            .fill(owned.map(|(place, row)| {
                (hashing.owner(row.script_type as u8, block.payload(row)), place as u32)
            }));
    }
}

/// Hashes with the places they belong to, those of a shard side by side and in the order of their places.
#[derive(Debug, Default)]
pub(super) struct ByShard {
    unsorted: Vec<(u64, u32)>,
    sorted: Vec<(u64, u32)>,
    ends: [usize; SHARDS],
}

impl ByShard {
    fn fill(&mut self, hashes: impl Iterator<Item = (u64, u32)>) {
        self.unsorted.clear();
        self.unsorted.extend(hashes);
        let mut at = [0; SHARDS];
        for (hash, _) in &self.unsorted {
            at[shard_of(*hash)] += 1;
        }
        let mut sum = 0;
        for count in &mut at {
            sum += std::mem::replace(count, sum);
        }
        self.sorted.clear();
        self.sorted.resize(self.unsorted.len(), (0, 0));
        for &(hash, place) in &self.unsorted {
            let own = &mut at[shard_of(hash)];
            self.sorted[*own] = (hash, place);
            *own += 1;
        }
        self.ends = at;
    }

    /// Those of a shard.
    pub(super) fn of(&self, shard: usize) -> &[(u64, u32)] {
        let start = shard.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.sorted[start..self.ends[shard]]
    }
}

/// The blocks that wait, and room for what is found about them, used again for the next batch.
#[derive(Debug, Default)]
pub(super) struct Batch {
    blocks: Vec<Pending>,
    /// Hashes of each.
    hashed: Vec<Hashed>,
    /// How many of `blocks` wait.
    len: usize,
    txs: usize,
    inputs: usize,
    outputs: usize,
    links: Links,
    owners: Owners,
}

/// What came of numbering a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbered {
    pub(super) missing_inputs: u64,
    pub(super) double_spends: u64,
}

/// A cell that names a transaction which does not spend its output.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrongCell {
    pub(super) out: u64,
    pub(super) cell: u32,
    pub(super) spender: u32,
}

/// The two tables of a writer, cut into shards.
#[derive(Debug)]
pub(super) struct Tables {
    /// Transactions with an output that can still be spent, by id.
    pub(super) live: Vec<NumTable>,
    /// Owners, by script.
    pub(super) addrs: Vec<NumTable>,
}

impl Tables {
    /// Empty tables with room for this many owners.
    pub(super) fn with_capacity(owners: usize) -> Self {
        let tables =
            |numbers: usize| (0..SHARDS).map(|_| NumTable::with_capacity(numbers / SHARDS)).collect();
        Self { live: tables(0), addrs: tables(owners) }
    }

    pub(super) fn live_of(&mut self, hash: u64) -> &mut NumTable {
        &mut self.live[shard_of(hash)]
    }

    pub(super) fn addrs_of(&mut self, hash: u64) -> &mut NumTable {
        &mut self.addrs[shard_of(hash)]
    }
}

impl Batch {
    pub(super) fn blocks(&self) -> &[Pending] {
        &self.blocks[..self.len]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Transactions, inputs and outputs that wait.
    pub(super) fn rows(&self) -> [usize; 3] {
        [self.txs, self.inputs, self.outputs]
    }

    /// Whether the batch is full when it holds this many inputs and outputs.
    pub(super) fn is_full(&self, rows: usize) -> bool {
        self.inputs + self.outputs >= rows || self.len >= MAX_BLOCKS
    }

    /// Adds a block, of which a copy is made.
    pub(super) fn push(&mut self, block: &UtxoBlock, height: u32, flags: u32) {
        if self.len == self.blocks.len() {
            self.blocks.push(Pending::default());
        }
        let pending = &mut self.blocks[self.len];
        (pending.height, pending.flags) = (height, flags);
        copy(&mut pending.block, block);
        self.len += 1;
        self.txs += block.txs.len();
        self.inputs += block.inputs.len();
        self.outputs += block.outputs.len();
    }

    /// Moves all blocks into the growing segment. On an error the segment is of no use.
    pub(super) fn number(
        &mut self,
        parts: &mut Parts,
        tables: &mut Tables,
        sums: &mut Sums,
        hashing: Hashing,
    ) -> Result<Numbered, WrongCell> {
        let end = parts.current.end();
        let (mut tx, mut input, mut output) = (end.tx, 0, 0);
        for pending in &mut self.blocks[..self.len] {
            (pending.first_tx, pending.first_input, pending.first_output) = (tx, input, output);
            tx += pending.block.txs.len() as u32;
            input += pending.block.inputs.len();
            output += pending.block.outputs.len();
        }
        let blocks = &self.blocks[..self.len];
        self.hashed.resize_with(self.blocks.len(), Hashed::default);
        let hashed = &mut self.hashed[..self.len];
        sums.grow_to(end.output + output as u64);
        let (current, seen) = (&mut parts.current, &*sums);
        rayon::join(
            || hashed.par_iter_mut().zip(blocks).for_each(|(own, pending)| own.fill(&pending.block, hashing)),
            || push_columns(current, blocks, seen),
        );
        let hashed = &self.hashed[..self.len];
        let double_spends = self.links.find((blocks, hashed), parts, &mut tables.live, sums, input)?;
        let (mut lo, mut hi) =
            (std::mem::take(&mut parts.current.in_prev_lo), std::mem::take(&mut parts.current.in_prev_hi));
        let (links, owners) = (&self.links, &mut self.owners);
        let before = lo.len();
        rayon::join(
            || owners.find((blocks, hashed), links, parts, &tables.addrs),
            || {
                for (at, row) in blocks.iter().flat_map(|own| &own.block.inputs).enumerate() {
                    let (low, high) = pack_prev(links.prev(at, row), row.sequence);
                    lo.push(low);
                    hi.push(high);
                }
            },
        );
        (parts.current.in_prev_lo, parts.current.in_prev_hi) = (lo, hi);
        let missing_inputs = self.give_numbers(parts, before);
        self.owners.enter(&mut tables.addrs);
        self.clear();
        Ok(Numbered { missing_inputs, double_spends })
    }

    /// Gives owners their numbers in the order of their first appearance: of a block its outputs first, then what it
    /// spends that is not in the ledger. `before`: inputs of the growing segment before the batch.
    fn give_numbers(&mut self, parts: &mut Parts, before: usize) -> u64 {
        let current = &mut parts.current;
        let mut missing_inputs = 0;
        for (number, pending) in self.blocks[..self.len].iter().enumerate() {
            let block = &pending.block;
            current.blocks.push(BlockRow {
                hash: block.hash.0,
                header: block.header.0,
                height: pending.height,
                size: block.size,
                first_tx: pending.first_tx,
                first_addr: current.first.addr + current.addr_type.len() as u32,
                flags: pending.flags,
            });
            for place in 0..block.outputs.len() as u32 {
                let addr = self.owners.number(number, pending, place, current);
                current.out_addr.push(addr);
            }
            for (at, row) in block.inputs.iter().enumerate() {
                if self.links.prev(pending.first_input + at, row) != PackedPrev::Missing {
                    continue;
                }
                let place = (block.outputs.len() + at) as u32;
                let addr = self.owners.number(number, pending, place, current);
                missing_inputs += 1;
                current.missing.push(MissingRow {
                    value: row.prev_output.as_ref().map_or(NO_VALUE, |output| output.value),
                    input: (before + pending.first_input + at) as u32,
                    prev_vout: row.prev_vout,
                    addr,
                    reserved: 0,
                    prev_txid: row.prev_txid.0,
                });
            }
        }
        missing_inputs
    }

    /// Forgets all blocks.
    pub(super) fn clear(&mut self) {
        (self.len, self.txs, self.inputs, self.outputs) = (0, 0, 0, 0);
    }
}

/// Adds what needs no numbers.
fn push_columns(current: &mut SegmentData, blocks: &[Pending], sums: &Sums) {
    for pending in blocks {
        for tx in &pending.block.txs {
            current.push_tx(tx);
        }
        for output in &pending.block.outputs {
            if output.script_type == ScriptType::OpReturn {
                sums.add_within(current.first.output + current.spent.len() as u64, UNSPENDABLE);
            }
            current.push_output(output);
        }
    }
}

/// Copies a block into tables that keep their memory.
fn copy(to: &mut UtxoBlock, from: &UtxoBlock) {
    to.clear();
    (to.hash, to.header, to.height, to.size) = (from.hash, from.header, from.height, from.size);
    to.txs.extend_from_slice(&from.txs);
    to.inputs.extend_from_slice(&from.inputs);
    to.outputs.extend_from_slice(&from.outputs);
    to.payloads.extend_from_slice(&from.payloads);
}

/// The number of nobody.
pub(super) const NOBODY: u32 = NO_ADDR;

//! What each shard of the tables does with a group of blocks.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use tracehound_model::{
    ScriptType,
    utxo::{OutputRow, UtxoBlock},
};
use tracehound_segments::tables::{SHARDS, Table, shard_of};

use super::{Group, mints};
use crate::{
    cell::DESTROYED,
    data::PackedPrev,
    hashing::Hashing,
    parts::{Parts, Spend},
    writer::take_place,
};

/// How many are looked for everywhere at once, so that their cache misses overlap.
const AHEAD: usize = 256;

/// An output whose owner is to be found: its hash, and its place among the block's outputs.
#[derive(Clone, Copy, Debug)]
struct Owned {
    hash: u64,
    output: u32,
}

/// What happens to a transaction of a shard, under its hash.
#[derive(Clone, Copy, Debug)]
struct Event {
    hash: u64,
    /// The transaction that enters or spends, by its place in the block.
    tx: u32,
    /// The input that spends, by its place among the block's; [`ENTERS`] for none.
    input: u32,
}

const ENTERS: u32 = u32::MAX;

/// What each shard has to do for a block.
#[derive(Debug, Default)]
struct BlockLists {
    owned: [Vec<Owned>; SHARDS],
    events: [Vec<Event>; SHARDS],
}

/// Memory for a group, used again for the next one.
#[derive(Debug, Default)]
pub(in crate::writer) struct Scratch {
    blocks: Vec<BlockLists>,
    /// For each output of the group whose owner it is.
    owners: Vec<AtomicU64>,
    /// For each input of the group what it spends.
    spent: Vec<AtomicU64>,
    shards: Vec<Shard>,
}

/// What a shard found out in a group.
#[derive(Debug, Default)]
struct Shard {
    hashes: Vec<u64>,
    /// Owners not known before, with their first output in the group.
    new: Vec<(u64, u32)>,
    /// What was spent of segments that are sealed: (output, spender).
    booked: Vec<(u64, u32)>,
    /// Outputs that a transaction with the same id overwrote, and what their cells say.
    destroyed: Vec<(u64, u32)>,
    double_spends: u64,
    /// The first cell that names a transaction which does not spend it: (output, cell, who does).
    damage: Option<(u64, u32, u32)>,
}

/// Whose an output is, as long as its owner may have no number: the number, or one of these with the group's output that
/// gets it first.
const NEW: u64 = 1 << 63;
const SAME_AS: u64 = 1 << 62;

/// What an input spends: the output, or one of these.
const MISSING: u64 = u64::MAX;
const COINBASE: u64 = u64::MAX - 1;

pub(super) fn hash_of(hashing: Hashing, block: &UtxoBlock, output: &OutputRow) -> u64 {
    hashing.owner(output.script_type as u8, block.payload(output))
}

impl BlockLists {
    fn fill(&mut self, block: &UtxoBlock, hashing: Hashing) {
        self.owned.iter_mut().for_each(Vec::clear);
        self.events.iter_mut().for_each(Vec::clear);
        for (output, row) in block.outputs.iter().enumerate() {
            if row.script_type != ScriptType::OpReturn {
                let hash = hash_of(hashing, block, row);
                self.owned[shard_of(hash)].push(Owned { hash, output: output as u32 });
            }
        }
        // All of a block enter before any of its inputs spends.
        for (tx, (row, _, outputs)) in block.transactions().enumerate() {
            if outputs.iter().any(|output| output.script_type != ScriptType::OpReturn) {
                let hash = hashing.tx(&row.txid.0);
                self.events[shard_of(hash)].push(Event { hash, tx: tx as u32, input: ENTERS });
            }
        }
        let mut input = 0;
        for (tx, (_, inputs, _)) in block.transactions().enumerate() {
            for row in inputs {
                if !row.is_coinbase() {
                    let hash = hashing.tx(&row.prev_txid.0);
                    self.events[shard_of(hash)].push(Event { hash, tx: tx as u32, input });
                }
                input += 1;
            }
        }
    }
}

impl Scratch {
    /// Lists what each shard has to do.
    pub(super) fn begin(&mut self, group: &Group<'_>, hashing: Hashing) {
        if self.blocks.len() < group.blocks.len() {
            self.blocks.resize_with(group.blocks.len(), BlockLists::default);
        }
        self.owners.resize_with(group.outputs, AtomicU64::default);
        self.spent.resize_with(group.inputs, AtomicU64::default);
        self.shards.resize_with(SHARDS, Shard::default);
        let (blocks, spent) = (&mut self.blocks, &self.spent);
        blocks.par_iter_mut().zip(&group.blocks).for_each(|(lists, placed)| {
            lists.fill(placed.block, hashing);
            let own = &spent[placed.inputs as usize..][..placed.block.inputs.len()];
            for (input, spent) in placed.block.inputs.iter().zip(own) {
                spent.store(if input.is_coinbase() { COINBASE } else { MISSING }, Ordering::Relaxed);
            }
        });
    }

    pub(super) fn find_owners(&mut self, group: &Group<'_>, parts: &Parts, addrs: &mut [Table]) {
        let (blocks, owners) = (&self.blocks, &self.owners);
        self.shards.par_iter_mut().zip(addrs).enumerate().for_each(|(at, (shard, addrs))| {
            shard.find_owners(group, parts, addrs, owners, &|block| &blocks[block].owned[at]);
        });
    }

    pub(super) fn enter_and_spend(
        &mut self,
        group: &Group<'_>,
        parts: &Parts,
        addrs: &mut [Table],
        live: &mut [Table],
    ) {
        let (blocks, owners, spent) = (&self.blocks, &self.owners, &self.spent);
        let shards = self.shards.par_iter_mut().zip(addrs).zip(live).enumerate();
        shards.for_each(|(at, ((shard, addrs), live))| {
            shard.enter_owners(addrs, owners);
            shard.enter_and_spend(group, parts, live, spent, &|block| &blocks[block].events[at]);
        });
    }
}

impl Scratch {
    /// How many owners each shard looks for, and how often its transactions enter or spend.
    pub(super) fn work(&self, group: &Group<'_>) -> [(usize, usize); SHARDS] {
        let lists = &self.blocks[..group.blocks.len()];
        std::array::from_fn(|shard| {
            lists.iter().fold((0, 0), |(owners, events), lists| {
                (owners + lists.owned[shard].len(), events + lists.events[shard].len())
            })
        })
    }

    /// Whose the output at a place of the group is; asked of all in order. `number` gives a new owner its number.
    #[inline]
    pub(super) fn owner(&mut self, place: usize, number: impl FnOnce() -> u32) -> u32 {
        let found = *self.owners[place].get_mut();
        let known = if found & SAME_AS != 0 {
            *self.owners[(found & !SAME_AS) as usize].get_mut()
        } else if found == NEW {
            u64::from(number())
        } else {
            found
        };
        *self.owners[place].get_mut() = known;
        known as u32
    }

    /// What the input at a place of the group spends.
    #[inline]
    pub(super) fn spent(&self, place: usize) -> PackedPrev {
        match self.spent[place].load(Ordering::Relaxed) {
            MISSING => PackedPrev::Missing,
            COINBASE => PackedPrev::Coinbase,
            out => PackedPrev::Output(out),
        }
    }

    /// The first cell that names a transaction which does not spend it: (output, cell, who does).
    pub(super) fn damage(&self) -> Option<(u64, u32, u32)> {
        self.shards.iter().find_map(|shard| shard.damage)
    }

    pub(super) fn double_spends(&self) -> u64 {
        self.shards.iter().map(|shard| shard.double_spends).sum()
    }

    /// Outputs that a transaction with the same id overwrote, and what their cells say.
    pub(super) fn destroyed(&self) -> impl Iterator<Item = (u64, u32)> {
        self.shards.iter().flat_map(|shard| shard.destroyed.iter().copied())
    }
}

impl Shard {
    fn find_owners<'l>(
        &mut self,
        group: &Group<'_>,
        parts: &Parts,
        addrs: &mut Table,
        owners: &[AtomicU64],
        owned: &dyn Fn(usize) -> &'l [Owned],
    ) {
        self.new.clear();
        let mut fresh: Option<Table> = None;
        for (placed, owned) in group
            .blocks
            .iter()
            .enumerate()
            .flat_map(|(block, placed)| owned(block).chunks(AHEAD).map(move |owned| (placed, owned)))
        {
            self.hashes.clear();
            self.hashes.extend(owned.iter().map(|owned| owned.hash));
            addrs.sift(&self.hashes);
            let touched = addrs.candidates(&self.hashes).fold(0, |sum, addr| sum ^ parts.touch_owner(addr));
            std::hint::black_box(touched);
            for (at, &Owned { hash, output }) in owned.iter().enumerate() {
                let row = &placed.block.outputs[output as usize];
                let (script_type, payload) = (row.script_type, placed.block.payload(row));
                let place = placed.outputs + output;
                let is_known = |addr| parts.owner_is(addr, script_type, payload);
                let found = if let Some(addr) = addrs.find_sifted(at, hash, is_known) {
                    u64::from(addr)
                } else {
                    let (fresh, new) = (fresh.get_or_insert_with(Table::small), &mut self.new);
                    let is_same = |number: u32| {
                        let (block, other) = group.output(new[number as usize].1);
                        other.script_type == script_type && block.payload(other) == payload
                    };
                    if let Some(number) = fresh.find(hash, is_same) {
                        SAME_AS | u64::from(new[number as usize].1)
                    } else {
                        fresh.insert(hash, new.len() as u32);
                        new.push((hash, place));
                        NEW
                    }
                };
                owners[place as usize].store(found, Ordering::Relaxed);
            }
        }
    }

    fn enter_owners(&mut self, addrs: &mut Table, owners: &[AtomicU64]) {
        for new in self.new.chunks(AHEAD) {
            self.hashes.clear();
            self.hashes.extend(new.iter().map(|new| new.0));
            addrs.sift(&self.hashes);
            for &(hash, output) in new {
                addrs.insert(hash, owners[output as usize].load(Ordering::Relaxed) as u32);
            }
        }
    }

    fn enter_and_spend<'l>(
        &mut self,
        group: &Group<'_>,
        parts: &Parts,
        live: &mut Table,
        spent: &[AtomicU64],
        events: &dyn Fn(usize) -> &'l [Event],
    ) {
        self.booked.clear();
        self.destroyed.clear();
        (self.double_spends, self.damage) = (0, None);
        for (placed, events) in group
            .blocks
            .iter()
            .enumerate()
            .flat_map(|(block, placed)| events(block).chunks(AHEAD).map(move |events| (placed, events)))
        {
            self.hashes.clear();
            self.hashes.extend(events.iter().map(|event| event.hash));
            live.sift(&self.hashes);
            let touched =
                live.candidates(&self.hashes).fold(0, |sum, tx| sum ^ parts.touch_tx(tx & !DESTROYED));
            std::hint::black_box(touched);
            for (at, &Event { hash, tx, input }) in events.iter().enumerate() {
                let num = placed.first_tx + tx;
                if input == ENTERS {
                    let txid = &placed.block.txs[tx as usize].txid.0;
                    let older = live.find_sifted(at, hash, |candidate| parts.txid(candidate) == Some(txid));
                    take_place(live, hash, older, num);
                    let minted = |&older: &u32| {
                        // The inputs of the group's own are not appended yet.
                        if older >= group.first_tx {
                            group.is_coinbase(older)
                        } else {
                            parts.is_coinbase(older)
                        }
                    };
                    if let Some(older) = older.filter(|older| tx == 0 && mints(placed.block) && minted(older))
                    {
                        let cell = DESTROYED | num;
                        let outs = parts.fill_unspent(older, cell);
                        self.destroyed.extend(outs.into_iter().map(|out| (out, cell)));
                    }
                } else {
                    let row = &placed.block.inputs[input as usize];
                    let is_it = |tx| tx < num && parts.txid(tx) == Some(&row.prev_txid.0);
                    if let Some(funder) = live.find_sifted(at, hash, is_it)
                        && let Some(out) = self.spend(parts, live, hash, (funder, row.prev_vout), num)
                    {
                        spent[(placed.inputs + input) as usize].store(out, Ordering::Relaxed);
                    }
                }
            }
        }
    }

    /// Spends an output of a transaction in the table; says which it is.
    fn spend(
        &mut self,
        parts: &Parts,
        live: &mut Table,
        hash: u64,
        (funder, vout): (u32, u32),
        spender: u32,
    ) -> Option<u64> {
        match parts.spend(funder, vout, spender, &self.booked) {
            Spend::Done { out, exhausted } => {
                if out < parts.current.first.output {
                    self.booked.push((out, spender));
                }
                if exhausted {
                    live.remove(hash, funder);
                }
                return Some(out);
            }
            Spend::AlreadySpent => self.double_spends += 1,
            Spend::NoSuchOutput => {}
            Spend::Damaged { out, cell } => {
                self.damage.get_or_insert((out, cell, spender));
            }
        }
        None
    }
}

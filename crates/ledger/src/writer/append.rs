//! Appending blocks, a group of them at a time, so that all cores have work.
//!
//! What is found by a hash belongs to the shard that the hash names, and every shard goes through its own in the chain's
//! order. So each number, link and cell is what one thread would have made of the blocks one after the other, however they are
//! grouped:
//!
//! 1. each block's owners and transactions are hashed, and listed by shard;
//! 2. each shard finds the owners that are known, and the first output of each that is not;
//! 3. blocks, transactions and outputs are appended in order, and new owners numbered;
//! 4. each shard enters its new owners, and its transactions: one enters the table, an input spends;
//! 5. the inputs are appended in order.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use tracehound_model::{
    ScriptType,
    utxo::{InputRow, OutputRow, UtxoBlock},
};
use tracehound_segments::{
    SegmentsError,
    tables::{SHARDS, Table, shard_of},
};

use super::{Writer, take_place};
use crate::{
    LedgerError,
    cell::{DESTROYED, UNSPENDABLE},
    data::{
        BlockRow, FLAG_AFTER_MISSING_RANGE, MAX_OUTPUTS, MissingRow, NO_ADDR, NO_HEIGHT, NO_VALUE, PackedPrev,
    },
    hashing::Hashing,
    parts::{MAX_BLOCK_ROWS, Parts, Spend, check_block},
};

/// Room kept below 2^31 in a segment's relative numbers.
const MAX_SEGMENT_ROWS: usize = i32::MAX as usize - 3 * MAX_BLOCK_ROWS;
/// Transactions, inputs and outputs of a group, unless its first block alone has more: work for every core, and little memory.
const GROUP_ROWS: usize = 1 << 16;
/// The same where there is no memory for more.
const LEAST_GROUP_ROWS: usize = 1 << 8;
/// Bytes of the writer's memory for each of them.
const GROUP_ROW: usize = 256;

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
pub(super) struct Scratch {
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

/// Blocks with the places of their first rows in the group and in the ledger.
struct Group<'a> {
    blocks: Vec<Placed<'a>>,
    outputs: usize,
    inputs: usize,
    /// The first transaction's number.
    first_tx: u32,
}

struct Placed<'a> {
    block: &'a UtxoBlock,
    /// Before it in the group.
    outputs: u32,
    inputs: u32,
    /// The number of its first transaction.
    first_tx: u32,
}

impl<'a> Group<'a> {
    fn new(blocks: &[&'a UtxoBlock], first_tx: u32) -> Self {
        let mut group = Self { blocks: Vec::with_capacity(blocks.len()), outputs: 0, inputs: 0, first_tx };
        let mut next_tx = first_tx;
        for &block in blocks {
            let (outputs, inputs) = (group.outputs as u32, group.inputs as u32);
            group.blocks.push(Placed { block, outputs, inputs, first_tx: next_tx });
            group.outputs += block.outputs.len();
            group.inputs += block.inputs.len();
            next_tx += block.txs.len() as u32;
        }
        group
    }

    /// The output at a place of the group, with its block.
    fn output(&self, place: u32) -> (&'a UtxoBlock, &'a OutputRow) {
        let at = self.blocks.partition_point(|placed| placed.outputs <= place) - 1;
        let Placed { block, outputs, .. } = self.blocks[at];
        (block, &block.outputs[(place - outputs) as usize])
    }

    /// Whether a transaction of the group is the first of its block and mints coins.
    fn is_coinbase(&self, tx: u32) -> bool {
        let at = self.blocks.binary_search_by_key(&tx, |placed| placed.first_tx);
        at.is_ok_and(|at| mints(self.blocks[at].block))
    }
}

/// How much blocks hold.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    txs: usize,
    inputs: usize,
    outputs: usize,
}

impl Size {
    fn of(block: &UtxoBlock) -> Self {
        Self { txs: block.txs.len(), inputs: block.inputs.len(), outputs: block.outputs.len() }
    }

    fn and(self, other: Self) -> Self {
        Self {
            txs: self.txs + other.txs,
            inputs: self.inputs + other.inputs,
            outputs: self.outputs + other.outputs,
        }
    }

    fn rows(self) -> usize {
        self.txs + self.inputs + self.outputs
    }
}

/// Whether a block's first transaction mints coins.
fn mints(block: &UtxoBlock) -> bool {
    let has_inputs = block.txs.first().is_some_and(|tx| tx.input_count > 0);
    has_inputs && block.inputs.first().is_some_and(InputRow::is_coinbase)
}

impl Writer {
    /// Appends a block that continues the last one.
    pub fn append(&mut self, block: &UtxoBlock) -> Result<(), LedgerError> {
        self.append_all(&[block])
    }

    /// Appends blocks each of which continues the one before it, the first the last one of the ledger. On all cores, and
    /// with the same outcome as one after the other.
    pub fn append_all(&mut self, blocks: &[&UtxoBlock]) -> Result<(), LedgerError> {
        let mut rest = blocks;
        while !rest.is_empty() {
            rest = &rest[self.append_first(rest)?..];
        }
        Ok(())
    }

    /// Appends as many of these blocks as are worked on together, one at least where there are any; says how many. Each
    /// continues the one before it, the first the last one of the ledger.
    pub fn append_first(&mut self, blocks: &[&UtxoBlock]) -> Result<usize, LedgerError> {
        let mut tip = self.tip().map(|(tip, _)| tip);
        let group = &blocks[..self.group_of(blocks)];
        for block in group {
            if let Some(tip) = tip.filter(|&tip| block.header.prev() != tip) {
                return Err(LedgerError::NotConnected { block: block.hash, prev: block.header.prev(), tip });
            }
            tip = Some(block.hash);
        }
        self.append_any(group, 0)?;
        Ok(group.len())
    }

    /// Appends a block that need not continue the last one: the blocks in between are not to be had.
    pub fn append_island(&mut self, block: &UtxoBlock) -> Result<(), LedgerError> {
        let connected = self.tip().is_none_or(|(tip, _)| block.header.prev() == tip);
        self.append_any(&[block], if connected { 0 } else { FLAG_AFTER_MISSING_RANGE })
    }

    /// Appends a group.
    fn append_any(&mut self, blocks: &[&UtxoBlock], flags: u32) -> Result<(), LedgerError> {
        let Some(first) = blocks.first() else { return Ok(()) };
        self.check_sound()?;
        blocks.iter().try_for_each(|block| check_block(block))?;
        self.check_room(first)?;
        let size = blocks.iter().fold(Size::default(), |size, block| size.and(Size::of(block)));
        if !self.takes(size) && !self.parts.current.txids.is_empty() {
            self.commit()?;
        }
        let group = Group::new(blocks, self.parts.current.end().tx);
        let mut scratch = std::mem::take(&mut self.scratch);
        let appended = self.append_with(&group, flags, &mut scratch);
        self.scratch = scratch;
        appended
    }

    /// Whether the growing segment has room for so much.
    fn takes(&self, size: Size) -> bool {
        let (current, options) = (&self.parts.current, &self.options);
        let rows = current.out_addr.len() + current.in_prev_lo.len();
        let keys = current.addr_type.len() + current.missing.len();
        current.txids.len() + size.txs <= options.segment_txs
            && rows + size.inputs + size.outputs <= options.segment_rows
            // None of the owners may be known.
            && keys + size.outputs <= options.segment_keys
    }

    /// How many of these blocks make a group: one at least where there are any. A block that tells what it spends numbers
    /// owners behind those of its outputs, and before those of the next block: it is a group by itself.
    fn group_of(&self, blocks: &[&UtxoBlock]) -> usize {
        let tells = |block: &UtxoBlock| block.inputs.iter().any(|input| input.prev_output.is_some());
        let rows = (self.options.memory / GROUP_ROW).clamp(LEAST_GROUP_ROWS, GROUP_ROWS);
        let (mut size, mut alone) = (Size::default(), false);
        let fits = |&(at, block): &(usize, &&UtxoBlock)| {
            size = size.and(Size::of(block));
            alone |= tells(block);
            at == 0 || !alone && size.rows() <= rows && self.takes(size)
        };
        blocks.iter().enumerate().take_while(fits).count()
    }

    fn check_room(&self, block: &UtxoBlock) -> Result<(), LedgerError> {
        let end = self.parts.current.end();
        // Of the group that begins with it.
        let rows = Size::of(block).rows() + GROUP_ROWS;
        let full = |what| Err(LedgerError::Full { what });
        if end.tx as usize + rows >= DESTROYED as usize {
            return full("transactions");
        }
        if end.addr as usize + rows >= NO_ADDR as usize {
            return full("addresses");
        }
        if end.output + rows as u64 >= MAX_OUTPUTS {
            return full("outputs");
        }
        let current = &self.parts.current;
        let largest = current.out_addr.len().max(current.in_prev_lo.len()).max(current.addr_payload.len());
        if largest >= MAX_SEGMENT_ROWS { full("a segment's rows") } else { Ok(()) }
    }

    fn append_with(
        &mut self,
        group: &Group<'_>,
        flags: u32,
        scratch: &mut Scratch,
    ) -> Result<(), LedgerError> {
        scratch.begin(group, self.hashing());
        self.make_room(group, scratch)?;
        scratch.find_owners(group, &self.parts, self.addrs.parts_mut());
        self.settled = false;
        self.append_rows(group, flags, &mut scratch.owners);
        scratch.enter_and_spend(group, &self.parts, self.addrs.parts_mut(), self.live.parts_mut());
        if let Some((out, cell, spender)) = scratch.shards.iter().find_map(|shard| shard.damage) {
            self.broken = true;
            let what = format!(
                "the cell of output {out} names transaction {cell}, which does not spend it, but {spender} does"
            );
            return Err(LedgerError::corrupt(self.folder.dir(), what));
        }
        for shard in &scratch.shards {
            self.stats.double_spends += shard.double_spends;
            shard.destroyed.iter().for_each(|&(out, cell)| self.sums.add(out, cell));
        }
        self.append_inputs(group, &scratch.spent);
        self.stats.blocks += group.blocks.len() as u64;
        self.stats.txs += u64::from(self.parts.current.end().tx - group.first_tx);
        self.stats.inputs += group.inputs as u64;
        self.stats.outputs += group.outputs as u64;
        Ok(())
    }

    /// Makes room for a group in both tables: all that can fail of writing them to disk.
    fn make_room(&mut self, group: &Group<'_>, scratch: &Scratch) -> Result<(), SegmentsError> {
        // Owners of what is spent and not there.
        let told = group.blocks.iter().flat_map(|placed| &placed.block.inputs);
        let told = told.filter(|input| input.prev_output.is_some()).count();
        let lists = &scratch.blocks[..group.blocks.len()];
        let sum = |of: &dyn Fn(&BlockLists) -> usize| lists.iter().map(of).sum::<usize>();
        let parts = self.addrs.parts_mut().iter_mut().zip(self.live.parts_mut());
        for (shard, (addrs, live)) in parts.enumerate() {
            addrs.make_room(sum(&|lists| lists.owned[shard].len()) + told)?;
            live.make_room(sum(&|lists| lists.events[shard].len()))?;
        }
        Ok(())
    }

    /// Appends blocks, transactions and outputs, and gives new owners their numbers.
    fn append_rows(&mut self, group: &Group<'_>, flags: u32, owners: &mut [AtomicU64]) {
        let mut height = match (flags, self.tip()) {
            (0, Some((_, height))) => height.map(|height| height + 1),
            _ => None,
        };
        let current = &mut self.parts.current;
        let (mut place, mut addr) = (0, current.end().addr);
        let mut out = current.end().output;
        for Placed { block, first_tx, .. } in &group.blocks {
            let own = height.or(block.height);
            height = own.map(|height| height + 1);
            current.blocks.push(BlockRow {
                hash: block.hash.0,
                header: block.header.0,
                height: own.unwrap_or(NO_HEIGHT),
                size: block.size,
                first_tx: *first_tx,
                first_addr: addr,
                flags,
            });
            for output in &block.outputs {
                let owner = if output.script_type == ScriptType::OpReturn {
                    self.sums.add(out, UNSPENDABLE);
                    NO_ADDR
                } else {
                    let found = *owners[place].get_mut();
                    let known = if found & SAME_AS != 0 {
                        *owners[(found & !SAME_AS) as usize].get_mut()
                    } else if found == NEW {
                        current.push_addr(output.script_type, block.payload(output));
                        addr += 1;
                        u64::from(addr - 1)
                    } else {
                        found
                    };
                    *owners[place].get_mut() = known;
                    known as u32
                };
                current.push_output(output, owner);
                place += 1;
                out += 1;
            }
            block.txs.iter().for_each(|tx| current.push_tx(tx));
        }
    }

    fn append_inputs(&mut self, group: &Group<'_>, spent: &[AtomicU64]) {
        let mut spent = spent.iter().map(|spent| spent.load(Ordering::Relaxed));
        for Placed { block, first_tx, .. } in &group.blocks {
            let spenders =
                (*first_tx..).zip(&block.txs).flat_map(|(tx, row)| (0..row.input_count).map(move |_| tx));
            for ((input, spender), spent) in block.inputs.iter().zip(spenders).zip(&mut spent) {
                let prev = match spent {
                    MISSING => PackedPrev::Missing,
                    COINBASE => PackedPrev::Coinbase,
                    out => PackedPrev::Output(out),
                };
                match prev {
                    PackedPrev::Output(out) => self.sums.add(out, spender),
                    PackedPrev::Missing => self.push_missing(block, input),
                    PackedPrev::Coinbase => {}
                }
                self.parts.current.push_input(prev, input);
            }
        }
    }

    fn push_missing(&mut self, block: &UtxoBlock, input: &InputRow) {
        let (value, addr) = match &input.prev_output {
            None => (NO_VALUE, NO_ADDR),
            Some(output) if output.script_type == ScriptType::OpReturn => (output.value, NO_ADDR),
            Some(output) => {
                let (script_type, payload) = (output.script_type, block.payload(output));
                let hash = hash_of(self.hashing(), block, output);
                let (parts, addrs) = (&self.parts, self.addrs.part_mut(hash));
                let known = addrs.find(hash, |addr| parts.owner_is(addr, script_type, payload));
                let addr = known.unwrap_or_else(|| {
                    let addr = self.parts.current.end().addr;
                    self.parts.current.push_addr(script_type, payload);
                    addrs.insert(hash, addr);
                    addr
                });
                (output.value, addr)
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
}

fn hash_of(hashing: Hashing, block: &UtxoBlock, output: &OutputRow) -> u64 {
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
    fn begin(&mut self, group: &Group<'_>, hashing: Hashing) {
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

    fn find_owners(&mut self, group: &Group<'_>, parts: &Parts, addrs: &mut [Table]) {
        let (blocks, owners) = (&self.blocks, &self.owners);
        self.shards.par_iter_mut().zip(addrs).enumerate().for_each(|(at, (shard, addrs))| {
            shard.find_owners(group, parts, addrs, owners, &|block| &blocks[block].owned[at]);
        });
    }

    fn enter_and_spend(&mut self, group: &Group<'_>, parts: &Parts, addrs: &mut [Table], live: &mut [Table]) {
        let (blocks, owners, spent) = (&self.blocks, &self.owners, &self.spent);
        let shards = self.shards.par_iter_mut().zip(addrs).zip(live).enumerate();
        shards.for_each(|(at, ((shard, addrs), live))| {
            shard.enter_owners(addrs, owners);
            shard.enter_and_spend(group, parts, live, spent, &|block| &blocks[block].events[at]);
        });
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
                let found = match addrs.find_sifted(at, hash, is_known) {
                    Some(addr) => u64::from(addr),
                    None => {
                        let (fresh, new) = (fresh.get_or_insert_with(Table::small), &mut self.new);
                        let is_same = |number: u32| {
                            let (block, other) = group.output(new[number as usize].1);
                            other.script_type == script_type && block.payload(other) == payload
                        };
                        match fresh.find(hash, is_same) {
                            Some(number) => SAME_AS | u64::from(new[number as usize].1),
                            None => {
                                fresh.insert(hash, new.len() as u32);
                                new.push((hash, place));
                                NEW
                            }
                        }
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
                    let minted = |older: &u32| match *older >= group.first_tx {
                        true => group.is_coinbase(*older),
                        false => parts.is_coinbase(*older),
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

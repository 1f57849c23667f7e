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

mod shards;

use tracehound_model::{
    ScriptType,
    utxo::{InputRow, OutputRow, UtxoBlock},
};
use tracehound_segments::SegmentsError;

pub(super) use self::shards::Scratch;
use self::shards::hash_of;
use super::Writer;
use crate::{
    LedgerError,
    cell::{DESTROYED, UNSPENDABLE},
    data::{
        BlockRow, FLAG_AFTER_MISSING_RANGE, MAX_OUTPUTS, MissingRow, NO_ADDR, NO_HEIGHT, NO_VALUE, PackedPrev,
    },
    parts::{MAX_BLOCK_ROWS, check_block},
};

/// Room kept below 2^31 in a segment's relative numbers.
const MAX_SEGMENT_ROWS: usize = i32::MAX as usize - 3 * MAX_BLOCK_ROWS;
/// Transactions, inputs and outputs of a group, unless its first block alone has more: work for every core, and little memory.
const GROUP_ROWS: usize = 1 << 16;
/// The same where there is no memory for more.
const LEAST_GROUP_ROWS: usize = 1 << 8;
/// Bytes of the writer's memory for each of them.
const GROUP_ROW: usize = 256;

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
        self.append_rows(group, flags, scratch);
        scratch.enter_and_spend(group, &self.parts, self.addrs.parts_mut(), self.live.parts_mut());
        if let Some((out, cell, spender)) = scratch.damage() {
            self.broken = true;
            let what = format!(
                "the cell of output {out} names transaction {cell}, which does not spend it, but {spender} does"
            );
            return Err(LedgerError::corrupt(self.folder.dir(), what));
        }
        self.stats.double_spends += scratch.double_spends();
        for (out, cell) in scratch.destroyed() {
            self.sums.add(out, cell);
        }
        self.append_inputs(group, scratch);
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
        let parts = self.addrs.parts_mut().iter_mut().zip(self.live.parts_mut());
        for ((addrs, live), (owners, events)) in parts.zip(scratch.work(group)) {
            addrs.make_room(owners + told)?;
            live.make_room(events)?;
        }
        Ok(())
    }

    /// Appends blocks, transactions and outputs, and gives new owners their numbers.
    fn append_rows(&mut self, group: &Group<'_>, flags: u32, scratch: &mut Scratch) {
        let mut height = match (flags, self.tip()) {
            (0, Some((_, height))) => height.and_then(|height| height.checked_add(1)),
            _ => None,
        };
        let current = &mut self.parts.current;
        let (mut place, mut addr) = (0, current.end().addr);
        let mut out = current.end().output;
        for Placed { block, first_tx, .. } in &group.blocks {
            let own = height.or(block.height);
            // Whoever made the block told the first: it may be any number.
            height = own.and_then(|height| height.checked_add(1));
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
                    scratch.owner(place, || {
                        current.push_addr(output.script_type, block.payload(output));
                        addr += 1;
                        addr - 1
                    })
                };
                current.push_output(output, owner);
                place += 1;
                out += 1;
            }
            block.txs.iter().for_each(|tx| current.push_tx(tx));
        }
    }

    fn append_inputs(&mut self, group: &Group<'_>, scratch: &Scratch) {
        let mut place = 0;
        for Placed { block, first_tx, .. } in &group.blocks {
            let spenders =
                (*first_tx..).zip(&block.txs).flat_map(|(tx, row)| (0..row.input_count).map(move |_| tx));
            for (input, spender) in block.inputs.iter().zip(spenders) {
                let prev = scratch.spent(place);
                place += 1;
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

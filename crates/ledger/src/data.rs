//! A segment's rows, in memory while they grow or borrowed from a sealed file.

use std::ops::Range;

use tracehound_columns::{
    Slice,
    runs::{Runs, RunsData},
};
use tracehound_model::{
    BlockHash, ScriptKey, ScriptType,
    utxo::{Header, InputRow, OutputRow, TxRow},
};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::cell::{GrowingCells, UNSPENDABLE, UNSPENT};

/// How many addresses share one stored payload offset: short enough to sum by hand, long enough to cost 1 bit each.
const ADDR_GROUP: usize = 32;
/// Addresses, values and heights that are not known.
pub(crate) const NO_ADDR: u32 = u32::MAX;
pub(crate) const NO_VALUE: u64 = u64::MAX;
pub(crate) const NO_HEIGHT: u32 = u32::MAX;
/// A block flag: the block does not continue the one stored before it.
pub(crate) const FLAG_AFTER_MISSING_RANGE: u32 = 1;

/// Stored amount of an output whose own does not fit in 40 bits (10,995 BTC).
pub(crate) const BIG_VALUE: u64 = (1 << 40) - 1;
const OUT_HI_BITS: u32 = 6;
const OUT_HI_MASK: u8 = (1 << OUT_HI_BITS) - 1;
/// Outputs are numbered with 38 bits: 274 thousand million.
pub(crate) const MAX_OUTPUTS: u64 = (OUT_HI_MASK as u64) << 32;
const PREV_MISSING: (u32, u8) = (u32::MAX, OUT_HI_MASK);
const PREV_COINBASE: (u32, u8) = (u32::MAX - 1, OUT_HI_MASK);

/// Largest weight of a block, hence of a transaction (BIP-141).
pub(crate) const MAX_WEIGHT: u32 = 4_000_000;
const WEIGHT_BITS: u32 = 22;
/// Versions from here on are stored as this one: "other".
pub(crate) const VERSION_OTHER: u32 = (1 << (32 - WEIGHT_BITS)) - 1;

/// Numbers at which a segment begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct First {
    pub input: u64,
    pub output: u64,
    pub block: u32,
    pub tx: u32,
    pub addr: u32,
    pub reserved: u32,
}

/// A block as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct BlockRow {
    pub hash: [u8; 32],
    pub header: [u8; 80],
    pub height: u32,
    pub size: u32,
    /// First transaction, global number.
    pub first_tx: u32,
    /// Addresses known before this block, global number.
    pub first_addr: u32,
    pub flags: u32,
}

impl BlockRow {
    pub(crate) fn header(&self) -> Header {
        Header(self.header)
    }

    pub(crate) fn hash(&self) -> BlockHash {
        BlockHash(self.hash)
    }
}

/// An input whose previous output is not in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct MissingRow {
    /// Amount, [`NO_VALUE`] when the source did not carry it.
    pub value: u64,
    /// The input, relative to the segment.
    pub input: u32,
    pub prev_vout: u32,
    /// Owner, global number, [`NO_ADDR`] when the source did not carry it.
    pub addr: u32,
    pub reserved: u32,
    pub prev_txid: [u8; 32],
}

/// What an input spends, as stored: 38 bits of output number and 2 bits of sequence class.
pub(crate) fn pack_prev(prev: PackedPrev, sequence: u32) -> (u32, u8) {
    let (lo, hi) = match prev {
        PackedPrev::Output(out) => (out as u32, (out >> 32) as u8),
        PackedPrev::Missing => PREV_MISSING,
        PackedPrev::Coinbase => PREV_COINBASE,
    };
    let class: u8 = match sequence {
        0xffff_ffff => 0,
        0xffff_fffe => 1,
        0xffff_fffd => 2,
        _ => 3,
    };
    (lo, hi | class << OUT_HI_BITS)
}

/// What an input spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PackedPrev {
    Output(u64),
    Missing,
    Coinbase,
}

#[inline]
pub(crate) fn unpack_prev(lo: u32, hi: u8) -> (PackedPrev, u8) {
    let class = hi >> OUT_HI_BITS;
    let prev = match (lo, hi & OUT_HI_MASK) {
        PREV_MISSING => PackedPrev::Missing,
        PREV_COINBASE => PackedPrev::Coinbase,
        (lo, hi) => PackedPrev::Output(u64::from(hi) << 32 | u64::from(lo)),
    };
    (prev, class)
}

/// Borrowed rows: the same view of a growing segment and of a sealed one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    pub first: First,
    pub blocks: Slice<'a, BlockRow>,
    pub txids: Slice<'a, [u8; 32]>,
    /// Inputs and outputs of each transaction, relative to the segment.
    pub tx_inputs: Runs<'a>,
    pub tx_outputs: Runs<'a>,
    pub tx_lock: Slice<'a, u32>,
    /// Weight and version code.
    pub tx_shape: Slice<'a, u32>,
    pub in_prev_lo: Slice<'a, u32>,
    pub in_prev_hi: Slice<'a, u8>,
    pub out_values: Values<'a>,
    pub out_addr: Slice<'a, u32>,
    pub scripts: Scripts<'a>,
    pub missing: Slice<'a, MissingRow>,
}

/// Scripts of addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scripts<'a> {
    pub types: Slice<'a, u8>,
    /// Payload offset of every [`ADDR_GROUP`]th address.
    pub groups: Slice<'a, u32>,
    pub payloads: Slice<'a, u8>,
}

impl<'a> Scripts<'a> {
    /// Type and payload of the address with relative number `rel`; `None` when the rows contradict each other.
    #[inline]
    pub(crate) fn get(&self, rel: usize) -> Option<(ScriptType, &'a [u8])> {
        let group = rel / ADDR_GROUP;
        let types = self.types.range(group * ADDR_GROUP..rel + 1)?;
        let mut at = *self.groups.get(group)? as usize;
        let (own, before) = types.split_last()?;
        for &byte in before {
            at += ScriptType::from_byte(byte)?.payload_len();
        }
        let script_type = ScriptType::from_byte(*own)?;
        Some((script_type, self.payloads.range(at..at + script_type.payload_len())?))
    }

    /// Types and payloads of a run of addresses; `None` when the rows contradict each other.
    pub(crate) fn range(&self, addrs: Range<usize>) -> Option<(&'a [u8], &'a [u8])> {
        let types = self.types.range(addrs.clone())?;
        if types.is_empty() {
            return Some((&[], &[]));
        }
        let group = addrs.start / ADDR_GROUP;
        let lengths = |types: &[u8]| -> Option<usize> {
            types.iter().map(|&byte| ScriptType::from_byte(byte).map(ScriptType::payload_len)).sum()
        };
        let before = lengths(self.types.range(group * ADDR_GROUP..addrs.start)?)?;
        let start = *self.groups.get(group)? as usize + before;
        Some((types, self.payloads.range(start..start + lengths(types)?)?))
    }

    pub(crate) fn key(&self, rel: usize) -> Option<ScriptKey> {
        let (script_type, payload) = self.get(rel)?;
        ScriptKey::new(script_type, payload)
    }
}

impl<'a> Rows<'a> {
    /// The same rows with what a pass over these transactions reads checked now and not row by row: how many inputs and
    /// outputs they have, what the inputs spend, amounts and owners of the outputs. Nothing beyond them may be read.
    pub(crate) fn settled(self, txs: Range<usize>) -> Option<Self> {
        let inputs = self.tx_inputs.start(txs.start)?..self.tx_inputs.start(txs.end)?;
        let outputs = self.tx_outputs.start(txs.start)?..self.tx_outputs.start(txs.end)?;
        Some(Self {
            tx_inputs: self.tx_inputs.settled(txs.clone())?,
            tx_outputs: self.tx_outputs.settled(txs)?,
            in_prev_lo: self.in_prev_lo.settled(inputs.clone())?,
            in_prev_hi: self.in_prev_hi.settled(inputs)?,
            out_values: self.out_values.settled(outputs.clone())?,
            out_addr: self.out_addr.settled(outputs)?,
            ..self
        })
    }

    #[inline]
    pub(crate) fn prev(&self, input: usize) -> Option<(PackedPrev, u8)> {
        Some(unpack_prev(*self.in_prev_lo.get(input)?, *self.in_prev_hi.get(input)?))
    }

    pub(crate) fn missing_of(&self, input: usize) -> Option<&'a MissingRow> {
        missing_row(self.missing, input)
    }
}

/// Amounts of a segment's outputs: 40 bits each, [`BIG_VALUE`] for those in `big`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    pub lo: Slice<'a, u32>,
    pub hi: Slice<'a, u8>,
    /// (relative output, amount) of amounts that need more, ascending.
    pub big: Slice<'a, [u64; 2]>,
}

#[expect(
    clippy::inline_always,
    reason = "a call costs more than the look-up: measured by `cargo xtask bench`"
)]
impl Values<'_> {
    /// Those of a run of outputs checked now, for whoever reads no others.
    pub(crate) fn settled(self, outputs: Range<usize>) -> Option<Self> {
        Some(Self { lo: self.lo.settled(outputs.clone())?, hi: self.hi.settled(outputs)?, ..self })
    }

    /// Amount of a relative output, in base units.
    #[inline(always)]
    pub(crate) fn get(&self, out: usize) -> Option<u64> {
        self.read(out, *self.lo.get(out)?, *self.hi.get(out)?)
    }

    /// Amount of a relative output whose cells are `lo` and `hi`.
    #[inline(always)]
    pub(crate) fn read(&self, out: usize, lo: u32, hi: u8) -> Option<u64> {
        let value = u64::from(hi) << 32 | u64::from(lo);
        if value == BIG_VALUE { self.large(out) } else { Some(value) }
    }

    #[cold]
    fn large(&self, out: usize) -> Option<u64> {
        self.big.find_by_key(&(out as u64), |entry| entry[0]).map(|(_, entry)| entry[1])
    }
}

/// The record of an input, relative to the segment, whose previous output is not in the ledger.
pub(crate) fn missing_row(missing: Slice<'_, MissingRow>, input: usize) -> Option<&MissingRow> {
    missing.find_by_key(&(input as u32), |row| row.input).map(|(_, row)| row)
}

/// A growing segment.
#[derive(Debug)]
pub(crate) struct SegmentData {
    pub first: First,
    pub blocks: Vec<BlockRow>,
    pub txids: Vec<[u8; 32]>,
    pub tx_inputs: RunsData,
    pub tx_outputs: RunsData,
    pub tx_lock: Vec<u32>,
    pub tx_shape: Vec<u32>,
    pub in_prev_lo: Vec<u32>,
    pub in_prev_hi: Vec<u8>,
    pub out_value_lo: Vec<u32>,
    pub out_value_hi: Vec<u8>,
    pub out_big: Vec<[u64; 2]>,
    pub out_addr: Vec<u32>,
    pub spent: GrowingCells,
    pub addr_type: Vec<u8>,
    pub addr_group: Vec<u32>,
    /// Where each payload begins; not sealed.
    pub addr_at: Vec<u32>,
    pub addr_payload: Vec<u8>,
    pub missing: Vec<MissingRow>,
    /// Ids of the snapshots that end before the first block and after each of the first blocks, as far as they are known;
    /// sealing computes the others.
    pub ids: Vec<[u8; 32]>,
}

impl SegmentData {
    pub(crate) fn new(first: First) -> Self {
        Self {
            first,
            blocks: Vec::new(),
            txids: Vec::new(),
            tx_inputs: RunsData::default(),
            tx_outputs: RunsData::default(),
            tx_lock: Vec::new(),
            tx_shape: Vec::new(),
            in_prev_lo: Vec::new(),
            in_prev_hi: Vec::new(),
            out_value_lo: Vec::new(),
            out_value_hi: Vec::new(),
            out_big: Vec::new(),
            out_addr: Vec::new(),
            spent: GrowingCells::default(),
            addr_type: Vec::new(),
            addr_group: Vec::new(),
            addr_at: Vec::new(),
            addr_payload: Vec::new(),
            missing: Vec::new(),
            ids: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows {
            first: self.first,
            blocks: self.blocks[..].into(),
            txids: self.txids[..].into(),
            tx_inputs: self.tx_inputs.view(),
            tx_outputs: self.tx_outputs.view(),
            tx_lock: self.tx_lock[..].into(),
            tx_shape: self.tx_shape[..].into(),
            in_prev_lo: self.in_prev_lo[..].into(),
            in_prev_hi: self.in_prev_hi[..].into(),
            out_values: Values {
                lo: self.out_value_lo[..].into(),
                hi: self.out_value_hi[..].into(),
                big: self.out_big[..].into(),
            },
            out_addr: self.out_addr[..].into(),
            scripts: self.scripts(),
            missing: self.missing[..].into(),
        }
    }

    /// The scripts of [`rows`](Self::rows).
    #[inline]
    pub(crate) fn scripts(&self) -> Scripts<'_> {
        Scripts {
            types: self.addr_type[..].into(),
            groups: self.addr_group[..].into(),
            payloads: self.addr_payload[..].into(),
        }
    }

    /// Type and payload of the owner with relative number `rel`.
    #[inline]
    pub(crate) fn owner(&self, rel: usize) -> Option<(ScriptType, &[u8])> {
        let script_type = ScriptType::from_byte(*self.addr_type.get(rel)?)?;
        let at = *self.addr_at.get(rel)? as usize;
        Some((script_type, self.addr_payload.get(at..at + script_type.payload_len())?))
    }

    /// Numbers at which the next segment begins.
    pub(crate) fn end(&self) -> First {
        First {
            block: self.first.block + self.blocks.len() as u32,
            tx: self.first.tx + self.txids.len() as u32,
            input: self.first.input + self.in_prev_lo.len() as u64,
            output: self.first.output + self.out_addr.len() as u64,
            addr: self.first.addr + self.addr_type.len() as u32,
            reserved: 0,
        }
    }

    pub(crate) fn push_addr(&mut self, script_type: ScriptType, payload: &[u8]) {
        if self.addr_type.len().is_multiple_of(ADDR_GROUP) {
            self.addr_group.push(self.addr_payload.len() as u32);
        }
        self.addr_type.push(script_type as u8);
        self.addr_at.push(self.addr_payload.len() as u32);
        self.addr_payload.extend_from_slice(payload);
    }

    pub(crate) fn push_tx(&mut self, tx: &TxRow) {
        let version = u32::try_from(tx.version).map_or(VERSION_OTHER, |version| version.min(VERSION_OTHER));
        self.txids.push(tx.txid.0);
        self.tx_lock.push(tx.lock_time);
        self.tx_shape.push(version << WEIGHT_BITS | tx.weight);
        self.tx_inputs.push(tx.input_count);
        self.tx_outputs.push(tx.output_count);
    }

    pub(crate) fn push_output(&mut self, row: &OutputRow, addr: u32) {
        self.push_value(row.value);
        self.out_addr.push(addr);
        self.spent.push(if row.script_type == ScriptType::OpReturn { UNSPENDABLE } else { UNSPENT });
    }

    fn push_value(&mut self, value: u64) {
        let stored = if value < BIG_VALUE {
            value
        } else {
            self.out_big.push([self.out_value_lo.len() as u64, value]);
            BIG_VALUE
        };
        self.out_value_lo.push(stored as u32);
        self.out_value_hi.push((stored >> 32) as u8);
    }

    pub(crate) fn push_input(&mut self, prev: PackedPrev, row: &InputRow) {
        let (lo, hi) = pack_prev(prev, row.sequence);
        self.in_prev_lo.push(lo);
        self.in_prev_hi.push(hi);
    }

    /// Appends the first `blocks` blocks of `rows`, which must begin where `self` ends. `spent` gives the cell of a
    /// relative output of `rows`; cells that name a transaction from `rows`' cut on must already be cleared. `None`
    /// when the rows contradict each other or are damaged; `self` is then of no use.
    pub(crate) fn extend_from(
        &mut self,
        rows: &Rows<'_>,
        blocks: usize,
        spent: impl Fn(usize) -> u32,
    ) -> Option<()> {
        let after = rows.blocks.all().get(blocks);
        let rel = |number: u32, first: u32| number.checked_sub(first).map(|rel| rel as usize);
        let end_tx = match after {
            Some(block) => rel(block.first_tx, rows.first.tx)?,
            None => rows.txids.len(),
        };
        let end_addr = match after {
            Some(block) => rel(block.first_addr, rows.first.addr)?,
            None => rows.scripts.types.len(),
        };
        let rows = rows.settled(0..end_tx)?;
        let (end_in, end_out) = (rows.tx_inputs.start(end_tx)?, rows.tx_outputs.start(end_tx)?);
        let base_in = self.in_prev_lo.len() as u32;
        self.blocks.extend_from_slice(rows.blocks.range(0..blocks)?);
        self.txids.extend_from_slice(rows.txids.range(0..end_tx)?);
        self.tx_lock.extend_from_slice(rows.tx_lock.range(0..end_tx)?);
        self.tx_shape.extend_from_slice(rows.tx_shape.range(0..end_tx)?);
        for tx in 0..end_tx {
            self.tx_inputs.push(rows.tx_inputs.count(tx)? as u32);
            self.tx_outputs.push(rows.tx_outputs.count(tx)? as u32);
        }
        self.in_prev_lo.extend_from_slice(rows.in_prev_lo.range(0..end_in)?);
        self.in_prev_hi.extend_from_slice(rows.in_prev_hi.range(0..end_in)?);
        for out in 0..end_out {
            self.push_value(rows.out_values.get(out)?);
        }
        self.out_addr.extend_from_slice(rows.out_addr.range(0..end_out)?);
        self.spent.extend((0..end_out).map(spent));
        for rel in 0..end_addr {
            let (script_type, payload) = rows.scripts.get(rel)?;
            self.push_addr(script_type, payload);
        }
        let kept = rows.missing.all().iter().take_while(|row| (row.input as usize) < end_in);
        self.missing.extend(kept.map(|row| MissingRow { input: row.input + base_in, ..*row }));
        Some(())
    }
}

/// Weight and version code of a transaction, as stored together.
pub(crate) fn unpack_shape(shape: u32) -> (u32, u32) {
    (shape & ((1 << WEIGHT_BITS) - 1), shape >> WEIGHT_BITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_previous_output_survives_packing(out in 0..MAX_OUTPUTS, sequence: u32) {
            let (lo, hi) = pack_prev(PackedPrev::Output(out), sequence);
            prop_assert_eq!(unpack_prev(lo, hi).0, PackedPrev::Output(out));
        }
    }

    #[test]
    fn the_special_inputs_survive_packing() {
        for prev in [PackedPrev::Missing, PackedPrev::Coinbase, PackedPrev::Output(MAX_OUTPUTS - 1)] {
            for (sequence, class) in [(u32::MAX, 0), (u32::MAX - 1, 1), (u32::MAX - 2, 2), (0, 3)] {
                let (lo, hi) = pack_prev(prev, sequence);
                assert_eq!(unpack_prev(lo, hi), (prev, class));
            }
        }
    }

    #[test]
    fn addresses_of_mixed_lengths_are_found_by_number() {
        let mut data = SegmentData::new(First::default());
        let types = [ScriptType::P2pkh, ScriptType::P2tr, ScriptType::P2pkUncompressed, ScriptType::Other];
        for n in 0..200u8 {
            let script_type = types[usize::from(n) % types.len()];
            data.push_addr(script_type, &vec![n; script_type.payload_len()]);
        }
        for n in 0..200u8 {
            let (script_type, payload) = data.rows().scripts.get(usize::from(n)).expect("there");
            assert_eq!(script_type, types[usize::from(n) % types.len()]);
            assert!(payload.iter().all(|&byte| byte == n));
        }
        assert!(data.rows().scripts.get(200).is_none());
    }
}

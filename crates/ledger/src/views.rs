//! What a reader says: blocks, transactions, inputs, outputs, and the ledger as a whole.

use tracehound_model::{BlockHash, OutPoint, TxId, utxo::Header};

use crate::{
    AddrNum, BlockNum, InNum, OutNum, TxNum,
    data::{BlockRow, FLAG_AFTER_MISSING_RANGE, MissingRow, NO_ADDR, NO_HEIGHT, NO_VALUE, PackedPrev},
};

/// What a ledger holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerInfo {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Blocks.
    pub blocks: u32,
    /// Transactions.
    pub txs: u32,
    /// Inputs, coinbases included.
    pub inputs: u64,
    /// Outputs.
    pub outputs: u64,
    /// Distinct owners.
    pub addresses: u32,
    /// Inputs whose previous output is not in the ledger.
    pub missing_inputs: u64,
    /// Places where a block does not continue the one stored before it.
    pub missing_ranges: u32,
    /// In a ledger as of a moment, whether blocks are missing between its last block and the first that does not count:
    /// some of them may have come before the moment.
    pub missing_behind: bool,
    /// First block.
    pub first: Option<BlockView>,
    /// Last block.
    pub tip: Option<BlockView>,
    /// Sealed segments.
    pub segments: usize,
    /// Segments of format 1, whose hashes have no key: `ledger upgrade` rewrites them.
    pub unkeyed_segments: usize,
    /// Segments of formats 1 and 2, which hold no ids of snapshots: `ledger upgrade` rewrites them.
    pub segments_without_ids: usize,
    /// Bytes on disk, without the manifest.
    pub disk_bytes: u64,
    /// Bytes of the blocks as serialised.
    pub block_bytes: u64,
}

impl LedgerInfo {
    /// Whether the first block stands on another, so that blocks before it are missing.
    pub fn begins_late(&self) -> bool {
        self.first.is_some_and(|first| first.header.prev() != BlockHash::default())
    }
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockView {
    /// Its number.
    pub num: BlockNum,
    /// Its id.
    pub hash: BlockHash,
    /// Its header.
    pub header: Header,
    /// Its height, where known.
    pub height: Option<u32>,
    /// Serialised size in bytes.
    pub size: u32,
    /// Its first transaction.
    pub first_tx: TxNum,
    /// Whether it does not continue the block before it in the ledger.
    pub after_missing_range: bool,
}

/// A transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxView {
    /// Its number.
    pub num: TxNum,
    /// Its id.
    pub txid: TxId,
    /// First input.
    pub first_input: InNum,
    /// Inputs it has.
    pub input_count: u32,
    /// First output.
    pub first_output: OutNum,
    /// Outputs it has.
    pub output_count: u32,
    /// Lock time field.
    pub lock_time: u32,
    /// Weight in weight units (BIP-141).
    pub weight: u32,
    /// Version field; `None` for negative ones and those from 1023 on.
    pub version: Option<u32>,
}

/// Where a transaction's rows are: all that is needed to read its inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxSpan {
    /// Its number.
    pub num: TxNum,
    /// First input.
    pub first_input: InNum,
    /// Inputs it has.
    pub input_count: u32,
    /// First output.
    pub first_output: OutNum,
    /// Outputs it has.
    pub output_count: u32,
}

impl From<&TxView> for TxSpan {
    fn from(tx: &TxView) -> Self {
        let &TxView { num, first_input, input_count, first_output, output_count, .. } = tx;
        Self { num, first_input, input_count, first_output, output_count }
    }
}

/// What an input spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prev {
    /// An output in the ledger.
    Output(OutNum),
    /// New coins.
    Coinbase,
    /// An output outside the ledger: its transaction lies in blocks that were not ingested.
    Missing {
        /// The output's name.
        outpoint: OutPoint,
        /// Its amount in base units, where the source carried it.
        value: Option<u64>,
        /// Its owner, where the source carried it.
        owner: Option<AddrNum>,
    },
}

/// What the sequence field of an input signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SequenceClass {
    /// `0xffffffff`: final.
    Final,
    /// `0xfffffffe`: lock time in force, not replaceable.
    LockTime,
    /// `0xfffffffd`: replaceable (BIP-125), no relative lock.
    Replaceable,
    /// Anything lower: replaceable, may carry a relative lock (BIP-68).
    Other,
}

/// An input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputView {
    /// Its number.
    pub num: InNum,
    /// What it spends.
    pub prev: Prev,
    /// What its sequence field signals.
    pub sequence: SequenceClass,
}

/// An output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputView {
    /// Its number.
    pub num: OutNum,
    /// Amount in base units (satoshi).
    pub value: u64,
    /// Owner; none for `OP_RETURN`.
    pub owner: Option<AddrNum>,
    /// The transaction that spends it in this snapshot.
    pub spent_by: Option<TxNum>,
    /// The later coinbase with the same id that took its place (BIP-30): nobody had spent it, and nobody can.
    pub destroyed_by: Option<TxNum>,
}

/// What an owner did: outputs received, and inputs that spent outputs outside the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressActivity {
    /// Outputs to the owner, oldest first.
    pub received: Vec<OutNum>,
    /// Inputs that spent an output of the owner that is not in the ledger, oldest first.
    pub spent_missing: Vec<InNum>,
}

#[inline]
pub(crate) fn input_view<'a>(
    num: InNum,
    (packed, class): (PackedPrev, u8),
    missing: impl FnOnce() -> Option<&'a MissingRow>,
) -> Option<InputView> {
    let prev = match packed {
        PackedPrev::Output(out) => Prev::Output(OutNum(out)),
        PackedPrev::Coinbase => Prev::Coinbase,
        PackedPrev::Missing => missing_view(missing()?),
    };
    let sequence = match class {
        0 => SequenceClass::Final,
        1 => SequenceClass::LockTime,
        2 => SequenceClass::Replaceable,
        _ => SequenceClass::Other,
    };
    Some(InputView { num, prev, sequence })
}

pub(crate) fn block_view(num: BlockNum, row: &BlockRow) -> BlockView {
    BlockView {
        num,
        hash: row.hash(),
        header: row.header(),
        height: Some(row.height).filter(|&height| height != NO_HEIGHT),
        size: row.size,
        first_tx: TxNum(row.first_tx),
        after_missing_range: row.flags & FLAG_AFTER_MISSING_RANGE != 0,
    }
}

pub(crate) fn missing_view(row: &MissingRow) -> Prev {
    Prev::Missing {
        outpoint: OutPoint { txid: TxId(row.prev_txid), vout: row.prev_vout },
        value: Some(row.value).filter(|&value| value != NO_VALUE),
        owner: Some(AddrNum(row.addr)).filter(|addr| addr.0 != NO_ADDR),
    }
}

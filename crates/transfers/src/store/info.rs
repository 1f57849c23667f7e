//! How much a store holds, and what it takes.

use tracehound_model::transfer::Unseen;

use super::{TransferLedger, segment::Segment};
use crate::{BlockNum, BlockRow, TransferRows};

/// Counts and sizes of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferLedgerInfo {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Blocks.
    pub blocks: u32,
    /// Transactions.
    pub txs: u64,
    /// Movements.
    pub transfers: u64,
    /// Accounts.
    pub accounts: u32,
    /// Assets: each thing that a contract numbers is one.
    pub assets: u32,
    /// Whether the rows begin with genesis, so that every balance is known.
    pub from_genesis: bool,
    /// How many accounts are watched, where the store does not hold everybody's movements.
    pub watched: Option<u32>,
    /// The first block.
    pub first: Option<BlockRow>,
    /// The last block.
    pub tip: Option<BlockRow>,
    /// How many blocks there are of which this was not seen; kinds of which there is none do not stand here.
    pub unseen: Vec<(Unseen, u32)>,
    /// Segments.
    pub segments: usize,
    /// Bytes of their files.
    pub disk_bytes: u64,
    /// Those of them that are transactions' hashes and their index.
    pub hash_bytes: u64,
}

impl TransferLedger {
    /// Counts and sizes. O(blocks). Of a ledger as of a moment the counts end there; sizes are those of all segments that it
    /// reaches into.
    pub fn info(&self) -> TransferLedgerInfo {
        let kinds =
            [Unseen::RECEIPTS, Unseen::TRACES, Unseen::SOME_TXS, Unseen::SOME_FEES, Unseen::SOME_ISSUES];
        let mut unseen = kinds.map(|kind| (kind, 0));
        for block in (0..self.end.block).filter_map(|num| self.block(BlockNum(num))) {
            for (kind, blocks) in &mut unseen {
                *blocks += u32::from(block.unseen.has(*kind));
            }
        }
        let bytes: Vec<(u64, u64)> = self.segments().iter().map(Segment::bytes).collect();
        TransferLedgerInfo {
            chain: self.chain.to_string(),
            blocks: self.end.block,
            txs: self.end.tx,
            transfers: self.end.transfer,
            accounts: self.end.account,
            assets: self.end.asset,
            from_genesis: self.from_genesis(),
            watched: self.watched(),
            first: self.block(BlockNum(0)),
            tip: self.end.block.checked_sub(1).and_then(|last| self.block(BlockNum(last))),
            unseen: unseen.into_iter().filter(|kind| kind.1 > 0).collect(),
            segments: bytes.len(),
            disk_bytes: bytes.iter().map(|bytes| bytes.0).sum(),
            hash_bytes: bytes.iter().map(|bytes| bytes.1).sum(),
        }
    }
}

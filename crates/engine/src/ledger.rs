//! What a ledger holds, whether it is whole, and how it is mended.

use std::ops::ControlFlow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::extent::lacking;
use tracehound_ledger::{BlockView, Ledger, LedgerError, Repair, repair, upgrade};
use tracehound_model::{BitcoinNetwork, BlockHash, Chain};

use crate::{EngineError, Workspace};

/// What a ledger holds.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Info {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Blocks.
    pub blocks: u32,
    /// Transactions.
    pub txs: u32,
    /// Inputs.
    pub inputs: u64,
    /// Outputs.
    pub outputs: u64,
    /// Owners.
    pub addresses: u32,
    /// Inputs that spend outputs of blocks that are not there.
    pub missing_inputs: u64,
    /// Places after the first block where blocks are missing.
    pub missing_ranges: u32,
    /// Whether the first block is the chain's.
    pub begins_with_the_chain: bool,
    /// Whether nothing is lacking up to the last block.
    pub whole: bool,
    /// In words: what is lacking.
    pub lacking: Vec<String>,
    /// The first block.
    pub first: Option<Block>,
    /// The last one.
    pub tip: Option<Block>,
    /// Files that the ledger consists of.
    pub segments: usize,
    /// Of them, those of version 0.1.0, which have no key.
    pub segments_of_format_1: usize,
    /// Of them, those of earlier formats, which hold no ids of snapshots: they are computed from the content when asked for.
    pub segments_without_ids: usize,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes of the blocks that it was made from.
    pub block_bytes: u64,
}

/// A block of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Block {
    /// Its id.
    pub hash: BlockHash,
    /// Its height, where known.
    pub height: Option<u32>,
    /// Its time.
    pub time: Timestamp,
}

/// What a check of everything found: the ledger is whole.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Verified {
    /// Blocks checked.
    pub blocks: u64,
    /// Transactions checked.
    pub txs: u64,
    /// Links from outputs to the transactions that spend them.
    pub links: u64,
    /// Spent cells that name transactions which are not there: of an ingest that is running or was interrupted.
    pub cells_beyond: u64,
    /// The ledger's snapshot, computed anew from the content.
    pub snapshot: String,
    /// Digest of the content, whatever the segments.
    pub content: String,
}

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Repaired {
    /// Whether the manifest was made anew.
    pub manifest_rebuilt: bool,
    /// Spent cells that said something else than the inputs do.
    pub cells_mended: u64,
    /// Spent cells that named transactions which are not there.
    pub cells_cleared: u64,
    /// Segments of the ledger.
    pub segments: usize,
    /// Blocks of the ledger.
    pub blocks: u32,
    /// Segments moved into the folder `left-out`.
    pub left_out: Vec<String>,
    /// Segments moved back from there.
    pub brought_back: Vec<String>,
    /// Digest of the content, after a check of everything.
    pub content: String,
}

/// What an upgrade did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Upgraded {
    /// Segments rewritten, with the ledger's key and the ids of their snapshots.
    pub rewritten: usize,
    /// Segments of the ledger.
    pub segments: usize,
}

/// Is asked again and again whether long work should go on.
pub type GoOn<'a> = &'a dyn Fn() -> ControlFlow<()>;

impl Workspace {
    /// What a ledger holds.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    #[tracing::instrument(skip_all)]
    pub fn ledger_info(&self, network: BitcoinNetwork) -> Result<Info, EngineError> {
        let ledger = self.open(network)?;
        let info = ledger.info();
        let lacking = lacking(&ledger);
        let begins_with_the_chain = !info.begins_late();
        let snapshot = ledger.snapshot_id();
        ledger.confirm()?;
        Ok(Info {
            chain: info.chain,
            blocks: info.blocks,
            txs: info.txs,
            inputs: info.inputs,
            outputs: info.outputs,
            addresses: info.addresses,
            missing_inputs: info.missing_inputs,
            missing_ranges: info.missing_ranges,
            begins_with_the_chain,
            whole: lacking.is_empty(),
            lacking,
            first: info.first.map(block),
            tip: info.tip.map(block),
            segments: info.segments,
            segments_of_format_1: info.unkeyed_segments,
            segments_without_ids: info.segments_without_ids,
            snapshot,
            disk_bytes: info.disk_bytes,
            block_bytes: info.block_bytes,
        })
    }

    /// Reads everything and checks it. O(content).
    ///
    /// # Errors
    /// What is damaged.
    #[tracing::instrument(skip_all)]
    pub fn ledger_verify(&self, network: BitcoinNetwork) -> Result<Verified, EngineError> {
        let report = self.open(network)?.verify()?;
        Ok(Verified {
            blocks: report.blocks,
            txs: report.txs,
            links: report.links,
            cells_beyond: report.beyond,
            snapshot: report.snapshot.to_string(),
            content: report.content,
        })
    }

    /// Makes manifest and spent cells anew from the segments, and checks everything afterwards. What cannot be kept is given
    /// up only where `accept_loss` says so.
    ///
    /// # Errors
    /// What cannot be mended; [`LedgerError::Stopped`] where `go_on` ended it.
    #[tracing::instrument(skip_all)]
    pub fn ledger_repair(
        &self,
        network: BitcoinNetwork,
        accept_loss: bool,
        go_on: GoOn<'_>,
    ) -> Result<Repaired, EngineError> {
        let dir = self.folder().ledger(network);
        let options = Repair { chain: Chain::Bitcoin(network), accept_loss };
        let report = repair(&dir, options, &mut |_| go_on())?;
        // What a repair says is only worth what a check of everything says afterwards.
        let ledger = Ledger::open_of(&dir, options.chain)?;
        let checked = ledger.verify().map_err(|error| EngineError::AfterRepair(Box::new(error)))?;
        Ok(Repaired {
            manifest_rebuilt: report.manifest_rebuilt,
            cells_mended: report.cells_mended,
            cells_cleared: report.cells_cleared,
            segments: report.segments,
            blocks: report.blocks,
            left_out: report.left_out,
            brought_back: report.brought_back,
            content: checked.content,
        })
    }

    /// Rewrites segments of earlier formats, with the ledger's key and the ids of their snapshots.
    ///
    /// # Errors
    /// When a segment cannot be read or written; [`LedgerError::Stopped`] where `go_on` ended it.
    #[tracing::instrument(skip_all)]
    pub fn ledger_upgrade(&self, network: BitcoinNetwork, go_on: GoOn<'_>) -> Result<Upgraded, EngineError> {
        let dir = self.folder().ledger(network);
        let report = upgrade(&dir, Chain::Bitcoin(network), &mut |_| go_on())?;
        Ok(Upgraded { rewritten: report.rewritten, segments: report.segments })
    }

    fn open(&self, network: BitcoinNetwork) -> Result<Ledger, EngineError> {
        match Ledger::open_of(&self.folder().ledger(network), Chain::Bitcoin(network)) {
            Err(error @ LedgerError::Absent { .. }) => {
                Err(EngineError::Question(format!("{error}{}", self.folder().ledgers_beside(network))))
            }
            opened => Ok(opened?),
        }
    }
}

fn block(view: BlockView) -> Block {
    Block {
        hash: view.hash,
        height: view.height,
        time: Timestamp::from_second(i64::from(view.header.time())).unwrap_or_default(),
    }
}

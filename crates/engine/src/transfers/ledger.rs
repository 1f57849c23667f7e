//! What a ledger of transfers holds, and whether it is whole.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::extent::{Whose, lacking_transfers};
use tracehound_model::{Chain, TxRef};
use tracehound_transfers::{BlockRow, Repair, TransferLedger, repair};

use super::view::{openings, time};
use crate::{EngineError, Workspace, ledger::GoOn};

/// Movements on Ethereum up to early 2026, and who counted them: 5,961,874,116 transfers, 15,537,393 rewards of miners and
/// 121,698,939 withdrawals.
const ON_ETHEREUM: (u64, &str) =
    (6_099_110_448, "the 6.1 thousand million movements that Dune's tables had of Ethereum in March 2026");

/// What a ledger of transfers holds.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Info {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Blocks.
    pub blocks: u32,
    /// Transactions; what the chain itself pays out in a block counts as one.
    pub txs: u64,
    /// Movements.
    pub transfers: u64,
    /// Accounts.
    pub accounts: u32,
    /// Assets: each thing that a contract numbers is one.
    pub assets: u32,
    /// Whether it begins with genesis and what that allots, so that every balance is known.
    pub from_genesis: bool,
    /// How many accounts it watches, where it does not hold everybody's movements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watched: Option<u32>,
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
    /// The ledger's snapshot.
    pub snapshot: String,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Those of them that are transactions' hashes and what finds them.
    pub hash_bytes: u64,
    /// Thousandths of a byte that a movement takes, the hashes of transactions left out; none where there is no movement.
    pub millibytes_a_transfer: Option<u64>,
    /// What the whole chain would take, where it is known how many movements that has.
    pub projected: Option<Projected>,
}

/// What a whole chain would take on disk, as one of its parts does.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Projected {
    /// Bytes.
    pub disk_bytes: u64,
    /// In words: from what.
    pub from: String,
}

/// A block of a ledger of transfers.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Block {
    /// Its hash.
    pub hash: String,
    /// Its height.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
}

/// What a check of everything found: the ledger is right as far as it goes.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Verified {
    /// Blocks checked.
    pub blocks: u64,
    /// Transactions checked.
    pub txs: u64,
    /// Movements checked.
    pub transfers: u64,
    /// Those of them that headers prove; the others are the word of a node.
    pub proved: u64,
    /// The ledger's snapshot, computed anew from the content.
    pub snapshot: String,
}

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Repaired {
    /// Whether the manifest was made anew.
    pub manifest_rebuilt: bool,
    /// Segments of the ledger.
    pub segments: usize,
    /// Blocks of the ledger.
    pub blocks: u32,
    /// Segments moved into the folder `left-out`.
    pub left_out: Vec<String>,
    /// Segments moved back from there.
    pub brought_back: Vec<String>,
    /// The ledger's snapshot, after a check of everything; empty where it holds no block.
    pub snapshot: String,
}

impl Workspace {
    /// Makes the manifest anew from the segments, and checks everything afterwards. What cannot be kept is given up only where
    /// `accept_loss` says so.
    ///
    /// # Errors
    /// What cannot be mended; an error that [is one of stopping](EngineError::is_stopped) where `go_on` ended it.
    #[tracing::instrument(skip_all)]
    pub fn transfers_repair(
        &self,
        chain_id: u64,
        accept_loss: bool,
        go_on: GoOn<'_>,
    ) -> Result<Repaired, EngineError> {
        let dir = self.folder().transfers(chain_id);
        let options = Repair { chain: Chain::Evm(chain_id), accept_loss };
        let report = match repair(&dir, options, &mut |_| go_on()) {
            Err(error) if error.is_absent() => return Err(self.no_transfers(chain_id)),
            done => done?,
        };
        // What a repair says is only worth what a check of everything says afterwards.
        let checked = TransferLedger::open(&dir, options.chain)
            .and_then(|ledger| ledger.verify())
            .map_err(|error| EngineError::AfterTransferRepair(Box::new(error)))?;
        Ok(Repaired {
            manifest_rebuilt: report.manifest_rebuilt,
            segments: report.segments,
            blocks: report.blocks,
            left_out: report.left_out,
            brought_back: report.brought_back,
            snapshot: checked.snapshot.map(|id| id.to_string()).unwrap_or_default(),
        })
    }

    fn no_transfers(&self, chain_id: u64) -> EngineError {
        let beside = self.folder().evm_ledgers_beside(chain_id);
        EngineError::NoTransfers { chain: Chain::Evm(chain_id).short_name(), beside }
    }

    /// What a ledger of transfers holds.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    #[tracing::instrument(skip_all)]
    pub fn transfers_info(&self, chain_id: u64) -> Result<Info, EngineError> {
        let ledger = self.open_transfers(chain_id)?;
        let info = ledger.info();
        let lacking = lacking_transfers(&ledger, openings(&ledger), Whose::Everybodys);
        let snapshot = ledger.snapshot_id();
        ledger.confirm()?;
        let block = |row: BlockRow| Block {
            hash: TxRef { chain: ledger.chain(), hash: row.hash }.to_string(),
            height: row.height,
            time: time(row.time),
        };
        let columns = info.disk_bytes - info.hash_bytes;
        let (movements, counted) = ON_ETHEREUM;
        let projected = u128::from(info.disk_bytes) * u128::from(movements);
        let projected =
            projected.checked_div(info.transfers.into()).filter(|_| chain_id == 1 && info.watched.is_none());
        Ok(Info {
            chain: info.chain,
            blocks: info.blocks,
            txs: info.txs,
            transfers: info.transfers,
            accounts: info.accounts,
            assets: info.assets,
            from_genesis: info.from_genesis,
            watched: info.watched,
            whole: lacking.is_empty(),
            lacking,
            first: info.first.map(block),
            tip: info.tip.map(block),
            segments: info.segments,
            snapshot,
            disk_bytes: info.disk_bytes,
            hash_bytes: info.hash_bytes,
            millibytes_a_transfer: (u128::from(columns) * 1_000)
                .checked_div(info.transfers.into())
                .and_then(|each| u64::try_from(each).ok()),
            projected: projected.and_then(|bytes| u64::try_from(bytes).ok()).map(|disk_bytes| Projected {
                disk_bytes,
                from: format!("what the {} movements here take and {counted}", info.transfers),
            }),
        })
    }

    /// Reads everything and checks it. O(content).
    ///
    /// # Errors
    /// What is damaged.
    #[tracing::instrument(skip_all)]
    pub fn transfers_verify(&self, chain_id: u64) -> Result<Verified, EngineError> {
        let report = self.open_transfers(chain_id)?.verify()?;
        Ok(Verified {
            blocks: report.blocks,
            txs: report.txs,
            transfers: report.transfers,
            proved: report.proved,
            snapshot: report.snapshot.map(|id| id.to_string()).unwrap_or_default(),
        })
    }

    fn open_transfers(&self, chain_id: u64) -> Result<TransferLedger, EngineError> {
        let chain = Chain::Evm(chain_id);
        match TransferLedger::open(&self.folder().transfers(chain_id), chain) {
            Err(error) if error.is_absent() => Err(self.no_transfers(chain_id)),
            opened => Ok(opened?),
        }
    }
}

//! Chain data into a ledger.

use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::extent::lacking;
use tracehound_bitcoin::BlockSource;
use tracehound_ingest::{ingest_bitcoin_files, ingest_bitcoin_node};
use tracehound_ledger::Ledger;
use tracehound_model::{BitcoinNetwork, BlockHash, Chain};

use crate::{EngineError, Workspace};

pub use tracehound_bitcoin::live::{BlockServer, HttpLimits, rest::NodeRest, rpc};
pub use tracehound_ingest::{BitcoinFiles, NodeOptions, NodeProgress, Progress, writer_within};

/// What became of block files.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct FromFiles {
    /// Whose blocks they are.
    pub network: BitcoinNetwork,
    /// Blocks appended.
    pub blocks: u64,
    /// Transactions appended.
    pub txs: u64,
    /// Inputs appended.
    pub inputs: u64,
    /// Outputs appended.
    pub outputs: u64,
    /// Bytes of the blocks appended.
    pub bytes: u64,
    /// Inputs appended that spend outputs of blocks that are not there.
    pub missing_inputs: u64,
    /// Inputs appended that spend an output already spent.
    pub double_spends: u64,
    /// Blocks in the files that the ledger had already.
    pub already_known: u64,
    /// Blocks on branches without more work than another, not appended.
    pub stale: Vec<BlockHash>,
    /// Places in the files where blocks are missing.
    pub missing_ranges: u64,
    /// Whether the ledger holds the whole chain up to its last block now.
    pub whole: bool,
    /// In words: which blocks it lacks.
    pub lacking: Vec<String>,
    /// Block after which the ledger was cut, because another branch has more work.
    pub rewound_to: Option<BlockHash>,
    /// How many problems there were.
    pub problem_count: u64,
    /// In words: what was skipped or looks wrong; the first 10,000.
    pub problems: Vec<String>,
    /// Whether the run was ended before its last block. What was appended is kept.
    pub stopped: bool,
}

impl FromFiles {
    /// Whether the ledger is whole now and nothing was skipped.
    pub fn is_complete(&self) -> bool {
        self.problem_count == 0 && self.whole
    }
}

/// What became of a node's blocks.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct FromNode {
    /// Blocks appended.
    pub blocks: u64,
    /// Transactions appended.
    pub txs: u64,
    /// How often the node's best chain had left ours.
    pub rewinds: u64,
    /// Where ledger and node agree now.
    pub tip: Option<Tip>,
    /// Whether the node is still catching up, or lacks blocks that we have.
    pub node_is_behind: bool,
    /// Inputs appended that spend outputs of blocks that are not there.
    pub missing_inputs: u64,
    /// Whether the ledger holds the whole chain up to its last block now.
    pub whole: bool,
    /// In words: which blocks it lacks.
    pub lacking: Vec<String>,
    /// Whether the run was ended before its last block. What was appended is kept.
    pub stopped: bool,
    /// In words: why the node ended the run early, if it did.
    pub problem: Option<String>,
}

/// A block that ledger and node have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Tip {
    /// Its id.
    pub hash: BlockHash,
    /// Its height.
    pub height: u32,
}

impl Workspace {
    /// Appends what block files hold to the ledger of their network; `show` is told how far it is and may end it.
    ///
    /// # Errors
    /// Files that cannot be used, and a ledger that cannot be written. What was committed before stays.
    #[tracing::instrument(skip_all)]
    pub fn ingest_files(
        &self,
        files: &BitcoinFiles,
        show: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
    ) -> Result<FromFiles, EngineError> {
        // The network decides the ledger's folder, so it must be known before the files are read in full.
        let network = BlockSource::open(&files.paths, files.network)?.network();
        let report = ingest_bitcoin_files(&self.folder().ledger(network), files, show)?;
        let lacking = self.lacking_now(network)?;
        Ok(FromFiles {
            network: report.network,
            blocks: report.appended.blocks,
            txs: report.appended.txs,
            inputs: report.appended.inputs,
            outputs: report.appended.outputs,
            bytes: report.bytes,
            missing_inputs: report.appended.missing_inputs,
            double_spends: report.appended.double_spends,
            already_known: report.known,
            stale: report.stale,
            missing_ranges: report.missing_ranges,
            whole: lacking.is_empty(),
            lacking,
            rewound_to: report.rewound_to,
            problem_count: report.problem_count,
            problems: report.problems.iter().map(ToString::to_string).collect(),
            stopped: report.stopped,
        })
    }

    /// Appends what a node's best chain has beyond the ledger.
    ///
    /// # Errors
    /// A node that cannot be reached, is on another network or shares no block with the ledger; a ledger that cannot be
    /// written. A node that fails on the way ends the run, not the work, and the answer says why.
    #[tracing::instrument(skip_all)]
    pub fn ingest_node(
        &self,
        server: &dyn BlockServer,
        options: NodeOptions,
        show: &dyn Fn(NodeProgress) -> ControlFlow<()>,
    ) -> Result<FromNode, EngineError> {
        let network = options.network;
        let report = ingest_bitcoin_node(&self.folder().ledger(network), server, options, show)?;
        let lacking = self.lacking_now(network)?;
        Ok(FromNode {
            blocks: report.appended.blocks,
            txs: report.appended.txs,
            rewinds: report.followed.rewinds,
            tip: report.followed.tip.map(|tip| Tip { hash: tip.hash, height: tip.height }),
            node_is_behind: report.followed.behind,
            missing_inputs: report.appended.missing_inputs,
            whole: lacking.is_empty(),
            lacking,
            stopped: report.followed.stopped,
            problem: report.broken.map(|problem| problem.to_string()),
        })
    }

    /// In words: which blocks the ledger lacks now.
    fn lacking_now(&self, network: BitcoinNetwork) -> Result<Vec<String>, EngineError> {
        let ledger = Ledger::open_of(&self.folder().ledger(network), Chain::Bitcoin(network))?;
        let lacking = lacking(&ledger);
        ledger.confirm()?;
        Ok(lacking)
    }
}

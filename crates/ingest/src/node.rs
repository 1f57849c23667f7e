//! A running node's blocks into the ledger, from where it ends to the node's tip.

use std::{ops::ControlFlow, path::Path};

use tracehound_bitcoin::{
    KnownChain,
    live::{
        BlockServer, LiveError,
        follow::{FollowError, FollowEvent, FollowOptions, Followed, follow},
    },
};
use tracehound_ledger::{AppendStats, LedgerError, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, Chain};
use tracing::{debug_span, info, info_span};

use crate::bitcoin::{IngestError, Known};

/// How a node is followed.
#[derive(Clone, Copy, Debug)]
pub struct NodeOptions {
    /// The network that the node must be on.
    pub network: BitcoinNetwork,
    /// Where an empty ledger begins. Blocks before it are missing, and answers that need them incomplete.
    pub from_height: u32,
    /// How the ledger is written.
    pub writer: WriterOptions,
    /// Blocks between two commits: what a crash costs at most.
    pub commit_every: u32,
}

impl NodeOptions {
    /// From the genesis block, committed every thousand blocks.
    pub fn new(network: BitcoinNetwork) -> Self {
        Self { network, from_height: 0, writer: WriterOptions::default(), commit_every: 1_000 }
    }
}

/// How far following has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeProgress {
    /// Height of the block just appended.
    pub height: u32,
    /// The node's tip when the run began.
    pub tip: u32,
}

/// What a run did.
#[derive(Debug)]
pub struct NodeReport {
    /// What was appended.
    pub appended: AppendStats,
    /// Where ledger and node agree now, and whether the node is behind.
    pub followed: Followed,
    /// Why the node ended the run early, if it did. What was appended before is kept.
    pub broken: Option<LiveError>,
}

/// Appends what the node's best chain has beyond the ledger in `dir`, going back first where the node left our chain.
///
/// A node that fails on the way ends the run, not the work: what came before is committed and the report says why. A
/// node that cannot be reached at all, is on another network, or shares no block with the ledger is an error.
#[tracing::instrument(skip_all)]
pub fn ingest_bitcoin_node(
    dir: &Path,
    node: &dyn BlockServer,
    options: NodeOptions,
    progress: &dyn Fn(NodeProgress) -> ControlFlow<()>,
) -> Result<NodeReport, IngestError> {
    let info = node.chain_info()?;
    // Before anything is made: an empty ledger would look like a chain on which nothing happened.
    info.must_be_on(options.network)?;
    let tip = info.tip.height;
    let mut writer = Writer::open(dir, Chain::Bitcoin(options.network), options.writer)?;
    let known = Known::of(&writer);
    let begun = KnownChain::tip(&known).is_some() || options.from_height == 0;
    let mut first = !begun;
    let mut since_commit = 0;
    let wanted = FollowOptions { from_height: options.from_height, ..FollowOptions::new(options.network) };
    let (mut followed, mut appended) = (Followed::default(), 0);
    let result = follow(node, &known, wanted, |event| -> Result<ControlFlow<()>, LedgerError> {
        match event {
            FollowEvent::Rewind(point) => {
                info!(height = point.height, "the node left our chain: going back");
                writer.rewind_to_block(point.hash)?;
                since_commit = 0;
                Ok(ControlFlow::Continue(()))
            }
            FollowEvent::Block(block) => {
                if std::mem::take(&mut first) {
                    writer.append_island(block)?;
                } else {
                    writer.append(block)?;
                }
                appended += 1;
                since_commit += 1;
                if since_commit >= options.commit_every {
                    debug_span!("commit").in_scope(|| writer.commit())?;
                    since_commit = 0;
                }
                let height = block.height.unwrap_or_default();
                Ok(progress(NodeProgress { height, tip: tip.max(height) }))
            }
        }
    });
    let broken = match result {
        Ok(done) => {
            followed = done;
            None
        }
        Err(FollowError::Receiver(error)) => return Err(error.into()),
        Err(FollowError::Server(error)) if appended == 0 => return Err(error.into()),
        Err(FollowError::Server(error)) => {
            followed.blocks = appended;
            Some(error)
        }
    };
    info_span!("commit", blocks = appended).in_scope(|| writer.commit())?;
    Ok(NodeReport { appended: writer.stats(), followed, broken })
}

//! A node's blocks into a ledger of transfers, once or as they come.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    ops::ControlFlow,
    path::Path,
    time::Duration,
};

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_evm::{
    chains::{Keeps, Rules},
    node::{End, EndBy, Node, NodeOptions, TracesBy, chain_id},
    rpc::{HttpLimits, is_socket},
};
use tracehound_ingest::{
    EvmNodeOptions, EvmNodeReport, EvmRound, NewBlocks, TransferIngestError, TransferProgress, Widening,
    follow_evm_node, ingest_evm_node,
};
use tracehound_model::{Address, Chain, text::line};
use tracehound_transfers::WriterOptions;

use super::{TakenIn, known_rules, watch::Prepared};
use crate::{EngineError, Workspace};

/// Which node, and how it is asked.
#[derive(Clone, Debug)]
pub struct NodeSource {
    /// Its address; it may hold a key.
    pub url: String,
    /// The chain's id that it must be on; without one, the one that it says.
    pub chain_id: Option<u64>,
    /// Where an empty ledger begins; without a height at genesis.
    pub from_height: Option<u64>,
    /// The last block wanted; without a height the last that may be read.
    pub to_height: Option<u64>,
    /// Up to where it is read.
    pub read_to: ReadTo,
    /// Whether roots are recomputed and senders recovered, so that movements are proved by headers.
    pub proof: bool,
    /// Whether traces are asked for.
    pub traces: bool,
    /// Questions in one request at most; without a number as many as usual.
    pub batch: Option<usize>,
    /// Questions a second at most.
    pub per_second: Option<NonZeroU32>,
    /// Time and size of one answer, and how often a node without time for us is asked again.
    pub limits: Option<HttpLimits>,
    /// Accounts whose movements alone are wanted; nobody where everybody's are, or those that the ledger watches already.
    pub watch: BTreeSet<Address>,
    /// How the ledger is written.
    pub writer: WriterOptions,
}

/// Up to where a node is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadTo {
    /// The last block that is final by the chain's rule.
    Final,
    /// The last block with so many others on top of it.
    Depth(u64),
}

/// How new blocks are waited for.
#[derive(Clone, Debug)]
pub struct Following {
    /// The node's socket (`ws://HOST:PORT`), on which it tells of new blocks; it may hold a key. Without one a node that is itself
    /// asked over a socket tells of them at the same address.
    pub socket: Option<String>,
    /// The node is asked at least once in so much time, whatever the socket says.
    pub every: Duration,
}

/// What a node told, and how.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct NodeTold {
    /// Scheme and host of the node.
    pub server: String,
    /// Height of its last block when it was asked.
    pub latest: u64,
    /// Height of the last block that was read for; none where no block was old enough.
    pub read_to: Option<u64>,
    /// Blocks on top of it for which it was taken; none where the node calls it final.
    pub depth: Option<u64>,
    /// Whether the ledger has blocks above the node's last: it is behind, or another node of a pool answered.
    pub behind: bool,
    /// How it tells what contracts passed on: `debug_traceBlockByNumber`, `trace_block`, or `none`.
    pub traces: &'static str,
    /// Whether blocks and receipts were held against their headers' roots, and senders against signatures.
    pub proof: bool,
    /// Names of fields that are not known and were passed over, with how often they came.
    pub unknown_fields: BTreeMap<String, u64>,
    /// Questions asked, each of a batch counted.
    pub questions: u64,
    /// In words: why the node ended the run early, if it did.
    pub problem: Option<String>,
}

impl Workspace {
    /// Appends what a node has beyond the ledger of its chain; `show` is told how far it is and may end it.
    ///
    /// # Errors
    /// A node that cannot be reached, is on another chain or shares no block with the ledger; a ledger that cannot be written. A node
    /// that fails on the way ends the run, not the work, and the answer says why.
    #[tracing::instrument(skip_all)]
    pub fn ingest_evm_node(
        &self,
        source: &NodeSource,
        show: &dyn Fn(TransferProgress) -> ControlFlow<()>,
    ) -> Result<TakenIn, EngineError> {
        self.by_node(source, show, &mut |dir, node, options| ingest_evm_node(dir, node, options, show))
    }

    /// The same, and goes on with what comes until `show` ends it or `told`, which learns what each round brought and, where the
    /// node's socket is not heard, why.
    ///
    /// # Errors
    /// As [`ingest_evm_node`](Self::ingest_evm_node).
    #[tracing::instrument(skip_all)]
    pub fn follow_evm_node(
        &self,
        source: &NodeSource,
        following: &Following,
        show: &dyn Fn(TransferProgress) -> ControlFlow<()>,
        told: &mut dyn FnMut(&EvmRound, Option<&str>) -> ControlFlow<()>,
        stop: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<TakenIn, EngineError> {
        let own = || is_socket(&source.url).then(|| source.url.clone());
        let mut bell = NewBlocks::new(following.socket.clone().or_else(own), following.every);
        let mut between = |round: &EvmRound| {
            told(round, bell.problem())?;
            bell.wait(stop)
        };
        self.by_node(source, show, &mut |dir, node, options| {
            follow_evm_node(dir, node, options, &mut between, show)
        })
    }

    /// Has a node's blocks read into its chain's ledger, once that watches whom it is to watch.
    fn by_node(
        &self,
        source: &NodeSource,
        show: &dyn Fn(TransferProgress) -> ControlFlow<()>,
        read: &mut Read<'_>,
    ) -> Result<TakenIn, EngineError> {
        let (mut node, mut options) = source.connect(&|rules| rules)?;
        let chain_id = node.rules().chain_id;
        match self.prepare(chain_id, &source.watch, &mut |anew| source.read_anew(anew, show))? {
            Prepared::Behind((node, done), behind) => Ok(self.told(source, &node, done)?.behind(behind)),
            Prepared::Ready(watch, anew) => {
                options.writer.watch = watch;
                let done = read(&self.folder().transfers(chain_id), &mut node, &options)?;
                Ok(self.told(source, &node, done)?.having_read_anew(anew))
            }
        }
    }

    fn told(&self, source: &NodeSource, node: &Node, done: EvmNodeReport) -> Result<TakenIn, EngineError> {
        let told = NodeTold {
            server: node.server(),
            latest: done.head.latest,
            read_to: done.head.end,
            depth: match done.head.by {
                EndBy::Tag => None,
                EndBy::Depth(depth) => Some(depth),
            },
            behind: done.behind,
            traces: match done.traces {
                TracesBy::CallTracer => "debug_traceBlockByNumber",
                TracesBy::TraceBlock => "trace_block",
                TracesBy::Nothing => "none",
            },
            proof: source.proof,
            unknown_fields: node.unknown_fields().clone(),
            questions: node.questions(),
            problem: done.broken.map(|error| line(&error.to_string()).into_owned()),
        };
        let mut taken = TakenIn { node: Some(told), ..self.taken_in(node.rules().chain_id, done.report)? };
        if let Some(watched) = &mut taken.watched {
            watched.unopened = done.unopened.map(|why| line(&why).into_owned());
        }
        Ok(taken)
    }
}

/// Reads a node's blocks into the ledger of a folder.
type Read<'a> =
    dyn FnMut(&Path, &mut Node, &EvmNodeOptions) -> Result<EvmNodeReport, TransferIngestError> + 'a;

impl NodeSource {
    /// Reads a ledger's blocks again into one that watches more. Logs of issuers are kept of them already.
    fn read_anew(
        &self,
        anew: &Widening,
        show: &dyn Fn(TransferProgress) -> ControlFlow<()>,
    ) -> Result<(Node, EvmNodeReport), EngineError> {
        let (mut node, mut options) = self.connect(&|rules| rules.keeping(Keeps::default()))?;
        (options.from_height, options.to_height) = (Some(anew.from), Some(anew.to));
        options.writer = anew.writer(Chain::Evm(node.rules().chain_id), &options.writer);
        let done = ingest_evm_node(&anew.dir, &mut node, &options, show)?;
        Ok((node, done))
    }

    fn connect(&self, keeping: &dyn Fn(Rules) -> Rules) -> Result<(Node, EvmNodeOptions), EngineError> {
        let usual = NodeOptions::default();
        let limits = self.limits.unwrap_or(usual.limits);
        let chain_id = match self.chain_id {
            Some(chain_id) => chain_id,
            None => chain_id(&self.url, limits).map_err(TransferIngestError::from)?,
        };
        let how = NodeOptions {
            limits,
            batch: self.batch.unwrap_or(usual.batch),
            per_second: self.per_second,
            roots: self.proof,
            senders: self.proof,
            traces: self.traces,
        };
        let node = Node::connect(&self.url, keeping(known_rules(chain_id)?), how)
            .map_err(TransferIngestError::from)?;
        let options = EvmNodeOptions {
            from_height: self.from_height,
            to_height: self.to_height,
            end: match self.read_to {
                ReadTo::Final => End::Final,
                ReadTo::Depth(depth) => End::Depth(depth),
            },
            writer: self.writer.clone(),
            ..EvmNodeOptions::default()
        };
        Ok((node, options))
    }
}

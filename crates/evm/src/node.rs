//! Blocks of a running node, each with its receipts and traces, put together and held against its header.
//!
//! Many questions go into one request. A request that the node refuses as a whole is halved until single questions are left,
//! so every answer comes that the node gives at all, and a refusal is always about one block. A node without
//! `eth_getBlockReceipts` is asked for receipts one by one; one without `debug_traceBlockByNumber` for `trace_block`; without
//! either nothing is known of what contracts pass on, and every block says so. What a node says and contradicts a header is
//! asked again, and then an error: nothing of it is handed over. Traces are under no header: where they contradict the rest or
//! are refused, the block has that as a gap.

mod accounts;
mod asking;
mod head;

use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc, time::Duration};

use alloy_primitives::{Address, B256, U64, U256};
use serde_json::json;
use tracehound_model::text;
use tracehound_net::{HttpLimits, Next, Tries};

use self::asking::{Asker, Gathered};
pub use self::head::{End, EndBy, Head};
use crate::{
    block::{Block, BlockError, Checks},
    chains::{Rules, at},
    movements::{Gap, Movements, movements},
    receipts::{ReceiptError, Receipts},
    rpc::{Question, Rpc, RpcError},
    traces::Traces,
};

/// Names of fields that are not known and are counted.
const NAMES: usize = 200;
/// Characters of such a name.
const NAME: usize = 64;

/// How a node is asked.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Time and size of one request, and how often it is tried again.
    pub limits: HttpLimits,
    /// Questions in one request at most. Fewer go into one where the node refuses so many.
    pub batch: usize,
    /// Questions a second at most, each of a batch counted.
    pub per_second: Option<NonZeroU32>,
    /// Whether the roots of transactions, receipts and withdrawals are recomputed.
    pub roots: bool,
    /// Whether senders are recovered from signatures: some 100 microseconds a transaction. Fees and values of others are
    /// the node's word.
    pub senders: bool,
    /// Whether traces are asked for.
    pub traces: bool,
}

impl Default for NodeOptions {
    fn default() -> Self {
        Self {
            // Traces of a block can take 100 MB.
            limits: HttpLimits { body: 256 << 20, timeout: Duration::from_mins(2), ..HttpLimits::default() },
            batch: 60,
            per_second: None,
            roots: true,
            senders: true,
            traces: true,
        }
    }
}

/// Why a node's blocks end. `server` is scheme and host only.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The node cannot be asked.
    #[error(transparent)]
    Rpc(#[from] Arc<RpcError>),
    /// It is on another chain.
    #[error(
        "{server} is a node of chain {told}, not of chain {wanted}: give the address of one, or the chain that it is on"
    )]
    OtherChain {
        /// The server.
        server: String,
        /// Its chain id.
        told: u64,
        /// The one wanted.
        wanted: u64,
    },
    /// It says that it has no such block.
    #[error("{server} does not have block {number}: it is behind, or has dropped its old blocks")]
    NoBlock {
        /// The server.
        server: String,
        /// The block.
        number: u64,
    },
    /// It will not tell of a block.
    #[error("block {number}: {source}")]
    Refused {
        /// The block.
        number: u64,
        /// What it says.
        source: Arc<RpcError>,
    },
    /// What it says of a block is none, or not what its header says.
    #[error("{server} says of block {number} what cannot be: {source}")]
    Block {
        /// The server.
        server: String,
        /// The block.
        number: u64,
        /// What is wrong.
        source: Box<BlockError>,
    },
    /// What it says of a block's receipts is none, or not what its header says.
    #[error("{server} says of the receipts of block {number} what cannot be: {source}")]
    Receipts {
        /// The server.
        server: String,
        /// The block.
        number: u64,
        /// What is wrong.
        source: Box<ReceiptError>,
    },
    /// An answer of another form.
    #[error("{server}: the answer to {method} {problem}")]
    Answer {
        /// The server.
        server: String,
        /// The method.
        method: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl From<RpcError> for NodeError {
    fn from(error: RpcError) -> Self {
        Arc::new(error).into()
    }
}

/// How receipts are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReceiptsBy {
    Block,
    Tx,
}

/// How traces are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TracesBy {
    /// `debug_traceBlockByNumber` with geth's `callTracer`.
    CallTracer,
    /// `trace_block`.
    TraceBlock,
    /// Not at all: the node has neither, or nobody wants them.
    Nothing,
}

/// The id of the chain that the node at `url` is on, as it says.
///
/// # Errors
/// When it does not answer, or not with a number.
pub fn chain_id(url: &str, limits: HttpLimits) -> Result<u64, NodeError> {
    const METHOD: &str = "eth_chainId";
    let mut rpc = Rpc::new(url, limits)?;
    let told = rpc.call(METHOD, &json!([]))?;
    let number: Result<U64, _> = serde_json::from_value(told);
    number.map(|number| number.to()).map_err(|_| NodeError::Answer {
        server: rpc.server().to_owned(),
        method: METHOD,
        problem: "is no number".to_owned(),
    })
}

/// A node of one chain.
#[derive(Debug)]
pub struct Node {
    asker: Asker,
    rules: Rules,
    options: NodeOptions,
    receipts: ReceiptsBy,
    traces: TracesBy,
    unknown_fields: BTreeMap<String, u64>,
}

impl Node {
    /// Asks the node at `url` which chain it is on.
    ///
    /// # Errors
    /// When it does not answer, or is on another chain than the rules are of.
    pub fn connect(url: &str, rules: Rules, options: NodeOptions) -> Result<Self, NodeError> {
        let rpc = Rpc::new(url, options.limits)?;
        let asker = Asker::new(rpc, &options);
        let traces = if options.traces { TracesBy::CallTracer } else { TracesBy::Nothing };
        let mut node = Self {
            asker,
            rules,
            options,
            receipts: ReceiptsBy::Block,
            traces,
            unknown_fields: BTreeMap::new(),
        };
        let told = node.number("eth_chainId", json!([]))?;
        if told != rules.chain_id {
            let server = node.server();
            return Err(NodeError::OtherChain { server, told, wanted: rules.chain_id });
        }
        Ok(node)
    }

    /// Scheme and host of the node: all of its address that may be shown.
    pub fn server(&self) -> String {
        self.asker.rpc.server().to_owned()
    }

    /// The rules of its chain.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// How it tells traces, as far as it was asked: known after the first block with transactions.
    pub fn traces_by(&self) -> TracesBy {
        self.traces
    }

    /// Names of fields that are not known, with how often they stood in blocks and receipts.
    pub fn unknown_fields(&self) -> &BTreeMap<String, u64> {
        &self.unknown_fields
    }

    /// Questions asked so far, each of a batch counted.
    pub fn questions(&self) -> u64 {
        self.asker.questions
    }

    /// Blocks from `from` on, in their order: at least one, at most up to `to`, as many as fit into one request.
    ///
    /// # Errors
    /// When the first of them is not there, refused, or not what its header says, though it was asked again.
    pub fn read(&mut self, from: u64, to: u64) -> Result<Vec<Movements>, NodeError> {
        let each = self.questions_of(from).len();
        let count = (self.asker.batch() / each).max(1) as u64;
        let last = to.min(from.saturating_add(count - 1));
        let questions: Vec<Question> = (from..=last).flat_map(|number| self.questions_of(number)).collect();
        let asked = (self.receipts, self.traces);
        let gathered = self.asker.ask(&questions)?;
        let mut read = Vec::new();
        for (place, number) in (from..=last).enumerate() {
            match self.put_together(number, &gathered, place * each, asked) {
                Ok(found) => read.push(found),
                // What is whole is handed over first; the next call begins with this one.
                Err(_) if !read.is_empty() => break,
                Err(error) => {
                    read.push(self.again(number, error)?);
                    break;
                }
            }
        }
        Ok(read)
    }

    /// Asks for one block until it is whole or patience ends: a node that catches up or changes its branch between two
    /// questions says what cannot be, and soon what is.
    fn again(&mut self, number: u64, mut error: NodeError) -> Result<Movements, NodeError> {
        let limits = self.options.limits;
        let mut tries = Tries::new(limits.retries, limits.pause, Duration::MAX);
        while matches!(
            error,
            NodeError::NoBlock { .. } | NodeError::Block { .. } | NodeError::Receipts { .. }
        ) && matches!(tries.wait(None), Next::Wait(_))
        {
            let asked = (self.receipts, self.traces);
            let gathered = self.asker.ask(&self.questions_of(number))?;
            match self.put_together(number, &gathered, 0, asked) {
                Ok(found) => return Ok(found),
                Err(other) => error = other,
            }
        }
        Err(error)
    }

    fn questions_of(&self, number: u64) -> Vec<Question> {
        let height = format!("{number:#x}");
        let mut questions: Vec<Question> = vec![("eth_getBlockByNumber", json!([height, true]))];
        if self.receipts == ReceiptsBy::Block {
            questions.push(("eth_getBlockReceipts", json!([height])));
        }
        questions.extend(trace_question(self.traces, &height));
        questions
    }

    /// A block of what was answered from `place` on to the questions that `asked` led to.
    fn put_together(
        &mut self,
        number: u64,
        gathered: &Gathered,
        place: usize,
        asked: (ReceiptsBy, TracesBy),
    ) -> Result<Movements, NodeError> {
        let checks = Checks {
            header: at(self.rules.headers, number),
            roots: self.options.roots,
            senders: self.options.senders,
        };
        let told = match gathered.get(place) {
            Ok(told) => told,
            Err(source) => return Err(NodeError::Refused { number, source: Arc::clone(source) }),
        };
        if told.trim() == "null" {
            return Err(NodeError::NoBlock { server: self.server(), number });
        }
        let wrong = |server, source| NodeError::Block { server, number, source: Box::new(source) };
        let block = Block::read(told, checks).map_err(|source| wrong(self.server(), source))?;
        if block.header.number != number {
            let source = BlockError::Form(format!("it has the number {}", block.header.number));
            return Err(wrong(self.server(), source));
        }
        self.count(&block.unknown_fields);
        let (by_block, by_tracer) = asked;
        let told = (by_block == ReceiptsBy::Block).then(|| gathered.get(place + 1));
        let receipts = self.receipts_of(&block, checks, told)?;
        self.count(&receipts.unknown_fields);
        let told = (by_tracer != TracesBy::Nothing)
            .then(|| (by_tracer, gathered.get(place + 1 + usize::from(by_block == ReceiptsBy::Block))));
        let (traces, gap) = match self.traces_of(&block, told)? {
            Ok(traces) => (traces, None),
            Err(why) => (None, Some(why)),
        };
        let why = match (movements(&block, Some(&receipts), traces.as_ref(), &self.rules), gap) {
            (Ok(found), None) => return Ok(found),
            (Ok(_), Some(why)) => why,
            // Nobody vouches for traces: what contradicts the rest is not taken.
            (Err(error), _) => error.to_string(),
        };
        let found = movements(&block, Some(&receipts), None, &self.rules)
            .map_err(|error| wrong(self.server(), BlockError::Form(error.to_string())))?;
        Ok(found.with_untraceable(number, &text::label(&why)))
    }

    /// The receipts of a block: as they were told, else one by one.
    fn receipts_of(
        &mut self,
        block: &Block,
        checks: Checks,
        told: Option<Result<&str, &Arc<RpcError>>>,
    ) -> Result<Receipts, NodeError> {
        let number = block.header.number;
        let wrong = |server, source| NodeError::Receipts { server, number, source: Box::new(source) };
        if block.txs.is_empty() {
            // There is nothing to tell; the root in the header says whether that is so.
            let told = told.and_then(Result::ok).unwrap_or("[]");
            return Receipts::read(told, block, checks).map_err(|source| wrong(self.server(), source));
        }
        match told {
            Some(Ok(told)) => {
                return Receipts::read(told, block, checks).map_err(|source| wrong(self.server(), source));
            }
            Some(Err(refused)) if refused.is_no_such_method() => self.receipts = ReceiptsBy::Tx,
            Some(Err(_)) | None => {}
        }
        let questions: Vec<Question> =
            block.txs.iter().map(|tx| ("eth_getTransactionReceipt", json!([tx.hash]))).collect();
        let gathered = self.asker.ask(&questions)?;
        let mut all = String::from("[");
        for (index, _) in questions.iter().enumerate() {
            match gathered.get(index) {
                Ok(one) => {
                    all.push_str(if index == 0 { "" } else { "," });
                    all.push_str(one);
                }
                Err(source) => return Err(NodeError::Refused { number, source: Arc::clone(source) }),
            }
        }
        all.push(']');
        Receipts::read(&all, block, checks).map_err(|source| wrong(self.server(), source))
    }

    /// The traces of a block; or why there are none, in words. The outer error ends the run.
    fn traces_of(
        &mut self,
        block: &Block,
        told: Option<(TracesBy, Result<&str, &Arc<RpcError>>)>,
    ) -> Result<Result<Option<Traces>, String>, NodeError> {
        let number = block.header.number;
        let txs: Vec<B256> = block.txs.iter().map(|tx| tx.hash).collect();
        // EIP-6780 came with the field that EIP-4788 added to headers.
        let is_cancun = block.header.parent_beacon_block_root.is_some();
        let read = |by, told: &str| match by {
            TracesBy::TraceBlock => Traces::read_flat(told, number, &txs, is_cancun),
            TracesBy::CallTracer | TracesBy::Nothing => Traces::read_nested(told, number, &txs, is_cancun),
        };
        let Some((by, told)) = told else { return Ok(Ok(None)) };
        let refused = match told {
            Ok(told) => match read(by, told) {
                Ok(traces) => return Ok(Ok(Some(traces))),
                Err(wrong) => wrong.to_string(),
            },
            Err(refused) => {
                if refused.is_no_such_method() && self.traces == by {
                    self.traces = match by {
                        TracesBy::CallTracer => TracesBy::TraceBlock,
                        TracesBy::TraceBlock | TracesBy::Nothing => TracesBy::Nothing,
                    };
                }
                if self.traces == TracesBy::Nothing && refused.is_no_such_method() {
                    return Ok(Ok(None));
                }
                refused.to_string()
            }
        };
        // A block in which nothing happened has nothing to trace (nodes refuse genesis).
        if txs.is_empty() {
            return Ok(Ok(None));
        }
        // Once more, and by the method that is left.
        let by = self.traces;
        let questions: Vec<Question> = trace_question(by, &format!("{number:#x}")).into_iter().collect();
        let gathered = self.asker.ask(&questions)?;
        match questions.first().map(|_| gathered.get(0)) {
            Some(Ok(told)) => Ok(read(by, told).map(Some).map_err(|wrong| wrong.to_string())),
            Some(Err(again)) if again.is_no_such_method() && by == TracesBy::TraceBlock => {
                self.traces = TracesBy::Nothing;
                Ok(Ok(None))
            }
            Some(Err(again)) => Ok(Err(again.to_string())),
            None => Ok(Err(refused)),
        }
    }

    fn count(&mut self, fields: &BTreeMap<String, u64>) {
        for (name, times) in fields {
            let name: String = text::label(name).chars().take(NAME).collect();
            if self.unknown_fields.len() < NAMES || self.unknown_fields.contains_key(&name) {
                *self.unknown_fields.entry(name).or_insert(0) += times;
            }
        }
    }

    /// What these accounts held of the native asset after a block.
    ///
    /// # Errors
    /// When the node does not say, for example because it has no state of so old a block.
    pub fn balances(&mut self, height: u64, accounts: &[Address]) -> Result<Vec<U256>, NodeError> {
        const METHOD: &str = "eth_getBalance";
        let height = format!("{height:#x}");
        let questions: Vec<Question> =
            accounts.iter().map(|account| (METHOD, json!([account, height]))).collect();
        let gathered = self.asker.ask(&questions)?;
        (0..questions.len())
            .map(|index| {
                let told = gathered.get(index).map_err(Arc::clone)?;
                serde_json::from_str(told).map_err(|_| self.strange(METHOD, "is no amount"))
            })
            .collect()
    }

    fn strange(&self, method: &'static str, problem: impl Into<String>) -> NodeError {
        NodeError::Answer { server: self.server(), method, problem: problem.into() }
    }
}

fn trace_question(by: TracesBy, height: &str) -> Option<Question> {
    match by {
        TracesBy::CallTracer => {
            Some(("debug_traceBlockByNumber", json!([height, { "tracer": "callTracer", "timeout": "100s" }])))
        }
        TracesBy::TraceBlock => Some(("trace_block", json!([height]))),
        TracesBy::Nothing => None,
    }
}

impl Movements {
    /// The same, with a node that would not trace the block in the place of none that was asked.
    fn with_untraceable(mut self, number: u64, why: &str) -> Self {
        for gap in &mut self.gaps {
            if matches!(gap, Gap::NoTraces(_)) {
                *gap = Gap::Untraceable { number, why: why.to_owned() };
            }
        }
        self
    }
}

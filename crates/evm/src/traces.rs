//! What moved inside transactions, as a node's tracer tells it: the flat traces of `trace_block` and the nested ones of
//! geth's `callTracer`.
//!
//! No header proves any of it. Value moves only where a frame that did not fail, under frames that did not fail, called,
//! created or destroyed: `DELEGATECALL`, `CALLCODE` and `STATICCALL` move nothing, whatever value stands beside them.

use std::collections::HashSet;

use alloy_primitives::{Address, B256, U256};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Most frames under frames: the EVM's own limit is 1,024 (Yellow Paper, section 8).
const MAX_DEPTH: usize = 1_024;
/// How often every byte of nested traces may be looked at on average: once a level of nesting.
const MAX_PASSES: usize = 256;
/// Bits of the largest amount of a native asset that can move: no chain has 2^128 base units.
const MAX_BITS: usize = 128;

/// Native value that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Who had it.
    pub from: Address,
    /// Who has it now; nobody where a contract destroyed itself in favour of itself.
    pub to: Option<Address>,
    /// How much.
    pub value: U256,
}

/// What a tracer says of one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxTrace {
    /// The transaction.
    pub tx: B256,
    /// What moved, in the order of execution, the transaction's own value first; or why that is not known.
    pub moved: Result<Vec<Moved>, String>,
}

/// What the chain paid for the block or an uncle of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reward {
    /// To whom.
    pub author: Address,
    /// How much.
    pub value: U256,
}

/// What a tracer says of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// A transaction each, in the block's order.
    pub txs: Vec<TxTrace>,
    /// Rewards, where the tracer tells them.
    pub rewards: Vec<Reward>,
}

/// Why traces are refused.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// They are not of the form of traces.
    #[error("the node's answer is no list of traces: {0}")]
    Form(String),
    /// One of them is not what a trace must be.
    #[error("trace {index} of block {number} {what}")]
    Trace {
        /// The block.
        number: u64,
        /// Its place in the answer, from 0.
        index: usize,
        /// What is wrong.
        what: String,
    },
    /// They are of other transactions than the block's.
    #[error("transaction {index} of block {number} is {tx}, but the tracer tells of another one there")]
    Other {
        /// The block.
        number: u64,
        /// The place of the transaction, from 0.
        index: usize,
        /// The block's transaction there.
        tx: B256,
    },
}

/// One entry of `trace_block`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Flat {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) action: Action,
    #[serde(default)]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) result: Option<Created>,
    pub(crate) trace_address: Vec<u32>,
    #[serde(default)]
    pub(crate) transaction_hash: Option<B256>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    #[serde(default)]
    pub(crate) call_type: Option<String>,
    #[serde(default)]
    pub(crate) from: Option<Address>,
    #[serde(default)]
    pub(crate) to: Option<Address>,
    #[serde(default)]
    pub(crate) value: Option<U256>,
    // Of `suicide`.
    #[serde(default)]
    pub(crate) address: Option<Address>,
    #[serde(default)]
    pub(crate) refund_address: Option<Address>,
    #[serde(default)]
    pub(crate) balance: Option<U256>,
    // Of `reward`.
    #[serde(default)]
    pub(crate) author: Option<Address>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Created {
    #[serde(default)]
    pub(crate) address: Option<Address>,
}

/// One frame of `callTracer`.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: String,
    from: Address,
    #[serde(default)]
    to: Option<Address>,
    #[serde(default)]
    value: Option<U256>,
    #[serde(default)]
    error: Option<String>,
    #[serde(borrow, default)]
    calls: Option<Vec<&'a RawValue>>,
}

/// What geth's `debug_traceBlock...` says of one transaction.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Nested<'a> {
    #[serde(default)]
    tx_hash: Option<B256>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<String>,
}

/// What one frame moves, if it does not fail.
#[derive(Clone, Copy)]
enum Step {
    Moves(Moved),
    /// A contract that did not exist before this transaction.
    Creates(Address, Moved),
    /// All that the first has goes to the second.
    Destroys(Address, Address, U256),
    Nothing,
}

/// What the frames of one transaction come to.
struct Frames {
    /// Whether a contract that destroys itself is gone only where this very transaction made it (EIP-6780, Cancun).
    only_new_ones_go: bool,
    created: Vec<Address>,
    moved: Vec<Moved>,
    /// Who runs in the frame above at each depth: whose value a frame below moves, and who destroys itself there.
    running: Vec<Option<Address>>,
    /// Why no execution can have been like this: then what moved is not known.
    impossible: Option<String>,
}

impl Frames {
    fn new(only_new_ones_go: bool) -> Self {
        let (created, moved, running) = (Vec::new(), Vec::new(), Vec::new());
        Self { only_new_ones_go, created, moved, running, impossible: None }
    }

    /// A frame at a depth, which is `by` whom it says, and where `runs` runs.
    fn take(&mut self, depth: usize, by: Option<Address>, runs: Option<Address>, step: Step) {
        let above = depth.checked_sub(1).and_then(|above| self.running.get(above).copied().flatten());
        if depth > 0 && by.is_some() && by != above {
            self.impossible.get_or_insert_with(|| {
                "has a frame by an account that does not run in the frame above it".to_owned()
            });
        }
        self.running.truncate(depth);
        self.running.resize(depth, None);
        self.running.push(runs);
        match step {
            Step::Nothing => {}
            Step::Moves(moved) => self.push(moved),
            Step::Creates(address, moved) => {
                self.created.push(address);
                self.push(moved);
            }
            // In favour of itself: what is left is gone with the contract, where it goes.
            Step::Destroys(from, to, value) if from == to => {
                if !self.only_new_ones_go || self.created.contains(&from) {
                    self.push(Moved { from, to: None, value });
                }
            }
            Step::Destroys(from, to, value) => self.push(Moved { from, to: Some(to), value }),
        }
    }

    fn push(&mut self, moved: Moved) {
        if moved.value.bit_len() > MAX_BITS {
            self.impossible.get_or_insert_with(|| "moves more than any chain has".to_owned());
        }
        if !moved.value.is_zero() && moved.to != Some(moved.from) {
            self.moved.push(moved);
        }
    }

    /// What moved, or why that is not known.
    fn told(self) -> Result<Vec<Moved>, String> {
        self.impossible.map_or(Ok(self.moved), |why| Err(format!("the tracer's answer {why}")))
    }
}

impl Traces {
    /// Reads the result of `trace_block` for the block of these transactions. `is_cancun`: whether EIP-6780 holds in it.
    ///
    /// # Errors
    /// Where it is not about these transactions, all of them and in their order.
    pub fn read_flat(json: &str, number: u64, txs: &[B256], is_cancun: bool) -> Result<Self, TraceError> {
        let told: Option<Vec<Flat>> =
            serde_json::from_str(json).map_err(|error| TraceError::Form(error.to_string()))?;
        Self::of_flat(told.unwrap_or_default(), number, txs, is_cancun)
    }

    /// Of flat traces in the order of execution, each transaction's outermost first.
    pub(crate) fn of_flat(
        told: Vec<Flat>,
        number: u64,
        txs: &[B256],
        is_cancun: bool,
    ) -> Result<Self, TraceError> {
        let mut found = Self::default();
        let mut frames = Frames::new(is_cancun);
        // The address of the failed frame under which the next ones stand.
        let mut failed: Option<Vec<u32>> = None;
        for (index, flat) in told.into_iter().enumerate() {
            let wrong = |what: &str| TraceError::Trace { number, index, what: what.to_owned() };
            if flat.kind == "reward" {
                let (author, value) = (flat.action.author, flat.action.value);
                let author = author.ok_or_else(|| wrong("is a reward for nobody"))?;
                let value = value.ok_or_else(|| wrong("is a reward of nothing"))?;
                found.rewards.push(Reward { author, value });
                continue;
            }
            // What a block does outside its transactions, where nodes add it: read from the block itself.
            let Some(tx) = flat.transaction_hash else { continue };
            if flat.trace_address.is_empty() {
                finish(&mut found, &mut frames, is_cancun);
                let index = found.txs.len();
                if txs.get(index) != Some(&tx) {
                    let tx = txs.get(index).copied().unwrap_or(tx);
                    return Err(TraceError::Other { number, index, tx });
                }
                found.txs.push(TxTrace { tx, moved: Ok(Vec::new()) });
                failed = None;
            } else if found.txs.last().map(|trace| trace.tx) != Some(tx) {
                return Err(wrong("is a frame inside a transaction that has no outermost one"));
            }
            if failed.as_ref().is_some_and(|above| flat.trace_address.starts_with(above)) {
                continue;
            }
            failed = None;
            if flat.error.is_some() {
                failed = Some(flat.trace_address);
                continue;
            }
            let (depth, by, runs) = (flat.trace_address.len(), flat.by(), flat.runs());
            frames.take(depth, by, runs, flat.step().map_err(wrong)?);
        }
        finish(&mut found, &mut frames, is_cancun);
        if let Some(&tx) = txs.get(found.txs.len()) {
            return Err(TraceError::Other { number, index: found.txs.len(), tx });
        }
        Ok(found)
    }

    /// Reads the result of `debug_traceBlockByNumber` or `...ByHash` with geth's `callTracer`. A transaction that the node
    /// could not trace has its error instead of movements.
    ///
    /// # Errors
    /// Where it is not about these transactions, all of them and in their order.
    pub fn read_nested(json: &str, number: u64, txs: &[B256], is_cancun: bool) -> Result<Self, TraceError> {
        let told: Option<Vec<Nested<'_>>> =
            serde_json::from_str(json).map_err(|error| TraceError::Form(error.to_string()))?;
        let told = told.unwrap_or_default();
        let mut found = Self::default();
        for (index, nested) in told.iter().enumerate() {
            let wrong = |what: String| TraceError::Trace { number, index, what };
            let Some(&tx) = txs.get(index) else {
                return Err(wrong("is of a transaction that the block does not have".to_owned()));
            };
            // Older nodes do not name it; its place says which it is.
            if nested.tx_hash.is_some_and(|told| told != tx) {
                return Err(TraceError::Other { number, index, tx });
            }
            let moved = match (nested.result, &nested.error) {
                (_, Some(error)) => Err(error.clone()),
                (None, None) => return Err(wrong("has neither a result nor an error".to_owned())),
                (Some(outermost), None) => read_frames(outermost, is_cancun).map_err(wrong)?,
            };
            found.txs.push(TxTrace { tx, moved });
        }
        if let Some(&tx) = txs.get(found.txs.len()) {
            return Err(TraceError::Other { number, index: found.txs.len(), tx });
        }
        Ok(found)
    }
}

/// Hands what the frames came to over to the transaction they are of.
fn finish(found: &mut Traces, frames: &mut Frames, is_cancun: bool) {
    let moved = std::mem::replace(frames, Frames::new(is_cancun)).told();
    if let Some(last) = found.txs.last_mut() {
        last.moved = moved;
    }
}

impl Flat {
    /// Who called, created or destroyed itself.
    fn by(&self) -> Option<Address> {
        self.action.address.or(self.action.from)
    }

    /// Who runs in it: of a call that runs another's code in its own place, the caller.
    fn runs(&self) -> Option<Address> {
        match (self.kind.as_str(), self.action.call_type.as_deref()) {
            ("call", Some("delegatecall" | "callcode")) => self.action.from,
            ("create", _) => self.result.as_ref().and_then(|result| result.address),
            _ => self.action.to,
        }
    }

    fn step(self) -> Result<Step, &'static str> {
        let Self { action, .. } = &self;
        let value = action.value.unwrap_or_default();
        match self.kind.as_str() {
            "call" => match action.call_type.as_deref() {
                Some("call") => {
                    let from = action.from.ok_or("is a call by nobody")?;
                    let to = action.to.ok_or("is a call to nobody")?;
                    Ok(Step::Moves(Moved { from, to: Some(to), value }))
                }
                Some("delegatecall" | "callcode" | "staticcall") => Ok(Step::Nothing),
                _ => Err("is a call of a kind that is not known"),
            },
            "create" => {
                let from = action.from.ok_or("is a creation by nobody")?;
                let created = self.result.and_then(|result| result.address);
                let created = created.ok_or("created a contract that it does not name")?;
                Ok(Step::Creates(created, Moved { from, to: Some(created), value }))
            }
            "suicide" | "selfdestruct" => {
                let from = action.address.ok_or("destroys nobody")?;
                let to = action.refund_address.ok_or("destroys in favour of nobody")?;
                Ok(Step::Destroys(from, to, action.balance.ok_or("destroys without an amount")?))
            }
            _ => Err("is of a kind that is not known"),
        }
    }
}

/// What the frames of one transaction moved, from the outermost one on. Without recursion, and with a bound on work: each
/// frame is read once by itself and skipped once a level above it. What no execution comes to is not known.
fn read_frames(outermost: &RawValue, is_cancun: bool) -> Result<Result<Vec<Moved>, String>, String> {
    let mut frames = Frames::new(is_cancun);
    walk(outermost, |depth, frame| {
        if frame.error.is_none() {
            frames.take(depth, Some(frame.from), frame.runs(), frame.step()?);
        }
        Ok(frame.error.is_none())
    })?;
    Ok(frames.told())
}

/// Looks at frames in the order of execution; at those under one only where `look` says so.
fn walk(
    outermost: &RawValue,
    mut look: impl FnMut(usize, &Frame<'_>) -> Result<bool, String>,
) -> Result<(), String> {
    let mut work = outermost.get().len().saturating_mul(MAX_PASSES);
    let mut open: Vec<(&RawValue, usize)> = vec![(outermost, 0)];
    while let Some((json, depth)) = open.pop() {
        work = work.checked_sub(json.get().len()).ok_or("is nested too deep for its size")?;
        let frame: Frame<'_> =
            serde_json::from_str(json.get()).map_err(|error| format!("has a frame that is none: {error}"))?;
        if !look(depth, &frame)? {
            continue;
        }
        let calls = frame.calls.unwrap_or_default();
        if !calls.is_empty() && depth == MAX_DEPTH {
            return Err(format!("has more than {MAX_DEPTH} frames under each other"));
        }
        open.extend(calls.into_iter().rev().map(|call| (call, depth + 1)));
    }
    Ok(())
}

/// Accounts that a transaction called, each once, in the order of the first call.
#[derive(Default)]
struct Called {
    order: Vec<Address>,
    there: HashSet<Address>,
}

impl Called {
    fn add(&mut self, account: Option<Address>) {
        let Some(account) = account else { return };
        if self.there.insert(account) {
            self.order.push(account);
        }
    }
}

/// Every account that a transaction called or made, itself or inside, as geth's `callTracer` tells it: each once, in the order of the
/// first call. Calls that failed are among them, and those that run another contract's code.
///
/// # Errors
/// Where it is no trace of a transaction.
pub fn called_nested(json: &str) -> Result<Vec<Address>, TraceError> {
    let outermost: &RawValue =
        serde_json::from_str(json).map_err(|error| TraceError::Form(error.to_string()))?;
    let mut called = Called::default();
    walk(outermost, |_, frame| {
        if frame.kind != "SELFDESTRUCT" {
            called.add(frame.to);
        }
        Ok(true)
    })
    .map_err(TraceError::Form)?;
    Ok(called.order)
}

/// The same of the result of `trace_transaction`.
///
/// # Errors
/// Where it is no trace of this transaction.
pub fn called_flat(json: &str, tx: B256) -> Result<Vec<Address>, TraceError> {
    let told: Option<Vec<Flat>> =
        serde_json::from_str(json).map_err(|error| TraceError::Form(error.to_string()))?;
    let told = told.unwrap_or_default();
    if told.is_empty() || told.iter().any(|flat| flat.transaction_hash != Some(tx)) {
        return Err(TraceError::Form("it is not of the transaction asked about".to_owned()));
    }
    let mut called = Called::default();
    for flat in told {
        called.add(flat.action.to.or_else(|| flat.result.and_then(|result| result.address)));
    }
    Ok(called.order)
}

impl Frame<'_> {
    /// Who runs in it: of a call that runs another's code in its own place, the caller.
    fn runs(&self) -> Option<Address> {
        if matches!(self.kind.as_str(), "DELEGATECALL" | "CALLCODE") { Some(self.from) } else { self.to }
    }

    fn step(&self) -> Result<Step, String> {
        let value = self.value.unwrap_or_default();
        let to = || self.to.ok_or_else(|| format!("has a frame {} to nobody", self.kind));
        match self.kind.as_str() {
            "CALL" => Ok(Step::Moves(Moved { from: self.from, to: Some(to()?), value })),
            "CREATE" | "CREATE2" => {
                let created = to()?;
                Ok(Step::Creates(created, Moved { from: self.from, to: Some(created), value }))
            }
            "SELFDESTRUCT" => Ok(Step::Destroys(self.from, to()?, value)),
            "DELEGATECALL" | "CALLCODE" | "STATICCALL" => Ok(Step::Nothing),
            other => Err(format!(
                "has a frame of a kind that is not known: {}",
                tracehound_model::text::label(other)
            )),
        }
    }
}

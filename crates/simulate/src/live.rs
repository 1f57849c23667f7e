//! Runs a call on the state of a node: simulate, fetch what was missing at one block, and again until nothing is missing.
//!
//! The node comes in through [`Node`]; nothing here opens a connection. What it says of accounts and slots is checked
//! by Merkle proofs against the state root of the block, where it gives proofs (`eth_getProof`). The block itself is
//! its word, unless the block's hash is known from elsewhere ([`At::Hash`]) and [`Pinned::header_checked`] holds.
//!
//! Hashes of earlier blocks (`BLOCKHASH`) are not fetched: a call that reads one stays incomplete.

mod fetch;
mod header;
mod proof;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use alloy_primitives::{Address, B256, U256};
use serde_json::Value;

use crate::{
    block::Block,
    run::{Call, Simulated, attempt},
    state::{Account, Missing, State},
};

/// A node's JSON-RPC interface. It is only ever asked, never told.
pub trait Node {
    /// Calls a method and returns its result.
    fn call(&mut self, method: &str, params: Value) -> Result<Value, NodeError>;
}

/// Why a node gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeError {
    /// The JSON-RPC code, where the node itself answered with an error.
    pub code: Option<i64>,
    /// What it says, or what went wrong on the way to it.
    pub message: String,
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code {
            write!(f, "error {code}: ")?;
        }
        for c in self.message.chars().take(300) {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

/// Which block's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The node's last block.
    Latest,
    /// A block by number.
    Number(u64),
    /// A block by hash.
    Hash(B256),
}

/// How much is fetched at most. The answer is incomplete where that was not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Runs of the call. Each learns only what the one before it asked for.
    pub rounds: usize,
    /// Accounts.
    pub accounts: usize,
    /// Storage slots of all accounts together.
    pub slots: usize,
    /// Bytes of one account's code. Mainnet allows 24,576 (EIP-170), other chains more.
    pub code: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rounds: 64, accounts: 256, slots: 4_096, code: 128 << 10 }
    }
}

/// A limit that ended the fetching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::rounds`].
    Rounds,
    /// [`Limits::accounts`].
    Accounts,
    /// [`Limits::slots`].
    Slots,
    /// [`Limits::code`].
    Code,
}

/// What the fetched state rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every account, slot and code was proven against the block's state root.
    Checked,
    /// The node gives no proofs: the state is unproven.
    NodesWord,
}

/// The block whose state was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// What code sees of it.
    pub seen: Block,
    /// Its hash.
    pub hash: B256,
    /// The root of the state after it.
    pub state_root: B256,
    /// Whether its header hashes to `hash`, so that the hash vouches for the root. False on chains and forks whose
    /// headers have fields unknown here: the root is then the node's word.
    pub header_checked: bool,
}

/// What a call would do on a node's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// What it would do. Incomplete where something is still missing.
    pub simulated: Simulated,
    /// The state it ran on; with the block it gives the same answer without the node.
    pub state: State,
    /// The block.
    pub block: Pinned,
    /// What the state rests on.
    pub proof: Proof,
    /// The limit that ended the fetching early, if one did.
    pub stopped: Option<Limit>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// The node gave no result.
    #[error("{method}: {error}")]
    Node {
        /// The method called.
        method: &'static str,
        /// What it says.
        error: NodeError,
    },
    /// An answer that does not have the documented form.
    #[error("the node's answer to {method} does not have the documented form: {problem}")]
    Shape {
        /// The method called.
        method: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The node contradicts its own state root: a fault, or a lie.
    #[error("the node's word on {subject} is false: {problem}")]
    False {
        /// What it speaks of: an account, a slot, a code, a header.
        subject: String,
        /// What disagrees.
        problem: String,
    },
    /// The node is on another chain than the call.
    #[error("the node is on chain {found}, and the call is for chain {wanted}")]
    Chain {
        /// The node's.
        found: u64,
        /// The call's.
        wanted: u64,
    },
    /// The node has no such block.
    #[error("the node does not have the block that was asked for")]
    NoBlock,
    /// The block was replaced while its state was fetched by number.
    #[error("block {number} was replaced while its state was read; try again")]
    Moved {
        /// Its number.
        number: u64,
    },
}

/// Runs a call on the state after a block, as if in that block, whatever `call.block` says.
///
/// Caller, precompiles and the zero address are fetched like all others: nothing is taken for empty unseen.
pub fn simulate(node: &mut dyn Node, call: &Call, at: At, limits: &Limits) -> Result<Live, LiveError> {
    let first = [Missing::Account(call.caller), Missing::Account(call.to)];
    simulate_by(node, call.chain_id, at, limits, &first, &mut |state, block| {
        attempt(state, &[], &Call { block, ..call.clone() }, &[])
    })
}

/// As [`simulate`], where each run makes its call of the state known so far and the block. `first` is fetched before the
/// first run.
pub(crate) fn simulate_by(
    node: &mut dyn Node,
    chain_id: u64,
    at: At,
    limits: &Limits,
    first: &[Missing],
    run: &mut dyn FnMut(&State, Block) -> Simulated,
) -> Result<Live, LiveError> {
    let mut reader = Reader::pin(node, Some(chain_id), at, *limits)?;
    let (simulated, stopped) = reader.run(first, run)?;
    let (block, proof) = reader.unmoved()?;
    Ok(Live { simulated, state: reader.state, block, proof, stopped })
}

/// A node's state at one block, read bit by bit.
pub(crate) struct Reader<'a> {
    source: fetch::Source<'a>,
    state: State,
    limits: Limits,
}

impl<'a> Reader<'a> {
    /// Finds the block. Without a chain the node's own is taken.
    pub(crate) fn pin(
        node: &'a mut dyn Node,
        chain_id: Option<u64>,
        at: At,
        limits: Limits,
    ) -> Result<Self, LiveError> {
        let source = fetch::Source::pin(node, chain_id, at)?;
        Ok(Self { source, state: State::default(), limits })
    }

    /// The chain.
    pub(crate) fn chain_id(&self) -> u64 {
        self.source.chain_id
    }

    /// What code sees of the block.
    pub(crate) fn block(&self) -> Block {
        self.source.block.seen
    }

    /// An account with some of its slots; `None` where a limit ended the reading.
    pub(crate) fn account(
        &mut self,
        address: &Address,
        slots: &[U256],
    ) -> Result<Option<&Account>, LiveError> {
        let known = self.state.accounts.get(address);
        let lacks = |slot: &&U256| known.is_none_or(|account| !account.storage.contains_key(slot));
        let mut missing: BTreeSet<Missing> =
            slots.iter().filter(lacks).map(|slot| Missing::Slot(*address, *slot)).collect();
        if known.is_none() {
            missing.insert(Missing::Account(*address));
        }
        match gather(&mut self.source, &mut self.state, &missing, &self.limits)? {
            None => Ok(self.state.accounts.get(address)),
            Some(_) => Ok(None),
        }
    }

    /// Runs something until it reads nothing that is missing. `first` is fetched before the first run.
    pub(crate) fn run(
        &mut self,
        first: &[Missing],
        run: &mut dyn FnMut(&State, Block) -> Simulated,
    ) -> Result<(Simulated, Option<Limit>), LiveError> {
        let limits = self.limits;
        self.run_within(&limits, first, run)
    }

    /// As [`run`](Self::run), within other limits, which hold for all that was read.
    pub(crate) fn run_within(
        &mut self,
        limits: &Limits,
        first: &[Missing],
        run: &mut dyn FnMut(&State, Block) -> Simulated,
    ) -> Result<(Simulated, Option<Limit>), LiveError> {
        let block = self.block();
        let mut missing: BTreeSet<Missing> = first.iter().copied().collect();
        let mut rounds = 0;
        loop {
            let mut stopped = gather(&mut self.source, &mut self.state, &missing, limits)?;
            let simulated = run(&self.state, block);
            missing.clone_from(&simulated.missing);
            missing.retain(|what| !matches!(what, Missing::BlockHash(_)));
            rounds += 1;
            if !missing.is_empty() && rounds >= limits.rounds {
                stopped = stopped.or(Some(Limit::Rounds));
            }
            if missing.is_empty() || stopped.is_some() {
                return Ok((simulated, stopped));
            }
        }
    }

    /// The block, and what everything read of it rests on. Fails where the block was replaced meanwhile.
    pub(crate) fn unmoved(&mut self) -> Result<(Pinned, Proof), LiveError> {
        self.source.unmoved()?;
        Ok((self.source.block, self.source.proof))
    }
}

/// Fetches what is missing into the state, as far as the limits allow.
fn gather(
    source: &mut fetch::Source<'_>,
    state: &mut State,
    missing: &BTreeSet<Missing>,
    limits: &Limits,
) -> Result<Option<Limit>, LiveError> {
    let mut wanted: BTreeMap<Address, Vec<U256>> = BTreeMap::new();
    for what in missing {
        match what {
            Missing::Account(address) => drop(wanted.entry(*address).or_default()),
            Missing::Slot(address, slot) => wanted.entry(*address).or_default().push(*slot),
            Missing::BlockHash(_) => {}
        }
    }
    let mut slots: usize = state.accounts.values().map(|account| account.storage.len()).sum();
    for (address, keys) in wanted {
        let known = state.accounts.contains_key(&address);
        if !known && state.accounts.len() >= limits.accounts {
            return Ok(Some(Limit::Accounts));
        }
        slots += keys.len();
        if slots > limits.slots {
            return Ok(Some(Limit::Slots));
        }
        let Some(fetched) = source.account(&address, &keys, !known, limits.code)? else {
            return Ok(Some(Limit::Code));
        };
        let account = state.accounts.entry(address).or_insert(fetched.account);
        account.storage.extend(fetched.slots);
    }
    Ok(None)
}

//! What the guard asks of others, who have the data: lists of addresses, and an engine that executes.
//!
//! The guard itself stays pure. Whoever calls it hands in something that answers, or nothing; what nobody answered is said
//! in the report, and is never taken for clear.

use std::{collections::BTreeSet, fmt::Debug};

use alloy_primitives::{Address, U256};
use tracehound_model::{Gap, LabelStatement};

use crate::{
    decode::{Grant, Setting},
    finding::Finding,
    safe::SafeCase,
};

/// Lists that addresses are looked up in.
pub trait Lists: Debug + Send + Sync {
    /// What the lists say of an address of any chain.
    fn screen(&self, address: &tracehound_model::Address) -> Listing;

    /// What the lists say of an address of an EVM chain.
    fn screen_evm(&self, address: &Address) -> Listing {
        self.screen(&tracehound_model::Address::Evm(address.into_array()))
    }

    /// What packs of labels say of an address, as whoever deals with it on a chain needs to know it, and what counts most before the
    /// rest. A label is somebody's word: whom one names is said, and nobody is vouched for by it. What it holds against
    /// an address is in [`screen`](Self::screen).
    fn labels(&self, _address: &tracehound_model::Address, _chain_id: Option<u64>) -> Vec<LabelStatement> {
        Vec::new()
    }

    /// Of each of many addresses of EVM chains, whether the lists may say something of it; that they do not is sure. For data
    /// in which an address may begin at every byte.
    fn may_know_evm(&self, addresses: &[[u8; 20]]) -> Vec<bool> {
        vec![true; addresses.len()]
    }

    /// The lists and their dates, a line each.
    fn sources(&self) -> Vec<String>;
}

/// What lists say of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Searched, and nothing stands against it.
    Clear,
    /// A person must look: why.
    Doubtful(String),
    /// Sanctioned, or named as a thief's: by whom.
    Listed(String),
    /// No answer: what was missing.
    Unknown(Gap),
}

/// Executes what is to be signed, on recorded or live state.
pub trait Engine: Debug {
    /// What it would do.
    fn run(&self, execution: &Execution<'_>) -> Simulation;
}

/// Something to be executed.
#[derive(Clone, Debug)]
pub struct Execution<'a> {
    /// The chain, as far as known.
    pub chain_id: Option<u64>,
    /// Where it stands in the input.
    pub path: &'a str,
    /// What is executed.
    pub what: Executed<'a>,
    /// Changes of the Safe's own settings that it says it makes. They are judged by their own checks.
    pub settings: Vec<&'a Setting>,
    /// Rights over tokens that it says it gives. They are judged by their own checks.
    pub grants: Vec<&'a Grant>,
    /// Whether it says that it signs a message for the Safe, which the Safe's storage keeps.
    pub signs_message: bool,
    /// Safes that are made to act by it, besides whoever sends it: what they hold leaves as his does.
    pub acting: Vec<Address>,
    /// They, and every other account that is made to act.
    pub made_to_act: Vec<Address>,
    /// Whom it calls with data, at whatever depth it is read: where no code lies, such a call does nothing and goes through.
    pub called: Vec<Address>,
}

/// What is executed.
#[derive(Clone, Copy, Debug)]
pub enum Executed<'a> {
    /// A Safe transaction, as the Safe would.
    Safe {
        /// Those whose turn comes before, one for each number.
        before: &'a [&'a SafeCase<'a>],
        /// The transaction itself.
        case: &'a SafeCase<'a>,
    },
    /// A call.
    Call {
        /// What is sent before it, in order: a batch. What that does is not asked for here.
        before: &'a [Called<'a>],
        /// The call itself.
        call: Called<'a>,
    },
}

/// A call to be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called<'a> {
    /// Who sends it.
    pub from: Address,
    /// Whom it calls.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// Call data.
    pub data: &'a [u8],
    /// The gas that it may use, where that is told.
    pub gas: Option<u64>,
}

/// Money or a token that moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The token's contract; zero for the native coin.
    pub token: Address,
    /// Who loses it.
    pub from: Address,
    /// Who gets it.
    pub to: Address,
    /// Which piece or kind of it, where they have numbers (ERC-721, ERC-1155).
    pub id: Option<U256>,
    /// Base units, or how many of that number.
    pub amount: U256,
}

/// What an execution did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// How it ended, in words.
    pub outcome: String,
    /// Whether it went through. Nothing moves unless it did.
    pub went_through: bool,
    /// Gas used.
    pub gas: u64,
    /// Tokens that move, in order, then the coin, account by account.
    pub moved: Vec<Moved>,
    /// Who of those who get something is seen to have code of his own. Of others that is not known.
    pub coded: BTreeSet<Address>,
    /// What else changes, a line each.
    pub changes: Vec<String>,
    /// What stands against it.
    pub findings: Vec<Finding>,
    /// On which state it ran: `recorded state`, `block 19000000 of http://…, proofs checked`.
    pub state: String,
}

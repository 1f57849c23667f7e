//! What a node is asked of a chain, and what it shows, all of it at one block.

use std::{collections::BTreeSet, fmt::Debug};

use alloy_primitives::{Address, B256};

use crate::facts::{AccountFacts, SafeFacts, TokenFacts};

/// A node that is asked what lies on the chain.
pub trait Chain: Debug {
    /// What lies there, all of it at one block, however often it is asked. `chain_id`: the chain it must be.
    fn look(&self, chain_id: Option<u64>, at: &Concerned) -> Result<Seen, String>;
}

/// Whom a request deals with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// Accounts, those that matter most first.
    pub accounts: Vec<Address>,
    /// Accounts that only lose a right.
    pub losing: Vec<Address>,
    /// Addresses that must be Safes.
    pub safes: BTreeSet<Address>,
    /// Contracts of tokens.
    pub tokens: BTreeSet<Address>,
    /// Safe, owner and hash: signatures that say the owner approved the hash by a transaction.
    pub approvals: BTreeSet<(Address, Address, B256)>,
    /// Chains that the request names.
    pub chains: BTreeSet<u64>,
}

/// What a node's word rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Proven against the state root of a block whose header hashes to its hash.
    Proven,
    /// Proven against a state root that is the node's word.
    RootsWord,
    /// The node gives no proofs.
    NodesWord,
}

impl Basis {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proofs checked",
            Self::RootsWord => "proofs checked against a state root that is the node's word",
            Self::NodesWord => "the node's word, without proof",
        }
    }
}

/// What a node showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The chain.
    pub chain_id: u64,
    /// Number of the block.
    pub block: u64,
    /// Its hash.
    pub hash: B256,
    /// When it was made, in seconds since 1970, as it says itself.
    pub time: u64,
    /// What it rests on.
    pub basis: Basis,
    /// The node, in words.
    pub node: String,
    /// Safes: their code is that of a Safe.
    pub safes: Vec<SafeFacts>,
    /// Accounts.
    pub accounts: Vec<AccountFacts>,
    /// Tokens, by what their own code answers.
    pub tokens: Vec<TokenFacts>,
    /// What cannot be as it is shown, a sentence each.
    pub odd: Vec<String>,
    /// What could not be read, a sentence each.
    pub unread: Vec<String>,
}

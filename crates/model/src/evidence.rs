//! Evidence: the small directed graph that a verdict rests on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Address, Claim, LabelStatement, Ownership, TxRef};

/// A graph of nodes that anyone can look up, and "because" edges between them.
///
/// Node ids are readable and stable: `address:…`, `claim:…`, `label:…`, `owners:…`, `tx:…`, `rule:…`.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Evidence {
    /// Nodes in the order they were found; ids are unique.
    pub nodes: Vec<EvidenceNode>,
    /// Edges: `from` holds because of `to`.
    pub because: Vec<Because>,
}

/// One fact in the graph.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct EvidenceNode {
    /// Unique id, `kind:name`.
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What a node states.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// An address on a chain.
    Address {
        /// The address.
        address: Address,
    },
    /// A claim, whole, so that the answer can be checked without the data folder.
    Claim {
        /// The claim.
        claim: Box<Claim>,
    },
    /// A statement of a pack of labels, whole.
    Label {
        /// The statement.
        label: Box<LabelStatement>,
    },
    /// A transaction in the ledger.
    Tx {
        /// Its chain, and its id as that prints it.
        #[serde(flatten)]
        tx: TxRef,
        /// Height of its block, where known.
        #[serde(skip_serializing_if = "Option::is_none")]
        height: Option<u32>,
        /// Time of its block, seconds since 1970-01-01 UTC.
        time: u32,
    },
    /// Who owns whom a claim names.
    Ownership {
        /// How much of it listed parties own, and by which way.
        ownership: Box<Ownership>,
    },
    /// A rule of the policy that fired.
    Rule {
        /// The rule's name in the policy file.
        rule: String,
    },
}

/// `from` holds because of `to`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Because {
    /// Node that needs support.
    pub from: String,
    /// Node that supports it.
    pub to: String,
}

impl Evidence {
    /// Adds a node once; later additions with the same id are ignored.
    pub fn node(&mut self, id: impl Into<String>, fact: Fact) -> String {
        let id = id.into();
        if !self.nodes.iter().any(|node| node.id == id) {
            self.nodes.push(EvidenceNode { id: id.clone(), fact });
        }
        id
    }

    /// Adds an edge once: `from` holds because of `to`.
    pub fn because(&mut self, from: &str, to: &str) {
        if !self.because.iter().any(|edge| edge.from == from && edge.to == to) {
            self.because.push(Because { from: from.to_owned(), to: to.to_owned() });
        }
    }
}

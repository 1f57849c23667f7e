//! Up to where a node's chain goes, and where it does not change any more.

use std::sync::Arc;

use alloy_primitives::{B256, U64};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Node, NodeError};
use crate::rpc::{Question, RpcError};

/// Where reading ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At the last block that is final by the chain's rule ([`Rules::finality`](crate::chains::Rules)).
    Final,
    /// At the last block with so many others on top of it.
    Depth(u64),
}

/// Why reading ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndBy {
    /// The node calls it final.
    Tag,
    /// It has so many blocks on top of it.
    Depth(u64),
}

/// Up to where a node's chain goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its last block.
    pub latest: u64,
    /// The last block that is read; nothing where none is old enough.
    pub end: Option<u64>,
    /// Why reading ends there.
    pub by: EndBy,
}

#[derive(Deserialize)]
struct Told {
    number: U64,
    hash: B256,
}

const BY_NUMBER: &str = "eth_getBlockByNumber";

impl Node {
    /// Up to where the node's chain goes now.
    ///
    /// # Errors
    /// When the node does not say.
    pub fn head(&mut self, end: End) -> Result<Head, NodeError> {
        let latest = self.number("eth_blockNumber", json!([]))?;
        let finality = self.rules.finality;
        let by_depth = |depth| Head { latest, end: latest.checked_sub(depth), by: EndBy::Depth(depth) };
        match end {
            End::Depth(depth) => Ok(by_depth(depth)),
            End::Final => match self.named(finality.tag)? {
                // What is called final behind the last block was said by another node of a pool.
                Some(last) => Ok(Head { latest: latest.max(last), end: Some(last), by: EndBy::Tag }),
                None => Ok(by_depth(finality.depth)),
            },
        }
    }

    /// The number of the block that a node calls so; nothing where it does not know the name.
    fn named(&mut self, tag: &str) -> Result<Option<u64>, NodeError> {
        let question: Question = (BY_NUMBER, json!([tag, false]));
        let gathered = self.asker.ask(&[question])?;
        match gathered.get(0) {
            Ok(told) => Ok(self.told(told)?.map(|told| told.number.to())),
            Err(error) if matches!(**error, RpcError::Node { .. }) => Ok(None),
            Err(error) => Err(Arc::clone(error).into()),
        }
    }

    /// The hashes of the node's blocks of these numbers, where it has them.
    ///
    /// # Errors
    /// When the node does not say.
    pub fn hashes(&mut self, numbers: &[u64]) -> Result<Vec<Option<B256>>, NodeError> {
        let questions: Vec<Question> =
            numbers.iter().map(|number| (BY_NUMBER, json!([format!("{number:#x}"), false]))).collect();
        let gathered = self.asker.ask(&questions)?;
        let mut hashes = Vec::with_capacity(numbers.len());
        for (index, &number) in numbers.iter().enumerate() {
            let told = gathered.get(index);
            let told = told.map_err(|error| NodeError::Refused { number, source: Arc::clone(error) })?;
            let told = self.told(told)?;
            if told.as_ref().is_some_and(|told| told.number.to::<u64>() != number) {
                return Err(self.strange(BY_NUMBER, format!("is another block than {number}")));
            }
            hashes.push(told.map(|told| told.hash));
        }
        Ok(hashes)
    }

    fn told(&self, told: &str) -> Result<Option<Told>, NodeError> {
        serde_json::from_str(told).map_err(|error| self.strange(BY_NUMBER, format!("is no block: {error}")))
    }

    /// A number that is asked for alone.
    pub(super) fn number(&mut self, method: &'static str, params: Value) -> Result<u64, NodeError> {
        let gathered = self.asker.ask(&[(method, params)])?;
        let told = gathered.get(0).map_err(Arc::clone)?;
        let number: Result<U64, _> = serde_json::from_str(told);
        number.map(|number| number.to()).map_err(|_| self.strange(method, "is no number"))
    }
}

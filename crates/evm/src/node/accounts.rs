//! Where an account's movements stand, as a node lists them, and where a transaction does.

use std::{collections::BTreeSet, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

use super::{Node, NodeError};
use crate::{
    logs,
    rpc::Question,
    traces::{called_flat, called_nested},
};

/// What is listed of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// Calls that it made.
    CallsFrom,
    /// Calls to it.
    CallsTo,
    /// Logs about tokens that name it in this topic.
    Topic(usize),
}

impl List {
    const ALL: [Self; 5] = [Self::CallsFrom, Self::CallsTo, Self::Topic(1), Self::Topic(2), Self::Topic(3)];

    const fn is_of_calls(self) -> bool {
        !matches!(self, Self::Topic(_))
    }

    const fn method(self) -> &'static str {
        if self.is_of_calls() { "trace_filter" } else { "eth_getLogs" }
    }

    fn question(self, account: Address, from: u64, to: u64) -> Question {
        let mut filter = json!({ "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}") });
        match self {
            Self::CallsFrom => filter["fromAddress"] = json!([account]),
            Self::CallsTo => filter["toAddress"] = json!([account]),
            Self::Topic(at) => {
                let mut topics = vec![json!(logs::TOPICS)];
                topics.resize(at, Value::Null);
                topics.push(json!(account.into_word()));
                filter["topics"] = json!(topics);
            }
        }
        (self.method(), json!([filter]))
    }
}

/// What one answer lists.
enum Listed {
    /// The blocks, in order.
    Blocks(BTreeSet<u64>),
    /// The node refuses so many blocks at once.
    TooMany,
    /// The node has no such list.
    NoSuchList,
}

/// Something that stands in a block.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    #[serde(deserialize_with = "number")]
    block_number: u64,
}

/// A number: traces have it as one, all else as hexadecimal text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let told = Value::deserialize(deserializer)?;
    if let Some(number) = told.as_u64() {
        return Ok(number);
    }
    let number: U64 = serde_json::from_value(told).map_err(|_| D::Error::custom("a number that is none"))?;
    Ok(number.to())
}

#[derive(Deserialize)]
struct Dated {
    hash: B256,
    timestamp: U64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mined {
    hash: B256,
    #[serde(default)]
    block_number: Option<U64>,
}

impl Node {
    /// The blocks from `from` to `to`, both included, in which calls from or to an account or logs about tokens name it; nothing where
    /// the node lists no calls (`trace_filter`). What blocks pay out to it is not among them.
    ///
    /// Nodes cut lists off, at lengths of their own and some of them without a word. So no list is taken for whole: the next
    /// question begins behind the last block that was listed, until nothing is, and of the first list what is before it is asked
    /// for too. A question that the node refuses is asked again of half as many blocks.
    ///
    /// # Errors
    /// When the node does not say, though it is asked about a single block.
    pub fn blocks_of(
        &mut self,
        account: Address,
        from: u64,
        to: u64,
    ) -> Result<Option<BTreeSet<u64>>, NodeError> {
        let mut blocks = BTreeSet::new();
        for list in List::ALL {
            let (mut start, mut width) = (from, u64::MAX);
            let mut is_first = true;
            while start <= to {
                let end = to.min(start.saturating_add(width - 1));
                let listed = match self.listed(list, account, start, end)? {
                    Listed::NoSuchList => return Ok(None),
                    Listed::TooMany => {
                        width = (end - start).div_ceil(2).max(1);
                        continue;
                    }
                    Listed::Blocks(listed) => listed,
                };
                let (Some(&first), Some(&last)) = (listed.first(), listed.last()) else {
                    let Some(next) = end.checked_add(1) else { break };
                    start = next;
                    width = width.saturating_mul(2);
                    continue;
                };
                blocks.extend(listed);
                // A node that keeps the newest of a list leaves out what is before.
                if std::mem::take(&mut is_first) && start < first {
                    match self.listed(list, account, start, first - 1)? {
                        Listed::Blocks(before) if before.is_empty() => {}
                        _ => {
                            let method = list.method();
                            return Err(self.strange(method, "leaves out what is before it".to_owned()));
                        }
                    }
                }
                let Some(next) = last.checked_add(1) else { break };
                start = next;
            }
        }
        Ok(Some(blocks))
    }

    /// The blocks that one answer lists.
    fn listed(&mut self, list: List, account: Address, from: u64, to: u64) -> Result<Listed, NodeError> {
        let question = list.question(account, from, to);
        let method = question.0;
        let gathered = self.asker.ask(&[question])?;
        let told = match gathered.get(0) {
            Ok(told) => told,
            Err(error) if error.is_no_such_method() && list.is_of_calls() => return Ok(Listed::NoSuchList),
            Err(_) if from < to => return Ok(Listed::TooMany),
            Err(error) => return Err(NodeError::Refused { number: from, source: Arc::clone(error) }),
        };
        // Nothing at all is no list: an empty one says that there is none.
        let placed: Vec<Placed> = serde_json::from_str(told)
            .map_err(|error| self.strange(method, format!("is no list: {error}")))?;
        let blocks: BTreeSet<u64> = placed.iter().map(|own| own.block_number).collect();
        if let Some(other) = blocks.iter().find(|&&block| block < from || block > to) {
            let problem = format!("is of block {other}, where one from {from} to {to} must be");
            return Err(self.strange(method, problem));
        }
        Ok(Listed::Blocks(blocks))
    }

    /// What these accounts held of a token after a block, by its contract's word; nothing where there was no contract yet.
    ///
    /// # Errors
    /// When the node does not say, for example because it has no state of so old a block, or the contract does not.
    pub fn token_balances(
        &mut self,
        height: u64,
        token: Address,
        accounts: &[Address],
    ) -> Result<Vec<U256>, NodeError> {
        const METHOD: &str = "eth_call";
        // balanceOf(address)
        const SELECTOR: &str = "0x70a08231";
        let questions: Vec<Question> = accounts
            .iter()
            .map(|account| {
                let data = format!("{SELECTOR}{}", alloy_primitives::hex::encode(account.into_word()));
                (METHOD, json!([{ "to": token, "data": data }, format!("{height:#x}")]))
            })
            .collect();
        let gathered = self.asker.ask(&questions)?;
        (0..questions.len())
            .map(|index| {
                let told = gathered.get(index).map_err(Arc::clone)?;
                let said: Option<Bytes> = serde_json::from_str(told).ok();
                let amount = said.and_then(|said| match said.len() {
                    0 => Some(U256::ZERO),
                    32 => Some(U256::from_be_slice(&said)),
                    _ => None,
                });
                amount.ok_or_else(|| self.strange(METHOD, "is no amount"))
            })
            .collect()
    }

    /// Every account that a transaction called, itself or inside; nothing where the node tells no traces.
    ///
    /// # Errors
    /// When the node does not say.
    pub fn called(&mut self, tx: B256) -> Result<Option<Vec<Address>>, NodeError> {
        if !self.options.traces {
            return Ok(None);
        }
        let nested = ("debug_traceTransaction", json!([tx, { "tracer": "callTracer", "timeout": "100s" }]));
        for question in [nested, ("trace_transaction", json!([tx]))] {
            let method = question.0;
            let gathered = self.asker.ask(&[question])?;
            let told = match gathered.get(0) {
                Err(error) if error.is_no_such_method() => continue,
                told => told.map_err(Arc::clone)?,
            };
            let called = match method {
                "trace_transaction" => called_flat(told, tx),
                _ => called_nested(told),
            };
            return called.map(Some).map_err(|error| self.strange(method, error.to_string()));
        }
        Ok(None)
    }

    /// The block that a transaction stands in; nothing where the node knows none of this hash in a block.
    ///
    /// # Errors
    /// When the node does not say.
    pub fn block_of(&mut self, hash: B256) -> Result<Option<u64>, NodeError> {
        const METHOD: &str = "eth_getTransactionByHash";
        let gathered = self.asker.ask(&[(METHOD, json!([hash]))])?;
        let told = gathered.get(0).map_err(Arc::clone)?;
        let mined: Option<Mined> = serde_json::from_str(told)
            .map_err(|error| self.strange(METHOD, format!("is no transaction: {error}")))?;
        match mined {
            Some(mined) if mined.hash != hash => Err(self.strange(METHOD, "is another transaction")),
            mined => Ok(mined.and_then(|mined| mined.block_number).map(|number| number.to())),
        }
    }

    /// Hash and time of a block.
    ///
    /// # Errors
    /// When the node does not say, or has no such block.
    pub fn dated(&mut self, number: u64) -> Result<(B256, u64), NodeError> {
        const METHOD: &str = "eth_getBlockByNumber";
        let gathered = self.asker.ask(&[(METHOD, json!([format!("{number:#x}"), false]))])?;
        let told = gathered.get(0).map_err(Arc::clone)?;
        let dated: Option<Dated> = serde_json::from_str(told)
            .map_err(|error| self.strange(METHOD, format!("is no block: {error}")))?;
        let dated = dated.ok_or_else(|| NodeError::NoBlock { server: self.server(), number })?;
        Ok((dated.hash, dated.timestamp.to()))
    }
}

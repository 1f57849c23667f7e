//! The receipts of a block as a node tells them, held against the root in its header.
//!
//! Where they fit, no log was left out, added or changed, and what a transaction used and whether it failed is so too.

use std::collections::BTreeMap;

use alloy_consensus::{
    Eip658Value, Receipt as Encoded, ReceiptEnvelope, ReceiptWithBloom, TxReceipt as _, TxType, proofs,
};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, U64, U256, logs_bloom};
use serde::Deserialize;

use crate::{
    block::{Block, BlockError, Checks, Proof, Tx, Unproved, decide, same_root},
    kin,
    names::Names,
};

/// What a transaction did.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The transaction.
    pub tx: B256,
    /// Whether it succeeded; before EIP-658 (Byzantium) receipts do not say.
    pub succeeded: Option<bool>,
    /// Gas that it used.
    pub gas_used: u64,
    /// Gas used by the block's transactions up to and with it.
    pub cumulative_gas_used: u64,
    /// What it paid a unit of gas, in the native asset's base units; nothing where the node does not say.
    pub effective_gas_price: Option<U256>,
    /// Gas of its blobs (EIP-4844) and their price a unit.
    pub blob: Option<(u64, U256)>,
    /// What its roll-up took for settling it on the chain below, in the native asset's base units.
    pub l1_fee: Option<U256>,
    /// Whether its roll-up took a fee that is not read beside (the operator's of the OP stack).
    pub has_other_fees: bool,
    /// The contract that it created, by the node's word.
    pub created: Option<Address>,
    /// What contracts said, in order.
    pub logs: Vec<Log>,
}

/// The receipts of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipts {
    /// One a transaction, in order.
    pub receipts: Vec<Receipt>,
    /// Whether they are those of the header.
    pub proof: Proof,
    /// Names of fields that are not known, with how often they stood there.
    pub unknown_fields: BTreeMap<String, u64>,
}

/// Why receipts are refused.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// They are not of the form of receipts.
    #[error("the node's answer is no list of receipts: {0}")]
    Form(String),
    /// There are more or fewer than transactions: nodes near their tip are known to answer with an empty list.
    #[error("block {number} has {txs} transactions, but the node told {receipts} receipts")]
    Count {
        /// The block.
        number: u64,
        /// Transactions.
        txs: usize,
        /// Receipts.
        receipts: usize,
    },
    /// One of them is not what its transaction needs.
    #[error("receipt {index} of block {number} {what}")]
    Receipt {
        /// The block.
        number: u64,
        /// Its place, from 0.
        index: usize,
        /// What is wrong.
        what: String,
    },
    /// Their root is not that of the header.
    #[error(transparent)]
    Root(#[from] BlockError),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    transaction_hash: Option<B256>,
    status: Option<U64>,
    root: Option<B256>,
    cumulative_gas_used: Option<U64>,
    gas_used: Option<U64>,
    effective_gas_price: Option<U256>,
    blob_gas_used: Option<U64>,
    blob_gas_price: Option<U256>,
    l1_fee: Option<U256>,
    operator_fee_scalar: Option<U256>,
    operator_fee_constant: Option<U256>,
    deposit_nonce: Option<U64>,
    deposit_receipt_version: Option<U64>,
    contract_address: Option<Address>,
    logs_bloom: Option<Bloom>,
    logs: Option<Vec<ToldLog>>,
    #[serde(flatten)]
    others: Names,
}

#[derive(Deserialize)]
struct ToldLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
    #[serde(default)]
    removed: bool,
}

/// The type of transactions with blobs (EIP-4844).
const BLOBS: u8 = 3;

/// Fields of receipts that are known and not needed. The type is that of the transaction, whatever a node says here.
const KNOWN: [&str; 8] = [
    "blockHash",
    "blockNumber",
    "blockTimestamp",
    "from",
    "to",
    "transactionIndex",
    "l1GasPrice",
    "l1GasUsed",
];

impl Receipts {
    /// Reads the result of `eth_getBlockReceipts`, or a list of results of `eth_getTransactionReceipt` in the order of the
    /// block's transactions.
    ///
    /// # Errors
    /// Where they are not those of the block.
    pub fn read(json: &str, block: &Block, checks: Checks) -> Result<Self, ReceiptError> {
        let told: Option<Vec<Told>> =
            serde_json::from_str(json).map_err(|error| ReceiptError::Form(error.to_string()))?;
        let told = told.unwrap_or_default();
        let number = block.header.number;
        if told.len() != block.txs.len() {
            return Err(ReceiptError::Count { number, txs: block.txs.len(), receipts: told.len() });
        }
        let mut proof = checks.roots();
        let (mut receipts, mut encoded) = (Vec::with_capacity(told.len()), Vec::<Vec<u8>>::new());
        let mut unknown_fields = BTreeMap::new();
        let mut before = 0;
        for (index, (told, tx)) in told.into_iter().zip(&block.txs).enumerate() {
            let wrong = |what: String| ReceiptError::Receipt { number, index, what };
            for name in told.others.0.iter().filter(|name| !KNOWN.contains(&name.as_str())) {
                *unknown_fields.entry(name.clone()).or_insert(0) += 1;
            }
            let told_bloom = told.logs_bloom;
            let deposit =
                [told.deposit_nonce, told.deposit_receipt_version].map(|told| told.map(|told| told.to()));
            let (receipt, outcome) = told.receipt(tx).map_err(wrong)?;
            // Five hashes a log. Under the root stands the right one, so what was told need not be recomputed to be held against it.
            let bloom = match told_bloom {
                Some(bloom) if proof.is_proved() || !checks.roots => bloom,
                _ => logs_bloom(&receipt.logs),
            };
            if told_bloom.is_some_and(|told| told != bloom) {
                return Err(wrong("has a bloom filter of other logs".to_owned()));
            }
            if receipt.cumulative_gas_used.checked_sub(before) != Some(receipt.gas_used) {
                return Err(wrong(format!(
                    "says {} gas was used, but the sums before and after it differ by another amount ({before} and {})",
                    receipt.gas_used, receipt.cumulative_gas_used
                )));
            }
            before = receipt.cumulative_gas_used;
            if proof.is_proved() {
                let plain = Encoded {
                    status: outcome,
                    cumulative_gas_used: receipt.cumulative_gas_used,
                    logs: receipt.logs.clone(),
                };
                let plain = ReceiptWithBloom { receipt: plain, logs_bloom: bloom };
                let bytes = match TxType::try_from(tx.kind) {
                    Ok(kind) => Some(ReceiptEnvelope::from_typed(kind, plain).encoded_2718()),
                    Err(_) => {
                        kin::encoded_receipt(tx.kind, &alloy_rlp::encode(&plain), deposit[0], deposit[1])
                    }
                };
                match bytes {
                    Some(bytes) => encoded.push(bytes),
                    None => proof = Proof::Reported(Unproved::Type(tx.kind)),
                }
            }
            receipts.push(receipt);
        }
        if proof.is_proved() {
            let computed = proofs::ordered_trie_root_encoded(&encoded);
            proof = decide("receipts", &block.header, block.header.receipts_root, computed, checks)?;
        }
        Ok(Self { receipts, proof, unknown_fields })
    }
}

impl Receipts {
    /// Receipts as they are encoded under the root of the block's header.
    ///
    /// # Errors
    /// Where they are not those of the block.
    pub fn of_parts(envelopes: Vec<ReceiptEnvelope>, block: &Block) -> Result<Self, ReceiptError> {
        let number = block.header.number;
        if envelopes.len() != block.txs.len() {
            return Err(ReceiptError::Count { number, txs: block.txs.len(), receipts: envelopes.len() });
        }
        let computed = proofs::calculate_receipt_root(&envelopes);
        same_root("receipts", &block.header, block.header.receipts_root, computed)?;
        let (mut receipts, mut before) = (Vec::with_capacity(envelopes.len()), 0);
        for (index, (envelope, tx)) in envelopes.into_iter().zip(&block.txs).enumerate() {
            let succeeded = match envelope.status_or_post_state() {
                Eip658Value::Eip658(succeeded) => Some(succeeded),
                Eip658Value::PostState(_) => None,
            };
            let cumulative_gas_used = envelope.cumulative_gas_used();
            let gas_used = cumulative_gas_used.checked_sub(before).ok_or_else(|| ReceiptError::Receipt {
                number,
                index,
                what: "uses less gas in all than the one before it".to_owned(),
            })?;
            before = cumulative_gas_used;
            receipts.push(Receipt {
                tx: tx.hash,
                succeeded,
                gas_used,
                cumulative_gas_used,
                effective_gas_price: tx.gas_price.map(U256::from),
                blob: None,
                l1_fee: None,
                has_other_fees: false,
                created: None,
                logs: envelope.into_logs(),
            });
        }
        Ok(Self { receipts, proof: Proof::Header, unknown_fields: BTreeMap::new() })
    }
}

impl Told {
    /// The receipt, and how it tells its outcome; or what is wrong with it.
    fn receipt(self, tx: &Tx) -> Result<(Receipt, Eip658Value), String> {
        let missing = |field: &str| format!("has no `{field}`");
        if self.transaction_hash.ok_or_else(|| missing("transactionHash"))? != tx.hash {
            return Err(format!("is of another transaction than {}", tx.hash));
        }
        let outcome = match (self.status, self.root) {
            (Some(status), _) if status <= U64::from(1) => Eip658Value::Eip658(status == U64::from(1)),
            (Some(status), _) => return Err(format!("has the status {status}, which is neither 0 nor 1")),
            (None, Some(root)) => Eip658Value::PostState(root),
            (None, None) => return Err("has neither `status` nor `root`".to_owned()),
        };
        let told_logs = self.logs.ok_or_else(|| missing("logs"))?;
        if told_logs.iter().any(|log| log.removed) {
            return Err("has a log that a reorganisation removed".to_owned());
        }
        let logs: Option<Vec<Log>> =
            told_logs.into_iter().map(|log| Log::new(log.address, log.topics, log.data)).collect();
        let logs = logs.ok_or("has a log with more than four topics")?;
        let number = |field: Option<U64>| field.map(|value| value.to::<u64>());
        // Roll-ups without blobs name by this field what a transaction takes of their own room for data.
        let blob = number(self.blob_gas_used).filter(|used| *used > 0 && tx.kind == BLOBS);
        let operators = [self.operator_fee_scalar, self.operator_fee_constant];
        let receipt = Receipt {
            tx: tx.hash,
            succeeded: match outcome {
                Eip658Value::Eip658(succeeded) => Some(succeeded),
                Eip658Value::PostState(_) => None,
            },
            gas_used: number(self.gas_used).ok_or_else(|| missing("gasUsed"))?,
            cumulative_gas_used: number(self.cumulative_gas_used)
                .ok_or_else(|| missing("cumulativeGasUsed"))?,
            effective_gas_price: self.effective_gas_price,
            blob: match (blob, self.blob_gas_price) {
                (Some(used), Some(price)) => Some((used, price)),
                (Some(_), None) => return Err(missing("blobGasPrice")),
                (None, _) => None,
            },
            l1_fee: self.l1_fee,
            has_other_fees: operators.into_iter().flatten().any(|part| !part.is_zero()),
            created: self.contract_address,
            logs,
        };
        Ok((receipt, outcome))
    }
}

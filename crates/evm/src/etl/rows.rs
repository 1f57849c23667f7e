//! The tables of ethereum-etl: their columns and rows (`ethereumetl/jobs/exporters`, and its streaming exporter, which puts
//! receipts beside transactions).

use alloy_consensus::Header;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Log, U256};

use super::{
    cells::{Cells, Problem, fixed},
    is_empty_root,
    table::Row,
};
use crate::traces::{Action, Created, Flat};

/// Withdrawals of a block that are read; a block has sixteen (EIP-4895).
const MAX_WITHDRAWALS: usize = 1_000;
/// Frames under each other: the EVM's own limit is 1,024.
const MAX_DEPTH: usize = 1_024;

/// When Cancun came to Ethereum (EIP-7569), in seconds since 1970: files of older exporters have no column that tells.
const CANCUN: u64 = 1_710_338_135;

pub(super) struct BlockRow {
    pub(super) number: u64,
    pub(super) hash: B256,
    pub(super) header: Header,
    pub(super) uncles: B256,
    pub(super) transaction_count: u64,
    pub(super) has_logs: bool,
    /// Whether EIP-6780 holds in it.
    pub(super) is_cancun: bool,
    /// Nothing where it has some and the row does not tell them.
    pub(super) withdrawals: Result<Vec<Withdrawal>, ()>,
}

impl Row for BlockRow {
    const NAMES: &'static [&'static str] = &[
        "number",
        "hash",
        "parent_hash",
        "sha3_uncles",
        "miner",
        "difficulty",
        "timestamp",
        "transaction_count",
        "logs_bloom",
        "base_fee_per_gas",
        "withdrawals_root",
        "withdrawals",
        "excess_blob_gas",
    ];
    const NEEDED: usize = 9;
    const BLOCK: usize = 0;

    fn read(cells: &Cells<'_>) -> Result<Self, Problem> {
        let number = cells.must_number(0)?;
        let bloom = cells.must(8)?;
        let root: Option<B256> = cells.fixed(10)?;
        let withdrawals = match root {
            Some(root) if !is_empty_root(root) => withdrawals(cells.text(11)?).ok_or(()),
            _ => Ok(Vec::new()),
        };
        let timestamp = cells.must_number(6)?;
        let header = Header {
            number,
            parent_hash: cells.must_fixed(2)?,
            beneficiary: Address(cells.must_fixed(4)?),
            difficulty: cells.amount(5)?.unwrap_or_default(),
            timestamp,
            base_fee_per_gas: cells.number(9)?,
            ..Header::default()
        };
        Ok(Self {
            number,
            hash: cells.must_fixed(1)?,
            header,
            uncles: cells.must_fixed(3)?,
            transaction_count: cells.must_number(7)?,
            is_cancun: cells.get(12).is_some() || timestamp >= CANCUN,
            has_logs: bloom.iter().skip(2).any(|&digit| digit != b'0'),
            withdrawals,
        })
    }
}

/// Withdrawals as Python prints a list of them, or as JSON.
fn withdrawals(text: &str) -> Option<Vec<Withdrawal>> {
    let list: Vec<serde_json::Value> = serde_json::from_str(&text.replace('\'', "\"")).ok()?;
    if list.is_empty() || list.len() > MAX_WITHDRAWALS {
        return None;
    }
    let number = |value: &serde_json::Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    list.iter()
        .map(|told| {
            Some(Withdrawal {
                index: number(&told["index"])?,
                validator_index: number(&told["validator_index"])?,
                address: Address(fixed(told["address"].as_str()?.as_bytes())?),
                amount: number(&told["amount"])?,
            })
        })
        .collect()
}

pub(super) struct TxRow {
    pub(super) hash: B256,
    pub(super) index: u64,
    pub(super) from: Address,
    pub(super) to: Option<Address>,
    pub(super) value: U256,
    pub(super) gas_price: Option<U256>,
    pub(super) kind: u8,
    pub(super) receipt: Option<ReceiptRow>,
}

impl Row for TxRow {
    const NAMES: &'static [&'static str] = &[
        "block_number",
        "hash",
        "transaction_index",
        "from_address",
        "to_address",
        "value",
        "gas_price",
        "transaction_type",
        "receipt_gas_used",
        "receipt_cumulative_gas_used",
        "receipt_contract_address",
        "receipt_status",
        "receipt_root",
        "receipt_effective_gas_price",
        "receipt_l1_fee",
        "receipt_blob_gas_used",
        "receipt_blob_gas_price",
    ];
    const NEEDED: usize = 6;
    const BLOCK: usize = 0;

    fn read(cells: &Cells<'_>) -> Result<Self, Problem> {
        let (hash, index) = (cells.must_fixed(1)?, cells.must_number(2)?);
        let receipt = match cells.number(8)? {
            Some(_) => Some(receipt(cells, hash, index, 8)?),
            None => None,
        };
        let kind = cells.number(7)?.unwrap_or(0);
        Ok(Self {
            hash,
            index,
            from: Address(cells.must_fixed(3)?),
            to: cells.fixed(4)?.map(Address),
            value: cells.amount(5)?.ok_or_else(|| cells.wrong(5, "is empty"))?,
            gas_price: cells.amount(6)?,
            kind: u8::try_from(kind).map_err(|_| cells.wrong(7, "is beyond 255"))?,
            receipt,
        })
    }
}

#[derive(Clone)]
pub(super) struct ReceiptRow {
    pub(super) hash: B256,
    pub(super) index: u64,
    pub(super) gas_used: u64,
    pub(super) cumulative_gas_used: u64,
    pub(super) created: Option<Address>,
    pub(super) succeeded: Option<bool>,
    pub(super) effective_gas_price: Option<U256>,
    pub(super) l1_fee: Option<U256>,
    pub(super) blob: Option<(u64, U256)>,
}

impl Row for ReceiptRow {
    const NAMES: &'static [&'static str] = &[
        "block_number",
        "transaction_hash",
        "transaction_index",
        "gas_used",
        "cumulative_gas_used",
        "contract_address",
        "status",
        "root",
        "effective_gas_price",
        "l1_fee",
        "blob_gas_used",
        "blob_gas_price",
    ];
    const NEEDED: usize = 8;
    const BLOCK: usize = 0;

    fn read(cells: &Cells<'_>) -> Result<Self, Problem> {
        receipt(cells, cells.must_fixed(1)?, cells.must_number(2)?, 3)
    }
}

/// A receipt of the nine columns from `at` on.
fn receipt(cells: &Cells<'_>, hash: B256, index: u64, at: usize) -> Result<ReceiptRow, Problem> {
    let succeeded = match (cells.number(at + 3)?, cells.get(at + 4)) {
        (Some(status @ (0 | 1)), _) => Some(status == 1),
        (None, Some(_)) => None,
        (None, None) => {
            return Err(cells.wrong(at + 3, "is empty, and so is the root that it had before Byzantium"));
        }
        (Some(_), _) => return Err(cells.wrong(at + 3, "is neither 0 nor 1")),
    };
    let blob = match (cells.number(at + 7)?.filter(|&used| used > 0), cells.amount(at + 8)?) {
        (Some(used), Some(price)) => Some((used, price)),
        _ => None,
    };
    Ok(ReceiptRow {
        hash,
        index,
        gas_used: cells.must_number(at)?,
        cumulative_gas_used: cells.must_number(at + 1)?,
        created: cells.fixed(at + 2)?.map(Address),
        succeeded,
        effective_gas_price: cells.amount(at + 5)?,
        l1_fee: cells.amount(at + 6)?,
        blob,
    })
}

pub(super) struct LogRow {
    pub(super) index: u64,
    pub(super) tx: B256,
    pub(super) tx_index: u64,
    pub(super) log: Log,
}

impl Row for LogRow {
    const NAMES: &'static [&'static str] =
        &["block_number", "log_index", "transaction_hash", "transaction_index", "address", "data", "topics"];
    const NEEDED: usize = 7;
    const BLOCK: usize = 0;

    fn read(cells: &Cells<'_>) -> Result<Self, Problem> {
        let mut topics = Vec::new();
        // Joined by commas; as Python prints a list where they were streamed.
        let cell = cells.get(6).unwrap_or_default();
        for topic in cell.split(|&byte| byte == b',') {
            let trimmed = topic.trim_ascii();
            let is_bracket = |byte: u8| b"[]'\" ".contains(&byte);
            let start = trimmed.iter().position(|&byte| !is_bracket(byte)).unwrap_or(trimmed.len());
            let end = trimmed.iter().rposition(|&byte| !is_bracket(byte)).map_or(start, |last| last + 1);
            if start < end {
                topics
                    .push(fixed(&trimmed[start..end]).ok_or_else(|| cells.wrong(6, "is no list of topics"))?);
            }
        }
        let data = cells.bytes(5)?;
        let log = Log::new(Address(cells.must_fixed(4)?), topics, data.into());
        Ok(Self {
            index: cells.must_number(1)?,
            tx: cells.must_fixed(2)?,
            tx_index: cells.must_number(3)?,
            log: log.ok_or_else(|| cells.wrong(6, "has more than four topics"))?,
        })
    }
}

pub(super) struct TraceRow {
    tx_index: Option<u64>,
    /// Whether it is an allocation of genesis, or a move of the fork that undid the DAO's loss.
    pub(super) is_of_the_chain: bool,
    is_uncles: bool,
    pub(super) flat: Flat,
}

impl TraceRow {
    /// Transactions in their order, then rewards, the block's own first.
    pub(super) fn order(&self) -> (u64, bool, &[u32]) {
        (self.tx_index.unwrap_or(u64::MAX), self.is_uncles, &self.flat.trace_address)
    }
}

impl Row for TraceRow {
    const NAMES: &'static [&'static str] = &[
        "block_number",
        "transaction_hash",
        "transaction_index",
        "from_address",
        "to_address",
        "value",
        "trace_type",
        "call_type",
        "reward_type",
        "trace_address",
        "error",
        "status",
    ];
    const NEEDED: usize = 10;
    const BLOCK: usize = 0;

    fn read(cells: &Cells<'_>) -> Result<Self, Problem> {
        let kind = cells.text(6)?;
        let (from, to) = (cells.fixed(3)?.map(Address), cells.fixed(4)?.map(Address));
        let value = cells.amount(5)?;
        let mut action = Action { value, ..Action::default() };
        let mut result = None;
        match kind {
            "create" => (action.from, result) = (from, Some(Created { address: to })),
            "suicide" => (action.address, action.refund_address, action.balance) = (from, to, value),
            "reward" => action.author = to,
            _ => (action.from, action.to) = (from, to),
        }
        action.call_type = Some(cells.text(7)?.to_owned()).filter(|kind| !kind.is_empty());
        let error = cells.get(10).map(|error| String::from_utf8_lossy(error).into_owned());
        // Some exporters leave the reason out and say by the status alone that it failed, itself or what it stands under.
        let failed = (cells.number(11)? == Some(0)).then(|| "failed".to_owned());
        let is_of_the_chain = matches!(kind, "genesis" | "daofork");
        let is_reward = kind == "reward";
        let transaction_hash = cells.fixed(1)?;
        let tx_index = cells.number(2)?;
        if !is_of_the_chain && !is_reward && (transaction_hash.is_none() || tx_index.is_none()) {
            return Err(cells.wrong(1, "or its `transaction_index` is empty"));
        }
        let place = cells.text(9)?;
        let mut trace_address = Vec::new();
        for part in place.split(',').filter(|part| !part.is_empty()) {
            trace_address.push(part.trim().parse().map_err(|_| cells.wrong(9, "is no list of places"))?);
        }
        if trace_address.len() > MAX_DEPTH {
            return Err(cells.wrong(9, "has more places than frames can stand under each other"));
        }
        let flat = Flat {
            kind: kind.to_owned(),
            action,
            error: error.or(failed),
            result,
            trace_address,
            transaction_hash: transaction_hash.filter(|_| !is_reward),
        };
        Ok(Self {
            tx_index: tx_index.filter(|_| !is_reward),
            is_of_the_chain,
            is_uncles: cells.text(8)? == "uncle",
            flat,
        })
    }
}

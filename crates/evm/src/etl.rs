//! Blocks out of the CSV files of ethereum-etl (<https://github.com/blockchain-etl/ethereum-etl>, 2.x, `export_all` and the
//! single exporters): blocks, transactions, receipts, logs and traces, each a table, told apart by their columns.
//!
//! Nothing in them is proved: a header lacks a field of its hash there. What can be held against each other is: as many
//! transactions as the block counts, a receipt of each, logs where the block's filter has some and none where it has none, a
//! trace of each transaction. What there is no table of is a gap of every block. Rows may stand somewhat out of order, as several
//! workers write them; one that comes too late is an error.
//!
//! `token_transfers` is not read: its column `value` holds an amount for one kind of token and a number for another, and which
//! is not told. The logs do.

mod cells;
mod rows;
mod table;

use std::io;

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header, constants::EMPTY_WITHDRAWALS};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{B256, Log};
use tracehound_model::{
    Address as Account, Amount,
    transfer::{Movement, MovementKind, TransferTx},
};

use self::{
    rows::{BlockRow, LogRow, ReceiptRow, TraceRow, TxRow},
    table::Table,
};
use crate::{
    block::{Block, HeaderForm, Proof, Tx, Uncle, Unproved},
    movements::{Gap, Movements, Rewards, Rules, movements},
    receipts::{Receipt, Receipts},
    traces::{TraceError, Traces},
};

/// What a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Blocks.
    Blocks,
    /// Transactions.
    Transactions,
    /// Receipts.
    Receipts,
    /// Logs.
    Logs,
    /// Traces.
    Traces,
    /// Transfers of tokens, which do not say of what.
    TokenTransfers,
}

/// Why tables are refused. Blocks before the one that is wrong were whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtlError {
    /// A file cannot be read.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A row is not one of its table.
    #[error("{file}, line {line}: {problem}")]
    Row {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// Rows of a block contradict each other.
    #[error("block {number}: {problem}")]
    Block {
        /// The block.
        number: u64,
        /// What is wrong.
        problem: String,
    },
    /// A table that cannot be done without.
    #[error("there is no file of {0}, without which nothing is known")]
    NoTable(&'static str),
}

/// A file of a table, opened when it is its turn.
pub struct EtlFile {
    /// Its name, for errors.
    pub name: String,
    /// Opens it.
    pub open: Box<dyn FnOnce() -> io::Result<Box<dyn io::Read + Send>> + Send>,
}

/// The files of the tables, each list in the order of the blocks.
#[derive(Default)]
pub struct EtlFiles {
    /// Of blocks.
    pub blocks: Vec<EtlFile>,
    /// Of transactions.
    pub transactions: Vec<EtlFile>,
    /// Of receipts.
    pub receipts: Vec<EtlFile>,
    /// Of logs.
    pub logs: Vec<EtlFile>,
    /// Of traces.
    pub traces: Vec<EtlFile>,
}

/// What the first rows of a file say: what table it is of, and the block of its first row. `None` where its columns are of none.
///
/// # Errors
/// When it cannot be read.
pub fn look(input: impl io::Read) -> io::Result<Option<(Kind, Option<u64>)>> {
    table::look(input)
}

/// Reads blocks out of tables, in their order.
pub struct Etl {
    rules: Rules,
    blocks: Table<BlockRow>,
    transactions: Table<TxRow>,
    receipts: Option<Table<ReceiptRow>>,
    logs: Option<Table<LogRow>>,
    traces: Option<Table<TraceRow>>,
    next: Option<u64>,
}

impl Etl {
    /// Begins to read.
    ///
    /// # Errors
    /// When there are no files of blocks or of transactions.
    pub fn new(files: EtlFiles, rules: Rules) -> Result<Self, EtlError> {
        if files.blocks.is_empty() {
            return Err(EtlError::NoTable("blocks"));
        }
        if files.transactions.is_empty() {
            return Err(EtlError::NoTable("transactions"));
        }
        Ok(Self {
            rules,
            blocks: Table::new(files.blocks),
            transactions: Table::new(files.transactions),
            receipts: Table::of_some(files.receipts),
            logs: Table::of_some(files.logs),
            traces: Table::of_some(files.traces),
            next: None,
        })
    }

    /// What the next block moved; nothing after the last.
    ///
    /// # Errors
    /// When a file cannot be read, a row is none, a block is missing, or rows contradict each other.
    pub fn next_block(&mut self) -> Result<Option<Movements>, EtlError> {
        let number = match self.next {
            Some(next) => next,
            None => match self.blocks.lowest()? {
                Some(first) => first,
                None => return Ok(None),
            },
        };
        let mut rows = self.blocks.take(number)?;
        let Some(row) = rows.pop() else {
            return match self.blocks.lowest()? {
                None => Ok(None),
                Some(other) => {
                    Err(wrong(number, format!("no row tells of it, and the next one is of block {other}")))
                }
            };
        };
        if rows.iter().any(|other| other.hash != row.hash) {
            return Err(wrong(number, "two rows say different things of it"));
        }
        self.next = number.checked_add(1);
        self.put_together(row).map(Some)
    }

    fn put_together(&mut self, row: BlockRow) -> Result<Movements, EtlError> {
        let number = row.number;
        let mut txs = self.transactions.take(number)?;
        txs.sort_unstable_by_key(|tx| tx.index);
        if txs.len() as u64 != row.transaction_count {
            let counted = row.transaction_count;
            return Err(wrong(
                number,
                format!("it counts {counted} transactions, and there are rows of {}", txs.len()),
            ));
        }
        if !txs.iter().zip(0..).all(|(tx, index)| tx.index == index) {
            return Err(wrong(number, "the indexes of its transactions are not 0, 1, 2 …"));
        }
        let receipts = self.receipts(&row, &txs)?;
        let (traces, allotted) = self.traces(number, &txs, row.is_cancun)?;
        let (withdrawals, told_withdrawals) = match row.withdrawals {
            Ok(withdrawals) => (withdrawals, true),
            Err(()) => (Vec::new(), false),
        };
        let (uncles, rules, told_uncles) = uncles(&row.uncles, traces.as_ref(), &self.rules);
        let block = block(row.header, row.hash, &txs, withdrawals, uncles);
        let contradiction = |error: TraceError| wrong(number, error.to_string());
        let mut found =
            movements(&block, receipts.as_ref(), traces.as_ref(), &rules).map_err(contradiction)?;
        if !told_withdrawals {
            found.add(Gap::Issues(number));
        }
        if !told_uncles {
            found.add(Gap::Uncles(number));
        }
        match allotted {
            Some(movements) if !movements.is_empty() => {
                found.block.txs.push(TransferTx { hash: block.hash.0, movements });
            }
            // What genesis allots stands among its traces.
            _ if number == 0 => found.add(Gap::Issues(0)),
            Some(_) | None => {}
        }
        Ok(found)
    }

    /// The receipts of a block with their logs; nothing where there are no tables of both.
    fn receipts(&mut self, row: &BlockRow, txs: &[TxRow]) -> Result<Option<Receipts>, EtlError> {
        let number = row.number;
        let mut rows = match &mut self.receipts {
            Some(table) => table.take(number)?,
            // Streamed transactions have their receipts' columns beside.
            None => txs.iter().filter_map(|tx| tx.receipt.clone()).collect(),
        };
        let Some(logs) = &mut self.logs else { return Ok(None) };
        let mut logs = logs.take(number)?;
        if rows.is_empty() && self.receipts.is_none() && !txs.is_empty() {
            return Ok(None);
        }
        rows.sort_unstable_by_key(|receipt| receipt.index);
        if rows.len() != txs.len()
            || !rows.iter().zip(txs).all(|(row, tx)| row.hash == tx.hash && row.index == tx.index)
        {
            return Err(wrong(
                number,
                format!(
                    "it has {} transactions, and rows of {} receipts that are theirs",
                    txs.len(),
                    rows.len()
                ),
            ));
        }
        if logs.is_empty() == row.has_logs {
            let what = if row.has_logs {
                "has logs, of which there is no row"
            } else {
                "has no logs, and there are rows of some"
            };
            return Err(wrong(number, format!("by its filter it {what}")));
        }
        logs.sort_unstable_by_key(|log| log.index);
        if logs.windows(2).any(|two| two[0].index == two[1].index) {
            return Err(wrong(number, "a log stands in it twice"));
        }
        let mut logs = logs.into_iter().peekable();
        let mut receipts = Vec::with_capacity(rows.len());
        for (receipt, tx) in rows.into_iter().zip(txs) {
            let mut own: Vec<Log> = Vec::new();
            while let Some(log) = logs.next_if(|log| log.tx_index == tx.index) {
                if log.tx != tx.hash {
                    return Err(wrong(
                        number,
                        format!("log {} is of another transaction than {}", log.index, tx.hash),
                    ));
                }
                own.push(log.log);
            }
            receipts.push(Receipt {
                tx: tx.hash,
                succeeded: receipt.succeeded,
                gas_used: receipt.gas_used,
                cumulative_gas_used: receipt.cumulative_gas_used,
                effective_gas_price: receipt.effective_gas_price.or(tx.gas_price),
                blob: receipt.blob,
                l1_fee: receipt.l1_fee,
                has_other_fees: false,
                created: receipt.created,
                logs: own,
            });
        }
        if let Some(log) = logs.next() {
            return Err(wrong(
                number,
                format!("log {} is of no transaction of it, or out of order", log.index),
            ));
        }
        let proof = Proof::Reported(Unproved::HeaderForm);
        Ok(Some(Receipts { receipts, proof, unknown_fields: std::collections::BTreeMap::new() }))
    }

    /// The traces of a block, and what they say that the chain itself moved in it.
    fn traces(
        &mut self,
        number: u64,
        txs: &[TxRow],
        is_cancun: bool,
    ) -> Result<(Option<Traces>, Option<Vec<Movement>>), EtlError> {
        let Some(table) = &mut self.traces else { return Ok((None, None)) };
        let (own, mut of_txs): (Vec<TraceRow>, Vec<TraceRow>) =
            table.take(number)?.into_iter().partition(|row| row.is_of_the_chain);
        // Each transaction's outermost first, then in the order of execution; rewards last.
        of_txs.sort_by(|a, b| a.order().cmp(&b.order()));
        let hashes: Vec<B256> = txs.iter().map(|tx| tx.hash).collect();
        let flat = of_txs.into_iter().map(|row| row.flat).collect();
        let traces = Traces::of_flat(flat, number, &hashes, is_cancun)
            .map_err(|error| wrong(number, error.to_string()))?;
        let native = self.rules.native;
        let movements = own.into_iter().filter_map(|row| {
            let account = |account: Option<alloy_primitives::Address>| {
                account.map(|address| Account::Evm(address.into_array()))
            };
            let (from, to) = (account(row.flat.action.from), account(row.flat.action.to));
            let value = row.flat.action.value.unwrap_or_default();
            let kind = if from.is_none() { MovementKind::Issue } else { MovementKind::Native };
            let amount = Amount::from_be_bytes(value.to_be_bytes());
            (!value.is_zero() && from != to).then_some(Movement {
                from,
                to,
                asset: native,
                amount,
                kind,
                proved: false,
            })
        });
        Ok((Some(traces), Some(movements.collect())))
    }
}

fn wrong(number: u64, problem: impl Into<String>) -> EtlError {
    EtlError::Block { number, problem: problem.into() }
}

/// The uncles of a block: files name none, their rewards among the traces count them. Without those nobody's reward is known.
fn uncles(hash: &B256, traces: Option<&Traces>, rules: &Rules) -> (Vec<Uncle>, Rules, bool) {
    if *hash == EMPTY_OMMER_ROOT_HASH || rules.rewards == Rewards::None {
        return (Vec::new(), *rules, true);
    }
    match traces.map(|traces| traces.rewards.len()) {
        Some(rewards) if rewards > 1 => {
            (vec![Uncle { hash: B256::ZERO, header: None }; rewards - 1], *rules, true)
        }
        _ => (Vec::new(), Rules { rewards: Rewards::None, ..*rules }, false),
    }
}

fn block(
    header: Header,
    hash: B256,
    txs: &[TxRow],
    withdrawals: Vec<Withdrawal>,
    uncles: Vec<Uncle>,
) -> Block {
    let reported = || Proof::Reported(Unproved::HeaderForm);
    let txs = txs.iter().map(|row| Tx {
        hash: row.hash,
        from: row.from,
        from_proved: false,
        to: row.to,
        value: row.value,
        gas_price: None,
        kind: row.kind,
        // Files have no such column.
        mint: None,
        // The files name none.
        chain_id: None,
    });
    Block {
        header,
        hash,
        form: HeaderForm::Other,
        txs: txs.collect(),
        txs_proved: reported(),
        withdrawals,
        withdrawals_proved: reported(),
        uncles,
        unknown_fields: std::collections::BTreeMap::new(),
    }
}

/// Whether there is nothing under a root of withdrawals.
fn is_empty_root(root: B256) -> bool {
    root == EMPTY_WITHDRAWALS
}

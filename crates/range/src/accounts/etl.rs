//! Generated chains of accounts as files of ethereum-etl, which `ingest evm` takes: blocks, transactions, receipts, logs and traces.

use std::{
    fmt::Write as _,
    fs::{OpenOptions, create_dir_all},
    io::Write as _,
    path::{Path, PathBuf},
};

use sha3::{Digest as _, Keccak256};
use tracehound_model::Address;

use super::{
    AccountBlock, AccountChain, AccountTx, Flow,
    world::{BASE_FEE, TIP},
};
use crate::RangeError;

/// `Transfer(address,address,uint256)` (EIP-20).
const TRANSFER: &str = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
/// The hash of no uncles.
const NO_UNCLES: &str = "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";
/// Names of the files, with what stands in their first lines.
const FILES: [(&str, &str); 5] = [
    (
        "blocks.csv",
        "number,hash,parent_hash,sha3_uncles,miner,difficulty,timestamp,transaction_count,logs_bloom,base_fee_per_gas",
    ),
    (
        "transactions.csv",
        "hash,nonce,block_number,transaction_index,from_address,to_address,value,gas,gas_price,input,transaction_type",
    ),
    (
        "receipts.csv",
        "transaction_hash,transaction_index,block_number,cumulative_gas_used,gas_used,contract_address,root,status,effective_gas_price",
    ),
    ("logs.csv", "log_index,transaction_hash,transaction_index,block_number,address,data,topics"),
    (
        "traces.csv",
        "block_number,transaction_hash,transaction_index,from_address,to_address,value,trace_type,call_type,reward_type,trace_address,error,status",
    ),
];

impl AccountChain {
    /// Writes the chain as files of ethereum-etl into a folder; says which.
    ///
    /// # Errors
    /// When a file is there already or cannot be written.
    pub fn write_etl(&self, dir: &Path) -> Result<Vec<PathBuf>, RangeError> {
        let mut tables = FILES.map(|(_, head)| format!("{head}\n"));
        let mut parent = [0; 32];
        for block in &self.blocks {
            self.block(block, &mut parent, &mut tables);
        }
        let io = |path: &Path, source| RangeError::Io { path: path.to_owned(), source };
        create_dir_all(dir).map_err(|source| io(dir, source))?;
        let mut files = Vec::with_capacity(FILES.len());
        for ((name, _), table) in FILES.iter().zip(tables) {
            let path = dir.join(name);
            let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    return Err(RangeError::Exists { path });
                }
                Err(source) => return Err(io(&path, source)),
            };
            file.write_all(table.as_bytes()).map_err(|source| io(&path, source))?;
            files.push(path);
        }
        Ok(files)
    }

    fn block(&self, block: &AccountBlock, parent: &mut [u8; 32], tables: &mut [String; 5]) {
        let [blocks, _, _, _, traces] = tables;
        let (height, hash) = (block.height, self.block_hash(block.height));
        let bloom = self.bloom(block);
        row(
            blocks,
            &format!(
                "{height},0x{},0x{},0x{NO_UNCLES},{},0,{},{},0x{},{BASE_FEE}",
                hex::encode(hash),
                hex::encode(*parent),
                self.who(Some(0)),
                block.time,
                block.txs.len(),
                hex::encode(bloom)
            ),
        );
        *parent = hash;
        if height == 0 {
            for flow in &self.genesis {
                row(traces, &format!("0,,,,{},{},genesis,,,,,1", self.who(flow.to), flow.amount));
            }
        }
        let (mut gas, mut logs) = (0, 0);
        for (index, tx) in block.txs.iter().enumerate() {
            gas += tx.gas;
            self.tx(height, index, tx, gas, &mut logs, tables);
        }
    }

    fn tx(
        &self,
        height: u64,
        index: usize,
        tx: &AccountTx,
        gas: u64,
        logs_before: &mut usize,
        tables: &mut [String; 5],
    ) {
        let [_, transactions, receipts, logs, traces] = tables;
        let hash = format!("0x{}", hex::encode(tx.hash));
        let is_own = |flow: &&Flow| flow.from == Some(tx.sender) && flow.to == Some(tx.called);
        let own = tx.calls.first().filter(is_own);
        let value = own.map_or(0, |flow| flow.amount);
        let (from, to, price) = (self.who(Some(tx.sender)), self.who(Some(tx.called)), BASE_FEE + TIP);
        row(transactions, &format!("{hash},,{height},{index},{from},{to},{value},{},{price},0x,2", tx.gas));
        row(receipts, &format!("{hash},{index},{height},{gas},{},,,1,{price}", tx.gas));
        row(traces, &format!("{height},{hash},{index},{from},{to},{value},call,call,,,,1"));
        for (at, call) in tx.calls.iter().skip(usize::from(own.is_some())).enumerate() {
            let mut frame = |from: Option<usize>, to: Option<usize>, value, at: &str| {
                let (from, to) = (self.who(from), self.who(to));
                row(traces, &format!("{height},{hash},{index},{from},{to},{value},call,call,,{at},,1"));
            };
            // Only who runs can call: whoever else pays is called for nothing first.
            if call.from == Some(tx.called) {
                frame(call.from, call.to, call.amount, &at.to_string());
            } else {
                frame(Some(tx.called), call.from, 0, &at.to_string());
                frame(call.from, call.to, call.amount, &format!("\"{at},0\""));
            }
        }
        for flow in &tx.logs {
            let [contract, topics @ ..] = self.said(flow);
            let topics = topics.map(|topic| format!("0x{}", hex::encode(topic))).join(",");
            row(
                logs,
                &format!(
                    "{logs_before},{hash},{index},{height},0x{},0x{:064x},\"{topics}\"",
                    hex::encode(&contract[12..]),
                    flow.amount
                ),
            );
            *logs_before += 1;
        }
    }

    /// The contract of a log, and its topics; all as words.
    fn said(&self, flow: &Flow) -> [[u8; 32]; 4] {
        let contract = self.money[flow.money].contract;
        let mut transfer = [0; 32];
        hex::decode_to_slice(TRANSFER, &mut transfer).expect("digits");
        let end = |party: Option<usize>| party.map_or([0; 32], |party| word(&bytes(&self.parties[party].0)));
        [end(contract), transfer, end(flow.from), end(flow.to)]
    }

    /// The filter of a block's logs (Yellow Paper, section 4.3.1).
    fn bloom(&self, block: &AccountBlock) -> [u8; 256] {
        let mut bloom = [0; 256];
        for flow in block.txs.iter().flat_map(|tx| &tx.logs) {
            let [contract, topics @ ..] = self.said(flow);
            add(&mut bloom, &contract[12..]);
            for topic in &topics {
                add(&mut bloom, topic);
            }
        }
        bloom
    }

    fn who(&self, party: Option<usize>) -> String {
        party.map_or_else(String::new, |party| format!("0x{}", hex::encode(bytes(&self.parties[party].0))))
    }
}

fn row(table: &mut String, what: &str) {
    writeln!(table, "{what}").expect("a string takes every write");
}

fn bytes(address: &Address) -> [u8; 20] {
    let Address::Evm(bytes) = address else { unreachable!("made so") };
    *bytes
}

fn word(address: &[u8; 20]) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].copy_from_slice(address);
    word
}

/// Sets three bits by the hash of an item.
fn add(bloom: &mut [u8; 256], item: &[u8]) {
    let hash = Keccak256::digest(item);
    for pair in [0, 2, 4] {
        let bit = usize::from(u16::from_be_bytes([hash[pair], hash[pair + 1]]) & 2_047);
        bloom[255 - bit / 8] |= 1 << (bit % 8);
    }
}

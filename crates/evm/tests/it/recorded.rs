//! Transactions of nine chains as their nodes told them, each with its receipt and the header of its block.

use std::{fs::File, io::BufRead as _};

use alloy_consensus::Header;
use alloy_primitives::B256;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tracehound_evm::{
    block::{Block, Checks, HeaderForm},
    movements::Rules,
    receipts::Receipts,
};
use tracehound_testkit::shared_data;

/// A transaction that was recorded by itself: of its block only the header is known.
pub(crate) struct Recorded {
    pub(crate) chain: u64,
    pub(crate) hash: String,
    pub(crate) tx: Value,
    pub(crate) receipt: Value,
    pub(crate) header: Value,
}

/// All of them; nothing, and a skipped test, where they are not there.
pub(crate) fn all() -> Option<Vec<Recorded>> {
    let mut all = Vec::new();
    for name in ["bridge", "misc", "swap", "wrap_lst_lend"] {
        for mut line in lines(&format!("evm_tx/{name}.jsonl.gz"))? {
            let mut part = |name: &str| line.get_mut(name).map(Value::take).unwrap_or_default();
            let (tx, receipt, header) = (part("tx"), part("receipt"), part("block"));
            let chain = line["chain"].as_u64().expect("a number");
            let hash = line["hash"].as_str().expect("a hash").to_owned();
            all.push(Recorded { chain, hash, tx, receipt, header });
        }
    }
    Some(all)
}

/// The objects in a packed file, one a line.
pub(crate) fn lines(name: &str) -> Option<Vec<Value>> {
    let file = File::open(shared_data(name)?).expect("it can be read");
    let lines = std::io::BufReader::new(GzDecoder::new(file)).lines();
    Some(lines.map(|line| serde_json::from_str(&line.expect("text")).expect("JSON")).collect())
}

impl Recorded {
    /// As a block of its own, which nothing proves; nothing where a part of it or the chain's rules are missing.
    pub(crate) fn read(&self) -> Option<(Rules, Block, Receipts)> {
        let rules = Rules::of(self.chain)?;
        if self.receipt.is_null() || self.tx["from"].is_null() || self.header.is_null() {
            return None;
        }
        // What the others of its block used is not known.
        let mut receipt = self.receipt.clone();
        receipt["cumulativeGasUsed"] = receipt["gasUsed"].clone();
        let mut told = serde_json::to_value(Header::default()).expect("JSON");
        for name in ["number", "timestamp", "miner", "baseFeePerGas"] {
            if !self.header[name].is_null() {
                told[name] = self.header[name].clone();
            }
        }
        told["hash"] = json!(B256::repeat_byte(2));
        told["uncles"] = json!([]);
        told["transactions"] = json!([self.tx]);
        let checks = Checks { header: HeaderForm::Other, roots: true, senders: false };
        let what = format!("{} {}", self.chain, self.hash);
        let block = Block::read(&told.to_string(), checks).unwrap_or_else(|error| panic!("{what}: {error}"));
        let receipts = Receipts::read(&json!([receipt]).to_string(), &block, checks);
        let receipts = receipts.unwrap_or_else(|error| panic!("{what}: {error}"));
        Some((rules, block, receipts))
    }
}

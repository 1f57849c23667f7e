//! What of real blocks of Ethereum's kin recomputes, and what does not: nothing that does not is called proved.
//!
//! The recorded transactions come with their block's header but for its bloom filter, which is the receipt's own where the block has
//! that transaction alone. Such blocks are whole: the header's hash and both roots are recomputed from them as from Ethereum's.

use std::collections::BTreeMap;

use alloy_consensus::{Header, proofs::ordered_trie_root_encoded};
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, U256, hex, keccak256, logs_bloom};
use alloy_rlp::Encodable as _;
use serde_json::{Value, json};
use tracehound_evm::{
    block::{Block, Checks, HeaderForm, Proof, Unproved},
    chains::{Rules, at},
    receipts::Receipts,
};

use crate::recorded::{self, Recorded};

/// What was held against itself on one chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfChain {
    /// Transactions.
    pub(crate) txs: usize,
    /// Of those, with the hash that their fields have, and signed by whom they are said to be from.
    pub(crate) txs_proved: usize,
    /// Of types whose encoding is not known.
    pub(crate) unknown_types: usize,
    /// Blocks that are whole.
    pub(crate) blocks: usize,
    /// Of those, with the hash that the header's fields have.
    pub(crate) hashes: usize,
    /// With the root that the transactions have.
    pub(crate) tx_roots: usize,
    /// With the root that the receipts have.
    pub(crate) receipt_roots: usize,
    /// Blocks that are called proved in both by the chain's rules.
    pub(crate) called_proved: usize,
    /// Called proved, and something of it does not recompute.
    pub(crate) wrongly: usize,
}

/// The block of a transaction that is alone in it, as a node tells it.
fn whole(one: &Recorded) -> Option<(Value, Value)> {
    let count = &one.header["transactionCount"];
    let count =
        count.as_u64().or_else(|| u64::from_str_radix(count.as_str()?.trim_start_matches("0x"), 16).ok())?;
    if count != 1 || one.receipt.is_null() {
        return None;
    }
    let logs: Vec<Log> = one.receipt["logs"]
        .as_array()?
        .iter()
        .map(|log| {
            let topics: Vec<B256> = serde_json::from_value(log["topics"].clone()).expect("topics");
            let data = hex::decode(log["data"].as_str().expect("data")).expect("hexadecimal");
            let contract = serde_json::from_value(log["address"].clone()).expect("an address");
            Log::new(contract, topics, data.into()).expect("a log")
        })
        .collect();
    let bloom: Bloom = logs_bloom(&logs);
    let mut told = one.header.clone();
    told["logsBloom"] = json!(bloom);
    told["uncles"] = json!([]);
    told["transactions"] = json!([one.tx]);
    if let Some(fields) = told.as_object_mut() {
        // What the recorder counted and no node tells.
        fields.remove("transactionCount");
    }
    Some((told, json!([one.receipt])))
}

fn judge(one: &Recorded, sum: &mut OfChain) {
    sum.txs += 1;
    let kind = one.tx["type"].as_str().unwrap_or("0x0");
    let is_known = matches!(kind, "0x0" | "0x1" | "0x2" | "0x3" | "0x4");
    sum.unknown_types += usize::from(!is_known);
    let checks = Checks { header: HeaderForm::Other, roots: false, senders: true };
    let mut alone = serde_json::to_value(Header::default()).expect("JSON");
    for (name, value) in [
        ("hash", json!(B256::ZERO)),
        ("uncles", json!([])),
        ("transactions", json!([one.tx])),
        ("baseFeePerGas", one.header["baseFeePerGas"].clone()),
    ] {
        alone[name] = value;
    }
    let read = Block::read(&alone.to_string(), checks);
    sum.txs_proved += usize::from(read.is_ok_and(|block| block.txs.iter().all(|tx| tx.from_proved)));
    let Some((told, receipts)) = whole(one) else { return };
    sum.blocks += 1;
    let header: Option<Header> = serde_json::from_value(told.clone()).ok();
    let is_hash = header.is_some_and(|header| json!(header.hash_slow()) == told["hash"]);
    sum.hashes += usize::from(is_hash);
    // The roots by themselves, whatever the hash says.
    let mut as_if = told.clone();
    if let Ok(header) = serde_json::from_value::<Header>(told.clone()) {
        as_if["hash"] = json!(header.hash_slow());
    }
    let roots = Checks { header: HeaderForm::Standard, roots: true, senders: false };
    let block = Block::read(&as_if.to_string(), roots).ok();
    let is_tx_root = block.as_ref().is_some_and(|block| block.txs_proved == Proof::Header);
    sum.tx_roots += usize::from(is_tx_root);
    let told_receipts = block.and_then(|block| Receipts::read(&receipts.to_string(), &block, roots).ok());
    let is_receipt_root = told_receipts.is_some_and(|receipts| receipts.proof == Proof::Header);
    sum.receipt_roots += usize::from(is_receipt_root);
    // As an ingest reads it.
    let Some(rules) = Rules::of(one.chain) else { return };
    let number = serde_json::from_value::<Header>(told.clone()).map_or(0, |header| header.number);
    let checks = Checks { header: at(rules.headers, number), roots: true, senders: false };
    let Ok(block) = Block::read(&told.to_string(), checks) else { return };
    let Ok(receipts) = Receipts::read(&receipts.to_string(), &block, checks) else { return };
    if block.txs_proved.is_proved() && receipts.proof.is_proved() {
        sum.called_proved += 1;
        sum.wrongly += usize::from(!(is_hash && is_tx_root && is_receipt_root));
    }
}

/// By chain.
pub(crate) fn counted() -> Option<BTreeMap<u64, OfChain>> {
    let mut sums: BTreeMap<u64, OfChain> = BTreeMap::new();
    for one in recorded::all()?.iter().filter(|one| !one.tx["from"].is_null() && !one.header.is_null()) {
        judge(one, sums.entry(one.chain).or_default());
    }
    Some(sums)
}

#[test]
fn what_recomputes_of_ethereums_kin_is_known_and_nothing_else_is_called_proved() {
    let Some(sums) = counted() else { return };
    assert!(sums.values().all(|sum| sum.wrongly == 0));
    let lines: Vec<String> = sums.iter().map(|(chain, sum)| format!("{chain}: {sum:?}")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// A real deposit of Optimism in a block of its own, whose root is of its encoding as the specification has it.
#[test]
fn a_block_with_a_deposit_is_proved_by_its_root_alone() {
    let Some(all) = recorded::all() else { return };
    let is_deposit = |one: &&Recorded| {
        one.chain == 10 && one.tx["type"] == "0x7e" && !one.receipt["depositReceiptVersion"].is_null()
    };
    let one = all.iter().find(is_deposit).expect("there is one");
    let field = |name: &str| one.tx[name].clone();
    let number = |name: &str| serde_json::from_value::<U256>(field(name)).expect("a number");
    let mut fields = Vec::new();
    serde_json::from_value::<B256>(field("sourceHash")).expect("a hash").encode(&mut fields);
    for name in ["from", "to"] {
        serde_json::from_value::<Address>(field(name)).expect("an address").encode(&mut fields);
    }
    for name in ["mint", "value", "gas"] {
        number(name).encode(&mut fields);
    }
    false.encode(&mut fields);
    serde_json::from_value::<Bytes>(field("input")).expect("data").encode(&mut fields);
    let mut encoded = vec![0x7e];
    alloy_rlp::Header { list: true, payload_length: fields.len() }.encode(&mut encoded);
    encoded.extend(fields);
    assert_eq!(json!(keccak256(&encoded)), one.tx["hash"]);

    let header = Header {
        number: 131_000_000,
        base_fee_per_gas: Some(7),
        transactions_root: ordered_trie_root_encoded(&[encoded]),
        withdrawals_root: Some(B256::repeat_byte(3)),
        ..Header::default()
    };
    let told = |txs: Value| {
        let mut told = serde_json::to_value(&header).expect("JSON");
        for (name, value) in [
            ("hash", json!(header.hash_slow())),
            ("uncles", json!([])),
            ("withdrawals", json!([])),
            ("transactions", txs),
        ] {
            told[name] = value;
        }
        told
    };
    let checks = Checks { header: HeaderForm::HashOnly, roots: true, senders: false };
    let read = |told: Value| Block::read(&told.to_string(), checks);
    let whole = read(told(json!([one.tx]))).expect("a block");
    assert_eq!(whole.txs_proved, Proof::Header);
    assert!(whole.txs[0].from_proved);
    // What stands under the root of withdrawals there is none of ours.
    assert_eq!(whole.withdrawals_proved, Proof::Reported(Unproved::Roots));
    // Another value, mint or source is another transaction, and one that is left out another root.
    for name in ["value", "mint", "gas"] {
        let mut changed = one.tx.clone();
        changed[name] = json!("0x1");
        let block = read(told(json!([changed]))).expect("a block");
        assert_eq!(block.txs_proved, Proof::Reported(Unproved::Type(0x7e)), "{name}");
        assert!(!block.txs[0].from_proved);
    }
    let without = read(told(json!([]))).expect("a block");
    assert_eq!(without.txs_proved, Proof::Reported(Unproved::Roots));
    let unchecked = Checks { roots: false, ..checks };
    let block = Block::read(&told(json!([one.tx])).to_string(), unchecked).expect("a block");
    assert_eq!(block.txs_proved, Proof::Reported(Unproved::NotAsked));
    let mut lie = told(json!([one.tx]));
    lie["miner"] = json!(Address::repeat_byte(9));
    assert!(read(lie).is_err(), "a header that was changed");
}

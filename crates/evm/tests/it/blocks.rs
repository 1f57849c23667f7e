//! Real blocks: what a node tells fits their headers, and whatever it changes is found out.

use alloy_primitives::{B256, keccak256};
use serde_json::Value;
use tracehound_evm::{
    block::{Block, BlockError, Checks, HeaderForm, Proof, Unproved},
    receipts::{ReceiptError, Receipts},
};

use crate::data::{result, text};

const BLOCK: &str = "b18000000_block_full.json.gz";
const RECEIPTS: &str = "b18000000_receipts.json.gz";

fn read(json: &str) -> Block {
    Block::read(json, Checks::ALL).expect("a block")
}

#[test]
fn block_eighteen_million_is_proved_from_its_hash_to_its_last_log() {
    let (Some(block), Some(receipts)) = (result(BLOCK), result(RECEIPTS)) else { return };
    let block = read(&block);
    let receipts = Receipts::read(&receipts, &block, Checks::ALL).expect("its receipts");
    assert_eq!((block.txs.len(), block.withdrawals.len(), receipts.receipts.len()), (94, 16, 94));
    assert_eq!(
        (&block.txs_proved, &block.withdrawals_proved, &receipts.proof),
        (&Proof::Header, &Proof::Header, &Proof::Header)
    );
    assert!(block.txs.iter().all(|tx| tx.from_proved && tx.gas_price.is_some()));
    assert!(block.unknown_fields.is_empty(), "{:?}", block.unknown_fields);
    // What the node says was paid for gas is what was signed.
    for (tx, receipt) in block.txs.iter().zip(&receipts.receipts) {
        let told = receipt.effective_gas_price.expect("told");
        assert_eq!(tx.gas_price.map(alloy_primitives::U256::from), Some(told), "{}", tx.hash);
    }
}

#[test]
fn blocks_on_both_sides_of_every_fork_are_proved() {
    let Some(lines) = text("evm_blocks/pevm_fork_boundary_blocks.jsonl.gz") else { return };
    let (mut numbers, mut txs) = (Vec::new(), 0);
    for line in lines.lines() {
        let block = Block::read(line, Checks::ALL).expect("a block");
        assert_eq!((&block.txs_proved, &block.withdrawals_proved), (&Proof::Header, &Proof::Header));
        txs += block.txs.len();
        numbers.push(block.header.number);
    }
    assert_eq!((numbers.len(), numbers.first(), numbers.last()), (23, Some(&46_147), Some(&19_923_400)));
    assert_eq!(txs, 1_423);
}

#[test]
fn receipts_from_before_byzantium_are_read_and_do_not_say_who_failed() {
    let (Some(block), Some(receipts)) = (result(BLOCK), result("b4306306_receipts_pre_byzantium.json.gz"))
    else {
        return;
    };
    // Its block is not here: the receipts are read against a block that names their transactions.
    let told: Vec<Value> = serde_json::from_str(&receipts).expect("JSON");
    let mut block = read(&block);
    let first = block.txs[0];
    block.txs = told
        .iter()
        .map(|receipt| {
            let hash = receipt["transactionHash"].as_str().expect("a hash").parse().expect("a hash");
            tracehound_evm::block::Tx { hash, kind: 0, ..first }
        })
        .collect();
    let unchecked = Checks { roots: false, ..Checks::ALL };
    let receipts = Receipts::read(&receipts, &block, unchecked).expect("receipts");
    assert_eq!(receipts.receipts.len(), 252);
    assert!(receipts.receipts.iter().all(|receipt| receipt.succeeded.is_none()));
    assert_eq!(receipts.proof, Proof::Reported(Unproved::NotAsked));
}

/// Every value of a block that its header covers, changed by one hexadecimal digit, added or left out.
#[test]
fn whatever_is_changed_in_a_block_is_found_out() {
    let Some(json) = result(BLOCK) else { return };
    let honest: Value = serde_json::from_str(&json).expect("JSON");
    let mut tried = 0;
    let mut refused = |changed: &Value, what: &str| {
        tried += 1;
        assert!(Block::read(&changed.to_string(), Checks::ALL).is_err(), "{what} was believed");
    };
    for field in [
        "parentHash",
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "extraData",
        "mixHash",
        "nonce",
        "baseFeePerGas",
        "withdrawalsRoot",
        "hash",
    ] {
        let mut changed = honest.clone();
        changed[field] = flipped(&honest[field]);
        refused(&changed, field);
        let mut changed = honest.clone();
        changed.as_object_mut().expect("a block").remove(field);
        refused(&changed, &format!("no {field}"));
    }
    let txs = honest["transactions"].as_array().expect("transactions");
    for field in ["hash", "from", "to", "value", "input", "nonce", "gas", "type", "r", "s"] {
        for index in [0, 41, txs.len() - 1] {
            let mut changed = honest.clone();
            changed["transactions"][index][field] = flipped(&honest["transactions"][index][field]);
            refused(&changed, &format!("{field} of transaction {index}"));
        }
    }
    for field in ["index", "validatorIndex", "address", "amount"] {
        let mut changed = honest.clone();
        changed["withdrawals"][7][field] = flipped(&honest["withdrawals"][7][field]);
        refused(&changed, &format!("{field} of a withdrawal"));
    }
    for list in ["transactions", "withdrawals"] {
        let whole = honest[list].as_array().expect("a list");
        let (first, rest) = whole.split_first().expect("not empty");
        let swapped = [&[whole[1].clone(), whole[0].clone()], &whole[2..]].concat();
        for (items, what) in [
            (rest.to_vec(), "one less"),
            (Vec::new(), "none"),
            ([whole.as_slice(), std::slice::from_ref(first)].concat(), "one twice"),
            (swapped, "two swapped"),
        ] {
            let mut changed = honest.clone();
            changed[list] = Value::Array(items);
            refused(&changed, &format!("{list}: {what}"));
        }
    }
    assert_eq!(tried, 2 * 18 + 30 + 4 + 8);
}

/// A value with another last hexadecimal digit; of an empty one, with a byte.
fn flipped(value: &Value) -> Value {
    let text = value.as_str().expect("a text");
    let (rest, last) = text.split_at(text.len() - 1);
    Value::from(match last {
        "x" => "0x00".to_owned(),
        "0" => format!("{rest}1"),
        _ => format!("{rest}0"),
    })
}

#[test]
fn whatever_is_changed_in_receipts_is_found_out() {
    let (Some(block), Some(json)) = (result(BLOCK), result(RECEIPTS)) else { return };
    let block = read(&block);
    let honest: Value = serde_json::from_str(&json).expect("JSON");
    let refused = |changed: &Value, what: &str| {
        let read = Receipts::read(&changed.to_string(), &block, Checks::ALL);
        assert!(read.is_err(), "{what} was believed");
        read.expect_err("refused")
    };
    let with_log = honest
        .as_array()
        .expect("receipts")
        .iter()
        .position(|receipt| receipt["logs"].as_array().is_some_and(|logs| logs.len() > 1))
        .expect("one with logs");
    for field in ["transactionHash", "status", "cumulativeGasUsed", "gasUsed", "logsBloom"] {
        let mut changed = honest.clone();
        changed[with_log][field] = flipped(&honest[with_log][field]);
        refused(&changed, field);
    }
    for field in ["address", "data"] {
        let mut changed = honest.clone();
        changed[with_log]["logs"][0][field] = flipped(&honest[with_log]["logs"][0][field]);
        refused(&changed, field);
    }
    let mut changed = honest.clone();
    changed[with_log]["logs"][0]["topics"][0] = flipped(&honest[with_log]["logs"][0]["topics"][0]);
    refused(&changed, "a topic");
    let mut changed = honest.clone();
    changed[with_log]["logs"].as_array_mut().expect("logs").remove(0);
    refused(&changed, "a log less");
    let mut changed = honest.clone();
    changed[with_log]["logs"][0]["removed"] = Value::Bool(true);
    assert!(refused(&changed, "a removed log").to_string().contains("reorganisation"));
    // As a node near its tip answers.
    for (nothing, number) in [("[]", 0), ("null", 0)] {
        let read = Receipts::read(nothing, &block, Checks::ALL);
        assert!(
            matches!(read, Err(ReceiptError::Count { txs: 94, receipts, .. }) if receipts == number),
            "{nothing}"
        );
    }
    let mut changed = honest;
    changed.as_array_mut().expect("receipts").pop();
    refused(&changed, "a receipt less");
}

#[test]
fn a_header_of_a_form_that_is_not_known_is_refused_or_proves_nothing() {
    let Some(json) = result(BLOCK) else { return };
    let mut told: Value = serde_json::from_str(&json).expect("JSON");
    // As a fork or another chain would add one: the hash covers it, nobody here knows it.
    told["targetBlobCount"] = Value::from("0x3");
    told["hash"] = Value::from(keccak256("another").to_string());
    let read = Block::read(&told.to_string(), Checks::ALL);
    let Err(error @ BlockError::Hash { .. }) = read else { panic!("{read:?}") };
    assert!(error.to_string().contains("targetBlobCount"), "{error}");
    let other = Checks { header: HeaderForm::Other, ..Checks::ALL };
    let block = Block::read(&told.to_string(), other).expect("taken at its word");
    assert_eq!(block.txs_proved, Proof::Reported(Unproved::HeaderForm));
    assert_eq!(block.unknown_fields.get("targetBlobCount"), Some(&1));
    assert_eq!(block.hash, keccak256("another"));
}

#[test]
fn a_transaction_of_another_type_is_read_and_proves_nothing() {
    let Some(json) = result(BLOCK) else { return };
    let mut told: Value = serde_json::from_str(&json).expect("JSON");
    // A deposit of an OP chain has no signature.
    told["transactions"][3] = serde_json::json!({
        "hash": B256::repeat_byte(7), "from": "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001", "type": "0x7e",
        "to": "0x4200000000000000000000000000000000000015", "value": "0x5", "mint": "0x5",
    });
    let block = Block::read(&told.to_string(), Checks::ALL).expect("a block");
    assert_eq!(block.txs_proved, Proof::Reported(Unproved::Type(0x7e)));
    assert_eq!((block.txs[3].kind, block.txs[3].from_proved, block.txs[4].from_proved), (0x7e, false, true));
}

#[test]
fn hashes_alone_are_no_transactions_and_null_is_no_block() {
    let Some(json) = result(BLOCK) else { return };
    let mut told: Value = serde_json::from_str(&json).expect("JSON");
    told["transactions"] = Value::Array(vec![told["transactions"][0]["hash"].clone()]);
    assert!(matches!(
        Block::read(&told.to_string(), Checks::ALL),
        Err(BlockError::OnlyHashes { number: 18_000_000 })
    ));
    for nothing in ["null", "{}", "[]", ""] {
        assert!(matches!(Block::read(nothing, Checks::ALL), Err(BlockError::Form(_))), "{nothing}");
    }
}

#[test]
fn a_transaction_that_stands_twice_is_refused_where_no_root_is_asked_for_either() {
    let Some(json) = result(BLOCK) else { return };
    let mut told: Value = serde_json::from_str(&json).expect("JSON");
    told["transactions"][5] = told["transactions"][4].clone();
    let unchecked = Checks { roots: false, senders: false, ..Checks::ALL };
    let read = Block::read(&told.to_string(), unchecked);
    assert!(matches!(read, Err(BlockError::Twice { number: 18_000_000, .. })), "{read:?}");
}

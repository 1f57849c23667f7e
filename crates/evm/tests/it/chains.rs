//! What differs between Ethereum and its kin, on their own answers where there are some.

use alloy_consensus::{Header, constants::EMPTY_WITHDRAWALS};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, address, b256};
use serde_json::{Value, json};
use tracehound_evm::{
    block::{Block, Checks, HeaderForm, Proof, Unproved},
    movements::{Gap, Movements, Rules, movements},
    receipts::Receipts,
};
use tracehound_model::{
    Address as Account,
    transfer::{MovementKind, Unseen},
};

use crate::recorded;

const SENDER: Address = address!("00000000000000000000000000000000000000a1");
const OTHER: Address = address!("00000000000000000000000000000000000000b2");
const PRODUCER: Address = address!("00000000000000000000000000000000000000c3");
const OTHER_FORM: Checks = Checks { header: HeaderForm::Other, roots: true, senders: false };

/// A block of one transaction, with this in its receipt.
fn one(number: u64, tx: Value, receipt: Value) -> (Block, Receipts) {
    let mut header = Header { number, beneficiary: PRODUCER, base_fee_per_gas: Some(3), ..Header::default() };
    header.gas_used = 100;
    let mut told = serde_json::to_value(&header).expect("JSON");
    let mut told_tx =
        json!({ "hash": B256::repeat_byte(1), "from": SENDER, "to": OTHER, "value": "0x0", "type": "0x2" });
    let mut told_receipt = json!({ "transactionHash": B256::repeat_byte(1), "status": "0x1", "gasUsed": "0x64",
        "cumulativeGasUsed": "0x64", "effectiveGasPrice": "0x5", "logs": [] });
    for (whole, part) in [(&mut told_tx, tx), (&mut told_receipt, receipt)] {
        for (name, value) in part.as_object().expect("an object") {
            whole[name] = value.clone();
        }
    }
    told["hash"] = json!(B256::repeat_byte(2));
    told["uncles"] = json!([]);
    told["transactions"] = json!([told_tx]);
    let block = Block::read(&told.to_string(), OTHER_FORM).expect("a block");
    let receipts = Receipts::read(&json!([told_receipt]).to_string(), &block, OTHER_FORM).expect("receipts");
    (block, receipts)
}

fn found(chain: u64, number: u64, tx: Value, receipt: Value) -> Movements {
    let (block, receipts) = one(number, tx, receipt);
    movements(&block, Some(&receipts), None, &Rules::of(chain).expect("rules")).expect("movements")
}

/// Of each movement from whom, to whom and how much.
fn moved(found: &Movements, kind: MovementKind) -> Vec<(Option<Address>, Option<Address>, u64)> {
    let address = |account: Option<Account>| {
        account.map(|account| match account {
            Account::Evm(bytes) => Address::from(bytes),
            other => panic!("{other:?}"),
        })
    };
    let all = found.block.txs.iter().flat_map(|tx| &tx.movements).filter(|moved| moved.kind == kind);
    all.map(|moved| (address(moved.from), address(moved.to), moved.amount.to_u64().expect("small"))).collect()
}

#[test]
fn each_part_of_a_fee_goes_to_whom_the_chain_gives_it() {
    let fees = |chain, number, receipt| moved(&found(chain, number, json!({}), receipt), MovementKind::Fee);
    let (from, vault) = (Some(SENDER), |last: u8| {
        let mut bytes = [0; 20];
        (bytes[0], bytes[19]) = (0x42, last);
        Some(Address::from(bytes))
    });
    assert_eq!(fees(1, 5, json!({})), [(from, None, 300), (from, Some(PRODUCER), 200)]);
    let below = json!({ "l1Fee": "0x1e", "l1GasPrice": "0x1" });
    let optimism = [(from, vault(0x19), 300), (from, Some(PRODUCER), 200), (from, vault(0x1a), 30)];
    assert_eq!(fees(10, 105_235_063, below.clone()), optimism);
    assert_eq!(fees(8_453, 1, below.clone()), optimism);
    // Before Bedrock there was one vault.
    assert_eq!(fees(10, 105_235_062, below)[2], (from, vault(0x11), 30));
    let burnt = address!("70bca57f4579f58670ab2d18ef16e02c17553c38");
    assert_eq!(fees(137, 23_849_999, json!({}))[0], (from, None, 300));
    assert_eq!(fees(137, 23_850_000, json!({}))[0], (from, Some(burnt), 300));
    let collector = address!("6BBe78ee9e474842Dbd4AB4987b3CeFE88426A92");
    assert_eq!(fees(100, 30_000_000, json!({}))[0], (from, Some(collector), 300));
    for chain in [56, 43_114] {
        assert_eq!(fees(chain, 9, json!({}))[0], (from, Some(PRODUCER), 300), "{chain}");
    }
    // Where it is not known, that is said, and nothing is called burnt without a word.
    for chain in [42_161, 59_144] {
        let found = found(chain, 9, json!({}), json!({}));
        assert!(
            found.gaps.contains(&Gap::Issues(9)) && found.block.unseen.has(Unseen::SOME_ISSUES),
            "{chain}"
        );
    }
    // A fee that is not read.
    let operators = found(
        10,
        140_000_000,
        json!({}),
        json!({ "operatorFeeScalar": "0x0", "operatorFeeConstant": "0x9" }),
    );
    assert!(operators.gaps.contains(&Gap::Fee(B256::repeat_byte(1))));
}

#[test]
fn a_deposit_mints_for_its_sender_even_if_it_fails_and_pays_no_fee() {
    let deposit =
        |tx: Value, status: &str| found(10, 140_000_000, tx, json!({ "status": status, "type": "0x7e" }));
    let minted = json!({ "type": "0x7e", "mint": "0x32", "value": "0x14" });
    let done = deposit(minted.clone(), "0x1");
    assert_eq!(moved(&done, MovementKind::Issue), [(None, Some(SENDER), 50)]);
    assert_eq!(moved(&done, MovementKind::Native), [(Some(SENDER), Some(OTHER), 20)]);
    assert_eq!(moved(&done, MovementKind::Fee), []);
    assert_eq!(done.block.unseen, Unseen::TRACES);
    let failed = deposit(minted, "0x0");
    assert_eq!(moved(&failed, MovementKind::Issue), [(None, Some(SENDER), 50)]);
    assert_eq!(moved(&failed, MovementKind::Native), []);
    // Some providers leave the field out: then money that was sent came from somewhere.
    assert!(
        deposit(json!({ "type": "0x7e", "value": "0x14" }), "0x1").gaps.contains(&Gap::Issues(140_000_000))
    );
    assert!(!deposit(json!({ "type": "0x7e" }), "0x1").gaps.contains(&Gap::Issues(140_000_000)));
}

#[test]
fn what_no_node_tells_of_is_a_gap_of_the_block() {
    let issues = |chain: u64, tx: Value| {
        let found = found(chain, 23_000_000, tx, json!({ "effectiveGasPrice": "0x0" }));
        found.gaps.iter().any(|gap| matches!(gap, Gap::Issues(_)))
    };
    for (kind, untold) in [
        ("0x64", true),
        ("0x65", false),
        ("0x66", true),
        ("0x68", true),
        ("0x69", true),
        ("0x6a", false),
        ("0x2", false),
    ] {
        assert_eq!(issues(42_161, json!({ "type": kind })), untold, "{kind}");
    }
    assert!(issues(137, json!({ "from": Address::ZERO, "to": Address::ZERO, "type": "0x0" })));
    assert!(!issues(137, json!({})) && !issues(1, json!({})));
    // Bridged coins come in any block.
    assert!(issues(100, json!({})) && issues(43_114, json!({})));
}

#[test]
fn a_coin_that_also_speaks_as_a_token_is_counted_once() {
    let topics = [
        b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"),
        SENDER.into_word(),
        OTHER.into_word(),
    ];
    let says = |chain: u64, contract: &str| {
        let log = json!({ "address": contract, "topics": topics, "data": format!("{:#066x}", 7) });
        let found = found(chain, 60_000_000, json!({ "value": "0x7" }), json!({ "logs": [log] }));
        (moved(&found, MovementKind::Native).len(), moved(&found, MovementKind::Token).len())
    };
    assert_eq!(says(137, "0x0000000000000000000000000000000000001010"), (1, 0));
    assert_eq!(says(10, "0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000"), (1, 0));
    // The same contract elsewhere is a token like any other, and so is any other there.
    assert_eq!(says(1, "0x0000000000000000000000000000000000001010"), (1, 1));
    assert_eq!(says(137, "0x0000000000000000000000000000000000001011"), (1, 1));
}

#[test]
fn withdrawals_of_another_token_are_no_coins() {
    let header =
        Header { number: 30_000_000, withdrawals_root: Some(EMPTY_WITHDRAWALS), ..Header::default() };
    let mut told = serde_json::to_value(&header).expect("JSON");
    let withdrawal = Withdrawal { index: 1, validator_index: 2, address: OTHER, amount: 32 };
    for (name, value) in [
        ("hash", json!(B256::repeat_byte(2))),
        ("uncles", json!([])),
        ("transactions", json!([])),
        ("withdrawals", json!([withdrawal])),
    ] {
        told[name] = value;
    }
    let block = Block::read(&told.to_string(), OTHER_FORM).expect("a block");
    let of = |chain| movements(&block, None, None, &Rules::of(chain).expect("rules")).expect("movements");
    assert_eq!(moved(&of(1), MovementKind::Issue), [(None, Some(OTHER), 32_000_000_000)]);
    let gnosis = of(100);
    assert_eq!(moved(&gnosis, MovementKind::Issue), []);
    assert!(gnosis.block.unseen.has(Unseen::SOME_ISSUES));
}

#[test]
fn a_header_whose_roots_are_of_other_things_is_still_held_against_its_hash() {
    let header = Header { number: 9, withdrawals_root: Some(B256::repeat_byte(7)), ..Header::default() };
    let mut told = serde_json::to_value(&header).expect("JSON");
    // What a synchronisation of state looks like: from nobody, unsigned, under no root.
    let sync = json!({ "hash": B256::repeat_byte(3), "from": Address::ZERO, "to": Address::ZERO, "value": "0x0", "type": "0x0",
        "nonce": "0x0", "gas": "0x0", "gasPrice": "0x0", "input": "0x", "v": "0x0", "r": "0x0", "s": "0x0" });
    for (name, value) in [
        ("hash", json!(header.hash_slow())),
        ("uncles", json!([])),
        ("transactions", json!([sync])),
        ("withdrawals", json!([])),
    ] {
        told[name] = value;
    }
    let form = Checks { header: HeaderForm::HashOnly, ..Checks::ALL };
    let block = Block::read(&told.to_string(), form).expect("a block");
    assert_eq!(block.txs_proved, Proof::Reported(Unproved::Roots));
    assert_eq!(block.withdrawals_proved, Proof::Reported(Unproved::Roots));
    assert!(!block.txs[0].from_proved);
    assert!(Block::read(&told.to_string(), Checks::ALL).is_err(), "on Ethereum that is a lie");
    told["miner"] = json!(OTHER);
    assert!(Block::read(&told.to_string(), form).is_err(), "a header that was changed");
}

/// Receipts of nine chains as their nodes tell them.
#[test]
fn real_receipts_of_every_chain_are_read() {
    let Some(all) = recorded::all() else { return };
    let mut read = std::collections::BTreeMap::new();
    for one in &all {
        let Some((rules, block, receipts)) = one.read() else { continue };
        movements(&block, Some(&receipts), None, &rules)
            .unwrap_or_else(|error| panic!("{} {}: {error}", one.chain, one.hash));
        *read.entry(one.chain).or_insert(0) += 1;
    }
    insta::assert_snapshot!(format!("{read:?}"));
}

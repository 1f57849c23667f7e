//! What moved in real blocks, against what a node says accounts had before and after.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, I256, Log, U256, address};
use serde_json::Value;
use tracehound_evm::{
    logs::{self, KnownContracts, Said, Token},
    traces::{TraceError, Traces},
};

use crate::data::result;

fn hashes(traces: &Value) -> Vec<B256> {
    let mut hashes: Vec<B256> = Vec::new();
    for trace in traces.as_array().expect("traces") {
        let Some(hash) = trace["transactionHash"].as_str() else { continue };
        let hash = hash.parse().expect("a hash");
        if hashes.last() != Some(&hash) {
            hashes.push(hash);
        }
    }
    hashes
}

fn flat(json: &str, number: u64) -> Traces {
    let told = serde_json::from_str(json).expect("JSON");
    Traces::read_flat(json, number, &hashes(&told), false).expect("traces")
}

/// Balances before and after each transaction, as the node's `prestateTracer` tells the accounts that changed.
#[test]
fn native_movements_of_a_block_are_what_its_accounts_gained_and_lost() {
    let (Some(traces), Some(diff)) =
        (result("b17073191_trace_block.json.gz"), result("b17073191_prestate_diff.json.gz"))
    else {
        return;
    };
    let traces = flat(&traces, 17_073_191);
    let diff: Vec<Value> = serde_json::from_str(&diff).expect("JSON");
    assert_eq!(diff.len(), traces.txs.len());
    // Who is paid the fees: the one account that gains in every transaction.
    let (mut equal, mut fees, mut tips) = (0, 0, BTreeSet::new());
    for (told, trace) in diff.iter().zip(&traces.txs) {
        let mut moved: BTreeMap<Address, I256> = BTreeMap::new();
        for one in trace.moved.as_ref().expect("traced") {
            let value = I256::try_from(one.value).expect("below 2^255");
            *moved.entry(one.from).or_default() -= value;
            if let Some(to) = one.to {
                *moved.entry(to).or_default() += value;
            }
        }
        let sender = sender(told);
        for (account, change) in changes(told) {
            let ours = moved.remove(&account).unwrap_or_default();
            let rest = change - ours;
            if rest.is_zero() {
                equal += 1;
            } else if account == sender {
                assert!(rest.is_negative(), "{}: {account} paid no fee but got {rest}", trace.tx);
                fees += 1;
            } else {
                assert!(rest.is_positive(), "{}: {account} lost {rest} for no reason", trace.tx);
                tips.insert(account);
            }
        }
        let left: Vec<_> = moved.iter().filter(|(_, change)| !change.is_zero()).collect();
        assert!(left.is_empty(), "{}: {left:?} did not change by the node's word", trace.tx);
    }
    assert_eq!(tips.len(), 1, "one producer: {tips:?}");
    assert_eq!((equal, fees), (72, 119));
}

fn balance(state: &Value, account: &str) -> Option<U256> {
    state[account]["balance"].as_str().map(|text| text.parse().expect("a number"))
}

/// What each account that changed gained.
fn changes(told: &Value) -> BTreeMap<Address, I256> {
    let (before, after) = (&told["result"]["pre"], &told["result"]["post"]);
    let accounts: BTreeSet<&String> =
        [before, after].iter().flat_map(|state| state.as_object().expect("accounts").keys()).collect();
    let mut changes = BTreeMap::new();
    for account in accounts {
        // What stands in `pre` alone has not changed, unless the account is gone.
        let then = balance(before, account).unwrap_or_default();
        let Some(now) = balance(after, account) else { continue };
        let change = I256::try_from(now).expect("small") - I256::try_from(then).expect("small");
        changes.insert(account.parse().expect("an account"), change);
    }
    changes
}

/// Whose nonce went up first: the sender's.
fn sender(told: &Value) -> Address {
    let after = told["result"]["post"].as_object().expect("accounts");
    let before = &told["result"]["pre"];
    let mut raised = after.iter().filter(|(account, state)| {
        state["nonce"].is_u64()
            && before[account.as_str()]["code"].as_str().is_none_or(str::is_empty)
            && before[account.as_str()].is_object()
    });
    raised.next().expect("a sender").0.parse().expect("an account")
}

#[test]
fn failed_calls_and_delegated_ones_move_nothing() {
    let tx = B256::repeat_byte(9);
    let call = |kind: &str, address: &str, error: &str, value: &str| {
        // Whoever is called by the transaction calls the others.
        let [from, to] = if address == "[]" { ["1", "2"] } else { ["2", "3"] }
            .map(|digit| format!("0x{}", digit.repeat(40)));
        format!(
            r#"{{"type":"call","action":{{"callType":"{kind}","from":"{from}","to":"{to}","value":"{value}"}},"traceAddress":{address},
            "transactionHash":"{tx}","blockNumber":5{error}}}"#
        )
    };
    let reverted = r#","error":"Reverted""#;
    let json = format!(
        "[{}]",
        [
            call("call", "[]", "", "0x1"),
            call("call", "[0]", reverted, "0x2"),
            call("call", "[0,0]", "", "0x3"),
            call("call", "[0,0,1]", "", "0x4"),
            call("delegatecall", "[1]", "", "0x5"),
            call("call", "[1,0]", "", "0x6"),
            call("callcode", "[2]", "", "0x7"),
            call("staticcall", "[3]", "", "0x8"),
            call("call", "[10]", reverted, "0x9"),
            call("call", "[101]", "", "0xa"),
        ]
        .join(",")
    );
    let traces = Traces::read_flat(&json, 5, &[tx], false).expect("traces");
    let values: Vec<u64> =
        traces.txs[0].moved.as_ref().expect("traced").iter().map(|moved| moved.value.to()).collect();
    assert_eq!(values, [1, 6, 10]);
    // Of another transaction, or of one less than the block has.
    for hashes in [vec![B256::ZERO], vec![tx, B256::ZERO], vec![]] {
        let read = Traces::read_flat(&json, 5, &hashes, false);
        assert!(matches!(read, Err(TraceError::Other { .. })), "{read:?}");
    }
}

#[test]
fn a_contract_that_destroys_itself_for_itself_is_gone_where_it_goes() {
    let (own, tx) = ("0x3333333333333333333333333333333333333333", B256::repeat_byte(9));
    let call = format!(
        r#"{{"type":"call","action":{{"callType":"call","from":"{own}","to":"{own}","value":"0x5"}},"traceAddress":[],"transactionHash":"{tx}"}}"#
    );
    let destroys = format!(
        r#"{{"type":"suicide","action":{{"address":"{own}","refundAddress":"{own}","balance":"0x7"}},"traceAddress":[0],"transactionHash":"{tx}"}}"#
    );
    let json = format!("[{call},{destroys}]");
    for (is_cancun, gone) in [(false, 1), (true, 0)] {
        let traces = Traces::read_flat(&json, 5, &[tx], is_cancun).expect("traces");
        assert_eq!(traces.txs[0].moved.as_ref().map(Vec::len), Ok(gone), "{is_cancun}");
    }
}

/// A frame of two accounts, each of one digit.
fn frame_of(from: &str, to: &str, kind: &str, value: &str, error: &str, calls: &str) -> String {
    let (from, to) = (from.repeat(40), to.repeat(40));
    format!(
        r#"{{"type":"{kind}","from":"0x{from}","to":"0x{to}","value":"{value}","gas":"0x1"{error},"calls":[{calls}]}}"#
    )
}

/// An inner frame is by whoever runs in the one above it, and no chain has 2^128 units: where a tracer says otherwise, what moved is
/// not known, and no movement is made of it.
#[test]
fn what_no_execution_comes_to_is_not_known() {
    let nested = |inner: &str| {
        let json = format!(r#"[{{"result":{}}}]"#, frame_of("1", "2", "CALL", "0x1", "", inner));
        Traces::read_nested(&json, 5, &[B256::ZERO], true).expect("traces").txs[0].moved.clone()
    };
    let (call, within) = (|from, to| frame_of(from, to, "CALL", "0x5", "", ""), "2");
    assert_eq!(nested(&call(within, "3")).map(|moved| moved.len()), Ok(2));
    // What runs in another's place goes on as its caller.
    let delegated = frame_of(within, "4", "DELEGATECALL", "0x0", "", &call(within, "3"));
    assert_eq!(nested(&delegated).map(|moved| moved.len()), Ok(2));
    let as_the_code = frame_of(within, "4", "DELEGATECALL", "0x0", "", &call("4", "3"));
    // By the sender, as some tracers tell of who destroys itself; by a stranger; and more than there is.
    let destroys = frame_of("1", within, "SELFDESTRUCT", "0x7", "", "");
    let much = frame_of(within, "3", "CALL", &format!("0x{}", "f".repeat(64)), "", "");
    for inner in [destroys, call("9", "3"), as_the_code, much] {
        let why = nested(&inner).expect_err("impossible");
        assert!(why.starts_with("the tracer's answer "), "{why}");
    }
    let tx = B256::repeat_byte(7);
    let flat = |from: &str| {
        let entry = |from: &str, to: &str, at: &str| {
            let (from, to) = (from.repeat(40), to.repeat(40));
            format!(
                r#"{{"type":"call","action":{{"callType":"call","from":"0x{from}","to":"0x{to}","value":"0x5"}},"traceAddress":[{at}],"transactionHash":"{tx}"}}"#
            )
        };
        let json = format!("[{},{}]", entry("1", "2", ""), entry(from, "3", "0"));
        Traces::read_flat(&json, 5, &[tx], true).expect("traces").txs[0].moved.clone()
    };
    assert_eq!(flat("2").map(|moved| moved.len()), Ok(2));
    assert!(flat("1").is_err());
}

#[test]
fn nested_and_flat_traces_of_what_they_have_in_common_agree() {
    let frame =
        |kind: &str, value: &str, error: &str, calls: &str| frame_of("2", "3", kind, value, error, calls);
    let inner = [
        frame("CALL", "0x2", r#","error":"execution reverted""#, &frame("CALL", "0x3", "", "")),
        frame("DELEGATECALL", "0x5", "", &frame("CALL", "0x6", "", "")),
        frame("CALLCODE", "0x7", "", ""),
        frame("CREATE2", "0x8", "", ""),
        frame("SELFDESTRUCT", "0x9", "", ""),
    ];
    let json = format!(
        r#"[{{"txHash":"{}","result":{}}}]"#,
        B256::ZERO,
        frame_of("1", "2", "CALL", "0x1", "", &inner.join(","))
    );
    let traces = Traces::read_nested(&json, 5, &[B256::ZERO], false).expect("traces");
    let values: Vec<u64> =
        traces.txs[0].moved.as_ref().expect("traced").iter().map(|moved| moved.value.to()).collect();
    assert_eq!(values, [1, 6, 8, 9]);
    // One that the node could not trace says so, and the others stand.
    let json = format!(r#"[{{"txHash":"{}","error":"out of time"}}]"#, B256::ZERO);
    let traces = Traces::read_nested(&json, 5, &[B256::ZERO], false).expect("traces");
    assert_eq!(traces.txs[0].moved, Err("out of time".to_owned()));
}

#[test]
fn a_real_block_of_nested_traces_is_read_to_its_end() {
    let Some(json) = result("b24298763_calltracer.json.gz") else { return };
    let told: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    let hashes: Vec<B256> =
        told.iter().map(|tx| tx["txHash"].as_str().expect("named").parse().expect("a hash")).collect();
    let traces = Traces::read_nested(&json, 24_298_763, &hashes, true).expect("traces");
    assert_eq!(traces.txs.len(), 361);
    let moved: usize = traces.txs.iter().map(|tx| tx.moved.as_ref().expect("traced").len()).sum();
    assert_eq!(moved, 205);
}

#[test]
fn nesting_without_end_is_refused_and_costs_little() {
    let open = r#"{"type":"CALL","from":"0x1111111111111111111111111111111111111111","to":"0x2222222222222222222222222222222222222222","calls":["#;
    let deep = |levels: usize| format!(r#"[{{"result":{}{}}}]"#, open.repeat(levels), "]}".repeat(levels));
    assert!(Traces::read_nested(&deep(200), 5, &[B256::ZERO], false).is_ok());
    let read = Traces::read_nested(&deep(5_000), 5, &[B256::ZERO], false);
    assert!(matches!(read, Err(TraceError::Trace { index: 0, .. })), "{read:?}");
}

fn log(topics: &[B256], words: &[U256]) -> Log {
    let data: Vec<u8> = words.iter().flat_map(U256::to_be_bytes::<32>).collect();
    Log::new(CONTRACT, topics.to_vec(), data.into()).expect("at most four topics")
}

const CONTRACT: Address = address!("dac17f958d2ee523a2206206994597c13d831ec7");

fn topic(name: &str) -> B256 {
    alloy_primitives::keccak256(name)
}

fn who(byte: u8) -> B256 {
    Address::repeat_byte(byte).into_word()
}

#[test]
fn tokens_are_read_by_topics_and_data_and_nothing_else_is_guessed() {
    let known = KnownContracts { wrapped: Some(CONTRACT), native: None };
    let transfer = topic("Transfer(address,address,uint256)");
    let moved = |log: &Log| match logs::read(log, &known) {
        Said::Moved(moved) => moved,
        other => panic!("{other:?}"),
    };
    let refused = |log: &Log| matches!(logs::read(log, &known), Said::Refused(_));
    let seven = U256::from(7);
    let erc20 = moved(&log(&[transfer, who(1), who(2)], &[seven]));
    assert_eq!((erc20[0].token, erc20[0].amount), (Token::Fungible, seven));
    assert_eq!((erc20[0].from, erc20[0].to), (Some(Address::repeat_byte(1)), Some(Address::repeat_byte(2))));
    let erc721 = moved(&log(&[transfer, B256::ZERO, who(2), U256::from(9).into()], &[]));
    assert_eq!(
        (erc721[0].token, erc721[0].amount, erc721[0].from),
        (Token::Unique(U256::from(9)), U256::ONE, None)
    );
    let single = topic("TransferSingle(address,address,address,uint256,uint256)");
    let single = moved(&log(&[single, who(3), who(1), who(2)], &[U256::from(9), seven]));
    assert_eq!((single[0].token, single[0].amount), (Token::Multi(U256::from(9)), seven));
    let batch = topic("TransferBatch(address,address,address,uint256[],uint256[])");
    let words = [64, 160, 2, 5, 6, 2, 50, 60].map(U256::from);
    let batched = moved(&log(&[batch, who(3), who(1), who(2)], &words));
    let read: Vec<_> = batched.iter().map(|one| (one.token, one.amount.to::<u64>())).collect();
    assert_eq!(read, [(Token::Multi(U256::from(5)), 50), (Token::Multi(U256::from(6)), 60)]);
    let deposit = log(&[topic("Deposit(address,uint256)"), who(1)], &[seven]);
    assert_eq!((moved(&deposit)[0].from, moved(&deposit)[0].to), (None, Some(Address::repeat_byte(1))));
    let withdrawal = log(&[topic("Withdrawal(address,uint256)"), who(1)], &[seven]);
    assert_eq!((moved(&withdrawal)[0].from, moved(&withdrawal)[0].to), (Some(Address::repeat_byte(1)), None));
    // What another contract calls a deposit says nothing about the native asset.
    assert_eq!(logs::read(&deposit, &KnownContracts::default()), Said::Nothing);
    // What the chain says of its native asset besides is not counted again.
    let native = KnownContracts { wrapped: None, native: Some(CONTRACT) };
    assert_eq!(logs::read(&log(&[transfer, who(1), who(2)], &[seven]), &native), Said::Nothing);
    // Nothing, and to oneself.
    assert!(moved(&log(&[transfer, who(1), who(2)], &[U256::ZERO])).is_empty());
    assert!(moved(&log(&[transfer, who(1), who(1)], &[seven])).is_empty());
    for wrong in [
        log(&[transfer], &[who(1).into(), who(2).into(), seven]),
        log(&[transfer, who(1)], &[who(2).into(), seven]),
        log(&[transfer, who(1), who(2)], &[]),
        log(&[transfer, who(1), who(2)], &[seven, seven]),
        log(&[transfer, who(1), who(2), who(3)], &[seven]),
        log(&[transfer, B256::repeat_byte(1), who(2)], &[seven]),
        log(&[batch, who(3), who(1), who(2)], &[U256::MAX, U256::from(160)]),
        log(&[batch, who(3), who(1), who(2)], &[64, 160, 2, 5, 6, 1, 50].map(U256::from)),
        log(&[batch, who(3), who(1), who(2)], &[U256::from(64), U256::from(64), U256::MAX]),
    ] {
        assert!(refused(&wrong), "{wrong:?}");
    }
}

#[test]
fn logs_of_real_blocks_are_read_or_refused_with_a_reason() {
    let Some(json) = result("b13000000_logs.json.gz") else { return };
    let told: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    let (mut moved, mut refused, mut nothing) = (0, 0, 0);
    for told in &told {
        let topics: Vec<B256> = serde_json::from_value(told["topics"].clone()).expect("topics");
        let data = serde_json::from_value(told["data"].clone()).expect("data");
        let contract = serde_json::from_value(told["address"].clone()).expect("an address");
        let log = Log::new(contract, topics, data).expect("a log");
        match logs::read(&log, &KnownContracts::default()) {
            Said::Moved(_) => moved += 1,
            Said::Refused(_) => refused += 1,
            Said::Nothing => nothing += 1,
        }
    }
    insta::assert_snapshot!(format!("{moved} moved, {refused} refused, {nothing} of something else"));
}

#[test]
fn since_cancun_only_a_contract_of_the_same_transaction_is_gone() {
    let (sender, new) =
        ("0x1111111111111111111111111111111111111111", "0x3333333333333333333333333333333333333333");
    let tx = B256::repeat_byte(9);
    let create = format!(
        r#"{{"type":"create","action":{{"from":"{sender}","value":"0x7"}},"result":{{"address":"{new}"}},"traceAddress":[],"transactionHash":"{tx}"}}"#
    );
    let destroys = format!(
        r#"{{"type":"suicide","action":{{"address":"{new}","refundAddress":"{new}","balance":"0x7"}},"traceAddress":[0],"transactionHash":"{tx}"}}"#
    );
    let traces = Traces::read_flat(&format!("[{create},{destroys}]"), 5, &[tx], true).expect("traces");
    let moved = traces.txs[0].moved.as_ref().expect("traced");
    assert_eq!(moved.iter().map(|moved| moved.to.is_some()).collect::<Vec<_>>(), [true, false]);
}

//! `analyze peel` and `analyze patterns` over a ledger.

use serde_json::Value;
use tracehound_model::{OutPoint, ScriptKey, ScriptType, TxId};
use tracehound_testkit::blocks::{BlockMaker, hash32, owner};

use crate::{
    follow::{address, folder, soon},
    screen::text,
};

const COIN: u64 = 100_000_000;

fn wallet(n: u64) -> ScriptKey {
    ScriptKey::new(ScriptType::P2wpkh, &hash32(&[b"wallet", &n.to_le_bytes()])[..20]).expect("20 bytes")
}

/// Forty strangers' payments, then eight peels of a twentieth each, the end of which goes to the exchange; and a split
/// of ten equal parts. Returns the chain's start and the split.
fn laundering(block: &mut BlockMaker) -> (TxId, TxId) {
    let at = |txid, vout| [(OutPoint { txid, vout }, None)];
    let start = block.tx(&[], &[(100 * COIN, Some(wallet(0)))]);
    for n in 0..40 {
        let paid = 3 * COIN + 1_234_567 * n as u64;
        let coin = block.tx(&[], &[(50 * COIN, Some(owner(200 + n)))]);
        block.tx(&at(coin, 0), &[(paid, Some(owner(300 + n))), (49 * COIN - paid, Some(owner(400 + n)))]);
    }
    let (mut last, mut value) = (start, 100 * COIN);
    for hop in 0..8 {
        let paid = value / 20 + 77;
        value -= paid + 1_000;
        let outputs = [(value, Some(wallet(1 + hop))), (paid, Some(owner(500 + hop as usize)))];
        last = block.tx(&at(last, 0), &outputs);
    }
    block.tx(&at(last, 0), &[(value - 1_000, Some(owner(50)))]);
    let coin = block.tx(&[], &[(50 * COIN, Some(owner(1)))]);
    let parts: Vec<_> = (0..10).map(|n| (5 * COIN - n, Some(owner(600 + n as usize)))).collect();
    (start, block.tx(&at(coin, 0), &parts))
}

#[test]
fn a_peel_chain_is_printed_hop_by_hop_and_as_json() {
    let mut start = TxId::default();
    let data = folder(|block| start = laundering(block).0);
    let from = format!("{start}:0");
    let output = soon(data.path(), &["analyze", "peel", &from]);
    let report = text(&output);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains("8 hops, then: all paid to services, most to Exchange (exchange)"), "{report}");
    assert!(report.contains("a laundering peel (R11)"), "{report}");
    let output = soon(data.path(), &["analyze", "peel", &from, "--hops", "3", "--output", "jsonl"]);
    assert_eq!(output.status.code(), Some(30), "a limit ended it");
    let chain: Value = serde_json::from_str(&text(&output)).expect("one chain");
    assert_eq!(chain["stop"]["reason"], "hops");
    assert_eq!(chain["hops"].as_array().map(Vec::len), Some(3));
    assert!(chain["hops"][0]["evidence"][0]["decibans"].is_i64());
}

#[test]
fn patterns_name_the_rule_and_where_the_coins_were_mined() {
    let mut split = TxId::default();
    let data = folder(|block| split = laundering(block).1);
    let output = soon(data.path(), &["analyze", "patterns", &split.to_string(), "--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!(found["findings"][0]["pattern"], "fan_out");
    assert_eq!(found["findings"][0]["rules"], serde_json::json!(["R03"]));
    assert_eq!(found["from_coinbases"]["count"], 1);
    assert_eq!(found["from_coinbases"]["pool"], found["from_coinbases"]["total"], "shared out among ten");
    let output = soon(data.path(), &["analyze", "patterns", &address(1), "--withdrawals"]);
    assert!(text(&output).contains("fan-out [R03]"), "{}", text(&output));
    assert!(text(&output).contains("Withdrawal candidates for the deposit"), "{}", text(&output));
}

#[test]
fn what_is_not_in_the_ledger_is_said() {
    let data = folder(|block| {
        laundering(block);
    });
    let nowhere = "ab".repeat(32);
    for args in [
        &["analyze", "peel", &nowhere][..],
        &["analyze", "patterns", &nowhere],
        &["analyze", "patterns", &address(9_000)],
        &["analyze", "peel", "nonsense"],
    ] {
        let output = soon(data.path(), args);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let wrong = args.contains(&"nonsense");
        assert_eq!(output.status.code(), Some(i32::from(wrong)), "{args:?}: {errors}");
        assert!(text(&output).contains("does not occur in the ledger") || errors.contains("no output"));
    }
    let limited = soon(data.path(), &["analyze", "peel", &address(1), "--hops", "0"]);
    assert!(String::from_utf8_lossy(&limited.stderr).contains("a limit of 0 hops"));
}

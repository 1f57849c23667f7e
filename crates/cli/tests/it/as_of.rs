//! `--as-of`: nothing from a block later than the moment counts, in any question over a ledger, to the second.

use serde_json::Value;
use tracehound_model::{BlockHash, OutPoint, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    follow::{EXCHANGE, THIEF, TIME, address, folder_of, regtest},
    screen::text,
};

/// Sixteen minutes.
pub(crate) const LATER: u32 = 960;

/// The thief and owner 2 get coins at TIME. Sixteen minutes later they spend them together and pay owner 3, who pays the
/// exchange another sixteen minutes later.
pub(crate) fn blocks() -> Vec<UtxoBlock> {
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let mut first = BlockMaker::new(BlockHash::default(), TIME, 0);
    let coins = first.tx(&[], &[(6_000_000, Some(owner(THIEF))), (4_000_000, Some(owner(2)))]);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, TIME + LATER, 0);
    second.tx(&[], &[(5_000, Some(owner(900)))]);
    let paid = second.tx(&[out(coins, 0), out(coins, 1)], &[(9_990_000, Some(owner(3)))]);
    let second = second.done();
    let mut third = BlockMaker::new(second.hash, TIME + 2 * LATER, 0);
    third.tx(&[], &[(5_000, Some(owner(900)))]);
    third.tx(&[out(paid, 0)], &[(9_980_000, Some(owner(EXCHANGE)))]);
    vec![first, second, third.done()]
}

pub(crate) fn moment(seconds: u32) -> String {
    jiff::Timestamp::from_second(seconds.into()).expect("in range").to_string()
}

/// The answer as of a moment, which must be complete.
fn asked(data: &std::path::Path, args: &[&str], seconds: u32) -> Value {
    let at = moment(seconds);
    let output = regtest(data, &[args, &["--as-of", &at, "--output", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{args:?} {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text(&output)).expect("JSON")
}

const BEFORE: u32 = TIME + LATER - 1;
const AT: u32 = TIME + LATER;

#[test]
fn a_cluster_holds_what_was_joined_by_then() {
    let data = folder_of(&blocks());
    let size = |seconds| asked(data.path(), &["cluster", &address(THIEF)], seconds)["size"].clone();
    assert_eq!((size(BEFORE), size(AT)), (1.into(), 2.into()));
}

#[test]
fn an_exposure_is_that_of_the_moment_with_its_cluster_too() {
    let data = folder_of(&blocks());
    let found = |seconds, more: &[&str]| {
        asked(data.path(), &[&["exposure", &address(THIEF)], more].concat(), seconds)
    };
    assert_eq!(found(BEFORE, &[])["destinations"]["total"], "0");
    assert_eq!(found(AT, &[])["destinations"]["total"], "6000000");
    assert_eq!(found(AT, &[])["destinations"]["entities"], serde_json::json!([]));
    let end = found(AT + LATER, &[]);
    assert_eq!(end["destinations"]["entities"][0]["entity"]["label"], "Exchange");
    assert_eq!(found(BEFORE, &["--cluster"])["sources"]["total"], "6000000", "of the thief alone");
    assert_eq!(found(AT, &["--cluster"])["sources"]["total"], "10000000", "of both that spend together");
    // Backward: who paid the exchange.
    let sources = |seconds| {
        asked(data.path(), &["exposure", &address(3)], seconds)["sources"]["entities"][0]["entity"]["label"]
            .clone()
    };
    assert_eq!(sources(AT), "Thief");
    let early = regtest(data.path(), &["exposure", &address(3), "--as-of", &moment(BEFORE)]);
    assert_eq!(early.status.code(), Some(0), "a whole ledger, in which it had not received anything");
    assert!(text(&early).contains("does not occur in the ledger"), "{}", text(&early));
}

#[test]
fn a_trace_a_comparison_a_way_and_a_spender_are_those_of_the_moment() {
    let data = folder_of(&blocks());
    let thief = address(THIEF);
    let traced = |seconds| asked(data.path(), &["trace", &thief], seconds);
    assert_eq!(traced(BEFORE)["edges"].as_array().map(Vec::len), Some(0));
    assert_eq!(traced(AT)["edges"].as_array().map(Vec::len), Some(1), "at the very second");
    assert_eq!(traced(AT + LATER)["sums"]["reached_service"].as_str().map(|sum| sum != "0"), Some(true));
    let compared = |seconds| asked(data.path(), &["trace", &thief, "--compare"], seconds);
    assert_eq!(compared(BEFORE)["columns"][1]["edges"], 0);
    assert_eq!(compared(AT)["columns"][1]["edges"], 1);
    let ways = |seconds| asked(data.path(), &["path", &thief, &address(3)], seconds)["ways"].clone();
    assert_eq!(ways(AT).as_array().map(Vec::len), Some(1));
    let coin = traced(AT)["edges"][0]["txid"].as_str().expect("a transaction").to_owned();
    let spender = |seconds| asked(data.path(), &["tx", &coin], seconds)["outputs"][0]["spent_by"].clone();
    assert_eq!(spender(AT + LATER - 1), Value::Null);
    assert!(spender(AT + LATER).is_string());
    let early = regtest(data.path(), &["tx", &coin, "--as-of", &moment(BEFORE)]);
    assert!(text(&early).contains("does not occur in the ledger"), "there was none: {}", text(&early));
    let back = |seconds| {
        let args = ["trace", &format!("{coin}:0"), "--backward"];
        asked(data.path(), &args, seconds)["sums"]["coinbase"].clone()
    };
    assert_eq!(back(AT), "9990000");
}

#[test]
fn where_the_ledger_ends_is_said_in_every_form() {
    let data = folder_of(&blocks());
    let thief = address(THIEF);
    let (svg, dot) = (data.path().join("t.svg"), data.path().join("t.dot"));
    let (svg_name, dot_name) = (svg.to_string_lossy().into_owned(), dot.to_string_lossy().into_owned());
    let at = moment(AT + 60);
    let said = "The ledger ends with a block of unknown height of 2023-11-14 22:29:20Z, 1 min before the moment asked \
                about (2023-11-14 22:30:20Z)";
    let from = [
        &["trace", &thief, "--svg", &svg_name, "--dot", &dot_name][..],
        &["trace", &thief, "--compare"],
        &["exposure", &thief],
        &["cluster", &thief],
        &["path", &thief, &address(3)],
        &["analyze", "patterns", &thief],
        &["analyze", "peel", &thief],
    ];
    for args in from {
        let output = regtest(data.path(), &[args, &["--as-of", &at]].concat());
        assert!(text(&output).contains(said), "{args:?}: {}", text(&output));
        if !args.contains(&"peel") {
            let output = regtest(data.path(), &[args, &["--as-of", &at, "--output", "json"]].concat());
            let found: Value = serde_json::from_str(&text(&output)).expect("JSON");
            assert_eq!(found["ledger"]["last_block"]["time"], AT, "{args:?}");
            assert_eq!((&found["ledger"]["age"], &found["ledger"]["blocks"]), (&60.into(), &2.into()));
        }
    }
    for picture in [svg, dot] {
        assert!(std::fs::read_to_string(picture).expect("written").contains(said));
    }
}

//! Tables of what was followed: the same rows and amounts as the JSON, nothing left out unsaid.

use std::collections::BTreeMap;

use serde_json::Value;
use tracehound_model::OutPoint;
use tracehound_testkit::blocks::owner;

use crate::{
    follow::{EXCHANGE, THIEF, address, folder, soon},
    screen::text,
};

/// The thief pays owner 2, who pays 7 of 10 to the exchange together with 5 of his own.
fn paid() -> tempfile::TempDir {
    folder(|block| {
        let stolen = block.tx(&[], &[(1_000, Some(owner(THIEF)))]);
        let own = block.tx(&[], &[(500, Some(owner(2)))]);
        let outpoint = |txid, vout| OutPoint { txid, vout };
        let got = block.tx(&[(outpoint(stolen, 0), None)], &[(990, Some(owner(2)))]);
        block.tx(
            &[(outpoint(got, 0), None), (outpoint(own, 0), None)],
            &[(700, Some(owner(EXCHANGE))), (780, Some(owner(3)))],
        );
    })
}

fn rows(table: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines.map(|line| header.iter().copied().zip(line.split(',')).collect()).collect()
}

#[test]
fn the_rows_of_an_exposure_add_up_to_its_totals() {
    let data = paid();
    let asked = ["exposure", &address(2), "--dust", "0"];
    let json = soon(data.path(), &[&asked[..], &["--output", "json"]].concat());
    let answer: Value = serde_json::from_str(&text(&json)).expect("JSON");
    let table = soon(data.path(), &[&asked[..], &["--output", "csv"]].concat());
    assert_eq!(table.status.code(), json.status.code());
    let table = text(&table);
    let rows = rows(&table);
    for (direction, key) in [("source", "sources"), ("destination", "destinations")] {
        let amounts = rows.iter().filter(|row| row["direction"] == direction).map(|row| row["amount"]);
        let sum: u64 = amounts.map(|amount| amount.parse::<u64>().expect("base units")).sum();
        assert_eq!(Value::String(sum.to_string()), answer[key]["total"], "{direction}\n{table}");
    }
    let thief = rows.iter().find(|row| row["entity"] == "Thief").expect("a row");
    assert_eq!((thief["how"], thief["amount"], thief["first"]), ("direct", "990", "2023-11-14T22:13:20Z"));
    assert_eq!((thief["address"], thief["fewest_txs"]), (address(THIEF).as_str(), "1"));
    assert!(thief["asset"].starts_with("bip122:") && thief["path"].len() == 64, "{table}");
}

#[test]
fn a_way_has_a_row_for_each_output_it_passes() {
    let data = paid();
    let table = text(&soon(data.path(), &["path", &address(THIEF), &address(EXCHANGE), "--output", "csv"]));
    let rows = rows(&table);
    let places: Vec<_> =
        rows.iter().map(|row| (row["way"], row["step"], row["amount"], row["width"])).collect();
    assert_eq!(
        places,
        [("1", "1", "1000", "700"), ("1", "2", "990", "700"), ("1", "3", "700", "700")],
        "{table}"
    );
    assert_eq!(rows[2]["address"], address(EXCHANGE));
}

#[test]
fn a_cluster_has_a_row_a_member_and_says_how_many_are_left_out() {
    let data = folder(|block| {
        let coins: Vec<_> =
            (10..14).map(|at| OutPoint { txid: block.tx(&[], &[(100, Some(owner(at)))]), vout: 0 }).collect();
        let inputs: Vec<_> = coins.iter().map(|&coin| (coin, None)).collect();
        block.tx(&inputs, &[(390, Some(owner(EXCHANGE)))]);
    });
    let asked = ["cluster", &address(10), "--output", "csv"];
    let all = text(&soon(data.path(), &asked));
    assert_eq!(rows(&all).len(), 4, "{all}");
    assert!(rows(&all).iter().all(|row| row["cluster"].ends_with(&address(10))), "{all}");
    let some = soon(data.path(), &[&asked[..], &["--members", "3"]].concat());
    assert_eq!(rows(&text(&some)).len(), 3);
    assert!(String::from_utf8_lossy(&some.stderr).contains("note: 1 more addresses are in it"));
    // Two tables in one would be none.
    let refused = soon(data.path(), &[&asked[..], &["--change"]].concat());
    assert_eq!(refused.status.code(), Some(2));
}

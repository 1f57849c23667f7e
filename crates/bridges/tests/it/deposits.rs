//! Deposits on chains of outputs, and those without a memo.

use serde_json::Value;
use tracehound_bridges::{
    memo::{MemoAsset, Network, Said, read},
    outputs::memo_in,
    reference::{MOST_BLOCKS, NotLinked, Registration, linked, number_in},
};
use tracehound_model::Amount;

use crate::rows;

fn scripts(row: &Value) -> Vec<Vec<u8>> {
    let scripts = row["scripts"].as_array().expect("scripts");
    scripts.iter().map(|script| hex::decode(script.as_str().expect("a text")).expect("hexadecimal")).collect()
}

#[test]
fn memos_are_put_together_from_outputs_as_the_network_does() {
    let Some(rows) = rows("bridges/utxo_memo_scripts.jsonl") else { return };
    for row in &rows {
        assert_eq!(memo_in(scripts(row)).memo, row["memo"], "{}", row["id"]);
    }
    assert_eq!(rows.len(), 8);
}

fn key_hash(text: &[u8]) -> Vec<u8> {
    let mut script = vec![0x00, 0x14];
    script.extend(text);
    script.resize(22, 0);
    script
}

/// 80 bytes of data that end in `^`.
fn long() -> Vec<u8> {
    let memo = format!("{:-<79}^", "=:ETH.ETH:0x90f2b1ae50e6018230e90a33f98c7844a0ab635a/");
    [&[0x6a, 0x4c, 80][..], memo.as_bytes()].concat()
}

#[test]
fn outputs_behind_a_long_memo_are_text_up_to_the_first_that_is_padded() {
    let paid = key_hash(&[0xab; 20]);
    let found =
        memo_in([paid.clone(), long(), key_hash(b"twenty bytes of text"), key_hash(b"end"), paid.clone()]);
    assert!(found.memo.ends_with("twenty bytes of textend"), "{}", found.memo);
    assert_eq!((found.data, found.text), (vec![1], vec![2, 3]));
    // A real key hash is no text, and then nothing is a memo.
    assert_eq!(memo_in([long(), paid.clone()]).memo, "");
    // Without the mark at the 80th byte a payment is one.
    let mut short = long();
    *short.last_mut().expect("bytes") = b'-';
    let found = memo_in([short, paid]);
    assert_eq!((found.memo.len(), found.text), (80, vec![]));
}

#[test]
fn scripts_that_push_nothing_or_something_else_hold_no_memo() {
    for script in ["6a", "6a00", "6a51", "6a05aa", "6a4cff00", "6a4d", "6a4e00000000", "", "6a0180"] {
        let found = memo_in([hex::decode(script).expect("hexadecimal")]);
        assert_eq!(found.memo, "", "{script}");
        assert!(found.text.is_empty());
    }
}

fn registration(row: &Value, number: u32) -> Registration {
    let memo = format!(
        "REFERENCE:{}:{}",
        row["asset"].as_str().expect("an asset"),
        row["memo"].as_str().expect("a memo")
    );
    let Some(Said::Register { asset, memo }) = read(Network::Thorchain, &memo).said else { panic!("{memo}") };
    Registration { asset, number, memo, height: row["height"].as_u64().expect("a height") }
}

fn asset(name: &str) -> MemoAsset {
    let memo = read(Network::Thorchain, &format!("=:{name}"));
    let Some(Said::Swap(swap)) = memo.said else { panic!("{memo:?}") };
    swap.asset
}

#[test]
fn a_deposit_without_a_memo_is_linked_by_the_number_in_its_amount_alone() {
    let Some(rows) = rows("bridges/memoless.jsonl") else { return };
    let of_kind = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).collect::<Vec<_>>();
    for row in of_kind("amount") {
        let amount: Amount = row["amount"].as_str().expect("an amount").parse().expect("a number");
        let decimals = u8::try_from(row["decimals"].as_u64().expect("decimals")).expect("few");
        let wanted = row["reference"].as_str().map(|number| number.parse().expect("a number"));
        assert_eq!(number_in(amount, decimals), wanted, "{row}");
    }
    let registered = of_kind("registration");
    let used = registered.iter().find(|row| row["used_by"].is_array()).expect("one that was used");
    let number: u32 = used["reference"].as_str().expect("a number").parse().expect("a number");
    let all: Vec<Registration> = registered
        .iter()
        .zip(1_u32..)
        .map(|(row, other)| registration(row, if row == used { number } else { other }))
        .collect();
    let height = used["height"].as_u64().expect("a height");
    let found = linked(&all, &asset("BTC.BTC"), number, height + 10).expect("linked");
    assert_eq!(found.memo, used["memo"].as_str().expect("a memo"));
    for (name, number, height, wanted) in [
        ("LTC.LTC", number, height + 10, NotLinked::Unknown),
        ("BTC.BTC", number + 1, height + 10, NotLinked::Unknown),
        ("BTC.BTC", number, height - 1, NotLinked::Unknown),
        ("BTC.BTC", number, height + MOST_BLOCKS + 1, NotLinked::Unknown),
    ] {
        assert_eq!(linked(&all, &asset(name), number, height), Err(wanted), "{name} {number} {height}");
    }
    // The same number given twice within the window: which of them was meant is not known.
    let twice = [all[0].clone(), Registration { height: all[0].height + 5, ..all[0].clone() }];
    assert_eq!(linked(&twice, &all[0].asset, all[0].number, all[0].height + 6), Err(NotLinked::Several));
}

#[test]
fn finer_units_than_the_networks_hide_no_number_and_coarser_ones_show_it() {
    // 6.26500002 of 18 decimals, with dust behind; and 1.23456 of 6.
    let fine: Amount = "6265000020000000009".parse().expect("a number");
    assert_eq!(number_in(fine, 18), Some(2));
    assert_eq!(number_in(Amount::from(1_234_560_u64), 6), Some(34_560));
    assert_eq!((number_in(Amount::MAX, 255), number_in(Amount::ZERO, 8)), (None, None));
}

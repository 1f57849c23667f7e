//! `cluster`: members, the way between two, refused merges, what is not there.

use std::path::Path;

use serde_json::Value;
use tracehound_ledger::{Writer, WriterOptions};
use tracehound_model::{Address, BitcoinNetwork, BlockHash, Chain, OutPoint, TxId};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::screen::{text, tracehound};

fn address(n: usize) -> String {
    Address::from_script(BitcoinNetwork::Regtest, &owner(n)).expect("has an address").to_string()
}

/// A data folder with a ledger of what the closure makes, in which owners 50 and 51 are two exchanges.
fn folder(make: impl FnOnce(&mut BlockMaker)) -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("temporary folder");
    let facts = format!(
        "[source]\nid = \"test-facts\"\nkind = \"labels\"\ntitle = \"Made-up facts\"\npublisher = \"a test\"\n\
         url = \"https://example.invalid/\"\npublished = 2023-11-01\n\
         [[claim]]\nlabel = \"First Exchange\"\ncategory = \"exchange\"\naddresses = [\"{}\"]\n\
         [[claim]]\nlabel = \"Second Exchange\"\ncategory = \"exchange\"\naddresses = [\"{}\"]\n",
        address(50),
        address(51)
    );
    let file = data.path().join("facts.toml");
    std::fs::write(&file, facts).expect("written");
    let output = tracehound(data.path(), &["lists", "import", &file.to_string_lossy()], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // 2023-11-14 22:13:20Z.
    let mut block = BlockMaker::new(BlockHash::default(), 1_700_000_000, 0);
    make(&mut block);
    let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
    let dir = data.path().join("ledger/bitcoin-regtest");
    let mut writer = Writer::open(&dir, chain, WriterOptions::default()).expect("opens");
    writer.append(&block.done()).expect("appends");
    writer.commit().expect("commits");
    data
}

fn cluster(data: &Path, args: &[&str]) -> std::process::Output {
    tracehound(
        data,
        &[&["cluster"], args, &["--network", "regtest", "--as-of", "2023-11-14T22:33:20Z"]].concat(),
        "",
    )
}

/// Owners 1, 2 and 3 spend in pairs, then 3 with the first exchange and 1 with the second. Owner 2 pays and gets change.
fn story(block: &mut BlockMaker) {
    let owners = [1, 2, 2, 3, 3, 50, 1, 51, 2, 6];
    let coins: Vec<_> = owners.iter().map(|&n| (2_400_000, Some(owner(n)))).collect();
    let minted = block.tx(&[], &coins);
    let out = |vout| (OutPoint { txid: minted, vout }, None);
    for pair in [[0, 1], [2, 3], [4, 5], [6, 7]] {
        block.tx(&pair.map(out), &[(4_700_000, Some(owner(100 + pair[0] as usize)))]);
    }
    block.tx(&[out(8)], &[(2_000_000, Some(owner(6))), (390_000, Some(owner(12)))]);
}

#[test]
fn a_cluster_is_told_with_names_the_way_between_two_and_what_was_not_joined() {
    let data = folder(story);
    let output = cluster(data.path(), &[&address(1), "--explain", &address(50), "--change"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!(text(&output));
}

#[test]
fn programs_get_the_same_as_json() {
    let data = folder(story);
    let output =
        cluster(data.path(), &[&address(3), "--explain", &address(51), "--members", "2", "--output", "json"]);
    let answer: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!(answer["cluster"], format!("regtest:{}", address(1)));
    assert_eq!(answer["size"], 4);
    assert_eq!(answer["members"], serde_json::json!([address(1), address(2)]));
    assert_eq!(answer["names"][0]["label"], "First Exchange");
    assert_eq!(answer["explain"]["same_cluster"], false);
    assert_eq!(answer["refused"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["left_out"]["refused_merges"], 1);
    assert_eq!(answer["gaps"], serde_json::json!([]));
}

#[test]
fn a_gap_in_the_ledger_makes_the_answer_incomplete() {
    let data = folder(|block| {
        let minted = block.tx(&[], &[(100, Some(owner(1)))]);
        let elsewhere = OutPoint { txid: TxId([7; 32]), vout: 0 };
        block.tx(&[(OutPoint { txid: minted, vout: 0 }, None), (elsewhere, None)], &[(90, Some(owner(2)))]);
    });
    let output = cluster(data.path(), &[&address(1)]);
    assert_eq!(output.status.code(), Some(30));
    let said = text(&output);
    assert!(said.contains("1 transactions spend coins of owners that are not known"), "{said}");
}

#[test]
fn an_address_that_is_not_in_the_ledger_is_said() {
    let data = folder(story);
    for args in [&[&*address(98)][..], &[&address(1), "--explain", &address(98)]] {
        let output = cluster(data.path(), args);
        let error = text(&output);
        assert!(error.contains(&address(98)) && error.contains("does not occur in the ledger"), "{error}");
    }
    let output = cluster(data.path(), &["1BitcoinEaterAddressDontSendf59kuE"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--network"), "another network's");
}

#[test]
fn an_exposure_can_be_asked_for_a_whole_cluster() {
    let data = folder(story);
    let members = |more: &[&str]| {
        let subject = address(2);
        let args = [&["exposure", &subject, "--output", "json", "--network", "regtest"], more].concat();
        let output = tracehound(data.path(), &args, "");
        let answer: Value = serde_json::from_str(&text(&output)).expect("JSON");
        answer["members"].as_u64()
    };
    assert_eq!((members(&[]), members(&["--cluster"])), (Some(1), Some(4)));
}

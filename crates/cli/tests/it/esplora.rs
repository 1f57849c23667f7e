//! `screen --esplora`: direct counterparties for those who run no node.

use std::{path::Path, process::Output};

use serde_json::Value;
use tracehound_model::{Address, BitcoinNetwork, ScriptKey, ScriptType};
use tracehound_testkit::esplora::{Chain, EsploraServer, time};

use crate::screen::{text, tracehound};

/// In the shipped facts: named by the FBI on 2023-08-22.
const LISTED: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
/// The server's chain ends on this day, and the shipped lists vouch for it.
const DAY: &str = "2025-01-24";
/// Heights whose blocks are of 2023-09-15 and 2025-01-24.
const PAID_AT: u32 = 158_000;
const LATER: u32 = 229_500;

fn owner(n: u8) -> Address {
    let key = ScriptKey::new(ScriptType::P2wpkh, &[n; 20]).expect("20 bytes");
    Address::from_script(BitcoinNetwork::Mainnet, &key).expect("has an address")
}

/// Owner 1 got money from owner 2 and paid it to a listed address; owner 3 has nothing to do with it.
fn server() -> EsploraServer {
    EsploraServer::start(|chain: &mut Chain| {
        chain.tx(Some(PAID_AT), &[(None, 5_100_000, owner(2))], &[(5_000_000, owner(1))]);
        let listed = Address::parse(LISTED).expect("an address");
        chain.tx(Some(LATER), &[(None, 5_000_000, owner(1))], &[(4_000_000, listed), (990_000, owner(1))]);
        for height in 0..3 {
            chain.tx(Some(PAID_AT + height), &[(None, 900_000, owner(4))], &[(800_000, owner(3))]);
        }
    })
}

fn screen(data: &Path, server: &EsploraServer, subject: &str, extra: &[&str]) -> Output {
    let url = server.url();
    tracehound(data, &[&["screen", subject, "--esplora", &url], extra].concat(), "")
}

fn verdict(output: &Output) -> Value {
    let said = text(output);
    serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("one verdict, not {said:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn gaps(verdict: &Value) -> Vec<&str> {
    verdict["coverage"]["gaps"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|gap| gap["sentence"].as_str())
        .collect()
}

#[test]
fn a_listed_counterparty_is_found_with_the_transaction_as_evidence() {
    let (data, server) = (tempfile::tempdir().expect("folder"), server());
    let subject = owner(1).to_string();
    let args = ["--as-of", DAY, "--output", "jsonl"];
    let output = screen(data.path(), &server, &subject, &args);
    let found = verdict(&output);
    assert_eq!(found["exposures"][0]["exposure"], "direct", "{found}");
    assert_eq!(found["exposures"][0]["direction"], "outgoing");
    assert_eq!(found["exposures"][0]["address"], LISTED);
    assert_eq!(found["exposures"][0]["amount"], "4000000");
    assert_ne!(found["decision"], "allow");
    let nodes = found["evidence"]["nodes"].as_array().expect("a list");
    let tx = nodes.iter().find(|node| node["kind"] == "tx").expect("a transaction as evidence");
    assert_eq!((&tx["height"], &tx["time"]), (&LATER.into(), &time(LATER).into()), "{tx}");
    let said = gaps(&found).join("\n");
    assert!(
        said.contains(
            "only transactions of this address are known: all 2 in blocks, fetched from 127.0.0.1:"
        )
    );
    assert!(said.contains(&format!("(its chain ended at block {LATER})")), "{said}");
    assert!(said.contains("indirect sources and destinations were not examined"), "{said}");
    assert!(!said.contains("no ledger") && !said.contains("the ledger is partial"), "{said}");

    server.asked();
    let again = screen(data.path(), &server, &subject, &args);
    assert_eq!(server.asked(), [""; 0], "the second answer comes from the cache");
    assert_eq!(text(&again), text(&output), "and is the same to the byte");
    let fresh = screen(data.path(), &server, &subject, &[&args[..], &["--esplora-max-age", "0s"]].concat());
    assert!(!server.asked().is_empty());
    assert_eq!(verdict(&fresh)["exposures"], found["exposures"]);
}

#[test]
fn a_past_day_sees_neither_later_payments_nor_later_claims() {
    let (data, server) = (tempfile::tempdir().expect("folder"), server());
    let subject = owner(1).to_string();
    let on = |day| verdict(&screen(data.path(), &server, &subject, &["--as-of", day, "--output", "jsonl"]));
    assert_eq!(on("2024-06-01")["exposures"], Value::Array(Vec::new()));
    assert_eq!(on("2025-06-01")["exposures"][0]["address"], LISTED);
}

#[test]
fn what_was_fetched_never_becomes_part_of_the_ledger() {
    let (data, server) = (tempfile::tempdir().expect("folder"), server());
    let subject = owner(1).to_string();
    screen(data.path(), &server, &subject, &["--as-of", DAY]);
    let plain = tracehound(data.path(), &["screen", &subject, "--as-of", DAY], "");
    assert_eq!(plain.status.code(), Some(30), "{}", text(&plain));
    assert!(text(&plain).contains("no ledger for btc"), "{}", text(&plain));
    let info = tracehound(data.path(), &["ledger", "info"], "");
    assert_eq!(info.status.code(), Some(1));
}

#[test]
fn all_of_a_clean_address_is_allowed_and_a_part_of_it_is_incomplete() {
    let (data, server) = (tempfile::tempdir().expect("folder"), server());
    let subject = owner(3).to_string();
    let part = screen(data.path(), &server, &subject, &["--as-of", DAY, "--esplora-limit", "2"]);
    assert_eq!(part.status.code(), Some(30), "{}", text(&part));
    assert!(text(&part).contains("only the newest 2 transactions of this address"), "{}", text(&part));
    let whole = screen(data.path(), &server, &subject, &["--as-of", DAY]);
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole));
    assert!(text(&whole).contains("all 3 in blocks"), "{}", text(&whole));
    // A server whose chain ends long before the moment asked about knows nothing of the time since.
    let late = screen(data.path(), &server, &subject, &["--as-of", "2025-01-27", "--esplora-max-age", "0s"]);
    assert_eq!(late.status.code(), Some(30), "{}", text(&late));
    assert!(text(&late).contains("hours before the moment asked about"), "{}", text(&late));
}

#[test]
fn transactions_and_foreign_addresses_get_their_own_answers() {
    let (data, server) = (tempfile::tempdir().expect("folder"), server());
    let args = ["--as-of", DAY, "--output", "jsonl"];
    let first = verdict(&screen(data.path(), &server, &owner(1).to_string(), &args));
    let nodes = first["evidence"]["nodes"].as_array().expect("a list");
    let txid = nodes.iter().find_map(|node| node["txid"].as_str()).expect("a transaction").to_owned();
    let found = verdict(&screen(data.path(), &server, &txid, &args));
    assert_eq!(found["exposures"][0]["address"], LISTED, "{found}");
    let unknown = screen(data.path(), &server, &"ab".repeat(32), &args);
    assert_eq!(unknown.status.code(), Some(30));
    assert!(gaps(&verdict(&unknown)).iter().any(|gap| gap.contains("knows no such transaction")));

    server.asked();
    let foreign = screen(data.path(), &server, "0x52908400098527886E0F7030069857D2E4169EE7", &args);
    assert_eq!(server.asked(), [""; 0], "nobody is told about an address that the server cannot know");
    assert!(gaps(&verdict(&foreign)).iter().any(|gap| gap.contains("no ledger for this chain")));
    let mistyped = screen(data.path(), &server, "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiH", &[]);
    assert_eq!((mistyped.status.code(), server.asked().len()), (Some(1), 0));
}

#[test]
fn a_server_that_fails_is_named_and_leaves_nothing_behind() {
    let (data, server) = (tempfile::tempdir().expect("folder"), server());
    for answers in 0..5 {
        server.fails_after(answers);
        let output = screen(data.path(), &server, &owner(1).to_string(), &["--as-of", DAY]);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(&server.url()) && said.contains("HTTP 500: out of order"), "{said}");
        assert_eq!(text(&output), "", "no verdict without the transactions");
        assert!(!data.path().join("ledger").exists());
    }
}

#[test]
fn a_batch_is_not_sent_to_somebody_elses_server() {
    let data = tempfile::tempdir().expect("folder");
    let output = tracehound(data.path(), &["screen", "--stdin", "--esplora", "http://127.0.0.1:1"], LISTED);
    assert_eq!(output.status.code(), Some(2));
}

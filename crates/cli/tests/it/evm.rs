//! Account chains: from files into a ledger of transfers, and what is answered from it.

use std::{fs, path::Path, process::Output};

use serde_json::Value;
use tracehound_testkit::shared_data;

use crate::{
    schemas::has_form,
    screen::{text, tracehound},
};

const FILE: &str = "era1/sepolia-00021-b8814b14.era1";
/// Twenty minutes after the last block of the file.
const SOON: &str = "2021-11-22T18:48:00Z";
const TX: &str = "0x1e7dbef1d524d7fc09b2cffe011ef7b7196b9308e2c392c0bc97d8d3edc16cc6";

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A data folder with the ledger of a real era1 file, and what the ingest said.
fn ingested() -> Option<(tempfile::TempDir, Output)> {
    let file = shared_data(FILE)?;
    let data = tempfile::tempdir().expect("temporary folder");
    let output = tracehound(data.path(), &["ingest", "evm", &file.to_string_lossy()], "");
    Some((data, output))
}

fn ask(data: &Path, args: &[&str]) -> Output {
    tracehound(data, &[args, &["--as-of", SOON]].concat(), "")
}

/// All that was printed, with the exit code.
fn told(output: &Output) -> String {
    format!("exit code {:?}\n{}{}", output.status.code(), text(output), errors(output))
}

#[test]
fn an_era1_file_becomes_a_ledger_that_says_what_it_lacks() {
    let Some((data, output)) = ingested() else { return };
    insta::assert_snapshot!("ingest", told(&output));
    insta::assert_snapshot!("info", told(&tracehound(data.path(), &["ledger", "info"], "")));
    let verified = tracehound(data.path(), &["ledger", "verify"], "");
    insta::assert_snapshot!("verify", told(&verified));
    // Again, and by the folder: there is nothing new.
    let file = shared_data(FILE).expect("there");
    let folder = file.parent().expect("a folder").to_string_lossy().into_owned();
    let again = tracehound(data.path(), &["ingest", "evm", &folder, "--output", "jsonl"], "");
    let again_told: Value = serde_json::from_str(&text(&again)).expect("JSON");
    assert_eq!((&again_told["blocks"], &again_told["already_known"]), (&0.into(), &8_192.into()));
    assert_eq!(again.status.code(), Some(30), "it is as partial as before");
    for (name, output) in [
        ("ingest-evm", &again),
        ("account-ledger-info", &tracehound(data.path(), &["ledger", "info", "--output", "jsonl"], "")),
        ("account-ledger-verify", &tracehound(data.path(), &["ledger", "verify", "--output", "jsonl"], "")),
    ] {
        has_form(name, output);
    }
    // Damage is told, and nothing is answered from it.
    let ledger = data.path().join("ledger/evm-11155111");
    let segment = fs::read_dir(&ledger).expect("readable").map(|entry| entry.expect("readable").path());
    let segment = segment.into_iter().find(|path| path.extension().is_some_and(|end| end == "seg"));
    let segment = segment.expect("a segment");
    let mut bytes = fs::read(&segment).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x20;
    fs::remove_file(&segment).expect("removed");
    fs::write(&segment, bytes).expect("written");
    let damaged = tracehound(data.path(), &["ledger", "verify"], "");
    assert_eq!((damaged.status.code(), text(&damaged)), (Some(1), String::new()));
    assert!(errors(&damaged).contains(".seg"), "{}", errors(&damaged));
}

#[test]
fn files_of_another_chain_and_chains_without_files_are_refused_with_what_to_do() {
    let Some(file) = shared_data(FILE) else { return };
    let data = tempfile::tempdir().expect("temporary folder");
    let file = file.to_string_lossy();
    for (args, said) in [
        (&["ingest", "evm", &*file, "--chain", "eth"][..], "a ledger is of one chain"),
        (&["ingest", "evm", &*file, "--chain", "base"], "there are no era1 files of base"),
        (&["ingest", "evm", "/nowhere/mainnet-1.era1"], "/nowhere/mainnet-1.era1"),
        (&["ledger", "info", "--chain", "eth"], "there is no ledger of eth yet: tracehound ingest evm FILES"),
        (&["tx", TX], "there is no ledger of eth yet"),
        (&["ledger", "upgrade", "--chain", "eth"], "is there for ledgers of Bitcoin alone"),
    ] {
        let output = tracehound(data.path(), args, "");
        assert_eq!((output.status.code(), text(&output)), (Some(1), String::new()), "{args:?}");
        assert!(errors(&output).contains(said), "{args:?}: {}", errors(&output));
    }
    for wrong in [&["ingest", "evm", &*file, "--chain", "btc"][..], &["ledger", "info", "--chain", "xmr"]] {
        assert_eq!(tracehound(data.path(), wrong, "").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_transaction_says_what_moved_who_vouches_for_it_and_what_was_not_seen() {
    let Some((data, _)) = ingested() else { return };
    insta::assert_snapshot!("tx", told(&ask(data.path(), &["tx", TX])));
    let paid = "0xeb20db3e285c22f189aae88e1044aed08997b35675cfb5db3e60fe8a0daee218";
    let paid = ask(data.path(), &["tx", paid]);
    assert_eq!(paid.status.code(), Some(0), "all that an empty block does is known: {}", text(&paid));
    insta::assert_snapshot!("tx_of_the_chain", told(&paid));
    has_form("account-tx", &ask(data.path(), &["tx", TX, "--output", "jsonl"]));
    let nowhere = format!("0x{}", "ab".repeat(32));
    let absent = ask(data.path(), &["tx", &nowhere, "--output", "jsonl"]);
    assert_eq!(absent.status.code(), Some(30));
    has_form("absent", &absent);
    // Before its block it is not there, and a snapshot that an answer names has the same answer.
    let before = tracehound(data.path(), &["tx", TX, "--as-of", "2021-11-21T05:00:00Z"], "");
    assert!(text(&before).contains("does not occur in the ledger"), "{}", text(&before));
    let json: Value =
        serde_json::from_str(&text(&ask(data.path(), &["tx", TX, "--output", "jsonl"]))).expect("JSON");
    let snapshot = json["snapshot"].as_str().expect("an id");
    let again = ask(data.path(), &["tx", TX, "--snapshot", snapshot, "--output", "jsonl"]);
    assert_eq!(serde_json::from_str::<Value>(&text(&again)).expect("JSON"), json);
}

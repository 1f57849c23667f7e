//! `tracehound ledger`: damage, repair, upgrade; and coinbases that others overwrote.

use std::{fs, path::PathBuf};

use serde_json::Value;
use tracehound_testkit::{blocks::owner, shared_data};

use crate::{
    follow::{address, folder, regtest},
    screen::{text, tracehound},
};

fn errors(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A data folder with a small ledger, and the ledger's folder.
fn small() -> (tempfile::TempDir, PathBuf) {
    let data = folder(|block| {
        let outputs: Vec<_> = (0..900).map(|at| (1_000 + at as u64, Some(owner(at)))).collect();
        block.tx(&[], &outputs);
    });
    let dir = data.path().join("ledger/bitcoin-regtest");
    (data, dir)
}

fn segment(dir: &std::path::Path) -> PathBuf {
    let mut paths = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable").path());
    paths.find(|path| path.extension().is_some_and(|extension| extension == "seg")).expect("one segment")
}

/// Nobody has to name the network where there is one ledger.
#[test]
fn the_only_ledger_is_the_one_that_is_asked() {
    let (data, dir) = small();
    for args in [
        &["ledger", "info"][..],
        &["trace", &address(1)],
        &["exposure", &address(1)],
        &["cluster", &address(1)],
        &["analyze", "patterns", &address(1)],
    ] {
        let output = tracehound(data.path(), args, "");
        assert!(!errors(&output).contains("no ledger"), "{args:?}: {}", errors(&output));
        assert!(text(&output).len() > 20, "{args:?}");
    }
    // With several, mainnet is meant, and named ones are asked.
    fs::create_dir_all(dir.with_file_name("bitcoin-signet")).expect("made");
    let output = tracehound(data.path(), &["ledger", "info"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("there is one of"), "{}", errors(&output));
    assert_eq!(regtest(data.path(), &["ledger", "info"]).status.code(), Some(0));
}

#[test]
fn a_lost_manifest_stops_every_command_and_a_repair_brings_the_ledger_back() {
    let (data, dir) = small();
    let whole = text(&regtest(data.path(), &["ledger", "verify"]));
    fs::remove_file(dir.join("MANIFEST.json")).expect("removed");
    for args in
        [&["ledger", "info"][..], &["ledger", "verify"], &["trace", &address(1)], &["screen", &address(1)]]
    {
        let output = regtest(data.path(), args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(errors(&output).contains("tracehound ledger repair"), "{args:?}: {}", errors(&output));
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    let repaired = regtest(data.path(), &["ledger", "repair"]);
    assert_eq!(repaired.status.code(), Some(0), "{}", errors(&repaired));
    assert!(
        text(&repaired).starts_with("the manifest was made anew from 1 segments\nwhole: "),
        "{}",
        text(&repaired)
    );
    assert_eq!(text(&regtest(data.path(), &["ledger", "verify"])), whole);
    let again = text(&regtest(data.path(), &["ledger", "repair"]));
    assert!(again.starts_with("there was nothing to mend\n"), "{again}");
}

#[test]
fn a_ledger_of_another_chain_answers_nothing_about_this_one() {
    let (data, dir) = small();
    let mainnet = dir.with_file_name("bitcoin");
    fs::rename(&dir, &mainnet).expect("moved");
    let address = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
    for args in [
        &["screen", address][..],
        &["exposure", address],
        &["cluster", address],
        &["trace", address],
        &["ledger", "info"],
        &["ledger", "verify"],
    ] {
        let answer = tracehound(data.path(), args, "");
        assert_eq!((answer.status.code(), text(&answer)), (Some(1), String::new()), "{args:?}");
        assert!(errors(&answer).contains("not bip122:000000000019d668"), "{}", errors(&answer));
    }
}

/// A cell that names a transaction beyond the ledger counts as unspent. It is damage, unless an ingest is at work or was
/// interrupted, which the lock's file tells; a repair clears it.
#[test]
fn cells_that_name_transactions_beyond_the_ledger_are_told_of_and_cleared() {
    let (data, dir) = small();
    let whole = text(&regtest(data.path(), &["ledger", "verify"]));
    assert!(whole.starts_with("whole: "), "{whole}");
    let path = segment(&dir).with_extension("spent");
    let right = fs::read(&path).expect("read");
    let mut cells = right.clone();
    let unspent: Vec<usize> =
        (0..cells.len()).step_by(4).filter(|&at| cells[at..at + 4] == [0; 4]).take(2).collect();
    cells[unspent[0]..unspent[0] + 4].copy_from_slice(&1_000_000u32.to_le_bytes());
    cells[unspent[1]..unspent[1] + 4].copy_from_slice(&(0x8000_0000_u32 + 1_000_000).to_le_bytes());
    fs::write(&path, &cells).expect("written");
    let damaged = regtest(data.path(), &["ledger", "verify"]);
    assert_eq!((damaged.status.code(), text(&damaged)), (Some(1), String::new()));
    let said = errors(&damaged);
    assert!(said.contains("2 spent cells name transactions") && said.contains("ledger repair"), "{said}");
    fs::write(dir.join("LOCK"), "as an ingest leaves it that is killed").expect("written");
    let told = text(&regtest(data.path(), &["ledger", "verify"]));
    assert!(told.starts_with("note: 2 spent cells name transactions that are not in the ledger"), "{told}");
    assert!(told.ends_with(&whole), "{told}");
    let json = text(&regtest(data.path(), &["ledger", "verify", "--output", "json"]));
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["cells_beyond"], 2);
    let repaired = text(&regtest(data.path(), &["ledger", "repair"]));
    assert!(
        repaired.starts_with("2 spent cells that name transactions beyond the ledger were cleared\n"),
        "{repaired}"
    );
    assert_eq!(fs::read(&path).expect("read"), right);
    assert_eq!(text(&regtest(data.path(), &["ledger", "verify"])), whole);
    let note: Value = serde_json::from_slice(&fs::read(dir.join("LOCK")).expect("there")).expect("JSON");
    assert_eq!(note["at_work"], false, "nothing is left of the interruption");
}

/// Nothing of an answer is printed once damage was seen, however the command uses the ledger.
#[test]
fn nothing_that_rests_on_a_damaged_page_is_printed() {
    let (data, dir) = small();
    let path = segment(&dir);
    let right = fs::read(&path).expect("read");
    let svg = data.path().join("drawn.svg");
    let drawn = svg.to_string_lossy().into_owned();
    let questions: [&[&str]; 3] = [
        &["trace", &address(7), "--output", "json", "--as-of", "2025-11-20", "--svg", &drawn],
        &["screen", &address(7), "--output", "jsonl", "--as-of", "2025-11-20"],
        &["cluster", &address(7), "--as-of", "2025-11-20"],
    ];
    let answers: Vec<_> = questions.iter().map(|args| regtest(data.path(), args)).collect();
    let mut refused = 0;
    for at in (1_000..right.len()).step_by(4_096) {
        let mut wrong = right.clone();
        wrong[at] ^= 0x20;
        fs::remove_file(&path).expect("removed");
        fs::write(&path, wrong).expect("written");
        for (args, answer) in questions.iter().zip(&answers) {
            let _ = fs::remove_file(&svg);
            let found = regtest(data.path(), args);
            if found.status.code() == Some(1) {
                assert!(errors(&found).contains("is damaged"), "{}", errors(&found));
                assert!(found.stdout.is_empty(), "{args:?} printed {}", text(&found));
                assert!(!svg.exists(), "{args:?} drew");
                refused += 1;
            } else {
                assert_eq!(text(&found), text(answer), "{args:?}, byte {at} flipped");
            }
        }
    }
    assert!(refused > 5, "the flips hit nothing");
}

#[test]
fn a_ledger_of_0_1_0_says_so_and_is_upgraded() {
    let data = tempfile::tempdir().expect("temporary folder");
    let dir = data.path().join("ledger/bitcoin-regtest");
    let archive = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ledger/tests/data/ledger-0.1.0.tar.gz");
    let file = fs::File::open(archive).expect("is in the repository");
    tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(&dir).expect("unpacks");
    let whole = text(&regtest(data.path(), &["ledger", "verify"]));
    assert!(
        text(&regtest(data.path(), &["ledger", "info"])).contains("3 segments are of an earlier version")
    );
    let upgraded = text(&regtest(data.path(), &["ledger", "upgrade"]));
    assert_eq!(
        upgraded,
        "3 of 3 segments were rewritten with the ledger's key and the ids of their snapshots\n"
    );
    assert_eq!(text(&regtest(data.path(), &["ledger", "verify"])), whole);
    assert!(!text(&regtest(data.path(), &["ledger", "info"])).contains("earlier version"));
}

/// The first of two equal coinbases is destroyed: 49 BTC are held, not 99.
#[test]
fn an_overwritten_coinbase_is_not_held() {
    const DESTROYED: &str = "destroyed: overwritten by a later coinbase of the same id, BIP-30";
    const MINER: &str = "mjn5Dm4bUHzYRJYhZUy2aH8wYsivrzkPLk";
    let Some(blocks) = shared_data("cases/lists-and-blocks/blocks_bip30") else { return };
    let data = tempfile::tempdir().expect("temporary folder");
    let ingested = tracehound(data.path(), &["ingest", "bitcoin", &blocks.to_string_lossy()], "");
    assert_eq!(ingested.status.code(), Some(0), "{}", errors(&ingested));
    let found = regtest(data.path(), &["trace", MINER, "--output", "json"]);
    let trace: Value = serde_json::from_str(&text(&found)).expect("one trace");
    assert_eq!(trace["sums"]["seeded"], "10000000000", "{trace}");
    assert_eq!(
        (&trace["sums"]["unspent"], &trace["sums"]["destroyed"], &trace["sums"]["unspendable"]),
        (&"4900000000".into(), &"5000000000".into(), &"0".into())
    );
    let as_text = |args: &[&str]| text(&regtest(data.path(), args));
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&as_text(&[args, &["--output", "json"]].concat())).expect("JSON")
    };
    for way in [&["trace", MINER][..], &["trace", MINER, "--backward"], &["exposure", MINER]] {
        let said = as_text(way);
        assert!(said.contains(DESTROYED) && !said.contains("OP_RETURN"), "{way:?}: {said}");
    }
    let exposure = json(&["exposure", MINER]);
    assert_eq!(
        (&exposure["sources"]["total"], &exposure["sources"]["rest"]["destroyed"]),
        (&"5000000000".into(), &"5000000000".into()),
        "{exposure}"
    );
    assert_eq!(json(&["trace", MINER, "--backward"])["sums"]["coinbase"], "5000000000");
    assert_eq!(json(&["analyze", "patterns", MINER])["from_coinbases"]["total"], "5000000000");
    // The id is that of both coinbases: the later one is shown, and what became of the earlier one is said.
    let coinbase = trace["nodes"][0]["locus"]["txid"].as_str().expect("an id");
    let tx = json(&["tx", coinbase]);
    assert_eq!((&tx["overwrote"]["value"], &tx["coinbase"]), (&"5000000000".into(), &true.into()), "{tx}");
    let said = as_text(&["tx", coinbase]);
    assert!(said.contains(&format!("of it 50.00000000 rBTC are {DESTROYED}")), "{said}");
    assert!(
        said.contains("new coins and the block's fees") && !said.contains("amount not in the ledger"),
        "{said}"
    );
    assert_eq!(regtest(data.path(), &["ledger", "verify"]).status.code(), Some(0));
}

#[test]
fn files_without_their_key_and_of_other_networks_are_named() {
    let Some(cases) = shared_data("cases/lists-and-blocks") else { return };
    let data = tempfile::tempdir().expect("temporary folder");
    for (name, said) in [("blocks_xor_missing", "xor.dat"), ("blocks_testnet4", "Bitcoin testnet4")] {
        for path in [cases.join(name), cases.join(name).join("blk00000.dat")] {
            let output = tracehound(data.path(), &["ingest", "bitcoin", &path.to_string_lossy()], "");
            assert_eq!(output.status.code(), Some(1), "{name}");
            assert!(errors(&output).contains(said), "{name}: {}", errors(&output));
        }
    }
}

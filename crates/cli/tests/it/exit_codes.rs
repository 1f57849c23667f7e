//! The exit codes of questions over a ledger, one row a case: 0 answered, 30 answered in part, 1 failed, 2 misused.

use std::fs;

use tracehound_model::{BlockHash, OutPoint};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    follow::{EXCHANGE, THIEF, TIME, address, chain_of_owners, folder, folder_of, regtest, soon},
    screen::{text, tracehound},
};

#[test]
fn a_question_over_a_whole_and_fresh_ledger_is_answered_unless_a_limit_cuts_it() {
    let mut first = None;
    let data = folder(|block| {
        chain_of_owners(block);
        first = Some(block.tx(&[], &[(7, Some(owner(77)))]));
    });
    let (thief, exchange) = (address(THIEF), address(EXCHANGE));
    let (known, unknown) = (first.expect("made").to_string(), "ab".repeat(32));
    let output = format!("{known}:0");
    let cases: &[(&[&str], i32)] = &[
        (&["trace", &thief], 0),
        (&["trace", &output, "--backward"], 0),
        (&["trace", &thief, "--dust", "60000000"], 30),
        (&["trace", &thief, "--hops", "1"], 30),
        (&["trace", &thief, "--work", "1"], 30),
        (&["trace", &thief, "--fan-out", "0"], 30),
        (&["trace", &thief, "--compare"], 0),
        (&["trace", &thief, "--compare", "--dust", "60000000"], 30),
        (&["trace", &thief, "--compare", "--hops", "1"], 30),
        (&["trace", &thief, "--compare", "--work", "1"], 30),
        (&["trace", &unknown], 0),
        (&["trace", &thief, "--method", "none"], 2),
        (&["exposure", &thief], 0),
        (&["exposure", &thief, "--dust", "60000000"], 30),
        (&["exposure", &thief, "--hops", "1"], 30),
        (&["exposure", &thief, "--work", "0"], 30),
        (&["exposure", &thief, "--cluster"], 0),
        (&["path", &thief, &exchange], 0),
        (&["path", &exchange, &thief], 0),
        (&["path", &thief, &exchange, "--dust", "60000000"], 30),
        (&["path", &thief, &exchange, "--hops", "2"], 30),
        (&["path", &thief, &exchange, "--work", "1"], 30),
        (&["cluster", &thief], 0),
        (&["cluster", &thief, "--change", "--explain", &exchange], 0),
        (&["tx", &known], 0),
        (&["tx", &unknown], 0),
        (&["path", &thief, &exchange, "--count", "0"], 2),
        (&["analyze", "peel", &output], 0),
        (&["analyze", "peel", &thief, "--hops", "1", "--margin", "0"], 30),
        (&["analyze", "patterns", &thief], 0),
        (&["analyze", "patterns", &unknown], 0),
    ];
    for (args, code) in cases {
        let answer = soon(data.path(), args);
        let errors = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(*code), "{args:?}: {}{errors}", text(&answer));
    }
}

#[test]
fn a_ledger_that_ended_long_before_answers_in_part() {
    let mut first = None;
    let data = folder(|block| {
        chain_of_owners(block);
        first = Some(block.tx(&[], &[(7, Some(owner(77)))]));
    });
    let (thief, known) = (address(THIEF), first.expect("made").to_string());
    let output = format!("{known}:0");
    let unknown = "ab".repeat(32);
    let asked: &[&[&str]] = &[
        &["trace", &thief],
        &["trace", &thief, "--compare"],
        &["exposure", &thief],
        &["path", &thief, &address(EXCHANGE)],
        &["path", &address(EXCHANGE), &thief],
        &["cluster", &thief],
        &["tx", &known],
        &["tx", &unknown],
        &["analyze", "peel", &output],
        &["analyze", "patterns", &thief],
    ];
    for args in asked {
        let old = ["--as-of", "2023-11-15T22:13:21Z"];
        let answer = regtest(data.path(), &[args, &old[..]].concat());
        assert_eq!(answer.status.code(), Some(30), "{args:?}");
        assert!(text(&answer).contains("more than 24 h"), "{args:?}: {}", text(&answer));
        let accepted = regtest(data.path(), &[args, &old[..], &["--max-age", "25h"]].concat());
        assert_eq!(accepted.status.code(), Some(0), "{args:?}");
        let now = regtest(data.path(), args);
        assert_eq!(now.status.code(), Some(30), "{args:?}: years after the last block");
    }
}

#[test]
fn blocks_that_are_missing_where_it_was_looked_answer_in_part() {
    let mut block = BlockMaker::new(BlockHash::default(), TIME - 600, 0);
    let early = block.tx(&[], &[(5_000_000, Some(owner(THIEF)))]);
    let first = block.done();
    // What it builds on is not there.
    let mut block = BlockMaker::new(BlockHash([9; 32]), TIME, 0);
    block.tx(&[], &[(5_000, Some(owner(900)))]);
    let late = block.tx(&[(OutPoint { txid: early, vout: 0 }, None)], &[(4_990_000, Some(owner(EXCHANGE)))]);
    let data = folder_of(&[first, block.done()]);
    let (early, late, thief) = (format!("{early}:0"), format!("{late}:0"), address(THIEF));
    let unknown = "ab".repeat(32);
    let cases: &[(&[&str], i32)] = &[
        (&["trace", &early], 30),
        (&["trace", &late], 0),
        (&["trace", &thief], 30),
        (&["trace", &thief, "--compare"], 30),
        (&["exposure", &thief], 30),
        (&["path", &thief, &address(EXCHANGE)], 30),
        (&["cluster", &thief], 30),
        (&["tx", &early[..64]], 30),
        (&["tx", &late[..64]], 0),
        (&["tx", &unknown], 30),
        (&["analyze", "patterns", &thief], 30),
        (&["analyze", "peel", &early], 30),
    ];
    for (args, code) in cases {
        let answer = soon(data.path(), args);
        let errors = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(*code), "{args:?}: {}{errors}", text(&answer));
    }
}

/// What does not occur in a ledger is not known where the ledger is not whole, and otherwise a plain answer: one rule for
/// every command, whatever makes the ledger partial.
#[test]
fn what_does_not_occur_is_unknown_in_a_partial_ledger_and_a_plain_answer_in_a_whole_one() {
    let whole = folder(chain_of_owners);
    let mut block = BlockMaker::new(BlockHash([9; 32]), TIME, 0);
    chain_of_owners(&mut block);
    let late = folder_of(&[block.done()]);
    let mut first = BlockMaker::new(BlockHash::default(), TIME - 600, 0);
    first.tx(&[], &[(5_000, Some(owner(900)))]);
    let mut second = BlockMaker::new(BlockHash([9; 32]), TIME, 0);
    chain_of_owners(&mut second);
    let torn = folder_of(&[first.done(), second.done()]);
    let (thief, nobody, unknown) = (address(THIEF), address(777), "ab".repeat(32));
    let output = format!("{unknown}:0");
    let asked: &[&[&str]] = &[
        &["trace", &nobody],
        &["trace", &unknown],
        &["trace", &output],
        &["trace", &nobody, "--backward"],
        &["trace", &nobody, "--compare"],
        &["trace", "--named", "lazarus"],
        &["exposure", &nobody],
        &["path", &thief, &nobody],
        &["path", &nobody, &thief],
        &["cluster", &nobody],
        &["cluster", &thief, "--explain", &nobody],
        &["tx", &unknown],
        &["analyze", "peel", &nobody],
        &["analyze", "peel", &output],
        &["analyze", "patterns", &nobody],
        &["analyze", "patterns", &unknown],
    ];
    for args in asked {
        for (data, code) in [(&whole, 0), (&late, 30), (&torn, 30)] {
            let answer = soon(data.path(), args);
            let said = text(&answer);
            assert_eq!(answer.status.code(), Some(code), "{args:?}: {said}");
            assert!(said.contains("does not occur in the ledger"), "{args:?}: {said}");
            assert_eq!(said.contains("is not known"), code == 30, "{args:?}: {said}");
            let json = text(&soon(data.path(), &[args, &["--output", "json"][..]].concat()));
            let found: serde_json::Value = serde_json::from_str(&json).expect("JSON");
            assert_eq!(
                (&found["found"], &found["complete"]),
                (&false.into(), &(code == 0).into()),
                "{found}"
            );
        }
        // Too old for the moment asked about is not whole either.
        assert_eq!(regtest(whole.path(), args).status.code(), Some(30), "{args:?}: years later");
    }
    // One that is there beside one that is not.
    for args in [&["trace", &thief, &nobody][..], &["exposure", &thief, &nobody]] {
        assert_eq!(soon(whole.path(), args).status.code(), Some(0), "{args:?}");
        assert_eq!(soon(late.path(), args).status.code(), Some(30), "{args:?}");
    }
    // No moment has a block before the first one.
    let early = [&["exposure", &thief][..], &["--as-of", "2023-11-14T22:13:19Z"]].concat();
    assert_eq!(regtest(whole.path(), &early).status.code(), Some(30));
}

#[test]
fn without_a_ledger_a_question_over_it_fails() {
    let data = tempfile::tempdir().expect("temporary folder");
    let unknown = "ab".repeat(32);
    let anybody = address(1);
    let asked: &[&[&str]] = &[
        &["trace", &unknown],
        &["exposure", &anybody],
        &["path", &anybody, &address(2)],
        &["cluster", &anybody],
        &["tx", &unknown],
        &["analyze", "peel", &unknown],
        &["analyze", "patterns", &anybody],
        &["ledger", "info"],
        &["ledger", "verify"],
    ];
    for args in asked {
        assert_eq!(regtest(data.path(), args).status.code(), Some(1), "{args:?}");
    }
    // One of another network is named.
    let data = folder(chain_of_owners);
    for args in [&["ledger", "info"][..], &["tx", &unknown]] {
        let answer = tracehound(data.path(), &[args, &["--network", "mainnet"]].concat(), "");
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(1), "{args:?}");
        assert!(said.contains("there is one of regtest: --network regtest"), "{args:?}: {said}");
    }
}

#[test]
fn a_transaction_that_was_given_up_on_answers_in_part() {
    let data = tempfile::tempdir().expect("temporary folder");
    let amounts = "{\"inputs\":[10,10,7],\"outputs\":[8,2,3,7,7]}\n";
    let asked = |work: &[&str], more: &str| {
        let args = [&["analyze", "boltzmann", "--stdin"], work].concat();
        tracehound(data.path(), &args, &format!("{amounts}{more}")).status.code()
    };
    assert_eq!(asked(&[], ""), Some(0));
    assert_eq!(asked(&["--work", "1"], ""), Some(30));
    assert_eq!(asked(&["--work", "1"], "nonsense\n"), Some(1), "a line that cannot be read is worse");
}

#[test]
fn an_ingest_that_skipped_a_block_is_not_done() {
    let data = tempfile::tempdir().expect("temporary folder");
    let chain = data.path().join("chain").to_string_lossy().into_owned();
    let made = tracehound(data.path(), &["range", "generate", "--txs", "1000", "--heists", "1", &chain], "");
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let ingest = |folder: &str| {
        let own = data.path().join(folder);
        tracehound(&own, &["ingest", "bitcoin", "--network", "regtest", &chain], "")
    };
    let whole = ingest("whole");
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole));
    assert_eq!(ingest("whole").status.code(), Some(0), "nothing to add is no failure");
    let file = fs::read_dir(&chain)
        .expect("lists")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "dat"))
        .expect("a block file");
    let mut bytes = fs::read(&file).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(&file, bytes).expect("writes");
    let damaged = ingest("damaged");
    assert!(text(&damaged).contains("skipped: "), "{}", text(&damaged));
    assert_eq!(damaged.status.code(), Some(30));
}

/// Empty is not complete.
#[test]
fn an_ingest_of_files_without_a_block_is_not_done() {
    let data = tempfile::tempdir().expect("temporary folder");
    let file = data.path().join("blk00000.dat");
    let named = file.to_string_lossy().into_owned();
    for (bytes, network, code, said) in [
        (0, None, 1, "this block file holds no block"),
        (100_000, None, 1, "this block file holds no block"),
        (100_000, Some("mainnet"), 30, "it holds no block"),
    ] {
        fs::write(&file, vec![0; bytes]).expect("written");
        let chosen = network.into_iter().flat_map(|network| ["--network", network]);
        let args: Vec<&str> = ["ingest", "bitcoin", &named].into_iter().chain(chosen).collect();
        let output = tracehound(data.path(), &args, "");
        let all = format!("{}{}", text(&output), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {all}");
        assert!(all.contains(said), "{args:?}: {all}");
    }
    let info = text(&tracehound(data.path(), &["ledger", "info"], ""));
    assert!(info.contains("partial       it holds no block"), "{info}");
}

#[test]
fn an_ingest_without_the_chains_beginning_is_not_done_and_the_ledger_says_so() {
    let data = tempfile::tempdir().expect("temporary folder");
    let chain = data.path().join("chain");
    let named = chain.to_string_lossy().into_owned();
    let made = tracehound(data.path(), &["range", "generate", "--txs", "1000", "--heists", "1", &named], "");
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let file = fs::read_dir(&chain)
        .expect("lists")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "dat"))
        .expect("a block file");
    let bytes = fs::read(&file).expect("reads");
    // Magic, length, block: the first one goes, or the third.
    let len = |at: usize| 8 + u32::from_le_bytes(bytes[at + 4..at + 8].try_into().expect("four")) as usize;
    let second = len(0);
    let third = second + len(second);
    let fourth = third + len(third);
    for (name, kept, said) in [
        ("late", bytes[second..].to_vec(), "does not begin with the chain's first block"),
        ("torn", [&bytes[..third], &bytes[fourth..]].concat(), "blocks are missing in 1 place"),
    ] {
        fs::write(&file, kept).expect("writes");
        let own = data.path().join(name);
        let ingest = |more: &[&str]| {
            tracehound(&own, &[&["ingest", "bitcoin", "--network", "regtest", &named], more].concat(), "")
        };
        let first = ingest(&[]);
        assert_eq!(first.status.code(), Some(30), "{name}: {}", text(&first));
        assert!(
            text(&first).contains("the ledger is partial") && text(&first).contains(said),
            "{}",
            text(&first)
        );
        let again = ingest(&["--output", "json"]);
        assert_eq!(again.status.code(), Some(30), "{name}: it is as partial as before");
        let json: serde_json::Value = serde_json::from_str(&text(&again)).expect("JSON");
        assert_eq!(json["whole"], false);
        let info = text(&regtest(&own, &["ledger", "info"]));
        assert!(info.contains("\npartial ") && info.contains(said), "{info}");
        let json = text(&regtest(&own, &["ledger", "info", "--output", "json"]));
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(
            (&json["whole"], &json["begins_with_the_chain"]),
            (&false.into(), &(name == "torn").into())
        );
    }
}

#[test]
fn what_is_no_table_is_not_printed_as_csv() {
    let data = folder(chain_of_owners);
    let (thief, exchange) = (address(THIEF), address(EXCHANGE));
    let txid = "ab".repeat(32);
    for args in [
        &["tx", &txid][..],
        &["ledger", "info"],
        &["ledger", "verify"],
        &["cluster", &thief, "--explain", &exchange],
        &["analyze", "peel", &thief],
        &["analyze", "patterns", &thief],
        &["trace", &thief, "--compare"],
    ] {
        let output =
            tracehound(data.path(), &[args, &["--network", "regtest", "--output", "csv"]].concat(), "");
        assert_eq!((output.status.code(), text(&output)), (Some(2), String::new()), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("printed as text, json or jsonl"), "{args:?}: {said}");
    }
    for (args, said) in [
        (&["guard", "message", "-", "--output", "csv"][..], "printed as text, json or jsonl"),
        (&["wallet", "check", "--output", "csv"], "printed as text, json or jsonl"),
        (&["lists", "remove", "test-facts", "--output", "csv"], "as text alone"),
        (&["lists", "remove", "test-facts", "--output", "json"], "as text alone"),
        (&["lists", "revert", "test-facts", "2020-01-01", "--output", "jsonl"], "as text alone"),
        (&["lists", "reject", "test-facts", "--output", "json"], "as text alone"),
        (&["lists", "rebuild", "--output", "json"], "as text alone"),
        (&["labels", "remove", "x", "--output", "json"], "as text alone"),
        (&["policy", "show", "--output", "json"], "as text alone"),
        (&["policy", "check", "x.toml", "--output", "json"], "as text alone"),
        (&["policy", "diff", "strict", "lists-only", "--output", "jsonl"], "as text alone"),
        (&["guard", "policy", "explain", "--output", "json"], "as text alone"),
        (&["demo", "--output", "json"], "as text alone"),
        (&["analyze", "coinjoin", "--stdin", "--output", "json"], "one object a line"),
        (&["range", "score", "--output", "json"], "--rates FILE"),
    ] {
        let output = tracehound(data.path(), args, "");
        assert_eq!((output.status.code(), text(&output)), (Some(2), String::new()), "{args:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(said), "{args:?}: {told}");
    }
    let listed = text(&tracehound(data.path(), &["lists", "list"], ""));
    assert!(listed.contains("test-facts"), "nothing was done before it was refused: {listed}");
}

#[test]
fn json_is_one_document_and_jsonl_one_object_a_line() {
    let data = folder(chain_of_owners);
    for args in [&["lists", "list"][..], &["lists", "freshness"], &["policy", "list"]] {
        let ask = |output: &str| text(&tracehound(data.path(), &[args, &["--output", output]].concat(), ""));
        let document: serde_json::Value = serde_json::from_str(&ask("json")).expect("one document");
        let lines: Vec<serde_json::Value> =
            ask("jsonl").lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
        assert!(lines.len() > 1 && lines.iter().all(serde_json::Value::is_object), "{args:?}");
        assert_eq!(document, serde_json::Value::Array(lines), "{args:?}");
        let rows = ask("csv");
        assert_eq!(rows.lines().count(), document.as_array().expect("a list").len() + 1, "{args:?}: {rows}");
    }
}

//! `--snapshot`: an answer is asked again at its snapshot, byte for byte, or is told which snapshot is gone.

use std::{path::Path, process::Output};

use serde_json::Value;
use tracehound_ledger::{BlockNum, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, Chain, utxo::UtxoBlock};

use crate::{
    as_of::{LATER, blocks, moment},
    follow::{EXCHANGE, THIEF, TIME, address, folder_of, regtest},
    screen::{text, tracehound},
};

/// After the last block, within a day.
const ASKED: u32 = TIME + 3 * LATER;

fn writer(data: &Path) -> Writer {
    let dir = data.join("ledger/bitcoin-regtest");
    Writer::open(&dir, Chain::Bitcoin(BitcoinNetwork::Regtest), WriterOptions::default()).expect("opens")
}

fn append(data: &Path, block: &UtxoBlock) {
    let mut writer = writer(data);
    writer.append(block).expect("appends");
    writer.commit().expect("commits");
}

fn asked(data: &Path, args: &[&str], snapshot: Option<&str>) -> Output {
    let at = moment(ASKED);
    let again = snapshot.map(|id| ["--snapshot", id]);
    let again = again.as_ref().map_or(&[][..], |args| &args[..]);
    regtest(data, &[args, &["--as-of", &at, "--output", "jsonl"], again].concat())
}

fn snapshot_of(output: &Output) -> String {
    let answer: Value = serde_json::from_str(&text(output)).expect("JSON");
    answer["snapshot"].as_str().expect("an id").to_owned()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", text(output));
    assert!(output.stdout.is_empty());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Each question over a ledger, and a verdict.
fn questions(chain: &[UtxoBlock]) -> Vec<Vec<String>> {
    let (thief, other, tx) = (address(THIEF), address(3), chain[1].txs[1].txid.to_string());
    let lines = [
        vec!["trace", &thief],
        vec!["trace", &thief, "--compare"],
        vec!["tx", &tx],
        vec!["exposure", &thief],
        vec!["cluster", &thief],
        vec!["path", &thief, &other],
        vec!["analyze", "peel", &thief],
        vec!["analyze", "patterns", &thief],
        vec!["exposure", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"],
        vec!["screen", &other],
    ];
    lines.map(|line| line.into_iter().map(str::to_owned).collect()).into()
}

#[test]
fn an_answer_is_asked_again_at_its_snapshot_after_the_ledger_grew() {
    let chain = blocks();
    let data = folder_of(&chain[..2]);
    let ask = |question: &[String], snapshot: Option<&str>| {
        let args: Vec<&str> = question.iter().map(String::as_str).collect();
        asked(data.path(), &args, snapshot)
    };
    let before: Vec<Output> = questions(&chain).iter().map(|question| ask(question, None)).collect();
    append(data.path(), &chain[2]);
    for (question, before) in questions(&chain).iter().zip(before) {
        let id = snapshot_of(&before);
        let now = ask(question, None);
        assert_ne!(snapshot_of(&now), id, "{question:?}");
        let again = ask(question, Some(&id));
        assert_eq!(text(&again), text(&before), "{question:?} {}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(again.status.code(), before.status.code(), "{question:?}");
        let early = [question.iter().map(String::as_str).collect(), vec!["--snapshot", &id]].concat();
        let early = regtest(data.path(), &[early, vec!["--as-of", "2023-11-13"]].concat());
        assert!(refused(&early).contains("blocks of after the moment asked about"), "{question:?}");
    }
}

#[test]
fn a_snapshot_that_a_reorg_dropped_or_whose_claims_changed_is_gone() {
    let chain = blocks();
    let data = folder_of(&chain);
    let thief = address(THIEF);
    let (traced, screened) = (["trace", thief.as_str()], ["screen", thief.as_str()]);
    let trace = snapshot_of(&asked(data.path(), &traced, None));
    let verdict = snapshot_of(&asked(data.path(), &screened, None));
    assert!(verdict.ends_with(&format!("+{trace}")), "{verdict} {trace}");
    let info = regtest(data.path(), &["ledger", "info", "--output", "json"]);
    assert_eq!(snapshot_of(&info), trace);
    assert!(text(&regtest(data.path(), &["ledger", "verify"])).contains(&format!("\nsnapshot {trace}\n")));

    writer(data.path()).rewind(BlockNum(2)).expect("rewinds");
    for (args, id) in [(traced, &trace), (screened, &verdict)] {
        let said = refused(&asked(data.path(), &args, Some(id)));
        assert!(said.contains("is gone") && said.contains(&trace), "{said}");
    }
    append(data.path(), &chain[2]);
    for (args, id) in [(traced, &trace), (screened, &verdict)] {
        assert_eq!(snapshot_of(&asked(data.path(), &args, Some(id))), *id, "the same block is there again");
    }

    let file = data.path().join("more.csv");
    std::fs::write(&file, format!("address,category\n{},scam\n", address(EXCHANGE + 1))).expect("written");
    let args = ["lists", "import", &file.to_string_lossy(), "--source", "more", "--published", "2023-11-01"];
    assert_eq!(tracehound(data.path(), &args, "").status.code(), Some(0));
    let said = refused(&asked(data.path(), &screened, Some(&verdict)));
    let (claims, _) = verdict.split_once('+').expect("two parts");
    assert!(said.contains("are gone") && said.contains(claims), "{said}");
    let ledger_alone = asked(data.path(), &traced, Some(&trace));
    assert_eq!(snapshot_of(&ledger_alone), trace, "a trace names the ledger alone");
}

#[test]
fn the_id_of_an_answer_of_before_is_refused_with_its_reason() {
    let data = folder_of(&blocks());
    let old = format!("3:{}", blocks()[2].hash);
    let said = regtest(data.path(), &["trace", &address(THIEF), "--snapshot", &old]);
    assert_eq!(said.status.code(), Some(2));
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("64 hexadecimal digits"), "{said}");
}

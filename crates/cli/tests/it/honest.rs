//! What answers claim, and no more: suspected rounds, chains, lists in force, whoever weighs most.

use std::path::Path;

use serde_json::Value;
use tracehound_model::{OutPoint, TxId};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    follow::{THIEF, address, chain_of_owners, folder, regtest, soon},
    screen::{text, tracehound},
};

const SCREENED: &str = "2023-11-15T20:00:00Z";

fn json(data: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&text(&soon(data, &[args, &["--output", "json"]].concat()))).expect("JSON")
}

fn verdict(data: &Path, n: usize, as_of: &str) -> Value {
    let output = regtest(data, &["screen", &address(n), "--as-of", as_of, "--output", "jsonl"]);
    serde_json::from_str(&text(&output)).expect("one verdict")
}

fn import(data: &Path, rows: &str) {
    let file = data.join("more.csv");
    std::fs::write(&file, rows).expect("written");
    let file = file.to_string_lossy().into_owned();
    let args = ["lists", "import", &file, "--source", "own-more", "--published", "2023-11-01"];
    let output = tracehound(data, &args, "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The thief and a stranger pay two equal outputs and change: by one wallet as a decoy, or by two people.
fn decoy(block: &mut BlockMaker) -> TxId {
    let coin = block.tx(&[], &[(100_000, Some(owner(THIEF)))]);
    let other = block.tx(&[], &[(70_000, Some(owner(30)))]);
    let spent = [(OutPoint { txid: coin, vout: 0 }, None), (OutPoint { txid: other, vout: 0 }, None)];
    block.tx(
        &spent,
        &[
            (50_000, Some(owner(21))),
            (50_000, Some(owner(22))),
            (49_500, Some(owner(23))),
            (19_500, Some(owner(24))),
        ],
    )
}

#[test]
fn what_went_through_a_suspected_round_is_said_by_every_answer() {
    let mut round = None;
    let data = folder(|block| {
        let txid = decoy(block);
        block.tx(&[(OutPoint { txid, vout: 0 }, None)], &[(49_000, Some(owner(100)))]);
        round = Some(txid.to_string());
    });
    let round = round.expect("made");
    let shown = text(&soon(data.path(), &["tx", &round]));
    assert!(shown.contains("SUSPECTED: it may be a CoinJoin (equal-output"), "{shown}");
    let tx = json(data.path(), &["tx", &round]);
    assert_eq!((&tx["mixes"], &tx["suspected"]["protocol"]), (&"suspected".into(), &"equal-output".into()));
    assert!(tx["coinjoin"].is_null(), "{tx}");

    let said = "went through 1 transaction that may be a mix";
    let shown = text(&soon(data.path(), &["trace", &address(THIEF), "--dust", "0"]));
    assert!(shown.contains("[SUSPECTED mix: equal-output]"), "{shown}");
    assert!(shown.contains(&format!("0.00100000 rBTC (100.0 %) {said}")), "{shown}");
    let trace = json(data.path(), &["trace", &address(THIEF), "--dust", "0"]);
    assert_eq!(trace["suspected"]["amount"], "100000");
    assert_eq!(trace["edges"][0]["suspected"], "equal-output");
    let poison = json(data.path(), &["trace", &address(THIEF), "--dust", "0", "--method", "poison"]);
    assert!(poison["suspected"]["amount"].is_null(), "{poison}");
    let back = text(&soon(data.path(), &["trace", &address(100), "--backward", "--dust", "0"]));
    assert!(back.contains(said), "{back}");

    let shown = text(&soon(data.path(), &["exposure", &address(100), "--dust", "0"]));
    assert!(shown.contains(said), "{shown}");
    let found = verdict(data.path(), 100, SCREENED);
    assert!(found["summary"].as_str().is_some_and(|summary| summary.contains(said)), "{found}");
    let page = data.path().join("page.html");
    let name = page.to_string_lossy().into_owned();
    soon(data.path(), &["report", "trace", &address(THIEF), "--dust", "0", "--html", &name]);
    let page = std::fs::read_to_string(&page).expect("a page");
    assert!(page.contains(said) && page.contains("suspected mix: equal-output"), "{page}");
}

#[test]
fn a_plain_payment_is_called_no_mix() {
    let mut paid = None;
    let data = folder(|block| {
        let coin = block.tx(&[], &[(100_000, Some(owner(THIEF)))]);
        paid = Some(block.tx(&[(OutPoint { txid: coin, vout: 0 }, None)], &[(99_000, Some(owner(21)))]));
    });
    let tx = json(data.path(), &["tx", &paid.expect("made").to_string()]);
    assert_eq!(tx["mixes"], "no");
    assert!(tx["suspected"].is_null(), "{tx}");
}

/// Test networks share their addresses: the ledger that was examined says which one was meant.
#[test]
fn a_verdict_is_of_the_network_that_was_examined() {
    let data = folder(chain_of_owners);
    assert!(address(100).starts_with(['m', 'n']), "{}", address(100));
    let found = verdict(data.path(), 100, SCREENED);
    assert_eq!(found["chain"], "bip122:0f9188f13cb7b2c71f2a335e3a4fc328");
}

#[test]
fn a_headline_names_whoever_moved_most_and_how_many_it_leaves_out() {
    let exchanges = (60..64).map(|n| format!("{},Exchange {n},exchange\n", address(n)));
    let mixer = format!("{},Zed Mixer,mixing_service\n", address(66));
    let rows: String =
        ["address,label,category\n".to_owned()].into_iter().chain(exchanges).chain([mixer]).collect();
    let data = folder(|block| {
        for (n, value) in [(60, 30_000), (61, 20_000), (62, 40_000), (63, 50_000), (66, 900_000)] {
            let coin = block.tx(&[], &[(value + 1_000, Some(owner(n)))]);
            block.tx(&[(OutPoint { txid: coin, vout: 0 }, None)], &[(value, Some(owner(100)))]);
        }
    });
    import(data.path(), &rows);
    let output = regtest(
        data.path(),
        &["screen", &address(100), "--as-of", SCREENED, "--output", "jsonl", "--policy", "lists-only"],
    );
    let lists_only: Value = serde_json::from_str(&text(&output)).expect("one verdict");
    assert!(lists_only["exposures"].as_array().is_some_and(Vec::is_empty), "{lists_only}");
    let found = verdict(data.path(), 100, SCREENED);
    let summary = found["summary"].as_str().expect("one");
    if found["reason"].is_null() {
        assert!(
            summary.starts_with("dealt with Zed Mixer, Exchange 63, Exchange 62 and 2 more"),
            "{summary}"
        );
    }
    // A mixer has the colour of mixes in the drawing, and stands first: it carried most.
    let page = data.path().join("exposure.svg");
    let name = page.to_string_lossy().into_owned();
    soon(data.path(), &["exposure", &address(100), "--svg", &name]);
    let drawing = std::fs::read_to_string(&page).expect("a drawing");
    assert!(drawing.contains("#7b3294"), "{drawing}");
    let place = |name: &str| drawing.find(name).expect(name);
    assert!(place("Zed Mixer") < place("Exchange 63") && place("Exchange 63") < place("Exchange 61"));
}

/// The newest file's title is of no earlier version of the list.
#[test]
fn a_list_as_of_an_earlier_day_is_called_by_that_version() {
    let data = folder(chain_of_owners);
    let facts = std::fs::read_to_string(data.path().join("facts.toml")).expect("there");
    let newer = facts.replace("Made-up facts", "Facts, version 9").replace("2023-11-01", "2023-11-15");
    let file = data.path().join("newer.toml");
    std::fs::write(&file, newer).expect("written");
    let output = tracehound(data.path(), &["lists", "import", &file.to_string_lossy()], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    for (as_of, title) in [
        ("2023-11-14T22:33:20Z", "by test-facts of 2023-11-01"),
        ("2023-11-15T20:00:00Z", "by Facts, version 9"),
    ] {
        let found = verdict(data.path(), THIEF, as_of);
        let summary = found["summary"].as_str().expect("one");
        assert!(summary.contains(title), "{as_of}: {summary}");
    }
}

#[test]
fn a_page_does_not_say_that_no_limit_cut_what_a_limit_cut() {
    let data = folder(|block| {
        for value in [9_000, 5_000_000] {
            let coin = block.tx(&[], &[(value + 1_000, Some(owner(30)))]);
            block.tx(&[(OutPoint { txid: coin, vout: 0 }, None)], &[(value, Some(owner(100)))]);
        }
    });
    let page = data.path().join("page.html");
    let name = page.to_string_lossy().into_owned();
    soon(data.path(), &["report", "exposure", &address(100), "--dust", "10000", "--html", &name]);
    let page = std::fs::read_to_string(&page).expect("a page");
    assert!(
        page.contains("NOT FOLLOWED because of the question's own limit on dust: 0.00009000 rBTC"),
        "{page}"
    );
    assert!(!page.contains("no limit cut this answer"), "{page}");
    assert!(
        page.contains("sources: 0.00009000 rBTC below the question's own limit on dust was not followed")
    );
}

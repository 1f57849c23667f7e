//! What the commands write for programs has the form that `docs/schemas` describes, and says which version of it.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    follow::{EXCHANGE, THIEF, address, chain_of_owners, folder, regtest, soon},
    screen::{text, tracehound},
};

fn described(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas").join(format!("{name}.json"));
    serde_json::from_str(&fs::read_to_string(file).expect(name)).expect("JSON")
}

/// Every document of the output has the form of this name.
pub(crate) fn has_form(name: &str, output: &std::process::Output) {
    let written = text(output);
    assert!(!written.is_empty(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let described = described(name);
    let version = described["title"].as_str().and_then(|title| title.rsplit(' ').next()?.parse::<u64>().ok());
    let schema = jsonschema::validator_for(&described).expect("a schema");
    for line in written.lines() {
        let answer: Value = serde_json::from_str(line).expect("one document a line");
        let wrong: Vec<String> = schema.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?} in {line}");
        assert_eq!(answer["schema"].as_u64(), version, "{name}");
    }
}

#[test]
fn answers_over_a_ledger_have_the_forms_that_are_described() {
    let data = folder(chain_of_owners);
    let (thief, exchange) = (address(THIEF), address(EXCHANGE));
    let ask = |args: &[&str]| soon(data.path(), &[args, &["--output", "jsonl"]].concat());
    let trace = ask(&["trace", &thief]);
    let traced: Value = serde_json::from_str(&text(&trace)).expect("JSON");
    let txid = traced["edges"][0]["txid"].as_str().expect("an id").to_owned();
    has_form("trace", &trace);
    for (name, args) in [
        ("trace", &["trace", &exchange, "--backward"][..]),
        ("trace-comparison", &["trace", &thief, "--compare"]),
        ("exposure", &["exposure", &exchange]),
        ("path", &["path", &thief, &exchange]),
        ("tx", &["tx", &txid]),
        ("cluster", &["cluster", &thief, "--explain", &exchange, "--change"]),
        ("patterns", &["analyze", "patterns", &thief, "--withdrawals"]),
        ("peel", &["analyze", "peel", &thief]),
        ("absent", &["tx", &"ab".repeat(32)]),
        ("absent", &["exposure", &address(900)]),
        ("verdict", &["screen", &thief]),
    ] {
        has_form(name, &ask(args));
    }
    for (name, args) in [
        ("ledger-info", &["ledger", "info"][..]),
        ("ledger-verify", &["ledger", "verify"]),
        ("ledger-upgrade", &["ledger", "upgrade"]),
        ("ledger-repair", &["ledger", "repair"]),
    ] {
        has_form(name, &regtest(data.path(), &[args, &["--output", "jsonl"]].concat()));
    }
}

#[test]
fn answers_without_a_ledger_have_the_forms_that_are_described() {
    let data = tempfile::tempdir().expect("temporary folder");
    let list = data.path().join("list.csv");
    fs::write(&list, "address,label\n1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX,x\n").expect("written");
    let (list, heists) = (list.to_string_lossy(), data.path().join("heists"));
    let legs = data.path().join("legs");
    let legs = legs.to_string_lossy();
    let (heists, listed) = (heists.to_string_lossy(), "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG");
    for (name, args, input) in [
        ("lists-import", &["lists", "import", &list, "--source", "own", "--published", "2025-11-01"][..], ""),
        ("lists-list", &["lists", "list"], ""),
        ("lists-freshness", &["lists", "freshness"], ""),
        ("policy-list", &["policy", "list"], ""),
        ("verdict", &["screen", listed, "--policy", "lists-only"], ""),
        ("refused-subject", &["screen", "nonsense"], ""),
        ("verdict", &["screen", "--stdin"], listed),
        ("name", &["screen", "--name", "Sim Hyon-Sop"], ""),
        ("wallet-check", &["wallet", "check"], ""),
        ("boltzmann", &["analyze", "boltzmann", "--stdin"], "{\"inputs\":[10,10],\"outputs\":[8,2,3,7]}"),
        ("refused-line", &["analyze", "boltzmann", "--stdin"], "nonsense"),
        ("range-generate", &["range", "generate", &heists, "--txs", "1000", "--heists", "1"], ""),
        ("ingest-bitcoin", &["ingest", "bitcoin", &heists], ""),
        (
            "range-generate-accounts",
            &["range", "generate", "--accounts", &legs, "--txs", "400", "--heists", "2"],
            "",
        ),
    ] {
        has_form(name, &tracehound(data.path(), &[args, &["--output", "jsonl"]].concat(), input));
    }
    let verdict = tracehound(data.path(), &["screen", listed, "--output", "jsonl"], "");
    let decisions = data.path().join("decisions.jsonl");
    fs::write(&decisions, &verdict.stdout).expect("written");
    let over = decisions.to_string_lossy();
    let diff = ["policy", "diff", "strict", "lists-only", "--over", &over, "--output", "jsonl"];
    let unlisted =
        tracehound(data.path(), &["screen", "1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX", "--output", "jsonl"], "");
    fs::write(&decisions, [verdict.stdout, unlisted.stdout].concat()).expect("written");
    let changed = tracehound(data.path(), &diff, "");
    assert_eq!(changed.status.code(), Some(0), "{}", String::from_utf8_lossy(&changed.stderr));
}

//! A ledger of some accounts' movements: what it holds, what it does not, and how it comes to watch more.

use std::{fs, path::Path, process::Output};

use serde_json::{Value, json};
use tracehound_evm::rpc::{HttpLimits, Rpc};
use tracehound_testkit::anvil::Anvil;

use crate::{
    schemas::has_form,
    screen::{text, tracehound},
};

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn document(output: &Output) -> Value {
    serde_json::from_str(&text(output)).unwrap_or_else(|_| panic!("{}", errors(output)))
}

/// A local chain that calls itself Ethereum. A thief's loot goes from hand to hand, and others pay each other.
struct Local {
    anvil: Anvil,
    rpc: Rpc,
    /// Accounts of the chain: the victim, the thief, two mules, and a passer-by.
    devs: Vec<String>,
}

const ETHER: u128 = 1_000_000_000_000_000_000;

impl Local {
    fn start() -> Option<Self> {
        let anvil = Anvil::start_with(Path::new(env!("CARGO_TARGET_TMPDIR")), &["--chain-id", "1"])?;
        let mut rpc = Rpc::new(anvil.url(), HttpLimits::default()).expect("an address");
        let told = rpc.call("eth_accounts", &json!([])).expect("its accounts");
        let devs = (0..5).map(|at| told[at].as_str().expect("an address").to_owned()).collect();
        Some(Self { anvil, rpc, devs })
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.rpc.call(method, params).unwrap_or_else(|error| panic!("{error}"))
    }

    fn pay(&mut self, from: usize, to: usize, value: u128) -> String {
        let tx = json!([{ "from": self.devs[from], "to": self.devs[to], "value": format!("{value:#x}") }]);
        let hash = self.ask("eth_sendTransaction", &tx).as_str().expect("a hash").to_owned();
        self.ask("evm_mine", &json!([]));
        hash
    }

    fn ingest(&self, data: &Path, more: &[&str]) -> Output {
        tracehound(data, &[&["ingest", "evm", "--rpc", self.anvil.url(), "--depth", "0"], more].concat(), "")
    }
}

#[test]
fn a_ledger_that_watches_some_accounts_says_what_it_does_not_know_and_comes_to_watch_more() {
    let Some(mut local) = Local::start() else { return };
    let data = tempfile::tempdir().expect("temporary folder");
    // Before the ledger begins: the thief has 10,000 ether of the chain, and gets 2 more.
    local.pay(0, 1, 2 * ETHER);
    let theft = local.pay(0, 1, 50 * ETHER);
    local.pay(1, 2, 10_051 * ETHER);
    local.pay(2, 3, 4 * ETHER);
    local.pay(4, 3, ETHER);
    let (thief, mule, second, stranger) =
        (local.devs[1].clone(), local.devs[2].clone(), local.devs[3].clone(), local.devs[4].clone());
    let first = local.ingest(data.path(), &["--from-height", "2", "--watch", &thief, "--output", "jsonl"]);
    has_form("ingest-evm", &first);
    assert_eq!(first.status.code(), Some(30), "it is partial on purpose: {}", errors(&first));
    let told = document(&first);
    assert_eq!(
        (&told["watched"]["accounts"], &told["watched"]["left_out"], &told["whole"]),
        (&1.into(), &2.into(), &false.into()),
        "{told}"
    );
    let ask = |args: &[&str]| tracehound(data.path(), &[args, &["--output", "json"]].concat(), "");
    // Followed as far as it is watched: the mule got it, and what the mule did is nobody's guess.
    let traced = tracehound(data.path(), &["trace", &theft, "--output", "jsonl"], "");
    has_form("account-trace", &traced);
    let trace = document(&traced);
    assert_eq!(traced.status.code(), Some(30), "{trace}");
    assert_eq!(trace["to_watch"].as_array().map(Vec::len), Some(1), "{trace}");
    let is_mule = trace["to_watch"][0].as_str().is_some_and(|own| own.eq_ignore_ascii_case(&mule));
    assert!(is_mule, "{trace}");
    let gap = trace["gaps"].to_string();
    assert!(gap.contains("not_fetched") && gap.contains("does not watch"), "{gap}");
    // A question about the account that is watched lacks the time before alone; about any other, everything.
    let gaps = |args: &[&str]| document(&ask(args))["gaps"].to_string();
    let of_thief = gaps(&["exposure", &thief]);
    assert!(of_thief.contains("it begins with block 2") && !of_thief.contains("it watches"), "{of_thief}");
    for args in
        [&["exposure", &mule][..], &["exposure", &stranger], &["path", &thief, &mule], &["cluster", &mule]]
    {
        let output = ask(args);
        assert_eq!(output.status.code(), Some(30), "{args:?}");
        let said = text(&output);
        assert!(said.contains("1 account that it watches, and nothing else"), "{args:?}: {said}");
    }
    let screened = document(&ask(&["screen", &mule, "--policy", "strict"]));
    assert_eq!(screened[0]["decision"], "incomplete", "{screened}");
    let not_fetched = screened[0]["coverage"]["gaps"].to_string();
    assert!(
        not_fetched.contains("\"not_fetched\"") && not_fetched.contains("this is none of them"),
        "{screened}"
    );
    let whole = tempfile::tempdir().expect("temporary folder");
    let whole = document(&local.ingest(whole.path(), &["--from-height", "2", "--output", "json"]));
    assert_ne!(told["snapshot"], whole["snapshot"]);
    // Without --watch it goes on with whom it watches.
    local.pay(3, 4, ETHER);
    let on = document(&local.ingest(data.path(), &["--output", "json"]));
    assert_eq!(
        (&on["blocks"], &on["transfers"], &on["watched"]["accounts"]),
        (&1.into(), &0.into(), &1.into())
    );
    // What the trace asks for, read anew from the first block on; ended on the way, the one before answers.
    let file = data.path().join("more.txt");
    fs::write(&file, format!("# of the trace\n{mule} # the mule\n\n")).expect("written");
    let more = format!("@{}", file.display());
    let wider = local.ingest(data.path(), &["--watch", &more, "--output", "jsonl"]);
    has_form("ingest-evm", &wider);
    let wider = document(&wider);
    assert_eq!(
        (&wider["watched"]["accounts"], &wider["watched"]["read_anew"], &wider["blocks"]),
        (&2.into(), &5.into(), &0.into()),
        "{wider}"
    );
    let trace = document(&ask(&["trace", &theft]));
    let asked: Vec<String> = trace["to_watch"]
        .as_array()
        .map(|all| all.iter().map(|own| own.as_str().expect("text").to_lowercase()).collect())
        .unwrap_or_default();
    assert_eq!(asked, [second.to_lowercase()], "{trace}");
    // As if it had watched both from the beginning.
    let both = tempfile::tempdir().expect("temporary folder");
    let args = ["--from-height", "2", "--watch", &thief, "--watch", &mule, "--output", "json"];
    assert_eq!(document(&local.ingest(both.path(), &args))["snapshot"], wider["snapshot"]);
    let info = document(&ask(&["ledger", "info", "--chain", "eth"]));
    assert_eq!((&info["watched"], &info["whole"]), (&2.into(), &false.into()));
    assert_eq!(ask(&["ledger", "verify", "--chain", "eth"]).status.code(), Some(0));
    // A reorganisation leaves what a clean run holds.
    local.ask("anvil_reorg", &json!([3, []]));
    local.pay(1, 4, 7);
    let after = document(&local.ingest(data.path(), &["--output", "json"]));
    assert!(after["rewound_to"].is_u64(), "{after}");
    let clean = tempfile::tempdir().expect("temporary folder");
    assert_eq!(document(&local.ingest(clean.path(), &args))["snapshot"], after["snapshot"]);
}

#[test]
fn whom_to_watch_is_read_strictly() {
    let data = tempfile::tempdir().expect("temporary folder");
    let list = |name: &str, text: &str| {
        let path = data.path().join(name);
        fs::write(&path, text).expect("written");
        format!("@{}", path.display())
    };
    let nothing = list("nothing.txt", "# nobody\n");
    let wrong = list("wrong.txt", "0x47666Fab8bd0Ac7003bce3f5C3585383F09486E2\n0x4766\n");
    for (watch, said) in [
        ("0x4766", "is no address"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "is no address of an EVM chain"),
        ("@/nowhere/at/all", "reading the accounts to watch from /nowhere/at/all"),
        (nothing.as_str(), "names no account to watch"),
        (wrong.as_str(), "line 2"),
        // Letters in the wrong case: a slip.
        ("0x47666fab8bd0Ac7003bce3f5C3585383F09486E2", "checksum"),
    ] {
        let args = ["ingest", "evm", "--rpc", "http://127.0.0.1:1", "--watch", watch];
        let output = tracehound(data.path(), &args, "");
        assert_eq!(output.status.code(), Some(1), "{watch}: {}", errors(&output));
        assert!(errors(&output).contains(said), "{watch}: {}", errors(&output));
    }
    assert!(!data.path().join("ledger").exists());
}

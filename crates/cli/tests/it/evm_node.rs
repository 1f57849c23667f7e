//! A real node of an account chain into a ledger of transfers, once and as blocks come; and files of ethereum-etl.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::Output,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json, value::RawValue};
use tracehound_evm::rpc::{HttpLimits, Rpc};
use tracehound_testkit::{anvil::Anvil, shared_data};

use crate::{
    schemas::has_form,
    screen::{start, text, tracehound},
};

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A local chain that calls itself Ethereum, with its first two accounts.
struct Local {
    anvil: Anvil,
    rpc: Rpc,
    devs: [String; 2],
}

impl Local {
    fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    fn start_with(more: &[&str]) -> Option<Self> {
        let args = [&["--chain-id", "1"], more].concat();
        let anvil = Anvil::start_with(Path::new(env!("CARGO_TARGET_TMPDIR")), &args)?;
        let mut rpc = Rpc::new(anvil.url(), HttpLimits::default()).expect("an address");
        let told = rpc.call("eth_accounts", &json!([])).expect("its accounts");
        let devs = [0, 1].map(|at: usize| told[at].as_str().expect("an address").to_owned());
        Some(Self { anvil, rpc, devs })
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.rpc.call(method, params).unwrap_or_else(|error| panic!("{error}"))
    }

    fn pay(&mut self, value: u64) {
        let [from, to] = &self.devs;
        let tx = json!([{ "from": from, "to": to, "value": format!("{value:#x}") }]);
        self.ask("eth_sendTransaction", &tx);
        self.ask("evm_mine", &json!([]));
    }

    fn ingest(&self, data: &Path, more: &[&str]) -> Output {
        tracehound(data, &[&["ingest", "evm", "--rpc", self.anvil.url(), "--depth", "0"], more].concat(), "")
    }
}

fn document(output: &Output) -> Value {
    serde_json::from_str(&text(output)).unwrap_or_else(|_| panic!("{}", errors(output)))
}

#[test]
fn a_nodes_blocks_become_a_ledger_and_a_second_run_goes_on_where_the_first_ended() {
    let Some(mut local) = Local::start() else { return };
    let data = tempfile::tempdir().expect("temporary folder");
    for value in [7, 8, 9] {
        local.pay(value);
    }
    let first = local.ingest(data.path(), &["--to-height", "2"]);
    assert_eq!(first.status.code(), Some(30), "what genesis allots is not told: {}", errors(&first));
    let said = text(&first);
    assert!(
        said.starts_with("3 blocks of eth with ") && said.contains("what genesis allots is not in it"),
        "{said}"
    );
    assert!(
        said.contains("held against headers and signatures; traces: debug_traceBlockByNumber, its word"),
        "{said}"
    );
    let again = local.ingest(data.path(), &["--output", "jsonl"]);
    has_form("ingest-evm", &again);
    let told = document(&again);
    assert_eq!(
        (&told["blocks"], &told["node"]["read_to"], &told["node"]["depth"]),
        (&1.into(), &3.into(), &0.into())
    );
    assert_eq!((&told["node"]["proof"], &told["node"]["problem"]), (&true.into(), &Value::Null));
    let verified = document(&tracehound(data.path(), &["ledger", "verify", "--output", "json"], ""));
    assert_eq!(verified["blocks"], 4);
    assert!(verified["proved"].as_u64() > Some(3), "{verified}");
    // Nothing proved and nothing traced, and both are said.
    let unproved = tempfile::tempdir().expect("temporary folder");
    let said = text(&local.ingest(unproved.path(), &["--no-proof", "--no-traces"]));
    assert!(said.contains("taken at its word (--no-proof); traces: not told"), "{said}");
    assert!(said.contains("without traces"), "{said}");
    // A node that calls nothing final is read up to where the chain's rule takes blocks for final.
    let nothing = tempfile::tempdir().expect("temporary folder");
    let output =
        tracehound(nothing.path(), &["ingest", "evm", "--rpc", local.anvil.url(), "--output", "json"], "");
    assert_eq!(
        document(&output)["blocks"].as_u64().map(|blocks| blocks < 4),
        Some(true),
        "{}",
        text(&output)
    );
}

#[test]
fn a_ledger_by_a_nodes_socket_is_the_one_by_http_and_one_address_is_enough_to_follow_it() {
    let Some(mut local) = Local::start() else { return };
    for value in 1..=9 {
        local.pay(value);
    }
    let http = tempfile::tempdir().expect("temporary folder");
    let by_http = document(&local.ingest(http.path(), &["--output", "json"]));
    let socket = local.anvil.socket_url();
    let data = tempfile::tempdir().expect("temporary folder");
    let args = ["ingest", "evm", "--rpc", &socket, "--depth", "0"];
    let output =
        tracehound(data.path(), &[&args[..], &["--output", "json", "--to-height", "5"]].concat(), "");
    let told = document(&output);
    assert_eq!((&told["blocks"], &told["node"]["proof"]), (&6.into(), &true.into()), "{}", errors(&output));
    assert_eq!(
        (told["node"]["server"].as_str(), &told["node"]["problem"]),
        (Some(socket.as_str()), &Value::Null)
    );
    // Followed with no other address: were it for the clock, the test would take hours.
    let follow = ["--follow", "--poll", "1h", "--output", "jsonl"];
    let mut child = start(data.path(), &[&args[..], &follow].concat());
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    let mut next = || {
        let mut line = String::new();
        assert!(said.read_line(&mut line).expect("reads") > 0, "it ended");
        line
    };
    let line = next();
    assert!(line.starts_with("block 9: 4 blocks appended so far"), "{line}");
    local.pay(10);
    let line = next();
    assert!(line.starts_with("block 10: "), "{line}");
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, Signal::INT).expect("is there");
    assert_eq!(child.wait().expect("ends").code(), Some(4));
    let by_socket = document(&tracehound(data.path(), &[&args[..], &["--output", "json"]].concat(), ""));
    let rest = document(&local.ingest(http.path(), &["--output", "json"]));
    assert_eq!((&by_socket["blocks"], &rest["blocks"]), (&0.into(), &1.into()));
    assert_eq!(by_socket["snapshot"], rest["snapshot"]);
    assert_ne!(by_http["snapshot"], rest["snapshot"]);
}

#[test]
fn a_node_is_followed_by_its_socket_through_a_reorganisation_until_it_is_ended() {
    let Some(mut local) = Local::start() else { return };
    local.pay(7);
    let data = tempfile::tempdir().expect("temporary folder");
    let socket = local.anvil.url().replacen("http", "ws", 1);
    // Were it for the clock, the test would take hours.
    let args = [
        &["ingest", "evm", "--rpc", local.anvil.url(), "--depth", "0", "--follow"][..],
        &["--ws", &socket, "--poll", "1h", "--output", "jsonl"],
    ];
    let mut child = start(data.path(), &args.concat());
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    let mut next = || {
        let mut line = String::new();
        assert!(said.read_line(&mut line).expect("reads") > 0, "it ended");
        line
    };
    let line = next();
    assert!(line.starts_with("block 1: 2 blocks appended so far"), "{line}");
    for (value, height) in [(8, 2), (9, 3), (10, 4)] {
        local.pay(value);
        let line = next();
        assert!(line.starts_with(&format!("block {height}: ")), "{line}");
    }
    local.ask("anvil_reorg", &json!([2, []]));
    // It may be asked while the chain is made anew; in the end the ledger has what the node has.
    local.pay(11);
    let mut line = next();
    while !line.starts_with("block 5: ") {
        line = next();
    }
    assert!(line.contains("the last reorg began after block 2"), "{line}");
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, Signal::INT).expect("is there");
    assert_eq!(child.wait().expect("ends").code(), Some(4));
    let mut printed = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut printed).expect("reads");
    let told: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!((&told["rewound_to"], &told["stopped"]), (&2.into(), &true.into()));
    let fresh = tempfile::tempdir().expect("temporary folder");
    let fresh = document(&local.ingest(fresh.path(), &["--output", "json"]));
    assert_eq!(told["snapshot"], fresh["snapshot"], "as if it had been asked once, at the end");
}

#[test]
fn what_a_node_cannot_be_asked_for_is_refused_before_anything_is_made() {
    let data = tempfile::tempdir().expect("temporary folder");
    let nowhere = "http://127.0.0.1:1/v3/0123456789abcdef";
    for (args, code, said) in [
        (&["--rpc", nowhere][..], 1, "http://127.0.0.1:1"),
        (&["--rpc", "127.0.0.1:8545/0123456789abcdef"], 1, "give http://HOST:PORT"),
        (&["--rpc", nowhere, "--ws", "ws://127.0.0.1:1"], 2, "--follow"),
        (&["--rpc", "ws://127.0.0.1:1/v3/0123456789abcdef"], 1, "ws://127.0.0.1:1"),
        (&["--rpc", "ws:/127.0.0.1:1/0123456789abcdef"], 1, "ws://HOST:PORT"),
        (&["--rpc", nowhere, "/some/era1"], 2, "cannot be used with"),
        (&["--etl", "/nowhere"], 2, "--chain"),
        (&["--etl", "--chain", "eip155:31337", "/nowhere"], 1, "there are rules for eth"),
        (&["--depth", "3", "/some/era1"], 2, "--rpc"),
        (&[], 2, "--rpc"),
    ] {
        let output = tracehound(data.path(), &[&["ingest", "evm"], args].concat(), "");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", errors(&output));
        assert!(errors(&output).contains(said), "{args:?}: {}", errors(&output));
        assert!(!errors(&output).contains("0123456789abcdef"), "{args:?}: {}", errors(&output));
    }
    assert!(!data.path().join("ledger").exists());
    let Some(local) = Local::start() else { return };
    let other = local.ingest(data.path(), &["--chain", "base"]);
    assert!(errors(&other).contains("is a node of chain 1, not of chain 8453"), "{}", errors(&other));
    assert!(
        !data.path().join("ledger").exists(),
        "an empty ledger would look like a chain without a movement"
    );
}

/// Two real blocks in the tables of ethereum-etl.
fn tables(dir: &Path) -> Option<()> {
    for name in ["blocks", "transactions", "logs"] {
        let path = shared_data(&format!("ethereum/etl_17173049_expected_{name}.json"))?;
        let text = fs::read_to_string(path).expect("reads");
        // Numbers as they are written: they have more digits than a float.
        let rows: Vec<BTreeMap<String, Box<RawValue>>> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let columns: Vec<&String> =
            rows[0].keys().filter(|name| *name != "type" && *name != "item_id").collect();
        let cell = |raw: &RawValue| match serde_json::from_str(raw.get()).expect("JSON") {
            Value::Null => String::new(),
            Value::String(text) => text,
            Value::Number(_) => raw.get().to_owned(),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
            }
            other => other.to_string().replace('"', "'"),
        };
        let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
        let mut table = columns.iter().map(|name| (*name).clone()).collect::<Vec<_>>().join(",");
        for row in &rows {
            let cells: Vec<String> = columns.iter().map(|name| quoted(cell(&row[*name]))).collect();
            table.push('\n');
            table.push_str(&cells.join(","));
        }
        fs::write(dir.join(format!("{name}.csv")), table).expect("written");
    }
    Some(())
}

#[test]
fn files_of_ethereum_etl_become_a_ledger_that_says_that_nothing_of_it_is_proved() {
    let (data, files) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let Some(()) = tables(files.path()) else { return };
    fs::write(files.path().join("notes.txt"), "nothing of theirs").expect("written");
    let folder = files.path().to_string_lossy().into_owned();
    let args = ["ingest", "evm", "--etl", "--chain", "eth", &folder];
    let output = tracehound(data.path(), &args, "");
    assert_eq!(output.status.code(), Some(30), "{}", errors(&output));
    let said = text(&output);
    assert!(said.starts_with("2 blocks of eth with ") && said.contains("passed over: "), "{said}");
    let verified = document(&tracehound(data.path(), &["ledger", "verify", "--output", "json"], ""));
    assert_eq!((&verified["blocks"], &verified["proved"]), (&2.into(), &0.into()));
    let again = tracehound(data.path(), &[&args[..], &["--output", "jsonl"]].concat(), "");
    has_form("ingest-evm", &again);
    let told = document(&again);
    assert_eq!((&told["blocks"], &told["already_known"]), (&0.into(), &2.into()), "nothing twice");
    assert_eq!(told["passed_over"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_folder_of_ledgers_that_does_not_say_which_there_are_is_an_error_and_no_absence() {
    let data = tempfile::tempdir().expect("temporary folder");
    fs::write(data.path().join("ledger"), "a file").expect("written");
    let address = "0xeA1B261FB7Ec1C4F2BEeA2476f17017537b4B507";
    for args in [&["exposure", address][..], &["screen", address], &["tx", &format!("0x{}", "ab".repeat(32))]]
    {
        let output = tracehound(data.path(), args, "");
        assert_eq!((output.status.code(), text(&output)), (Some(1), String::new()), "{args:?}");
        assert!(errors(&output).contains("reading "), "{args:?}: {}", errors(&output));
    }
    // And so is one that is there and cannot be opened.
    fs::remove_file(data.path().join("ledger")).expect("removed");
    fs::create_dir(data.path().join("ledger")).expect("made");
    fs::write(data.path().join("ledger/evm-1"), "a file").expect("written");
    let output = tracehound(data.path(), &["exposure", address], "");
    assert_eq!((output.status.code(), text(&output)), (Some(1), String::new()));
    assert!(!errors(&output).contains("no ledger of"), "{}", errors(&output));
}

#[test]
fn a_ledger_of_transfers_is_repaired_from_its_segments() {
    let Some(mut local) = Local::start() else { return };
    let data = tempfile::tempdir().expect("temporary folder");
    local.pay(7);
    local.ingest(data.path(), &[]);
    let repair = |more: &[&str]| {
        tracehound(data.path(), &[&["ledger", "repair", "--chain", "eth"], more].concat(), "")
    };
    assert!(text(&repair(&[])).starts_with("there was nothing to mend\nwhole: 2 blocks\nsnapshot "));
    fs::remove_file(data.path().join("ledger/evm-1/MANIFEST.json")).expect("removed");
    let broken = tracehound(data.path(), &["ledger", "info", "--chain", "eth"], "");
    assert_eq!(broken.status.code(), Some(1));
    let mended = repair(&["--output", "jsonl"]);
    has_form("account-ledger-repair", &mended);
    assert_eq!(document(&mended)["manifest_rebuilt"], true);
    assert_eq!(tracehound(data.path(), &["ledger", "verify", "--chain", "eth"], "").status.code(), Some(0));
    let none = tracehound(data.path(), &["ledger", "repair", "--chain", "base"], "");
    assert!(errors(&none).contains("there is no ledger of base yet"), "{}", errors(&none));
}

/// Tether's contract on Ethereum.
const USDT: &str = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
/// Code that writes what it is called with: the first word as topic, the rest as data.
const SPEAKS: &str = "0x60203603806020600037600035906000a100";
const FROZEN: &str = "42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc";
const RELEASED: &str = "d7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c";

#[test]
fn what_an_issuer_froze_follows_from_what_the_ledgers_blocks_said() {
    // 2025-03-01.
    let Some(mut local) = Local::start_with(&["--timestamp", "1740787200"]) else { return };
    let data = tempfile::tempdir().expect("a folder");
    local.ask("anvil_setCode", &json!([USDT, SPEAKS]));
    let counterfeit = "0x00000000000000000000000000000000000c0de5";
    local.ask("anvil_setCode", &json!([counterfeit, SPEAKS]));
    let account = |name: u8| format!("{name:02x}a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3");
    let say = |local: &mut Local, contract: &str, what: &str, whom: u8| {
        let input = format!("0x{what}{:0>64}", account(whom));
        let tx = json!([{ "from": local.devs[0], "to": contract, "data": input, "gas": "0x30d40" }]);
        local.ask("eth_sendTransaction", &tx);
        local.ask("evm_mine", &json!([]));
    };
    say(&mut local, USDT, FROZEN, 0x11);
    say(&mut local, USDT, FROZEN, 0x22);
    say(&mut local, counterfeit, FROZEN, 0x33);
    // A block that the chain then leaves.
    let snapshot = local.ask("evm_snapshot", &json!([]));
    say(&mut local, USDT, FROZEN, 0x44);
    assert_ne!(local.ingest(data.path(), &[]).status.code(), Some(1));
    local.ask("evm_revert", &json!([snapshot]));
    local.ask("evm_increaseTime", &json!([31 * 86_400]));
    local.pay(1);
    say(&mut local, USDT, RELEASED, 0x11);
    assert_ne!(local.ingest(data.path(), &[]).status.code(), Some(1));
    let derive =
        ["labels", "derive", "--ledger", "--chain", "eip155:1", "--rule", "freezes", "--on", "2025-06-01"];
    let derived = tracehound(data.path(), &[&derive[..], &["--output", "jsonl"]].concat(), "");
    assert_eq!(derived.status.code(), Some(0), "{}", errors(&derived));
    let labels: Vec<Value> =
        text(&derived).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |name: u8| {
        let is = |label: &&Value| label.to_string().to_lowercase().contains(&account(name));
        labels.iter().find(is).map(|label| (label["valid_from"].clone(), label["valid_to"].clone()))
    };
    assert_eq!(labels.len(), 2, "{labels:?}");
    let (first, second) = (Value::from("2025-03-01"), Value::from("2025-04-01"));
    assert_eq!(of(0x11), Some((first.clone(), second)));
    assert_eq!(of(0x22).map(|of| of.0), Some(first), "and it never was released");
    // As a pack it answers: frozen since that day; what was released is history.
    let file = |name: &str| data.path().join(name).to_string_lossy().into_owned();
    fs::write(file("derived.csv"), text(&tracehound(data.path(), &derive, ""))).expect("written");
    let plan = "name = \"derived\"\nversion = 1\nissued = 2025-06-01\npublisher = \"us\"\n[licences.\"own data\"]\nterms = \"-\"\n";
    fs::write(file("derived.toml"), plan).expect("written");
    let (plan, pack, table) = (file("derived.toml"), file("derived.labels"), file("derived.csv"));
    for args in [&["labels", "pack", "--plan", &plan, "--to", &pack, &table][..], &["labels", "apply", &pack]]
    {
        let output = tracehound(data.path(), args, "");
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    }
    let screened = |name: u8, day: &str| {
        let address = format!("0x{}", account(name));
        text(&tracehound(data.path(), &["screen", &address, "--policy", "lists-only", "--as-of", day], ""))
    };
    let is_frozen = |said: &str| said.contains("USDT frozen by Tether") && said.contains("2025-03-01");
    assert!(is_frozen(&screened(0x22, "2025-06-01")), "{}", screened(0x22, "2025-06-01"));
    assert!(is_frozen(&screened(0x11, "2025-03-15")) && !is_frozen(&screened(0x11, "2025-06-01")));
    // Blocks that came without being looked at are no blocks without freezes.
    fs::remove_file(data.path().join("ledger/evm-1-logs.jsonl")).expect("there");
    let blind = tracehound(data.path(), &derive, "");
    assert_eq!(blind.status.code(), Some(30), "{}", text(&blind));
    assert!(errors(&blind).contains("without being looked at for freezes"), "{}", errors(&blind));
    for (wrong, said) in [
        (&["labels", "derive", "--ledger", "--chain", "eip155:1"][..], "--rule freezes"),
        (&["labels", "derive", "--ledger", "--chain", "eip155:10", "--rule", "freezes"], "no ledger of"),
    ] {
        let output = tracehound(data.path(), wrong, "");
        assert_eq!(output.status.code(), Some(1), "{wrong:?}");
        assert!(errors(&output).contains(said), "{}", errors(&output));
    }
}

//! `trace --source`: following value without a ledger, over accounts that are fetched as it comes to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Output,
    sync::{Arc, Mutex},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tracehound_evm::rpc::{HttpLimits, Rpc};
use tracehound_testkit::{
    anvil::Anvil,
    http::{Request, Response, Server},
};

use crate::{
    schemas::has_form,
    screen::{start, text, tracehound},
};

const KEY: &str = "SESAMEOPEN12345";
/// Rows of a page, as explorers have them for nothing.
const PAGE: usize = 1_000;

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn account(name: u64) -> String {
    format!("0x{:040x}", 0xacc0_0000_0000 + name)
}

fn hash(number: u64) -> String {
    format!("0x{:064x}", 0xaaaa_0000_0000 + number)
}

/// A payment: block, from, to, value.
type Paid = (u64, u64, u64, u64);

/// What every transaction pays for gas.
const FEE: u64 = 21_000;

/// The victim 1 gets a million and is robbed of half by the thief 3, who pays 4 and 5; 4 pays on to 6, and 5 does so much that no
/// page holds it.
fn payments() -> Vec<Paid> {
    let mut paid = vec![
        (10, 9, 1, 1_000_000),
        (20, 9, 3, 100_000),
        (21, 1, 3, 500_000),
        (30, 3, 4, 300_000),
        (31, 3, 5, 200_000),
        (40, 4, 6, 250_000),
    ];
    // Many in one block, and many blocks: a full page is not all.
    paid.extend((0..2_500u64).map(|number| (50 + number / 3, 9, 5, 1)));
    paid.extend((0..7u64).map(|number| (2_000, 9, 5, number + 1)));
    paid.push((2_100, 5, 7, 150_000));
    paid
}

fn row((number, (block, from, to, value)): (u64, &Paid)) -> Value {
    json!({ "blockNumber": block.to_string(), "timeStamp": (1_700_000_000 + 12 * block).to_string(), "hash": hash(number),
        "transactionIndex": (number % 100).to_string(), "from": account(*from), "to": account(*to), "value": value.to_string(),
        "gasUsed": FEE.to_string(), "gasPrice": "1", "isError": "0", "contractAddress": "", "confirmations": "7" })
}

/// An explorer over a list of payments.
struct Explorer {
    server: Server,
    /// Every question, in order.
    asked: Arc<Mutex<Vec<String>>>,
    /// Whoever it has no time for, once.
    busy: Arc<Mutex<bool>>,
}

impl Explorer {
    fn start() -> Self {
        let (asked, busy) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(false)));
        let (list, is_busy) = (Arc::clone(&asked), Arc::clone(&busy));
        let paid = payments();
        let server = Server::start(move |request| {
            list.lock().expect("whole").push(request.path.clone());
            if std::mem::take(&mut *is_busy.lock().expect("whole")) {
                let no = json!({ "status": "0", "message": "NOTOK", "result": "Max rate limit reached" });
                return Some(Response::ok(no.to_string()));
            }
            Some(Response::ok(answer(&paid, request).to_string()))
        });
        Self { server, asked, busy }
    }

    fn url(&self) -> String {
        format!("{}/v2/api", self.server.url())
    }

    /// How many questions there were since the last time, and about which accounts.
    fn asked(&self) -> (usize, BTreeSet<String>) {
        let asked = std::mem::take(&mut *self.asked.lock().expect("whole"));
        let of = |path: &String| Some(path.split_once("address=")?.1.split('&').next()?.to_owned());
        (asked.len(), asked.iter().filter_map(of).collect())
    }

    fn trace(&self, data: &Path, from: &str, more: &[&str]) -> Output {
        let url = self.url();
        let args = ["trace", from, "--source", "explorer", &url, "--per-second", "1000000", "--as-of", SOON];
        tracehound(data, &[&args[..], more].concat(), "")
    }
}

/// Of the last block, to the second.
const SOON: &str = "2023-11-15T05:33:20Z";

fn answer(paid: &[Paid], request: &Request) -> Value {
    let query = request.path.split_once('?').expect("a query").1;
    let asked: BTreeMap<&str, &str> = query.split('&').filter_map(|part| part.split_once('=')).collect();
    let rows = |rows: Vec<Value>| {
        let (status, message) = if rows.is_empty() { ("0", "No transactions found") } else { ("1", "OK") };
        json!({ "status": status, "message": message, "result": rows })
    };
    let found = |hash_asked: &str| (0..).zip(paid).find(|(number, _)| hash(*number) == hash_asked);
    let hex = |number: u64| format!("{number:#x}");
    let proxy = |result: Value| json!({ "jsonrpc": "2.0", "id": 1, "result": result });
    match asked["action"] {
        "eth_getBlockByNumber" => {
            let number = match asked["tag"] {
                "latest" => 4_000,
                tag => u64::from_str_radix(tag.trim_start_matches("0x"), 16).expect("a number"),
            };
            proxy(json!({ "number": hex(number), "hash": hash(number), "timestamp": hex(1_700_000_000 + 12 * number) }))
        }
        "eth_getTransactionByHash" => proxy(found(asked["txhash"]).map_or(Value::Null, |(number, paid)| {
            json!({ "hash": hash(number), "blockNumber": hex(paid.0), "transactionIndex": hex(number % 100),
                "from": account(paid.1), "to": account(paid.2), "value": hex(paid.3) })
        })),
        "eth_getTransactionReceipt" => proxy(found(asked["txhash"]).map_or(Value::Null, |(number, paid)| {
            json!({ "transactionHash": hash(number), "blockNumber": hex(paid.0), "status": "0x1", "gasUsed": hex(FEE),
                "effectiveGasPrice": "0x1", "logs": [] })
        })),
        "txlist" => {
            let number = |name: &str| asked[name].parse::<u64>().expect("a number");
            let of = |paid: &Paid| {
                [account(paid.1), account(paid.2)].contains(&asked["address"].to_owned())
                    && (number("startblock")..=number("endblock")).contains(&paid.0)
            };
            let size = usize::try_from(number("offset")).expect("small").min(PAGE);
            let skipped = (usize::try_from(number("page")).expect("small") - 1) * size;
            let mut all: Vec<(u64, &Paid)> = (0..).zip(paid).filter(|(_, paid)| of(paid)).collect();
            all.sort_by_key(|(number, paid)| (paid.0, *number));
            rows(all.into_iter().skip(skipped).take(size).map(row).collect())
        }
        _ => rows(Vec::new()),
    }
}

fn document(output: &Output) -> Value {
    serde_json::from_str(&text(output)).unwrap_or_else(|_| panic!("{}", errors(output)))
}

fn units(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value}"))
}

/// What lies where, by reason and party.
fn ends(trace: &Value) -> BTreeMap<(String, String), u64> {
    let mut ends = BTreeMap::new();
    for end in trace["ends"].as_array().expect("a list") {
        let name = |field: &Value| field.as_str().unwrap_or_default().to_ascii_lowercase();
        *ends.entry((name(&end["reason"]), name(&end["party"]["address"]))).or_default() +=
            units(&end["dirty"]);
    }
    ends
}

/// All that was seeded is somewhere.
fn is_conserved(trace: &Value) {
    for sums in trace["sums"].as_array().expect("a list") {
        let parts = [
            "unspent",
            "reached_service",
            "mixed",
            "fees",
            "destroyed",
            "exchanged",
            "unknown",
            "dust",
            "rejoined",
            "truncated",
        ];
        assert_eq!(
            parts.iter().map(|part| units(&sums[part])).sum::<u64>(),
            units(&sums["seeded"]),
            "{sums}"
        );
    }
}

#[test]
fn value_is_followed_over_accounts_that_are_fetched_as_it_comes_to_them() {
    let (data, explorer) = (tempfile::tempdir().expect("a folder"), Explorer::start());
    // The theft: the third payment.
    let theft = format!("{}:1", hash(2));
    let output =
        explorer.trace(data.path(), &theft, &["--method", "lifo", "--output", "jsonl", "--dust", "0"]);
    has_form("account-trace", &output);
    assert_eq!(output.status.code(), Some(30), "a server's word is not the chain: {}", errors(&output));
    assert!(
        errors(&output).contains("to fetch: 1 accounts and transactions, at least 8 questions"),
        "{}",
        errors(&output)
    );
    let trace = document(&output);
    is_conserved(&trace);
    let lies = ends(&trace);
    let at = |reason: &str, name: u64| lies.get(&(reason.to_owned(), account(name))).copied().unwrap_or(0);
    // What came last goes first: 500,000 of the theft pay for 300,000 and its fee, then for what is left of it.
    assert_eq!(at("unspent", 6), 250_000, "{lies:?}");
    assert_eq!(at("unspent", 4), 300_000 - 250_000 - FEE);
    assert!(at("unspent", 7) > 0 && lies.keys().all(|(reason, _)| reason != "not_fetched"), "{lies:?}");
    let fetched: Vec<&str> = trace["coverage"]["fetched"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|own| own["subject"].as_str())
        .collect();
    assert_eq!(fetched.len(), 6, "the theft, the thief, and whoever it came to: {fetched:?}");
    let many = trace["coverage"]["fetched"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|own| own["transactions"].as_u64());
    assert_eq!(many.max().flatten(), Some(2_509), "every page of it");
    let told = trace["gaps"].to_string();
    assert!(
        told.contains("no ledger of the chain was asked")
            && told.contains("6 accounts and transactions were fetched"),
        "{told}"
    );
    // Again: nothing is asked for but the last block.
    let (_, whom) = explorer.asked();
    assert_eq!(whom.len(), 5, "nobody else is asked about: {whom:?}");
    let again =
        explorer.trace(data.path(), &theft, &["--method", "lifo", "--output", "jsonl", "--dust", "0"]);
    assert_eq!(explorer.asked().0, 1);
    let again = document(&again);
    assert_eq!(
        (&again["sums"], &again["ends"], &again["snapshot"]),
        (&trace["sums"], &trace["ends"], &trace["snapshot"])
    );
    // It is no ledger: what was fetched answers nothing else.
    let plain = tracehound(data.path(), &["trace", &theft, "--as-of", SOON], "");
    assert!(errors(&plain).contains("there is no ledger of eth yet"), "{}", errors(&plain));
}

#[test]
fn value_is_followed_back_over_accounts_that_are_fetched() {
    let (data, explorer) = (tempfile::tempdir().expect("a folder"), Explorer::start());
    // What 6 got, 4 had from the thief, who had it from the victim and from 9.
    let got = format!("{}:1", hash(5));
    let output = explorer.trace(data.path(), &got, &["--backward", "--output", "jsonl", "--dust", "0"]);
    has_form("account-trace", &output);
    assert_eq!(output.status.code(), Some(30), "a server's word is not the chain: {}", errors(&output));
    let trace = document(&output);
    assert_eq!(trace["direction"], "backward");
    let steps: Vec<(&str, u64)> = trace["steps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|step| (step["movement"]["from"]["address"].as_str().unwrap_or("-"), units(&step["dirty"])))
        .collect();
    let from = |name: u64| -> u64 {
        let of = steps.iter().filter(|(own, _)| own.eq_ignore_ascii_case(&account(name)));
        of.map(|(_, units)| units).sum()
    };
    assert_eq!((from(4), from(3)), (250_000, 250_000), "{steps:?}");
    // The thief had 100,000 of 9 and 500,000 of the victim when he paid: five parts in six are the victim's.
    assert_eq!((from(1), from(9)), (208_333, 250_000), "{steps:?}");
    let fetched = trace["coverage"]["fetched"].as_array().expect("a list").len();
    assert_eq!(fetched, 5, "the payment, 4, 3, 1 and 9: {}", trace["coverage"]);
}

#[test]
fn a_budget_ends_it_with_what_was_not_fetched_and_the_next_run_goes_on() {
    let (data, explorer) = (tempfile::tempdir().expect("a folder"), Explorer::start());
    let thief = account(3);
    let part = explorer.trace(data.path(), &thief, &["--budget", "20", "--output", "json"]);
    assert_eq!(part.status.code(), Some(30), "{}", errors(&part));
    let trace = document(&part);
    is_conserved(&trace);
    let lies = ends(&trace);
    let not_fetched: u64 =
        lies.iter().filter(|((reason, _), _)| reason == "not_fetched").map(|(_, units)| units).sum();
    assert!(not_fetched > 0, "{lies:?}");
    assert!(trace["gaps"].to_string().contains("the budget of 20 questions is used up"), "{}", trace["gaps"]);
    assert!(explorer.asked().0 <= 20);
    let known = trace["coverage"]["fetched"].as_array().expect("a list").len();
    let whole = document(&explorer.trace(data.path(), &thief, &["--output", "json"]));
    let (_, whom) = explorer.asked();
    assert!(!whom.contains(&thief), "what was fetched is not fetched again: {whom:?}");
    assert!(whole["coverage"]["fetched"].as_array().expect("a list").len() > known);
    assert!(ends(&whole).keys().all(|(reason, _)| reason != "not_fetched"), "{whole}");
    // The same as if it had been one run.
    let fresh = tempfile::tempdir().expect("a folder");
    let fresh = document(&explorer.trace(fresh.path(), &thief, &["--output", "json"]));
    assert_eq!((&fresh["sums"], &fresh["ends"]), (&whole["sums"], &whole["ends"]));
}

#[test]
fn an_account_that_is_too_large_ends_the_path_and_is_never_taken_for_whole() {
    let (data, explorer) = (tempfile::tempdir().expect("a folder"), Explorer::start());
    let output = explorer.trace(
        data.path(),
        &account(3),
        &["--account-budget", "9", "--output", "json", "--dust", "0"],
    );
    let trace = document(&output);
    is_conserved(&trace);
    let lies = ends(&trace);
    let five = lies.get(&("not_fetched".to_owned(), account(5))).copied();
    assert!(five > Some(0), "{lies:?}");
    assert!(!lies.contains_key(&("unspent".to_owned(), account(5))), "{lies:?}");
    assert!(trace["gaps"].to_string().contains("was not read"), "{}", trace["gaps"]);
    let said = text(&explorer.trace(data.path(), &account(3), &["--account-budget", "9", "--dust", "0"]));
    assert!(said.contains("-> not fetched"), "{said}");
}

#[test]
fn a_busy_explorer_is_waited_for_and_its_key_is_shown_nowhere() {
    let (data, explorer) = (tempfile::tempdir().expect("a folder"), Explorer::start());
    *explorer.busy.lock().expect("whole") = true;
    let key = data.path().join("key");
    std::fs::write(&key, KEY).expect("written");
    let key = format!("@{}", key.display());
    let output = explorer.trace(data.path(), &account(4), &["--source-key", &key, "--output", "json"]);
    assert_eq!(output.status.code(), Some(30), "{}", errors(&output));
    assert!(explorer.asked.lock().expect("whole").iter().all(|path| path.contains(&format!("apikey={KEY}"))));
    let mut everything = format!("{}{}", text(&output), errors(&output));
    let files = std::fs::read_dir(data.path().join("ledger/evm-1-fetched")).expect("a folder");
    for file in files {
        everything.push_str(&std::fs::read_to_string(file.expect("readable").path()).expect("text"));
    }
    assert!(!everything.contains(KEY));
    let url = explorer.url();
    for (args, code, said) in [
        (&["--source", "explorer", "http://127.0.0.1:1/KEYKEYKEY"][..], 1, "http://127.0.0.1:1"),
        (&["--source", "oracle", &url], 1, "explorer URL"),
        (&["--source", "explorer"], 2, "--source"),
        (&["--source", "explorer", &url, "--source-key", KEY], 1, "@FILE or env:NAME"),
        (&["--budget", "3"], 2, "--source"),
        (&["--source", "explorer", &url, "--backward", "--method", "fifo"], 1, "by haircut alone"),
        (&["--source", "explorer", &url, "--backward", "--compare"], 1, "--backward"),
    ] {
        let output = tracehound(data.path(), &[&["trace", &account(3)], args].concat(), "");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", errors(&output));
        assert!(
            errors(&output).contains(said) && !errors(&output).contains("KEYKEYKEY"),
            "{args:?}: {}",
            errors(&output)
        );
    }
    let bitcoin = ["trace", "1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX", "--source", "explorer", &url];
    assert!(errors(&tracehound(data.path(), &bitcoin, "")).contains("are of EVM chains"));
}

/// A list by which the thief is one.
fn accuse(data: &Path) {
    let facts = format!(
        "[source]\nid = \"thieves\"\nkind = \"labels\"\ntitle = \"Made-up facts\"\npublisher = \"a test\"\n\
         url = \"https://example.invalid/\"\npublished = 2023-11-01\n\
         [[claim]]\nlabel = \"Thief\"\ncategory = \"service_hack\"\naddresses = [\"{}\"]\n",
        account(3)
    );
    let file = data.join("facts.toml");
    std::fs::write(&file, facts).expect("written");
    let imported = tracehound(data, &["lists", "import", &file.to_string_lossy()], "");
    assert_eq!(imported.status.code(), Some(0), "{}", errors(&imported));
}

#[test]
fn counterparties_that_an_explorer_tells_are_screened_without_a_ledger() {
    let (data, explorer) = (tempfile::tempdir().expect("a folder"), Explorer::start());
    accuse(data.path());
    let url = explorer.url();
    let screen = |subject: &str, policy: &str, more: &[&str]| {
        let args = ["screen", subject, "--policy", policy, "--as-of", SOON, "--output", "jsonl"];
        let source = ["--source", "explorer", &url, "--per-second", "1000000"];
        let output = tracehound(data.path(), &[&args[..], &source, more].concat(), "");
        has_form("verdict", &output);
        (output.status.code(), document(&output))
    };
    // Less than the preset's limit: said, and no objection.
    let (code, found) = screen(&account(4), "explorer", &[]);
    assert_eq!((code, &found["decision"]), (Some(0), &"allow".into()), "{found}");
    assert_ne!(found["basis"], "lists-and-transactions", "one chain of many is not all its transactions");
    let row = &found["exposures"][0];
    assert_eq!(
        (&row["label"], &row["exposure"], &row["direction"], &row["amount"]),
        (&"Thief".into(), &"direct".into(), &"incoming".into(), &"300000".into())
    );
    assert_eq!(found["coverage"]["counterparties_until"], SOON);
    let gaps = found["coverage"]["gaps"].to_string();
    assert!(
        gaps.contains("transactions were fetched from http://127.0.0.1:")
            && gaps.contains("others than eth were not examined"),
        "{gaps}"
    );
    // From a smaller amount on it objects; nothing is fetched again but the last block.
    explorer.asked();
    let shown = text(&tracehound(data.path(), &["policy", "show", "explorer"], ""));
    let mine = data.path().join("mine.toml");
    std::fs::write(&mine, shown.replace("0.02 eth", "100000 base units of eth")).expect("written");
    let mine = mine.to_string_lossy();
    let (code, found) = screen(&account(4), &mine, &[]);
    assert_eq!((code, &found["reason"]["rule"]), (Some(10), &"direct-theft-or-fraud".into()), "{found}");
    assert_eq!(explorer.asked().0, 1);
    // A transaction: who pays in it is the thief.
    let (code, found) = screen(&hash(3), "explorer", &[]);
    assert_eq!((code, &found["reason"]["rule"]), (Some(10), &"identified-theft-or-fraud".into()), "{found}");
    // One that paid for itself alone called nobody but whom it paid.
    let (code, found) = screen(&hash(5), "explorer", &[]);
    assert_eq!((code, &found["decision"]), (Some(0), &"allow".into()), "{found}");
    let (code, found) = screen(&hash(999_999), "explorer", &[]);
    assert_eq!((code, &found["decision"]), (Some(30), &"incomplete".into()), "{found}");
    // What was not read is a gap, and no allow: pages that go on, a budget, no server at all.
    let (code, found) = screen(&account(5), "explorer", &["--account-budget", "9"]);
    assert_eq!(code, Some(30), "{found}");
    assert!(found["coverage"]["gaps"].to_string().contains("not all of it was read"), "{found}");
    let (code, found) = screen(&account(6), "explorer", &["--budget", "3"]);
    assert_eq!(code, Some(30), "{found}");
    assert!(found["coverage"]["gaps"].to_string().contains("budget of 3 questions is used up"), "{found}");
    let alone =
        tracehound(data.path(), &["screen", &account(7), "--policy", "explorer", "--as-of", SOON], "");
    assert_eq!(alone.status.code(), Some(30));
    assert!(text(&alone).contains("--source explorer URL"), "{}", text(&alone));
    for wrong in [&["--chain", "btc"][..], &["--esplora", &url]] {
        let args = ["screen", &account(4), "--source", "explorer", &url];
        let output = tracehound(data.path(), &[&args[..], wrong].concat(), "");
        assert!([Some(1), Some(2)].contains(&output.status.code()), "{wrong:?}: {}", text(&output));
    }
}

/// Rows of a batch that is answered over what an explorer tells, by number.
fn batch(
    data: &Path,
    explorer: &Explorer,
    more: &[&str],
    stdin: &str,
) -> (Option<i32>, BTreeMap<u64, Value>) {
    let url = explorer.url();
    let args = ["screen", "--policy", "explorer", "--as-of", SOON, "--output", "jsonl", "--stdin"];
    let source = ["--source", "explorer", &url, "--per-second", "1000000"];
    let output = tracehound(data, &[&args[..], &source, more].concat(), stdin);
    let said = text(&output);
    let rows = said.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    (output.status.code(), rows.map(|row| (row["row"].as_u64().expect("a number"), row)).collect())
}

#[test]
fn a_batch_is_fetched_within_one_budget_and_goes_on_the_next_time() {
    let (data, explorer) = (tempfile::tempdir().expect("a folder"), Explorer::start());
    accuse(data.path());
    // Two ask about the same account; one is of another chain, one of none.
    let subjects = [
        account(4),
        account(6),
        account(4).replace("0x", "0X"),
        hash(3),
        "1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX".to_owned(),
        "nonsense".to_owned(),
        account(7),
        account(9_999),
    ];
    let lines = format!("# withdrawals\n{}\n", subjects.join("\n"));
    let is_short =
        |row: &Value| row["coverage"]["gaps"].to_string().contains("questions is used up (--budget)");
    let mut reached = 0;
    let mut runs = 0;
    let last = loop {
        let (code, rows) = batch(data.path(), &explorer, &["--budget", "12"], &lines);
        let (asked, whom) = explorer.asked();
        assert!(asked <= 12 && rows.len() == subjects.len(), "{asked} questions, {} rows", rows.len());
        for row in rows.values().filter(|row| is_short(row)) {
            assert_eq!(row["decision"], "incomplete", "{row}");
        }
        let now = rows.values().filter(|row| !is_short(row)).count();
        // The account that two rows are about is fetched once, so both are reached at once.
        assert_eq!(is_short(&rows[&2]), is_short(&rows[&4]));
        runs += 1;
        if now == subjects.len() {
            break (code, rows);
        }
        assert!(now > reached, "each run reaches rows that none did before: {whom:?}");
        reached = now;
    };
    assert!(runs > 2, "{runs}");
    // The same as with a budget for all of it; nothing is fetched twice.
    let fresh = tempfile::tempdir().expect("a folder");
    accuse(fresh.path());
    let (code, rows) = batch(fresh.path(), &explorer, &[], &lines);
    let decisions = |rows: &BTreeMap<u64, Value>| -> Vec<(u64, String, String)> {
        let one = |(number, row): (&u64, &Value)| {
            (*number, row["decision"].to_string(), row["exposures"].to_string())
        };
        rows.iter().map(one).collect()
    };
    assert_eq!((code, decisions(&rows)), (last.0, decisions(&last.1)));
    explorer.asked();
    batch(fresh.path(), &explorer, &[], &lines);
    assert_eq!(explorer.asked().0, 1, "the last block alone");
    let decision = |number: u64| rows[&number]["decision"].as_str().unwrap_or("refused").to_owned();
    assert_eq!((decision(2), decision(4)), ("allow".to_owned(), "allow".to_owned()));
    assert_eq!(decision(5), "review", "who pays in it is the thief");
    assert_eq!((decision(6), decision(7)), ("incomplete".to_owned(), "refused".to_owned()));
    // A table: its rows are asked about, and its name is no subject.
    let table = data.path().join("withdrawals.csv");
    std::fs::write(&table, format!("id,address\n1,{}\n2,{}\n", account(4), account(6))).expect("written");
    let (table, url) = (table.to_string_lossy().into_owned(), explorer.url());
    let args =
        ["screen", &table, "--column", "address", "--policy", "explorer", "--as-of", SOON, "--output", "csv"];
    let source = ["--source", "explorer", &url, "--per-second", "1000000"];
    let output = tracehound(data.path(), &[&args[..], &source].concat(), "");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(text(&output).lines().count(), 3, "{}", text(&output));
    assert_eq!(explorer.asked().0, 1, "both were fetched before");
    // What is too large to be read twice is refused before anything is asked.
    let huge = data.path().join("huge.csv");
    std::fs::write(&huge, format!("address\n{}", "0x00\n".repeat(14 << 20))).expect("written");
    let huge = huge.to_string_lossy().into_owned();
    let args = ["screen", &huge, "--column", "address", "--source", "explorer", &url];
    let output = tracehound(data.path(), &args, "");
    assert_eq!((output.status.code(), explorer.asked().0), (Some(1), 0));
    assert!(errors(&output).contains("64 MB"), "{}", errors(&output));
}

#[test]
fn what_nobody_knows_is_absent_and_a_run_that_is_ended_keeps_what_it_fetched() {
    let (data, explorer) = (tempfile::tempdir().expect("a folder"), Explorer::start());
    let nowhere = explorer.trace(data.path(), &hash(999_999), &["--output", "json"]);
    assert_eq!(nowhere.status.code(), Some(30), "{}", errors(&nowhere));
    has_form("absent", &explorer.trace(data.path(), &hash(999_999), &["--output", "jsonl"]));
    // Ended when it has said what it takes.
    let url = explorer.url();
    let args = ["trace", &account(3), "--source", "explorer", &url, "--per-second", "1", "--output", "json"];
    let mut child = start(data.path(), &args);
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    let mut said = std::io::BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).expect("reads");
    assert!(line.contains("at least 8 questions, 8 s"), "{line}");
    kill_process(pid, Signal::INT).expect("is there");
    assert_eq!(child.wait().expect("ends").code(), Some(4));
}

#[test]
fn a_nodes_own_list_of_what_an_account_moved_is_followed_and_proved() {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(anvil) = Anvil::start_with(tmp, &["--chain-id", "1"]) else { return };
    let mut rpc = Rpc::new(anvil.url(), HttpLimits::default()).expect("an address");
    let mut ask =
        |method: &str, params: Value| rpc.call(method, &params).unwrap_or_else(|error| panic!("{error}"));
    let devs = ask("eth_accounts", json!([]));
    let [rich, names @ ..] = [0, 1, 2, 3].map(|at: usize| devs[at].as_str().expect("an address").to_owned());
    for name in &names {
        ask("anvil_setBalance", json!([name, "0x0"]));
    }
    let ether = |tenths: u128| format!("{:#x}", tenths * 10_u128.pow(17));
    for (from, to, tenths) in
        [(&rich, &names[0], 20), (&names[0], &names[1], 8), (&names[1], &names[2], 5), (&rich, &names[2], 1)]
    {
        ask("eth_sendTransaction", json!([{ "from": from, "to": to, "value": ether(tenths) }]));
        ask("evm_mine", json!([]));
    }
    // What is not final is not read.
    ask("anvil_mine", json!(["0x64"]));
    let data = tempfile::tempdir().expect("a folder");
    let args = ["trace", &names[0], "--source", "rpc", anvil.url(), "--method", "fifo", "--output", "jsonl"];
    let output = tracehound(data.path(), &args, "");
    assert_eq!(output.status.code(), Some(30), "{}", errors(&output));
    has_form("account-trace", &output);
    let trace = document(&output);
    let whole = trace["coverage"]["fetched"].as_array().expect("a list");
    assert!(whole.iter().all(|own| own["unread"] == json!([])), "{whole:?}");
    let steps = trace["steps"].as_array().expect("a list");
    assert!(steps.iter().all(|step| step["movement"]["vouched_by"] == "header"), "{steps:?}");
    let reasons: BTreeSet<&str> =
        trace["ends"].as_array().expect("a list").iter().filter_map(|end| end["reason"].as_str()).collect();
    assert!(reasons.contains("unspent") && !reasons.contains("unknown_balance"), "{reasons:?}");
    // Fees come to whoever makes the blocks: who that is was fetched too, and what is not known of it is said.
    let unspent = |name: &str| {
        let of =
            |end: &&Value| end["party"]["address"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name));
        trace["ends"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(of)
            .map(|end| end["dirty"].as_str().expect("units").parse::<u128>().expect("units"))
            .sum::<u128>()
    };
    assert_eq!(unspent(&names[2]), 5 * 10_u128.pow(17), "what the rich one paid is clean");
    // Over its socket it tells the same.
    let socket = anvil.socket_url();
    let args = ["trace", &names[0], "--source", "rpc", &socket, "--method", "fifo", "--output", "jsonl"];
    let fresh = tempfile::tempdir().expect("a folder");
    let told = document(&tracehound(fresh.path(), &args, ""));
    assert_eq!(told["coverage"]["server"], socket.as_str());
    assert_eq!((&told["sums"], &told["ends"]), (&trace["sums"], &trace["ends"]));
}

/// What a transaction called inside, without a unit of value, is known to a node that traces.
#[test]
fn whom_a_transaction_called_is_asked_of_a_node_and_judged() {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(anvil) = Anvil::start_with(tmp, &["--chain-id", "1", "--timestamp", "1700000000"]) else {
        return;
    };
    let mut rpc = Rpc::new(anvil.url(), HttpLimits::default()).expect("an address");
    let mut ask =
        |method: &str, params: Value| rpc.call(method, &params).unwrap_or_else(|error| panic!("{error}"));
    let devs = ask("eth_accounts", json!([]));
    let [rich, other] = [0, 1].map(|at: usize| devs[at].as_str().expect("an address").to_owned());
    // A contract that calls the thief with nothing, and one that calls nobody.
    let calls = account(70);
    let code = format!("0x6000600060006000600073{}5af100", &account(3)[2..]);
    ask("anvil_setCode", json!([calls, code]));
    let mut send = |to: &str| {
        let tx = json!([{ "from": rich, "to": to, "value": "0x1", "gas": "0x30d40" }]);
        let hash = ask("eth_sendTransaction", tx);
        ask("evm_mine", json!([]));
        hash.as_str().expect("a hash").to_owned()
    };
    let (plain, through) = (send(&other), send(&calls));
    ask("anvil_mine", json!(["0x64"]));
    let data = tempfile::tempdir().expect("a folder");
    accuse(data.path());
    let screen = |subject: &str| {
        let args = ["screen", subject, "--policy", "explorer", "--as-of", SOON, "--output", "jsonl"];
        let output = tracehound(data.path(), &[&args[..], &["--source", "rpc", anvil.url()]].concat(), "");
        has_form("verdict", &output);
        (output.status.code(), document(&output))
    };
    let (code, found) = screen(&plain);
    assert_eq!((code, &found["decision"]), (Some(0), &"allow".into()), "{found}");
    let (code, found) = screen(&through);
    assert_eq!((code, &found["reason"]["rule"]), (Some(10), &"identified-theft-or-fraud".into()), "{found}");
    let row = &found["exposures"][0];
    assert_eq!((&row["label"], &row["direction"]), (&"Thief".into(), &"outgoing".into()), "{found}");
}

//! `trace --source esplora`: following value on Bitcoin without a ledger, over transactions that are fetched as it comes to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read},
    path::Path,
    process::Output,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tracehound_model::{Address, BitcoinNetwork, OutPoint, TxId};
use tracehound_testkit::{
    blocks::owner,
    esplora::{Chain, EsploraServer},
};

use crate::{
    follow::{EXCHANGE, folder_of, regtest},
    schemas::has_form,
    screen::{start, text},
};

/// Id of regtest's first block.
const GENESIS: &str = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
/// The block of the theft, of November 2023, when the list of the tests is out.
const THEFT: u32 = 166_500;
/// The last block, and a moment after it.
const TIP: u32 = 166_650;
const SOON: &str = "2023-11-14T22:33:20Z";

/// Somebody with a key.
fn who(n: usize) -> Address {
    Address::from_script(BitcoinNetwork::Regtest, &owner(5 * n + 1)).expect("has an address")
}

fn exchange() -> Address {
    Address::from_script(BitcoinNetwork::Regtest, &owner(EXCHANGE)).expect("has an address")
}

fn of(txid: TxId, vout: u32, value: u64, owner: Address) -> (Option<OutPoint>, u64, Address) {
    (Some(OutPoint { txid, vout }), value, owner)
}

/// A theft that branches, meets clean money, merges, goes through a round of equal coins and to an exchange.
fn heist(chain: &mut Chain) -> TxId {
    chain.says("/block-height/0", GENESIS);
    let at = |blocks: u32| Some(THEFT + blocks);
    let theft = chain.tx(at(0), &[(None, 10_000_000, who(1))], &[(6_000_000, who(2)), (3_990_000, who(1))]);
    // With 2,000,000 that are clean, and spent again in the same block.
    let split = chain.tx(
        at(1),
        &[of(theft, 0, 6_000_000, who(2)), (None, 2_000_000, who(9))],
        &[(5_000_000, who(3)), (2_990_000, who(4))],
    );
    let on = chain.tx(at(1), &[of(split, 0, 5_000_000, who(3))], &[(3_000_000, who(5)), (1_990_000, who(6))]);
    let merged = chain.tx(
        at(3),
        &[of(split, 1, 2_990_000, who(4)), of(on, 0, 3_000_000, who(5))],
        &[(5_010_000, who(7)), (970_000, who(8))],
    );
    let out = chain.tx(at(4), &[of(on, 1, 1_990_000, who(6))], &[(1_500_000, exchange()), (480_000, who(6))]);
    let round = chain.tx(
        at(6),
        &[
            of(merged, 0, 5_010_000, who(7)),
            (None, 5_000_000, who(21)),
            (None, 5_000_000, who(22)),
            (None, 5_000_000, who(23)),
            (None, 5_000_000, who(24)),
        ],
        &[31, 32, 33, 34, 35].map(|n| (5_000_000, who(n))),
    );
    for (vout, n) in [(0, 31), (3, 34)] {
        chain.tx(at(9), &[of(round, vout, 5_000_000, who(n))], &[(4_990_000, who(40))]);
    }
    // Two that came from it come together again.
    chain.tx(
        at(10),
        &[of(merged, 1, 970_000, who(8)), of(out, 1, 480_000, who(6))],
        &[(300, who(41)), (1_440_000, who(42))],
    );
    chain.tip = TIP;
    theft
}

/// A server of the heist.
fn server() -> (EsploraServer, TxId) {
    let mut theft = TxId::default();
    let server = EsploraServer::start(|chain| theft = heist(chain));
    (server, theft)
}

/// A data folder with names and without a ledger.
fn nothing() -> tempfile::TempDir {
    folder_of(&[])
}

fn trace(data: &Path, server: &EsploraServer, from: &str, more: &[&str]) -> Output {
    let url = server.url();
    let args = ["trace", from, "--source", "esplora", &url, "--per-second", "1000000", "--as-of", SOON];
    regtest(data, &[&args[..], more].concat())
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn document(output: &Output) -> Value {
    serde_json::from_str(&text(output)).unwrap_or_else(|_| panic!("{}", errors(output)))
}

fn json(data: &Path, server: &EsploraServer, from: &str, more: &[&str]) -> Value {
    document(&trace(data, server, from, &[&["--output", "json"], more].concat()))
}

fn units(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value}"))
}

fn gaps(trace: &Value) -> String {
    trace["gaps"].to_string()
}

/// What a trace says of outputs and transactions, in an order of its own: blocks do not tell theirs to who fetches single transactions.
fn said(trace: &Value) -> (BTreeMap<String, u64>, Vec<String>, Vec<String>) {
    let sums = trace["sums"].as_object().expect("sums").iter();
    let mut sums: BTreeMap<String, u64> = sums.map(|(name, sum)| (name.clone(), units(sum))).collect();
    // What a ledger lacks and what was not to be had are the same money.
    let unknown =
        sums.remove("unknown_inputs").expect("a part") + sums.remove("not_fetched").expect("a part");
    sums.insert("unknown".to_owned(), unknown);
    let reason = |stop: &Value| match stop["reason"].as_str() {
        Some("unknown_inputs" | "not_fetched") => "unknown".to_owned(),
        // Back from there, the transaction that made it is not asked for.
        Some("truncated") => format!("truncated {}", stop["limit"]),
        _ => format!("{} {} {}", stop["reason"], stop["limit"], stop["txid"]),
    };
    let of = |node: &Value| {
        let fields = ["address", "entity", "amount", "dirty", "hop"].map(|field| node[field].to_string());
        let locus = if node["stop"]["reason"] == "truncated" { &Value::Null } else { &node["locus"] };
        format!("{locus} {} {}", fields.join(" "), reason(&node["stop"]))
    };
    let mut nodes: Vec<String> = trace["nodes"].as_array().expect("nodes").iter().map(of).collect();
    let edge = |edge: &Value| {
        ["txid", "height", "time", "hop", "fee", "mix"].map(|field| edge[field].to_string()).join(" ")
    };
    let mut edges: Vec<String> = trace["edges"].as_array().expect("edges").iter().map(edge).collect();
    nodes.sort();
    edges.sort();
    (sums, nodes, edges)
}

/// A whole ledger of the server's chain, and a folder for what is fetched.
fn both(server: &EsploraServer) -> [tempfile::TempDir; 2] {
    [folder_of(&server.change(|chain| chain.blocks())), nothing()]
}

/// Traces over the server and over a whole ledger of its chain.
fn is_the_same(
    server: &EsploraServer,
    [whole, data]: &[tempfile::TempDir; 2],
    from: &str,
    more: &[&str],
) -> Value {
    let args = [&["trace", from, "--as-of", SOON, "--output", "json"], more].concat();
    let of_ledger = document(&regtest(whole.path(), &args));
    let fetched = json(data.path(), server, from, more);
    assert_eq!(said(&fetched), said(&of_ledger), "{more:?}");
    assert!(fetched["complete"] == false, "a server's word is not the chain");
    fetched
}

#[test]
fn what_is_fetched_gives_the_trace_of_a_whole_ledger() {
    let (server, theft) = server();
    let folders = both(&server);
    let start = format!("{theft}:0");
    for method in ["haircut", "fifo", "lifo", "tiho", "poison"] {
        for more in [&[][..], &["--through-mixes"], &["--hops", "2"], &["--dust", "1000000"]] {
            let found = is_the_same(&server, &folders, &start, &[more, &["--method", method]].concat());
            assert_eq!(units(&found["sums"]["not_fetched"]), 0);
        }
    }
    let found = is_the_same(&server, &folders, &start, &[]);
    let sums = &found["sums"];
    assert!(units(&sums["mixed"]) > 0 && units(&sums["reached_service"]) > 0 && units(&sums["unspent"]) > 0);
    // From the whole transaction, and from what the thief's address received.
    is_the_same(&server, &folders, &theft.to_string(), &[]);
    is_the_same(&server, &folders, &who(2).to_string(), &["--method", "fifo"]);
    is_the_same(&server, &folders, &who(6).to_string(), &[]);
    // Back to where the exchange's customer had it from.
    let exchange = exchange().to_string();
    for more in [&[][..], &["--method", "fifo"], &["--hops", "1"], &["--hops", "2"]] {
        is_the_same(&server, &folders, &exchange, &[more, &["--backward"]].concat());
    }
}

#[test]
fn generated_chains_give_the_same_as_their_ledgers() {
    for seed in 1..=3_u64 {
        let mut first = TxId::default();
        let server = EsploraServer::start(|chain| first = generated(chain, seed));
        let start = first.to_string();
        let folders = both(&server);
        for more in [
            &["--method", "haircut"][..],
            &["--method", "fifo", "--hops", "4"],
            &["--method", "lifo", "--dust", "2000"],
        ] {
            is_the_same(&server, &folders, &start, more);
        }
    }
}

/// Some transactions of twenty people and an exchange, the same for the same seed.
fn generated(chain: &mut Chain, seed: u64) -> TxId {
    chain.says("/block-height/0", GENESIS);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut dice = move |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    let mut coins = Vec::new();
    let mut first = TxId::default();
    for number in 0..60_u32 {
        let mut inputs = Vec::new();
        if number == 0 || dice(4) == 0 {
            inputs.push((None, 1_000_000 + dice(9_000_000), who(usize::try_from(dice(20)).expect("small"))));
        }
        for _ in 0..=dice(2) {
            if !coins.is_empty() {
                let at = usize::try_from(dice(coins.len() as u64)).expect("small");
                let (out, value, owner) = coins.swap_remove(at);
                inputs.push((Some(out), value, owner));
            }
        }
        let mut left: u64 = inputs.iter().map(|input| input.1).sum::<u64>();
        if left < 1_000 {
            continue;
        }
        left -= 500;
        let mut outputs = Vec::new();
        for _ in 0..dice(3) {
            let part = 1 + dice(left);
            if part < left {
                outputs.push((part, who(usize::try_from(dice(20)).expect("small"))));
                left -= part;
            }
        }
        let rest = if dice(12) == 0 { exchange() } else { who(usize::try_from(dice(20)).expect("small")) };
        outputs.push((left, rest));
        let txid = chain.tx(Some(THEFT + number / 3), &inputs, &outputs);
        if number == 0 {
            first = txid;
        }
        let paid =
            (0..).zip(&outputs).map(|(vout, (value, owner))| (OutPoint { txid, vout }, *value, *owner));
        coins.extend(paid.filter(|(_, _, owner)| *owner != exchange()));
    }
    chain.tip = TIP;
    first
}

/// Paths that are asked for anew each time: which chain it is, and where it ends.
fn of_the_tip(server: &EsploraServer) -> BTreeSet<String> {
    let tip = server.change(|chain| chain.block(TIP));
    [
        "/block-height/0",
        "/blocks/tip/height",
        &format!("/block-height/{TIP}"),
        &format!("/block/{tip}/header"),
    ]
    .map(str::to_owned)
    .into()
}

#[test]
fn it_is_said_beforehand_what_it_takes_and_nothing_is_asked_twice() {
    let (server, theft) = server();
    let (data, start) = (nothing(), format!("{theft}:0"));
    let output = trace(data.path(), &server, &start, &["--output", "jsonl"]);
    has_form("trace", &output);
    assert_eq!(output.status.code(), Some(30), "{}", errors(&output));
    assert!(
        errors(&output).contains("to fetch: 1 transactions and spends of outputs, at least 2 questions"),
        "{}",
        errors(&output)
    );
    let found = document(&output);
    let asked = server.asked();
    let once: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(once.len(), asked.len(), "{asked:?}");
    assert_eq!(found["coverage"]["questions"], asked.len());
    let told = gaps(&found);
    for words in [
        "no ledger of the chain was asked: what is known is what was fetched of single transactions",
        "what each does is proved by its id, and its block's time by the block",
        "up to block 166650",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // Where paths end by themselves, nobody asks on: not for what the round's coins were spent by, nor the exchange's.
    let fetched = |txid: &str| asked.iter().any(|path| path == &format!("/tx/{txid}/outspends"));
    let mixed =
        found["nodes"].as_array().expect("nodes").iter().find_map(|node| node["stop"]["txid"].as_str());
    assert!(!fetched(mixed.expect("a mix")));

    let again = trace(data.path(), &server, &start, &["--output", "jsonl"]);
    let asked: BTreeSet<String> = server.asked().into_iter().collect();
    assert_eq!(asked, of_the_tip(&server));
    let again = document(&again);
    assert_eq!(
        (&again["nodes"], &again["edges"], &again["snapshot"]),
        (&found["nodes"], &found["edges"], &found["snapshot"])
    );
    // It is no ledger: what was fetched answers nothing else.
    let plain = regtest(data.path(), &["trace", &start, "--as-of", SOON]);
    assert_eq!(plain.status.code(), Some(1), "{}", text(&plain));
}

#[test]
fn a_budget_ends_it_with_what_was_not_fetched_and_the_next_run_goes_on() {
    let (server, theft) = server();
    let (data, start) = (nothing(), format!("{theft}:0"));
    let mut before: BTreeSet<String> = BTreeSet::new();
    let mut known = 0;
    for budget in ["10", "9", "8"] {
        let output = trace(data.path(), &server, &start, &["--budget", budget, "--output", "json"]);
        assert_eq!(output.status.code(), Some(30), "{}", errors(&output));
        let part = document(&output);
        let sums = &part["sums"];
        assert!(units(&sums["not_fetched"]) > 0, "{budget}: {sums}");
        let parts = sums.as_object().expect("sums").iter().filter(|(name, _)| *name != "seeded");
        assert_eq!(parts.map(|(_, sum)| units(sum)).sum::<u64>(), units(&sums["seeded"]));
        let told = gaps(&part);
        assert!(told.contains(&format!("the budget of {budget} questions is used up (--budget)")), "{told}");
        assert!(told.contains("the same command goes on with what is not there"), "{told}");
        let asked = server.asked();
        assert!(asked.len() <= budget.parse::<usize>().expect("a number"), "{asked:?}");
        let new: BTreeSet<String> =
            asked.into_iter().filter(|path| !of_the_tip(&server).contains(path)).collect();
        assert!(before.is_disjoint(&new), "{before:?} {new:?}");
        assert!(!new.is_empty());
        before.extend(new);
        let fetched = part["coverage"]["fetched"].as_array().expect("a list").len();
        assert!(fetched >= known);
        known = fetched;
    }
    let whole = json(data.path(), &server, &start, &[]);
    assert!(before.is_disjoint(
        &server.asked().into_iter().filter(|path| !of_the_tip(&server).contains(path)).collect()
    ));
    let fresh = nothing();
    let fresh = json(fresh.path(), &server, &start, &[]);
    assert_eq!((&whole["sums"], &whole["nodes"]), (&fresh["sums"], &fresh["nodes"]));
    // A text for people says it too.
    let short = nothing();
    let said = text(&trace(short.path(), &server, &start, &["--budget", "10"]));
    assert!(said.contains("not fetched further") && said.contains("-> not fetched"), "{said}");
    // What is asked about must be there.
    let none = trace(short.path(), &server, &"ab".repeat(32), &["--budget", "4"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(errors(&none).contains("the budget of 4 questions is used up"), "{}", errors(&none));
}

#[test]
fn a_spend_is_final_and_that_nobody_spent_it_is_not() {
    let (server, theft) = server();
    let (data, start) = (nothing(), format!("{theft}:1"));
    let first = json(data.path(), &server, &start, &[]);
    assert_eq!(units(&first["sums"]["unspent"]), 3_990_000);
    assert!(gaps(&first).contains("what is called unspent was so at"), "{}", gaps(&first));
    let spender = server.change(|chain| {
        chain.tx(Some(THEFT + 20), &[of(theft, 1, 3_990_000, who(1))], &[(3_980_000, who(60))])
    });
    server.asked();
    let cached = json(data.path(), &server, &start, &[]);
    assert_eq!(cached["nodes"], first["nodes"], "within the hour nothing is asked again");
    let asked = server.asked().len();
    assert_eq!(asked, 4);
    let now = json(data.path(), &server, &start, &["--source-max-age", "0s"]);
    assert_eq!(now["edges"][0]["txid"], spender.to_string());
    let asked: BTreeSet<String> = server.asked().into_iter().collect();
    assert!(!asked.contains(&format!("/tx/{theft}")), "a transaction so deep does not change: {asked:?}");
    json(data.path(), &server, &start, &["--source-max-age", "0s"]);
    let asked: BTreeSet<String> = server.asked().into_iter().collect();
    assert!(!asked.contains(&format!("/tx/{theft}/outspends")), "nor does a spend: {asked:?}");
    assert!(asked.contains(&format!("/tx/{spender}/outspends")), "{asked:?}");
}

#[test]
fn what_is_in_no_block_counts_as_unspent_and_is_said() {
    let (server, theft) = server();
    server.change(|chain| chain.tx(None, &[of(theft, 1, 3_990_000, who(1))], &[(3_980_000, who(60))]));
    let data = nothing();
    let found = json(data.path(), &server, &format!("{theft}:1"), &[]);
    assert_eq!(units(&found["sums"]["unspent"]), 3_990_000);
    assert!(gaps(&found).contains("spent by transactions in no block yet"), "{}", gaps(&found));
    // Nor does a trace begin there.
    let waiting = server.change(|chain| chain.tx(None, &[(None, 5_000, who(70))], &[(4_000, who(71))]));
    let output = trace(data.path(), &server, &waiting.to_string(), &[]);
    assert!(errors(&output).contains("is in no block yet"), "{}", errors(&output));
    let unknown = trace(data.path(), &server, &"ab".repeat(32), &[]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(errors(&unknown).contains("the server knows no transaction"), "{}", errors(&unknown));
}

/// What is not so never becomes a part of the answer, and nothing of it is kept.
#[test]
fn a_server_that_lies_is_refused() {
    let (server, theft) = server();
    let start = format!("{theft}:0");
    let honest = nothing();
    let honest = json(honest.path(), &server, &start, &[]);
    let edge =
        |at: usize| -> TxId { honest["edges"][at]["txid"].as_str().expect("an id").parse().expect("an id") };
    let (split, on) = (edge(0), edge(1));
    let spent_by = |txid: TxId, height: u32| {
        let block = server.change(|chain| chain.block(height));
        format!(
            r#"[{{"spent":true,"txid":"{txid}","vin":0,"status":{{"confirmed":true,"block_height":{height},"block_hash":"{block}","block_time":{}}}}},{{"spent":false}}]"#,
            tracehound_testkit::esplora::time(height)
        )
    };
    let truth = server.change(|chain| chain.text(split));
    let header = format!("/block/{}/header", server.change(|chain| chain.block(THEFT + 1)));
    let lies = [
        // Another transaction under the id of the one that was asked for, and one whose amounts are others.
        (format!("/tx/{split}"), server.change(|chain| chain.text(on)), "was not asked for"),
        (format!("/tx/{split}"), truth.replacen("2990000", "2990001", 1), "does not hash to its id"),
        // The input is said to be worth more than the output that it spends.
        (
            format!("/tx/{split}"),
            truth.replacen(r#""value":6000000"#, r#""value":6000001"#, 1).replacen(
                r#""fee":10000"#,
                r#""fee":10001"#,
                1,
            ),
            "what its own transaction does not",
        ),
        // One that spends something else, one in an earlier block, one that nobody knows, and fewer outputs than there are.
        (format!("/tx/{theft}/outspends"), spent_by(on, THEFT + 1), "does not spend"),
        (format!("/tx/{theft}/outspends"), spent_by(split, THEFT - 5), "cannot spend an output of"),
        (
            format!("/tx/{theft}/outspends"),
            spent_by(TxId([7; 32]), THEFT + 1),
            "the server knows no transaction",
        ),
        (format!("/tx/{theft}/outspends"), r#"[{"spent":false}]"#.to_owned(), "it tells of 1 outputs"),
        (
            format!("/tx/{theft}/outspends"),
            r#"[{"spent":true},{"spent":false}]"#.to_owned(),
            "by whom is not said",
        ),
        (format!("/tx/{theft}/outspends"), "[".to_owned(), "does not have the documented form"),
        // A block that is another, and one that is not there.
        (header.clone(), "00".repeat(80), "was asked for"),
        (header, "no such block".to_owned(), "does not have the documented form"),
    ];
    for (path, body, why) in lies {
        let data = nothing();
        server.change(|chain| chain.says(path.clone(), body));
        let output = trace(data.path(), &server, &start, &["--output", "json"]);
        assert_eq!(output.status.code(), Some(30), "{why}: {}", errors(&output));
        let found = document(&output);
        assert_eq!(units(&found["sums"]["not_fetched"]), 6_000_000, "{why}: {}", found["sums"]);
        assert_eq!(found["edges"].as_array().map(Vec::len), Some(0), "{why}");
        assert!(gaps(&found).contains(why), "{why}: {}", gaps(&found));
        server.change(|chain| {
            chain.is_honest();
            chain.says("/block-height/0", GENESIS);
        });
        let after = json(data.path(), &server, &start, &[]);
        assert_eq!((&after["sums"], &after["nodes"]), (&honest["sums"], &honest["nodes"]), "{why}");
    }
    // Of what is asked about it is an error.
    server.change(|chain| {
        let other = chain.text(on);
        chain.says(format!("/tx/{theft}"), other);
    });
    let data = nothing();
    let output = trace(data.path(), &server, &start, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("was not asked for"), "{}", errors(&output));
    // On another chain nothing is asked.
    server.change(Chain::is_honest);
    let output = trace(data.path(), &server, &start, &[]);
    assert!(errors(&output).contains("was expected"), "{}", errors(&output));
}

#[test]
fn pages_without_end_are_cut_off_and_said() {
    let (server, _) = server();
    let paid: Vec<TxId> = server.change(|chain| {
        let mut pay =
            |number| chain.tx(Some(THEFT + 30 + number), &[(None, 900_000, who(81))], &[(800_000, who(80))]);
        (0..60).map(&mut pay).collect()
    });
    let data = nothing();
    let all = json(data.path(), &server, &who(80).to_string(), &[]);
    assert_eq!(all["seeds"], 60);
    let data = nothing();
    let cut = json(data.path(), &server, &who(80).to_string(), &["--account-budget", "1"]);
    assert_eq!(cut["seeds"], 25);
    assert!(gaps(&cut).contains("only the newest 25 transactions of"), "{}", gaps(&cut));
    // A page that comes again and again is no new one.
    let path = format!("/address/{}/txs/chain", who(80));
    server.change(|chain| {
        let page = format!("[{}]", chain.text(paid[0]));
        chain.says(path.clone(), page.clone());
        chain.says(format!("{path}/{}", paid[0]), page);
    });
    let output = trace(nothing().path(), &server, &who(80).to_string(), &[]);
    assert!(errors(&output).contains("was on an earlier page"), "{}", errors(&output));
}

#[test]
fn a_busy_server_is_waited_for_and_one_that_fails_leaves_gaps() {
    let (server, theft) = server();
    let (data, start) = (nothing(), format!("{theft}:0"));
    server.is_busy(2);
    server.hangs_up(1);
    let whole = json(data.path(), &server, &start, &[]);
    assert_eq!(units(&whole["sums"]["not_fetched"]), 0);
    let data = nothing();
    server.fails_after(9);
    let output = trace(data.path(), &server, &start, &["--output", "json"]);
    assert_eq!(output.status.code(), Some(30), "{}", errors(&output));
    let part = document(&output);
    assert!(units(&part["sums"]["not_fetched"]) > 0);
    assert!(gaps(&part).contains("HTTP 500"), "{}", gaps(&part));
    server.fails_after(usize::MAX);
    server.asked();
    let after = json(data.path(), &server, &start, &[]);
    assert_eq!(after["nodes"], whole["nodes"]);
    assert!(!server.asked().contains(&format!("/tx/{theft}")), "what was fetched is kept");
}

#[test]
fn a_run_that_is_ended_keeps_what_it_fetched_and_the_next_goes_on() {
    let (server, theft) = server();
    let start_at = format!("{theft}:0");
    let url = server.url();
    for (signal, code) in [(Signal::INT, Some(4)), (Signal::KILL, None)] {
        let data = nothing();
        let args = [
            "trace",
            &start_at,
            "--source",
            "esplora",
            &url,
            "--per-second",
            "2",
            "--as-of",
            SOON,
            "--network",
            "regtest",
        ];
        let mut child = start(data.path(), &args);
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
        let mut said = BufReader::new(child.stderr.take().expect("piped"));
        let mut lines = said.by_ref().lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("to fetch")).expect("what it takes");
        assert!(
            line.contains("at least 2 questions, 1 s") && line.contains("the budget ends it after"),
            "{line}"
        );
        kill_process(pid, signal).expect("is there");
        assert_eq!(child.wait().expect("ends").code(), code);
        server.asked();
        let whole = json(data.path(), &server, &start_at, &[]);
        assert_eq!(units(&whole["sums"]["not_fetched"]), 0);
    }
    // A file that is not what was written is not believed.
    let data = nothing();
    json(data.path(), &server, &start_at, &[]);
    let kept = data.path().join(format!("ledger/bitcoin-fetched-regtest/tx-{theft}.json"));
    let folder: Vec<_> = std::fs::read_dir(data.path().join("ledger")).expect("a folder").collect();
    let told = std::fs::read_to_string(&kept).unwrap_or_else(|error| panic!("{error}: {folder:?}"));
    std::fs::write(&kept, told.replacen("6000000", "6000001", 1)).expect("written");
    let output = trace(data.path(), &server, &start_at, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("is damaged") && errors(&output).contains("delete it"),
        "{}",
        errors(&output)
    );
}

#[test]
fn what_a_server_cannot_answer_is_refused_in_words() {
    let (server, theft) = server();
    let (data, url) = (nothing(), server.url());
    let theft = theft.to_string();
    for (args, code, said) in [
        (&["--source", "electrum", &url][..], 1, "`esplora URL`"),
        (&["--source", "explorer", &url], 1, "`esplora URL`"),
        (&["--source", "oracle", &url], 1, "`esplora URL`"),
        (&["--source", "esplora"], 2, "--source"),
        (&["--source", "esplora", "http://127.0.0.1:1/KEYKEYKEY"], 1, "http://127.0.0.1:1"),
        (&["--source", "esplora", &url, "--compare"], 1, "--compare is there for ledgers alone"),
        (&["--source", "esplora", &url, "--through-fees"], 1, "needs whole blocks"),
        (&["--source", "esplora", &url, "--named", "Exchange"], 1, "--named"),
        (&["--source", "esplora", &url, "--source-key", "env:KEY"], 1, "--source-key is an explorer's"),
    ] {
        let output = regtest(data.path(), &[&["trace", &theft], args].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", errors(&output));
        let told = errors(&output);
        assert!(told.contains(said) && !told.contains("KEYKEYKEY"), "{args:?}: {told}");
    }
    assert_eq!(server.asked(), [""; 0]);
    let evm = ["trace", "0x52908400098527886E0F7030069857D2E4169EE7", "--source", "esplora", &url];
    let output = crate::screen::tracehound(data.path(), &evm, "");
    assert!(errors(&output).contains("--source esplora is of Bitcoin"), "{}", errors(&output));
}

#[test]
fn it_is_drawn_and_told_as_over_a_ledger() {
    let (server, theft) = server();
    let data = nothing();
    let svg = data.path().join("trace.svg");
    let output = trace(data.path(), &server, &format!("{theft}:0"), &["--svg", &svg.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(30), "{}", errors(&output));
    assert!(text(&output).contains("Exchange"), "{}", text(&output));
    let drawn = std::fs::read_to_string(svg).expect("drawn");
    assert!(drawn.contains("Exchange"));
    let csv = text(&trace(data.path(), &server, &format!("{theft}:0"), &["--output", "csv"]));
    assert!(csv.starts_with("locus,address") && csv.contains("mixed"), "{csv}");
}

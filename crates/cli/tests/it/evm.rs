//! Account chains: from files into a ledger of transfers, and what is answered from it.

use std::{fs, path::Path, process::Output};

use serde_json::Value;
use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_testkit::shared_data;
use tracehound_transfers::{Writer, WriterOptions};

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

const SENDER: &str = "0xeA1B261FB7Ec1C4F2BEeA2476f17017537b4B507";
const PAYEE: &str = "0xe64FAC7f3DF5aB44333ad3D3Eb3fB68Be43F2E8C";

#[test]
fn value_on_an_account_chain_is_followed_and_what_is_not_known_is_said() {
    let Some((data, _)) = ingested() else { return };
    let movement = format!("{TX}:2");
    for (name, args) in [
        ("exposure", &["exposure", SENDER][..]),
        ("trace", &["trace", &movement]),
        ("trace_of_an_address", &["trace", PAYEE, "--lines", "2", "--method", "fifo"]),
        ("path", &["path", SENDER, PAYEE, "--count", "2"]),
        ("cluster", &["cluster", SENDER]),
    ] {
        let output = ask(data.path(), args);
        assert_eq!(output.status.code(), Some(30), "{args:?}: the ledger is partial");
        insta::assert_snapshot!(name, told(&output));
        let form = format!("account-{}", args[0]);
        has_form(&form, &ask(data.path(), &[args, &["--output", "jsonl"]].concat()));
    }
    for refused in [
        &["trace", SENDER, "--backward", "--method", "fifo"][..],
        &["exposure", SENDER, "--cluster"],
        &["cluster", SENDER, "--change"],
        &["path", SENDER, PAYEE, "--svg", "/dev/null"],
        &["path", SENDER, SENDER],
        &["trace", &format!("{TX}:3")],
        &["trace", "1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX", "--chain", "sepolia"],
        &["report", "path", SENDER, PAYEE, "--html", "/dev/null"],
        &["trace", SENDER, "--dot", "/dev/null"],
    ] {
        let output = ask(data.path(), refused);
        assert_eq!((output.status.code(), text(&output)), (Some(1), String::new()), "{refused:?}");
    }
}

/// An account that somebody may own: not of one byte alone.
fn account(name: u8) -> Address {
    let mut bytes = [name; 20];
    bytes[10] ^= 0x5a;
    Address::Evm(bytes)
}

/// A ledger of Ethereum with these transactions in its first block, all seen; the first one's hash is of ones, and so on.
fn ledger_of(data: &Path, txs: Vec<Vec<Movement>>) {
    let txs = (1u8..).zip(txs).map(|(number, movements)| TransferTx { hash: [number; 32], movements });
    let (unseen, txs) = (Unseen::NOTHING, txs.collect());
    let block = TransferBlock { height: 0, hash: [1; 32], parent: [0; 32], time: 1_700_000_000, unseen, txs };
    let dir = data.join("ledger/evm-1");
    let mut writer = Writer::open(&dir, Chain::Evm(1), WriterOptions::default()).expect("opens");
    writer.append(&block).expect("appended");
    writer.commit().expect("committed");
}

/// A ledger of Ethereum from its first block on, all seen: 3 is a thief, 7 pays 8 and is paid by 3.
fn generated() -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("temporary folder");
    let facts = format!(
        "[source]\nid = \"thieves\"\nkind = \"labels\"\ntitle = \"Made-up facts\"\npublisher = \"a test\"\n\
         url = \"https://example.invalid/\"\npublished = 2023-11-01\n\
         [[claim]]\nlabel = \"Thief\"\ncategory = \"service_hack\"\naddresses = [\"{}\"]\n",
        account(0x33)
    );
    let file = data.path().join("facts.toml");
    fs::write(&file, facts).expect("written");
    let imported = tracehound(data.path(), &["lists", "import", &file.to_string_lossy()], "");
    assert_eq!(imported.status.code(), Some(0), "{}", errors(&imported));
    let ether: Asset = "eth".parse().expect("an asset");
    let spam: Asset = "eip155:1/erc20:0x1111111111111111111111111111111111111111".parse().expect("an asset");
    let moves = |from: u8, to: u8, amount: u64, asset: Asset, kind| Movement {
        from: (from != 0).then(|| account(from)),
        to: (to != 0).then(|| account(to)),
        asset,
        amount: Amount::from(amount),
        kind,
        proved: true,
    };
    let huge =
        || Movement { amount: Amount::from(u128::MAX), ..moves(0x99, 0x22, 0, spam, MovementKind::Token) };
    let (native, fee, token, issue) =
        (MovementKind::Native, MovementKind::Fee, MovementKind::Token, MovementKind::Issue);
    let txs = [
        vec![moves(0, 0x33, 1_000_000, ether, issue), moves(0, 0x99, 1_000, ether, issue)],
        vec![moves(0x33, 0, 10, ether, fee), moves(0x33, 0x77, 500_000, ether, native)],
        vec![moves(0x77, 0, 10, ether, fee), moves(0x77, 0x88, 400_000, ether, native)],
        // Poison: 99 writes the thief into the history of 55, and a payment of nothing.
        vec![moves(0x99, 0, 10, ether, fee), moves(0x33, 0x55, 77, spam, token)],
        vec![moves(0x99, 0, 10, ether, fee), moves(0x33, 0x55, 0, ether, token)],
        vec![moves(0x99, 0, 10, ether, fee), moves(0x99, 0x44, 100, ether, native)],
        // More of a token of 99's own than any rule divides, and behind it what the thief's money paid.
        vec![moves(0x99, 0, 10, ether, fee), huge(), huge()],
        vec![moves(0x33, 0, 10, ether, fee), moves(0x33, 0x21, 60_000, ether, native)],
        vec![moves(0x21, 0, 10, ether, fee), moves(0x21, 0x22, 50_000, ether, native)],
        // It cost nothing: who sent it is not told.
        vec![moves(0x33, 0x56, 77, spam, token)],
    ];
    ledger_of(data.path(), txs.into());
    data
}

/// Within a day of the block, and the shipped lists vouch for it.
const SCREENED: &str = "2023-11-15T20:00:00Z";

fn verdict(data: &Path, subject: &str, more: &[&str]) -> Value {
    let args = [&["screen", subject, "--as-of", SCREENED, "--output", "jsonl"], more].concat();
    let output = tracehound(data, &args, "");
    has_form("verdict", &output);
    serde_json::from_str(&text(&output)).expect("one verdict")
}

#[test]
fn a_ledger_of_an_account_chain_weighs_against_an_address_and_never_for_it() {
    let (with, without) = (generated(), generated());
    fs::remove_dir_all(without.path().join("ledger/evm-1")).expect("removed");
    for (name, decision) in
        [(0x77, "review"), (0x33, "review"), (0x88, "review"), (0x55, "incomplete"), (0x66, "incomplete")]
    {
        let subject = account(name).to_string();
        let (now, before) = (verdict(with.path(), &subject, &[]), verdict(without.path(), &subject, &[]));
        assert_eq!(now["decision"], decision, "{now}");
        assert_ne!(before["decision"], "allow");
        assert!(now["score"].as_u64() >= before["score"].as_u64(), "{now}");
        assert_ne!(now["basis"], "lists-and-transactions", "one chain of many is not all its transactions");
        let told = now["coverage"]["gaps"].to_string();
        assert!(told.contains("others than eth were not examined"), "{told}");
    }
    let paid = verdict(with.path(), &account(0x77).to_string(), &[]);
    let thief = &paid["exposures"][0];
    assert_eq!(
        (&thief["label"], &thief["exposure"], &thief["direction"]),
        (&"Thief".into(), &"direct".into(), &"incoming".into())
    );
    assert_eq!(
        (&thief["amount"], &thief["asset"], &thief["tx_count"]),
        (&"500000".into(), &"eip155:1/slip44:60".into(), &1.into())
    );
    let nodes = paid["evidence"]["nodes"].to_string();
    assert!(nodes.contains(&format!("0x{}", "02".repeat(32))), "the transaction is evidence: {nodes}");
    // Poisoned: the thief did nothing there.
    assert_eq!(verdict(with.path(), &account(0x55).to_string(), &[])["exposures"], Value::Array(Vec::new()));
    // Of the same without a fee nobody knows who sent it: a forged one must not accuse, a true one must not be passed over.
    let unsent = verdict(with.path(), &account(0x56).to_string(), &[]);
    assert_eq!(
        (&unsent["decision"], &unsent["exposures"]),
        (&"incomplete".into(), &Value::Array(Vec::new()))
    );
    let said = |found: &Value| found["coverage"]["gaps"].to_string().contains("nothing tells who sent it");
    assert!(said(&unsent) && unsent["coverage"]["truncated"] == true, "{unsent}");
    assert!(!said(&verdict(with.path(), &account(0x55).to_string(), &[])));
    let tx = verdict(with.path(), &format!("0x{}", "0a".repeat(32)), &[]);
    assert!(tx["decision"] == "incomplete" && said(&tx), "{tx}");
    // At the snapshot that it names the answer is the same.
    let snapshot = paid["snapshot"].as_str().expect("a name");
    assert_eq!(verdict(with.path(), &account(0x77).to_string(), &["--snapshot", snapshot]), paid);
    // A batch says of each what a single question does, whether a ledger knows it or not.
    let input: String = [0x77, 0x88, 0x55, 0x66, 0x67].map(|name| format!("{}\n", account(name))).concat();
    let batch =
        tracehound(with.path(), &["screen", "--stdin", "--as-of", SCREENED, "--output", "jsonl"], &input);
    for (line, name) in text(&batch).lines().zip([0x77, 0x88, 0x55, 0x66, 0x67]) {
        let mut row: Value = serde_json::from_str(line).expect("JSON");
        row.as_object_mut().expect("an object").remove("row");
        assert_eq!(row, verdict(with.path(), &account(name).to_string(), &[]));
    }
}

#[test]
fn a_transaction_is_screened_for_whom_its_movements_come_from_and_go_to() {
    let data = generated();
    let hash = |number: u8| format!("0x{}", format!("{number:02x}").repeat(32));
    let screened = |number: u8| verdict(data.path(), &hash(number), &[]);
    let rows = |found: &Value| -> Vec<(String, String, String, String)> {
        let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
        let row = |own: &Value| {
            (text(&own["exposure"]), text(&own["direction"]), text(&own["label"]), text(&own["amount"]))
        };
        found["exposures"].as_array().expect("a list").iter().map(row).collect()
    };
    let row = |exposure: &str, amount: &str| {
        (exposure.to_owned(), "incoming".to_owned(), "Thief".to_owned(), amount.to_owned())
    };
    // The thief pays 77, and pays the fee; 77 pays on to 88.
    let theft = screened(2);
    assert_eq!(theft["decision"], "review", "{theft}");
    assert_eq!(rows(&theft), [row("identified", "500010")]);
    assert_eq!(
        (&theft["chain"], &theft["reason"]["rule"]),
        (&"eip155:1".into(), &"identified-theft-or-fraud".into())
    );
    let passed_on = screened(3);
    assert_eq!(passed_on["decision"], "review", "{passed_on}");
    assert_eq!(rows(&passed_on), [row("indirect", "400000")]);
    assert_eq!(passed_on["exposures"][0]["total"], "400000", "all of it");
    let evidence = passed_on["evidence"]["nodes"].to_string();
    assert!(evidence.contains(&hash(2)), "by which transaction it came: {evidence}");
    // Nobody who is named moved anything in it; whom it called besides is not in a ledger.
    let clean = screened(6);
    assert_eq!(
        (&clean["decision"], &clean["basis"]),
        (&"incomplete".into(), &"lists-and-some-transactions".into()),
        "{clean}"
    );
    assert!(clean["coverage"]["gaps"].to_string().contains("contracts that it called"), "{clean}");
    // Poison accuses nobody, and shows nothing of what it did.
    for number in [4, 5] {
        let poison = screened(number);
        assert_eq!((&poison["decision"], rows(&poison).len()), (&"incomplete".into(), 0), "{poison}");
    }
    // What is not there is not known.
    let absent = tracehound(data.path(), &["screen", &hash(0xab), "--as-of", SCREENED], "");
    assert_eq!(absent.status.code(), Some(30), "{}", text(&absent));
    assert!(text(&absent).contains("not in the ledger of eth, and no other EVM chain was searched"));
    let lists =
        tracehound(data.path(), &["screen", &hash(0xab), "--policy", "lists-only", "--as-of", SCREENED], "");
    assert_eq!(lists.status.code(), Some(30), "{}", text(&lists));
    fs::remove_dir_all(data.path().join("ledger/evm-1")).expect("removed");
    let without = tracehound(data.path(), &["screen", &hash(2), "--as-of", SCREENED], "");
    assert_eq!(without.status.code(), Some(30), "{}", text(&without));
    assert!(text(&without).contains("no ledger of an EVM chain"), "{}", text(&without));
}

#[test]
fn who_stands_behind_the_counterparties_of_an_account_is_found() {
    let data = generated();
    let found = verdict(data.path(), &account(0x88).to_string(), &[]);
    let row = &found["exposures"][0];
    assert_eq!(
        (&row["exposure"], &row["label"], &row["amount"], &row["total"], &row["asset"]),
        (
            &"indirect".into(),
            &"Thief".into(),
            &"400000".into(),
            &"400000".into(),
            &"eip155:1/slip44:60".into()
        ),
        "{found}"
    );
    assert_eq!(found["reason"]["rule"], "indirect-theft-or-fraud");
    // How often the rule was right was measured on chains of outputs, and is not quoted here.
    assert_eq!(found["coverage"]["error_rates"], Value::Null);
}

#[test]
fn answers_over_an_account_chain_are_drawn_and_reported_in_the_units_of_each_asset() {
    let data = generated();
    let theft = format!("0x{}:1", "02".repeat(32));
    let owner = account(0x77).to_string();
    let written = |args: &[&str], file: &str| {
        let path = data.path().join(file);
        let path_text = path.to_string_lossy().into_owned();
        let flag = if file.ends_with("svg") { "--svg" } else { "--html" };
        let args = [args, &[flag, &path_text, "--as-of", SCREENED]].concat();
        let output = tracehound(data.path(), &args, "");
        let code = output.status.code();
        assert!([Some(0), Some(10), Some(30)].contains(&code), "{args:?}: {}", errors(&output));
        fs::read_to_string(path).expect("written")
    };
    // 500,000 wei of the theft: 400,000 went on and lie at 88, fees are of 10 wei each.
    let amount = "0.000000000000500000 ETH";
    let drawn = written(&["trace", &theft], "trace.svg");
    assert!(drawn.contains(&format!("Where it went: {amount} on Ethereum")), "{drawn}");
    assert!(drawn.contains("Thief") && drawn.contains("unspent: "), "{drawn}");
    let back = written(&["trace", &format!("0x{}:1", "03".repeat(32)), "--backward"], "back.svg");
    assert!(back.contains("Where it came from: 0.000000000000400000 ETH on Ethereum"), "{back}");
    let page = written(&["report", "trace", &theft], "trace.html");
    for said in [amount, "Thief", &account(0x88).to_string(), "eip155:1", "unspent"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains("--snapshot") && page.contains("thieves"), "who says so, and how to ask again");
    let drawn = written(&["exposure", &owner], "exposure.svg");
    assert!(drawn.contains("Exposure of ") && drawn.contains("in ETH on Ethereum"), "{drawn}");
    assert!(drawn.contains("Thief") && drawn.contains("0.000000000000500000 ETH"), "{drawn}");
    let page = written(&["report", "exposure", &owner], "exposure.html");
    assert!(page.contains("Thief") && page.contains("0.000000000000400010 ETH"), "{page}");
    let page = written(&["report", "verdict", &owner], "verdict.html");
    assert!(page.contains("REVIEW") && page.contains("0.000000000000500000 ETH"), "{page}");
    // What is nowhere is said so, on paper too.
    let nowhere = written(&["report", "trace", &account(0x66).to_string()], "nowhere.html");
    assert!(nowhere.contains("Not in the ledger"), "{nowhere}");
}

/// What wraps ether holds everybody's: the thief's goes on as the token, and nobody else's comes to be his.
#[test]
fn what_is_wrapped_goes_on_as_the_token_and_not_to_whoever_unwraps() {
    let (ether, weth): (Asset, Asset) =
        ("eth".parse().expect("an asset"), Asset::wrapped(Chain::Evm(1)).expect("known"));
    let contract = weth.contract();
    let moves = |from: Option<Address>, to: Option<Address>, amount: u64, asset: Asset, kind| Movement {
        from,
        to,
        asset,
        amount: Amount::from(amount),
        kind,
        proved: true,
    };
    let (native, fee, token, issue) =
        (MovementKind::Native, MovementKind::Fee, MovementKind::Token, MovementKind::Issue);
    let who = |name: u8| Some(account(name));
    let paid = |name: u8| moves(who(name), None, 1, ether, fee);
    let txs = vec![
        vec![
            moves(None, who(0x33), 1_000_001, ether, issue),
            moves(None, who(0x44), 1_000_002, ether, issue),
        ],
        vec![
            paid(0x44),
            moves(who(0x44), contract, 500_000, ether, native),
            moves(None, who(0x44), 500_000, weth, token),
        ],
        vec![
            paid(0x33),
            moves(who(0x33), contract, 900_000, ether, native),
            moves(None, who(0x33), 900_000, weth, token),
        ],
        vec![paid(0x33), moves(who(0x33), who(0x77), 900_000, weth, token)],
        vec![
            paid(0x44),
            moves(who(0x44), None, 500_000, weth, token),
            moves(contract, who(0x44), 500_000, ether, native),
        ],
    ];
    let data = tempfile::tempdir().expect("temporary folder");
    ledger_of(data.path(), txs);
    let theft = format!("0x{}", "03".repeat(32));
    for method in ["haircut", "lifo", "fifo"] {
        let args = ["trace", &theft, "--method", method, "--as-of", SCREENED, "--dust", "0"];
        let output = tracehound(data.path(), &args, "");
        let said = text(&output);
        assert!(said.contains(&account(0x77).to_string()), "{method}: {said}");
        assert!(!said.contains(&account(0x44).to_string()), "{method}: {said}");
    }
}

/// Anybody can send anybody any number of a token of his own.
#[test]
fn worthless_tokens_hide_nothing_that_is_behind_a_counterparty() {
    let data = generated();
    let found = verdict(data.path(), &account(0x22).to_string(), &[]);
    assert_eq!(found["decision"], "review", "{found}");
    assert_eq!(found["reason"]["rule"], "indirect-theft-or-fraud", "{found}");
    let gaps = found["coverage"]["gaps"].to_string();
    assert!(gaps.contains("indirect sources of 1 assets were not examined"), "{gaps}");
}

#[test]
fn a_drawing_counts_what_the_table_counts() {
    let Some((data, _)) = ingested() else { return };
    let answer = text(&ask(data.path(), &["exposure", PAYEE, "--output", "jsonl"]));
    let json: Value = serde_json::from_str(&answer).expect("JSON");
    let count = json["assets"][0]["sources"]["parties"][0]["transactions"].as_u64().expect("a count");
    assert!(count > 1, "{json}");
    let file = data.path().join("exposure.svg").to_string_lossy().into_owned();
    ask(data.path(), &["exposure", PAYEE, "--svg", &file]);
    let drawn = fs::read_to_string(&file).expect("written");
    assert!(drawn.contains(&format!("{count} transactions")), "{drawn}");
}

#[test]
fn what_a_whole_ledger_holds_is_traced_to_the_unit() {
    let data = generated();
    let asked = |args: &[&str]| {
        let output =
            tracehound(data.path(), &[args, &["--as-of", SCREENED, "--output", "jsonl"]].concat(), "");
        serde_json::from_str::<Value>(&text(&output)).expect("JSON")
    };
    let theft = format!("0x{}:1", "02".repeat(32));
    for method in ["haircut", "fifo", "lifo", "tiho", "poison"] {
        let trace = asked(&["trace", &theft, "--method", method]);
        let sums = &trace["sums"][0];
        let units =
            |name: &str| sums[name].as_str().and_then(|text| text.parse::<u64>().ok()).expect("units");
        assert_eq!(units("seeded"), 500_000);
        if method != "poison" {
            assert_eq!(units("unspent") + units("destroyed") + units("fees"), 500_000, "{method}: {sums}");
            assert_eq!(trace["complete"], true, "{method}: {trace}");
        }
    }
    // Side by side: the same sums as each alone.
    let compared = asked(&["trace", &theft, "--compare"]);
    has_form(
        "account-trace-comparison",
        &tracehound(
            data.path(),
            &["trace", &theft, "--compare", "--as-of", SCREENED, "--output", "jsonl"],
            "",
        ),
    );
    assert_eq!(compared["complete"], true, "{compared}");
    for by in compared["methods"].as_array().expect("a list") {
        let method = by["method"].as_str().expect("a name");
        assert_eq!(by["sums"], asked(&["trace", &theft, "--method", method])["sums"], "{method}");
    }
    assert_eq!(compared["methods"].as_array().map(Vec::len), Some(5));
    let said = text(&tracehound(data.path(), &["trace", &theft, "--compare", "--as-of", SCREENED], ""));
    assert!(said.contains("by every rule: from 1 movement\n") && said.contains("\ntiho\n"), "{said}");
    // Back to where it came from: to the unit, and to whom the chain issued it.
    let last = format!("0x{}:1", "03".repeat(32));
    let back = asked(&["trace", &last, "--backward"]);
    has_form(
        "account-trace",
        &tracehound(
            data.path(),
            &["trace", &last, "--backward", "--as-of", SCREENED, "--output", "jsonl"],
            "",
        ),
    );
    let sums = &back["sums"][0];
    assert_eq!((&sums["seeded"], &sums["issued"]), (&"400000".into(), &"400000".into()), "{back}");
    assert_eq!((&back["direction"], &back["complete"]), (&"backward".into(), &true.into()));
    let from: Vec<&str> = back["steps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|step| step["movement"]["from"]["entity"]["label"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(from, ["-", "Thief", "-"], "issued, the thief's, and 77's");
    let said = text(&tracehound(data.path(), &["trace", &last, "--backward", "--as-of", SCREENED], ""));
    assert!(said.contains("Where it came from, by haircut: back from 1 movement\n"), "{said}");
    // As tables: what a trace seeds is in its ends, and a counterparty is a row.
    let table = |args: &[&str]| {
        let output = tracehound(data.path(), &[args, &["--as-of", SCREENED, "--output", "csv"]].concat(), "");
        let lines: Vec<Vec<String>> =
            text(&output).lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
        assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{lines:?}");
        lines
    };
    let trace = table(&["trace", &theft]);
    let column = |name: &str| trace[0].iter().position(|own| own == name).expect("a column");
    let ends = trace.iter().filter(|line| line[0] == "end");
    assert_eq!(
        ends.map(|line| line[column("followed")].parse::<u64>().expect("units")).sum::<u64>(),
        500_000
    );
    let row = table(&["exposure", &account(0x77).to_string()]).into_iter().find(|line| line[3] == "Thief");
    assert_eq!(
        row.map(|row| (row[0].clone(), row[6].clone())),
        Some(("source".to_owned(), "500000".to_owned()))
    );
    let path = table(&["path", &account(0x33).to_string(), &account(0x88).to_string()]);
    assert_eq!((path.len(), path[2][9].as_str()), (3, "400000"));
    assert_eq!(table(&["cluster", &account(0x33).to_string()])[1][1], "Thief");
    let exposure = asked(&["exposure", &account(0x77).to_string()]);
    let ether = &exposure["assets"][0];
    assert_eq!(
        (&ether["received"], &ether["paid"], &ether["fees"]),
        (&"500000".into(), &"400010".into(), &"10".into())
    );
    let source = &ether["sources"]["parties"][0];
    assert_eq!((&source["entity"]["label"], &source["amount"]), (&"Thief".into(), &"500000".into()));
    let path = asked(&["path", &account(0x33).to_string(), &account(0x88).to_string()]);
    assert_eq!(
        (path["ways"][0]["movements"].as_array().map(Vec::len), &path["complete"]),
        (Some(2), &true.into())
    );
}

/// Anybody can write logs of a token of his own in anybody's name, and whoever keeps a fortune is nobody's deposit address.
#[test]
fn a_deposit_address_passes_on_what_it_is_known_to_get() {
    let data = tempfile::tempdir().expect("temporary folder");
    let facts = format!(
        "[source]\nid = \"wallets\"\nkind = \"labels\"\ntitle = \"Made-up facts\"\npublisher = \"a test\"\n\
         url = \"https://example.invalid/\"\npublished = 2023-11-01\n\
         [[claim]]\nlabel = \"Some Exchange\"\ncategory = \"exchange\"\naddresses = [\"{}\"]\n",
        account(0x33)
    );
    let file = data.path().join("facts.toml");
    fs::write(&file, facts).expect("written");
    let imported = tracehound(data.path(), &["lists", "import", &file.to_string_lossy()], "");
    assert_eq!(imported.status.code(), Some(0), "{}", errors(&imported));
    let asset = |id: &str| id.parse::<Asset>().expect("an asset");
    let ether = asset("eth");
    let usdt = asset("eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7");
    let fake = asset("eip155:1/erc20:0x1111111111111111111111111111111111111111");
    let fortune = 1_000_000_000_000_000_000_000_u128;
    let moves = |from: u8, to: u8, amount: u128, asset: Asset| {
        let kind = match (from, to) {
            (0, _) => MovementKind::Issue,
            (_, 0) => MovementKind::Fee,
            _ if asset == ether => MovementKind::Native,
            _ => MovementKind::Token,
        };
        let [from, to] = [from, to].map(|name| (name != 0).then(|| account(name)));
        Movement { from, to, asset, amount: Amount::from(amount), kind, proved: true }
    };
    let sent = |by: u8, movement: Movement| vec![moves(by, 0, 10, ether), movement];
    let issued = [0x61, 0x62, 0x63, 0x99].map(|name| moves(0, name, 1_000, ether));
    let txs = [
        [&issued[..], &[moves(0, 0x98, fortune, ether), moves(0, 0x98, 5_000, usdt)]].concat(),
        // 99 writes 61's whole history; 62 passes on what it gets; 63 does, and keeps a fortune.
        sent(0x99, moves(0x98, 0x61, 1_000, fake)),
        sent(0x99, moves(0x61, 0x33, 1_000, fake)),
        sent(0x98, moves(0x98, 0x62, 1_000, usdt)),
        sent(0x62, moves(0x62, 0x33, 1_000, usdt)),
        sent(0x98, moves(0x98, 0x63, fortune / 2, ether)),
        sent(0x98, moves(0x98, 0x63, 1_000, usdt)),
        sent(0x63, moves(0x63, 0x33, 1_000, usdt)),
        // What 99 writes into 62's name takes nothing away.
        sent(0x99, moves(0x62, 0x98, 1_000, fake)),
    ];
    ledger_of(data.path(), txs.into());
    for (name, wanted) in [(0x61, Value::Null), (0x62, "passed_on".into()), (0x63, Value::Null)] {
        let asked = ["cluster", &account(name).to_string(), "--as-of", SCREENED, "--output", "jsonl"];
        let answer: Value = serde_json::from_str(&text(&tracehound(data.path(), &asked, ""))).expect("JSON");
        assert_eq!(answer["deposit_of"]["seen"], wanted, "{name:x}: {answer}");
    }
}

//! Labels of packs in every answer: verdicts, traces, exposures, paths, clusters, reports.

use std::{fs, path::Path};

use serde_json::Value;
use tracehound_model::{
    Address, BitcoinNetwork, Chain, OutPoint, ScriptKey, ScriptType, key_forms::forms_beside,
};
use tracehound_testkit::blocks::owner;

use crate::{
    follow::{THIEF, address, chain_of_owners, folder, soon},
    schemas::has_form,
    screen::{text, tracehound},
};

const REGTEST: &str = "bip122:0f9188f13cb7b2c71f2a335e3a4fc328";
const WALLET: &str = "0x28C6c06298d514Db089934071355E5743bf21d60";
const ROUTER: &str = "0x881D40237659C251811CEC9c364ef91dC08D300C";
const UNKNOWN: &str = "0x1111111111111111111111111111111111111112";
const LISTS_ONLY: [&str; 4] = ["--policy", "lists-only", "--as-of", "2025-11-20T12:00:00Z"];

/// Puts a pack of rows (chain, address, label, entity, category, predicate, source, confidence, perhaps nature) in force.
fn apply(data: &Path, name: &str, more: &str, rows: &[String]) {
    let at = |end: &str| data.join(format!("{name}.{end}")).display().to_string();
    let nature = if rows.iter().all(|row| row.split(',').count() == 9) { "nature," } else { "" };
    let header =
        format!("chain,address,label,entity,category,predicate,source,confidence,{nature}version,licence");
    let rows: Vec<String> = rows.iter().map(|row| format!("{row},7f3/2023-01-02,CC0-1.0\n")).collect();
    fs::write(at("csv"), format!("{header}\n{}", rows.concat())).expect("written");
    let plan = format!(
        "name = \"{name}\"\nversion = 1\nissued = 2023-01-03\npublisher = \"Example agency\"\n{more}\n\
         [licences.\"CC0-1.0\"]\nterms = \"public domain\"\n"
    );
    fs::write(at("toml"), plan).expect("written");
    let made =
        tracehound(data, &["labels", "pack", "--plan", &at("toml"), "--to", &at("labels"), &at("csv")], "");
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let taken = tracehound(data, &["labels", "apply", &at("labels")], "");
    assert_eq!(taken.status.code(), Some(0), "{}", String::from_utf8_lossy(&taken.stderr));
}

fn on_chain(number: usize, entity: &str, category: &str, predicate: &str, source: &str) -> String {
    format!("{REGTEST},{},{entity} wallet,{entity},{category},{predicate},{source},50", address(number))
}

fn evm(address: &str, entity: &str, category: &str, source: &str) -> String {
    format!("eip155:1,{address},{entity} 14,{entity},{category},controls,{source},50")
}

fn screen(data: &Path, subject: &str, more: &[&str]) -> std::process::Output {
    tracehound(data, &[&["screen", subject], &LISTS_ONLY[..], more].concat(), "")
}

#[test]
fn a_verdict_shows_whose_label_it_rests_on_and_that_it_is_disputed() {
    let data = tempfile::tempdir().expect("a folder");
    let rows = [
        evm(WALLET, "Binance", "exchange", "first/list"),
        evm(WALLET, "Gang", "ransomware", "second/list"),
        evm(ROUTER, "Bad", "phishing", "a/blacklist"),
    ];
    apply(data.path(), "ours", "", &rows);
    let shown = screen(data.path(), WALLET, &[]);
    assert_eq!(shown.status.code(), Some(10));
    insta::assert_snapshot!("labelled_verdict", text(&shown));
    let json = screen(data.path(), WALLET, &["--output", "jsonl"]);
    has_form("verdict", &json);
    let verdict: Value = serde_json::from_str(&text(&json)).expect("JSON");
    let by = &verdict["reason"]["labelled"];
    assert_eq!((by["standing"].as_str(), by["pack"].as_str()), (Some("disputed"), Some("ours")), "{verdict}");
    let table = text(&screen(data.path(), WALLET, &["--output", "csv"]));
    assert!(
        table.contains("label of second/list 7f3/2023-01-02 in pack ours 1, confidence 50, disputed"),
        "{table}"
    );
    assert!(table.contains(" labels:1,"), "how many packs, not each of them on every row: {table}");
    assert_eq!(
        verdict["coverage"]["packs"],
        serde_json::json!([{"name": "ours", "version": 1}]),
        "what the snapshot's id covers does not stand on every row"
    );
    assert!(verdict["snapshot"].as_str().is_some_and(|snapshot| snapshot.contains("+labels-")), "{verdict}");
    let router = screen(data.path(), ROUTER, &[]);
    assert_eq!(router.status.code(), Some(0), "{}", text(&router));
    assert!(text(&router).contains("counts for nothing: it is a router that everybody pays through"));

    // A batch says the same of each.
    let input = format!("address\n{WALLET}\n{UNKNOWN}\n{ROUTER}\n");
    let list = data.path().join("list.csv");
    fs::write(&list, input).expect("written");
    let list = list.display().to_string();
    let asked = [&["screen", &list, "--column", "address", "--output", "csv"], &LISTS_ONLY[..]].concat();
    let batch = text(&tracehound(data.path(), &asked, ""));
    let decisions: Vec<&str> = batch.lines().skip(1).filter_map(|line| line.split(',').nth(3)).collect();
    assert_eq!(decisions, ["review", "allow", "allow"], "{batch}");

    // The answer is asked again by its snapshot, as long as the packs are those.
    let snapshot = verdict["snapshot"].as_str().expect("a snapshot").to_owned();
    assert!(snapshot.contains("+labels-"), "{snapshot}");
    let again = screen(data.path(), WALLET, &["--snapshot", &snapshot, "--output", "jsonl"]);
    assert_eq!(text(&again), text(&json));
    assert_eq!(tracehound(data.path(), &["labels", "remove", "ours"], "").status.code(), Some(0));
    let gone = screen(data.path(), WALLET, &["--snapshot", &snapshot]);
    assert!(String::from_utf8_lossy(&gone.stderr).contains("packs of labels of the snapshot"), "{gone:?}");
    let without = screen(data.path(), WALLET, &["--output", "jsonl"]);
    assert!(without.status.code() == Some(0) && !text(&without).contains("labelled"), "{}", text(&without));
}

/// What is said of a key on another coin is said of whoever holds it.
#[test]
fn a_label_on_another_coins_form_of_a_key_is_found_from_all_its_forms() {
    let hash = hex::decode("f54a5851e9372b87810a8e60cdd2e7cfd80b6e31").expect("hexadecimal");
    let script = ScriptKey::new(ScriptType::P2pkh, &hash).expect("20 bytes");
    let hash = script.key_hash().expect("of a key");
    let form =
        |script: &ScriptKey| Address::from_script(BitcoinNetwork::Mainnet, script).expect("an address");
    let forms: Vec<Address> =
        std::iter::once(form(&script)).chain(forms_beside(&script, &hash, &[]).iter().map(form)).collect();
    assert!(forms.len() >= 3, "{forms:?}");
    let cash = form(&script).same_owner().find(|other| other.fits(Chain::BitcoinCash)).expect("its own form");
    for of in [cash.to_string(), form(&script).to_string()] {
        let data = tempfile::tempdir().expect("a folder");
        let chain = Chain::BitcoinCash.caip2();
        apply(data.path(), "cash", "", &[format!("{chain},{of},Cell,Cell,terrorism,controls,a/list,60")]);
        for subject in forms.iter().chain([&cash]) {
            let shown = screen(data.path(), &subject.to_string(), &[]);
            assert_eq!(shown.status.code(), Some(20), "{of} from {subject}: {}", text(&shown));
        }
    }
}

/// A counterfeit is an asset, and whoever made it is accused.
#[test]
fn an_accusation_counts_whatever_nature_stands_in_its_row() {
    let data = tempfile::tempdir().expect("a folder");
    let rows = ["phishing", "scam", "terrorism", "defi_token"].map(|category| {
        let address = format!("0x{:0>40}", hex::encode(category));
        (
            category,
            address.clone(),
            format!("eip155:1,{address},Fake,Fake,{category},contract_of,a/list,50,asset"),
        )
    });
    apply(data.path(), "fakes", "", &rows.each_ref().map(|(.., row)| row.clone()));
    for (category, address, _) in &rows {
        let shown = screen(data.path(), address, &[]);
        let wanted: &[i32] = if *category == "defi_token" { &[0] } else { &[10, 20] };
        assert!(
            shown.status.code().is_some_and(|code| wanted.contains(&code)),
            "{category}: {}",
            text(&shown)
        );
    }
}

#[test]
fn a_pack_too_old_or_gone_makes_answers_incomplete() {
    let data = folder(chain_of_owners);
    apply(data.path(), "lasting", "", &[evm(WALLET, "Binance", "exchange", "first/list")]);
    let file = |name: &str| {
        let files = fs::read_dir(data.path().join("labels")).expect("a folder");
        let mut paths = files.map(|file| file.expect("a file").path());
        paths
            .find(|path| path.file_name().is_some_and(|own| own.to_string_lossy().starts_with(name)))
            .expect("there")
    };
    let codes = |data: &Path| {
        let exposure = soon(data, &["exposure", &address(100)]);
        let trace = soon(data, &["trace", &address(THIEF)]);
        let path = soon(data, &["path", &address(THIEF), &address(100)]);
        let cluster = soon(data, &["cluster", &address(100)]);
        (
            screen(data, UNKNOWN, &[]).status.code(),
            [exposure, trace, path, cluster].map(|it| it.status.code()),
        )
    };
    assert_eq!(codes(data.path()), (Some(0), [Some(0); 4]));
    fs::remove_file(file("lasting")).expect("removed");
    assert_eq!(codes(data.path()), (Some(30), [Some(30); 4]));
    let said = text(&screen(data.path(), UNKNOWN, &[]));
    assert!(said.contains("pack lasting of labels is in force and cannot be read"), "{said}");
    assert!(said.contains("tracehound labels remove lasting"), "{said}");
    assert_eq!(tracehound(data.path(), &["labels", "remove", "lasting"], "").status.code(), Some(0));
    assert_eq!(codes(data.path()), (Some(0), [Some(0); 4]));
}

#[test]
fn traces_exposures_paths_and_clusters_name_by_labels() {
    let data = folder(chain_of_owners);
    let rows = [
        on_chain(20, "Hideout", "organization", "controls", "first/list"),
        on_chain(21, "Bank", "exchange", "deposit_address_of", "first/list"),
        on_chain(100, "One", "exchange", "controls", "first/list"),
        on_chain(100, "Another", "exchange", "controls", "second/list"),
    ];
    apply(data.path(), "ours", "", &rows);
    // Forward, the account at the bank ends the way; back, it is nobody's.
    let forward = soon(data.path(), &["trace", &address(THIEF)]);
    insta::assert_snapshot!("labelled_trace", text(&forward));
    let table = text(&soon(data.path(), &["trace", &address(THIEF), "--output", "csv"]));
    assert!(table.contains(
        "label of first/list 7f3/2023-01-02 in pack ours 1, confidence 50, as its deposit address"
    ));
    let json = soon(data.path(), &["trace", &address(THIEF), "--output", "jsonl"]);
    has_form("trace", &json);
    let traced: Value = serde_json::from_str(&text(&json)).expect("JSON");
    assert_eq!(traced["packs"][0]["name"], "ours");
    let ends: Vec<&str> = traced["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .filter_map(|node| node["stop"]["reason"].as_str())
        .collect();
    assert_eq!(ends, ["reached_service"], "{traced}");
    let back = text(&soon(data.path(), &["trace", &address(100), "--backward"]));
    assert!(!back.contains("Bank") && back.contains("Hideout"), "{back}");

    let exposure = soon(data.path(), &["exposure", &address(21), "--output", "jsonl"]);
    has_form("exposure", &exposure);
    insta::assert_snapshot!("labelled_exposure", text(&soon(data.path(), &["exposure", &address(21)])));
    let path = soon(data.path(), &["path", &address(THIEF), &address(100), "--output", "jsonl"]);
    has_form("path", &path);
    let ways: Value = serde_json::from_str(&text(&path)).expect("JSON");
    let names: Vec<&str> = ways["ways"][0]["outputs"]
        .as_array()
        .expect("outputs")
        .iter()
        .filter_map(|passed| passed["entity"]["label"].as_str())
        .collect();
    assert!(names.contains(&"Hideout") && names.contains(&"Bank"), "{ways}");
    let cluster = soon(data.path(), &["cluster", &address(100), "--output", "jsonl"]);
    has_form("cluster", &cluster);
    let shown = text(&soon(data.path(), &["cluster", &address(100)]));
    assert!(shown.contains("confidence 50, disputed"), "{shown}");
    let page = data.path().join("page.html");
    let name = page.display().to_string();
    let made = soon(data.path(), &["report", "trace", &address(THIEF), "--html", &name]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let page = fs::read_to_string(&page).expect("read");
    for part in ["Packs of labels in force", "deposit address of", "first/list", "Hideout", "labels ours 1"] {
        assert!(page.contains(part), "{part}");
    }
}

/// Labels keep two services apart, unless somebody disputes the name or only an account is there.
#[test]
fn a_cluster_is_kept_from_joining_services_by_undisputed_owners_alone() {
    let joined = |predicate: &str, disputed: bool| {
        let data = folder(|block| {
            let coins = block.tx(&[], &[(50_000, Some(owner(7))), (60_000, Some(owner(8)))]);
            let out = |vout| (OutPoint { txid: coins, vout }, None);
            block.tx(&[out(0), out(1)], &[(100_000, Some(owner(9)))]);
        });
        let mut rows = vec![
            on_chain(7, "Left", "exchange", predicate, "first/list"),
            on_chain(8, "Right", "exchange", predicate, "first/list"),
        ];
        if disputed {
            rows.push(on_chain(8, "Centre", "exchange", predicate, "second/list"));
        }
        apply(data.path(), "ours", "", &rows);
        let output = soon(data.path(), &["cluster", &address(7), "--output", "jsonl"]);
        let cluster: Value = serde_json::from_str(&text(&output)).expect("JSON");
        cluster["size"].as_u64().expect("a size")
    };
    assert_eq!(joined("controls", false), 1);
    assert_eq!(joined("controls", true), 2);
    assert_eq!(joined("deposit_address_of", false), 2);
}

/// Whom a guarded payment goes to: exit code, the sentence, and the titles and evidence of what was found about it.
fn guarded(data: &Path, to: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let pay = format!(r#"{{"to":"{to}","value":"1","chainId":1}}"#);
    let args = ["guard", "tx", "-", "--now", "2025-02-21T14:00:00Z", "--output", "json"];
    let output = tracehound(data, &[&args[..], more].concat(), &pay);
    let report: Value = serde_json::from_str(&text(&output)).expect("JSON");
    let found = report["findings"].as_array().expect("findings").iter();
    let found = found.filter(|one| one["id"] == "G-ADDR-02").map(ToString::to_string).collect();
    (output.status.code(), report["items"][0]["intent"].as_str().expect("a sentence").to_owned(), found)
}

#[test]
fn the_guard_says_whom_labels_name_and_believes_them_of_nobody_s_innocence() {
    let [service, gang, drainer, copy] = [
        WALLET,
        "0x1111111111111111111111111111111111111116",
        "0x1111111111111111111111111111111111111117",
        "0x1111111111111111111111111111111111111118",
    ];
    let without = tempfile::tempdir().expect("a folder");
    let data = tempfile::tempdir().expect("a folder");
    let rows = [
        evm(service, "Binance", "exchange", "first/list"),
        evm(gang, "Gang", "ransomware", "first/list"),
        evm(drainer, "Inferno", "phishing", "first/list"),
        evm(copy, "Somebody", "sanction", "first/list"),
        evm(ROUTER, "Bad", "phishing", "a/blacklist"),
    ];
    apply(data.path(), "ours", "", &rows);

    // It is said, with by whose word, and nobody is known by it: the answer is what it is without.
    let (bare, _, _) = guarded(without.path(), service, &[]);
    let (code, sentence, found) = guarded(data.path(), service, &[]);
    assert_eq!((bare, code), (Some(30), Some(30)));
    assert!(sentence.contains(r#"(by a label "Binance")"#), "{sentence}");
    assert!(found.contains("label of first/list 7f3/2023-01-02 in pack ours 1, confidence 50"), "{found}");
    assert!(found.contains("speaks for nobody"), "{found}");
    let correct = ["labels", "correct", service, "--chain", "eip155:1", "--entity", "Binance", "--category"];
    let correct = [&correct[..], &["exchange", "--evidence", "seen", "--from", "2024-01-01"]].concat();
    assert_eq!(tracehound(data.path(), &correct, "").status.code(), Some(0));
    assert_eq!(guarded(data.path(), service, &[]).0, Some(30), "one's own label is a label");

    // What a label holds against somebody decides as in a verdict.
    let (code, _, found) = guarded(data.path(), gang, &[]);
    assert_eq!(code, Some(20), "{found}");
    assert!(found.contains("named Gang (ransomware) by a label of first/list"), "{found}");
    assert_eq!(guarded(data.path(), gang, &["--no-lists"]).0, Some(30), "left, as lists are");
    for doubtful in [drainer, copy] {
        let (code, _, found) = guarded(data.path(), doubtful, &[]);
        assert_eq!(code, Some(10), "{found}");
        assert!(found.contains("by a label of first/list"), "{found}");
    }
    let (code, _, found) = guarded(data.path(), ROUTER, &[]);
    assert_eq!(code, guarded(without.path(), ROUTER, &[]).0, "{found}");
    assert!(
        found.contains("a router that everybody pays through"),
        "shown, and counted for nothing: {found}"
    );

    // Packs are named beside the lists, and one that is gone is no clean answer.
    let pay = format!(r#"{{"to":"{service}","value":"1","chainId":1}}"#);
    let args = ["guard", "tx", "-", "--now", "2025-02-21T14:00:00Z"];
    let output = tracehound(data.path(), &args, &pay);
    assert!(text(&output).contains("labels ours 1 of 2023-01-03"), "{}", text(&output));
    for file in fs::read_dir(data.path().join("labels")).expect("a folder") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|end| end == "labels") {
            fs::remove_file(path).expect("removed");
        }
    }
    let output = tracehound(data.path(), &args, &pay);
    assert!(text(&output).contains("labels ours 1, which cannot be"), "{}", text(&output));
}

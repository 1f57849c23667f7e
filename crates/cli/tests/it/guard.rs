//! `guard` from the command line.

use std::path::Path;

use serde_json::Value;
use tracehound_testkit::{
    http::{Response, Server},
    shared_data,
};

use crate::screen::{text, tracehound};

const NOW: &str = "2025-02-21T14:00:00Z";

fn guard(data: &Path, args: &[&str], input: &str) -> std::process::Output {
    tracehound(data, &[&["guard"], args, &["--now", NOW]].concat(), input)
}

fn pair() -> Option<String> {
    shared_data("guard/bybit_safe_tx_71.json").map(|path| path.to_string_lossy().into_owned())
}

#[test]
fn the_two_files_of_bybit_show_what_a_signer_needed_to_see_that_day() {
    let Some(file) = pair() else { return };
    let data = tempfile::tempdir().expect("folder");
    let output = guard(data.path(), &["safe", &file, "--chain-id", "1"], "");
    assert_eq!(output.status.code(), Some(20), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!("bybit", text(&output));
    let json = guard(data.path(), &["safe", &file, "--chain-id", "1", "--output", "json"], "");
    let report: Value = serde_json::from_str(&text(&json)).expect("JSON");
    assert_eq!((&report["schema"], &report["verdict"]), (&1.into(), &"block".into()));
}

#[test]
fn addresses_are_looked_up_in_the_lists_and_the_answer_names_them() {
    let data = tempfile::tempdir().expect("folder");
    // The address of the Ronin theft, on the OFAC list since 2022-04-14.
    let pay = r#"{"to":"0x098B716B8Aaf21512996dC57EB0615e2383E2f96","value":"1","chainId":1}"#;
    let output = guard(data.path(), &["tx", "-", "--output", "json"], pay);
    let report: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!(output.status.code(), Some(20));
    let finding = report["findings"]
        .as_array()
        .and_then(|all| all.iter().find(|finding| finding["id"] == "G-ADDR-02"))
        .expect("found on a list");
    assert!(finding["evidence"][0].as_str().is_some_and(|said| said.contains("Lazarus Group")), "{finding}");
    assert!(report["lists"].as_array().is_some_and(|lists| !lists.is_empty()), "{report}");
    let without = guard(data.path(), &["tx", "-", "--no-lists"], pay);
    assert!(text(&without).contains("no address was screened"), "{}", text(&without));
    assert_ne!(without.status.code(), Some(0));
}

#[test]
fn a_recorded_state_is_executed_on_and_a_broken_one_named() {
    let data = tempfile::tempdir().expect("folder");
    let state = data.path().join("state.json");
    std::fs::write(
        &state,
        r#"{"0x00000000000000000000000000000000000000aa":{"balance":"0xff"},
            "0x00000000000000000000000000000000000000bb":{"whole":true}}"#,
    )
    .expect("written");
    let name = state.to_string_lossy().into_owned();
    let pay = r#"{"from":"0x00000000000000000000000000000000000000aa",
                  "to":"0x00000000000000000000000000000000000000bb","value":"5","chainId":1}"#;
    let output = guard(data.path(), &["tx", "-", "--state", &name, "--output", "json"], pay);
    let report: Value = serde_json::from_str(&text(&output)).expect("JSON");
    let done = &report["items"][0]["simulation"];
    assert_eq!((&done["outcome"], done["moved"].as_array().map(Vec::len)), (&"goes through".into(), Some(1)));
    std::fs::write(&state, r#"{"0xaa":{}}"#).expect("written");
    let output = guard(data.path(), &["tx", "-", "--state", &name], pay);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("0xaa") && said.contains("is no address"), "{said}");
}

#[test]
fn a_watch_ends_at_the_first_wrong_signature_and_one_that_cannot_look_is_incomplete() {
    let Some(file) = pair() else { return };
    let data = tempfile::tempdir().expect("folder");
    let output = guard(data.path(), &["watch", &file, "--chain-id", "1"], "");
    assert_eq!(output.status.code(), Some(20), "{}", String::from_utf8_lossy(&output.stderr));
    let said = text(&output);
    assert!(said.contains("FIRST WRONG SIGNATURE: that of 0x"), "{said}");
    assert!(said.contains("2025-02-21T05:42:40.788469Z"), "{said}");
    let output = guard(data.path(), &["watch", "nothing-here.json", "--looks", "1"], "");
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(30), ""));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing-here.json"));
}

#[test]
fn a_queue_is_read_from_a_service() {
    let Some(file) = pair() else { return };
    let data = tempfile::tempdir().expect("folder");
    let queue = std::fs::read(file).expect("read");
    let server = Server::start(move |_| Some(Response::ok(queue.clone())));
    let output = guard(data.path(), &["watch", &server.url(), "--chain-id", "1", "--output", "jsonl"], "");
    assert_eq!(output.status.code(), Some(20), "{}", String::from_utf8_lossy(&output.stderr));
    let news: Value = serde_json::from_str(text(&output).lines().next().expect("a line")).expect("JSON");
    assert_eq!(news["verdict"], "block");
    assert!(news["first_wrong_signature"]["claimed"].is_string(), "{news}");
}

/// By chain and address, as wallets write it; with what the service says of the first hours of that day.
#[test]
fn a_safe_is_named_by_chain_and_address_and_one_of_its_transactions_by_number() {
    const SAFE: &str = "0x1Db92e2EeBC8E0c075a02BeA49a2935BcD2dFCF4";
    let Some(file) = pair() else { return };
    let data = tempfile::tempdir().expect("folder");
    let list: Value = serde_json::from_slice(&std::fs::read(file).expect("read")).expect("JSON");
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&asked);
    let server = Server::start(move |request| {
        log.lock().expect("whole").push((request.path.clone(), request.authorization.clone()));
        let page = if request.path.contains("nonce=71") {
            list.clone()
        } else {
            serde_json::json!({ "results": [] })
        };
        Some(Response::ok(page.to_string()))
    });
    let url = server.url();
    let judged = |safe: &str, tx: &str, chain: &[&str]| {
        let args = [
            "guard",
            "safe",
            safe,
            "--tx",
            tx,
            "--safe-service",
            &url,
            "--safe-key",
            "SECRETKEY",
            "--now",
            NOW,
        ];
        tracehound(data.path(), &[&args[..], chain].concat(), "")
    };
    let output = judged(&format!("eth:{SAFE}"), "71", &[]);
    assert_eq!(output.status.code(), Some(20), "{}", String::from_utf8_lossy(&output.stderr));
    let said = text(&output);
    assert!(said.contains("does not belong to this") && !said.contains("SECRETKEY"), "{said}");
    let asked = asked.lock().expect("whole").clone();
    assert!(asked[0].0.contains(&format!("/api/v2/safes/{SAFE}/")), "{asked:?}");
    assert_eq!(asked[0].1.as_deref(), Some("Bearer SECRETKEY"));
    let output = judged(&format!("eip155:1:{SAFE}"), "72", &["--chain-id", "eth"]);
    assert_eq!(output.status.code(), Some(30), "{}", text(&output));
    for (safe, chain, why) in [
        (format!("base:{SAFE}"), &["--chain-id", "eth"][..], "on chain 8453"),
        (format!("nowhere:{SAFE}"), &[], "names no EVM chain"),
        (format!("eth:{}", SAFE.replace("1Db", "1dB")), &[], "checksum"),
    ] {
        let output = judged(&safe, "71", chain);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && error.contains(why), "{safe}: {error}");
    }
}

/// A watch goes on for days; what is listed meanwhile counts at the next look.
#[test]
fn a_watch_sees_what_is_listed_meanwhile() {
    const PAID: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
    let data = tempfile::tempdir().expect("folder");
    let (folder, list) = (data.path().to_owned(), data.path().join("list.csv"));
    std::fs::write(&list, format!("address,label,category\n{PAID},Somebody,sanction\n")).expect("written");
    let list = list.to_string_lossy().into_owned();
    let nobody = "0x0000000000000000000000000000000000000000";
    let queue = format!(
        r#"{{"safe":"0x6666666666666666666666666666666666666666","to":"{PAID}","value":"1","data":"0x","operation":0,"safeTxGas":0,"baseGas":0,"gasPrice":0,"gasToken":"{nobody}","refundReceiver":"{nobody}","nonce":1,"chainId":1,"version":"1.4.1"}}"#
    );
    let looks = std::sync::atomic::AtomicU32::new(0);
    let server = Server::start(move |_| {
        if looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 1 {
            let import = ["lists", "import", &list, "--source", "own-list", "--published", "2025-02-01"];
            assert_eq!(tracehound(&folder, &import, "").status.code(), Some(0));
        }
        Some(Response::ok(queue.clone().into_bytes()))
    });
    let url = server.url();
    let watch = ["watch", &url, "--chain-id", "1", "--looks", "2", "--every", "1", "--output", "jsonl"];
    let output = guard(data.path(), &watch, "");
    let last = text(&output).lines().last().map(str::to_owned).expect("news");
    assert!(last.contains("G-ADDR-02"), "{last} {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(20));
}

#[test]
fn a_descriptor_of_the_makers_is_shown() {
    let data = tempfile::tempdir().expect("folder");
    let file = data.path().join("token.json");
    let descriptor = serde_json::json!({
        "context": {"contract": {"deployments": [{"chainId": 1, "address": "0x00000000000000000000000000000000000000bb"}]}},
        "metadata": {"owner": "Token makers"},
        "display": {"formats": {"transfer(address to,uint256 amount)": {
            "intent": "Send tokens", "fields": [{"path": "to", "label": "Receiver", "format": "raw"}]
        }}},
    });
    std::fs::write(&file, descriptor.to_string()).expect("written");
    let name = file.to_string_lossy().into_owned();
    let call = format!(
        r#"{{"to":"0x00000000000000000000000000000000000000bb","chainId":1,"data":"0xa9059cbb{:064x}{:064x}"}}"#,
        0xaa, 5
    );
    let output = guard(data.path(), &["tx", "-", "--erc7730", &name], &call);
    assert!(text(&output).contains("By the word of Token makers: Send tokens"), "{}", text(&output));
    std::fs::write(&file, "{}{").expect("written");
    let output = guard(data.path(), &["tx", "-", "--erc7730", &name], &call);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the descriptor"));
}

/// A payment that waits, alone, beside what was executed before, and on one page of several.
#[test]
fn what_was_executed_is_history_and_other_pages_are_a_gap() {
    let Some(folder) = shared_data("cases/screening") else { return };
    let data = tempfile::tempdir().expect("folder");
    let judged = |name: &str| {
        let (file, policy) = (folder.join(name), folder.join("g.toml"));
        let (file, policy) = (file.to_string_lossy(), policy.to_string_lossy());
        let owners =
            ["0x05c2436812e322781286d943B2bDCc68e1e15822", "0x420050241CC6606a20636d756BE304814FeAe291"];
        let args = [
            "guard",
            "safe",
            &file,
            "--policy",
            &policy,
            "--chain-id",
            "1",
            "--safe-version",
            "1.3.0",
            "--owner",
            owners[0],
            "--owner",
            owners[1],
            "--threshold",
            "2",
            "--no-lists",
        ];
        tracehound(data.path(), &args, "")
    };
    for (name, code) in [("v2.json", 0), ("hist.json", 0), ("ex.json", 0), ("q20.json", 30)] {
        let output = judged(name);
        assert_eq!(output.status.code(), Some(code), "{name}: {}", text(&output));
    }
    let said = text(&judged("hist.json"));
    assert!(said.contains("History, and not to be signed"), "{said}");
    let said = text(&judged("q20.json"));
    assert!(said.starts_with("INCOMPLETE") && said.contains("more pages"), "{said}");
}

/// As behind a pipe whose first program failed.
#[test]
fn of_nothing_nothing_is_vouched_for() {
    let data = tempfile::tempdir().expect("folder");
    for command in ["message", "tx", "safe", "typed"] {
        for nothing in ["", "\n", " \r\n"] {
            let output = guard(data.path(), &[command, "-", "--no-lists"], nothing);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{command} {nothing:?}: {said}");
            assert!(said.contains("is empty: there is nothing to read"), "{said}");
        }
    }
    assert_eq!(guard(data.path(), &["message", "-", "--no-lists"], "hello").status.code(), Some(0));
}

#[test]
fn files_of_settings_are_read_up_to_a_limit() {
    let data = tempfile::tempdir().expect("folder");
    let long = data.path().join("long.toml");
    std::fs::write(&long, "#".repeat((4 << 20) + 1)).expect("written");
    let long = long.to_string_lossy().into_owned();
    let address = "1BitcoinEaterAddressDontSendf59kuE";
    let asked: [&[&str]; 4] = [
        &["guard", "tx", "-", "--policy", &long],
        &["guard", "tx", "-", "--facts", &long],
        &["guard", "policy", "check", &long],
        &["screen", address, "--policy", &long],
    ];
    for args in asked {
        let output = tracehound(data.path(), args, "{}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("it has more than 4194304 bytes"), "{args:?}: {said}");
    }
}

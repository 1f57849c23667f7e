//! `wallet check`: advice, approvals, and secrets that nobody asked for.

use serde_json::{Value, json};
use tracehound_testkit::http::{Response, Server};

use crate::screen::{text, tracehound};

const OWNER: &str = "0x00000000000000000000000000000000000000aa";

fn check(args: &[&str], input: &str) -> std::process::Output {
    let data = tempfile::tempdir().expect("folder");
    tracehound(data.path(), &[&["wallet", "check"], args].concat(), input)
}

#[test]
fn a_seed_phrase_is_refused_and_not_repeated() {
    let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    let file = tempfile::NamedTempFile::new().expect("file");
    std::fs::write(file.path(), format!("hardware = \"{phrase}\"")).expect("written");
    let name = file.path().to_string_lossy().into_owned();
    for output in [
        check(&[], &format!("{phrase}\n")),
        check(&["--answers", &name], ""),
        check(&["--address", phrase], ""),
    ] {
        assert_eq!(output.status.code(), Some(1));
        let said = format!("{}{}", text(&output), String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("looks like a seed phrase"), "{said}");
        assert!(!said.contains("sausage"), "{said}");
    }
}

#[test]
fn answers_become_advice_the_worst_first() {
    let output = check(&[], "yes\nmaybe\nno\nno\n");
    assert_eq!(output.status.code(), Some(20), "{}", String::from_utf8_lossy(&output.stderr));
    let said = text(&output);
    assert!(said.starts_with("BLOCK       The seed phrase was typed somewhere"), "{said}");
    assert!(said.contains("INCOMPLETE  Not answered: Does a hardware wallet"), "{said}");
    let output = check(&["--output", "json"], "");
    let advice: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert!(advice.as_array().is_some_and(|all| all.iter().all(|one| one["severity"] == "incomplete")));
    assert_eq!(output.status.code(), Some(30));
}

/// A node that knows one allowance in force and one that was used up.
fn node() -> Server {
    Server::start(|request| {
        let question: Value = serde_json::from_slice(&request.body).expect("JSON");
        let word = |byte: &str| format!("0x{byte:0>64}");
        let log = |token: &str, spender: &str, topic: &Value| json!({ "address": format!("0x{token:0>40}"), "topics": [topic, word("aa"), word(spender)], "data": "0x" });
        let result = match question["method"].as_str() {
            Some("eth_getLogs") => {
                let topic = &question["params"][0]["topics"][0];
                let approval = topic.as_str().is_some_and(|topic| topic.starts_with("0x8c5be1e5"));
                if approval {
                    json!([log("11", "bb", topic), log("22", "bb", topic), log("11", "bb", topic)])
                } else {
                    json!([])
                }
            }
            Some("eth_call") => {
                let call = &question["params"][0];
                let data = call["data"].as_str().expect("data");
                assert_eq!(data, format!("0xdd62ed3e{}{}", &word("aa")[2..], &word("bb")[2..]));
                json!(if call["to"].as_str().is_some_and(|to| to.ends_with("11")) {
                    word("ff")
                } else {
                    word("0")
                })
            }
            other => panic!("{other:?}"),
        };
        Some(Response::ok(json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }).to_string()))
    })
}

#[test]
fn open_approvals_are_listed_and_a_node_that_fails_is_incomplete() {
    let server = node();
    let output = check(&["--address", OWNER, "--rpc", &server.url(), "--output", "json"], "");
    let advice: Value = serde_json::from_str(&text(&output)).expect("JSON");
    let open: Vec<&Value> =
        advice.as_array().expect("a list").iter().filter(|one| one["id"] == "approval").collect();
    assert_eq!(open.len(), 1, "{advice}");
    assert!(open[0]["wrong"].as_str().is_some_and(|wrong| wrong.contains("0xff base units")), "{advice}");
    assert_eq!(output.status.code(), Some(10));
    let output = check(&["--address", OWNER, "--rpc", "http://127.0.0.1:1"], "");
    assert!(text(&output).contains("were not read"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(30));
}

//! Clear signing by published descriptors, and that they decide nothing.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_tx, check_typed, erc7730::Descriptor, tx};
use tracehound_testkit::shared_data;

fn file(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(shared_data(&format!("guard/erc7730/{name}"))?).expect("readable"))
}

/// A descriptor that speaks for a contract in the words of a published one.
fn descriptor(includes: &str, kind: &str, address: &str) -> Option<Descriptor> {
    file(includes)?;
    let context = json!({"deployments": [{"chainId": 1, "address": address}]});
    let text = json!({"includes": includes, "context": {kind: context}, "metadata": {"owner": "Its makers"}})
        .to_string();
    // What a published file includes itself is not among the data: nothing is in it that the tests need.
    let read = |name: &str| if name == includes { file(name) } else { Some(b"{}".to_vec()) };
    Some(Descriptor::read(text.as_bytes(), &read).expect("a descriptor"))
}

fn with(descriptors: &[Descriptor], check: fn(&[u8], Context<'_>) -> Report, input: &str) -> Report {
    let policy = Policy::default();
    let facts = Facts::parse("chain-id=1\nnow='2026-06-15T00:00:00Z'").expect("facts");
    check(input.as_bytes(), Context { descriptors, ..Context::new(&policy, &facts) })
}

/// Without blanks and grouping, as devices break lines where they like.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect::<String>().to_lowercase()
}

#[test]
fn permit2_is_shown_in_its_makers_words() {
    let permit2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
    let Some(tests) = file("eip712-uniswap-permit2.tests.json") else { return };
    let Some(descriptor) = descriptor("eip712-uniswap-permit2.json", "eip712", permit2) else { return };
    let tests: Value = serde_json::from_slice(&tests).expect("JSON");
    let test = &tests["tests"][0];
    let report = with(&[descriptor], check_typed, &test["data"].to_string());
    let clear = &report.items[0].clear[0];
    assert_eq!((&clear.by[..], &clear.intent[..]), ("Its makers", "Authorize spending of token"));
    let shown: String = clear.fields.iter().map(|(label, value)| plain(&format!("{label}{value}"))).collect();
    for expected in [
        "Amount allowance",
        "2500 USDC",
        "Approval expires",
        "2026-07-01",
        "Spender",
        "0xE592427A0AEce92De3Edee1F18E0157C05861564",
    ] {
        assert!(shown.contains(&plain(expected)), "{expected}: {shown}");
    }
}

#[test]
fn safe_calls_are_shown_in_its_makers_words() {
    let singleton = "0xd9db270c1b5e3bd161e8c8503c55ceabee709552";
    let Some(tests) = file("calldata-Safe-1.3.0.tests.json") else { return };
    let Some(descriptor) = descriptor("common-Safe.json", "contract", singleton) else { return };
    let tests: Value = serde_json::from_slice(&tests).expect("JSON");
    for test in tests["tests"].as_array().expect("a list") {
        let report =
            with(std::slice::from_ref(&descriptor), check_tx, test["rawTx"].as_str().expect("a text"));
        let clear = &report.items[0].clear[0];
        let shown: String =
            clear.fields.iter().map(|(label, value)| plain(&format!("{label}{value}"))).collect();
        let texts = test["expectedTexts"].as_array().expect("a list");
        // The device's own lines (contract and fees) stand around the descriptor's.
        for expected in &texts[2..texts.len() - 2] {
            let expected = plain(expected.as_str().expect("a text"));
            assert!(shown.contains(&expected), "{expected}: {shown}");
        }
    }
}

#[test]
fn a_descriptor_speaks_only_for_its_contract_and_decides_nothing() {
    let token = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
    let Some(lies) = descriptor("calldata-erc20-tokens.json", "contract", token) else { return };
    let data = format!("0x095ea7b3{:0>64}{}", "66".repeat(20), "f".repeat(64));
    let call = |to: &str| json!({"to": to, "data": data}).to_string();
    let report = with(std::slice::from_ref(&lies), check_tx, &call(token));
    let clear = &report.items[0].clear[0];
    assert_eq!(clear.intent, "Approve");
    assert!(clear.fields[1].1.starts_with("Unlimited"), "{:?}", clear.fields);
    let silent = with(&[], check_tx, &call(token));
    assert_eq!(report.findings, silent.findings);
    let other = with(&[lies], check_tx, &call("0x5555555555555555555555555555555555555555"));
    assert!(other.items[0].clear.is_empty());
}

#[test]
fn every_raw_transaction_of_the_registry_is_read() {
    let mut read = 0;
    for name in ["Safe-1.3.0", "Safe-1.4.1", "SafeL2-1.3.0", "SafeProxyFactory-1.3.0", "UniswapV3Router02"] {
        let Some(tests) = file(&format!("calldata-{name}.tests.json")) else { return };
        let tests: Value = serde_json::from_slice(&tests).expect("JSON");
        for test in tests["tests"].as_array().expect("a list") {
            let raw = hex::decode(&test["rawTx"].as_str().expect("a text")[2..]).expect("hex");
            let tx = tx::read_raw(&raw, "tx").expect("a transaction");
            assert!(tx.chain_id.is_some() && tx.to.is_some() && tx.data.len() > 4);
            let report = with(&[], check_tx, test["rawTx"].as_str().expect("a text"));
            assert!(report.of("G-FMT-01").is_empty(), "{name}: {:#?}", report.of("G-FMT-01"));
            read += 1;
        }
    }
    assert!(read >= 10, "{read}");
}

#[test]
fn includes_that_go_round_are_refused() {
    let text = br#"{"includes":"self.json"}"#;
    let error = Descriptor::read(text, &|_| Some(text.to_vec())).expect_err("refused");
    assert!(error.to_string().contains("levels"));
    assert!(Descriptor::read(text, &|_| None).is_err());
}

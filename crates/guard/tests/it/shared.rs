//! Malicious requests of a wallet maker's test page and others, with the tricks that got past wallets.

use serde_json::Value;
use tracehound_guard::{
    Context, Facts, Policy, Report, check_tx, check_typed,
    decode::{Functions, table},
    safe::deployments,
    scalar::selector,
};
use tracehound_testkit::shared_data;

fn json(name: &str) -> Option<Value> {
    let path = shared_data(name)?;
    Some(serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON"))
}

fn with(facts: &str, check: fn(&[u8], Context<'_>) -> Report, input: &Value) -> Report {
    let (policy, facts) = (Policy::default(), Facts::parse(facts).expect("facts"));
    check(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

const WALLET: &str = "chain-id = 1\nnow = '2023-03-01T00:00:00Z'";

#[test]
fn every_malicious_typed_request_is_blocked() {
    let Some(vectors) = json("guard/testdapp_typed.json") else { return };
    for vector in vectors.as_array().expect("a list") {
        let report = with(WALLET, check_typed, &vector["typed_data"]);
        assert_eq!(report.exit_code, 20, "{}: {:#?}", vector["id"], report.findings);
    }
}

#[test]
fn typed_digests_are_those_of_another_implementation() {
    let Some(vectors) = json("guard/typed_vectors.json") else { return };
    for vector in vectors.as_array().expect("a list") {
        let id = vector["id"].as_str().expect("a text");
        if vector["kind"] == "eip7702_authorization" {
            let report = with(WALLET, check_tx, vector);
            assert!(
                report.items[0].fields.iter().any(|(_, value)| *value == vector["expected"]["digest"]),
                "{id}"
            );
            assert!(report.has("G-7702-01"), "{id}");
            assert_eq!(report.exit_code, 20, "{id}");
            continue;
        }
        let report = with(WALLET, check_typed, &vector["typed_data"]);
        let Some(expected) = vector["expected"].as_object() else {
            assert!(report.has("G-SIGN-01"), "{id}: what others refuse is flagged here");
            continue;
        };
        let hashes = report.items[0].hashes.as_ref().expect("hashes").hashes;
        for (name, hash) in
            [("domain_separator", hashes.domain), ("struct_hash", hashes.message), ("digest", hashes.digest)]
        {
            assert_eq!(expected[name], hash.to_string(), "{id} {name}");
        }
        if id.contains("Padded") {
            assert!(report.has("G-SIGN-01"), "{id}: the same digest, and yet a trick");
        }
    }
}

#[test]
fn permit2_requests_are_told_apart_by_spender() {
    let Some(vectors) = json("guard/typed_vectors.json") else { return };
    let find = |id: &str| {
        vectors.as_array().expect("a list").iter().find(|v| v["id"] == id).expect("there")["typed_data"]
            .clone()
    };
    let now = "chain-id = 1\nnow = '2026-06-15T00:00:00Z'";
    let single = with(now, check_typed, &find("permit2-0-PermitSingle"));
    assert_eq!(single.exit_code, 0, "a router everybody uses, 2,500 USDC, two weeks: {:#?}", single.findings);
    assert!(single.items[0].intent.contains("2,500 USDC until 2026-07-01"), "{}", single.items[0].intent);
    let mut other = find("permit2-0-PermitSingle");
    other["message"]["spender"] = "0x1661F1B207629e4F385DA89cFF535C8E5Eb23Ee3".into();
    assert_eq!(with(now, check_typed, &other).exit_code, 20);
    let mut forged = find("permit2-0-PermitSingle");
    forged["domain"]["verifyingContract"] = "0x1661F1B207629e4F385DA89cFF535C8E5Eb23Ee3".into();
    assert!(with(now, check_typed, &forged).has("G-APP-03"));
    assert_eq!(
        with("chain-id = 1", check_typed, &find("permit2-0-PermitSingle")).exit_code,
        30,
        "no time, no term"
    );
}

#[test]
fn every_malicious_transaction_is_caught() {
    let Some(vectors) = json("guard/testdapp_tx.json") else { return };
    for (id, found, code) in [
        ("ppom-erc20-approval-almost-max", "G-APP-01", 20),
        ("ppom-setApprovalForAll", "G-APP-02", 20),
        ("ppom-claim-selector-ef5cfb8c", "G-SIM-01", 20),
        ("ppom-odd-hex-approve-bypass", "G-FMT-01", 20),
        ("ppom-value-without-0x", "G-FMT-01", 20),
        ("ppom-odd-hex-data", "G-FMT-01", 20),
    ] {
        let vector = vectors["vectors"].as_array().expect("a list").iter().find(|v| v["id"] == id).expect(id);
        let mut vector = vector.clone();
        // What the file says about the transaction, and is none of it.
        vector.as_object_mut().expect("an object").retain(|key, _| {
            [
                "from",
                "to",
                "value",
                "data",
                "gas",
                "gasLimit",
                "chainId",
                "type",
                "maxFeePerGas",
                "maxPriorityFeePerGas",
            ]
            .contains(&&key[..])
        });
        let report = with(WALLET, check_tx, &vector);
        assert!(report.has(found), "{id}: {:#?}", report.findings);
        assert_eq!(report.exit_code, code, "{id}");
    }
}

#[test]
fn the_poisoned_address_is_caught_and_an_unrelated_one_is_not() {
    let Some(vectors) = json("guard/address_poisoning.json") else { return };
    for vector in vectors["vectors"].as_array().expect("a list") {
        let text = |key: &str| vector[key].as_str().expect("a text").to_lowercase();
        let facts = format!(
            "chain-id = 1\naccount = '{}'\n[[past]]\nto = '{}'\nvalue = '5000000'\ntoken = '{}'",
            text("victim"),
            text("known_counterparty"),
            vectors["token"].as_str().expect("a text")
        );
        let data = format!("0xa9059cbb{:0>64}{:064x}", &text("candidate")[2..], 115_528_802_767_u64);
        let tx = serde_json::json!({"to": vectors["token"], "data": data, "value": "0x0"});
        let report = with(&facts, check_tx, &tx);
        let expected = vector["expect"] != "none";
        assert_eq!(report.has("G-ADDR-01"), expected, "{}: {:#?}", vector["candidate"], report.findings);
        assert_eq!(report.exit_code == 20, expected);
    }
}

#[test]
fn the_embedded_selectors_are_the_published_ones() {
    let Some(selectors) = json("guard/selectors.json") else { return };
    let functions = Functions::default();
    for (signature, published) in selectors.as_object().expect("an object") {
        let ours = selector(signature);
        let found = functions.find(ours);
        if signature.starts_with("aggregate3(") {
            // The list has other types than Multicall3; the deployed contract's selector is 0x82ad56cb.
            assert!(functions.find([0x82, 0xad, 0x56, 0xcb]).is_some());
            continue;
        }
        assert_eq!(format!("0x{}", hex::encode(ours)), published.as_str().expect("a text"), "{signature}");
        assert_eq!(found.map(|function| &function.signature[..]), Some(&signature[..]), "{signature}");
    }
    assert!(table::embedded().count() > 100);
}

#[test]
fn the_official_contracts_are_the_published_ones() {
    let Some(path) = shared_data("guard/safe_deployments.tsv") else { return };
    let text = std::fs::read_to_string(path).expect("readable");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    for ours in deployments::DEPLOYMENTS {
        let row = rows.iter().find(|row| row[3] == ours.address.to_string()).expect("published");
        assert_eq!((row[0], row[4]), (ours.version, &ours.code_hash.to_string()[..]), "{}", ours.address);
    }
    let multi = rows.iter().filter(|row| row[1].starts_with("MultiSend")).count();
    let ours =
        deployments::DEPLOYMENTS.iter().filter(|row| row.role.as_str().starts_with("MultiSend")).count();
    assert_eq!(multi, ours);
}

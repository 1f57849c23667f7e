//! Watching a queue: eight hours before the money moved, the first signature was already wrong.

use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, check_safe,
    watch::{Watch, first_mismatch},
};
use tracehound_testkit::shared_data;

fn judge(queue: &Value) -> Report {
    let (policy, facts) = (Policy::default(), Facts::parse("chain-id=1").expect("facts"));
    check_safe(queue.to_string().as_bytes(), Context::new(&policy, &facts))
}

#[test]
fn the_first_signature_that_does_not_match_is_told_once_when_it_comes_in() {
    let Some(path) = shared_data("guard/bybit_safe_tx_71.json") else { return };
    let pair: Value = serde_json::from_slice(&std::fs::read(path).expect("read")).expect("JSON");
    let shown = pair["results"][1].clone();
    let confirmations = shown["confirmations"].as_array().expect("a list").clone();
    let queue = |count: usize| {
        let mut entry = shown.clone();
        entry["confirmations"] = json!(confirmations[..count]);
        entry["signatures"] = Value::Null;
        json!({ "results": [entry] })
    };
    let mut watch = Watch::default();
    let before = watch.look(&judge(&queue(0)));
    assert_eq!(before.arrived, ["Safe transaction, nonce 71"]);
    assert!(!before.findings.iter().any(|finding| finding.id.as_str() == "G-SIG-01"), "{before:?}");
    assert!(watch.look(&judge(&queue(0))).is_empty(), "nothing new is not told twice");

    let report = judge(&queue(1));
    let news = watch.look(&report);
    assert!(news.alarms() && news.arrived.is_empty());
    assert!(news.findings.iter().any(|finding| finding.id.as_str() == "G-SIG-01"), "{news:?}");
    let first = first_mismatch(&report).expect("one");
    assert_eq!(first.date.as_deref(), confirmations[0]["submissionDate"].as_str());
    assert!(watch.look(&judge(&queue(1))).is_empty());

    let all = judge(&queue(3));
    assert!(watch.look(&all).alarms(), "the second and the third are news of their own");
    assert_eq!(first_mismatch(&all).map(|one| &one.claimed), Some(&first.claimed));
    assert_eq!(first_mismatch(&judge(&json!({ "results": [pair["results"][0]] }))), None);
}

#[test]
fn a_queue_that_moves_up_is_not_news() {
    let entry = |nonce: u64| {
        json!({
            "safe": "0x6666666666666666666666666666666666666666",
            "to": "0x5555555555555555555555555555555555555555",
            "value": "1", "data": null, "operation": 0, "nonce": nonce, "confirmations": [],
        })
    };
    let mut watch = Watch::default();
    assert_eq!(watch.look(&judge(&json!([entry(1), entry(2)]))).arrived.len(), 2);
    assert!(watch.look(&judge(&json!([entry(2)]))).is_empty());
    let news = watch.look(&judge(&json!([entry(2), entry(3)])));
    assert_eq!(news.arrived, ["Safe transaction, nonce 3"]);
}

/// A service that shows one transaction at a time shows two of a number all the same.
#[test]
fn who_signs_one_number_twice_is_told_when_the_first_is_gone() {
    use k256::ecdsa::SigningKey;
    const SAFE: &str = "0x6666666666666666666666666666666666666666";
    let key = SigningKey::from_slice(&[1; 32]).expect("a key");
    let owner = alloy_primitives::Address::from_private_key(&key);
    let bare = |value: &str, to: &str| {
        crate::whole(
            json!({"safe": SAFE, "to": to, "value": value, "data": "0x", "operation": 0, "nonce": 10}),
        )
    };
    let signed = |value: &str, to: &str| {
        let mut tx = bare(value, to);
        let report = judge(&json!([tx]));
        let digest = report.items[0].hashes.as_ref().expect("hashes").hashes.digest;
        let (signature, recovery) = key.sign_prehash_recoverable(digest.as_slice()).expect("signs");
        let signature = format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte());
        tx["confirmations"] = json!([{ "owner": owner.to_string(), "signature": signature }]);
        json!([tx])
    };
    let payee = "0x5555555555555555555555555555555555555555";
    let mut watch = Watch::default();
    assert!(!watch.look(&judge(&signed("1", payee))).alarms());
    let news = watch.look(&judge(&signed("2", payee)));
    let twice = |news: &tracehound_guard::watch::News| {
        news.findings
            .iter()
            .any(|one| one.id.as_str() == "G-SIG-03" && one.title.contains("signed nonce 10 twice"))
    };
    assert!(news.alarms() && twice(&news), "{news:?}");
    assert!(!twice(&watch.look(&judge(&signed("2", payee)))), "told once");
    // To take it back is no second one, whichever stands first, and hides none.
    assert!(!twice(&watch.look(&judge(&signed("0", SAFE)))));
    let mut watch = Watch::default();
    assert!(!twice(&watch.look(&judge(&signed("0", SAFE)))));
    assert!(!twice(&watch.look(&judge(&signed("1", payee)))));
    assert!(twice(&watch.look(&judge(&signed("2", payee)))));
}

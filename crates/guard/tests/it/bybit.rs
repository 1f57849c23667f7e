//! 21 February 2025: what three people were shown, and what they signed.

use tracehound_guard::{Context, Facts, Policy, Report, check_safe};
use tracehound_testkit::shared_data;

fn report(text: &[u8], facts: &str) -> Report {
    let (policy, facts) = (Policy::default(), Facts::parse(facts).expect("facts"));
    check_safe(text, Context::new(&policy, &facts))
}

fn pair() -> Option<Vec<u8>> {
    Some(std::fs::read(shared_data("guard/bybit_safe_tx_71.json")?).expect("readable"))
}

#[test]
fn the_pair_is_blocked_for_its_signatures_and_for_the_delegatecall() {
    let Some(text) = pair() else { return };
    let report = report(&text, "");
    assert_eq!(report.exit_code, 20);
    for id in ["G-SIG-01", "G-SIG-03", "G-SIG-04", "G-DC-01", "G-DC-03"] {
        assert!(report.has(id), "{id}");
    }
    let wrong: Vec<&str> = report.of("G-SIG-01").iter().map(|finding| &finding.path[..]).collect();
    assert_eq!(
        wrong,
        ["results[1].confirmations[0]", "results[1].confirmations[1]", "results[1].confirmations[2]"]
    );
    assert!(report.of("G-DC-01").iter().all(|finding| finding.path == "results[0]"));
    assert!(!report.has("G-HASH-01"), "both claimed hashes are right; the signatures are not");
}

#[test]
fn the_first_signature_alone_is_enough_eight_hours_before() {
    let Some(text) = pair() else { return };
    let mut shown: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let mut shown = shown["results"][1].take();
    let first = shown["confirmations"][0].take();
    assert_eq!(first["submissionDate"], "2025-02-21T05:42:40.788469Z");
    shown["confirmations"] = serde_json::json!([first]);
    shown["signatures"] = serde_json::Value::Null;
    let report = report(shown.to_string().as_bytes(), "");
    let found = report.of("G-SIG-01");
    assert_eq!(found.len(), 1);
    assert!(found[0].title.contains("does not belong to this transaction"), "{:?}", found[0]);
    assert!(
        !found[0].evidence.join(" ").contains("0x9ed84723"),
        "an address that nobody has: {:?}",
        found[0]
    );
    assert_eq!(report.exit_code, 20);
}

#[test]
fn with_owners_and_version_known_the_same_is_said() {
    let Some(text) = pair() else { return };
    let facts = "[[safe]]\nversion='1.1.1'\nthreshold=3\nowners=['0x1F4EB0a903619ac168b19A82F1a6e2e426522211','0x3Cc3A225769900e003E264dd4CB43E90896BC21A','0xe3dF2cCEAc61B1aFA311372ecC5B40A3A6585a9E']";
    let report = report(&text, facts);
    assert!(report.has("G-SIG-01") && report.has("G-DC-01") && !report.has("G-SIG-02"));
}

#[test]
fn the_sentence_does_not_speak_of_a_transfer() {
    let Some(text) = pair() else { return };
    let report = report(&text, "");
    let intent = &report.items[0].intent;
    assert!(intent.contains("delegatecall") && !intent.contains("sends"), "{intent}");
    assert!(report.items[1].intent.contains("sends 30,000 ETH"), "{}", report.items[1].intent);
}

#[test]
fn the_text_shows_the_hashes_as_the_device_does() {
    let Some(text) = pair() else { return };
    let mut shown = String::new();
    tracehound_guard::text::write(&mut shown, &report(&text, "")).expect("writes");
    assert!(shown.starts_with("BLOCK  "));
    assert!(shown.contains("0xB3476D061AEB8FC1D605A873C483A2402D88A68A9CDD1A8B47655DD55BA004F8"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let Some(text) = pair() else { return };
    let json = || serde_json::to_string(&report(&text, "")).expect("JSON");
    assert_eq!(json(), json());
}

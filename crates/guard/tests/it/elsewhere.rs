//! Payloads of Bitcoin, Tron and Solana at every door: named for what they are, and never allowed.

use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, check_message, check_safe, check_tx, check_typed,
    rpc::{Rules, judge},
};
use tracehound_testkit::shared_data;

const DOORS: [fn(&[u8], Context<'_>) -> Report; 4] = [check_safe, check_tx, check_typed, check_message];

fn rows(name: &str) -> Vec<Value> {
    let Some(file) = shared_data(&format!("guard/signing/{name}.jsonl")) else { return Vec::new() };
    let text = std::fs::read_to_string(file).expect("readable");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Asks at every door, in the command line's forms and through the proxy.
fn named(payload: &str, what: &str, label: &str) {
    let (policy, facts) =
        (Policy::default(), Facts::parse("chain-id=1\norigin='example.org'").expect("facts"));
    let context = Context::new(&policy, &facts);
    for (index, door) in DOORS.iter().enumerate() {
        let report = door(payload.as_bytes(), context);
        let said: Vec<&str> = report.findings.iter().map(|finding| &finding.title[..]).collect();
        assert!(said.iter().any(|title| title.contains(what)), "{label}, door {index}: {said:?}");
        assert!(report.exit_code != 0 && report.items.is_empty(), "{label}, door {index}");
        let shown = serde_json::to_string(&report).expect("JSON");
        assert!(!shown.contains("creates a contract"), "{label}, door {index}");
    }
    let me = "0x5555555555555555555555555555555555555555";
    for (method, params) in [
        ("eth_sendRawTransaction", json!([payload])),
        ("personal_sign", json!([payload, me])),
        ("eth_signTypedData_v4", json!([me, payload])),
    ] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let judged = judge(body.as_bytes(), Rules { context, allow_review: true });
        assert!(judged.forward.is_none(), "{label}: {method}");
    }
}

#[test]
fn every_case_of_another_chain_is_named() {
    for case in rows("cases_other_chains") {
        let what = match case["door"].as_str().expect("a door") {
            "psbt" => "Bitcoin transaction",
            "tron" => "a Tron transaction",
            _ => "a Solana transaction",
        };
        named(case["input"].as_str().expect("a text"), what, case["label"].as_str().expect("a label"));
    }
}

#[test]
fn bitcoin_payloads_are_named_in_base64_and_digits() {
    use base64::Engine as _;
    for case in rows("psbt_vectors") {
        let (text, label) = (case["psbt"].as_str().expect("a text"), case["case"].as_str().expect("a label"));
        let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(text) else { continue };
        if !bytes.starts_with(b"psbt\xff") {
            continue;
        }
        named(text, "PSBT", label);
        named(&hex::encode(&bytes), "PSBT", label);
    }
    // The first payment, of block 170.
    let first = "0100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3ac00000000";
    named(first, "a Bitcoin transaction", "block 170");
    named(&format!("0x{first}"), "a Bitcoin transaction", "block 170 with 0x");
}

#[test]
fn tron_payloads_are_named_in_digits_base64_and_json() {
    for case in rows("tron_vectors") {
        let (digits, label) =
            (case["raw_data_hex"].as_str().expect("digits"), case["name"].as_str().expect("a name"));
        let bytes = hex::decode(digits).expect("hex");
        named(digits, "a Tron transaction", label);
        named(&format!("0x{digits}"), "a Tron transaction", label);
        named(&base64(&bytes), "a Tron transaction", label);
        let json =
            json!({ "visible": false, "txID": case["sha256"], "raw_data": {}, "raw_data_hex": digits });
        named(&json.to_string(), "a Tron transaction", label);
    }
}

#[test]
fn solana_payloads_are_named_in_digits_base64_and_base58() {
    for case in rows("solana_vectors") {
        let label = case["name"].as_str().expect("a name");
        let bytes = hex::decode(case["hex"].as_str().expect("digits")).expect("hex");
        named(&hex::encode(&bytes), "a Solana transaction", label);
        named(&base64(&bytes), "a Solana transaction", label);
        named(&bs58::encode(&bytes).into_string(), "a Solana transaction", label);
    }
}

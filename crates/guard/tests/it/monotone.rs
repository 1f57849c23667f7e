//! What is added to a request never makes its answer milder: neither bytes behind a payment, nor a name that nobody knows.

use proptest::prelude::*;
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, check_tx, check_typed,
    policy::DEFAULT,
    rpc::{Rules, judge},
};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const EVIL: &str = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
const SHOWN: &str = "0xe7E7E7e7e7e7E7e7e7e7E7E7e7e7E7E7e7E7e731";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";

fn context() -> (Policy, Facts) {
    let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'");
    (Policy::parse(DEFAULT).expect("a policy"), Facts::parse(&facts).expect("facts"))
}

fn judged(check: fn(&[u8], Context<'_>) -> Report, input: &Value) -> Report {
    let (policy, facts) = context();
    check(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

/// Whether the proxy lets it pass where a person decides what is for review.
fn passes(method: &str, input: &Value) -> bool {
    let (policy, facts) = context();
    let params = if method == "eth_sendTransaction" { json!([input]) } else { json!([ME, input]) };
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let rules = Rules { context: Context::new(&policy, &facts), allow_review: true };
    judge(body.as_bytes(), rules).forward.is_some()
}

fn payment(value: &str, data: &str) -> Value {
    json!({ "from": ME, "to": EVIL, "value": value, "data": data, "chainId": 1 })
}

fn typed(domain: &Value, primary: &str, fields: &[(&str, &str, Value)]) -> Value {
    let kinds = [("name", "string"), ("chainId", "uint256"), ("verifyingContract", "address")];
    let of_domain: Vec<Value> = kinds
        .iter()
        .filter(|(name, _)| domain.get(name).is_some())
        .map(|(name, kind)| json!({ "name": name, "type": kind }))
        .collect();
    let own: Vec<Value> =
        fields.iter().map(|(kind, name, _)| json!({ "name": name, "type": kind })).collect();
    let message: serde_json::Map<String, Value> =
        fields.iter().map(|(_, name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({
        "types": { "EIP712Domain": of_domain, primary: own },
        "primaryType": primary, "domain": domain, "message": message
    })
}

#[test]
fn bytes_behind_a_payment_to_a_stranger_make_it_no_milder() {
    const ETHER: &str = "0x56bc75e2d63100000";
    assert_eq!(judged(check_tx, &payment(ETHER, "0x")).exit_code, 30);
    let thief = format!("0xdeadbeef{:0>64}", &EVIL[2..]);
    for data in ["0xdeadbeef", "0xdeadbeef00", "0x1249c58b", &thief] {
        let tx = payment(ETHER, data);
        let report = judged(check_tx, &tx);
        assert!(matches!(report.exit_code, 20 | 30), "{data}: {:#?}", report.findings);
        assert!(report.summary.contains(SHOWN), "{}", report.summary);
        assert!(!passes("eth_sendTransaction", &tx), "{data}");
    }
    // Names that are known say no more there.
    for data in ["0xac9650d8", "0x4e71d92d", "0x3d18b912", "0xd0e30db0"] {
        assert!(!passes("eth_sendTransaction", &payment(ETHER, data)), "{data}");
        assert!(!passes("eth_sendTransaction", &payment("0x0", data)), "{data}");
    }
}

proptest! {
    #[test]
    fn no_bytes_behind_money_for_a_stranger_pass_or_weigh_less(data in prop::collection::vec(any::<u8>(), 0..80)) {
        let tx = payment("0x1", &format!("0x{}", hex::encode(&data)));
        let report = judged(check_tx, &tx);
        prop_assert!(report.findings.iter().any(|one| one.severity.as_str() == "incomplete") || report.exit_code == 20);
        prop_assert!(!passes("eth_sendTransaction", &tx));
    }
}

/// The same data under a name that nobody knows.
#[test]
fn typed_data_of_an_unknown_type_weighs_as_much_as_whom_it_names() {
    let at_evil = json!({ "name": "X", "chainId": 1, "verifyingContract": EVIL });
    let nowhere = json!({ "name": "Aevo Mainnet", "chainId": 1 });
    let right = [
        ("address", "authorizer", json!(ME)),
        ("address", "authorized", json!(EVIL)),
        ("bool", "isAuthorized", json!(true)),
        ("uint256", "nonce", json!("0")),
        ("uint256", "deadline", json!("1768485600")),
    ];
    let data = format!("0xa9059cbb{:0>64}{:064x}", &EVIL[2..], 1_000_000_000_000_u64);
    let call = [
        ("address", "from", json!(ME)),
        ("address", "to", json!(USDC)),
        ("uint256", "value", json!("0")),
        ("bytes", "data", json!(data)),
        ("uint256", "nonce", json!("0")),
    ];
    let key = [("address", "key", json!(EVIL)), ("uint256", "expiry", json!("1768485600"))];
    for (domain, primary, fields) in [
        (&at_evil, "Grant", &right[..]),
        (&at_evil, "MetaTx", &call[..]),
        (&nowhere, "Register", &key[..]),
        (&at_evil, "Register", &key[..]),
    ] {
        let data = typed(domain, primary, fields);
        let report = judged(check_typed, &data);
        assert!(matches!(report.exit_code, 20 | 30), "{primary}: {:#?}", report.findings);
        assert!(report.summary.contains(SHOWN), "{primary}: {}", report.summary);
        assert!(!passes("eth_signTypedData_v4", &data), "{primary}");
    }
    let report = judged(check_typed, &typed(&nowhere, "Register", &key));
    assert!(report.items[0].intent.contains("names no contract"), "{}", report.items[0].intent);
    // A vote names nobody: it is for a person, and passes where somebody vouches for its contract alone.
    let ballot = typed(&at_evil, "Ballot", &[("uint8", "support", json!(1))]);
    assert_eq!(judged(check_typed, &ballot).exit_code, 10);
    assert!(!passes("eth_signTypedData_v4", &ballot));
}

/// One odd value takes a type that is known out of what is read here, and nothing of its weight.
#[test]
fn a_known_type_with_an_odd_value_weighs_as_much_as_it_does() {
    let domain = json!({ "name": "zkSync", "chainId": 1 });
    let with = |to: &str| {
        let word = |name: &'static str, value: &str| ("uint256", name, json!(value));
        typed(
            &domain,
            "Transaction",
            &[
                word("txType", "113"),
                word("from", "922752014157942626787424541440476730057275056545"),
                word("to", to),
                word("gasLimit", "500000"),
                word("gasPerPubdataByteLimit", "50000"),
                word("maxFeePerGas", "250000000"),
                word("maxPriorityFeePerGas", "0"),
                word("paymaster", "0"),
                word("nonce", "1"),
                word("value", "100000000000000000000"),
                ("bytes", "data", json!("0x")),
                ("bytes32[]", "factoryDeps", json!([])),
                ("bytes", "paymasterInput", json!("0x")),
            ],
        )
    };
    let (clean, dirty) = (
        with("1323998129041606938043260743261"),
        with("1606938044260314224084014792631770646429487156047657621251889"),
    );
    assert_eq!(judged(check_typed, &clean).exit_code, 20);
    let report = judged(check_typed, &dirty);
    assert!(matches!(report.exit_code, 20 | 30), "{:#?}", report.findings);
    assert!(!passes("eth_signTypedData_v4", &dirty));
}

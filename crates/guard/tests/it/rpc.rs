//! JSON-RPC between a wallet and a node: what the guard refuses stays here, everything else goes on as it came.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy,
    json::MAX_BYTES,
    policy::DEFAULT,
    rpc::{Judged, MAX_MEMBERS, Rules, judge},
};
use tracehound_testkit::shared_data;

const ME: &str = "0xb7AD6e4069d5C9A7BAA3Feb1db645A8032434aE3";
const COLD: &str = "0xF946445B497Fc21617cc9bBf3606167aD8c5CEeB";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const STRANGER: &str = "0xCAd4D081A270fe010Aa5E8Aaf6216405581f575e";

/// What a test keeps alive while it judges.
struct House {
    policy: Policy,
    facts: Facts,
    allow_review: bool,
}

impl House {
    fn new() -> Self {
        let policy = format!("{DEFAULT}\n[[book]]\naddress='{COLD}'\nname='our cold wallet'\n");
        let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'");
        Self {
            policy: Policy::parse(&policy).expect("a policy"),
            facts: Facts::parse(&facts).expect("facts"),
            allow_review: false,
        }
    }

    fn judge<'a>(&self, body: &'a [u8]) -> Judged<'a> {
        let context = Context::new(&self.policy, &self.facts);
        judge(body, Rules { context, allow_review: self.allow_review })
    }

    fn passes(&self, body: &str) -> bool {
        let judged = self.judge(body.as_bytes());
        match &judged.forward {
            Some(forward) => assert_eq!(&forward[..], body.as_bytes(), "byte for byte"),
            None => assert!(!judged.notes.is_empty(), "a refusal is told"),
        }
        judged.forward.is_some()
    }

    /// The one answer to a refused body.
    fn refused(&self, body: &str) -> Value {
        let judged = self.judge(body.as_bytes());
        assert!(judged.forward.is_none(), "{body}");
        serde_json::from_slice(&judged.answer().expect("an answer")).expect("JSON")
    }
}

fn ask(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string()
}

fn payment() -> Value {
    json!({"from": ME, "to": COLD, "value": "0xde0b6b3a7640000", "data": "0x"})
}

fn approval() -> Value {
    let all = "f".repeat(64);
    let data = format!("0x095ea7b3{:0>64}{all}", STRANGER[2..].to_lowercase());
    json!({"from": ME, "to": USDC, "value": "0x0", "data": data})
}

fn permit(value: &str) -> Value {
    let field = |name: &str, ty: &str| json!({"name": name, "type": ty});
    json!({
        "types": {
            "EIP712Domain": [field("name", "string"), field("version", "string"), field("chainId", "uint256"),
                field("verifyingContract", "address")],
            "Permit": [field("owner", "address"), field("spender", "address"), field("value", "uint256"),
                field("nonce", "uint256"), field("deadline", "uint256")],
        },
        "primaryType": "Permit",
        "domain": {"name": "USD Coin", "version": "2", "chainId": 1, "verifyingContract": USDC},
        "message": {"owner": ME, "spender": "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D", "value": value,
            "nonce": 0, "deadline": "1768600000"},
    })
}

/// EIP-155's form, to the cold wallet; and the same bytes to a stranger.
fn raw(to: &str) -> String {
    let to = to[2..].to_lowercase();
    format!("0x02ef0103843b9aca0084b2d05e0082520894{to}88016345785d8a000080c0")
}

#[test]
fn each_guarded_method_passes_its_harmless_and_stops_its_hostile_example() {
    let house = House::new();
    let strange = json!({"from": ME, "to": STRANGER, "value": "0x1", "data": "0x"});
    let batch = |calls: Value| {
        json!([{"version": "2.0.0", "chainId": "0x1", "from": ME, "atomicRequired": false,
        "calls": calls}])
    };
    let cases = [
        ("eth_sendTransaction", json!([payment()]), json!([approval()])),
        ("eth_signTransaction", json!([payment()]), json!([strange])),
        ("eth_sendRawTransaction", json!([raw(COLD)]), json!([raw(STRANGER)])),
        ("eth_sendRawTransactionSync", json!([raw(COLD), "0x10"]), json!([raw(STRANGER), "0x10"])),
        ("personal_sign", json!(["Hello there", ME]), json!([format!("0x{}", "ab".repeat(32)), ME])),
        ("personal_sign", json!([ME, "Hello there"]), json!([ME, "ab".repeat(32)])),
        (
            "wallet_sendCalls",
            batch(json!([{"to": COLD, "value": "0x1"}])),
            batch(json!([{"to": COLD, "value": "0x1"}, {"to": USDC, "data": approval()["data"]}])),
        ),
    ];
    for (method, harmless, hostile) in cases {
        assert!(
            house.passes(&ask(method, &harmless)),
            "{method} {:?}",
            house.judge(ask(method, &harmless).as_bytes()).notes
        );
        let answer = house.refused(&ask(method, &hostile));
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(-32_003)), "{answer}");
        assert_eq!(answer["error"]["data"]["schema"], 1);
    }
    // Nothing makes a blind signature harmless.
    house.refused(&ask("eth_sign", &json!([ME, format!("0x{}", "ab".repeat(32))])));
}

#[test]
fn typed_data_of_every_version_are_judged_as_an_object_and_as_a_text() {
    let house = House::new();
    for method in
        ["eth_signTypedData", "eth_signTypedData_v1", "eth_signTypedData_v3", "eth_signTypedData_v4"]
    {
        let mut hostile = permit(&"9".repeat(77));
        hostile["message"]["spender"] = json!(STRANGER);
        let answer = house.refused(&ask(method, &json!([ME, hostile])));
        assert!(answer["error"]["message"].as_str().expect("a text").contains("G-APP-03"), "{answer}");
        house.refused(&ask(method, &json!([ME, hostile.to_string()])));
        let small = permit("1000000");
        assert!(
            house.passes(&ask(method, &json!([ME, small]))),
            "{:?}",
            house.judge(ask(method, &json!([ME, small])).as_bytes())
        );
        assert!(house.passes(&ask(method, &json!([ME, small.to_string()]))));
    }
}

#[test]
fn the_reason_is_a_sentence_with_the_finding_that_decided() {
    let answer = House::new().refused(&ask("eth_sendTransaction", &json!([approval()])));
    let said = answer["error"]["message"].as_str().expect("a text");
    assert!(said.starts_with("refused by tracehound: ") && said.ends_with("(G-APP-01)"), "{said}");
    assert_eq!(answer["error"]["data"]["verdict"], "block");
}

#[test]
fn what_is_no_guarded_method_goes_on_as_it_came() {
    let house = House::new();
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#,
        " {\"id\" : \"\\u0061\", \"method\":\"eth_call\",\"params\":[{\"to\":\"0x0\"},\"latest\"]}\n",
        r#"{"method":"eth_getTransactionBySenderAndNonce","params":["0x0","0x0"],"id":1.50}"#,
        r#"{"method":"net_version","params":{"named":true}}"#,
        "[]",
    ] {
        assert!(house.passes(body), "{body}");
    }
}

#[test]
fn what_two_readers_could_read_differently_is_never_passed_on() {
    let house = House::new();
    let deep = format!(r#"{{"id":1,"method":"eth_call","params":{}{}}}"#, "[".repeat(80), "]".repeat(80));
    let big = format!(r#"{{"id":1,"method":"eth_call","params":["{}"]}}"#, "0".repeat(MAX_BYTES));
    for body in [
        r#"{"id":1,"method":"eth_chainId","method":"eth_sendTransaction"}"#,
        r#"{"id":1,"method":"eth_chainId","Method":"eth_sendTransaction","params":[]}"#,
        r#"{"id":1,"method":"eth_chainId","param\u017f":[]}"#,
        r#"{"id":1,"method":"eth_call","params":[{"to":"0x0","TO":1},"latest"]}"#,
        r#"{"id":1,"Method":"eth_sendTransaction","params":[]}"#,
        r#"{"id":1,"method":"eth_\u0073endTransaction","params":[]}"#,
        r#"{"id":1,"method":"eth_ch\u0061inId"}"#,
        r#"{"id":1,"method":["eth_sendTransaction"]}"#,
        r#"{"id":{},"method":"eth_chainId"}"#,
        r#"{"id":1}"#,
        r#""eth_chainId""#,
        r#"[[{"id":1,"method":"eth_chainId"}]]"#,
        r#"{"id":1,"method":"eth_chainId"} {"id":2,"method":"eth_sign"}"#,
        "{\"id\":1,\"method\":\"eth_chainId\"}\0",
        "",
        "nonsense",
        &deep,
        &big,
    ] {
        let answer = house.refused(body);
        let first = answer.get(0).unwrap_or(&answer);
        assert!(first["error"]["code"].as_i64().is_some_and(|code| code < 0), "{body}: {answer}");
    }
}

#[test]
fn nothing_hides_beside_what_is_judged() {
    let house = House::new();
    let with = |base: Value, key: &str, value: Value| {
        let mut base = base;
        base[key] = value;
        base
    };
    let benign = json!([{"to": COLD, "value": "0x1"}]);
    let authorization = json!({"chainId": "0x1", "address": ME, "nonce": "0x1"});
    let calls = |extra: Value| {
        with(json!({"version": "2.0.0", "chainId": "0x1", "calls": benign}), "capabilities", extra)
    };
    let text = permit("1000000").to_string();
    let mut domain = permit("1");
    domain["domain"]["ChainId"] = json!(5);
    let mut field = permit("1");
    field["types"]["Permit"][1]["Type"] = json!("bytes32");
    for (method, params) in [
        // The guard's front door takes these for a batch and for an authorization, and passes over the rest.
        ("eth_sendTransaction", json!([with(approval(), "calls", benign.clone())])),
        (
            "eth_sendTransaction",
            json!([with(with(approval(), "kind", json!("eip7702_authorization")), "address", json!(ME))]),
        ),
        ("eth_sendTransaction", json!([with(payment(), "TO", json!(STRANGER))])),
        ("eth_sendTransaction", json!([with(payment(), "eip712Meta", json!({}))])),
        (
            "eth_sendTransaction",
            json!([with(
                payment(),
                "authorizationList",
                json!([with(authorization, "contractAddress", json!(STRANGER))])
            )]),
        ),
        ("eth_sendTransaction", json!([payment(), approval()])),
        ("eth_sendTransaction", json!([raw(COLD)])),
        ("eth_sendTransaction", json!([[payment()]])),
        ("eth_sendTransaction", json!([])),
        ("eth_sendTransaction", json!({"0": payment()})),
        ("eth_sendTransaction", Value::Null),
        ("eth_sendRawTransaction", json!([payment()])),
        ("eth_sendRawTransaction", json!([raw(COLD), raw(STRANGER)])),
        ("eth_signTypedData_v4", json!([permit("1"), approval(), ME])),
        ("eth_signTypedData_v4", json!([permit("1"), text])),
        ("eth_signTypedData_v4", json!([ME, permit("1"), permit("2")])),
        ("eth_signTypedData_v4", json!([ME, domain])),
        ("eth_signTypedData_v4", json!([ME, field])),
        ("eth_signTypedData_v4", json!([ME, with(permit("1"), "Message", json!({}))])),
        (
            "eth_signTypedData_v4",
            json!([ME, with(permit("1"), "me\u{17f}\u{17f}age", json!({})).to_string()]),
        ),
        ("eth_signTypedData", json!([[{"type": "string", "name": "note", "value": "old"}], ME])),
        // A sign-in elsewhere, as digits that some wallets take for its bytes.
        ("personal_sign", json!(["6578616d706c652e6f7267", ME])),
        ("personal_sign", json!(["0X6578616d706c652e6f7267", ME])),
        ("personal_sign", json!([ME, STRANGER])),
        ("personal_sign", json!(["Hello"])),
        ("personal_sign", json!(["Hello", ME, {"more": 1}])),
        ("wallet_sendCalls", json!([{"version": "2.0.0", "to": COLD, "chainId": "0x1"}])),
        ("wallet_sendCalls", json!([calls(json!({"dataSuffix": {"value": "0xff"}}))])),
        ("wallet_sendCalls", json!([{"calls": [{"to": COLD, "chainId": "0x1"}], "chainId": "0xa"}])),
        ("wallet_sendCalls", json!([{"calls": [], "chainId": "0x1"}])),
        ("wallet_sendCalls", json!([with(calls(json!({})), "Calls", json!([approval()]))])),
    ] {
        let body = ask(method, &params);
        house.refused(&body);
    }
    let wish = json!({"paymasterService": {"url": "x", "optional": true}});
    assert!(house.passes(&ask("wallet_sendCalls", &json!([calls(wish)]))));
    // A service that has a say.
    let demand =
        house.refused(&ask("wallet_sendCalls", &json!([calls(json!({"paymasterService": {"url": "x"}}))])));
    assert!(demand.to_string().contains("paymasterService (x)"), "{demand:#}");
    let atomic = with(calls(json!({})), "atomicRequired", json!(true));
    assert!(
        house.passes(&ask("wallet_sendCalls", &json!([atomic]))),
        "all or nothing is the stricter demand"
    );
}

#[test]
fn unknown_signing_methods_are_refused_by_name_and_told_what_to_do() {
    let house = House::new();
    for method in
        ["eth_sendBundle", "eth_SendTransaction", "wallet_switchEthereumChain", "eth_sendUserOperation"]
    {
        let answer = house.refused(&ask(method, &json!([])));
        assert_eq!(answer["error"]["code"], -32_003);
    }
    // By the whole name: neither what follows a sign nor what stands before the first `_` is taken for the name.
    for method in
        ["eth-signTypedData_v4", "send_rawTransaction", "avax.issueTx", "sign.x_getNothing", "eth/sign"]
    {
        for params in [json!([]), json!([payment()]), json!([raw(COLD)])] {
            house.refused(&ask(method, &params));
        }
    }
    let answer = house.refused(&ask("debug_setHead", &json!(["0x1"])));
    assert_eq!(answer["error"]["code"], -32_003);
    let answer = house.refused(&ask("zks_getConfirmedTokens", &json!([0, 10])));
    assert!(answer["error"]["message"].as_str().expect("a text").contains("`methods`"), "{answer}");
    let more = format!("methods = ['zks_getConfirmedTokens']\n{DEFAULT}");
    let wider = House { policy: Policy::parse(&more).expect("a policy"), ..House::new() };
    assert!(wider.passes(&ask("zks_getConfirmedTokens", &json!([0, 10]))));
    let answer = house.refused(&ask("eth_sendBundle", &json!([])));
    assert!(
        answer["error"]["message"].as_str().expect("a text").contains("eth_sendRawTransaction"),
        "{answer}"
    );
}

#[test]
fn a_review_passes_only_when_the_keeper_says_so_and_nothing_was_missing() {
    let mut house = House::new();
    let ballot = json!({
        "types": {"EIP712Domain": [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}],
            "Ballot": [{"name": "support", "type": "uint8"}]},
        "primaryType": "Ballot",
        "domain": {"chainId": 1, "verifyingContract": "0x600Cb8da5c9c758A5F419f9dE7bd0E94C5B76bA8"},
        "message": {"support": 1},
    });
    let body = ask("eth_signTypedData_v4", &json!([ME, ballot]));
    assert_eq!(house.refused(&body)["error"]["data"]["verdict"], "review");
    house.allow_review = true;
    // Nobody vouches for the contract that it is for: that is missing.
    let answer = house.refused(&body);
    assert!(answer["error"]["message"].as_str().expect("a text").contains("nobody vouches"), "{answer}");
    let governor = "0x600Cb8da5c9c758A5F419f9dE7bd0E94C5B76bA8";
    let policy =
        format!("{DEFAULT}\n[[trusted]]\naddress='{governor}'\nlabel='governor'\nroles=['contract']\n");
    house.policy = Policy::parse(&policy).expect("a policy");
    let judged = house.judge(body.as_bytes());
    assert_eq!(judged.forward.as_deref(), Some(body.as_bytes()));
    assert!(judged.notes[0].passed && judged.notes[0].reason.contains("G-SIGN-01"), "{:?}", judged.notes);
    // Review stands above incomplete in a verdict; what is missing is missing all the same.
    house.facts.chain_id = None;
    let answer = house.refused(&body);
    assert_eq!(answer["error"]["data"]["verdict"], "review");
    assert!(answer["error"]["message"].as_str().expect("a text").contains("Which chain"), "{answer}");
}

#[test]
fn requests_of_one_batch_that_send_or_sign_are_to_be_sent_one_by_one() {
    let house = House::new();
    let one = ask("eth_sendTransaction", &json!([payment()]));
    let call = r#"{"id": "a" , "method":"eth_call","params":[ ]}"#;
    let body = format!("[{one},{call}]");
    let alone = house.judge(body.as_bytes());
    assert_eq!(alone.forward.as_deref(), Some(body.as_bytes()));
    assert!(!alone.leaving.is_empty(), "what leaves is told to whoever keeps the door");
    let body = format!("[{one},{call},{one}]");
    let both = house.judge(body.as_bytes());
    assert_eq!(both.forward.as_deref(), Some(format!("[{call}]").as_bytes()));
    let notes: Vec<_> =
        both.notes.iter().map(|note| (note.passed, note.reason.contains("one by one"))).collect();
    assert_eq!(notes, [(false, true), (false, true)]);
    assert!(both.leaving.is_empty());
}

#[test]
fn a_batch_is_split_and_its_answers_joined() {
    let house = House::new();
    let good = r#"{"id": "a" , "method":"eth_call","params":[ ]}"#;
    let told = r#"{"method":"eth_subscribe"}"#;
    let bad = ask("eth_sendTransaction", &json!([approval()]));
    let quiet = json!({"method": "eth_sendTransaction", "params": [approval()]}).to_string();
    let body = format!("[{bad},{good} ,{quiet},\n{told}, 5]");
    let judged = house.judge(body.as_bytes());
    assert_eq!(judged.forward.as_deref(), Some(format!("[{good},{told}]").as_bytes()));
    assert_eq!(judged.notes.len(), 3, "the silent one is told too");
    let ids = |bytes: Vec<u8>| -> Vec<Value> {
        let list: Vec<Value> = serde_json::from_slice(&bytes).expect("a list");
        list.into_iter().map(|answer| answer["id"].clone()).collect()
    };
    let joined = judged.join(b" [{\"id\":\"a\",\"result\":1}]\n".to_vec()).expect("joined");
    assert!(joined.starts_with(b"[{\"id\":\"a\",\"result\":1},"), "the node's bytes stay");
    assert_eq!(ids(joined), [json!("a"), json!(7), Value::Null]);
    assert_eq!(ids(judged.join(b"[]".to_vec()).expect("joined")), [json!(7), Value::Null]);
    assert_eq!(ids(judged.join(Vec::new()).expect("joined")), [json!(7), Value::Null]);
    assert!(judged.join(b"<html>".to_vec()).is_err());
    assert!(judged.join(b"[1]]".to_vec()).is_err());
    assert_eq!(ids(judged.failure("gone").expect("answers")), [json!(7), Value::Null, json!("a")]);
}

#[test]
fn nothing_goes_on_of_a_batch_that_is_refused_and_notifications_get_no_answer() {
    let house = House::new();
    let bad = ask("eth_sendTransaction", &json!([approval()]));
    let quiet = json!({"method": "eth_sendTransaction", "params": [approval()]}).to_string();
    let body = format!("[{bad},{quiet}]");
    let judged = house.judge(body.as_bytes());
    assert!(judged.forward.is_none());
    let answer = String::from_utf8(judged.answer().expect("an answer")).expect("UTF-8");
    assert!(
        answer.starts_with('[') && answer.ends_with(']') && answer.matches("jsonrpc").count() == 1,
        "{answer}"
    );
    for body in [format!("[{quiet}]"), quiet] {
        let judged = house.judge(body.as_bytes());
        assert!(judged.forward.is_none() && judged.answer().is_none());
    }
    let many = format!("[{}]", vec![r#"{"id":1,"method":"eth_call"}"#; MAX_MEMBERS + 1].join(","));
    assert_eq!(house.refused(&many)["error"]["code"], -32_600);
}

#[test]
fn an_id_comes_back_as_it_was_written() {
    let house = House::new();
    for id in ["1.50", "123456789012345678901234567890", r#""\u0041\"""#, "null", "-0"] {
        let body = format!(r#"{{"id":{id},"method":"eth_sendBundle"}}"#);
        let answer = house.judge(body.as_bytes()).answer().expect("an answer");
        assert!(String::from_utf8_lossy(&answer).contains(&format!(r#""id":{id},"error""#)), "{id}");
    }
}

/// The corpus, asked as a site would ask.
#[test]
fn the_corpus_comes_through_the_proxy_with_the_same_verdicts() {
    let mut asked = 0;
    for folder in ["malicious", "benign"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
        for entry in std::fs::read_dir(folder).expect("the corpus") {
            let file = entry.expect("an entry").path();
            let name = file.display().to_string();
            let table: toml::Table = std::fs::read_to_string(&file).expect("readable").parse().expect("TOML");
            let text = |key: &str| table.get(key).map_or("", |value| value.as_str().expect("a text"));
            let input = text("input").trim();
            let body = match text("door") {
                "tx" if input.contains("\"kind\"") => continue,
                "tx" | "message" if input.contains("\"method\"") => input.to_owned(),
                "tx" if input.starts_with("0x") => ask("eth_sendRawTransaction", &json!([input])),
                "tx" => format!(r#"{{"id":7,"method":"eth_sendTransaction","params":[{input}]}}"#),
                "typed" => format!(r#"{{"id":7,"method":"eth_signTypedData_v4","params":["{ME}",{input}]}}"#),
                "message" => ask("personal_sign", &json!([input, ME])),
                _ => continue,
            };
            let house = House {
                policy: Policy::parse(&format!("{DEFAULT}\n{}", text("policy"))).expect("a policy"),
                facts: Facts::parse(text("facts")).expect("facts"),
                allow_review: false,
            };
            let judged = house.judge(body.as_bytes());
            assert_eq!(judged.forward.is_some(), text("verdict") == "allow", "{name}: {:?}", judged.notes);
            asked += 1;
        }
    }
    assert!(asked > 60, "{asked}");
}

/// A second reader, which takes keys without their letter case as Go does, on what would go on.
fn second_reader(house: &House, forwarded: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(forwarded) else { panic!("passed on what is no JSON") };
    let members = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    for member in members {
        let fields = member.as_object().expect("an object");
        let methods: Vec<&Value> = fields
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case("method"))
            .map(|(_, value)| value)
            .collect();
        assert_eq!(methods.len(), 1, "{member}");
        let method = methods[0].as_str().expect("a text");
        if ["sign", "send"].iter().any(|word| method.to_lowercase().contains(word)) {
            let body = member.to_string();
            let node = tracehound_guard::json::parse(body.as_bytes()).expect("JSON");
            let report = tracehound_guard::check_node(&node, Context::new(&house.policy, &house.facts));
            assert_eq!((report.exit_code, report.items.is_empty()), (0, false), "{member}");
        }
    }
}

fn member() -> impl Strategy<Value = String> {
    let method = prop::sample::select(vec![
        "eth_sendTransaction",
        "eth_signTransaction",
        "eth_sendRawTransaction",
        "eth_signTypedData_v4",
        "personal_sign",
        "eth_sign",
        "wallet_sendCalls",
        "eth_Sign",
        "eth_sendBundle",
        "eth_call",
        "eth_\\u0073ign",
        "eth-signTypedData_v4",
        "send_rawTransaction",
        "avax.issueTx",
        "sign_getTransaction",
        "eth_getLogs",
    ]);
    let param = prop::sample::select(vec![
        payment(),
        approval(),
        permit("1000000"),
        json!(permit("1").to_string()),
        json!(raw(COLD)),
        json!(raw(STRANGER)),
        json!(ME),
        json!("Hello there"),
        json!({"calls": [payment()]}),
        json!({"calls": [{"to": COLD}], "chainId": "0x1"}),
        json!([approval()]),
        Value::Null,
    ]);
    let key = prop::sample::select(vec!["method", "method", "method", "Method", "m\\u0065thod"]);
    let extra =
        prop::sample::select(vec!["", "", r#","METHOD":"eth_sendTransaction""#, r#","method":"eth_sign""#]);
    (method, prop::collection::vec(param, 0..4), key, extra, any::<bool>()).prop_map(
        |(method, params, key, extra, silent)| {
            let id = if silent { "" } else { r#""id":1,"# };
            format!(r#"{{{id}"{key}":"{method}","params":{}{extra}}}"#, json!(params))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_comes_in_nothing_refused_goes_on(
        members in prop::collection::vec(member(), 1..5),
        batch in any::<bool>(),
        damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let house = House::new();
        let mut body = if batch { format!("[{}]", members.join(",")) } else { members[0].clone() }.into_bytes();
        if let Some((at, byte)) = damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let judged = house.judge(&body);
        if let Some(forward) = &judged.forward {
            second_reader(&house, forward);
            let refused = judged.notes.iter().any(|note| !note.passed);
            prop_assert!(refused || forward[..] == body[..], "all of it goes on as it came");
        }
        if let Some(answer) = judged.answer() {
            serde_json::from_slice::<Value>(&answer).expect("JSON");
        }
    }

    #[test]
    fn any_bytes_get_a_ruling(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let house = House::new();
        let judged = house.judge(&bytes);
        prop_assert!(judged.forward.is_none_or(|forward| forward[..] == bytes[..]));
    }
}

/// What ethers and web3.py asked a node for, as it was recorded.
#[test]
fn what_clients_were_seen_to_ask_passes_but_for_what_sends() {
    let Some(file) = shared_data("clients/rpc-proxy/requests.jsonl") else { return };
    let (house, text) = (House::new(), std::fs::read_to_string(file).expect("readable"));
    let mut prepared = 0;
    for line in text.lines() {
        let request: Value = serde_json::from_str(line).expect("JSON");
        let body = request["body"].as_str().expect("a text");
        if !body.contains("eth_sendRawTransaction") {
            assert!(house.passes(body), "{body}");
            prepared += usize::from(body.contains("eth_fillTransaction"));
            continue;
        }
        let judged = house.judge(body.as_bytes());
        let forward = judged.forward.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        assert!(!forward.contains("eth_sendRawTransaction"), "{forward}");
        assert_eq!(forward.contains("eth_blockNumber"), body.contains("eth_blockNumber"));
        assert!(String::from_utf8_lossy(&judged.answer().expect("an answer")).contains("-32003"));
    }
    assert_eq!(prepared, 1);
}

#[test]
fn reviews_that_pass_hold_no_stranger_in_bytes_that_nothing_reads() {
    let house = House { allow_review: true, ..House::new() };
    let stranger = format!("{:0>64}", "e7".repeat(20));
    let [own, cold] = [ME, COLD].map(|who| format!("{:0>64}", who.trim_start_matches("0x").to_lowercase()));
    let five = format!("{:064x}", 5);
    for (to, data, passes) in [
        // DAI's `push`, and what nobody knows of DAI, the wrapped coin and one's own account.
        ("0x6B175474E89094C44Da98b954EedeAC495271d0F", format!("b753a98c{stranger}{five}"), false),
        ("0x6B175474E89094C44Da98b954EedeAC495271d0F", format!("12345678{stranger}{five}"), false),
        ("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", format!("12345678{stranger}{five}"), false),
        (ME, format!("12345678{stranger}{five}"), false),
        ("0x6B175474E89094C44Da98b954EedeAC495271d0F", format!("12345678{cold}{own}"), true),
    ] {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{{"from":"{ME}","to":"{to}","data":"0x{data}","chainId":"0x1"}}]}}"#
        );
        assert_eq!(house.passes(&body), passes, "{body}");
    }
}

#[test]
fn a_site_asks_for_accounts_and_for_no_program_in_the_wallet() {
    let house = House::new();
    for permissions in [
        json!([{ "eth_accounts": {} }]),
        json!([{ "eth_accounts": {}, "endowment:permitted-chains": { "caveats": [] } }]),
    ] {
        assert!(house.passes(&ask("wallet_requestPermissions", &permissions)), "{permissions}");
    }
    for permissions in [
        json!([{ "wallet_snap": { "caveats": [{ "type": "snapIds", "value": { "npm:evil": {} } }] } }]),
        json!([{ "eth_accounts": {} }, { "wallet_snap": {} }]),
        json!([{ "eth_accounts": {}, "snap_getEntropy": {} }]),
        json!([{ "endowment:network-access": {} }]),
        json!([{ "Eth_Accounts": {} }]),
        json!({ "wallet_snap": {} }),
        json!(["wallet_snap"]),
        json!([]),
    ] {
        assert!(!house.passes(&ask("wallet_requestPermissions", &permissions)), "{permissions}");
    }
    for method in
        ["wallet_requestSnaps", "wallet_grantPermissions", "wallet_invokeSnap", "wallet_createSession"]
    {
        assert!(!house.passes(&ask(method, &json!([{}]))), "{method}");
    }
    // In a list too, and the rest of it goes on.
    let bad = ask("wallet_requestPermissions", &json!([{ "wallet_snap": {} }]));
    let list = format!("[{},{bad}]", ask("eth_chainId", &json!([])));
    let judged = house.judge(list.as_bytes());
    assert!(judged.forward.is_some_and(|forward| !String::from_utf8_lossy(&forward).contains("wallet_snap")));
}

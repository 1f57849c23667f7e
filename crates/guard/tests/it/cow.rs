//! Orders at `CoW` Protocol that a Safe gives by a call: by their number, in parts over time, and what undoes them.

use alloy_primitives::keccak256;
use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_safe, check_typed, policy::DEFAULT};

use crate::left::{call, number, word};

const ME: &str = "0x1111111111111111111111111111111111111111";
const SAFE: &str = "0x6666666666666666666666666666666666666666";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const NOBODY: &str = "0x0000000000000000000000000000000000000000";
const COW: &str = "0x9008D19f58AAbD9eD0D60971565AA8510560ab41";
const RELAYER: &str = "0xC92E8bdf79f0507f65a392b0ab4667716BFE0110";
const COMPOSABLE: &str = "0xfdaFc9d1902f4e0b84f65F49f244b32b31013b74";
const TWAP: &str = "0x6cF1e9cA41f7611dEf408122793c358a3d11E5a5";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const ONE_INCH: &str = "0x111111125421cA6dc452d289314280a0f8842A65";
const MULTI_SEND: &str = "0x40A2aCCbd92BCA938b02010E17A5b8929b49130D";
const ITS_CODE: &str = "0xa9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad";
/// 2026-01-15, half past one.
const ENDS: u64 = 1_768_484_000;

fn judged(input: &Value, policy: &str, more: &str) -> Report {
    let policy = Policy::parse(&format!("{DEFAULT}\n{policy}")).expect("a policy");
    let dollars = [USDC, DAI]
        .map(|token| format!("[[price]]\ntoken='{token}'\ndollars='1.00'\ndate='2026-01-15T00:00:00Z'\n"));
    let facts = format!(
        "chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n{more}\n{}[[address]]\naddress='{MULTI_SEND}'\n\
         code-hash='{ITS_CODE}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\n\
         owners=['{ME}']\nthreshold=1\nnonce=7\n",
        dollars.concat()
    );
    let facts = Facts::parse(&facts).expect("facts");
    check_safe(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn safe_tx(to: &str, data: &str, operation: u8) -> Value {
    crate::whole(json!({
        "safe": SAFE, "to": to, "value": "0", "data": format!("0x{data}"), "operation": operation, "nonce": 7,
    }))
}

fn of_safe(to: &str, data: &str, more: &str) -> Report {
    judged(&safe_tx(to, data, 0), "", more)
}

/// An order of 1,000 USDC for DAI, as the service gives it.
fn order(receiver: &Value, buys: &str, kind: &str) -> Value {
    json!({
        "sellToken": USDC, "buyToken": DAI, "receiver": receiver, "sellAmount": "1000000000", "buyAmount": buys,
        "validTo": ENDS, "appData": "{\"version\":\"1.4.0\"}", "appDataHash": keccak256(r#"{"version":"1.4.0"}"#).to_string(), "feeAmount": "0",
        "kind": kind, "partiallyFillable": false, "sellTokenBalance": "erc20", "buyTokenBalance": "erc20",
        "status": "presignaturePending",
    })
}

/// The hash of an order, as the guard works it out for the same typed data.
fn digest(order: &Value) -> String {
    let fields = [
        ("sellToken", "address"),
        ("buyToken", "address"),
        ("receiver", "address"),
        ("sellAmount", "uint256"),
        ("buyAmount", "uint256"),
        ("validTo", "uint32"),
        ("appData", "bytes32"),
        ("feeAmount", "uint256"),
        ("kind", "string"),
        ("partiallyFillable", "bool"),
        ("sellTokenBalance", "string"),
        ("buyTokenBalance", "string"),
    ];
    let field = |(name, kind): &(&str, &str)| json!({ "name": name, "type": kind });
    let domain =
        [("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address")];
    let mut message = order.clone();
    message["appData"] = order["appDataHash"].clone();
    if message["receiver"].is_null() {
        message["receiver"] = json!(NOBODY);
    }
    let message: serde_json::Map<String, Value> =
        fields.iter().map(|(name, _)| ((*name).to_owned(), message[*name].clone())).collect();
    let data = json!({
        "types": {
            "EIP712Domain": domain.iter().map(field).collect::<Vec<_>>(),
            "Order": fields.iter().map(field).collect::<Vec<_>>(),
        },
        "primaryType": "Order",
        "domain": { "name": "Gnosis Protocol", "version": "v2", "chainId": 1, "verifyingContract": COW },
        "message": message,
    });
    let (policy, facts) = (Policy::default(), Facts::default());
    let report = check_typed(data.to_string().as_bytes(), Context::new(&policy, &facts));
    report.items[0].hashes.as_ref().expect("hashes").hashes.digest.to_string()
}

fn uid(digest: &str, owner: &str, ends: u64) -> String {
    format!("{}{}{ends:08x}", &digest[2..], &owner[2..])
}

fn pre_sign(uid: &str, on: u64) -> String {
    call("setPreSignature(bytes,bool)", &[number(64), number(on), number(56), format!("{uid:0<128}")])
}

fn told(order: &Value) -> String {
    format!("cow-orders=['{order}']\n")
}

#[test]
fn an_order_that_is_signed_by_its_number_is_judged_where_the_context_tells_it() {
    let fair = order(&json!(SAFE), "999000000000000000000", "sell");
    let data = pre_sign(&uid(&digest(&fair), SAFE, ENDS), 1);
    let unseen = of_safe(COW, &data, "");
    assert_eq!(unseen.exit_code, 10, "{:#?}", unseen.findings);
    let title = &unseen.of("G-ORD-01")[0].title;
    assert!(title.contains("`cow-orders` in --context"), "{title}");
    assert!(unseen.items[0].intent.contains("which is not here"), "{}", unseen.items[0].intent);
    let seen = of_safe(COW, &data, &told(&fair));
    assert_eq!(seen.exit_code, 0, "{:#?}", seen.findings);
    let intent = &seen.items[0].intent;
    assert!(intent.starts_with("offers 1,000 USDC for 999 DAI"), "{intent}");
    // To nobody is to the maker.
    let own = order(&Value::Null, "999000000000000000000", "sell");
    let data_of = |order: &Value| pre_sign(&uid(&digest(order), SAFE, ENDS), 1);
    assert_eq!(of_safe(COW, &data_of(&own), &told(&own)).exit_code, 0);
    for (bad, exit) in [
        (order(&json!(STRANGER), "999000000000000000000", "sell"), 20),
        (order(&json!(SAFE), "1", "sell"), 20),
        (order(&json!(SAFE), "700000000000000000000", "sell"), 10),
        (order(&json!(SAFE), "999000000000000000000", "give"), 10),
    ] {
        let report = of_safe(COW, &data_of(&bad), &told(&bad));
        assert_eq!(report.exit_code, exit, "{bad}: {:#?}", report.findings);
    }
    // Another order than the one that is signed, another owner, another end: none of them is it.
    let other = order(&json!(SAFE), "999000000000000000001", "sell");
    assert_eq!(of_safe(COW, &data, &told(&other)).exit_code, 10);
    for uid in [uid(&digest(&fair), STRANGER, ENDS), uid(&digest(&fair), SAFE, ENDS + 1)] {
        assert_ne!(of_safe(COW, &pre_sign(&uid, 1), &told(&fair)).exit_code, 0);
    }
    let odd = of_safe(COW, &data, "cow-orders=['{\"sellToken\":5}']\n");
    assert!(odd.findings.iter().any(|one| one.path == "facts.cow-orders"), "{:#?}", odd.findings);
    // At a contract that nobody knows it may be anything.
    assert_ne!(of_safe(STRANGER, &data, &told(&fair)).exit_code, 0);
}

#[test]
fn what_an_order_gives_counts_to_the_limits_and_once_with_its_allowance() {
    let fair = order(&json!(SAFE), "999000000000000000000", "sell");
    let sign = pre_sign(&uid(&digest(&fair), SAFE, ENDS), 1);
    let approve = |spender: &str| call("approve(address,uint256)", &[word(spender), number(1_000_000_000)]);
    let both = |spender: &str, most: u64| {
        let mut packed = String::new();
        for (to, data) in [(USDC, approve(spender)), (COW, sign.clone())] {
            let length = number(data.len() as u64 / 2);
            packed += &["00", &to[2..].to_lowercase(), &number(0), &length, &data].concat();
        }
        let width = packed.len().next_multiple_of(64);
        let data = [number(32), number(packed.len() as u64 / 2), format!("{packed:0<width$}")];
        let data = call("multiSend(bytes)", &data);
        let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='{most}'\n");
        judged(&safe_tx(MULTI_SEND, &data, 1), &limit, &told(&fair))
    };
    let once = both(RELAYER, 1_000_000_000);
    assert_eq!(once.exit_code, 0, "{:#?}", once.findings);
    assert!(both(RELAYER, 999_999_999).has("G-POL-01"));
    assert!(both(ONE_INCH, 1_999_999_999).has("G-POL-01"), "another takes it");
}

#[test]
fn what_undoes_an_order_gives_nothing_away() {
    let number_of = uid(&format!("0x{}", "05".repeat(32)), SAFE, ENDS);
    let invalidate = call("invalidateOrder(bytes)", &[number(32), number(56), format!("{number_of:0<128}")]);
    for data in [invalidate, pre_sign(&number_of, 0)] {
        let report = of_safe(COW, &data, "");
        assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
        assert_ne!(of_safe(STRANGER, &data, "").exit_code, 0);
    }
    let epoch = call("increaseEpoch(uint96)", &[number(1)]);
    assert_eq!(of_safe(ONE_INCH, &epoch, "").exit_code, 0);
}

struct Parts<'p> {
    handler: &'p str,
    receiver: &'p str,
    least: u128,
    count: u64,
}

const FAIR: Parts<'_> =
    Parts { handler: TWAP, receiver: NOBODY, least: 99_900_000_000_000_000_000, count: 10 };

/// Ten times 100 USDC for DAI, an hour apart.
fn in_parts(parts: &Parts<'_>) -> String {
    let order = [
        word(USDC),
        word(DAI),
        word(parts.receiver),
        number(100_000_000),
        format!("{:064x}", parts.least),
        number(1_768_480_000),
        number(parts.count),
        number(3_600),
        number(0),
        number(0),
    ];
    let params = [word(parts.handler), number(9), number(96), number(320), order.concat()].concat();
    call("create((address,bytes32,bytes),bool)", &[number(64), number(1), params])
}

#[test]
fn an_order_in_parts_is_valued_as_a_whole() {
    let fair = of_safe(COMPOSABLE, &in_parts(&FAIR), "");
    assert_eq!(fair.exit_code, 0, "{:#?}", fair.findings);
    let intent = &fair.items[0].intent;
    assert!(
        intent.starts_with("offers 1,000 USDC for 999 DAI (CoW Protocol, in parts over time)"),
        "{intent}"
    );
    for (bad, exit) in [
        (Parts { receiver: STRANGER, ..FAIR }, 20),
        (Parts { least: 1, ..FAIR }, 20),
        (Parts { least: 70_000_000_000_000_000_000, ..FAIR }, 10),
        // Of another way of making orders nobody can tell what it gives.
        (Parts { handler: STRANGER, ..FAIR }, 20),
    ] {
        let report = of_safe(COMPOSABLE, &in_parts(&bad), "");
        assert_eq!(report.exit_code, exit, "{:#?}", report.findings);
    }
    for odd in [Parts { count: 1, ..FAIR }, Parts { count: 10_000, ..FAIR }] {
        assert_ne!(of_safe(COMPOSABLE, &in_parts(&odd), "").exit_code, 0, "none, or for more than a year");
    }
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='999_999_999'\n");
    let over = judged(&safe_tx(COMPOSABLE, &in_parts(&FAIR), 0), &limit, "");
    assert!(over.has("G-POL-01"), "{:#?}", over.findings);
    assert_ne!(of_safe(STRANGER, &in_parts(&FAIR), "").exit_code, 0);
}

/// Further terms are signed by their hash alone: what is told of them is held against it, and read.
#[test]
fn whom_the_further_terms_of_an_order_name_is_screened() {
    let judged_by = |text: Option<&str>, hash: &str, policy: &str| {
        let mut order = order(&json!(SAFE), "995000000000000000000", "sell");
        let map = order.as_object_mut().expect("an object");
        map.remove("appDataHash");
        map.insert("appData".to_owned(), json!(hash));
        if let Some(text) = text {
            map.insert("fullAppData".to_owned(), json!(text));
        }
        let mut signed = order.clone();
        signed["appDataHash"] = json!(hash);
        let data = pre_sign(&uid(&digest(&signed), SAFE, ENDS), 1);
        judged(&safe_tx(COW, &data, 0), policy, &told(&order))
    };
    let hash = |text: &str| keccak256(text).to_string();
    let plain = r#"{"appCode":"Safe"}"#;
    let fee = format!(r#"{{"metadata":{{"partnerFee":{{"bps":100,"recipient":"{STRANGER}"}}}}}}"#);
    let hook = format!(r#"{{"metadata":{{"hooks":{{"pre":[{{"target":"{STRANGER}","callData":"0x"}}]}}}}}}"#);
    let blocked = format!("[[blocked]]\naddress='{STRANGER}'\nname='a thief'\n");
    let fair = judged_by(Some(plain), &hash(plain), &blocked);
    assert_eq!(fair.exit_code, 0, "{:#?}", fair.findings);
    for text in [&fee, &hook] {
        assert_eq!(judged_by(Some(text), &hash(text), "").exit_code, 10, "{text}");
        let report = judged_by(Some(text), &hash(text), &blocked);
        assert!(report.exit_code == 20 && report.has("G-ADDR-02"), "{text}: {:#?}", report.findings);
    }
    assert_eq!(judged_by(Some(plain), &hash(&fee), "").exit_code, 20, "it is not what the hash stands for");
    // Whoever leaves it out must not get more than who tells it.
    let untold = judged_by(None, &hash(&fee), "");
    assert_eq!(untold.exit_code, 30, "{:#?}", untold.findings);
    assert!(untold.of("G-ORD-01").iter().any(|one| one.title.contains("appData")), "{:#?}", untold.findings);
    assert_eq!(judged_by(None, &hash("{}"), "").exit_code, 0, "nothing further");
}

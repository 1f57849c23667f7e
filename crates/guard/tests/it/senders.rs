//! Who sends: a request's own word for its sender vouches for nobody, and what is wanted is what all of it does together.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_tx, check_typed, policy::DEFAULT};

const ME: &str = "0x1111111111111111111111111111111111111111";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const SAFE: &str = "0x6666666666666666666666666666666666666666";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const ONE: &str = "0xde0b6b3a7640000";

fn judged(facts: &str, policy: &str, input: &Value) -> Report {
    let policy = format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n{policy}");
    let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\n{facts}");
    let (policy, facts) = (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
    check_tx(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn mine() -> String {
    format!(
        "account='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{ME}']\nthreshold=1\nnonce=1\n"
    )
}

fn word(hex: &str) -> String {
    format!("{:0>64}", hex.trim_start_matches("0x"))
}

fn tx(from: &str, to: &str, value: &str, data: &str) -> Value {
    json!({ "from": from, "to": to, "value": value, "data": data, "chainId": 1 })
}

fn requests(from: &str, to: &str, value: &str) -> [Value; 4] {
    let plain = tx(from, to, value, "0x");
    let asked = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [plain] });
    let call = json!({ "to": to, "value": value });
    let batch = json!({ "version": "2.0.0", "from": from, "chainId": "0x1", "atomicRequired": true, "calls": [call] });
    let calls = json!({ "jsonrpc": "2.0", "id": 1, "method": "wallet_sendCalls", "params": [batch] });
    [plain.clone(), json!([plain]), asked, calls]
}

#[test]
fn a_request_vouches_for_nobody_by_calling_him_its_sender() {
    for request in requests(STRANGER, STRANGER, ONE) {
        let report = judged("", "", &request);
        assert_eq!(report.exit_code, 30, "{request}: {:#?}", report.findings);
        assert!(!report.items[0].intent.contains("your account"), "{}", report.items[0].intent);
    }
    // As one cancels what waits under the same number.
    let nothing = judged("", "", &tx(STRANGER, STRANGER, "0x0", "0x"));
    assert_eq!(nothing.exit_code, 0, "{:#?}", nothing.findings);
    let own = judged(&mine(), "", &tx(ME, ME, ONE, "0x"));
    assert_eq!(own.exit_code, 0, "{:#?}", own.findings);
}

#[test]
fn a_sender_that_is_not_who_signs_is_a_stranger_like_any_other() {
    let transfer = format!("0xa9059cbb{}{}", word(STRANGER), word("e8d4a51000"));
    let approve = format!("0x095ea7b3{}{}", word(STRANGER), word("e8d4a51000"));
    let owner = format!("0xf2fde38b{}", word(STRANGER));
    for (to, value, data, code) in [
        (STRANGER, ONE, "0x", 30),
        (USDC, "0x0", &transfer[..], 30),
        (USDC, "0x0", &approve, 30),
        (USDC, "0x0", &owner, 20),
    ] {
        let (by_me, by_him) = (
            judged(&mine(), "", &tx(ME, to, value, data)),
            judged(&mine(), "", &tx(STRANGER, to, value, data)),
        );
        assert_eq!((by_me.exit_code, by_him.exit_code), (code, code), "{data}: {:#?}", by_him.findings);
        assert!(by_him.has("G-SIGN-01"), "{:#?}", by_him.findings);
    }
    // What is paid to the book is mine all the same, and the limit holds.
    let paid = judged(&mine(), "", &tx(STRANGER, FRIEND, ONE, "0x"));
    assert_eq!(paid.exit_code, 30, "{:#?}", paid.findings);
    let by_friend = judged(&mine(), "", &tx(FRIEND, FRIEND, ONE, "0x"));
    assert_eq!(by_friend.exit_code, 10, "{:#?}", by_friend.findings);
    let limited = judged(&mine(), "[[limit]]\nper-transaction='1'\n", &tx(STRANGER, FRIEND, ONE, "0x"));
    assert_eq!(limited.exit_code, 20, "{:#?}", limited.findings);
}

#[test]
fn a_safe_of_ones_own_is_asked_for_what_it_does() {
    let report = judged(&mine(), "", &tx(SAFE, FRIEND, ONE, "0x"));
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    let stranger = judged(&mine(), "", &tx(SAFE, STRANGER, ONE, "0x"));
    assert_eq!(stranger.exit_code, 30, "{:#?}", stranger.findings);
    // Another's Safe is another's.
    let others = mine().replace(&format!("owners=['{ME}']"), &format!("owners=['{FRIEND}']"));
    assert!(judged(&others, "", &tx(SAFE, FRIEND, ONE, "0x")).has("G-SIGN-01"));
}

#[test]
fn what_is_wanted_is_what_all_of_it_does_together() {
    let wanted = format!("{}[intended]\nto='{FRIEND}'\nvalue='1000000000000000000'\n", mine());
    let wanted = wanted.replace(&format!("account='{ME}'\n"), "");
    let wanted = format!("account='{ME}'\n{wanted}");
    let calls = |values: &[&str]| {
        let calls: Vec<Value> = values.iter().map(|value| json!({ "to": FRIEND, "value": value })).collect();
        json!({ "version": "2.0.0", "from": ME, "chainId": "0x1", "atomicRequired": true, "calls": calls })
    };
    let half = "0x6f05b59d3b20000";
    for (values, code) in [
        (&[ONE][..], 0),
        (&[half, half], 0),
        (&[ONE, ONE], 20),
        (&[ONE, ONE, ONE, ONE, ONE], 20),
        (&[half], 20),
    ] {
        let report = judged(&wanted, "", &calls(values));
        assert_eq!(report.exit_code, code, "{values:?}: {:#?}", report.findings);
        let list: Vec<Value> = values.iter().map(|value| tx(ME, FRIEND, value, "0x")).collect();
        assert_eq!(judged(&wanted, "", &json!(list)).exit_code, code, "{values:?}");
    }
    let more = judged(&wanted, "", &calls(&[ONE, ONE]));
    let title = &more.findings.iter().find(|finding| finding.title.contains("you said")).expect("said").title;
    assert!(title.starts_with("This does more than what you said you want: sends 1 ETH"), "{title}");
    // Half of it in the coin of another chain is not half of it.
    let mut there = tx(ME, FRIEND, half, "0x");
    there["chainId"] = json!(137);
    assert_eq!(judged(&wanted, "", &json!([tx(ME, FRIEND, half, "0x"), there])).exit_code, 20);
    let beside = json!([tx(ME, FRIEND, ONE, "0x"), tx(ME, STRANGER, "0x1", "0x")]);
    assert_eq!(judged(&wanted, "", &beside).exit_code, 20);
}

/// `execute(bytes32 mode, bytes executionData)` of the own account, the data being lists of calls as `viem` writes them.
fn execute(mode: &str, data: &str) -> Value {
    let (length, padding) = (data.len() / 2, "0".repeat((64 - data.len() % 64) % 64));
    let input = format!("0xe9ae5c53{mode:0<64}{}{}{data}{padding}", word("40"), word(&format!("{length:x}")));
    tx(ME, ME, "0x0", &input)
}

/// `abi.encode((address,uint256,bytes)[])` of one call.
fn batch(to: &str, data: &str) -> String {
    let (length, padding) = (data.len() / 2, "0".repeat((64 - data.len() % 64) % 64));
    [
        &word("20")[..],
        &word("1"),
        &word("20"),
        &word(to),
        &word("0"),
        &word("60"),
        &word(&format!("{length:x}")),
        data,
        &padding,
    ]
    .concat()
}

/// `abi.encode(bytes[])` of two batches.
fn batches(batch: &str) -> String {
    let length = batch.len() / 2;
    let one = format!("{}{batch}", word(&format!("{length:x}")));
    let second = 64 + one.len() / 2;
    [&word("20")[..], &word("2"), &word("40"), &word(&format!("{second:x}")), &one, &one].concat()
}

/// Source: ERC-7821, `execute`: a mode of `0x01000000000078210002` is a batch of batches, and a call to nobody one to the account.
#[test]
fn batches_of_batches_are_unpacked() {
    let approve = format!("095ea7b3{}{}", word(STRANGER), "f".repeat(64));
    let transfer = format!("a9059cbb{}{}", word(FRIEND), word("f4240"));
    let lists = "01000000000078210002";
    let report = judged(&mine(), "", &execute(lists, &batches(&batch(USDC, &approve))));
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    assert!(report.items[0].calls.iter().any(|call| call.path.ends_with("execute[1][0]")), "{report:#?}");
    let paid = judged(&mine(), "", &execute(lists, &batches(&batch(USDC, &transfer))));
    assert_eq!(paid.exit_code, 0, "{:#?}", paid.findings);
    // The account itself: a new owner of it.
    let nobody = "0x0000000000000000000000000000000000000000";
    let owner = format!("f2fde38b{}", word(STRANGER));
    for mode in [lists, "01000000000078210001", "01000000000000000000"] {
        let list = batch(nobody, &owner);
        let data = if mode == lists { batches(&list) } else { list };
        let report = judged(&mine(), "", &execute(mode, &data));
        assert_eq!(report.exit_code, 20, "{mode}: {:#?}", report.findings);
    }
    // Cut off, it is not read, and never allowed.
    let cut = batches(&batch(USDC, &transfer));
    let report = judged(&mine(), "", &execute(lists, &cut[..cut.len() - 128]));
    assert_ne!(report.exit_code, 0, "{:#?}", report.findings);
}

#[test]
fn ether_out_of_the_gateway_is_held_to_the_limit_and_said() {
    const GATEWAY: &str = "0xd01607c3C5eCABa394D8be377a08590149325722";
    const POOL: &str = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2";
    let out = |to: &str| format!("0x80500d20{}{}{}", word(POOL), word("56bc75e2d63100000"), word(to));
    let limit = "[[limit]]\nper-transaction='1000000000000000000'\n";
    let report = judged(&mine(), limit, &tx(ME, GATEWAY, "0x0", &out(FRIEND)));
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    assert!(report.items[0].intent.contains("takes 100 ETH out of Aave"), "{}", report.items[0].intent);
    let back = judged(&mine(), limit, &tx(ME, GATEWAY, "0x0", &out(ME)));
    assert_ne!(back.exit_code, 20, "{:#?}", back.findings);
}

#[test]
fn an_order_whose_price_is_not_here_is_incomplete() {
    let fields = |text: &str| -> Value {
        let pairs = text.split(',').map(|field| field.split_once(' ').expect("a field"));
        pairs.map(|(kind, name)| json!({ "name": name, "type": kind })).collect()
    };
    let order = |traits: &str| {
        json!({
            "types": {
                "EIP712Domain": fields("string name,string version,uint256 chainId,address verifyingContract"),
                "Order": fields("uint256 salt,address maker,address receiver,address makerAsset,address takerAsset,uint256 makingAmount,uint256 takingAmount,uint256 makerTraits"),
            },
            "primaryType": "Order",
            "domain": { "name": "1inch Aggregation Router", "version": "6", "chainId": 1, "verifyingContract": "0x111111125421cA6dc452d289314280a0f8842A65" },
            "message": {
                "salt": "1", "maker": ME, "receiver": ME, "makerAsset": USDC,
                "takerAsset": "0x6B175474E89094C44Da98b954EedeAC495271d0F", "makingAmount": "1000000000",
                "takingAmount": "995000000000000000000", "makerTraits": traits,
            },
        })
    };
    let (policy, facts) =
        (Policy::default(), Facts::parse(&format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\n{}", mine())));
    let facts = facts.expect("facts");
    let judge =
        |traits: &str| check_typed(order(traits).to_string().as_bytes(), Context::new(&policy, &facts));
    // Bit 249; an end in bits 80 to 119.
    let end: alloy_primitives::U256 = alloy_primitives::U256::from(1_768_485_600_u64) << 80;
    let extended: alloy_primitives::U256 = end | alloy_primitives::U256::from(1) << 249;
    assert_eq!(judge(&extended.to_string()).exit_code, 30, "{:#?}", judge(&extended.to_string()).findings);
    assert_ne!(judge(&end.to_string()).exit_code, 30, "{:#?}", judge(&end.to_string()).findings);
}

/// Ethers v5 and ethereumjs write whole bytes.
#[test]
fn numbers_of_whole_bytes_are_nothing_odd() {
    for (value, code) in
        [("0x0de0b6b3a7640000", 0), ("0x00de0b6b3a7640000", 20), ("0x000de0b6b3a7640000", 20)]
    {
        let report = judged(&mine(), "", &tx(ME, FRIEND, value, "0x"));
        assert_eq!(report.exit_code, code, "{value}: {:#?}", report.findings);
    }
    let mut gas = tx(ME, FRIEND, ONE, "0x");
    (gas["gas"], gas["gasPrice"]) = (json!("0x5208"), json!("0x0ba43b7400"));
    assert_eq!(judged(&mine(), "", &gas).exit_code, 0);
}

/// Source: `CoW Protocol`, `networks.json` of composable-cow; safe-global/safe-modules.
#[test]
fn a_safes_own_verifier_and_module_are_known() {
    const COMPOSABLE: &str = "0xfdaFc9d1902f4e0b84f65F49f244b32b31013b74";
    let set = |who: &str| {
        let data = format!("0x3365582c{}{}", "c0".repeat(32), word(who));
        tx(SAFE, SAFE, "0x0", &data)
    };
    assert_eq!(judged(&mine(), "", &set(COMPOSABLE)).exit_code, 10);
    assert_eq!(judged(&mine(), "", &set(STRANGER)).exit_code, 20);
}

//! What smart accounts wrap before it is signed (ERC-7739), how long a signature can be used, and what Permit2 moves.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_tx, check_typed, policy::DEFAULT};

const ME: &str = "0x1111111111111111111111111111111111111111";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const ACCOUNT: &str = "0x6666666666666666666666666666666666666666";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
const ROUTER: &str = "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af";

fn judged(check: fn(&[u8], Context<'_>) -> Report, input: &Value) -> Report {
    let policy = format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n");
    let facts = format!(
        "chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n[[safe]]\naddress='{ACCOUNT}'\nversion='1.4.1'\nowners=['{ME}']\n\
         threshold=1\nnonce=1\n"
    );
    let (policy, facts) = (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
    check(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn fields(text: &str) -> Value {
    let pairs = text.split(',').map(|field| field.split_once(' ').expect("a field"));
    pairs.map(|(kind, name)| json!({ "name": name, "type": kind })).collect()
}

/// A permit at Permit2 for a spender, and its types.
fn permit(spender: &str, amount: &str) -> (Value, Value) {
    let types = json!({
        "EIP712Domain": fields("uint256 chainId,address verifyingContract"),
        "PermitSingle": fields("PermitDetails details,address spender,uint256 sigDeadline"),
        "PermitDetails": fields("address token,uint160 amount,uint48 expiration,uint48 nonce"),
    });
    let details = json!({ "token": USDC, "amount": amount, "expiration": 1_768_485_600, "nonce": 0 });
    (types, json!({ "details": details, "spender": spender, "sigDeadline": "1768485600" }))
}

fn data(types: Value, primary: &str, contract: &str, message: Value) -> Value {
    let mut data =
        json!({ "primaryType": primary, "domain": { "chainId": 1, "verifyingContract": contract } });
    (data["types"], data["message"]) = (types, message);
    data
}

/// The same, wrapped for an account on a chain.
fn wrapped(account: &str, chain: u64, (types, contents): (Value, Value)) -> Value {
    let mut types = types;
    types["TypedDataSign"] = fields(
        "PermitSingle contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt",
    );
    let message = json!({
        "contents": contents, "name": "Account", "version": "1", "chainId": chain, "verifyingContract": account,
        "salt": format!("0x{}", "00".repeat(32)),
    });
    data(types, "TypedDataSign", PERMIT2, message)
}

#[test]
fn what_a_smart_account_wraps_is_judged_as_what_is_in_it() {
    let plain = |(types, message): (Value, Value)| data(types, "PermitSingle", PERMIT2, message);
    for (spender, amount, exit) in
        [(ROUTER, "1000000", 0), (STRANGER, "1000000", 20), (ROUTER, &"9".repeat(48)[..], 10)]
    {
        let alone = judged(check_typed, &plain(permit(spender, amount)));
        let inside = judged(check_typed, &wrapped(ACCOUNT, 1, permit(spender, amount)));
        assert_eq!(
            (alone.exit_code, inside.exit_code),
            (exit, exit),
            "{spender} {amount}: {:#?}",
            inside.findings
        );
        assert!(inside.items[0].intent.contains("the right to take"), "{}", inside.items[0].intent);
        // The hash to sign is that of the whole.
        let digest = |report: &Report| report.items[0].hashes.as_ref().map(|it| it.hashes.digest);
        assert_ne!(digest(&alone), digest(&inside));
    }
    let own = judged(check_typed, &wrapped(ME, 1, permit(ROUTER, "1000000")));
    assert_eq!(own.exit_code, 0, "{:#?}", own.findings);
    let stranger = judged(check_typed, &wrapped(STRANGER, 1, permit(ROUTER, "1000000")));
    assert!(stranger.has("G-SIGN-01") && stranger.exit_code == 10, "{:#?}", stranger.findings);
    let elsewhere = judged(check_typed, &wrapped(ACCOUNT, 10, permit(ROUTER, "1000000")));
    assert_eq!(elsewhere.exit_code, 20, "{:#?}", elsewhere.findings);
    // Another shape of the same name is none that is read.
    let mut other = wrapped(ACCOUNT, 1, permit(ROUTER, "1000000"));
    other["types"]["TypedDataSign"].as_array_mut().expect("fields").pop();
    other["message"].as_object_mut().expect("fields").remove("salt");
    assert_ne!(judged(check_typed, &other).exit_code, 0);
}

/// A text that a smart account wraps.
fn text(account: &str, prefixed: &[u8]) -> Report {
    let types = json!({
        "EIP712Domain": fields("uint256 chainId,address verifyingContract"),
        "PersonalSign": fields("bytes prefixed"),
    });
    let message = json!({ "prefixed": format!("0x{}", hex::encode(prefixed)) });
    judged(check_typed, &data(types, "PersonalSign", account, message))
}

#[test]
fn a_text_that_a_smart_account_wraps_is_read_as_one() {
    let prefixed = |text: &str| format!("\x19Ethereum Signed Message:\n{}{text}", text.len()).into_bytes();
    for (said, exit) in [
        ("I own this address. 15 January 2026.", 0),
        ("15 January 2026: this address is my own.", 0),
        ("I agree to sell all my tokens", 10),
        ("Access zkSync account.\n\nOnly sign this message for a trusted client!", 20),
    ] {
        let report = text(ACCOUNT, &prefixed(said));
        assert_eq!(report.exit_code, exit, "{said}: {:#?}", report.findings);
        assert!(report.items[0].intent.contains(&said[..10]), "{}", report.items[0].intent);
    }
    assert_eq!(text(STRANGER, &prefixed("I own this address.")).exit_code, 10);
    // Without the prefix it may be the hash of anything.
    for bytes in
        [&b"I own this address."[..], b"\x19Ethereum Signed Message:\n5I own this address.", &[7; 32]]
    {
        assert_eq!(text(ACCOUNT, bytes).exit_code, 20);
    }
}

#[test]
fn a_payment_by_signature_without_an_end_is_for_a_person() {
    let pay_from = |kind: &str, start: &str, end: &str| {
        let types = json!({
            "EIP712Domain": fields("uint256 chainId,address verifyingContract"),
            kind: fields("address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"),
        });
        let message = json!({
            "from": ME, "to": FRIEND, "value": "1000000", "validAfter": start, "validBefore": end,
            "nonce": format!("0x{}", "07".repeat(32)),
        });
        judged(check_typed, &data(types, kind, USDC, message))
    };
    let pay = |kind: &str, end: &str| pay_from(kind, "0", end);
    let later = pay_from("TransferWithAuthorization", "1770000000", "1770100000");
    assert!(later.items[0].intent.contains("cannot be used before 2026-02-02"), "{}", later.items[0].intent);
    let now = pay("TransferWithAuthorization", "1770100000");
    assert!(!now.items[0].intent.contains("before"), "{}", now.items[0].intent);
    let never = alloy_primitives::U256::MAX.to_string();
    for kind in ["TransferWithAuthorization", "ReceiveWithAuthorization"] {
        assert_eq!(pay(kind, "1768485600").exit_code, 0, "{:#?}", pay(kind, "1768485600").findings);
        for (end, says) in [(&never[..], "forever"), ("1893456000", "until 2030-01-01")] {
            let report = pay(kind, end);
            let said = report.findings.iter().any(|one| one.title.contains(says));
            assert!(said && report.exit_code == 10, "{kind} {end}: {:#?}", report.findings);
        }
    }
}

#[test]
fn what_permit2_moves_is_a_token_that_somebody_vouches_for() {
    let word = |text: &str| format!("{:0>64}", text.trim_start_matches("0x").to_lowercase());
    let selector = |function: &str| hex::encode(&alloy_primitives::keccak256(function)[..4]);
    let one = |token: &str, to: &str| {
        let words = [ME, to, "5", token].map(word).concat();
        format!("0x{}{words}", selector("transferFrom(address,address,uint160,address)"))
    };
    let several = |token: &str, to: &str| {
        let words = ["20", "2", ME, FRIEND, "5", USDC, ME, to, "5", token].map(word).concat();
        format!("0x{}{words}", selector("transferFrom((address,address,uint160,address)[])"))
    };
    let ask = |data: String| {
        judged(
            check_tx,
            &json!({ "from": ME, "to": PERMIT2, "value": "0x0", "chainId": "0x1", "data": data }),
        )
    };
    for call in [&one as &dyn Fn(&str, &str) -> String, &several] {
        let good = ask(call(USDC, FRIEND));
        assert_eq!(good.exit_code, 0, "{:#?}", good.findings);
        let unknown = ask(call(STRANGER, FRIEND));
        assert_eq!(unknown.exit_code, 30, "{:#?}", unknown.findings);
        let stranger = ask(call(USDC, STRANGER));
        assert_ne!(stranger.exit_code, 0, "{:#?}", stranger.findings);
    }
}

/// What a Safe signs may be the text itself: it is read as any other text is.
#[test]
fn a_text_that_a_safe_signs_is_read() {
    let signed = |text: &[u8]| {
        let types = json!({
            "EIP712Domain": fields("uint256 chainId,address verifyingContract"),
            "SafeMessage": fields("bytes message"),
        });
        let message = json!({ "message": format!("0x{}", hex::encode(text)) });
        judged(check_typed, &data(types, "SafeMessage", ACCOUNT, message))
    };
    for text in [
        "Access zkSync account.\n\nOnly sign this message for a trusted client!",
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        "tracehound guard: I reviewed 0xabababababababababababababababababababababababababababababababab",
    ] {
        let report = signed(text.as_bytes());
        assert_eq!(report.exit_code, 20, "{text}: {:#?}", report.findings);
    }
    // A hash is what a Safe signs mostly, and may be any permit or order.
    assert_eq!(signed(&[0xab; 32]).exit_code, 30);
    assert_eq!(signed(b"Welcome back.").exit_code, 10);
}

/// A domain is shown to whoever signs, and said to nobody else.
#[test]
fn what_opens_an_account_is_found_in_a_domain() {
    let named = |name: &str| {
        let mut data =
            data(json!({ "Hello": fields("string text") }), "Hello", FRIEND, json!({ "text": "hello" }));
        data["types"]["EIP712Domain"] = fields("string name,uint256 chainId,address verifyingContract");
        data["domain"]["name"] = json!(name);
        judged(check_typed, &data)
    };
    assert_ne!(named("Example").exit_code, 20);
    for name in [
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        "Access zkSync account.",
    ] {
        assert_eq!(named(name).exit_code, 20, "{name}: {:#?}", named(name).findings);
    }
}

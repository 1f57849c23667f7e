//! Typed data by its whole type: who gives, gets, receives, and may act, each in the sentence and each judged.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_typed};

use crate::UNPRICED;

const ME: &str = "0x1111111111111111111111111111111111111111";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const CONTRACT: &str = "0x9999999999999999999999999999999999999999";

fn judge(primary: &str, fields: &[(&str, &str, Value)]) -> Report {
    let policy = format!(
        "{UNPRICED}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n[[trusted]]\naddress='{CONTRACT}'\nlabel='the contract'\n\
         roles=['contract']\n[[trusted]]\naddress='{FRIEND}'\nlabel='a friend'\nroles=['operator','recipient']\n"
    );
    let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n");
    let (policy, facts) = (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
    let types: Vec<Value> =
        fields.iter().map(|(kind, name, _)| json!({ "name": name, "type": kind })).collect();
    let message: serde_json::Map<String, Value> =
        fields.iter().map(|(_, name, value)| ((*name).to_owned(), value.clone())).collect();
    let data = json!({
        "types": {
            "EIP712Domain": [
                { "name": "name", "type": "string" }, { "name": "chainId", "type": "uint256" },
                { "name": "verifyingContract", "type": "address" }
            ],
            primary: types
        },
        "primaryType": primary,
        "domain": { "name": "X", "chainId": 1, "verifyingContract": CONTRACT },
        "message": message
    });
    check_typed(data.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn order(primary: &str, maker: &str, gives: (&str, &str), gets: (&str, &str)) -> Report {
    let nobody = json!("0x0000000000000000000000000000000000000000");
    let until = json!(1_768_485_600_u64);
    let word = json!(format!("0x{}", "00".repeat(32)));
    let head = vec![
        ("address", "makerToken", json!(gives.0)),
        ("address", "takerToken", json!(gets.0)),
        ("uint128", "makerAmount", json!(gives.1)),
        ("uint128", "takerAmount", json!(gets.1)),
    ];
    let maker = ("address", "maker", json!(maker));
    let rest = match primary {
        "LimitOrder" => vec![
            ("uint128", "takerTokenFeeAmount", json!("0")),
            maker,
            ("address", "taker", nobody.clone()),
            ("address", "sender", nobody.clone()),
            ("address", "feeRecipient", nobody),
            ("bytes32", "pool", word),
            ("uint64", "expiry", until),
            ("uint256", "salt", json!("1")),
        ],
        "RfqOrder" => vec![
            maker,
            ("address", "taker", nobody.clone()),
            ("address", "txOrigin", nobody),
            ("bytes32", "pool", word),
            ("uint64", "expiry", until),
            ("uint256", "salt", json!("1")),
        ],
        _ => vec![
            maker,
            ("address", "taker", nobody.clone()),
            ("address", "txOrigin", nobody),
            ("uint256", "expiryAndNonce", json!("1")),
        ],
    };
    judge(primary, &[head, rest].concat())
}

#[test]
fn orders_of_0x_are_read_as_what_is_given_and_what_comes_back() {
    for primary in ["LimitOrder", "RfqOrder", "OtcOrder"] {
        let fair = order(primary, ME, (USDC, "3000000000"), (WETH, "1000000000000000000"));
        let intent = &fair.items[0].intent;
        assert!(intent.contains("3,000 USDC") && intent.contains("1 WETH"), "{primary}: {intent}");
        let nothing = order(primary, ME, (USDC, "3000000000"), (STRANGER, "1"));
        assert_ne!(nothing.exit_code, 0, "{primary}: for a token nobody knows");
        assert!(nothing.has("G-ORD-01"), "{primary}: {:#?}", nothing.findings);
        let gone = order(primary, STRANGER, (USDC, "3000000000"), (WETH, "1000000000000000000"));
        assert_ne!(gone.exit_code, 0, "{primary}: what comes back goes to somebody else");
    }
}

#[test]
fn who_may_vote_and_where_a_deposit_goes_is_judged() {
    let delegate = |to: &str| {
        judge(
            "Delegation",
            &[
                ("address", "delegatee", json!(to)),
                ("uint256", "nonce", json!("0")),
                ("uint256", "expiry", json!("1768485600")),
            ],
        )
    };
    let stranger = delegate(STRANGER);
    assert!(stranger.items[0].intent.to_lowercase().contains(&STRANGER[2..]), "{}", stranger.items[0].intent);
    assert_ne!(stranger.exit_code, 0, "{:#?}", stranger.findings);
    let deposit = |strategy: &str| {
        judge(
            "Deposit",
            &[
                ("address", "staker", json!(ME)),
                ("address", "strategy", json!(strategy)),
                ("address", "token", json!(USDC)),
                ("uint256", "amount", json!("1000000")),
                ("uint256", "nonce", json!("0")),
                ("uint256", "expiry", json!("1768485600")),
            ],
        )
    };
    let stranger = deposit(STRANGER);
    assert!(stranger.items[0].intent.contains("1 USDC"), "{}", stranger.items[0].intent);
    assert_ne!(stranger.exit_code, 0, "{:#?}", stranger.findings);
    assert!(deposit(FRIEND).exit_code < stranger.exit_code || deposit(FRIEND).exit_code == 0);
}

/// What people sign every day, in words of money; what a stranger's contract calls a swap stays a name.
#[test]
fn exchanges_are_told_by_what_leaves_and_what_comes_back() {
    let Some(file) = tracehound_testkit::shared_data("guard/everyday.jsonl") else { return };
    let text = std::fs::read_to_string(file).expect("readable");
    let intent = |label: &str| {
        let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let row = rows.into_iter().find(|row| row["label"].as_str().is_some_and(|it| it.contains(label)));
        crate::hard_cases::answer(&row.expect("a case")).items[0].intent.clone()
    };
    let swap = intent("multicall swap");
    assert!(swap.contains("exchanges 1,000 USDC for at least 0.1 WETH"), "{swap}");
    let unwrap = intent("WETH withdraw");
    assert!(unwrap.contains("turns 1 WETH back into ETH"), "{unwrap}");
}

/// What is done on an exchange's books has no act: it is told in words, its payee is somebody that is vouched for, and a person
/// looks at it.
#[test]
fn what_is_done_on_the_books_of_an_exchange_is_told_and_for_a_person_to_look_at() {
    let send = |to: &str| {
        judge(
            "HyperliquidTransaction:UsdSend",
            &[
                ("string", "hyperliquidChain", json!("Mainnet")),
                ("string", "destination", json!(to)),
                ("string", "amount", json!("250000.5")),
                ("uint64", "time", json!(1_768_478_400_000_u64)),
            ],
        )
    };
    for (to, code) in [(FRIEND, 10), (ME, 10), (STRANGER, 20), ("0x55", 20), ("a friend", 20), ("", 20)] {
        let report = send(to);
        assert_eq!(report.exit_code, code, "{to}: {:?}", report.findings);
        let intent = &report.items[0].intent;
        assert!(intent.contains("sends \"250000.5\" USDC on Hyperliquid (\"Mainnet\") to"), "{intent}");
    }
    let fee = |to: &str| {
        judge(
            "HyperliquidTransaction:ApproveBuilderFee",
            &[
                ("string", "hyperliquidChain", json!("Mainnet")),
                ("string", "maxFeeRate", json!("1%")),
                ("address", "builder", json!(to)),
                ("uint64", "nonce", json!(1)),
            ],
        )
    };
    assert_eq!((fee(FRIEND).exit_code, fee(STRANGER).exit_code), (10, 20));
    let vote = |voter: &str| {
        judge(
            "Ballot",
            &[
                ("uint256", "proposalId", json!("7")),
                ("uint8", "support", json!(1)),
                ("address", "voter", json!(voter)),
                ("uint256", "nonce", json!(0)),
            ],
        )
    };
    assert_eq!((vote(ME).exit_code, vote(STRANGER).exit_code), (10, 10));
    assert!(vote(STRANGER).has("G-SIGN-01"), "it speaks for another");
    // An action behind a hash: what is agreed to cannot be seen.
    let agent = judge(
        "Agent",
        &[
            ("string", "source", json!("a")),
            ("bytes32", "connectionId", json!(format!("0x{}", "17".repeat(32)))),
        ],
    );
    assert_ne!(agent.exit_code, 0);
    assert!(agent.items[0].intent.contains("nobody can see"), "{}", agent.items[0].intent);
}

//! Typed data by its whole type: who gives, gets, receives, and may act, each in the sentence and each judged.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_tx, check_typed};

use crate::UNPRICED;

const ME: &str = "0x1111111111111111111111111111111111111111";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const CONTRACT: &str = "0x9999999999999999999999999999999999999999";

fn judge(primary: &str, fields: &[(&str, &str, Value)]) -> Report {
    judge_by(check_typed, "", &request(primary, fields, &[]))
}

/// A policy with a friend and a contract that is trusted, also to take what is signed away.
fn judge_by(check: fn(&[u8], Context<'_>) -> Report, facts: &str, request: &Value) -> Report {
    let policy = format!(
        "{UNPRICED}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n[[trusted]]\naddress='{CONTRACT}'\nlabel='the contract'\n\
         roles=['contract','permit2-spender']\n[[trusted]]\naddress='{FRIEND}'\nlabel='a friend'\nroles=['operator','recipient']\n"
    );
    let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n{facts}");
    let (policy, facts) = (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
    check(request.to_string().as_bytes(), Context::new(&policy, &facts))
}

/// Typed data, with types that its own type names.
fn request(primary: &str, fields: &[(&str, &str, Value)], inner: &[(&str, Value)]) -> Value {
    let types: Vec<Value> =
        fields.iter().map(|(kind, name, _)| json!({ "name": name, "type": kind })).collect();
    let message: serde_json::Map<String, Value> =
        fields.iter().map(|(_, name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut data = json!({
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
    for (name, fields) in inner {
        data["types"][*name] = fields.clone();
    }
    data
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

const COIN: &str = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const ZERO: &str = "0x0000000000000000000000000000000000000000";
const PRICES: &str = "[[price]]\ndollars='3000'\ndate='2026-01-15T11:00:00Z'\n[[price]]\ntoken='0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'\n\
                      dollars='1'\ndate='2026-01-15T11:00:00Z'\n";

/// What stands for the chain's coin at one contract is no token at another: whoever takes such an order there pays nothing.
#[test]
fn the_coin_is_asked_for_only_where_a_contract_pays_it_out() {
    for primary in ["LimitOrder", "RfqOrder", "OtcOrder"] {
        for token in [COIN, ZERO] {
            let report = order(primary, ME, (USDC, "3000000000"), (token, "990000000000000000"));
            assert_eq!(report.exit_code, 20, "{primary} for {token}: {}", report.items[0].intent);
            assert!(report.items[0].intent.contains("for nothing"), "{}", report.items[0].intent);
        }
    }
    for (coin, code) in [(COIN, 0), (ZERO, 20)] {
        let report = judge_by(check_typed, PRICES, &settler(coin, ME));
        assert_eq!(report.exit_code, code, "Settler for {coin}: {:#?}", report.findings);
    }
}

/// 0x Settler: 3,000 USDC for an ether of what stands for it.
fn settler(coin: &str, recipient: &str) -> Value {
    let word = |kind: &str, name: &str| json!({ "name": name, "type": kind });
    let slippage =
        json!([word("address", "recipient"), word("address", "buyToken"), word("uint256", "minAmountOut")]);
    let permitted = json!([word("address", "token"), word("uint256", "amount")]);
    let mut data = request(
        "PermitWitnessTransferFrom",
        &[
            ("TokenPermissions", "permitted", json!({ "token": USDC, "amount": "3000000000" })),
            ("address", "spender", json!(CONTRACT)),
            ("uint256", "nonce", json!("1")),
            ("uint256", "deadline", json!("1768485600")),
            (
                "Slippage",
                "slippage",
                json!({ "recipient": recipient, "buyToken": coin, "minAmountOut": "990000000000000000" }),
            ),
        ],
        &[("Slippage", slippage), ("TokenPermissions", permitted)],
    );
    data["domain"] = json!({ "name": "Permit2", "chainId": 1, "verifyingContract": "0x000000000022D473030F116dDEE9F6B43aC78BA3" });
    data
}

#[test]
fn what_an_order_sends_to_the_zero_address_is_nobodys() {
    let report = judge_by(check_typed, PRICES, &settler(COIN, ZERO));
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    assert!(report.items[0].intent.contains("to nobody"), "{}", report.items[0].intent);
}

fn one_inch(receiver: &str, traits: &str) -> Report {
    let fields = [
        ("uint256", "salt", json!("1")),
        ("address", "maker", json!(ME)),
        ("address", "receiver", json!(receiver)),
        ("address", "makerAsset", json!(USDC)),
        ("address", "takerAsset", json!(WETH)),
        ("uint256", "makingAmount", json!("3000000000")),
        ("uint256", "takingAmount", json!("990000000000000000")),
        ("uint256", "makerTraits", json!(traits)),
    ];
    judge_by(check_typed, PRICES, &request("Order", &fields, &[]))
}

#[test]
fn how_long_an_order_of_1inch_holds_stands_in_its_traits() {
    let forever = |report: &Report| report.findings.iter().any(|finding| finding.title.contains("forever"));
    let none = one_inch(ZERO, "0");
    assert_eq!(none.exit_code, 10, "{:#?}", none.findings);
    assert!(forever(&none), "{:#?}", none.findings);
    // 1768489200, an hour later, from bit 80 on.
    let hour: alloy_primitives::U256 = alloy_primitives::U256::from(1_768_489_200_u64) << 80;
    let ends = one_inch(ZERO, &hour.to_string());
    assert_eq!(ends.exit_code, 0, "the zero address is the maker here: {:#?}", ends.findings);
    let late: alloy_primitives::U256 = alloy_primitives::U256::from(1_999_999_999_u64) << 80;
    assert_eq!(one_inch(ZERO, &late.to_string()).exit_code, 10);
    // The lowest 80 bits are the end of the address of the only one who may take it.
    let ending: alloy_primitives::U256 = hour + alloy_primitives::U256::from(0xabcd);
    let one = one_inch(ZERO, &ending.to_string());
    assert_eq!(one.exit_code, 10, "{:#?}", one.findings);
    let said = |report: &Report| {
        report
            .findings
            .iter()
            .any(|one| one.title.contains("ends in 0000000000000000abcd can take this order"))
    };
    assert!(said(&one) && !said(&ends), "{:#?}", one.findings);
    let highest: alloy_primitives::U256 = alloy_primitives::U256::from(1) << 79;
    let highest: alloy_primitives::U256 = hour + highest;
    assert_eq!(one_inch(ZERO, &highest.to_string()).exit_code, 10);
}

/// Less than a fifth of a large sum is a large sum.
#[test]
fn an_order_loses_no_more_by_told_prices_than_the_policy_lets_go() {
    let order = |gives: u64, milli: u64| {
        let hour: alloy_primitives::U256 = alloy_primitives::U256::from(1_768_489_200_u64) << 80;
        let fields = [
            ("uint256", "salt", json!("1")),
            ("address", "maker", json!(ME)),
            ("address", "receiver", json!(ZERO)),
            ("address", "makerAsset", json!(USDC)),
            ("address", "takerAsset", json!(WETH)),
            ("uint256", "makingAmount", json!(format!("{gives}000000"))),
            ("uint256", "takingAmount", json!(format!("{milli}000000000000000"))),
            ("uint256", "makerTraits", json!(hour.to_string())),
        ];
        let policy = format!(
            "{}\n[[trusted]]\naddress='{CONTRACT}'\nlabel='the contract'\nroles=['contract']\n",
            tracehound_guard::policy::DEFAULT
        );
        let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n{PRICES}");
        let (policy, facts) =
            (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
        check_typed(request("Order", &fields, &[]).to_string().as_bytes(), Context::new(&policy, &facts))
    };
    assert_eq!(order(3_000, 900).exit_code, 0, "{:#?}", order(3_000, 900).findings);
    assert_eq!(order(300_000, 99_500).exit_code, 0, "{:#?}", order(300_000, 99_500).findings);
    let lost = order(300_000, 99_000);
    assert_eq!(lost.exit_code, 10, "{:#?}", lost.findings);
    let said = |words: &str| lost.findings.iter().any(|one| one.title.contains(words));
    assert!(said("1,500 dollars more may be lost than an exchange costs as usual"), "{:#?}", lost.findings);
    assert_eq!(order(1_000_000, 272_000).exit_code, 10);
}

/// A wallet may sign the one that was not judged.
#[test]
fn of_several_things_to_sign_none_is_judged() {
    let data = request("Greeting", &[("string", "words", json!("hello"))], &[]);
    let written = json!(data.to_string());
    let typed = |params: Value| {
        judge_by(check_tx, "", &json!({ "method": "eth_signTypedData_v4", "params": params, "id": 1 }))
    };
    let one = typed(json!([ME, written]));
    assert!(
        !one.findings.iter().any(|finding| finding.title.contains("beside the account")),
        "{:#?}",
        one.findings
    );
    for params in [
        json!([written, written]),
        json!([ME, data, written]),
        json!([data, ME, [data]]),
        json!([ME, written, 1]),
    ] {
        let report = typed(params.clone());
        assert_eq!(report.exit_code, 20, "{params}");
        let said = report.findings.iter().any(|finding| finding.title.contains("beside the account"));
        assert!(said, "{params}: {:#?}", report.findings);
    }
    let personal = |params: Value| {
        judge_by(check_tx, "", &json!({ "method": "personal_sign", "params": params, "id": 1 })).exit_code
    };
    assert_eq!(personal(json!(["Hello", "I sell all"])), 20);
    assert_eq!(personal(json!(["Hello", ME])), personal(json!([ME, "Hello"])));
    assert_ne!(personal(json!(["Hello", ME])), 20);
}

#[test]
fn a_transaction_of_no_chain_is_said_to_be_one_signed_or_not() {
    let raw = |list: &[u8]| json!(format!("0x{:02x}{}", 0xc0 + list.len(), hex::encode(list)));
    // nonce 1, price 1, gas 21000, to a friend, 1 wei, nothing: six fields, as whoever signs for every chain hashes them.
    let mut six = vec![1, 1, 0x82, 0x52, 0x08, 0x94];
    six.extend([0x55; 20]);
    six.extend([1, 0x80]);
    let nine = [&six[..], &[1, 0x80, 0x80]].concat();
    let no_chain = |request: &Value| {
        let report = judge_by(check_tx, "", request);
        report.findings.iter().any(|finding| finding.title.starts_with("Names no chain"))
    };
    assert!(no_chain(&raw(&six)) && !no_chain(&raw(&nine)));
    let signed = |v: &str, kind: &str| json!({ "from": ME, "to": FRIEND, "value": "0x1", "type": kind, "gasPrice": "0x1", "v": v, "r": "0x1", "s": "0x1" });
    assert!(no_chain(&signed("0x1b", "0x0")) && no_chain(&signed("0x1c", "0x0")));
    assert!(!no_chain(&signed("0x25", "0x0")) && !no_chain(&signed("0x1b", "0x2")));
}

/// It hands over the account, and creates no contract.
#[test]
fn an_authorization_among_transactions_is_told_from_a_creation() {
    for key in ["address", "contractAddress", "delegate", "implementation", "codeAddress", "Address"] {
        for nonce in [Some(json!("0x5")), Some(Value::Null), None] {
            let mut one = json!({ "chainId": "0x1", key: STRANGER });
            if let Some(nonce) = &nonce {
                one["nonce"] = nonce.clone();
            }
            for request in [json!([one]), one.clone()] {
                let report = judge_by(check_tx, "", &request);
                assert!(matches!(report.exit_code, 20 | 30), "{request}: {}", report.exit_code);
                let said = serde_json::to_string(&report).expect("JSON");
                assert!(!said.contains("reates a contract"), "{request}: {said}");
            }
        }
    }
}

#[test]
fn balances_of_balancers_vault_are_for_a_person() {
    let cow = |from: &str, to: &str| {
        let fields = [
            ("address", "sellToken", json!(USDC)),
            ("address", "buyToken", json!(COIN)),
            ("address", "receiver", json!(ZERO)),
            ("uint256", "sellAmount", json!("3000000000")),
            ("uint256", "buyAmount", json!("990000000000000000")),
            ("uint32", "validTo", json!(1_768_485_600_u64)),
            ("bytes32", "appData", json!(format!("0x{}", "00".repeat(32)))),
            ("uint256", "feeAmount", json!("0")),
            ("string", "kind", json!("sell")),
            ("bool", "partiallyFillable", json!(false)),
            ("string", "sellTokenBalance", json!(from)),
            ("string", "buyTokenBalance", json!(to)),
        ];
        judge_by(check_typed, PRICES, &request("Order", &fields, &[])).exit_code
    };
    assert_eq!(cow("erc20", "erc20"), 0);
    assert_eq!((cow("internal", "erc20"), cow("external", "erc20"), cow("erc20", "internal")), (10, 10, 10));
}

/// Hyperliquid holds what it takes to fields of its own: its SDK writes the chain 421614, wallets whichever they are on.
#[test]
fn what_hyperliquid_takes_may_name_any_chain() {
    const NOBODY: &str = "0x0000000000000000000000000000000000000000";
    let ask = |name: &str, chain: u64, primary: &str, fields: &[(&str, &str, Value)]| {
        let mut data = request(primary, fields, &[]);
        data["domain"] = json!({ "name": name, "chainId": chain, "verifyingContract": NOBODY });
        judge_by(check_typed, "", &data)
    };
    let send = |name: &str, chain: u64, to: &str| {
        let fields = [
            ("string", "hyperliquidChain", json!("Mainnet")),
            ("string", "destination", json!(to)),
            ("string", "amount", json!("1")),
            ("uint64", "time", json!(1_768_478_400_000_u64)),
        ];
        ask(name, chain, "HyperliquidTransaction:UsdSend", &fields)
    };
    for chain in [1, 999, 42_161, 421_614] {
        let report = send("HyperliquidSignTransaction", chain, FRIEND);
        assert_eq!(report.exit_code, 10, "{chain}: {:#?}", report.findings);
        assert!(!report.next.iter().any(|step| step.contains(NOBODY)), "{:?}", report.next);
        assert_eq!(send("HyperliquidSignTransaction", chain, STRANGER).exit_code, 20);
    }
    assert_eq!(send("Another", 421_614, FRIEND).exit_code, 20, "of another domain the chain counts");
    let agent = |name: &str| {
        let hash = json!(format!("0x{}", "17".repeat(32)));
        let fields = [("string", "source", json!("a")), ("bytes32", "connectionId", hash)];
        ask(name, 1337, "Agent", &fields)
    };
    let whole = agent("Exchange");
    assert_eq!(whole.exit_code, 30, "{:#?}", whole.findings);
    assert!(
        whole.items[0].intent.contains("an action on Hyperliquid (\"a\"), of which only the hash is here"),
        "{}",
        whole.items[0].intent
    );
    assert_eq!(agent("Another").exit_code, 20, "elsewhere it is a hash and nothing more");
}

/// A call by 0x, and what whoever sends it is paid.
#[test]
fn a_meta_transaction_of_0x_is_read() {
    let paid = |amount: &str, limit: &str| {
        let nobody = json!("0x0000000000000000000000000000000000000000");
        let fields = [
            ("address", "signer", json!(ME)),
            ("address", "sender", nobody),
            ("uint256", "minGasPrice", json!("0")),
            ("uint256", "maxGasPrice", json!("0")),
            ("uint256", "expirationTimeSeconds", json!("1768485600")),
            ("uint256", "salt", json!("1")),
            ("bytes", "callData", json!("0x12345678")),
            ("uint256", "value", json!("0")),
            ("address", "feeToken", json!(USDC)),
            ("uint256", "feeAmount", json!(amount)),
        ];
        let data = request("MetaTransactionData", &fields, &[]);
        let policy = Policy::parse(&format!(
            "{UNPRICED}\n[[trusted]]\naddress='{CONTRACT}'\nlabel='0x'\nroles=['contract']\n{limit}"
        ));
        let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n");
        let facts = Facts::parse(&facts).expect("facts");
        check_typed(data.to_string().as_bytes(), Context::new(&policy.expect("a policy"), &facts))
    };
    let little = paid("1000000", "");
    assert_eq!(little.exit_code, 10, "{:#?}", little.findings);
    assert!(
        little.items[0].intent.contains("pays 1 USDC to whoever executes it"),
        "{}",
        little.items[0].intent
    );
    assert!(paid("1000000000000", "").exit_code == 20);
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='1'\n");
    assert!(paid("1000000", &limit).has("G-POL-01"));
}

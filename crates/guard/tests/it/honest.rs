//! Honest requests that rest on what is known, beside the same ones that rest on nothing.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_tx, check_typed};

use crate::UNPRICED;

const ME: &str = "0x1111111111111111111111111111111111111111";
const COLD: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const COIN: &str = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const COW: &str = "0x9008D19f58AAbD9eD0D60971565AA8510560ab41";
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
const UNIVERSAL: &str = "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af";
const ETHER: u64 = 1_000_000_000_000_000_000;

fn word(text: &str) -> String {
    format!("{:0>64}", text.trim_start_matches("0x").to_lowercase())
}

fn number(value: u64) -> String {
    format!("{value:064x}")
}

fn call(function: &str, words: &[String]) -> String {
    format!("0x{}{}", hex::encode(&alloy_primitives::keccak256(function)[..4]), words.concat())
}

fn judged(check: fn(&[u8], Context<'_>) -> Report, policy: &str, input: &Value) -> Report {
    let policy = format!("{UNPRICED}\n[[book]]\naddress='{COLD}'\nname='our cold wallet'\n{policy}");
    let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n");
    let (policy, facts) = (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
    check(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn sent(to: &str, value: u64, data: &str, policy: &str) -> Report {
    let value = format!("{value:#x}");
    judged(check_tx, policy, &json!({ "from": ME, "to": to, "value": value, "chainId": 1, "data": data }))
}

fn typed(primary: &str, contract: &str, fields: &[(&str, &str, Value)]) -> Value {
    let types: Vec<Value> =
        fields.iter().map(|(name, kind, _)| json!({ "name": name, "type": kind })).collect();
    let message: serde_json::Map<String, Value> =
        fields.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone())).collect();
    json!({
        "types": {
            "EIP712Domain": [{ "name": "chainId", "type": "uint256" }, { "name": "verifyingContract", "type": "address" }],
            primary: types,
        },
        "primaryType": primary,
        "domain": { "chainId": 1, "verifyingContract": contract },
        "message": message,
    })
}

/// An order at `CoW`: wrapped ether for ether, to somebody.
fn order(receiver: &str, buys: &str, gets: &str) -> Report {
    order_in(["sell", "erc20", "erc20"], receiver, buys, gets)
}

/// As [`order`], with what it says of its kind and of where the tokens are.
fn order_in(words: [&str; 3], receiver: &str, buys: &str, gets: &str) -> Report {
    let zero = format!("0x{}", "00".repeat(32));
    let fields = [
        ("sellToken", "address", json!(WETH)),
        ("buyToken", "address", json!(buys)),
        ("receiver", "address", json!(receiver)),
        ("sellAmount", "uint256", json!("1000000000000000000")),
        ("buyAmount", "uint256", json!(gets)),
        ("validTo", "uint32", json!(1_768_485_600)),
        ("appData", "bytes32", json!(zero)),
        ("feeAmount", "uint256", json!("0")),
        ("kind", "string", json!(words[0])),
        ("partiallyFillable", "bool", json!(false)),
        ("sellTokenBalance", "string", json!(words[1])),
        ("buyTokenBalance", "string", json!(words[2])),
    ];
    judged(check_typed, "", &typed("Order", COW, &fields))
}

#[test]
fn an_order_may_pay_a_wallet_of_the_address_book() {
    let whole = "1000000000000000000";
    for receiver in [ME, COLD, "0x0000000000000000000000000000000000000000"] {
        let report = order(receiver, COIN, whole);
        assert_eq!(report.exit_code, 0, "{receiver}: {:#?}", report.findings);
    }
    assert_eq!(order(STRANGER, COIN, whole).exit_code, 20);
    assert_eq!(order(COLD, COIN, "999999999999999999").exit_code, 10);
    assert_eq!(order(COLD, USDC, "3000000000").exit_code, 10, "prices are known to nobody here");
    assert_eq!(order(COLD, COIN, "0").exit_code, 20, "nothing comes back");
}

#[test]
fn words_of_an_order_that_its_market_does_not_have_are_not_read() {
    let judged = |words| order_in(words, ME, COIN, "1000000000000000000").exit_code;
    for words in [["buy", "erc20", "erc20"], ["sell", "erc20", "erc20"]] {
        assert_eq!(judged(words), 0, "{words:?}");
    }
    // They are its words, and mean balances that another contract keeps.
    for words in [["buy", "erc20", "internal"], ["sell", "external", "erc20"], ["sell", "internal", "erc20"]]
    {
        assert_eq!(judged(words), 10, "{words:?}");
    }
    for words in [
        ["x", "erc20", "erc20"],
        ["", "erc20", "erc20"],
        ["sell", "x", "erc20"],
        ["sell", "erc20", ""],
        ["sell", "erc20", "external"],
    ] {
        assert_eq!(judged(words), 30, "{words:?}");
    }
}

#[test]
fn a_permit_at_permit2_may_be_given_on_the_chain_to_whom_permit2_is_trusted_with() {
    let permit = |spender: &str, amount: u64, expires: u64, policy: &str| {
        let head = [word(ME), word(USDC), number(amount), number(expires), number(0), word(spender)];
        let tail = [number(1_768_485_600), number(0x100), number(65), format!("{:0<192}", "11".repeat(65))];
        let function = "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)";
        sent(PERMIT2, 0, &call(function, &[head.concat(), tail.concat()]), policy)
    };
    let good = permit(UNIVERSAL, 1_000_000, 1_768_485_600, "");
    assert_eq!(good.exit_code, 0, "{:#?}", good.findings);
    assert_eq!(permit(STRANGER, 1_000_000, 1_768_485_600, "").exit_code, 20);
    assert_eq!(permit(UNIVERSAL, 1_000_000, 1_900_000_000, "").exit_code, 10, "for years");
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='999999'\n");
    assert_eq!(permit(UNIVERSAL, 1_000_000, 1_768_485_600, &limit).exit_code, 20);
    // Whom Permit2 is trusted with takes no permit of the token itself.
    let own = [word(ME), word(UNIVERSAL), number(5), number(1_768_485_600), number(27), number(1), number(1)];
    let function = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)";
    assert_ne!(sent(USDC, 0, &call(function, &own), "").exit_code, 0);
}

#[test]
fn votes_are_told_as_votes() {
    const UNI: &str = "0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984";
    let delegates = |contract: &str, to: &str| {
        let fields = [
            ("delegatee", "address", json!(to)),
            ("nonce", "uint256", json!("0")),
            ("expiry", "uint256", json!("1769000000")),
        ];
        judged(check_typed, "", &typed("Delegation", contract, &fields))
    };
    let friend = delegates(UNI, COLD);
    assert_eq!(friend.exit_code, 10, "{:#?}", friend.findings);
    let intent = &friend.items[0].intent;
    assert!(intent.starts_with("gives your votes at") && intent.contains("our cold wallet"), "{intent}");
    assert!(friend.of("G-OWN-01")[0].title.contains("no tokens move"), "{:#?}", friend.findings);
    assert_eq!(delegates(UNI, ME).exit_code, 10);
    assert_eq!(delegates(UNI, STRANGER).exit_code, 30, "no tokens move");
    // On the chain as by signature.
    let by_call = |to: &str| sent(UNI, 0, &call("delegate(address)", &[word(to)]), "").exit_code;
    assert_eq!((by_call(COLD), by_call(ME), by_call(STRANGER)), (10, 10, 30));
    // A contract that nobody knows may take it for anything.
    let unknown = delegates(STRANGER, COLD);
    assert_eq!(unknown.exit_code, 20, "{:#?}", unknown.findings);
    assert!(!unknown.items[0].intent.contains("votes"), "{}", unknown.items[0].intent);
}

#[test]
fn sentences_say_what_is_meant() {
    let intent = |report: Report| report.items[0].intent.clone();
    let pool = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2";
    let trusted = format!("[[trusted]]\naddress='{pool}'\nlabel='a market'\nroles=['contract']\n");
    let all = "f".repeat(64);
    // Lending: token and amount.
    for (function, words, says) in [
        (
            "supply(address,uint256,address,uint16)",
            vec![word(USDC), number(1_000_000_000), word(ME), number(0)],
            "supplies 1,000 USDC at",
        ),
        (
            "withdraw(address,uint256,address)",
            vec![word(USDC), number(1_000_000_000), word(ME)],
            "withdraws 1,000 USDC at",
        ),
        (
            "borrow(address,uint256,uint256,uint16,address)",
            vec![word(USDC), number(1_000_000_000), number(2), number(0), word(ME)],
            "borrows 1,000 USDC at",
        ),
        (
            "repay(address,uint256,uint256,address)",
            vec![word(USDC), all, number(2), word(ME)],
            "repays as much",
        ),
    ] {
        let data = call(function, &words);
        let told = intent(sent(pool, 0, &data, &trusted));
        assert!(told.starts_with(says) && told.ends_with(", for you"), "{told}");
        let stranger = intent(sent(STRANGER, 0, &data, ""));
        assert!(stranger.starts_with("calls "), "of a stranger's function nothing is known: {stranger}");
    }
    // One and two are the caller and the router, at the newer router.
    let newer = "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45";
    let swap = |to: u64| {
        let words = [
            word(USDC),
            word(WETH),
            number(500),
            number(to),
            number(3_000_000_000),
            number(ETHER),
            number(0),
        ];
        intent(sent(
            newer,
            0,
            &call("exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))", &words),
            "",
        ))
    };
    assert!(swap(1).ends_with(", for you"), "{}", swap(1));
    assert!(swap(2).ends_with(", for the router itself"), "{}", swap(2));
    // Permit2: the zero address is no coin, and an expiration of zero is this block.
    let approve = |token: &str, end: u64| {
        let words = [word(token), word(UNIVERSAL), number(1_000_000), number(end)];
        intent(sent(PERMIT2, 0, &call("approve(address,address,uint160,uint48)", &words), ""))
    };
    let zero = approve("0x0", 1_768_485_600);
    assert!(zero.contains("1,000,000 base units") && !zero.contains("ETH"), "{zero}");
    let block = approve(USDC, 0);
    assert!(block.contains("in the block alone that has it") && !block.contains("1970"), "{block}");
    // To nobody: the end of a right over one NFT.
    let words = [word("0x0"), number(5)];
    let ends = intent(sent(STRANGER, 0, &call("approve(address,uint256)", &words), ""));
    assert!(ends.starts_with("ends the right over the NFT 5 of"), "{ends}");
}

#[test]
fn an_expiry_of_zero_is_none_where_all_is_given() {
    const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
    let permit = |expiry: u64| {
        let fields = [
            ("holder", "address", json!(ME)),
            ("spender", "address", json!(UNIVERSAL)),
            ("nonce", "uint256", json!("0")),
            ("expiry", "uint256", json!(expiry.to_string())),
            ("allowed", "bool", json!(true)),
        ];
        judged(check_typed, "", &typed("Permit", DAI, &fields))
    };
    let open = permit(0);
    assert!(open.items[0].intent.ends_with("forever"), "{}", open.items[0].intent);
    assert!(open.findings.iter().any(|one| one.title.contains("holds forever")), "{:#?}", open.findings);
    let hour = permit(1_768_485_600);
    assert!(hour.items[0].intent.contains("until 2026-01-15"), "{}", hour.items[0].intent);
}

/// `swap` of 1inch's router, with the coin as it is written there.
#[test]
fn the_coin_is_the_coin_where_contracts_write_it_as_a_token() {
    const ONE_INCH: &str = "0x111111125421cA6dc452d289314280a0f8842A65";
    const EXECUTOR: &str = "0x5141B82f5fFDa4c6fE1E372978F1C5427640a190";
    let for_whom =
        |whom: &str, gives: &str, gets: &str, amount: u64, least: u64, value: u64, policy: &str| {
            let executor = EXECUTOR;
            let head = [
                word(executor),
                word(gives),
                word(gets),
                word(executor),
                word(whom),
                number(amount),
                number(least),
            ];
            let tail = [number(0), number(0x120), number(0)];
            let function = "swap(address,(address,address,address,address,uint256,uint256,uint256),bytes)";
            sent(ONE_INCH, value, &call(function, &[head.concat(), tail.concat()]), policy)
        };
    let swap = |gives: &str, gets: &str, amount: u64, least: u64, value: u64, policy: &str| {
        for_whom(ME, gives, gets, amount, least, value, policy)
    };
    let router = format!("[[trusted]]\naddress='{ONE_INCH}'\nlabel='1inch'\nroles=['contract','spender']\n");
    let trusted =
        format!("{router}[[trusted]]\naddress='{EXECUTOR}'\nlabel='its executor'\nroles=['contract']\n");
    let stranger = swap(USDC, COIN, 3_000_000_000, ETHER, 0, &router);
    assert_eq!(stranger.exit_code, 30, "whoever executes it gets what is given: {:#?}", stranger.findings);
    let unknown = |report: &Report| {
        report.findings.iter().any(|one| one.title.contains("Nothing is known of the token"))
    };
    let out = swap(USDC, COIN, 3_000_000_000, ETHER, 0, &trusted);
    assert_eq!(out.exit_code, 0, "{:#?}", out.findings);
    assert!(out.items[0].intent.contains("1 ETH"), "{}", out.items[0].intent);
    // Where nobody is named, whoever calls gets it.
    let nobody = "0x0000000000000000000000000000000000000000";
    let own = for_whom(nobody, USDC, COIN, 3_000_000_000, ETHER, 0, &trusted);
    assert_eq!(own.exit_code, 0, "{:#?}", own.findings);
    assert!(own.items[0].intent.ends_with("for you"), "{}", own.items[0].intent);
    assert_eq!(for_whom(STRANGER, USDC, COIN, 3_000_000_000, ETHER, 0, &trusted).exit_code, 20);
    let into = swap(COIN, USDC, ETHER, 3_000_000_000, ETHER, &trusted);
    assert_eq!(into.exit_code, 0, "{:#?}", into.findings);
    // What is sent along counts once, against the limit of the coin.
    let limit = |most: u64| format!("{trusted}[[limit]]\nper-transaction='{most}'\n");
    assert_eq!(swap(COIN, USDC, ETHER, 3_000_000_000, ETHER, &limit(ETHER)).exit_code, 0);
    assert_eq!(swap(COIN, USDC, ETHER, 3_000_000_000, ETHER, &limit(ETHER - 1)).exit_code, 20);
    assert!(unknown(&swap(USDC, STRANGER, 3_000_000_000, ETHER, 0, &trusted)));
    assert_eq!(
        swap(USDC, COIN, 3_000_000_000, 1_000, 0, &trusted).exit_code,
        10,
        "next to nothing of the coin"
    );
    assert_eq!(
        swap(COIN, USDC, ETHER, 3_000_000_000, 2 * ETHER, &trusted).exit_code,
        10,
        "more than it takes"
    );
    assert_eq!(swap(COIN, WETH, ETHER, ETHER - 1, ETHER, &trusted).exit_code, 10, "less of the same");
}

#[test]
fn a_user_operation_of_ones_own_account_at_the_entry_point_that_is_shipped_is_read() {
    let operation = |entry: &str, sender: &str, to: &str| {
        // execute(to, 5, "")
        let data = call("execute(address,uint256,bytes)", &[word(to), number(5), number(96), number(0)]);
        let fields = [
            ("sender", "address", json!(sender)),
            ("nonce", "uint256", json!("0")),
            ("initCode", "bytes", json!("0x")),
            ("callData", "bytes", json!(data)),
            ("accountGasLimits", "bytes32", json!(format!("0x{:032x}{:032x}", 100_000, 100_000))),
            ("preVerificationGas", "uint256", json!("50000")),
            ("gasFees", "bytes32", json!(format!("0x{:032x}{:032x}", 1_000_000_000, 1_000_000_000))),
            ("paymasterAndData", "bytes", json!("0x")),
        ];
        judged(check_typed, "", &typed("PackedUserOperation", entry, &fields))
    };
    for entry in ["0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108", "0x433709009B8330FDa32311DF1C2AFA402eD8D009"]
    {
        let report = operation(entry, ME, COLD);
        assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
        assert!(report.items[0].intent.contains("sends"), "{}", report.items[0].intent);
        assert_ne!(operation(entry, ME, STRANGER).exit_code, 0);
        assert_ne!(operation(entry, COLD, COLD).exit_code, 0, "another's account");
    }
    assert_ne!(operation(STRANGER, ME, COLD).exit_code, 0);
}

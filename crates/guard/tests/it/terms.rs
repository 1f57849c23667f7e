//! Until when orders hold, what prices are believed, and what of them is not read.

use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, Severity, check_message, check_typed, policy::DEFAULT,
};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const NOW: i64 = 1_768_478_400;
const DAY: i64 = 86_400;

fn judged(facts: &str, input: &Value) -> Report {
    let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n{facts}");
    let (policy, facts) = (Policy::parse(DEFAULT).expect("a policy"), Facts::parse(&facts).expect("facts"));
    check_typed(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn price(token: &str, dollars: &str) -> String {
    format!("[[price]]\ntoken='{token}'\ndollars='{dollars}'\ndate='2026-01-15T00:00:00Z'\n")
}

fn cow(gives: (&str, &str), gets: (&str, &str), days: i64) -> Value {
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    json!({
        "types": {
            "EIP712Domain": [field("name", "string"), field("version", "string"), field("chainId", "uint256"),
                field("verifyingContract", "address")],
            "Order": [field("sellToken", "address"), field("buyToken", "address"), field("receiver", "address"),
                field("sellAmount", "uint256"), field("buyAmount", "uint256"), field("validTo", "uint32"),
                field("appData", "bytes32"), field("feeAmount", "uint256"), field("kind", "string"),
                field("partiallyFillable", "bool"), field("sellTokenBalance", "string"), field("buyTokenBalance", "string")]
        },
        "primaryType": "Order",
        "domain": { "name": "Gnosis Protocol", "version": "v2", "chainId": 1,
            "verifyingContract": "0x9008D19f58AAbD9eD0D60971565AA8510560ab41" },
        "message": { "sellToken": gives.0, "buyToken": gets.0, "receiver": ME, "sellAmount": gives.1, "buyAmount": gets.1,
            "validTo": NOW + days * DAY, "appData": format!("0x{}", "00".repeat(32)), "feeAmount": "0", "kind": "sell",
            "partiallyFillable": false, "sellTokenBalance": "erc20", "buyTokenBalance": "erc20" }
    })
}

const DOLLARS: (&str, &str) = (USDC, "3000000000");
const ETHER: (&str, &str) = (WETH, "990000000000000000");

/// Who may take an order on a day of his own choosing has an option on its price.
#[test]
fn an_order_that_holds_longer_than_a_permit_may_is_for_a_person_and_says_until_when() {
    let prices = price(USDC, "1.00") + &price(WETH, "3000.00");
    for (days, exit_code, until) in
        [(1, 0, "2026-01-16"), (30, 0, "2026-02-14"), (31, 10, "2026-02-15"), (181, 10, "2026-07-15")]
    {
        let report = judged(&prices, &cow(DOLLARS, ETHER, days));
        assert_eq!(report.exit_code, exit_code, "{days}: {:#?}", report.findings);
        assert!(report.items[0].intent.contains(&format!("until {until}")), "{}", report.items[0].intent);
    }
}

/// What is told does not switch off what is shipped.
#[test]
fn a_price_far_from_all_that_is_known_of_a_thing_is_believed_by_nobody() {
    let eth = (WETH, "10000000000000000000");
    for (told, gives, gets) in [
        (price(WETH, "30.00") + &price(USDC, "1.00"), eth, (USDC, "300000000")),
        (price(USDC, "0.0001"), (USDC, "1000000000000"), (DAI, "100000000000000000000")),
        (
            price(USDC, "0.0001") + &price(WETH, "3000.00"),
            (USDC, "1000000000000"),
            (WETH, "34000000000000000"),
        ),
        (price(DAI, "5.00"), DOLLARS, (DAI, "600000000000000000000")),
        (price(WETH, "100000.00") + &price(USDC, "1.00"), DOLLARS, (WETH, "30000000000000000")),
    ] {
        let report = judged(&told, &cow(gives, gets, 1));
        assert_ne!(report.exit_code, 0, "{told}");
        let said = report.findings.iter().any(|one| {
            one.severity == Severity::Incomplete && one.title.contains("far from all that is known of it")
        });
        assert!(said, "{told}: {:#?}", report.findings);
    }
    let prices = price(USDC, "0.98") + &price(WETH, "3000.00");
    assert_eq!(judged(&prices, &cow(DOLLARS, ETHER, 1)).exit_code, 0, "as prices are");
}

#[test]
fn the_terms_behind_the_hash_of_an_order_are_said_not_to_be_read() {
    let prices = price(USDC, "1.00") + &price(WETH, "3000.00");
    let mut order = cow(DOLLARS, ETHER, 1);
    let tells = |report: &Report| report.findings.iter().any(|one| one.title.contains("(appData)"));
    assert!(!tells(&judged(&prices, &order)));
    order["message"]["appData"] = json!(format!("0x{}", "cd".repeat(32)));
    let report = judged(&prices, &order);
    assert!(tells(&report) && report.exit_code == 30, "{:#?}", report.findings);
}

/// Libraries put another type of the domain there than the document has, and sign another hash.
#[test]
fn a_domain_that_libraries_hash_differently_is_refused_with_the_place() {
    let prices = price(USDC, "1.00") + &price(WETH, "3000.00");
    let order = cow(DOLLARS, ETHER, 1);
    let mut without = order.clone();
    without["types"].as_object_mut().expect("an object").remove("EIP712Domain");
    let mut turned = order.clone();
    turned["types"]["EIP712Domain"].as_array_mut().expect("a list").reverse();
    assert_eq!(judged(&prices, &order).exit_code, 0);
    for odd in [without, turned] {
        let report = judged(&prices, &odd);
        assert_eq!(report.exit_code, 20);
        assert!(report.findings.iter().any(|one| one.path == "types.EIP712Domain"), "{:#?}", report.findings);
    }
}

#[test]
fn what_is_taken_back_from_a_validator_goes_to_nobody() {
    let stake = |back: bool| {
        let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
        let data = json!({
            "types": {
                "EIP712Domain": [field("name", "string"), field("version", "string"), field("chainId", "uint256"),
                    field("verifyingContract", "address")],
                "HyperliquidTransaction:TokenDelegate": [field("hyperliquidChain", "string"), field("validator", "address"),
                    field("wei", "uint64"), field("isUndelegate", "bool"), field("nonce", "uint64")]
            },
            "primaryType": "HyperliquidTransaction:TokenDelegate",
            "domain": { "name": "HyperliquidSignTransaction", "version": "1", "chainId": 1,
                "verifyingContract": "0x0000000000000000000000000000000000000000" },
            "message": { "hyperliquidChain": "Mainnet", "validator": "0x5ac99df645f3414876c816caa18b2d234024b487",
                "wei": "150000000", "isUndelegate": back, "nonce": 1 }
        });
        judged("", &data)
    };
    let report = stake(true);
    assert!(report.exit_code != 20 && report.exit_code != 0, "{:#?}", report.findings);
    assert!(report.items[0].intent.contains("takes 1.5 HYPE back from 0x5"), "{}", report.items[0].intent);
    let report = stake(false);
    assert_eq!(report.exit_code, 20);
    assert!(report.items[0].intent.contains("stakes 1.5 HYPE with 0x5"), "{}", report.items[0].intent);
}

fn text(input: &str) -> Report {
    let facts =
        format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\norigin='https://evil.com'\n");
    let (policy, facts) = (Policy::parse(DEFAULT).expect("a policy"), Facts::parse(&facts).expect("facts"));
    check_message(input.as_bytes(), Context::new(&policy, &facts))
}

fn sign_in(nonce: &str, uri: &str, more: &str) -> String {
    format!(
        "evil.com wants you to sign in with your Ethereum account:\n0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1\n\nURI: {uri}\n\
         Version: 1\nChain ID: 1\nNonce: {nonce}\nIssued At: 2026-01-15T12:00:00Z\nExpiration Time: 2026-01-15T13:00:00Z{more}"
    )
}

#[test]
fn a_sign_in_is_told_by_where_as_whom_and_until_when_and_words_in_its_codes_are_seen() {
    let honest = text(&sign_in("k3PqZ81vTx", "https://evil.com", ""));
    assert_eq!(honest.exit_code, 0, "{:#?}", honest.findings);
    let intent = &honest.items[0].intent;
    let parts = ["signs in at \"evil.com\" as 0xA1A1", "until 2026-01-15 13:00 UTC"];
    assert!(parts.iter().all(|part| intent.contains(part)), "{intent}");
    for odd in [
        sign_in("IgiveBobAllMyTokens", "https://evil.com", ""),
        sign_in("k3PqZ81vTx", "https://evil.com/#IGiveAllMyTokensToBob", ""),
        sign_in("k3PqZ81vTx", "https://evil.com", "\nRequest ID: IGiveAllToBob"),
        sign_in(
            "k3PqZ81vTx",
            "https://evil.com",
            "\nRequest ID: %49%20%67%69%76%65%20%61%6c%6c%20%74%6f%20%42%6f%62",
        ),
        sign_in("k3PqZ81vTx", "https://evil.com", "\nResources:\n- https://evil.com/ISellAllMyTokens"),
        sign_in(
            "k3PqZ81vTx",
            "https://evil.com",
            "\nResources:\n- https://evil.com/SSBzZWxsIGFsbCBteSB0b2tlbnMgdG8gYm9i",
        ),
        "Sign in to evil.com.\nNonce: IGiveAllMyTokensToBob12345678".to_owned(),
        "Sign in to evil.com.\nI accept the terms of service (https://evil.com/IGiveAllToBob)".to_owned(),
    ] {
        assert_eq!(text(&odd).exit_code, 10, "{odd}");
    }
}

/// Two kinds of blanks are an alphabet.
#[test]
fn blanks_that_nobody_reads_are_for_a_person() {
    assert_eq!(text("Hello\n\nwelcome").exit_code, 0);
    let bits: String = (0..80).map(|bit| if bit % 3 == 0 { '\t' } else { ' ' }).collect();
    let lines: String = [73, 32, 103].map(|count| " ".repeat(count) + "\n").concat();
    for odd in [
        format!("Hello{bits}welcome"),
        format!("Hello\n{lines}welcome"),
        format!("Hello{}welcome", "\n".repeat(200)),
    ] {
        assert_eq!(text(&odd).exit_code, 10, "{odd:?}");
    }
}

#[test]
fn harmless_words_that_bind_together_are_for_a_person() {
    for odd in [
        "I accept the terms of service of Evil, 500 a day for 12 years",
        "Do not read this message. Please sign.",
    ] {
        assert_eq!(text(odd).exit_code, 10, "{odd}");
    }
}

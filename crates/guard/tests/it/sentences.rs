//! What a sentence says first, of whom, and whose words it takes: nothing that matters stands behind "and so many things more".

use std::fmt::Write as _;

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_safe, check_tx, check_typed, policy::DEFAULT};

use crate::left::{call, number, word};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const COLD: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
const EVIL: &str = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
const SAFE: &str = "0x5afE5aFE5Afe5afe5aFe5afE5afE5aFE5afe0001";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
const POOL: &str = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2";
const BAYC: &str = "0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D";
const SEAPORT: &str = "0x0000000000000068F116a894984e2DB1123eB395";
const NOBODY: &str = "0x0000000000000000000000000000000000000000";

type Door = fn(&[u8], Context<'_>) -> Report;

fn judged(door: Door, input: &Value, policy: &str, facts: &str) -> Report {
    let book = format!("[[book]]\naddress='{COLD}'\nname='our cold wallet'\n");
    let policy = Policy::parse(&format!("{DEFAULT}\n{book}{policy}")).expect("a policy");
    let chain = if facts.contains("chain-id") { "" } else { "chain-id=1\n" };
    let account = if facts.contains("account=") { String::new() } else { format!("account='{ME}'\n") };
    let facts = Facts::parse(&format!("now='2026-02-01T00:00:00Z'\n{chain}{account}{facts}"));
    door(input.to_string().as_bytes(), Context::new(&policy, &facts.expect("facts")))
}

fn has(report: &Report, words: &str) -> bool {
    report.findings.iter().any(|finding| finding.title.contains(words))
}

fn fields(text: &str) -> Value {
    let pairs = text.split(',').map(|field| field.split_once(' ').expect("a field"));
    pairs.map(|(kind, name)| json!({ "name": name, "type": kind })).collect()
}

fn somebody(number: u64) -> String {
    format!("0x{number:0>2}d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1{number:0>2}")
}

/// An NFT for ether, of which several get shares.
fn listing(shares: &[(u64, &str)]) -> Report {
    let item = |to: &str, amount: &str| {
        json!({ "itemType": 0, "token": NOBODY, "identifierOrCriteria": "0", "startAmount": amount, "endAmount": amount,
            "recipient": to })
    };
    let others = shares.iter().map(|(who, amount)| item(&somebody(*who), amount));
    let asked: Vec<Value> = std::iter::once(item(ME, "10800000000000000000")).chain(others).collect();
    let order = json!({
        "types": {
            "EIP712Domain": fields("string name,string version,uint256 chainId,address verifyingContract"),
            "OrderComponents": fields("address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,\
                uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter"),
            "OfferItem": fields("uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount"),
            "ConsiderationItem": fields("uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,\
                uint256 endAmount,address recipient"),
        },
        "primaryType": "OrderComponents",
        "domain": { "name": "Seaport", "version": "1.6", "chainId": 1, "verifyingContract": SEAPORT },
        "message": {
            "offerer": ME, "zone": NOBODY,
            "offer": [{ "itemType": 2, "token": BAYC, "identifierOrCriteria": "5", "startAmount": "1", "endAmount": "1" }],
            "consideration": asked, "orderType": 0, "startTime": "1769900000", "endTime": "1770000000",
            "zoneHash": format!("0x{}", "0".repeat(64)), "salt": "7",
            "conduitKey": "0x0000007b02230091a7ed01230072f7006a004d60a8d4e71d599b8104250f0000", "counter": "0",
        },
    });
    let fees: Vec<String> = (1..=9)
        .map(|who| format!("[[trusted]]\naddress='{}'\nlabel='market {who}'\nroles=['fee']\n", somebody(who)))
        .collect();
    let facts = format!(
        "[[floor]]\ncollection='{BAYC}'\nprice='10_000_000_000_000_000_000'\ndate='2026-01-31T00:00:00Z'\n"
    );
    judged(check_typed, &order, &fees.concat(), &facts)
}

#[test]
fn everybody_who_gets_a_share_of_an_order_is_named_once_with_all_that_he_gets() {
    const SHARE: &str = "600000000000000000";
    let two = listing(&[(1, SHARE), (2, SHARE)]);
    assert_eq!(two.exit_code, 0, "{:#?}", two.findings);
    let intent = &two.items[0].intent;
    assert!(intent.contains("0.6 ETH to") && intent.matches("0.6 ETH").count() == 2, "{intent}");
    assert!(intent.contains("market 1") && intent.contains("market 2"), "{intent}");
    let twice = &listing(&[(1, SHARE), (1, SHARE)]).items[0].intent;
    assert!(twice.contains("1.2 ETH to") && !twice.contains("0.6 ETH"), "{twice}");
    // Of more than a sentence holds, those who get most.
    let dust = "1";
    let many = listing(&[(1, dust), (2, dust), (3, dust), (4, dust), (5, dust), (6, SHARE)]);
    let intent = &many.items[0].intent;
    assert!(intent.contains("0.6 ETH to") && intent.contains("market 6"), "{intent}");
    assert!(intent.contains("and something to 2 others"), "{intent}");
}

/// The report of calls of one's own as a person reads it, up to what is to be done next.
fn calls_of_one(calls: &[Value]) -> String {
    let request = json!({ "method": "wallet_sendCalls", "params": [
        { "version": "2.0.0", "from": ME, "chainId": "0x1", "atomicRequired": true, "calls": calls }] });
    let report = judged(check_tx, &request, "", &verified());
    let mut text = String::new();
    tracehound_guard::text::write(&mut text, &report).expect("a string");
    let above = text.split("\nTransaction ").next().unwrap_or_default();
    above.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn verified() -> String {
    [PERMIT2, POOL]
        .map(|address| format!("[[address]]\naddress='{address}'\nkind='contract'\nverified=true\n"))
        .concat()
}

/// The sentence of a batch that one call makes.
fn batch(calls: &[Value]) -> String {
    let mut packed = String::new();
    for one in calls {
        let data = one["data"].as_str().unwrap_or("0x").trim_start_matches("0x");
        let value = one["value"].as_str().unwrap_or("0x0").trim_start_matches("0x");
        let to = one["to"].as_str().unwrap_or_default()[2..].to_lowercase();
        write!(packed, "00{to}{value:0>64}{}{data}", number(data.len() as u64 / 2)).expect("a string");
    }
    let width = (packed.len() / 2).div_ceil(32) * 64;
    let words = [number(32), number(packed.len() as u64 / 2), format!("{packed:0<width$}")];
    let mut row =
        row(&format!("0x{}", call("multiSend(bytes)", &words)), "0x9641d764fc13c8B624c04430C7356C1C7C8102e2");
    row["operation"] = json!(1);
    row["value"] = json!("0");
    let facts = format!(
        "{}[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{ME}']\nthreshold=1\nnonce=10\n",
        verified()
    );
    judged(check_safe, &row, "", &facts).items[0].intent.clone()
}

fn pays(wei: u64) -> Value {
    json!({ "to": COLD, "value": format!("{wei:#x}") })
}

fn calls(to: &str, function: &str, words: &[String]) -> Value {
    json!({ "to": to, "value": "0x0", "data": format!("0x{}", call(function, words)) })
}

fn approve(spender: &str, amount: &str) -> Value {
    calls(USDC, "approve(address,uint256)", &[word(spender), amount.to_owned()])
}

#[test]
fn rights_debts_and_the_largest_amounts_stand_before_dust_in_a_long_batch() {
    let dust = || (0..30).map(|_| pays(1));
    let unlimited = approve(PERMIT2, &"f".repeat(64));
    let loan = calls(
        POOL,
        "borrow(address,uint256,uint256,uint16,address)",
        &[word(USDC), number(1_000_000_000_000), number(2), number(0), word(SAFE)],
    );
    let own_loan = calls(
        POOL,
        "borrow(address,uint256,uint256,uint16,address)",
        &[word(USDC), number(1_000_000_000_000), number(2), number(0), word(ME)],
    );
    let large = pays(9_000_000_000_000_000_000);
    let small_right = approve(PERMIT2, &number(1));
    let intent = batch(&dust().chain([large, small_right, loan, unlimited]).collect::<Vec<_>>());
    let place = |words: &str| intent.find(words).unwrap_or_else(|| panic!("{words}: {intent}"));
    let right =
        place("gives 0x000000000022D473030F116dDEE9F6B43aC78BA3 (Permit2) the right to take ALL your USDC");
    let debt = place("borrows 1,000,000 USDC");
    assert!(right < debt && debt < place("sends 9 ETH"), "{intent}");
    assert!(intent.contains("and 28 things more"), "{intent}");
    // Calls that are sent one by one are told in the same order, each by its place.
    let text = calls_of_one(&dust().chain([pays(9_000_000_000_000_000_000), own_loan]).collect::<Vec<_>>());
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(
        place("what: tx.calls[31]: borrows 1,000,000 USDC") < place("what: tx.calls[30]: sends 9 ETH"),
        "{text}"
    );
    assert!(text.contains("and 29 more"), "{text}");
    // A right over dust is no more than dust.
    let rights = (0..10).map(|_| approve(PERMIT2, &number(1)));
    let intent = batch(&rights.chain([pays(9_000_000_000_000_000_000)]).collect::<Vec<_>>());
    assert!(intent.starts_with("sends 9 ETH"), "{intent}");
    // As few as have room stand in the order in which they happen.
    let intent = batch(&[pays(1), approve(PERMIT2, &number(1_000_000))]);
    assert!(intent.starts_with("sends 0.000000000000000001 ETH"), "{intent}");
}

#[test]
fn a_message_in_the_name_of_a_safe_is_told_with_its_text() {
    let facts = format!(
        "account='{COLD}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{COLD}','{ME}']\nthreshold=2\nnonce=1\n"
    );
    let message = |bytes: &str| {
        let data = json!({
            "types": {
                "EIP712Domain": fields("uint256 chainId,address verifyingContract"),
                "SafeMessage": fields("bytes message"),
            },
            "primaryType": "SafeMessage",
            "domain": { "chainId": 1, "verifyingContract": SAFE },
            "message": { "message": bytes },
        });
        judged(check_typed, &data, "", &facts).items[0].intent.clone()
    };
    let text = message(&format!("0x{}", hex::encode("I sell all my tokens to bob")));
    assert!(
        text.contains(r#"signs the text "I sell all my tokens to bob", in the name of the Safe"#),
        "{text}"
    );
    let hash = message(&format!("0x{}", "9f".repeat(32)));
    assert!(hash.contains("signs a message in the name of the Safe"), "{hash}");
}

#[test]
fn a_delegatecall_of_ones_own_account_takes_over_no_safe() {
    let mode = format!("ff{}", "0".repeat(62));
    let inner = format!("{}{}", &EVIL[2..], call("transfer(address,uint256)", &[word(EVIL), number(1)]));
    let length = inner.len() / 2;
    let padded = format!("{inner:0<width$}", width = length.div_ceil(32) * 64);
    let data = call("execute(bytes32,bytes)", &[mode, number(64), number(length as u64), padded]);
    let tx = json!({ "from": ME, "to": ME, "value": "0x0", "data": format!("0x{data}"), "chainId": 1 });
    let report = judged(check_tx, &tx, "", "");
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    assert!(
        has(&report, "with your account's own storage and money: it can take over your account."),
        "{:#?}",
        report.findings
    );
    assert!(!has(&report, "Safe") && !report.items[0].intent.contains("Safe"), "{report:#?}");
}

#[test]
fn tokens_of_polygon_write_their_chain_as_a_salt() {
    const USDC_E: &str = "0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174";
    let permit = |contract: &str, salt: u64, chain: u64| {
        let data = json!({
            "types": {
                "EIP712Domain": fields("string name,string version,address verifyingContract,bytes32 salt"),
                "Permit": fields("address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"),
            },
            "primaryType": "Permit",
            "domain": { "name": "USD Coin (PoS)", "version": "1", "verifyingContract": contract, "salt": format!("0x{salt:064x}") },
            "message": { "owner": ME, "spender": PERMIT2, "value": "100000000", "nonce": "0", "deadline": "1769950000" },
        });
        judged(check_typed, &data, "", &format!("chain-id={chain}\n"))
    };
    let own = permit(USDC_E, 137, 137);
    assert!(!has(&own, "names no chain") && own.exit_code == 0, "{:#?}", own.findings);
    let elsewhere = permit(USDC_E, 137, 1);
    assert!(has(&elsewhere, "for another chain") && elsewhere.exit_code == 20, "{:#?}", elsewhere.findings);
    // Of any other salt, and at any other contract, it says nothing.
    for (contract, salt) in [(USDC_E, 138), (EVIL, 137)] {
        let report = permit(contract, salt, 137);
        assert!(has(&report, "names no chain"), "{contract} {salt}: {:#?}", report.findings);
    }
}

#[test]
fn an_agent_at_hyperliquid_acts_there_and_at_no_zero_address() {
    let data = json!({
        "types": {
            "EIP712Domain": fields("string name,string version,uint256 chainId,address verifyingContract"),
            "HyperliquidTransaction:ApproveAgent": fields("string hyperliquidChain,address agentAddress,string agentName,uint64 nonce"),
        },
        "primaryType": "HyperliquidTransaction:ApproveAgent",
        "domain": { "name": "HyperliquidSignTransaction", "version": "1", "chainId": 42161, "verifyingContract": NOBODY },
        "message": { "hyperliquidChain": "Mainnet", "agentAddress": EVIL, "agentName": "", "nonce": "1769904000000" },
    });
    let report = judged(check_typed, &data, "", "chain-id=42161\n");
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    assert!(has(&report, "act for you at Hyperliquid"), "{:#?}", report.findings);
    assert!(!has(&report, "zero address"), "{:#?}", report.findings);
}

#[test]
fn where_an_account_runs_the_code_of_another_a_call_does_something() {
    let target = "0x63c0c19a282a1B52b07dD5a65b58948A07DAE32B";
    let account = |more: &str| format!("[[address]]\naddress='{ME}'\nkind='eoa'\n{more}");
    let mode = format!("01{}", "0".repeat(62));
    let one = [number(32), number(1), number(32), word(USDC), number(0), number(96), number(68)];
    let inner = call("transfer(address,uint256)", &[word(COLD), number(5)]);
    let batch = format!("{}{inner:0<192}", one.concat());
    let data = call("execute(bytes32,bytes)", &[mode, number(64), number(batch.len() as u64 / 2), batch]);
    let tx = json!({ "from": ME, "to": ME, "value": "0x0", "data": format!("0x{data}"), "chainId": 1 });
    let runs = judged(check_tx, &tx, "", &account(&format!("delegate='{target}'\n")));
    assert!(!has(&runs, "where no code lies"), "{:#?}", runs.findings);
    for more in [String::new(), format!("delegate='{NOBODY}'\n")] {
        let bare = judged(check_tx, &tx, "", &account(&more));
        assert!(has(&bare, "where no code lies"), "{more}: {:#?}", bare.findings);
    }
    // What is sent with data to somebody who runs code is an instruction to that code.
    let words = [word(ME), word(EVIL), number(7), number(128), number(1), format!("{:0<64}", "ab")];
    let data = call("safeTransferFrom(address,address,uint256,bytes)", &words);
    let tx = json!({ "from": ME, "to": BAYC, "value": "0x0", "data": format!("0x{data}"), "chainId": 1 });
    let to = |more: &str| format!("[[address]]\naddress='{EVIL}'\nkind='eoa'\n{more}");
    assert!(!has(&judged(check_tx, &tx, "", &to("")), "Hands 1 bytes along"));
    assert!(has(&judged(check_tx, &tx, "", &to(&format!("delegate='{target}'\n"))), "Hands 1 bytes along"));
}

fn row(data: &str, to: &str) -> Value {
    json!({
        "safe": SAFE, "to": to, "value": "5", "data": data, "operation": 0, "safeTxGas": "0", "baseGas": "0", "gasPrice": "0",
        "gasToken": NOBODY, "refundReceiver": NOBODY, "nonce": 10, "confirmations": [],
    })
}

fn of_safe(input: &Value) -> Report {
    let facts = format!(
        "account='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{ME}']\nthreshold=1\nnonce=10\n"
    );
    judged(check_safe, input, "", &facts)
}

#[test]
fn a_transaction_that_stands_twice_on_a_page_is_there_as_often_as_it_is_counted() {
    let page = |count: u64| {
        let rows = [row("0x", COLD), row("0x", COLD)];
        of_safe(&json!({ "count": count, "next": null, "previous": null, "results": rows }))
    };
    assert!(page(2).exit_code == 0 && page(2).items.len() == 1, "{:#?}", page(2).findings);
    assert!(has(&page(3), "2 of 3 are here") && page(3).exit_code == 30, "{:#?}", page(3).findings);
}

#[test]
fn what_a_service_says_of_call_data_must_be_what_they_say() {
    let transfer = |to: &str| call("transfer(address,uint256)", &[word(to), number(5)]);
    let told = |to: &str, amount: Value| {
        json!({ "method": "transfer", "parameters": [
            { "name": "to", "type": "address", "value": to }, { "name": "value", "type": "uint256", "value": amount }] })
    };
    let ask = |data: &str, decoded: Value| {
        let mut row = row(&format!("0x{data}"), if data.is_empty() { COLD } else { USDC });
        if !data.is_empty() {
            row["value"] = json!("0");
        }
        row["dataDecoded"] = decoded;
        of_safe(&row)
    };
    for (data, decoded) in [
        (transfer(COLD), told(COLD, json!("5"))),
        (transfer(COLD), told(COLD, json!(5))),
        (transfer(COLD), told(COLD, json!("0x5"))),
        (transfer(COLD), told(&COLD.to_uppercase().replace("0X", "0x"), json!("5"))),
        (transfer(COLD), Value::Null),
        (String::new(), Value::Null),
    ] {
        let report = ask(&data, decoded.clone());
        assert_eq!(report.exit_code, 0, "{decoded}: {:#?}", report.findings);
    }
    for (data, decoded) in [
        (String::new(), told(EVIL, json!("5"))),
        (transfer(COLD), told(EVIL, json!("5"))),
        (transfer(COLD), told(COLD, json!("4"))),
        (transfer(COLD), json!({ "method": "approve", "parameters": told(COLD, json!("5"))["parameters"] })),
        (transfer(COLD), json!({ "method": "transfer", "parameters": [] })),
        (transfer(COLD), json!({ "method": "transfer", "parameters": null })),
    ] {
        let report = ask(&data, decoded.clone());
        assert!(
            has(&report, "words say another thing") && report.exit_code == 20,
            "{decoded}: {:#?}",
            report.findings
        );
    }
    for decoded in [
        json!({}),
        json!("transfer"),
        json!({ "method": "transfer", "parameters": {} }),
        json!({ "method": "transfer", "parameters": [{ "name": "to", "value": COLD }] }),
        told(COLD, json!("five")),
        told("cold.eth", json!("5")),
        // One that is two: the selector is right, and the amount is not told.
        json!({ "method": "transfer", "parameters": [{ "name": "to", "type": "address,uint256", "value": COLD }] }),
    ] {
        let report = ask(&transfer(COLD), decoded.clone());
        assert!(
            has(&report, "not compared with them here") && report.exit_code == 10,
            "{decoded}: {:#?}",
            report.findings
        );
    }
}

#[test]
fn what_a_service_says_of_calls_within_calls_must_be_what_they_say() {
    let inner = call("transfer(address,uint256)", &[word(COLD), number(5)]);
    let packed = format!("00{}{}{}{inner}", &USDC[2..].to_lowercase(), number(0), number(68));
    let width = (packed.len() / 2_usize).div_ceil(32) * 64;
    let data = call(
        "multiSend(bytes)",
        &[number(32), number(packed.len() as u64 / 2), format!("{packed:0<width$}")],
    );
    let told = |to: &str, list: &mut dyn FnMut(&mut Value)| {
        let mut within = json!([{ "operation": 0, "to": USDC, "value": "0", "data": format!("0x{inner}"),
            "dataDecoded": { "method": "transfer", "parameters": [
                { "name": "to", "type": "address", "value": to }, { "name": "value", "type": "uint256", "value": "5" }] } }]);
        list(&mut within);
        let mut row = row(&format!("0x{data}"), "0x9641d764fc13c8B624c04430C7356C1C7C8102e2");
        row["operation"] = json!(1);
        row["value"] = json!("0");
        row["dataDecoded"] = json!({ "method": "multiSend", "parameters": [
            { "name": "transactions", "type": "bytes", "value": format!("0x{packed}"), "valueDecoded": within }] });
        of_safe(&row)
    };
    let alike = told(COLD, &mut |_| {});
    assert!(!has(&alike, "service's words"), "{:#?}", alike.findings);
    for (to, mut change) in [
        (EVIL, Box::new(|_: &mut Value| {}) as Box<dyn FnMut(&mut Value)>),
        (COLD, Box::new(|list: &mut Value| list[0]["to"] = json!(EVIL))),
        (COLD, Box::new(|list: &mut Value| list[0]["value"] = json!("1"))),
        (COLD, Box::new(|list: &mut Value| list[0]["operation"] = json!(1))),
        (COLD, Box::new(|list: &mut Value| *list = json!([]))),
    ] {
        let report = told(to, &mut *change);
        assert!(
            has(&report, "words say another thing") && report.exit_code == 20,
            "{to}: {:#?}",
            report.findings
        );
    }
}

#[test]
fn what_the_gateway_shows_of_a_transfer_must_be_what_the_data_do() {
    let data = call("transfer(address,uint256)", &[word(COLD), number(5)]);
    let ask = |info: Value| {
        let details = json!({
            "safeAddress": SAFE, "txId": "x", "txStatus": "AWAITING_CONFIRMATIONS", "txInfo": info,
            "txData": { "hexData": format!("0x{data}"), "dataDecoded": null, "to": { "value": USDC }, "value": "0", "operation": 0 },
            "detailedExecutionInfo": { "type": "MULTISIG", "nonce": 10, "safeTxGas": "0", "baseGas": "0", "gasPrice": "0",
                "gasToken": NOBODY, "refundReceiver": { "value": NOBODY }, "confirmations": [] },
        });
        of_safe(&details)
    };
    let transfer = |to: &str, token: &str, amount: &str| {
        json!({ "type": "Transfer", "sender": { "value": SAFE }, "recipient": { "value": to }, "direction": "OUTGOING",
            "transferInfo": { "type": "ERC20", "tokenAddress": token, "value": amount, "decimals": 6 } })
    };
    let custom =
        |to: &str| json!({ "type": "Custom", "to": { "value": to }, "value": "0", "methodName": "transfer" });
    for info in [transfer(COLD, USDC, "5"), custom(USDC), json!({ "type": "Custom" }), Value::Null] {
        let report = ask(info.clone());
        assert_eq!(report.exit_code, 0, "{info}: {:#?}", report.findings);
    }
    let orders = json!({ "type": "SwapOrder", "uid": "x", "status": "open" });
    let other =
        json!({ "type": "Transfer", "recipient": { "value": COLD }, "transferInfo": { "type": "ERC1155" } });
    for info in [orders, other, json!({ "type": "Creation" }), json!({})] {
        let report = ask(info.clone());
        assert!(
            has(&report, "not compared with them here") && report.exit_code == 10,
            "{info}: {:#?}",
            report.findings
        );
    }
    let coin = json!({ "type": "Transfer", "recipient": { "value": COLD }, "transferInfo": { "type": "NATIVE_COIN", "value": "5" } });
    for info in
        [transfer(EVIL, USDC, "5"), transfer(COLD, EVIL, "5"), transfer(COLD, USDC, "4"), custom(EVIL), coin]
    {
        let report = ask(info.clone());
        assert!(
            has(&report, "words say another thing") && report.exit_code == 20,
            "{info}: {:#?}",
            report.findings
        );
    }
}

#[test]
fn of_time_and_of_payments_of_the_past_no_more_is_said_than_there_is() {
    // Somebody who was paid in ether alone.
    let pay = calls(USDC, "transfer(address,uint256)", &[word(EVIL), number(5_000_000)]);
    let tx = json!({ "from": ME, "to": pay["to"], "value": "0x0", "data": pay["data"], "chainId": 1 });
    let report = judged(check_tx, &tx, "", &format!("[[past]]\nto='{EVIL}'\nvalue='1'\n"));
    assert!(
        has(&report, "known by payments of other assets than") && report.exit_code == 10,
        "{:#?}",
        report.findings
    );
    // A name for a year.
    let controller = "0x253553366Da8546fC250F225fe3d25d0C782303b";
    let renew = |seconds: u64| {
        let words = [number(64), number(seconds), number(7), format!("{:0<64}", hex::encode("vitalik"))];
        let data = call("renew(string,uint256)", &words);
        let tx = json!({ "from": ME, "to": controller, "value": "0x38d7ea4c68000", "data": format!("0x{data}"), "chainId": 1 });
        judged(check_tx, &tx, "", "").items[0].intent.clone()
    };
    for (seconds, words) in
        [(31_536_000, "for 1 year at"), (63_072_000, "for 2 years at"), (86_400, "for 1 day at")]
    {
        assert!(renew(seconds).contains(words), "{}", renew(seconds));
    }
}

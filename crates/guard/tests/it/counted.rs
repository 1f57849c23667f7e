//! What the limits of a policy count once: an allowance and what the same request takes by it, rivals of one number; and what a day
//! is held to of which nobody tells what left before.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_safe, check_tx, policy::DEFAULT};

use crate::left::{call, number, word};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const SAFE: &str = "0x5afE5aFE5Afe5afe5aFe5afE5afE5aFE5afe0001";
const OTHER: &str = "0x5afe5afe5afe5afe5afe5afe5afe5afe5afe0002";
const POOL: &str = "0xdddddddddddddddddddddddddddddddddddddd01";
const SECOND: &str = "0xdddddddddddddddddddddddddddddddddddddd02";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
const MULTI_SEND: &str = "0x40A2aCCbd92BCA938b02010E17A5b8929b49130D";
const ITS_CODE: &str = "0xa9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad";
const DAY: &str = "per-day='1_500'\n";
const AT_ONCE: &str = "per-transaction='1_500'\n";

fn policy(limit: &str) -> Policy {
    let trusted = [POOL, SECOND]
        .map(|pool| format!("[[trusted]]\naddress='{pool}'\nlabel='a pool'\nroles=['contract','spender']\n"));
    let book = format!("[[book]]\naddress='{FRIEND}'\nname='a friend'\n");
    let limit = format!("[[limit]]\ntoken='{USDC}'\n{limit}");
    Policy::parse(&format!("{DEFAULT}\n{}{book}{limit}", trusted.concat())).expect("a policy")
}

fn facts(account: &str, spent: Option<u64>) -> Facts {
    let spent =
        spent.map_or_else(String::new, |value| format!("[[spent]]\ntoken='{USDC}'\nvalue='{value}'\n"));
    let code = format!("[[address]]\naddress='{MULTI_SEND}'\ncode-hash='{ITS_CODE}'\n");
    let safes = [SAFE, OTHER].map(|safe| {
        format!("[[safe]]\naddress='{safe}'\nversion='1.4.1'\nnonce=7\nowners=['{ME}']\nthreshold=1\n")
    });
    let text = format!(
        "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{account}'\n{spent}{code}{}",
        safes.concat()
    );
    Facts::parse(&text).expect("facts")
}

fn approve(spender: &str, amount: u64) -> String {
    call("approve(address,uint256)", &[word(spender), number(amount)])
}

fn supply(token: &str, amount: u64, to: &str) -> String {
    call("supply(address,uint256,address,uint16)", &[word(token), number(amount), word(to), number(0)])
}

fn transfer(to: &str, amount: u64) -> String {
    call("transfer(address,uint256)", &[word(to), number(amount)])
}

type Calls<'c> = &'c [(&'c str, String)];

/// The calls as one batch of a wallet.
fn batch(calls: Calls<'_>, limit: &str) -> Report {
    let calls: Vec<Value> =
        calls.iter().map(|(to, data)| json!({ "to": to, "data": format!("0x{data}") })).collect();
    let input = json!({ "method": "wallet_sendCalls", "params": [
        { "version": "2.0.0", "from": ME, "chainId": "0x1", "atomicRequired": true, "calls": calls }] });
    check_tx(input.to_string().as_bytes(), Context::new(&policy(limit), &facts(ME, Some(0))))
}

fn safe_tx(nonce: u64, to: &str, data: &str, operation: u8) -> Value {
    crate::whole(json!({
        "safe": SAFE, "to": to, "value": "0", "data": format!("0x{data}"), "operation": operation, "nonce": nonce,
    }))
}

fn packed(calls: Calls<'_>) -> String {
    let one = |(to, data): &(&str, String)| {
        let length = number(data.len() as u64 / 2);
        format!("00{}{}{length}{data}", to[2..].to_lowercase(), number(0))
    };
    let packed: String = calls.iter().map(one).collect();
    let width = packed.len().next_multiple_of(64);
    call("multiSend(bytes)", &[number(32), number(packed.len() as u64 / 2), format!("{packed:0<width$}")])
}

fn of_safe(input: &Value, limit: &str, spent: Option<u64>) -> Report {
    check_safe(input.to_string().as_bytes(), Context::new(&policy(limit), &facts(ME, spent)))
}

/// The same calls by a wallet, by a Safe in one transaction, and by a Safe one after the other.
fn all(calls: Calls<'_>, of: &str) -> [Report; 3] {
    let calls_of_safe: Vec<(&str, String)> =
        calls.iter().map(|(to, data)| (*to, data.replace(&word(ME), &word(SAFE)))).collect();
    let queue: Vec<Value> =
        calls_of_safe.iter().zip(7..).map(|((to, data), nonce)| safe_tx(nonce, to, data, 0)).collect();
    // A service lists the last one first.
    let queue: Vec<Value> = queue.into_iter().rev().collect();
    let reports = [
        batch(calls, AT_ONCE),
        of_safe(&safe_tx(7, MULTI_SEND, &packed(&calls_of_safe), 1), AT_ONCE, None),
        of_safe(&json!(queue), DAY, Some(0)),
    ];
    for report in &reports {
        assert!(!report.has("G-FMT-01"), "{of}: {:#?}", report.findings);
    }
    reports
}

#[test]
fn an_allowance_and_what_the_same_request_takes_by_it_count_once() {
    for (calls, of) in [
        (vec![(USDC, approve(POOL, 1_000)), (POOL, supply(USDC, 1_000, ME))], "all of it"),
        (vec![(USDC, approve(POOL, 1_400)), (POOL, supply(USDC, 600, ME))], "less than it"),
        (vec![(USDC, approve(POOL, 600)), (POOL, supply(USDC, 1_400, ME))], "more than it"),
        (
            vec![
                (USDC, approve(POOL, 700)),
                (POOL, supply(USDC, 700, ME)),
                (USDC, approve(POOL, 700)),
                (POOL, supply(USDC, 700, ME)),
            ],
            "twice",
        ),
    ] {
        for report in all(&calls, of) {
            assert_eq!(report.exit_code, 0, "{of}: {:#?}", report.findings);
        }
    }
    let told = batch(&[(USDC, approve(POOL, 1_000)), (POOL, supply(USDC, 1_000, ME))], AT_ONCE);
    let together = told.together.expect("of two calls");
    assert!(together.starts_with("in all 0.001 USDC may leave"), "{together}");
}

#[test]
fn nothing_else_hides_in_an_allowance() {
    let permit =
        [word(ME), word(POOL), number(1_000), number(1_770_000_000), number(27), number(1), number(1)];
    let permit = call("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", &permit);
    let taken = call("transferFrom(address,address,uint256)", &[word(ME), word(FRIEND), number(1_000)]);
    let at_permit2 = call(
        "approve(address,address,uint160,uint48)",
        &[word(USDC), word(POOL), number(1_000), number(1_770_000_000)],
    );
    let sent_on = call(
        "outboundTransfer(address,address,uint256,uint256,uint256,bytes)",
        &[word(USDC), word(ME), number(1_000), number(0), number(0), number(192), number(0)],
    );
    for (calls, of) in [
        (vec![(POOL, supply(USDC, 1_000, ME)), (USDC, approve(POOL, 1_000))], "given afterwards"),
        (vec![(USDC, approve(SECOND, 1_000)), (POOL, supply(USDC, 1_000, ME))], "for another"),
        (vec![(DAI, approve(POOL, 1_000)), (POOL, supply(USDC, 1_600, ME))], "of another token"),
        (
            vec![
                (USDC, approve(POOL, 1_000)),
                (POOL, supply(USDC, 1_000, ME)),
                (POOL, supply(USDC, 1_000, ME)),
            ],
            "used twice",
        ),
        (
            vec![(USDC, approve(POOL, 1_400)), (POOL, supply(USDC, 600, ME)), (USDC, transfer(FRIEND, 200))],
            "and its rest",
        ),
        (vec![(USDC, approve(POOL, 1_000)), (USDC, transfer(FRIEND, 1_000))], "beside a payment"),
        (vec![(USDC, permit), (USDC, taken)], "taken for another"),
        (vec![(PERMIT2, at_permit2), (POOL, supply(USDC, 1_000, ME))], "by another way"),
        (vec![(USDC, approve(POOL, 1_000)), (POOL, sent_on)], "of a gateway's router"),
    ] {
        for report in all(&calls, of) {
            assert!(report.exit_code == 20 && report.has("G-POL-01"), "{of}: {:#?}", report.findings);
        }
    }
    // What stands first in a list and comes last by its number.
    let numbered = |numbers: [u64; 2]| {
        let calls = [(USDC, approve(POOL, 1_000)), (POOL, supply(USDC, 1_000, ME))];
        let txs = numbers.iter().zip(&calls).map(|(number, (to, data))| {
            json!({ "from": ME, "to": to, "data": format!("0x{data}"), "chainId": 1, "nonce": number })
        });
        let input: Value = txs.collect();
        check_tx(input.to_string().as_bytes(), Context::new(&policy(AT_ONCE), &facts(ME, Some(0))))
    };
    assert!(!numbered([3, 4]).has("G-POL-01") && numbered([4, 3]).has("G-POL-01"));
    // What another Safe that is made to act takes is not taken by this one's allowance.
    let inner = supply(USDC, 1_000, OTHER);
    let length = inner.len() as u64 / 2;
    let zeros = [0; 6].map(number).concat();
    let padded = format!("{inner:0<width$}", width = inner.len().next_multiple_of(64));
    let head = [word(POOL), number(0), number(320), zeros, number(320 + 32 + padded.len() as u64 / 2)];
    let data = [head.concat(), number(length), padded, number(0)];
    let executed = call(
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
        &data,
    );
    let calls = [(USDC, approve(POOL, 1_000)), (OTHER, executed)];
    let report = of_safe(&safe_tx(7, MULTI_SEND, &packed(&calls), 1), AT_ONCE, None);
    assert!(report.has("G-POL-01"), "{:#?}", report.findings);
}

#[test]
fn of_rivals_for_one_number_the_largest_counts() {
    let queue = |nonces: [u64; 2], amounts: [u64; 2]| {
        let txs =
            nonces.iter().zip(amounts).map(|(nonce, sum)| safe_tx(*nonce, USDC, &transfer(FRIEND, sum), 0));
        of_safe(&txs.collect(), DAY, Some(0))
    };
    let rivals = queue([7, 7], [900, 1_000]);
    assert!(!rivals.has("G-POL-01") && rivals.exit_code == 10, "{:#?}", rivals.findings);
    let together = rivals.together.expect("of two");
    assert!(together.starts_with("in all 0.001 USDC may leave"), "{together}");
    let both = queue([7, 8], [900, 1_000]);
    assert!(both.has("G-POL-01") && both.exit_code == 20, "{:#?}", both.findings);
    assert!(queue([7, 7], [900, 1_600]).has("G-POL-01"), "one of them alone is too much");
    // Whether the allowance is given, nobody knows: what is taken may be taken by an older one.
    let txs = json!([
        safe_tx(8, POOL, &supply(USDC, 1_000, SAFE), 0),
        safe_tx(7, USDC, &transfer(FRIEND, 0), 0),
        safe_tx(7, USDC, &approve(POOL, 1_000), 0),
    ]);
    assert!(of_safe(&txs, DAY, Some(0)).has("G-POL-01"));
}

#[test]
fn a_limit_of_a_day_is_held_to_what_is_told_of_the_day() {
    let pay = |amount: u64, spent: Option<u64>| {
        of_safe(&safe_tx(7, USDC, &transfer(FRIEND, amount), 0), DAY, spent)
    };
    assert_eq!(pay(1_000, Some(0)).exit_code, 0);
    assert_eq!(pay(1_000, Some(500)).exit_code, 0);
    assert_eq!(pay(1_000, Some(501)).exit_code, 20);
    let untold = pay(1_000, None);
    assert_eq!(untold.exit_code, 30, "{:#?}", untold.findings);
    let title = &untold.of("G-POL-01")[0].title;
    assert!(title.contains("no more than 0.0005 USDC left") && title.contains("[[spent]]"), "{title}");
    assert_eq!(pay(1_501, None).exit_code, 20, "too much for any day");
    // What is told of another asset says nothing of this one.
    let other = format!("chain-id=1\naccount='{ME}'\n[[spent]]\ntoken='{DAI}'\nvalue='0'\n");
    let facts = Facts::parse(&other).expect("facts");
    let input = json!({ "from": ME, "to": USDC, "data": format!("0x{}", transfer(FRIEND, 5)), "chainId": 1 });
    let report = check_tx(input.to_string().as_bytes(), Context::new(&policy(DAY), &facts));
    assert!(report.has("G-POL-01") && report.exit_code == 30, "{:#?}", report.findings);
}

/// A right that Permit2 keeps, and the allowance that Permit2 has for it, let the same be taken once.
#[test]
fn an_allowance_for_permit2_and_what_is_taken_by_it_count_once() {
    const ROUTER: &str = "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af";
    let keep = |spender: &str, amount: u64| {
        let words = [word(USDC), word(spender), number(amount), number(1_770_000_000)];
        call("approve(address,address,uint160,uint48)", &words)
    };
    let both = |first: u64, second: u64| [(USDC, approve(PERMIT2, first)), (PERMIT2, keep(ROUTER, second))];
    let limited = |calls: Calls<'_>| [AT_ONCE, DAY].map(|limit| batch(calls, limit).has("G-POL-01"));
    assert_eq!(
        limited(&both(1_000, 1_000)),
        [false, false],
        "{:#?}",
        batch(&both(1_000, 1_000), AT_ONCE).findings
    );
    assert_eq!(limited(&both(1_000, 400)), [false, false]);
    // More of either, for another spender besides, or the other way round: whatever was there before may be taken too.
    assert_eq!(limited(&both(1_000, 1_600)), [true, true]);
    assert_eq!(limited(&both(1_600, 1_000)), [true, true]);
    let [one, other] = both(1_000, 1_000);
    assert_eq!(limited(&[other.clone(), one.clone()]), [true, true]);
    assert_eq!(limited(&[one, other, (PERMIT2, keep(SECOND, 1_000))]), [true, true]);
    assert_eq!(limited(&[(DAI, approve(PERMIT2, 1_000)), (PERMIT2, keep(ROUTER, 1_600))]), [true, true]);
}

/// The coin that is sent along with calls of a router to itself pays for their exchanges.
#[test]
fn coin_that_is_sent_along_and_what_is_paid_with_it_count_once() {
    const ROUTER: &str = "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45";
    const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    let swap = |amount: u64| {
        let words =
            [word(WETH), word(USDC), number(500), word(ME), number(amount), number(1_000_000), number(0)];
        call("exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))", &words)
    };
    let multicall = |calls: &[String]| {
        let mut at = 32 * calls.len();
        let mut heads = String::new();
        let mut tails = String::new();
        for data in calls {
            heads.push_str(&number(at as u64));
            let width = data.len().next_multiple_of(64);
            at += 32 + width / 2;
            tails.push_str(&number(data.len() as u64 / 2));
            tails.extend([data.as_str(), &"0".repeat(width - data.len())]);
        }
        let list = [number(1_770_000_000), number(64), number(calls.len() as u64), heads, tails];
        call("multicall(uint256,bytes[])", &list)
    };
    let over = |to: &str, value: u64, calls: &[String]| {
        let policy =
            Policy::parse(&format!("{DEFAULT}\n[[limit]]\nper-transaction='1_500'\n")).expect("a policy");
        let data = format!("0x{}", multicall(calls));
        let tx =
            json!({ "from": ME, "to": to, "value": format!("{value:#x}"), "chainId": "0x1", "data": data });
        let report = check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts(ME, Some(0))));
        report.has("G-POL-01")
    };
    assert!(!over(ROUTER, 1_000, &[swap(1_000)]));
    assert!(!over(ROUTER, 1_000, &[swap(400), swap(600)]));
    // What is more than the rest of it is taken as a token, whole; what was sent back is not there.
    assert!(over(ROUTER, 1_000, &[swap(1_001)]));
    assert!(over(ROUTER, 1_000, &[swap(600), swap(600)]));
    assert!(over(ROUTER, 1_000, &[call("refundETH()", &[]), swap(1_000)]));
    assert!(over(ROUTER, 1_600, &[swap(1_000)]), "all that is sent counts");
    assert!(over(POOL, 1_000, &[swap(1_000)]), "another contract need not pay so");
}

//! Whom nothing but a payment of the past speaks for: it speaks for that asset and about as much of it, and for nothing else.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_tx, check_typed, policy::DEFAULT};

use crate::left::{call, number, word};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const PAID: &str = "0x1234567890abcdef1234567890abcdef12345678";
const BAYC: &str = "0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";

fn policy(more: &str) -> Policy {
    let bayc = format!("[[trusted]]\naddress='{BAYC}'\nlabel='BAYC'\nroles=['contract']\n");
    Policy::parse(&format!("{DEFAULT}\n{bayc}{more}")).expect("a policy")
}

fn facts() -> Facts {
    let text = format!(
        "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[past]]\nto='{PAID}'\nvalue='1'\n[[past]]\nto='{PAID}'\n\
         token='{USDC}'\nvalue='1_000_000'\n[[past]]\nto='{PAID}'\ntoken='{BAYC}'\nvalue='9_999'\n"
    );
    Facts::parse(&text).expect("facts")
}

fn ask(more: &str, to: &str, data: &str) -> Report {
    let input = json!({ "from": ME, "to": to, "value": "0x0", "data": format!("0x{data}"), "chainId": 1 });
    check_tx(input.to_string().as_bytes(), Context::new(&policy(more), &facts()))
}

fn pieces(to: &str) -> Vec<String> {
    let head = |rest: &[String]| [&[word(ME), word(to)][..], rest].concat();
    let lists =
        [number(160), number(224), number(288), number(1), number(7), number(1), number(1), number(0)];
    vec![
        call("safeTransferFrom(address,address,uint256)", &head(&[number(8817)])),
        call("safeTransferFrom(address,address,uint256,bytes)", &head(&[number(7), number(128), number(0)])),
        call("transferFrom(address,address,uint256)", &head(&[number(0)])),
        call("transferFrom(address,address,uint256)", &head(&[number(8817)])),
        call(
            "safeTransferFrom(address,address,uint256,uint256,bytes)",
            &head(&[number(1), number(1), number(160), number(0)]),
        ),
        call("safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)", &head(&lists)),
    ]
}

#[test]
fn a_payment_of_the_past_speaks_for_no_piece_that_has_a_number() {
    let book = format!("[[book]]\naddress='{PAID}'\nname='x'\n");
    for data in pieces(PAID) {
        let report = ask("", BAYC, &data);
        assert_eq!(report.exit_code, 30, "{data}: {:#?}", report.findings);
        assert!(
            report.of("G-POL-03").iter().any(|one| one.title.contains("known by payments of money alone")),
            "{:#?}",
            report.findings
        );
        let booked = ask(&book, BAYC, &data);
        assert_eq!(booked.exit_code, 0, "{data}: {:#?}", booked.findings);
    }
    // Of money it does, up to ten times what it was.
    let pay = |amount| call("transfer(address,uint256)", &[word(PAID), number(amount)]);
    assert_eq!(ask("", USDC, &pay(10_000_000)).exit_code, 0);
    assert_eq!(ask("", USDC, &pay(10_000_001)).exit_code, 10);
}

#[test]
fn thirty_pieces_of_a_batch_and_one_by_a_signature_go_to_nobody_for_a_cent_of_the_past() {
    let one = |id: u64| {
        let data = call("safeTransferFrom(address,address,uint256)", &[word(ME), word(PAID), number(id)]);
        json!({ "to": BAYC, "value": "0x0", "data": format!("0x{data}") })
    };
    let calls: Vec<Value> = (0..30).map(one).collect();
    let batch = json!({ "method": "wallet_sendCalls", "params": [
        { "version": "2.0.0", "from": ME, "chainId": "0x1", "atomicRequired": true, "calls": calls }] });
    let report = check_tx(batch.to_string().as_bytes(), Context::new(&policy(""), &facts()));
    assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    let request = json!({
        "types": {
            "EIP712Domain": [field("chainId", "uint256"), field("verifyingContract", "address")],
            "ForwardRequest": [
                field("from", "address"), field("to", "address"), field("value", "uint256"), field("gas", "uint256"),
                field("nonce", "uint256"), field("deadline", "uint48"), field("data", "bytes")],
        },
        "primaryType": "ForwardRequest",
        "domain": { "chainId": 1, "verifyingContract": BAYC },
        "message": { "from": ME, "to": BAYC, "value": "0", "gas": "100000", "nonce": "0", "deadline": "1770000000",
            "data": one(1)["data"] },
    });
    let report = check_typed(request.to_string().as_bytes(), Context::new(&policy(""), &facts()));
    assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
}

#[test]
fn a_batch_of_pieces_names_as_many_numbers_as_amounts() {
    const COLD: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
    let book = format!("[[book]]\naddress='{COLD}'\nname='cold'\n");
    let batch = |numbers: u64, amounts: u64| {
        let list =
            |length: u64| -> String { std::iter::once(length).chain(1..=length).map(number).collect() };
        let after = 160 + 32 * (numbers + 1);
        let rest =
            [number(160), number(after), number(after + 32 * (amounts + 1)), list(numbers), list(amounts)];
        let words = [&[word(ME), word(COLD)][..], &rest, &[number(0)]].concat();
        ask(&book, BAYC, &call("safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)", &words))
    };
    assert_eq!(batch(3, 3).exit_code, 0, "{:#?}", batch(3, 3).findings);
    for (numbers, amounts) in [(3, 1), (1, 3), (3, 0)] {
        let report = batch(numbers, amounts);
        assert!(report.exit_code == 20 && report.has("G-FMT-01"), "{:#?}", report.findings);
    }
}

//! The end of a right by a signature gives nobody anything, whoever loses it: as on the chain.

use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report,
    ask::{Listing, Lists},
    check_tx, check_typed,
    policy::DEFAULT,
};

const ME: &str = "0x1111111111111111111111111111111111111111";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const MARKET: &str = "0x7777777777777777777777777777777777777777";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";

/// Lists on which the stranger stands.
#[derive(Debug)]
struct OnAList;

impl Lists for OnAList {
    fn screen(&self, address: &tracehound_model::Address) -> Listing {
        let stranger: alloy_primitives::Address = STRANGER.parse().expect("an address");
        match address {
            tracehound_model::Address::Evm(bytes) if *bytes == stranger.into_array() => {
                Listing::Listed("a list".to_owned())
            }
            _ => Listing::Clear,
        }
    }

    fn sources(&self) -> Vec<String> {
        Vec::new()
    }
}

fn judged(check: fn(&[u8], Context<'_>) -> Report, input: &Value) -> Report {
    let trusted = format!("[[trusted]]\naddress='{MARKET}'\nlabel='a market'\nroles=['contract']\n");
    let policy = Policy::parse(&format!("{DEFAULT}\n{trusted}")).expect("a policy");
    let facts = Facts::parse(&format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n"));
    let facts = facts.expect("facts");
    let context = Context { lists: Some(&OnAList), ..Context::new(&policy, &facts) };
    check(input.to_string().as_bytes(), context)
}

/// Types as names and fields, the first of which is signed.
fn typed(contract: &str, types: &[(&str, &[(&str, &str)])], message: &Value) -> Report {
    let mut described = json!({
        "EIP712Domain": [{ "name": "chainId", "type": "uint256" }, { "name": "verifyingContract", "type": "address" }],
    });
    for (name, fields) in types {
        described[name] = fields.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    }
    let domain = json!({ "chainId": 1, "verifyingContract": contract });
    let data = json!({ "types": described, "primaryType": types[0].0, "domain": domain, "message": message });
    judged(check_typed, &data)
}

const PERMIT: (&str, &[(&str, &str)]) = (
    "Permit",
    &[
        ("owner", "address"),
        ("spender", "address"),
        ("value", "uint256"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ],
);

fn permit(contract: &str, owner: &str, value: &str) -> Report {
    let message = json!({ "owner": owner, "spender": STRANGER, "value": value, "nonce": "0", "deadline": "1768485600" });
    typed(contract, &[PERMIT], &message)
}

fn permit2(amounts: &[&str]) -> Report {
    let details: &[(&str, &str)] =
        &[("token", "address"), ("amount", "uint160"), ("expiration", "uint48"), ("nonce", "uint48")];
    let batch: &[(&str, &str)] =
        &[("details", "PermitDetails[]"), ("spender", "address"), ("sigDeadline", "uint256")];
    let each: Vec<Value> = amounts
        .iter()
        .map(|amount| json!({ "token": USDC, "amount": amount, "expiration": "1768485600", "nonce": "0" }))
        .collect();
    let message = json!({ "details": each, "spender": STRANGER, "sigDeadline": "1768485600" });
    typed(PERMIT2, &[("PermitBatch", batch), ("PermitDetails", details)], &message)
}

fn authorization(contract: &str, on: bool) -> Report {
    let fields: &[(&str, &str)] = &[
        ("authorizer", "address"),
        ("authorized", "address"),
        ("isAuthorized", "bool"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ];
    let message = json!({
        "authorizer": ME, "authorized": STRANGER, "isAuthorized": on, "nonce": "0", "deadline": "1768485600",
    });
    typed(contract, &[("Authorization", fields)], &message)
}

fn dai(allowed: bool) -> Report {
    let fields: &[(&str, &str)] = &[
        ("holder", "address"),
        ("spender", "address"),
        ("nonce", "uint256"),
        ("expiry", "uint256"),
        ("allowed", "bool"),
    ];
    let message = json!({ "holder": ME, "spender": STRANGER, "nonce": "0", "expiry": "1768485600", "allowed": allowed });
    typed(DAI, &[("Permit", fields)], &message)
}

fn delegation(value: &str) -> Report {
    let fields: &[(&str, &str)] =
        &[("delegatee", "address"), ("value", "uint256"), ("nonce", "uint256"), ("deadline", "uint256")];
    let message = json!({ "delegatee": STRANGER, "value": value, "nonce": "0", "deadline": "1768485600" });
    typed(MARKET, &[("DelegationWithSig", fields)], &message)
}

#[test]
fn a_right_may_be_taken_back_from_whoever_has_it() {
    let approve = format!("0x095ea7b3{:0>64}{:0>64}", &STRANGER[2..], "");
    let on_chain = judged(check_tx, &json!({ "from": ME, "to": USDC, "data": approve, "chainId": 1 }));
    assert_eq!(on_chain.exit_code, 0, "{:#?}", on_chain.findings);
    for (of, ends) in [
        ("EIP-2612", permit(USDC, ME, "0")),
        ("DAI", dai(false)),
        ("Permit2", permit2(&["0", "0"])),
        ("Morpho", authorization(MARKET, false)),
        ("Aave", delegation("0")),
    ] {
        assert_eq!(ends.exit_code, 0, "{of}: {:#?}", ends.findings);
        assert!(ends.items[0].intent.contains("ends"), "{of}: {}", ends.items[0].intent);
    }
    for (of, gives) in [
        ("EIP-2612", permit(USDC, ME, "1")),
        ("DAI", dai(true)),
        ("Permit2", permit2(&["0", "1"])),
        ("Morpho", authorization(MARKET, true)),
        ("Aave", delegation("1")),
    ] {
        assert_eq!(gives.exit_code, 20, "{of}: {:#?}", gives.findings);
    }
}

#[test]
fn what_only_looks_like_the_end_of_a_right_is_none() {
    // Somebody else's right, a contract that nobody knows, and a type with a field more.
    assert_ne!(permit(USDC, STRANGER, "0").exit_code, 0);
    assert_ne!(permit(STRANGER, ME, "0").exit_code, 0);
    assert_ne!(authorization(STRANGER, false).exit_code, 0);
    let more: Vec<(&str, &str)> = PERMIT.1.iter().copied().chain([("to", "address")]).collect();
    let message = json!({
        "owner": ME, "spender": STRANGER, "value": "0", "nonce": "0", "deadline": "1768485600", "to": STRANGER,
    });
    assert_ne!(typed(USDC, &[("Permit", &more)], &message).exit_code, 0);
}

/// Nobody has the zero address: to name it ends a right over a piece, and gives nobody a coin.
#[test]
fn a_right_for_nobody_is_none_and_a_lower_one_is_no_call_of_a_stranger() {
    let asked = |to: &str, data: String| {
        judged(check_tx, &json!({"from": ME, "to": to, "value": "0x0", "data": data, "chainId": 1}))
    };
    let word = |address: &str| format!("{:0>64}", &address[2..]);
    for number in [0, 88] {
        let ended = asked(MARKET, format!("0x095ea7b3{:064x}{number:064x}", 0));
        assert_eq!(ended.exit_code, 0, "{:#?}", ended.findings);
        let said = format!("ends the right over the NFT {number}");
        assert!(ended.items[0].intent.starts_with(&said), "{}", ended.items[0].intent);
    }
    let unknown = asked(STRANGER, format!("0x095ea7b3{:064x}{:064x}", 0, 88));
    assert_ne!(unknown.exit_code, 0, "at a contract that nobody knows");
    let lowered = asked(USDC, format!("0xa457c2d7{}{:064x}", word(STRANGER), 1));
    assert_eq!(lowered.exit_code, 0, "{:#?}", lowered.findings);
}

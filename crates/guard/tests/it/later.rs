//! Calls that are queued or proposed: what will be done, by whom, and not before when.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};
use serde_json::json;
use tracehound_guard::{Context, Facts, Policy, Report, check_tx, policy::DEFAULT};

use crate::powers::call;

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const TIMELOCK: &str = "0xdddddddddddddddddddddddddddddddddddddd01";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";

fn judged(data: &str, more: &str) -> Report {
    let trusted = format!("[[trusted]]\naddress='{TIMELOCK}'\nlabel='our timelock'\nroles=['contract']\n");
    let book = format!("[[book]]\naddress='{FRIEND}'\nname='a friend'\n");
    let policy = Policy::parse(&format!("{DEFAULT}\n{trusted}{book}{more}")).expect("a policy");
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let facts = Facts::parse(&facts).expect("facts");
    let tx = json!({ "from": ME, "to": TIMELOCK, "value": "0x0", "chainId": 1, "data": data });
    check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn address(text: &str) -> DynSolValue {
    DynSolValue::Address(text.parse::<Address>().expect("an address"))
}

fn uint(number: u64) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), 256)
}

fn text(text: &str) -> DynSolValue {
    DynSolValue::String(text.to_owned())
}

/// Arguments of `transfer`, without its selector.
fn args(to: &str, amount: u64) -> DynSolValue {
    DynSolValue::Bytes(DynSolValue::Tuple(vec![address(to), uint(amount)]).abi_encode_params())
}

fn whole(to: &str, amount: u64) -> DynSolValue {
    let data = call("transfer(address,uint256)", vec![address(to), uint(amount)]);
    DynSolValue::Bytes(hex::decode(&data[2..]).expect("hex"))
}

fn queued(function: &str, data: DynSolValue, eta: u64) -> String {
    let args = vec![address(USDC), uint(0), text(function), data, uint(eta)];
    call("queueTransaction(address,uint256,string,bytes,uint256)", args)
}

const TRANSFER: &str = "transfer(address,uint256)";
const ETA: u64 = 1_770_100_000;

#[test]
fn a_call_whose_function_is_a_text_is_read_as_the_call_that_it_becomes() {
    let later =
        format!("later, not before 2026-02-03 06:26 UTC, by {TIMELOCK} (our timelock): sends 5 USDC to ");
    for data in [queued(TRANSFER, args(FRIEND, 5_000_000), ETA), queued("", whole(FRIEND, 5_000_000), ETA)] {
        let report = judged(&data, "");
        assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
        assert!(
            report.items[0].intent.to_lowercase().starts_with(&later.to_lowercase()),
            "{}",
            report.items[0].intent
        );
    }
    let stranger = judged(&queued(TRANSFER, args(STRANGER, 5), ETA), "");
    assert_eq!(stranger.exit_code, 30, "{:#?}", stranger.findings);
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='4'\n");
    assert!(judged(&queued(TRANSFER, args(FRIEND, 5), ETA), &limit).has("G-POL-01"));
    // The text decides, whatever it looks like.
    let odd = judged(&queued("transfer(address, uint256)", args(FRIEND, 5), ETA), "");
    assert!(
        odd.exit_code != 0 && odd.items[0].intent.contains("unknown function"),
        "{}",
        odd.items[0].intent
    );
    let code = call(
        "queueTransaction(address,uint256,string,bytes,uint256)",
        vec![address(STRANGER), uint(0), text("upgradeTo(address)"), args(STRANGER, 5), uint(ETA)],
    );
    assert_eq!(judged(&code, "").exit_code, 20);
    // What is made now is not later.
    let now = vec![address(USDC), uint(0), text(TRANSFER), args(FRIEND, 5_000_000), uint(ETA)];
    let now = judged(&call("executeTransaction(address,uint256,string,bytes,uint256)", now), "");
    assert!(now.exit_code == 0 && now.items[0].intent.starts_with("sends 5 USDC"), "{}", now.items[0].intent);
}

#[test]
fn a_proposal_says_what_is_done_if_it_is_voted_for() {
    let list = DynSolValue::Array;
    let proposed = |to: &str| {
        let args = vec![
            list(vec![address(USDC), address(USDC)]),
            list(vec![uint(0), uint(0)]),
            list(vec![text(TRANSFER), text("")]),
            list(vec![args(FRIEND, 5_000_000), whole(to, 7_000_000)]),
            text("why"),
        ];
        judged(&call("propose(address[],uint256[],string[],bytes[],string)", args), "")
    };
    let report = proposed(FRIEND);
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    let intent = &report.items[0].intent;
    assert!(
        intent.starts_with("later, if it is voted for, by ") && intent.contains(": sends 7 USDC"),
        "{intent}"
    );
    assert_eq!(proposed(STRANGER).exit_code, 30);
    // Lists of different lengths are none that its contract takes.
    let args = vec![
        list(vec![address(USDC)]),
        list(vec![uint(0), uint(0)]),
        list(vec![text(TRANSFER)]),
        list(vec![args(FRIEND, 5)]),
        text(""),
    ];
    let odd = judged(&call("propose(address[],uint256[],string[],bytes[],string)", args), "");
    assert_eq!(odd.exit_code, 20, "{:#?}", odd.findings);
}

#[test]
fn what_a_timelock_schedules_is_said_to_be_later() {
    let zero = || DynSolValue::FixedBytes(alloy_primitives::B256::ZERO, 32);
    let args = vec![address(USDC), uint(0), whole(FRIEND, 5_000_000), zero(), zero(), uint(172_800)];
    let report = judged(&call("schedule(address,uint256,bytes,bytes32,bytes32,uint256)", args), "");
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    let intent = &report.items[0].intent;
    assert!(
        intent.starts_with("later, not before 2 days after this, by ") && intent.contains("sends 5 USDC"),
        "{intent}"
    );
}

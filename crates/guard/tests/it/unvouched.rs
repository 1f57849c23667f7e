//! Acts that look complete and hold one part that nobody vouches for.

use alloy_primitives::keccak256;
use serde_json::Value;
use tracehound_guard::{Context, Facts, Policy, Report, Severity, check_tx, check_typed, policy::DEFAULT};
use tracehound_model::Decision;

/// A case of the file, with a part of its input written otherwise.
fn judge(name: &str, change: impl Fn(String) -> String) -> Report {
    let cases: Vec<Value> = serde_json::from_str(include_str!("unvouched.json")).expect("a list");
    let case = cases.iter().find(|case| case["name"] == name).expect("a case of that name");
    let text = |key: &str| case[key].as_str().expect("a text").to_owned();
    let policy = Policy::parse(&format!("{DEFAULT}\n{}", text("policy"))).expect("a policy");
    let facts = Facts::parse(&text("facts")).expect("facts");
    // A request for a wallet is judged by what it asks for.
    let input = case["input"].get("params").map_or(&case["input"], |params| &params[0]);
    let input = change(input.to_string());
    let check = if case["door"] == "tx" { check_tx } else { check_typed };
    check(input.as_bytes(), Context::new(&policy, &facts))
}

fn worst(report: &Report, id: &str) -> Option<Severity> {
    report.of(id).iter().map(|finding| finding.severity).max()
}

fn has(name: &str, id: &str, severity: Severity) {
    let report = judge(name, |input| input);
    assert!(worst(&report, id) >= Some(severity), "{name}: {:?}", report.findings);
}

#[test]
fn a_contract_that_is_called_is_not_one_that_may_take_by_a_signature() {
    has("taker-contract", "G-ORD-01", Severity::Block);
    has("taker-cow", "G-ORD-01", Severity::Block);
}

#[test]
fn fees_of_user_operations_are_held_to_the_bounds_and_unread_parts_looked_at() {
    has("user-operation", "G-GAS-01", Severity::Block);
    for field in ["initCode", "paymasterAndData"] {
        let report = judge("user-operation", |input| {
            input
                .replace("\"1000000000\"", "\"50000\"")
                .replace(&format!("\"{field}\":\"0x\""), &format!("\"{field}\":\"0xe7e7\""))
        });
        assert!(!report.has("G-GAS-01"));
        let found = report.of("G-ACT-01");
        assert!(
            found.iter().any(|it| it.severity == Severity::Incomplete && it.path.ends_with(field)),
            "{field}"
        );
    }
}

#[test]
fn an_order_for_less_of_the_same_is_looked_at_and_for_less_than_half_refused() {
    let gets = |amount: &str| {
        let report =
            judge("half", |input| input.replace("\"50000000000000000000\"", &format!("\"{amount}\"")));
        worst(&report, "G-ORD-01")
    };
    assert_eq!(gets("49000000000000000000"), Some(Severity::Block));
    assert_eq!(gets("50000000000000000000"), Some(Severity::Review));
    assert_eq!(gets("99999999999999999999"), Some(Severity::Review));
    assert_eq!(gets("100000000000000000000"), None);
    let unknown = judge("half", |input| {
        let token = "0x1111111111111111111111111111111111111112";
        input
            .replace("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", token)
            .replace(
                "\"buyToken\":\"0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE\"",
                &format!("\"buyToken\":\"{token}\""),
            )
            .replace("\"50000000000000000000\"", "\"49000000000000000000\"")
    });
    assert_eq!(worst(&unknown, "G-ORD-01"), Some(Severity::Block), "an unknown token for itself too");
}

#[test]
fn an_extension_of_an_order_at_1inch_is_looked_at() {
    has("extension", "G-ORD-01", Severity::Review);
}

#[test]
fn what_is_paid_to_whoever_executes_a_transfer_is_a_fee() {
    has("allowance-payment", "G-GAS-01", Severity::Block);
}

#[test]
fn a_function_that_only_the_context_names_is_looked_at() {
    has("abi", "G-ACT-01", Severity::Review);
}

#[test]
fn prices_that_contradict_each_other_are_none() {
    has("floors", "G-ORD-01", Severity::Incomplete);
}

#[test]
fn a_floor_says_nothing_of_numbers_with_many_copies_nor_of_what_others_choose() {
    has("bid-any-1155", "G-ORD-01", Severity::Review);
    let one = judge("bid-any-1155", |input| {
        input
            .replace("\"itemType\":5", "\"itemType\":3")
            .replace("1000000000000000000000", "2000000000000000000000")
    });
    assert!(worst(&one, "G-ORD-01") >= Some(Severity::Review));
}

#[test]
fn an_allowance_of_nothing_at_a_collection_is_a_right_over_an_nft() {
    has("approve-nft-0", "G-APP-01", Severity::Block);
}

#[test]
fn a_token_that_calls_itself_like_another_is_told() {
    has("impostor", "G-FACT-01", Severity::Review);
}

#[test]
fn bridges_are_held_to_what_arrives_and_for_whom() {
    has("across", "G-SIM-01", Severity::Review);
    has("oft", "G-SIM-01", Severity::Review);
    let burns = |most: u64| {
        let name = b"depositForBurn(uint256,uint32,bytes32,address,bytes32,uint256,uint32)";
        let selector = hex::encode(&keccak256(name)[..4]);
        let (me, usdc) =
            ("a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48");
        let data = format!(
            "0x{selector}{:064x}{:064x}{me:0>64}{usdc:0>64}{:064x}{most:064x}{:064x}",
            1_000_000, 6, 0, 2000
        );
        let report = judge("across", |input| {
            let mut input: Value = serde_json::from_str(&input).expect("JSON");
            input["data"] = data.clone().into();
            input.to_string()
        });
        report.of("G-SIM-01").iter().any(|finding| finding.title.contains("maxFee"))
    };
    assert!(burns(10_001) && !burns(10_000));
}

#[test]
fn a_sale_at_cow_for_the_coin_is_one_for_ether() {
    let report = judge("cow-for-eth", |input| input);
    assert_ne!(report.verdict, Decision::Block, "{:?}", report.findings);
}

#[test]
fn a_capability_that_hands_out_rights_is_not_passed_over() {
    has("capability", "G-FMT-01", Severity::Incomplete);
}

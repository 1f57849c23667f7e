//! The policy's own rules, the past, and limits of unpacking.

use alloy_primitives::{Address, B256, Signature, U256, keccak256};
use tracehound_guard::{
    Context, Facts, Policy, Report, check_message, check_safe, check_tx,
    facts::review_text,
    policy::DEFAULT,
    safe::{self, Scheme, hash, input, signature},
    scalar::Scalars,
};

use crate::NO_REFUND;

const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const ME: &str = "0x6666666666666666666666666666666666666666";

fn with(policy: &str, facts: &str, check: fn(&[u8], Context<'_>) -> Report, input: &str) -> Report {
    let policy = Policy::parse(&format!("{DEFAULT}\n{policy}")).expect("a policy");
    let facts = Facts::parse(facts).expect("facts");
    check(input.as_bytes(), Context::new(&policy, &facts))
}

fn pay(wei: u64) -> String {
    format!(r#"{{"to":"{FRIEND}","value":"{wei}","from":"{ME}"}}"#)
}

fn book() -> String {
    format!("[[book]]\naddress='{FRIEND}'\nname='a friend'\n")
}

#[test]
fn a_limit_counts_what_left_before() {
    let policy = format!("{}[[limit]]\nper-transaction='1_000'\nper-day='1_500'\n", book());
    let none = "chain-id=1\n[[spent]]\nvalue='0'";
    assert_eq!(with(&policy, none, check_tx, &pay(1_000)).exit_code, 0);
    let over = with(&policy, none, check_tx, &pay(1_001));
    assert!(over.has("G-POL-01") && over.exit_code == 20);
    let today = "chain-id=1\n[[spent]]\nvalue='600'";
    assert!(with(&policy, today, check_tx, &pay(1_000)).has("G-POL-01"));
    assert!(!with(&policy, today, check_tx, &pay(900)).has("G-POL-01"));
    let batch = format!(r#"{{"calls":[{0},{0}]}}"#, pay(900));
    let together = with(&policy, none, check_tx, &batch);
    assert!(
        together.has("G-POL-01") && together.exit_code == 20,
        "each call is within the limit, and both are not"
    );
    let small = format!(r#"{{"calls":[{0},{0}]}}"#, pay(400));
    assert_eq!(with(&policy, none, check_tx, &small).exit_code, 0);
}

#[test]
fn many_payments_outgrow_those_of_the_past_as_one_does() {
    let past = format!("chain-id=1\naccount='{ME}'\n[[past]]\nto='{FRIEND}'\nvalue='100'\nown=true\n");
    let many = |count: usize| {
        let calls = vec![pay(1_000); count].join(",");
        with("", &past, check_tx, &format!(r#"{{"calls":[{calls}]}}"#))
    };
    assert_eq!(many(1).exit_code, 0, "{:#?}", many(1).findings);
    assert_eq!(many(20).exit_code, 10, "{:#?}", many(20).findings);
    assert!(many(20).has("G-POL-03"));
}

#[test]
fn fees_of_the_network_add_up() {
    let one =
        format!(r#"{{"to":"{FRIEND}","value":"1","from":"{ME}","gas":"0xf4240","gasPrice":"0x174876e800"}}"#);
    let many = |count: usize| {
        let calls = vec![one.clone(); count].join(",");
        with(&book(), "chain-id=1", check_tx, &format!("[{calls}]"))
    };
    assert_eq!(many(1).exit_code, 0, "{:#?}", many(1).findings);
    assert_eq!(many(2).exit_code, 10, "{:#?}", many(2).findings);
    assert_eq!(many(60).exit_code, 20);
}

/// A key of the tests: its address and what signs with it. Made by a tiny deterministic signer, so that the tests need no
/// library for keys: `r` is the generator's x, `s` follows, and whoever it recovers to is the reviewer.
fn reviewer_over(text: &str) -> (Address, String) {
    let digest = hash::personal_hash(text.as_bytes());
    let r =
        U256::from_be_bytes(hex_literal("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"));
    let signature = Signature::new(r, U256::from(7), false);
    let address = signature.recover_address_from_prehash(&digest).expect("some key signs that");
    (address, format!("0x{}", hex::encode(signature.as_bytes())))
}

fn hex_literal(digits: &str) -> [u8; 32] {
    hex::decode(digits).expect("hex").try_into().expect("32 bytes")
}

#[test]
fn two_people_means_another_persons_signature_over_this_very_hash() {
    let input = format!(
        r#"{{"safe":"{ME}","to":"{FRIEND}","value":"1","data":"0x","operation":0,{NO_REFUND},"nonce":1,"chainId":1,"version":"1.4.1"}}"#
    );
    let queue = input::read_queue(input.as_bytes(), input::Missing::default(), &mut Scalars::default())
        .expect("reads");
    let digest = safe::hashes(Scheme::Chain, 1, &queue.entries[0].tx).digest;
    let (reviewer, signature) = reviewer_over(&review_text(&digest));
    let policy = format!("{}[dual-control]\nreviewers=['{reviewer}']\nneeded=1\n", book());
    let known = "[[safe]]\nowners=['0x1111111111111111111111111111111111111111']\nthreshold=1\n";
    assert_eq!(with(&policy, known, check_safe, &input).exit_code, 30);
    let reviewed = format!("{known}[[review]]\nsignature='{signature}'\n");
    assert_eq!(with(&policy, &reviewed, check_safe, &input).exit_code, 0);
    let own = format!("account='{reviewer}'\n{reviewed}");
    assert!(with(&policy, &own, check_safe, &input).has("G-POL-02"), "nobody reviews himself");
    // An owner may be the one who signs, where nobody says who that is.
    let owner =
        format!("[[safe]]\nowners=['{reviewer}']\nthreshold=1\n[[review]]\nsignature='{signature}'\n");
    let told = with(&policy, &owner, check_safe, &input);
    assert!(told.of("G-POL-02")[0].title.contains("Who signs is not known"), "{:#?}", told.findings);
    let signs = format!("account='0x2222222222222222222222222222222222222222'\n{owner}");
    assert!(!with(&policy, &signs, check_safe, &input).has("G-POL-02"), "another owner reviewed it");
    let other = input.replace(r#""value":"1""#, r#""value":"2""#);
    assert!(with(&policy, &reviewed, check_safe, &other).has("G-POL-02"), "a review is of one hash");
}

#[test]
fn what_never_happened_before_is_said() {
    let past =
        |value: u64| format!("chain-id=1\npast-complete=true\n[[past]]\nto='{FRIEND}'\nvalue='{value}'\n");
    assert_eq!(with("", &past(1_000), check_tx, &pay(1_000)).exit_code, 0);
    assert!(with("", &past(1_000), check_tx, &pay(10_001)).has("G-HIST-01"), "ten times the largest");
    let elsewhere = past(1_000).replace("55555", "44444");
    assert!(with("", &elsewhere, check_tx, &pay(1)).has("G-HIST-01"), "a new destination");
    let delegate = format!(
        r#"{{"safe":"{ME}","to":"{FRIEND}","value":"0","operation":1,{NO_REFUND},"nonce":1,"chainId":1,"version":"1.4.1","data":"0x"}}"#
    );
    assert!(with("", &past(1), check_safe, &delegate).has("G-HIST-01"), "the first delegatecall");
}

#[test]
fn required_screening_and_simulation_are_asked_for() {
    let strict = |need: &str| {
        let text = DEFAULT.replace(r#""recipient"]"#, &format!(r#""recipient", "{need}"]"#));
        let policy = Policy::parse(&format!("{text}\n{}", book())).expect("a policy");
        let facts = Facts::parse("chain-id=1").expect("facts");
        check_tx(pay(1).as_bytes(), Context::new(&policy, &facts)).exit_code
    };
    assert_eq!(strict("screening"), 30);
    assert_eq!(strict("simulation"), 30);
    assert_eq!(strict("owners"), 0, "an ordinary transaction has no owners");
}

/// `multicall(bytes[])` around data.
fn multicall(inner: &[u8]) -> Vec<u8> {
    let word = |value: usize| U256::from(value).to_be_bytes::<32>();
    let mut data = hex::decode("ac9650d8").expect("hex");
    for value in [32, 1, 32, inner.len()] {
        data.extend_from_slice(&word(value));
    }
    data.extend_from_slice(inner);
    data.resize(data.len().next_multiple_of(32) + 4, 0);
    data
}

#[test]
fn wrapped_too_deep_is_incomplete_and_seen_as_deep_as_it_goes() {
    let approve = hex::decode(format!("095ea7b3{:0>64}{}", "66".repeat(20), "f".repeat(64))).expect("hex");
    let wrap = |times: usize| {
        let data = (0..times).fold(approve.clone(), |data, _| multicall(&data));
        format!(r#"{{"to":"{FRIEND}","data":"0x{}"}}"#, hex::encode(data))
    };
    let seen = with("", "chain-id=1", check_tx, &wrap(6));
    assert!(seen.has("G-APP-01"), "{:#?}", seen.findings);
    let deep = with("", "chain-id=1", check_tx, &wrap(20));
    assert!(deep.has("G-WRAP-01") && deep.exit_code != 0, "{:#?}", deep.findings);
}

#[test]
fn ten_megabytes_are_refused_and_one_too_many_not_looked_at() {
    let data = format!(r#"{{"to":"{FRIEND}","data":"0x{}"}}"#, "00".repeat(10 << 20));
    assert_eq!(with("", "", check_tx, &data).exit_code, 20);
    let data = format!(r#"{{"to":"{FRIEND}","data":"0x{}"}}"#, "ab".repeat((1 << 20) + 1));
    assert!(with("", "chain-id=1", check_tx, &data).has("G-WRAP-01"));
}

#[test]
fn a_safe_before_1_0_0_hashes_with_another_type() {
    let input = |version: &str| {
        format!(
            r#"{{"safe":"{ME}","to":"{FRIEND}","value":"1","nonce":1,"version":"{version}","dataGas":"5"}}"#
        )
    };
    let digest = |version: &str| {
        let report = with("", "", check_safe, &input(version));
        report.items[0].hashes.as_ref().expect("no chain is needed").hashes.digest
    };
    // keccak256("SafeTx(address to,…,uint256 dataGas,…)"), put together by hand.
    let ty = keccak256(
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 dataGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)",
    );
    let word = |value: u64| B256::from(U256::from(value));
    let to: Address = FRIEND.parse().expect("an address");
    let words = [
        ty,
        to.into_word(),
        word(1),
        keccak256([]),
        word(0),
        word(0),
        word(5),
        word(0),
        word(0),
        word(0),
        word(1),
    ];
    let message = keccak256(words.concat());
    let domain = keccak256(
        [
            keccak256("EIP712Domain(address verifyingContract)"),
            ME.parse::<Address>().expect("an address").into_word(),
        ]
        .concat(),
    );
    assert_eq!(digest("0.1.0"), safe::Hashes::new(domain, message).digest);
    assert_ne!(digest("0.1.0"), digest("1.0.0"));
    assert_eq!(digest("1.0.0"), digest("1.2.0"));
    assert!(with("", "", check_safe, &input("1.3.0")).has("G-POL-03"), "the chain is missing");
}

#[test]
fn a_message_of_a_safe_shows_the_safes_hashes() {
    let facts = format!("chain-id=11155111\norigin='opensea.io'\n[[safe]]\naddress='{ME}'\nversion='1.3.0'");
    let report = with("", &facts, check_message, "hello");
    let hashes = report.items[0].hashes.as_ref().expect("hashes").hashes;
    let safe: Address = ME.parse().expect("an address");
    let inner = hash::personal_hash(b"hello");
    assert_eq!(hashes, safe::message_hashes(Scheme::Chain, 11_155_111, &safe, &inner));
}

#[test]
fn a_nested_approval_without_its_transaction_is_incomplete() {
    let tx = safe::SafeTx::approving(
        ME.parse().expect("an address"),
        FRIEND.parse().expect("an address"),
        B256::repeat_byte(7),
        U256::from(1),
    );
    let input = format!(
        r#"{{"safe":"{ME}","to":"{FRIEND}","data":"0x{}","nonce":1,"chainId":1,"version":"1.4.1"}}"#,
        hex::encode(&tx.data)
    );
    let report = with("", "", check_safe, &input);
    assert!(report.of("G-WRAP-01")[0].title.contains("is not here"), "{:#?}", report.findings);
}

#[test]
fn too_many_signatures_are_refused() {
    let one = [&[0_u8; 64][..], &[1]].concat();
    let many = one.repeat(signature::MAX_PARTS + 1);
    assert_eq!(signature::split(&many), Err(signature::SignatureError::Many));
}

#[test]
fn a_payment_that_somebody_else_caused_speaks_for_nobody() {
    let past =
        |own: bool, value: &str| format!("chain-id=1\n[[past]]\nto='{FRIEND}'\nvalue='{value}'\nown={own}\n");
    let unknown = |facts: &str| {
        let report = with("", facts, check_tx, &pay(1));
        report.of("G-POL-03").iter().any(|finding| finding.title.contains("Nothing speaks for"))
    };
    assert!(!unknown(&past(true, "5")), "paid before");
    assert!(unknown(&past(false, "5")), "by somebody else");
    assert!(unknown(&past(true, "0")), "nothing");
    assert!(unknown(&format!("{}operation=1\n", past(true, "5"))), "code that was run, not paid");
}

#[test]
fn fees_and_refunds_count_against_the_limits() {
    let policy = format!("{}[[limit]]\nper-transaction='1_000'\n", book());
    let with_gas = |gas: u64| {
        format!(r#"{{"to":"{FRIEND}","value":"900","from":"{ME}","gas":"{gas}","maxFeePerGas":"1"}}"#)
    };
    assert!(!with(&policy, "chain-id=1", check_tx, &with_gas(100)).has("G-POL-01"));
    assert!(with(&policy, "chain-id=1", check_tx, &with_gas(101)).has("G-POL-01"));
    let refunded = |gas: u64| {
        format!(
            r#"{{"safe":"{ME}","to":"{FRIEND}","value":"900","nonce":1,"chainId":1,"version":"1.4.1","safeTxGas":"{gas}","gasPrice":"1"}}"#
        )
    };
    assert!(!with(&policy, "chain-id=1", check_safe, &refunded(100)).has("G-POL-01"));
    assert!(with(&policy, "chain-id=1", check_safe, &refunded(101)).has("G-POL-01"));
}

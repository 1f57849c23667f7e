//! Texts and addresses in call data: a memo is read as a message is, and whoever is blocked or listed is found at every byte.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report,
    ask::{Listing, Lists},
    check_message, check_safe, check_tx, check_typed,
    policy::DEFAULT,
};
use tracehound_model::Address;

use crate::{
    NO_REFUND,
    left::{call, number, word},
};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const COLD: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
const SAFE: &str = "0x5afE5aFE5Afe5afe5aFe5afE5afE5aFE5afe0001";
const OURS: &str = "0xdddddddddddddddddddddddddddddddddddddd01";
const THIEF: &str = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
const STRANGER: &str = "0x1234567890abcdef1234567890abcdef12345678";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";

/// Words of a phrase that opens nothing: BIP-39's own test vector.
const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";

fn policy() -> Policy {
    Policy::parse(&format!(
        "{DEFAULT}\n[[book]]\naddress='{COLD}'\nname='our cold wallet'\n[[blocked]]\naddress='{THIEF}'\nname='thief'\n\
         [[blocked]]\naddress='bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq'\nname='other thief'\n\
         [[trusted]]\naddress='{OURS}'\nlabel='ours'\nroles=['contract','spender','recipient']\n"
    ))
    .expect("a policy")
}

fn facts() -> Facts {
    Facts::parse(&format!(
        "chain-id=1\nnow='2026-11-30T00:00:00Z'\norigin='https://app.example.org'\naccount='{ME}'\n[[address]]\naddress='{COLD}'\nkind='eoa'\n\
         [[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nnonce=10\nowners=['{ME}']\nthreshold=1\n"
    ))
    .expect("facts")
}

fn sent(to: &str, value: u64, data: &str) -> Report {
    let input = json!({ "from": ME, "to": to, "value": format!("{value:#x}"), "data": format!("0x{data}"), "chainId": 1 });
    check_tx(input.to_string().as_bytes(), Context::new(&policy(), &facts()))
}

fn memo(text: &str) -> Report {
    sent(COLD, 1, &hex::encode(text))
}

/// `bytes` with their length, padded.
fn bytes(data: &str) -> String {
    let len = data.len() / 2;
    format!("{}{data}{}", number(len as u64), "00".repeat(len.next_multiple_of(32) - len))
}

/// Sends USDC with data that go along.
fn with_data(data: &str) -> Report {
    let words = [word(COLD), number(1_000_000_000), number(96), bytes(data)];
    sent(USDC, 0, &call("transferAndCall(address,uint256,bytes)", &words))
}

fn is_blocked(report: &Report) -> bool {
    report.exit_code == 20 && report.has("G-ADDR-02")
}

fn says(report: &Report, words: &str) -> bool {
    report.of("G-SIGN-01").iter().any(|finding| finding.title.contains(words))
}

#[test]
fn whoever_is_blocked_is_found_in_a_text_that_a_call_sends_along() {
    let bare = &THIEF[2..];
    let groups: Vec<&str> = (0..40).step_by(8).map(|at| &bare[at..at + 8]).collect();
    for text in [
        format!("swap to {THIEF}"),
        format!("SWAP:ETH.ETH:{THIEF}"),
        format!("=:ETH.ETH:{THIEF}:0/1/0"),
        format!("pay out to {bare}"),
        format!("invoice {}", groups.join("-")),
        format!("invoice {}", groups.join(" ")),
        "SWAP:BTC.BTC:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq:0".to_owned(),
    ] {
        let data = hex::encode(&text);
        for report in [memo(&text), sent(OURS, 1, &data), with_data(&data)] {
            assert!(is_blocked(&report), "{text}: {:#?}", report.findings);
        }
        let safe = format!(
            r#"{{"safe":"{SAFE}","to":"{COLD}","value":"1","data":"0x{data}","operation":0,{NO_REFUND},"nonce":10,"chainId":1,"version":"1.4.1"}}"#
        );
        let report = check_safe(safe.as_bytes(), Context::new(&policy(), &facts()));
        assert!(is_blocked(&report), "{text}: {:#?}", report.findings);
        let words = [word(COLD), number(1), number(96), bytes(&data)];
        let report = sent(OURS, 1, &call("execute(address,uint256,bytes)", &words));
        assert!(is_blocked(&report), "{text}: {:#?}", report.findings);
    }
}

#[test]
fn a_text_that_goes_along_is_read_as_a_message_is() {
    for text in [PHRASE, "key 5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf"] {
        for report in [memo(text), with_data(&hex::encode(text))] {
            assert_eq!(report.exit_code, 20, "{text}: {:#?}", report.findings);
            assert!(says(&report, "holds a"), "{text}: {:#?}", report.findings);
        }
    }
    // Nor in data that are no call and no memo.
    let listed = format!("my phrase, with commas: {}!", PHRASE.replace(' ', ", "));
    assert_eq!(memo(&listed).exit_code, 20, "{:#?}", memo(&listed).findings);
    for (text, told) in [
        ("SWAP:ETH.ETH:thief", "an order to a router"),
        ("swap:ETH.ETH:evil", "an order to a router"),
        ("ADD:BTC.BTC:thief", "an order to a router"),
        ("BOND:thor1thief", "an order to a router"),
        ("I hereby transfer all my tokens to Bob", "read it as an order"),
        ("send it on to Bob", "read it as an order"),
        ("for account of Mallory 12345678", "is one that is read here"),
        ("invoice 2026 \u{430}pple", "is one that is read here"),
    ] {
        for report in [memo(text), with_data(&hex::encode(text))] {
            assert_eq!(report.exit_code, 10, "{text}: {:#?}", report.findings);
            assert!(says(&report, told), "{text}: {:#?}", report.findings);
        }
    }
    let report = memo(&format!("invoice {STRANGER}"));
    assert!(report.exit_code == 10 && says(&report, "The text names 0x1234"), "{:#?}", report.findings);
    for text in ["invoice 2026-11", "order #4471", "uid:104857392", "Rent November 2026", "104857392"] {
        assert_eq!(memo(text).exit_code, 0, "{text}: {:#?}", memo(text).findings);
    }
    let along = with_data(&hex::encode("invoice 2026-11"));
    assert_eq!(along.exit_code, 0, "{:#?}", along.findings);
    assert!(along.items[0].intent.contains("with the text \"invoice 2026-11\""), "{}", along.items[0].intent);
    assert_eq!(with_data(&hex::encode(alloy_primitives::keccak256("any bytes"))).exit_code, 0);
}

#[test]
fn a_user_operation_s_text_is_read_too() {
    let field = |name: &str, of: &str| json!({ "name": name, "type": of });
    let judged = |text: &str| {
        let words = [word(COLD), number(1), number(96), bytes(&hex::encode(text))];
        let data = call("execute(address,uint256,bytes)", &words);
        let operation: Value = json!({
            "types": {
                "EIP712Domain": [
                    field("name", "string"), field("version", "string"), field("chainId", "uint256"),
                    field("verifyingContract", "address"),
                ],
                "PackedUserOperation": [
                    field("sender", "address"), field("nonce", "uint256"), field("initCode", "bytes"), field("callData", "bytes"),
                    field("accountGasLimits", "bytes32"), field("preVerificationGas", "uint256"), field("gasFees", "bytes32"),
                    field("paymasterAndData", "bytes"),
                ],
            },
            "primaryType": "PackedUserOperation",
            "domain": {
                "name": "ERC4337", "version": "1", "chainId": 1,
                "verifyingContract": "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108",
            },
            "message": {
                "sender": ME, "nonce": "0", "initCode": "0x", "callData": format!("0x{data}"),
                "accountGasLimits": format!("0x{:0>32}{:0>32}", "186a0", "186a0"), "preVerificationGas": "50000",
                "gasFees": format!("0x{:0>32}{:0>32}", "3b9aca00", "3b9aca00"), "paymasterAndData": "0x",
            },
        });
        check_typed(operation.to_string().as_bytes(), Context::new(&policy(), &facts()))
    };
    assert_eq!(judged("invoice 2026-11").exit_code, 0, "{:#?}", judged("invoice 2026-11").findings);
    assert!(says(&judged("SWAP:ETH.ETH:thief"), "an order to a router"));
    assert!(is_blocked(&judged(&format!("swap to {THIEF}"))));
    assert_eq!(judged(PHRASE).exit_code, 20);
}

#[test]
fn whoever_is_blocked_is_found_at_every_byte_of_call_data() {
    let bare = &THIEF[2..];
    for data in [
        format!("12345678{bare}{}", "00".repeat(12)),
        format!("1234567801{bare}"),
        format!("1234567880{}{bare}", "00".repeat(11)),
        // Flags in front of an address, as aggregators write pools.
        format!("83800a8e{}{}{}00800000000000000000003b{bare}", word(USDC), number(1), number(1)),
    ] {
        assert!(is_blocked(&sent(OURS, 0, &data)), "{data}");
    }
    // A number of a function that is known.
    let packed = format!("800000000000000000000001{bare}");
    assert!(is_blocked(&sent(OURS, 0, &call("mint(uint256)", &[packed]))));
    let created = json!({ "from": ME, "data": format!("0x6080604052{}{bare}", "00".repeat(12)), "value": "0x0", "chainId": 1 });
    assert!(is_blocked(&check_tx(created.to_string().as_bytes(), Context::new(&policy(), &facts()))));
    // To end the right of somebody who is blocked is no dealing with him, in a batch neither.
    let ends = call("approve(address,uint256)", &[word(THIEF), number(0)]);
    let report = sent(USDC, 0, &ends);
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    let batch = [number(32), number(1), number(32), bytes(&ends)];
    let batched = sent(USDC, 0, &call("multicall(bytes[])", &batch));
    assert!(!is_blocked(&batched), "{:#?}", batched.findings);
}

/// Lists one address, and counts how often it is asked in full.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Lists for Counting {
    fn screen(&self, address: &Address) -> Listing {
        self.0.fetch_add(1, Ordering::Relaxed);
        let is_listed = address.to_string().eq_ignore_ascii_case(THIEF);
        if is_listed { Listing::Listed("a list".to_owned()) } else { Listing::Clear }
    }

    fn may_know_evm(&self, addresses: &[[u8; 20]]) -> Vec<bool> {
        let listed: alloy_primitives::Address = THIEF.parse().expect("an address");
        addresses.iter().map(|address| *address == listed.into_array()).collect()
    }

    fn sources(&self) -> Vec<String> {
        vec!["a list of today".to_owned()]
    }
}

#[test]
fn lists_are_asked_in_full_for_those_alone_whom_they_may_know() {
    let lists = Counting::default();
    let policy = Policy::parse(DEFAULT).expect("a policy");
    let asked = |last: &str| {
        let noise: String =
            (0..2_000_u32).map(|at| hex::encode(alloy_primitives::keccak256(at.to_be_bytes()))).collect();
        let words = [word(COLD), number(1), number(96), bytes(&format!("{noise}{last}"))];
        let data = call("transferAndCall(address,uint256,bytes)", &words);
        let input =
            json!({ "from": ME, "to": USDC, "value": "0x0", "data": format!("0x{data}"), "chainId": 1 });
        check_tx(
            input.to_string().as_bytes(),
            Context { lists: Some(&lists), ..Context::new(&policy, &facts()) },
        )
    };
    assert!(!asked("").has("G-ADDR-02"));
    assert!(lists.0.load(Ordering::Relaxed) < 100, "{lists:?}");
    assert!(is_blocked(&asked(&THIEF[2..])));
    assert!(lists.0.load(Ordering::Relaxed) < 200, "{lists:?}");
}

fn message(text: &str) -> Report {
    check_message(text.as_bytes(), Context::new(&policy(), &facts()))
}

fn sign_in(from: &str, to: &str) -> Report {
    let account: alloy_primitives::Address = ME.parse().expect("an address");
    let text = format!(
        "app.example.org wants you to sign in with your Ethereum account:\n{account}\n\nWelcome.\n\nURI: https://app.example.org/in\n\
         Version: 1\nChain ID: 1\nNonce: 12345678\nIssued At: 2026-11-29T23:59:00Z\nRequest ID: 4711"
    );
    message(&text.replace(from, to))
}

#[test]
fn an_address_in_groups_is_found_in_texts_and_in_every_field_of_a_sign_in() {
    let bare = &THIEF[2..];
    let groups: Vec<&str> = (0..40).step_by(8).map(|at| &bare[at..at + 8]).collect();
    for between in ["-", ".", "/", ", ", "_", " ", "\u{2013}"] {
        let text = format!("Please use this code as the address: {}", groups.join(between));
        assert!(is_blocked(&message(&text)), "{text}");
    }
    assert_eq!(sign_in("", "").exit_code, 0, "{:#?}", sign_in("", "").findings);
    let dashed = groups.join("-");
    assert!(is_blocked(&sign_in("Request ID: 4711", &format!("Request ID: {dashed}"))));
    assert!(is_blocked(&sign_in("Nonce: 12345678", &format!("Nonce: {bare}"))));
    assert!(is_blocked(&sign_in("org/in", &format!("org/in/{dashed}"))));
    // Of somebody who is not known it is said that he is named.
    let stranger = &STRANGER[2..];
    let groups: Vec<&str> = (0..40).step_by(8).map(|at| &stranger[at..at + 8]).collect();
    let dashed = groups.join("-");
    for report in [
        message(&format!("Please log in with this code: {dashed}")),
        sign_in("Request ID: 4711", &format!("Request ID: {dashed}")),
        sign_in("Nonce: 12345678", &format!("Nonce: {stranger}")),
        sign_in("Welcome.", &format!("Welcome. Session {STRANGER}.")),
    ] {
        assert!(report.exit_code >= 10 && says(&report, "The text names 0x1234"), "{:#?}", report.findings);
    }
}

#[test]
fn words_in_fields_of_a_sign_in_that_nobody_reads_are_for_a_person() {
    for (from, to) in [
        ("Request ID: 4711", "Request ID: All-that-I-own-goes-to-Bob"),
        ("Request ID: 4711", "Request ID: AllThatIOwnGoesToBob"),
        ("Nonce: 12345678", "Nonce: AllThatIOwnGoesToBob"),
        ("org/in", "org/this-account-is-from-today-the-property-of-Bob"),
        ("org/in", "org/in?x=this%20account%20is%20from%20today%20the%20property%20of%20Bob"),
        (
            "Request ID: 4711",
            "Request ID: 4711\nResources:\n- https://app.example.org/all-that-i-own-goes-to-bob",
        ),
    ] {
        let report = sign_in(from, to);
        assert!(report.exit_code == 10 && says(&report, "holds words"), "{to}: {:#?}", report.findings);
    }
    for (from, to) in [
        ("Request ID: 4711", "Request ID: 123e4567-e89b-12d3-a456-426614174000"),
        ("Request ID: 4711", "Request ID: login-4711"),
        ("Nonce: 12345678", "Nonce: kEWepMt9knR6lWJ6A"),
        ("org/in", "org/auth/sign-in?redirect=/dashboard/overview"),
    ] {
        let report = sign_in(from, to);
        assert_eq!(report.exit_code, 0, "{to}: {:#?}", report.findings);
    }
}

#[test]
fn pieces_are_summed_as_pieces_and_shares_are_told() {
    const APES: &str = "0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D";
    let calls: Vec<Value> = (0..5)
        .map(|id| {
            let data = call("safeTransferFrom(address,address,uint256)", &[word(ME), word(COLD), number(id)]);
            json!({ "to": APES, "data": format!("0x{data}"), "value": "0x0" })
        })
        .collect();
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "wallet_sendCalls",
        "params": [{ "version": "2.0.0", "chainId": "0x1", "from": ME, "calls": calls }],
    });
    let report = check_tx(request.to_string().as_bytes(), Context::new(&policy(), &facts()));
    let together = report.together.as_deref().unwrap_or_default();
    assert!(together.starts_with("in all 5 pieces of 0xBC4CA0"), "{together}");
}

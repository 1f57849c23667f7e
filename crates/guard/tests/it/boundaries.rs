//! Boundaries and safety branches: where a slip by one would let something pass.

use alloy_primitives::{Address, B256, Signature, U256};
use tracehound_guard::{
    Context, Facts, Policy, Report,
    ask::{Listing, Lists},
    check_safe, check_tx, check_typed,
    policy::DEFAULT,
    safe::{self, Scheme, input, signature},
    scalar::Scalars,
};

const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const ME: &str = "0x6666666666666666666666666666666666666666";
/// A Safe that owns the one at ME.
const INNER: &str = "0x7777777777777777777777777777777777777777";

fn judge(facts: &str, check: fn(&[u8], Context<'_>) -> Report, input: &str) -> Report {
    let policy = Policy::parse(&format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n"));
    let (policy, facts) = (policy.expect("a policy"), Facts::parse(facts).expect("facts"));
    check(input.as_bytes(), Context::new(&policy, &facts))
}

fn payment(nonce: u64, more: &str) -> String {
    format!(
        r#"{{"safe":"{ME}","to":"{FRIEND}","value":"1","nonce":{nonce},"chainId":1,"version":"1.4.1"{more}}}"#
    )
}

fn digest(input: &str) -> safe::Hashes {
    let queue = input::read_queue(input.as_bytes(), input::Missing::default(), &mut Scalars::default());
    safe::hashes(Scheme::Chain, 1, &queue.expect("reads").entries[0].tx)
}

/// Some key's signature over a hash, told apart by `s`; and whose it is.
fn signed(hash: &B256, s: u64) -> (Address, Vec<u8>) {
    let x = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    let r = U256::from_be_slice(&hex::decode(x).expect("hex"));
    let signature = Signature::new(r, U256::from(s), false);
    let address = signature.recover_address_from_prehash(hash).expect("some key signs that");
    (address, signature.as_bytes().to_vec())
}

fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

/// A contract's signature of one part: the owner, where the rest lies, and the rest.
fn by_contract(owner: &str, tail: &[u8]) -> String {
    let owner: Address = owner.parse().expect("an address");
    let head = [owner.into_word().as_slice(), &word(65), &[0]].concat();
    format!("0x{}", hex::encode([&head[..], &word(tail.len() as u64), tail].concat()))
}

#[test]
fn an_owner_that_is_a_safe_agrees_by_as_many_of_its_owners_as_it_needs_each_counted_once() {
    let outer = digest(&payment(1, ""));
    let inner: Address = INNER.parse().expect("an address");
    let [hash, _] = signature::contract_owner_hashes(Scheme::Chain, 1, &inner, &outer);
    let ((one, by_one), (two, by_two)) = (signed(&hash, 7), signed(&hash, 8));
    let facts = format!(
        "chain-id=1\n[[safe]]\naddress='{ME}'\nowners=['{INNER}']\nthreshold=1\n[[safe]]\naddress='{INNER}'\nversion='1.4.1'\n\
         owners=['{one}','{two}']\nthreshold=2\n"
    );
    let agreed = |tail: &[u8]| {
        let bytes = by_contract(INNER, tail);
        let more = format!(r#","confirmations":[{{"owner":"{INNER}","signature":"{bytes}"}}]"#);
        let report = judge(&facts, check_safe, &payment(1, &more));
        !report.of("G-SIG-02").iter().any(|finding| finding.title.contains("must answer for its signature"))
    };
    assert!(agreed(&[by_one.clone(), by_two].concat()));
    assert!(!agreed(&[by_one.clone(), by_one.clone()].concat()), "one owner twice is one");
    assert!(!agreed(&by_one));
}

#[derive(Debug)]
struct Sanctions;

impl Lists for Sanctions {
    fn screen(&self, _: &Address) -> Listing {
        Listing::Listed("a list".to_owned())
    }

    fn sources(&self) -> Vec<String> {
        vec!["a list of today".to_owned()]
    }
}

#[test]
fn facts_that_say_clear_do_not_outweigh_a_list() {
    let facts = format!("chain-id=1\n[[address]]\naddress='{FRIEND}'\nscreened='clear'\n");
    let facts = Facts::parse(&facts).expect("facts");
    let policy = Policy::parse(DEFAULT).expect("a policy");
    let input = format!(r#"{{"to":"{FRIEND}","value":"1","from":"{ME}"}}"#);
    let context = Context::new(&policy, &facts);
    assert!(!check_tx(input.as_bytes(), context).has("G-ADDR-02"));
    let report = check_tx(input.as_bytes(), Context { lists: Some(&Sanctions), ..context });
    assert!(report.has("G-ADDR-02") && report.exit_code == 20, "{:#?}", report.findings);
}

#[test]
fn an_approval_on_the_chain_counts_only_once_the_facts_confirm_it_for_this_hash() {
    let known = format!("chain-id=1\n[[safe]]\naddress='{ME}'\nowners=['{INNER}']\nthreshold=1\n");
    let hash = digest(&payment(1, "")).digest;
    let owner = INNER.parse::<Address>().expect("an address").into_word();
    let bytes = hex::encode([owner.as_slice(), &word(0), &[1]].concat());
    for signature in [format!(r#""0x{bytes}""#), "null".to_owned()] {
        let more = format!(r#","confirmations":[{{"owner":"{INNER}","signature":{signature}}}]"#);
        let said = |facts: &str| {
            let report = judge(facts, check_safe, &payment(1, &more));
            let unproven =
                report.of("G-SIG-02").iter().any(|finding| finding.title.contains("said to have approved"));
            (unproven, report.exit_code)
        };
        assert_eq!(said(&known), (true, 30), "{signature}");
        let approved = |hash| format!("{known}approved=[{{owner='{INNER}',hash='{hash}'}}]\n");
        assert_eq!(said(&approved(B256::repeat_byte(1))), (true, 30), "another hash");
        assert_eq!(said(&approved(hash)), (false, 0), "{signature}");
    }
}

#[test]
fn only_a_signature_with_the_same_nonce_was_given_before() {
    let other = B256::repeat_byte(9);
    for (before, asked) in [(1, false), (2, true), (3, false)] {
        let facts = format!("chain-id=1\n[[signed]]\nsafe='{ME}'\nnonce={before}\nhash='{other}'\n");
        assert_eq!(judge(&facts, check_safe, &payment(2, "")).has("G-SIG-03"), asked, "{before}");
    }
}

#[test]
fn three_digits_in_front_and_four_behind_look_alike() {
    let pays = |to: &str| {
        let input = format!(r#"{{"to":"{to}","value":"1","from":"{ME}"}}"#);
        judge("chain-id=1", check_tx, &input).has("G-ADDR-01")
    };
    assert!(pays("0x5550000000000000000000000000000000005555"));
    assert!(!pays("0x5500000000000000000000000000000000005555"));
    assert!(!pays("0x5550000000000000000000000000000000000555"));
}

#[test]
fn a_contract_signature_does_not_lie_in_the_heads() {
    // Read from the beginning, the first word is a length with which everything fits.
    let bytes = [&word(33)[..], &word(0), &[0]].concat();
    assert!(matches!(signature::split(&bytes), Err(signature::SignatureError::Offset { .. })));
    let bytes = [&word(0)[..], &word(64), &[0]].concat();
    assert!(signature::split(&bytes).is_err());
}

#[test]
fn what_is_for_another_chain_than_the_wallet_is_on_is_blocked() {
    let tx = |chain: u64| format!(r#"{{"to":"{FRIEND}","value":"1","from":"{ME}","chainId":{chain}}}"#);
    assert_eq!(judge("chain-id=1", check_tx, &tx(1)).exit_code, 0);
    for (wallet, asked) in [("chain-id=1", 5), ("chain-id=5", 1)] {
        let other = judge(wallet, check_tx, &tx(asked));
        assert!(other.has("G-SIGN-01") && other.exit_code == 20, "{:#?}", other.findings);
    }
    let of_safe = judge("chain-id=5", check_safe, &payment(1, ""));
    assert!(of_safe.has("G-HASH-01") && of_safe.exit_code == 20, "{:#?}", of_safe.findings);
}

#[test]
fn a_safe_executed_by_a_plain_transaction_is_judged_as_a_safe() {
    // execTransaction(FRIEND, 1, "", 0, 0, 0, 0, 0, 0, signatures): one signature, by nobody who owns it.
    let friend: Address = FRIEND.parse().expect("an address");
    let mut data = hex::decode("6a761202").expect("hex");
    data.extend_from_slice(friend.into_word().as_slice());
    for value in [1, 320, 0, 0, 0, 0, 0, 0, 352] {
        data.extend_from_slice(&word(value));
    }
    let (_, signature) = signed(&B256::repeat_byte(3), 7);
    data.extend_from_slice(&word(0));
    data.extend_from_slice(&word(65));
    data.extend_from_slice(&signature);
    data.resize(data.len().next_multiple_of(32) + 4, 0);
    let facts = format!(
        "chain-id=1\n[[safe]]\naddress='{ME}'\nversion='1.4.1'\nowners=['{INNER}']\nthreshold=1\nnonce=4\n"
    );
    let input = format!(r#"{{"to":"{ME}","from":"{INNER}","data":"0x{}"}}"#, hex::encode(&data));
    let report = judge(&facts, check_tx, &input);
    assert!(report.has("G-SIG-01") && report.exit_code == 20, "{:#?}", report.findings);
}

#[test]
fn what_was_not_looked_at_is_said_of_every_kind_of_input() {
    let tx = format!(r#"{{"to":"{FRIEND}","value":"1","from":"{ME}"}}"#);
    for report in [judge("chain-id=1", check_safe, &payment(1, "")), judge("chain-id=1", check_tx, &tx)] {
        for gap in [
            "No address was screened",
            "Not simulated",
            "Not compared with the past",
            "The time is not known",
        ] {
            assert!(
                report.not_checked.iter().any(|said| said.starts_with(gap)),
                "{gap}: {:?}",
                report.not_checked
            );
        }
    }
}

/// The same bytes, whichever entry they come in by: nothing that was not looked at gets lost on the way.
#[test]
fn a_safe_transaction_as_typed_data_shows_what_guard_safe_shows() {
    let field = |name: &str, of: &str| serde_json::json!({ "name": name, "type": of });
    let fields = [
        ("to", "address"),
        ("value", "uint256"),
        ("data", "bytes"),
        ("operation", "uint8"),
        ("safeTxGas", "uint256"),
        ("baseGas", "uint256"),
        ("gasPrice", "uint256"),
        ("gasToken", "address"),
        ("refundReceiver", "address"),
        ("nonce", "uint256"),
    ];
    let nobody = Address::ZERO.to_string();
    let document = serde_json::json!({
        "types": {
            "EIP712Domain": [field("chainId", "uint256"), field("verifyingContract", "address")],
            "SafeTx": fields.map(|(name, of)| field(name, of)),
        },
        "primaryType": "SafeTx",
        "domain": { "chainId": 1, "verifyingContract": ME },
        "message": {
            "to": FRIEND, "value": "1", "data": "0x", "operation": 0, "safeTxGas": "0", "baseGas": "0",
            "gasPrice": "0", "gasToken": nobody, "refundReceiver": nobody, "nonce": "1",
        },
    })
    .to_string();
    let policy = Policy::parse(DEFAULT).expect("a policy");
    let facts =
        Facts::parse(&format!("chain-id=1\n[[safe]]\naddress='{ME}'\nversion='1.4.1'\n")).expect("facts");
    for lists in [None, Some(&Sanctions as &dyn Lists)] {
        let context = Context { lists, ..Context::new(&policy, &facts) };
        let safe = check_safe(document.as_bytes(), context);
        let typed = check_typed(document.as_bytes(), context);
        assert!(safe.not_checked.len() + usize::from(lists.is_some()) >= 4, "{:?}", safe.not_checked);
        let sorted = |report: &Report| {
            let mut gaps = report.not_checked.clone();
            gaps.sort();
            (gaps, report.lists.clone())
        };
        assert_eq!(sorted(&typed), sorted(&safe));
        assert!(safe.findings.iter().all(|finding| typed.findings.contains(finding)));
        assert_eq!(typed.exit_code, safe.exit_code);
    }
}

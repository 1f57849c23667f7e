//! Queues of Safes: pages, other forms, what was executed, and which transaction is asked about.

use std::slice::from_ref;

use alloy_primitives::{Address, B256};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, Severity, check_queue, check_safe,
    policy::DEFAULT,
    safe::{self, Asked, Listed, Pick, Scheme, input},
    scalar::Scalars,
};

const SAFE: &str = "0x6666666666666666666666666666666666666666";
const OTHER: &str = "0x7777777777777777777777777777777777777777";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const NOBODY: &str = "0x0000000000000000000000000000000000000000";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).expect("a key")
}

fn owner(number: u8) -> Address {
    Address::from_private_key(&key(number))
}

/// Two owners, both needed, and the number that comes next.
fn facts(next: u64) -> Facts {
    let (one, two) = (owner(1), owner(2));
    let text = format!(
        "chain-id=1\nnow='2026-01-15T12:00:00Z'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{one}','{two}']\n\
         threshold=2\nnonce={next}\n"
    );
    Facts::parse(&text).expect("facts")
}

fn ask(pages: &[Value], asked: Asked, facts: &Facts) -> Report {
    let policy = Policy::parse(&format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n"));
    let policy = policy.expect("a policy");
    let pages: Vec<Vec<u8>> = pages.iter().map(|page| page.to_string().into_bytes()).collect();
    let pages: Vec<&[u8]> = pages.iter().map(Vec::as_slice).collect();
    check_queue(Listed { pages: &pages, ..Listed::default() }, asked, Context::new(&policy, facts))
}

fn judge(input: &Value, facts: &Facts) -> Report {
    ask(from_ref(input), Asked::default(), facts)
}

fn payment(nonce: u64, to: &str) -> Value {
    json!({
        "safe": SAFE, "to": to, "value": "5", "data": null, "operation": 0, "safeTxGas": "0", "baseGas": "0", "gasPrice": "0",
        "gasToken": NOBODY, "refundReceiver": NOBODY, "nonce": nonce, "isExecuted": false, "confirmations": [],
    })
}

fn digest(tx: &Value) -> B256 {
    let text = tx.to_string();
    let queue = input::read_queue(text.as_bytes(), input::Missing::default(), &mut Scalars::default());
    safe::hashes(Scheme::Chain, 1, &queue.expect("reads").entries[0].tx).digest
}

fn signature(number: u8, hash: &B256) -> String {
    let (signature, recovery) = key(number).sign_prehash_recoverable(hash.as_slice()).expect("signs");
    format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte())
}

/// As it is once owners have signed it.
fn signed(mut tx: Value, by: &[u8]) -> Value {
    let hash = digest(&tx);
    tx["safeTxHash"] = json!(hash.to_string());
    let confirmations =
        by.iter().map(|one| json!({ "owner": owner(*one).to_string(), "signature": signature(*one, &hash) }));
    tx["confirmations"] = confirmations.collect();
    tx
}

fn executed(tx: Value, by: &[u8]) -> Value {
    let mut tx = signed(tx, by);
    tx["isExecuted"] = json!(true);
    tx["isSuccessful"] = json!(true);
    tx
}

/// As [`facts`], with what the chain executed.
fn of_chain(next: u64, hashes: &[B256]) -> Facts {
    let mut facts = facts(next);
    facts.safe[0].executed = hashes.iter().map(|hash| tracehound_guard::scalar::Hash(*hash)).collect();
    facts
}

fn page(rows: &[Value], next: Option<&str>) -> Value {
    json!({ "next": next, "previous": null, "results": rows })
}

#[test]
fn an_empty_queue_is_no_theft_and_one_that_nobody_counted_no_answer() {
    let said = json!({ "count": 0, "next": null, "previous": null, "results": [] });
    let report = judge(&said, &facts(5));
    assert_eq!((report.exit_code, report.items.len()), (0, 0), "{:#?}", report.findings);
    assert!(report.of("G-POL-03")[0].title.contains("No transaction waits"));
    let one = Asked { pick: "5".parse().expect("a pick"), ..Asked::default() };
    assert_eq!(ask(&[said], one, &facts(5)).exit_code, 30, "the one that is asked about is not there");
    for empty in [
        json!([]),
        json!({ "results": [] }),
        json!({ "count": 3, "next": null, "results": [] }),
        json!({ "count": 0, "next": "https://service/?offset=1", "results": [] }),
        json!({ "count": 0, "next": "", "results": [] }),
    ] {
        let report = judge(&empty, &facts(5));
        assert_eq!(report.exit_code, 30, "{empty}: {:#?}", report.findings);
        assert!(report.has("G-POL-03") && !report.has("G-FMT-01"));
    }
}

#[test]
fn pages_are_one_list_and_a_page_that_is_not_here_is_missing() {
    let (one, two) = (payment(5, FRIEND), payment(6, FRIEND));
    let whole = [page(from_ref(&one), Some("https://service/?offset=1")), page(from_ref(&two), None)];
    let report = ask(&whole, Asked::default(), &facts(5));
    assert_eq!((report.exit_code, report.items.len()), (0, 2), "{:#?}", report.findings);
    assert_eq!(ask(&whole[..1], Asked::default(), &facts(5)).exit_code, 30);
    let mut last = page(&[], None);
    last["count"] = json!(0);
    let mut first = page(from_ref(&one), Some("https://service/?offset=1"));
    first["count"] = json!(2);
    assert_eq!(ask(&[first, last], Asked::default(), &facts(5)).exit_code, 30, "a later page counts none");
    // As services write it: each page counts the rows of all, and the later one names the one before.
    let of_two = |row: &Value, next: Option<&str>, previous: Option<&str>| json!({ "count": 2, "next": next, "previous": previous, "results": [row] });
    let (behind, before) = (Some("https://service/?offset=1"), Some("https://service/"));
    let report = ask(
        &[of_two(&one, behind, None), of_two(&two, None, before)],
        Asked { pick: "6".parse().expect("a pick"), ..Asked::default() },
        &facts(6),
    );
    assert_eq!((report.exit_code, report.items.len()), (0, 1), "{:#?}", report.findings);
    for (first, last) in [(before, None), (None, behind)] {
        let pages = [of_two(&one, behind, first), of_two(&two, last, before)];
        assert_eq!(ask(&pages, Asked::default(), &facts(5)).exit_code, 30, "a page is not here");
    }
    // A row that stands on both pages hides none that stands on neither.
    let counted = |rows: &[Value], next| {
        let mut page = page(rows, next);
        page["count"] = json!(3);
        page
    };
    let short =
        [counted(&[one.clone(), two.clone()], Some("https://service/?offset=2")), counted(&[two], None)];
    let report = ask(&short, Asked::default(), &facts(5));
    assert_eq!((report.exit_code, report.items.len()), (30, 2), "{:#?}", report.findings);
}

#[test]
fn what_could_not_be_had_is_said_and_never_passed_over() {
    let policy = Policy::parse(&format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n"));
    let (policy, facts) = (policy.expect("a policy"), facts(5));
    let text = page(&[payment(5, FRIEND)], None).to_string();
    let unread = ["page 2 lies at http://elsewhere.".to_owned()];
    let listed = Listed { pages: &[text.as_bytes()], past: None, unread: &unread };
    let report = check_queue(listed, Asked::default(), Context::new(&policy, &facts));
    assert_eq!(report.exit_code, 30);
    assert!(report.of("G-POL-03")[0].title.contains("elsewhere"), "{:#?}", report.findings);
}

#[test]
fn one_transaction_of_a_queue_is_judged_alone_and_beside_its_rivals() {
    let list = page(&[payment(5, FRIEND), payment(6, STRANGER), payment(7, FRIEND)], None);
    let asked = |pick: &str| {
        let asked = Asked { pick: pick.parse::<Pick>().expect("a pick"), ..Asked::default() };
        ask(from_ref(&list), asked, &facts(5))
    };
    assert_ne!(judge(&list, &facts(5)).exit_code, 0, "the stranger");
    let report = asked("5");
    assert_eq!((report.exit_code, report.items.len()), (0, 1), "{:#?}", report.findings);
    assert_eq!(asked(&digest(&payment(7, FRIEND)).to_string()).exit_code, 0);
    assert_ne!(asked("6").exit_code, 0);
    let report = asked("99");
    assert_eq!((report.exit_code, report.items.len()), (30, 0), "{:#?}", report.findings);
    assert_eq!(asked(&B256::repeat_byte(1).to_string()).exit_code, 30);
    let rivals = page(&[payment(5, FRIEND), payment(5, STRANGER)], None);
    let only = Asked { pick: Pick::Hash(digest(&payment(5, FRIEND))), ..Asked::default() };
    assert!(ask(&[rivals], only, &facts(5)).has("G-SIG-03"), "another one with its number waits");
    for wrong in ["", "-1", "0x12", "seventy"] {
        assert!(wrong.parse::<Pick>().is_err(), "{wrong}");
    }
}

#[test]
fn without_an_operation_it_is_not_known_what_is_signed() {
    let mut tx = payment(5, FRIEND);
    assert_eq!(judge(&tx, &facts(5)).exit_code, 0);
    tx.as_object_mut().expect("an object").remove("operation");
    let report = judge(&tx, &facts(5));
    assert_eq!(report.exit_code, 30);
    assert!(report.findings.iter().any(|finding| finding.title.contains("Not told: operation.")));
}

/// A refund is signed with the rest: where a field is left out it may be any.
#[test]
fn what_the_hash_covers_and_nobody_tells_is_not_taken_for_nothing() {
    let fields = ["operation", "data", "safeTxGas", "baseGas", "gasPrice", "gasToken", "refundReceiver"];
    let without = |tx: &Value, fields: &[&str]| {
        let mut tx = tx.clone();
        let object = tx.as_object_mut().expect("an object");
        for field in fields {
            object.remove(*field);
        }
        tx
    };
    let told = payment(5, FRIEND);
    for field in fields {
        let report = judge(&without(&told, &[field]), &facts(5));
        assert_eq!(report.exit_code, 30, "{field}: {:#?}", report.findings);
        let said = format!("Not told: {field}.");
        assert!(report.findings.iter().any(|one| one.title.starts_with(&said)), "{field}");
    }
    assert_eq!(judge(&without(&told, &["value"]), &facts(5)).exit_code, 30);
    for field in ["gasToken", "refundReceiver", "gasPrice"] {
        let mut null = told.clone();
        null[field] = Value::Null;
        assert_eq!(judge(&null, &facts(5)).exit_code, 30, "{field}");
    }
    // The hash of the transaction in which they are nothing proves that they are.
    let proven = signed(told, &[1]);
    assert_eq!(judge(&without(&proven, &fields), &facts(5)).exit_code, 0);
    let mut refund = payment(5, FRIEND);
    refund["gasPrice"] = json!("5");
    let other = judge(&without(&signed(refund, &[1]), &["gasPrice"]), &facts(5));
    assert_eq!(other.exit_code, 20, "{:#?}", other.findings);
    // So it is where the client gateway writes it.
    let mut details = gateway(&payment(5, FRIEND));
    let inner = details["detailedExecutionInfo"].as_object_mut().expect("an object");
    inner.remove("refundReceiver");
    assert_eq!(judge(&details, &facts(5)).exit_code, 0);
    details["detailedExecutionInfo"].as_object_mut().expect("an object").remove("safeTxHash");
    assert_eq!(judge(&details, &facts(5)).exit_code, 30);
}

#[test]
fn a_list_of_two_safes_or_two_chains_is_refused() {
    let with = |key: &str, value: Value| {
        let mut tx = payment(6, FRIEND);
        tx[key] = value;
        tx
    };
    for mixed in [
        page(&[payment(5, FRIEND), with("safe", json!(OTHER))], None),
        json!([payment(5, FRIEND), with("safe", json!(OTHER))]),
        page(&[with("chainId", json!(1)), with("chainId", json!(10))], None),
    ] {
        let report = judge(&mixed, &facts(5));
        assert_eq!(report.exit_code, 20);
        assert!(report.findings[0].title.contains("mixes transactions of two"), "{:#?}", report.findings);
    }
    let pages = [page(&[payment(5, FRIEND)], None), page(&[with("safe", json!(OTHER))], None)];
    assert!(ask(&pages, Asked::default(), &facts(5)).has("G-FMT-01"), "over two pages");
    let asked = Asked { safe: Some(OTHER.parse().expect("an address")), ..Asked::default() };
    let report = ask(&[page(&[payment(5, FRIEND)], None)], asked, &facts(5));
    assert!(report.has("G-FMT-01") && report.exit_code == 20, "another Safe than was asked for");
    let asked = Asked { chain_id: Some(10), ..Asked::default() };
    assert!(ask(&[with("chainId", json!(1))], asked, &facts(5)).has("G-FMT-01"), "another chain");
    // A Safe that owns another approves its transaction: both must be here to be judged.
    let outer = with("safe", json!(OTHER));
    let mut approves = payment(5, OTHER);
    approves["value"] = json!("0");
    approves["data"] = json!(format!("0xd4d9bdcd{}", hex::encode(digest(&outer))));
    let report = judge(&json!([outer, approves]), &facts(5));
    assert!(!report.has("G-FMT-01"), "{:#?}", report.findings);
    // So it does in whatever call, as Safe's own files have it.
    let hash = approves["data"].as_str().expect("a text")[2..].to_owned();
    let at = |to: &str, approved: &str| {
        let packed = format!("00{}{:064x}{:064x}{approved}", &to[2..], 0, approved.len() / 2);
        let mut tx = payment(5, "0x40A2aCCbd92BCA938b02010E17A5b8929b49130D");
        tx["value"] = json!("0");
        tx["operation"] = json!(1);
        let width = packed.len().next_multiple_of(64);
        tx["data"] = json!(format!("0x8d80ff0a{:064x}{:064x}{packed:0<width$}", 32, packed.len() / 2));
        tx
    };
    let report = judge(&json!([at(OTHER, &hash), outer]), &facts(5));
    assert!(!report.has("G-FMT-01"), "{:#?}", report.findings);
    let said = |what: &str| report.of("G-WRAP-01").iter().any(|one| one.title.contains(what));
    assert!(said("Approves the transaction at"), "{:#?}", report.findings);
    // Another hash there is another transaction, and one of another chain is refused as ever.
    let wrong = judge(&json!([at(OTHER, &format!("d4d9bdcd{}", "05".repeat(32))), outer]), &facts(5));
    assert!(wrong.has("G-WRAP-01") && wrong.exit_code != 0, "{:#?}", wrong.findings);
    let (mut here, mut there) = (at(OTHER, &hash), outer.clone());
    (here["chainId"], there["chainId"]) = (json!(1), json!(10));
    assert!(judge(&json!([here, there]), &facts(5)).has("G-FMT-01"));
    // Two that approve something of each other do not vouch for a third.
    let third = with("safe", json!(STRANGER));
    assert!(judge(&json!([at(OTHER, &hash), outer, third]), &facts(5)).has("G-FMT-01"));
    assert!(judge(&json!([payment(5, FRIEND), outer, at(STRANGER, &hash)]), &facts(5)).has("G-FMT-01"));
}

#[test]
fn a_stray_signature_is_told_by_the_transaction_it_belongs_to_and_by_no_invented_address() {
    let (shown, real) = (payment(5, FRIEND), payment(5, STRANGER));
    let hash = digest(&real);
    let stray = |claimed: bool| {
        let mut shown = shown.clone();
        if claimed {
            shown["confirmations"] =
                json!([{ "owner": owner(1).to_string(), "signature": signature(1, &hash) }]);
        } else {
            shown["signatures"] = json!(signature(1, &hash));
        }
        shown
    };
    let invented = |report: &Report| {
        let digest = digest(&shown);
        let bytes = hex::decode(&signature(1, &hash)[2..]).expect("hex");
        let signer =
            safe::signature::single(&bytes).expect("one").signer(&digest).expect("somebody").address();
        serde_json::to_string(&report.findings).expect("JSON").contains(&signer.to_string())
    };
    for claimed in [true, false] {
        let alone = judge(&stray(claimed), &facts(5));
        let finding = alone.of("G-SIG-01")[0];
        assert!(finding.title.contains("does not belong to this transaction"), "{finding:#?}");
        assert!(!invented(&alone), "{:#?}", alone.findings);
        let both = judge(&page(&[stray(claimed), real.clone()], None), &facts(5));
        let finding = both.of("G-SIG-01")[0];
        assert!(finding.evidence[0].contains(&hash.to_string()), "{finding:#?}");
        assert_eq!(both.exit_code, 20);
    }
}

#[test]
fn a_payment_of_the_past_counts_by_the_signatures_of_the_owners_and_by_nobodys_word() {
    let waits = payment(9, STRANGER);
    let with = |past: Value, next: u64| {
        let hash = digest(&past);
        let report = judge(&page(&[waits.clone(), past], None), &of_chain(next, &[hash]));
        // That nothing speaks for the stranger makes it incomplete.
        report.exit_code
    };
    let paid = || payment(3, STRANGER);
    assert_eq!(with(executed(paid(), &[1, 2]), 9), 0, "both owners signed it, and its number is used");
    assert_ne!(with(executed(paid(), &[1]), 9), 0, "one of two");
    assert_ne!(with(executed(paid(), &[1, 1]), 9), 0, "one twice");
    assert_ne!(with(executed(paid(), &[1, 3]), 9), 0, "a signer who owns nothing");
    assert_ne!(with(executed(payment(9, STRANGER), &[1, 2]), 9), 0, "its number has not come");
    let mut unsigned = executed(paid(), &[]);
    unsigned["confirmations"] =
        json!([{ "owner": owner(1), "signature": null }, { "owner": owner(2), "signature": null }]);
    assert_ne!(with(unsigned, 9), 0, "the service's word");
    let mut other = executed(paid(), &[1, 2]);
    other["to"] = json!(FRIEND);
    assert_ne!(with(other, 9), 0, "signatures of something else");
    let mut nothing = paid();
    nothing["value"] = json!("0");
    assert_ne!(with(executed(nothing, &[1, 2]), 9), 0, "nothing was paid");
    // Without the chain's word, or the owners from elsewhere, nobody can tell.
    let list = page(&[waits.clone(), executed(paid(), &[1, 2])], None);
    assert_ne!(judge(&list, &facts(9)).exit_code, 0, "what was signed need not have happened");
    assert_ne!(judge(&list, &of_chain(9, &[digest(&payment(4, STRANGER))])).exit_code, 0, "another happened");
    let report = judge(
        &page(&[waits.clone(), executed(paid(), &[1, 2])], None),
        &Facts::parse("chain-id=1").expect("facts"),
    );
    assert_ne!(report.exit_code, 0);
}

#[test]
fn a_list_does_not_decide_what_is_history_against_what_is_known() {
    // Called executed, and the Safe has not come to it: it waits, and is judged.
    let lie = executed(payment(6, STRANGER), &[]);
    let list = page(&[payment(5, FRIEND), lie], None);
    let report = judge(&list, &facts(5));
    assert_ne!(report.exit_code, 0);
    assert!(report.findings.iter().any(|finding| finding.title.contains("has not come to its number")));
    // Never executed, and its number is used: history, which nobody can sign any more.
    let stale = page(&[payment(5, FRIEND), payment(3, STRANGER)], None);
    let report = judge(&stale, &facts(5));
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
}

#[test]
fn what_would_be_blocked_is_history_where_more_than_the_list_says_so() {
    let mut module = payment(4, SAFE);
    module["value"] = json!("0");
    module["data"] = json!(format!("0x610b5925{:0>64}", STRANGER.trim_start_matches("0x")));
    let list = page(&[payment(5, FRIEND), executed(module, &[])], None);
    let mut known = facts(5);
    let report = judge(&list, &known);
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    known.safe[0].nonce = None;
    let report = judge(&list, &known);
    assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
    assert!(
        report.findings.iter().any(|one| one.title.contains("by the list's word alone")),
        "{:#?}",
        report.findings
    );
    // What is for nobody to fear is read as before.
    let list = page(&[payment(5, FRIEND), executed(payment(4, FRIEND), &[])], None);
    let report = judge(&list, &known);
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
}

#[test]
fn what_failed_and_what_shares_a_number_paid_nobody() {
    let waits = payment(9, STRANGER);
    let paid = || executed(payment(3, STRANGER), &[1, 2]);
    let told = of_chain(9, &[digest(&paid())]);
    let with = |rows: &[Value]| judge(&page(&[from_ref(&waits), rows].concat(), None), &told).exit_code;
    assert_eq!(with(&[paid()]), 0);
    for word in [json!(false), json!(null), json!("false"), json!("true"), json!(1)] {
        let mut failed = paid();
        failed["isSuccessful"] = word.clone();
        assert_ne!(with(&[failed]), 0, "it paid nobody: {word}");
    }
    let mut silent = paid();
    silent.as_object_mut().expect("an object").remove("isSuccessful");
    assert_ne!(with(&[silent]), 0, "nobody says that it went through");
    // Whatever the list says of another with its number, the owners signed both.
    let other = || executed(payment(3, FRIEND), &[1, 2]);
    let mut waiting = other();
    waiting["isExecuted"] = json!(false);
    let mut failed = other();
    failed["isSuccessful"] = json!(false);
    for other in [other(), waiting, failed] {
        assert_ne!(with(&[paid(), other]), 0, "one of the two was never executed");
    }
    assert_eq!(with(&[paid(), executed(payment(3, FRIEND), &[1])]), 0, "too few signed the other");
}

#[test]
fn nothing_hides_beside_or_behind_a_transaction() {
    let good = payment(5, FRIEND);
    assert_eq!(judge(&good, &facts(5)).exit_code, 0);
    let bad = payment(5, STRANGER);
    for kind in ["LABEL", "DATE_LABEL", "CONFLICT_HEADER"] {
        let mut row = bad.clone();
        row["type"] = json!(kind);
        assert_eq!(judge(&page(&[good.clone(), row], None), &facts(5)).exit_code, 20, "{kind}");
    }
    let mut list = bad.clone();
    list["results"] = json!([good]);
    assert_eq!(judge(&list, &facts(5)).exit_code, 20, "fields beside a list");
    for (name, more) in [("tx", json!({})), ("message", json!({ "primaryType": "SafeTx" }))] {
        let mut outer = bad.clone();
        outer.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        outer[name] = good.clone();
        assert_eq!(judge(&outer, &facts(5)).exit_code, 20, "beside {name}");
    }
    let both = json!({ "tx": good, "message": bad });
    assert_eq!(judge(&both, &facts(5)).exit_code, 20, "two transactions");
    let foreign = json!({ "message": good, "primaryType": "Permit" });
    assert_eq!(judge(&foreign, &facts(5)).exit_code, 20, "another type");
    for (key, value) in [
        ("domain", json!({ "chainId": 10, "verifyingContract": SAFE })),
        ("domain", json!({ "chainId": 1, "verifyingContract": STRANGER })),
    ] {
        let mut two = good.clone();
        two["chainId"] = json!("1");
        two[key] = value;
        assert_eq!(judge(&two, &facts(5)).exit_code, 20, "{two}");
    }
    let mut hashes = signed(good, &[1]);
    hashes["contractTransactionHash"] = json!(B256::repeat_byte(7).to_string());
    assert_eq!(judge(&hashes, &facts(5)).exit_code, 20, "two hashes");
}

fn gateway(tx: &Value) -> Value {
    let hash = digest(tx);
    json!({
        "safeAddress": SAFE, "txId": format!("multisig_{SAFE}_{hash}"), "executedAt": null, "txStatus": "AWAITING_CONFIRMATIONS",
        "txInfo": { "type": "Custom" },
        "txData": {
            "hexData": tx["data"], "dataDecoded": null, "to": { "value": tx["to"], "name": "USDC", "logoUri": null },
            "value": tx["value"], "operation": tx["operation"], "trustedDelegateCallTarget": null, "addressInfoIndex": null
        },
        "txHash": null,
        "detailedExecutionInfo": {
            "type": "MULTISIG", "submittedAt": 1_726_497_729_356_u64, "nonce": tx["nonce"], "safeTxGas": "0", "baseGas": "0",
            "gasPrice": "0", "gasToken": "0x0000000000000000000000000000000000000000",
            "refundReceiver": { "value": "0x0000000000000000000000000000000000000000", "name": null, "logoUri": null },
            "safeTxHash": hash.to_string(), "executor": null, "signers": [], "confirmationsRequired": 2,
            "confirmations": [{
                "signer": { "value": owner(1).to_string(), "name": null, "logoUri": null },
                "signature": signature(1, &hash), "submittedAt": 1_726_497_729_356_u64
            }]
        },
    })
}

#[test]
fn the_gateways_details_are_read_as_the_services_row_is() {
    let report = judge(&gateway(&payment(5, FRIEND)), &facts(5));
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    let item = &report.items[0];
    assert!(item.signatures[0].good);
    assert_eq!(item.signatures[0].date.as_deref(), Some("2024-09-16T14:42:09.356Z"));
    assert_eq!(item.hashes.as_ref().expect("hashed").hashes.digest, digest(&payment(5, FRIEND)));
    let mut changed = gateway(&payment(5, FRIEND));
    changed["txData"]["to"]["value"] = json!(STRANGER);
    let report = judge(&changed, &facts(5));
    assert!(report.has("G-HASH-01") && report.has("G-SIG-01") && report.exit_code == 20);
    let mut module = gateway(&payment(5, FRIEND));
    module["detailedExecutionInfo"] = json!({ "type": "MODULE" });
    assert_eq!(judge(&module, &facts(5)).exit_code, 20);
    let mut no_operation = gateway(&payment(5, FRIEND));
    no_operation["txData"].as_object_mut().expect("an object").remove("operation");
    no_operation["detailedExecutionInfo"].as_object_mut().expect("an object").remove("safeTxHash");
    assert_eq!(judge(&no_operation, &facts(5)).exit_code, 30);
}

#[test]
fn the_gateways_lists_hold_nothing_that_is_signed() {
    let row = json!({ "type": "TRANSACTION", "conflictType": "None", "transaction": {
        "id": "multisig_0x6666666666666666666666666666666666666666_0x01", "txStatus": "AWAITING_CONFIRMATIONS",
        "txInfo": { "type": "Transfer" }, "executionInfo": { "type": "MULTISIG", "nonce": 5, "confirmationsRequired": 2 }
    } });
    let list = page(&[json!({ "type": "LABEL", "label": "Next" }), row], None);
    let report = judge(&list, &facts(5));
    assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
    assert!(report.of("G-POL-03").iter().any(|finding| finding.title.contains("client gateway")));
}

#[test]
fn the_calls_of_the_transaction_builder_are_judged_and_have_no_hash_yet() {
    let file = |to: &str, data: Value| {
        json!({
            "version": "1.0", "chainId": "1", "createdAt": 1_675_891_944_772_u64,
            "meta": { "name": "Batch", "txBuilderVersion": "1.16.5", "createdFromSafeAddress": SAFE, "createdFromOwnerAddress": "" },
            "transactions": [
                { "to": FRIEND, "value": "5", "data": null, "contractMethod": null, "contractInputsValues": null },
                { "to": to, "value": "0", "data": data, "contractMethod": { "name": "approve", "inputs": [], "payable": false } },
            ],
        })
    };
    // approve(stranger, unlimited)
    let approve = format!("0x095ea7b3{}{}{}", hex::encode([0; 12]), &STRANGER[2..], "f".repeat(64));
    let usdc = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
    let report = judge(&file(usdc, json!(approve)), &facts(5));
    assert_eq!((report.exit_code, report.items.len()), (20, 2), "{:#?}", report.findings);
    assert!(report.has("G-APP-01"));
    let harmless = judge(&file(FRIEND, json!("0x")), &facts(5));
    assert_eq!(harmless.exit_code, 30, "no hash to compare: {:#?}", harmless.findings);
    let unread = judge(&file(usdc, Value::Null), &facts(5));
    assert!(
        unread.has("G-FMT-01") && unread.findings[0].title.contains("contractMethod"),
        "{:#?}",
        unread.findings
    );
    let asked = Asked { safe: Some(OTHER.parse().expect("an address")), ..Asked::default() };
    assert!(ask(&[file(FRIEND, json!("0x"))], asked, &facts(5)).has("G-FMT-01"), "made for another Safe");
}

#[test]
fn one_input_is_judged_as_before() {
    let policy = Policy::default();
    let (facts, text) = (facts(5), payment(5, FRIEND).to_string());
    let context = Context::new(&policy, &facts);
    assert_eq!(check_safe(text.as_bytes(), context).items.len(), 1);
}

/// What another program calls a field, or another thing than a transaction of the owners, is never half read.
#[test]
fn what_a_queue_has_under_other_names_is_refused() {
    let row = |more: &[(&str, Value)]| {
        let mut row =
            crate::whole(json!({"safe": SAFE, "to": FRIEND, "value": "1", "operation": 0, "nonce": 4}));
        for (key, value) in more {
            row[*key] = value.clone();
        }
        row
    };
    let page = |row: Value| json!({"count": 1, "next": null, "results": [row]});
    let verdict = |page: Value| ask(&[page], Asked::default(), &facts(4)).exit_code;
    let plain = verdict(page(row(&[])));
    assert_ne!(plain, 20);
    assert_eq!(verdict(page(row(&[("txType", json!("MULTISIG_TRANSACTION"))]))), plain);
    for (key, value) in [
        ("base_gas", json!("1000000000")),
        ("gas_price", json!("1")),
        ("refund_receiver", json!(STRANGER)),
        ("delegateCall", json!(true)),
        ("params", json!({"to": STRANGER})),
        ("txType", json!("MODULE_TRANSACTION")),
        ("txType", json!("ETHEREUM_TRANSACTION")),
    ] {
        assert_eq!(verdict(page(row(&[(key, value.clone())]))), 20, "{key}: {value}");
        assert_eq!(verdict(row(&[(key, value)])), 20, "{key}");
    }
    // What nobody here has heard of was not judged, at either place; what services add was.
    let all = |key: &str, value: Value| {
        let report = ask(&[page(row(&[(key, value)]))], Asked::default(), &facts(4));
        report.of("G-FMT-01").iter().any(|finding| finding.title.contains(key))
    };
    for (key, value) in [("fooBar", json!(1)), ("txHash", json!("0x1")), ("messageHash", json!("0x1"))] {
        assert!(all(key, value), "{key}");
    }
    for (key, value) in
        [("proposedByDelegate", json!(STRANGER)), ("gasUsed", json!(1)), ("trusted", json!(true))]
    {
        assert!(!all(key, value), "{key}");
    }
    for page in [
        json!({"count": 0, "results": [row(&[])]}),
        json!({"count": 1, "safe": OTHER, "results": [row(&[])]}),
    ] {
        assert_eq!(verdict(page.clone()), 20, "{page}");
    }
    // What was executed counts there, and is nothing that waits.
    assert_eq!(verdict(json!({"count": 0, "countUniqueNonce": 3, "next": null, "results": []})), 0);
}

/// Owners who are not told may be anybody.
#[test]
fn fewer_owners_than_must_sign_are_not_all() {
    let mut few = facts(5);
    assert_eq!(judge(&payment(5, FRIEND), &few).exit_code, 0);
    few.safe[0].threshold = Some(3);
    let report = judge(&payment(5, FRIEND), &few);
    assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
    assert!(
        report.of("G-POL-03")[0].title.starts_with("3 owners must sign, and only 2 are told"),
        "{:#?}",
        report.findings
    );
}

/// The honest details of the gateway stand in one object with a transaction that pays somebody else: two readers see two.
#[test]
fn the_gateways_details_beside_anything_else_that_is_signed_are_refused() {
    let honest = gateway(&payment(5, FRIEND));
    let mut two = signed(payment(5, STRANGER), &[1, 2]);
    for (key, value) in honest.as_object().expect("an object") {
        two[key] = value.clone();
    }
    assert_eq!(judge(&two, &facts(5)).exit_code, 20);
    assert_eq!(judge(&page(&[two], None), &facts(5)).exit_code, 20);
    let with = |place: &str, key: &str, value: Value| {
        let mut details = honest.clone();
        details.pointer_mut(place).expect("a place")[key] = value;
        judge(&details, &facts(5))
    };
    let execution = "/detailedExecutionInfo";
    for (place, key, value) in [
        ("", "chainId", json!(10)),
        ("", "safe", json!(OTHER)),
        ("", "to", json!(STRANGER)),
        ("", "operation", json!(1)),
        ("", "calldata", json!("0x6a761202")),
        ("", "confirmations", json!([])),
        ("", "safeTxHash", json!(B256::ZERO.to_string())),
        ("", "txId", json!(format!("multisig_{SAFE}_{}", B256::repeat_byte(1)))),
        ("", "txId", json!(format!("multisig_{OTHER}_{}", digest(&payment(5, FRIEND))))),
        ("/txData", "data", json!("0xa9059cbb")),
        ("/txData", "input", json!("0xa9059cbb")),
        ("/txData", "nonce", json!(6)),
        ("/txData/to", "address", json!(STRANGER)),
        (execution, "operation", json!(1)),
        (execution, "dataGas", json!("5")),
        (execution, "refund_receiver", json!(STRANGER)),
        (execution, "network", json!("optimism")),
        ("/detailedExecutionInfo/confirmations/0", "owner", json!(owner(2).to_string())),
    ] {
        let report = with(place, key, value.clone());
        assert_eq!(report.exit_code, 20, "{place} {key} {value}: {:#?}", report.findings);
    }
    for place in ["", "/txData", execution, "/detailedExecutionInfo/confirmations/0"] {
        let report = with(place, "innerPart", json!({ "to": STRANGER }));
        assert_eq!(report.exit_code, 30, "{place}: {:#?}", report.findings);
        assert!(report.of("G-FMT-01")[0].title.contains("innerPart"));
    }
    assert_eq!(with("", "chainId", json!("1")).exit_code, 0);
    assert_eq!(with("", "note", json!("rent")).exit_code, 0);
    let heading = json!({ "type": "LABEL", "label": "Next", "txData": { "to": { "value": STRANGER } } });
    assert_eq!(judge(&page(&[heading, payment(5, FRIEND)], None), &facts(5)).exit_code, 20);
}

/// Two names of one thing, or two places of one name, say the same or nothing.
#[test]
fn what_a_safe_transaction_says_twice_it_says_alike() {
    let good = payment(5, FRIEND);
    let theft = "0xa9059cbb00000000000000000000000088888888888888888888888888888888888888880000000000000000000000000000000000000000000000000000000000000001";
    let with = |more: &[(&str, Value)]| {
        let mut tx = good.clone();
        for (key, value) in more {
            tx[*key] = value.clone();
        }
        judge(&tx, &facts(5))
    };
    for more in [
        vec![("input", json!(theft))],
        vec![("data", json!("0x")), ("input", json!(theft))],
        vec![("calldata", json!(theft))],
        vec![("safeNonce", json!(500))],
        vec![("dataGas", json!("7"))],
        vec![("safeVersion", json!("1.4.1")), ("version", json!("1.1.1"))],
    ] {
        assert_eq!(with(&more).exit_code, 20, "{more:?}: {:#?}", with(&more).findings);
    }
    for more in [
        vec![("data", json!("0x")), ("input", json!("0x"))],
        vec![("safeNonce", json!("5"))],
        vec![("dataGas", json!("0"))],
    ] {
        assert_eq!(with(&more).exit_code, 0, "{more:?}: {:#?}", with(&more).findings);
    }
    // Around the transaction and in it.
    for (key, value) in [("nonce", json!(6)), ("isExecuted", json!(true)), ("confirmations", json!([]))] {
        let mut around = json!({ "tx": good });
        around[key] = value.clone();
        assert_eq!(judge(&around, &facts(5)).exit_code, 20, "{key}: {value}");
    }
    assert_eq!(judge(&json!({ "tx": good, "nonce": 5 }), &facts(5)).exit_code, 0);
    let signed = signed(good.clone(), &[1]);
    for (key, value) in
        [("signer", json!(owner(2).to_string())), ("data", json!(signature(2, &digest(&good))))]
    {
        let mut two = signed.clone();
        two["confirmations"][0][key] = value;
        assert_eq!(judge(&two, &facts(5)).exit_code, 20, "{key}");
    }
    // Beside the call data of an execution nothing says another transaction.
    let exec = |more: &[(&str, Value)]| {
        let mut call = json!({ "safe": SAFE, "nonce": 5, "calldata": EXECUTES });
        for (key, value) in more {
            call[*key] = value.clone();
        }
        judge(&call, &facts(5)).of("G-FMT-01").len()
    };
    assert_eq!(exec(&[]), 0);
    for more in [
        ("to", json!(STRANGER)),
        ("value", json!("1")),
        ("operation", json!(1)),
        ("data", json!(theft)),
        ("safeNonce", json!(6)),
    ] {
        assert_ne!(exec(from_ref(&more)), 0, "{more:?}");
    }
    assert_eq!(exec(&[("to", json!(SAFE)), ("value", json!("0x0"))]), 0);
}

/// `execTransaction` that pays one wei to a friend, without signatures.
const EXECUTES: &str = "0x6a761202000000000000000000000000555555555555555555555555555555555555555500000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000140000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000016000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";

/// A wallet hashes typed data by their own types and domain.
#[test]
fn typed_data_of_a_safe_are_those_of_a_safe_at_its_own_door_too() {
    let field = |kind: &str, name: &str| json!({ "type": kind, "name": name });
    let domain_type = [field("uint256", "chainId"), field("address", "verifyingContract")];
    let fields = [
        field("address", "to"),
        field("uint256", "value"),
        field("bytes", "data"),
        field("uint8", "operation"),
        field("uint256", "safeTxGas"),
        field("uint256", "baseGas"),
        field("uint256", "gasPrice"),
        field("address", "gasToken"),
        field("address", "refundReceiver"),
        field("uint256", "nonce"),
    ];
    let message = json!({
        "to": FRIEND, "value": "5", "data": "0x", "operation": 0, "safeTxGas": "0", "baseGas": "0", "gasPrice": "0",
        "gasToken": NOBODY, "refundReceiver": NOBODY, "nonce": 5,
    });
    let good = json!({
        "types": { "EIP712Domain": domain_type, "SafeTx": fields }, "primaryType": "SafeTx",
        "domain": { "chainId": 1, "verifyingContract": SAFE }, "message": message,
    });
    assert_eq!(judge(&good, &facts(5)).exit_code, 0, "{:#?}", judge(&good, &facts(5)).findings);
    let mut order = good.clone();
    order["types"]["SafeTx"].as_array_mut().expect("a list").rotate_left(1);
    let mut few = good.clone();
    few["types"]["SafeTx"].as_array_mut().expect("a list").truncate(2);
    let mut named = good.clone();
    named["domain"]["name"] = json!("Safe");
    named["types"]["EIP712Domain"].as_array_mut().expect("a list").insert(0, field("string", "name"));
    let mut none = good.clone();
    none["types"] = json!({});
    let mut no_chain = good.clone();
    no_chain["domain"].as_object_mut().expect("an object").remove("chainId");
    no_chain["types"]["EIP712Domain"].as_array_mut().expect("a list").remove(0);
    let mut untyped = good;
    untyped.as_object_mut().expect("an object").remove("types");
    untyped["domain"]["name"] = json!("Safe");
    for bad in [order, few, named, none, no_chain, untyped] {
        let report = judge(&bad, &facts(5));
        assert_eq!(report.exit_code, 20, "{bad}: {:#?}", report.findings);
    }
}

/// A rejection hides no second transaction of one number.
#[test]
fn a_rejection_between_two_transactions_takes_nothing_back() {
    let rejection = || {
        let mut tx = payment(5, SAFE);
        tx["value"] = json!("0");
        tx
    };
    let (one, other) = (signed(payment(5, FRIEND), &[1]), signed(payment(5, OTHER), &[1]));
    for rows in [
        vec![one.clone(), rejection(), other.clone()],
        vec![rejection(), one.clone(), other.clone()],
        vec![one.clone(), other.clone(), rejection()],
    ] {
        for asked in [
            Asked::default(),
            Asked { pick: Pick::Nonce("5".parse().expect("a number")), ..Asked::default() },
        ] {
            let report = ask(&[page(&rows, None)], asked, &facts(5));
            let twice = |one: &&tracehound_guard::Finding| one.title.contains("signed nonce 5 twice");
            assert!(report.of("G-SIG-03").iter().any(twice), "{:#?}", report.findings);
            assert_eq!(report.exit_code, 20);
        }
    }
    let unsigned = page(&[payment(5, FRIEND), rejection(), payment(5, OTHER)], None);
    let report = judge(&unsigned, &facts(5));
    assert!(report.of("G-SIG-03")[0].title.contains("know which one"), "{:#?}", report.findings);
    // Whoever signed a transaction may reject it.
    let report = judge(&page(&[one, signed(rejection(), &[1])], None), &facts(5));
    assert!(
        report.of("G-SIG-03").iter().all(|one| one.severity < Severity::Review),
        "{:#?}",
        report.findings
    );
}

/// Whoever writes a list cannot fill it with numbers that are taken.
#[test]
fn a_number_far_ahead_is_told_behind_rejections_that_nobody_signed() {
    let rejection = |nonce: u64| {
        let mut tx = payment(nonce, SAFE);
        tx["value"] = json!("0");
        tx
    };
    let told = |rows: Vec<Value>, facts: &Facts| {
        let asked = Asked { pick: Pick::Nonce("30".parse().expect("a number")), ..Asked::default() };
        let report = ask(&[page(&rows, None)], asked, facts);
        (report.exit_code, report.has("G-SIG-03"))
    };
    let before = |by: &[u8]| -> Vec<Value> {
        (5..30).map(|nonce| signed(rejection(nonce), by)).chain([payment(30, FRIEND)]).collect()
    };
    assert_eq!(told(vec![payment(30, FRIEND)], &facts(5)), (10, true));
    assert_eq!(told(before(&[]), &facts(5)), (10, true));
    assert!(told(before(&[3]), &facts(5)).1, "signed by somebody who is no owner");
    assert_eq!(told(before(&[1]), &facts(5)), (0, false), "a long queue");
    // Nobody remembers what waits behind more than a hundred, whoever signed those.
    let far = |last: u64| {
        let rows: Vec<Value> =
            (5..last).map(|nonce| signed(rejection(nonce), &[1])).chain([payment(last, FRIEND)]).collect();
        let pick = Pick::Nonce(last.to_string().parse().expect("a number"));
        ask(&[page(&rows, None)], Asked { pick, ..Asked::default() }, &facts(5)).has("G-SIG-03")
    };
    assert_eq!((far(105), far(106)), (false, true));
    // Where nobody tells the next number, nobody knows whether it is its turn.
    let mut untold = facts(5);
    untold.safe[0].nonce = None;
    let report = ask(&[page(&[payment(30, FRIEND)], None)], Asked::default(), &untold);
    assert!(report.of("G-SIG-03")[0].title.contains("was not looked at"), "{:#?}", report.findings);
}

#[test]
fn a_count_that_is_no_whole_number_is_not_passed_over() {
    let report = |count: &str| {
        let row = payment(5, FRIEND);
        let page = format!(r#"{{"count":{count},"next":null,"previous":null,"results":[{row}]}}"#);
        let policy = Policy::parse(DEFAULT).expect("a policy");
        check_safe(page.as_bytes(), Context::new(&policy, &facts(5)))
    };
    for count in ["\"2\"", "2.0", "2e0", "\"02\"", "[2]", "{}", "true", "-1"] {
        let report = report(count);
        assert!(report.exit_code == 20 && report.summary.contains("count"), "{count}: {}", report.summary);
    }
    // Of more than can be counted not all are here.
    let many = report(&format!("1{}", "0".repeat(30)));
    let said = |report: &Report| report.findings.iter().any(|one| one.title.contains("are here"));
    assert!(said(&many) && !said(&report("1")) && !said(&report("null")), "{:#?}", many.findings);
}

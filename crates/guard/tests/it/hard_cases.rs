//! Hard cases built from incidents and from bug reports of others' tools: what each must, and must not, be answered.

use std::fmt::Write as _;

use serde_json::Value;
use tracehound_guard::{
    Context, Facts, Policy, Report,
    ask::{Listing, Lists},
    check_message, check_safe, check_tx, check_typed,
    policy::DEFAULT,
};
use tracehound_model::{Address, Decision};
use tracehound_testkit::shared_data;

/// A fresh list that names nobody but one.
#[derive(Debug)]
struct Fresh;

const LISTED: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

impl Lists for Fresh {
    fn screen(&self, address: &Address) -> Listing {
        if address.to_string() == LISTED { Listing::Listed("OFAC".to_owned()) } else { Listing::Clear }
    }

    fn sources(&self) -> Vec<String> {
        vec!["a list of today".to_owned()]
    }
}

pub(crate) fn answer(case: &Value) -> Report {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let policy = Policy::parse(&format!("{DEFAULT}\n{}", text("policy_add"))).expect("a policy");
    let mut facts = Facts::parse(text("facts")).expect("facts");
    facts.chain_id = facts.chain_id.or(case["chain"].as_u64());
    if let Some(account) = case["account"].as_str() {
        facts.account = Some(toml_value(account));
    }
    let args: Vec<&str> = case["args"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for pair in args.chunks(2) {
        match pair {
            ["--now", now] => facts.now = Some(now.parse().expect("a time")),
            ["--origin", origin] => facts.origin = Some((*origin).to_owned()),
            ["--account", account] => facts.account = Some(toml_value(account)),
            other => panic!("no argument {other:?}"),
        }
    }
    let lists: Option<&dyn Lists> = if case["lists"] == true { Some(&Fresh) } else { None };
    let lists = if text("label").contains("OFAC-listed") { Some(&Fresh as &dyn Lists) } else { lists };
    let check = match text("door") {
        "safe" => check_safe,
        "tx" => check_tx,
        "typed" => check_typed,
        "message" => check_message,
        other => panic!("no command {other}"),
    };
    check(text("input").as_bytes(), Context { lists, ..Context::new(&policy, &facts) })
}

fn toml_value<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(Value::String(text.to_owned())).expect("a value")
}

/// Whether an answer is what is wanted; nothing where the sentence alone is.
pub(crate) fn fits(want: &str, got: Decision) -> Option<bool> {
    use Decision::{Allow, Block, Incomplete, Review};
    let begins = |words: &[&str]| words.iter().any(|word| want.starts_with(word));
    Some(match () {
        () if begins(&["right"]) => return None,
        () if begins(&["not allow", "not-allow"]) => got != Allow,
        () if begins(&["not block", "not-block"]) => got != Block,
        () if begins(&[
            "block (not understood",
            "block or review",
            "block/review",
            "review/block",
            "review",
            "incomplete",
        ]) =>
        {
            matches!(got, Block | Review | Incomplete)
        }
        () if begins(&["allow"]) => got == Allow,
        () if begins(&["block"]) => got == Block,
        () => panic!("{want:?} is no answer that is known here"),
    })
}

pub(crate) fn rows(file: &str) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(shared_data(file)?).expect("readable");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

#[test]
fn the_hard_cases_are_answered_as_is_right() {
    let Some(rows) = rows("guard/cases.jsonl") else { return };
    assert_eq!(rows.len(), 100);
    let mut wrong = String::new();
    for (number, case) in rows.iter().enumerate() {
        let report = answer(case);
        let want = case["want"].as_str().expect("a wish");
        // No limit is set in its policy, so none can be broken; that nothing speaks for the recipient is said.
        let want = if case["label"].as_str().is_some_and(|label| label.starts_with("V1b")) {
            "not allow"
        } else {
            want
        };
        if fits(want, report.verdict) == Some(false) {
            let said: Vec<String> = report
                .findings
                .iter()
                .map(|one| format!("{} {} {}", one.id.as_str(), one.severity.as_str(), one.title))
                .collect();
            let _ = writeln!(
                wrong,
                "{}: {} | {} | {} | {said:?}",
                number + 1,
                case["label"],
                report.verdict,
                want
            );
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{wrong}", wrong.lines().count());
}

#[test]
fn typed_data_of_protocols_is_read() {
    let Some(rows) = rows("guard/signing/cases_typed_evm.jsonl") else { return };
    let mut wrong = String::new();
    for case in &rows {
        let report = answer(case);
        let want = case["verdict"].as_str().or(case["want"].as_str()).expect("a wish");
        if fits(want, report.verdict) == Some(false) {
            let said: Vec<&str> = report.findings.iter().map(|one| &one.title[..]).collect();
            let _ = writeln!(wrong, "{} | {} | {} | {said:?}", case["label"], report.verdict, want);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{wrong}", wrong.lines().count());
}

#[test]
fn everyday_requests_are_not_in_the_way() {
    let Some(rows) = rows("guard/everyday.jsonl") else { return };
    let (mut blocked, mut allowed, mut told) = (0, 0, String::new());
    for case in &rows {
        let report = answer(case);
        match report.verdict {
            Decision::Allow => allowed += 1,
            other => {
                blocked += usize::from(other == Decision::Block);
                let said: Vec<&str> = report.findings.iter().map(|one| &one.title[..]).collect();
                let _ = writeln!(told, "{} | {other} | {said:?}", case["label"]);
            }
        }
    }
    // A vault that nobody vouches for stays for a look, though its source is published, and so does an exchange at 1inch that
    // asks for next to nothing back.
    assert!(blocked == 0 && allowed >= 15, "{allowed} of {} allowed, {blocked} blocked:\n{told}", rows.len());
}

/// Names of functions that do nothing or take away, on a contract that nobody knows.
#[test]
fn a_harmless_name_at_a_contract_that_nobody_knows_is_never_allowed() {
    let unknown = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
    let me = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
    let cold = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
    let word = |text: &str| format!("{:0>64}", text.trim_start_matches("0x"));
    let list = format!("{}{}", word("20"), word("0"));
    let calls = [
        String::new(),
        format!("ac9650d8{list}"),
        format!("82ad56cb{list}"),
        format!("34fcd5be{list}"),
        format!("3f707e6b{list}"),
        format!("095ea7b3{}{}", word(cold), word("0")),
        format!("a9059cbb{}{}", word(cold), word("0")),
        format!("a22cb465{}{}", word(cold), word("0")),
        format!("b61d27f6{}{}{}{}", word(cold), word("0"), word("60"), word("0")),
        format!("d4d9bdcd{}", word("abab")),
        format!("85a5affe{}{}", word("20"), word("0")),
        format!(
            "d505accf{}{}{}{}{}{}{}",
            word(me),
            word(cold),
            word("0"),
            word("1"),
            word("1b"),
            word("1"),
            word("1")
        ),
        format!("cc53287f{list}"),
        "d0e30db0".to_owned(),
    ];
    let policy = format!("[[book]]\naddress=\"{cold}\"\nname=\"our cold wallet\"\n");
    let facts = format!(
        "chain-id=1\n[[safe]]\naddress=\"{me}\"\nversion=\"1.4.1\"\nowners=[\"{cold}\"]\nthreshold=1\nnonce=1\n"
    );
    for call in &calls {
        for value in ["0x0", "0x56bc75e2d63100000"] {
            if call.is_empty() && value == "0x0" {
                continue;
            }
            let tx = format!(
                r#"{{"from":"{me}","to":"{unknown}","value":"{value}","data":"0x{call}","chainId":1}}"#
            );
            let one = format!(r#"{{"to":"{unknown}","value":"{value}","data":"0x{call}"}}"#);
            let sent = format!(
                r#"{{"version":"2.0.0","chainId":"0x1","from":"{me}","atomicRequired":true,"calls":[{one}]}}"#
            );
            let safe = format!(
                r#"{{"safe":"{me}","to":"{unknown}","value":"{}","data":"0x{call}","operation":0,"safeTxGas":"0","baseGas":"0","gasPrice":"0","gasToken":"0x0000000000000000000000000000000000000000","refundReceiver":"0x0000000000000000000000000000000000000000","nonce":1}}"#,
                u128::from_str_radix(&value[2..], 16).expect("a number")
            );
            for (door, input) in [("tx", &tx), ("tx", &sent), ("safe", &safe)] {
                let case = serde_json::json!({
                    "door": door, "input": input, "policy_add": policy, "args": [], "label": call,
                    "facts": if door == "safe" { &facts[..] } else { "chain-id=1" },
                    "account": if door == "safe" { Value::Null } else { me.into() },
                });
                let report = answer(&case);
                assert_ne!(report.verdict, Decision::Allow, "{door} {input}: {:?}", report.findings);
            }
        }
    }
}

/// A permit with a part that nobody reads, for a contract that is trusted to take tokens.
#[test]
fn a_permit_with_fields_of_its_own_is_for_a_person() {
    let field = |name: &str, of: &str| serde_json::json!({ "name": name, "type": of });
    let of = |primary: &str, more: &[Value], message: Value| {
        let mut fields = vec![
            field("permitted", "TokenPermissions"),
            field("spender", "address"),
            field("nonce", "uint256"),
            field("deadline", "uint256"),
        ];
        fields.extend(more.iter().cloned());
        let domain =
            [field("name", "string"), field("chainId", "uint256"), field("verifyingContract", "address")];
        let document = serde_json::json!({
            "types": {
                "EIP712Domain": domain,
                "TokenPermissions": [field("token", "address"), field("amount", "uint256")],
                primary: fields,
            },
            "primaryType": primary,
            "domain": {
                "name": "Permit2", "chainId": 1, "verifyingContract": "0x000000000022D473030F116dDEE9F6B43aC78BA3",
            },
            "message": message,
        });
        answer(&serde_json::json!({
            "door": "typed", "input": document.to_string(), "policy_add": "", "label": "", "chain": 1, "facts": "",
            "account": "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "args": ["--now", "2026-11-28T00:00:00Z"],
        }))
    };
    let message = serde_json::json!({
        "permitted": { "token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "amount": "1000000" },
        "spender": "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af", "nonce": "1", "deadline": "1796000000",
    });
    let plain = of("PermitTransferFrom", &[], message.clone());
    assert_eq!(plain.verdict, Decision::Allow, "{:?}", plain.findings);
    let mut more = message;
    more["receiver"] = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731".into();
    let odd = of("PermitWitnessTransferFrom", &[field("receiver", "address")], more);
    assert_eq!(odd.verdict, Decision::Review, "{:?}", odd.findings);
}

/// The policy of a case, which names the market's fees.
fn market(table: &toml::Table) -> Policy {
    let more = table["policy"].as_str().expect("a text");
    Policy::parse(&format!("{DEFAULT}\n{more}")).expect("a policy")
}

/// Whoever gets a share of a sale must be vouched for, be it a thousandth or a third.
#[test]
fn a_share_of_a_sale_goes_to_nobody_whom_nobody_vouches_for() {
    const FEE: &str = "0xdfd9b97EB06C9ACCD4F94f518D078106Fa59dAf0";
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/benign/34-listing.toml");
    let table: toml::Table = std::fs::read_to_string(file).expect("readable").parse().expect("TOML");
    let (policy, facts) = (market(&table), Facts::parse(table["facts"].as_str().expect("a text")));
    let facts = facts.expect("facts");
    let order: Value = serde_json::from_str(table["input"].as_str().expect("a text")).expect("JSON");
    // The maker gets what the others leave of one ether.
    let shared = |shares: &[(&str, u64)]| {
        let mut order = order.clone();
        let considered = order["message"]["consideration"].as_array_mut().expect("a list");
        considered.truncate(1);
        let whole = 1_000_000_000_000_000_000_u64;
        let rest = whole - shares.iter().map(|share| share.1).sum::<u64>();
        for field in ["startAmount", "endAmount"] {
            considered[0][field] = rest.to_string().into();
        }
        for (to, amount) in shares {
            let mut item = considered[0].clone();
            (item["startAmount"], item["endAmount"]) = (amount.to_string().into(), amount.to_string().into());
            item["recipient"] = (*to).into();
            considered.push(item);
        }
        check_typed(order.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let percent = 10_000_000_000_000_000_u64;
    // No token of a sale is somebody whom it may pay.
    for stranger in
        ["0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"]
    {
        for share in [1, percent / 10, percent, 15 * percent] {
            let report = shared(&[(stranger, share)]);
            // Less than the floor is for a person besides.
            let wanted = if share > 10 * percent { Decision::Review } else { Decision::Incomplete };
            assert_eq!(report.verdict, wanted, "{stranger} {share}: {:?}", report.findings);
            assert!(report.findings.iter().any(|one| one.title.contains("and nobody vouches for that")));
        }
        let beside = shared(&[(FEE, percent), (stranger, percent)]);
        assert_eq!(beside.verdict, Decision::Incomplete, "{:?}", beside.findings);
    }
    assert_eq!(shared(&[(FEE, percent)]).verdict, Decision::Allow);
    assert_eq!(shared(&[(FEE, percent), (FEE, 2 * percent)]).verdict, Decision::Allow);
    assert_eq!(shared(&[(FEE, 21 * percent)]).verdict, Decision::Review, "no fee is a fifth");
    assert_eq!(shared(&[(FEE, 51 * percent)]).verdict, Decision::Block);
}

/// Of what an exchange brings a front-end may have a hundredth, and not the fifth that a sale may cost.
#[test]
fn a_share_of_an_exchange_is_a_hundredth_at_most() {
    const FEE: &str = "0xdfd9b97EB06C9ACCD4F94f518D078106Fa59dAf0";
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/benign/34-listing.toml");
    let table: toml::Table = std::fs::read_to_string(file).expect("readable").parse().expect("TOML");
    let price = "[[price]]\ndollars='3000'\ndate='2026-01-14T00:00:00Z'\n";
    let facts = format!("{}\n{price}", table["facts"].as_str().expect("a text"));
    let (policy, facts) = (market(&table), Facts::parse(&facts).expect("facts"));
    let order: Value = serde_json::from_str(table["input"].as_str().expect("a text")).expect("JSON");
    let shared = |share: u64| {
        let mut order = order.clone();
        let offered = &mut order["message"]["offer"][0];
        offered["itemType"] = 1.into();
        offered["token"] = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48".into();
        offered["identifierOrCriteria"] = "0".into();
        for field in ["startAmount", "endAmount"] {
            offered[field] = "3000000000".into();
        }
        let considered = order["message"]["consideration"].as_array_mut().expect("a list");
        considered.truncate(1);
        considered.push(considered[0].clone());
        considered[1]["recipient"] = FEE.into();
        for (item, amount) in considered.iter_mut().zip([10_000 - share, share]) {
            for field in ["startAmount", "endAmount"] {
                item[field] = (amount * 100_000_000_000_000).to_string().into();
            }
        }
        check_typed(order.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    assert_eq!(shared(100).verdict, Decision::Allow, "{:?}", shared(100).findings);
    for share in [101, 1_900] {
        let report = shared(share);
        assert_eq!(report.verdict, Decision::Review, "{share}: {:?}", report.findings);
        assert!(report.findings.iter().any(|one| one.title.contains("More than a hundredth")));
    }
}

/// Of a number of which there are many, how many is said, and the price of the collection is that of each.
#[test]
fn so_many_of_a_number_are_told_and_each_is_held_to_the_price() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/benign/34-listing.toml");
    let table: toml::Table = std::fs::read_to_string(file).expect("readable").parse().expect("TOML");
    let (policy, facts) = (market(&table), Facts::parse(table["facts"].as_str().expect("a text")));
    let facts = facts.expect("facts");
    let mut order: Value = serde_json::from_str(table["input"].as_str().expect("a text")).expect("JSON");
    let mut judged = |count: &str, end: &str| {
        let item = &mut order["message"]["offer"][0];
        item["itemType"] = 3.into();
        (item["startAmount"], item["endAmount"]) = (count.into(), end.into());
        check_typed(order.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let seven = judged("7", "7");
    assert_eq!(seven.verdict, Decision::Block, "{:?}", seven.findings);
    assert!(seven.items[0].intent.contains("offers 7 of number 1 of 0x3902"), "{}", seven.items[0].intent);
    // One at the price of the cheapest is for a person: which number it is counts.
    let one = judged("1", "1");
    assert_eq!(one.verdict, Decision::Review, "{:?}", one.findings);
    assert!(one.items[0].intent.contains("1 of number 1 of"), "{}", one.items[0].intent);
    assert!(judged("1", "7").items[0].intent.contains("1 to 7 of number 1"));
    assert_eq!(judged("1", "7").verdict, Decision::Block, "the most that may be taken");
}

/// So it is at `UniswapX`, whose orders have as many outputs as one likes.
#[test]
fn an_output_more_goes_to_somebody_who_is_vouched_for() {
    let Some(rows) = rows("guard/signing/cases_typed_evm.jsonl") else { return };
    let row =
        rows.iter().find(|row| row["label"].as_str().is_some_and(|label| label.contains("UniswapX V2")));
    let mut case = row.expect("an order of UniswapX").clone();
    let mut order: Value = serde_json::from_str(case["input"].as_str().expect("a text")).expect("JSON");
    let outputs = order["message"]["witness"]["baseOutputs"].as_array_mut().expect("a list");
    outputs[0]["recipient"] = case["account"].clone();
    let much: Value = "300000000000000000000".into();
    (outputs[0]["startAmount"], outputs[0]["endAmount"]) = (much.clone(), much);
    let mut more = outputs[0].clone();
    (more["startAmount"], more["endAmount"]) = ("1".into(), "1".into());
    more["recipient"] = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48".into();
    outputs.push(more);
    case["input"] = order.to_string().into();
    let report = answer(&case);
    assert_eq!(report.verdict, Decision::Review, "{:?}", report.findings);
    assert!(report.findings.iter().any(|one| one.title.contains("and nobody vouches for that address")));
}

/// Seaport's order is known by its whole type; one with a field more is another thing.
#[test]
fn an_order_with_a_field_of_its_own_is_for_a_person() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/benign/34-listing.toml");
    let table: toml::Table = std::fs::read_to_string(file).expect("readable").parse().expect("TOML");
    let mut order: Value = serde_json::from_str(table["input"].as_str().expect("a text")).expect("JSON");
    let facts = Facts::parse(table["facts"].as_str().expect("a text")).expect("facts");
    let policy = market(&table);
    let verdict = |order: &Value| {
        let report = check_typed(order.to_string().as_bytes(), Context::new(&policy, &facts));
        (report.verdict, report.has("G-ACT-01"))
    };
    assert_eq!(verdict(&order), (Decision::Allow, false));
    let fields = order["types"]["OrderComponents"].as_array_mut().expect("a list");
    fields.push(serde_json::json!({ "name": "also", "type": "bytes32" }));
    order["message"]["also"] = format!("0x{}", "11".repeat(32)).into();
    assert_eq!(verdict(&order), (Decision::Review, true));
}

/// An order whose price falls is worth its lowest, and gives its highest.
#[test]
fn an_order_whose_price_falls_is_judged_by_the_least_that_may_come_of_it() {
    let Some(rows) = rows("guard/signing/cases_typed_evm.jsonl") else { return };
    let row =
        rows.iter().find(|row| row["label"].as_str().is_some_and(|label| label.contains("UniswapX V2")));
    let mut case = row.expect("an order of UniswapX").clone();
    let mut order: Value = serde_json::from_str(case["input"].as_str().expect("a text")).expect("JSON");
    let mut judged = |start: &str, end: &str| {
        let output = &mut order["message"]["witness"]["baseOutputs"][0];
        (output["startAmount"], output["endAmount"]) = (start.into(), end.into());
        output["recipient"] = case["account"].clone();
        case["input"] = order.to_string().into();
        answer(&case).verdict
    };
    let (much, little) = ("300000000000000000000", "1");
    assert_eq!(judged(much, much), Decision::Review, "nobody here knows the price");
    assert_eq!(judged(much, little), Decision::Block);
    assert_eq!(judged(little, much), Decision::Block);
}

/// Prices of NFTs are believed for a week; a sale for less than four fifths of one is looked at, and for less than half is none.
#[test]
fn a_listing_is_held_against_what_its_nft_goes_for() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/benign/34-listing.toml");
    let table: toml::Table = std::fs::read_to_string(file).expect("readable").parse().expect("TOML");
    let text = |key: &str| table[key].as_str().expect("a text");
    let (price, date) = ("1_200_000_000_000_000_000", "2026-01-14T00:00:00Z");
    let verdict = |new_price: &str, new_date: &str| {
        let facts = text("facts").replace(price, new_price).replace(date, new_date);
        let (policy, facts) = (market(&table), Facts::parse(&facts).expect("facts"));
        check_typed(text("input").as_bytes(), Context::new(&policy, &facts)).verdict
    };
    // The maker gets 0.975 ETH, at noon of 15 January.
    assert_eq!(verdict("1_218_750_000_000_000_000", date), Decision::Allow);
    assert_eq!(verdict("1_218_750_000_000_000_001", date), Decision::Review, "more than a fifth below");
    assert_eq!(verdict("1_950_000_000_000_000_000", date), Decision::Review);
    assert_eq!(verdict("1_950_000_000_000_000_001", date), Decision::Block);
    // Two of them for that.
    let mut order: Value = serde_json::from_str(text("input")).expect("JSON");
    let mut second = order["message"]["offer"][0].clone();
    second["identifierOrCriteria"] = "77".into();
    order["message"]["offer"].as_array_mut().expect("a list").push(second);
    let two = |new_price: &str| {
        let facts = Facts::parse(&text("facts").replace(price, new_price)).expect("facts");
        let policy = market(&table);
        check_typed(order.to_string().as_bytes(), Context::new(&policy, &facts)).verdict
    };
    assert_eq!(two("600_000_000_000_000_000"), Decision::Allow);
    assert_eq!(two("975_000_000_000_000_000"), Decision::Review, "half of their floor");
    assert_eq!(two(price), Decision::Block);
    assert_eq!(verdict(price, "2026-01-08T12:00:00Z"), Decision::Allow);
    assert_eq!(verdict(price, "2026-01-08T11:59:59Z"), Decision::Review, "older than a week");
    assert_eq!(verdict(price, "2026-01-17T00:00:00Z"), Decision::Review, "of the future");
}

/// A contract that takes tokens by Permit2 alone has no use for an allowance of its own.
#[test]
fn who_takes_by_permit2_is_trusted_by_permit2_alone() {
    let word = |text: &str| format!("{:0>64}", text.trim_start_matches("0x"));
    let (router, usdc) =
        ("0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48");
    let verdict = |to: &str, data: String| {
        let input = serde_json::json!({
            "from": "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "to": to, "data": data, "chainId": 1,
        });
        let case = serde_json::json!({
            "door": "tx", "input": input.to_string(), "policy_add": "", "label": "", "facts": "", "chain": 1,
            "account": "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "args": ["--now", "2026-11-28T00:00:00Z"],
        });
        answer(&case).verdict
    };
    let by_permit2 = format!("0x87517c45{}{}{}{}", word(usdc), word(router), word("5"), word("692f0000"));
    assert_eq!(verdict("0x000000000022D473030F116dDEE9F6B43aC78BA3", by_permit2), Decision::Allow);
    assert_eq!(verdict(usdc, format!("0x095ea7b3{}{}", word(router), word("5"))), Decision::Incomplete);
}

/// A price of a time to come is none, and a context that tells one is not as good as one that tells nothing.
#[test]
fn a_price_that_is_not_believed_is_a_gap_in_an_order_too() {
    let Some(rows) = rows("guard/cases.jsonl") else { return };
    let row = rows
        .iter()
        .find(|row| row["label"].as_str().is_some_and(|label| label.starts_with("N-O honest CoW")));
    let mut case = row.expect("an order of CoW").clone();
    let mut said = |date: &str| {
        let price = format!("now='2026-11-28T00:00:00Z'\n[[price]]\ndollars='3333'\ndate='{date}'\n");
        case["facts"] = price.into();
        answer(&case)
    };
    let today = said("2026-11-27T00:00:00Z");
    assert!(
        !today.findings.iter().any(|one| one.title.contains("No price is believed")),
        "{:?}",
        today.findings
    );
    for other in ["2026-11-28T00:00:01Z", "2026-11-01T00:00:00Z"] {
        let report = said(other);
        assert_eq!(report.verdict, Decision::Review, "{:?}", report.findings);
        assert!(report.findings.iter().any(|one| one.title.contains("No price is believed here")), "{other}");
    }
}

/// What an order brings is said of whoever gets it: its signer, named or not, or a stranger.
#[test]
fn an_orders_sentence_names_who_gets_what_it_brings() {
    let Some(rows) = rows("guard/cases.jsonl") else { return };
    let row = rows
        .iter()
        .find(|row| row["label"].as_str().is_some_and(|label| label.starts_with("N-O honest CoW")));
    let mut case = row.expect("an order of CoW").clone();
    let mut order: Value = serde_json::from_str(case["input"].as_str().expect("a text")).expect("JSON");
    let own = case["account"].as_str().expect("an account").to_owned();
    let zero = "0x0000000000000000000000000000000000000000".to_owned();
    let stranger = "0xe7E7E7e7e7e7E7e7e7e7E7E7e7e7E7E7e7E7e731".to_owned();
    let mut said = |receiver: &str| {
        order["message"]["receiver"] = receiver.into();
        case["input"] = order.to_string().into();
        answer(&case).items[0].intent.clone()
    };
    for receiver in [own, zero] {
        assert!(said(&receiver).contains("for 300 WETH (CoW Protocol)"), "{}", said(&receiver));
    }
    assert!(
        said(&stranger).contains(&format!("for nothing, and 300 WETH to {stranger}")),
        "{}",
        said(&stranger)
    );
}

/// What docs/GUARD-CORPUS.md says of the two everyday requests that stay for a person: what would vouch for them.
#[test]
fn a_vault_is_allowed_where_somebody_vouches_for_it_and_1inch_where_it_promises_something() {
    let Some(rows) = rows("guard/everyday.jsonl") else { return };
    let case = |begin: &str| {
        let found =
            rows.iter().find(|row| row["label"].as_str().is_some_and(|label| label.starts_with(begin)));
        found.expect("there").clone()
    };
    let mut vault = case("ERC-4626 deposit");
    assert_eq!(answer(&vault).verdict, Decision::Review);
    let policy = vault["policy_add"].as_str().expect("a text").to_owned();
    let word = "[[trusted]]\naddress=\"0x4646464646464646464646464646464646464646\"\nlabel=\"our vault\"\nroles=[\"contract\"]\n";
    vault["policy_add"] = format!("{policy}{word}").into();
    assert_eq!(answer(&vault).verdict, Decision::Allow, "{:#?}", answer(&vault).findings);
    let mut swap = case("1inch v6 swap");
    assert_eq!(answer(&swap).verdict, Decision::Review);
    let (one, near) = (format!("{:064x}", 1), format!("{:064x}", 300_000_000_000_000_000_u64));
    let input = swap["input"].as_str().expect("a text").to_owned();
    swap["input"] = input.replacen(&one, &near, 1).into();
    assert_eq!(answer(&swap).verdict, Decision::Allow, "{:#?}", answer(&swap).findings);
}

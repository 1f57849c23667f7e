//! What is known from elsewhere: what it may say, and what it may not.

use alloy_primitives::B256;
use serde_json::json;
use tracehound_guard::{
    Context, Facts, Policy, Report, Severity,
    chain::{Basis, Chain, Concerned, Seen},
    check_safe, check_tx, check_typed,
    facts::SafeFacts,
    policy::DEFAULT,
};
use tracehound_model::Decision;

const NOBODY: &str = "0x0000000000000000000000000000000000000000";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
/// Noon of 15 January 2026.
const TIME: u64 = 1_768_478_400;
const COLD: &str = "0x828424517F9F04015db02169f4026D57B2B07229";
const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

fn judged(to: &str, data: &str, facts: &str, policy: &str) -> Report {
    let policy = format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'cold'\n{policy}");
    let policy = Policy::parse(&policy).expect("a policy");
    let facts = Facts::parse(&format!("chain-id = 1\naccount = '{ME}'\n{facts}")).expect("facts");
    let input = json!({ "from": ME, "to": to, "value": "0x0", "data": data, "chainId": "0x1" });
    check_tx(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn word(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_lowercase())
}

#[test]
fn nobody_gives_usdc_18_decimal_places() {
    let data = format!("0xa9059cbb{}{:064x}", word(COLD), 250_000_000);
    let told =
        |decimals: u8| format!("[[token]]\naddress = '{USDC}'\nsymbol = 'USDC'\ndecimals = {decimals}\n");
    let report = judged(USDC, &data, &told(6), "");
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    let report = judged(USDC, &data, &told(18), "");
    assert!(report.items[0].intent.contains("250 USDC"), "{}", report.items[0].intent);
    assert_eq!(report.verdict, Decision::Incomplete, "{:#?}", report.findings);
    assert!(report.of("G-FACT-01")[0].title.contains("it is USDC and has 6"), "{:#?}", report.findings);
}

#[test]
fn a_call_where_no_code_lies_does_nothing_and_is_not_allowed() {
    let trusted = format!("[[trusted]]\naddress = '{COLD}'\nlabel = 'x'\nroles = ['contract']\n");
    let trusted = trusted.replace(COLD, "0xC0ffeeC0ffeEC0FFEec0FFeec0fFEEC0FFEEC0Ff".to_lowercase().as_str());
    let to = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
    let allowed = judged(to, "0xd0e30db0", "", &trusted);
    assert_eq!(allowed.verdict, Decision::Allow, "{:#?}", allowed.findings);
    let report =
        judged(to, "0xd0e30db0", &format!("[[address]]\naddress = '{to}'\nkind = 'eoa'\n"), &trusted);
    assert_eq!(report.verdict, Decision::Review, "{:#?}", report.findings);
    assert!(report.of("G-ACT-01")[0].title.contains("no code lies"), "{:#?}", report.findings);
}

#[test]
fn an_entry_that_is_pinned_to_its_code_is_not_trusted_with_other_code() {
    let to = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
    let pin = format!("0x{}", "ab".repeat(32));
    let trusted =
        format!("[[trusted]]\naddress = '{to}'\nlabel = 'x'\nroles = ['contract']\ncode-hash = '{pin}'\n");
    let there =
        |hash: &str| format!("[[address]]\naddress = '{to}'\nkind = 'contract'\ncode-hash = '{hash}'\n");
    assert_eq!(judged(to, "0xd0e30db0", &there(&pin), &trusted).verdict, Decision::Allow);
    let report = judged(to, "0xd0e30db0", &there(&pin.replace("ab", "ac")), &trusted);
    assert_ne!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    assert!(report.findings.iter().any(|one| one.severity > Severity::Info), "{:#?}", report.findings);
}

#[test]
fn a_policy_of_0_1_0_is_read_and_what_its_role_contract_lost_is_named() {
    let contract = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
    let trusted =
        format!("{DEFAULT}\n[[trusted]]\naddress = '{contract}'\nlabel = 'ours'\nroles = ['contract']\n");
    let policy = |text: &str| Policy::parse(text).expect("a policy");
    let (new, old) = (policy(&trusted), policy(&trusted.replace("version = 2\n", "")));
    assert_eq!((new.version, new.outdated().len()), (2, 0));
    assert_eq!(old.version, 1);
    let named = old.outdated();
    assert!(
        named[0].contains("covers calls alone") && named.iter().any(|line| line.ends_with("(ours)")),
        "{named:?}"
    );
    assert!(Policy::parse(&trusted.replace("version = 2\n", "version = 3\n")).is_err());

    let field = |kind: &str, name: &str| json!({ "name": name, "type": kind });
    let data = json!({
        "types": {
            "EIP712Domain": [field("string", "name"), field("uint256", "chainId"), field("address", "verifyingContract")],
            "Permit": [
                field("address", "owner"), field("address", "spender"), field("uint256", "value"),
                field("uint256", "nonce"), field("uint256", "deadline"),
            ],
        },
        "primaryType": "Permit",
        "domain": { "name": "Ours", "chainId": 1, "verifyingContract": contract },
        "message": { "owner": ME, "spender": COLD, "value": "5", "nonce": "0", "deadline": "1800000000" },
    });
    let facts = Facts::parse(&format!("chain-id = 1\naccount = '{ME}'\nnow = '2026-12-01T00:00:00Z'\n"))
        .expect("facts");
    let said = |policy: &Policy| {
        let report = check_typed(data.to_string().as_bytes(), Context::new(policy, &facts));
        report.findings.iter().any(|one| one.title.starts_with("By policies of 0.1.0"))
    };
    assert!(said(&old) && !said(&new));
}

/// A node that shows what it is told to.
#[derive(Debug)]
struct Shows(Vec<SafeFacts>, Basis);

impl Chain for Shows {
    fn look(&self, _: Option<u64>, at: &Concerned) -> Result<Seen, String> {
        let safes = self.0.iter().filter(|safe| safe.address.is_some_and(|it| at.safes.contains(&it.0)));
        Ok(Seen {
            chain_id: 1,
            block: 9,
            hash: B256::repeat_byte(9),
            time: TIME,
            basis: self.1,
            node: "a node".to_owned(),
            safes: safes.cloned().collect(),
            accounts: Vec::new(),
            tokens: Vec::new(),
            odd: Vec::new(),
            unread: Vec::new(),
        })
    }
}

#[test]
fn neither_a_node_nor_a_file_is_overruled_in_silence() {
    let (safe, stranger) =
        ("0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe", "0xbad0bad0bad0bad0bad0bad0bad0bad0bad0bad0");
    let policy = Policy::parse(&format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'cold'\n"))
        .expect("a policy");
    let told = format!(
        "chain-id = 1\nnow = '2026-01-15T12:00:00Z'\n[[safe]]\naddress = '{safe}'\nversion = '1.4.1'\nowners = ['{ME}']\nthreshold = 1\nnonce = 71\n"
    );
    let told = Facts::parse(&told).expect("facts");
    let payment = |nonce: u64, to: &str| {
        json!({ "safe": safe, "to": to, "value": "5", "data": null, "operation": 0, "safeTxGas": "0", "baseGas": "0",
            "gasPrice": "0", "gasToken": NOBODY, "refundReceiver": NOBODY, "nonce": nonce, "isExecuted": false,
            "confirmations": [] })
    };
    let judge = |input: &serde_json::Value, node: &Shows| {
        let context = Context { chain: Some(node), ..Context::new(&policy, &told) };
        check_safe(input.to_string().as_bytes(), context)
    };
    let honest = Shows(told.safe.clone(), Basis::NodesWord);
    let report = judge(&payment(71, COLD), &honest);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    // The Safe's code is another by now, or there never was one.
    let report = judge(&payment(71, COLD), &Shows(Vec::new(), Basis::Proven));
    assert_eq!(report.verdict, Decision::Incomplete, "{:#?}", report.findings);
    assert!(
        report.findings.iter().any(|one| one.evidence.iter().any(|line| line.contains("no Safe whose code")))
    );
    // A number that nobody proves makes history of what waits.
    let mut ahead = told.safe.clone();
    ahead[0].nonce = Some(1_000);
    let list = json!([payment(71, stranger), payment(1_000, COLD)]);
    let report = judge(&list, &Shows(ahead, Basis::NodesWord));
    assert_ne!(report.verdict, Decision::Allow, "{:#?}", report.findings);
}

/// A Safe that the request does not touch is not looked up, and what was not looked up contradicts nothing.
#[test]
fn a_node_that_was_not_asked_of_a_safe_contradicts_nothing() {
    let safe = |address: &str| {
        format!(
            "[[safe]]\naddress = '{address}'\nversion = '1.4.1'\nowners = ['{ME}']\nthreshold = 1\nnonce = 71\n"
        )
    };
    let (first, second) =
        ("0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe", "0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5aff");
    let policy = Policy::parse(&format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'cold'\n"))
        .expect("a policy");
    let told = format!(
        "chain-id = 1\naccount = '{ME}'\nnow = '2026-01-15T12:00:00Z'\n{}{}",
        safe(first),
        safe(second)
    );
    let told = Facts::parse(&told).expect("facts");
    let node = Shows(told.safe.clone(), Basis::Proven);
    let context = Context { chain: Some(&node), ..Context::new(&policy, &told) };
    let payment = json!({ "from": ME, "to": COLD, "value": "0x5", "data": "0x", "chainId": 1 });
    let report = check_tx(payment.to_string().as_bytes(), context);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    let empty = json!({ "count": 0, "next": null, "previous": null, "results": [] });
    let report = check_safe(empty.to_string().as_bytes(), context);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    let of_the_other =
        crate::whole(json!({ "safe": second, "to": COLD, "value": "5", "operation": 0, "nonce": 71 }));
    let report = check_safe(of_the_other.to_string().as_bytes(), context);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
}

#[test]
fn other_code_than_is_known_to_lie_there_is_not_trusted_by_the_address() {
    let weth = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    let there =
        |hash: &str| format!("[[address]]\naddress = '{weth}'\nkind = 'contract'\ncode-hash = '{hash}'\n");
    let own = "0xd0a06b12ac47863b5c7be4185c2deaad1c61557033f56c7d4ea74429cbb25e23";
    assert_eq!(judged(weth, "0xd0e30db0", &there(own), "").verdict, Decision::Allow);
    let report = judged(weth, "0xd0e30db0", &there(&own.replace("d0a0", "d0a1")), "");
    assert_ne!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    let pays = format!("0xa9059cbb{}{:064x}", word(COLD), 1);
    assert_eq!(judged(weth, &pays, &there(own), "").verdict, Decision::Allow);
    let report = judged(weth, &pays, &there(&own.replace("d0a0", "d0a1")), "");
    assert_eq!(report.verdict, Decision::Incomplete, "{:#?}", report.findings);
}

#[test]
fn a_node_that_is_behind_or_ahead_tells_no_facts() {
    let safe = "0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe";
    let input = crate::whole(json!({ "safe": safe, "to": COLD, "value": "5", "operation": 0, "nonce": 71 }));
    let told = |now: &str| {
        let safe = format!(
            "[[safe]]\naddress = '{safe}'\nversion = '1.4.1'\nowners = ['{ME}']\nthreshold = 1\nnonce = 71\n"
        );
        Facts::parse(&format!("chain-id = 1\n{now}{safe}")).expect("facts")
    };
    let judged = |now: &str, more: &str| {
        let book = format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'cold'\n");
        let policy = Policy::parse(&book.replace("node-minutes = 10 ", more)).expect("a policy");
        let facts = told(now);
        let node = Shows(facts.safe.clone(), Basis::Proven);
        let context = Context { chain: Some(&node), ..Context::new(&policy, &facts) };
        check_safe(input.to_string().as_bytes(), context)
    };
    let bound = "node-minutes = 10 ";
    for (now, want) in [
        ("12:10:00", Decision::Allow),
        ("12:10:01", Decision::Incomplete),
        ("11:50:00", Decision::Allow),
        ("11:49:59", Decision::Incomplete),
    ] {
        let report = judged(&format!("now = '2026-01-15T{now}Z'\n"), bound);
        assert_eq!(report.verdict, want, "{now}: {:#?}", report.findings);
        assert_eq!(report.has("G-FACT-01"), want != Decision::Allow, "{now}");
    }
    let later = "now = '2026-01-15T12:20:00Z'\n";
    assert_eq!(judged(later, "node-minutes = 20 ").verdict, Decision::Allow, "the policy's bound");
    assert_eq!(judged("", bound).verdict, Decision::Allow, "the time is not known, which is said elsewhere");
}

/// A payment of ether, or of USDC, to somebody whom the past alone speaks for.
fn paid(amount: u64, usdc: bool, past: &str) -> Report {
    let stranger = "0xbad0bad0bad0bad0bad0bad0bad0bad0bad0bad0";
    let policy = Policy::parse(DEFAULT).expect("a policy");
    let past =
        past.replace("TO", &format!("to = '{stranger}'")).replace("USDC", &format!("token = '{USDC}'"));
    let facts = Facts::parse(&format!("account = '{ME}'\n{past}")).expect("facts");
    let data = format!("0xa9059cbb{}{amount:064x}", word(stranger));
    let (to, value, data) = if usdc { (USDC, 0, &data[..]) } else { (stranger, amount, "0x") };
    let input =
        json!({ "from": ME, "to": to, "value": format!("{value:#x}"), "data": data, "chainId": "0x1" });
    check_tx(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

#[test]
fn a_small_payment_does_not_vouch_for_a_large_one_nor_one_asset_for_another() {
    let past = "chain-id = 1\n[[past]]\nTO\nvalue = '100'\n";
    let verdict = |amount: u64, usdc: bool, past: &str| paid(amount, usdc, past).verdict;
    assert_eq!(verdict(1_000, false, past), Decision::Allow, "{:#?}", paid(1_000, false, past).findings);
    let report = paid(1_001, false, past);
    assert_eq!(report.verdict, Decision::Review);
    assert!(report.of("G-POL-03")[0].title.contains("at most"), "{:#?}", report.findings);
    assert_eq!(verdict(1, true, past), Decision::Review, "never of that token");
    let usdc = "chain-id = 1\n[[past]]\nTO\nUSDC\nvalue = '100'\n";
    assert_eq!((verdict(1_000, true, usdc), verdict(1_001, true, usdc)), (Decision::Allow, Decision::Review));
    // The largest counts, and what was paid to others does not.
    let two = format!("{past}[[past]]\nTO\nvalue = '300'\n[[past]]\nto = '{COLD}'\nvalue = '100000'\n");
    assert_eq!(
        (verdict(3_000, false, &two), verdict(3_001, false, &two)),
        (Decision::Allow, Decision::Review)
    );
}

#[test]
fn the_past_of_another_chain_vouches_for_nobody() {
    let row = "[[past]]\nTO\nvalue = '100'\n";
    let on = |wallet: &str, row: &str| {
        let report = paid(5, false, &format!("{wallet}{row}"));
        (report.verdict == Decision::Allow, report.has("G-POL-03"))
    };
    assert_eq!(on("chain-id = 1\n", row), (true, false));
    assert_eq!(on("", &format!("{row}chain-id = 1\n")), (true, false));
    assert_eq!(on("", row), (false, true), "of which chain it is nobody says");
    assert_eq!(on("chain-id = 1\n", &format!("{row}chain-id = 10\n")), (false, true));
}

#[test]
fn parts_of_one_batch_to_one_recipient_are_counted_together() {
    let stranger = "bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0";
    let packed = |value: u64| format!("00{stranger}{value:064x}{:064x}", 0);
    let batch = format!("{}{}", packed(600), packed(600));
    let data = format!("0x8d80ff0a{:064x}{:064x}{batch:0<384}", 32, 170);
    let multi = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2";
    let judged = |past: u64| {
        let policy = Policy::parse(DEFAULT).expect("a policy");
        let facts = Facts::parse(&format!(
            "chain-id = 1\n[[safe]]\naddress = '{COLD}'\nversion = '1.4.1'\nowners = ['{ME}']\nthreshold = 1\nnonce = 1\n\
             [[past]]\nto = '0x{stranger}'\nvalue = '{past}'\n[[past]]\nto = '{multi}'\nvalue='0'\noperation = 1\n\
             [[address]]\naddress = '{multi}'\ncode-hash = '{}'\n",
            tracehound_guard::safe::deployments::find(&multi.parse().expect("an address"))
                .expect("official")
                .code_hash
        ));
        let input =
            json!({ "safe": COLD, "to": multi, "data": data, "operation": 1, "nonce": 1, "chainId": 1 });
        let input = crate::whole(input);
        check_safe(input.to_string().as_bytes(), Context::new(&policy, &facts.expect("facts")))
    };
    assert_eq!(judged(120).verdict, Decision::Allow, "{:#?}", judged(120).findings);
    assert_eq!(judged(119).verdict, Decision::Review, "{:#?}", judged(119).findings);
}

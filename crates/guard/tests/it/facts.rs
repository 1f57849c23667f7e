//! What is known from elsewhere: what it may say, and what it may not.

use serde_json::json;
use tracehound_guard::{Context, Facts, Policy, Report, Severity, check_tx, check_typed, policy::DEFAULT};
use tracehound_model::Decision;

const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
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

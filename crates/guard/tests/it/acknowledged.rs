//! What a policy acknowledges, and a year of a real Safe with it.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, Severity, check_safe, policy::DEFAULT};
use tracehound_model::Decision;
use tracehound_testkit::shared_data;

const SAFE: &str = "0x1Db92e2EeBC8E0c075a02BeA49a2935BcD2dFCF4";
const COLD: &str = "0x828424517F9F04015db02169f4026D57B2B07229";

fn ack(finding: &str, more: &str) -> String {
    format!(
        "[[acknowledge]]\nfinding = '{finding}'\nreason = 'an old Safe'\nuntil = '2026-01-01T00:00:00Z'\n{more}\n"
    )
}

fn judged(to: &str, operation: u8, policy: &str, now: &str) -> Report {
    let book = format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'cold'\n{policy}");
    let policy = Policy::parse(&book).expect("a policy");
    let facts = format!(
        "chain-id = 1\n{now}[[safe]]\naddress = '{SAFE}'\nversion = '1.1.1'\nowners = ['0x1F4EB0a903619ac168b19A82F1a6e2e426522211']\nthreshold = 1\nnonce = 7\n"
    );
    let facts = Facts::parse(&facts).expect("facts");
    let input =
        crate::whole(json!({ "safe": SAFE, "to": to, "value": "1", "operation": operation, "nonce": 7 }));
    check_safe(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

const NOW: &str = "now = '2025-06-01T00:00:00Z'\n";

#[test]
fn what_is_acknowledged_is_told_and_does_not_count() {
    assert_eq!(judged(COLD, 0, "", NOW).verdict, Decision::Review);
    let report = judged(COLD, 0, &ack("G-SIG-04", ""), NOW);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    let told = report.of("G-SIG-04")[0];
    assert_eq!(told.severity, Severity::Info);
    assert_eq!(told.acknowledged.as_deref(), Some("until 2026-01-01 00:00 UTC: an old Safe"));
    assert!(
        told.title.starts_with("Acknowledged (until 2026-01-01 00:00 UTC: an old Safe): "),
        "{}",
        told.title
    );
    let this = ack("G-SIG-04", &format!("safe = '{SAFE}'"));
    assert_eq!(judged(COLD, 0, &this, NOW).verdict, Decision::Allow);
}

#[test]
fn it_counts_again_when_its_day_is_over_or_nobody_knows_the_day() {
    let late = "now = '2026-01-01T00:00:00Z'\n";
    assert_eq!(judged(COLD, 0, &ack("G-SIG-04", ""), late).verdict, Decision::Review);
    let report = judged(COLD, 0, &ack("G-SIG-04", ""), "");
    assert_eq!(report.of("G-SIG-04")[0].severity, Severity::Review, "{:#?}", report.findings);
}

#[test]
fn another_safe_another_address_and_another_finding_are_not_acknowledged() {
    let other = "0x1F4EB0a903619ac168b19A82F1a6e2e426522211";
    for ack in [
        ack("G-SIG-04", &format!("safe = '{other}'")),
        ack("G-SIG-04", &format!("address = '{other}'")),
        ack("G-HIST-01", ""),
    ] {
        assert_eq!(judged(COLD, 0, &ack, NOW).verdict, Decision::Review, "{ack}");
    }
}

#[test]
fn what_must_not_be_signed_and_what_is_not_known_cannot_be_acknowledged() {
    let all = ["G-SIG-04", "G-HIST-01"].map(|id| ack(id, "")).concat();
    assert_eq!(judged("0x96221423681A6d52E184D440a8eFCEbB105C7242", 1, &all, NOW).verdict, Decision::Block);
    let stranger = judged("0x96221423681A6d52E184D440a8eFCEbB105C7242", 0, &all, NOW);
    assert_eq!(stranger.verdict, Decision::Incomplete, "{:#?}", stranger.findings);
    // What is signed is for a person to look at each time.
    for id in ["G-SIGN-01", "G-APP-01", "G-CFG-01", "G-SIM-01", "G-SIG-03", "G-DC-01", "G-POL-03", "G-ACT-01"]
    {
        let error = Policy::parse(&format!("{DEFAULT}\n{}", ack(id, ""))).expect_err(id).to_string();
        assert!(error.contains("about what is signed"), "{error}");
    }
    let all =
        Policy::parse(&format!("{DEFAULT}\n{}", ack("G-CFG-03", ""))).expect_err("all modules").to_string();
    assert!(all.contains("one address alone"), "{all}");
}

/// What lies there is known and lived with; to put it there, or to take it away, is what is signed.
#[test]
fn a_module_or_handler_that_is_there_can_be_acknowledged_and_one_that_is_set_cannot() {
    const PART: &str = "0x5555555555555555555555555555555555555555";
    let judged = |data: String, part: &str| {
        let acks: String = ["G-CFG-03", "G-CFG-06"]
            .iter()
            .map(|id| ack(id, &format!("address = '{PART}'")))
            .chain([ack("G-HIST-01", "")])
            .collect();
        // Who is there and trusted by nobody is said; who is trusted may still not be set without a look.
        let chain = if part.is_empty() { 1 } else { 5 };
        let policy = format!(
            "{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'cold'\n{acks}\n[[trusted]]\naddress = '{PART}'\n\
             label = 'a part'\nroles = ['module', 'fallback-handler']\nchains = [{chain}]\n"
        );
        let facts = format!(
            "chain-id = 1\n{NOW}[[safe]]\naddress = '{SAFE}'\nversion = '1.4.1'\nowners = ['{COLD}']\nthreshold = 1\n\
             nonce = 7\n{part}"
        );
        let (policy, facts) =
            (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
        let to = if data == "0x" { COLD } else { SAFE };
        let input = crate::whole(json!({ "safe": SAFE, "to": to, "data": data, "operation": 0, "nonce": 7 }));
        check_safe(input.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    for there in [format!("modules = ['{PART}']\n"), format!("fallback-handler = '{PART}'\n")] {
        let report = judged("0x".to_owned(), &there);
        assert_eq!(report.verdict, Decision::Allow, "{there}: {:#?}", report.findings);
        assert!(report.findings.iter().any(|one| one.acknowledged.is_some()), "{there}");
    }
    let part = format!("{:0>64}", &PART[2..]);
    for (what, set) in [
        ("enables a module", format!("0x610b5925{part}")),
        ("disables a module", format!("0xe009cfde{:0>64}{part}", "1")),
        ("sets the handler", format!("0xf08a0323{part}")),
    ] {
        let report = judged(set, "");
        assert_eq!(report.verdict, Decision::Review, "{what}: {:#?}", report.findings);
    }
}

#[test]
fn an_acknowledgement_names_a_finding_and_a_reason() {
    let error = |text: &str| Policy::parse(&format!("{DEFAULT}\n{text}")).expect_err("refused").to_string();
    assert!(error(&ack("G-SIG-4", "")).contains("G-SIG-4"));
    assert!(error(&ack("G-SIG-04", "").replace("an old Safe", " ")).contains("reason"));
    assert!(error("[[acknowledge]]\nfinding = 'G-SIG-04'\nreason = 'x'\n").contains("until"));
    assert!(
        Policy::parse(&format!("{DEFAULT}\n{}", ack("G-SIG-04", ""))).expect("valid").explain().iter().any(
            |line| {
                line == "Tells G-SIG-04 and does not count it until 2026-01-01 00:00 UTC: an old Safe."
            }
        )
    );
}

/// Payments and settings of the Safe that was robbed later, in their order: each is judged by what was paid before it.
#[test]
fn a_year_of_a_real_safe_is_not_in_the_way() {
    let Some(path) = shared_data("guard/bybit_history.jsonl") else { return };
    let text = std::fs::read_to_string(path).expect("readable");
    let policy = Policy::parse(&format!("{DEFAULT}\n{}", ack("G-SIG-04", ""))).expect("a policy");
    let (mut past, mut looked_at, mut count) = (String::new(), Vec::new(), 0);
    for line in text.lines() {
        let tx: Value = serde_json::from_str(line).expect("JSON");
        // Of its owners one is told by the data; as many as must sign have to be.
        let owners = "'0x1F4EB0a903619ac168b19A82F1a6e2e426522211', '0x1111111111111111111111111111111111111111', \
                      '0x2222222222222222222222222222222222222222'";
        let facts = format!(
            "chain-id = 1\n{NOW}[[safe]]\naddress = '{SAFE}'\nversion = '1.1.1'\nowners = [{owners}]\nthreshold = 3\nnonce = {}\n{past}",
            tx["nonce"]
        );
        let facts = Facts::parse(&facts).expect("facts");
        let report = check_safe(line.as_bytes(), Context::new(&policy, &facts));
        assert_ne!(report.verdict, Decision::Block, "{} {:#?}", tx["nonce"], report.findings);
        assert_eq!(report.of("G-HASH-01").len(), 0, "{} {:#?}", tx["nonce"], report.findings);
        if report.verdict != Decision::Allow {
            looked_at.push(format!("{} {} {}", tx["nonce"], report.verdict, report.summary));
        }
        past = format!("{past}[[past]]\nto = {}\nvalue = {}\n", tx["to"], tx["value"]);
        count += 1;
    }
    assert_eq!(count, 21);
    // Whom it pays for the first time, and its owners' changes.
    assert!(looked_at.len() <= 5, "{} of {count}:\n{}", looked_at.len(), looked_at.join("\n"));
}

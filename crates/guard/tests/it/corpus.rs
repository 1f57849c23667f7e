//! Our own cases: what must be caught, and what must not be in the way. Each names its verdict and its findings.

use std::{collections::BTreeSet, path::Path};

use tracehound_guard::{
    CheckId, Context, Facts, Policy, Report, check_message, check_safe, check_tx, check_typed,
    policy::DEFAULT,
};

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) door: String,
    verdict: String,
    pub(crate) findings: Vec<String>,
    pub(crate) report: Report,
}

pub(crate) fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Case {
    let name = file.file_name().expect("a file").to_string_lossy().into_owned();
    let table: toml::Table = std::fs::read_to_string(file).expect("readable").parse().expect("TOML");
    let text = |key: &str| table.get(key).map_or("", |value| value.as_str().expect("a text"));
    let policy = Policy::parse(&format!("{DEFAULT}\n{}", text("policy")));
    let policy = policy.unwrap_or_else(|error| panic!("{name}: {error}"));
    let facts = Facts::parse(text("facts")).unwrap_or_else(|error| panic!("{name}: {error}"));
    let context = Context::new(&policy, &facts);
    let check = match text("door") {
        "safe" => check_safe,
        "tx" => check_tx,
        "typed" => check_typed,
        "message" => check_message,
        other => panic!("{name}: no door {other}"),
    };
    let findings = table["findings"].as_array().expect("a list");
    Case {
        about: text("about").to_owned(),
        door: text("door").to_owned(),
        verdict: text("verdict").to_owned(),
        findings: findings.iter().map(|id| id.as_str().expect("a text").to_owned()).collect(),
        report: check(text("input").as_bytes(), context),
        name,
    }
}

fn judge(cases: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let said: Vec<String> = case
            .report
            .findings
            .iter()
            .map(|finding| format!("{} {} {}", finding.severity.as_str(), finding.id.as_str(), finding.title))
            .collect();
        if case.report.verdict.as_str() != case.verdict {
            wrong.push(format!("{}: {} and not {}: {said:#?}", case.name, case.report.verdict, case.verdict));
        }
        for id in case.findings.iter().filter(|id| !case.report.has(id)) {
            wrong.push(format!("{}: lacks {id}: {said:#?}", case.name));
        }
    }
    wrong
}

#[test]
fn every_malicious_case_is_caught() {
    let cases = cases("malicious");
    assert!(cases.len() >= 40, "{}", cases.len());
    let wrong = judge(&cases);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for case in &cases {
        assert!(matches!(case.report.exit_code, 10 | 20), "{}", case.name);
    }
}

#[test]
fn no_benign_case_is_blocked() {
    let cases = cases("benign");
    assert!(cases.len() >= 20, "{}", cases.len());
    let wrong = judge(&cases);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases.iter().all(|case| case.report.exit_code != 20));
}

#[test]
fn every_check_speaks_in_some_case() {
    let spoken: BTreeSet<&str> = cases("malicious")
        .iter()
        .chain(&cases("benign"))
        .flat_map(|case| case.report.findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>())
        .collect();
    // These have tests of their own, in `rules` and `facts`; what takes an engine or a node, in `simulate`.
    let elsewhere = ["G-DC-04", "G-FACT-01", "G-HIST-01", "G-WRAP-01", "G-POL-01", "G-POL-02"];
    let silent: Vec<&str> = CheckId::ALL
        .iter()
        .map(|id| id.as_str())
        .filter(|id| !spoken.contains(id) && !elsewhere.contains(id))
        .collect();
    assert_eq!(silent, [""; 0]);
}

/// A listing at `OpenSea`'s own conduit or none is as any; one at another conduit, and one that only a contract can make, is not.
#[test]
fn a_listing_is_for_a_conduit_that_is_known_and_an_account_to_make() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/benign/34-listing.toml");
    let table: toml::Table = std::fs::read_to_string(file).expect("readable").parse().expect("TOML");
    let input = table["input"].as_str().expect("a text");
    let policy =
        format!("{DEFAULT}\n{}", table.get("policy").map_or("", |text| text.as_str().expect("a text")));
    let (policy, facts) =
        (Policy::parse(&policy).expect("a policy"), Facts::parse(table["facts"].as_str().expect("a text")));
    let facts = facts.expect("facts");
    let ask = |from: &str, to: &str| {
        let input = input.replacen(from, to, 1);
        check_typed(input.as_bytes(), Context::new(&policy, &facts)).exit_code
    };
    let none = format!("\"conduitKey\": \"0x{}\"", "00".repeat(32));
    let key = |digits: &str| format!("\"conduitKey\": \"0x{digits}\"");
    let open_sea = "0000007b02230091a7ed01230072f7006a004d60a8d4e71d599b8104250f0000";
    assert_eq!(ask("", ""), 0);
    assert_eq!(ask(&none, &key(open_sea)), 0);
    assert_eq!(ask(&none, &key(&"99".repeat(32))), 10);
    assert_eq!(
        (ask("\"orderType\": 0", "\"orderType\": 1"), ask("\"orderType\": 0", "\"orderType\": 4")),
        (0, 30)
    );
    // Three ether beside it, for money at least as much as those, or for less: the floor of the NFT is no room for that.
    let beside = "\"offer\": [{\"itemType\":1,\"token\":\"0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\",\"identifierOrCriteria\":\"0\",\
                  \"startAmount\":\"3000000000000000000\",\"endAmount\":\"3000000000000000000\"},";
    let with_money = |price: &str| {
        let input = input.replacen("\"offer\": [", beside, 1).replace("975000000000000000", price);
        check_typed(input.as_bytes(), Context::new(&policy, &facts)).exit_code
    };
    assert_eq!((with_money("4000000000000000000"), with_money("2200000000000000000")), (0, 10));
}

//! The sample of inert lures beside the checkout: each is found at its place, and no honest twin is blamed.

use std::{fs, path::Path};

use serde_json::Value;
use tracehound_testkit::shared_data;
use tracehound_vet::{Finding, Limits, Report, Severity, judge, tree};

/// Lines that a place may be off.
const NEAR: u32 = 2;

fn expected(folder: &Path, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(name)).expect("expectations");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn report(folder: &Path, kind: &str, case: &Value) -> Report {
    let archive = case["archive"].as_str().expect("an archive");
    judge(&tree::read(&folder.join(kind).join(archive), Limits::default()).expect("readable"))
        .expect("a thread")
}

fn severity(word: &str) -> Severity {
    let all = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    all.into_iter().find(|severity| severity.as_str() == word).expect("a severity")
}

fn at(finding: &Finding, place: &Value) -> bool {
    let same = finding.file.ends_with(place["file"].as_str().expect("a file"));
    let line = place["line"].as_u64().map(|line| line as u32);
    same && line.is_none_or(|line| finding.line.is_some_and(|found| found.abs_diff(line) <= NEAR))
}

#[test]
fn every_lure_is_found_where_it_is() {
    let Some(folder) = shared_data("vet/sample") else { return };
    for case in expected(&folder, "lures.expected.jsonl") {
        let report = report(&folder, "lures", &case);
        let least = severity(case["min_severity"].as_str().expect("a severity"));
        let place = &case["places"][0];
        let found = report.findings.iter().any(|finding| finding.severity >= least && at(finding, place));
        assert!(found, "{} at {place}: {report:#?}", case["id"]);
        assert_eq!(report.exit_code(), 20, "{}", case["id"]);
    }
}

#[test]
fn no_honest_twin_is_blamed() {
    let Some(folder) = shared_data("vet/sample") else { return };
    for case in expected(&folder, "twins.expected.jsonl") {
        let report = report(&folder, "twins", &case);
        let most = severity(case["max_severity"].as_str().expect("a severity"));
        assert!(report.severity.is_none_or(|found| found <= most), "{}: {report:#?}", case["id"]);
        assert!(report.gaps.is_empty(), "{}: {:?}", case["id"], report.gaps);
    }
}

//! The answer as SARIF 2.1.0, which code hosts and editors show beside the lines.

use serde_json::{Value, json};
use tracehound_model::Decision;

use crate::{
    finding::{CheckId, Finding, Severity},
    report::Report,
};

/// The report as a SARIF log of one run. `version` is the program's.
pub fn sarif(report: &Report, version: &str) -> Value {
    let rules: Vec<Value> = CheckId::ALL
        .iter()
        .map(|id| json!({ "id": id.as_str(), "shortDescription": { "text": id.about() } }))
        .collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    let unread: Vec<Value> = report
        .gaps
        .iter()
        .map(|gap| {
            json!({
                "level": "warning",
                "message": { "text": format!("not read: {}", gap.sentence) },
                "locations": [location(&gap.file, None)],
            })
        })
        .collect();
    let driver = json!({
        "name": "tracehound vet",
        "version": version,
        "informationUri": "https://github.com/tracehound/tracehound",
        "rules": rules,
    });
    // What was not read makes the run a partial one, for whoever looks at nothing but results.
    let whole = report.gaps.is_empty() && report.verdict != Decision::Incomplete;
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": whole,
                "exitCode": report.exit_code(),
                "toolExecutionNotifications": unread,
            }],
            "results": results,
            "properties": { "verdict": report.verdict, "summary": report.summary, "content": report.content },
        }],
    })
}

fn result(finding: &Finding) -> Value {
    let text = match &finding.snippet {
        Some(snippet) => format!("{} ({snippet})", finding.title),
        None => finding.title.clone(),
    };
    json!({
        "ruleId": finding.id.as_str(),
        "ruleIndex": CheckId::ALL.iter().position(|id| *id == finding.id),
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [location(&finding.file, finding.line)],
        "properties": { "severity": finding.severity, "attack": finding.attack },
    })
}

/// Without a name that SARIF does not have: high and critical are errors.
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn location(file: &str, line: Option<u32>) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(file) } });
    if let Some(line) = line {
        place["region"] = json!({ "startLine": line.max(1) });
    }
    json!({ "physicalLocation": place })
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!@+".contains(&byte) {
            out.push(char::from(byte));
        } else {
            use std::fmt::Write;
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_relative_reference_whatever_is_in_it() {
        assert_eq!(uri("a/b c.js"), "a/b%20c.js");
        assert_eq!(uri("x.zip!javascript:é"), "x.zip!javascript%3A%C3%A9");
    }
}

//! Workflows of CI that let a stranger's words reach a shell, or hand out what they hold.

use crate::{
    doc::{Format, Node},
    finding::{CheckId, Finding, Severity},
    place,
    source::Source,
};

/// What of an event a stranger writes.
const STRANGERS: &[&str] = &[
    "github.event.discussion.body",
    "github.event.discussion.title",
    "github.event.issue.title",
    "github.event.issue.body",
    "github.event.comment.body",
    "github.event.review.body",
    "github.event.review_comment.body",
    "github.event.pull_request.title",
    "github.event.pull_request.body",
    "github.event.pull_request.head.ref",
    "github.event.pull_request.head.label",
    "github.head_ref",
    "github.event.head_commit.message",
    "github.event.commits",
    "github.event.pages",
    "github.event.workflow_run.head_branch",
    "github.event.workflow_run.display_title",
    "github.event.client_payload",
];

/// Events that a stranger causes while the run holds the repository's secrets.
const OPEN: &[&str] = &[
    "discussion",
    "discussion_comment",
    "issues",
    "issue_comment",
    "pull_request_target",
    "workflow_run",
    "fork",
    "watch",
    "gollum",
];

pub(super) fn read(source: &Source<'_>, findings: &mut Vec<Finding>) {
    if !place::is(source.path, ".github/workflows/*.yml|.github/workflows/*.yaml") {
        return;
    }
    let Some(doc) = source.doc(Format::Yaml) else { return };
    // `on` is a word for true in YAML 1.1, and this reader keeps it a word.
    let on = doc.get("on").or_else(|| doc.get("true"));
    let is_on = |event: &&&str| {
        on.is_some_and(|on| {
            on.text() == Some(**event)
                || on.items().iter().any(|item| item.text() == Some(**event))
                || on.get(event).is_some()
        })
    };
    let open = OPEN.iter().find(is_on);
    let attack = &["T1195.002", "T1059.004"];
    for (_, run) in doc.select("**/run|script") {
        let Some(text) = run.text() else { continue };
        for (line, part) in text.lines().zip(run.line..).map(|(part, line)| (line, part)) {
            if let Some(word) = STRANGERS.iter().find(|word| part.contains("${{") && part.contains(**word)) {
                let severity = if open.is_some() { Severity::High } else { Severity::Low };
                let title = format!(
                    "Whoever writes {word} writes commands of the CI run: the text goes to a shell as it is."
                );
                findings.push(
                    Finding::new(CheckId::Exec03, severity, source.path, title)
                        .at(line)
                        .showing(part)
                        .attack(attack),
                );
            }
            let sends = ["curl", "wget", "nc ", "Invoke-WebRequest"].iter().any(|word| part.contains(word));
            if sends && part.contains("toJSON(secrets)") {
                let title = "The CI run sends the repository's secrets to a server.";
                findings.push(
                    Finding::new(CheckId::Exec03, Severity::High, source.path, title)
                        .at(line)
                        .showing(part)
                        .attack(&["T1552.001", "T1041"]),
                );
            }
        }
    }
    if is_on(&&"pull_request_target") {
        foreign_checkout(source, &doc, findings);
    }
}

/// A run that holds secrets and runs what a stranger proposes.
fn foreign_checkout(source: &Source<'_>, doc: &Node, findings: &mut Vec<Finding>) {
    for (_, reference) in doc.select("**/with/ref") {
        let text = reference.text().unwrap_or_default();
        if text.contains("head.sha")
            || text.contains("head.ref")
            || text.contains("head_ref")
            || text.contains("refs/pull")
        {
            let title = "A stranger's proposal is checked out in a run that holds the repository's secrets.";
            findings.push(
                Finding::new(CheckId::Exec03, Severity::Low, source.path, title)
                    .at(reference.line)
                    .showing(text)
                    .attack(&["T1195.002"]),
            );
        }
    }
}

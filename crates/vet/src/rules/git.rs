//! Scripts that rewrite history and push it.

use crate::{
    finding::{CheckId, Finding, Severity},
    source::Source,
};

pub(super) fn read(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let is_text = matches!(
        &source.ending()[..],
        "md" | "txt" | "rst" | "adoc" | "html" | "json" | "lock" | "svg" | "css"
    );
    if is_text || source.text.len() > 1 << 20 {
        return;
    }
    let (mut amends, mut dates, mut pushes) = (None, false, false);
    for (line, number) in source.text.lines().zip(1..) {
        let git = line.contains("git ") || line.contains("'git'") || line.contains("\"git\"");
        if git && line.contains("--amend") {
            amends = amends.or(Some((number, line)));
        }
        dates |= line.contains("--date")
            || line.contains("GIT_COMMITTER_DATE")
            || line.contains("GIT_AUTHOR_DATE")
            || line.contains("Set-Date");
        let forces = line.contains("--force")
            || line.split_whitespace().any(|word| {
                word.len() < 6 && word.starts_with('-') && !word.starts_with("--") && word.contains('f')
            });
        pushes |= git && line.contains("push") && forces;
    }
    if let Some((line, text)) = amends
        && dates
        && pushes
    {
        let title = "It gives commits a false date and pushes them over the ones that are there.";
        let finding = Finding::new(CheckId::Git01, Severity::High, source.path, title);
        findings.push(finding.at(line).showing(text).attack(&["T1070.006", "T1195.001"]));
    }
}

//! The answer: one verdict, what it rests on, and what was not read.

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tracehound_model::Decision;

use crate::{
    finding::{Finding, Severity},
    gap::Gap,
    tree::Tree,
};

/// Findings that are told; of more, the worst.
pub const MAX_FINDINGS: usize = 1000;

/// Gaps that are told one by one.
pub const MAX_GAPS: usize = 1000;

/// How much was read, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Reading {
    /// Files.
    pub files: usize,
    /// Their bytes, unpacked.
    pub bytes: u64,
    /// Files that a parser of their language or format took.
    pub parsed: usize,
    /// Files that were searched as text alone.
    pub searched: usize,
    /// Files whose form alone was looked at: images, fonts, data.
    pub looked_at: usize,
}

/// What was found in what was sent.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Report {
    /// What to do with it: `block` (do not open it), `review`, `incomplete` (something was not read), or `allow` (all of it was
    /// read, and nothing found; nobody vouches for it).
    pub verdict: Decision,
    /// The worst finding's.
    pub severity: Option<Severity>,
    /// The verdict in a sentence.
    pub summary: String,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// Findings beyond those that are told.
    pub more_findings: usize,
    /// What was not read.
    pub gaps: Vec<Gap>,
    /// Gaps beyond those that are told.
    pub more_gaps: usize,
    /// How much was read.
    pub read: Reading,
    /// SHA-256 over paths and contents: names what was judged.
    pub content: String,
}

impl Report {
    /// The answer about a tree in which these were found.
    pub(crate) fn new(tree: &Tree, mut findings: Vec<Finding>, mut gaps: Vec<Gap>, read: Reading) -> Self {
        findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
        findings.dedup();
        gaps.sort();
        gaps.dedup();
        let severity = findings.first().map(|finding| finding.severity);
        let found = severity.map_or(Decision::Allow, Severity::decision);
        // A tree without a file was not read either: empty is not complete.
        let missing = !gaps.is_empty() || tree.files.is_empty();
        let verdict = if missing { found.max(Decision::Incomplete) } else { found };
        let summary = summary(verdict, findings.first(), gaps.len(), tree.files.len());
        let more_findings = findings.len().saturating_sub(MAX_FINDINGS);
        let more_gaps = gaps.len().saturating_sub(MAX_GAPS);
        findings.truncate(MAX_FINDINGS);
        gaps.truncate(MAX_GAPS);
        Self {
            verdict,
            severity,
            summary,
            findings,
            more_findings,
            gaps,
            more_gaps,
            read,
            content: content(tree),
        }
    }

    /// The process exit code: 0, 10, 20 or 30.
    pub const fn exit_code(&self) -> u8 {
        self.verdict.exit_code()
    }
}

fn summary(verdict: Decision, worst: Option<&Finding>, gaps: usize, files: usize) -> String {
    let unread = match gaps {
        _ if files == 0 => " Nothing was read.".to_owned(),
        0 => String::new(),
        1 => " One thing was not read.".to_owned(),
        gaps => format!(" {gaps} things were not read."),
    };
    match (verdict, worst) {
        (Decision::Block, Some(worst)) => format!("Do not open it. {}{unread}", worst.title),
        (Decision::Review, Some(worst)) => format!("Look before you open it. {}{unread}", worst.title),
        (Decision::Incomplete, _) => format!("Nothing was found in what was read.{unread}"),
        _ => "All of it was read, and nothing was found that starts by itself or hides. That is no promise."
            .into(),
    }
}

fn content(tree: &Tree) -> String {
    let mut all = Sha256::new();
    for file in &tree.files {
        for part in [file.path.as_bytes(), &file.bytes] {
            all.update((part.len() as u64).to_le_bytes());
            all.update(part);
        }
    }
    hex::encode(all.finalize())
}

//! `tracehound vet`: ask the library, print.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result, WrapErr};
use tracehound_engine::vet::{self, Finding, Limits, Report};
use tracehound_model::{
    Decision,
    text::{label, line},
};

use super::answered::json;
use crate::{
    args::{Common, Output, VetCommand, VetRepoArgs},
    files,
};

/// Findings and gaps that a person is shown; programs get more of them.
const SHOWN: usize = 40;

pub(crate) fn run(common: &Common, command: &VetCommand, out: &mut dyn Write) -> Result<u8> {
    let VetCommand::Repo(VetRepoArgs { path, sarif }) = command;
    if let Some(file) = sarif {
        files::apart(file, [path])?;
    }
    let report = vet::repo(path, Limits::default()).into_diagnostic()?;
    if let Some(file) = sarif {
        let log = vet::sarif(&report, env!("CARGO_PKG_VERSION"));
        files::whole(file, |to| serde_json::to_writer_pretty(to, &log).into_diagnostic())
            .wrap_err("writing the SARIF file")?;
    }
    match common.output {
        Output::Text => text(out, &report).into_diagnostic()?,
        Output::Json | Output::Jsonl | Output::Csv => json(out, common.output, &report)?,
    }
    Ok(report.exit_code())
}

fn text(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let headline = match report.verdict {
        Decision::Allow => "NOTHING FOUND",
        Decision::Incomplete => "INCOMPLETE",
        Decision::Review => "REVIEW",
        Decision::Block => "BLOCK",
    };
    writeln!(out, "{headline}  {}", line(&report.summary))?;
    for finding in report.findings.iter().take(SHOWN) {
        found(out, finding)?;
    }
    let more = report.findings.len().saturating_sub(SHOWN) + report.more_findings;
    if more > 0 {
        writeln!(out, "  ... and {more} more (--output json)")?;
    }
    let read = report.read;
    writeln!(
        out,
        "  Read: {} files, {} bytes ({} parsed, {} searched as text, {} by their form)",
        read.files, read.bytes, read.parsed, read.searched, read.looked_at
    )?;
    if !report.gaps.is_empty() {
        writeln!(out, "  Not read:")?;
        for gap in report.gaps.iter().take(SHOWN) {
            writeln!(out, "    - {}: {}", label(&gap.file), line(&gap.sentence))?;
        }
        let more = report.gaps.len().saturating_sub(SHOWN) + report.more_gaps;
        if more > 0 {
            writeln!(out, "    - ... and {more} more (--output json)")?;
        }
    }
    Ok(())
}

fn found(out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
    let place = finding.line.map_or_else(String::new, |line| format!(":{line}"));
    let severity = finding.severity.as_str();
    writeln!(out, "  {severity:<8}  {}{place}  {}", label(&finding.file), line(&finding.title))?;
    if let Some(snippet) = &finding.snippet {
        writeln!(out, "            {}", label(snippet))?;
    }
    let techniques =
        if finding.attack.is_empty() { String::new() } else { format!("  {}", finding.attack.join(" ")) };
    writeln!(out, "            {}{techniques}", finding.id.as_str())
}

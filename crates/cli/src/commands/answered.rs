//! What every answer over a ledger has in common when it is printed.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{Absent, Document, Extent, Versioned};
use tracehound_model::{Decision, Gap, text::csv_cell};

use crate::{
    args::{Common, Output},
    terminal,
};

/// The exit code of an answer.
pub(super) fn exit_code(complete: bool) -> u8 {
    if complete { 0 } else { Decision::Incomplete.exit_code() }
}

/// The answer about somebody or something that is nowhere in the ledger up to the moment.
pub(super) fn absent(common: &Common, absent: &Absent, out: &mut dyn Write) -> Result<u8> {
    match common.output {
        Output::Text => {
            writeln!(out, "{}", absent.sentence).into_diagnostic()?;
            end(out, &absent.ledger).into_diagnostic()?;
        }
        // A table without rows.
        Output::Csv => terminal::say(&absent.sentence),
        Output::Json | Output::Jsonl => json(out, common.output, absent)?,
    }
    Ok(exit_code(absent.complete))
}

/// Where the ledger ends, and what of it is missing.
pub(super) fn end(out: &mut dyn Write, ledger: &Extent) -> std::io::Result<()> {
    writeln!(out, "{}", ledger.sentence())?;
    ledger.gaps.iter().try_for_each(|gap| writeln!(out, "  - {gap}"))
}

/// A line of a table.
pub(super) fn row<const N: usize>(out: &mut dyn Write, cells: [String; N]) -> Result<()> {
    let cells = cells.map(|cell| csv_cell(&cell));
    writeln!(out, "{}", cells.join(",")).into_diagnostic()
}

/// What a table has no column for: what was not examined, beside it.
pub(super) fn say_gaps(ledger: &Extent, gaps: &[Gap]) {
    for gap in ledger.gaps.iter().chain(gaps) {
        terminal::say(&format!("note: {gap}"));
    }
}

/// One document for programs: over several lines as `json`, on one as `jsonl`.
pub(super) fn json(out: &mut dyn Write, output: Output, answer: &impl Document) -> Result<()> {
    let answer = Versioned::of(answer);
    match output {
        Output::Json => serde_json::to_writer_pretty(&mut *out, &answer),
        _ => serde_json::to_writer(&mut *out, &answer),
    }
    .into_diagnostic()?;
    writeln!(out).into_diagnostic()
}

//! `tracehound screen --name`.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::names::{Match, Named, Names};
use tracehound_model::{
    Decision,
    text::{label, line},
};

use crate::{
    args::{Common, Output},
    output::{Tally, csv_cell, csv_gaps, csv_sources, documents, searched},
};

/// Columns of the CSV form; a name without a match has a line too.
const CSV_HEADER: &str =
    "query,score,matched,source,party,kind,programmes,decision,sources,gaps,as_of,policy,basis";

pub(crate) fn print(common: &Common, names: &Names, out: &mut dyn Write) -> Result<u8> {
    match common.output {
        Output::Text => text(out, names),
        Output::Csv => csv(out, names),
        output => documents(out, output, &names.answers),
    }
    .into_diagnostic()?;
    let mut tally = Tally::default();
    names.answers.iter().for_each(|answer| tally.note(answer.decision.into()));
    Ok(tally.worst().exit_code())
}

fn text(out: &mut dyn Write, names: &Names) -> std::io::Result<()> {
    for answer in &names.answers {
        writeln!(out, "{}  {}\n  {}", headline(answer.decision), label(&answer.query), answer.summary)?;
        for gap in answer.coverage.gaps.iter().filter(|gap| !names.gaps.contains(gap)) {
            writeln!(out, "  {}", line(&gap.to_string()))?;
        }
        for Match { score, matched_name, party } in &answer.matches {
            let programs = party.programs.join(" ");
            writeln!(
                out,
                "  {score:.3}  {}  ({}, {} {}) {}",
                label(matched_name),
                label(party.names.first().map_or("", |name| &name.full)),
                label(&party.source.0),
                label(&party.id),
                line(&programs)
            )?;
        }
    }
    let searched = searched(&names.sources);
    writeln!(out, "Searched {} names of {} parties: {searched}", names.names, names.parties)?;
    if !names.gaps.is_empty() {
        writeln!(out, "Coverage gaps:")?;
    }
    names.gaps.iter().try_for_each(|gap| writeln!(out, "  - {}", line(&gap.to_string())))
}

/// The word at the top: names alone clear nobody.
const fn headline(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "NO MATCH",
        Decision::Incomplete => "INCOMPLETE",
        Decision::Review => "REVIEW",
        Decision::Block => "BLOCK",
    }
}

fn csv(out: &mut dyn Write, names: &Names) -> std::io::Result<()> {
    writeln!(out, "{CSV_HEADER}")?;
    for answer in &names.answers {
        let Named { query, decision, coverage, .. } = answer;
        let rest = [
            csv_sources(&coverage.sources),
            csv_gaps(&coverage.gaps),
            answer.as_of.to_string(),
            answer.policy.clone(),
            answer.basis.as_str().to_owned(),
        ]
        .map(|cell| csv_cell(&cell))
        .join(",");
        if answer.matches.is_empty() {
            writeln!(out, "{},,,,,,,{decision},{rest}", csv_cell(query))?;
        }
        for Match { score, matched_name, party } in &answer.matches {
            let cells = [
                csv_cell(query),
                format!("{score:.4}"),
                csv_cell(matched_name),
                csv_cell(&party.source.0),
                csv_cell(&party.id),
                format!("{:?}", party.kind).to_lowercase(),
                csv_cell(&line(&party.programs.join(" "))),
                decision.to_string(),
            ];
            writeln!(out, "{},{rest}", cells.join(","))?;
        }
    }
    Ok(())
}

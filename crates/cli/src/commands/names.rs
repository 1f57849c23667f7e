//! `tracehound screen --name`.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use serde_json::json;
use tracehound_attribution::index::Index;
use tracehound_model::Decision;

use crate::{
    args::{Common, Output, ScreenArgs},
    output::csv_cell,
};

/// A full sanctions list names thousands of parties; the shipped extract names those with addresses only.
const WHOLE_LIST: usize = 1_000;

pub(crate) fn run(common: &Common, index: &Index, args: &ScreenArgs, out: &mut dyn Write) -> Result<u8> {
    let names = index.names().into_diagnostic()?;
    let mut found = false;
    if common.output == Output::Csv {
        writeln!(out, "query,score,matched,source,party,kind,programmes").into_diagnostic()?;
    }
    let mut documents = Vec::new();
    for query in &args.name {
        let matches = names.search(query, args.limit).into_diagnostic()?;
        let matches: Vec<_> = matches.into_iter().filter(|found| found.score >= args.threshold).collect();
        found |= !matches.is_empty();
        if common.output == Output::Text {
            let count = matches.len();
            writeln!(
                out,
                "{query}: {count} match{} at {} or above",
                if count == 1 { "" } else { "es" },
                args.threshold
            )
            .into_diagnostic()?;
        }
        for hit in &matches {
            let party = &hit.party;
            let programs = party.programs.join(" ");
            match common.output {
                Output::Text => writeln!(
                    out,
                    "  {:.3}  {}  ({}, {} {}) {programs}",
                    hit.score,
                    hit.matched_name,
                    party.names.first().map_or("", |name| &name.full),
                    party.source,
                    party.id
                )
                .into_diagnostic()?,
                Output::Csv => {
                    let cells = [
                        csv_cell(query),
                        format!("{:.4}", hit.score),
                        csv_cell(hit.matched_name),
                        party.source.to_string(),
                        party.id.clone(),
                        format!("{:?}", party.kind).to_lowercase(),
                        csv_cell(&programs),
                    ];
                    writeln!(out, "{}", cells.join(",")).into_diagnostic()?;
                }
                Output::Json | Output::Jsonl => {}
            }
        }
        let rows: Vec<_> = matches
            .iter()
            .map(|hit| json!({ "score": hit.score, "matched_name": hit.matched_name, "party": hit.party }))
            .collect();
        documents.push(json!({ "query": query, "threshold": args.threshold, "matches": rows }));
    }
    match common.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&documents).into_diagnostic()?),
        Output::Jsonl => documents.iter().try_for_each(|document| writeln!(out, "{document}")),
        Output::Text | Output::Csv => Ok(()),
    }
    .into_diagnostic()?;
    // A name is never proof: a match asks for a person's eyes. And the names of an old or partial list clear nobody.
    let parties = names.parties().len();
    if common.output == Output::Text {
        let sources: Vec<String> = index
            .sources()
            .iter()
            .map(|history| format!("{} {}", history.source.id, history.source.published))
            .collect();
        writeln!(out, "Searched {} names of {parties} parties: {}", names.name_count(), sources.join(", "))
            .into_diagnostic()?;
    }
    let whole = parties >= WHOLE_LIST;
    if !whole && !common.quiet {
        let hint = "the full lists are not loaded, so no match means nothing: import SDN_ADVANCED.XML (tracehound lists import)";
        writeln!(std::io::stderr(), "note: {hint}").into_diagnostic()?;
    }
    let decision = match (found, whole) {
        (true, _) => Decision::Review,
        (false, true) => Decision::Allow,
        (false, false) => Decision::Incomplete,
    };
    Ok(decision.exit_code())
}

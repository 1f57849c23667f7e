//! `tracehound screen --name`.

use std::{collections::BTreeSet, io::Write};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result};
use serde_json::json;
use tracehound_attribution::{index::Index, names::NameError};
use tracehound_model::{
    Decision,
    text::{label, line},
    verdict::Basis,
};
use tracehound_screen::{NameCover, Policy, name_gap};

use crate::{
    args::{Common, Output, ScreenArgs},
    output::{Tally, csv_cell, csv_sources, searched},
};

/// Columns of the CSV form; a name without a match has a line too.
const CSV_HEADER: &str =
    "query,score,matched,source,party,kind,programmes,decision,sources,gaps,as_of,policy,basis";

pub(crate) fn run(
    common: &Common,
    index: &Index,
    policy: &Policy,
    as_of: Timestamp,
    args: &ScreenArgs,
    out: &mut dyn Write,
) -> Result<u8> {
    let names = index.names().into_diagnostic()?;
    let cover = NameCover::new(index, policy, as_of);
    if common.output == Output::Csv {
        writeln!(out, "{CSV_HEADER}").into_diagnostic()?;
    }
    let basis = Basis::ListsOnly.as_str();
    let lists = names.parties().iter().map(|party| &party.source).collect::<BTreeSet<_>>().len();
    let mut documents = Vec::new();
    let mut tally = Tally::default();
    for query in &args.name {
        // All matches decide; the limit cuts what is shown of them.
        let matches = match names.search(query, usize::MAX) {
            // Of a script that nothing here reads there is nothing to search by.
            Err(NameError::Empty { .. }) if name_gap(query, false).is_some() => Vec::new(),
            found => found.into_diagnostic()?,
        };
        let mut matches: Vec<_> = matches.into_iter().filter(|found| found.score >= args.threshold).collect();
        let gap = name_gap(query, !matches.is_empty());
        let decision = cover.decide(!matches.is_empty(), gap.is_none());
        let gaps: Vec<&String> = gap.iter().chain(&cover.gaps).collect();
        let joined = gaps.iter().map(|gap| gap.as_str()).collect::<Vec<_>>().join("; ");
        let rest =
            [csv_sources(&cover.sources), joined, as_of.to_string(), policy.hash.clone(), basis.to_owned()]
                .map(|cell| csv_cell(&cell))
                .join(",");
        tally.note(decision.into());
        let summary = summary(matches.len(), args.limit, lists, args.threshold, decision);
        matches.truncate(args.limit);
        match common.output {
            Output::Text => writeln!(out, "{}  {}\n  {summary}", headline(decision), label(query))
                .and_then(|()| gap.iter().try_for_each(|gap| writeln!(out, "  {}", line(gap)))),
            Output::Csv if matches.is_empty() => {
                writeln!(out, "{},,,,,,,{decision},{rest}", csv_cell(query))
            }
            _ => Ok(()),
        }
        .into_diagnostic()?;
        for hit in &matches {
            let party = &hit.party;
            let programs = line(&party.programs.join(" ")).into_owned();
            match common.output {
                Output::Text => writeln!(
                    out,
                    "  {:.3}  {}  ({}, {} {}) {programs}",
                    hit.score,
                    label(hit.matched_name),
                    label(party.names.first().map_or("", |name| &name.full)),
                    label(&party.source.0),
                    label(&party.id)
                )
                .into_diagnostic()?,
                Output::Csv => {
                    let cells = [
                        csv_cell(query),
                        format!("{:.4}", hit.score),
                        csv_cell(hit.matched_name),
                        csv_cell(&party.source.0),
                        csv_cell(&party.id),
                        format!("{:?}", party.kind).to_lowercase(),
                        csv_cell(&programs),
                        decision.to_string(),
                    ];
                    writeln!(out, "{},{rest}", cells.join(",")).into_diagnostic()?;
                }
                Output::Json | Output::Jsonl => {}
            }
        }
        documents.push(json!({
            "query": query,
            "threshold": args.threshold,
            "decision": decision,
            "basis": basis,
            "summary": summary,
            "matches": matches.iter().map(|hit| json!({
                "score": hit.score,
                "matched_name": hit.matched_name,
                "party": hit.party,
            })).collect::<Vec<_>>(),
            "as_of": as_of,
            "coverage": { "sources": cover.sources, "gaps": gaps },
            "policy": policy.hash,
        }));
    }
    match common.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&documents).into_diagnostic()?),
        Output::Jsonl => documents.iter().try_for_each(|document| writeln!(out, "{document}")),
        Output::Csv => Ok(()),
        Output::Text => text_cover(out, names.name_count(), names.parties().len(), &cover),
    }
    .into_diagnostic()?;
    Ok(tally.worst().exit_code())
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

fn summary(matches: usize, shown: usize, lists: usize, threshold: f64, decision: Decision) -> String {
    let found = match matches {
        0 => "no match".to_owned(),
        1 => "1 match".to_owned(),
        count => format!("{count} matches"),
    };
    let cut = if shown < matches { format!(", the best {shown} shown") } else { String::new() };
    let ending = match decision {
        Decision::Incomplete => "; not everything the policy requires was there",
        _ => "",
    };
    let lists = match lists {
        0 => "no list with names was searched".to_owned(),
        1 => format!("{found} on 1 list with names at {threshold} or above{cut}"),
        lists => format!("{found} on {lists} lists with names at {threshold} or above{cut}"),
    };
    format!("{lists}; names alone were compared, transactions not examined{ending}")
}

fn text_cover(out: &mut dyn Write, names: usize, parties: usize, cover: &NameCover) -> std::io::Result<()> {
    writeln!(out, "Searched {names} names of {parties} parties: {}", searched(&cover.sources))?;
    if !cover.gaps.is_empty() {
        writeln!(out, "Not seen:")?;
    }
    cover.gaps.iter().try_for_each(|gap| writeln!(out, "  - {}", line(gap)))
}

//! `tracehound lists freshness`.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::lists::Freshness;
use tracehound_model::text::clean;

use crate::{
    args::{Common, FreshnessArgs, Output},
    folder::Folder,
    output::{csv_cell, documents},
};

/// Some list that must be fresh is not.
const NOT_FRESH: u8 = 30;

pub(crate) fn run(common: &Common, data: &Folder, args: &FreshnessArgs, out: &mut dyn Write) -> Result<u8> {
    let lists = data.workspace().freshness(args.max_age).into_diagnostic()?;
    match common.output {
        Output::Text => lists.iter().try_for_each(|list| text(list, out)),
        Output::Csv => csv(&lists, out),
        Output::Json | Output::Jsonl => documents(out, common.output, &lists),
    }
    .into_diagnostic()?;
    Ok(if lists.iter().all(|list| list.problems.is_empty()) { 0 } else { NOT_FRESH })
}

fn text(list: &Freshness, out: &mut dyn Write) -> std::io::Result<()> {
    let published = match (list.published, list.age_days) {
        (Some(day), Some(age)) => format!("of {day}, {age} days old"),
        _ => "none here".to_owned(),
    };
    let checked = list.checked_at.map_or_else(|| "never checked".to_owned(), |at| format!("checked {at:.0}"));
    let word = if list.by_word { " by a person's word" } else { "" };
    let state = if list.problems.is_empty() { "fresh" } else { "NOT FRESH" };
    writeln!(out, "{:<18} {state:<9}  {published}; {checked}{word}", list.source.0)?;
    for problem in &list.problems {
        writeln!(out, "  {}", clean(problem))?;
    }
    Ok(())
}

fn csv(lists: &[Freshness], out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "source,fresh,published,age_days,checked_at,failed_at,failure,held,problems")?;
    for list in lists {
        let or_empty = |text: Option<String>| text.unwrap_or_default();
        let held: Vec<String> = list.held.iter().map(|held| held.published.to_string()).collect();
        let cells = [
            list.source.0.clone(),
            list.problems.is_empty().to_string(),
            or_empty(list.published.map(|day| day.to_string())),
            or_empty(list.age_days.map(|days| days.to_string())),
            or_empty(list.checked_at.map(|at| at.to_string())),
            or_empty(list.failed_at.map(|at| at.to_string())),
            clean(list.failure.as_deref().unwrap_or_default()).into_owned(),
            held.join(" "),
            clean(&list.problems.join("; ")).into_owned(),
        ];
        writeln!(out, "{}", cells.map(|cell| csv_cell(&cell)).join(","))?;
    }
    Ok(())
}

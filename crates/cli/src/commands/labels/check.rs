//! `tracehound labels check`.

use std::{io::Write, path::Path};

use jiff::civil::Date;
use miette::{IntoDiagnostic, Result};
use tracehound_engine::contributions::{Against, Contributions, Outcome};
use tracehound_model::text::{csv_cell, label, line};

use super::{super::screen, exit_code, json};
use crate::{
    args::{CheckArgs, Common, Output},
    files,
    folder::Folder,
    terminal,
};

pub(super) fn run(
    common: &Common,
    data: &Folder,
    args: &CheckArgs,
    today: Date,
    out: &mut dyn Write,
) -> Result<u8> {
    let is_stdin = args.file == Path::new("-");
    let name = if is_stdin { screen::STDIN.to_owned() } else { args.file.display().to_string() };
    let beside = args.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let network = data.network(args.network, None::<&str>);
    let against = Against {
        proofs: args.proofs.clone().unwrap_or_else(|| beside.to_owned()),
        snapshot: &data.snapshot(network)?,
        today,
    };
    let input = screen::batch::file(&args.file)?;
    let checked = data.workspace().check_contributions(&name, input, &against).into_diagnostic()?;
    if let Some(path) = &args.to {
        files::apart(path, checked.proofs.iter().chain([&args.file]))?;
        files::whole(path, |file| checked.write(file).into_diagnostic())?;
    }
    match common.output {
        Output::Text => text(&checked, out).into_diagnostic()?,
        Output::Csv => table(&checked, out).into_diagnostic()?,
        Output::Json | Output::Jsonl => json(out, common.output, &checked)?,
    }
    let listed = checked.rows.len() as u64;
    let all = checked.passed + checked.refused + checked.not_checked;
    if all > listed {
        terminal::say(&format!("and {} more", all - listed));
    }
    Ok(exit_code(checked.is_whole()))
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Refused => "refused",
        Outcome::NotChecked => "not checked",
    }
}

fn text(checked: &Contributions, out: &mut dyn Write) -> std::io::Result<()> {
    for row in &checked.rows {
        let who = row.entity.as_deref().map(|entity| format!(" {}", label(entity))).unwrap_or_default();
        let by = row.proof.as_deref().map(|proof| format!(" by {proof}")).unwrap_or_default();
        let why = row.reason.as_deref().map(|why| format!(": {}", line(why))).unwrap_or_default();
        writeln!(out, "{}: {}{by}: {}{who}{why}", row.line, word(row.outcome), label(&row.subject))?;
    }
    let Contributions { passed, refused, not_checked, .. } = checked;
    writeln!(out, "passed {passed}, refused {refused}, not checked {not_checked}")
}

fn table(checked: &Contributions, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "line,chain,address,entity,proof,outcome,reason")?;
    checked.rows.iter().try_for_each(|row| {
        let cell = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            row.line.to_string(),
            cell(&row.chain),
            row.subject.clone(),
            cell(&row.entity),
            cell(&row.proof),
            word(row.outcome).to_owned(),
            cell(&row.reason),
        ];
        writeln!(out, "{}", cells.map(|cell| csv_cell(&cell)).join(","))
    })
}

//! `tracehound policy`.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
};

use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_engine::policy::{Change, Policy, Preset, RecordError, Review, differences, presets};
use tracehound_model::text::label;
use tracehound_screen::policy::PRESETS;

use super::answered::json;
use crate::{
    args::{Common, Output, PolicyCommand},
    files,
    output::{csv_cell, documents, short},
};

/// Longest line of a file of decisions: a verdict with a hundred exposures is a tenth of it.
const MAX_LINE: u64 = 4 << 20;

pub(crate) fn run(common: &Common, command: &PolicyCommand, out: &mut dyn Write) -> Result<u8> {
    match command {
        PolicyCommand::List => list(common, out)?,
        PolicyCommand::Show { policy } => {
            let text = match PRESETS.iter().find(|preset| preset.name == policy) {
                Some(preset) => preset.text.to_owned(),
                None => read(Path::new(policy))?,
            };
            let words = named(policy)?.words();
            // A file may promise what it likes; these words come from what it asks for.
            if !text.contains(&words) {
                writeln!(out, "# {words}").into_diagnostic()?;
            }
            write!(out, "{text}").into_diagnostic()?;
        }
        PolicyCommand::Check { file } => {
            let policy = load(file)?;
            writeln!(
                out,
                "valid: {}, {} rules, hash {}\n{}",
                label(&policy.name),
                policy.rules.len(),
                short(&policy.hash),
                policy.words()
            )
            .into_diagnostic()?;
        }
        PolicyCommand::Diff { before, after, over } => {
            let (before, after) = (named(before)?, named(after)?);
            match over {
                Some(path) => compare(common, &before, &after, path, out)?,
                None => {
                    for line in differences(&before, &after) {
                        writeln!(out, "{line}").into_diagnostic()?;
                    }
                }
            }
        }
    }
    Ok(0)
}

fn list(common: &Common, out: &mut dyn Write) -> Result<()> {
    let presets = presets();
    match common.output {
        Output::Text => {
            for Preset { name, promise, .. } in &presets {
                writeln!(out, "{name}\n  {promise}\n").into_diagnostic()?;
            }
            writeln!(
                out,
                "strict is used when none is named. Your own: tracehound policy show strict > mine.toml; --policy mine.toml"
            )
            .into_diagnostic()
        }
        Output::Csv => {
            writeln!(out, "name,promise,hash").into_diagnostic()?;
            presets.iter().try_for_each(|Preset { name, promise, hash }| {
                writeln!(out, "{name},{},{hash}", csv_cell(promise)).into_diagnostic()
            })
        }
        output => documents(out, output, &presets).into_diagnostic(),
    }
}

/// The preset of this name, or the policy in this file.
pub(crate) fn named(name: &str) -> Result<Policy> {
    Policy::preset(name).map_or_else(|| load(Path::new(name)), Ok)
}

/// Reads a policy file.
fn load(file: &Path) -> Result<Policy> {
    Policy::parse(&read(file)?).into_diagnostic().wrap_err_with(|| file.display().to_string())
}

fn read(file: &Path) -> Result<String> {
    files::text(file, files::SETTINGS).into_diagnostic().wrap_err_with(|| {
        let presets: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        format!("reading the policy {} (the presets are {})", file.display(), presets.join(", "))
    })
}

fn compare(common: &Common, before: &Policy, after: &Policy, path: &Path, out: &mut dyn Write) -> Result<()> {
    let place = || format!("reading the decisions {}", path.display());
    let mut input = BufReader::new(File::open(path).into_diagnostic().wrap_err_with(place)?);
    let mut review = Review::new(before, after);
    let mut line = String::new();
    if common.output == Output::Csv {
        writeln!(out, "subject,from,to,why").into_diagnostic()?;
    }
    for number in 1_u64.. {
        line.clear();
        let read =
            input.by_ref().take(MAX_LINE).read_line(&mut line).into_diagnostic().wrap_err_with(place)?;
        if read == 0 {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        let change = review.record(&line).map_err(|error| {
            let colon = if matches!(error, RecordError::NotJson(_)) { ":" } else { "" };
            miette!("{}, line {number}{colon} {error}", path.display())
        })?;
        change.iter().try_for_each(|change| print(common.output, change, out))?;
    }
    if common.output == Output::Text {
        writeln!(
            out,
            "{} decisions: {} would change from {} to {}, {} cannot be judged again, {} refused lines passed over",
            review.decisions, review.changes, before.name, after.name, review.unknown, review.refused
        )
        .into_diagnostic()?;
    }
    Ok(())
}

fn print(output: Output, change: &Change, out: &mut dyn Write) -> Result<()> {
    let Change { subject, from, to, why } = change;
    match output {
        Output::Text => {
            let change =
                if from.is_empty() { "cannot be judged again".to_owned() } else { format!("{from} -> {to}") };
            writeln!(out, "{subject}: {change}").into_diagnostic()?;
            why.iter().try_for_each(|why| writeln!(out, "  - {why}")).into_diagnostic()
        }
        Output::Csv => {
            let cells = [subject, *from, *to, &why.join("; ")].map(csv_cell);
            writeln!(out, "{}", cells.join(",")).into_diagnostic()
        }
        // One object a line: a file of decisions may be long.
        Output::Json | Output::Jsonl => json(out, Output::Jsonl, change),
    }
}

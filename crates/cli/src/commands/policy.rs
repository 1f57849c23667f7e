//! `tracehound policy`.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
};

use miette::{IntoDiagnostic, Result, WrapErr, miette};
use serde_json::json;
use tracehound_model::{Verdict, text::label};
use tracehound_screen::{
    Policy,
    lab::{self, Compared},
    policy::{PRESETS, differences},
};

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
    let mut answers = Vec::new();
    if common.output == Output::Csv {
        writeln!(out, "name,promise,hash").into_diagnostic()?;
    }
    for preset in PRESETS {
        let policy = named(preset.name)?;
        let promise = policy.words();
        match common.output {
            Output::Text => writeln!(out, "{}\n  {promise}\n", preset.name).into_diagnostic()?,
            Output::Csv => {
                writeln!(out, "{},{},{}", preset.name, csv_cell(&promise), policy.hash).into_diagnostic()?;
            }
            Output::Json | Output::Jsonl => {
                answers.push(json!({ "name": preset.name, "promise": promise, "hash": policy.hash }));
            }
        }
    }
    documents(out, common.output, &answers).into_diagnostic()?;
    if common.output == Output::Text {
        writeln!(
            out,
            "strict is used when none is named. Your own: tracehound policy show strict > mine.toml; --policy mine.toml"
        )
        .into_diagnostic()?;
    }
    Ok(())
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

/// What became of the lines of a file of decisions.
#[derive(Default)]
struct Counts {
    decisions: u64,
    changes: u64,
    unknown: u64,
    refused: u64,
}

fn compare(common: &Common, before: &Policy, after: &Policy, path: &Path, out: &mut dyn Write) -> Result<()> {
    let place = || format!("reading the decisions {}", path.display());
    let mut input = BufReader::new(File::open(path).into_diagnostic().wrap_err_with(place)?);
    let mut counts = Counts::default();
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
        let value: serde_json::Value = serde_json::from_str(&line).map_err(|error| {
            miette!("{}, line {number}: {error}: is it `screen --output jsonl`?", path.display())
        })?;
        if value.get("error").is_some() && value.get("decision").is_none() {
            counts.refused += 1;
            continue;
        }
        let verdict: Verdict = serde_json::from_value(value)
            .map_err(|error| miette!("{}, line {number} is no verdict: {error}", path.display()))?;
        counts.decisions += 1;
        let compared = lab::compare(before, after, &verdict);
        match &compared {
            Compared::Same(_) => continue,
            Compared::Changes { .. } => counts.changes += 1,
            Compared::Unknown(_) => counts.unknown += 1,
        }
        print(common.output, &verdict.subject, &compared, out)?;
    }
    if common.output == Output::Text {
        writeln!(
            out,
            "{} decisions: {} would change from {} to {}, {} cannot be judged again, {} refused lines passed over",
            counts.decisions, counts.changes, before.name, after.name, counts.unknown, counts.refused
        )
        .into_diagnostic()?;
    }
    Ok(())
}

fn print(output: Output, subject: &str, compared: &Compared, out: &mut dyn Write) -> Result<()> {
    let (from, to, why) = match compared {
        Compared::Changes { from, to, why } => (from.as_str(), to.as_str(), why),
        Compared::Unknown(why) => ("", "unknown", why),
        Compared::Same(_) => return Ok(()),
    };
    match output {
        Output::Text => {
            let change =
                if from.is_empty() { "cannot be judged again".to_owned() } else { format!("{from} -> {to}") };
            writeln!(out, "{subject}: {change}").into_diagnostic()?;
            why.iter().try_for_each(|why| writeln!(out, "  - {why}"))
        }
        Output::Csv => {
            let cells = [subject, from, to, &why.join("; ")].map(csv_cell);
            writeln!(out, "{}", cells.join(","))
        }
        Output::Json | Output::Jsonl => {
            writeln!(out, "{}", json!({ "subject": subject, "from": from, "to": to, "why": why }))
        }
    }
    .into_diagnostic()
}

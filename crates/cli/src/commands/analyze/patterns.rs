//! `tracehound analyze patterns`.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    patterns::{Patterns, Question, text},
};

use crate::{
    args::{Common, Output, PatternsArgs},
    commands::answered::{absent, exit_code, json},
    folder::Folder,
};

pub(super) fn run(common: &Common, data: &Folder, args: &PatternsArgs, out: &mut dyn Write) -> Result<u8> {
    let question = Question {
        network: args.network,
        moment: args.moment.asked(),
        subject: args.subject.clone(),
        leads: args.leads,
    };
    let found = match data.snapshot(args.network)?.patterns(&question).into_diagnostic()? {
        Answer::Found(found) => found,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    match common.output {
        Output::Text | Output::Csv => print(out, &found).into_diagnostic()?,
        output => json(out, output, &found)?,
    }
    Ok(exit_code(found.complete))
}

fn print(out: &mut dyn Write, found: &Patterns) -> std::io::Result<()> {
    write!(out, "{}", text::report(&found.report, found.asset))?;
    if let Some(mined) = &found.mined {
        write!(out, "\n{}", text::mined(mined, found.asset))?;
    }
    writeln!(out, "\n{}", found.ledger.sentence())?;
    found.leads.iter().try_for_each(|leads| write!(out, "\n{}", text::leads(leads, found.asset)))
}

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
    let network = data.network(args.network, [&args.subject]);
    let question = Question {
        network,
        moment: args.moment.asked(),
        subject: args.subject.clone(),
        withdrawals: args.withdrawals,
    };
    let found = match data.snapshot(network)?.patterns(&question).into_diagnostic()? {
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
    if let Some(from_coinbases) = &found.from_coinbases {
        write!(out, "\n{}", text::from_coinbases(from_coinbases, found.asset))?;
    }
    writeln!(out, "\n{}", found.ledger.sentence())?;
    found
        .withdrawals
        .iter()
        .try_for_each(|found_for| write!(out, "\n{}", text::withdrawals(found_for, found.asset)))
}

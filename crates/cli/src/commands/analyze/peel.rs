//! `tracehound analyze peel`.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    peel::{Options, Question, text},
};

use crate::{
    args::{Common, Output, PeelArgs},
    commands::answered::{absent, end, exit_code},
    folder::Folder,
    output::documents,
};

pub(super) fn run(common: &Common, data: &Folder, args: &PeelArgs, out: &mut dyn Write) -> Result<u8> {
    let network = data.network(args.network, [&args.from]);
    let question = Question {
        network,
        moment: args.moment.asked(),
        from: args.from.clone(),
        options: Options { margin: args.margin, hops: args.hops, ..Options::default() },
    };
    let chains = match data.snapshot(network)?.peel(&question).into_diagnostic()? {
        Answer::Found(chains) => chains,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    match common.output {
        Output::Json | Output::Jsonl => documents(out, common.output, &chains).into_diagnostic()?,
        Output::Text | Output::Csv => {
            for (at, peeled) in chains.iter().enumerate() {
                let gap = if at == 0 { "" } else { "\n" };
                write!(out, "{gap}{}", text::report(&peeled.chain, args.lines)).into_diagnostic()?;
            }
            if let Some(first) = chains.first() {
                writeln!(out).and_then(|()| end(out, &first.ledger)).into_diagnostic()?;
            }
        }
    }
    Ok(exit_code(chains.iter().all(|peeled| peeled.complete)))
}

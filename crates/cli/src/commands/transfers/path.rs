//! `tracehound path` of an EVM chain.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    transfers::path::{Paths, Question},
};

use super::{end, refuse, tx::party};
use crate::{
    args::{Common, Output, PathArgs},
    commands::answered::{absent, exit_code, json},
    folder::Folder,
};

/// Answers about two accounts of the chain of this id.
pub(in crate::commands) fn run(
    common: &Common,
    data: &Folder,
    args: &PathArgs,
    chain_id: u64,
    out: &mut dyn Write,
) -> Result<u8> {
    let asked = &args.question;
    refuse(common.output, &[("--svg", args.svg.is_some())])?;
    let question = Question {
        chain_id,
        moment: asked.moment.asked(),
        from: asked.from.clone(),
        to: asked.to.clone(),
        count: asked.count,
        hops: asked.hops,
        work: asked.work,
    };
    let paths = match data.evm_snapshot()?.transfers_path(&question).into_diagnostic()? {
        Answer::Found(paths) => paths,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    match common.output {
        Output::Text => text(out, &paths, asked.hops).into_diagnostic()?,
        output => json(out, output, &paths)?,
    }
    Ok(exit_code(paths.complete))
}

fn text(out: &mut dyn Write, paths: &Paths, hops: u32) -> io::Result<()> {
    if paths.ways.is_empty() {
        writeln!(out, "no way from {} to {} of at most {hops} movements", paths.from, paths.to)?;
    }
    for (number, way) in (1..).zip(&paths.ways) {
        let count = way.movements.len();
        let plural = if count == 1 { "" } else { "s" };
        let width = way.asset.money(way.width);
        writeln!(out, "{number}. {count} movement{plural}, at most {width} can have gone this way")?;
        for passed in &way.movements {
            let moved = &passed.movement;
            writeln!(
                out,
                "   {} {} {}:{}",
                moved.asset.money(moved.amount),
                passed.time,
                passed.tx,
                moved.index
            )?;
            writeln!(out, "     to {}", party(moved.to.as_ref(), "nobody"))?;
        }
    }
    end(out, &paths.ledger, &paths.gaps)
}

//! `tracehound path` of an EVM chain.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    transfers::path::{Paths, Question},
};

use super::{cells, end, refuse, tx::party};
use crate::{
    args::{Common, Output, PathArgs},
    commands::answered::{self, absent, exit_code, json},
    folder::Folder,
    terminal,
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
    refuse(&[("--svg", args.svg.is_some())])?;
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
        Output::Csv => table(out, &paths)?,
        output => json(out, output, &paths)?,
    }
    Ok(exit_code(paths.complete))
}

/// A row a movement on a way; amounts in base units.
fn table(out: &mut dyn Write, paths: &Paths) -> Result<()> {
    writeln!(out, "way,step,tx,index,time,to,entity,category,asset,amount,width,vouched_by")
        .into_diagnostic()?;
    for (number, way) in (1_u64..).zip(&paths.ways) {
        for (step, passed) in (1_u64..).zip(&way.movements) {
            let moved = &passed.movement;
            let [to, entity, category] = cells(moved.to.as_ref());
            let row = [
                number.to_string(),
                step.to_string(),
                passed.tx.to_string(),
                moved.index.to_string(),
                passed.time.to_string(),
                to,
                entity,
                category,
                moved.asset.to_string(),
                moved.amount.to_string(),
                way.width.to_string(),
                moved.vouched_by.to_owned(),
            ];
            answered::row(out, row)?;
        }
    }
    if paths.truncated {
        terminal::say("note: the search was truncated by a limit: there may be other ways");
    }
    paths.gaps.iter().for_each(|gap| terminal::say(&format!("note: {gap}")));
    Ok(())
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

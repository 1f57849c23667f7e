//! `tracehound path`.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    path::{PathLimits, Paths, Question},
    tx::CoinJoin,
};
use tracehound_model::{BitcoinNetwork, Chain};
use tracehound_report::picture;

use super::{
    answered::{self, absent, end, exit_code, json},
    drawn, transfers,
};
use crate::{
    args::{Common, Output, PathArgs, PathQuestion},
    folder::Folder,
    terminal,
};

pub(crate) fn run(common: &Common, data: &Folder, args: &PathArgs, out: &mut dyn Write) -> Result<u8> {
    if let Chain::Evm(chain_id) = data.chain(&args.question.whose, [&args.question.from, &args.question.to]) {
        return transfers::path::run(common, data, args, chain_id, out);
    }
    let network = data.bitcoin(&args.question.whose, [&args.question.from, &args.question.to], "path")?;
    let snapshot = data.snapshot(network)?;
    let question = question(network, &args.question);
    let paths = match snapshot.path(&question).into_diagnostic()? {
        Answer::Found(paths) => paths,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    if let Some(path) = &args.svg {
        let naming = snapshot.naming(network, question.moment, named(&paths)).into_diagnostic()?;
        drawn::write(common, path, &picture::path(&paths, &drawn::origin(&naming)))?;
    }
    match common.output {
        Output::Text => text(out, &args.question, &paths).into_diagnostic()?,
        Output::Csv => table(out, &paths)?,
        output => json(out, output, &paths)?,
    }
    Ok(exit_code(paths.complete))
}

/// The question that the command line asks.
pub(super) fn question(network: BitcoinNetwork, args: &PathQuestion) -> Question {
    Question {
        network,
        moment: args.moment.asked(),
        from: args.from.clone(),
        to: args.to.clone(),
        limits: PathLimits {
            count: args.count,
            hops: args.hops,
            dust: args.dust,
            txs: args.work,
            ..PathLimits::default()
        },
    }
}

/// The addresses on the ways.
pub(super) fn named(paths: &Paths) -> impl Iterator<Item = &str> {
    let passed = paths.ways.iter().flat_map(|way| &way.outputs).map(|passed| passed.address.as_str());
    passed.chain([paths.from.as_str(), paths.to.as_str()])
}

/// A row an output on a way; amounts in base units.
fn table(out: &mut dyn Write, paths: &Paths) -> Result<()> {
    writeln!(
        out,
        "way,step,outpoint,address,amount,asset,time,width,entity,category,labelled,disputed,mix,mix_people,pooled"
    )
    .into_diagnostic()?;
    for (way, number) in paths.ways.iter().zip(1..) {
        for (passed, step) in way.outputs.iter().zip(1..) {
            let entity = passed.entity.as_ref();
            let labelled = entity.and_then(|entity| entity.labelled.as_ref());
            let cells = [
                u64::to_string(&number),
                u64::to_string(&step),
                passed.outpoint.clone(),
                passed.address.clone(),
                passed.value.to_string(),
                paths.asset.to_string(),
                passed.time.to_string(),
                way.width.to_string(),
                entity.map_or_else(String::new, |entity| entity.label.clone()),
                entity.map_or_else(String::new, |entity| entity.category.to_string()),
                labelled.map_or_else(String::new, ToString::to_string),
                labelled.map_or_else(String::new, |by| by.is_disputed().to_string()),
                passed.mix.as_ref().map_or_else(String::new, |mix| mix.protocol.to_owned()),
                passed.mix.as_ref().map_or_else(String::new, |mix| mix.participants.to_string()),
                passed.pooled.to_string(),
            ];
            answered::row(out, cells)?;
        }
    }
    paths.pooled().iter().for_each(|sentence| terminal::say(&format!("note: {sentence}")));
    if paths.below_dust > 0 {
        let limit = paths.asset.money(paths.dust);
        terminal::say(&format!(
            "note: {} outputs of less than {limit} were not gone through",
            paths.below_dust
        ));
    }
    if paths.truncated {
        terminal::say("note: the search was truncated by a limit: there may be other ways");
    }
    answered::say_gaps(&paths.ledger, &paths.gaps);
    Ok(())
}

fn text(out: &mut dyn Write, args: &PathQuestion, paths: &Paths) -> std::io::Result<()> {
    if paths.ways.is_empty() {
        writeln!(out, "no way from {} to {} of at most {} transactions", args.from, args.to, args.hops)?;
    }
    for sentence in paths.pooled() {
        writeln!(out, "{sentence}")?;
    }
    for (at, way) in paths.ways.iter().enumerate() {
        let count = way.transactions;
        writeln!(
            out,
            "{}. {count} transaction{}{}, at most {} can have gone this way",
            at + 1,
            if count == 1 { "" } else { "s" },
            match way.mixes {
                0 => String::new(),
                1 => ", one of them a MIX".to_owned(),
                mixes => format!(", {mixes} of them MIXES"),
            },
            paths.asset.money(way.width)
        )?;
        for passed in &way.outputs {
            if let Some(CoinJoin { protocol, participants: people }) = &passed.mix {
                writeln!(out, "   through a MIX: {protocol}, at least {people} people")?;
            }
            writeln!(out, "   {} {} {}", paths.asset.money(passed.value), passed.address, passed.time)?;
            writeln!(out, "     {}", passed.outpoint)?;
            if let Some(entity) = &passed.entity {
                let pooled =
                    if passed.pooled { ": a SERVICE on the way, which pools what comes to it" } else { "" };
                writeln!(out, "     = {} ({}){pooled}", entity.name(), entity.kind())?;
            }
        }
    }
    if let Some(together) = paths.together() {
        writeln!(out, "{together}")?;
    }
    if paths.below_dust > 0 {
        let (count, limit) = (paths.below_dust, paths.asset.money(paths.dust));
        let outputs = if count == 1 { "output" } else { "outputs" };
        writeln!(out, "Not gone through: {count} {outputs} of less than {limit} (--dust)")?;
    }
    if paths.truncated {
        writeln!(out, "The search was truncated by a limit: there may be other ways.")?;
    }
    end(out, &paths.ledger)
}

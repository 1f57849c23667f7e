//! `tracehound ledger`.

use std::io::Write;

use miette::{IntoDiagnostic, Result, miette};
use serde_json::json;
use tracehound_analysis::extent::lacking;
use tracehound_ledger::{BlockView, Ledger, LedgerError, Repair, repair, upgrade};
use tracehound_model::Chain;

use crate::{
    args::{Common, LedgerArgs, LedgerCommand, Output, RepairArgs},
    folder::Folder,
    output::CUT_SHORT,
    progress, terminal,
};

pub(crate) fn run(
    common: &Common,
    folder: &Folder,
    command: &LedgerCommand,
    out: &mut dyn Write,
) -> Result<u8> {
    match command {
        LedgerCommand::Info(args) => print_info(common, &open(folder, args)?, out).into_diagnostic()?,
        LedgerCommand::Verify(args) => verify(common, &open(folder, args)?, out)?,
        LedgerCommand::Repair(args) => return mend(common, folder, args, out),
        LedgerCommand::Upgrade(args) => return rewrite(common, folder, args, out),
    }
    Ok(0)
}

/// What work gives that an interrupt may have stopped.
fn unless_stopped<T>(done: std::result::Result<T, LedgerError>) -> Result<Option<T>> {
    match done {
        Err(stopped @ LedgerError::Stopped) => {
            terminal::say(&format!("cut short: {stopped}"));
            Ok(None)
        }
        done => done.map(Some).into_diagnostic(),
    }
}

fn open(folder: &Folder, args: &LedgerArgs) -> Result<Ledger> {
    match Ledger::open_of(&folder.ledger(args.network), Chain::Bitcoin(args.network)) {
        Ok(ledger) => {
            folder.watch(&ledger);
            Ok(ledger)
        }
        Err(error @ LedgerError::Absent { .. }) => {
            Err(miette!("{error}{}", folder.layout().ledgers_beside(args.network)))
        }
        Err(error) => Err(error).into_diagnostic(),
    }
}

fn verify(common: &Common, ledger: &Ledger, out: &mut dyn Write) -> Result<()> {
    let report = ledger.verify().into_diagnostic()?;
    if common.output != Output::Text {
        let value = json!({
            "blocks": report.blocks,
            "txs": report.txs,
            "links": report.links,
            "cells_beyond": report.beyond,
            "content": report.content,
        });
        return writeln!(out, "{value}").into_diagnostic();
    }
    if report.beyond > 0 {
        writeln!(
            out,
            "note: {} spent cells name transactions that are not in the ledger: an ingest is running or was interrupted; the next one clears them",
            report.beyond
        )
        .into_diagnostic()?;
    }
    writeln!(
        out,
        "whole: {} blocks, {} transactions, {} spent-by links checked\ncontent {}",
        report.blocks, report.txs, report.links, report.content
    )
    .into_diagnostic()
}

fn mend(common: &Common, folder: &Folder, args: &RepairArgs, out: &mut dyn Write) -> Result<u8> {
    let dir = folder.ledger(args.ledger.network);
    let options = Repair { chain: Chain::Bitcoin(args.ledger.network), accept_loss: args.accept_loss };
    progress::end_on_interrupt();
    let Some(report) = unless_stopped(repair(&dir, options, &mut |_| progress::interrupted()))? else {
        return Ok(CUT_SHORT);
    };
    // What a repair says is only worth what a check of everything says afterwards.
    let ledger = Ledger::open_of(&dir, options.chain).into_diagnostic()?;
    let content = ledger.verify().map_err(|error| miette!("after the repair: {error}"))?.content;
    if common.output != Output::Text {
        let value = json!({
            "manifest_rebuilt": report.manifest_rebuilt,
            "cells_mended": report.cells_mended,
            "cells_cleared": report.cells_cleared,
            "segments": report.segments,
            "blocks": report.blocks,
            "left_out": report.left_out,
            "brought_back": report.brought_back,
            "content": content,
        });
        writeln!(out, "{value}").into_diagnostic()?;
        return Ok(0);
    }
    let text = |out: &mut dyn Write| -> std::io::Result<()> {
        if report.manifest_rebuilt {
            writeln!(out, "the manifest was made anew from {} segments", report.segments)?;
        }
        if report.cells_mended > 0 {
            writeln!(out, "{} spent cells were made anew from the inputs that spend", report.cells_mended)?;
        }
        if report.cells_cleared > 0 {
            writeln!(
                out,
                "{} spent cells that name transactions beyond the ledger were cleared",
                report.cells_cleared
            )?;
        }
        for name in &report.brought_back {
            writeln!(out, "brought back: segment {name}, which an earlier repair had left out")?;
        }
        for name in &report.left_out {
            writeln!(out, "left out: segment {name}, now in the ledger's folder left-out")?;
        }
        if !report.manifest_rebuilt && report.cells_mended + report.cells_cleared == 0 {
            writeln!(out, "there was nothing to mend")?;
        }
        writeln!(out, "whole: {} blocks\ncontent {content}", report.blocks)
    };
    text(out).into_diagnostic()?;
    Ok(0)
}

fn rewrite(common: &Common, folder: &Folder, args: &LedgerArgs, out: &mut dyn Write) -> Result<u8> {
    let dir = folder.ledger(args.network);
    progress::end_on_interrupt();
    let step = &mut |_: &str| progress::interrupted();
    let Some(report) = unless_stopped(upgrade(&dir, Chain::Bitcoin(args.network), step))? else {
        return Ok(CUT_SHORT);
    };
    if common.output == Output::Text {
        writeln!(out, "{} of {} segments were rewritten with a key", report.rewritten, report.segments)
    } else {
        writeln!(out, "{}", json!({ "rewritten": report.rewritten, "segments": report.segments }))
    }
    .into_diagnostic()?;
    Ok(0)
}

fn print_info(common: &Common, ledger: &Ledger, out: &mut dyn Write) -> std::io::Result<()> {
    let info = ledger.info();
    let lacking = lacking(&info);
    let time = |block: &BlockView| {
        jiff::Timestamp::from_second(i64::from(block.header.time()))
            .map(|time| time.to_string())
            .unwrap_or_default()
    };
    if common.output != Output::Text {
        let block = |view: &Option<BlockView>| {
            view.as_ref()
                .map(|block| json!({ "hash": block.hash, "height": block.height, "time": time(block) }))
        };
        let value = json!({
            "chain": info.chain,
            "blocks": info.blocks,
            "txs": info.txs,
            "inputs": info.inputs,
            "outputs": info.outputs,
            "addresses": info.addresses,
            "missing_inputs": info.missing_inputs,
            "gaps": info.islands,
            "begins_with_the_chain": !info.begins_late(),
            "whole": lacking.is_empty(),
            "lacking": lacking,
            "first": block(&info.first),
            "tip": block(&info.tip),
            "segments": info.segments,
            "segments_of_format_1": info.unkeyed_segments,
            "disk_bytes": info.disk_bytes,
            "block_bytes": info.block_bytes,
        });
        return writeln!(out, "{value}");
    }
    writeln!(out, "chain         {}", info.chain)?;
    for (name, block) in [("first block", info.first), ("last block", info.tip)] {
        let Some(block) = block else { continue };
        let height =
            block.height.map_or_else(|| "height unknown".to_owned(), |height| format!("height {height}"));
        writeln!(out, "{name:<13} {height}, {}, {}", time(&block), block.hash)?;
    }
    writeln!(out, "blocks        {} with {} gaps", info.blocks, info.islands)?;
    for what in &lacking {
        writeln!(out, "partial       {what}")?;
    }
    writeln!(out, "transactions  {}", info.txs)?;
    writeln!(
        out,
        "inputs        {}, {} of them with the spent output missing",
        info.inputs, info.missing_inputs
    )?;
    writeln!(out, "outputs       {}", info.outputs)?;
    writeln!(out, "addresses     {}", info.addresses)?;
    let percent = (info.disk_bytes * 100).checked_div(info.block_bytes).unwrap_or(0);
    writeln!(
        out,
        "on disk       {} bytes in {} segments, {percent} % of the {} bytes of blocks",
        info.disk_bytes, info.segments, info.block_bytes
    )?;
    if info.unkeyed_segments > 0 {
        writeln!(
            out,
            "format        {} segments are of version 0.1.0: `tracehound ledger upgrade` gives them a key",
            info.unkeyed_segments
        )?;
    }
    Ok(())
}

//! `tracehound ledger`.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Document, EngineError,
    ledger::{Info, Repaired, Verified},
};

use tracehound_model::Chain;

use super::{answered::json, transfers};
use crate::{
    args::{Common, LedgerArgs, LedgerCommand, Output, RepairArgs},
    folder::Folder,
    output::CUT_SHORT,
    progress, terminal,
};

pub(crate) fn run(
    common: &Common,
    data: &Folder,
    command: &LedgerCommand,
    out: &mut dyn Write,
) -> Result<u8> {
    let workspace = data.workspace();
    match command {
        LedgerCommand::Info(LedgerArgs { whose }) => {
            if let Chain::Evm(id) = data.chain(whose, None::<&str>) {
                let info = workspace.transfers_info(id).into_diagnostic()?;
                print(common, &info, |out| transfers::info(out, &info), out)?;
            } else {
                let network = data.bitcoin(whose, None::<&str>, "ledger info")?;
                let info = workspace.ledger_info(network).into_diagnostic()?;
                print(common, &info, |out| print_info(out, &info), out)?;
            }
        }
        LedgerCommand::Verify(LedgerArgs { whose }) => {
            if let Chain::Evm(id) = data.chain(whose, None::<&str>) {
                let verified = workspace.transfers_verify(id).into_diagnostic()?;
                print(common, &verified, |out| transfers::verified(out, &verified), out)?;
            } else {
                let network = data.bitcoin(whose, None::<&str>, "ledger verify")?;
                let verified = workspace.ledger_verify(network).into_diagnostic()?;
                print(common, &verified, |out| print_verified(out, &verified), out)?;
            }
        }
        LedgerCommand::Repair(RepairArgs { ledger, accept_loss }) => {
            progress::end_on_interrupt();
            if let Chain::Evm(id) = data.chain(&ledger.whose, None::<&str>) {
                let done = workspace.transfers_repair(id, *accept_loss, &progress::interrupted);
                let Some(repaired) = unless_stopped(done)? else { return Ok(CUT_SHORT) };
                print(common, &repaired, |out| transfers::repaired(out, &repaired), out)?;
                return Ok(0);
            }
            let network = data.bitcoin(&ledger.whose, None::<&str>, "ledger repair")?;
            let done = workspace.ledger_repair(network, *accept_loss, &progress::interrupted);
            let Some(repaired) = unless_stopped(done)? else { return Ok(CUT_SHORT) };
            print(common, &repaired, |out| print_repaired(out, &repaired), out)?;
        }
        LedgerCommand::Upgrade(LedgerArgs { whose }) => {
            progress::end_on_interrupt();
            let network = data.bitcoin(whose, None::<&str>, "ledger upgrade")?;
            let done = workspace.ledger_upgrade(network, &progress::interrupted);
            let Some(upgraded) = unless_stopped(done)? else { return Ok(CUT_SHORT) };
            let text = |out: &mut dyn Write| {
                let (rewritten, segments) = (upgraded.rewritten, upgraded.segments);
                writeln!(
                    out,
                    "{rewritten} of {segments} segments were rewritten with the ledger's key and the ids of their snapshots"
                )
            };
            print(common, &upgraded, text, out)?;
        }
    }
    Ok(0)
}

fn print(
    common: &Common,
    answer: &impl Document,
    text: impl Fn(&mut dyn Write) -> std::io::Result<()>,
    out: &mut dyn Write,
) -> Result<()> {
    match common.output {
        Output::Text => text(out).into_diagnostic(),
        output => json(out, output, answer),
    }
}

/// What work gives that an interrupt may have stopped.
pub(super) fn unless_stopped<T>(done: std::result::Result<T, EngineError>) -> Result<Option<T>> {
    match done {
        Err(error) if error.is_stopped() => {
            terminal::say(&format!("cut short: {error}"));
            Ok(None)
        }
        done => done.map(Some).into_diagnostic(),
    }
}

fn print_verified(out: &mut dyn Write, report: &Verified) -> std::io::Result<()> {
    if report.cells_beyond > 0 {
        writeln!(
            out,
            "note: {} spent cells name transactions that are not in the ledger: an ingest is running or was interrupted; the next one clears them",
            report.cells_beyond
        )?;
    }
    writeln!(
        out,
        "whole: {} blocks, {} transactions, {} spent-by links checked\nsnapshot {}\ncontent {}",
        report.blocks, report.txs, report.links, report.snapshot, report.content
    )
}

fn print_repaired(out: &mut dyn Write, report: &Repaired) -> std::io::Result<()> {
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
    print_moved(out, &report.brought_back, &report.left_out)?;
    if !report.manifest_rebuilt && report.cells_mended + report.cells_cleared == 0 {
        writeln!(out, "there was nothing to mend")?;
    }
    writeln!(out, "whole: {} blocks\ncontent {}", report.blocks, report.content)
}

/// Segments that a repair moved.
pub(super) fn print_moved(
    out: &mut dyn Write,
    brought_back: &[String],
    left_out: &[String],
) -> std::io::Result<()> {
    for name in brought_back {
        writeln!(out, "brought back: segment {name}, which an earlier repair had left out")?;
    }
    for name in left_out {
        writeln!(out, "left out: segment {name}, now in the ledger's folder left-out")?;
    }
    Ok(())
}

fn print_info(out: &mut dyn Write, info: &Info) -> std::io::Result<()> {
    writeln!(out, "chain         {}", info.chain)?;
    for (name, block) in [("first block", &info.first), ("last block", &info.tip)] {
        let Some(block) = block else { continue };
        let height =
            block.height.map_or_else(|| "height unknown".to_owned(), |height| format!("height {height}"));
        writeln!(out, "{name:<13} {height}, {}, {}", block.time, block.hash)?;
    }
    writeln!(out, "blocks        {} with {} missing ranges", info.blocks, info.missing_ranges)?;
    for what in &info.lacking {
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
    writeln!(out, "snapshot      {}", info.snapshot)?;
    if info.segments_without_ids > 0 {
        writeln!(
            out,
            "format        {} segments are of an earlier version: `tracehound ledger upgrade` gives them the ledger's key and the \
             ids of their snapshots, which are computed for every answer until then",
            info.segments_without_ids
        )?;
    }
    Ok(())
}

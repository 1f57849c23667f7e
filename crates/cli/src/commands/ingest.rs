//! `tracehound ingest`, `tracehound ledger`.

use std::{io::Write, ops::ControlFlow};

use miette::{IntoDiagnostic, Result};
use serde_json::json;
use tracehound_ingest::{BitcoinFiles, BitcoinReport, Progress, ingest_bitcoin_files};
use tracehound_ledger::{BlockView, Ledger, WriterOptions};
use tracehound_model::BitcoinNetwork;

use crate::{
    args::{BitcoinArgs, Common, IngestCommand, LedgerCommand, Output},
    folder::Folder,
    progress,
};

/// Problems shown in full; the rest are counted.
const SHOWN_PROBLEMS: usize = 20;

pub(crate) fn ingest(
    common: &Common,
    folder: &Folder,
    command: &IngestCommand,
    out: &mut dyn Write,
) -> Result<u8> {
    let IngestCommand::Bitcoin(args) = command;
    let files = BitcoinFiles {
        paths: args.paths.clone(),
        network: args.network,
        writer: WriterOptions::default(),
        threads: args.threads,
    };
    let network = network_of(args)?;
    progress::end_on_interrupt().into_diagnostic()?;
    let bar = progress::bytes(0, common.quiet);
    let show = |step: Progress| -> ControlFlow<()> {
        match step {
            Progress::Scanning { bytes, total } => {
                bar.set_message("looking for blocks");
                bar.set_length(total);
                bar.set_position(bytes);
            }
            Progress::Appending { bytes, total_bytes, .. } => {
                bar.set_message("appending");
                bar.set_length(total_bytes);
                bar.set_position(bytes);
            }
            Progress::Sealing => bar.set_message("sealing"),
        }
        progress::interrupted()
    };
    let report = ingest_bitcoin_files(&folder.ledger(network), &files, &show).into_diagnostic()?;
    bar.finish_and_clear();
    print_report(common, &report, out).into_diagnostic()?;
    Ok(u8::from(report.stopped))
}

/// The network decides the ledger's folder, so it must be known before the files are read in full.
fn network_of(args: &BitcoinArgs) -> Result<BitcoinNetwork> {
    let source = tracehound_bitcoin::BlockSource::open(&args.paths, args.network).into_diagnostic()?;
    Ok(source.network())
}

fn print_report(common: &Common, report: &BitcoinReport, out: &mut dyn Write) -> std::io::Result<()> {
    let appended = &report.appended;
    if common.output != Output::Text {
        let problems: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
        let value = json!({
            "network": report.network,
            "blocks": appended.blocks,
            "txs": appended.txs,
            "inputs": appended.inputs,
            "outputs": appended.outputs,
            "bytes": report.bytes,
            "missing_inputs": appended.missing_inputs,
            "double_spends": appended.double_spends,
            "already_known": report.known,
            "stale": report.stale,
            "gaps": report.islands,
            "rewound_to": report.rewound_to,
            "problem_count": report.problem_count,
            "problems": problems,
            "stopped": report.stopped,
        });
        return writeln!(out, "{value}");
    }
    writeln!(
        out,
        "{} blocks, {} transactions, {} bytes appended",
        appended.blocks, appended.txs, report.bytes
    )?;
    if report.known > 0 {
        writeln!(out, "{} blocks were there already", report.known)?;
    }
    if let Some(block) = report.rewound_to {
        writeln!(out, "reorg: blocks after {block} were dropped, another branch has more work")?;
    }
    for hash in report.stale.iter().take(SHOWN_PROBLEMS) {
        writeln!(out, "stale block {hash} left out: its branch has less work")?;
    }
    if report.islands > 0 {
        writeln!(out, "{} gaps: blocks before them are not in the files", report.islands)?;
    }
    if appended.missing_inputs > 0 {
        writeln!(
            out,
            "{} inputs spend outputs of blocks that are not in the ledger; answers that need them are incomplete",
            appended.missing_inputs
        )?;
    }
    if appended.double_spends > 0 {
        writeln!(
            out,
            "{} inputs spend an output already spent: is this a valid chain?",
            appended.double_spends
        )?;
    }
    for problem in report.problems.iter().take(SHOWN_PROBLEMS) {
        writeln!(out, "skipped: {problem}")?;
    }
    let more = report.problem_count.saturating_sub(SHOWN_PROBLEMS as u64);
    if more > 0 {
        writeln!(out, "and {more} more problems (--output json lists them)")?;
    }
    if report.stopped {
        writeln!(out, "interrupted: what is above is kept, run the same command again to go on")?;
    }
    Ok(())
}

pub(crate) fn ledger(
    common: &Common,
    folder: &Folder,
    command: &LedgerCommand,
    out: &mut dyn Write,
) -> Result<u8> {
    let (args, verify) = match command {
        LedgerCommand::Info(args) => (args, false),
        LedgerCommand::Verify(args) => (args, true),
    };
    let ledger = Ledger::open(&folder.ledger(args.network)).into_diagnostic()?;
    if verify {
        let report = ledger.verify().into_diagnostic()?;
        return match common.output {
            Output::Text => writeln!(
                out,
                "whole: {} blocks, {} transactions, {} spent-by links checked\ncontent {}",
                report.blocks, report.txs, report.links, report.content
            ),
            _ => writeln!(
                out,
                "{}",
                json!({ "blocks": report.blocks, "txs": report.txs, "links": report.links, "content": report.content })
            ),
        }
        .map(|()| 0)
        .into_diagnostic();
    }
    print_info(common, &ledger, out).into_diagnostic()?;
    Ok(0)
}

fn print_info(common: &Common, ledger: &Ledger, out: &mut dyn Write) -> std::io::Result<()> {
    let info = ledger.info();
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
            "first": block(&info.first),
            "tip": block(&info.tip),
            "segments": info.segments,
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
    )
}

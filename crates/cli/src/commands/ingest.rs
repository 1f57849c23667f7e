//! `tracehound ingest`.

use std::{io::Write, ops::ControlFlow};

use miette::{IntoDiagnostic, Result, miette};
use serde_json::json;
use tracehound_analysis::extent::lacking;
use tracehound_bitcoin::live::{
    BlockServer, HttpLimits,
    rest::NodeRest,
    rpc::{Auth, NodeRpc},
};
use tracehound_ingest::{
    BitcoinFiles, BitcoinReport, NodeOptions, NodeProgress, NodeReport, Progress, ingest_bitcoin_files,
    ingest_bitcoin_node,
};
use tracehound_ledger::{AppendStats, Ledger, WriterOptions};
use tracehound_model::{BitcoinNetwork, Chain, Decision, text::line};

use crate::{
    args::{BitcoinArgs, Common, IngestCommand, NodeArgs, Output},
    folder::Folder,
    output::CUT_SHORT,
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
    let args = match command {
        IngestCommand::Bitcoin(args) => args,
        IngestCommand::Node(args) => return node(common, folder, args, out),
    };
    let files = BitcoinFiles {
        paths: args.paths.clone(),
        network: args.network,
        writer: WriterOptions::default(),
        threads: args.threads,
    };
    let network = network_of(args)?;
    progress::end_on_interrupt();
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
    let lacking = lacking_now(folder, network)?;
    print_report(common, &report, &lacking, out).into_diagnostic()?;
    Ok(exit_code(report.stopped, report.problem_count == 0 && lacking.is_empty()))
}

/// In words: which blocks the ledger lacks now.
fn lacking_now(folder: &Folder, network: BitcoinNetwork) -> Result<Vec<String>> {
    let ledger = Ledger::open_of(&folder.ledger(network), Chain::Bitcoin(network)).into_diagnostic()?;
    folder.watch(&ledger);
    Ok(lacking(&ledger.info()))
}

/// One rule for files and nodes: an ingest is done when the ledger holds the whole chain up to its last block.
fn exit_code(stopped: bool, whole: bool) -> u8 {
    match (stopped, whole) {
        (true, _) => CUT_SHORT,
        (false, true) => 0,
        (false, false) => Decision::Incomplete.exit_code(),
    }
}

fn node(common: &Common, folder: &Folder, args: &NodeArgs, out: &mut dyn Write) -> Result<u8> {
    let server = server(args)?;
    let options = NodeOptions { from_height: args.from_height, ..NodeOptions::new(args.network) };
    progress::end_on_interrupt();
    let bar = progress::counter(common.quiet);
    bar.set_message("blocks");
    let show = |step: NodeProgress| -> ControlFlow<()> {
        bar.set_length(u64::from(step.tip));
        bar.set_position(u64::from(step.height));
        progress::interrupted()
    };
    let report =
        ingest_bitcoin_node(&folder.ledger(args.network), &*server, options, &show).into_diagnostic()?;
    bar.finish_and_clear();
    let lacking = lacking_now(folder, args.network)?;
    print_node_report(common, &report, &lacking, out).into_diagnostic()?;
    Ok(if report.broken.is_some() { 1 } else { exit_code(report.followed.stopped, lacking.is_empty()) })
}

fn server(args: &NodeArgs) -> Result<Box<dyn BlockServer>> {
    let limits = HttpLimits::default();
    let url = args.url.read("the node's address")?;
    if args.rest {
        return Ok(Box::new(NodeRest::new(&url, limits).into_diagnostic()?));
    }
    let auth = match (&args.cookie, &args.user) {
        (Some(path), _) => Auth::Cookie(path.clone()),
        (None, Some(user)) => {
            if args.password.is_open() {
                return Err(miette!(
                    "--password takes @FILE or env:NAME: on the command line everybody on the machine could read it"
                ));
            }
            let password = args.password.read("the password of --user")?;
            Auth::Password { user: user.clone(), password }
        }
        (None, None) => return Err(miette!("name the node's --cookie file or a --user, or use --rest")),
    };
    Ok(Box::new(NodeRpc::new(&url, auth, limits).into_diagnostic()?))
}

/// What both kinds of ingest say at the end: what the ledger lacks, and how to go on after an interruption.
fn print_end(
    out: &mut dyn Write,
    appended: &AppendStats,
    lacking: &[String],
    stopped: Option<&str>,
) -> std::io::Result<()> {
    if appended.missing_inputs > 0 {
        writeln!(
            out,
            "{} inputs spend outputs of blocks that are not in the ledger; answers that need them are incomplete",
            appended.missing_inputs
        )?;
    }
    if !lacking.is_empty() {
        writeln!(
            out,
            "the ledger is partial: {}; what nobody finds in it may still have happened",
            lacking.join("; ")
        )?;
    }
    if let Some(why) = stopped {
        writeln!(out, "{why}: what is above is kept, run the same command again to go on")?;
    }
    Ok(())
}

fn print_node_report(
    common: &Common,
    report: &NodeReport,
    lacking: &[String],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let (appended, followed) = (&report.appended, &report.followed);
    if common.output != Output::Text {
        let value = json!({
            "blocks": appended.blocks,
            "txs": appended.txs,
            "rewinds": followed.rewinds,
            "tip": followed.tip.map(|tip| json!({ "hash": tip.hash, "height": tip.height })),
            "node_is_behind": followed.behind,
            "missing_inputs": appended.missing_inputs,
            "whole": lacking.is_empty(),
            "lacking": lacking,
            "stopped": followed.stopped,
            "problem": report.broken.as_ref().map(ToString::to_string),
        });
        return writeln!(out, "{value}");
    }
    writeln!(out, "{} blocks, {} transactions appended", appended.blocks, appended.txs)?;
    if followed.rewinds > 0 {
        writeln!(
            out,
            "reorg: the node's best chain had left ours {} times; our blocks there were dropped",
            followed.rewinds
        )?;
    }
    if let Some(tip) = followed.tip {
        writeln!(out, "the ledger ends with the node's block {} at height {}", tip.hash, tip.height)?;
    }
    if followed.behind {
        writeln!(
            out,
            "the node is behind: it is still catching up, or we have blocks that it does not have yet"
        )?;
    }
    let broken =
        report.broken.as_ref().map(|problem| format!("the node failed: {}", line(&problem.to_string())));
    let stopped = broken.as_deref().or(followed.stopped.then_some("interrupted"));
    print_end(out, appended, lacking, stopped)
}

/// The network decides the ledger's folder, so it must be known before the files are read in full.
fn network_of(args: &BitcoinArgs) -> Result<BitcoinNetwork> {
    let source = tracehound_bitcoin::BlockSource::open(&args.paths, args.network).into_diagnostic()?;
    Ok(source.network())
}

fn print_report(
    common: &Common,
    report: &BitcoinReport,
    lacking: &[String],
    out: &mut dyn Write,
) -> std::io::Result<()> {
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
            "whole": lacking.is_empty(),
            "lacking": lacking,
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
    if appended.double_spends > 0 {
        writeln!(
            out,
            "{} inputs spend an output already spent: is this a valid chain?",
            appended.double_spends
        )?;
    }
    for problem in report.problems.iter().take(SHOWN_PROBLEMS) {
        writeln!(out, "skipped: {}", line(&problem.to_string()))?;
    }
    let more = report.problem_count.saturating_sub(SHOWN_PROBLEMS as u64);
    if more > 0 {
        writeln!(out, "and {more} more problems (--output json lists them)")?;
    }
    print_end(out, appended, lacking, report.stopped.then_some("interrupted"))
}

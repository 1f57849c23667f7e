//! `tracehound ingest`.

mod evm;

use std::{io::Write, ops::ControlFlow};

use miette::{IntoDiagnostic, Result, miette};
use tracehound_engine::{
    Workspace,
    ingest::{
        BitcoinFiles, BlockServer, FromFiles, FromNode, HttpLimits, NodeOptions, NodeProgress, NodeRest,
        Progress,
        rpc::{Auth, NodeRpc},
        writer_within,
    },
};
use tracehound_model::{Decision, text::line};

use super::answered::json;
use crate::{
    args::{Common, IngestCommand, NodeArgs, Output},
    output::CUT_SHORT,
    progress,
};

/// Problems shown in full; the rest are counted.
const SHOWN_PROBLEMS: usize = 20;

pub(crate) fn ingest(
    common: &Common,
    workspace: &Workspace,
    command: &IngestCommand,
    out: &mut dyn Write,
) -> Result<u8> {
    let args = match command {
        IngestCommand::Bitcoin(args) => args,
        IngestCommand::Node(args) => return node(common, workspace, args, out),
        IngestCommand::Evm(args) => return evm::run(common, workspace, args, out),
    };
    let files = BitcoinFiles {
        paths: args.paths.clone(),
        network: args.network,
        threads: args.threads,
        writer: writer_within(args.memory),
    };
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
    let report = workspace.ingest_files(&files, &show).into_diagnostic()?;
    bar.finish_and_clear();
    match common.output {
        Output::Text => print_report(&report, out).into_diagnostic()?,
        output => json(out, output, &report)?,
    }
    Ok(exit_code(report.stopped, report.is_complete()))
}

/// One rule for files and nodes: an ingest is done when the ledger holds the whole chain up to its last block.
fn exit_code(stopped: bool, whole: bool) -> u8 {
    match (stopped, whole) {
        (true, _) => CUT_SHORT,
        (false, true) => 0,
        (false, false) => Decision::Incomplete.exit_code(),
    }
}

fn node(common: &Common, workspace: &Workspace, args: &NodeArgs, out: &mut dyn Write) -> Result<u8> {
    let server = server(args)?;
    let options = NodeOptions {
        from_height: args.from_height,
        writer: writer_within(args.memory),
        ..NodeOptions::new(args.network)
    };
    progress::end_on_interrupt();
    let bar = progress::counter(common.quiet);
    bar.set_message("blocks");
    let show = |step: NodeProgress| -> ControlFlow<()> {
        bar.set_length(u64::from(step.tip));
        bar.set_position(u64::from(step.height));
        progress::interrupted()
    };
    let report = workspace.ingest_node(&*server, options, &show).into_diagnostic()?;
    bar.finish_and_clear();
    match common.output {
        Output::Text => print_node_report(&report, out).into_diagnostic()?,
        output => json(out, output, &report)?,
    }
    Ok(if report.problem.is_some() { 1 } else { exit_code(report.stopped, report.whole) })
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
    missing_inputs: u64,
    lacking: &[String],
    stopped: Option<&str>,
) -> std::io::Result<()> {
    if missing_inputs > 0 {
        writeln!(
            out,
            "{missing_inputs} inputs spend outputs of blocks that are not in the ledger; answers that need them are incomplete"
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

fn print_node_report(report: &FromNode, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{} blocks, {} transactions appended", report.blocks, report.txs)?;
    if report.rewinds > 0 {
        writeln!(
            out,
            "reorg: the node's best chain had left ours {} times; our blocks there were dropped",
            report.rewinds
        )?;
    }
    if let Some(tip) = report.tip {
        writeln!(out, "the ledger ends with the node's block {} at height {}", tip.hash, tip.height)?;
    }
    if report.node_is_behind {
        writeln!(
            out,
            "the node is behind: it is still catching up, or we have blocks that it does not have yet"
        )?;
    }
    let broken = report.problem.as_ref().map(|problem| format!("the node failed: {}", line(problem)));
    let stopped = broken.as_deref().or(report.stopped.then_some("interrupted"));
    print_end(out, report.missing_inputs, &report.lacking, stopped)
}

fn print_report(report: &FromFiles, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{} blocks, {} transactions, {} bytes appended", report.blocks, report.txs, report.bytes)?;
    if report.already_known > 0 {
        writeln!(out, "{} blocks were there already", report.already_known)?;
    }
    if let Some(block) = report.rewound_to {
        writeln!(out, "reorg: blocks after {block} were dropped, another branch has more work")?;
    }
    for hash in report.stale.iter().take(SHOWN_PROBLEMS) {
        writeln!(out, "stale block {hash} left out: another branch has as much work or more")?;
    }
    if report.missing_ranges > 0 {
        writeln!(out, "{} missing ranges: blocks before them are not in the files", report.missing_ranges)?;
    }
    if report.double_spends > 0 {
        writeln!(
            out,
            "{} inputs spend an output already spent: is this a valid chain?",
            report.double_spends
        )?;
    }
    for problem in report.problems.iter().take(SHOWN_PROBLEMS) {
        writeln!(out, "skipped: {}", line(problem))?;
    }
    let more = report.problem_count.saturating_sub(SHOWN_PROBLEMS as u64);
    if more > 0 {
        writeln!(out, "and {more} more problems (--output json lists them)")?;
    }
    print_end(out, report.missing_inputs, &report.lacking, report.stopped.then_some("interrupted"))
}

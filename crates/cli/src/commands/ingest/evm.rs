//! `tracehound ingest evm`.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read as _, Write},
    ops::ControlFlow,
    time::Duration,
};

use indicatif::ProgressBar;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_engine::{
    Workspace,
    transfers::ingest::{
        EvmRound, Files, Following, NodeSource, NodeTold, ReadTo, TakenIn, TransferProgress,
        transfer_writer_within, watch_list,
    },
};
use tracehound_model::{
    Address, Chain,
    text::{label, line},
};

use super::{SHOWN_PROBLEMS, exit_code, print_end};
use crate::{
    args::{Common, EvmArgs, Given, Output},
    commands::answered::json,
    progress, terminal,
};

/// Bytes of a list of accounts that are read.
const MOST_BYTES: u64 = 64 << 20;

pub(super) fn run(common: &Common, workspace: &Workspace, args: &EvmArgs, out: &mut dyn Write) -> Result<u8> {
    progress::end_on_interrupt();
    let watch = watch(&args.watch)?;
    let bar = progress::counter(common.quiet);
    bar.set_message("blocks");
    let show = |step: TransferProgress| -> ControlFlow<()> {
        bar.set_length(step.last);
        bar.set_position(step.height);
        progress::interrupted()
    };
    let report = if let Some(url) = &args.rpc {
        let source = source(args, url, watch)?;
        if args.node.follow {
            follow(common, workspace, args, &source, &bar, &show)?
        } else {
            workspace.ingest_evm_node(&source, &show).into_diagnostic()?
        }
    } else {
        let files = Files {
            paths: args.paths.clone(),
            chain_id: args.chain,
            watch,
            writer: transfer_writer_within(args.memory),
        };
        let taken =
            if args.etl { workspace.ingest_etl(&files, &show) } else { workspace.ingest_era1(&files, &show) };
        taken.into_diagnostic()?
    };
    bar.finish_and_clear();
    match common.output {
        Output::Text => print(&report, out).into_diagnostic()?,
        output => json(out, output, &report)?,
    }
    Ok(if report.problem().is_some() { 1 } else { exit_code(report.stopped, report.is_complete()) })
}

/// The accounts that these words name, or files of them.
fn watch(words: &[String]) -> Result<BTreeSet<Address>> {
    let mut accounts = BTreeSet::new();
    for word in words {
        let Some(path) = word.strip_prefix('@') else {
            accounts.extend(watch_list("--watch", word).into_diagnostic()?);
            continue;
        };
        let named = || format!("reading the accounts to watch from {path}");
        let file = File::open(path).into_diagnostic().wrap_err_with(named)?;
        let mut text = String::new();
        file.take(MOST_BYTES + 1).read_to_string(&mut text).into_diagnostic().wrap_err_with(named)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(miette!("{path} is longer than {MOST_BYTES} bytes: is it a list of addresses?"));
        }
        let listed = watch_list(path, &text).into_diagnostic()?;
        if listed.is_empty() {
            return Err(miette!("{path} names no account to watch"));
        }
        accounts.extend(listed);
    }
    Ok(accounts)
}

fn source(args: &EvmArgs, url: &Given, watch: BTreeSet<Address>) -> Result<NodeSource> {
    let how = &args.node;
    Ok(NodeSource {
        url: url.read("the node's address")?,
        chain_id: args.chain,
        from_height: how.from_height,
        to_height: how.to_height,
        read_to: how.depth.map_or(ReadTo::Final, ReadTo::Depth),
        proof: !how.no_proof,
        traces: !how.no_traces,
        batch: how.batch,
        per_second: how.per_second,
        limits: None,
        watch,
        writer: transfer_writer_within(args.memory),
    })
}

fn follow(
    common: &Common,
    workspace: &Workspace,
    args: &EvmArgs,
    source: &NodeSource,
    bar: &ProgressBar,
    show: &dyn Fn(TransferProgress) -> ControlFlow<()>,
) -> Result<TakenIn> {
    let socket = args.node.ws.as_ref().map(|url| url.read("the address of the node's socket")).transpose()?;
    let every = Duration::try_from(args.node.poll).into_diagnostic()?;
    let mut said: Option<EvmRound> = None;
    let mut complained: Option<String> = None;
    let mut told = |round: &EvmRound, socket: Option<&str>| -> ControlFlow<()> {
        let is_new = said.as_ref().is_none_or(|before| {
            (before.tip, before.rewound_to, &before.problem) != (round.tip, round.rewound_to, &round.problem)
        });
        if is_new && !common.quiet {
            bar.suspend(|| terminal::say(&came(round)));
        }
        if socket != complained.as_deref()
            && !common.quiet
            && let Some(why) = socket
        {
            let poll = args.node.poll;
            let why = line(why);
            let note = format!("note: the socket is not heard, blocks are asked for every {poll:#}: {why}");
            bar.suspend(|| terminal::say(&note));
        }
        complained = socket.map(str::to_owned);
        said = Some(round.clone());
        progress::interrupted()
    };
    let following = Following { socket, every };
    workspace.follow_evm_node(source, &following, show, &mut told, &progress::interrupted).into_diagnostic()
}

/// What a round of following brought, in a line.
fn came(round: &EvmRound) -> String {
    let tip = round.tip.map_or_else(|| "the ledger is empty".to_owned(), |tip| format!("block {tip}"));
    let reorg = round
        .rewound_to
        .map(|height| format!("; the last reorg began after block {height}"))
        .unwrap_or_default();
    let problem = round.problem.as_deref();
    let problem =
        problem.map(|why| format!("; the node failed and is asked again: {}", line(why))).unwrap_or_default();
    format!("{tip}: {} blocks appended so far, the node is at {}{reorg}{problem}", round.blocks, round.latest)
}

fn print(report: &TakenIn, out: &mut dyn Write) -> io::Result<()> {
    let chain: String = report.chain.parse().map_or_else(|_| report.chain.clone(), Chain::short_name);
    writeln!(out, "{} blocks of {chain} with {} movements appended", report.blocks, report.transfers)?;
    if report.already_known > 0 {
        writeln!(out, "{} blocks were there already", report.already_known)?;
    }
    if let Some(height) = report.rewound_to {
        let why = if report.node.is_some() { "the node left them" } else { "another branch is longer" };
        writeln!(out, "reorg: blocks after height {height} were dropped, {why}")?;
    }
    if report.stale > 0 {
        writeln!(out, "{} stale blocks left out: their branch is no longer than what is held", report.stale)?;
    }
    if let Some(watched) = &report.watched {
        if watched.read_anew > 0 {
            let blocks = watched.read_anew;
            writeln!(
                out,
                "{blocks} blocks were read anew, so that more accounts are watched from the first one on"
            )?;
        }
        if let Some(why) = &watched.unopened {
            writeln!(out, "what they held before the first block is not known: {}", line(why))?;
        }
        let (accounts, left_out) = (watched.accounts, watched.left_out);
        writeln!(
            out,
            "accounts watched: {accounts}; {left_out} transactions moved nothing of theirs and were left out"
        )?;
    }
    for refused in report.refused.iter().take(SHOWN_PROBLEMS) {
        let (tx, height, why) = (refused.tx, refused.height, refused.why);
        writeln!(out, "not read: a log of transaction {tx} in block {height}: {why}")?;
    }
    let more = report.refused_count.saturating_sub(SHOWN_PROBLEMS as u64);
    if more > 0 {
        writeln!(out, "and {more} more logs (--output json lists the first)")?;
    }
    for path in report.passed_over.iter().take(SHOWN_PROBLEMS) {
        writeln!(out, "passed over: {}", label(path))?;
    }
    let more = report.passed_over.len().saturating_sub(SHOWN_PROBLEMS);
    if more > 0 {
        writeln!(out, "and {more} more files (--output json lists them)")?;
    }
    if let Some(node) = &report.node {
        print_node(node, out)?;
    }
    let broken = report.problem().map(|problem| format!("the node failed: {problem}"));
    let stopped = broken.as_deref().or(report.stopped.then_some("interrupted"));
    print_end(out, 0, &report.lacking, stopped)
}

fn print_node(node: &NodeTold, out: &mut dyn Write) -> io::Result<()> {
    let because = match node.depth {
        None => "the last that it calls final".to_owned(),
        Some(depth) => format!("the last with {depth} on top of it"),
    };
    let (server, latest) = (&node.server, node.latest);
    if let Some(height) = node.read_to {
        writeln!(out, "read from {server} up to block {height}, {because}; its chain ends at {latest}")?;
    } else {
        writeln!(out, "{server} has no block that is old enough yet; its chain ends at {latest}")?;
    }
    if node.behind {
        writeln!(out, "the node is behind: the ledger has blocks that it does not have")?;
    }
    let proof =
        if node.proof { "held against headers and signatures" } else { "taken at its word (--no-proof)" };
    let traces = if node.traces == "none" { "not told" } else { node.traces };
    writeln!(out, "blocks and receipts: {proof}; traces: {traces}, its word")?;
    if !node.unknown_fields.is_empty() {
        let names: Vec<String> =
            node.unknown_fields.iter().map(|(name, count)| format!("{} ({count})", label(name))).collect();
        writeln!(out, "fields that are not known were passed over: {}", names.join(", "))?;
    }
    Ok(())
}

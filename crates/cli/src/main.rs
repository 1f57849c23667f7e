//! The `tracehound` binary: argument parsing and printing, nothing else.

mod args;
mod commands;
mod folder;
mod output;
mod progress;

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use clap::Parser;
use miette::{IntoDiagnostic, Result};

use crate::{
    args::{Cli, Command},
    folder::Folder,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(report) if is_broken_pipe(&report) => ExitCode::SUCCESS,
        Err(report) => {
            let causes: Vec<String> = report.chain().map(ToString::to_string).collect();
            let message = format!("error: {}", causes.join("\n  because: "));
            // Nowhere to complain to when standard error is gone.
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<u8> {
    let common = &cli.common;
    let data = Folder::resolve(common.data.as_deref())?;
    let mut out = BufWriter::with_capacity(1 << 16, data.vouched(io::stdout().lock()));
    let code = match &cli.command {
        Command::Demo(args) => commands::demo::run(common, args, &mut out),
        Command::Screen(args) => commands::screen::run(common, &data, args, &mut out),
        Command::Lists(command) => commands::lists::run(common, &data, command, &mut out),
        Command::Ingest(command) => commands::ingest::ingest(common, &data, command, &mut out),
        Command::Analyze(command) => commands::analyze::run(common, &data, command, &mut out),
        Command::Ledger(command) => commands::ledger::run(common, &data, command, &mut out),
        Command::Trace(args) => commands::trace::run(common, &data, args, &mut out),
        Command::Exposure(args) => commands::exposure::run(common, &data, args, &mut out),
        Command::Path(args) => commands::path::run(common, &data, args, &mut out),
        Command::Tx(args) => commands::tx::run(common, &data, args, &mut out),
        Command::Cluster(args) => commands::cluster::run(common, &data, args, &mut out),
        Command::Policy(command) => commands::policy::run(common, command, &mut out),
        Command::Range(command) => commands::range::run(common, command, &mut out),
        Command::Wallet(command) => commands::wallet::run(common, command, &mut out),
        Command::Guard(command) => commands::guard::run(common, &data, command, &mut out),
    };
    // What a command missed may be what a damaged ledger did not give.
    let code = code.or_else(|error| data.confirm().and(Err(error)))?;
    out.flush().into_diagnostic()?;
    Ok(code)
}

/// A reader that has seen enough (`| head`) is no error.
fn is_broken_pipe(report: &miette::Report) -> bool {
    report.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

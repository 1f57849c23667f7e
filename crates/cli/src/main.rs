//! The `tracehound` binary: argument parsing and printing, nothing else.

mod args;
mod commands;
mod config;
mod files;
mod folder;
mod log;
mod output;
mod prices;
mod progress;
mod terminal;

use std::{io::Write, process::ExitCode};

use clap::{CommandFactory, FromArgMatches};
use miette::{IntoDiagnostic, Result};
use tracehound_engine::Configuration;
use tracehound_model::endpoint::hide;

use crate::{
    args::{Cli, Command, ConfigCommand, Output},
    config::Config,
    folder::Folder,
};

fn main() -> ExitCode {
    let (config, mut command) = match Config::read(Cli::command()) {
        Ok(read) => read,
        Err(wrong) => {
            terminal::say(&format!("error: {wrong}"));
            return ExitCode::from(USAGE);
        }
    };
    let parsed = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| {
        let mistaken = args::mistaken(&command, &matches);
        let shown = config.shown(&command, &matches);
        Cli::from_arg_matches(&matches).map(|cli| (cli, mistaken, shown))
    });
    let (cli, mistaken, shown) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => {
            let given: Vec<_> = std::env::args_os().collect();
            if let Some(blamed) = config.blamed(&error, &given) {
                terminal::say(&format!("note: {blamed}"));
            }
            // It repeats arguments, and scripts make those of what comes from outside.
            let said = args::without_keys(&error.render().to_string(), std::env::args_os());
            terminal::say(hide(&said).trim_end());
            return ExitCode::from(USAGE);
        }
        Err(help) => {
            // Nowhere to complain to when standard output is gone.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    let reason = mistaken.or_else(|| cli.command.refuses(cli.common.output).map(str::to_owned));
    if let Some(reason) = reason {
        terminal::say(&format!("error: {reason}"));
        return ExitCode::from(USAGE);
    }
    if let Some(log) = cli.common.log {
        log::start(log);
    }
    match run(&cli, &shown) {
        Ok(code) => ExitCode::from(code),
        // A reader that has seen enough (`| head`) is no error; but not all was told, and 0 would mean allow.
        Err(_) if terminal::reader_is_gone() => ExitCode::from(output::CUT_SHORT),
        Err(report) => {
            terminal::say(&format!("error: {}", terminal::told(&report)));
            ExitCode::FAILURE
        }
    }
}

/// Exit code of a command line that makes no sense.
const USAGE: u8 = 2;

fn run(cli: &Cli, shown: &Configuration) -> Result<u8> {
    let common = &cli.common;
    if !cli.command.serves() {
        progress::watch_for_interrupts().into_diagnostic()?;
    }
    let data = Folder::resolve(common.data.as_deref())?;
    if cli.command.uses_data() {
        data.keep_private(common.group, common.quiet);
    }
    // A table for auditors is one, whatever else was asked for.
    let is_audit = matches!(&cli.command, Command::Screen(args) if args.audit);
    let output = if is_audit { Output::Csv } else { common.output };
    let mut out = terminal::stdout(output, |out| data.vouched(out));
    let code = match &cli.command {
        Command::Demo(args) => commands::demo::run(common, args, &mut out),
        Command::Screen(args) => commands::screen::run(common, &data, args, &mut out),
        Command::Lists(command) => commands::lists::run(common, &data, command, &mut out),
        Command::Labels(command) => commands::labels::run(common, &data, command, &mut out),
        Command::Ingest(command) => commands::ingest::ingest(common, data.workspace(), command, &mut out),
        Command::Analyze(command) => commands::analyze::run(common, &data, command, &mut out),
        Command::Ledger(command) => commands::ledger::run(common, &data, command, &mut out),
        Command::Trace(args) => commands::trace::run(common, &data, args, &mut out),
        Command::Exposure(args) => commands::exposure::run(common, &data, args, &mut out),
        Command::Path(args) => commands::path::run(common, &data, args, &mut out),
        Command::Tx(args) => commands::tx::run(common, &data, args, &mut out),
        Command::Cluster(args) => commands::cluster::run(common, &data, args, &mut out),
        Command::Report(command) => commands::report::run(common, &data, command),
        Command::Policy(command) => commands::policy::run(common, command, &mut out),
        Command::Range(command) => commands::range::run(common, command, &mut out),
        Command::Wallet(command) => commands::wallet::run(common, command, &mut out),
        Command::Vet(command) => commands::vet::run(common, command, &mut out),
        Command::Guard(command) => commands::guard::run(common, &data, command, &mut out),
        Command::Config(ConfigCommand::Show { all }) => commands::config::show(common, *all, shown, &mut out),
        Command::Completions { shell } => commands::manual::completions(*shell, &mut out),
        Command::Man { folder } => commands::manual::pages(folder, common.quiet),
    };
    // What a command missed may be what a damaged ledger did not give.
    let code = code.or_else(|error| data.confirm().and(Err(error)))?;
    out.flush().into_diagnostic()?;
    Ok(code)
}

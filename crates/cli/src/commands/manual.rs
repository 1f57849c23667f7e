//! `tracehound completions` and `tracehound man`: the command line as shells and readers of the manual know it.

use std::{fs, io::Write, path::Path};

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use miette::{IntoDiagnostic, Result, WrapErr};

use crate::{args::Cli, terminal};

const PROGRAM: &str = "tracehound";

/// What a shell reads to complete commands.
pub(crate) fn completions(shell: Shell, out: &mut dyn Write) -> Result<u8> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), PROGRAM, &mut script);
    out.write_all(&script).into_diagnostic()?;
    Ok(0)
}

/// Writes the pages, one a command.
pub(crate) fn pages(folder: &Path, quiet: bool) -> Result<u8> {
    let wrong = || format!("cannot write {}", folder.display());
    fs::create_dir_all(folder).into_diagnostic().wrap_err_with(wrong)?;
    clap_mangen::generate_to(Cli::command(), folder).into_diagnostic().wrap_err_with(wrong)?;
    if !quiet {
        terminal::say(&format!("the manual is in {}", folder.display()));
    }
    Ok(0)
}

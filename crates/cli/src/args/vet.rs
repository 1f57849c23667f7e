//! What `vet` is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum VetCommand {
    /// Read a folder, an archive (zip, tar, tar.gz) or a file, and say what would happen on opening, installing or testing it
    #[command(after_help = "Examples:
  tracehound vet repo coding-test.zip
  tracehound vet repo ./assignment --output json
  tracehound vet repo . --sarif vet.sarif

Nothing of it is run, installed or opened by another program, nothing is unpacked to the disk, and no connection is made. The \
verdict is the exit code: 0 nothing found, 10 review, 20 block, 30 incomplete. What was not read never gives 0.")]
    Repo(VetRepoArgs),
}

#[derive(Debug, Args)]
pub(crate) struct VetRepoArgs {
    /// The folder, archive or file
    pub path: PathBuf,
    /// Write the answer as SARIF 2.1.0 into this file too
    #[arg(long, value_name = "FILE")]
    pub sarif: Option<PathBuf>,
}

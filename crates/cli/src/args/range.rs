//! What `range` is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum RangeCommand {
    /// Write a generated chain with heists as block files, and the truth about every satoshi of them
    Generate(RangeGenerateArgs),
    /// Measure taint, clusters, CoinJoins, change, peel chains and exposure against the truth
    Score(RangeScoreArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound range generate --txs 100000 --heists 50 --seed 1 heists/
  tracehound ingest bitcoin --network regtest heists/")]
pub(crate) struct RangeGenerateArgs {
    /// Folder for the block files and truth.jsonl; nothing in it is overwritten
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Transactions in the chain, 1,000 to 10,000,000
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    pub txs: u64,
    /// Heists in the chain
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub heists: u32,
    /// The same seed gives the same bytes
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Make it harder to follow: large rounds with change, makers with several coins, peel chains with decoys
    #[arg(long)]
    pub hard: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound range score --txs 20000 --heists 20 --seed 1,2,3
  tracehound range score heists/
  tracehound range score --seed 1,2,3 --scorecard docs/SCORECARD.md --rates data/error-rates.toml")]
pub(crate) struct RangeScoreArgs {
    /// Folders that `range generate` wrote [default: chains are generated and removed again]
    #[arg(value_name = "DIR", conflicts_with_all = ["txs", "heists", "seed", "hard_seed"])]
    pub dirs: Vec<PathBuf>,
    /// Transactions in each chain
    #[arg(long, value_name = "COUNT", default_value_t = 20_000)]
    pub txs: u64,
    /// Heists in each chain
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub heists: u32,
    /// A chain for each of these seeds
    #[arg(long, value_name = "NUMBER", value_delimiter = ',', default_value = "1")]
    pub seed: Vec<u64>,
    /// A chain of the harder range for each of these seeds, scored in tables of its own
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    pub hard_seed: Vec<u64>,
    /// Write the scorecard into this file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub scorecard: Option<PathBuf>,
    /// Write the error rates, which answers quote, into this file
    #[arg(long, value_name = "FILE")]
    pub rates: Option<PathBuf>,
}

//! What `range` is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum RangeCommand {
    /// Write a generated chain with heists as block files or as files of ethereum-etl, and the truth about every unit of the loot
    Generate(RangeGenerateArgs),
    /// Measure taint, clusters, CoinJoins, change, peel chains and exposure against the truth
    Score(RangeScoreArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound range generate --txs 100000 --heists 50 --seed 1 heists/
  tracehound ingest bitcoin --network regtest heists/
  tracehound range generate --accounts --txs 20000 --heists 10 legs/
  tracehound ingest evm --etl --chain sepolia legs/
With --accounts the chain is one of accounts, by Ethereum's rules and under the id of a test network (Sepolia); nothing of it happened
there. Its truth names the movements that took the loot (HASH:N, as `trace` takes them) and where it is in the end.")]
pub(crate) struct RangeGenerateArgs {
    /// Folder for the chain's files and truth.jsonl; nothing in it is overwritten
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// A chain of accounts, as files of ethereum-etl, instead of block files of Bitcoin
    #[arg(long, conflicts_with = "hard")]
    pub accounts: bool,
    /// Transactions in the chain, 1,000 to 10,000,000; of accounts 1,000,000 at most, and 200 for each heist at least
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

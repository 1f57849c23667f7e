//! What the commands that follow money are asked.

use std::{num::NonZeroU32, path::PathBuf};

use clap::Args;

use super::{
    Given, Moment, Whose,
    values::{at_least_one, duration, method},
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound trace 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX
  tracehound trace TXID:0 TXID:1 --method fifo --svg trace.svg
  tracehound trace TXID --compare
  tracehound trace --named lazarusgroup
  tracehound trace ADDRESS --backward --hops 5 --output json
  tracehound trace 0xHASH:2 --chain eth --method fifo
  tracehound trace 0xADDRESS --source explorer https://api.etherscan.io/v2/api
  tracehound trace 0xHASH --source rpc http://127.0.0.1:8545 --budget 20000
  tracehound trace TXID:0 --source esplora https://blockstream.info/api --hops 6
  tracehound trace bc1ADDRESS --source esplora http://127.0.0.1:3000 --per-second 100 --budget 50000
With --source no ledger is needed: accounts, and of Bitcoin transactions and who spent their outputs, are fetched as the value that is
followed comes to them, and kept. What that takes is told beforehand; a run that was ended, or whose budget is used up, goes on when the
same command is run again. What was not fetched is said, and the answer is incomplete (exit code 30).")]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    pub question: TraceQuestion,
    #[command(flatten)]
    pub fetched: SourceArgs,
    /// All rules side by side instead of one in detail
    #[arg(long, conflicts_with_all = ["svg", "dot"])]
    pub compare: bool,
    /// Lines of the tree
    #[arg(long, value_name = "COUNT", default_value_t = 60)]
    pub lines: usize,
    /// Draw it into this file, A4 in landscape; further pages into files beside it (trace-2.svg)
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write it for Graphviz into this file
    #[arg(long, value_name = "FILE")]
    pub dot: Option<PathBuf>,
}

/// Where accounts of an EVM chain, or transactions of Bitcoin, are fetched, instead of read from a ledger.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// Without a ledger: fetch accounts from an `explorer` with Etherscan's interface, or by `rpc` from a node that lists what an
    /// account moved (`trace_filter`), over HTTP or a WebSocket; of Bitcoin fetch transactions from an `esplora` server. The server
    /// learns what you ask about. @FILE and env:NAME name a file or a variable that holds the address
    #[arg(long, num_args = 2, value_names = ["KIND", "URL"])]
    pub source: Vec<Given>,
    /// Where the explorer's key is: @FILE or env:NAME [default: `env:TRACEHOUND_EXPLORER_KEY`, where that is set]
    #[arg(long, value_name = "@FILE", requires = "source")]
    pub source_key: Option<Given>,
    /// Questions a second at most [default: 3 to an explorer or Esplora server, as many as it answers to a node]
    #[arg(long, value_name = "COUNT", requires = "source")]
    pub per_second: Option<NonZeroU32>,
    /// Questions in all at most
    #[arg(long, value_name = "COUNT", default_value_t = 2_000, requires = "source")]
    pub budget: u64,
    /// Questions for one account at most (of Bitcoin: pages of an address that is asked about): what those do not reach is not read,
    /// and value that came to it is not followed on
    #[arg(long, value_name = "COUNT", default_value_t = 60, requires = "source")]
    pub account_budget: u64,
    /// Do not fetch again what may have changed and was fetched from the server less than this ago, such as 30m or 0s
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration, requires = "source")]
    pub source_max_age: jiff::SignedDuration,
}

/// What is followed, and how.
#[derive(Debug, Args)]
pub(crate) struct TraceQuestion {
    /// Outputs (TXID:N), transactions (all their outputs) or addresses (all they received); of an EVM chain movements (0xHASH:N)
    #[arg(value_name = "FROM", required_unless_present = "named")]
    pub from: Vec<String>,
    /// Also from all addresses that the lists name so: a theft, a group (part of the label, or the actor's id)
    #[arg(long, value_name = "NAME")]
    pub named: Option<String>,
    /// To the sources instead of the destinations; over an EVM chain by haircut alone
    #[arg(long)]
    pub backward: bool,
    /// Rule of taint: poison, haircut, fifo, lifo or tiho
    #[arg(long, value_name = "METHOD", default_value = "haircut", value_parser = method)]
    pub method: tracehound_analysis::taint::Method,
    /// Go on behind CoinJoins, by haircut: shares of a set, not a path
    #[arg(long)]
    pub through_mixes: bool,
    /// Follow fees into the miner's coinbase instead of booking them as fees
    #[arg(long, conflicts_with = "backward")]
    pub through_fees: bool,
    /// Most transactions between the start and an end
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub hops: u32,
    /// Do not follow less than this many base units (satoshi, wei) in one output or movement
    #[arg(long, value_name = "UNITS", default_value_t = 546)]
    pub dust: u64,
    /// Do not divide transactions with more outputs (backward: inputs) than this
    #[arg(long, value_name = "COUNT", default_value_t = 5_000)]
    pub fan_out: u32,
    /// Most transactions divided in all
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    pub work: usize,
    #[command(flatten)]
    pub moment: Moment,
    #[command(flatten)]
    pub whose: Whose,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound path 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG
  tracehound path FROM TO --count 10 --hops 8 --output json
  tracehound path FROM TO --svg path.svg")]
pub(crate) struct PathArgs {
    #[command(flatten)]
    pub question: PathQuestion,
    /// Draw it into this file, A4 in landscape; further pages into files beside it (path-2.svg)
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// What is asked.
#[derive(Debug, Args)]
pub(crate) struct PathQuestion {
    /// The address whose money is followed
    #[arg(value_name = "FROM")]
    pub from: String,
    /// The address it may have come to
    #[arg(value_name = "TO")]
    pub to: String,
    /// Ways to show, at least 1
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = at_least_one)]
    pub count: usize,
    /// Most transactions in a way
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub hops: u32,
    /// Do not follow outputs of less than this many satoshi
    #[arg(long, value_name = "SATOSHI", default_value_t = 546)]
    pub dust: u64,
    /// Most transactions looked at
    #[arg(long, value_name = "COUNT", default_value_t = 200_000)]
    pub work: usize,
    #[command(flatten)]
    pub moment: Moment,
    #[command(flatten)]
    pub whose: Whose,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound tx f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16
  tracehound tx TXID --output json
  tracehound tx 0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060 --chain eth")]
pub(crate) struct TxArgs {
    /// The transaction's id; of an EVM chain its hash, or a block's own hash for what the chain itself paid out in it
    #[arg(value_name = "TXID")]
    pub txid: String,
    #[command(flatten)]
    pub moment: Moment,
    #[command(flatten)]
    pub whose: Whose,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound exposure 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX
  tracehound exposure ADDRESS OTHER-ADDRESS-OF-THE-SAME-OWNER --hops 10
  tracehound exposure ADDRESS --cluster
  tracehound exposure ADDRESS --svg exposure.svg
  tracehound exposure ADDRESS --prices btc-usd.csv --output json")]
pub(crate) struct ExposureArgs {
    #[command(flatten)]
    pub question: ExposureQuestion,
    /// Draw it into this file, A4 in landscape; further pages into files beside it (exposure-2.svg)
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// What is asked.
#[derive(Debug, Args)]
pub(crate) struct ExposureQuestion {
    /// Addresses of one owner; payments among them do not count
    #[arg(value_name = "ADDRESS", required = true)]
    pub addresses: Vec<String>,
    /// Ask about everybody in their clusters (multi-input, CoinJoins left out)
    #[arg(long)]
    pub cluster: bool,
    /// Most transactions between the owner and a named entity
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub hops: u32,
    /// Do not follow less than this many satoshi in one output
    #[arg(long, value_name = "SATOSHI", default_value_t = 546)]
    pub dust: u64,
    /// Most transactions read for each direction
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    pub work: usize,
    /// Go on behind CoinJoins, by haircut: shares of a set, not a path
    #[arg(long)]
    pub through_mixes: bool,
    /// Daily prices of a whole coin, for what amounts were worth: a CSV file of lines like 2024-06-01,67540.25, in USD unless
    /// its first line names another currency (date,eur)
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    #[command(flatten)]
    pub moment: Moment,
    #[command(flatten)]
    pub whose: Whose,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound cluster 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX
  tracehound cluster 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX --explain 1HB5XMLmzFVj8ALj6mfBsbifRoD4miY36v
  tracehound cluster ADDRESS --change --members 1000 --output json")]
pub(crate) struct ClusterArgs {
    /// The address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// The chain of transactions that joined this address to it
    #[arg(long, value_name = "ADDRESS")]
    pub explain: Option<String>,
    /// Also the outputs that are likely its change: named by heuristics of two families, joined to nothing
    #[arg(long)]
    pub change: bool,
    /// Members listed, oldest first
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub members: usize,
    /// Draw it into this file, A4 in landscape; further pages into files beside it (cluster-2.svg)
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    #[command(flatten)]
    pub moment: Moment,
    #[command(flatten)]
    pub whose: Whose,
}

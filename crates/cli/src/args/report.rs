//! What `report` is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tracehound_model::BitcoinNetwork;

use super::{
    ExposureQuestion, PathQuestion, TraceQuestion,
    values::{moment, network},
};

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// A verdict on one address or transaction
    #[command(after_help = "Examples:
  tracehound report verdict 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG --html verdict.html
  tracehound report verdict ADDRESS --policy lists-only --pdf verdict.pdf")]
    Verdict {
        #[command(flatten)]
        question: VerdictQuestion,
        #[command(flatten)]
        into: Into,
    },
    /// Where value went, or came from
    #[command(after_help = "Examples:
  tracehound report trace TXID:0 --html trace.html --pdf trace.pdf
  tracehound report trace ADDRESS --backward --html trace.html")]
    Trace {
        #[command(flatten)]
        question: TraceQuestion,
        #[command(flatten)]
        into: Into,
    },
    /// Whom an owner's money came from and went to
    #[command(after_help = "Example:
  tracehound report exposure ADDRESS --html exposure.html")]
    Exposure {
        #[command(flatten)]
        question: ExposureQuestion,
        #[command(flatten)]
        into: Into,
    },
    /// The ways from one address to another
    #[command(after_help = "Example:
  tracehound report path FROM TO --html path.html")]
    Path {
        #[command(flatten)]
        question: PathQuestion,
        #[command(flatten)]
        into: Into,
    },
    /// What was decided in a batch, by rule, list and day
    #[command(after_help = "Example:
  tracehound screen withdrawals.csv --column address --output jsonl > verdicts.jsonl
  tracehound report batch verdicts.jsonl --html batch.html")]
    Batch {
        /// What `screen --output jsonl` wrote, of one day or several
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        into: Into,
    },
}

/// Where a report is written to.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Into {
    /// Write it into this file: one HTML page that holds everything it needs, and can be printed
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Have a browser of the Chromium family print it into this file: the one that `TRACEHOUND_CHROMIUM` names, else one in PATH
    #[arg(long, value_name = "FILE")]
    pub pdf: Option<PathBuf>,
}

/// What a verdict is asked by.
#[derive(Debug, Args)]
pub(crate) struct VerdictQuestion {
    /// An address or a transaction id
    #[arg(value_name = "SUBJECT")]
    pub subject: String,
    /// Answer as of a past day (2025-01-01: its end) or moment (2025-02-21T14:16:00Z; UTC without a zone)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub as_of: Option<jiff::Timestamp>,
    /// Answer at the snapshot that an earlier verdict names, where the lists are still the same
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<tracehound_engine::NamedSnapshot>,
    /// What decides: `strict`, `lists-only`, or a TOML file of your own
    #[arg(long, value_name = "POLICY", default_value = "strict")]
    pub policy: String,
    /// Daily prices of a whole coin, for limits of the policy in a currency
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Bitcoin network whose ledger is searched for counterparties
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
}

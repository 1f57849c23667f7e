//! The command line: a contract that scripts rely on.

mod analyze;
mod follow;
mod given;
mod guard;
mod ingest;
mod labels;
mod lists;
mod log;
mod mistaken;
mod policy;
mod range;
mod report;
mod screen;
mod values;
mod vet;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use tracehound_model::{BitcoinNetwork, Chain};
use values::{chain, duration, moment, network};

pub(crate) use analyze::*;
pub(crate) use follow::*;
pub(crate) use given::Given;
pub(crate) use guard::*;
pub(crate) use ingest::*;
pub(crate) use labels::*;
pub(crate) use lists::*;
pub(crate) use log::Log;
pub(crate) use mistaken::{mistaken, without_keys};
pub(crate) use policy::PolicyCommand;
pub(crate) use range::*;
pub(crate) use report::*;
pub(crate) use screen::ScreenArgs;
pub(crate) use vet::*;

/// Screen, trace and watch stolen cryptocurrency. Self-hosted, offline if need be.
///
/// Data goes to standard output, progress and messages to standard error. Where an address or a password is asked for, @FILE
/// stands for the first line of a file and env:NAME for an environment variable, so that keys need not stand on the command
/// line; of an address only scheme, host and port are ever printed.
/// Exit codes: 0 allow or done, 10 review, 20 block, 30 incomplete, 1 failure, 2 usage, 4 a run that was cut short, by Ctrl-C
/// or SIGTERM too (before every other: what was not reached is not known). Of what does not occur in a ledger the answer is 0
/// where the ledger is whole up to the moment asked about, else 30.
#[derive(Debug, Parser)]
#[command(
    name = "tracehound",
    version,
    max_term_width = 100,
    after_help = "Examples:
  tracehound demo
  tracehound screen 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG
  tracehound lists update
  tracehound ingest bitcoin ~/.bitcoin/blocks
  tracehound screen --stdin --output jsonl < withdrawals.txt > verdicts.jsonl
  tracehound --log info:json ingest bitcoin ~/.bitcoin/blocks 2> ingest.log"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Data folder [default: the platform's, such as ~/.local/share/tracehound]
    #[arg(long, global = true, value_name = "DIR", env = "TRACEHOUND_DATA")]
    pub data: Option<PathBuf>,
    /// How to print: text for people, the others for programs
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// New data folders may be read by the group too (0750 instead of 0700): for a service that a team shares
    #[arg(long, global = true)]
    pub group: bool,
    /// No progress and no messages, only data and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Tell on standard error what is done and how long it takes, up to a level: error, warn, info (steps of a question, an
    /// ingest, a request), debug (each verdict and each exchange with a server) or trace; with :json one object a line. Off
    /// unless asked for; of addresses of servers only scheme, host and port are told
    #[arg(long, global = true, value_name = "LEVEL[:json]")]
    pub log: Option<Log>,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people at a terminal
    Text,
    /// One JSON document
    Json,
    /// One JSON object a line, in input order, as each is ready
    Jsonl,
    /// Comma-separated, with a header line
    Csv,
}

/// The moment that a question over a ledger is asked about.
#[derive(Debug, Args)]
pub(crate) struct Moment {
    /// Answer as of a past day (2025-01-01: its end) or moment (2025-02-21T14:16:00Z; UTC without a zone): neither blocks
    /// from the first later one on nor later claims count
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub as_of: Option<jiff::Timestamp>,
    /// Answer at the snapshot that an earlier answer names under `snapshot`: its blocks count and no later ones. With the
    /// --as-of that the answer had, the same lists give the same answer
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<tracehound_engine::NamedSnapshot>,
    /// Most time from the ledger's last block to that moment, or to now; beyond it the answer is incomplete
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    pub max_age: jiff::SignedDuration,
}

/// Whose ledger is asked.
#[derive(Debug, Args)]
pub(crate) struct Whose {
    /// Bitcoin network [default: that of the only ledger there is, else mainnet]
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub network: Option<BitcoinNetwork>,
    /// Chain: btc, eth, base, sepolia, eip155:137 [default: what is asked about tells Bitcoin from EVM chains, of which the only one
    /// with a ledger is meant, else Ethereum]
    #[arg(long, value_name = "CHAIN", value_parser = chain, conflicts_with = "network")]
    pub chain: Option<Chain>,
}

impl Moment {
    /// As the question is asked.
    pub(crate) fn asked(&self) -> tracehound_engine::Moment {
        tracehound_engine::Moment { as_of: self.as_of, snapshot: self.snapshot, max_age: self.max_age }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job on the data in the box: lists, a real block, a generated theft, one verdict explained
    Demo(DemoArgs),
    /// Verdicts on addresses and transactions, or sanctioned people by name
    Screen(ScreenArgs),
    /// Sources of claims: import, list, update
    #[command(subcommand)]
    Lists(ListsCommand),
    /// Packs of labels: who is behind an address, by whose word, and who says otherwise
    #[command(subcommand)]
    Labels(LabelsCommand),
    /// Chain data into the ledger
    #[command(subcommand)]
    Ingest(IngestCommand),
    /// Where value went, or came from: by five rules of taint, as text, table or drawing
    Trace(TraceArgs),
    /// The shortest and widest ways by which value went from one address to another
    Path(PathArgs),
    /// What the ledger holds about a transaction, with the names of its parties
    Tx(TxArgs),
    /// Whom an address's money came from and went to, directly and indirectly, by party and category
    Exposure(ExposureArgs),
    /// A page about one question, for print: answer, method and how often it errs, drawing, tables, sources, and how to repeat it
    #[command(subcommand)]
    Report(ReportCommand),
    /// CoinJoins and links in single transactions; peel chains and patterns of laundering in the ledger
    #[command(subcommand)]
    Analyze(AnalyzeCommand),
    /// Which addresses one party controls, and the transactions that show it
    Cluster(ClusterArgs),
    /// What the ledger holds, and whether it is whole
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// The policies that decide
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Generated heists with their truth, and how well the tracing does on them
    #[command(subcommand)]
    Range(RangeCommand),
    /// Verify before you sign: Safe transactions, calls, typed data, messages; offline
    #[command(subcommand)]
    Guard(GuardCommand),
    /// Vet what was sent before it is opened: a repository, an archive, a file. Nothing of it is run
    #[command(subcommand)]
    Vet(VetCommand),
    /// A self-audit for a person with a wallet; it never asks for a secret
    #[command(subcommand)]
    Wallet(WalletCommand),
    /// What options are set to, and who says so: a configuration file, the environment, or the program
    #[command(subcommand)]
    Config(ConfigCommand),
    /// What a shell needs to complete these commands
    #[command(after_help = "Examples:
  tracehound completions bash > ~/.local/share/bash-completion/completions/tracehound
  tracehound completions zsh > ~/.zfunc/_tracehound
  tracehound completions fish > ~/.config/fish/completions/tracehound.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Writes the manual's pages, one a command
    #[command(after_help = "Example:
  tracehound man ~/.local/share/man/man1 && man tracehound-screen")]
    Man {
        /// The folder that they are written to
        folder: PathBuf,
    },
}

/// What `config` is asked.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Every option that somebody set, with its value and who set it
    #[command(after_help = "The file is TOML: a key is an option's long name, a table a command.
  data = \"/srv/tracehound\"
  [screen]
  policy = \"/etc/tracehound/policy.toml\"
  [guard.safe]
  rpc = \"env:NODE\"
Before it comes the environment, and before that the command line. What accepts or vouches for something stands in no file.
TRACEHOUND_CONFIG names another file; set to nothing, none is read.
Examples:
  tracehound config show
  tracehound config show --all
  TRACEHOUND_CONFIG=./audit.toml tracehound config show --output json")]
    Show {
        /// Those too that are as built in
        #[arg(long)]
        all: bool,
    },
}

impl Command {
    /// Why it does not print in this form, where it does not: told before anything is done.
    pub(crate) fn refuses(&self, output: Output) -> Option<&'static str> {
        use AnalyzeCommand as Analyze;
        use Output::{Csv, Json, Jsonl, Text};

        match (self, output) {
            (
                Self::Analyze(
                    Analyze::Coinjoin(_) | Analyze::Boltzmann(_) | Analyze::Demix(_) | Analyze::Memo(_),
                ),
                Json | Csv,
            ) => Some("this answers in jsonl, one object a line: leave out --output"),
            (Self::Range(RangeCommand::Score(_)), Json | Jsonl | Csv) => {
                Some("a scorecard is printed as text; --rates FILE writes its figures for programs")
            }
            (Self::Report(_), Json | Jsonl | Csv) => {
                Some("a report is written with --html or --pdf: leave out --output")
            }
            (Self::Trace(args), Csv) if !args.compare => None,
            (Self::Cluster(args), Csv) if args.explain.is_none() && !args.change => None,
            (Self::Completions { .. } | Self::Man { .. }, Json | Jsonl | Csv) => {
                Some("this is no answer: leave out --output")
            }
            (
                Self::Demo(_)
                | Self::Policy(
                    PolicyCommand::Show { .. }
                    | PolicyCommand::Check { .. }
                    | PolicyCommand::Diff { over: None, .. },
                )
                | Self::Lists(
                    ListsCommand::Remove(_)
                    | ListsCommand::Revert(_)
                    | ListsCommand::Reject(_)
                    | ListsCommand::Rebuild,
                )
                | Self::Labels(LabelsCommand::Remove { .. })
                | Self::Guard(GuardCommand::Policy(_) | GuardCommand::Context(_)),
                Json | Jsonl | Csv,
            ) => Some("this is printed as text alone: leave out --output"),
            (_, Text | Json | Jsonl)
            | (
                Self::Screen(_)
                | Self::Exposure(_)
                | Self::Path(_)
                | Self::Labels(
                    LabelsCommand::List
                    | LabelsCommand::Freshness
                    | LabelsCommand::Export(_)
                    | LabelsCommand::Coverage(_)
                    | LabelsCommand::Derive(_)
                    | LabelsCommand::Check(_)
                    | LabelsCommand::Corrections,
                )
                | Self::Analyze(Analyze::Match(_))
                | Self::Lists(ListsCommand::List | ListsCommand::Freshness(_))
                | Self::Policy(PolicyCommand::List | PolicyCommand::Diff { over: Some(_), .. }),
                Csv,
            ) => None,
            (_, Csv) => Some("this is no table: it is printed as text, json or jsonl"),
        }
    }

    /// Whether it runs until it is told to end, and ends in its own way.
    pub(crate) fn serves(&self) -> bool {
        matches!(self, Self::Guard(GuardCommand::Proxy(_)))
    }

    /// Whether it reads or writes the data folder.
    pub(crate) fn uses_data(&self) -> bool {
        !matches!(
            self,
            Self::Demo(_)
                | Self::Policy(_)
                | Self::Range(_)
                | Self::Wallet(_)
                | Self::Vet(_)
                | Self::Config(_)
                | Self::Completions { .. }
                | Self::Man { .. }
        )
    }
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Keep the demo's data in this folder instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

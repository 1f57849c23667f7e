//! The command line: a contract that scripts rely on.

mod analyze;
mod given;
mod guard;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracehound_model::BitcoinNetwork;

pub(crate) use analyze::*;
pub(crate) use given::Given;
pub(crate) use guard::*;

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
  tracehound screen --stdin --output jsonl < withdrawals.txt > verdicts.jsonl"
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
    /// Most time from the ledger's last block to that moment, or to now; beyond it the answer is incomplete
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    pub max_age: jiff::SignedDuration,
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
    /// A self-audit for a person with a wallet; it never asks for a secret
    #[command(subcommand)]
    Wallet(WalletCommand),
}

impl Command {
    /// Whether it has no table to print as CSV.
    pub(crate) fn refuses_csv(&self) -> bool {
        matches!(self, Self::Exposure(_) | Self::Path(_) | Self::Tx(_) | Self::Ledger(_))
    }

    /// Whether it runs until it is told to end, and ends in its own way.
    pub(crate) fn serves(&self) -> bool {
        matches!(self, Self::Guard(GuardCommand::Proxy(_)))
    }

    /// Whether it reads or writes the data folder.
    pub(crate) fn uses_data(&self) -> bool {
        !matches!(self, Self::Demo(_) | Self::Policy(_) | Self::Range(_) | Self::Wallet(_))
    }
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Keep the demo's data in this folder instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Without a ledger, `strict` answers `incomplete` for whoever is on no list: ingest a chain, or ask
the lists alone with --policy lists-only.

Examples:
  tracehound screen 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG
  tracehound screen ADDRESS --policy lists-only
  tracehound screen 0x098B716B8Aaf21512996dC57EB0615e2383E2f96 --as-of 2022-04-01
  tracehound screen --stdin --output csv < addresses.txt
  tracehound screen withdrawals.csv --column address --output jsonl
  tracehound screen ADDRESS --esplora https://blockstream.info/api
  tracehound screen --name \"Sim Hyon-Sop\""
)]
pub(crate) struct ScreenArgs {
    /// Addresses or transaction ids; with --column the CSV files that hold them
    #[arg(value_name = "SUBJECT", required_unless_present_any = ["stdin", "name"])]
    pub subjects: Vec<String>,
    /// Read subjects from standard input, one a line; empty lines and lines that begin with # are skipped
    #[arg(long, conflicts_with = "name")]
    pub stdin: bool,
    /// Read the subjects from this column of a CSV file with a header, named as SUBJECT or given by --stdin. Answers carry the
    /// row's number; what cannot be read is a refused row, and the rest is answered
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "esplora"])]
    pub column: Option<String>,
    /// Match the names of listed people and organisations instead
    #[arg(long, value_name = "NAME", conflicts_with = "subjects")]
    pub name: Vec<String>,
    /// Least similarity of a name to be reported, 0 to 1
    #[arg(long, value_name = "SCORE", default_value_t = 0.85, value_parser = score)]
    pub threshold: f64,
    /// Most matches reported for a name
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub limit: usize,
    /// Answer as of a past day (2025-01-01: its end) or moment (2025-02-21T14:16:00Z; UTC without a zone)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub as_of: Option<jiff::Timestamp>,
    /// What decides: `strict` (lists fresh, transactions examined), `lists-only` (no ledger: lists alone), or a TOML
    /// file of your own; `tracehound policy list` says what each promises
    #[arg(long, value_name = "POLICY", default_value = "strict")]
    pub policy: String,
    /// Bitcoin network whose ledger is searched for counterparties
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
    /// Without a node: fetch the subjects' own transactions from this Esplora server instead of using the ledger. The
    /// server learns what you ask about. @FILE and env:NAME name a file or a variable that holds the address
    #[arg(long, value_name = "URL", conflicts_with_all = ["stdin", "name"])]
    pub esplora: Option<Given>,
    /// Do not fetch again what was fetched from the server less than this ago, such as 30m or 0s
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub esplora_max_age: jiff::SignedDuration,
    /// Most pages of transactions, and most block headers, fetched for a subject; what is cut off makes the answer
    /// incomplete
    #[arg(long, value_name = "COUNT", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    pub esplora_limit: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound trace 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX
  tracehound trace TXID:0 TXID:1 --method fifo --svg trace.svg
  tracehound trace TXID --compare
  tracehound trace --named lazarusgroup
  tracehound trace ADDRESS --backward --hops 5 --output json")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct TraceArgs {
    /// Outputs (TXID:N), transactions (all their outputs) or addresses (all they received)
    #[arg(value_name = "FROM", required_unless_present = "named")]
    pub from: Vec<String>,
    /// Also from all addresses that the lists name so: a theft, a group (part of the label, or the actor's id)
    #[arg(long, value_name = "NAME")]
    pub named: Option<String>,
    /// To the sources instead of the destinations
    #[arg(long)]
    pub backward: bool,
    /// Rule of taint: poison, haircut, fifo, lifo or tiho
    #[arg(long, value_name = "METHOD", default_value = "haircut", value_parser = method)]
    pub method: tracehound_analysis::taint::Method,
    /// All rules side by side instead of one in detail
    #[arg(long, conflicts_with_all = ["svg", "dot"])]
    pub compare: bool,
    /// Go on behind CoinJoins, by haircut: shares of a set, not a path
    #[arg(long)]
    pub through_mixes: bool,
    /// Follow fees into the miner's coinbase instead of booking them as fees
    #[arg(long, conflicts_with = "backward")]
    pub through_fees: bool,
    /// Most transactions between the start and an end
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub hops: u32,
    /// Do not follow less than this many satoshi in one output
    #[arg(long, value_name = "SATOSHI", default_value_t = 546)]
    pub dust: u64,
    /// Do not divide transactions with more outputs (backward: inputs) than this
    #[arg(long, value_name = "COUNT", default_value_t = 5_000)]
    pub fan_out: u32,
    /// Most transactions divided in all
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    pub work: usize,
    #[command(flatten)]
    pub moment: Moment,
    /// Lines of the tree
    #[arg(long, value_name = "COUNT", default_value_t = 60)]
    pub lines: usize,
    /// Draw it into this file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write it for Graphviz into this file
    #[arg(long, value_name = "FILE")]
    pub dot: Option<PathBuf>,
    /// Bitcoin network
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound path 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG
  tracehound path FROM TO --count 10 --hops 8 --output json")]
pub(crate) struct PathArgs {
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
    /// Bitcoin network
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound tx f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16
  tracehound tx TXID --output json")]
pub(crate) struct TxArgs {
    /// The transaction's id
    #[arg(value_name = "TXID")]
    pub txid: tracehound_model::TxId,
    #[command(flatten)]
    pub moment: Moment,
    /// Bitcoin network
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound exposure 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX
  tracehound exposure ADDRESS OTHER-ADDRESS-OF-THE-SAME-OWNER --hops 10
  tracehound exposure ADDRESS --cluster
  tracehound exposure ADDRESS --prices btc-usd.csv --output json")]
pub(crate) struct ExposureArgs {
    /// Addresses of one owner; payments among them do not count
    #[arg(value_name = "ADDRESS", required = true)]
    pub addresses: Vec<String>,
    /// Ask about everybody in their clusters (multi-input, CoinJoins left out)
    #[arg(long)]
    pub cluster: bool,
    /// Most transactions between the owner and a named party
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
    /// Daily prices for amounts in USD: a CSV file of lines like 2024-06-01,67540.25
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    #[command(flatten)]
    pub moment: Moment,
    /// Bitcoin network
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ListsCommand {
    /// Import a file as the newest or an older version of a source's list
    Import(ImportArgs),
    /// The sources, their list versions and how many claims stand
    List,
    /// Fetch the official OFAC, UN, UK and EU lists and import what is new
    Update(UpdateArgs),
    /// Take a source out: what it said stays on record and counts no more
    Remove(RemoveArgs),
    /// How old each list is, when its publisher was last asked, and what waits for an answer
    Freshness(FreshnessArgs),
    /// Go back to an earlier list version of a source: the later ones are taken back
    Revert(RevertArgs),
    /// Decide against a list version that was held because it ends many subjects
    Reject(RejectArgs),
    /// Make the screening index anew from the imported claims
    Rebuild,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// The source, as `tracehound lists list` names it
    #[arg(value_name = "SOURCE")]
    pub source: String,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound lists import SDN_ADVANCED.XML
  tracehound lists import my-labels.csv --source own-labels --published 2026-01-31
  tracehound lists import victims.csv --category ransomware --confidence 70
  tracehound lists import SDN_ADVANCED.XML --checked-at 2026-01-31   (fetched by hand, on that day)
An official id (ofac-sdn, un-sc, uk-sanctions, eu-fsf, ...) belongs to its publisher's own format. Any other file under
such an id is an extract: it adds, it ends nobody. docs/LISTS.md lists the ids, formats and columns.")]
pub(crate) struct ImportArgs {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Format [default: recognised from the content]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Name of the source, where the file does not tell
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Date of the list, where the file does not tell
    #[arg(long, value_name = "DATE")]
    pub published: Option<jiff::civil::Date>,
    /// For a list that you fetched by hand: when. You vouch that it is all that its publisher had then, and answers rest on
    /// your word as they rest on a check by `lists update`. A day means its beginning, UTC
    #[arg(long, value_name = "TIME", visible_alias = "fetched-at", value_parser = past)]
    pub checked_at: Option<jiff::Timestamp>,
    /// For a signed pack of notices (FILE.minisig beside it): its maker's minisign public key, a file or the key itself;
    /// remembered
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Kind of actor for the claims to which the file gives none
    #[arg(long, value_name = "CATEGORY", value_parser = category)]
    pub category: Option<tracehound_model::Category>,
    /// Confidence, 0 to 100, for the claims to which the file gives none
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub confidence: Option<u8>,
    /// Kind of source: `sanctions`, `law_enforcement`, `labels` or `own` [default: as the format says]
    #[arg(long, value_name = "KIND", value_parser = source_kind)]
    pub kind: Option<tracehound_model::SourceKind>,
    /// Accept a list of sanctions or law enforcement that ends more than 5 % and at least 10 of its addresses or parties, a
    /// first version of an official list with too few parties, or a pack that ends a notice
    #[arg(long)]
    pub accept_shrink: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Only these sources [default: all]
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Accept a list that ends more than 5 % and at least 10 of its addresses or parties, or is less than half as long
    #[arg(long)]
    pub accept_shrink: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 30 when an official list was never checked at its publisher or not within the days \
allowed, when the last check failed, or when a list version waits for an answer; else 0."
)]
pub(crate) struct FreshnessArgs {
    /// Days within which a list must have been checked at its publisher
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub max_age: u16,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tracehound lists revert ofac-sdn 2025-11-19")]
pub(crate) struct RevertArgs {
    /// The source
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// Day of the list version that is to be in force again
    #[arg(value_name = "DATE")]
    pub day: jiff::civil::Date,
}

#[derive(Debug, Args)]
pub(crate) struct RejectArgs {
    /// The source
    #[arg(value_name = "SOURCE")]
    pub source: String,
}

/// A category by its id or one of the words that published lists use.
fn category(word: &str) -> Result<tracehound_model::Category, String> {
    tracehound_attribution::import::category_from(word).map_err(|near| {
        let all: Vec<&str> = tracehound_model::Category::ALL.iter().map(|category| category.id()).collect();
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("no category of that name{near} They are: {}", all.join(", "))
    })
}

fn source_kind(word: &str) -> Result<tracehound_model::SourceKind, String> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| "a kind of source is sanctions, law_enforcement, labels or own".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum IngestCommand {
    /// Bitcoin block files, as Bitcoin Core writes them, or single raw blocks
    Bitcoin(BitcoinArgs),
    /// A running Bitcoin node's blocks, from where the ledger ends to the node's tip
    Node(NodeArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound ingest bitcoin ~/.bitcoin
  tracehound ingest bitcoin blk00000.dat blk00001.dat
  tracehound ingest bitcoin --network regtest /tmp/regtest/blocks
Exit code 30 when the ledger does not hold the whole chain up to its last block afterwards: blocks were skipped, or are
missing before its first one or in between; 4 when interrupted (what was appended is kept).")]
pub(crate) struct BitcoinArgs {
    /// Block files, folders of them, or a node's data folder
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The network [default: as the files say]
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub network: Option<BitcoinNetwork>,
    /// Reading threads [default: one a core]
    #[arg(long, value_name = "COUNT", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound ingest node http://127.0.0.1:8332 --cookie ~/.bitcoin/.cookie
  TRACEHOUND_NODE_PASSWORD=... tracehound ingest node http://10.0.0.5:8332 --user tracehound
  tracehound ingest node @/etc/tracehound/node-url --user tracehound --password @/etc/tracehound/node-password
  tracehound ingest node http://127.0.0.1:8332 --rest
Block files first (`ingest bitcoin ~/.bitcoin`) are much faster; this goes on where they end. Exit code 30 when blocks
are missing in the ledger afterwards, as with --from-height; 4 when interrupted (what was appended is kept).")]
pub(crate) struct NodeArgs {
    /// Address of the node's RPC or REST interface; of what follows the host nothing is ever printed. @FILE and env:NAME name a
    /// file or a variable that holds the address
    #[arg(value_name = "URL", env = "TRACEHOUND_NODE", hide_env_values = true)]
    pub url: Given,
    /// Use the REST interface (`rest=1` in the node's configuration); it needs no password
    #[arg(long, conflicts_with_all = ["cookie", "user"])]
    pub rest: bool,
    /// The node's cookie file, `.cookie` in its data folder
    #[arg(long, value_name = "FILE", conflicts_with = "user", required_unless_present_any = ["rest", "user"])]
    pub cookie: Option<PathBuf>,
    /// RPC user; the password is that of --password
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Where the password is: @FILE or env:NAME. On the command line itself everybody on the machine could read it
    #[arg(long, value_name = "@FILE", default_value = "env:TRACEHOUND_NODE_PASSWORD", requires = "user")]
    pub password: Given,
    /// Where an empty ledger begins; what lies before it is missing, and answers that need it are incomplete
    #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
    pub from_height: u32,
    /// Bitcoin network that the node must be on
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Counts, sizes, first and last block
    Info(LedgerArgs),
    /// Read everything and check it
    Verify(LedgerArgs),
    /// Make a manifest anew from the segments, and spent cells from the inputs that spend; nothing is deleted
    Repair(RepairArgs),
    /// Rewrite what version 0.1.0 wrote, so that every hash has the ledger's own key. May be stopped and run again
    #[command(after_help = "Examples:
  tracehound ledger upgrade
  tracehound ledger upgrade --network regtest")]
    Upgrade(LedgerArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound ledger repair
  tracehound ledger repair --accept-loss && tracehound ingest bitcoin ~/.bitcoin/blocks")]
pub(crate) struct RepairArgs {
    #[command(flatten)]
    pub ledger: LedgerArgs,
    /// Go on where a segment is damaged or missing: what lies behind it is left out, to be ingested again
    #[arg(long)]
    pub accept_loss: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    /// Bitcoin network
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
}

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
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound range score --txs 20000 --heists 20 --seed 1,2,3
  tracehound range score heists/
  tracehound range score --seed 1,2,3 --scorecard docs/SCORECARD.md --rates data/error-rates.toml")]
pub(crate) struct RangeScoreArgs {
    /// Folders that `range generate` wrote [default: chains are generated and removed again]
    #[arg(value_name = "DIR", conflicts_with_all = ["txs", "heists", "seed"])]
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
    /// Write the scorecard into this file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub scorecard: Option<PathBuf>,
    /// Write the error rates, which answers quote, into this file
    #[arg(long, value_name = "FILE")]
    pub rates: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// The presets and what an `allow` of each promises
    List,
    /// What an `allow` of a policy promises, in words, and its TOML to copy and change
    Show {
        /// A preset (`strict`, `lists-only`) or a file
        #[arg(value_name = "POLICY", default_value = "strict")]
        policy: String,
    },
    /// What another policy asks otherwise, or which recorded decisions it would change
    #[command(after_help = "Examples:
  tracehound policy diff strict lists-only
  tracehound screen --stdin --output jsonl < addresses.txt > decisions.jsonl
  tracehound policy diff strict mine.toml --over decisions.jsonl")]
    Diff {
        /// A preset or a file
        #[arg(value_name = "BEFORE")]
        before: String,
        /// A preset or a file
        #[arg(value_name = "AFTER")]
        after: String,
        /// Verdicts as `screen --output jsonl` writes them: says which would change, and why
        #[arg(long, value_name = "FILE")]
        over: Option<PathBuf>,
    },
    /// Read a policy file and say whether it is valid
    Check {
        /// The file
        file: PathBuf,
    },
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
    /// Also the outputs that are likely its change: named by voters of two families, joined to nothing
    #[arg(long)]
    pub change: bool,
    /// Members listed, oldest first
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub members: usize,
    #[command(flatten)]
    pub moment: Moment,
    /// Bitcoin network
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
}

fn score(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        _ => Err("a score is a number from 0 to 1".to_owned()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&count| count > 0).ok_or_else(|| "a number from 1 on".to_owned())
}

fn method(text: &str) -> Result<tracehound_analysis::taint::Method, String> {
    use tracehound_analysis::taint::Method;
    Method::COMPARED
        .into_iter()
        .find(|method| method.name() == text)
        .ok_or_else(|| "one of poison, haircut, fifo, lifo, tiho".to_owned())
}

fn network(text: &str) -> Result<BitcoinNetwork, String> {
    match text {
        "mainnet" | "main" | "bitcoin" => Ok(BitcoinNetwork::Mainnet),
        "testnet" | "test" => Ok(BitcoinNetwork::Testnet),
        "signet" => Ok(BitcoinNetwork::Signet),
        "regtest" => Ok(BitcoinNetwork::Regtest),
        _ => Err("one of mainnet, testnet, signet, regtest".to_owned()),
    }
}

fn duration(text: &str) -> Result<jiff::SignedDuration, String> {
    let wrong = || "a time span such as 90s, 30m or 1h".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    if span.is_negative() { Err(wrong()) } else { Ok(span) }
}

/// A moment of `--as-of`: a day means its end, so that what was listed on that day counts.
fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    time(text, jiff::civil::time(23, 59, 59, 0), "its end")
}

/// A moment that has come; a day means its beginning, so that no more is vouched for than was seen.
fn past(text: &str) -> Result<jiff::Timestamp, String> {
    let moment = time(text, jiff::civil::Time::midnight(), "its beginning")?;
    if moment > jiff::Timestamp::now() {
        return Err("it has not come".to_owned());
    }
    Ok(moment)
}

/// Every moment on the command line: a day with the time `of_day`, or a moment; one without a zone is of UTC.
fn time(text: &str, of_day: jiff::civil::Time, meaning: &str) -> Result<jiff::Timestamp, String> {
    let wrong = || {
        format!("a day (2025-01-01, {meaning}) or a moment (2025-02-21T14:16:00Z; without a zone it is UTC)")
    };
    let text = text.trim();
    if let Ok(timestamp) = text.parse() {
        return Ok(timestamp);
    }
    let moment: jiff::civil::DateTime = if text.contains(':') {
        text.parse().map_err(|_| wrong())?
    } else if text.len() == "2025-01-01".len() {
        let day: jiff::civil::Date = text.parse().map_err(|_| wrong())?;
        day.to_datetime(of_day)
    } else {
        return Err(wrong());
    };
    moment.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_time_span_is_never_negative() {
        assert_eq!(duration("90m"), Ok(jiff::SignedDuration::from_mins(90)));
        assert_eq!(duration("0s"), Ok(jiff::SignedDuration::ZERO));
        assert!(duration("-1h").is_err() && duration("soon").is_err());
    }

    #[test]
    fn a_day_means_its_end() {
        assert_eq!(moment("2025-01-01").expect("a day").to_string(), "2025-01-01T23:59:59Z");
        assert_eq!(moment("2025-02-21T14:16:00Z").expect("a moment").to_string(), "2025-02-21T14:16:00Z");
        for wrong in
            ["yesterday", "", "2025", "2025-1-1", "20250101", "2025-02-30", "2025-02-21T", "2025-02-21T25:00"]
        {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_a_person_vouches_for_has_come() {
        assert_eq!(past("2025-01-01").expect("a day").to_string(), "2025-01-01T00:00:00Z");
        assert!(past("2999-01-01").is_err() && past("2999-01-01T00:00:00Z").is_err());
    }

    #[test]
    fn a_time_without_a_zone_is_of_utc() {
        for text in ["2025-02-21T14:16:00", "2025-02-21 14:16", "2025-02-21T15:16:00+01:00"] {
            assert_eq!(moment(text).expect(text).to_string(), "2025-02-21T14:16:00Z");
        }
    }
}

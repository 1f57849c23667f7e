//! What `screen` is asked.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use tracehound_model::{BitcoinNetwork, Chain};

use super::{
    Given, SourceArgs,
    values::{at_least_one, born, chain, country, duration, moment, network, score},
};

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("names").args(["name", "name_column"]).multiple(true)),
    after_help = "Without a ledger, `strict` answers `incomplete` for whoever is on no list: ingest a chain, or ask
the lists alone with --policy lists-only.
With --source a batch is read to its end (64 MB at most), then whoever it names on the chain is fetched, each once, within one budget,
those first who were never fetched, and then it is answered. Whoever the budget does not reach is `incomplete`, with the reason; what
was fetched is kept, and the same command goes on with the others.

Examples:
  tracehound screen 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG
  tracehound screen ADDRESS --policy lists-only
  tracehound screen 0x098B716B8Aaf21512996dC57EB0615e2383E2f96 --as-of 2022-04-01
  tracehound screen --stdin --output csv < addresses.txt
  tracehound screen withdrawals.csv --column address --output jsonl
  tracehound screen withdrawals.csv.gz --column address --audit --summary run.json > audited.csv
  tracehound screen ADDRESS --esplora https://blockstream.info/api
  tracehound screen 0xADDRESS 0xHASH --policy explorer --source explorer https://api.etherscan.io/v2/api
  tracehound screen withdrawals.csv --column address --policy explorer --source explorer https://api.etherscan.io/v2/api --budget 20000
  tracehound screen --name \"Sim Hyon-Sop\" --born 1983 --country KP
  tracehound screen --name --stdin --output jsonl < names.txt
  tracehound screen customers.csv --name-column name --born-column born --country-column country --output csv"
)]
pub(crate) struct ScreenArgs {
    /// Addresses or transaction ids; with --column the CSV files that hold them
    #[arg(value_name = "SUBJECT", required_unless_present_any = ["stdin", "name"])]
    pub subjects: Vec<String>,
    /// Read subjects from standard input, one a line; empty lines and lines that begin with # are skipped
    #[arg(long)]
    pub stdin: bool,
    /// Read the subjects from this column of a CSV file with a header, or this field of a file of JSON lines (either may be
    /// gzipped), named as SUBJECT or given by --stdin. Answers carry the row's number, of several files the file's name too; what
    /// cannot be read is a refused row, and the rest is answered
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "esplora"])]
    pub column: Option<String>,
    /// A table for auditors: the input's own columns, and with them decision, entity, list, rule, since when, and why nothing could
    /// be said. What holds for all rows stands once, in the file of --summary
    #[arg(long, requires = "column")]
    pub audit: bool,
    /// Write what holds for all rows (policy, lists, snapshot) and how many there are of each answer to this file, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub summary: Option<PathBuf>,
    /// Match the names of listed people and organisations instead; with --stdin those on standard input, one a line
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["subjects", "source"])]
    pub name: Vec<String>,
    /// Match the names in this column of a CSV file with a header, or this field of JSON lines, as --column reads them; given
    /// again, the rest of the name in the order of the columns (--name-column given --name-column family)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "column", "esplora", "source", "snapshot", "prices", "summary"])]
    pub name_column: Vec<String>,
    /// The column or field that says when whoever has the name was born, as --born takes it. What cannot be read sets nobody
    /// aside, and the answer says so; an empty cell says that nothing is known
    #[arg(long, value_name = "NAME", requires = "name_column", conflicts_with = "born")]
    pub born_column: Option<String>,
    /// The column or field with their country, by name or code (ISO 3166-1); several with `;` between them. What is no country
    /// sets nobody aside, and the answer says so
    #[arg(long, value_name = "NAME", requires = "name_column", conflicts_with = "country")]
    pub country_column: Option<String>,
    /// When whoever has the name was born: 1962, 1962-05 or 1962-05-17, or otherwise where the year is sure (17.05.1962, 17 May
    /// 1962, 19620517). A match that the list says was born in another year
    /// (but for one year's slip) is set aside, with the reason; one without a date is not
    #[arg(long, value_name = "DATE", requires = "names", value_parser = born)]
    pub born: Option<tracehound_model::Born>,
    /// A country of whoever has the name, by name or two letters (again for each). A match that the list has under other
    /// countries only is set aside, with the reason, and still for review: lists know some of a person's countries. One
    /// without a country is not
    #[arg(long, value_name = "COUNTRY", requires = "names", value_parser = country)]
    pub country: Vec<tracehound_model::Country>,
    /// Least similarity of a name to be reported, 0 to 1
    #[arg(long, value_name = "SCORE", default_value_t = 0.85, value_parser = score)]
    pub threshold: f64,
    /// Most matches shown for a name; all of them decide
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = at_least_one)]
    pub limit: usize,
    /// Answer as of a past day (2025-01-01: its end) or moment (2025-02-21T14:16:00Z; UTC without a zone)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub as_of: Option<jiff::Timestamp>,
    /// Answer at the snapshot that an earlier verdict names, where the lists are still the same: with that verdict's own
    /// `as_of` the same answer
    #[arg(long, value_name = "ID", conflicts_with_all = ["name", "esplora", "source"])]
    pub snapshot: Option<tracehound_engine::NamedSnapshot>,
    /// What decides: `strict` (lists fresh, transactions examined), `lists-only` (no ledger: lists alone), `explorer` (no ledger:
    /// lists, and whom the subject dealt with as --source tells), or a TOML file of your own; `tracehound policy list` says what each promises
    #[arg(long, value_name = "POLICY", default_value = "strict")]
    pub policy: String,
    /// Daily prices of a whole coin, for limits of the policy in a currency: a CSV file of lines like 2024-06-01,67540.25, in
    /// USD unless its first line names another currency (date,eur)
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub prices: Option<PathBuf>,
    /// Bitcoin network whose ledger is searched for counterparties
    #[arg(long, value_name = "NETWORK", default_value = "mainnet", value_parser = network)]
    pub network: BitcoinNetwork,
    /// Without a node: fetch the subjects' own transactions from this Esplora server instead of using the ledger. The
    /// server learns what you ask about. @FILE and env:NAME name a file or a variable that holds the address
    #[arg(long, value_name = "URL", conflicts_with_all = ["stdin", "name", "source"])]
    pub esplora: Option<Given>,
    /// Do not fetch again what was fetched from the server less than this ago, such as 30m or 0s
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub esplora_max_age: jiff::SignedDuration,
    /// Most pages of transactions, and most block headers, fetched for a subject; what is cut off makes the answer
    /// incomplete
    #[arg(long, value_name = "COUNT", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    pub esplora_limit: u32,
    /// EVM chain that --source is asked about: eth, base, eip155:137 [default: Ethereum]
    #[arg(long, value_name = "CHAIN", value_parser = chain, requires = "source")]
    pub chain: Option<Chain>,
    #[command(flatten)]
    pub fetched: SourceArgs,
}

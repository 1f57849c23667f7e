//! `tracehound labels`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tracehound_engine::labels::{self, By, Predicate};
use tracehound_model::{BitcoinNetwork, caip::Caip2};

use super::values::network;

#[derive(Debug, Subcommand)]
pub(crate) enum LabelsCommand {
    /// Make a pack of label files
    Pack(PackArgs),
    /// Look at a pack in full without taking it in: by whom it is signed, and whether each label may be in one
    Verify(VerifyArgs),
    /// Take in a pack, a delta to the one in force, or the packs of this release
    Apply(ApplyArgs),
    /// What changed from one pack to the next
    Diff(DiffArgs),
    /// The packs in force
    #[command(after_help = "Exit code 30 when one cannot be read, or is gone; the others are listed.")]
    List,
    /// Whether a pack in force is too old
    #[command(
        after_help = "Exit code 30 when no pack is in force, or one is too old, cannot be read or is gone; else 0."
    )]
    Freshness,
    /// Who an address is said to be, by whom, and who says otherwise
    Show(ShowArgs),
    /// How much of a list, a trace or a ledger has a name, by number and by value
    Coverage(CoverageArgs),
    /// Labels that follow from movements, logs or traces you hold: deposit addresses, freezes, families of contracts and more
    Derive(DeriveArgs),
    /// An exchange's proof of reserves as a label file: the wallets whose keys signed
    Reserves(ReservesArgs),
    /// Check submitted labels, each by its proof
    Check(CheckArgs),
    /// Write down what an address is, or is not, against all packs: it comes first and stays
    Correct(CorrectArgs),
    /// Which mining pool's mark is in a coinbase
    #[command(after_help = "Example:
  tracehound labels pool 0393ba0a1b4d696e656420627920416e74506f6f6c
The script of the coinbase's input, in hexadecimal. Anybody can write anybody's mark.")]
    Pool {
        /// The script
        #[arg(value_name = "HEX")]
        script: String,
    },
    /// The corrections made here
    Corrections,
    /// Take a correction back
    #[command(after_help = "Example:
  tracehound labels withdraw 3")]
    Withdraw {
        /// Its number
        #[arg(value_name = "NUMBER")]
        number: u64,
    },
    /// The labels of a pack as a label file
    Export(ExportArgs),
    /// Take a pack out of force, with all that it says
    #[command(after_help = "Example:
  tracehound labels remove our-labels")]
    Remove {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound labels pack --plan plan.toml --to our-1.labels exchanges.csv
  tracehound labels pack --plan plan.toml --to our-2.labels --after our-1.labels exchanges.csv
The plan names the pack:
  name = \"our-labels\"
  version = 1
  issued = 2026-11-01
  expires = 2027-05-01
  publisher = \"Example agency\"
  [licences.\"CC0-1.0\"]
  terms = \"https://creativecommons.org/publicdomain/zero/1.0/\"
Rows that cannot be in a pack are named on standard error and left out; exit code 30 then.
Sign it with minisign -S -s KEY -m our-1.labels")]
pub(crate) struct PackArgs {
    /// Label files: CSV or JSON lines, see docs/LABELS.md (- is standard input)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The plan of the pack
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// Where the pack is written
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// The pack before: rows that are gone since stay as history, ended on the day of issue
    #[arg(long, value_name = "FILE")]
    pub after: Option<PathBuf>,
    /// How entity and address belong together in files without a column for it
    #[arg(long, value_name = "PREDICATE", value_parser = predicate)]
    pub predicate: Option<Predicate>,
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// A minisign public key of the publisher, in Base64 or as a file (again for each)
    #[arg(long, value_name = "KEY")]
    pub key: Vec<String>,
    /// How many of the keys have to have signed [default: 1 of one, 2 of more]
    #[arg(long, value_name = "N", requires = "key")]
    pub needed: Option<usize>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tracehound labels verify our-1.labels --key our.pub")]
pub(crate) struct VerifyArgs {
    /// The pack
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub keys: KeyArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound labels apply our-1.labels
  tracehound labels apply project-7.labels --key a.pub --key b.pub --key c.pub --needed 2
  tracehound labels apply project-7-8.delta
  tracehound labels apply --shipped
  tracehound labels apply --shipped --only tracehound-government --only tracehound-mining-pools
The packs of this release are believed as the program is, and no key has signed them; see data/labels/NOTICE.md for what is in
them and whose it is. Signatures of other packs lie beside the file: FILE.minisig, FILE.1.minisig and so on. The keys by which a pack was taken are remembered under
its name. Without a key, an unsigned pack is taken as your own.")]
pub(crate) struct ApplyArgs {
    /// The pack or delta
    #[arg(value_name = "FILE", required_unless_present = "shipped")]
    pub file: Option<PathBuf>,
    /// Take in the packs of this release
    #[arg(long, conflicts_with_all = ["file", "key"])]
    pub shipped: bool,
    /// Only the one of this name (again for each)
    #[arg(long, value_name = "NAME", requires = "shipped")]
    pub only: Vec<String>,
    #[command(flatten)]
    pub keys: KeyArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tracehound labels diff our-1.labels our-2.labels --delta our-1-2.delta")]
pub(crate) struct DiffArgs {
    /// The earlier pack
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The later one
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Write the delta here, to be signed and applied
    #[arg(long, value_name = "FILE")]
    pub delta: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound labels show 0x28C6c06298d514Db089934071355E5743bf21d60
  tracehound labels show 0x28C6c06298d514Db089934071355E5743bf21d60 --on 2026-06-01
Exit code 30 when no pack is in force or one is too old: nothing said is then not nothing known.")]
pub(crate) struct ShowArgs {
    /// The address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// As of a day [default: today, UTC]
    #[arg(long, value_name = "DATE")]
    pub on: Option<jiff::civil::Date>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["file", "ledger", "trace"]), after_help = "Examples:
  tracehound labels coverage addresses.txt
  tracehound labels coverage payments.csv --column to --value-column amount --chain eip155:1
  tracehound trace ADDRESS --output json > case.json; tracehound labels coverage --trace case.json
  tracehound labels coverage --ledger --network mainnet
A name is an entity's: assets, victims and what is only described are counted apart. Exit code 30 when no pack is in force or one
is too old, when a row could not be read, and when there is nothing to count.")]
pub(crate) struct CoverageArgs {
    /// A list: one address a line, or a table (- is standard input)
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The column of addresses, where the list is a table
    #[arg(long, value_name = "NAME", requires = "file")]
    pub column: Option<String>,
    /// The column of what each address weighs: a number without sign
    #[arg(long, value_name = "NAME", requires = "column")]
    pub value_column: Option<String>,
    /// The column of chains (CAIP-2)
    #[arg(long, value_name = "NAME", requires = "column")]
    pub chain_column: Option<String>,
    /// The chain of all addresses (CAIP-2), or of those whose row names none [default: any]
    #[arg(long, value_name = "CHAIN", requires = "file", value_parser = chain)]
    pub chain: Option<Caip2>,
    /// Every address of a ledger, by what it received
    #[arg(long)]
    pub ledger: bool,
    /// Bitcoin network of the ledger [default: that of the only ledger there is, else mainnet]
    #[arg(long, value_name = "NETWORK", value_parser = network, requires = "ledger")]
    pub network: Option<BitcoinNetwork>,
    /// Where a trace ended: the answer of `trace --output json`
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// As of a day [default: today, UTC]
    #[arg(long, value_name = "DATE")]
    pub on: Option<jiff::civil::Date>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound labels derive transfers.csv --chain eip155:1 --wallets hot-wallets.csv > deposits.csv
  tracehound labels derive transfers.csv --chain eip155:1 --rule imitations > imitations.csv
  tracehound labels derive logs.jsonl --chain eip155:1 --rule roles > roles.csv
  tracehound labels derive logs.jsonl --chain eip155:1 --rule freezes > freezes.csv
  tracehound labels derive --ledger --chain eip155:1 --rule freezes > freezes.csv
  tracehound labels derive traces.jsonl --chain eip155:1 --rule deployers > contracts.csv
  tracehound labels derive transfers.csv --chain eip155:1 --rule pools > pools.csv
Movements are a table or JSON lines with from, to, asset, amount (base units), block and tx, in the order of the chain; logs,
receipts and traces are JSON lines as nodes give them. Written is a label file, CSV unless jsonl is asked for: hints of confidence 10 with
rule and inputs, for labels pack. Wallets of exchanges are those of --wallets, a label file, and of the packs in force. Standard
error says how often labels say the same, each address judged without its own. Exit code 30 when nothing is known of wallets, a
pack is too old or a row could not be read.")]
pub(crate) struct DeriveArgs {
    /// Movements, logs, or receipts and traces (- is standard input)
    #[arg(value_name = "FILE", required_unless_present = "ledger")]
    pub file: Option<PathBuf>,
    /// Read the logs of issuers that were kept when the chain's blocks came into its ledger (--rule freezes)
    #[arg(long, conflicts_with_all = ["file", "wallets", "paid_only"])]
    pub ledger: bool,
    /// The chain (CAIP-2)
    #[arg(long, value_name = "CHAIN", value_parser = chain)]
    pub chain: Caip2,
    /// What to look for
    #[arg(long, value_enum, default_value_t = DeriveRule::Deposits)]
    pub rule: DeriveRule,
    /// A label file of wallets that you know, beside the packs in force: without a column `predicate` they are controlled
    #[arg(long, value_name = "FILE")]
    pub wallets: Option<PathBuf>,
    /// Also addresses that pay one exchange alone with what came before the file begins: customers who pay it look the same
    #[arg(long)]
    pub paid_only: bool,
    /// By the labels of a day [default: today, UTC]
    #[arg(long, value_name = "DATE")]
    pub on: Option<jiff::civil::Date>,
}

/// What follows from movements and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeriveRule {
    /// Addresses that pass what they receive on to one exchange
    Deposits,
    /// Addresses made to look like one that somebody pays
    Imitations,
    /// What contracts do, by the events in their logs
    Roles,
    /// Addresses that the issuers of USDT and USDC froze and released, by their tokens' logs
    Freezes,
    /// Contracts that one account deployed, or of one code that one factory made
    Deployers,
    /// Accounts that pay many others, each by itself
    HotWallets,
    /// Pools of decentralised exchanges, by the address that their factory gives them
    Pools,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tracehound labels reserves okx.csv --entity OKX --date 2024-10-01 --source okx.com/proof-of-reserves > okx-labels.csv
The table is the one of the exchange's own tool: OKX's or HTX's. Written is a label file, for labels pack. A wallet is in it where its
key signed the text beside it: of confidence 100 where that text names the exchange, else of 50. Rows that fail are named on standard
error with the reason; what is not read here (other networks, contracts whose owners signed) is not checked. Exit code 30 then.")]
pub(crate) struct ReservesArgs {
    /// The table (- is standard input)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose reserves they are
    #[arg(long, value_name = "NAME")]
    pub entity: String,
    /// The day of the balances in it
    #[arg(long, value_name = "DATE")]
    pub date: jiff::civil::Date,
    /// The page that it is from
    #[arg(long, value_name = "PAGE")]
    pub source: String,
    /// Under what licence it is published there
    #[arg(long, value_name = "LICENCE", default_value = "not stated")]
    pub licence: String,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound labels check submitted.jsonl
  tracehound labels check submitted.jsonl --proofs documents --to passed.csv
A line is a label and one proof of it: a signature by the address's key, a payment, a page, a rule and its input, or a document of
an authority; see docs/LABELS.md. Files that proofs name lie in the folder of the file, or in that of --proofs; payments are looked
up in the ledger. Exit code 30 when a label is refused, when one could not be checked here, and when there is none.")]
pub(crate) struct CheckArgs {
    /// Submitted labels: JSON lines (- is standard input)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The folder of the files that proofs name [default: that of the file]
    #[arg(long, value_name = "DIR")]
    pub proofs: Option<PathBuf>,
    /// Write the labels that passed here, as a label file
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Bitcoin network of the ledger [default: that of the only ledger there is, else mainnet]
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub network: Option<BitcoinNetwork>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("says").required(true).args(["entity", "not"]), after_help = "Examples:
  tracehound labels correct 0x28C6c06298d514Db089934071355E5743bf21d60 --chain eip155:1 --entity Binance --category exchange \\
    --evidence https://example.org/our-wallets
  tracehound labels correct 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG --not Kraken --evidence \"letter of 2026-11-02\" --by owner
A correction is yours: it lies beside the packs, comes before all of them, and no pack or refresh takes it away. One that an owner
asks for (--by owner) renames or disputes by evidence, and takes no name from an authority. What packs say is shown beside it, and
a name that they differ about is disputed.")]
pub(crate) struct CorrectArgs {
    /// The address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Who it is
    #[arg(long, value_name = "NAME", requires = "category")]
    pub entity: Option<String>,
    /// Who it is not
    #[arg(long, value_name = "NAME")]
    pub not: Option<String>,
    /// What that rests on: a page, a document, a transaction
    #[arg(long, value_name = "TEXT")]
    pub evidence: String,
    /// The kind of actor
    #[arg(long, value_name = "CATEGORY", requires = "entity")]
    pub category: Option<String>,
    /// How entity and address belong together
    #[arg(long, value_name = "PREDICATE", value_parser = predicate, default_value = "controls")]
    pub predicate: Predicate,
    /// What a person reads [default: the entity]
    #[arg(long, value_name = "TEXT", requires = "entity")]
    pub label: Option<String>,
    /// The chain (CAIP-2) [default: that of the address, where its form tells]
    #[arg(long, value_name = "CHAIN", value_parser = chain)]
    pub chain: Option<Caip2>,
    /// Who wants it: operator or owner
    #[arg(long, value_name = "WHO", value_parser = by, default_value = "operator")]
    pub by: By,
    /// The first day on which it holds [default: the day it is made]
    #[arg(long, value_name = "DATE")]
    pub from: Option<jiff::civil::Date>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound labels export our-1.labels > our.csv
  tracehound labels export our-labels --output jsonl > our.jsonl
Written as CSV unless jsonl is asked for; either is read again by `labels pack`.")]
pub(crate) struct ExportArgs {
    /// The file of a pack, or the name of one in force
    #[arg(value_name = "FILE|NAME")]
    pub pack: PathBuf,
}

fn by(text: &str) -> Result<By, String> {
    match text {
        "operator" => Ok(By::Operator),
        "owner" => Ok(By::Owner),
        _ => Err("it is operator or owner".to_owned()),
    }
}

fn chain(text: &str) -> Result<Caip2, String> {
    labels::chain_of(text)
}

fn predicate(text: &str) -> Result<Predicate, String> {
    let words = "controls, deposit_address_of or contract_of";
    Predicate::from_id(text).ok_or_else(|| format!("it is one of {words}"))
}

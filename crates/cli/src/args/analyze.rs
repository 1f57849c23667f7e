//! What `analyze` is asked.

use clap::{Args, Subcommand};
use tracehound_analysis::boltzmann::{DEFAULT_WORK, FeeShare};
use tracehound_model::{Amount, BitcoinNetwork};

use super::{Moment, values::network};

#[derive(Debug, Subcommand)]
pub(crate) enum AnalyzeCommand {
    /// Which transactions are CoinJoins, of what kind, with how many participants
    Coinjoin(CoinjoinArgs),
    /// In how many ways each transaction can be read (Boltzmann entropy), and which links are certain
    Boltzmann(BoltzmannArgs),
    /// What each input of a Wasabi 2 round probably became: an estimate, output by output
    Demix(DemixArgs),
    /// What deposits to THORChain, Maya and Chainflip ask for: memos, and scripts that hold them
    Memo(MemoArgs),
    /// Which payouts of a bridge are for which deposits, where no id says it
    Match(MatchArgs),
    /// Follow a wallet that pays a little off and keeps the rest, hop by hop
    Peel(PeelArgs),
    /// Fan-in, fan-out, dormancy and round trips; chips, coins from coinbases, and withdrawal candidates behind mixers
    Patterns(PatternsArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "At every hop the outputs are weighed against what the chain has shown of its wallet: script \
type, version, lock
time, replaceability, fee rate, place, share, newness, roundness, and how each is spent. Weights are decibans: 10 is
ten to one. The chain stops where no output leads by the margin, at services, mixes and unknown amounts.
Exit code 30: a limit or missing amounts ended it.

Examples:
  tracehound analyze peel TXID:1
  tracehound analyze peel TXID:1 --margin 20 --output json
  tracehound analyze peel TXID            every output of it, largest first"
)]
pub(crate) struct PeelArgs {
    /// An output (TXID:N), a transaction (each of its outputs) or an address (each output it received)
    #[arg(value_name = "OUTPUT")]
    pub from: String,
    /// Decibans by which the kept output must lead the next one
    #[arg(long, value_name = "DECIBANS", default_value_t = 10)]
    pub margin: u32,
    /// Most hops
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub hops: usize,
    #[command(flatten)]
    pub moment: Moment,
    /// Hops shown in text
    #[arg(long, value_name = "COUNT", default_value_t = 60)]
    pub lines: usize,
    /// Bitcoin network [default: that of the only ledger there is, else mainnet]
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub network: Option<BitcoinNetwork>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A pattern is a lead, not a proof: exchanges gather and scatter too. Rules in brackets are those of \
the laundering
playbook: R03 equal split, R05 idle then burst, R10 scatter, R13 round trip.
With --withdrawals every output is taken for a deposit at a mixer, and later payouts that add up to it less a usual fee are
listed, each with how many control deposits find as good a fit.
Exit code 30: something was not looked at; the answer says what.

Examples:
  tracehound analyze patterns 1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX
  tracehound analyze patterns TXID --output json
  tracehound analyze patterns DEPOSIT-ADDRESS --withdrawals"
)]
pub(crate) struct PatternsArgs {
    /// An address or a transaction id
    #[arg(value_name = "SUBJECT")]
    pub subject: String,
    /// Look for payouts of a centralised mixer that fit what the subject received, the five largest outputs
    #[arg(long, alias = "leads")]
    pub withdrawals: bool,
    #[command(flatten)]
    pub moment: Moment,
    /// Bitcoin network [default: that of the only ledger there is, else mainnet]
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub network: Option<BitcoinNetwork>,
}

#[derive(Debug, Args)]
#[command(after_help = "Each line is a transaction with its previous outputs; other keys are ignored:
  {\"txid\":HEX,\"time\":SECONDS,\"inputs\":[{\"value\":SATOSHI,\"script\":HEX}],\"outputs\":[{\"value\":SATOSHI,\"script\":HEX}]}
\"height\" may stand for \"time\". An input without value or script is one whose previous output is missing.

Each answer names the txid, the answer (coinjoin, suspected, premix, unknown, no), the protocol or null, participants
at least, confidence in percent, the anonymity set of each output, and for JoinMarket the inputs behind each change.
A line that cannot be read is answered with its number and the error; the exit code is then 1.

Examples:
  tracehound analyze coinjoin --stdin < transactions.jsonl > answers.jsonl
  zcat transactions.jsonl.gz | tracehound analyze coinjoin --stdin | grep '\"protocol\":\"wasabi2\"'")]
pub(crate) struct CoinjoinArgs {
    /// Read transactions from standard input, one JSON object a line
    #[arg(long, required = true)]
    pub stdin: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Each line holds the amounts of one transaction, or a transaction as for `analyze coinjoin`:
  {\"inputs\":[SATOSHI, ...],\"outputs\":[SATOSHI, ...]}   (\"txid\" may be added and comes back)
  {\"inputs\":[{\"value\":SATOSHI,\"script\":HEX}, ...],\"outputs\":[{\"value\":SATOSHI,\"script\":HEX}, ...]}
Inputs of one script are one owner's, and those that the line names: \"linked\":[[0,3],[1,2]], counted from 0.
At most 12 owners and 12 outputs are analysed; what has no value is left out (rows and columns then name the others).

Each answer holds the number of interpretations, the entropy in bits, the fee, the matrix (for each output, for each
input, in how many interpretations they are linked), and the pairs that are linked in all of them.
In a CoinJoin whose participants pay each other these pairs mislead: on emulated JoinMarket rounds 534 of 670 join
strangers. Rounds recognised as JoinMarket's are therefore read with the highest fees by which they are recognised (half
a percent of the mixed amount or 10,000 satoshi for each maker, all paid by one taker), and a pair is deterministic only
where every way to make the makers' accounts even has it too (on these rounds none then joins strangers). Other CoinJoins,
and what is only suspected to be one, name no such pair, and say why.
--intrafees, or \"max_cj_intrafees_ratio\" in a line, sets another share for all whose outputs look like a CoinJoin's.
A line that cannot be read is answered with its number and the error; the exit code is then 1.
One that was given up on too; the exit code is then 30.

Examples:
  echo '{\"inputs\":[10,10],\"outputs\":[8,2,3,7]}' | tracehound analyze boltzmann --stdin
  tracehound analyze boltzmann --stdin < amounts.jsonl > links.jsonl"
)]
pub(crate) struct BoltzmannArgs {
    /// Read amounts from standard input, one JSON object a line
    #[arg(long, required = true)]
    pub stdin: bool,
    /// Give up on a transaction after so many steps of a few nanoseconds
    #[arg(long, value_name = "STEPS", default_value_t = DEFAULT_WORK)]
    pub work: u64,
    /// Highest fee of a maker as a share of the mixed amount, from 0 to 1 [default: what a round is recognised by]
    #[arg(long, value_name = "SHARE", value_parser = fee_share)]
    pub intrafees: Option<FeeShare>,
}

fn fee_share(text: &str) -> Result<FeeShare, String> {
    let share = text.parse().ok().and_then(FeeShare::of);
    share.ok_or_else(|| "wanted: a share from 0 to 1, like 0.005".to_owned())
}

#[derive(Debug, Args)]
#[command(after_help = "Each line is a transaction with its previous outputs, as for `analyze coinjoin`:
  {\"txid\":HEX,\"time\":SECONDS,\"inputs\":[{\"value\":SATOSHI,\"script\":HEX}],\"outputs\":[{\"value\":SATOSHI,\"script\":HEX}]}
Only what is recognised as a round of Wasabi 2 is estimated, with every input's value and script,
and at most 1,048,576 pairs of an input and an output.

Each answer holds for each input a number for each output, in their order: left_in, the share of the
input's value that left in it (they add up to 1), and owner_of, how probably it is the owner's on
account of this input; add owner_of of inputs known to be one person's.

An estimate is no link. It weighs how each owner's coins can balance, fees counted. On 3 emulated rounds
of 24 to 30 inputs it put 34 % of the value on the right owner, where shares in proportion put 25 %:
mostly it says that nobody can tell. Rounds of more than 64 inputs or 128 outputs are divided by
amounts alone, which is less; each answer says how it was made and measured (docs/SCORECARD.md).
A line that cannot be answered is answered with its number and the error; the exit code is then 1.

Examples:
  tracehound analyze demix --stdin < rounds.jsonl > estimates.jsonl
  tracehound analyze demix --stdin --input 7 < round.json")]
pub(crate) struct DemixArgs {
    /// Read transactions from standard input, one JSON object a line
    #[arg(long, required = true)]
    pub stdin: bool,
    /// Only this input, counted from 0
    #[arg(long, value_name = "N")]
    pub input: Option<usize>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Each line says whose vault was paid, and the memo or the scripts of the transaction's outputs in order:
  {\"network\":\"thorchain\",\"memo\":TEXT}     (\"id\" may be added and comes back)
  {\"network\":\"mayachain\",\"scripts\":[HEX, ...]}
  {\"network\":\"chainflip\",\"scripts\":[HEX, ...]}
The network comes first because the same memo means different assets on THORChain and Maya.

Each answer has one of these outcomes: intent (what the depositor asked for), unresolved_name (whom to pay is a name
that the network alone knows), memoless (it points at a memo that was registered), payout (the network pays, and names
the deposit), internal (vaults among themselves) and unreadable, with the reason. An intent is no payment: whether it
was paid is on the other chain. Outputs that hold a memo are no payments, and are named.
A line that cannot be answered is answered with its number and the error; the exit code is then 1.

Examples:
  echo '{\"network\":\"thorchain\",\"memo\":\"=:b:bc1q6527vxxqjpq80la2l0sw7hay3lj6dz07zs6gzl:0/1/0\"}' | tracehound analyze memo --stdin
  tracehound analyze memo --stdin < deposits.jsonl | grep '\"outcome\":\"intent\"'"
)]
pub(crate) struct MemoArgs {
    /// Read memos from standard input, one JSON object a line
    #[arg(long, required = true)]
    pub stdin: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Both files are tables with a header, or JSON lines, with id, time, asset, amount and recipient; time in
seconds since 1970 or with its zone, amount in base units, the same of both chains. Further columns do not matter.

A link is told where every way of giving each payout a deposit of its own makes it; anything else is a set of
candidates with its size and how likely each is. Nothing is guessed, and a payout whose deposit is not in the file can
still be linked wrongly: give all deposits of the time. On 4,482 withdrawals of Nomad whose ids were hidden this links
more than 97 % with recipients, all rightly, and more than 80 % without (docs/SCORECARD.md).
Exit code 30: a payout has no link, or a row could not be read.

Examples:
  tracehound analyze match deposits.csv payouts.csv
  tracehound analyze match deposits.csv payouts.csv --without-recipient --latest 604800 --output jsonl
  tracehound analyze match deposits.csv payouts.csv --assets same.csv --fee-bps 30 --earliest=-60"
)]
pub(crate) struct MatchArgs {
    /// Deposits: CSV, TSV or JSON lines, packed or not
    #[arg(value_name = "DEPOSITS")]
    pub deposits: std::path::PathBuf,
    /// Payouts, in the same form
    #[arg(value_name = "PAYOUTS")]
    pub payouts: std::path::PathBuf,
    /// Do not look at recipients
    #[arg(long)]
    pub without_recipient: bool,
    /// Seconds from a deposit to its payout, at the least; below 0 where clocks differ
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_hyphen_values = true)]
    pub earliest: i64,
    /// At the most [default: any time]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub latest: Option<i64>,
    /// What the bridge keeps at the most, in ten-thousandths of the deposit
    #[arg(long, value_name = "BPS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..10_000))]
    pub fee_bps: u32,
    /// And in base units beside that
    #[arg(long, value_name = "UNITS", default_value_t = Amount::ZERO)]
    pub fee_units: Amount,
    /// Which assets are the same: a table of two columns, that of deposits and that of payouts
    #[arg(long, value_name = "FILE")]
    pub assets: Option<std::path::PathBuf>,
}

//! What `guard` and `wallet` are asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use tracehound_guard::safe::Pick;

use super::Given;

#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// Ask how keys, accounts and approvals are kept, and say what to mend first
    #[command(after_help = "Examples:
  tracehound wallet check
  tracehound wallet check --address 0x098B716B8Aaf21512996dC57EB0615e2383E2f96 --rpc http://127.0.0.1:8545
  tracehound wallet check --answers answers.toml --output json     # lines such as: hardware = \"yes\"")]
    Check(WalletCheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct WalletCheckArgs {
    /// Read the answers from this file instead of asking: question = "yes", "no" or "unknown"
    #[arg(long, value_name = "TOML")]
    pub answers: Option<PathBuf>,
    /// List the open approvals of this address; once for each
    #[arg(long, value_name = "ADDRESS")]
    pub address: Vec<String>,
    /// The node to list them through; @FILE and env:NAME name a file or a variable that holds the address
    #[arg(long, value_name = "URL")]
    pub rpc: Option<Given>,
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  tracehound guard safe queue.json --chain-id 1 --safe-version 1.4.1 --owner 0x... --owner 0x... --threshold 2
  tracehound guard tx request.json --account 0x...
  tracehound guard typed permit.json --chain-id 1 --output json
  tracehound guard policy init guard.toml

The verdict is the exit code: 0 allow, 10 review, 20 block, 30 incomplete. What is missing never gives 0.")]
pub(crate) enum GuardCommand {
    /// Safe transactions: from a transaction service by the Safe's address, or the JSON of the service, of the client gateway or of
    /// the Transaction Builder, a list, raw fields, or execTransaction call data
    #[command(after_help = "Examples:
  tracehound guard safe eth:0x1Db92e2EeBC8E0c075a02BeA49a2935BcD2dFCF4
  tracehound guard safe base:0x... --tx 71
  tracehound guard safe queue.json
  curl -s https://safe-transaction-mainnet.safe.global/api/v1/safes/ADDRESS/multisig-transactions/ | tracehound guard safe -
  echo 0x6a761202... | tracehound guard safe - --safe 0x... --nonce 71 --safe-version 1.3.0 --chain-id 1")]
    Safe(Box<GuardSafeArgs>),
    /// An ordinary transaction: JSON, raw bytes, a batch (EIP-5792), an EIP-7702 authorization, a JSON-RPC request
    #[command(after_help = "Examples:
  echo '{\"to\":\"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48\",\"data\":\"0x095ea7b3...\"}' | tracehound guard tx - --chain-id 1
  echo 0x02f8... | tracehound guard tx -")]
    Tx(Box<GuardArgs>),
    /// Typed data (EIP-712): permits, orders, Safe transactions, anything a site asks to sign
    #[command(after_help = "Examples:
  tracehound guard typed permit.json --chain-id 1 --account 0x...")]
    Typed(Box<GuardArgs>),
    /// A text or bytes (`personal_sign`, `eth_sign`)
    #[command(after_help = "Examples:
  tracehound guard message login.txt --origin app.example.org
  echo '{\"method\":\"eth_sign\",\"params\":[\"0x...\",\"0x...\"]}' | tracehound guard message -")]
    Message(Box<GuardArgs>),
    /// Look at a Safe's queue again and again, and tell what is new; ends with 20 when a signature or a transaction is wrong
    #[command(after_help = "Examples:
  tracehound guard watch eth:0x1Db92e2EeBC8E0c075a02BeA49a2935BcD2dFCF4
  tracehound guard watch queue.json --every 5 --keep-going --output jsonl")]
    Watch(Box<GuardWatchArgs>),
    /// Stand between a wallet or site and a node (JSON-RPC over HTTP), and refuse what the guard refuses
    #[command(after_help = "Examples:
  tracehound guard proxy --upstream https://rpc.example.org/v3/KEY
  tracehound guard proxy --upstream http://127.0.0.1:8545 --policy guard.toml --context context.toml
  tracehound guard proxy --upstream http://127.0.0.1:8545 --origin https://app.example.org --listen 127.0.0.1:0

Then give the wallet or site http://127.0.0.1:8550 for its node. Requests that sign or send are judged; block and \
incomplete are answered with an error (code -32003, the report in its data) and never reach the node, and so is review \
without --allow-review. Methods known to read only pass as they are; every other one (bundles, private transactions, user \
operations, a switch of the chain, a name nobody here knows) is refused by name. `methods` in the policy adds readers.

A page in a browser is let in by --origin alone; a wallet that is an extension asks as chrome-extension://ID. The port \
answers POST only: WebSocket (ws://, wss://) is not supported, on neither side. Stop it with ctrl-c.")]
    Proxy(Box<GuardProxyArgs>),
    /// Whom and what this signer trusts
    #[command(subcommand)]
    Policy(GuardPolicyCommand),
    /// What is known of the Safe: its context
    #[command(subcommand)]
    Context(GuardContextCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuardContextCommand {
    /// Read of a node what is known of a Safe, and write it down: owners, threshold, nonce, version, modules, code hashes
    #[command(after_help = "Examples:
  tracehound guard context init 0xSAFE context.toml --rpc http://127.0.0.1:8545
  tracehound guard context init 0xSAFE context.toml --rpc http://127.0.0.1:8545 --pin 0xCONTRACT

Everything is read at one block, and checked by Merkle proof where the node gives one. Read it before you rely on it: the guard \
holds it against the chain wherever a node is named, and says where they differ.")]
    Init(GuardContextArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GuardContextArgs {
    /// The Safe
    #[arg(value_name = "SAFE")]
    pub safe: String,
    /// Where to; standard output when absent. An existing file is left alone
    pub file: Option<PathBuf>,
    /// The node; @FILE and env:NAME name a file or a variable that holds the address
    #[arg(long, value_name = "URL")]
    pub rpc: Given,
    /// The chain it must be on [default: the node's]
    #[arg(long, value_name = "NUMBER")]
    pub chain_id: Option<u64>,
    /// Read it after this block [default: the node's last]
    #[arg(long, value_name = "NUMBER")]
    pub block: Option<u64>,
    /// Write down the code, and a proxy's implementation, at this address too; once for each
    #[arg(long, value_name = "ADDRESS")]
    pub pin: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuardPolicyCommand {
    /// Write the shipped policy, to change it
    #[command(after_help = "Examples:
  tracehound guard policy init guard.toml
  tracehound guard policy init guard.toml --book '0xADDRESS=our cold wallet'")]
    Init {
        /// Where to; standard output when absent. An existing file is left alone
        file: Option<PathBuf>,
        /// Somebody you pay, for the address book; once for each
        #[arg(long, value_name = "ADDRESS=NAME")]
        book: Vec<String>,
    },
    /// Read a policy file and say whether it is valid
    #[command(after_help = "Examples:
  tracehound guard policy check guard.toml")]
    Check {
        /// The file
        file: PathBuf,
    },
    /// Say in sentences what a policy means
    #[command(after_help = "Examples:
  tracehound guard policy explain guard.toml")]
    Explain {
        /// The file; the shipped policy when absent
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct GuardWatchArgs {
    #[command(flatten)]
    pub safe: GuardSafeArgs,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub every: u64,
    /// Looks, after which it ends [default: until Ctrl-C]
    #[arg(long, value_name = "COUNT")]
    pub looks: Option<u64>,
    /// Go on after something was found that must not be signed
    #[arg(long)]
    pub keep_going: bool,
}

#[derive(Debug, Args)]
pub(crate) struct GuardSafeArgs {
    #[command(flatten)]
    pub guard: GuardArgs,
    /// The transaction that is asked about, by its number or its hash [default: all that wait]
    #[arg(long, value_name = "NONCE|HASH")]
    pub tx: Option<Pick>,
    /// Where the transaction service lies [default: Safe's own for the chain]; @FILE and env:NAME name a file or a variable that
    /// holds the address
    #[arg(long, value_name = "URL", env = "TRACEHOUND_SAFE_SERVICE", hide_env_values = true)]
    pub safe_service: Option<Given>,
    /// The key to the transaction service: @FILE or env:NAME
    #[arg(long, value_name = "KEY", env = "TRACEHOUND_SAFE_KEY", hide_env_values = true)]
    pub safe_key: Option<Given>,
}

#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// What is to be signed; - for standard input, an https:// address for a list of the Safe transaction service, a Safe by chain
    /// and address (eth:0x...) for what its owners are asked to sign, @FILE or env:NAME for a file or a variable that holds the
    /// address of a list
    pub file: PathBuf,
    /// The policy [default: the shipped one]
    #[arg(long, value_name = "TOML")]
    pub policy: Option<PathBuf>,
    /// The context: what is known of owners, code hashes, past payments, screening, tokens (`guard context init` writes one)
    #[arg(long, visible_alias = "facts", value_name = "TOML")]
    pub context: Option<PathBuf>,
    /// The chain the wallet is on: its number, or its short name (eth, base, arb1, oeth)
    #[arg(long, value_name = "CHAIN", value_parser = tracehound_guard::short_name::chain_id)]
    pub chain_id: Option<u64>,
    /// Who signs
    #[arg(long, value_name = "ADDRESS")]
    pub account: Option<String>,
    /// Host name of the site that asks
    #[arg(long, value_name = "HOST")]
    pub origin: Option<String>,
    /// A descriptor for clear signing (ERC-7730): its makers' words are shown, and decide nothing; once for each
    #[arg(long, value_name = "JSON")]
    pub erc7730: Vec<PathBuf>,
    /// Execute it on this recorded state: {"0xADDRESS": {"balance", "nonce", "code", "storage"}}, as prestateTracer writes
    #[arg(long, value_name = "JSON")]
    pub state: Option<PathBuf>,
    /// Look up on this node whom it deals with, and execute it on the node's state, checked by Merkle proof where the node gives
    /// one (`eth_getProof`); @FILE and env:NAME name a file or a variable that holds the address
    #[arg(long, value_name = "URL", conflicts_with = "state")]
    pub rpc: Option<Given>,
    /// Execute it after this block [default: the node's last; 0 with --state]
    #[arg(long, value_name = "NUMBER")]
    pub block: Option<u64>,
    /// Do not look addresses up in the lists of the data folder
    #[arg(long)]
    pub no_lists: bool,
    /// The time to judge terms by [default: now]
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
    /// The Safe
    #[arg(long, value_name = "ADDRESS")]
    pub safe: Option<String>,
    /// Version of the Safe, 0.1.0 to 1.5.0
    #[arg(long, value_name = "VERSION")]
    pub safe_version: Option<String>,
    /// An owner of the Safe; once for each
    #[arg(long, value_name = "ADDRESS")]
    pub owner: Vec<String>,
    /// Signatures the Safe needs
    #[arg(long, value_name = "NUMBER")]
    pub threshold: Option<u64>,
    /// The Safe's next nonce
    #[arg(long, value_name = "NUMBER")]
    pub nonce: Option<u64>,
    /// The domain hash the device shows
    #[arg(long, value_name = "HASH")]
    pub device_domain: Option<String>,
    /// The message hash the device shows
    #[arg(long, value_name = "HASH")]
    pub device_message: Option<String>,
    /// The hash to sign the device shows
    #[arg(long, value_name = "HASH")]
    pub device_hash: Option<String>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct GuardProxyArgs {
    /// The node, http or https; only its host is ever printed. @FILE and env:NAME name a file or a variable that holds it
    #[arg(long, value_name = "URL", env = "TRACEHOUND_UPSTREAM", hide_env_values = true)]
    pub upstream: Given,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8550")]
    pub listen: std::net::SocketAddr,
    /// Listen although other machines can reach the address; whoever reaches it can use your node
    #[arg(long)]
    pub allow_remote: bool,
    /// A site or extension whose pages may ask: scheme, host and port; once for each
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Vec<String>,
    /// The policy [default: the shipped one]
    #[arg(long, value_name = "TOML")]
    pub policy: Option<PathBuf>,
    /// The context: what is known of account, owners, code hashes, past payments, screening, tokens
    #[arg(long, visible_alias = "facts", value_name = "TOML")]
    pub context: Option<PathBuf>,
    /// Do not look addresses up in the lists of the data folder
    #[arg(long)]
    pub no_lists: bool,
    /// Neither look up on the node whom they deal with nor execute transactions on its state before they may pass
    #[arg(long)]
    pub no_simulation: bool,
    /// Pass what a person should look at, and say so on standard error
    #[arg(long)]
    pub allow_review: bool,
}

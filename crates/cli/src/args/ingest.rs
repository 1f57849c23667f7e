//! What `ingest` and `ledger` are asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tracehound_model::BitcoinNetwork;

use super::{
    Given, Whose,
    values::{evm_chain, memory, network},
};

#[derive(Debug, Subcommand)]
pub(crate) enum IngestCommand {
    /// Bitcoin block files, as Bitcoin Core writes them, or single raw blocks
    Bitcoin(BitcoinArgs),
    /// A running Bitcoin node's blocks, from where the ledger ends to the node's tip
    Node(NodeArgs),
    /// Blocks of Ethereum with their receipts, from era1 files
    Evm(EvmArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound ingest evm ~/era1
  tracehound ingest evm mainnet-00000-5ec1ffb8.era1 mainnet-00001-a5364e9a.era1
  tracehound ingest evm --chain sepolia sepolia-00021-b8814b14.era1
Every block is held against its header's hash, and the headers against each other. Era1 files hold blocks and receipts up to the
end of mining; they hold no traces, so what contracts passed on of the chain's own coin is not in the ledger, and answers say so.
Exit code 30 when the ledger lacks something of the chain up to its last block, as it does without traces; 4 when interrupted
(what was appended is kept).")]
pub(crate) struct EvmArgs {
    /// Era1 files, or folders of them
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The chain that the files must be of, by their names: eth or sepolia [default: that of the first file]
    #[arg(long, value_name = "CHAIN", value_parser = evm_chain)]
    pub chain: Option<u64>,
    /// Memory for the tables of accounts and assets, as 512M or 4G; what has no room lies beside the ledger while it is written. Less
    /// is slower, and makes smaller segments [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound ingest bitcoin ~/.bitcoin
  tracehound ingest bitcoin blk00000.dat blk00001.dat
  tracehound ingest bitcoin --network regtest /tmp/regtest/blocks
  tracehound ingest bitcoin --memory 512M ~/.bitcoin
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
    /// Memory for the tables of addresses and unspent transactions, as 512M or 4G; what has no room lies beside the ledger while it
    /// is written. Less is slower, and makes smaller segments [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
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
    /// Memory for the tables of addresses and unspent transactions, as 512M or 4G; what has no room lies beside the ledger while it
    /// is written. Less is slower, and makes smaller segments [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Counts, sizes, first and last block
    Info(LedgerArgs),
    /// Read everything and check it
    Verify(LedgerArgs),
    /// Make a manifest anew from the segments, and spent cells from the inputs that spend; nothing is deleted
    Repair(RepairArgs),
    /// Rewrite what earlier versions wrote, so that every hash has the ledger's own key and every snapshot its id. May be
    /// stopped and run again
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
    #[command(flatten)]
    pub whose: Whose,
}

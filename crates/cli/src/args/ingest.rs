//! What `ingest` and `ledger` are asked.

use std::{num::NonZeroU32, path::PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use tracehound_model::BitcoinNetwork;

use super::{
    Given, Whose,
    values::{a_second, at_least_one, evm_chain, memory, network},
};

#[derive(Debug, Subcommand)]
pub(crate) enum IngestCommand {
    /// Bitcoin block files, as Bitcoin Core writes them, or single raw blocks
    Bitcoin(BitcoinArgs),
    /// A running Bitcoin node's blocks, from where the ledger ends to the node's tip
    Node(NodeArgs),
    /// Blocks of Ethereum and its kin with their receipts: from era1 files, files of ethereum-etl, or a running node
    Evm(EvmArgs),
}

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("source").args(["paths", "rpc"]).required(true)),
    after_help = "Examples:
  tracehound ingest evm ~/era1
  tracehound ingest evm --chain sepolia sepolia-00021-b8814b14.era1
  tracehound ingest evm --etl --chain eth ~/ethereum-etl/output
  tracehound ingest evm --rpc http://127.0.0.1:8545
  tracehound ingest evm --rpc @/etc/tracehound/node-url --from-height 21895000 --per-second 25
  tracehound ingest evm --rpc http://127.0.0.1:8545 --follow --ws ws://127.0.0.1:8546
  tracehound ingest evm --rpc ws://127.0.0.1:8546 --follow
  tracehound ingest evm --rpc http://127.0.0.1:8545 --from-height 21895000 --watch 0x47666Fab8bd0Ac7003bce3f5C3585383F09486E2 --watch @more.txt
Every block of era1 files and of a node is held against its header's hash, and the headers against each other; receipts,
transactions and withdrawals against the header's roots. Era1 files hold blocks and receipts up to the end of mining; they hold
no traces, so what contracts passed on of the chain's own coin is not in the ledger, and answers say so. A node is asked for
debug_traceBlockByNumber, else trace_block; one that has neither leaves the same gap. Files of ethereum-etl are taken at their word.
A run that was ended or failed goes on where the ledger ends when the same command is run again; where the node left the ledger's
chain, the ledger goes back first. With --follow the node is asked for what is beyond the last block that is held whenever it tells
of a block (--ws, or --rpc itself where that is a socket), and every --poll in any case, so that none is missed; it ends with Ctrl-C.
Over a socket (ws://, wss://) all questions go over one connection, which is opened anew where it breaks, and what is read is the same
as over HTTP; it goes to the node directly, whatever proxy the environment names.
With --watch the ledger holds the transactions alone that moved something of the accounts named, each whole; all blocks are read and
proved as ever. Whatever is asked of another account, or of the time before the first block, is incomplete, and `trace` names the
accounts that it would take (to_watch with --output json). Naming more accounts reads the ledger's blocks anew, beside it, until it
watches those too, from its first block on; until then answers come from the one before.
Exit code 30 when the ledger lacks something of the chain up to its last block, as it does without traces; 1 when the node failed on
the way; 4 when interrupted, as following is (what was appended is kept)."
)]
pub(crate) struct EvmArgs {
    /// Era1 files, or folders of them; with --etl files of ethereum-etl
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The paths are CSV files of ethereum-etl (blocks and transactions; receipts, logs and traces where there are some), or folders
    /// of them
    #[arg(long, requires_all = ["paths", "chain"])]
    pub etl: bool,
    /// A running node's JSON-RPC interface instead, over HTTP or a WebSocket (ws://HOST:PORT); of what follows the host nothing is ever
    /// printed. @FILE and env:NAME name a file or a variable that holds the address
    #[arg(long, value_name = "URL")]
    pub rpc: Option<Given>,
    /// The chain that the blocks must be of: eth, base, eip155:137 [default: that of the first era1 file's name, or the node's]
    #[arg(long, value_name = "CHAIN", value_parser = evm_chain)]
    pub chain: Option<u64>,
    /// An account whose movements are wanted, or @FILE with one on each line; again for more. Without any: everybody's, or of whom
    /// the ledger watches already
    #[arg(long, value_name = "ADDRESS|@FILE")]
    pub watch: Vec<String>,
    #[command(flatten)]
    pub node: EvmNodeArgs,
    /// Memory for the tables of accounts and assets, as 512M or 4G; what has no room lies beside the ledger while it is written. Less
    /// is slower, and makes smaller segments [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
}

/// How a node is asked.
#[derive(Debug, Args)]
pub(crate) struct EvmNodeArgs {
    /// Where an empty ledger begins [default: genesis]; what accounts held before is not known then, and answers that need it are
    /// incomplete
    #[arg(long, value_name = "HEIGHT", conflicts_with = "paths")]
    pub from_height: Option<u64>,
    /// The last block wanted [default: the last that is read]
    #[arg(long, value_name = "HEIGHT", conflicts_with_all = ["paths", "follow"])]
    pub to_height: Option<u64>,
    /// Read up to the last block with so many others on top of it, 0 for all [default: the last that the node calls final]
    #[arg(long, value_name = "BLOCKS", conflicts_with = "paths")]
    pub depth: Option<u64>,
    /// Take blocks and receipts at the node's word: roots and signatures are not recomputed, and nothing is proved
    #[arg(long, conflicts_with = "paths")]
    pub no_proof: bool,
    /// Do not ask for traces: what contracts passed on of the chain's own coin is not known then
    #[arg(long, conflicts_with = "paths")]
    pub no_traces: bool,
    /// Questions in one request at most; fewer where the node refuses so many [default: 60]
    #[arg(long, value_name = "COUNT", conflicts_with = "paths", value_parser = at_least_one)]
    pub batch: Option<usize>,
    /// Questions a second at most, each of a batch counted [default: as many as the node answers]
    #[arg(long, value_name = "COUNT", conflicts_with = "paths")]
    pub per_second: Option<NonZeroU32>,
    /// Go on with new blocks as they come
    #[arg(long, conflicts_with = "paths")]
    pub follow: bool,
    /// The node's socket (ws://HOST:PORT), on which it tells of new blocks; without one, --rpc itself where that is a socket, else they
    /// are asked for every --poll
    #[arg(long, value_name = "URL", requires = "follow", conflicts_with = "paths")]
    pub ws: Option<Given>,
    /// Time after which the node is asked for new blocks, whatever its socket tells
    #[arg(long, value_name = "DURATION", default_value = "12s", value_parser = a_second, requires = "follow", conflicts_with = "paths")]
    pub poll: jiff::SignedDuration,
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
    /// Make a manifest anew from the segments, and of Bitcoin spent cells from the inputs that spend; nothing is deleted
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
  tracehound ledger repair --chain eth
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

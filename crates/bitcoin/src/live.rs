//! Blocks from a running node or server, where the files end.
//!
//! Everything a server sends is checked as a file's bytes are: a block must hash to the id that was asked for and its
//! transactions to its Merkle root; a transaction from Esplora must hash to its id.

pub mod esplora;
pub mod follow;
pub mod rest;
pub mod rpc;

use std::fmt;

use tracehound_model::{
    BitcoinNetwork, BlockHash,
    endpoint::{Endpoint, EndpointError},
    text::label,
};
use tracehound_net::Client;
pub use tracehound_net::{HttpError, HttpLimits};

use crate::{network::Params, parse::BlockError, plan::ChainPoint};

/// What a node says about its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainInfo {
    /// The network it is on.
    pub network: BitcoinNetwork,
    /// Its last block.
    pub tip: ChainPoint,
    /// Whether it is still catching up with its peers: its tip is then not the world's.
    pub catching_up: bool,
    /// The lowest block it still has, where it deletes old ones.
    pub pruned_below: Option<u32>,
}

impl ChainInfo {
    /// Refuses a server that is on another network.
    pub fn must_be_on(&self, wanted: BitcoinNetwork) -> Result<(), LiveError> {
        if self.network == wanted {
            return Ok(());
        }
        let name = |network| Params::of(network).name.to_owned();
        Err(LiveError::Network { found: name(self.network), wanted: name(wanted) })
    }
}

/// A server of blocks: a node's JSON-RPC or REST interface, or Esplora.
pub trait BlockServer {
    /// Network and tip.
    fn chain_info(&self) -> Result<ChainInfo, LiveError>;
    /// The id of the block at a height of its best chain; `None` above the tip.
    fn hash_at(&self, height: u32) -> Result<Option<BlockHash>, LiveError>;
    /// A serialised block. That it is the one asked for is for the caller to check.
    fn block(&self, hash: &BlockHash) -> Result<Vec<u8>, LiveError>;
}

/// Why a server could not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The exchange itself failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The address of the server is none. It is not repeated: it may hold a key.
    #[error(
        "what was given as the server's address is none: {0}; give http://HOST:PORT or https://HOST/PATH"
    )]
    Url(EndpointError),
    /// The address of the server holds a name or a password.
    #[error(
        "the address of {0} holds a name or password: give a node's by --user and TRACEHOUND_NODE_PASSWORD, or by --cookie"
    )]
    User(String),
    /// The node's cookie file cannot be read.
    #[error("cannot read the node's cookie {}: {source}; is the node running, and may you read its files?", path.display())]
    Cookie {
        /// The cookie file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Name and password, or the cookie, are not the node's.
    #[error("{0} refuses the name and password (HTTP 401)")]
    Unauthorised(String),
    /// The node answered with an error of its own.
    #[error("the node answers {method} with error {code}: {message}")]
    Node {
        /// The method called.
        method: &'static str,
        /// Bitcoin Core's error code.
        code: i64,
        /// Its words.
        message: String,
    },
    /// An answer that does not have the documented form.
    #[error("the answer of {from} does not have the documented form: {problem}")]
    Shape {
        /// What was asked.
        from: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// The server is on a network this reader does not know, or on another than expected.
    #[error("the server is on {found}, and {wanted} was expected")]
    Network {
        /// The server's network.
        found: String,
        /// Ours.
        wanted: String,
    },
    /// A block that does not hold together.
    #[error("the server's block {hash} is damaged: {error}")]
    Block {
        /// The block asked for.
        hash: BlockHash,
        /// What is wrong with it.
        error: BlockError,
    },
    /// Another block than the one asked for.
    #[error("the server gave block {found} where {asked} was asked for")]
    OtherBlock {
        /// The block asked for.
        asked: BlockHash,
        /// The block received.
        found: BlockHash,
    },
    /// The server's chain and ours have no block in common, as far as was looked.
    #[error(
        "the server's chain leaves ours more than {looked} blocks below height {height}: \
         it is another chain, or ours is damaged"
    )]
    NoCommonBlock {
        /// Where the search began.
        height: u32,
        /// How many blocks down it went.
        looked: u32,
    },
    /// The server changes its mind faster than blocks can be fetched.
    #[error(
        "the server's chain changed {0} times without growing: it answers from several branches; try again later"
    )]
    Unsteady(u32),
}

/// Talks to the server at `url`, such as `http://127.0.0.1:8332`. Nothing is sent yet.
fn connect(url: &str, limits: HttpLimits) -> Result<Client, LiveError> {
    let server = Endpoint::parse(url).map_err(LiveError::Url)?;
    if server.has_user() {
        return Err(LiveError::User(server.shown().to_owned()));
    }
    Ok(Client::new(server, limits))
}

/// The outcome with the server's own words struck of what could be a key of ours: a page that repeats the address it was asked
/// at stands in the errors of those who tried to read it.
fn told<T>(http: &Client, outcome: Result<T, LiveError>) -> Result<T, LiveError> {
    outcome.map_err(|error| match error {
        LiveError::Shape { from, problem } => LiveError::Shape { from, problem: http.excerpt(problem) },
        LiveError::Network { found, wanted } => LiveError::Network { found: http.excerpt(found), wanted },
        other => other,
    })
}

impl LiveError {
    pub(crate) fn shape(from: impl Into<String>, problem: impl fmt::Display) -> Self {
        // It can repeat what the server wrote.
        Self::Shape { from: from.into(), problem: label(&problem.to_string()).into_owned() }
    }

    /// An answer that is no JSON of the documented form. The parser's words are taken where they are its own: those about a
    /// value repeat it, and a server can write there what it was asked at, key and all.
    pub(crate) fn json(from: impl Into<String>, error: &serde_json::Error) -> Self {
        let words = error.to_string();
        if !error.is_data() || words.starts_with("missing field `") {
            return Self::shape(from, words);
        }
        // The value stands in quotes, and what is wrong with it behind them.
        let own = words.rsplit(['`', '"']).next().unwrap_or_default();
        Self::shape(from, format!("a value: {}", own.trim_start_matches([',', ' '])))
    }
}

/// Most bytes of a network's name that are repeated.
const LONGEST_NAME: usize = 16;

/// The network behind the name that Bitcoin Core's `getblockchaininfo` uses.
fn network_named(chain: &str) -> Result<BitcoinNetwork, LiveError> {
    Ok(match chain {
        "main" => BitcoinNetwork::Mainnet,
        "test" => BitcoinNetwork::Testnet,
        "signet" => BitcoinNetwork::Signet,
        "regtest" => BitcoinNetwork::Regtest,
        other => {
            return Err(LiveError::Network {
                // Of a longer text a cut would leave a part of what is struck as a whole.
                found: if other.len() > LONGEST_NAME {
                    format!("a network whose name has {} bytes", other.len())
                } else {
                    format!("`{}`", label(other))
                },
                wanted: "main, test, signet or regtest".to_owned(),
            });
        }
    })
}

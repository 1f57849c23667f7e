//! A node's JSON-RPC interface.

use std::{fmt, fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tracehound_model::BlockHash;
use tracehound_net::{Answer, Client};

use super::{BlockServer, ChainInfo, HttpLimits, LiveError, connect, network_named, told};
use crate::plan::ChainPoint;

/// Bitcoin Core's code for a height above the tip ("Block height out of range").
const OUT_OF_RANGE: i64 = -8;

/// How to log in to a node.
#[derive(Clone)]
pub enum Auth {
    /// Name and password (`rpcauth`, `rpcuser` in the node's configuration).
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// The file `.cookie` in the node's data folder; read anew when the node was restarted.
    Cookie(PathBuf),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => write!(f, "Password({user}:…)"),
            Self::Cookie(path) => write!(f, "Cookie({})", path.display()),
        }
    }
}

impl Auth {
    /// `name:password`; the cookie file holds it as it is.
    fn pair(&self) -> Result<String, LiveError> {
        Ok(match self {
            Self::Password { user, password } => format!("{user}:{password}"),
            Self::Cookie(path) => fs::read_to_string(path)
                .map_err(|source| LiveError::Cookie { path: path.clone(), source })?
                .trim()
                .to_owned(),
        })
    }
}

/// A node reached by JSON-RPC.
#[derive(Debug)]
pub struct NodeRpc {
    http: Client,
    auth: Auth,
}

#[derive(Deserialize)]
struct Reply {
    result: Value,
    error: Option<ReplyError>,
}

#[derive(Deserialize)]
struct ReplyError {
    code: i64,
    message: String,
}

/// What we use of `getblockchaininfo`.
#[derive(Deserialize)]
pub(super) struct BlockchainInfo {
    chain: String,
    blocks: u32,
    bestblockhash: BlockHash,
    initialblockdownload: bool,
    pruneheight: Option<u32>,
}

impl TryFrom<BlockchainInfo> for ChainInfo {
    type Error = LiveError;

    fn try_from(info: BlockchainInfo) -> Result<Self, LiveError> {
        Ok(Self {
            network: network_named(&info.chain)?,
            tip: ChainPoint { hash: info.bestblockhash, height: info.blocks },
            catching_up: info.initialblockdownload,
            pruned_below: info.pruneheight,
        })
    }
}

impl NodeRpc {
    /// A node at `url`, such as `http://127.0.0.1:8332`. Nothing is sent yet.
    pub fn new(url: &str, auth: Auth, limits: HttpLimits) -> Result<Self, LiveError> {
        Ok(Self { http: connect(url, limits)?, auth })
    }

    fn call<T: DeserializeOwned>(&self, method: &'static str, params: &Value) -> Result<T, LiveError> {
        let request = json!({ "jsonrpc": "1.0", "id": "tracehound", "method": method, "params": params });
        let pair = self.auth.pair()?;
        let encoded = STANDARD.encode(&pair);
        let header = format!("Basic {encoded}");
        let password = pair.split_once(':').map_or_else(String::new, |(_, password)| password.to_owned());
        // A node can repeat what it was sent, as well as where.
        let http = self.http.sending([password, encoded, pair]);
        let reply = reply(method, http.post_json("/", Some(&header), request.to_string().as_bytes())?)?;
        if let Some(ReplyError { code, message }) = reply.error {
            return Err(LiveError::Node { method, code, message: http.excerpt(message) });
        }
        serde_json::from_value(reply.result).map_err(|error| LiveError::json(method, &error))
    }
}

/// The node's reply. Errors of its own come with HTTP 404 or 500 and a reply all the same.
fn reply(method: &str, answer: Answer) -> Result<Reply, LiveError> {
    if answer.status == 401 {
        return Err(LiveError::Unauthorised(answer.url));
    }
    match serde_json::from_slice(&answer.body) {
        Ok(reply) => Ok(reply),
        Err(_) if answer.status != 200 => Err(answer.into_error().into()),
        Err(error) => Err(LiveError::json(method, &error)),
    }
}

impl BlockServer for NodeRpc {
    fn chain_info(&self) -> Result<ChainInfo, LiveError> {
        told(&self.http, self.call::<BlockchainInfo>("getblockchaininfo", &json!([]))?.try_into())
    }

    fn hash_at(&self, height: u32) -> Result<Option<BlockHash>, LiveError> {
        match self.call("getblockhash", &json!([height])) {
            Ok(hash) => Ok(Some(hash)),
            Err(LiveError::Node { code: OUT_OF_RANGE, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn block(&self, hash: &BlockHash) -> Result<Vec<u8>, LiveError> {
        let digits: String = self.call("getblock", &json!([hash, 0]))?;
        hex::decode(digits).map_err(|error| LiveError::shape("getblock", error))
    }
}

//! New blocks as a node tells of them by itself: a bell, after which the node is asked.
//!
//! What a socket says of a block is not taken for one. A bell that is missed, rings twice or breaks off loses nothing, for the next
//! one leads to the same question: which blocks there are beyond the last that is held.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tracehound_model::endpoint::Endpoint;
use tracehound_net::{HttpError, Socket};

use crate::rpc::RpcError;

/// Bytes of one message: what rings is short.
const MESSAGE: u64 = 1 << 20;

/// A subscription to new blocks (`eth_subscribe`, `newHeads`).
#[derive(Debug)]
pub struct Heads {
    socket: Socket,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    error: Option<Refused>,
    #[serde(default)]
    id: Option<u64>,
}

#[derive(Deserialize)]
struct Refused {
    code: i64,
    message: String,
}

impl Heads {
    /// Subscribes to the new blocks of the node at `url` (`ws://HOST:PORT`). `timeout` is for each step of it: the connection, the
    /// wish, and each thing that is said before it is granted.
    ///
    /// # Errors
    /// When nobody answers, or the node tells of no blocks by itself.
    pub fn subscribe(url: &str, timeout: Duration) -> Result<Self, RpcError> {
        let server = Endpoint::parse_socket(url).map_err(RpcError::Socket)?;
        if server.has_user() {
            return Err(RpcError::User(server.shown().to_owned()));
        }
        let shown = server.shown().to_owned();
        let mut socket = Socket::open(server.clone(), MESSAGE, timeout)?;
        let question =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"] });
        socket.say(&question.to_string(), timeout)?;
        let method = || "eth_subscribe".to_owned();
        // Blocks may come before the answer does.
        loop {
            let Some(said) = socket.next(timeout)? else {
                return Err(HttpError::Timeout { url: shown, limit: timeout }.into());
            };
            match serde_json::from_slice(&said) {
                Ok(Said { error: Some(Refused { code, message }), .. }) => {
                    let message = server.excerpt(message.as_bytes());
                    return Err(RpcError::Node { server: shown, method: method(), code, message });
                }
                Ok(Said { id: Some(1), .. }) => return Ok(Self { socket }),
                Ok(Said { method: Some(_), .. }) => {}
                Ok(_) | Err(_) => {
                    let problem = format!("it begins with {}", server.excerpt(&said));
                    return Err(RpcError::Shape { server: shown, method: method(), problem });
                }
            }
        }
    }

    /// Whether the node tells of a new block within this time.
    ///
    /// # Errors
    /// When the connection is broken: no more bells come from it.
    pub fn wait(&mut self, within: Duration) -> Result<bool, RpcError> {
        Ok(self.socket.next(within)?.is_some())
    }
}

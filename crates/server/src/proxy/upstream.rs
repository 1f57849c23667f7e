//! The node: asked with limits on time and size, and never named further than its host.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use tracehound_guard::{json, scalar::Scalars};
use tracehound_model::endpoint::{Endpoint, EndpointError};
use tracehound_net::{Client, HttpLimits};

use super::{Limits, told};

/// Most bytes of the answer to `eth_chainId`.
const SMALL: u64 = 4 << 10;

/// A node.
pub(super) struct Upstream {
    client: Client,
}

/// What a node answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) kind: Option<HeaderValue>,
    pub(super) body: Vec<u8>,
}

impl Upstream {
    pub(super) fn new(url: &str, limits: Limits) -> Result<Self, EndpointError> {
        // What a client asked once is asked of the node once: it may be no question.
        let limits =
            HttpLimits { timeout: limits.timeout, body: limits.answer, retries: 0, pause: Duration::ZERO };
        Ok(Self { client: Client::new(Endpoint::parse(url)?, limits) })
    }

    /// Scheme, host and port: what stands before and after can be a password or a key.
    pub(super) fn shown(&self) -> &str {
        self.client.shown()
    }

    /// Sends a body and reads the whole answer.
    pub(super) fn post(&self, body: &[u8]) -> Result<Reply, String> {
        exchange(&self.client, body)
    }

    /// The answer as a client may have it. Otherwise the status for the client, and why: nothing of what a node writes beside
    /// JSON-RPC comes back, because it can repeat the address, and a key with it.
    pub(super) fn fit(&self, reply: Reply) -> Result<Reply, (StatusCode, String)> {
        let Reply { status, kind, body } = reply;
        if !status.is_success() {
            return Err((status, format!("{} answers with HTTP {}", self.shown(), status.as_u16())));
        }
        let Some(body) = told::fit(body, self.client.server()) else {
            return Err((StatusCode::BAD_GATEWAY, format!("{} answers no JSON-RPC", self.shown())));
        };
        let kind =
            kind.filter(|kind| kind.to_str().is_ok_and(|kind| self.client.server().struck(kind) == kind));
        Ok(Reply { status, kind, body })
    }

    /// The node's words, as they may be shown.
    pub(super) fn excerpt(&self, words: &str) -> String {
        self.client.excerpt(words)
    }

    /// As [`Self::post`], with less time.
    pub(super) fn ask(&self, body: &[u8], time: Duration) -> Result<Reply, String> {
        let limits = self.client.limits();
        let limits = HttpLimits { timeout: time.min(limits.timeout), ..limits };
        exchange(&self.client.with_limits(limits), body)
    }

    /// The chain the node says it is on.
    pub(super) fn chain_id(&self) -> Result<u64, String> {
        let asked = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;
        let client = self.client.with_limits(HttpLimits { body: SMALL, ..self.client.limits() });
        let reply = exchange(&client, asked)?;
        let node = json::parse(&reply.body).map_err(|_| format!("{} answers no JSON", self.shown()))?;
        let result =
            node.get("result").ok_or_else(|| format!("{} answers without a result", self.shown()))?;
        let chain =
            Scalars::default().uint(result, "result").ok().and_then(|chain| u64::try_from(chain).ok());
        chain.ok_or_else(|| format!("{} answers no number", self.shown()))
    }
}

fn exchange(node: &Client, body: &[u8]) -> Result<Reply, String> {
    let answer = node.post_json("", None, body).map_err(|error| error.to_string())?;
    let status = StatusCode::from_u16(answer.status)
        .map_err(|_| format!("{} answers with HTTP {}", node.shown(), answer.status))?;
    let kind = answer.content_type.and_then(|kind| HeaderValue::from_str(&kind).ok());
    Ok(Reply { status, kind, body: answer.body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_scheme_host_and_port_is_shown() {
        let upstream = Upstream::new("https://me:secret@node.example:8545/v3/key?token=x", Limits::default());
        assert_eq!(upstream.expect("a node").shown(), "https://node.example:8545");
        for bad in ["ftp://node.example", "node.example:8545", "ws://node.example", "", "http://"] {
            assert!(Upstream::new(bad, Limits::default()).is_err(), "{bad}");
        }
    }
}

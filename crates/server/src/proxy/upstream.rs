//! The node: asked with limits on time and size, and never named further than its host.

use std::{io::Read, time::Duration};

use axum::http::{HeaderValue, StatusCode};
use tracehound_guard::{json, scalar::Scalars};
use tracehound_model::endpoint::{Endpoint, EndpointError};
use ureq::{Agent, Proxy};

use super::{Limits, told};

/// Most bytes of the answer to `eth_chainId`.
const SMALL: u64 = 4 << 10;

/// A node.
pub(super) struct Upstream {
    agent: Agent,
    endpoint: Endpoint,
    limits: Limits,
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
        let endpoint = Endpoint::parse(url)?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect could lead anywhere; a node never sends one.
            .max_redirects(0)
            .proxy(if endpoint.is_local() { None } else { Proxy::try_from_env() })
            .user_agent(concat!("tracehound/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: config.build().into(), endpoint, limits })
    }

    /// Scheme, host and port: what stands before and after can be a password or a key.
    pub(super) fn shown(&self) -> &str {
        self.endpoint.shown()
    }

    /// Sends a body and reads the whole answer.
    pub(super) fn post(&self, body: &[u8]) -> Result<Reply, String> {
        self.exchange(body, self.limits.answer, self.limits.timeout)
    }

    /// The answer as a client may have it. Otherwise the status for the client, and why: nothing of what a node writes beside
    /// JSON-RPC comes back, because it can repeat the address, and a key with it.
    pub(super) fn fit(&self, reply: Reply) -> Result<Reply, (StatusCode, String)> {
        let Reply { status, kind, body } = reply;
        if !status.is_success() {
            return Err((status, format!("{} answers with HTTP {}", self.shown(), status.as_u16())));
        }
        let Some(body) = told::fit(body, &self.endpoint) else {
            return Err((StatusCode::BAD_GATEWAY, format!("{} answers no JSON-RPC", self.shown())));
        };
        let kind = kind.filter(|kind| kind.to_str().is_ok_and(|kind| self.endpoint.struck(kind) == kind));
        Ok(Reply { status, kind, body })
    }

    /// The node's words, as they may be shown.
    pub(super) fn excerpt(&self, words: &str) -> String {
        self.endpoint.excerpt(words.as_bytes())
    }

    /// As [`Self::post`], with less time.
    pub(super) fn ask(&self, body: &[u8], time: Duration) -> Result<Reply, String> {
        self.exchange(body, self.limits.answer, time.min(self.limits.timeout))
    }

    /// The chain the node says it is on.
    pub(super) fn chain_id(&self) -> Result<u64, String> {
        let asked = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;
        let reply = self.exchange(asked, SMALL, self.limits.timeout)?;
        let node = json::parse(&reply.body).map_err(|_| format!("{} answers no JSON", self.shown()))?;
        let result =
            node.get("result").ok_or_else(|| format!("{} answers without a result", self.shown()))?;
        let chain =
            Scalars::default().uint(result, "result").ok().and_then(|chain| u64::try_from(chain).ok());
        chain.ok_or_else(|| format!("{} answers no number", self.shown()))
    }

    fn exchange(&self, body: &[u8], limit: u64, time: Duration) -> Result<Reply, String> {
        let explain = |error: &ureq::Error| self.explain(error, time);
        let asked = self.agent.post(self.endpoint.exposed()).header("Content-Type", "application/json");
        let asked = asked.config().timeout_global(Some(time)).build();
        let answered = asked.send(body).map_err(|error| explain(&error))?;
        let status = answered.status();
        if status.is_redirection() {
            return Err(format!(
                "{} redirects, and that is not followed: name the last address",
                self.shown()
            ));
        }
        let kind = answered.headers().get("Content-Type").cloned();
        let mut body = Vec::new();
        let mut reader = answered.into_body().into_reader().take(limit + 1);
        reader.read_to_end(&mut body).map_err(|error| explain(&ureq::Error::from(error)))?;
        if body.len() as u64 > limit {
            return Err(format!("the answer of {} has more than {limit} bytes", self.shown()));
        }
        Ok(Reply { status, kind, body })
    }

    fn explain(&self, error: &ureq::Error, time: Duration) -> String {
        match error {
            ureq::Error::Timeout(_) => {
                format!("{} did not answer within {} s", self.shown(), time.as_secs_f32())
            }
            // The client's own words can repeat the whole address.
            other => format!("{}: {}", self.shown(), self.excerpt(&other.to_string())),
        }
    }
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

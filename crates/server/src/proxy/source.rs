//! The node as what is executed on before it may pass.

use std::time::Instant;

use serde_json::{Value, json};
use tracehound_simulate::live::{Node, NodeError};

use super::upstream::Upstream;

/// Answers until a moment, and fails after it: however often it is asked, one body cannot hold a thread for longer.
pub(super) struct Source<'a> {
    pub(super) upstream: &'a Upstream,
    pub(super) until: Instant,
}

impl Node for Source<'_> {
    fn call(&mut self, method: &str, params: Value) -> Result<Value, NodeError> {
        let failed = |message: String| NodeError { code: None, message };
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failed("the time for executing it is over".to_owned()));
        }
        let asked = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let reply = self.upstream.ask(asked.as_bytes(), left).map_err(failed)?;
        let mut answer: Value = serde_json::from_slice(&reply.body)
            .map_err(|_| failed(format!("no JSON, but HTTP {}", reply.status)))?;
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            let message = error["message"].as_str().unwrap_or("an error without a message");
            // It becomes a part of what the client is told.
            let message = self.upstream.excerpt(message);
            return Err(NodeError { code: error["code"].as_i64(), message });
        }
        // `null` is a result, and nothing is none.
        let result = answer.get_mut("result").map(Value::take);
        result.ok_or_else(|| failed("neither result nor error".to_owned()))
    }
}

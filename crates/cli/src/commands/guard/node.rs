//! A node over HTTP as the simulation's node.

use serde_json::Value;
use tracehound_evm::rpc::{Rpc, RpcError};
use tracehound_simulate::live::{Node, NodeError};

/// A node reached by JSON-RPC.
#[derive(Debug)]
pub(crate) struct HttpNode(pub(crate) Rpc);

impl Node for HttpNode {
    fn call(&mut self, method: &str, params: Value) -> Result<Value, NodeError> {
        self.0.call(method, &params).map_err(|error| match error {
            RpcError::Node { code, message, .. } => NodeError { code: Some(code), message },
            other => NodeError { code: None, message: other.to_string() },
        })
    }
}

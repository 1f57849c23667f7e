//! A local chain, asked and told.

use std::path::Path;

use alloy_primitives::{Address, B256, U256, hex};
use serde_json::{Value, json};
use tracehound_evm::rpc::{HttpLimits, Rpc, RpcError};
use tracehound_simulate::live::{Node, NodeError};
use tracehound_testkit::anvil::Anvil as Chain;
pub(crate) use tracehound_testkit::anvil::CHAIN;

/// A running chain. Ends when it is dropped.
pub(crate) struct Anvil {
    /// Runs as long as this is held.
    _chain: Chain,
    rpc: Rpc,
}

impl Anvil {
    /// Starts a chain; `None` where npm has no anvil for this machine.
    pub(crate) fn start() -> Option<Self> {
        let chain = Chain::start(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
        let rpc = Rpc::new(chain.url(), HttpLimits::default()).expect("an address");
        Some(Self { _chain: chain, rpc })
    }

    /// Calls a method that must work.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.rpc.call(method, params).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sends a transaction from one of anvil's own accounts, mines a block and returns the receipt.
    ///
    /// Anvil can mine by itself, but then it may still be at it when the receipt is asked for.
    pub(crate) fn send(&mut self, from: Address, to: Option<Address>, value: U256, data: &[u8]) -> Value {
        let mut tx = json!({
            "from": from.to_string(), "value": format!("{value:#x}"), "data": hex::encode_prefixed(data),
            "gas": "0xa00000",
        });
        if let Some(to) = to {
            tx["to"] = json!(to.to_string());
        }
        let hash = self.ask("eth_sendTransaction", &json!([tx]));
        self.ask("evm_mine", &json!([]));
        self.ask("eth_getTransactionReceipt", &json!([hash]))
    }

    /// Puts a contract on the chain.
    pub(crate) fn deploy(&mut self, from: Address, code: &[u8]) -> Address {
        let receipt = self.send(from, None, U256::ZERO, code);
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt["contractAddress"].as_str().and_then(|text| text.parse().ok()).expect("an address")
    }

    /// Asks a contract.
    pub(crate) fn view(&mut self, to: Address, data: &[u8]) -> Result<Vec<u8>, RpcError> {
        let tx = json!({ "to": to.to_string(), "data": hex::encode_prefixed(data) });
        let answer = self.rpc.call("eth_call", &json!([tx, "latest"]))?;
        Ok(hex::decode(answer.as_str().expect("a text")).expect("hexadecimal"))
    }

    /// A storage slot of the last block.
    pub(crate) fn slot(&mut self, address: Address, slot: U256) -> U256 {
        let params = json!([address.to_string(), B256::from(slot).to_string(), "latest"]);
        number(&self.ask("eth_getStorageAt", &params))
    }

    /// A balance in the last block.
    pub(crate) fn balance(&mut self, address: Address) -> U256 {
        number(&self.ask("eth_getBalance", &json!([address.to_string(), "latest"])))
    }

    /// The code at an address.
    pub(crate) fn code(&mut self, address: Address) -> Vec<u8> {
        let code = self.ask("eth_getCode", &json!([address.to_string(), "latest"]));
        hex::decode(code.as_str().expect("a text")).expect("hexadecimal")
    }
}

fn number(value: &Value) -> U256 {
    value.as_str().and_then(|text| text.parse().ok()).expect("a number")
}

impl Node for Anvil {
    fn call(&mut self, method: &str, params: Value) -> Result<Value, NodeError> {
        self.rpc.call(method, &params).map_err(|error| match error {
            RpcError::Node { code, message, .. } => NodeError { code: Some(code), message },
            other => NodeError { code: None, message: other.to_string() },
        })
    }
}

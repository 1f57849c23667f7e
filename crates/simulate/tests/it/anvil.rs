//! A local chain: Foundry's anvil from npm, on a free port of the loopback interface.

use std::{
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use alloy_primitives::{Address, B256, U256, hex};
use serde_json::{Value, json};
use tracehound_evm::rpc::{Limits, Rpc, RpcError};
use tracehound_simulate::live::{Node, NodeError};

use crate::npm;

/// The chain id anvil has unless told otherwise.
pub(crate) const CHAIN: u64 = 31_337;

/// A running chain. Ends when it is dropped.
pub(crate) struct Anvil {
    process: Child,
    rpc: Rpc,
}

impl Anvil {
    /// Starts a chain; `None` where npm has no anvil for this machine.
    pub(crate) fn start() -> Option<Self> {
        let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
        let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let folder = npm::package(&format!("@foundry-rs/anvil-{system}-{processor}"), "1.7.1")?;
        let mut process = Command::new(folder.join("bin/anvil"))
            .args(["--host", "127.0.0.1", "--port", "0", "--no-mining"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("anvil starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(lines.read_line(&mut line).expect("anvil speaks") > 0, "anvil ended before it listened");
            if let Some(address) = line.trim().strip_prefix("Listening on ") {
                break address.to_owned();
            }
        };
        // It writes a line for every question, and would wait for somebody to read them.
        thread::spawn(move || io::copy(&mut lines, &mut io::sink()));
        let rpc = Rpc::new(&format!("http://{address}"), Limits::default()).expect("an address");
        Some(Self { process, rpc })
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

impl Drop for Anvil {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

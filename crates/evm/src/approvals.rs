//! Approvals that an address left open, read from a node.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::rpc::{Rpc, RpcError};

/// `Approval(address indexed owner, address indexed spender, uint256)` (ERC-20); ERC-721 has a third indexed word.
const APPROVAL: &str = "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925";
/// `ApprovalForAll(address indexed owner, address indexed operator, bool)`.
const APPROVAL_FOR_ALL: &str = "0x17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31";
/// Contracts asked about at most.
const MOST: usize = 2_000;

/// A right over tokens that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The token's contract.
    pub token: String,
    /// Who may take tokens.
    pub spender: String,
    /// How much, as the contract says it: 64 hexadecimal digits; `None` for a whole collection.
    pub amount: Option<String>,
}

/// The approvals of `owner` (`0x…`, 20 bytes) that are still open at the node's last block.
///
/// Reads the approvals ever announced (`eth_getLogs`, two queries), then asks each contract what is left (`eth_call`, one a
/// pair of contract and spender). Second: whether there were more than 2,000, and the rest was not asked about.
/// NFT approvals of single pieces are not listed: they end with the piece's next transfer.
pub fn open(rpc: &mut Rpc, owner: &str) -> Result<(Vec<Open>, bool), RpcError> {
    let word = format!("0x{:0>64}", owner.trim_start_matches("0x").to_lowercase());
    let mut pairs = BTreeSet::new();
    for topic in [APPROVAL, APPROVAL_FOR_ALL] {
        let filter = json!([{ "fromBlock": "0x0", "toBlock": "latest", "topics": [topic, word] }]);
        let logs = rpc.call("eth_getLogs", &filter)?;
        for log in logs.as_array().into_iter().flatten() {
            let topics = log["topics"].as_array().map_or(&[][..], Vec::as_slice);
            let (Some(token), Some(spender), 3) = (log["address"].as_str(), topics.get(2), topics.len())
            else {
                continue;
            };
            let Some(spender) = spender.as_str().and_then(|word| word.get(26..)) else { continue };
            pairs.insert((topic == APPROVAL_FOR_ALL, token.to_owned(), format!("0x{spender}")));
        }
    }
    let cut = pairs.len() > MOST;
    let mut found = Vec::new();
    for (all, token, spender) in pairs.into_iter().take(MOST) {
        // isApprovedForAll(owner, operator), allowance(owner, spender)
        let selector = if all { "e985e9c5" } else { "dd62ed3e" };
        let data = format!("0x{selector}{}{:0>64}", &word[2..], &spender[2..]);
        let left = match rpc.call("eth_call", &json!([{ "to": token, "data": data }, "latest"])) {
            Ok(Value::String(left)) => left,
            // A contract that is gone or answers nothing has nothing to give.
            Ok(_) | Err(RpcError::Node { .. }) => continue,
            Err(error) => return Err(error),
        };
        let left = left.trim_start_matches("0x");
        if left.len() == 64 && left.bytes().any(|digit| digit != b'0') {
            found.push(Open { token, spender, amount: (!all).then(|| left.to_owned()) });
        }
    }
    Ok((found, cut))
}

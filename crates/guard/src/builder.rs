//! Files of Safe's Transaction Builder: calls that a Safe is to make, and no transaction yet. Form: version 1.0 of its batch file.

use alloy_primitives::{Address, U256};

use crate::{
    json::Node,
    safe::{
        gateway::address,
        input::{MAX_ENTRIES, small},
    },
    scalar::{Malformed, Scalars},
    tx::EvmTx,
};

/// Reads the calls of a file of the Transaction Builder. They are made by the Safe, in order, in one transaction that is not in
/// the file: it has no number and no hash yet.
pub(crate) fn read(
    node: &Node,
    safe: Option<Address>,
    scalars: &mut Scalars,
) -> Result<Vec<EvmTx>, Malformed> {
    let chain = node.any(&["chainId"]).map(|chain| scalars.uint(chain, "chainId")).transpose()?;
    let chain_id = chain.map(|chain| small(chain, "chainId")).transpose()?;
    let named = node.get("meta").and_then(|meta| meta.get("createdFromSafeAddress"));
    let named = named.filter(|named| named.text() != Some(""));
    let from = address(named, "meta.createdFromSafeAddress", scalars)?;
    if let (Some(safe), Some(from)) = (safe, from)
        && safe != from
    {
        let what = format!("the file was made for the Safe {from}, and {safe} was asked for");
        return Err(Malformed::new("meta.createdFromSafeAddress", what));
    }
    let list = node.get("transactions").and_then(Node::list);
    let list = list.ok_or_else(|| Malformed::new("transactions", "a list should be here"))?;
    if list.is_empty() {
        return Err(Malformed::new("transactions", "no call is in the list"));
    }
    if list.len() > MAX_ENTRIES {
        return Err(Malformed::new("transactions", format!("{} calls", list.len())));
    }
    list.iter()
        .enumerate()
        .map(|(index, call)| {
            let path = format!("transactions[{index}]");
            let to = address(call.get("to"), &format!("{path}.to"), scalars)?;
            let data = match call.any(&["data"]) {
                Some(data) => scalars.bytes(data, &format!("{path}.data"))?,
                None if call.any(&["contractMethod"]).is_some() => {
                    let what = "`data` is null, and what contractMethod and its values encode to is not read here: export \
                                the batch with its data";
                    return Err(Malformed::new(&format!("{path}.data"), what));
                }
                None => Vec::new(),
            };
            let value = match call.any(&["value"]) {
                Some(value) => scalars.uint(value, &format!("{path}.value"))?,
                None => U256::ZERO,
            };
            let to = to.ok_or_else(|| Malformed::new(&format!("{path}.to"), "is absent"))?;
            Ok(EvmTx { path, chain_id, from: from.or(safe), to: Some(to), value, data, ..EvmTx::default() })
        })
        .collect()
}

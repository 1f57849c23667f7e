//! What Safe's own programs write: the client gateway's details of a transaction, and the Transaction Builder's file.
//!
//! Forms: `TransactionDetails` and the queue's list of the client gateway (`/v1/chains/ID/transactions/…`), and version 1.0 of
//! the builder's batch file. The gateway's *lists* hold no call data: their rows are counted, and read as missing.

use alloy_primitives::Address;

use super::{
    SafeTx, decoded,
    input::{Confirmation, Entry, number, operation, small},
    signature::MAX_PARTS,
    strict::{self, gateway as known},
};
use crate::{
    json::{Json, Node},
    scalar::{Malformed, Scalars},
};

/// What a row of a list is.
pub(super) enum Row {
    /// A transaction with all that is signed.
    Transaction,
    /// A transaction by its name alone.
    Summary,
    /// A line for people: "Next", a date, a conflict.
    Heading,
}

/// Tells the rows of the gateway's lists from transactions.
pub(super) fn row(node: &Node) -> Row {
    match node.get("type").and_then(Node::text) {
        Some("LABEL" | "DATE_LABEL" | "CONFLICT_HEADER") => Row::Heading,
        Some("TRANSACTION") if node.get("transaction").is_some() => Row::Summary,
        _ => Row::Transaction,
    }
}

/// Fields of a line for people.
pub(super) const OF_A_HEADING: &[&str] = &["type", "label", "timestamp", "nonce"];

/// Whether this is the gateway's answer about one transaction.
pub(super) fn is_details(node: &Node) -> bool {
    node.any(&["detailedExecutionInfo", "txData"]).is_some()
}

/// An address by itself, or under `value` beside a name and a picture, which are somebody's words.
pub(crate) fn address(
    node: Option<&Node>,
    path: &str,
    scalars: &mut Scalars,
) -> Result<Option<Address>, Malformed> {
    let Some(node) = node.filter(|node| node.value != Json::Null) else { return Ok(None) };
    if let Some(other) = strict::others(node, known::ADDRESS, path)?.first() {
        return Err(Malformed::new(
            &format!("{path}.{other}"),
            "is no field of an address, a name and a picture",
        ));
    }
    scalars.address(node.get("value").unwrap_or(node), path).map(Some)
}

/// Reads the gateway's answer about one transaction.
pub(super) fn entry(node: &Node, path: &str, scalars: &mut Scalars) -> Result<Entry, Malformed> {
    let at = |field: &str| format!("{path}.{field}");
    let absent = |field: &str| Malformed::new(&at(field), "is absent; the hash covers it");
    let part = |key: &str| node.any(&[key]).ok_or_else(|| absent(key));
    let (data, details) = (part("txData")?, part("detailedExecutionInfo")?);
    if details.get("type").and_then(Node::text).is_some_and(|kind| kind != "MULTISIG") {
        let what = "not a transaction that owners sign: a module acts, or somebody from outside";
        return Err(Malformed::new(&at("detailedExecutionInfo"), what));
    }
    let (inside, around) = (at("txData"), at("detailedExecutionInfo"));
    let mut unread = strict::others(node, known::OUTSIDE, path)?;
    unread.extend(strict::others(data, known::DATA, &inside)?);
    unread.extend(strict::others(details, known::EXECUTION, &around)?);
    let safe = address(node.get("safeAddress"), &at("safeAddress"), scalars)?;
    let to = address(data.get("to"), &at("txData.to"), scalars)?;
    let nonce = details.any(&["nonce"]).ok_or_else(|| absent("detailedExecutionInfo.nonce"))?;
    let mut named = |key: &str| -> Result<Address, Malformed> {
        let path = format!("{around}.{key}");
        Ok(address(details.get(key), &path, scalars)?.unwrap_or_default())
    };
    let (gas_token, refund_receiver) = (named("gasToken")?, named("refundReceiver")?);
    let tx = SafeTx {
        safe: safe.ok_or_else(|| absent("safeAddress"))?,
        to: to.ok_or_else(|| absent("txData.to"))?,
        value: number(data, &["value"], &inside, scalars)?,
        data: match data.any(&["hexData"]) {
            Some(hex) => scalars.bytes(hex, &at("txData.hexData"))?,
            None => Vec::new(),
        },
        operation: operation(data, &inside, scalars)?,
        safe_tx_gas: number(details, &["safeTxGas"], &around, scalars)?,
        base_gas: number(details, &["baseGas"], &around, scalars)?,
        gas_price: number(details, &["gasPrice"], &around, scalars)?,
        gas_token,
        refund_receiver,
        nonce: scalars.uint(nonce, &format!("{around}.nonce"))?,
    };
    let of_data = ["value", "operation"].into_iter().filter(|key| data.any(&[key]).is_none());
    let of_details = ["safeTxGas", "baseGas", "gasPrice", "gasToken", "refundReceiver"];
    let of_details = of_details.into_iter().filter(|key| details.any(&[key]).is_none());
    let hex = data.get("hexData").is_none().then_some("hexData");
    let absent = of_data.chain(of_details).chain(hex).collect();
    let mut entry = Entry { absent, unread, ..Entry::bare(path, tx) };
    entry.unlike = decoded::of_data(data.get("dataDecoded"), &entry.tx.data, &at("txData.dataDecoded"))
        .or_else(|| decoded::of_info(node.get("txInfo"), &entry.tx, &at("txInfo")));
    entry.mentioned = strict::who(node, path).chain(strict::who(details, &around)).collect();
    if let Some(chain) = node.any(&["chainId"]) {
        entry.chain_id = Some(small(scalars.uint(chain, &at("chainId"))?, &at("chainId"))?);
    }
    if let Some(hash) = details.any(&["safeTxHash"]) {
        entry.claimed = Some(scalars.hash(hash, &format!("{around}.safeTxHash"))?);
    }
    if let Some(required) = details.any(&["confirmationsRequired"]) {
        let path = format!("{around}.confirmationsRequired");
        entry.required = Some(small(scalars.uint(required, &path)?, &path)?);
    }
    if let Some(id) = node.get("txId").and_then(Node::text).filter(|id| id.starts_with("multisig_")) {
        let (of, hash) = (entry.tx.safe.to_string(), entry.claimed.map(|hash| hash.to_string()));
        let is_this = |(index, part): (usize, &str)| match index {
            1 => part.eq_ignore_ascii_case(&of),
            2 => hash.as_ref().is_none_or(|hash| part.eq_ignore_ascii_case(hash)),
            index => index == 0,
        };
        if !id.split('_').enumerate().all(is_this) {
            return Err(Malformed::new(&at("txId"), "names another transaction than the one that is here"));
        }
    }
    let status = node.get("txStatus").and_then(Node::text);
    entry.executed = node.any(&["executedAt"]).is_some() || matches!(status, Some("SUCCESS" | "FAILED"));
    let confirmations = details.any(&["confirmations"]).and_then(Node::list).unwrap_or_default();
    if confirmations.len() > MAX_PARTS {
        let what = format!("{} of them; at most {MAX_PARTS}", confirmations.len());
        return Err(Malformed::new(&format!("{around}.confirmations"), what));
    }
    for (index, node) in confirmations.iter().enumerate() {
        let path = format!("{around}.confirmations[{index}]");
        entry.unread.extend(strict::others(node, known::CONFIRMATION, &path)?);
        let signature = match node.any(&["signature"]) {
            Some(signature) => scalars.bytes(signature, &format!("{path}.signature"))?,
            None => Vec::new(),
        };
        let owner = address(node.get("signer"), &format!("{path}.signer"), scalars)?;
        let date = node.any(&["submittedAt"]).and_then(milliseconds);
        entry.confirmations.push(Confirmation { owner, signature, date });
    }
    Ok(entry)
}

/// A time as the gateway writes it: milliseconds of the Unix clock.
fn milliseconds(node: &Node) -> Option<String> {
    let Json::Number(digits) = &node.value else { return None };
    jiff::Timestamp::from_millisecond(digits.parse().ok()?).ok().map(|time| time.to_string())
}

/// Whether this is a file of the Transaction Builder.
pub(crate) fn is_builder(node: &Node) -> bool {
    node.get("transactions").is_some() && node.any(&["meta", "chainId"]).is_some()
}

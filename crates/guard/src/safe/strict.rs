//! One reading: an object that two readers could take for two transactions, Safes, chains, hashes or owners is refused.

use alloy_primitives::Address;

use crate::{
    json::{self, Json, Node},
    other_names::{self, Other},
    scalar::Malformed,
};

/// Fields that say what a transaction does.
pub(super) const PARTS: &[&str] = &[
    "to",
    "value",
    "data",
    "operation",
    "safeTxGas",
    "baseGas",
    "dataGas",
    "gasPrice",
    "gasToken",
    "refundReceiver",
    "calldata",
    "input",
    "tx",
    "message",
];

/// What other programs call the fields that say what a transaction does.
const OTHER_PARTS: &[&str] = &[
    "safe_tx_gas",
    "base_gas",
    "data_gas",
    "gas_price",
    "gas_token",
    "refund_receiver",
    "safetxgas",
    "basegas",
    "gasprice",
    "gastoken",
    "refundreceiver",
    "_nonce",
    "delegateCall",
    "delegatecall",
    "delegate_call",
    "op",
    "operationType",
    "operation_type",
    "callType",
    "params",
    "request",
    "method",
    "module",
    "owners",
    "threshold",
    "safe_address",
    "multisig",
];

/// Fields that say where it belongs, and those that services add.
const READ: &[&str] = &["chainId", "chain_id", "sender", "from"];

/// What else is read, or says what became of a transaction and changes nothing of what is signed. Source: the Safe Transaction
/// Service's `SafeMultisigTransactionResponseSerializer`; EIP-712.
const OTHERWISE_KNOWN: &[&str] = &[
    "safe",
    "safeAddress",
    "address",
    "nonce",
    "safeNonce",
    "safeTxHash",
    "safe_tx_hash",
    "contractTransactionHash",
    "version",
    "safeVersion",
    "safe_version",
    "signatures",
    "confirmations",
    "confirmationsRequired",
    "isExecuted",
    "isSuccessful",
    "executionDate",
    "submissionDate",
    "modified",
    "blockNumber",
    "transactionHash",
    "proposer",
    "proposedByDelegate",
    "executor",
    "ethGasPrice",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "gasUsed",
    "fee",
    "origin",
    "dataDecoded",
    "trusted",
    "transfers",
    "txType",
    "types",
    "primaryType",
    "domain",
];

/// The names of one thing. A Safe's address.
const SAFE: &[&str] = &["safe", "safeAddress", "address"];
/// A chain.
const CHAIN: &[&str] = &["chainId", "chain_id"];
/// What must be alike wherever it is said.
const ALIKE: &[&[&str]] = &[
    SAFE,
    CHAIN,
    &["safeTxHash", "contractTransactionHash", "safe_tx_hash"],
    &["version", "safeVersion", "safe_version"],
    &["baseGas", "dataGas"],
];

/// Fields that say who had to do with a transaction, and take no part in it. Source: the Safe Transaction Service's
/// `SafeMultisigTransactionResponseSerializer`.
const WHO: [&str; 3] = ["proposer", "proposedByDelegate", "executor"];

/// Who had to do with it, as text or, by the gateway, as an object.
pub(super) fn who(node: &Node, path: &str) -> impl Iterator<Item = (String, Address)> {
    WHO.into_iter().filter_map(move |key| {
        let field = node.get(key)?;
        let text = field.text().or_else(|| field.get("value").and_then(Node::text))?;
        Some((format!("{path}.{key}"), text.parse().ok()?))
    })
}

pub(super) fn fields(node: &Node) -> impl Iterator<Item = &(String, Node)> {
    node.map().unwrap_or_default().iter().filter(|(_, value)| value.value != Json::Null)
}

/// Refuses an object that two readers could take for two transactions, Safes, chains or hashes.
pub(super) fn one_reading(node: &Node, path: &str) -> Result<(), Malformed> {
    let refused = |key: &str, what: &str| Err(Malformed::new(&format!("{path}.{key}"), what.to_owned()));
    let is_object = |key: &&str| node.get(key).is_some_and(|inner| inner.map().is_some());
    let inner: Vec<&str> = ["tx", "message"].into_iter().filter(is_object).collect();
    match inner[..] {
        [_, second] => return refused(second, "is a second transaction beside `tx`"),
        [inner] => {
            let beside = fields(node).find(|(key, _)| *key != inner && PARTS.contains(&&key[..]));
            if let Some((key, _)) = beside {
                return refused(
                    key,
                    &format!("stands beside the transaction in `{inner}`: which one is meant?"),
                );
            }
            let names_another =
                node.get("primaryType").and_then(Node::text).is_some_and(|name| name != "SafeTx");
            if inner == "message" && names_another {
                return refused("primaryType", "names another type than SafeTx: give it to `guard typed`");
            }
        }
        _ => {}
    }
    let body = inner.first().and_then(|key| node.get(key)).unwrap_or(node);
    for (key, value) in fields(node).chain(fields(body)) {
        if OTHER_PARTS.contains(&&key[..]) {
            let what = "is no field of a Safe transaction here, and may be one to another reader";
            return refused(&json::shorten(key), what);
        }
        if key == "txType" && value.text() != Some("MULTISIG_TRANSACTION") {
            return refused(key, "is no transaction that owners sign: leave it out of the list");
        }
        let is_read = PARTS.contains(&&key[..]) || READ.contains(&&key[..]);
        if let Some(other @ (Other::Part(_) | Other::Whole)) = other_names::find(key).filter(|_| !is_read) {
            return refused(&json::shorten(key), &other.why());
        }
    }
    let nodes: &[&Node] = if inner.is_empty() { &[node] } else { &[node, body] };
    for names in ALIKE {
        alike(nodes, names, path)?;
    }
    for (key, value) in fields(node).filter(|_| !inner.is_empty()) {
        let Some(other) = body.any(&[key]) else { continue };
        let is_one = |node: &Node| !matches!(node.value, Json::Map(_) | Json::List(_));
        if !is_one(value) || !is_one(other) || said(value) != said(other) {
            return refused(&json::shorten(key), "is said twice, and not alike");
        }
    }
    let domain = node.any(&["domain"]);
    let is_typed = node.any(&["types"]).is_some();
    if let Some((key, _)) = domain.filter(|_| !is_typed).and_then(|domain| {
        fields(domain).find(|(key, _)| !["chainId", "verifyingContract"].contains(&&key[..]))
    }) {
        return refused("domain", &format!("holds {:?}, which no Safe's domain has", json::shorten(key)));
    }
    for (names, there) in [(SAFE, "verifyingContract"), (CHAIN, "chainId")] {
        let words = nodes.iter().flat_map(|node| names.iter().filter_map(|name| node.any(&[name])));
        let mut words = words.chain(domain.and_then(|domain| domain.any(&[there]))).map(said);
        if let Some(first) = words.next()
            && words.any(|other| other != first)
        {
            return refused(names[0], "is said twice, and not alike");
        }
    }
    Ok(())
}

/// Refuses values of one thing, under several names or at several places, that are not alike.
pub(super) fn alike(nodes: &[&Node], names: &[&str], path: &str) -> Result<(), Malformed> {
    let mut words = nodes.iter().flat_map(|node| names.iter().filter_map(|name| node.any(&[name]))).map(said);
    if let Some(first) = words.next()
        && words.any(|other| other != first)
    {
        let what = format!("is said twice, and not alike ({})", names.join(", "));
        return Err(Malformed::new(&format!("{path}.{}", names[0]), what));
    }
    Ok(())
}

/// Refuses what stands beside the call data of `execTransaction` and would say another transaction.
pub(super) fn only_call_data(node: &Node, body: &Node, path: &str) -> Result<(), Malformed> {
    let refused = |key: &str, what: &str| Err(Malformed::new(&format!("{path}.{key}"), what.to_owned()));
    alike(&[node, body], &["calldata", "data", "input"], path)?;
    // An Ethereum transaction has a number and a gas price of its own.
    let is_named = node.any(&["calldata"]).is_some();
    if is_named {
        alike(&[node], &["nonce", "safeNonce"], path)?;
    }
    let own = [
        "operation",
        "safeTxGas",
        "baseGas",
        "dataGas",
        "gasToken",
        "refundReceiver",
        "tx",
        "message",
        "types",
    ];
    let own = own.into_iter().chain(is_named.then_some("gasPrice"));
    for key in own {
        if node.any(&[key]).is_some() {
            return refused(key, "stands beside the call data that say it: which one is meant?");
        }
    }
    match node.any(&["value"]) {
        Some(value) if !["0", "", "0x"].contains(&&said(value)[..]) => {
            refused("value", "goes along to the Safe, which is not read here: give it to `guard tx`")
        }
        _ => Ok(()),
    }
}

/// Refuses names that belong to call data among the fields of a Safe transaction, where they say something else.
pub(super) fn only_fields(node: &Node, body: &Node, path: &str) -> Result<(), Malformed> {
    let data = body.any(&["data"]).map_or_else(|| "0x".to_owned(), said);
    for key in ["input", "calldata"] {
        if body.any(&[key]).is_some_and(|other| said(other) != data) {
            let what = "is not what `data` says: some readers take the one, some the other";
            return Err(Malformed::new(&format!("{path}.{key}"), what));
        }
    }
    alike(&[node, body], &["nonce", "safeNonce"], path)
}

/// Whether a key is read, or known to change nothing of what is signed.
pub(super) fn is_known(key: &str) -> bool {
    [PARTS, READ, OTHERWISE_KNOWN].iter().any(|some| some.contains(&key))
}

/// Whether a key is read here or elsewhere as part of what is signed, of whose it is or of who agreed.
pub(super) fn says_something(key: &str) -> bool {
    is_known(key)
        || ["owner", "signer", "signature"].contains(&key)
        || OTHER_PARTS.contains(&key)
        || matches!(other_names::find(key), Some(Other::Part(_) | Other::Whole))
}

/// A value as it is compared: numbers by their digits, whatever their form.
fn said(node: &Node) -> String {
    let text = match &node.value {
        Json::Number(digits) => digits.clone(),
        _ => node.text().unwrap_or_default().to_lowercase(),
    };
    let number = text.strip_prefix("0x").filter(|digits| digits.len() <= 16);
    number.and_then(|digits| u64::from_str_radix(digits, 16).ok()).map_or(text, |number| number.to_string())
}

/// Fields of the client gateway's answer about one transaction, at its places. Source: `TransactionDetails`,
/// `TransactionData`, `MultisigExecutionDetails`, `MultisigConfirmationDetails` and `AddressInfo` of the client gateway.
pub(super) mod gateway {
    pub(in crate::safe) const OUTSIDE: &[&str] = &[
        "safeAddress",
        "txId",
        "executedAt",
        "txStatus",
        "txInfo",
        "txData",
        "txHash",
        "detailedExecutionInfo",
        "safeAppInfo",
        "note",
        "chainId",
    ];
    pub(in crate::safe) const DATA: &[&str] = &[
        "hexData",
        "dataDecoded",
        "to",
        "value",
        "operation",
        "trustedDelegateCallTarget",
        "addressInfoIndex",
        "tokenInfoIndex",
    ];
    pub(in crate::safe) const EXECUTION: &[&str] = &[
        "type",
        "submittedAt",
        "nonce",
        "safeTxGas",
        "baseGas",
        "gasPrice",
        "gasToken",
        "refundReceiver",
        "safeTxHash",
        "executor",
        "signers",
        "confirmationsRequired",
        "confirmations",
        "rejectors",
        "gasTokenInfo",
        "trusted",
        "proposer",
        "proposedByDelegate",
    ];
    pub(in crate::safe) const CONFIRMATION: &[&str] = &["signer", "signature", "submittedAt"];
    pub(in crate::safe) const ADDRESS: &[&str] = &["value", "name", "logoUri"];
}

/// The fields of an object that are none of those that its place has; one that says something there is refused: another
/// reader may take it for the transaction's.
pub(super) fn others(node: &Node, known: &[&str], path: &str) -> Result<Vec<String>, Malformed> {
    let mut unread = Vec::new();
    for (key, _) in fields(node).filter(|(key, _)| !known.contains(&&key[..])) {
        if says_something(key) {
            let what = "is no field of this place, and may be one to another reader";
            return Err(Malformed::new(&format!("{path}.{}", json::shorten(key)), what));
        }
        unread.push(json::shorten(key));
    }
    Ok(unread)
}

//! Shapes of parameters that every reader takes in the same way.
//!
//! The guard's front door is made for people, who hand it one thing in many forms. Here a second program reads the same
//! request afterwards and acts on it, so nothing may be there that the guard passes over and the other does not: no
//! second transaction, no field of unknown meaning. (A key that differs from another by its letter case alone, which Go's
//! reader takes for the same, is refused wherever JSON is read.)

use crate::{
    json::{Json, Node, shorten},
    method::Form,
    scalar::Malformed,
};

/// Fields of a transaction the guard judges, or that only price and order it.
const TRANSACTION: &[&str] = &[
    "from",
    "to",
    "value",
    "data",
    "input",
    "gas",
    "gasLimit",
    "gasPrice",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "nonce",
    "chainId",
    "type",
    "accessList",
    "authorizationList",
];
/// Fields of an EIP-7702 authorization.
const AUTHORIZATION: &[&str] = &["chainId", "address", "nonce", "yParity", "v", "r", "s"];
/// Fields of `wallet_sendCalls`.
const BATCH: &[&str] = &["version", "id", "from", "chainId", "atomicRequired", "calls", "capabilities"];
/// Fields of one of its calls. Chain and sender stand around them.
const CALL: &[&str] = &["to", "value", "data", "capabilities"];

/// Whether a request's parameters have the one shape of their form.
pub fn check(form: Form, request: &Node) -> Result<(), Malformed> {
    let params = request.get("params").ok_or_else(|| Malformed::new("params", "is absent"))?;
    let list = params
        .list()
        .ok_or_else(|| Malformed::new("params", format!("{} where a list should be", params.value.kind())))?;
    let count = |least: usize, most: usize| {
        let fine = (least..=most).contains(&list.len());
        let what = format!("{} parameters; the guard judges {least} to {most}", list.len());
        fine.then_some(()).ok_or_else(|| Malformed::new("params", what))
    };
    match form {
        Form::Transaction => {
            count(1, 1)?;
            transaction(&list[0])
        }
        Form::Raw => count(1, 1).and_then(|()| raw(&list[0])),
        Form::RawSync => count(1, 2).and_then(|()| raw(&list[0])),
        Form::Typed => count(2, 2).and_then(|()| typed(list)),
        Form::Personal => count(2, 3).and_then(|()| personal(list)),
        // Refused whatever it says.
        Form::Blind => Ok(()),
        Form::Calls => count(1, 1).and_then(|()| calls(&list[0])),
    }
}

/// Refuses fields that are not on the list: their meaning is not known here, and may be to the next reader.
fn fields(node: &Node, known: &[&str], path: &str) -> Result<(), Malformed> {
    let fields = node
        .map()
        .ok_or_else(|| Malformed::new(path, format!("{} where an object should be", node.value.kind())))?;
    match fields.iter().find(|(key, _)| !known.contains(&&key[..])) {
        Some((key, _)) => {
            let what = format!("the guard does not know the field {:?} and cannot judge it", shorten(key));
            Err(Malformed::new(path, what))
        }
        None => Ok(()),
    }
}

fn each(node: Option<&Node>, known: &[&str], path: &str) -> Result<(), Malformed> {
    let Some(node) = node.filter(|node| node.value != Json::Null) else { return Ok(()) };
    let list = node.list().ok_or_else(|| Malformed::new(path, "a list should be here"))?;
    list.iter().enumerate().try_for_each(|(index, node)| fields(node, known, &format!("{path}[{index}]")))
}

fn transaction(node: &Node) -> Result<(), Malformed> {
    fields(node, TRANSACTION, "params[0]")?;
    each(node.get("authorizationList"), AUTHORIZATION, "params[0].authorizationList")
}

fn raw(node: &Node) -> Result<(), Malformed> {
    match node.text() {
        Some(_) => Ok(()),
        None => {
            Err(Malformed::new("params[0]", format!("{} where 0x and digits should be", node.value.kind())))
        }
    }
}

fn calls(node: &Node) -> Result<(), Malformed> {
    fields(node, BATCH, "params[0]")?;
    let calls = node.get("calls").ok_or_else(|| Malformed::new("params[0].calls", "is absent"))?;
    each(Some(calls), CALL, "params[0].calls")?;
    let inner = calls.list().unwrap_or_default().iter().filter_map(|call| call.get("capabilities"));
    for capabilities in node.get("capabilities").into_iter().chain(inner) {
        if capabilities.value != Json::Null {
            fields(capabilities, crate::tx::CAPABILITIES, "capabilities")?;
        }
    }
    Ok(())
}

fn is_address(node: &Node) -> bool {
    let digits = node.text().and_then(|text| text.strip_prefix("0x"));
    digits.is_some_and(|digits| digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Some wallets look no closer than this when they search the account.
fn resembles_address(node: &Node) -> bool {
    node.text().is_some_and(|text| text.len() == 42 && text.starts_with("0x"))
}

/// The one of two parameters that is no account.
fn beside_account(list: &[Node]) -> Result<(usize, &Node), Malformed> {
    match list {
        [first, second, ..] if is_address(first) && !resembles_address(second) => Ok((1, second)),
        [first, second, ..] if is_address(second) && !resembles_address(first) => Ok((0, first)),
        _ => Err(Malformed::new(
            "params",
            "one of the first two parameters must be an account, 0x and 40 digits",
        )),
    }
}

fn typed(list: &[Node]) -> Result<(), Malformed> {
    // What the data are, the guard reads itself.
    beside_account(list).map(|_| ())
}

fn personal(list: &[Node]) -> Result<(), Malformed> {
    let (index, message) = beside_account(list)?;
    let path = format!("params[{index}]");
    let Some(text) = message.text() else {
        return Err(Malformed::new(&path, format!("{} where a text should be", message.value.kind())));
    };
    // Some wallets take digits for bytes even without 0x, and would sign another text than is shown.
    let digits = text.strip_prefix("0X").unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Malformed::new(&path, "digits without 0x: text to some wallets and bytes to others"));
    }
    // Older nodes take a password there.
    match list.get(2).map(|node| &node.value) {
        None | Some(Json::Null | Json::Text(_)) => Ok(()),
        Some(other) => Err(Malformed::new("params[2]", format!("{} where a text should be", other.kind()))),
    }
}

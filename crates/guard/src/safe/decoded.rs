//! What a service says that call data do, held against the data: it is what a page shows to whoever signs, and two names of one thing
//! must say the same.
//!
//! Forms: `dataDecoded` of the Safe Transaction Service and of the client gateway (`method`, `parameters` with `type`, `value` and
//! `valueDecoded`), and `txInfo` of the gateway.

use alloy_primitives::{Address, U256};

use super::SafeTx;
use crate::{
    decode::{Function, Param, Type, Value, decode},
    json::{self, Json, Node},
};

/// Deepest calls in calls that are compared.
const DEPTH: usize = 8;

/// How a service's words are not those of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlike {
    /// Where.
    pub path: String,
    /// What is said there, and what the data say.
    pub what: String,
    /// Whether it says another thing; else it is in a form that is not compared here.
    pub is_other: bool,
}

impl Unlike {
    fn other(path: &str, what: String) -> Self {
        Self { path: path.to_owned(), what, is_other: true }
    }

    fn unread(path: &str, what: &str) -> Self {
        Self { path: path.to_owned(), what: what.to_owned(), is_other: false }
    }
}

/// The first thing by which what is told of a transaction is not what it does. `node` is the service's `dataDecoded`.
pub(super) fn of_data(node: Option<&Node>, data: &[u8], path: &str) -> Option<Unlike> {
    let node = node.filter(|node| node.value != Json::Null)?;
    call(node, data, path, DEPTH).err()
}

fn call(node: &Node, data: &[u8], path: &str, depth: usize) -> Result<(), Unlike> {
    if depth == 0 {
        return Err(Unlike::unread(path, "calls in calls, too deep"));
    }
    let Some(method) = node.get("method").and_then(Node::text).filter(|_| node.map().is_some()) else {
        return Err(Unlike::unread(path, "names no method"));
    };
    let none = [];
    let parameters = match node.get("parameters") {
        None => &none[..],
        Some(parameters) if parameters.value == Json::Null => &none[..],
        Some(parameters) => {
            parameters.list().ok_or_else(|| Unlike::unread(path, "parameters are no list"))?
        }
    };
    let kinds: Option<Vec<&str>> =
        parameters.iter().map(|parameter| parameter.get("type").and_then(Node::text)).collect();
    let kinds = kinds.ok_or_else(|| Unlike::unread(path, "a parameter has no type"))?;
    let text = format!("{method}({})", kinds.join(","));
    let Some((selector, arguments)) = data.split_first_chunk::<4>() else {
        let shown = format!("says {}, and the data are {} bytes", json::shorten(&text), data.len());
        return Err(Unlike::other(path, shown));
    };
    let function = Function::parse(&text).map_err(|_| Unlike::unread(path, "a function in another form"))?;
    if function.selector != *selector {
        let shown =
            format!("says {}, and the data begin with 0x{}", json::shorten(&text), hex::encode(selector));
        return Err(Unlike::other(path, shown));
    }
    if function.params.len() != parameters.len() {
        return Err(Unlike::unread(path, "parameters of another number than its types"));
    }
    let (values, _) = decode(&function.params, arguments).map_err(|_| {
        Unlike::other(path, format!("says {}, which the data do not hold", json::shorten(&text)))
    })?;
    for (index, (parameter, (param, found))) in
        parameters.iter().zip(function.params.iter().zip(&values)).enumerate()
    {
        let path = format!("{path}.parameters[{index}]");
        let said = parameter.get("value").ok_or_else(|| Unlike::unread(&path, "has no value"))?;
        value(said, &param.ty, found, &format!("{path}.value"))?;
        let inner = parameter.get("valueDecoded").filter(|inner| inner.value != Json::Null);
        if let (Some(inner), Value::Bytes(bytes)) = (inner, found) {
            within(inner, bytes, &format!("{path}.valueDecoded"), depth - 1)?;
        }
    }
    Ok(())
}

/// What is told of the calls that bytes hold: one, or the list of a `multiSend`.
fn within(node: &Node, bytes: &[u8], path: &str, depth: usize) -> Result<(), Unlike> {
    let Some(list) = node.list() else { return call(node, bytes, path, depth) };
    let Some(packed) = packed(bytes) else {
        return Err(Unlike::other(path, "lists calls, and the bytes hold none".to_owned()));
    };
    if packed.len() != list.len() {
        let what = format!("lists {} calls, and the bytes hold {}", list.len(), packed.len());
        return Err(Unlike::other(path, what));
    }
    for (index, (node, inner)) in list.iter().zip(&packed).enumerate() {
        let path = format!("{path}[{index}]");
        let fields = [
            ("operation", Type::Uint(8), Value::Uint(U256::from(inner.operation))),
            ("to", Type::Address, Value::Address(inner.to)),
            ("value", Type::Uint(256), Value::Uint(inner.value)),
            ("data", Type::Bytes, Value::Bytes(inner.data)),
        ];
        for (key, kind, found) in fields {
            let said = node.get(key).filter(|said| said.value != Json::Null);
            match said {
                Some(said) => value(said, &kind, &found, &format!("{path}.{key}"))?,
                None if found == Value::Bytes(&[]) => {}
                None => return Err(Unlike::unread(&format!("{path}.{key}"), "is absent")),
            }
        }
        if let Some(inner_words) = node.get("dataDecoded").filter(|told| told.value != Json::Null) {
            call(inner_words, inner.data, &format!("{path}.dataDecoded"), depth)?;
        }
    }
    Ok(())
}

/// A call in the bytes of `multiSend`. Source: Safe, `MultiSend.sol`.
struct Packed<'a> {
    operation: u8,
    to: Address,
    value: U256,
    data: &'a [u8],
}

fn packed(mut rest: &[u8]) -> Option<Vec<Packed<'_>>> {
    const HEAD: usize = 1 + 20 + 32 + 32;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (head, behind) = rest.split_at_checked(HEAD)?;
        let len = usize::try_from(U256::from_be_slice(&head[53..85])).ok()?;
        let (data, behind) = behind.split_at_checked(len)?;
        let (to, value) = (Address::from_slice(&head[1..21]), U256::from_be_slice(&head[21..53]));
        all.push(Packed { operation: head[0], to, value, data });
        rest = behind;
    }
    Some(all)
}

/// Whether a value as a service writes it is the one that the data hold.
fn value(said: &Node, kind: &Type, found: &Value<'_>, path: &str) -> Result<(), Unlike> {
    let digits = match &said.value {
        Json::Number(digits) => Some(&digits[..]),
        _ => said.text(),
    };
    let list = |kinds: &mut dyn Iterator<Item = &Type>, found: &[Value<'_>]| {
        let Some(all) = said.list() else { return Err(Unlike::unread(path, "is no list")) };
        if all.len() != found.len() {
            let what = format!("lists {} values, and the data hold {}", all.len(), found.len());
            return Err(Unlike::other(path, what));
        }
        let mut all = all.iter().zip(kinds).zip(found).enumerate();
        all.try_for_each(|(index, ((said, kind), found))| {
            value(said, kind, found, &format!("{path}[{index}]"))
        })
    };
    let is_said = match (found, kind) {
        (Value::List(all), Type::Array(inner) | Type::FixedArray(inner, _)) => {
            return list(&mut std::iter::repeat_n(&**inner, all.len()), all);
        }
        (Value::Tuple(all), Type::Tuple(params)) => {
            return list(&mut params.iter().map(|param: &Param| &param.ty), all);
        }
        (Value::Address(found), _) => {
            said.text().and_then(|text| text.parse::<Address>().ok()).map(|said| said == *found)
        }
        (Value::Uint(found), _) => digits.and_then(number).map(|said| said == *found),
        (Value::Int(found), _) => digits.and_then(|digits| match digits.strip_prefix('-') {
            Some(digits) => number(digits).map(|said| said.wrapping_neg() == *found),
            None => number(digits).map(|said| said == *found),
        }),
        (Value::Bool(found), _) => match (&said.value, said.text()) {
            (Json::Bool(said), _) => Some(said == found),
            (_, Some(text)) if text.eq_ignore_ascii_case("true") => Some(*found),
            (_, Some(text)) if text.eq_ignore_ascii_case("false") => Some(!found),
            _ => None,
        },
        (Value::Fixed(found) | Value::Bytes(found), _) => {
            let said = said.text().and_then(|text| hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok());
            said.map(|said| said == *found)
        }
        (Value::Text(found), _) => said.text().map(|said| said.as_bytes() == *found),
        (Value::List(_) | Value::Tuple(_), _) => None,
    };
    match is_said {
        Some(true) => Ok(()),
        Some(false) => {
            let shown = json::shorten(digits.unwrap_or("another value"));
            Err(Unlike::other(path, format!("says {shown}, and the data hold another value")))
        }
        None => Err(Unlike::unread(path, "a value in another form")),
    }
}

fn number(digits: &str) -> Option<U256> {
    match digits.strip_prefix("0x") {
        Some(digits) => U256::from_str_radix(digits, 16).ok(),
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => U256::from_str_radix(digits, 10).ok(),
        None => None,
    }
}

/// The first thing by which the gateway's `txInfo` is not what the transaction does: of a transfer whom it goes to and how much, of any
/// other call what is called.
pub(super) fn of_info(node: Option<&Node>, tx: &SafeTx, path: &str) -> Option<Unlike> {
    let node = node.filter(|node| node.value != Json::Null)?;
    info(node, tx, path).err()
}

fn info(node: &Node, tx: &SafeTx, path: &str) -> Result<(), Unlike> {
    let held = |key: &str, kind: Type, found: Value<'_>| {
        let mut at = path.to_owned();
        let mut said = Some(node);
        for step in key.split('.') {
            at = format!("{at}.{step}");
            said = said.and_then(|node| node.get(step));
        }
        let Some(said) = said.filter(|said| said.value != Json::Null) else { return Ok(()) };
        let said = said.get("value").filter(|_| kind == Type::Address).unwrap_or(said);
        value(said, &kind, &found, &at)
    };
    let address = |key: &str, found: Address| held(key, Type::Address, Value::Address(found));
    let amount = |key: &str, found: U256| held(key, Type::Uint(256), Value::Uint(found));
    let of = node.get("transferInfo").and_then(|info| info.get("type")).and_then(Node::text);
    match (node.get("type").and_then(Node::text), of) {
        (Some("Custom"), _) => {
            address("to", tx.to)?;
            amount("value", tx.value)
        }
        (Some("Transfer"), Some("NATIVE_COIN")) => {
            address("recipient", tx.to)?;
            amount("transferInfo.value", tx.value)
        }
        (Some("Transfer"), Some(of @ ("ERC20" | "ERC721"))) => {
            address("transferInfo.tokenAddress", tx.to)?;
            let Some((to, number)) = moved(&tx.data) else {
                return Err(Unlike::other(path, "says a transfer, which the data do not hold".to_owned()));
            };
            address("recipient", to)?;
            amount(if of == "ERC20" { "transferInfo.value" } else { "transferInfo.tokenId" }, number)
        }
        (Some("SettingsChange"), _) => match of_data(node.get("dataDecoded"), &tx.data, path) {
            Some(unlike) => Err(unlike),
            None => Ok(()),
        },
        _ => Err(Unlike::unread(path, "of a type that is not compared")),
    }
}

/// To whom a token's transfer goes, and how much or which piece.
fn moved(data: &[u8]) -> Option<(Address, U256)> {
    const TRANSFERS: [(&str, usize); 4] = [
        ("transfer(address,uint256)", 0),
        ("transferFrom(address,address,uint256)", 1),
        ("safeTransferFrom(address,address,uint256)", 1),
        ("safeTransferFrom(address,address,uint256,bytes)", 1),
    ];
    let (selector, arguments) = data.split_first_chunk::<4>()?;
    TRANSFERS.iter().find_map(|(text, to)| {
        let function = Function::parse(text).ok().filter(|function| function.selector == *selector)?;
        let (values, _) = decode(&function.params, arguments).ok()?;
        values[*to].address().zip(values[to + 1].uint())
    })
}

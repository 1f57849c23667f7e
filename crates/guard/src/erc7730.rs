//! Clear signing by descriptors (ERC-7730): labels and formats that a contract's makers published.
//!
//! A descriptor is somebody's word about his own contract. It is shown under his name and decides nothing: no check looks
//! at it.

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    decode::{Param, Value, decode},
    descriptor::Format,
    json::{Json, Node, shorten},
    known,
    report::ClearReport,
    scalar::Scalars,
    typed::{Data, TypedData},
};

pub use crate::descriptor::Descriptor;

/// Most values shown of one field.
const MAX_VALUES: usize = 32;

impl Descriptor {
    /// What it says about a call; nothing if it does not speak for it.
    pub fn call(&self, case: &Case<'_>, call: &crate::decode::Call<'_>) -> Option<ClearReport> {
        if call.delegate || !self.speaks_for(case.chain_id, call.to) {
            return None;
        }
        let (found, arguments) = call.data.split_first_chunk::<4>()?;
        let format = self
            .formats
            .iter()
            .find(|format| format.function.as_ref().is_some_and(|function| function.selector == *found))?;
        let function = format.function.as_ref()?;
        let (values, _) = decode(&function.params, arguments).ok()?;
        let data = from_abi(&function.params, &values);
        let root = Root { data: &data, to: call.to, from: call.from, value: call.value, descriptor: self };
        Some(self.report(case, format, &root, &call.path))
    }

    /// What it says about typed data.
    pub fn typed(&self, case: &Case<'_>, data: &TypedData) -> Option<ClearReport> {
        let contract = data.domain.address("verifyingContract");
        let chain = data.chain().and_then(|chain| u64::try_from(chain).ok());
        let same = |wanted: &Option<String>, key: &str| {
            wanted.as_ref().is_none_or(|wanted| data.domain.text(key) == Some(wanted))
        };
        if !self.speaks_for(chain, contract)
            || !same(&self.binding.name, "name")
            || !same(&self.binding.version, "version")
        {
            return None;
        }
        let format = self.formats.iter().find(|format| format.key == data.type_text)?;
        let root =
            Root { data: &data.message, to: contract, from: None, value: U256::ZERO, descriptor: self };
        Some(self.report(case, format, &root, "message"))
    }

    fn report(&self, case: &Case<'_>, format: &Format, root: &Root<'_>, path: &str) -> ClearReport {
        let mut fields = Vec::new();
        for field in &format.fields {
            self.field(case, field, root, &mut fields);
        }
        ClearReport { path: path.to_owned(), by: self.owner.clone(), intent: format.intent.clone(), fields }
    }

    fn field(&self, case: &Case<'_>, field: &Node, root: &Root<'_>, out: &mut Vec<(String, String)>) {
        let defined = field
            .get("$ref")
            .and_then(Node::text)
            .and_then(|name| name.strip_prefix("$.display.definitions."))
            .and_then(|name| self.definitions.as_ref()?.get(name));
        let part = |key: &str| field.get(key).or_else(|| defined.and_then(|defined| defined.get(key)));
        let text = |key: &str| part(key).and_then(Node::text);
        if text("visible") == Some("never") {
            return;
        }
        let Some(path) = text("path") else { return };
        // A group: fields below a path.
        if let Some(inner) = part("fields").and_then(Node::list) {
            for field in inner {
                self.nested(case, path, field, root, out);
            }
            return;
        }
        let label = shorten(text("label").unwrap_or(path));
        for (at, value) in root.values(path).into_iter().take(MAX_VALUES) {
            let shown = self.show(case, text("format").unwrap_or("raw"), part("params"), &value, &at, root);
            out.push((label.clone(), shown));
        }
    }

    fn nested(
        &self,
        case: &Case<'_>,
        path: &str,
        field: &Node,
        root: &Root<'_>,
        out: &mut Vec<(String, String)>,
    ) {
        let Json::Map(fields) = &field.value else { return };
        let moved = fields.iter().map(|(key, node)| match node.text() {
            Some(inner) if key == "path" && !inner.starts_with(['@', '#', '$']) => {
                (key.clone(), Node { at: node.at, value: Json::Text(format!("{path}.{inner}")) })
            }
            _ => (key.clone(), node.clone()),
        });
        let moved = Node { at: field.at, value: Json::Map(moved.collect()) };
        self.field(case, &moved, root, out);
    }

    fn show(
        &self,
        case: &Case<'_>,
        format: &str,
        params: Option<&Node>,
        value: &Data,
        at: &[usize],
        root: &Root<'_>,
    ) -> String {
        let param = |key: &str| params.and_then(|params| params.get(key));
        let number = match value {
            Data::Uint(number) | Data::Int(number) => Some(*number),
            _ => None,
        };
        match (format, number) {
            ("amount", Some(number)) => case.amount(number, &Address::ZERO),
            ("tokenAmount", Some(number)) => {
                let given = param("token").and_then(Node::text).and_then(|text| self.constant(text));
                let by_path =
                    || param("tokenPath").and_then(Node::text).and_then(|path| root.address(path, at));
                let native =
                    param("nativeCurrencyAddress").and_then(Node::text).and_then(|text| self.constant(text));
                let limit =
                    param("threshold").and_then(|node| Scalars::default().uint(node, "threshold").ok());
                if limit.is_some_and(|limit| number >= limit) {
                    let message = param("message").and_then(Node::text).unwrap_or("Unlimited");
                    return format!("{} ({number})", shorten(message));
                }
                match given.or_else(by_path) {
                    Some(token) if Some(token) == native => case.amount(number, &Address::ZERO),
                    Some(token) => case.amount(number, &token),
                    None => format!("{number} base units of an unnamed token"),
                }
            }
            ("date", Some(number)) => known::until(number).trim_start_matches("until ").to_owned(),
            ("duration", Some(number)) => format!("{number} seconds"),
            ("unit", Some(number)) => {
                let decimals =
                    param("decimals").and_then(|node| Scalars::default().uint(node, "decimals").ok());
                let decimals = decimals.and_then(|decimals| u8::try_from(decimals).ok()).unwrap_or(0);
                let base = param("base").and_then(Node::text).unwrap_or_default();
                format!("{} {}", known::decimal(number, decimals), shorten(base))
            }
            ("enum", _) => {
                let key = match value {
                    Data::Bool(value) => (if *value { "True" } else { "False" }).to_owned(),
                    other => other.show(),
                };
                let names = param("$ref").and_then(Node::text).and_then(|path| self.reference(path));
                let name = names.and_then(|names| names.get(&key)).and_then(Node::text);
                name.map_or(key.clone(), |name| format!("{} ({key})", shorten(name)))
            }
            _ => match value {
                Data::Address(address) => case.show(address),
                other => other.show(),
            },
        }
    }
}

/// Decoded call data as a tree with the names of the parameters.
fn from_abi(params: &[Param], values: &[Value<'_>]) -> Data {
    let fields =
        params.iter().zip(values).map(|(param, value)| (param.name.clone(), from_value(&param.ty, value)));
    Data::Struct(String::new(), fields.collect())
}

fn from_value(ty: &crate::decode::Type, value: &Value<'_>) -> Data {
    use crate::decode::Type;
    match (ty, value) {
        (Type::Tuple(params), Value::Tuple(values)) => from_abi(params, values),
        (Type::Array(inner) | Type::FixedArray(inner, _), Value::List(values)) => {
            Data::List(values.iter().map(|value| from_value(inner, value)).collect())
        }
        (_, Value::Address(address)) => Data::Address(*address),
        (_, Value::Uint(number)) => Data::Uint(*number),
        (_, Value::Int(number)) => Data::Int(*number),
        (_, Value::Bool(value)) => Data::Bool(*value),
        (_, Value::Fixed(bytes) | Value::Bytes(bytes)) => Data::Bytes(bytes.to_vec()),
        (_, Value::Text(bytes)) => Data::Text(String::from_utf8_lossy(bytes).into_owned()),
        (_, Value::List(_) | Value::Tuple(_)) => Data::List(Vec::new()),
    }
}

/// What paths start from.
struct Root<'a> {
    data: &'a Data,
    to: Option<Address>,
    from: Option<Address>,
    value: U256,
    descriptor: &'a Descriptor,
}

impl Root<'_> {
    /// Every value at a path, with the indices that `[]` took.
    fn values(&self, path: &str) -> Vec<(Vec<usize>, Data)> {
        let container = match path {
            "@.to" => self.to.map(Data::Address),
            "@.from" => self.from.map(Data::Address),
            "@.value" => Some(Data::Uint(self.value)),
            _ => None,
        };
        if let Some(value) = container {
            return vec![(Vec::new(), value)];
        }
        if path.starts_with(['@', '$']) {
            let constant = self.descriptor.constant(path);
            return constant.map(|address| (Vec::new(), Data::Address(address))).into_iter().collect();
        }
        let mut found = vec![(Vec::new(), self.data.clone())];
        for step in path.trim_start_matches("#.").split('.') {
            found =
                found.into_iter().flat_map(|(at, data)| descend(&at, &data, step)).take(MAX_VALUES).collect();
        }
        found
    }

    /// The address at a path, `[]` taking the indices given.
    fn address(&self, path: &str, at: &[usize]) -> Option<Address> {
        let candidates = self.values(path);
        let fits = candidates.iter().find(|(indices, _)| at.starts_with(indices) || indices.starts_with(at));
        match &fits?.1 {
            Data::Address(address) => Some(*address),
            Data::Bytes(bytes) => Address::try_from(&bytes[..]).ok(),
            _ => None,
        }
    }
}

/// One step of a path: a name, `[]`, `[3]`, `[-1]`, or a slice `[0:20]`.
fn descend(at: &[usize], data: &Data, step: &str) -> Vec<(Vec<usize>, Data)> {
    let Some(inside) = step.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return data.get(step).map(|data| (at.to_vec(), data.clone())).into_iter().collect();
    };
    let index = |text: &str, len: usize| -> Option<usize> {
        match text.strip_prefix('-') {
            Some(back) => len.checked_sub(back.parse().ok()?),
            None => text.parse().ok().filter(|index| *index <= len),
        }
    };
    match data {
        Data::List(items) if inside.is_empty() => {
            items.iter().enumerate().map(|(index, item)| ([at, &[index]].concat(), item.clone())).collect()
        }
        Data::List(items) => {
            let item = index(inside, items.len()).and_then(|index| items.get(index));
            item.map(|item| (at.to_vec(), item.clone())).into_iter().collect()
        }
        Data::Bytes(bytes) => {
            let slice = inside.split_once(':').and_then(|(from, to)| {
                let from = if from.is_empty() { 0 } else { index(from, bytes.len())? };
                let to = if to.is_empty() { bytes.len() } else { index(to, bytes.len())? };
                bytes.get(from..to)
            });
            slice.map(|slice| (at.to_vec(), Data::Bytes(slice.to_vec()))).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

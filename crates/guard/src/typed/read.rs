//! Reading typed data from JSON, against hostile input.
//!
//! Wallets differ in what they accept, and a drainer picks the spelling that the checker misreads. Here values are read
//! by their declared type, whatever the spelling, and every odd spelling, every field that is shown but not signed, and
//! every ambiguity is noted.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use alloy_primitives::{Address, B256, U256};
use tracehound_model::Asset;

use super::encode;
use crate::{
    decode::Type,
    json::{Json, Node, shorten},
    safe::Hashes,
    scalar::{Malformed, Scalars, decimal},
};

/// Most struct types in one document.
const MAX_TYPES: usize = 256;
/// Most fields in one struct type.
const MAX_FIELDS: usize = 256;
/// Most dimensions of an array.
const MAX_DIMENSIONS: usize = 32;

/// A field of a struct type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, as written.
    pub written: String,
    /// Its type.
    pub ty: Kind,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An elementary type.
    Plain(Type),
    /// A struct, by name.
    Struct(String),
    /// An array, of a fixed length if one is given.
    Array(Box<Self>, Option<usize>),
}

/// The struct types of a document.
pub type Types = BTreeMap<String, Vec<Field>>;

/// A value read by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// An address
    Address(Address),
    /// An unsigned number
    Uint(U256),
    /// A signed number, two's complement
    Int(U256),
    /// True or false
    Bool(bool),
    /// `bytesN`, padded to a word, and N
    Fixed(B256, u8),
    /// `bytes`
    Bytes(Vec<u8>),
    /// `string`
    Text(String),
    /// An array
    List(Vec<Data>),
    /// A struct: its type's name and its fields in the type's order
    Struct(String, Vec<(String, Data)>),
}

/// Typed data as it would be signed.
#[derive(Clone, Debug)]
pub struct TypedData {
    /// Name of the struct that is signed.
    pub primary: String,
    /// The domain.
    pub domain: Data,
    /// The message.
    pub message: Data,
    /// Domain hash, message hash and digest.
    pub hashes: Hashes,
    /// The type's full description (`encodeType`), by which descriptors know it.
    pub type_text: String,
    /// What a smart account's owner agrees to, where it is wrapped for that account (ERC-7739).
    pub nested: Option<Box<Nested>>,
}

impl TypedData {
    /// The chain that the domain is for: by its field, or by the salt, where a token that is known on that chain writes it there.
    /// Source: Polygon, pos-portal, `EIP712Base.sol`.
    pub fn chain(&self) -> Option<U256> {
        let by_salt = || {
            let Some(Data::Fixed(salt, 32)) = self.domain.get("salt") else { return None };
            let chain = u64::try_from(U256::from_be_bytes(salt.0)).ok()?;
            let token = self.domain.address("verifyingContract")?;
            Asset::erc20(chain, token.into_array()).unit().map(|_| U256::from(chain))
        };
        self.domain.uint("chainId").or_else(by_salt)
    }
}

/// Typed data that a smart account wraps before it has them signed (ERC-7739, `TypedDataSign`).
#[derive(Clone, Debug)]
pub struct Nested {
    /// What is agreed to: of the same domain.
    pub content: TypedData,
    /// The smart account in whose name it is.
    pub account: Address,
    /// Its chain.
    pub chain_id: U256,
}

impl Data {
    /// A value by its path: `details.amount`, `offer.0.token`.
    pub fn get(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |data, step| match data {
            Self::Struct(_, fields) => fields.iter().find(|(name, _)| name == step).map(|(_, data)| data),
            Self::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        })
    }

    /// The address at a path.
    pub fn address(&self, path: &str) -> Option<Address> {
        match self.get(path)? {
            Self::Address(address) => Some(*address),
            _ => None,
        }
    }

    /// The unsigned number at a path.
    pub fn uint(&self, path: &str) -> Option<U256> {
        match self.get(path)? {
            Self::Uint(number) => Some(*number),
            _ => None,
        }
    }

    /// The text at a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.get(path)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The list at a path.
    pub fn list(&self, path: &str) -> Option<&[Self]> {
        match self.get(path)? {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The fields, if it is a struct.
    pub fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Struct(_, fields) => fields,
            _ => &[],
        }
    }

    /// Every text in it, with its path.
    pub fn texts<'a>(&'a self, path: &str, out: &mut Vec<(String, &'a str)>) {
        match self {
            Self::Text(text) => out.push((path.to_owned(), text)),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.texts(&format!("{path}[{index}]"), out);
                }
            }
            Self::Struct(_, fields) => {
                for (name, field) in fields {
                    field.texts(&format!("{path}.{name}"), out);
                }
            }
            _ => {}
        }
    }

    /// Bytes of every length in it, with their path.
    pub fn bytes_of<'a>(&'a self, path: &str, out: &mut Vec<(String, Cow<'a, [u8]>)>) {
        match self {
            Self::Bytes(bytes) => out.push((path.to_owned(), Cow::Borrowed(bytes))),
            Self::Fixed(word, size) => {
                out.push((path.to_owned(), Cow::Borrowed(&word[..usize::from(*size)])));
            }
            Self::Address(address) => out.push((path.to_owned(), Cow::Borrowed(address.as_slice()))),
            Self::Uint(number) => {
                out.push((path.to_owned(), Cow::Owned(number.to_be_bytes::<32>().to_vec())));
            }
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.bytes_of(&format!("{path}[{index}]"), out);
                }
            }
            Self::Struct(_, fields) => {
                for (name, field) in fields {
                    field.bytes_of(&format!("{path}.{name}"), out);
                }
            }
            Self::Int(_) | Self::Bool(_) | Self::Text(_) => {}
        }
    }

    /// For people, in one line.
    pub fn show(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Int(number) if number.bit(255) => format!("-{}", U256::ZERO.wrapping_sub(*number)),
            Self::Uint(number) | Self::Int(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Fixed(word, size) => format!("0x{}", hex::encode(&word[..usize::from(*size)])),
            Self::Bytes(bytes) => format!("0x{}", hex::encode(&bytes[..bytes.len().min(64)])),
            Self::Text(text) => format!("{:?}", shorten(text)),
            Self::List(items) => {
                let shown: Vec<String> = items.iter().take(8).map(Self::show).collect();
                format!("[{}]", shown.join(", "))
            }
            Self::Struct(_, fields) => {
                let shown: Vec<String> =
                    fields.iter().take(16).map(|(name, field)| format!("{name}: {}", field.show())).collect();
                format!("{{{}}}", shown.join(", "))
            }
        }
    }
}

/// Reads typed data: an object with `types`, `primaryType`, `domain` and `message`, or a text that holds one.
pub fn read(node: &Node, scalars: &mut Scalars) -> Result<TypedData, Malformed> {
    let part = |key: &str| {
        node.get(key).ok_or_else(|| {
            Malformed::new(key, "is absent; typed data has types, primaryType, domain, message")
        })
    };
    let mut types = read_types(part("types")?)?;
    let primary = part("primaryType")?
        .text()
        .ok_or_else(|| Malformed::new("primaryType", "a text should be here"))?
        .to_owned();
    for (key, _) in node.map().unwrap_or_default() {
        if !["types", "primaryType", "domain", "message"].contains(&&key[..]) {
            scalars.note(&shorten(key), "is shown but not signed: typed data has no such part");
        }
    }
    let domain_node = part("domain")?;
    if let Some(fields) = types.get(DOMAIN) {
        let place = |field: &Field| DOMAIN_FIELDS.iter().position(|(name, _)| *name == field.name);
        let places: Vec<usize> = fields.iter().filter_map(place).collect();
        if !places.is_sorted() {
            let what = "the fields stand in another order than in EIP-712: some wallets sign them as they stand, others in that order, \
                        and their hashes differ";
            scalars.note("types.EIP712Domain", what);
        }
    } else {
        let what = "is absent: some wallets put the fields of the domain there, others none, and their hashes differ";
        scalars.note("types.EIP712Domain", what);
        types.insert(DOMAIN.to_owned(), domain_type(domain_node)?);
    }
    let mut reader = Reader { types: &types, scalars };
    let domain = reader.structure(DOMAIN, domain_node, "domain")?;
    if !types.contains_key(&primary) {
        return Err(Malformed::new("primaryType", format!("{:?} is not among the types", shorten(&primary))));
    }
    let message = if primary == DOMAIN {
        scalars.note("primaryType", "only the domain is signed: the message is shown but not signed");
        Data::Struct(DOMAIN.to_owned(), Vec::new())
    } else {
        Reader { types: &types, scalars }.structure(&primary, part("message")?, "message")?
    };
    let encoder = encode::Encoder::new(&types);
    let hashes = encoder.hashes(&domain, &message, primary == DOMAIN);
    let type_text = encoder.type_text(&primary);
    let nested = nested(&types, &primary, &domain, &message, &encoder).map(Box::new);
    Ok(TypedData { primary, domain, message, hashes, type_text, nested })
}

/// The fields of a smart account's domain, behind the contents. Source: ERC-7739.
const ACCOUNT_FIELDS: [(&str, &str); 5] = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
];

/// What is in a `TypedDataSign`, where it is one to the letter.
fn nested(
    types: &Types,
    primary: &str,
    domain: &Data,
    message: &Data,
    encoder: &encode::Encoder<'_>,
) -> Option<Nested> {
    let [contents, account @ ..] = &types.get(primary).filter(|_| primary == "TypedDataSign")?[..] else {
        return None;
    };
    let is_account = account.iter().map(|field| (&field.name[..], &field.written[..])).eq(ACCOUNT_FIELDS);
    let Kind::Struct(name) = &contents.ty else { return None };
    // What accounts refuse: names by which a type could break out of its own description.
    let is_name = name.starts_with(|c: char| !c.is_ascii_lowercase()) && name != primary;
    if contents.name != "contents" || !is_account || !is_name {
        return None;
    }
    let inner = message.get("contents")?.clone();
    let hashes = encoder.hashes(domain, &inner, false);
    let type_text = encoder.type_text(name);
    let (primary, domain) = (name.clone(), domain.clone());
    let content = TypedData { primary, domain, message: inner, hashes, type_text, nested: None };
    Some(Nested {
        content,
        account: message.address("verifyingContract")?,
        chain_id: message.uint("chainId")?,
    })
}

/// Name of the domain's type.
pub const DOMAIN: &str = "EIP712Domain";

/// The fields a domain may have, in their order. Source: EIP-712.
const DOMAIN_FIELDS: [(&str, &str); 5] = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
];

/// The domain's type where the document leaves it out: the fields that are there, in the standard's order.
fn domain_type(domain: &Node) -> Result<Vec<Field>, Malformed> {
    let fields = domain.map().ok_or_else(|| Malformed::new("domain", "an object should be here"))?;
    let known = |name: &str| DOMAIN_FIELDS.iter().any(|(field, _)| *field == name);
    if let Some((name, _)) = fields.iter().find(|(name, _)| !known(name)) {
        return Err(Malformed::new("domain", format!("{:?} is no field of a domain", shorten(name))));
    }
    DOMAIN_FIELDS
        .iter()
        .filter(|(name, _)| domain.get(name).is_some())
        .map(|(name, ty)| {
            let kind = kind(ty).ok_or_else(|| Malformed::new("domain", "a constant type"))?;
            Ok(Field { name: (*name).to_owned(), written: (*ty).to_owned(), ty: kind })
        })
        .collect()
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    name.len() <= 128
        && chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

/// Names of types may be put together of several with colons, as Hyperliquid's are.
fn is_type_name(name: &str) -> bool {
    name.len() <= 128 && name.split(':').all(is_identifier)
}

fn read_types(node: &Node) -> Result<Types, Malformed> {
    let listed = node.map().ok_or_else(|| Malformed::new("types", "an object should be here"))?;
    if listed.len() > MAX_TYPES {
        return Err(Malformed::new("types", format!("{} types; at most {MAX_TYPES}", listed.len())));
    }
    let mut types = Types::new();
    for (name, fields) in listed {
        let path = format!("types.{}", shorten(name));
        if !is_type_name(name) || Type::elementary(name).is_some() {
            return Err(Malformed::new(
                &path,
                "is no name for a type: another type has it, or it has odd characters",
            ));
        }
        let list = fields.list().ok_or_else(|| Malformed::new(&path, "a list of fields should be here"))?;
        if list.len() > MAX_FIELDS {
            return Err(Malformed::new(&path, format!("{} fields; at most {MAX_FIELDS}", list.len())));
        }
        let mut read = Vec::new();
        let mut names = BTreeSet::new();
        for (index, field) in list.iter().enumerate() {
            let at = format!("{path}[{index}]");
            let text = |key: &str| {
                field
                    .get(key)
                    .and_then(Node::text)
                    .ok_or_else(|| Malformed::new(&at, format!("`{key}` is absent")))
            };
            let (field_name, written) = (text("name")?, text("type")?);
            // Compilers write `internalType` too.
            let is_read = |key: &str| matches!(key, "name" | "type" | "internalType");
            if let Some((key, _)) = field.map().unwrap_or_default().iter().find(|(key, _)| !is_read(key)) {
                let what = format!("{:?} is nothing that a field of a type has", shorten(key));
                return Err(Malformed::new(&at, what));
            }
            if !is_identifier(field_name) || !names.insert(field_name) {
                return Err(Malformed::new(
                    &at,
                    format!("{:?} is no field name of its own", shorten(field_name)),
                ));
            }
            let ty = kind(written)
                .ok_or_else(|| Malformed::new(&at, format!("{:?} is no type", shorten(written))))?;
            read.push(Field { name: field_name.to_owned(), written: written.to_owned(), ty });
        }
        types.insert(name.clone(), read);
    }
    for (name, fields) in &types {
        for field in fields {
            if let Some(missing) = base(&field.ty).filter(|base| !types.contains_key(*base)) {
                let what = format!("the type {:?} is not described", shorten(missing));
                return Err(Malformed::new(&format!("types.{name}.{}", field.name), what));
            }
        }
    }
    Ok(types)
}

/// The struct a type rests on.
pub(super) fn base(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Plain(_) => None,
        Kind::Struct(name) => Some(name),
        Kind::Array(inner, _) => base(inner),
    }
}

fn kind(written: &str) -> Option<Kind> {
    let open = written.find('[').unwrap_or(written.len());
    let (name, mut dimensions) = written.split_at(open);
    let mut kind = match Type::elementary(name) {
        // `uint` and `int` are hashed as they are written, and implementations disagree about that.
        Some(_) if name == "uint" || name == "int" => return None,
        Some(ty) => Kind::Plain(ty),
        None if is_type_name(name) => Kind::Struct(name.to_owned()),
        None => return None,
    };
    let mut count = 0;
    while let Some(rest) = dimensions.strip_prefix('[') {
        let (length, rest) = rest.split_once(']')?;
        let plain =
            !length.starts_with('0') && length.len() <= 6 && length.bytes().all(|byte| byte.is_ascii_digit());
        let length =
            if length.is_empty() { None } else { Some(plain.then(|| length.parse().ok()).flatten()?) };
        kind = Kind::Array(Box::new(kind), length);
        dimensions = rest;
        count += 1;
        if count > MAX_DIMENSIONS {
            return None;
        }
    }
    dimensions.is_empty().then_some(kind)
}

struct Reader<'a, 's> {
    types: &'a Types,
    scalars: &'s mut Scalars,
}

impl Reader<'_, '_> {
    fn structure(&mut self, name: &str, node: &Node, path: &str) -> Result<Data, Malformed> {
        let given = node.map().ok_or_else(|| {
            Malformed::new(path, format!("{} where an object {name} should be", node.value.kind()))
        })?;
        let fields = self.types.get(name).ok_or_else(|| Malformed::new(path, "an unknown type"))?;
        for (key, _) in given {
            if !fields.iter().any(|field| field.name == *key) {
                let what = format!("{:?} is shown but not signed: {name} has no such field", shorten(key));
                self.scalars.note(path, what);
            }
        }
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            let at = format!("{path}.{}", field.name);
            let value = node
                .get(&field.name)
                .ok_or_else(|| Malformed::new(&at, format!("is absent, though {name} has it")))?;
            values.push((field.name.clone(), self.value(&field.ty, value, &at)?));
        }
        Ok(Data::Struct(name.to_owned(), values))
    }

    fn value(&mut self, kind: &Kind, node: &Node, path: &str) -> Result<Data, Malformed> {
        match kind {
            Kind::Struct(name) => self.structure(name, node, path),
            Kind::Array(inner, length) => {
                let list = node.list().ok_or_else(|| {
                    Malformed::new(path, format!("{} where a list should be", node.value.kind()))
                })?;
                if length.is_some_and(|length| length != list.len()) {
                    return Err(Malformed::new(
                        path,
                        format!("{} elements, not as many as its type says", list.len()),
                    ));
                }
                let read = list.iter().enumerate();
                let items: Result<Vec<Data>, Malformed> =
                    read.map(|(index, node)| self.value(inner, node, &format!("{path}[{index}]"))).collect();
                Ok(Data::List(items?))
            }
            Kind::Plain(ty) => self.plain(ty, node, path),
        }
    }

    fn plain(&mut self, ty: &Type, node: &Node, path: &str) -> Result<Data, Malformed> {
        Ok(match ty {
            Type::Address => Data::Address(self.scalars.address(node, path)?),
            Type::Uint(bits) => {
                let value = self.scalars.uint(node, path)?;
                if value.bit_len() > usize::from(*bits) {
                    return Err(Malformed::new(path, format!("{value} does not fit into uint{bits}")));
                }
                Data::Uint(value)
            }
            Type::Int(bits) => Data::Int(self.signed(*bits, node, path)?),
            Type::Bool => match &node.value {
                Json::Bool(value) => Data::Bool(*value),
                Json::Text(text) if text == "true" || text == "false" => {
                    // Some signers take any text for true.
                    self.scalars.note(path, format!("the text {text:?} where true or false should be"));
                    Data::Bool(text == "true")
                }
                Json::Number(digits) if digits == "0" || digits == "1" => {
                    self.scalars.note(path, format!("the number {digits} where true or false should be"));
                    Data::Bool(digits == "1")
                }
                other => {
                    return Err(Malformed::new(
                        path,
                        format!("{} where true or false should be", other.kind()),
                    ));
                }
            },
            Type::Fixed(size) => {
                let bytes = self.scalars.bytes(node, path)?;
                if bytes.len() != usize::from(*size) {
                    return Err(Malformed::new(
                        path,
                        format!("{} bytes where {size} should be", bytes.len()),
                    ));
                }
                let mut word = B256::ZERO;
                word[..bytes.len()].copy_from_slice(&bytes);
                Data::Fixed(word, *size)
            }
            Type::Bytes => {
                if node.value == Json::Null {
                    return Err(Malformed::new(path, "null where bytes should be"));
                }
                Data::Bytes(self.scalars.bytes(node, path)?)
            }
            Type::String => match &node.value {
                Json::Text(text) => Data::Text(text.clone()),
                other => {
                    return Err(Malformed::new(path, format!("{} where a text should be", other.kind())));
                }
            },
            Type::Array(_) | Type::FixedArray(..) | Type::Tuple(_) => {
                return Err(Malformed::new(path, "typed data has no such type"));
            }
        })
    }

    fn signed(&mut self, bits: u16, node: &Node, path: &str) -> Result<U256, Malformed> {
        let negative = match &node.value {
            Json::Number(digits) | Json::Text(digits) => digits.strip_prefix('-'),
            _ => None,
        };
        let limit = U256::from(1) << (bits - 1);
        let out = |value: &dyn std::fmt::Display| {
            Malformed::new(path, format!("{value} does not fit into int{bits}"))
        };
        if let Some(digits) = negative {
            let value = decimal(digits).ok_or_else(|| Malformed::new(path, "is no whole number"))?;
            return if value > limit {
                Err(out(&format!("-{value}")))
            } else {
                Ok(U256::ZERO.wrapping_sub(value))
            };
        }
        let value = self.scalars.uint(node, path)?;
        if value >= limit { Err(out(&value)) } else { Ok(value) }
    }
}

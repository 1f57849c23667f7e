//! Descriptors for clear signing (ERC-7730) as their makers write them.
//!
//! A descriptor speaks only for the contracts and chains it names.

use std::collections::BTreeMap;

use alloy_primitives::Address;

use crate::{
    decode::Function,
    json::{Json, Node, shorten},
    scalar::{Malformed, Scalars},
};

/// Most descriptors a descriptor may include, one inside another.
const MAX_INCLUDES: usize = 4;

/// What a descriptor speaks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Binding {
    deployments: Vec<(u64, Address)>,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
}

/// How one function or type is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) key: String,
    pub(crate) function: Option<Function>,
    pub(crate) intent: String,
    pub(crate) fields: Vec<Node>,
}

/// A descriptor, its includes taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub(crate) owner: String,
    pub(crate) binding: Binding,
    pub(crate) formats: Vec<Format>,
    /// `metadata` and `display.definitions`, for references.
    metadata: Option<Node>,
    pub(crate) definitions: Option<Node>,
}

impl Descriptor {
    /// Reads a descriptor. `file` gives the text of an included file by its name; included files lie beside it.
    pub fn read(text: &[u8], file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, Malformed> {
        Self::read_deep(text, file, 0)
    }

    fn read_deep(
        text: &[u8],
        file: &dyn Fn(&str) -> Option<Vec<u8>>,
        depth: usize,
    ) -> Result<Self, Malformed> {
        let node =
            crate::json::parse(text).map_err(|error| Malformed::new("descriptor", error.to_string()))?;
        let mut base = match node.get("includes").and_then(Node::text) {
            None => Self {
                owner: "nobody named".to_owned(),
                binding: Binding::default(),
                formats: Vec::new(),
                metadata: None,
                definitions: None,
            },
            Some(_) if depth == MAX_INCLUDES => {
                return Err(Malformed::new("includes", format!("more than {MAX_INCLUDES} levels")));
            }
            Some(name) => {
                let included = file(name)
                    .ok_or_else(|| Malformed::new("includes", format!("{:?} is not there", shorten(name))))?;
                Self::read_deep(&included, file, depth + 1)?
            }
        };
        if let Some(metadata) = node.get("metadata") {
            if let Some(owner) = metadata.get("owner").and_then(Node::text) {
                base.owner = shorten(owner);
            }
            base.metadata = Some(merged(base.metadata.take(), metadata));
        }
        if let Some(context) = node.get("context") {
            bind(&mut base.binding, context)?;
        }
        let display = node.get("display");
        if let Some(definitions) = display.and_then(|display| display.get("definitions")) {
            base.definitions = Some(merged(base.definitions.take(), definitions));
        }
        for (key, format) in
            display.and_then(|display| display.get("formats")).and_then(Node::map).unwrap_or_default()
        {
            let intent = format.get("intent").and_then(Node::text).unwrap_or("(no intent given)");
            let fields = format.get("fields").and_then(Node::list).unwrap_or_default().to_vec();
            base.formats.retain(|known| known.key != *key);
            base.formats.push(Format {
                key: key.clone(),
                function: Function::parse(key).ok(),
                intent: shorten(intent),
                fields,
            });
        }
        Ok(base)
    }

    /// Whether it names this contract on this chain.
    pub(crate) fn speaks_for(&self, chain_id: Option<u64>, contract: Option<Address>) -> bool {
        let (Some(chain), Some(contract)) = (chain_id, contract) else { return false };
        self.binding.deployments.contains(&(chain, contract))
    }

    /// What it calls the contract it speaks for, as a token.
    pub(crate) fn token_names(&self) -> Vec<&str> {
        let token = self.metadata.as_ref().and_then(|metadata| metadata.get("token"));
        let told = ["name", "ticker", "symbol"].iter().filter_map(|key| token?.get(key)?.text());
        told.chain(self.binding.name.as_deref()).collect()
    }

    /// A node by its path from the document's root: `$.metadata.enums.operation`.
    pub(crate) fn reference(&self, path: &str) -> Option<&Node> {
        let path = path.strip_prefix("$.metadata.")?;
        path.split('.').try_fold(self.metadata.as_ref()?, |node, step| node.get(step))
    }

    /// An address, or a reference to one.
    pub(crate) fn constant(&self, text: &str) -> Option<Address> {
        let text = if text.starts_with('$') { self.reference(text)?.text()? } else { text };
        Scalars::default().address_text(text, "descriptor").ok()
    }
}

/// The fields of two objects, those of the second first.
fn merged(below: Option<Node>, above: &Node) -> Node {
    let Some(below) = below else { return above.clone() };
    let (Json::Map(above_fields), Json::Map(below_fields)) = (&above.value, below.value) else {
        return above.clone();
    };
    let mut fields: BTreeMap<String, Node> = below_fields.into_iter().collect();
    for (key, node) in above_fields {
        let both = fields.remove(key).map_or_else(|| node.clone(), |known| merged(Some(known), node));
        fields.insert(key.clone(), both);
    }
    Node { at: above.at, value: Json::Map(fields.into_iter().collect()) }
}

fn bind(binding: &mut Binding, context: &Node) -> Result<(), Malformed> {
    let Some(inner) = context.any(&["contract", "eip712"]) else { return Ok(()) };
    let mut scalars = Scalars::default();
    if let Some(list) = inner.get("deployments").and_then(Node::list) {
        binding.deployments.clear();
        for (index, node) in list.iter().enumerate() {
            let path = format!("context.deployments[{index}]");
            let part =
                |key: &str| node.get(key).ok_or_else(|| Malformed::new(&path, format!("`{key}` is absent")));
            let chain = u64::try_from(scalars.uint(part("chainId")?, &path)?);
            let chain = chain.map_err(|_| Malformed::new(&path, "a chain id above 2^64-1"))?;
            binding.deployments.push((chain, scalars.address(part("address")?, &path)?));
        }
    }
    if let Some(domain) = inner.get("domain") {
        let text = |key: &str| domain.get(key).and_then(Node::text).map(str::to_owned);
        binding.name = text("name").or(binding.name.take());
        binding.version = text("version").or(binding.version.take());
    }
    Ok(())
}

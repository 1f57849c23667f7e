//! Hashing typed data. Source: EIP-712.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use alloy_primitives::{B256, U256, keccak256};

use super::read::{Data, Types, base};
use crate::safe::Hashes;

/// Hashes values of the given types; type hashes are worked out once.
pub struct Encoder<'a> {
    types: &'a Types,
    hashes: RefCell<BTreeMap<String, B256>>,
}

impl<'a> Encoder<'a> {
    /// An encoder for a document's types.
    pub fn new(types: &'a Types) -> Self {
        Self { types, hashes: RefCell::default() }
    }

    /// Domain hash, message hash, digest. When only the domain is signed the message hash is absent from the digest.
    pub fn hashes(&self, domain: &Data, message: &Data, domain_only: bool) -> Hashes {
        let domain = self.word(domain);
        if domain_only {
            let mut bytes = vec![0x19, 0x01];
            bytes.extend_from_slice(domain.as_slice());
            return Hashes { domain, message: B256::ZERO, digest: keccak256(bytes) };
        }
        Hashes::new(domain, self.word(message))
    }

    /// `encodeType`: the struct's own description, then those it refers to, by name.
    pub fn type_text(&self, name: &str) -> String {
        let mut found = BTreeSet::new();
        let mut queue = vec![name];
        while let Some(name) = queue.pop() {
            for field in self.types.get(name).into_iter().flatten() {
                if let Some(base) = base(&field.ty)
                    && found.insert(base)
                {
                    queue.push(base);
                }
            }
        }
        found.remove(name);
        std::iter::once(name).chain(found).map(|name| self.own_text(name)).collect()
    }

    fn own_text(&self, name: &str) -> String {
        let fields = self.types.get(name).into_iter().flatten();
        let fields: Vec<String> = fields.map(|field| format!("{} {}", field.written, field.name)).collect();
        format!("{name}({})", fields.join(","))
    }

    fn type_hash(&self, name: &str) -> B256 {
        if let Some(hash) = self.hashes.borrow().get(name) {
            return *hash;
        }
        let hash = keccak256(self.type_text(name));
        self.hashes.borrow_mut().insert(name.to_owned(), hash);
        hash
    }

    /// The 32 bytes that stand for a value in its struct.
    fn word(&self, data: &Data) -> B256 {
        match data {
            Data::Address(address) => address.into_word(),
            Data::Uint(number) | Data::Int(number) => B256::from(number.to_be_bytes::<32>()),
            Data::Bool(value) => B256::from(U256::from(*value).to_be_bytes::<32>()),
            Data::Fixed(word, _) => *word,
            Data::Bytes(bytes) => keccak256(bytes),
            Data::Text(text) => keccak256(text.as_bytes()),
            Data::List(items) => {
                let words: Vec<u8> = items.iter().flat_map(|item| self.word(item).0).collect();
                keccak256(words)
            }
            Data::Struct(name, fields) => {
                let mut words = self.type_hash(name).to_vec();
                for (_, field) in fields {
                    words.extend_from_slice(self.word(field).as_slice());
                }
                keccak256(words)
            }
        }
    }
}

//! Call data, laid out by hand: the tests ask real contracts without the code that they test.

use alloy_primitives::{Address, U256, keccak256};
use tracehound_guard::typed::Data;

pub(crate) fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

/// A function call by the words of its arguments; dynamic ones are laid out by the caller.
pub(crate) fn call(signature: &str, words: &[U256]) -> Vec<u8> {
    let mut data = keccak256(signature)[..4].to_vec();
    for word in words {
        data.extend_from_slice(&word.to_be_bytes::<32>());
    }
    data
}

/// `bytes` or `string` as an argument's tail: length and content.
pub(crate) fn tail(bytes: &[u8]) -> Vec<u8> {
    let mut tail = U256::from(bytes.len()).to_be_bytes::<32>().to_vec();
    tail.extend_from_slice(bytes);
    tail.resize(tail.len().next_multiple_of(32), 0);
    tail
}

/// Typed data as an argument: what lies where it is named, or what lies in the tail and is pointed at.
pub(crate) enum Laid {
    /// Of a fixed size.
    Here(Vec<u8>),
    /// Of any size.
    Tail(Vec<u8>),
}

/// A value of typed data as Solidity would encode it.
pub(crate) fn lay(data: &Data) -> Laid {
    let number = |number: U256| Laid::Here(number.to_be_bytes::<32>().to_vec());
    match data {
        Data::Address(address) => number(word(*address)),
        Data::Uint(value) | Data::Int(value) => number(*value),
        Data::Bool(value) => number(U256::from(*value)),
        Data::Fixed(word, _) => Laid::Here(word.to_vec()),
        Data::Bytes(bytes) => Laid::Tail(tail(bytes)),
        Data::Text(text) => Laid::Tail(tail(text.as_bytes())),
        Data::List(items) => {
            let mut list = U256::from(items.len()).to_be_bytes::<32>().to_vec();
            list.extend(tuple(items.iter().map(lay).collect()));
            Laid::Tail(list)
        }
        Data::Struct(_, fields) => {
            let fields: Vec<Laid> = fields.iter().map(|(_, field)| lay(field)).collect();
            let fixed = fields.iter().all(|field| matches!(field, Laid::Here(_)));
            let bytes = tuple(fields);
            if fixed { Laid::Here(bytes) } else { Laid::Tail(bytes) }
        }
    }
}

/// Several values side by side: of each that has any size its place stands first.
pub(crate) fn tuple(fields: Vec<Laid>) -> Vec<u8> {
    let size = |field: &Laid| match field {
        Laid::Here(bytes) => bytes.len(),
        Laid::Tail(_) => 32,
    };
    let mut place: usize = fields.iter().map(size).sum();
    let (mut head, mut tails) = (Vec::new(), Vec::new());
    for field in fields {
        match field {
            Laid::Here(bytes) => head.extend(bytes),
            Laid::Tail(bytes) => {
                head.extend(U256::from(place).to_be_bytes::<32>());
                place += bytes.len();
                tails.extend(bytes);
            }
        }
    }
    head.extend(tails);
    head
}

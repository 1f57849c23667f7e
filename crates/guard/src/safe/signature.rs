//! The signatures of a Safe: four forms of 65 bytes, told apart by `v`. Source: `checkNSignatures` of `Safe.sol`.

use alloy_primitives::{Address, B256, Signature, U256};
use thiserror::Error;

use super::{
    Hashes,
    hash::{message_hashes, message_hashes_of_bytes, personal_hash},
    version::Scheme,
};
use crate::scalar::word_address;

/// Most signatures of one transaction that are examined.
pub const MAX_PARTS: usize = 256;

/// How an owner agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// `v` 27 or 28: over the hash itself.
    Eoa,
    /// `v` 31 or 32: over the hash as an `eth_sign` message.
    EthSign,
    /// `v` 1: by a transaction (`approveHash`), or by being the executor; there is no signature to check.
    Approved,
    /// `v` 0: a contract answers for itself (EIP-1271).
    Contract,
}

impl Form {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eoa => "signature",
            Self::EthSign => "eth_sign signature",
            Self::Approved => "approval on the chain",
            Self::Contract => "contract signature (EIP-1271)",
        }
    }
}

/// One signature as it lies in the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Which form.
    pub form: Form,
    /// The 65 bytes.
    pub head: &'a [u8],
    /// What a contract signature carries behind the others.
    pub tail: &'a [u8],
}

/// Who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Recovered from the signature: proven.
    Proven(Address),
    /// Named in the bytes: to be confirmed by the chain.
    Named(Address),
}

impl Signer {
    /// The address, proven or named.
    pub fn address(self) -> Address {
        match self {
            Self::Proven(address) | Self::Named(address) => address,
        }
    }
}

/// Bytes that are no signatures of a Safe.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// Not even one signature.
    #[error("{len} bytes; a signature has 65")]
    Short {
        /// Bytes given.
        len: usize,
    },
    /// Left over bytes that belong to no signature.
    #[error("{extra} bytes at the end belong to no signature")]
    Trailing {
        /// Bytes left over.
        extra: usize,
    },
    /// No such form.
    #[error("v is {v}; a Safe knows 0, 1, 27, 28, 31 and 32")]
    UnknownForm {
        /// Last byte.
        v: u8,
    },
    /// A contract signature whose bytes lie elsewhere than behind the 65-byte parts.
    #[error("the contract signature's bytes should lie at {offset}, outside the {len} bytes given")]
    Offset {
        /// Where they should lie.
        offset: String,
        /// Bytes given.
        len: usize,
    },
    /// The mathematics gives no key.
    #[error("no key gives this signature over this hash")]
    NoKey,
    /// Too many.
    #[error("more than {MAX_PARTS} signatures")]
    Many,
}

fn word(head: &[u8], index: usize) -> B256 {
    B256::from_slice(&head[index * 32..index * 32 + 32])
}

/// Splits the bytes given to `execTransaction` into signatures.
///
/// The 65-byte parts come first; contract signatures point behind them.
pub fn split(bytes: &[u8]) -> Result<Vec<Part<'_>>, SignatureError> {
    let mut parts = Vec::new();
    let mut heads_end = bytes.len();
    let mut used_to = 0;
    let mut at = 0;
    while at < heads_end {
        if parts.len() == MAX_PARTS {
            return Err(SignatureError::Many);
        }
        let Some(head) = bytes.get(at..at + 65).filter(|_| at + 65 <= heads_end) else {
            return Err(if at == 0 {
                SignatureError::Short { len: bytes.len() }
            } else {
                SignatureError::Trailing { extra: heads_end - at }
            });
        };
        at += 65;
        let form = form(head[64])?;
        let mut tail: &[u8] = &[];
        if form == Form::Contract {
            let offset = U256::from_be_bytes(word(head, 1).0);
            let outside = || SignatureError::Offset { offset: offset.to_string(), len: bytes.len() };
            let start = usize::try_from(offset).ok().filter(|&start| start >= at).ok_or_else(outside)?;
            let length = start.checked_add(32).and_then(|end| bytes.get(start..end)).ok_or_else(outside)?;
            let length = usize::try_from(U256::from_be_slice(length)).map_err(|_| outside())?;
            let end = (start + 32).checked_add(length).ok_or_else(outside)?;
            tail = bytes.get(start + 32..end).ok_or_else(outside)?;
            heads_end = heads_end.min(start);
            used_to = used_to.max(end);
        }
        parts.push(Part { form, head, tail });
    }
    if used_to > 0 && used_to < bytes.len() {
        return Err(SignatureError::Trailing { extra: bytes.len() - used_to });
    }
    Ok(parts)
}

/// Reads the signature of one confirmation: 65 bytes, and for a contract what follows them.
pub fn single(bytes: &[u8]) -> Result<Part<'_>, SignatureError> {
    let mut parts = split(bytes)?;
    match (parts.pop(), parts.is_empty()) {
        (Some(part), true) => Ok(part),
        (Some(_), false) => Err(SignatureError::Trailing { extra: bytes.len() - 65 }),
        (None, _) => Err(SignatureError::Short { len: bytes.len() }),
    }
}

fn form(v: u8) -> Result<Form, SignatureError> {
    match v {
        0 => Ok(Form::Contract),
        1 => Ok(Form::Approved),
        27 | 28 => Ok(Form::Eoa),
        31 | 32 => Ok(Form::EthSign),
        v => Err(SignatureError::UnknownForm { v }),
    }
}

impl Part<'_> {
    /// Who signed `hash` with this. About 0.1 ms for the forms that are proven.
    pub fn signer(&self, hash: &B256) -> Result<Signer, SignatureError> {
        let v = self.head[64];
        match self.form {
            Form::Contract | Form::Approved => Ok(Signer::Named(word_address(&word(self.head, 0)))),
            Form::Eoa => recover(self.head, v, hash).map(Signer::Proven),
            Form::EthSign => recover(self.head, v - 4, &personal_hash(hash.as_slice())).map(Signer::Proven),
        }
    }
}

fn recover(head: &[u8], v: u8, hash: &B256) -> Result<Address, SignatureError> {
    let r = U256::from_be_bytes(word(head, 0).0);
    let s = U256::from_be_bytes(word(head, 1).0);
    Signature::new(r, s, v == 28).recover_address_from_prehash(hash).map_err(|_| SignatureError::NoKey)
}

/// The hash that a Safe which owns another Safe has its own owners sign, when it answers by EIP-1271 (its fallback
/// handler's `isValidSignature`). Up to 1.4.1 the outer Safe hands over the 66 bytes before the last hashing, from
/// 1.5.0 the hash; both are handed to the handler as bytes and hashed.
pub fn contract_owner_hashes(scheme: Scheme, chain_id: u64, owner: &Address, outer: &Hashes) -> [B256; 2] {
    let mut preimage = [0; 66];
    preimage[..2].copy_from_slice(&[0x19, 0x01]);
    preimage[2..34].copy_from_slice(outer.domain.as_slice());
    preimage[34..].copy_from_slice(outer.message.as_slice());
    let by_bytes = message_hashes_of_bytes(scheme, chain_id, owner, &preimage).digest;
    let by_hash = message_hashes(scheme, chain_id, owner, &outer.digest).digest;
    [by_bytes, by_hash]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(owner: u8, second: u64, v: u8) -> Vec<u8> {
        let mut bytes = Address::repeat_byte(owner).into_word().to_vec();
        bytes.extend_from_slice(&U256::from(second).to_be_bytes::<32>());
        bytes.push(v);
        bytes
    }

    #[test]
    fn contract_signatures_lie_behind_the_others() {
        let mut bytes = head(1, 130, 0);
        bytes.extend(head(2, 0, 1));
        bytes.extend_from_slice(&U256::from(3).to_be_bytes::<32>());
        bytes.extend_from_slice(b"abc");
        let parts = split(&bytes).expect("two");
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].tail, b"abc");
        assert_eq!(parts[1].signer(&B256::ZERO), Ok(Signer::Named(Address::repeat_byte(2))));
        bytes.push(0);
        assert_eq!(split(&bytes), Err(SignatureError::Trailing { extra: 1 }));
    }

    #[test]
    fn what_is_no_signature_is_refused_with_the_reason() {
        assert_eq!(split(&[1; 64]), Err(SignatureError::Short { len: 64 }));
        assert_eq!(split(&head(1, 0, 29)), Err(SignatureError::UnknownForm { v: 29 }));
        assert!(
            matches!(split(&head(1, 10, 0)), Err(SignatureError::Offset { .. })),
            "points into the heads"
        );
        assert!(matches!(split(&head(1, u64::MAX, 0)), Err(SignatureError::Offset { .. })));
        assert!(single(&[head(1, 0, 1), head(2, 0, 1)].concat()).is_err());
        assert_eq!(split(&[]), Ok(Vec::new()));
    }
}

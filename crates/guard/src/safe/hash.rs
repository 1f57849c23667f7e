//! The hashes a hardware device shows for a Safe transaction or message (EIP-712).

use alloy_primitives::{Address, B256, U256, b256, keccak256};
use schemars::JsonSchema;
use serde::Serialize;

use super::{SafeTx, Scheme};

const DOMAIN_CHAIN: B256 = b256!("47e79534a245952e8b16893a336b85a3d9ea9fa8c573f3d803afb92a79469218");
const DOMAIN_PLAIN: B256 = b256!("035aff83d86937d35b32e04f0ddc6ff469290eef2f1b692d8a815c89404d4749");
const TX: B256 = b256!("bb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8");
const TX_DATA_GAS: B256 = b256!("14d461bc7412367e924637b363c7bf29b8f47e2f84869f4426e5633d8af47b20");
const MESSAGE: B256 = b256!("60b3cbf8b4a223d68d641b3b6ddf9a298e7f33710cf3d3a9d1146b5a6150fbca");

/// The three hashes of an EIP-712 signature: two that devices show, and the one that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Hashes {
    /// Domain separator: which contract on which chain.
    #[serde(serialize_with = "hexadecimal")]
    #[schemars(with = "String")]
    pub domain: B256,
    /// Hash of the structure: what.
    #[serde(serialize_with = "hexadecimal")]
    #[schemars(with = "String")]
    pub message: B256,
    /// What is signed: `safeTxHash` or the EIP-712 digest.
    #[serde(serialize_with = "hexadecimal")]
    #[schemars(with = "String")]
    pub digest: B256,
}

fn hexadecimal<S: serde::Serializer>(hash: &B256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hash.to_string())
}

impl Hashes {
    /// Joins domain and structure as EIP-712 says: `keccak256(0x19 0x01 ‖ domain ‖ message)`.
    pub fn new(domain: B256, message: B256) -> Self {
        let mut bytes = [0; 66];
        bytes[..2].copy_from_slice(&[0x19, 0x01]);
        bytes[2..34].copy_from_slice(domain.as_slice());
        bytes[34..].copy_from_slice(message.as_slice());
        Self { domain, message, digest: keccak256(bytes) }
    }
}

/// A hash as hardware devices show it: `0x` and 64 digits in upper case.
pub fn device_form(hash: &B256) -> String {
    format!("0x{}", hex::encode_upper(hash))
}

struct Words(Vec<u8>);

impl Words {
    fn new(first: &B256) -> Self {
        Self(first.to_vec())
    }

    fn uint(mut self, value: U256) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes::<32>());
        self
    }

    fn address(mut self, address: &Address) -> Self {
        self.0.extend_from_slice(address.into_word().as_slice());
        self
    }

    fn hash(mut self, hash: &B256) -> Self {
        self.0.extend_from_slice(hash.as_slice());
        self
    }

    fn keccak(self) -> B256 {
        keccak256(self.0)
    }
}

/// The domain separator of a Safe. `chain_id` plays no part before 1.3.0.
pub fn domain(scheme: Scheme, chain_id: u64, safe: &Address) -> B256 {
    match scheme {
        Scheme::Chain => Words::new(&DOMAIN_CHAIN).uint(U256::from(chain_id)).address(safe).keccak(),
        Scheme::Plain | Scheme::DataGas => Words::new(&DOMAIN_PLAIN).address(safe).keccak(),
    }
}

/// The hash of the structure `SafeTx`.
pub fn structure(scheme: Scheme, tx: &SafeTx) -> B256 {
    let type_hash = if scheme == Scheme::DataGas { TX_DATA_GAS } else { TX };
    Words::new(&type_hash)
        .address(&tx.to)
        .uint(tx.value)
        .hash(&keccak256(&tx.data))
        .uint(U256::from(tx.operation))
        .uint(tx.safe_tx_gas)
        .uint(tx.base_gas)
        .uint(tx.gas_price)
        .address(&tx.gas_token)
        .address(&tx.refund_receiver)
        .uint(tx.nonce)
        .keccak()
}

/// Domain, message and Safe transaction hash.
pub fn hashes(scheme: Scheme, chain_id: u64, tx: &SafeTx) -> Hashes {
    Hashes::new(domain(scheme, chain_id, &tx.safe), structure(scheme, tx))
}

/// The hashes for a message that a Safe signs. `inner` is what is signed: the EIP-191 hash of a text or the EIP-712
/// digest of typed data.
pub fn message_hashes(scheme: Scheme, chain_id: u64, safe: &Address, inner: &B256) -> Hashes {
    message_hashes_of_bytes(scheme, chain_id, safe, inner.as_slice())
}

/// As [`message_hashes`], for a message of any bytes (`signMessage(bytes)`, EIP-1271 of older Safes).
pub fn message_hashes_of_bytes(scheme: Scheme, chain_id: u64, safe: &Address, message: &[u8]) -> Hashes {
    Hashes::new(domain(scheme, chain_id, safe), Words::new(&MESSAGE).hash(&keccak256(message)).keccak())
}

/// The EIP-191 hash of a text or of bytes, as `personal_sign` hashes it.
pub fn personal_hash(message: &[u8]) -> B256 {
    let mut bytes = format!("\x19Ethereum Signed Message:\n{}", message.len()).into_bytes();
    bytes.extend_from_slice(message);
    keccak256(bytes)
}

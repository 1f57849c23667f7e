//! EIP-7702: handing an account's code to a contract.

use alloy_primitives::{Address, B256, Signature, U256, keccak256};

use crate::{
    json::Node,
    rlp,
    scalar::{Malformed, Scalars},
};

/// An authorization: "my account shall run the code of `address`".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Where it stands.
    pub path: String,
    /// Chain it holds on; 0 for every chain.
    pub chain_id: U256,
    /// Whose code; zero ends the delegation.
    pub address: Address,
    /// Nonce of the account.
    pub nonce: U256,
    /// Whose account it is, where it is signed: who signed it.
    pub authority: Option<Address>,
}

impl Authorization {
    /// Reads one from JSON.
    pub fn read(node: &Node, path: &str, scalars: &mut Scalars) -> Result<Self, Malformed> {
        let field = |keys: &[&str]| {
            node.any(keys).ok_or_else(|| Malformed::new(&format!("{path}.{}", keys[0]), "is absent"))
        };
        let read = Self {
            path: path.to_owned(),
            chain_id: scalars.uint(field(&["chainId", "chain_id"])?, &format!("{path}.chainId"))?,
            address: scalars.address(field(&["address", "contractAddress"])?, &format!("{path}.address"))?,
            nonce: scalars.uint(field(&["nonce"])?, &format!("{path}.nonce"))?,
            authority: None,
        };
        let mut part = |keys: &[&str]| {
            node.any(keys).map(|part| scalars.uint(part, &format!("{path}.{}", keys[0]))).transpose()
        };
        let (parity, r, s) = (part(&["yParity", "v"])?, part(&["r"])?, part(&["s"])?);
        Ok(match (parity, r, s) {
            (Some(parity), Some(r), Some(s)) => read.signed(parity, r, s),
            _ => read,
        })
    }

    /// With its signature: whose account it is. Nothing where nobody can be recovered.
    pub(crate) fn signed(self, parity: U256, r: U256, s: U256) -> Self {
        let odd = if parity >= U256::from(27) { parity == U256::from(28) } else { parity == U256::ONE };
        // A wallet's placeholder before it signs is no signature.
        let is_one = !r.is_zero() && !s.is_zero();
        let signature = Signature::new(r, s, odd);
        let authority = is_one.then(|| signature.recover_address_from_prehash(&self.digest()).ok()).flatten();
        Self { authority, ..self }
    }

    /// What is signed: `keccak256(0x05 ‖ rlp([chain_id, address, nonce]))`. Source: EIP-7702.
    pub fn digest(&self) -> B256 {
        let mut list = Vec::new();
        rlp::put_uint(self.chain_id, &mut list);
        rlp::put_bytes(self.address.as_slice(), &mut list);
        rlp::put_uint(self.nonce, &mut list);
        let mut bytes = vec![0x05];
        rlp::put_list(&list, &mut bytes);
        keccak256(bytes)
    }
}

//! Safe multi-signature wallets, versions 0.1.0 to 1.5.0: hashes, signatures, input forms.

pub mod case;
pub mod decoded;
pub mod gateway;
pub mod hash;
mod history;
pub mod input;
pub mod signature;
mod strict;

use alloy_primitives::{Address, B256, U256};

pub(crate) use self::history::{asked_about, paid_before, whose};
pub use self::{
    case::{Basis, Checked, SafeCase},
    hash::{Hashes, hashes, message_hashes},
    input::{Asked, Confirmation, Entry, Listed, Pick, Queue, read_pages, read_queue},
    signature::{Form, Part, Signer},
};
pub use crate::{
    safe_deployments as deployments,
    safe_version::{self as version, Scheme, Version},
};

/// What the owners of a Safe sign: the ten fields of `SafeTx` and the Safe itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeTx {
    /// The Safe.
    pub safe: Address,
    /// Whom it calls.
    pub to: Address,
    /// Wei sent along.
    pub value: U256,
    /// Call data.
    pub data: Vec<u8>,
    /// 0 call, 1 delegatecall; others do not exist and are flagged.
    pub operation: u8,
    /// Gas for the inner call.
    pub safe_tx_gas: U256,
    /// Gas for everything else (`dataGas` before 1.0.0).
    pub base_gas: U256,
    /// Price the Safe pays back for gas; 0 for no refund.
    pub gas_price: U256,
    /// Token of the refund; zero for the native coin.
    pub gas_token: Address,
    /// Who gets the refund; zero for the sender.
    pub refund_receiver: Address,
    /// Number of the transaction.
    pub nonce: U256,
}

impl SafeTx {
    /// Whether this is the customary way to cancel a nonce: nothing, sent to oneself.
    pub fn is_rejection(&self) -> bool {
        self.to == self.safe && self.value.is_zero() && self.data.is_empty() && self.operation == 0
    }

    /// The transaction by which a Safe that owns another Safe approves a hash there (`approveHash`), all else 0.
    pub fn approving(inner: Address, outer: Address, hash: B256, nonce: U256) -> Self {
        let mut data = APPROVE_HASH.to_vec();
        data.extend_from_slice(hash.as_slice());
        Self {
            safe: inner,
            to: outer,
            value: U256::ZERO,
            data,
            operation: 0,
            safe_tx_gas: U256::ZERO,
            base_gas: U256::ZERO,
            gas_price: U256::ZERO,
            gas_token: Address::ZERO,
            refund_receiver: Address::ZERO,
            nonce,
        }
    }

    /// The hash this transaction approves on another Safe, if that is all it does.
    pub fn approves(&self) -> Option<B256> {
        let hash = self.data.strip_prefix(&APPROVE_HASH)?;
        B256::try_from(hash).ok().filter(|_| self.operation == 0)
    }
}

/// Selector of `approveHash(bytes32)`.
pub const APPROVE_HASH: [u8; 4] = [0xd4, 0xd9, 0xbd, 0xcd];

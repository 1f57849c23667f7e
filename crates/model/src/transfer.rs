//! A block of an account chain, normalised: transactions and the movements of value in them.
//!
//! Readers of a chain produce it, a store of transfers takes it.

use crate::{Address, Amount, Asset};

/// One block as its reader understood it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferBlock {
    /// Its height, 0 for genesis.
    pub height: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The hash of the block before it.
    pub parent: [u8; 32],
    /// Its time as stated in its header: seconds since 1970-01-01 UTC.
    pub time: u64,
    /// Its transactions in order.
    pub txs: Vec<TransferTx>,
}

/// One transaction and what it moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferTx {
    /// Its hash; the block's own for what the chain itself does in it: rewards, withdrawals of stake, what genesis allots.
    pub hash: [u8; 32],
    /// What moved, in the order in which it moved; a call that failed moves nothing but its fee.
    pub movements: Vec<Movement>,
}

/// Value of one asset that goes from one account to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Who had it; nobody where it was issued.
    pub from: Option<Address>,
    /// Who has it now; nobody where it was destroyed.
    pub to: Option<Address>,
    /// What it is.
    pub asset: Asset,
    /// How much, in the asset's base units.
    pub amount: Amount,
    /// What made it move.
    pub kind: MovementKind,
    /// Whether the block's header proves it (a log under the receipts' root). What a node's trace alone says is not proved.
    pub proved: bool,
}

/// What makes value move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MovementKind {
    /// A transaction's or an inner call's own value, in the chain's native asset.
    Native = 0,
    /// A token contract's word that it moved.
    Token = 1,
    /// What the chain takes for a transaction, whoever gets it.
    Fee = 2,
    /// Newly issued or released by the chain itself: a reward, a withdrawal of stake, a genesis allocation.
    Issue = 3,
}

impl MovementKind {
    /// The kind of that number.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Native),
            1 => Some(Self::Token),
            2 => Some(Self::Fee),
            3 => Some(Self::Issue),
            _ => None,
        }
    }
}

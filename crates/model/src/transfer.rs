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
    /// What may have moved in it and is not here, because its reader was not told.
    pub unseen: Unseen,
    /// Its transactions in order.
    pub txs: Vec<TransferTx>,
}

/// What may have moved in a block and does not stand in it, because its reader was not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unseen(u8);

impl Unseen {
    /// Everything was seen.
    pub const NOTHING: Self = Self(0);
    /// No receipts were: neither fees nor tokens are known, nor which transactions failed.
    pub const RECEIPTS: Self = Self(1);
    /// No traces were: the native value that contracts passed on is not known.
    pub const TRACES: Self = Self(1 << 1);
    /// Some transactions could not be traced, or do not say whether they failed.
    pub const SOME_TXS: Self = Self(1 << 2);
    /// What some transactions paid for gas.
    pub const SOME_FEES: Self = Self(1 << 3);
    /// Whom the chain paid some of what it pays out.
    pub const SOME_ISSUES: Self = Self(1 << 4);

    const ALL: u8 = (1 << 5) - 1;

    /// What is not seen in either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is among it.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// As stored.
    pub const fn to_byte(self) -> u8 {
        self.0
    }

    /// What this byte says, if it says something.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        if byte & !Self::ALL == 0 { Some(Self(byte)) } else { None }
    }
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

//! What cannot be stored, and what cannot be known.

use std::fmt;

use crate::TransferNum;

/// A block that does not fit behind what is held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// It continues another block.
    #[error(
        "block {height} does not continue the last one held (height {tip}): fetch what lies between, or go back to the \
         block that both continue"
    )]
    NotNext {
        /// The block's height.
        height: u64,
        /// The height of the last block held.
        tip: u64,
    },
    /// A transaction stands in it twice.
    #[error("block {height} holds transaction 0x{hash} a second time: ask another node for the block")]
    Twice {
        /// The block's height.
        height: u64,
        /// The transaction, in hexadecimal.
        hash: String,
    },
    /// More than numbers can name.
    #[error("there are more {0} than this store can number")]
    TooMany(&'static str),
    /// Nobody is to be watched.
    #[error("no account is named that is to be watched: a store of nobody's movements says nothing")]
    NobodyWatched,
    /// An asset of another chain than the rows'.
    #[error("block {height} moves {asset}, which is an asset of another chain")]
    ForeignAsset {
        /// The block's height.
        height: u64,
        /// The asset, as CAIP-19.
        asset: String,
    },
}

/// Why a balance is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BalanceUnknown {
    /// The rows begin later than the account, and nobody said what it held then.
    Opening,
    /// The rows are those of some accounts, and it is of another one: neither what it held nor all that it did is among them.
    Unwatched,
    /// This transfer takes more than the rows before it had brought: some are missing, or the asset changes balances
    /// without moving (it rebases).
    Overdrawn(TransferNum),
    /// With this transfer the balance passes 256 bits: the asset's contract says what cannot be.
    TooLarge(TransferNum),
}

impl fmt::Display for BalanceUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opening => f.write_str("what it held before the first row is not known"),
            Self::Unwatched => f.write_str("its account is not among those that are watched"),
            Self::Overdrawn(at) => write!(
                f,
                "transfer {at} takes more than it held: transfers into it are missing, or its asset rebases"
            ),
            Self::TooLarge(at) => write!(f, "with transfer {at} its balance passes 2^256 base units"),
        }
    }
}

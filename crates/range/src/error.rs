//! What can go wrong.

use std::path::PathBuf;

use crate::config::{MAX_START_TIME, MAX_TXS, MIN_TXS, MOST_ACCOUNT_TXS};

/// Why a chain was not generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RangeError {
    /// The number of transactions is out of range.
    #[error("cannot generate {0} transactions: ask for {MIN_TXS} to {MAX_TXS}")]
    TxCount(u64),
    /// A chain of accounts is larger than what is held in memory.
    #[error("cannot generate {0} transactions between accounts: ask for {MOST_ACCOUNT_TXS} at most")]
    AccountTxs(u64),
    /// The chain would run past the end of 32-bit block times.
    #[error(
        "start time {0} is later than {MAX_START_TIME} (2033-05-18), and block times end in 2106: start earlier"
    )]
    StartTime(u32),
    /// A generated case was asked for on the main network.
    #[error("a generated case is not made with mainnet addresses: choose regtest, signet or testnet")]
    MainnetCase,
    /// More heists than the chain has room for, or none.
    #[error("{heists} heists do not fit into {txs} transactions: ask for 1 to {most}")]
    Heists {
        /// Heists asked for.
        heists: u32,
        /// Transactions asked for.
        txs: u64,
        /// Most heists in so many transactions.
        most: u32,
    },
    /// Reading failed.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of a truth file says something that cannot be.
    #[error("{}, line {line}: {why}; generate the folder anew", path.display())]
    Truth {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// Something shorter than a block was to be repeated.
    #[error("{0} bytes are no block: a header alone has 80")]
    NoBlock(usize),
    /// The block file is there already.
    #[error("{} exists and is not overwritten: choose an empty folder", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

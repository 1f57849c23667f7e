//! What can go wrong with a ledger, and what to do about it.

use std::{io, path::PathBuf};

use tracehound_columns::ColumnError;
use tracehound_model::BlockHash;
use tracehound_segments::SegmentsError;

use crate::SnapshotId;

/// An error of the ledger. Every variant leaves the last committed state readable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A file could not be read or written (also: the disk is full).
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was being done ("writing").
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no ledger in the folder.
    #[error("no ledger in {}: ingest a chain first (tracehound ingest bitcoin …)", path.display())]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// A table that the writer put on disk is not what it wrote. The ledger itself is not concerned.
    #[error(
        "{} is damaged: it holds what this run had no memory for, and is made anew by the next; run it again, and check the disk",
        path.display()
    )]
    Table {
        /// The table's file.
        path: PathBuf,
    },
    /// Another process is writing.
    #[error("another process is writing to the ledger in {}: wait for it to end", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// Written by a version that uses another format.
    #[error(
        "{}: ledger format {found}, this version reads {expected}: ingest again into a new data folder, or use the version that wrote it",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Format number in the file.
        found: u32,
        /// Format number of this version.
        expected: u32,
    },
    /// A file's content is not what was written.
    #[error(
        "{} is damaged: {what}; `tracehound ledger repair` mends what can be mended, else restore it from a copy or ingest again",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The manifest is missing, damaged, or not that of the segments beside it. They are left as they are.
    #[error("{}: {what}; `tracehound ledger repair` makes it anew from the segments", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Whoever was told of each step stopped the work after one. Running it again takes it up.
    #[error("stopped before the end; run it again to go on")]
    Stopped,
    /// A repair would leave blocks out, and was not told that it may.
    #[error("in {}: {what}", path.display())]
    WouldLose {
        /// The ledger's folder.
        path: PathBuf,
        /// Which blocks, why, and how to go on.
        what: String,
    },
    /// The system gives no random numbers for the ledger's key.
    #[error("no key for the ledger: the system's source of randomness fails: {what}")]
    NoRandomness {
        /// The system's reason.
        what: String,
    },
    /// The ledger holds another chain.
    #[error("the ledger in {} holds {found}, not {wanted}: use another data folder", path.display())]
    OtherChain {
        /// The folder.
        path: PathBuf,
        /// Chain in the ledger.
        found: String,
        /// Chain asked for.
        wanted: String,
    },
    /// A block does not continue the chain.
    #[error("block {block} continues {prev}, but the ledger ends at {tip}")]
    NotConnected {
        /// The block refused.
        block: BlockHash,
        /// What it continues.
        prev: BlockHash,
        /// The ledger's last block.
        tip: BlockHash,
    },
    /// A block's tables contradict each other, or pass a limit.
    #[error("block {block} refused: {what}")]
    BadBlock {
        /// The block refused.
        block: BlockHash,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A reorg deeper than the option allows.
    #[error("reorg of {depth} blocks is deeper than the limit of {limit}: is this another chain?")]
    ReorgTooDeep {
        /// Blocks that would be dropped.
        depth: u32,
        /// Most that may be dropped.
        limit: u32,
    },
    /// What is asked about is no snapshot of this ledger.
    #[error(
        "snapshot {wanted} is gone: no run of this ledger's first blocks is it. A reorg dropped its last blocks, or it is of a ledger with other blocks, other missing ones or other undo data; the ledger is at {now}"
    )]
    SnapshotGone {
        /// The snapshot asked for.
        wanted: SnapshotId,
        /// The ledger's own, as it is now.
        now: String,
    },
    /// The 32-bit numbers are used up.
    #[error("the ledger is full: {what} are numbered with 32 bits")]
    Full {
        /// Which numbers.
        what: &'static str,
    },
}

impl LedgerError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn corrupt(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self::Corrupt { path: path.into(), what: what.into() }
    }
}

impl From<ColumnError> for LedgerError {
    fn from(error: ColumnError) -> Self {
        match error {
            ColumnError::Io { action, path, source } => Self::Io { action, path, source },
            ColumnError::Corrupt { path, what } => Self::Corrupt { path, what },
            ColumnError::Version { path, found, expected } => Self::Version { path, found, expected },
            other => Self::Corrupt { path: PathBuf::new(), what: other.to_string() },
        }
    }
}

impl From<SegmentsError> for LedgerError {
    fn from(error: SegmentsError) -> Self {
        match error {
            SegmentsError::Io { action, path, source } => Self::Io { action, path, source },
            SegmentsError::Absent { path } => Self::Absent { path },
            SegmentsError::Locked { path } => Self::Locked { path },
            SegmentsError::Version { path, found, expected } => Self::Version { path, found, expected },
            SegmentsError::Corrupt { path, what } => Self::Corrupt { path, what },
            SegmentsError::Manifest { path, what } => Self::Manifest { path, what },
            SegmentsError::OtherChain { path, found, wanted } => Self::OtherChain { path, found, wanted },
            SegmentsError::Table { path } => Self::Table { path },
            SegmentsError::NoRandomness { what } => Self::NoRandomness { what },
            other => Self::Corrupt { path: PathBuf::new(), what: other.to_string() },
        }
    }
}

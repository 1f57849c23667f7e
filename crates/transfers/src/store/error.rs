//! What can go wrong with a store on disk, and what to do about it.

use std::path::PathBuf;

use tracehound_columns::ColumnError;
use tracehound_segments::{SegmentsError, SnapshotId};

use crate::TransferError;

/// An error of a store of transfers. Every variant leaves the last committed state readable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferLedgerError {
    /// Its files: missing, damaged, of another chain or version, in use.
    #[error(transparent)]
    Files(#[from] SegmentsError),
    /// A block that is refused.
    #[error(transparent)]
    Block(#[from] TransferError),
    /// A reorg deeper than the option allows.
    #[error("reorg of {depth} blocks is deeper than the limit of {limit}: is this another chain?")]
    ReorgTooDeep {
        /// Blocks that would be dropped.
        depth: u32,
        /// Most that may be dropped.
        limit: u32,
    },
    /// The writer could not take up what it had made durable; what it holds in memory is not what stands on disk.
    #[error("the writer of {} failed midway: open it again, which loses nothing that was committed", path.display())]
    Midway {
        /// The store.
        path: PathBuf,
    },
    /// What accounts held before the first block was said differently when the store began.
    #[error("{} began with other balances than these: use another folder", path.display())]
    OtherOpening {
        /// The store.
        path: PathBuf,
    },
    /// A store of everybody's movements, or of other accounts', than those that are to be watched.
    #[error("{} {} than those to be watched here: use another folder, or widen what it watches", path.display(), if *everybody {
        "holds everybody's movements, which is more"
    } else {
        "watches other accounts"
    })]
    OtherWatch {
        /// The store.
        path: PathBuf,
        /// Whether it holds everybody's.
        everybody: bool,
    },
    /// A repair would give up blocks.
    #[error("in {}: {what}", path.display())]
    WouldLose {
        /// The store.
        path: PathBuf,
        /// Which blocks, why, and how to go on.
        what: String,
    },
    /// Whoever was told of each step stopped the work after one. Running it again takes it up.
    #[error("stopped before the end; run it again to go on")]
    Stopped,
    /// What is asked about is no snapshot of this store.
    #[error(
        "snapshot {wanted} is gone: no run of this ledger's first blocks is it. A reorg dropped its last blocks, or it is of a ledger with other blocks or other openings; the ledger is at {now}"
    )]
    SnapshotGone {
        /// The snapshot asked for.
        wanted: SnapshotId,
        /// The ledger's own, as it is now.
        now: String,
    },
}

impl TransferLedgerError {
    /// Whether there is no store where one was looked for.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Files(SegmentsError::Absent { .. }))
    }

    pub(super) fn corrupt(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self::Files(SegmentsError::corrupt(path, what))
    }
}

impl From<ColumnError> for TransferLedgerError {
    fn from(error: ColumnError) -> Self {
        Self::Files(error.into())
    }
}

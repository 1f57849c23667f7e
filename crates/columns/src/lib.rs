//! The column store: what the ledger and the screening index are made of.
//!
//! [`Slice`] reads a column and checks its pages as it goes. [`Column`] is a read-only `[T]` inside a mapped file, [`SharedColumn`] a `[AtomicU32]` that one process writes while
//! others read, [`HashIndex`] finds rows by a hash, [`files`] writes sealed files so that they appear whole or not at
//! all.
//!
//! **Invariants.** `unsafe` lives here and nowhere else, in [`mapped`], each block with its proof. Nothing here knows
//! what the columns mean.

pub mod files;
pub mod hash_index;
pub mod mapped;
pub mod pages;
pub mod runs;
pub mod sections;

pub use hash_index::{HashIndex, HashIndexData};
pub use mapped::{Backing, Column, SharedColumn};
pub use pages::{Checked, Pages, Slice};

use std::{io, path::PathBuf};

/// A file that cannot be read, written or believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// The system refused (also: the disk is full).
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was being done ("writing").
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The content is not what was written.
    #[error("{} is damaged: {what}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Written by a version that uses another format.
    #[error("{}: format {found}, this version reads {expected}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Format number in the file.
        found: u32,
        /// Format number of this version.
        expected: u32,
    },
}

impl ColumnError {
    /// For `map_err`: an I/O error with its place.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// Damage with its place.
    pub fn corrupt(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self::Corrupt { path: path.into(), what: what.into() }
    }
}

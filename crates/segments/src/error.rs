//! What can go wrong with a folder of segments.

use std::{io, path::PathBuf};

use tracehound_columns::ColumnError;

/// An error of a store. Every variant leaves the last committed state readable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentsError {
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
    /// There is no store in the folder.
    #[error("no store in {}", path.display())]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// Another process is writing.
    #[error("another process is writing in {}: wait for it to end", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
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
    /// A file's content is not what was written.
    #[error("{} is damaged: {what}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The manifest is missing, damaged, or not that of the segments beside it. They are left as they are.
    #[error("{}: {what}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The store holds another chain.
    #[error("{} holds {found}, not {wanted}", path.display())]
    OtherChain {
        /// The folder.
        path: PathBuf,
        /// Chain in the store.
        found: String,
        /// Chain asked for.
        wanted: String,
    },
    /// A table that the writer put on disk is not what it wrote. The store itself is not concerned.
    #[error(
        "{} is damaged: it holds what this run had no memory for, and is made anew by the next; run it again, and check the disk",
        path.display()
    )]
    Table {
        /// The table's file.
        path: PathBuf,
    },
    /// The system gives no random numbers for a key.
    #[error("the system's source of randomness fails: {what}")]
    NoRandomness {
        /// The system's reason.
        what: String,
    },
}

impl SegmentsError {
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

impl From<ColumnError> for SegmentsError {
    fn from(error: ColumnError) -> Self {
        match error {
            ColumnError::Io { action, path, source } => Self::Io { action, path, source },
            ColumnError::Corrupt { path, what } => Self::Corrupt { path, what },
            ColumnError::Version { path, found, expected } => Self::Version { path, found, expected },
            other => Self::Corrupt { path: PathBuf::new(), what: other.to_string() },
        }
    }
}

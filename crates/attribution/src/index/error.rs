//! What can go wrong with an index file.

use std::{io, path::PathBuf};

use tracehound_columns::ColumnError;

use super::layout::NONE;
use crate::names::TooMany;

/// Why an index could not be built, opened or published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The system refused.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no index in the folder yet.
    #[error("there is no screening index in {}: run `tracehound lists rebuild`", folder.display())]
    Missing {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Another version of the program wrote the file.
    #[error(
        "the screening index {} has format {found} and this program reads format {expected}: run `tracehound lists \
         rebuild`",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        expected: u32,
    },
    /// The file is something else, is cut short, altered, or contradicts itself.
    #[error("the screening index {} is damaged ({reason}): run `tracehound lists rebuild`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// A claim has an id that is not 16 hexadecimal digits.
    #[error(
        "the claim id `{id}` is not 16 lower-case hexadecimal digits: import the list it came from again"
    )]
    ClaimId {
        /// The id.
        id: String,
    },
    /// A claim's subject has no canonical bytes from which it can be read again.
    #[error("the claim {id} has a subject that an index cannot hold: import the list it came from again")]
    Subject {
        /// The claim's id.
        id: String,
    },
    /// There is more of something than the format can number.
    #[error(
        "{count} {what} are more than an index holds ({limit}): split the lists over several data folders"
    )]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many fit.
        limit: u32,
    },
}

impl IndexError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

impl From<TooMany> for IndexError {
    fn from(TooMany { what, count }: TooMany) -> Self {
        Self::TooMany { what, count, limit: NONE - 1 }
    }
}

impl From<ColumnError> for IndexError {
    fn from(error: ColumnError) -> Self {
        match error {
            ColumnError::Io { action, path, source } => Self::Io { action, path, source },
            ColumnError::Version { path, found, expected } => Self::Version { path, found, expected },
            ColumnError::Corrupt { path, what } => Self::Damaged { path, reason: what },
            other => Self::Damaged { path: PathBuf::new(), reason: other.to_string() },
        }
    }
}

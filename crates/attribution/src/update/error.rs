//! What can go wrong while a list is fetched.

use std::{fmt, io, path::PathBuf};

use jiff::civil::Date;
use tracehound_model::SourceId;
use tracehound_net::HttpError;

use super::ListCopy;
use crate::{ImportError, import::Format};

/// A list could not be fetched. Nothing has been replaced.
#[derive(Debug)]
pub struct UpdateError {
    /// Whose list.
    pub source: SourceId,
    /// The last good copy, which stays in use.
    pub kept: Option<Box<ListCopy>>,
    /// Why.
    pub reason: Box<FetchFailure>,
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was not updated: {}; ", self.source, self.reason)?;
        match &self.kept {
            Some(copy) => write!(f, "the copy fetched at {} stays in use", copy.fetched_at),
            None => f.write_str("there is no earlier copy"),
        }
    }
}

impl std::error::Error for UpdateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.reason)
    }
}

/// Why a list was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchFailure {
    /// The source's name cannot name a file.
    #[error("`{source_id}` is no source id: use lower-case letters, digits, `-`, `_`, `.`")]
    SourceId {
        /// The name.
        source_id: String,
    },
    /// It could not be had from where it lies.
    #[error(transparent)]
    Http(HttpError),
    /// The server refused or failed.
    #[error(
        "the server answered with status {code}; try again later, or look at the list's page for a new address"
    )]
    Status {
        /// The HTTP status.
        code: u16,
    },
    /// More bytes than any such list has.
    #[error("the list has more than {limit} bytes, the most that is taken for it")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// Fewer bytes or records than any such list has.
    #[error("the list has {found} {what}, fewer than the {least} that it must have: it is not complete")]
    TooSmall {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many there must be.
        least: u64,
    },
    /// Another type of document.
    #[error("the server sent {content_type}, not a list")]
    ContentType {
        /// What it sent.
        content_type: String,
    },
    /// Not the expected format, told by the first bytes.
    #[error("expected {wanted}, got {}: it begins with `{begins}`", describe(*found))]
    WrongFormat {
        /// What it must be.
        wanted: Format,
        /// What it is, where that can be told.
        found: Option<Format>,
        /// Its first characters.
        begins: String,
    },
    /// Its importer cannot read it to the end.
    #[error(transparent)]
    Unreadable(#[from] ImportError),
    /// It has lost more than half.
    #[error(
        "the list has {now} {what} and had {before}: a list that loses more than half is not taken unless forced; \
         look at the publisher's page first"
    )]
    Shrunk {
        /// What was counted.
        what: &'static str,
        /// In the copy before.
        before: u64,
        /// In the new one.
        now: u64,
    },
    /// It is of an earlier day than the copy at hand.
    #[error(
        "the list is of {now} and the copy at hand of {before}: an older list is not taken unless forced"
    )]
    Older {
        /// Date of the copy at hand.
        before: Date,
        /// Date of the list.
        now: Date,
    },
    /// The system refused (also: the disk is full).
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl From<HttpError> for FetchFailure {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Status { status, .. } => Self::Status { code: status },
            HttpError::TooLarge { limit, .. } => Self::TooLarge { limit },
            other => Self::Http(other),
        }
    }
}

impl FetchFailure {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }
}

fn describe(format: Option<Format>) -> String {
    format.map_or_else(|| "something unknown".to_owned(), |format| format.to_string())
}

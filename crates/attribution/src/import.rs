//! Importers: one per published format, each from bytes to a [`Snapshot`].

use std::fmt;

use jiff::civil::Date;
use tracehound_model::{Address, Confidence, Party, SourceId, SourceKind, Statement, Subject};

/// One dated edition of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose edition it is.
    pub source: SourceHead,
    /// What it says.
    pub claims: Vec<NewClaim>,
    /// Parties it lists, with their names.
    pub parties: Vec<Party>,
    /// What was refused or looks wrong; never silent.
    pub warnings: Vec<Warning>,
}

/// A source as an edition of it describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHead {
    /// Stable name.
    pub id: SourceId,
    /// Kind of publisher.
    pub kind: SourceKind,
    /// Human title.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where it is kept.
    pub url: Option<String>,
    /// Date of the edition, where the bytes tell.
    pub published: Option<Date>,
}

/// A claim before it has a place in time of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewClaim {
    /// Who or what it is about.
    pub subject: Subject,
    /// What is said.
    pub statement: Statement,
    /// How sure the source can be.
    pub confidence: Confidence,
    /// First day it holds, where the source gives one for this very claim; else the edition's date counts.
    pub valid_from: Option<Date>,
}

/// Something refused or odd, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Warning {
    /// Line, record or byte (`line 12`).
    pub place: String,
    /// What and why.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A file that is not what it should be. Nothing of it was taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The content breaks its format.
    #[error("{format}: {place}: {reason}")]
    Malformed {
        /// The format it was read as.
        format: &'static str,
        /// Line or byte.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A limit on size, depth or count was passed.
    #[error("{format}: {place}: {what} is beyond the limit of {limit}")]
    Limit {
        /// The format it was read as.
        format: &'static str,
        /// Line or byte.
        place: String,
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The bytes could not be read.
    #[error("{format}: {place}: {source}")]
    Io {
        /// The format it was read as.
        format: &'static str,
        /// Line or byte.
        place: String,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Decides the subject of a listed text. A null-like address is refused; text that is no address becomes opaque where
/// `opaque_allowed` (sanctions lists name such things), else it is refused. Refusals and opaque readings are warned of.
pub(crate) fn subject_from(
    text: &str,
    opaque_allowed: bool,
    place: impl Fn() -> String,
    warnings: &mut Vec<Warning>,
) -> Option<Subject> {
    let mut warn = |message| warnings.push(Warning { place: place(), message });
    match Address::parse(text) {
        Ok(address) if address.is_null_like() => {
            warn(format!("refused {address}: nobody owns it, and every mint or burn touches it"));
            None
        }
        Ok(address) => Some(Subject::Address(address)),
        Err(error) if opaque_allowed && !text.trim().is_empty() => {
            warn(format!("kept as plain text: {error}"));
            Some(Subject::Opaque(text.trim().to_owned()))
        }
        Err(error) => {
            warn(format!("refused: {error}"));
            None
        }
    }
}

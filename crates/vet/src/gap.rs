//! What was not read. A verdict with a gap is at best `incomplete`.

use schemars::JsonSchema;
use serde::Serialize;

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// It is larger than what is read of one file, or the rest of all is.
    TooLarge,
    /// There are more files, folders or archives within each other than are read.
    TooMany,
    /// The archive unpacks to far more than a repository does.
    Bomb,
    /// A format that is not read: 7z, rar, xz and others, or a compression of its own.
    Format,
    /// It takes a password.
    Encrypted,
    /// It is cut off, damaged or contradicts itself.
    Damaged,
    /// Machine code, or bytes of no known form: what it does cannot be told from reading it.
    Binary,
    /// Source text that the parser does not take, or that is nested too deep for it.
    Unparsed,
    /// The system did not let it be read.
    Refused,
    /// A link, a device, a pipe: neither followed nor opened.
    NotAFile,
    /// Time ran out.
    Time,
}

/// One thing that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
pub struct Gap {
    /// The file, or the archive.
    pub file: String,
    /// Why.
    pub kind: GapKind,
    /// The same for a person.
    pub sentence: String,
}

impl Gap {
    /// A gap.
    pub fn new(file: &str, kind: GapKind, sentence: impl Into<String>) -> Self {
        Self { file: file.to_owned(), kind, sentence: sentence.into() }
    }
}

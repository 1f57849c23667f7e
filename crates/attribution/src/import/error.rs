//! What can go wrong while a list is read.

use jiff::civil::Date;

use super::Format;

/// Why a list could not be read. Nothing has been stored when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The bytes could not be read at all.
    #[error("cannot read the list")]
    Io(#[from] std::io::Error),
    /// More bytes (after decompression) than any such list has.
    #[error(
        "the list is larger than {limit} bytes, the most that is read as {format}: is it the right file?"
    )]
    TooLarge {
        /// The format it was read as.
        format: Format,
        /// The limit in bytes.
        limit: u64,
    },
    /// Neither the name nor the first bytes tell the format.
    #[error("cannot tell the format of `{name}`, which begins with `{head}`: name the format")]
    UnknownFormat {
        /// The file's name as given.
        name: String,
        /// Its first characters.
        head: String,
    },
    /// The text breaks the rules of its format, or ends too early.
    #[error("not well-formed {format} at {place}: {message}; fetch the list again, nothing has been changed")]
    Syntax {
        /// The format it was read as.
        format: Format,
        /// Line or byte.
        place: String,
        /// What is wrong there.
        message: String,
    },
    /// Well-formed, but without something that every such list has.
    #[error("this is no usable {format}: {missing}; nothing has been changed")]
    Unusable {
        /// The format it was read as.
        format: Format,
        /// What is missing or wrong.
        missing: String,
    },
    /// A ZIP archive or spreadsheet without one list in it.
    #[error("cannot read a list from this archive: {0}; nothing has been changed")]
    Archive(String),
    /// The list tells its day, and it is not the day given.
    #[error(
        "this {format} says that it is of {says}, not of {given}: leave --published out, it is for lists that do not tell \
         their day; nothing has been changed"
    )]
    OtherDay {
        /// The format it was read as.
        format: Format,
        /// The day in the list.
        says: Date,
        /// The day given.
        given: Date,
    },
    /// The form does not tell whose list it is.
    #[error("whose list is this? {why} ({format}): {hint}")]
    WhoseList {
        /// The format it was read as.
        format: Format,
        /// Why that cannot be told.
        why: String,
        /// What to say or take instead.
        hint: &'static str,
    },
    /// A file that is known and not read.
    #[error("this is {what}, which is not read: {instead}")]
    KnownButUnread {
        /// What it is.
        what: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// A source id that cannot be one.
    #[error("`{0}` is no source id: use 1 to 100 lower-case letters, digits, `-`, `_`, `.`")]
    SourceId(String),
    /// A column that the caller named is not in the table.
    #[error("the list has no column `{column}`; it has: {found}")]
    Column {
        /// The name asked for.
        column: String,
        /// The names there are.
        found: String,
    },
}

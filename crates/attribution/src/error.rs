//! What can go wrong while a list is read or claims are stored.

use jiff::civil::Date;

use crate::import::Format;

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

/// Why the store refused or failed. A failed import leaves the store as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder of the store, or a file in it, cannot be made or opened.
    #[error("cannot make or open {}: {source}", path.display())]
    Folder {
        /// The folder or file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is a file where the store should be, which cannot be read as one.
    #[error("{} cannot be read as a claim store ({source}): restore it from a backup", path.display())]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The work was ended between two of its steps.
    #[error("the change of the claim store was stopped: {0}")]
    Stopped(std::io::Error),
    /// A source that is not here, or not with that day.
    #[error("the claim store has no {what}: `tracehound lists list` shows what it has")]
    Unknown {
        /// What was asked for.
        what: String,
    },
    /// The database failed.
    #[error("the claim store failed while {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("the claim store's schema cannot be brought up to date: was it written by a newer version?")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row that this version cannot read.
    #[error(
        "the claim store holds something unreadable in {table} row {row}: {message}; restore it from a backup"
    )]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's number.
        row: i64,
        /// What is wrong.
        message: String,
    },
    /// Neither the list nor the caller says of which day it is.
    #[error("the list of source `{source_id}` carries no date of its own: say of which day it is")]
    NoDate {
        /// The source.
        source_id: String,
    },
}

impl StoreError {
    /// For `map_err`: a database error while `doing`.
    pub(crate) fn while_(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { doing, source }
    }

    /// For `map_err`: the work was ended after one of its steps.
    pub(crate) fn stopped(error: std::io::Error) -> Self {
        Self::Stopped(error)
    }
}

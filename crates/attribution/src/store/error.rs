//! What can go wrong while claims are stored.

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

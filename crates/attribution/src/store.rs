//! The store of claims: append-only, with both times of each claim, in `SQLite`.
//!
//! A source is a sequence of dated snapshots. A claim's identity inside a source is its subject and its statement; it
//! is valid over the run of consecutive snapshots that carry it, from the day of the first to the day of the first
//! later one without it. A day the source itself gives for a claim moves the first one. Snapshots may be imported in any order:
//! the runs come out the same. Where an import changes a run, the old row is marked as superseded and a new one is
//! appended, so that what was believed on any past day can still be read.
//!
//! One import is one transaction with `synchronous = FULL`: after a crash the store is as it was before or after it.
//! Queries use only SQL that `PostgreSQL` has too; the schema is in `migrations/`.

mod checks;
mod decode;
mod error;
mod held;
mod list_version;
mod list_versions;
mod losses;
mod meta;
mod packs;
mod read;
mod retract;
mod runs;
mod write;

use std::{fs::OpenOptions, path::Path, str::FromStr, time::Duration};

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tracehound_model::{Claim, SourceId};

pub use crate::import::Compared;
pub use checks::{CheckOutcome, LastChecks};
pub use error::StoreError;
pub use held::{Answer, Held};
pub use list_versions::ListVersions;
pub use losses::Base;
pub use meta::{Found, StoreState};
pub(crate) use read::View;
pub(crate) use write::kind_word;

use crate::{import::Warning, steps::Steps};

/// File name of the database inside the store's folder.
pub const FILE_NAME: &str = "claims.sqlite";
/// Held while a store is opened: making one and bringing an older one up to date are not for two at once.
const LOCK: &str = "claims.lock";

/// The claims of this installation. Cheap to clone; one writer at a time, others wait.
#[derive(Clone, Debug)]
pub struct ClaimStore {
    pool: SqlitePool,
    steps: Steps,
}

/// What an import did, measured against the snapshot before it (or the one it replaces).
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct ImportReport {
    /// The source.
    pub source: SourceId,
    /// Of which day the snapshot is.
    pub published: Date,
    /// Whether the very same bytes, read in the same way, had been imported for that day, or, of what comes with the product, the user's own
    /// list of that day; then nothing was done.
    pub already_imported: bool,
    /// Claims that the snapshot before does not carry.
    pub added: u64,
    /// Claims of the snapshot before that this one no longer carries: delisted.
    pub ended: u64,
    /// Claims that both carry.
    pub unchanged: u64,
    /// Parties listed.
    pub parties: u64,
    /// Parties that the snapshot before does not list.
    pub parties_added: u64,
    /// Parties of the snapshot before that this one no longer lists.
    pub parties_ended: u64,
    /// Parties of which this one says something else than the snapshot before.
    pub parties_changed: u64,
    /// Rows that were left out.
    pub refused: u64,
    /// What was read with doubt or left out, with its place.
    pub warnings: Vec<Warning>,
}

/// A version of a claim, current or superseded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimVersion {
    /// The claim as it was believed from its `recorded_at` on.
    pub claim: Claim,
    /// Until when it was believed; `None` when it still is.
    pub superseded_at: Option<Timestamp>,
}

impl ClaimStore {
    /// Opens the store in `folder`, making both where they are missing. Waits while another process does so.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| StoreError::Folder { path, source }
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let lock_path = folder.join(LOCK);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
        let lock = lock.map_err(failed(&lock_path))?;
        // Until the file is closed at the end of this function, or of the process.
        lock.lock().map_err(failed(&lock_path))?;
        let options = SqliteConnectOptions::new()
            .filename(folder.join(FILE_NAME))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_mins(1));
        // Rows cross from the database's thread in larger lots than the default 50.
        Self::connect(options.row_buffer_size(4_096), 4).await
    }

    /// A store that is gone when it is dropped.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        let options =
            SqliteConnectOptions::from_str("sqlite::memory:").map_err(StoreError::while_("opening"))?;
        // Every further connection would see a database of its own.
        Self::connect(options.foreign_keys(true), 1).await
    }

    async fn connect(options: SqliteConnectOptions, connections: u32) -> Result<Self, StoreError> {
        let pool = Self::pool(options, connections).await?;
        sqlx::migrate!("./migrations/sqlite").run(&pool).await?;
        let store = Self { pool, steps: Steps::default() };
        store.introduce().await?;
        Ok(store)
    }

    async fn pool(options: SqliteConnectOptions, connections: u32) -> Result<SqlitePool, StoreError> {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(StoreError::while_("opening"))
    }

    /// Tells `steps` how far changes have got.
    pub(crate) fn watched(self, steps: Steps) -> Self {
        Self { steps, ..self }
    }

    /// Closes every connection; on return the files are at rest.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// What tells entries apart inside a source: half a SHA-256 of the subject's canonical bytes and of the body's JSON.
fn entry_hash(subject: &[u8], body: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update((subject.len() as u64).to_be_bytes());
    hash.update(subject);
    hash.update(body);
    let (half, _) =
        hash.finalize().split_first_chunk::<16>().map(|(half, rest)| (*half, rest.len())).expect("32 bytes");
    half
}

/// The id of a claim: first 16 hexadecimal digits of a SHA-256 over source, subject, statement and first day.
fn claim_id(source: &str, entry_hash: &[u8], valid_from: Date) -> String {
    let mut hash = Sha256::new();
    hash.update((source.len() as u64).to_be_bytes());
    hash.update(source);
    hash.update(entry_hash);
    hash.update(valid_from.to_string());
    hex::encode(&hash.finalize()[..8])
}

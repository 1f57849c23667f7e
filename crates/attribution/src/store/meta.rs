//! What the store knows of itself: who it is, how often it has changed, what of the product it has taken in.

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::Timestamp;
use sqlx::{
    Connection, Row, Sqlite, SqliteConnection, Transaction,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tracehound_model::SourceId;

use super::{ClaimStore, FILE_NAME, StoreError};
use crate::{
    secret::{self, Secret},
    steps::{Step, Steps},
};

/// Who a store is and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreState {
    /// Its random name: tells it from every other store.
    pub store: String,
    /// The secret of the indexes made from it.
    pub secret: Secret,
    /// Number of its last change; every change counts it up in its own transaction, by a random step: a store that was
    /// put back from a backup and changed again does not come to the numbers it had before.
    pub change: u64,
    /// Which version of the shipped facts it has taken in.
    pub shipped: Option<String>,
}

/// What lies where a store should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No file, or one of no bytes.
    Nothing,
    /// A store that this version has not opened yet.
    Older,
    /// A store.
    Store(StoreState),
}

/// A change of the store: one transaction, counted when it is committed, and gone when it is dropped.
pub(super) struct Change<'s> {
    store: &'s ClaimStore,
    transaction: Transaction<'static, Sqlite>,
    doing: &'static str,
}

impl Change<'_> {
    pub(super) fn db(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// Counts and commits it. `touched` is the source whose claims or parties it changed; `None` where it changed only
    /// what is known about lists, not what they say.
    pub(super) async fn commit(mut self, touched: Option<&SourceId>) -> Result<(), StoreError> {
        let failed = StoreError::while_("counting a change");
        let change: i64 =
            sqlx::query_scalar("UPDATE meta SET change = change + $1 WHERE id = 1 RETURNING change")
                .bind(i64::from(secret::random_step()))
                .fetch_one(self.db())
                .await
                .map_err(failed)?;
        if let Some(source) = touched {
            sqlx::query(
                "INSERT INTO source_change (source, change) VALUES ($1, $2) \
                 ON CONFLICT (source) DO UPDATE SET change = excluded.change",
            )
            .bind(&source.0)
            .bind(change)
            .execute(self.db())
            .await
            .map_err(StoreError::while_("counting a change"))?;
        }
        let Self { store, transaction, doing } = self;
        store.steps.made(Step::Written).map_err(StoreError::stopped)?;
        transaction.commit().await.map_err(StoreError::while_(doing))?;
        store.steps.made(Step::Committed).map_err(StoreError::stopped)
    }
}

impl ClaimStore {
    /// Begins a change; other writers wait for its end.
    pub(super) async fn change(&self, doing: &'static str) -> Result<Change<'_>, StoreError> {
        let begun = self.pool.begin_with("BEGIN IMMEDIATE").await;
        let mut transaction = begun.map_err(StoreError::while_(doing))?;
        // KiB, used when needed: a large import writes its pages once instead of over and over, and stays small.
        sqlx::query("PRAGMA cache_size = -65536")
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::while_(doing))?;
        Ok(Change { store: self, transaction, doing })
    }

    /// Who this store is and how far it has come.
    pub async fn state(&self) -> Result<StoreState, StoreError> {
        let mut db = self.pool.acquire().await.map_err(StoreError::while_("reading the store's state"))?;
        state(&mut db).await
    }

    /// Looks at the store in `folder` without changing anything.
    ///
    /// # Errors
    /// When there is a file that is no readable store.
    pub async fn look(folder: &Path) -> Result<Found, StoreError> {
        let path = folder.join(FILE_NAME);
        match std::fs::metadata(&path) {
            Ok(file) if file.len() > 0 => {}
            Ok(_) => return Ok(Found::Nothing),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(source) => return Err(StoreError::Folder { path, source }),
        }
        let unreadable = |source| StoreError::Unreadable { path: path.clone(), source };
        let (mut db, _) = connect_to_read(&path).await.map_err(unreadable)?;
        let tables: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'")
                .fetch_one(&mut db)
                .await
                .map_err(unreadable)?;
        let found = if tables == 0 { None } else { stated(&mut db).await? };
        // The file is only read: nothing is lost when closing it fails.
        let _ = db.close().await;
        Ok(found.map_or(Found::Older, Found::Store))
    }

    /// Opens the store in `folder` for reading only: for a folder that cannot be written.
    pub async fn open_to_read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE_NAME);
        let unreadable = |source| StoreError::Unreadable { path: path.clone(), source };
        let (db, options) = connect_to_read(&path).await.map_err(unreadable)?;
        // The file is only read: nothing is lost when closing it fails.
        let _ = db.close().await;
        Ok(Self { pool: Self::pool(options, 1).await?, steps: Steps::default() })
    }

    /// Gives the store its name and its secret, where it has none yet.
    pub(super) async fn introduce(&self) -> Result<(), StoreError> {
        let mut db = self.pool.acquire().await.map_err(StoreError::while_("opening"))?;
        if stated(&mut db).await?.is_some() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO meta (id, store, secret, change) VALUES (1, $1, $2, 1) ON CONFLICT (id) DO NOTHING",
        )
        .bind(hex::encode(secret::random()))
        .bind(Secret::new().to_hex())
        .execute(&mut *db)
        .await
        .map_err(StoreError::while_("naming the store"))?;
        Ok(())
    }

    /// Remembers which version of the shipped facts has been taken in.
    pub async fn remember_shipped(&self, version: &str) -> Result<(), StoreError> {
        let mut change = self.change("remembering what is shipped").await?;
        sqlx::query("UPDATE meta SET shipped = $1 WHERE id = 1")
            .bind(version)
            .execute(change.db())
            .await
            .map_err(StoreError::while_("remembering what is shipped"))?;
        change.commit(None).await
    }

    /// Sources that a person has taken out, with the last time.
    pub async fn removals(&self) -> Result<BTreeMap<SourceId, Timestamp>, StoreError> {
        let rows = sqlx::query("SELECT source, MAX(removed_at) AS removed_at FROM removal GROUP BY source")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::while_("reading removals"))?;
        let read = |row: &SqliteRow| {
            let failed = StoreError::while_("reading removals");
            let read = || Ok((row.try_get("source")?, row.try_get("removed_at")?));
            let (source, micros): (String, i64) = read().map_err(failed)?;
            Ok((SourceId(source), Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)))
        };
        rows.iter().map(read).collect()
    }

    /// By source, the last change that touched what it says.
    pub async fn source_changes(&self) -> Result<BTreeMap<SourceId, u64>, StoreError> {
        let mut db = self.pool.acquire().await.map_err(StoreError::while_("reading changes"))?;
        source_changes(&mut db).await
    }
}

pub(super) async fn source_changes(db: &mut SqliteConnection) -> Result<BTreeMap<SourceId, u64>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT source, change FROM source_change")
        .fetch_all(db)
        .await
        .map_err(StoreError::while_("reading changes"))?;
    Ok(rows.into_iter().map(|(source, change)| (SourceId(source), change.unsigned_abs())).collect())
}

/// The store's state; there is one in every store that has been opened.
pub(super) async fn state(db: &mut SqliteConnection) -> Result<StoreState, StoreError> {
    let missing = || StoreError::Corrupt { table: "meta", row: 1, message: "it is not there".to_owned() };
    stated(db).await?.ok_or_else(missing)
}

async fn stated(db: &mut SqliteConnection) -> Result<Option<StoreState>, StoreError> {
    let row: Option<(String, String, i64, Option<String>)> =
        sqlx::query_as("SELECT store, secret, change, shipped FROM meta WHERE id = 1")
            .fetch_optional(db)
            .await
            .map_err(StoreError::while_("reading the store's state"))?;
    let read = |(store, secret, change, shipped): (String, String, i64, Option<String>)| {
        let wrong = |message: String| StoreError::Corrupt { table: "meta", row: 1, message };
        Ok(StoreState {
            store,
            secret: secret.parse().map_err(|error| wrong(format!("its secret: {error}")))?,
            change: u64::try_from(change).map_err(|error| wrong(format!("its change number: {error}")))?,
            shipped,
        })
    };
    row.map(read).transpose()
}

fn to_read(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_mins(1))
}

/// Whether nothing waits in the journal, so that the file alone says everything.
fn needs_no_journal(path: &Path) -> bool {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-wal");
    std::fs::metadata(journal).map_or(true, |file| file.len() == 0)
}

/// In a folder that cannot be written the files beside the database cannot be made, without which it is read only as it
/// lies there, which is enough when its journal is empty.
async fn connect_to_read(path: &Path) -> Result<(SqliteConnection, SqliteConnectOptions), sqlx::Error> {
    let probe = async |options: SqliteConnectOptions| {
        let mut db = SqliteConnection::connect_with(&options).await?;
        sqlx::query("SELECT COUNT(*) FROM sqlite_master").execute(&mut db).await?;
        Ok((db, options))
    };
    match probe(to_read(path)).await {
        Err(_) if needs_no_journal(path) => probe(to_read(path).immutable(true)).await,
        result => result,
    }
}

//! The attribution folder: store, index and shipped facts as one thing.
//!
//! `claims.sqlite` is the truth, `index/` is made from it and can be made again. The facts shipped with the product are
//! imported like any list, once for each version of them; a corrected one replaces the one before it, never a list of the
//! user's. A folder that cannot be written still answers, from the shipped facts in memory.

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use jiff::civil::Date;
use tracehound_model::SourceId;

use crate::{
    ImportError, SourceHistory, facts,
    import::{self, Format, Imported, Options},
    index::{Index, IndexError, LiveIndex},
    store::{CheckOutcome, ClaimStore, ImportReport, StoreError},
};

/// File that says which version of the shipped facts the index holds.
const SHIPPED: &str = "SHIPPED";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A list cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A list that does not say of which day it is.
    #[error("{name} does not say of which day it is: give its date with --published YYYY-MM-DD")]
    NoDate {
        /// The file.
        name: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// A folder of claims and the index made from them.
#[derive(Clone, Debug)]
pub struct AttributionFolder {
    dir: PathBuf,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderImport {
    /// The format the file was read as.
    pub format: Format,
    /// What changed in the store.
    pub report: ImportReport,
}

impl AttributionFolder {
    /// The folder at `dir`, which need not exist.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    fn index_dir(&self) -> PathBuf {
        self.dir.join("index")
    }

    /// The index in force. A fresh folder, or one of an older version of the product, takes in the shipped facts first;
    /// `now` is when they are recorded as learned.
    pub fn index(&self, now: Timestamp) -> Result<Arc<Index>, FolderError> {
        if self.holds_shipped_facts() {
            return Ok(LiveIndex::open(&self.index_dir())?.load());
        }
        match self.take_in_shipped_facts(now) {
            Err(error) if is_read_only(&error) && !self.index_dir().exists() => shipped_index(now),
            result => result,
        }
    }

    fn holds_shipped_facts(&self) -> bool {
        let version = std::fs::read_to_string(self.index_dir().join(SHIPPED));
        version.is_ok_and(|version| version == facts::shipped_version())
    }

    fn take_in_shipped_facts(&self, now: Timestamp) -> Result<Arc<Index>, FolderError> {
        wait(async {
            let store = ClaimStore::open(&self.dir).await?;
            for imported in facts::shipped()? {
                let published = date_of(&imported, "a shipped fact")?;
                store.import_shipped(&imported.snapshot, published, now, &imported.sha256).await?;
            }
            let index = self.publish(&store).await?;
            let path = self.index_dir().join(SHIPPED);
            std::fs::write(&path, facts::shipped_version())
                .map_err(|source| FolderError::Io { path, source })?;
            store.close().await;
            Ok(index)
        })
    }

    async fn publish(&self, store: &ClaimStore) -> Result<Arc<Index>, FolderError> {
        Ok(LiveIndex::create(&self.index_dir(), &store.corpus().await?)?.load())
    }

    /// Imports one list and publishes the index anew. On an error nothing has changed.
    pub fn import(
        &self,
        input: &mut dyn Read,
        options: &Options,
        now: Timestamp,
    ) -> Result<FolderImport, FolderError> {
        let imported = import::read(input, options)?;
        let published =
            options.source.published.map_or_else(|| date_of(&imported, &options.file_name), Ok)?;
        self.index(now)?;
        wait(async {
            let store = ClaimStore::open(&self.dir).await?;
            let report = store.import(&imported.snapshot, published, now, &imported.sha256).await?;
            if !report.already_imported {
                self.publish(&store).await?;
            }
            store.close().await;
            Ok(FolderImport { format: imported.format, report })
        })
    }

    /// Records what came of asking the publisher of `source` at the moment `at`, and publishes it with the index.
    pub fn record_check(
        &self,
        source: &SourceId,
        at: Timestamp,
        outcome: &CheckOutcome,
    ) -> Result<(), FolderError> {
        self.index(at)?;
        wait(async {
            let store = ClaimStore::open(&self.dir).await?;
            store.record_check(source, at, outcome).await?;
            if *outcome == CheckOutcome::Current {
                self.publish(&store).await?;
            }
            store.close().await;
            Ok(())
        })
    }

    /// Makes the index anew from the store.
    pub fn rebuild(&self) -> Result<Arc<Index>, FolderError> {
        wait(async {
            let store = ClaimStore::open(&self.dir).await?;
            let index = self.publish(&store).await?;
            store.close().await;
            Ok(index)
        })
    }

    /// All sources with the dates of their editions.
    pub fn sources(&self, now: Timestamp) -> Result<Vec<SourceHistory>, FolderError> {
        Ok(self.index(now)?.sources().to_vec())
    }
}

fn date_of(imported: &Imported, name: &str) -> Result<Date, FolderError> {
    imported.snapshot.source.published.ok_or_else(|| FolderError::NoDate { name: name.to_owned() })
}

/// The shipped facts as an index in memory.
fn shipped_index(now: Timestamp) -> Result<Arc<Index>, FolderError> {
    wait(async {
        let store = ClaimStore::open_in_memory().await?;
        for imported in facts::shipped()? {
            let published = date_of(&imported, "a shipped fact")?;
            store.import_shipped(&imported.snapshot, published, now, &imported.sha256).await?;
        }
        Ok(Arc::new(Index::from_corpus(&store.corpus().await?)?))
    })
}

/// Whether the folder cannot be written for a reason that will not pass.
fn is_read_only(error: &FolderError) -> bool {
    let io = |error: &std::io::Error| {
        matches!(error.kind(), std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem)
    };
    match error {
        FolderError::Io { source, .. } | FolderError::Store(StoreError::Folder { source, .. }) => io(source),
        _ => false,
    }
}

/// Runs the store's asynchronous calls for callers that are not.
fn wait<T>(work: impl Future<Output = Result<T, FolderError>>) -> Result<T, FolderError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|source| FolderError::Io { path: Path::new("a runtime").to_owned(), source })?;
    runtime.block_on(work)
}

//! A data folder, ready to be asked.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use tracehound_attribution::folder::AttributionFolder;

use crate::{DataFolder, EngineError, Snapshot};

/// A data folder with a clock. Cheap to clone: clones share the snapshot that is current.
#[derive(Clone)]
pub struct Workspace(Arc<Inner>);

struct Inner {
    folder: DataFolder,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    current: RwLock<Option<Snapshot>>,
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

impl Workspace {
    /// Of a folder, which need not exist; `clock` says what time it is. Nothing is opened yet.
    pub fn new(folder: DataFolder, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { folder, clock: Box::new(clock), current: RwLock::default() }))
    }

    /// Where the data lies.
    pub fn folder(&self) -> &DataFolder {
        &self.0.folder
    }

    /// The folder of claims and screening indexes.
    pub fn attribution(&self) -> AttributionFolder {
        AttributionFolder::new(self.0.folder.attribution())
    }

    /// The time, by the workspace's clock.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// The current snapshot, which is taken when there is none. No lock is held while it is asked.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh).
    pub fn snapshot(&self) -> Result<Snapshot, EngineError> {
        let current = self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        current.map_or_else(|| self.refresh(), Ok)
    }

    /// Takes a snapshot of what is in the folder now and makes it the current one. Whoever asks the one before keeps it.
    ///
    /// # Errors
    /// When the claims cannot be read; the snapshot before stays current. A ledger that cannot be read is told to who asks
    /// about its network.
    #[tracing::instrument(skip_all)]
    pub fn refresh(&self) -> Result<Snapshot, EngineError> {
        let now = self.now();
        let taken = Snapshot::take(&self.0.folder, self.attribution().index(now)?, now);
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Some(taken.clone());
        Ok(taken)
    }
}

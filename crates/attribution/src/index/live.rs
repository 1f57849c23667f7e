//! The index in force, taken up as a whole while readers go on.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use super::{Index, IndexError, manifest::Manifest};

/// How often a reader looks again when a file that `CURRENT` named is gone: two more must have been published in
/// between each time.
const OPEN_ATTEMPTS: usize = 10;

/// The screening index in force in a folder.
///
/// Readers take it with [`load`](Self::load) and keep that one for as long as a question takes, whatever
/// [`publish`](super::publish()) puts in force meanwhile.
#[derive(Debug)]
pub struct LiveIndex {
    folder: PathBuf,
    current: RwLock<Arc<Index>>,
}

impl LiveIndex {
    /// Opens the index in force in `folder`.
    ///
    /// # Errors
    /// [`IndexError::Missing`] when none was published there.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let index = open_current(folder, None)?;
        let index = index.expect("without an index at hand, the one in force is always opened");
        Ok(Self { folder: folder.to_owned(), current: RwLock::new(Arc::new(index)) })
    }

    /// The index in force, for as long as the caller keeps it. Costs a reference count.
    pub fn load(&self) -> Arc<Index> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes up an index that has been published since. `true` when there was a new one. On an error the index at hand
    /// stays in use.
    pub fn refresh(&self) -> Result<bool, IndexError> {
        let at_hand = self.load();
        let newer = open_current(&self.folder, Some(at_hand.digest()))?;
        Ok(newer.map(|index| self.replace(index)).is_some())
    }

    fn replace(&self, index: Index) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(index);
    }
}

/// Opens what `CURRENT` names, unless it is what the caller has at hand.
fn open_current(folder: &Path, at_hand: Option<&str>) -> Result<Option<Index>, IndexError> {
    for attempt in 1.. {
        let manifest = Manifest::read(folder)?.filter(|manifest| manifest.stamp.is_some());
        let manifest = manifest.ok_or_else(|| IndexError::Missing { folder: folder.to_owned() })?;
        if at_hand == Some(manifest.digest().as_str()) {
            return Ok(None);
        }
        match manifest.open(folder) {
            Err(IndexError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && attempt < OPEN_ATTEMPTS => {}
            opened => return opened.map(Some),
        }
    }
    unreachable!("the last attempt returns")
}

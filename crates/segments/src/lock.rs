//! The lock's file: one writer at a time, and a note of its last commit.

use std::{
    fs::{File, TryLockError},
    io::{ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tracehound_columns::files::open_plain;

use crate::{Manifest, SegmentsError};

const LOCK: &str = "LOCK";
/// Bytes of what stands in the lock's file: always as many, so that a new note takes the place of the old in one write.
const NOTE: usize = 96;

/// A commit, as the lock's file tells of the last one: with it a manifest that is an old one is known for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The manifest's.
    pub generation: u64,
    /// Rows of the store, of those that its segments are named by. The file calls them what they are in a ledger.
    #[serde(rename = "txs")]
    pub rows: u64,
}

/// What stands in the lock's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A commit after which nothing but its writer's own commits came; none where version 0.1.0 wrote, or nobody.
    pub last: Option<Commit>,
    /// Whether a writer is at work in the folder, or was interrupted: then what lies beside segments may tell of rows beyond the store.
    pub at_work: bool,
}

impl Note {
    /// The note in `dir`. One that cannot be read tells of no commit.
    pub fn read(dir: &Path) -> Self {
        let mut note = Vec::with_capacity(2 * NOTE);
        let read = open_plain(&dir.join(LOCK), File::options().read(true))
            .and_then(|(file, _)| file.take(NOTE as u64).read_to_end(&mut note));
        match read {
            Ok(0) => Self::default(),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::default(),
            // Something stands there: somebody was at work.
            _ => serde_json::from_slice(&note).unwrap_or(Self { last: None, at_work: true }),
        }
    }

    /// Whether a manifest is older than the last commit.
    pub fn outdates(&self, manifest: &Manifest) -> bool {
        self.last.is_some_and(|last| last.generation > manifest.generation)
    }
}

/// The folder, taken by one writer.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    note: Note,
}

impl Lock {
    /// Says for whoever reads that what lies beside segments may tell of rows that the store does not have yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(&mut self) -> Result<(), SegmentsError> {
        self.note.at_work = true;
        let written = self.write().and_then(|()| self.file.sync_data());
        written.map_err(SegmentsError::io("writing", &self.path))
    }

    /// Says which commit is the last now. The manifest that names it is in force already, so a crash before this leaves a
    /// note that says too little, never too much.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn committed(&mut self, commit: Commit) -> Result<(), SegmentsError> {
        self.note.last = Some(commit);
        self.write().map_err(SegmentsError::io("writing", &self.path))
    }

    /// Says that nothing beside segments tells of rows beyond the store.
    pub fn end(&mut self) {
        self.note.at_work = false;
        // If it cannot be said, the next writer looks as after an interruption.
        let _ = self.write().and_then(|()| self.file.sync_data());
    }

    fn write(&mut self) -> std::io::Result<()> {
        let note = serde_json::to_string(&self.note)?;
        self.file.rewind()?;
        self.file.write_all(format!("{note:<width$}\n", width = NOTE - 1).as_bytes())
    }
}

/// Whether a writer is at work in the folder, or was interrupted: then what lies beside segments may tell of rows beyond the store.
pub fn is_at_work(dir: &Path) -> bool {
    Note::read(dir).at_work
}

/// Takes the folder for one writer.
///
/// # Errors
/// [`SegmentsError::Locked`] when another has it.
pub fn lock(dir: &Path) -> Result<Lock, SegmentsError> {
    let path = dir.join(LOCK);
    let open = || match open_plain(&path, File::options().write(true)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            File::options().create(true).truncate(false).write(true).open(&path)
        }
        opened => opened.map(|(file, _)| file),
    };
    let file = open().map_err(SegmentsError::io("creating", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { file, path, note: Note::read(dir) }),
        Err(TryLockError::WouldBlock) => Err(SegmentsError::Locked { path: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(SegmentsError::io("locking", path)(error)),
    }
}

//! The index in force, replaced as a whole while readers go on.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use tracehound_columns::files;

use super::{Index, IndexError, build};
use crate::Corpus;

/// Names the index file in force.
const CURRENT: &str = "CURRENT";
/// Held while publishing.
const LOCK: &str = "publish.lock";
/// How often a reader looks again when the file that `CURRENT` named is gone: two more must have been published in
/// between each time.
const OPEN_ATTEMPTS: usize = 10;

/// The screening index in force in a folder.
///
/// Readers take it with [`load`](Self::load) and keep that one for as long as a question takes. Publishing writes a file
/// under a temporary name, syncs it, renames it to `index-<digest>.thx`, then replaces `CURRENT` in the same way: at every
/// moment, and after a crash at any moment, `CURRENT` names a whole index. The file before the current one is kept, older
/// ones are removed; whoever has one open keeps it.
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

    /// Publishes the index of `corpus` in `folder`, which is made if need be, and opens it.
    pub fn create(folder: &Path, corpus: &Corpus) -> Result<Self, IndexError> {
        let index = publish(folder, corpus)?;
        Ok(Self { folder: folder.to_owned(), current: RwLock::new(Arc::new(index)) })
    }

    /// The index in force, for as long as the caller keeps it. Costs a reference count.
    pub fn load(&self) -> Arc<Index> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Builds the index of `corpus`, puts it in force for every process, and gives it. Publishers wait for each other.
    /// On an error the index that was in force stays so.
    pub fn publish(&self, corpus: &Corpus) -> Result<Arc<Index>, IndexError> {
        Ok(self.replace(publish(&self.folder, corpus)?))
    }

    /// Takes up an index that another process has published. `true` when there was a new one. On an error the index at
    /// hand stays in use.
    pub fn refresh(&self) -> Result<bool, IndexError> {
        let at_hand = self.load();
        let newer = open_current(&self.folder, Some(at_hand.digest()))?;
        Ok(newer.map(|index| self.replace(index)).is_some())
    }

    fn replace(&self, index: Index) -> Arc<Index> {
        let index = Arc::new(index);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&index);
        index
    }
}

fn file_name(digest: &str) -> String {
    format!("index-{digest}.thx")
}

/// The digest in the name of an index file. Anything else, such as a path, is no such name.
fn digest_in(name: &str) -> Option<&str> {
    let digest = name.strip_prefix("index-")?.strip_suffix(".thx")?;
    let plain = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then_some(digest)
}

/// What `CURRENT` names.
fn current_digest(folder: &Path) -> Result<String, IndexError> {
    let path = folder.join(CURRENT);
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(200).read_to_string(&mut text));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(IndexError::Missing { folder: folder.to_owned() })
        }
        Err(error) if error.kind() != io::ErrorKind::InvalidData => {
            Err(IndexError::io("reading", path)(error))
        }
        _ => digest_in(text.trim_end())
            .map(str::to_owned)
            .ok_or_else(|| IndexError::Damaged { path, reason: "it names no index file".to_owned() }),
    }
}

/// Opens what `CURRENT` names, unless it is what the caller has at hand.
fn open_current(folder: &Path, at_hand: Option<&str>) -> Result<Option<Index>, IndexError> {
    for attempt in 1.. {
        let digest = current_digest(folder)?;
        if at_hand == Some(digest.as_str()) {
            return Ok(None);
        }
        match open_named(folder, &digest) {
            Err(IndexError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && attempt < OPEN_ATTEMPTS => {}
            opened => return opened.map(Some),
        }
    }
    unreachable!("the last attempt returns")
}

fn open_named(folder: &Path, digest: &str) -> Result<Index, IndexError> {
    let path = folder.join(file_name(digest));
    let index = Index::open(&path)?;
    if index.digest() == digest {
        return Ok(index);
    }
    let reason = format!("it holds the index {}", index.digest());
    Err(IndexError::Damaged { path, reason })
}

fn publish(folder: &Path, corpus: &Corpus) -> Result<Index, IndexError> {
    let bytes = Index::encode(corpus)?;
    let digest = build::stated_digest(&bytes);
    fs::create_dir_all(folder).map_err(IndexError::io("making the folder", folder))?;
    let lock_path = folder.join(LOCK);
    let mut lock_options = OpenOptions::new();
    let lock = lock_options.write(true).create(true).truncate(false).open(&lock_path);
    let lock = lock.map_err(IndexError::io("opening", &lock_path))?;
    // Held until the file is closed at the end of this function, or of the process.
    lock.lock().map_err(IndexError::io("locking", &lock_path))?;
    let before = current_digest(folder).ok();
    let index = if let Ok(index) = open_named(folder, &digest) {
        index
    } else {
        replace_file(folder, &file_name(&digest), &bytes)?;
        open_named(folder, &digest)?
    };
    if before.as_deref() != Some(&digest) {
        replace_file(folder, CURRENT, format!("{}\n", file_name(&digest)).as_bytes())?;
        remove_old(folder, &[Some(&digest), before.as_deref()])?;
    }
    Ok(index)
}

/// Writes a file that appears whole or not at all.
fn replace_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
    files::write_durably(&folder.join(name), &[bytes])?;
    Ok(files::sync_dir(folder)?)
}

/// Removes other index files, and temporary files that a publisher left behind when it was stopped. The lock is held, so
/// none of them is being written.
fn remove_old(folder: &Path, kept: &[Option<&str>]) -> Result<(), IndexError> {
    for entry in fs::read_dir(folder).map_err(IndexError::io("listing", folder))? {
        let entry = entry.map_err(IndexError::io("listing", folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let left_behind = name.starts_with("index-") && name.ends_with(".tmp");
        let old = digest_in(&name).is_some_and(|digest| !kept.contains(&Some(digest)));
        if old || left_behind {
            let path = entry.path();
            match fs::remove_file(&path) {
                // Where a mapped file cannot be removed (Windows), the next publisher tries again.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied && cfg!(windows) => {}
                removed => removed.map_err(IndexError::io("removing", &path))?,
            }
        }
    }
    Ok(())
}

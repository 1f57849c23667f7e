//! Putting an index in force.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use tracehound_columns::files;
use tracehound_model::SourceId;

use super::{
    Index, IndexError, build,
    live::open_named,
    manifest::{CURRENT, Manifest, Stamp, digest_in, file_name},
};
use crate::{
    Corpus,
    steps::{Step, Steps},
};

/// Held while publishing.
const LOCK: &str = "publish.lock";

/// Builds the index of `corpus`, puts it in force for every process, and gives it.
///
/// A file is written under a temporary name, synced and renamed to `index-<digest>.thx`, then `CURRENT` is replaced in
/// the same way: at every moment, and after a crash at any moment, `CURRENT` names a whole index. The file before the
/// current one is kept, older ones are removed; whoever has one open keeps it. Publishers wait for each other. On an
/// error the index that was in force stays so.
pub fn publish(folder: &Path, corpus: &Corpus, stamp: &Stamp) -> Result<Index, IndexError> {
    publish_watched(folder, corpus, stamp, &Steps::default())
}

/// [`publish`], and tells `steps` how far it has got.
pub(crate) fn publish_watched(
    folder: &Path,
    corpus: &Corpus,
    stamp: &Stamp,
    steps: &Steps,
) -> Result<Index, IndexError> {
    let made = |step| steps.made(step).map_err(IndexError::io("publishing in", folder));
    let bytes = Index::encode(corpus)?;
    let digest = build::stated_digest(&bytes);
    fs::create_dir_all(folder).map_err(IndexError::io("making the folder", folder))?;
    let lock_path = folder.join(LOCK);
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
    let lock = lock.map_err(IndexError::io("opening", &lock_path))?;
    // Held until the file is closed at the end of this function, or of the process.
    lock.lock().map_err(IndexError::io("locking", &lock_path))?;
    let before = Manifest::read(folder).ok().flatten();
    let index = if let Ok(index) = open_named(folder, &digest) {
        index
    } else {
        replace_file(folder, &file_name(&digest), &bytes)?;
        open_named(folder, &digest)?
    };
    made(Step::Filed)?;
    let sources: Vec<SourceId> = index.sources().iter().map(|history| history.source.id.clone()).collect();
    let manifest = Manifest::new(stamp.clone(), &digest, sources);
    if before.as_ref() != Some(&manifest) {
        replace_file(folder, CURRENT, &manifest.encode())?;
    }
    made(Step::Published)?;
    let before = before.map(|manifest| manifest.index);
    remove_old(folder, &[Some(&digest), before.as_deref()])?;
    made(Step::Tidied)?;
    Ok(index)
}

/// Writes a file that appears whole or not at all.
fn replace_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), IndexError> {
    files::write_durably(&folder.join(name), &[bytes])?;
    Ok(files::sync_dir(folder)?)
}

/// Removes other index files, temporary files that a publisher left behind when it was stopped, and what version 0.1.0
/// noted beside them. The lock is held, so none of them is being written.
fn remove_old(folder: &Path, kept: &[Option<&str>]) -> Result<(), IndexError> {
    for entry in fs::read_dir(folder).map_err(IndexError::io("listing", folder))? {
        let entry = entry.map_err(IndexError::io("listing", folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let left_behind = name.ends_with(".tmp") || name == "SHIPPED";
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

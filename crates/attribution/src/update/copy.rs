//! The copies kept.
//!
//! `<source>.json` names the good copy, `<source>-<hash>.<extension>` is it. The first is replaced atomically once the
//! second is whole, so that at every moment it names a whole list.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracehound_columns::{ColumnError, files};
use tracehound_model::SourceId;

use super::FetchFailure;
use crate::import::Format;

/// Longest `<source>.json` read.
const MAX_NOTE: u64 = 64 << 10;

/// A list that was fetched and found good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCopy {
    /// Whose list.
    pub source: SourceId,
    /// The address it was asked at.
    pub url: String,
    /// The file.
    pub path: PathBuf,
    /// Its version, as the server names it.
    pub etag: Option<String>,
    /// Its date, as the server says it.
    pub last_modified: Option<String>,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Parties, or claims where it has no parties.
    pub records: u64,
    /// The date that the publisher put into it.
    pub published: Option<Date>,
    /// When these bytes came.
    pub fetched_at: Timestamp,
    /// When the publisher last said that they are the newest.
    pub checked_at: Timestamp,
}

/// The last good copy of a source's list in `cache_dir`, checked against its hash; `None` when there is none, or it is
/// damaged.
pub fn last_good(source: &SourceId, cache_dir: &Path) -> Result<Option<ListCopy>, FetchFailure> {
    check_name(source)?;
    read_note(source, cache_dir)
}

/// The copies of one source, locked against other processes while this lives.
pub(super) struct Cache {
    source: SourceId,
    dir: PathBuf,
    /// Unlocked when closed.
    _lock: File,
}

/// A file that is removed unless it is kept.
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Gone already when it was kept or never written; what a crash leaves is overwritten by the next fetch.
        drop(fs::remove_file(&self.0));
    }
}

impl Cache {
    /// Makes the folder if need be, and waits for other processes that fetch this list.
    pub(super) fn lock(source: &SourceId, dir: &Path) -> Result<Self, FetchFailure> {
        check_name(source)?;
        fs::create_dir_all(dir).map_err(|error| FetchFailure::io("making the folder", dir, error))?;
        let path = dir.join(format!("{source}.lock"));
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let locked = file.and_then(|file| file.lock().map(|()| file));
        let lock = locked.map_err(|error| FetchFailure::io("locking", &path, error))?;
        Ok(Self { source: source.clone(), dir: dir.to_owned(), _lock: lock })
    }

    pub(super) fn last_good(&self) -> Result<Option<ListCopy>, FetchFailure> {
        read_note(&self.source, &self.dir)
    }

    pub(super) fn temporary(&self) -> Result<Temporary, FetchFailure> {
        let temporary = Temporary(self.dir.join(format!("{}.part", self.source)));
        match fs::remove_file(temporary.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FetchFailure::io("removing", temporary.path(), error))
            }
            _ => Ok(temporary),
        }
    }

    pub(super) fn path_for(&self, sha256: &str, format: Format) -> PathBuf {
        let extension = format.id().rsplit('-').next().unwrap_or_default();
        self.dir.join(format!("{}-{}.{extension}", self.source, &sha256[..16]))
    }

    /// Puts a checked file in place of the copy before, which is removed.
    pub(super) fn keep(&self, temporary: Temporary, copy: &ListCopy) -> Result<(), FetchFailure> {
        let before = self.last_good()?;
        fs::rename(temporary.path(), &copy.path)
            .map_err(|error| FetchFailure::io("putting in place", &copy.path, error))?;
        drop(temporary);
        self.remember(copy)?;
        match before.filter(|before| before.path != copy.path) {
            Some(before) => fs::remove_file(&before.path)
                .map_err(|error| FetchFailure::io("removing", &before.path, error)),
            None => Ok(()),
        }
    }

    /// Writes down what the good copy is.
    pub(super) fn remember(&self, copy: &ListCopy) -> Result<(), FetchFailure> {
        let path = note_path(&self.source, &self.dir);
        let name = copy.path.file_name().map(PathBuf::from).expect("a copy's path names a file");
        let note = ListCopy { path: name, ..copy.clone() };
        let json =
            serde_json::to_vec_pretty(&note).expect("texts, numbers and dates always have a JSON form");
        let written = files::write_durably(&path, &[&json]).and_then(|()| files::sync_dir(&self.dir));
        written.map_err(|error| match error {
            ColumnError::Io { action, path, source } => FetchFailure::Io { action, path, source },
            other => FetchFailure::io("writing", path, io::Error::other(other)),
        })
    }
}

fn note_path(source: &SourceId, dir: &Path) -> PathBuf {
    dir.join(format!("{source}.json"))
}

/// A note that is missing or damaged, or whose file is, is no copy: the list is then fetched anew, in full.
fn read_note(source: &SourceId, dir: &Path) -> Result<Option<ListCopy>, FetchFailure> {
    let path = note_path(source, dir);
    let mut text = Vec::new();
    match File::open(&path).and_then(|file| file.take(MAX_NOTE).read_to_end(&mut text)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FetchFailure::io("reading", path, error)),
        Ok(_) => {}
    }
    let Ok(mut copy) = serde_json::from_slice::<ListCopy>(&text) else { return Ok(None) };
    let Some(name) = copy.path.file_name().filter(|name| copy.path.as_os_str() == *name) else {
        return Ok(None);
    };
    copy.path = dir.join(name);
    match hash(&copy.path) {
        Ok(found) => Ok((found == copy.sha256 && copy.source == *source).then_some(copy)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FetchFailure::io("reading", copy.path, error)),
    }
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

fn check_name(source: &SourceId) -> Result<(), FetchFailure> {
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    let right =
        (1..=100).contains(&source.0.len()) && !source.0.starts_with('.') && source.0.bytes().all(plain);
    if right {
        Ok(())
    } else {
        Err(FetchFailure::SourceId { source_id: source.0.chars().take(100).collect() })
    }
}

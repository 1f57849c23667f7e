//! The files of a ledger's folder: which make it up, which a crash left behind, and which say that something is wrong.
//!
//! Nothing is removed because a manifest does not name it. A segment goes only when the manifest in force covers its
//! transactions by other segments, or says that it replaced it; what a commit had written in full and not yet named is
//! named; everything else is damage, such as a segment that somebody put back after a repair had given it up.

use std::{
    fs::{File, TryLockError},
    io::{ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tracehound_columns::files::{open_plain, sync_dir};

use crate::{
    LedgerError,
    data::First,
    manifest::Manifest,
    segment::Segment,
    tables::{RUN, is_run},
};

const SEGMENT: &str = "seg";
const CELLS: &str = "spent";

const LOCK: &str = "LOCK";
/// Bytes of what stands in the lock's file: always as many, so that a new note takes the place of the old in one write.
const NOTE: usize = 96;

/// A commit, as the lock's file tells of the last one: with it a manifest that is an old one is known for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// The manifest's.
    pub generation: u64,
    /// Transactions of the ledger.
    pub txs: u32,
}

/// What stands in the lock's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// A commit after which nothing but its writer's own commits came; none where version 0.1.0 wrote, or nobody.
    pub last: Option<Commit>,
    /// Whether a writer is at work in the folder, or was interrupted: then cells may name transactions beyond the ledger.
    pub at_work: bool,
}

impl Note {
    /// The note in `dir`. One that cannot be read tells of no commit.
    pub(crate) fn read(dir: &Path) -> Self {
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
    pub(crate) fn outdates(&self, manifest: &Manifest) -> bool {
        self.last.is_some_and(|last| last.generation > manifest.generation)
    }
}

/// The folder, taken by one writer.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
    note: Note,
}

impl Lock {
    /// Says for whoever reads that cells may name transactions that the ledger does not have yet.
    pub(crate) fn begin(&mut self) -> Result<(), LedgerError> {
        self.note.at_work = true;
        let written = self.write().and_then(|()| self.file.sync_data());
        written.map_err(LedgerError::io("writing", &self.path))
    }

    /// Says which commit is the last now. The manifest that names it is in force already, so a crash before this leaves a
    /// note that says too little, never too much.
    pub(crate) fn committed(&mut self, commit: Commit) -> Result<(), LedgerError> {
        self.note.last = Some(commit);
        self.write().map_err(LedgerError::io("writing", &self.path))
    }

    /// Says that all cells name transactions of the ledger.
    pub(crate) fn end(&mut self) {
        self.note.at_work = false;
        // If it cannot be said, the next writer looks through the cells as after an interruption.
        let _ = self.write().and_then(|()| self.file.sync_data());
    }

    fn write(&mut self) -> std::io::Result<()> {
        let note = serde_json::to_string(&self.note)?;
        self.file.rewind()?;
        self.file.write_all(format!("{note:<width$}\n", width = NOTE - 1).as_bytes())
    }
}

/// Whether a writer is at work in the folder, or was interrupted: then cells may name transactions beyond the ledger.
pub(crate) fn is_at_work(dir: &Path) -> bool {
    Note::read(dir).at_work
}

/// Takes the folder for one writer.
pub(crate) fn lock(dir: &Path) -> Result<Lock, LedgerError> {
    let path = dir.join(LOCK);
    let open = || match open_plain(&path, File::options().write(true)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            File::options().create(true).truncate(false).write(true).open(&path)
        }
        opened => opened.map(|(file, _)| file),
    };
    let file = open().map_err(LedgerError::io("creating", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { file, path, note: Note::read(dir) }),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(LedgerError::io("locking", path)(error)),
    }
}

/// Names of the files in the folder that have this extension, without it.
fn stems(dir: &Path, extension: &str) -> Result<Vec<String>, LedgerError> {
    let reading = || LedgerError::io("reading", dir);
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(reading())?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(reading())?.path();
        if path.extension().is_some_and(|own| own == extension) {
            found.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Names of all segments that lie in the folder.
pub(crate) fn segment_names(dir: &Path) -> Result<Vec<String>, LedgerError> {
    stems(dir, SEGMENT)
}

/// Names of all segments whose cells lie in the folder, whether or not the segments do.
pub(crate) fn cell_names(dir: &Path) -> Result<Vec<String>, LedgerError> {
    stems(dir, CELLS)
}

/// The commit with which a segment came, from its name.
pub(crate) fn generation_of(name: &str) -> Option<u64> {
    u64::from_str_radix(name.rsplit_once('-')?.1, 16).ok()
}

/// Removes a segment's files.
pub(crate) fn remove_segment(dir: &Path, name: &str) -> Result<(), LedgerError> {
    for extension in [SEGMENT, CELLS] {
        let path = dir.join(format!("{name}.{extension}"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(LedgerError::io("removing", path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The manifest; a folder without one is a ledger without one only when no segment lies in it.
pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest, LedgerError> {
    match Manifest::read(dir) {
        Err(LedgerError::Absent { path }) => match segment_names(dir)?.len() {
            0 => Err(LedgerError::Absent { path }),
            count => Err(Manifest::does_not_fit(dir, format!("it is not there, and {count} segments are"))),
        },
        read => read,
    }
}

/// Maps the segments that the manifest names.
pub(crate) fn open_named(
    dir: &Path,
    manifest: &Manifest,
    writable: bool,
) -> Result<Vec<Segment>, LedgerError> {
    let mut segments: Vec<Segment> = Vec::with_capacity(manifest.segments.len());
    for name in &manifest.segments {
        let segment = Segment::open(dir, name, writable)?;
        if segment.key().is_some() && segment.key() != manifest.key {
            return Err(other_key(dir, name));
        }
        if segment.first() != segments.last().map_or(First::default(), Segment::end) {
            return Err(Manifest::does_not_fit(
                dir,
                format!("segment {name} does not continue the one before it"),
            ));
        }
        segments.push(segment);
    }
    Ok(segments)
}

/// A named segment that is not there, said as what it is once waiting for a writer cannot help.
pub(crate) fn not_there(dir: &Path, error: LedgerError) -> LedgerError {
    match error {
        LedgerError::Io { path, source, .. } if source.kind() == ErrorKind::NotFound => {
            Manifest::does_not_fit(dir, format!("it names {}, which is not there", path.display()))
        }
        other => other,
    }
}

fn other_key(dir: &Path, name: &str) -> LedgerError {
    Manifest::does_not_fit(dir, format!("it has another key than segment {name}: it is another ledger's"))
}

/// What a segment that the manifest does not name is.
#[derive(Debug)]
pub(crate) enum Stray {
    /// Left by a merge, reorg or upgrade: the manifest's own segments hold what counts, or it says so.
    Superseded,
    /// Written in full by a commit that was killed before it could name it.
    Next,
}

/// The segments that the manifest does not name, which ends at `end`; an error when one says that the manifest is not
/// this ledger's, or an old one.
pub(crate) fn strays(
    dir: &Path,
    manifest: &Manifest,
    end: First,
) -> Result<Vec<(String, Stray)>, LedgerError> {
    let mut found = Vec::new();
    for name in segment_names(dir)? {
        if manifest.segments.contains(&name) {
            continue;
        }
        let unknown =
            |why: &str| Manifest::does_not_fit(dir, format!("it does not know segment {name}, {why}"));
        let segment = match Segment::open(dir, &name, false) {
            // A writer has just removed it.
            Err(_) if !dir.join(format!("{name}.{SEGMENT}")).exists() => continue,
            Err(error) => return Err(unknown(&format!("which cannot be read ({error})"))),
            Ok(segment) => segment,
        };
        if segment.key().is_some() && segment.key() != manifest.key {
            return Err(other_key(dir, &name));
        }
        let generation = generation_of(&name).ok_or_else(|| unknown("whose name is none of ours"))?;
        let stray = if generation > manifest.generation + 1 {
            return Err(unknown("which is newer than the manifest"));
        } else if segment.end().tx <= end.tx || manifest.replaced.contains(&name) {
            Stray::Superseded
        } else if segment.first() == end && generation == manifest.generation + 1 {
            Stray::Next
        } else {
            return Err(unknown("which holds blocks beyond the ledger's end"));
        };
        found.push((name, stray));
    }
    Ok(found)
}

/// Whether a writer or a repair gives files such a name, without the extension. Others are somebody else's.
fn is_ours(stem: &str) -> bool {
    let parts: Vec<&str> = stem.split('-').collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts[..] {
        [name] => name == "MANIFEST",
        [first, count, generation] => {
            is_number(first) && is_number(count) && u64::from_str_radix(generation, 16).is_ok()
        }
        _ => false,
    }
}

/// Removes what a crash left behind beside segments: temporary files, tables that had no room in memory, and cells without
/// a segment.
pub(crate) fn remove_remains(dir: &Path, superseded: &[String]) -> Result<(), LedgerError> {
    let mut removed = !superseded.is_empty();
    for name in superseded {
        remove_segment(dir, name)?;
    }
    let segments = segment_names(dir)?;
    let orphans = cell_names(dir)?.into_iter().filter(|name| !segments.contains(name));
    let mut files: Vec<String> =
        orphans.filter(|name| is_ours(name)).map(|name| format!("{name}.{CELLS}")).collect();
    for extension in ["tmp", "cells"] {
        let left = stems(dir, extension)?.into_iter().filter(|name| is_ours(name));
        files.extend(left.map(|name| format!("{name}.{extension}")));
    }
    files
        .extend(stems(dir, RUN)?.into_iter().filter(|name| is_run(name)).map(|name| format!("{name}.{RUN}")));
    for file in files {
        let path = dir.join(file);
        std::fs::remove_file(&path).map_err(LedgerError::io("removing", &path))?;
        removed = true;
    }
    if removed { Ok(sync_dir(dir)?) } else { Ok(()) }
}

//! The files of a store's folder: which make it up, which a crash left behind, and which say that something is wrong.
//!
//! Nothing is removed because a manifest does not name it. A segment goes only when the manifest in force covers its rows
//! by other segments, or says that it replaced it; what a commit had written in full and not yet named is named;
//! everything else is damage, such as a segment that somebody put back after a repair had given it up.

use std::{io::ErrorKind, ops::Range, path::Path};

use tracehound_columns::files::sync_dir;

use crate::{Manifest, Note, Segment, SegmentsError, Store, is_at_work, tables};

/// Extension of segments.
pub const SEGMENT: &str = "seg";

/// Name, without extension, of the files of the segment that holds these rows. `salt` tells apart segments that were written
/// for the same numbers before and after a reorg: the generation of the commit that seals it.
pub fn segment_name(first_row: u64, rows: usize, salt: u64) -> String {
    format!("{first_row:010}-{rows}-{salt:08x}")
}

/// The commit with which a segment came, from its name.
pub fn generation_of(name: &str) -> Option<u64> {
    u64::from_str_radix(name.rsplit_once('-')?.1, 16).ok()
}

/// The rows of a segment, by its name.
pub fn rows_of(name: &str) -> Option<Range<u64>> {
    let mut parts = name.split('-');
    let (first, count): (u64, u64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(first..first.checked_add(count)?)
}

/// Names of the files in the folder that have this extension, without it; none where there is no folder.
///
/// # Errors
/// When the folder cannot be read.
pub fn stems(dir: &Path, extension: &str) -> Result<Vec<String>, SegmentsError> {
    let reading = || SegmentsError::io("reading", dir);
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
///
/// # Errors
/// When the folder cannot be read.
pub fn segment_names(dir: &Path) -> Result<Vec<String>, SegmentsError> {
    stems(dir, SEGMENT)
}

/// Removes a segment's files, as far as they are there.
///
/// # Errors
/// When one cannot be removed.
pub fn remove_segment(dir: &Path, name: &str, store: &Store) -> Result<(), SegmentsError> {
    for extension in [SEGMENT].into_iter().chain(store.beside) {
        let path = dir.join(format!("{name}.{extension}"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(SegmentsError::io("removing", path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The manifest; a folder without one is a store without one only when no segment lies in it.
///
/// # Errors
/// [`SegmentsError::Absent`] where there is no store; when the manifest is missing, damaged or not read.
pub fn read_manifest(dir: &Path, store: &Store) -> Result<Manifest, SegmentsError> {
    match Manifest::read(dir, store.formats) {
        Err(SegmentsError::Absent { path }) => match segment_names(dir)?.len() {
            0 => Err(SegmentsError::Absent { path }),
            count => Err(Manifest::does_not_fit(dir, format!("it is not there, and {count} segments are"))),
        },
        read => read,
    }
}

/// Maps the segments that the manifest names.
///
/// # Errors
/// When one is not there, not whole, of another store, or does not go on where the one before it ends.
pub fn open_named<S: Segment>(
    dir: &Path,
    manifest: &Manifest,
    writable: bool,
) -> Result<Vec<S>, SegmentsError> {
    let mut segments: Vec<S> = Vec::with_capacity(manifest.segments.len());
    for name in &manifest.segments {
        let segment = S::open(dir, name, writable)?;
        if segment.key().is_some() && segment.key() != manifest.key {
            return Err(other_key(dir, name));
        }
        if segment.first() != end_of(&segments) {
            return Err(Manifest::does_not_fit(
                dir,
                format!("segment {name} does not continue the one before it"),
            ));
        }
        segments.push(segment);
    }
    Ok(segments)
}

/// How often opening is tried again when a merge or reorg removes files between reading the manifest and mapping them.
const OPEN_TRIES: usize = 8;

/// Maps a store to read it, while a writer may be at work: its manifest, and the segments that it names.
///
/// # Errors
/// [`SegmentsError::Absent`] where there is no store; when manifest or segments are damaged or do not fit.
pub fn open_store<S: Segment>(dir: &Path) -> Result<(Manifest, Vec<S>), SegmentsError> {
    let mut tried = 1;
    loop {
        match open_once(dir) {
            // A writer may have replaced the manifest and removed files meanwhile.
            Err(SegmentsError::Io { source, .. })
                if source.kind() == ErrorKind::NotFound && tried < OPEN_TRIES =>
            {
                tried += 1;
            }
            Err(SegmentsError::Manifest { .. }) if tried < OPEN_TRIES => tried += 1,
            opened => return opened.map_err(|error| not_there(dir, error)),
        }
    }
}

fn open_once<S: Segment>(dir: &Path) -> Result<(Manifest, Vec<S>), SegmentsError> {
    // Read first: what is committed meanwhile makes the manifest newer than the note, never older.
    let note = Note::read(dir);
    let manifest = read_manifest(dir, &S::STORE)?;
    if note.outdates(&manifest) {
        return Err(Manifest::does_not_fit(dir, "it is an old one: more was committed after it"));
    }
    let segments: Vec<S> = open_named(dir, &manifest, false)?;
    let strays = strays::<S>(dir, &manifest, end_of(&segments))?;
    let unnamed = strays.into_iter().find(|(_, stray)| *stray == Stray::Next);
    if let Some((name, _)) = unnamed.filter(|_| !is_at_work(dir)) {
        return Err(Manifest::does_not_fit(
            dir,
            format!("it does not know segment {name}, which goes on where it ends"),
        ));
    }
    Ok((manifest, segments))
}

/// Where the last of some segments ends.
pub fn end_of<S: Segment>(segments: &[S]) -> S::Place {
    segments.last().map_or(S::Place::default(), Segment::end)
}

/// A named segment that is not there, said as what it is once waiting for a writer cannot help.
pub fn not_there(dir: &Path, error: SegmentsError) -> SegmentsError {
    match error {
        SegmentsError::Io { path, source, .. } if source.kind() == ErrorKind::NotFound => {
            Manifest::does_not_fit(dir, format!("it names {}, which is not there", path.display()))
        }
        other => other,
    }
}

fn other_key(dir: &Path, name: &str) -> SegmentsError {
    Manifest::does_not_fit(dir, format!("it has another key than segment {name}: it is another store's"))
}

/// What a segment that the manifest does not name is.
#[derive(Debug, PartialEq, Eq)]
pub enum Stray {
    /// Left by a merge, reorg or upgrade: the manifest's own segments hold what counts, or it says so.
    Superseded,
    /// Written in full by a commit that was killed before it could name it.
    Next,
}

/// The segments that the manifest does not name, which ends at `end`.
///
/// # Errors
/// When one says that the manifest is not this store's, or an old one.
pub fn strays<S: Segment>(
    dir: &Path,
    manifest: &Manifest,
    end: S::Place,
) -> Result<Vec<(String, Stray)>, SegmentsError> {
    let mut found = Vec::new();
    for name in segment_names(dir)? {
        if manifest.segments.contains(&name) {
            continue;
        }
        let unknown =
            |why: &str| Manifest::does_not_fit(dir, format!("it does not know segment {name}, {why}"));
        let segment = match S::open(dir, &name, false) {
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
        } else if S::rows_before(segment.end()) <= S::rows_before(end) || manifest.replaced.contains(&name) {
            Stray::Superseded
        } else if segment.first() == end && generation == manifest.generation + 1 {
            Stray::Next
        } else {
            return Err(unknown("which holds rows beyond the store's end"));
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

/// Removes what a crash left behind beside segments: those that others hold, temporary files, tables that had no room in
/// memory, and what lay beside a segment that is gone.
///
/// # Errors
/// When a file cannot be removed.
pub fn remove_remains(dir: &Path, store: &Store, superseded: &[String]) -> Result<(), SegmentsError> {
    let mut removed = !superseded.is_empty();
    for name in superseded {
        remove_segment(dir, name, store)?;
    }
    let segments = segment_names(dir)?;
    let mut files: Vec<String> = Vec::new();
    if let Some(beside) = store.beside {
        let orphans = stems(dir, beside)?.into_iter().filter(|name| !segments.contains(name));
        files.extend(orphans.filter(|name| is_ours(name)).map(|name| format!("{name}.{beside}")));
    }
    for extension in store.in_the_making {
        let left = stems(dir, extension)?.into_iter().filter(|name| is_ours(name));
        files.extend(left.map(|name| format!("{name}.{extension}")));
    }
    let runs = stems(dir, tables::RUN)?.into_iter().filter(|name| tables::is_run(name, store.tables));
    files.extend(runs.map(|name| format!("{name}.{}", tables::RUN)));
    for file in files {
        let path = dir.join(file);
        std::fs::remove_file(&path).map_err(SegmentsError::io("removing", &path))?;
        removed = true;
    }
    if removed { Ok(sync_dir(dir)?) } else { Ok(()) }
}

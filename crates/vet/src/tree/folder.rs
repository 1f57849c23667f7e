//! Folders and files on the disk. Links are told, not followed; pipes and devices are not opened.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags};

use super::{ReadError, Reader, name};
use crate::{
    finding::{CheckId, Finding, Severity},
    gap::GapKind,
};

/// Reads what lies at this path, which may itself be a link: the user named it.
pub(super) fn read_into(reader: &mut Reader, path: &Path) -> Result<(), ReadError> {
    let shown = || path.display().to_string();
    let io = |source| ReadError::Io { path: shown(), source };
    let meta = fs::metadata(path).map_err(io)?;
    if meta.is_dir() {
        let top = fs::canonicalize(path).map_err(io)?;
        fs::read_dir(&top).map_err(io)?;
        walk(reader, &top);
        return Ok(());
    }
    if !meta.is_file() {
        return Err(ReadError::Kind { path: shown() });
    }
    let name = path.file_name().map_or_else(shown, |name| name.to_string_lossy().into_owned());
    let path = fs::canonicalize(path).map_err(io)?;
    let (bytes, whole) = read_file(&path, reader.limits.total_bytes).map_err(io)?;
    reader.add(name, bytes, whole, 0);
    Ok(())
}

/// Folders one after the other, in the order of names, so that the same tree gives the same answer.
fn walk(reader: &mut Reader, top: &Path) {
    let mut waiting: Vec<(PathBuf, String, usize)> = vec![(top.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = waiting.pop() {
        let entries = match fs::read_dir(&folder).and_then(|entries| sorted(entries, reader.limits.entries)) {
            Ok(entries) => entries,
            Err(error) => {
                reader.gap(&prefix, GapKind::Refused, format!("the folder was not read: {error}"));
                continue;
            }
        };
        let mut folders = Vec::new();
        for entry in entries {
            let raw = entry.file_name().to_string_lossy().into_owned();
            let (part, _) = name::inside(&raw, &reader.limits);
            let path = if prefix.is_empty() { part } else { format!("{prefix}/{part}") };
            if !reader.may_go_on(&path) {
                return;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth >= reader.limits.depth => {
                    reader.gap(&path, GapKind::TooMany, "nested deeper than folders are read");
                }
                Ok(kind) if kind.is_dir() => folders.push((entry.path(), path, depth + 1)),
                Ok(kind) if kind.is_file() => file(reader, &entry.path(), path),
                Ok(kind) if kind.is_symlink() => link(reader, &entry.path(), &path),
                Ok(_) => reader.gap(&path, GapKind::NotAFile, "a device, pipe or socket: not opened"),
                Err(error) => reader.gap(&path, GapKind::Refused, format!("not looked at: {error}")),
            }
        }
        waiting.extend(folders.into_iter().rev());
    }
}

/// The entries of a folder by name; of a folder with far too many, only as many as are read of all.
fn sorted(entries: fs::ReadDir, most: usize) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = entries.take(most + 1).collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

fn file(reader: &mut Reader, path: &Path, shown: String) {
    match read_file(path, reader.room()) {
        Ok((bytes, whole)) => reader.add(shown, bytes, whole, 0),
        Err(error) => reader.gap(&shown, GapKind::Refused, format!("the file was not read: {error}")),
    }
}

fn link(reader: &mut Reader, path: &Path, shown: &str) {
    let Ok(target) = fs::read_link(path) else {
        return reader.gap(shown, GapKind::Refused, "a link that cannot be read");
    };
    let target = target.to_string_lossy();
    if name::leads_out(shown, &target) {
        reader.gap(shown, GapKind::NotAFile, "a link that leads out of the folder: not followed");
        let finding = Finding::new(CheckId::Arc01, Severity::Low, shown, "A link leads out of the folder.");
        reader.tree.findings.push(finding.showing(&target));
    }
}

/// The first bytes of a file that is no link and no pipe by the time it is opened, and whether they are all.
fn read_file(path: &Path, most: u64) -> io::Result<(Vec<u8>, bool)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("it is no longer a file"));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve(meta.len().min(most) as usize).map_err(io::Error::other)?;
    file.take(most + 1).read_to_end(&mut bytes)?;
    let whole = bytes.len() as u64 <= most;
    bytes.truncate(most as usize);
    Ok((bytes, whole))
}

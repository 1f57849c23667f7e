//! Files that appear whole or not at all.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use crate::ColumnError;

/// Opens a plain file and tells its length. A pipe in its place, which would be waited for without end, is an error, as a
/// folder is.
pub fn open_plain(path: &Path, options: &OpenOptions) -> io::Result<(File, u64)> {
    let file = without_waiting(options).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file"));
    }
    Ok((file, found.len()))
}

#[cfg(unix)]
fn without_waiting(options: &OpenOptions) -> OpenOptions {
    let mut options = options.clone();
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    options
}

#[cfg(not(unix))]
fn without_waiting(options: &OpenOptions) -> OpenOptions {
    options.clone()
}

/// Writes `parts` one after another under a temporary name, syncs, and renames over `path`.
pub fn write_durably(path: &Path, parts: &[&[u8]]) -> Result<(), ColumnError> {
    let temporary = path.with_extension("tmp");
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        for part in parts {
            file.write_all(part)?;
        }
        file.sync_all()
    };
    write().map_err(ColumnError::io("writing", &temporary))?;
    std::fs::rename(&temporary, path).map_err(ColumnError::io("renaming to", path))
}

/// Makes renames and removals in a folder durable.
pub fn sync_dir(dir: &Path) -> Result<(), ColumnError> {
    File::open(dir).and_then(|file| file.sync_all()).map_err(ColumnError::io("syncing", dir))
}

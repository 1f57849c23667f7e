//! Files that appear whole or not at all.

use std::{fs::File, io::Write, path::Path};

use crate::ColumnError;

/// Writes `parts` one after another under a temporary name, syncs, and renames over `path`.
pub fn write_durably(path: &Path, parts: &[&[u8]]) -> Result<(), ColumnError> {
    let temporary = path.with_extension("tmp");
    let write = || -> std::io::Result<()> {
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

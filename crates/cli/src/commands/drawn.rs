//! Drawings, as files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use miette::{IntoDiagnostic, Result, WrapErr};
use tracehound_engine::Naming;
use tracehound_report::Origin;

use crate::{args::Common, terminal};

/// The program with its version.
pub(super) const PROGRAM: &str = concat!("tracehound ", env!("CARGO_PKG_VERSION"));

/// What a drawing says of where it comes from.
pub(super) fn origin(naming: &Naming) -> Origin {
    Origin::of(naming, PROGRAM)
}

/// Writes a drawing: its first page into the file, the others into files beside it.
pub(super) fn write(common: &Common, path: &Path, pages: &[String]) -> Result<()> {
    for (page, number) in pages.iter().zip(1..) {
        write_file(&numbered(path, number), page)?;
    }
    if pages.len() > 1 && !common.quiet {
        let last = numbered(path, pages.len());
        terminal::say(&format!("drawn on {} pages: {} to {}", pages.len(), path.display(), last.display()));
    }
    Ok(())
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

pub(super) fn write_file(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, bytes).into_diagnostic().wrap_err_with(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_pages_lie_beside_the_first() {
        let beside = |path: &str| numbered(Path::new(path), 2).to_string_lossy().into_owned();
        assert_eq!(numbered(Path::new("a/t.svg"), 1), Path::new("a/t.svg"));
        assert_eq!((beside("a/t.svg"), beside("t")), ("a/t-2.svg".to_owned(), "t-2".to_owned()));
    }
}

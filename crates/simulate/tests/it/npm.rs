//! Packages of the npm registry, kept in the target folder.

use std::path::{Path, PathBuf};

pub(crate) use tracehound_testkit::npm::code;

/// The unpacked package, or `None` when npm cannot get it; then a line naming it has been printed.
pub(crate) fn package(name: &str, version: &str) -> Option<PathBuf> {
    tracehound_testkit::npm::package(Path::new(env!("CARGO_TARGET_TMPDIR")), name, version)
}

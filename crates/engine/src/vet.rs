//! What was sent, judged before it is opened.

use std::path::Path;

pub use tracehound_vet::{
    finding::{CheckId, Finding, Severity},
    gap::{Gap, GapKind},
    limits::Limits,
    report::{Reading, Report},
    sarif::sarif,
    tree::ReadError,
};

/// Reads a repository, an archive or a file, and judges it. Nothing of it is run, installed or opened by another program.
pub fn repo(path: &Path, limits: Limits) -> Result<Report, ReadError> {
    let tree = tracehound_vet::tree::read(path, limits)?;
    tracehound_vet::judge(&tree)
}

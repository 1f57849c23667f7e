//! Files that a person names on the command line, read up to a limit: what is named may be a device without an end.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufWriter, Error, ErrorKind, Read, Result, Write},
    path::{Path, PathBuf},
};

use miette::{IntoDiagnostic, WrapErr, miette};

/// Most bytes of a file of settings: a policy, a context, a price table.
pub(crate) const SETTINGS: u64 = 4 << 20;

/// The text of a file of at most so many bytes.
///
/// # Errors
/// Those of opening and reading; [`ErrorKind::InvalidData`] where it is longer or no UTF-8.
pub(crate) fn text(path: &Path, most: u64) -> Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Error::new(ErrorKind::InvalidData, format!("it has more than {most} bytes")));
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "it holds bytes that are no UTF-8"))
}

/// Opens a plain file. Another thing of its name, a pipe that nobody writes to or a device without an end, would be waited for.
///
/// # Errors
/// Those of opening; [`ErrorKind::InvalidInput`] where it is no plain file.
pub(crate) fn plain(path: &Path) -> Result<File> {
    if fs::metadata(path)?.is_file() {
        return File::open(path);
    }
    Err(Error::new(ErrorKind::InvalidInput, "it is not a plain file"))
}

/// Where a file is written before it is whole.
fn partial(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(end);
    path.with_file_name(name)
}

/// Whether what is written to a file would be written over one that is read for it.
///
/// # Errors
/// The input that it is.
pub(crate) fn apart<'p>(output: &Path, inputs: impl IntoIterator<Item = &'p PathBuf>) -> miette::Result<()> {
    let whose = |path: &Path| fs::canonicalize(path).ok();
    // A file is written under the second name until it is whole.
    let outputs = [whose(output), whose(&output.with_extension("tmp"))];
    for input in inputs {
        if whose(input).is_some_and(|own| outputs.contains(&Some(own))) {
            return Err(miette!(
                "{} is read for it: write to a file of its own; nothing has been written",
                input.display()
            ));
        }
    }
    Ok(())
}

/// Writes a file that is there whole or not at all: what was there before stays where the writing fails.
pub(crate) fn whole<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> miette::Result<T>,
) -> miette::Result<T> {
    let part = partial(path, ".part");
    let place = || path.display().to_string();
    let mut out = BufWriter::new(File::create(&part).into_diagnostic().wrap_err_with(place)?);
    let written = write(&mut out).and_then(|answer| {
        let file = out.into_inner().into_diagnostic()?;
        file.sync_all().and_then(|()| fs::rename(&part, path)).into_diagnostic().wrap_err_with(place)?;
        Ok(answer)
    });
    if written.is_err() {
        drop(fs::remove_file(&part));
    }
    written
}

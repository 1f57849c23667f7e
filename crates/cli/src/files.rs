//! Files that a person names on the command line, read up to a limit: what is named may be a device without an end.

use std::{
    fs::File,
    io::{Error, ErrorKind, Read, Result},
    path::Path,
};

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

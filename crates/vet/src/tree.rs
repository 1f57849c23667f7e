//! What was sent, read into memory: a folder, an archive or a single file, with archives within it opened in turn.
//!
//! Nothing is written, no link is followed, nothing is opened but to be read. Whatever is left out is a [`Gap`].

mod archive;
mod folder;
mod name;

use std::{io, path::Path, time::Instant};

use crate::{
    finding::Finding,
    gap::{Gap, GapKind},
    limits::Limits,
};

/// Between an archive and what is in it.
pub const WITHIN: char = '!';

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path from the top, with `/`; `outer.zip!inner` within an archive.
    pub path: String,
    /// Its bytes, or the first of them.
    pub bytes: Vec<u8>,
    /// Whether the bytes are all of it.
    pub whole: bool,
}

impl File {
    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit(['/', WITHIN]).next().unwrap_or(&self.path)
    }
}

/// Everything that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The files, by path.
    pub files: Vec<File>,
    /// What was not read.
    pub gaps: Vec<Gap>,
    /// What is wrong with archives and names themselves.
    pub findings: Vec<Finding>,
}

/// Why nothing at all was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not there, or may not be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// What was asked for.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A device, a pipe, a link.
    #[error("{path} is neither a file nor a folder: name what it leads to")]
    Kind {
        /// What was asked for.
        path: String,
    },
    /// The system gives no thread with a stack of 512 MiB of addresses.
    #[error(
        "no thread could be started to judge it: {0}; look at the limits on memory and threads (ulimit -v, ulimit -u)"
    )]
    Thread(io::Error),
}

/// Reads a folder, an archive or a single file.
pub fn read(path: &Path, limits: Limits) -> Result<Tree, ReadError> {
    let mut reader = Reader::new(limits);
    folder::read_into(&mut reader, path)?;
    Ok(reader.finish())
}

/// Reads bytes as if they were a file of this name.
pub fn read_bytes(name: &str, bytes: Vec<u8>, limits: Limits) -> Tree {
    let mut reader = Reader::new(limits);
    reader.add(name.to_owned(), bytes, true, 0);
    reader.finish()
}

/// Reads within the limits of all parts together.
struct Reader {
    tree: Tree,
    limits: Limits,
    entries: usize,
    bytes: u64,
    until: Instant,
    /// Whether a limit of the whole was met: said once.
    full: bool,
}

impl Reader {
    fn new(limits: Limits) -> Self {
        let until = Instant::now() + limits.time;
        Self { tree: Tree::default(), limits, entries: 0, bytes: 0, until, full: false }
    }

    fn finish(mut self) -> Tree {
        self.tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.tree.gaps.sort();
        self.tree.gaps.dedup();
        self.tree.findings.sort();
        self.tree.findings.dedup();
        self.tree
    }

    fn gap(&mut self, file: &str, kind: GapKind, sentence: impl Into<String>) {
        self.tree.gaps.push(Gap::new(file, kind, sentence));
    }

    /// Whether one more entry may be read; the first that may not is said.
    fn may_go_on(&mut self, at: &str) -> bool {
        if self.full {
            return false;
        }
        self.entries += 1;
        if self.entries > self.limits.entries {
            let most = self.limits.entries;
            self.gap(
                at,
                GapKind::TooMany,
                format!("more than {most} entries: this and what follows was not read"),
            );
            self.full = true;
        } else if Instant::now() >= self.until {
            self.gap(at, GapKind::Time, "time ran out: this and what follows was not read");
            self.full = true;
        }
        !self.full
    }

    /// Bytes that may still be read of one file.
    fn room(&self) -> u64 {
        self.limits.file_bytes.min(self.limits.total_bytes.saturating_sub(self.bytes))
    }

    /// Takes a file in. An archive is opened too, and its own bytes are let go.
    fn add(&mut self, path: String, bytes: Vec<u8>, whole: bool, nested: usize) {
        if !whole {
            let read = bytes.len();
            self.gap(
                &path,
                GapKind::TooLarge,
                format!("larger than the limit: the first {read} bytes were read"),
            );
        }
        self.bytes += bytes.len() as u64;
        if !archive::open(self, &path, &bytes, nested) {
            self.tree.files.push(File { path, bytes, whole });
        }
    }
}

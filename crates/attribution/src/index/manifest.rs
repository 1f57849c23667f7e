//! `CURRENT`: which index is in force, and of which state of which store it was made.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use serde::{Deserialize, Serialize};
use tracehound_model::SourceId;

use super::IndexError;

/// Names the index in force.
pub(super) const CURRENT: &str = "CURRENT";
/// Longest manifest.
const MAX_BYTES: u64 = 16 << 20;
/// The format of the manifest.
const FORMAT: u32 = 2;

/// Which state of which store an index was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The store's random name.
    pub store: String,
    /// The number of its last change.
    pub change: u64,
}

/// What `CURRENT` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// What the index was made from; `None` for one of version 0.1.0, which did not say.
    pub stamp: Option<Stamp>,
    /// Digest of the index in force, and a part of its file's name.
    pub(super) index: String,
    /// The sources in it; for one of version 0.1.0 they are in its file.
    pub sources: Vec<SourceId>,
}

impl Manifest {
    pub(super) fn new(stamp: Stamp, index: &str, sources: Vec<SourceId>) -> Self {
        Self { format: FORMAT, stamp: Some(stamp), index: index.to_owned(), sources }
    }

    /// The manifest in `folder`, where an index has been published.
    pub fn read(folder: &Path) -> Result<Option<Self>, IndexError> {
        let path = folder.join(CURRENT);
        let mut bytes = Vec::new();
        match File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(IndexError::io("reading", path)(error)),
        }
        let damaged = |reason: String| IndexError::Damaged { path: path.clone(), reason };
        if let Some(index) = std::str::from_utf8(&bytes).ok().and_then(|text| digest_in(text.trim_end())) {
            let index = index.to_owned();
            return Ok(Some(Self { format: 1, stamp: None, index, sources: Vec::new() }));
        }
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(format!("it names no index file: {error}")))?;
        match manifest.format {
            FORMAT if is_digest(&manifest.index) => Ok(Some(manifest)),
            FORMAT => Err(damaged("it names no index file".to_owned())),
            found => Err(IndexError::Version { path, found, expected: FORMAT }),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("texts and numbers always have a JSON form");
        bytes.push(b'\n');
        bytes
    }
}

pub(super) fn file_name(digest: &str) -> String {
    format!("index-{digest}.thx")
}

/// The digest in the name of an index file. Anything else, such as a path, is no such name.
pub(super) fn digest_in(name: &str) -> Option<&str> {
    let digest = name.strip_prefix("index-")?.strip_suffix(".thx")?;
    is_digest(digest).then_some(digest)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

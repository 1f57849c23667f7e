//! The manifest: which segments make up the store, and its key. Replaced atomically.
//!
//! A manifest that is not there, or does not fit the segments beside it, is damage: [`recover`](crate::recover) helps to
//! make a new one from the segments' headers. It is never a reason to remove segments.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tracehound_columns::files::{open_plain, sync_dir, write_durably};
use xxhash_rust::xxh3::xxh3_64;

use crate::{SegmentsError, key::Key};

/// Formats of a store's manifest. Others are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// The oldest that is read.
    pub oldest: u32,
    /// The first with a key.
    pub keyed: u32,
    /// What is written.
    pub newest: u32,
}

/// What the folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its format.
    pub format: u32,
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Segment names in order. Some may still be of an older format than the store, until it is upgraded.
    pub segments: Vec<String>,
    /// Segments whose place others took when this manifest came, with rows that a reorg dropped: what of them still lies
    /// in the folder goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// Counts what was committed, so that segments written for the same numbers get other names.
    pub generation: u64,
    /// The store's key, in a format that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
}

/// The file: the manifest as one JSON text and its checksum.
#[derive(Serialize, Deserialize)]
struct Sealed {
    manifest: String,
    xxh3: String,
}

/// Only the format number, which every version can read.
#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

fn manifest_path(dir: &Path) -> PathBuf {
    dir.join("MANIFEST.json")
}

impl Manifest {
    /// Of a store that holds nothing yet.
    pub fn new(chain: &str, key: Key, formats: Formats) -> Self {
        Self {
            format: formats.newest,
            chain: chain.to_owned(),
            segments: Vec::new(),
            replaced: Vec::new(),
            generation: 0,
            key: Some(key),
        }
    }

    /// Reads the manifest.
    ///
    /// # Errors
    /// [`SegmentsError::Absent`] where none is; when it is damaged or of a format that is not read.
    pub fn read(dir: &Path, formats: Formats) -> Result<Self, SegmentsError> {
        let path = manifest_path(dir);
        let mut bytes = Vec::new();
        let read = open_plain(&path, File::options().read(true))
            .and_then(|(mut file, _)| file.read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(SegmentsError::Absent { path: dir.to_owned() });
            }
            Err(error) => return Err(SegmentsError::io("reading", path)(error)),
        }
        let bad = |what: String| SegmentsError::Manifest { path: path.clone(), what };
        let sealed: Sealed = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        if format!("{:016x}", xxh3_64(sealed.manifest.as_bytes())) != sealed.xxh3 {
            return Err(bad("its checksum is wrong".to_owned()));
        }
        let FormatOnly { format } =
            serde_json::from_str(&sealed.manifest).map_err(|error| bad(error.to_string()))?;
        if !(formats.oldest..=formats.newest).contains(&format) {
            return Err(SegmentsError::Version { path, found: format, expected: formats.newest });
        }
        let manifest: Self =
            serde_json::from_str(&sealed.manifest).map_err(|error| bad(error.to_string()))?;
        if manifest.key.is_some() != (format >= formats.keyed) {
            return Err(bad("its format and its key do not fit".to_owned()));
        }
        Ok(manifest)
    }

    /// Makes this manifest the one in force. Durable when it returns; before that the old one is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn replace(&self, dir: &Path) -> Result<(), SegmentsError> {
        let manifest = serde_json::to_string(self).expect("strings and numbers serialise");
        let xxh3 = format!("{:016x}", xxh3_64(manifest.as_bytes()));
        let text = serde_json::to_string_pretty(&Sealed { manifest, xxh3 }).expect("strings serialise");
        write_durably(&manifest_path(dir), &[text.as_bytes()])?;
        Ok(sync_dir(dir)?)
    }

    /// An error that says that this manifest and the folder's segments do not fit.
    pub fn does_not_fit(dir: &Path, what: impl Into<String>) -> SegmentsError {
        SegmentsError::Manifest { path: manifest_path(dir), what: what.into() }
    }
}

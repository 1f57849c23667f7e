//! The manifest: which segments make up the ledger. Replaced atomically; what it does not name does not exist.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use tracehound_columns::files::{sync_dir, write_durably};

use crate::{LedgerError, segment::FORMAT_VERSION};

/// What the folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub format: u32,
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Segment names in order.
    pub segments: Vec<String>,
    /// Counts what was committed, so that segments written for the same numbers get other names.
    pub generation: u64,
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
    pub(crate) fn new(chain: &str) -> Self {
        Self { format: FORMAT_VERSION, chain: chain.to_owned(), segments: Vec::new(), generation: 0 }
    }

    pub(crate) fn read(dir: &Path) -> Result<Self, LedgerError> {
        let path = manifest_path(dir);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(LedgerError::Absent { path: dir.to_owned() });
            }
            Err(error) => return Err(LedgerError::io("reading", path)(error)),
        };
        let sealed: Sealed =
            serde_json::from_str(&text).map_err(|error| LedgerError::corrupt(&path, error.to_string()))?;
        if format!("{:016x}", xxh3_64(sealed.manifest.as_bytes())) != sealed.xxh3 {
            return Err(LedgerError::corrupt(&path, "its checksum is wrong"));
        }
        let read_error = |error: serde_json::Error| LedgerError::corrupt(&path, error.to_string());
        let FormatOnly { format } = serde_json::from_str(&sealed.manifest).map_err(read_error)?;
        if format != FORMAT_VERSION {
            return Err(LedgerError::Version { path, found: format, expected: FORMAT_VERSION });
        }
        serde_json::from_str(&sealed.manifest).map_err(read_error)
    }

    /// Makes this manifest the one in force. Durable when it returns; before that the old one is.
    pub(crate) fn replace(&self, dir: &Path) -> Result<(), LedgerError> {
        let manifest = serde_json::to_string(self).expect("strings and numbers serialise");
        let xxh3 = format!("{:016x}", xxh3_64(manifest.as_bytes()));
        let text = serde_json::to_string_pretty(&Sealed { manifest, xxh3 }).expect("strings serialise");
        write_durably(&manifest_path(dir), &[text.as_bytes()])?;
        Ok(sync_dir(dir)?)
    }
}

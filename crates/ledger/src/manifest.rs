//! The manifest: which segments make up the ledger, and its key. Replaced atomically.
//!
//! A manifest that is not there, or does not fit the segments beside it, is damage: `ledger repair` makes a new one
//! from the segments' headers. It is never a reason to remove segments.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tracehound_columns::files::{open_plain, sync_dir, write_durably};
use xxhash_rust::xxh3::xxh3_64;

use crate::{LedgerError, key::Key};

/// Formats of a ledger: 1 without a key, 2 with one, 3 with the ids of snapshots too. Others are refused. All are read;
/// what is written is 3.
pub(crate) const FORMAT_UNKEYED: u32 = 1;
pub(crate) const FORMAT_KEYED: u32 = 2;
pub(crate) const FORMAT: u32 = 3;

/// What the folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub format: u32,
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Segment names in order. Some may still be of an older format than the ledger, until it is upgraded.
    pub segments: Vec<String>,
    /// Segments whose place others took when this manifest came, with blocks that a reorg dropped: what of them still lies
    /// in the folder goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// Counts what was committed, so that segments written for the same numbers get other names.
    pub generation: u64,
    /// The ledger's key, from format 2 on.
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
    pub(crate) fn new(chain: &str, key: Key) -> Self {
        Self {
            format: FORMAT,
            chain: chain.to_owned(),
            segments: Vec::new(),
            replaced: Vec::new(),
            generation: 0,
            key: Some(key),
        }
    }

    /// Reads the manifest. Where none is, the ledger is [`LedgerError::Absent`].
    pub(crate) fn read(dir: &Path) -> Result<Self, LedgerError> {
        let path = manifest_path(dir);
        let mut bytes = Vec::new();
        let read = open_plain(&path, File::options().read(true))
            .and_then(|(mut file, _)| file.read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(LedgerError::Absent { path: dir.to_owned() });
            }
            Err(error) => return Err(LedgerError::io("reading", path)(error)),
        }
        let bad = |what: String| LedgerError::Manifest { path: path.clone(), what };
        let sealed: Sealed = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        if format!("{:016x}", xxh3_64(sealed.manifest.as_bytes())) != sealed.xxh3 {
            return Err(bad("its checksum is wrong".to_owned()));
        }
        let FormatOnly { format } =
            serde_json::from_str(&sealed.manifest).map_err(|error| bad(error.to_string()))?;
        if !(FORMAT_UNKEYED..=FORMAT).contains(&format) {
            return Err(LedgerError::Version { path, found: format, expected: FORMAT });
        }
        let manifest: Self =
            serde_json::from_str(&sealed.manifest).map_err(|error| bad(error.to_string()))?;
        if manifest.key.is_some() != (format >= FORMAT_KEYED) {
            return Err(bad("its format and its key do not fit".to_owned()));
        }
        Ok(manifest)
    }

    /// Makes this manifest the one in force. Durable when it returns; before that the old one is.
    pub(crate) fn replace(&self, dir: &Path) -> Result<(), LedgerError> {
        let manifest = serde_json::to_string(self).expect("strings and numbers serialise");
        let xxh3 = format!("{:016x}", xxh3_64(manifest.as_bytes()));
        let text = serde_json::to_string_pretty(&Sealed { manifest, xxh3 }).expect("strings serialise");
        write_durably(&manifest_path(dir), &[text.as_bytes()])?;
        Ok(sync_dir(dir)?)
    }

    /// An error that says that this manifest and the folder's segments do not fit.
    pub(crate) fn does_not_fit(dir: &Path, what: impl Into<String>) -> LedgerError {
        LedgerError::Manifest { path: manifest_path(dir), what: what.into() }
    }
}

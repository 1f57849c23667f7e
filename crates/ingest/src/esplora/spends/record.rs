//! What was fetched, one file each: transactions as the server wrote them, who spent their outputs, blocks' headers, and which
//! transactions an address has.
//!
//! A file is replaced by a rename, whole or not at all. A transaction is proved again when it is read.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tracehound_bitcoin::{ChainPoint, live::esplora::Spend};
use tracehound_columns::files::{sync_dir, write_durably};
use tracehound_model::{BlockHash, Chain, TxId};

use super::SpendCaseError;

/// Version of the files' form.
const VERSION: u32 = 1;
/// Largest file that is read: a transaction of a block of its own, with room to spare.
const MOST: u64 = 64 << 20;

/// Something that was told, by whom and when.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record<T> {
    version: u32,
    /// CAIP-2 id of the chain.
    chain: String,
    /// What it is about, as the file's name says it too.
    subject: String,
    /// Scheme, host and port of the server.
    pub(super) server: String,
    /// When it was asked.
    pub(super) at: Timestamp,
    /// Height of the server's last block then.
    pub(super) tip: u32,
    pub(super) told: T,
}

/// Who spent an output.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum SpendRow {
    No,
    Waiting(TxId),
    InBlock { txid: TxId, input: u32, height: u32, hash: BlockHash, time: u32 },
}

/// The transactions of an address.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AddressRow {
    /// Those in blocks.
    pub(super) txids: Vec<TxId>,
    /// How many are in none yet.
    pub(super) waiting: usize,
    /// Whether these are all.
    pub(super) complete: bool,
    /// Pages that were allowed.
    pub(super) pages: u32,
}

impl From<Spend> for SpendRow {
    fn from(spend: Spend) -> Self {
        match spend {
            Spend::No => Self::No,
            Spend::Waiting(txid) => Self::Waiting(txid),
            Spend::InBlock { txid, input, block: ChainPoint { hash, height }, time } => {
                Self::InBlock { txid, input, height, hash, time }
            }
        }
    }
}

impl From<SpendRow> for Spend {
    fn from(row: SpendRow) -> Self {
        match row {
            SpendRow::No => Self::No,
            SpendRow::Waiting(txid) => Self::Waiting(txid),
            SpendRow::InBlock { txid, input, height, hash, time } => {
                Self::InBlock { txid, input, block: ChainPoint { hash, height }, time }
            }
        }
    }
}

/// The folder.
#[derive(Debug)]
pub(super) struct Kept {
    dir: PathBuf,
    chain: String,
}

impl Kept {
    /// In `dir`, which need not exist.
    pub(super) fn new(dir: &Path, chain: Chain) -> Self {
        Self { dir: dir.to_owned(), chain: chain.to_string() }
    }

    fn path(&self, kind: &str, subject: &str) -> PathBuf {
        self.dir.join(format!("{kind}-{subject}.json"))
    }

    /// What was kept; `None` where nothing was.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        kind: &str,
        subject: &str,
    ) -> Result<Option<Record<T>>, SpendCaseError> {
        let path = self.path(kind, subject);
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.map_err(io("reading", &path))?,
        };
        let mut bytes = Vec::new();
        file.take(MOST + 1).read_to_end(&mut bytes).map_err(io("reading", &path))?;
        if bytes.len() as u64 > MOST {
            return Err(self.damaged(kind, subject, format!("it has more than {MOST} bytes")));
        }
        let record: Record<T> =
            serde_json::from_slice(&bytes).map_err(|error| self.damaged(kind, subject, error.to_string()))?;
        if record.version != VERSION || record.chain != self.chain || record.subject != subject {
            let what = format!("version {} for {} of {}", record.version, record.subject, record.chain);
            return Err(self.damaged(kind, subject, what));
        }
        Ok(Some(record))
    }

    /// Keeps what was told, in the place of what was kept of it.
    pub(super) fn write<T: Serialize>(
        &self,
        kind: &str,
        subject: &str,
        (server, at, tip): (&str, Timestamp, u32),
        told: T,
    ) -> Result<(), SpendCaseError> {
        fs::create_dir_all(&self.dir).map_err(io("creating", &self.dir))?;
        let record = Record {
            version: VERSION,
            chain: self.chain.clone(),
            subject: subject.to_owned(),
            server: server.to_owned(),
            at,
            tip,
            told,
        };
        let bytes = serde_json::to_vec(&record).expect("text and numbers become JSON");
        write_durably(&self.path(kind, subject), &[&bytes])?;
        Ok(sync_dir(&self.dir)?)
    }

    /// Forgets what turned out not to be so.
    pub(super) fn remove(&self, kind: &str, subject: &str) -> Result<(), SpendCaseError> {
        let path = self.path(kind, subject);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(io("removing", &path)(error)),
            _ => Ok(()),
        }
    }

    /// The error about a file that is not what was written.
    pub(super) fn damaged(&self, kind: &str, subject: &str, what: String) -> SpendCaseError {
        SpendCaseError::Damaged { path: self.path(kind, subject), what }
    }
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SpendCaseError {
    let path = path.to_owned();
    move |source| SpendCaseError::Io { action, path, source }
}

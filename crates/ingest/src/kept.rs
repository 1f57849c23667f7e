//! Logs that are kept beside a ledger of transfers: what issuers of tokens say of freezes moves nothing, so that the ledger has no row
//! for it.
//!
//! A file of JSON lines, appended to: logs as nodes give them, with the block each is of and its time, and marks of which blocks were
//! looked at for which logs. It is written before the ledger commits, so that no block counts as looked at whose logs could be lost; a
//! log of a block that the ledger does not hold (any more) is passed over by whoever reads it.

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracehound_evm::{chains::Keeps, movements::Movements};

/// Longest line that is read: a log's data may be as long as its block.
const MAX_LINE: u64 = 4 << 20;

/// A line.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    /// From this block on every block was looked at for the logs whose digest this is.
    Begun { looked_from: u64, keeps: String },
    /// Up to this block.
    Done { looked_up_to: u64 },
    /// A log.
    Log(KeptLine),
}

/// A log as nodes write it, with its block's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptLine {
    /// The contract.
    pub address: String,
    /// The topics.
    pub topics: Vec<String>,
    /// The bytes behind them.
    pub data: String,
    /// Height of its block.
    pub block_number: String,
    /// Its block.
    pub block_hash: String,
    /// Its number in the block.
    pub log_index: String,
    /// Its transaction.
    pub transaction_hash: String,
    /// Its block's time, seconds since 1970-01-01 UTC.
    pub block_timestamp: String,
}

/// What was kept of a ledger's blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptLogs {
    /// The logs, in the order of the file.
    pub logs: Vec<KeptLine>,
    /// Heights that were looked at for the logs asked about, first and last of each run.
    pub looked_at: Vec<(u64, u64)>,
    /// Lines that are none: what a write that was cut off left.
    pub broken: u64,
}

/// Where logs are kept of the ledger in `dir`.
fn beside(dir: &Path) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push("-logs.jsonl");
    dir.with_file_name(name)
}

/// Names which logs are wanted.
fn digest(keeps: &Keeps) -> String {
    let mut hasher = Sha256::new();
    keeps.contracts.iter().for_each(|contract| hasher.update(contract));
    keeps.topics.iter().for_each(|topic| hasher.update(topic));
    hex::encode(&hasher.finalize()[..8])
}

/// What was kept of the ledger in `dir`, each log once.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn kept_logs(dir: &Path, keeps: &Keeps) -> std::io::Result<KeptLogs> {
    let file = match File::open(beside(dir)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(KeptLogs::default()),
        file => file?,
    };
    let (wanted, mut found, mut seen) = (digest(keeps), KeptLogs::default(), HashSet::new());
    let (mut input, mut line, mut run) = (BufReader::new(file), Vec::new(), None);
    loop {
        line.clear();
        if input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(found);
        }
        match serde_json::from_slice::<Line>(&line) {
            Ok(Line::Begun { looked_from, keeps }) => run = (keeps == wanted).then_some(looked_from),
            Ok(Line::Done { looked_up_to }) => {
                let Some(from) = run.filter(|from| *from <= looked_up_to) else { continue };
                match found.looked_at.last_mut().filter(|last| last.0 == from) {
                    Some(last) => last.1 = last.1.max(looked_up_to),
                    None => found.looked_at.push((from, looked_up_to)),
                }
            }
            Ok(Line::Log(log)) => {
                if seen.insert((log.block_hash.clone(), log.log_index.clone())) {
                    found.logs.push(log);
                }
            }
            Err(_) => found.broken += 1,
        }
    }
}

/// Keeps logs of the blocks that come into a ledger.
#[derive(Debug)]
pub(crate) struct Keeper {
    path: PathBuf,
    waiting: Vec<u8>,
    /// The last height that is marked as looked at.
    marked: Option<u64>,
}

impl Keeper {
    /// For the ledger in `dir` that ends at `tip`; nothing where no logs are wanted.
    ///
    /// # Errors
    /// When what was kept before cannot be read.
    pub(crate) fn open(dir: &Path, keeps: &Keeps, tip: Option<u64>) -> std::io::Result<Option<Self>> {
        if keeps.contracts.is_empty() {
            return Ok(None);
        }
        let marked = kept_logs(dir, keeps)?.looked_at.last().map(|run| run.1);
        // Blocks above that came without being looked at.
        let goes_on = match (marked, tip) {
            (Some(marked), Some(tip)) => marked >= tip,
            _ => false,
        };
        let mut keeper = Self { path: beside(dir), waiting: Vec::new(), marked: None };
        if goes_on {
            keeper.marked = marked;
        } else {
            let looked_from = tip.map_or(0, |tip| tip + 1);
            keeper.push(&Line::Begun { looked_from, keeps: digest(keeps) });
        }
        Ok(Some(keeper))
    }

    fn push(&mut self, line: &Line) {
        serde_json::to_writer(&mut self.waiting, line).expect("text and numbers become JSON");
        self.waiting.push(b'\n');
    }

    /// Takes the logs of a block.
    pub(crate) fn note(&mut self, found: &Movements) {
        let block = &found.block;
        for kept in &found.kept {
            let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
            self.push(&Line::Log(KeptLine {
                address: kept.log.address.to_string(),
                topics: kept.log.topics().iter().map(|topic| hex(topic.as_slice())).collect(),
                data: hex(&kept.log.data.data),
                block_number: format!("{:#x}", block.height),
                block_hash: hex(&block.hash),
                log_index: format!("{:#x}", kept.index),
                transaction_hash: hex(kept.tx.as_slice()),
                block_timestamp: format!("{:#x}", block.time),
            }));
        }
    }

    /// Makes durable what was kept, before the ledger is committed up to `tip`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&mut self, tip: Option<u64>) -> std::io::Result<()> {
        if let Some(tip) = tip.filter(|tip| self.marked.is_none_or(|marked| marked < *tip)) {
            self.push(&Line::Done { looked_up_to: tip });
            self.marked = Some(tip);
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        // What was cut off in the middle of a line ends there.
        if file.seek(SeekFrom::End(0))? > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                self.waiting.insert(0, b'\n');
            }
        }
        file.write_all(&self.waiting)?;
        file.sync_all()?;
        self.waiting.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tracehound_model::transfer::{TransferBlock, Unseen};

    use super::*;

    const KEEPS: Keeps = Keeps { contracts: &[[7; 20]], topics: &[[9; 32]] };

    fn block(height: u64, logs: u64) -> Movements {
        let kept = (0..logs).map(|index| tracehound_evm::movements::KeptLog {
            tx: [3; 32].into(),
            index,
            log: alloy_primitives::Log::new_unchecked(
                [7; 20].into(),
                vec![[9; 32].into()],
                alloy_primitives::Bytes::from_static(&[1]),
            ),
        });
        Movements {
            block: TransferBlock {
                height,
                hash: [height as u8; 32],
                parent: [0; 32],
                time: 5,
                unseen: Unseen::NOTHING,
                txs: Vec::new(),
            },
            gaps: Vec::new(),
            refused: Vec::new(),
            kept: kept.collect(),
        }
    }

    #[test]
    fn what_was_looked_at_is_known_block_by_block_whatever_was_cut_off() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = folder.path().join("evm-1");
        assert_eq!(kept_logs(&dir, &KEEPS).expect("read"), KeptLogs::default());
        assert!(Keeper::open(&dir, &Keeps::default(), None).expect("opened").is_none());
        let mut keeper = Keeper::open(&dir, &KEEPS, None).expect("opened").expect("wanted");
        keeper.note(&block(3, 2));
        keeper.write(Some(4)).expect("written");
        let found = kept_logs(&dir, &KEEPS).expect("read");
        assert_eq!((found.logs.len(), &found.looked_at[..], found.broken), (2, &[(0, 4)][..], 0));
        assert_eq!(found.logs[1].log_index, "0x1");
        // Goes on where it ended; the same log again is one, and a line that was cut off breaks no other.
        let path = beside(&dir);
        let mut file = OpenOptions::new().append(true).open(&path).expect("there");
        file.write_all(b"{\"address\":\"0x07").expect("written");
        let mut keeper = Keeper::open(&dir, &KEEPS, Some(4)).expect("opened").expect("wanted");
        keeper.note(&block(3, 2));
        keeper.note(&block(5, 1));
        keeper.write(Some(5)).expect("written");
        let found = kept_logs(&dir, &KEEPS).expect("read");
        assert_eq!((found.logs.len(), &found.looked_at[..], found.broken), (3, &[(0, 5)][..], 1));
        // Blocks came without being looked at: 6 to 9 are a hole.
        let mut keeper = Keeper::open(&dir, &KEEPS, Some(9)).expect("opened").expect("wanted");
        keeper.write(Some(12)).expect("written");
        assert_eq!(kept_logs(&dir, &KEEPS).expect("read").looked_at, [(0, 5), (10, 12)]);
        // For other logs nothing was looked at.
        let others = Keeps { contracts: &[[8; 20]], ..KEEPS };
        assert_eq!(kept_logs(&dir, &others).expect("read").looked_at, []);
    }
}

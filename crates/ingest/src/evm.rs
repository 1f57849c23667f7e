//! Era1 files into a ledger of transfers.

use std::{
    fs::File,
    io::BufReader,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use tracehound_evm::{
    block::Tx,
    era1::{self, Era1, Era1Error},
    etl::EtlError,
    movements::{Rules, movements},
    node::NodeError,
    traces::TraceError,
};
use tracehound_model::Chain;
use tracehound_transfers::{TransferLedgerError, WriterOptions};
use tracing::info;

use crate::follower::{FollowError, Follower, TransferReport};

/// Which files, and how.
#[derive(Clone, Debug)]
pub struct Era1Files {
    /// Era1 files, or folders of them.
    pub paths: Vec<PathBuf>,
    /// The chain's rules.
    pub rules: Rules,
    /// How the ledger is written.
    pub writer: WriterOptions,
}

/// How far an ingest has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferProgress {
    /// Height of the block that was just read.
    pub height: u64,
    /// The last one that the files tell of.
    pub last: u64,
}

/// Why an ingest ended early. What came before is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferIngestError {
    /// A file or folder cannot be read.
    #[error("reading {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file is not named as one of the chain: nothing else in it says which it is of, where no transaction does.
    #[error(
        "{} is not named as an era1 file of chain {wanted} is (mainnet-00000-5ec1ffb8.era1, sepolia-…): a ledger is of one chain, \
         and what such a file is of is told by its name",
        path.display()
    )]
    OtherNetwork {
        /// The file.
        path: PathBuf,
        /// The id of the chain that was asked for.
        wanted: u64,
    },
    /// A transaction is signed for another chain.
    #[error(
        "{}: transaction {tx} of block {height} is signed for chain {found}, and the ledger is of chain {wanted}",
        path.display()
    )]
    OtherChain {
        /// The file.
        path: PathBuf,
        /// The transaction.
        tx: String,
        /// The height of its block.
        height: u64,
        /// The chain that it names (EIP-155).
        found: u64,
        /// The ledger's.
        wanted: u64,
    },
    /// There is nothing to read.
    #[error("no era1 file in {}", path.display())]
    NoFiles {
        /// Where they were looked for.
        path: PathBuf,
    },
    /// A file is refused.
    #[error("{}: {source}", path.display())]
    Era1 {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<Era1Error>,
    },
    /// Files of ethereum-etl are refused.
    #[error(transparent)]
    Etl(#[from] Box<EtlError>),
    /// What a block moved contradicts itself.
    #[error(transparent)]
    Movements(#[from] TraceError),
    /// A node ended the run before its first block.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A node has none of the blocks in which the ledger's chain could have left it.
    #[error(
        "{server} has another block than the ledger at every height from {lowest} to {highest}: it is on another chain, or its \
         reorganisation goes deeper than is gone back"
    )]
    NothingInCommon {
        /// The node's server.
        server: String,
        /// The lowest height that was compared.
        lowest: u64,
        /// The highest.
        highest: u64,
    },
    /// A node changes its chain faster than it can be read.
    #[error("{server} changed its chain {times} times while it was read: try again later")]
    Unsteady {
        /// The node's server.
        server: String,
        /// How often.
        times: u32,
    },
    /// The file of logs beside a ledger cannot be read or written.
    #[error("the logs that are kept beside {} cannot be read or written: {source}", dir.display())]
    Kept {
        /// The ledger.
        dir: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A ledger that watches more cannot take the place of the one before.
    #[error("putting a ledger in the place of another one: {}: {source}", path.display())]
    Moving {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The ledger cannot be written, or a block does not belong to it.
    #[error(transparent)]
    Ledger(#[from] TransferLedgerError),
}

impl From<FollowError> for TransferIngestError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Ledger(error) => Self::Ledger(error),
            FollowError::Kept { dir, source } => Self::Kept { dir, source },
        }
    }
}

/// Appends what era1 files hold beyond the ledger in `dir`, which is created when it is not there. Files that end before the
/// ledger does are not read. `progress` ends the run with [`ControlFlow::Break`]; what was read is then committed.
///
/// # Errors
/// When files cannot be read or are refused, blocks are missing between them, or the ledger cannot be written. What was read
/// before is kept.
#[tracing::instrument(skip_all)]
pub fn ingest_era1_files(
    dir: &Path,
    files: &Era1Files,
    progress: &dyn Fn(TransferProgress) -> ControlFlow<()>,
) -> Result<TransferReport, TransferIngestError> {
    let found = find(&files.paths)?;
    let last = found.last().map_or(0, |file| file.last);
    let wanted = files.rules.chain_id;
    if let Some(other) = found.iter().find(|file| named_for(&file.path) != Some(wanted)) {
        return Err(TransferIngestError::OtherNetwork { path: other.path.clone(), wanted });
    }
    let mut follower =
        Follower::open(dir, Chain::Evm(files.rules.chain_id), files.writer.clone(), &files.rules.keeps)?;
    let read = found.iter().try_for_each(|file| {
        if follower.holds_up_to(file.last) {
            follower.report.known += file.last - file.first + 1;
            return Ok(());
        }
        info!(first = file.first, last = file.last, "reading an era1 file");
        read_file(&mut follower, file, &files.rules, |height| progress(TransferProgress { height, last }))
    });
    match read {
        Ok(()) => Ok(follower.end()?),
        Err(Ended::Stopped) => Ok(TransferReport { stopped: true, ..follower.end()? }),
        Err(Ended::Failed(error)) => {
            // What came before an error is kept, unless it is of another chain.
            if !matches!(*error, TransferIngestError::OtherChain { .. }) {
                follower.end()?;
            }
            Err(*error)
        }
    }
}

/// The id of the chain that the first of these era1 files is named for, where it is one whose name is known. A folder is as
/// good as the files in it.
///
/// # Errors
/// As [`ingest_era1_files`], of files that cannot be read.
pub fn era1_chain(paths: &[PathBuf]) -> Result<Option<u64>, TransferIngestError> {
    Ok(find(paths)?.iter().find_map(|file| named_for(&file.path)))
}

/// The id of the chain that a file is named for (`mainnet-00000-5ec1ffb8.era1`).
fn named_for(path: &Path) -> Option<u64> {
    let (network, _) = path.file_name()?.to_str()?.split_once('-')?;
    match network {
        "mainnet" => Some(Rules::ethereum().chain_id),
        "sepolia" => Some(Rules::sepolia().chain_id),
        _ => None,
    }
}

/// Why reading ended before the last block.
enum Ended {
    Stopped,
    Failed(Box<TransferIngestError>),
}

impl From<TransferIngestError> for Ended {
    fn from(error: TransferIngestError) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// A file and the blocks that its index tells of.
struct Found {
    path: PathBuf,
    first: u64,
    last: u64,
}

/// The files, in the order of their blocks.
fn find(paths: &[PathBuf]) -> Result<Vec<Found>, TransferIngestError> {
    let mut found = Vec::new();
    for path in paths {
        let io = |source| TransferIngestError::Io { path: path.clone(), source };
        let mut files = vec![path.clone()];
        if path.is_dir() {
            files.clear();
            for entry in std::fs::read_dir(path).map_err(io)? {
                let file = entry.map_err(io)?.path();
                if file.extension().is_some_and(|extension| extension == "era1") {
                    files.push(file);
                }
            }
            if files.is_empty() {
                return Err(TransferIngestError::NoFiles { path: path.clone() });
            }
        }
        for path in files {
            let io = |source| TransferIngestError::Io { path: path.clone(), source };
            let mut file = File::open(&path).map_err(io)?;
            let wrong = |source| TransferIngestError::Era1 { path: path.clone(), source: Box::new(source) };
            let blocks = era1::blocks(&mut file).map_err(wrong)?;
            found.push(Found { first: *blocks.start(), last: *blocks.end(), path });
        }
    }
    found.sort_by_key(|file| (file.first, file.last));
    Ok(found)
}

fn read_file(
    follower: &mut Follower,
    file: &Found,
    rules: &Rules,
    progress: impl Fn(u64) -> ControlFlow<()>,
) -> Result<(), Ended> {
    let path = || file.path.clone();
    let wrong = |source| TransferIngestError::Era1 { path: path(), source: Box::new(source) };
    let input = File::open(&file.path).map_err(|source| TransferIngestError::Io { path: path(), source })?;
    let mut blocks = Era1::new(BufReader::new(input)).map_err(wrong)?;
    while let Some((block, receipts)) = blocks.next_block().map_err(wrong)? {
        let other = |tx: &&Tx| tx.chain_id.is_some_and(|id| id != rules.chain_id);
        if let Some(tx) = block.txs.iter().find(other) {
            return Err(Ended::from(TransferIngestError::OtherChain {
                path: path(),
                tx: tx.hash.to_string(),
                height: block.header.number,
                found: tx.chain_id.unwrap_or_default(),
                wanted: rules.chain_id,
            }));
        }
        let found = movements(&block, Some(&receipts), None, rules).map_err(TransferIngestError::from)?;
        let height = found.block.height;
        follower.note(&found);
        follower.take(found.block).map_err(TransferIngestError::from)?;
        if progress(height).is_break() {
            return Err(Ended::Stopped);
        }
    }
    Ok(())
}

//! Files of ethereum-etl into a ledger of transfers.

use std::{
    fs::File,
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use tracehound_evm::{
    chains::{Keeps, Rules},
    etl::{Etl, EtlFile, EtlFiles, Kind, look},
};
use tracehound_model::Chain;
use tracehound_transfers::{Opening, WriterOptions};
use tracing::info;

use crate::{
    evm::{TransferIngestError, TransferProgress},
    follower::{Follower, TransferReport},
};

/// Folders under each other that are looked into.
const MAX_DEPTH: usize = 8;
/// Files that are looked at.
const MAX_FILES: usize = 1_000_000;

/// Which files, and how.
#[derive(Clone, Debug)]
pub struct EtlSource {
    /// CSV files of ethereum-etl, or folders of them, of folders of them and so on. What each is of, its columns say.
    pub paths: Vec<PathBuf>,
    /// The chain's rules.
    pub rules: Rules,
    /// How the ledger is written.
    pub writer: WriterOptions,
}

/// What an ingest of files of ethereum-etl did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EtlReport {
    /// What was appended, and what is not known of it.
    pub report: TransferReport,
    /// Files that were not read: of token transfers, which do not say whether a value is an amount or a number, and of whatever
    /// else lay there.
    pub passed_over: Vec<PathBuf>,
}

/// Appends what the files hold beyond the ledger in `dir`, which is created when it is not there. There must be files of blocks and
/// of transactions; without those of receipts and logs, or of traces, every block says what is not known of it. `progress` ends the
/// run with [`ControlFlow::Break`]; what was read is then committed. Its `last` is the block that was just read: files do not say
/// how many there are.
///
/// # Errors
/// When files cannot be read or contradict each other, blocks are missing between them, or the ledger cannot be written. What was
/// read before is kept.
#[tracing::instrument(skip_all)]
pub fn ingest_etl_files(
    dir: &Path,
    source: &EtlSource,
    progress: &dyn Fn(TransferProgress) -> ControlFlow<()>,
) -> Result<EtlReport, TransferIngestError> {
    let (files, passed_over, first) = find(&source.paths)?;
    let has_traces = !files.traces.is_empty();
    let mut etl = Etl::new(files, source.rules).map_err(Box::new)?;
    let chain = Chain::Evm(source.rules.chain_id);
    let mut writer = source.writer.clone();
    if first == Some(0)
        && !has_traces
        && writer.opening.is_none()
        && Follower::open(dir, chain, writer.clone(), &Keeps::default())?.tip().is_none()
    {
        // What genesis allots stands among its traces: without them no balance is known that begins with it.
        writer.opening = Some(Opening::Known(Vec::new()));
    }
    let mut follower = Follower::open(dir, chain, writer, &source.rules.keeps)?;
    let read = read(&mut etl, &mut follower, progress);
    // What came before an error is kept.
    let report = follower.end()?;
    let stopped = read?;
    Ok(EtlReport { report: TransferReport { stopped, ..report }, passed_over })
}

/// Whether `progress` ended it.
fn read(
    etl: &mut Etl,
    follower: &mut Follower,
    progress: &dyn Fn(TransferProgress) -> ControlFlow<()>,
) -> Result<bool, TransferIngestError> {
    while let Some(found) = etl.next_block().map_err(Box::new)? {
        let height = found.block.height;
        follower.note(&found);
        follower.take(found.block)?;
        if progress(TransferProgress { height, last: height }).is_break() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The files by tables, each list in the order of the blocks; those that are of none; and the first block.
fn find(paths: &[PathBuf]) -> Result<(EtlFiles, Vec<PathBuf>, Option<u64>), TransferIngestError> {
    let mut found: Vec<(Kind, u64, PathBuf)> = Vec::new();
    let mut passed_over = Vec::new();
    let mut open: Vec<(PathBuf, usize)> = paths.iter().map(|path| (path.clone(), 0)).collect();
    let mut looked_at = 0;
    while let Some((path, depth)) = open.pop() {
        let io = |source| TransferIngestError::Io { path: path.clone(), source };
        looked_at += 1;
        if looked_at > MAX_FILES || depth > MAX_DEPTH {
            return Err(io(io::Error::other("there are more files or folders here than are looked at")));
        }
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(io)? {
                open.push((entry.map_err(io)?.path(), depth + 1));
            }
        } else if path.extension().is_some_and(|extension| extension == "csv") {
            match look(File::open(&path).map_err(io)?).map_err(io)? {
                None | Some((Kind::TokenTransfers, _)) => passed_over.push(path),
                Some((kind, Some(first))) => found.push((kind, first, path)),
                // A table without rows, of blocks in which nothing of it happened.
                Some((kind, None)) => found.push((kind, 0, path)),
            }
        } else {
            passed_over.push(path);
        }
    }
    found.sort();
    passed_over.sort();
    info!(files = found.len(), passed_over = passed_over.len(), "files of ethereum-etl");
    let mut files = EtlFiles::default();
    let mut first = None;
    for (kind, block, path) in found {
        let name = path.display().to_string();
        let file = EtlFile { name, open: Box::new(move || Ok(Box::new(File::open(path)?))) };
        match kind {
            Kind::Blocks => {
                first.get_or_insert(block);
                files.blocks.push(file);
            }
            Kind::Transactions => files.transactions.push(file),
            Kind::Receipts => files.receipts.push(file),
            Kind::Logs => files.logs.push(file),
            Kind::Traces => files.traces.push(file),
            Kind::TokenTransfers => {}
        }
    }
    Ok((files, passed_over, first))
}

//! Bitcoin block files into the ledger.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use tracehound_bitcoin::{
    BlockSource, ChainPoint, HeaderIndex, KnownChain, Plan, PlannedBlock, Problem, ReadOptions, SourceError,
    live::LiveError,
};
use tracehound_ledger::{AppendStats, LedgerError, TableSize, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Chain, utxo::Header, utxo::UtxoBlock};
use tracing::{info, info_span};

/// Which files, and how.
#[derive(Clone, Debug, Default)]
pub struct BitcoinFiles {
    /// Block files, folders of them, or a node's data folder.
    pub paths: Vec<PathBuf>,
    /// The network; inferred from the files when `None`.
    pub network: Option<BitcoinNetwork>,
    /// How the ledger is written.
    pub writer: WriterOptions,
    /// Reading threads; 0 takes one a core.
    pub threads: usize,
}

/// How far an ingest has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Looking for blocks: bytes of files passed, of how many.
    Scanning {
        /// Bytes passed.
        bytes: u64,
        /// Bytes there are.
        total: u64,
    },
    /// Appending: blocks and bytes appended, of how many planned.
    Appending {
        /// Blocks appended.
        blocks: u64,
        /// Blocks planned.
        total_blocks: u64,
        /// Bytes appended.
        bytes: u64,
        /// Bytes planned.
        total_bytes: u64,
    },
    /// Writing what is left to disk.
    Sealing,
}

/// What an ingest did.
#[derive(Clone, Debug)]
pub struct BitcoinReport {
    /// The network of the files.
    pub network: BitcoinNetwork,
    /// What was appended.
    pub appended: AppendStats,
    /// Bytes of blocks appended.
    pub bytes: u64,
    /// Blocks in the files that the ledger already had.
    pub known: u64,
    /// Blocks on branches without more work than another, not appended.
    pub stale: Vec<BlockHash>,
    /// Places where a block does not continue the one before it, because blocks in between are not in the files.
    pub missing_ranges: u64,
    /// Block after which the ledger was cut, because another branch has more work.
    pub rewound_to: Option<BlockHash>,
    /// What was skipped or looks wrong, and where; the first 10,000.
    pub problems: Vec<Problem>,
    /// How many problems there were.
    pub problem_count: u64,
    /// Whether the run was ended before its last block. What was appended is kept.
    pub stopped: bool,
    /// What the writer's tables of live transactions and of addresses took at the end.
    pub tables: [TableSize; 2],
}

/// Why an ingest ended early. What was committed before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The files cannot be used.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The node cannot be used.
    #[error(transparent)]
    Node(#[from] LiveError),
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The ledger's chain, as the planner wants to see it.
pub(crate) struct Known {
    by_height: HashMap<u32, (BlockHash, u32)>,
    heights: HashMap<BlockHash, Option<u32>>,
    tip: Option<(BlockHash, Option<u32>)>,
}

impl Known {
    pub(crate) fn of(writer: &Writer) -> Self {
        let (mut by_height, mut heights) = (HashMap::new(), HashMap::new());
        for (hash, header, height) in writer.blocks() {
            let header: Header = header;
            heights.insert(hash, height);
            if let Some(height) = height {
                by_height.insert(height, (hash, header.bits()));
            }
        }
        Self { by_height, heights, tip: writer.tip() }
    }
}

impl KnownChain for Known {
    fn tip(&self) -> Option<ChainPoint> {
        self.tip.and_then(|(hash, height)| Some(ChainPoint { hash, height: height? }))
    }

    fn is_tip(&self, hash: &BlockHash) -> bool {
        self.tip.is_some_and(|(tip, _)| tip == *hash)
    }

    fn contains(&self, hash: &BlockHash) -> bool {
        self.heights.contains_key(hash)
    }

    fn hash_at(&self, height: u32) -> Option<BlockHash> {
        self.by_height.get(&height).map(|row| row.0)
    }

    fn height_of(&self, hash: &BlockHash) -> Option<u32> {
        self.heights.get(hash).copied().flatten()
    }

    fn bits_at(&self, height: u32) -> Option<u32> {
        self.by_height.get(&height).map(|row| row.1)
    }
}

/// Appends what the files hold beyond the ledger in `dir`, which is created when it is not there.
///
/// Blocks are committed a segment at a time, so a run that is killed goes on where its last segment ended. Undo files
/// are read only when blocks stand on others that are not there: they carry the outputs that those would.
/// `progress` ends the run with [`ControlFlow::Break`]; what was appended is then committed.
#[tracing::instrument(skip_all)]
pub fn ingest_bitcoin_files(
    dir: &Path,
    files: &BitcoinFiles,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<BitcoinReport, IngestError> {
    let source = BlockSource::open(&files.paths, files.network)?;
    let index = info_span!("scan_headers").in_scope(|| {
        source.scan_headers(&|scan| {
            // A scan takes a second a terabyte's headers; it is not worth a way out of its own.
            let _ = progress(Progress::Scanning { bytes: scan.bytes, total: scan.total_bytes });
        })
    })?;
    let mut writer = Writer::open(dir, Chain::Bitcoin(source.network()), files.writer)?;
    let plan = index.plan(&source, &Known::of(&writer));
    if let Some(point) = plan.rewind_to {
        writer.rewind_to_block(point.hash)?;
    }
    info!(blocks = plan.order.len(), known = plan.known, stale = plan.stale.len(), "planned");
    let undo = stands_on_missing_blocks(&plan)
        .then(|| info_span!("scan_undo").in_scope(|| source.scan_undo(&index, &plan)));
    let options = ReadOptions { threads: files.threads, undo: undo.as_ref(), ..ReadOptions::default() };
    let (mut blocks, mut bytes, mut missing_ranges) = (0, 0, 0);
    let (total_blocks, total_bytes) = totals(&index, &plan);
    let append = |delivered: &[(&PlannedBlock, &UtxoBlock)]| -> Result<ControlFlow<()>, LedgerError> {
        let mut rest = delivered;
        while !rest.is_empty() {
            let (appended, begins_range) = append_some(&mut writer, rest)?;
            missing_ranges += u64::from(begins_range);
            blocks += appended as u64;
            bytes += rest[..appended].iter().map(|(_, block)| u64::from(block.size)).sum::<u64>();
            rest = &rest[appended..];
            if progress(Progress::Appending { blocks, total_blocks, bytes, total_bytes }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    let report = info_span!("append").in_scope(|| source.read_batches(&index, &plan, options, append))?;
    let _ = progress(Progress::Sealing);
    info_span!("commit").in_scope(|| writer.commit())?;
    let undo_problems = undo.as_ref().map(tracehound_bitcoin::UndoIndex::problems);
    let problems = || [Some(index.problems()), undo_problems, Some(&report.problems)].into_iter().flatten();
    Ok(BitcoinReport {
        network: source.network(),
        appended: writer.stats(),
        bytes: report.bytes,
        known: plan.known,
        stale: plan.stale.iter().map(|stale| index.entries()[stale.entry as usize].hash).collect(),
        missing_ranges,
        rewound_to: plan.rewind_to.map(|point| point.hash),
        problem_count: problems().map(tracehound_bitcoin::Problems::count).sum(),
        problems: problems().flat_map(tracehound_bitcoin::Problems::iter).cloned().collect(),
        stopped: report.stopped,
        tables: writer.table_sizes(),
    })
}

/// Whether some planned block's predecessor is neither planned nor in the ledger, and it is no genesis block.
fn stands_on_missing_blocks(plan: &Plan) -> bool {
    plan.order.iter().any(|block| !block.connected && block.height != Some(0))
}

fn totals(index: &HeaderIndex, plan: &Plan) -> (u64, u64) {
    let len = |block: &PlannedBlock| u64::from(index.entries()[block.entry as usize].location.len);
    (plan.order.len() as u64, plan.order.iter().map(len).sum())
}

/// Appends the first of these blocks and as many more as are worked on together; says how many, and whether the first
/// begins a detached run: it was planned as one, or the block before it was damaged.
fn append_some(
    writer: &mut Writer,
    delivered: &[(&PlannedBlock, &UtxoBlock)],
) -> Result<(usize, bool), LedgerError> {
    let Some(&(planned, first)) = delivered.first() else { return Ok((0, false)) };
    let continues = writer.tip().is_none_or(|(tip, _)| tip == first.header.prev());
    if !continues || !planned.connected {
        writer.append_island(first)?;
        return Ok((1, !continues));
    }
    let mut tip = first.header.prev();
    let connected = delivered.iter().take_while(|(planned, block)| {
        let continues = planned.connected && block.header.prev() == tip;
        tip = block.hash;
        continues
    });
    let run: Vec<&UtxoBlock> = connected.map(|&(_, block)| block).collect();
    Ok((writer.append_first(&run)?, false))
}

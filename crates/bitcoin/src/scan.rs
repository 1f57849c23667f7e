//! The fast pass over block files: where each block lies and what its header says.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rayon::prelude::*;
use tracehound_model::{BlockHash, utxo::Header};

use crate::{
    network::{Params, name_of},
    parse::{HEADER_LEN, MAX_BLOCK_WEIGHT, block_hash, peek_coinbase},
    problem::{ProblemKind, Problems},
    source::{BlockSource, FileKind, SourceError, SourceFile},
    window::{ReadResult, Window},
};

/// Magic and length before each block.
const FRAME_LEN: u64 = 8;

/// Bytes read of each block: header, transaction count, and the coinbase's script, wherever they end.
const PEEK: usize = FRAME_LEN as usize + HEADER_LEN + 200;

/// Where a block's bytes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// Index into [`BlockSource::files`].
    pub file: u32,
    /// The block's first byte (behind its frame), from the start of the file.
    pub offset: u64,
    /// Its length in bytes.
    pub len: u32,
}

/// A block known by its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockEntry {
    /// The block's id.
    pub hash: BlockHash,
    /// Its header; the work it states was checked.
    pub header: Header,
    /// Where it lies.
    pub location: Location,
    /// The height its coinbase states (BIP-34), not yet believed.
    pub height_hint: Option<u32>,
    /// How many transactions it says it has, not yet believed.
    pub tx_count: u32,
}

/// Every block of a source by its header, in the order of the files. About 250 bytes a block.
#[derive(Clone, Debug, Default)]
pub struct HeaderIndex {
    entries: Vec<BlockEntry>,
    by_hash: HashMap<BlockHash, u32>,
    /// Further places of blocks that occur more than once: (index of the entry, place), sorted by entry.
    copies: Vec<(u32, Location)>,
    problems: Problems,
}

impl HeaderIndex {
    /// The blocks, each once.
    pub fn entries(&self) -> &[BlockEntry] {
        &self.entries
    }

    /// The index in [`HeaderIndex::entries`] of a block.
    pub fn find(&self, hash: &BlockHash) -> Option<u32> {
        self.by_hash.get(hash).copied()
    }

    /// How often a block was met again that had been met before.
    pub fn copies(&self) -> u64 {
        self.copies.len() as u64
    }

    /// Other places of the same block, for when the first is damaged.
    pub(crate) fn other_places(&self, entry: u32) -> impl Iterator<Item = Location> {
        let start = self.copies.partition_point(|(of, _)| *of < entry);
        self.copies[start..].iter().take_while(move |(of, _)| *of == entry).map(|(_, location)| *location)
    }

    /// What was skipped.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    fn add(&mut self, entry: BlockEntry) {
        match self.by_hash.entry(entry.hash) {
            Entry::Occupied(known) => self.copies.push((*known.get(), entry.location)),
            Entry::Vacant(slot) => {
                slot.insert(self.entries.len() as u32);
                self.entries.push(entry);
            }
        }
    }
}

/// How far a scan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanProgress {
    /// Bytes of block files passed.
    pub bytes: u64,
    /// Bytes of block files there are.
    pub total_bytes: u64,
}

/// What one file holds.
#[derive(Default)]
struct FileScan {
    entries: Vec<BlockEntry>,
    problems: Problems,
    /// Blocks of another network: its name, where the first one begins, how many.
    foreign: Vec<(&'static str, u64, u64)>,
}

impl BlockSource {
    /// Finds every block by its frame and header, on all cores, and reports what is no block.
    ///
    /// Reads the first few hundred bytes of each block and no more, but for files with damage, where it looks for the
    /// next block byte by byte. Damage that leaves a block's header and length and lets it end exactly where a later frame
    /// begins shows only when that block is read; whole blocks that it hides in between are not found. `progress` is called once a file, from whichever thread read it.
    pub fn scan_headers(&self, progress: &(dyn Fn(ScanProgress) + Sync)) -> Result<HeaderIndex, SourceError> {
        let total_bytes = self.total_bytes();
        let passed = AtomicU64::new(0);
        let scans: Vec<FileScan> = self
            .files
            .par_iter()
            .enumerate()
            .map(|(number, file)| {
                let scan = self.scan_file(number as u32, file);
                if file.kind != FileKind::Undo {
                    let bytes = passed.fetch_add(file.len, Ordering::Relaxed) + file.len;
                    progress(ScanProgress { bytes, total_bytes });
                }
                scan
            })
            .collect();
        let mut index = HeaderIndex { problems: self.problems.clone(), ..HeaderIndex::default() };
        let blocks = scans.iter().map(|scan| scan.entries.len()).sum();
        index.entries.reserve_exact(blocks);
        index.by_hash.reserve(blocks);
        let mut wrong = None;
        for (file, scan) in self.files.iter().zip(scans) {
            for (name, offset, blocks) in scan.foreign {
                let path = file.path.to_path_buf();
                if !self.chosen {
                    return Err(SourceError::MixedNetworks {
                        path,
                        offset,
                        found: name,
                        expected: self.params.name,
                    });
                }
                index.problems.add(&file.path, offset, ProblemKind::OtherNetwork { name, blocks });
                wrong.get_or_insert((path, name));
            }
            index.problems.append(scan.problems);
            scan.entries.into_iter().for_each(|entry| index.add(entry));
        }
        index.copies.sort_by_key(|(entry, _)| *entry);
        match wrong {
            Some((path, found)) if index.entries.is_empty() => {
                Err(SourceError::WrongNetwork { path, found, wanted: self.params.name })
            }
            _ => Ok(index),
        }
    }

    fn scan_file(&self, number: u32, file: &SourceFile) -> FileScan {
        if file.kind == FileKind::Undo {
            return FileScan::default();
        }
        let mut found = FileScan::default();
        let result = Window::open(file).and_then(|window| {
            let mut scanner =
                Scanner { params: self.params, number, window, path: &file.path, found: &mut found };
            if file.kind == FileKind::Single { scanner.single() } else { scanner.framed() }
        });
        if let Err((at, error)) = result {
            found.problems.add(&file.path, at, ProblemKind::Io(error.to_string()));
        }
        found
    }
}

/// What stands at a place where a frame may begin.
enum Frame {
    /// A frame of this network that holds a header with its work, and where it ends.
    Block(Box<BlockEntry>, u64),
    /// A frame of this network that cannot be used, why, and where it ends if its length can be believed.
    Bad(ProblemKind, Option<u64>),
    /// A frame of another network, and where it ends.
    Foreign(&'static str, u64),
    /// No frame.
    Other,
}

struct Scanner<'a> {
    params: Params,
    number: u32,
    window: Window,
    path: &'a Arc<std::path::Path>,
    found: &'a mut FileScan,
}

impl Scanner<'_> {
    fn single(&mut self) -> ReadResult<()> {
        let len = self.window.file_len();
        let head = self.window.get(0, PEEK)?;
        match entry(self.params, head, self.number, 0, len as u32) {
            Ok(entry) => self.found.entries.push(entry),
            Err(problem) => self.problem(0, problem),
        }
        Ok(())
    }

    /// Goes from frame to frame. Where the next place holds none, looks for one, and says what lay in between.
    fn framed(&mut self) -> ReadResult<()> {
        let mut at = 0;
        while at < self.window.file_len() {
            match self.frame(at)? {
                Frame::Block(entry, end) => {
                    self.found.entries.push(*entry);
                    at = if self.window.is_boundary(end)? { end } else { self.after_unsure_end(at, end)? };
                }
                Frame::Bad(problem, end) => {
                    self.problem(at, problem);
                    at = match end {
                        Some(end) if self.window.is_boundary(end)? => end,
                        _ => self.search(at + 4)?.0.unwrap_or(self.window.file_len()),
                    };
                }
                Frame::Foreign(name, end) => {
                    match self.found.foreign.iter_mut().find(|(known, ..)| *known == name) {
                        Some((_, _, blocks)) => *blocks += 1,
                        None => self.found.foreign.push((name, at, 1)),
                    }
                    at = end;
                }
                Frame::Other => {
                    let (next, untouched) = self.search(at)?;
                    let next = next.unwrap_or(self.window.file_len());
                    if !untouched {
                        self.problem(at, ProblemKind::Unreadable(next - at));
                    }
                    at = next;
                }
            }
        }
        Ok(())
    }

    /// The next frame behind a block (at `at`) that should end at `end`, where no frame begins: the file's blocks end
    /// here, or the block's length or what follows is damaged. Delivery finds out which; no later block may be lost
    /// meanwhile, so the next frame is looked for from the header on.
    fn after_unsure_end(&mut self, at: u64, end: u64) -> ReadResult<u64> {
        let (next, _) = self.search(at + FRAME_LEN + HEADER_LEN as u64)?;
        let next = next.unwrap_or(self.window.file_len());
        if next > end {
            let (_, untouched) = self.search(end)?;
            if !untouched {
                self.problem(end, ProblemKind::Unreadable(next - end));
            }
        }
        Ok(next)
    }

    fn problem(&mut self, at: u64, kind: ProblemKind) {
        self.found.problems.add(self.path, at, kind);
    }

    fn frame(&mut self, at: u64) -> ReadResult<Frame> {
        let (params, number, file_len) = (self.params, self.number, self.window.file_len());
        let head = self.window.get(at, PEEK)?;
        let Some((magic, rest)) = head.split_first_chunk::<4>() else { return Ok(Frame::Other) };
        let Some(name) = name_of(*magic) else { return Ok(Frame::Other) };
        let Some((len, body)) = rest.split_first_chunk::<4>() else { return Ok(Frame::Other) };
        let len = u32::from_le_bytes(*len);
        let end = at + FRAME_LEN + u64::from(len);
        let possible = (HEADER_LEN + 1..=MAX_BLOCK_WEIGHT).contains(&(len as usize));
        if *magic != params.magic {
            return Ok(if possible && end <= file_len { Frame::Foreign(name, end) } else { Frame::Other });
        }
        if !possible {
            return Ok(Frame::Bad(ProblemKind::Length(len), None));
        }
        if end > file_len {
            let left = file_len - at - FRAME_LEN;
            return Ok(Frame::Bad(ProblemKind::Cut { needed: len, left }, None));
        }
        Ok(match entry(params, body, number, at + FRAME_LEN, len) {
            Ok(entry) => Frame::Block(Box::new(entry), end),
            Err(problem) => Frame::Bad(problem, Some(end)),
        })
    }

    /// The next frame of this network from `at` on, and whether all before it was never written.
    fn search(&mut self, at: u64) -> ReadResult<(Option<u64>, bool)> {
        let params = self.params;
        self.window.search(at, FRAME_LEN as usize + HEADER_LEN, |chunk| find_frame(params, chunk))
    }
}

/// Where in `chunk` a frame begins whose length is possible and whose header has its work.
fn find_frame(params: Params, chunk: &[u8]) -> Option<usize> {
    chunk.windows(FRAME_LEN as usize + HEADER_LEN).position(|window| {
        let Some(rest) = window.strip_prefix(&params.magic) else { return false };
        let (len, header) = rest.split_first_chunk::<4>().expect("84 bytes");
        let header = Header(*header.first_chunk().expect("80 bytes"));
        (HEADER_LEN + 1..=MAX_BLOCK_WEIGHT).contains(&(u32::from_le_bytes(*len) as usize))
            && params.header_has_work(&header, &block_hash(&header))
    })
}

/// Reads what stands at the start of a block.
fn entry(params: Params, head: &[u8], file: u32, offset: u64, len: u32) -> Result<BlockEntry, ProblemKind> {
    let head = &head[..head.len().min(len as usize)];
    let Some(header) = head.first_chunk().map(|bytes| Header(*bytes)) else {
        return Err(ProblemKind::Length(len));
    };
    let hash = block_hash(&header);
    if !params.header_has_work(&header, &hash) {
        return Err(ProblemKind::Work(hash));
    }
    let (tx_count, height_hint) = peek_coinbase(&header, &head[HEADER_LEN..]);
    Ok(BlockEntry { hash, header, location: Location { file, offset, len }, height_hint, tx_count })
}

//! Undo files: the outputs that each block spends, as Bitcoin Core keeps them to be able to take a block back.
//!
//! Framing and checksum are those of Bitcoin Core's `node/blockstorage.cpp`.

use std::collections::{HashMap, VecDeque};

use crate::{
    hash::sha256d,
    plan::Plan,
    problem::{ProblemKind, Problems},
    scan::{HeaderIndex, Location},
    source::{BlockSource, FileKind, SourceFile},
    spent::spending_txs,
    window::{ReadResult, Window},
};

/// Magic and length before each record.
const FRAME_LEN: u64 = 8;

/// Checksum behind each record.
const CHECKSUM_LEN: u64 = 32;

/// Longest record that is read, far above any block's: it bounds memory.
const MAX_RECORD: u32 = 64 << 20;

/// Blocks that a record is tried against before it counts as nobody's.
const WINDOW: usize = 4_096;

/// Which undo record belongs to which block.
#[derive(Clone, Debug, Default)]
pub struct UndoIndex {
    by_entry: HashMap<u32, Location>,
    problems: Problems,
}

impl UndoIndex {
    /// How many blocks have a record.
    pub fn len(&self) -> usize {
        self.by_entry.len()
    }

    /// Whether no block has one.
    pub fn is_empty(&self) -> bool {
        self.by_entry.is_empty()
    }

    /// Whether the block has one; `entry` is an index in [`HeaderIndex::entries`].
    pub fn contains(&self, entry: u32) -> bool {
        self.by_entry.contains_key(&entry)
    }

    /// Records that belong to no block, and damage.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    pub(crate) fn find(&self, entry: u32) -> Option<Location> {
        self.by_entry.get(&entry).copied()
    }
}

impl BlockSource {
    /// Finds the undo record of every block, by the record's checksum: it covers the id of the block's predecessor, and a
    /// record lies in the file of the same number as its block's.
    ///
    /// Reads the undo files once, one record at a time. Records stand in the order in which blocks were connected, which
    /// is nearly the plan's, so few blocks are tried for each.
    pub fn scan_undo(&self, index: &HeaderIndex, plan: &Plan) -> UndoIndex {
        let mut place_in_plan = vec![u32::MAX; index.entries().len()];
        for (place, planned) in plan.order.iter().enumerate() {
            place_in_plan[planned.entry as usize] = place as u32;
        }
        let mut blocks_of = vec![Vec::new(); self.files.len()];
        for (entry, block) in index.entries().iter().enumerate() {
            blocks_of[block.location.file as usize].push(entry as u32);
        }
        let mut block_files = HashMap::new();
        for (number, file) in self.files.iter().enumerate().filter(|(_, file)| file.kind == FileKind::Framed)
        {
            block_files.extend(file.twin_key().map(|key| (key, number)));
        }
        let mut found = UndoIndex::default();
        for (number, file) in self.files.iter().enumerate().filter(|(_, file)| file.kind == FileKind::Undo) {
            let twin = file.twin_key().and_then(|key| block_files.get(&key));
            let Some(&twin) = twin else { continue };
            let mut blocks = std::mem::take(&mut blocks_of[twin]);
            blocks.sort_by_key(|entry| place_in_plan[*entry as usize]);
            let mut matcher = Matcher { index, tries: 64 * blocks.len() + WINDOW, left: blocks.into() };
            if let Err((at, error)) = self.scan_undo_file(number as u32, file, &mut matcher, &mut found) {
                found.problems.add(&file.path, at, ProblemKind::Io(error.to_string()));
            }
        }
        found
    }

    fn scan_undo_file(
        &self,
        number: u32,
        file: &SourceFile,
        matcher: &mut Matcher<'_>,
        found: &mut UndoIndex,
    ) -> ReadResult<()> {
        let mut window = Window::open(file)?;
        let magic = self.params.magic;
        let mut at = 0;
        while at < file.len {
            let begins = window.get(at, FRAME_LEN as usize)?.starts_with(&magic);
            if begins && let Some((record, end)) = record(&mut window, at)? {
                let (undo, checksum) = record.split_last_chunk::<32>().expect("a record holds its checksum");
                let entry = matcher.find(undo, checksum);
                let len = undo.len() as u32;
                if let Some(entry) = entry {
                    found.by_entry.insert(entry, Location { file: number, offset: at + FRAME_LEN, len });
                } else {
                    found.problems.add(&file.path, at, ProblemKind::UndoUnmatched(len));
                }
                // A wrong length leads nowhere in particular; then the next record may be inside of this one.
                if entry.is_some() || window.is_boundary(end)? {
                    at = end;
                    continue;
                }
            }
            let from = at + u64::from(begins);
            let find = |chunk: &[u8]| chunk.windows(4).position(|window| window == magic);
            let (next, untouched) = window.search(from, 4, find)?;
            let next = next.unwrap_or(file.len);
            if begins || !untouched {
                found.problems.add(&file.path, at, ProblemKind::Unreadable(next - at));
            }
            at = next;
        }
        Ok(())
    }
}

/// The undo record with its checksum whose frame begins at `at`, and where it ends; `None` where none can be.
fn record(window: &mut Window, at: u64) -> ReadResult<Option<(&[u8], u64)>> {
    let file_len = window.file_len();
    let Some(len) = window.get(at + 4, 4)?.first_chunk().map(|len| u32::from_le_bytes(*len)) else {
        return Ok(None);
    };
    let end = at + FRAME_LEN + u64::from(len) + CHECKSUM_LEN;
    if len > MAX_RECORD || end > file_len {
        return Ok(None);
    }
    let with_checksum = (u64::from(len) + CHECKSUM_LEN) as usize;
    Ok(Some((&window.get(at + FRAME_LEN, with_checksum)?[..with_checksum], end)))
}

/// Finds the block an undo record belongs to.
struct Matcher<'a> {
    index: &'a HeaderIndex,
    /// Blocks of the twin file that have no record yet, in the likely order.
    left: VecDeque<u32>,
    /// Checksums that may still be computed in vain, so that a hostile file cannot keep us busy.
    tries: usize,
}

impl Matcher<'_> {
    fn find(&mut self, undo: &[u8], checksum: &[u8; 32]) -> Option<u32> {
        // A record covers every transaction but the coinbase.
        let txs = spending_txs(undo)?.checked_add(1)?;
        for i in 0..self.left.len().min(WINDOW) {
            let block = &self.index.entries()[self.left[i] as usize];
            if u64::from(block.tx_count) != txs {
                continue;
            }
            if sha256d(&[&block.header.prev().0, undo]) == *checksum {
                return self.left.remove(i);
            }
            self.tries = self.tries.checked_sub(1)?;
        }
        None
    }
}

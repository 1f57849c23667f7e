//! One thread of a delivery: reads a batch of planned blocks and turns them into tables.

use std::io;

use tracehound_model::utxo::UtxoBlock;

use crate::{
    parse::{Checks, Scratch, read_block_with},
    plan::PlannedBlock,
    problem::ProblemKind,
    scan::{HeaderIndex, Location},
    source::{BlockSource, FileReader},
    spent::fill_spent,
    undo::UndoIndex,
};

/// Unwanted bytes behind a block that are read rather than skipped, beside as many as the block has.
const GAP: u64 = 4 << 10;

/// One batch's way through the threads.
#[derive(Default)]
pub(crate) struct Batch {
    /// As many blocks as there are outcomes; what is beyond is memory for later.
    pub(crate) blocks: Vec<UtxoBlock>,
    /// Whether each block may be delivered.
    pub(crate) whole: Vec<bool>,
    /// What was wrong: (file, place, problem).
    pub(crate) problems: Vec<(u32, u64, ProblemKind)>,
}

/// One thread's files and memory.
pub(crate) struct Worker<'a> {
    checker: Checker<'a>,
    blocks: OpenFile<'a>,
    undo_files: OpenFile<'a>,
    undo: Option<&'a UndoIndex>,
    /// The bytes of a run of blocks.
    run: Vec<u8>,
    /// The bytes of a block, or an undo record, that is read by itself.
    one: Vec<u8>,
    /// The batch's blocks by place: (place, position in the batch).
    todo: Vec<(Location, usize)>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(
        source: &'a BlockSource,
        index: &'a HeaderIndex,
        checks: Checks,
        undo: Option<&'a UndoIndex>,
    ) -> Self {
        Self {
            checker: Checker { index, checks, scratch: Scratch::default() },
            blocks: OpenFile { source, open: None },
            undo_files: OpenFile { source, open: None },
            undo,
            run: Vec::new(),
            one: Vec::new(),
            todo: Vec::new(),
        }
    }

    /// Reads and checks the planned blocks. Blocks that lie near each other are read at once.
    pub(crate) fn fill(&mut self, planned: &[PlannedBlock], batch: &mut Batch) {
        if batch.blocks.len() < planned.len() {
            batch.blocks.resize_with(planned.len(), UtxoBlock::default);
        }
        batch.problems.clear();
        batch.whole.clear();
        batch.whole.resize(planned.len(), false);
        let mut todo = std::mem::take(&mut self.todo);
        todo.clear();
        let places =
            planned.iter().map(|planned| self.checker.index.entries()[planned.entry as usize].location);
        todo.extend(places.enumerate().map(|(i, location)| (location, i)));
        todo.sort_unstable_by_key(|(location, _)| (location.file, location.offset));
        let near =
            |a: &Location, b: &Location| a.file == b.file && b.offset <= end(a) + u64::from(a.len) + GAP;
        for run in todo.chunk_by(|(a, _), (b, _)| near(a, b)) {
            let start = run[0].0.offset;
            let span = run.iter().map(|(location, _)| end(location)).max().unwrap_or(start) - start;
            let read = self.blocks.read(run[0].0.file, start, span, &mut self.run);
            for &(location, i) in run {
                let out = &mut batch.blocks[i];
                let result = if read.is_ok() {
                    let at = (location.offset - start) as usize;
                    self.checker.check(&self.run[at..at + location.len as usize], planned[i], out)
                } else {
                    // The run may reach beyond the end of a file that was cut; its first blocks may be there.
                    self.take_from(location, planned[i], out)
                };
                match result.or_else(|kind| self.take_copy(kind, planned[i], out)) {
                    Ok(()) => {
                        batch.whole[i] = true;
                        self.add_spent(planned[i], out, &mut batch.problems);
                    }
                    Err(kind) => batch.problems.push((location.file, location.offset, kind)),
                }
            }
        }
        self.todo = todo;
    }

    /// Reads the block at one place.
    fn take_from(
        &mut self,
        place: Location,
        planned: PlannedBlock,
        out: &mut UtxoBlock,
    ) -> Result<(), ProblemKind> {
        self.blocks
            .read(place.file, place.offset, u64::from(place.len), &mut self.one)
            .map_err(|error| ProblemKind::Io(error.to_string()))?;
        self.checker.check(&self.one[..place.len as usize], planned, out)
    }

    /// Reads a block that failed from any other place it has in the files; if none serves, the first failure stands.
    fn take_copy(
        &mut self,
        first: ProblemKind,
        planned: PlannedBlock,
        out: &mut UtxoBlock,
    ) -> Result<(), ProblemKind> {
        let index = self.checker.index;
        for place in index.other_places(planned.entry) {
            if self.take_from(place, planned, out).is_ok() {
                return Ok(());
            }
        }
        Err(first)
    }

    /// Fills in the outputs that a block spends, where there is an undo record for it.
    fn add_spent(
        &mut self,
        planned: PlannedBlock,
        block: &mut UtxoBlock,
        problems: &mut Vec<(u32, u64, ProblemKind)>,
    ) {
        let Some(place) = self.undo.and_then(|undo| undo.find(planned.entry)) else { return };
        let read = self.undo_files.read(place.file, place.offset, u64::from(place.len), &mut self.one);
        let kind = match read {
            Ok(()) => match fill_spent(&self.one[..place.len as usize], block) {
                Ok(()) => return,
                Err(error) => ProblemKind::Undo { hash: block.hash, error },
            },
            Err(error) => ProblemKind::Io(error.to_string()),
        };
        problems.push((place.file, place.offset, kind));
    }
}

/// The file read last, kept open.
struct OpenFile<'a> {
    source: &'a BlockSource,
    open: Option<(u32, FileReader)>,
}

impl OpenFile<'_> {
    /// Reads `len` bytes of a file to the front of `out`, which only ever grows.
    fn read(&mut self, file: u32, at: u64, len: u64, out: &mut Vec<u8>) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != file) {
            self.open = Some((file, FileReader::open(&self.source.files[file as usize])?));
        }
        let (_, reader) = self.open.as_mut().expect("opened above");
        let len = len as usize;
        if out.len() < len {
            out.resize(len, 0);
        }
        reader.read_exact_at(at, &mut out[..len])
    }
}

/// Turns the bytes of a planned block into tables.
struct Checker<'a> {
    index: &'a HeaderIndex,
    checks: Checks,
    scratch: Scratch,
}

impl Checker<'_> {
    fn check(&mut self, bytes: &[u8], planned: PlannedBlock, out: &mut UtxoBlock) -> Result<(), ProblemKind> {
        let hash = self.index.entries()[planned.entry as usize].hash;
        read_block_with(bytes, out, &mut self.scratch, self.checks)
            .map_err(|error| ProblemKind::Block { hash, error })?;
        if out.hash != hash {
            return Err(ProblemKind::Changed(hash));
        }
        out.height = planned.height;
        Ok(())
    }
}

const fn end(location: &Location) -> u64 {
    location.offset + location.len as u64
}

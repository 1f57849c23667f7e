//! Planned blocks, read and checked on several threads, handed over one by one in order.

use std::{
    collections::BTreeMap,
    ops::{ControlFlow, Range},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use tracehound_model::utxo::UtxoBlock;

use crate::{
    parse::Checks,
    plan::{Plan, PlannedBlock},
    problem::Problems,
    scan::HeaderIndex,
    source::BlockSource,
    undo::UndoIndex,
    worker::{Batch, Worker},
};

/// Bytes of blocks that one thread reads and checks at a time: large enough for the disk, small enough that the tables
/// are still in the cache when they are handed over.
const BATCH_BYTES: u64 = 2 << 20;

/// Blocks in a batch at most: the small blocks of the first years.
const BATCH_BLOCKS: usize = 2_048;

/// How blocks are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions<'a> {
    /// Threads that read and check; 0 takes as many as the machine has cores. Each adds some 8 MiB of memory with blocks
    /// as they are, and up to 100 MiB with blocks made of nothing but the smallest outputs.
    pub threads: usize,
    /// What is checked beyond structure and Merkle root.
    pub checks: Checks,
    /// Undo records to fill in the outputs that the blocks spend ([`BlockSource::scan_undo`]); without them
    /// `prev_output` is `None` everywhere.
    pub undo: Option<&'a UndoIndex>,
}

/// What a pass over the blocks did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Blocks delivered.
    pub blocks: u64,
    /// Their transactions.
    pub txs: u64,
    /// Their inputs.
    pub inputs: u64,
    /// Their outputs.
    pub outputs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blocks that could not be delivered and undo records that could not be used, and why.
    pub problems: Problems,
    /// Whether the receiver ended the pass before the last block.
    pub stopped: bool,
}

impl BlockSource {
    /// Reads the planned blocks and hands each one over, as [`read_batches`](Self::read_batches) does.
    pub fn read_blocks<E>(
        &self,
        index: &HeaderIndex,
        plan: &Plan,
        options: ReadOptions<'_>,
        mut receive: impl FnMut(&PlannedBlock, &UtxoBlock) -> Result<ControlFlow<()>, E>,
    ) -> Result<Report, E> {
        self.read_batches(index, plan, options, |blocks| {
            for (planned, block) in blocks {
                if receive(planned, block)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Reads the planned blocks and hands them over, in the plan's order, with their heights, some at a time.
    ///
    /// Threads read ahead by a bounded number of batches; the memory of blocks is used again. A block that does not
    /// hold together is looked for at its other places in the files, then reported and left out; whoever needs an unbroken
    /// chain compares each block's predecessor with the block it got before. `receive` ends the pass with
    /// [`ControlFlow::Break`] or an error, which is handed through.
    pub fn read_batches<E>(
        &self,
        index: &HeaderIndex,
        plan: &Plan,
        options: ReadOptions<'_>,
        mut receive: impl FnMut(&[(&PlannedBlock, &UtxoBlock)]) -> Result<ControlFlow<()>, E>,
    ) -> Result<Report, E> {
        let batches = split(index, &plan.order);
        let threads = match options.threads {
            0 => thread::available_parallelism().map_or(1, std::num::NonZero::get),
            threads => threads,
        };
        let threads = threads.min(batches.len()).max(1);
        let line = Line::new(2 * threads + 2);
        let mut report = Report::default();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let _guard = Guard { line: &line, always: false };
                    let mut worker = Worker::new(self, index, options.checks, options.undo);
                    while let Some((number, mut batch)) = line.take_work(batches.len()) {
                        worker.fill(&plan.order[batches[number].clone()], &mut batch);
                        line.hand_in(number, batch);
                    }
                });
            }
            let _guard = Guard { line: &line, always: true };
            for (number, range) in batches.iter().enumerate() {
                let Some(batch) = line.wait_for(number) else { break };
                for (file, offset, kind) in &batch.problems {
                    report.problems.add(&self.files[*file as usize].path, *offset, kind.clone());
                }
                let planned = plan.order[range.clone()].iter();
                let blocks = planned.zip(&batch.blocks).zip(&batch.whole);
                let whole: Vec<_> = blocks.filter(|&(_, &whole)| whole).map(|(block, _)| block).collect();
                for (_, block) in &whole {
                    report.count(block);
                }
                if receive(&whole)?.is_break() {
                    report.stopped = true;
                    return Ok(());
                }
                line.give_back(batch);
            }
            Ok(())
        })?;
        Ok(report)
    }
}

impl Report {
    fn count(&mut self, block: &UtxoBlock) {
        self.blocks += 1;
        self.txs += block.txs.len() as u64;
        self.inputs += block.inputs.len() as u64;
        self.outputs += block.outputs.len() as u64;
        self.bytes += u64::from(block.size);
    }
}

/// Cuts the order into batches of bounded size.
fn split(index: &HeaderIndex, order: &[PlannedBlock]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (i, planned) in order.iter().enumerate() {
        let len = u64::from(index.entries()[planned.entry as usize].location.len);
        if i > start && (bytes + len > BATCH_BYTES || i - start == BATCH_BLOCKS) {
            batches.push(start..i);
            (start, bytes) = (i, 0);
        }
        bytes += len;
    }
    if start < order.len() {
        batches.push(start..order.len());
    }
    batches
}

/// Where batches wait: those still to be taken up, those done, and empty ones to be used again.
struct Line {
    state: Mutex<State>,
    changed: Condvar,
    /// How many batches may be taken up before the first of them was received.
    ahead: usize,
}

#[derive(Default)]
struct State {
    next: usize,
    received: usize,
    done: BTreeMap<usize, Batch>,
    empty: Vec<Batch>,
    stopped: bool,
}

impl Line {
    fn new(ahead: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), ahead }
    }

    /// A thread that panicked has set `stopped`; its half-made batch never gets here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn take_work(&self, batches: usize) -> Option<(usize, Batch)> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.next == batches {
                return None;
            }
            if state.next < state.received + self.ahead {
                let number = state.next;
                state.next += 1;
                return Some((number, state.empty.pop().unwrap_or_default()));
            }
            state = self.wait(state);
        }
    }

    fn hand_in(&self, number: usize, batch: Batch) {
        self.lock().done.insert(number, batch);
        self.changed.notify_all();
    }

    fn wait_for(&self, number: usize) -> Option<Batch> {
        let mut state = self.lock();
        loop {
            if let Some(batch) = state.done.remove(&number) {
                return Some(batch);
            }
            if state.stopped {
                return None;
            }
            state = self.wait(state);
        }
    }

    fn give_back(&self, batch: Batch) {
        let mut state = self.lock();
        state.received += 1;
        state.empty.push(batch);
        drop(state);
        self.changed.notify_all();
    }
}

/// Ends the line when the receiver leaves early or a thread panics, so that nobody waits for ever.
struct Guard<'a> {
    line: &'a Line,
    always: bool,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.always || thread::panicking() {
            self.line.lock().stopped = true;
            self.line.changed.notify_all();
        }
    }
}

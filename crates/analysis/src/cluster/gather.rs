//! Reads from the ledger which owners are inputs of one transaction, by several threads, in chain order.

use std::{
    ops::ControlFlow,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
};

use tracehound_ledger::{OutNum, OutputLookup, Prev, ScannedTx, TxNum, UtxoRows};

use super::{ClusterError, CoinJoins, Rules, rules};

/// Transactions a thread reads at a time.
const CHUNK: u32 = 8_192;

/// Transactions whose inputs are read before their owners are.
const BATCH: u32 = 512;

/// Chunks of one thread that wait to be joined.
const AHEAD: usize = 4;

/// Work done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Transactions read.
    pub txs: u64,
    /// Their inputs, coinbases not counted.
    pub inputs: u64,
    /// Inputs beyond the first in the transactions that join: what a union-find is asked to link.
    pub links: u64,
}

impl Work {
    fn add(&mut self, other: Self) {
        self.txs += other.txs;
        self.inputs += other.inputs;
        self.links += other.links;
    }
}

/// What a run of transactions says.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// For each transaction that joins: its number, how many owners, the owners ascending.
    pub(super) joins: Vec<u32>,
    /// `CoinJoin`s.
    pub(super) coinjoins: Vec<u32>,
    /// Suspected `PayJoin`s.
    pub(super) payjoins: Vec<u32>,
    /// Transactions of several inputs of which some owner is not known.
    pub(super) unresolved: Vec<u32>,
    work: Work,
}

impl Chunk {
    fn clear(&mut self) {
        self.joins.clear();
        self.coinjoins.clear();
        self.payjoins.clear();
        self.unresolved.clear();
        self.work = Work::default();
    }
}

/// The part of the rules that the reading threads share.
struct Reading<'a, R> {
    ledger: &'a R,
    coinjoins: &'a dyn CoinJoins<R>,
    payjoin_inputs: u32,
    /// Numbers from here on are nobody's.
    addresses: u32,
}

/// What is read of a run of transactions before any of it is looked at.
///
/// The owners of spent outputs lie all over the ledger, so they are fetched in a loop of nothing else, in which the
/// processor waits for many at once.
#[derive(Debug, Default)]
struct Batch {
    /// Transactions of several inputs.
    txs: Vec<Several>,
    /// What those inputs spend: [`OutNum`]s, or [`NO_OUTPUT`] plus the owner.
    prevs: Vec<u64>,
    /// Who owns that.
    owners: Vec<u32>,
    /// How much it is, for the transactions that have a `floor`; 0 where it is not known.
    values: Vec<u64>,
    /// The owners of one transaction.
    distinct: Vec<u32>,
}

/// A transaction of several inputs.
#[derive(Clone, Copy, Debug)]
struct Several {
    num: TxNum,
    inputs: u32,
    may_be_coinjoin: bool,
    /// The smaller output, where there are two and the number of inputs is a `PayJoin`'s.
    floor: Option<u64>,
}

/// No previous output in the ledger: what is added is the owner, or [`NOBODY`].
const NO_OUTPUT: u64 = 1 << 63;

/// No owner is known. The ledger gives no address this number.
const NOBODY: u32 = u32::MAX;

impl<R: UtxoRows> Reading<'_, R> {
    fn chunk(&self, from: u32, to: u32, chunk: &mut Chunk, batch: &mut Batch) -> Result<(), ClusterError> {
        chunk.clear();
        for start in (from..to).step_by(BATCH as usize) {
            self.fetch(start, to.min(start.saturating_add(BATCH)), chunk, batch)?;
            let Batch { txs, owners, values, distinct, .. } = batch;
            let (mut owners, mut values) = (&owners[..], &values[..]);
            for tx in &*txs {
                let own = take(&mut owners, tx.inputs);
                // With an output smaller than every input it is no PayJoin; the rest of the rule costs more to test.
                let suspect = tx.floor.is_some_and(|floor| {
                    take(&mut values, tx.inputs).iter().min().is_some_and(|&smallest| floor >= smallest)
                });
                self.tx(tx, suspect, own, chunk, distinct).ok_or(ClusterError::Unreadable { tx: tx.num })?;
            }
        }
        chunk.work.txs += u64::from(to - from);
        Ok(())
    }

    /// Reads the transactions of several inputs in `from..to`, and who owns what they spend.
    fn fetch(&self, from: u32, to: u32, chunk: &mut Chunk, batch: &mut Batch) -> Result<(), ClusterError> {
        let Batch { txs, prevs, owners, values, .. } = batch;
        txs.clear();
        prevs.clear();
        let mut next = from;
        let mut inputs = 0u64;
        self.ledger.scan(TxNum(from)..TxNum(to), |tx| {
            let count = tx.input_count();
            inputs += count as u64;
            if count == 1 {
                inputs -= u64::from(tx.prevs().next() == Some(Prev::Coinbase));
            } else {
                let before = prevs.len();
                prevs.extend(tx.prevs().map(|prev| match prev {
                    Prev::Output(out) => out.0,
                    Prev::Coinbase => NO_OUTPUT + u64::from(NOBODY),
                    Prev::Missing { owner, .. } => {
                        NO_OUTPUT + u64::from(owner.map_or(NOBODY, |owner| owner.0))
                    }
                }));
                if prevs.len() - before != count {
                    return ControlFlow::Break(());
                }
                let floor = (tx.output_count() == 2 && count <= self.payjoin_inputs as usize)
                    .then(|| tx.outputs().map(|(value, _)| value).min().unwrap_or(0));
                txs.push(Several {
                    num: tx.num(),
                    inputs: count as u32,
                    may_be_coinjoin: self.coinjoins.may_be(tx),
                    floor,
                });
            }
            next = tx.num().0 + 1;
            ControlFlow::Continue(())
        });
        if next != to {
            return Err(ClusterError::Unreadable { tx: TxNum(next) });
        }
        chunk.work.inputs += inputs;
        let columns = self.ledger.output_lookup();
        owners.clear();
        owners.extend(prevs.iter().map(|&prev| match prev.checked_sub(NO_OUTPUT) {
            Some(owner) => owner as u32,
            None => columns.owner(OutNum(prev)).map_or(NOBODY, |owner| owner.0),
        }));
        values.clear();
        let (mut rest, mut rest_owners) = (&prevs[..], &owners[..]);
        for tx in &mut *txs {
            let own = take(&mut rest, tx.inputs);
            let own_owners = take(&mut rest_owners, tx.inputs);
            // Coins of one owner are joined to nobody's.
            tx.floor = tx.floor.filter(|_| own_owners.iter().any(|&owner| owner != own_owners[0]));
            if tx.floor.is_some() {
                // For one outside the ledger 0 leaves the decision to the full test.
                values.extend(own.iter().map(|&prev| columns.value(OutNum(prev)).unwrap_or(0)));
            }
        }
        Ok(())
    }

    /// Books a transaction whose inputs spend coins of `owners`; `None` when one of these cannot be.
    fn tx(
        &self,
        tx: &Several,
        suspect: bool,
        owners: &[u32],
        chunk: &mut Chunk,
        distinct: &mut Vec<u32>,
    ) -> Option<()> {
        let num = tx.num;
        distinct.clear();
        let mut known = 0u32;
        let mut last = NOBODY;
        for &owner in owners.iter().filter(|&&owner| owner != NOBODY) {
            known += 1;
            // Runs of coins of one owner are common: they need no sorting.
            if owner != last {
                distinct.push(owner);
                last = owner;
            }
        }
        if (known as usize) < owners.len() {
            chunk.unresolved.push(num.0);
        }
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.last().is_some_and(|&owner| owner >= self.addresses) {
            return None;
        }
        if distinct.len() < 2 {
            chunk.work.links += u64::from(known.saturating_sub(1));
            return Some(());
        }
        // Most transactions need no more than what is here already.
        let ask = tx.may_be_coinjoin;
        let span = if ask || suspect { Some(self.ledger.span(tx.num)?) } else { None };
        if ask && span.is_some_and(|span| self.coinjoins.is(self.ledger, span)) {
            chunk.coinjoins.push(num.0);
        } else if suspect
            && span.is_some_and(|span| rules::is_payjoin_suspect(self.ledger, span, self.payjoin_inputs))
        {
            chunk.payjoins.push(num.0);
        } else {
            chunk.work.links += u64::from(known - 1);
            chunk.joins.extend([num.0, distinct.len() as u32]);
            chunk.joins.extend_from_slice(distinct);
        }
        Some(())
    }
}

/// Cuts the first `count` items off.
fn take<'a, T>(items: &mut &'a [T], count: u32) -> &'a [T] {
    let (first, rest) = items.split_at(count as usize);
    *items = rest;
    first
}

/// Hands the chunks of transactions `from..to` to `each`, in chain order. No owner in them is `addresses` or above.
pub(super) fn gather<R: UtxoRows>(
    ledger: &R,
    rules: &Rules<'_, R>,
    (from, to): (u32, u32),
    addresses: u32,
    mut each: impl FnMut(&Chunk),
) -> Result<Work, ClusterError> {
    let reading =
        Reading { ledger, coinjoins: rules.coinjoins, payjoin_inputs: rules.payjoin_inputs, addresses };
    let chunks = to.saturating_sub(from).div_ceil(CHUNK);
    let threads = match rules.threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        threads => threads,
    };
    let threads = threads.min(chunks as usize);
    let span = |chunk: u32| {
        let start = from + chunk * CHUNK;
        (start, start.saturating_add(CHUNK).min(to))
    };
    let mut work = Work::default();
    if threads < 2 {
        let (mut chunk, mut batch) = (Chunk::default(), Batch::default());
        for (start, end) in (0..chunks).map(span) {
            reading.chunk(start, end, &mut chunk, &mut batch)?;
            work.add(chunk.work);
            each(&chunk);
        }
        return Ok(work);
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let lanes: Vec<Lane> = (0..threads)
            .map(|thread| {
                let (full_in, full) = sync_channel(AHEAD);
                let (empty, empty_out) = channel();
                let own = (thread as u32..chunks).step_by(threads).map(span);
                let (stop, reading) = (&stop, &reading);
                scope.spawn(move || fill(reading, own, stop, &full_in, &empty_out));
                Lane { full, empty }
            })
            .collect();
        for number in 0..chunks as usize {
            let lane = &lanes[number % threads];
            // A thread that ended early has sent its error first; if it panicked, the scope passes that on.
            let Ok(filled) = lane.full.recv() else { break };
            let chunk = match filled {
                Ok(chunk) => chunk,
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            };
            work.add(chunk.work);
            each(&chunk);
            // The thread may have ended; then nobody needs the chunk.
            let _ = lane.empty.send(chunk);
        }
        Ok(work)
    })
}

/// The way from one reading thread, and back.
struct Lane {
    full: Receiver<Result<Chunk, ClusterError>>,
    empty: Sender<Chunk>,
}

fn fill<R: UtxoRows>(
    reading: &Reading<'_, R>,
    spans: impl Iterator<Item = (u32, u32)>,
    stop: &AtomicBool,
    full: &SyncSender<Result<Chunk, ClusterError>>,
    empty: &Receiver<Chunk>,
) {
    let mut batch = Batch::default();
    for (start, end) in spans {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let mut chunk = empty.try_recv().unwrap_or_default();
        let result = reading.chunk(start, end, &mut chunk, &mut batch);
        let failed = result.is_err();
        // The other end is gone when another thread failed first.
        if full.send(result.map(|()| chunk)).is_err() || failed {
            return;
        }
    }
}

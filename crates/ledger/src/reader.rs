//! Readers: a snapshot of the ledger and the questions it answers.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use tracehound_model::{Chain, ScriptKey, ScriptType, TxId};
use tracehound_segments::{
    Id, Manifest, SnapshotId,
    files::{end_of, open_store},
};

use crate::{
    AddrNum, BlockNum, InNum, LedgerError, OutNum, TxNum,
    cell::{DESTROYED, UNSPENDABLE, UNSPENT, in_snapshot},
    cells::{CellGuard, Unmarked},
    data::{
        BlockRow, FLAG_AFTER_MISSING_RANGE, First, NO_ADDR, VERSION_OTHER, missing_row, unpack_prev,
        unpack_shape,
    },
    hashing::Hashing,
    identity::all_ids,
    segment::{Segment, Trust},
    store::FORMAT_UNKEYED,
    views::{
        AddressActivity, BlockView, InputView, LedgerInfo, OutputView, Prev, TxSpan, TxView, block_view,
        input_view,
    },
};

/// A ledger as it was when it was opened. Cheap to open (no content is read), safe to use from many threads. A clone is
/// the same ledger.
///
/// What is read is checked, page by page. A page that is damaged gives nothing, as if the ledger did not hold it, and
/// the ledger remembers: an answer counts only when [`confirm`](Self::confirm) says so after it was computed.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) all_segments: Arc<[Segment]>,
    /// How many of them the snapshot reaches into.
    pub(crate) used: usize,
    cells: Arc<CellGuard>,
    /// What coinbases overwrote, in a ledger whose cells do not tell.
    unmarked: Option<Arc<Unmarked>>,
    /// Ids of all snapshots, where segments do not hold them; computed when one is asked for.
    ids: Arc<OnceLock<Option<Vec<Id>>>>,
    /// Where the snapshot ends. Its last segment may go on behind that, see [`Ledger::as_of`].
    pub(crate) end: First,
}

impl Ledger {
    /// Opens the ledger of `chain` in `dir` as it is now; one of another chain answers no question about this one.
    pub fn open_of(dir: &Path, chain: Chain) -> Result<Self, LedgerError> {
        let (ledger, wanted) = (Self::open(dir)?, chain.to_string());
        if ledger.chain() == wanted {
            return Ok(ledger);
        }
        Err(LedgerError::OtherChain { path: dir.to_owned(), found: ledger.chain().to_owned(), wanted })
    }

    /// Opens the ledger in `dir` as it is now, of whatever chain.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        let (manifest, segments) = open_store::<Segment>(dir)?;
        let end = end_of(&segments);
        let cells = Arc::new(CellGuard::new(end.output));
        let used = segments.len();
        let unmarked = (manifest.format == FORMAT_UNKEYED).then(Arc::default);
        Ok(Self {
            manifest: Arc::new(manifest),
            all_segments: segments.into(),
            used,
            cells,
            unmarked,
            ids: Arc::default(),
            end,
        })
    }

    /// Whether everything that was read so far was whole: answers computed from a ledger for which this fails do not
    /// count. Also looks at the files' lengths: one that another program cut while it was mapped reads as zeros up to
    /// the end of its last page, and raises a signal that ends the process behind it.
    pub fn confirm(&self) -> Result<(), LedgerError> {
        for segment in &*self.all_segments {
            segment.check_pages_read()?;
            segment.check_files()?;
        }
        match (self.cells.damage(), self.all_segments.last()) {
            (Some(what), Some(last)) => Err(LedgerError::corrupt(
                last.path().parent().unwrap_or_else(|| last.path()),
                format!(
                    "{what}, or a reorg was ingested meanwhile and the same question asked again succeeds"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// CAIP-2 id of the chain.
    pub fn chain(&self) -> &str {
        &self.manifest.chain
    }

    /// Identity of this snapshot: a digest of its content, as text. O(1); in a ledger that an earlier version wrote and that
    /// nobody upgraded, O(content) once where it ends in a segment of that version. Empty where the ledger is damaged.
    pub fn snapshot_id(&self) -> String {
        self.snapshot().map(|id| id.to_string()).unwrap_or_default()
    }

    /// As [`snapshot_id`](Self::snapshot_id); `None` where the ledger is damaged, which [`confirm`](Self::confirm) says.
    pub fn snapshot(&self) -> Option<SnapshotId> {
        let held = self.all_segments.iter().find_map(|segment| {
            let at = self.end.block.checked_sub(segment.first().block)? as usize;
            segment.ids()?.get(at).copied()
        });
        held.or_else(|| self.all_ids()?.get(self.end.block as usize).copied()).map(SnapshotId)
    }

    /// The ledger as it was at a snapshot: ended with the block that the snapshot did. O(blocks), and as
    /// [`snapshot_id`](Self::snapshot_id) in a ledger of an earlier version.
    ///
    /// # Errors
    /// [`LedgerError::SnapshotGone`] when no run of its first blocks is that snapshot.
    pub fn as_of_snapshot(self, id: SnapshotId) -> Result<Self, LedgerError> {
        let held = self.all_segments.iter().all(|segment| segment.ids().is_some());
        let found = if held {
            self.all_segments.iter().find_map(|segment| {
                let at = segment.ids()?.all().iter().position(|held| *held == id.0)?;
                Some(segment.first().block + at as u32)
            })
        } else {
            self.all_ids().and_then(|ids| ids.iter().position(|held| *held == id.0)).map(|at| at as u32)
        };
        self.confirm()?;
        match found.filter(|&block| block > 0 && block <= self.end.block) {
            Some(block) => self.cut_before(block),
            None => Err(LedgerError::SnapshotGone { wanted: id, now: self.snapshot_id() }),
        }
    }

    fn all_ids(&self) -> Option<&[Id]> {
        self.ids.get_or_init(|| all_ids(self.chain(), &self.all_segments)).as_deref()
    }

    /// Counts and sizes. O(blocks).
    pub fn info(&self) -> LedgerInfo {
        let kept = self.end.block as usize;
        let blocks = || self.all_blocks().take(kept);
        LedgerInfo {
            chain: self.manifest.chain.clone(),
            blocks: self.end.block,
            txs: self.end.tx,
            inputs: self.end.input,
            outputs: self.end.output,
            addresses: self.end.addr,
            missing_inputs: self.segments().iter().map(|segment| self.missing_rows(segment) as u64).sum(),
            missing_ranges: blocks().filter(|block| block.flags & FLAG_AFTER_MISSING_RANGE != 0).count()
                as u32,
            missing_behind: self.missing_behind(),
            first: self.block(BlockNum(0)),
            tip: self.end.block.checked_sub(1).and_then(|last| self.block(BlockNum(last))),
            segments: self.segments().len(),
            unkeyed_segments: self.segments().iter().filter(|segment| segment.key().is_none()).count(),
            segments_without_ids: self.segments().iter().filter(|segment| segment.ids().is_none()).count(),
            disk_bytes: self.segments().iter().map(Segment::disk_bytes).sum(),
            block_bytes: blocks().map(|block| u64::from(block.size)).sum(),
        }
    }

    /// Blocks of all segments, those behind the snapshot's end included.
    fn all_blocks(&self) -> impl Iterator<Item = &BlockRow> {
        self.all_segments.iter().flat_map(|segment| segment.blocks().all())
    }

    /// In a ledger as of a moment, whether blocks are missing between its last block and the first that does not count.
    pub(crate) fn missing_behind(&self) -> bool {
        let next = self.all_blocks().nth(self.end.block as usize);
        next.is_some_and(|next| next.flags & FLAG_AFTER_MISSING_RANGE != 0)
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.all_segments[..self.used]
    }

    /// Rows about missing outputs of a segment, as far as the snapshot goes.
    fn missing_rows(&self, segment: &Segment) -> usize {
        let first = segment.first().input;
        segment.missing().partition_point(|row| first + u64::from(row.input) < self.end.input)
    }

    fn segment_by(&self, within: impl Fn(&Segment) -> bool) -> Option<&Segment> {
        let segments = self.segments();
        segments.get(segments.partition_point(within).checked_sub(1)?)
    }

    fn segment_of_tx(&self, tx: TxNum) -> Option<&Segment> {
        self.segment_by(|segment| segment.first().tx <= tx.0).filter(|_| tx.0 < self.end.tx)
    }

    fn segment_of_addr(&self, addr: AddrNum) -> Option<&Segment> {
        self.segment_by(|segment| segment.first().addr <= addr.0).filter(|_| addr.0 < self.end.addr)
    }

    fn segment_of_input(&self, input: InNum) -> Option<&Segment> {
        self.segment_by(|segment| segment.first().input <= input.0).filter(|_| input.0 < self.end.input)
    }

    fn segment_of_output(&self, out: OutNum) -> Option<&Segment> {
        self.segment_by(|segment| segment.first().output <= out.0).filter(|_| out.0 < self.end.output)
    }

    /// A block by number.
    pub fn block(&self, num: BlockNum) -> Option<BlockView> {
        let segment =
            self.segment_by(|segment| segment.first().block <= num.0).filter(|_| num.0 < self.end.block)?;
        let row = segment.blocks().get((num.0 - segment.first().block) as usize)?;
        Some(block_view(num, row))
    }

    /// The block that holds a transaction.
    pub fn block_of(&self, tx: TxNum) -> Option<BlockView> {
        let segment = self.segment_of_tx(tx)?;
        let blocks = segment.blocks();
        let at = blocks.partition_point(|block| block.first_tx <= tx.0).checked_sub(1)?;
        Some(block_view(BlockNum(segment.first().block + at as u32), blocks.get(at)?))
    }

    /// The transaction with this id; of several (BIP-30) the newest. Expected O(segments).
    pub fn find_tx(&self, txid: &TxId) -> Option<TxNum> {
        self.find_tx_before(txid, self.end.tx)
    }

    /// The newest transaction with this id among the first `end`.
    fn find_tx_before(&self, txid: &TxId, end: u32) -> Option<TxNum> {
        let mut hash = Hasher::new(|hashing| hashing.tx(&txid.0));
        let mut find = |trust| {
            self.segments().iter().rev().find_map(|segment| {
                let first = segment.first().tx;
                let before = end.checked_sub(first).filter(|&before| before > 0)?;
                let found = segment.find_tx(hash.of(segment), &txid.0, before, trust);
                found.map(|rel| TxNum(first + rel))
            })
        };
        // What is there is found without a look at checksums; that something is not there must be certain.
        find(Trust::Found).or_else(|| find(Trust::Nothing))
    }

    /// The outputs that a coinbase destroyed because it has the id of an earlier one (BIP-30), and which nobody had spent.
    /// Expected O(segments); empty for every other transaction.
    pub fn destroyed_by(&self, coinbase: TxNum) -> Vec<OutputView> {
        let id = self.locate(coinbase).and_then(|(segment, _)| {
            segment.txids().get((coinbase.0 - segment.first().tx) as usize).copied()
        });
        let older = id.and_then(|id| self.find_tx_before(&TxId(id), coinbase.0));
        let Some(older) = older.and_then(|older| self.span(older)) else { return Vec::new() };
        self.outputs(older).filter(|output| output.destroyed_by == Some(coinbase)).collect()
    }

    /// The number of an owner. Expected O(segments).
    pub fn find_address(&self, key: &ScriptKey) -> Option<AddrNum> {
        let (script_type, payload) = (key.script_type() as u8, key.payload());
        let mut hash = Hasher::new(|hashing| hashing.owner(script_type, payload));
        let mut find = |trust| {
            self.segments().iter().rev().find_map(|segment| {
                let found = segment.find_addr(hash.of(segment), script_type, payload, trust);
                found.map(|rel| AddrNum(segment.first().addr + rel))
            })
        };
        find(Trust::Found).or_else(|| find(Trust::Nothing)).filter(|addr| addr.0 < self.end.addr)
    }

    /// The script of an owner.
    pub fn script_key(&self, addr: AddrNum) -> Option<ScriptKey> {
        let segment = self.segment_of_addr(addr)?;
        segment.scripts(Trust::Nothing).key((addr.0 - segment.first().addr) as usize)
    }

    /// The kind of an owner's script, without reading the script.
    pub fn script_type(&self, addr: AddrNum) -> Option<ScriptType> {
        let segment = self.segment_of_addr(addr)?;
        let kind = *segment.script_types().get((addr.0 - segment.first().addr) as usize)?;
        ScriptType::from_byte(kind)
    }

    /// A transaction by number.
    pub fn tx(&self, num: TxNum) -> Option<TxView> {
        let (segment, span) = self.locate(num)?;
        let (txids, lock_times, shapes) = segment.txs();
        let rel = (num.0 - segment.first().tx) as usize;
        let (weight, version) = unpack_shape(*shapes.get(rel)?);
        Some(TxView {
            num,
            txid: TxId(*txids.get(rel)?),
            first_input: span.first_input,
            input_count: span.input_count,
            first_output: span.first_output,
            output_count: span.output_count,
            lock_time: *lock_times.get(rel)?,
            weight,
            version: Some(version).filter(|&version| version != VERSION_OTHER),
        })
    }

    /// Where a transaction's rows are, without reading what else is known of it.
    pub fn span(&self, num: TxNum) -> Option<TxSpan> {
        self.locate(num).map(|(_, span)| span)
    }

    fn locate(&self, num: TxNum) -> Option<(&Segment, TxSpan)> {
        let segment = self.segment_of_tx(num)?;
        let first = segment.first();
        let rel = (num.0 - first.tx) as usize;
        let (inputs, outputs) = (segment.tx_inputs().range(rel)?, segment.tx_outputs().range(rel)?);
        let span = TxSpan {
            num,
            first_input: InNum(first.input + inputs.start as u64),
            input_count: inputs.len() as u32,
            first_output: OutNum(first.output + outputs.start as u64),
            output_count: outputs.len() as u32,
        };
        Some((segment, span))
    }

    /// The inputs of a transaction, in order.
    pub fn inputs<T: Into<TxSpan>>(&self, tx: T) -> impl Iterator<Item = InputView> + use<'_, T> {
        let TxSpan { first_input: InNum(first), input_count, .. } = tx.into();
        let segment = self.segment_by(|segment| segment.first().input <= first);
        // A transaction's inputs lie side by side: the pages are looked at once for all of them.
        let columns = segment.and_then(|segment| {
            let (lo, hi) = segment.prevs();
            let from = (first - segment.first().input) as usize;
            let range = from..from + input_count as usize;
            Some((lo.range(range.clone())?, hi.range(range)?, segment.missing(), from))
        });
        let (lo, hi, missing, from) = columns.unwrap_or((&[], &[], (&[][..]).into(), 0));
        lo.iter().zip(hi).enumerate().map_while(move |(at, (&lo, &hi))| {
            input_view(InNum(first + at as u64), unpack_prev(lo, hi), || missing_row(missing, from + at))
        })
    }

    /// The outputs of a transaction, in order.
    pub fn outputs<T: Into<TxSpan>>(&self, tx: T) -> impl Iterator<Item = OutputView> + use<'_, T> {
        let TxSpan { first_output: OutNum(first), output_count, .. } = tx.into();
        (first..first + u64::from(output_count)).map_while(|num| self.output(OutNum(num)))
    }

    /// Amount and owner of the outputs of a transaction, in order, without a look at who spent them.
    pub fn amounts<T: Into<TxSpan>>(
        &self,
        tx: T,
    ) -> impl Iterator<Item = (u64, Option<AddrNum>)> + use<'_, T> {
        let TxSpan { first_output: OutNum(first), output_count, .. } = tx.into();
        let segment = self.segment_by(|segment| segment.first().output <= first);
        let columns = segment.and_then(|segment| {
            let from = (first - segment.first().output) as usize;
            let range = from..from + output_count as usize;
            Some((segment.values().settled(range.clone())?, segment.owners().range(range)?, from))
        });
        let owners = columns.map_or(&[][..], |(_, owners, _)| owners);
        owners.iter().enumerate().map_while(move |(at, &addr)| {
            let (values, _, from) = columns?;
            Some((values.get(from + at)?, (addr != NO_ADDR).then_some(AddrNum(addr))))
        })
    }

    /// The outputs of a transaction, in order, with what their spent cells say taken at its word.
    ///
    /// [`Ledger::outputs`] makes sure that the transaction in `spent_by` spends the output, which costs more than all
    /// the rest. Here it is a hint: whoever follows it must look among that transaction's inputs.
    pub fn outputs_hinted<T: Into<TxSpan>>(&self, tx: T) -> impl Iterator<Item = OutputView> + use<'_, T> {
        let TxSpan { num: tx, first_output: OutNum(first), output_count, .. } = tx.into();
        let segment = self.segment_by(|segment| segment.first().output <= first);
        // A transaction's outputs lie side by side: the pages are looked at once for all of them.
        let columns = segment.and_then(|segment| {
            let from = (first - segment.first().output) as usize;
            let range = from..from + output_count as usize;
            let values = segment.values().settled(range.clone())?;
            let owners = segment.owners().range(range)?;
            let hold = self.cells.hold(&self.all_segments, first..first + u64::from(output_count));
            hold.then_some((segment, values, owners, from))
        });
        let owners = columns.map_or(&[][..], |(_, _, owners, _)| owners);
        owners.iter().enumerate().map_while(move |(at, &addr)| {
            let (segment, values, _, from) = columns?;
            let cell = self.seen(segment, from + at, first + at as u64);
            let hint = cell != UNSPENT && cell & DESTROYED == 0 && cell > tx.0;
            Some(OutputView {
                num: OutNum(first + at as u64),
                value: values.get(from + at)?,
                owner: Some(AddrNum(addr)).filter(|addr| addr.0 != NO_ADDR),
                spent_by: hint.then_some(TxNum(cell)),
                destroyed_by: destroyer(cell),
            })
        })
    }

    /// What the cell of an output says in this snapshot; `None` where it is damaged.
    #[inline]
    fn cell(&self, segment: &Segment, rel: usize, num: u64) -> Option<u32> {
        let holds = self.cells.hold(&self.all_segments, num..num + 1);
        holds.then(|| self.seen(segment, rel, num))
    }

    /// What the cell of an output, found right, says in this snapshot. Format 1 did not mark what a coinbase overwrote: such a
    /// ledger is searched for it once, O(blocks).
    #[inline]
    fn seen(&self, segment: &Segment, rel: usize, num: u64) -> u32 {
        let cell = segment.spent.load(rel);
        let cell = match &self.unmarked {
            Some(unmarked) if cell == UNSPENT => unmarked.get(&self.all_segments, num),
            _ => cell,
        };
        in_snapshot(cell, self.end.tx)
    }

    /// An input by number.
    pub fn input(&self, num: InNum) -> Option<InputView> {
        let segment = self.segment_of_input(num)?;
        let rel = (num.0 - segment.first().input) as usize;
        let (lo, hi) = segment.prevs();
        input_view(num, unpack_prev(*lo.get(rel)?, *hi.get(rel)?), || missing_row(segment.missing(), rel))
    }

    /// An output by number.
    pub fn output(&self, num: OutNum) -> Option<OutputView> {
        let segment = self.segment_of_output(num)?;
        let rel = (num.0 - segment.first().output) as usize;
        let value = segment.values().get(rel)?;
        let addr = *segment.owners().get(rel)?;
        let cell = self.cell(segment, rel, num.0)?;
        Some(OutputView {
            num,
            value,
            owner: Some(AddrNum(addr)).filter(|addr| addr.0 != NO_ADDR),
            spent_by: self.checked_spender(num, cell),
            destroyed_by: destroyer(cell),
        })
    }

    /// A cell is believed only when the transaction it names spends the output; one that does not is damage.
    fn checked_spender(&self, out: OutNum, cell: u32) -> Option<TxNum> {
        if cell == UNSPENT || cell & DESTROYED != 0 {
            return None;
        }
        let span = self.span(TxNum(cell))?;
        let spends = self.inputs(span).any(|input| input.prev == Prev::Output(out));
        if !spends {
            self.cells
                .report(|| format!("the spent cell of output {out} names a transaction that spends another"));
        }
        spends.then_some(span.num)
    }

    /// The transaction that created an output, and the output's position in it.
    pub fn tx_of_output(&self, out: OutNum) -> Option<(TxNum, u32)> {
        let segment = self.segment_of_output(out)?;
        let rel = (out.0 - segment.first().output) as usize;
        let (tx, start) = segment.tx_outputs().owner(rel)?;
        Some((TxNum(segment.first().tx + tx as u32), (rel - start) as u32))
    }

    /// The transaction an input belongs to.
    pub fn tx_of_input(&self, input: InNum) -> Option<TxNum> {
        let segment = self.segment_of_input(input)?;
        let rel = (input.0 - segment.first().input) as usize;
        segment.tx_inputs().owner(rel).map(|(tx, _)| TxNum(segment.first().tx + tx as u32))
    }

    /// Amount of what an input spends, where known.
    pub fn input_value(&self, input: &InputView) -> Option<u64> {
        match input.prev {
            Prev::Output(out) => self.output_value(out),
            Prev::Missing { value, .. } => value,
            Prev::Coinbase => None,
        }
    }

    /// Owner of what an input spends, where known.
    pub fn input_owner(&self, input: &InputView) -> Option<AddrNum> {
        match input.prev {
            Prev::Output(out) => self.output_owner(out),
            Prev::Missing { owner, .. } => owner,
            Prev::Coinbase => None,
        }
    }

    /// Amount of an output in base units.
    pub fn output_value(&self, out: OutNum) -> Option<u64> {
        let segment = self.segment_of_output(out)?;
        segment.values().get((out.0 - segment.first().output) as usize)
    }

    /// Owner of an output.
    pub fn output_owner(&self, out: OutNum) -> Option<AddrNum> {
        let segment = self.segment_of_output(out)?;
        let addr = *segment.owners().get((out.0 - segment.first().output) as usize)?;
        (addr != NO_ADDR).then_some(AddrNum(addr))
    }

    /// Outputs an owner received and inputs that spent its outputs from outside the ledger, at most `limit` of each;
    /// the flag says whether there were more.
    pub fn activity(&self, addr: AddrNum, limit: usize) -> (AddressActivity, bool) {
        let mut activity = AddressActivity::default();
        let mut cut = false;
        for segment in self.segments() {
            let first = segment.first();
            if addr.0 >= segment.end().addr {
                continue;
            }
            for &rel in segment.outputs_of_addr(addr.0) {
                if first.output + u64::from(rel) >= self.end.output {
                    break;
                }
                if activity.received.len() == limit {
                    cut = true;
                    break;
                }
                activity.received.push(OutNum(first.output + u64::from(rel)));
            }
            for row in segment.missing_of_addr(addr.0) {
                if first.input + u64::from(row.input) >= self.end.input {
                    break;
                }
                if activity.spent_missing.len() == limit {
                    cut = true;
                    break;
                }
                activity.spent_missing.push(InNum(first.input + u64::from(row.input)));
            }
        }
        (activity, cut)
    }
}

/// The coinbase that destroyed an output, by the output's cell.
fn destroyer(cell: u32) -> Option<TxNum> {
    (cell & DESTROYED != 0 && cell != UNSPENDABLE).then_some(TxNum(cell & !DESTROYED))
}

/// The hash of one key under each way of hashing that the ledger's segments use, computed when it is first asked for.
struct Hasher<F> {
    hash: F,
    known: Option<(Hashing, u64)>,
}

impl<F: Fn(Hashing) -> u64> Hasher<F> {
    fn new(hash: F) -> Self {
        Self { hash, known: None }
    }

    #[inline]
    fn of(&mut self, segment: &Segment) -> u64 {
        match self.known {
            Some((hashing, hash)) if hashing == segment.hashing() => hash,
            _ => {
                let hash = (self.hash)(segment.hashing());
                self.known = Some((segment.hashing(), hash));
                hash
            }
        }
    }
}

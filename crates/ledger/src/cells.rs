//! How damage to spent cells is noticed, and what the rows tell of them.
//!
//! What a reader sees in the cells of its snapshot does not change while a writer goes on: the writer only ever fills
//! cells that are unspent there. That makes them summable. Each segment carries one sum for every [`PAGE`] cells of the
//! whole ledger as of the segment's own end; the last segment's hold for the ledger, and still do after a reorg has cut
//! it back to that segment.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    cell::{DESTROYED, UNSPENDABLE, UNSPENT, in_snapshot},
    data::{NO_ADDR, PackedPrev},
    segment::Segment,
};

const PAGE_BITS: u32 = 11;
/// Outputs that share a sum, by their number in the ledger.
const PAGE: u64 = 1 << PAGE_BITS;

/// What a cell adds to its page's sum. For one output no two contents add the same.
#[inline]
fn weight(out: u64, cell: u32) -> u32 {
    if cell == UNSPENT {
        return 0;
    }
    let mut mixed = cell ^ (out as u32).wrapping_mul(0x9e37_79b1);
    mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x85eb_ca6b);
    mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    mixed ^ (mixed >> 16)
}

/// Sums of all pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums(Vec<u32>);

impl Sums {
    /// Books what the cell of an output says, which it did not before.
    #[inline]
    pub(crate) fn add(&mut self, out: u64, cell: u32) {
        let page = (out >> PAGE_BITS) as usize;
        if page >= self.0.len() {
            self.0.resize(page + 1, 0);
        }
        self.0[page] = self.0[page].wrapping_add(weight(out, cell));
    }

    /// The sums of a ledger of this many outputs.
    pub(crate) fn of_outputs(&self, outputs: u64) -> Vec<u32> {
        let mut sums = self.0.clone();
        sums.resize(outputs.div_ceil(PAGE) as usize, 0);
        sums
    }

    /// The outputs whose cells a sum covers.
    pub(crate) fn outputs_of_page(page: usize) -> Range<u64> {
        page as u64 * PAGE..(page as u64 + 1) * PAGE
    }

    /// What the cells of these segments add up to in a snapshot of the first `end_tx` transactions.
    pub(crate) fn of_cells(segments: &[Segment], end_tx: u32) -> Self {
        let mut sums = Self::default();
        for segment in segments {
            let first = segment.first().output;
            for rel in 0..segment.spent.len() {
                sums.add(first + rel as u64, in_snapshot(segment.spent.load(rel), end_tx));
            }
            segment.spent.release();
        }
        sums
    }

    /// Books the cells that one segment's own rows tell: what its inputs spend, and what it holds that nobody can.
    pub(crate) fn add_rows(&mut self, segment: &Segment) {
        visit_cells_told(segment, |out, cell| self.add(out, cell));
    }
}

/// The cells that a segment's rows tell, each once: (output, content).
pub(crate) fn visit_cells_told(segment: &Segment, mut visit: impl FnMut(u64, u32)) {
    let (first, end) = (segment.first(), segment.end().output);
    // Rows that are damaged tell nothing, and the segment knows.
    let Some(rows) = segment.rows().settled(0..segment.txids().len()) else { return };
    for (rel, _) in rows.out_addr.all().iter().enumerate().filter(|&(_, &addr)| addr == NO_ADDR) {
        visit(first.output + rel as u64, UNSPENDABLE);
    }
    let mut input = 0;
    for tx in 0..rows.tx_inputs.len() {
        let Some(count) = rows.tx_inputs.count(tx) else { return };
        for at in input..input + count {
            // Nothing spends what comes after it.
            if let Some((PackedPrev::Output(out), _)) = rows.prev(at)
                && out < end
            {
                visit(out, first.tx + tx as u32);
            }
        }
        input += count;
    }
}

/// Outputs of coinbases that a later coinbase with the same id overwrote while nobody had spent them: (output, content
/// of its cell), in the order of the overwriting. O(blocks).
pub(crate) fn overwritten<'a>(
    segments: impl IntoIterator<Item = &'a Segment, IntoIter: DoubleEndedIterator + Clone>,
    cell: impl Fn(u64) -> u32,
) -> Vec<(u64, u32)> {
    let mut newest: HashMap<[u8; 32], Vec<u64>> = HashMap::new();
    let mut found = Vec::new();
    let segments = segments.into_iter();
    let end_tx = segments.clone().next_back().map_or(0, |last| last.end().tx);
    for segment in segments {
        let (rows, first) = (segment.rows(), segment.first());
        for block in rows.blocks.all() {
            let rel = block.first_tx.wrapping_sub(first.tx) as usize;
            let input = rows.tx_inputs.range(rel).map(|range| range.start);
            let mints =
                input.and_then(|at| rows.prev(at)).is_some_and(|(prev, _)| prev == PackedPrev::Coinbase);
            let outputs = rows.tx_outputs.range(rel).filter(|outputs| outputs.end <= rows.out_addr.len());
            let (Some(&txid), Some(outputs)) = (rows.txids.get(rel), outputs) else { continue };
            if !mints {
                continue;
            }
            let spendable =
                outputs.filter(|&out| rows.out_addr.get(out).is_some_and(|&addr| addr != NO_ADDR));
            let outputs: Vec<u64> = spendable.map(|out| first.output + out as u64).collect();
            let mark = DESTROYED | block.first_tx;
            for out in newest.insert(txid, outputs).into_iter().flatten() {
                let now = in_snapshot(cell(out), end_tx);
                if now == UNSPENT || now == mark {
                    found.push((out, mark));
                }
            }
        }
    }
    found
}

/// What coinbases overwrote in a ledger of format 1, whose cells do not tell: searched for once, when it is first asked.
#[derive(Debug, Default)]
pub(crate) struct Unmarked(OnceLock<HashMap<u64, u32>>);

impl Unmarked {
    /// What the cell of an output that nobody spent would say.
    pub(crate) fn get(&self, segments: &[Segment], out: u64) -> u32 {
        let marks = || overwritten(segments, |out| raw_cell(segments, out)).into_iter().collect();
        self.0.get_or_init(marks).get(&out).copied().unwrap_or(UNSPENT)
    }
}

/// The cell of an output: its segment and its place there.
fn place(segments: &[Segment], out: u64) -> Option<(&Segment, usize)> {
    let at = segments.partition_point(|segment| segment.first().output <= out).checked_sub(1)?;
    let segment = &segments[at];
    (out < segment.end().output).then(|| (segment, (out - segment.first().output) as usize))
}

/// The content of an output's cell as it is, whatever the snapshot.
pub(crate) fn raw_cell(segments: &[Segment], out: u64) -> u32 {
    place(segments, out).map_or(UNSPENT, |(segment, at)| segment.spent.load(at))
}

/// Fills an output's cell, where the segments, mapped for writing, hold it.
pub(crate) fn store_cell(segments: &[Segment], out: u64, content: u32) {
    if let Some((segment, at)) = place(segments, out) {
        segment.spent.store(at, content);
    }
}

/// What the sums of a ledger that carries none must be: its inputs tell. O(inputs).
pub(crate) fn told_sums(segments: &[Segment]) -> Sums {
    let mut sums = Sums::default();
    for segment in segments {
        sums.add_rows(segment);
    }
    // Format 1 knew no overwritten coinbases; a conversion that was killed may have marked some.
    for (out, mark) in overwritten(segments, |out| raw_cell(segments, out)) {
        if raw_cell(segments, out) == mark {
            sums.add(out, mark);
        }
    }
    sums
}

/// Checks a reader's cells page by page, once each.
#[derive(Debug)]
pub(crate) struct CellGuard {
    right: Vec<AtomicU64>,
    /// How many pages are not found right yet.
    unproven: AtomicU64,
    told: OnceLock<Vec<u32>>,
    damage: OnceLock<String>,
}

impl CellGuard {
    pub(crate) fn new(outputs: u64) -> Self {
        let pages = outputs.div_ceil(PAGE);
        Self {
            right: (0..pages.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            unproven: AtomicU64::new(pages),
            told: OnceLock::new(),
            damage: OnceLock::new(),
        }
    }

    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    pub(crate) fn report(&self, what: impl FnOnce() -> String) {
        self.damage.get_or_init(what);
    }

    /// Whether the pages of these outputs' cells add up.
    #[inline]
    pub(crate) fn hold(&self, segments: &[Segment], outputs: Range<u64>) -> bool {
        if outputs.is_empty() || self.unproven.load(Ordering::Relaxed) == 0 {
            return true;
        }
        let (first, last) = (outputs.start >> PAGE_BITS, (outputs.end - 1) >> PAGE_BITS);
        (first..=last).all(|page| self.is_right(segments, page as usize))
    }

    #[inline]
    fn is_right(&self, segments: &[Segment], page: usize) -> bool {
        let known = |word: &AtomicU64| word.load(Ordering::Relaxed) >> (page % 64) & 1 == 1;
        self.right.get(page / 64).is_some_and(known) || self.look(segments, page)
    }

    #[cold]
    #[inline(never)]
    fn look(&self, segments: &[Segment], page: usize) -> bool {
        let Some(last) = segments.last() else { return true };
        let end_tx = last.end().tx;
        let place = Sums::outputs_of_page(page);
        let from = segments.partition_point(|segment| segment.end().output <= place.start);
        let mut sum = 0u32;
        for segment in segments[from..].iter().take_while(|segment| segment.first().output < place.end) {
            let (first, end) = (segment.first().output, segment.end().output);
            for out in place.start.max(first)..place.end.min(end) {
                let cell = in_snapshot(segment.spent.load((out - first) as usize), end_tx);
                sum = sum.wrapping_add(weight(out, cell));
            }
        }
        let wanted = match last.cell_sums() {
            Some(sums) => sums.get(page).copied(),
            None => {
                self.told.get_or_init(|| told_sums(segments).of_outputs(last.end().output)).get(page).copied()
            }
        };
        let right = wanted == Some(sum);
        if right {
            let bit = 1 << (page % 64);
            // Whoever of several threads sets it counts the page.
            if self.right[page / 64].fetch_or(bit, Ordering::Relaxed) & bit == 0 {
                self.unproven.fetch_sub(1, Ordering::Relaxed);
            }
        } else {
            self.report(|| {
                format!("the spent cells of outputs {} to {} do not add up", place.start, place.end)
            });
        }
        right
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_two_contents_of_a_cell_weigh_the_same(out in 0u64..1 << 38, a: u32, b: u32) {
            prop_assume!(a != b && a != UNSPENT && b != UNSPENT);
            prop_assert_ne!(weight(out, a), weight(out, b));
        }
    }
}

//! What names a snapshot: a digest of its content, kept up block by block.
//!
//! The id of a ledger that ends with a block is the SHA-256 of the id before that block and the digest of all that the
//! ledger holds of it: header, transactions, inputs with what they spend, outputs, the owners that appear with it, and
//! what the source told of outputs that are not there. Links from outputs to who spends them follow from the inputs,
//! and numbers from what came before, so two ledgers have one id when every question has one answer in both. Keys,
//! segments, merges, memory and threads leave no trace. The first id of all is one of the chain.
//!
//! Every segment holds the id before its first block and the one after each of its blocks, so that the id as of any
//! earlier block is known at once. Segments of formats 1 and 2 hold none: theirs are computed from their rows when
//! somebody asks or appends, O(content), until the ledger is upgraded.

use std::ops::Range;

use sha2::{Digest, Sha256};
use tracehound_segments::Id;
use zerocopy::IntoBytes;

use crate::{
    LedgerError,
    data::{MissingRow, Rows},
    segment::Segment,
};

const LEDGER: &[u8] = b"tracehound ledger of outputs, 1\n";
const BLOCK: &[u8] = b"tracehound block of outputs, 1\n";

/// The id of a ledger of a chain before its first block.
pub(crate) fn first_id(chain: &str) -> Id {
    Sha256::new().chain_update(LEDGER).chain_update(chain).finalize().into()
}

/// The ids of these rows' snapshots, of which the first are known: the one before the first block at least. `None` when
/// the rows contradict each other or are damaged. O(content of the others), on all cores.
pub(crate) fn ids_after(rows: &Rows<'_>, known: Vec<Id>) -> Option<Vec<Id>> {
    tracehound_segments::ids_after(known, rows.blocks.len(), |at| digest(rows, at))
}

/// The id of the ledger that ends before block `block` of these segments, which are all of a chain's. O(1) where the
/// segment around the block holds ids; O(content since the last one that does) elsewhere. `None` where they are damaged.
pub(crate) fn id_before(chain: &str, segments: &[Segment], block: u32) -> Option<Id> {
    let end = segments.partition_point(|segment| segment.first().block < block);
    let known = |segment: &Segment| {
        let at = block.checked_sub(segment.first().block)? as usize;
        segment.ids()?.get(at).copied()
    };
    // The block begins a segment that holds ids, or lies in or behind one.
    if let Some(next) = segments.get(end).filter(|next| next.first().block == block && next.ids().is_some()) {
        return known(next);
    }
    let Some(last) = end.checked_sub(1) else { return Some(first_id(chain)) };
    if segments[last].ids().is_some() {
        return known(&segments[last]);
    }
    let from = segments[..end].iter().rposition(|segment| segment.ids().is_some()).map_or(0, |at| at + 1);
    let mut id = id_before(chain, &segments[..from], segments[from].first().block)?;
    for segment in &segments[from..end] {
        let ids = computed(segment, id)?;
        let at = (block.min(segment.end().block) - segment.first().block) as usize;
        id = *ids.get(at)?;
    }
    Some(id)
}

/// The ids of all blocks of a ledger, that of no block first: read where they are held, computed elsewhere.
pub(crate) fn all_ids(chain: &str, segments: &[Segment]) -> Option<Vec<Id>> {
    let mut ids = vec![first_id(chain)];
    for segment in segments {
        let before = ids[ids.len() - 1];
        match segment.ids() {
            Some(held) => ids.extend_from_slice(held.range(1..held.len())?),
            None => ids.extend_from_slice(&computed(segment, before)?[1..]),
        }
    }
    Some(ids)
}

/// The ids that a segment's rows tell. Rows that tell none are damage, and the segment remembers.
pub(crate) fn computed(segment: &Segment, before: Id) -> Option<Vec<Id>> {
    let ids = ids_after(&segment.rows(), vec![before]);
    if ids.is_none() {
        segment.report(|| "its rows contradict each other".to_owned());
    }
    ids
}

/// Compares the ids that a segment holds with what its rows tell; gives the last one.
pub(crate) fn check_ids(segment: &Segment, before: Id) -> Result<Id, LedgerError> {
    let told = computed(segment, before);
    segment.check_pages_read()?;
    let told = told.ok_or_else(|| LedgerError::corrupt(segment.path(), "its rows contradict each other"))?;
    if let Some(held) = segment.ids()
        && held.all() != told
    {
        let what = "the ids of its snapshots are not those of its content";
        return Err(LedgerError::corrupt(segment.path(), what));
    }
    Ok(told[told.len() - 1])
}

/// What a block of these rows holds.
struct Span {
    txs: Range<usize>,
    inputs: Range<usize>,
    outputs: Range<usize>,
    addrs: Range<usize>,
    missing: Range<usize>,
    big: Range<usize>,
}

impl Span {
    fn of(rows: &Rows<'_>, at: usize) -> Option<Self> {
        let rel = |number: u32, first: u32| number.checked_sub(first).map(|rel| rel as usize);
        let (block, next) = (rows.blocks.get(at)?, at + 1 < rows.blocks.len());
        let next = if next { Some(rows.blocks.get(at + 1)?) } else { None };
        let from = (rel(block.first_tx, rows.first.tx)?, rel(block.first_addr, rows.first.addr)?);
        let to = match next {
            Some(next) => (rel(next.first_tx, rows.first.tx)?, rel(next.first_addr, rows.first.addr)?),
            None => (rows.txids.len(), rows.scripts.types.len()),
        };
        let inputs = rows.tx_inputs.start(from.0)?..rows.tx_inputs.start(to.0)?;
        let outputs = rows.tx_outputs.start(from.0)?..rows.tx_outputs.start(to.0)?;
        let missing = |end: usize| rows.missing.partition_point(|row| (row.input as usize) < end);
        let big = |end: usize| rows.out_values.big.partition_point(|entry| entry[0] < end as u64);
        Some(Self {
            txs: from.0..to.0,
            addrs: from.1..to.1,
            missing: missing(inputs.start)..missing(inputs.end),
            big: big(outputs.start)..big(outputs.end),
            inputs,
            outputs,
        })
    }
}

/// Digest of all that these rows hold of their block `at`. Numbers are those of the whole ledger, so that the place where
/// segments are cut leaves no trace; columns are little-endian and follow each other, their lengths first.
fn digest(rows: &Rows<'_>, at: usize) -> Option<Id> {
    let (span, block) = (Span::of(rows, at)?, rows.blocks.get(at)?);
    let lengths = [&span.txs, &span.inputs, &span.outputs, &span.addrs, &span.missing, &span.big]
        .map(|range| range.len() as u64);
    let firsts = [
        u64::from(block.first_tx),
        rows.first.input + span.inputs.start as u64,
        rows.first.output + span.outputs.start as u64,
        u64::from(block.first_addr),
    ];
    let mut hasher = Sha256::new()
        .chain_update(BLOCK)
        .chain_update(block.hash)
        .chain_update(block.header)
        .chain_update([block.height, block.size, block.flags].as_bytes())
        .chain_update(firsts.as_bytes())
        .chain_update(lengths.as_bytes())
        .chain_update(rows.txids.range(span.txs.clone())?.as_bytes())
        .chain_update(rows.tx_lock.range(span.txs.clone())?.as_bytes())
        .chain_update(rows.tx_shape.range(span.txs.clone())?.as_bytes());
    for runs in [&rows.tx_inputs, &rows.tx_outputs] {
        let lengths = runs.counts_of(span.txs.clone())?;
        let counts: Option<Vec<u32>> =
            (0..span.txs.len()).map(|tx| lengths.get(tx).map(|count| count as u32)).collect();
        hasher.update(counts?.as_bytes());
    }
    hasher.update(rows.in_prev_lo.range(span.inputs.clone())?.as_bytes());
    hasher.update(rows.in_prev_hi.range(span.inputs.clone())?);
    hasher.update(rows.out_values.lo.range(span.outputs.clone())?.as_bytes());
    hasher.update(rows.out_values.hi.range(span.outputs.clone())?);
    hasher.update(rows.out_addr.range(span.outputs.clone())?.as_bytes());
    for &[out, value] in rows.out_values.big.range(span.big)? {
        hasher.update([out.checked_sub(span.outputs.start as u64)?, value].as_bytes());
    }
    let (types, payloads) = rows.scripts.range(span.addrs)?;
    hasher.update(types);
    hasher.update(payloads);
    for row in rows.missing.range(span.missing)? {
        let input = row.input.checked_sub(u32::try_from(span.inputs.start).ok()?)?;
        hasher.update(MissingRow { input, reserved: 0, ..*row }.as_bytes());
    }
    Some(hasher.finalize().into())
}

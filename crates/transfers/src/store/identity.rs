//! What a snapshot's id covers: of each block all that the store holds of it, and before the first what accounts held.

use sha2::{Digest, Sha256};
use tracehound_segments::{Id, ids_after};
use zerocopy::IntoBytes;

use super::{
    data::{Begun, Place, Rows},
    strings::Strings,
};

const LEDGER: &[u8] = b"tracehound ledger of transfers, 1\n";
const BLOCK: &[u8] = b"tracehound block of transfers, 1\n";

/// The id of a store of a chain before its first block: that of its openings, which number the first accounts and assets, as
/// many as `place` says.
pub(super) fn first_id(chain: &str, begun: Begun, rows: &Rows<'_>, place: Place) -> Option<Id> {
    let mut hasher = Sha256::new()
        .chain_update(LEDGER)
        .chain_update(chain)
        .chain_update(b"\n")
        .chain_update([begun.word()]);
    update_names(&mut hasher, &rows.accounts, 0..place.account as usize)?;
    update_names(&mut hasher, &rows.assets, 0..place.asset as usize)?;
    hasher.update((rows.openings.len() as u64).to_le_bytes());
    for opening in rows.openings.range(0..rows.openings.len())? {
        hasher.update(opening);
    }
    Some(hasher.finalize().into())
}

/// The ids of these rows' snapshots, of which the first are known. `None` when the rows contradict each other.
pub(super) fn ids_of(rows: &Rows<'_>, known: Vec<Id>) -> Option<Vec<Id>> {
    ids_after(known, rows.blocks.len(), |at| digest(rows, at))
}

/// Names of a range: how many, how long each is, and their bytes.
fn update_names(hasher: &mut Sha256, names: &Strings<'_>, range: std::ops::Range<usize>) -> Option<()> {
    hasher.update((range.len() as u64).to_le_bytes());
    update_lengths(hasher, names, range.clone())?;
    hasher.update(names.bytes_of(range)?);
    Some(())
}

fn update_lengths(hasher: &mut Sha256, strings: &Strings<'_>, range: std::ops::Range<usize>) -> Option<()> {
    let counts = strings.lengths.counts_of(range.clone())?;
    let lengths: Option<Vec<u8>> =
        (0..range.len()).map(|at| counts.get(at).and_then(|length| u8::try_from(length).ok())).collect();
    hasher.update(lengths?);
    Some(())
}

/// Digest of all that these rows hold of their block `at`. Numbers are those of the whole store, so that the place where
/// segments are cut leaves no trace; columns are little-endian and follow each other, their lengths first.
fn digest(rows: &Rows<'_>, at: usize) -> Option<Id> {
    let (span, block) = (rows.span(at..at + 1)?, rows.blocks.get(at)?);
    let mut hasher = Sha256::new()
        .chain_update(BLOCK)
        .chain_update(block.as_bytes())
        .chain_update([span.txs.len() as u64, span.transfers.len() as u64].as_bytes())
        .chain_update(rows.hashes.range(span.txs.clone())?.as_bytes());
    let counts = rows.tx_transfers.counts_of(span.txs.clone())?;
    let counts: Option<Vec<u32>> =
        (0..span.txs.len()).map(|tx| counts.get(tx).map(|count| count as u32)).collect();
    hasher.update(counts?.as_bytes());
    hasher.update(rows.from.range(span.transfers.clone())?.as_bytes());
    hasher.update(rows.to.range(span.transfers.clone())?.as_bytes());
    hasher.update(rows.asset.each(span.transfers.clone())?.as_bytes());
    hasher.update(rows.kind.range(span.transfers.clone())?);
    update_lengths(&mut hasher, &rows.amounts, span.transfers.clone())?;
    hasher.update(rows.amounts.bytes_of(span.transfers)?);
    update_names(&mut hasher, &rows.accounts, span.accounts)?;
    update_names(&mut hasher, &rows.assets, span.assets)?;
    Some(hasher.finalize().into())
}

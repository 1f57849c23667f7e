//! One spent cell: the one thing that changes after sealing, and what it says.
//!
//! A cell is 4 bytes an output: 0 unspent, `u32::MAX` unspendable, else the number of the transaction that spent it,
//! with the top bit set where that transaction overwrote it (BIP-30) instead. A cell that names a transaction beyond a
//! reader's snapshot counts as unspent.

use std::sync::atomic::{AtomicU32, Ordering};

/// Content of a spent cell: not spent, and can never be spent.
pub(crate) const UNSPENT: u32 = 0;
pub(crate) const UNSPENDABLE: u32 = u32::MAX;
/// Set in a cell whose output was not spent but destroyed, by a coinbase with the same id. Transactions are numbered
/// below it.
pub(crate) const DESTROYED: u32 = 1 << 31;

/// What a cell says in a snapshot of the first `end_tx` transactions.
#[inline]
pub(crate) fn in_snapshot(cell: u32, end_tx: u32) -> u32 {
    if cell != UNSPENDABLE && cell & !DESTROYED >= end_tx { UNSPENT } else { cell }
}

/// Whether a cell names a transaction that a ledger of `end_tx` transactions does not have.
#[inline]
pub(crate) fn is_beyond(cell: u32, end_tx: u32) -> bool {
    cell != UNSPENDABLE && cell != UNSPENT && cell & !DESTROYED >= end_tx
}

/// The cells of a growing segment, which threads fill side by side.
#[derive(Debug, Default)]
pub(crate) struct GrowingCells(Vec<AtomicU32>);

impl GrowingCells {
    pub(crate) fn push(&mut self, cell: u32) {
        self.0.push(AtomicU32::new(cell));
    }

    pub(crate) fn extend(&mut self, cells: impl Iterator<Item = u32>) {
        self.0.extend(cells.map(AtomicU32::new));
    }

    /// Fails out of bounds, as an index does.
    #[inline]
    pub(crate) fn load(&self, at: usize) -> u32 {
        self.0[at].load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn store(&self, at: usize, cell: u32) {
        self.0[at].store(cell, Ordering::Relaxed);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|cell| cell.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_beyond_a_snapshot_are_unspent_in_it() {
        let gone = |tx: u32| DESTROYED | tx;
        for (cell, seen) in [(9, 9), (10, UNSPENT), (gone(9), gone(9)), (gone(10), UNSPENT)] {
            assert_eq!(in_snapshot(cell, 10), seen);
        }
        assert_eq!(in_snapshot(UNSPENDABLE, 10), UNSPENDABLE);
    }
}

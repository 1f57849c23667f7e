//! What the ledger's files are called, which formats they have, and its writer's two tables.

use std::path::Path;

use tracehound_segments::{Formats, Store, tables::Shards};

/// Formats of a ledger: 1 without a key, 2 with one, 3 with the ids of snapshots too. Others are refused. All are read;
/// what is written is 3.
pub(crate) const FORMAT_UNKEYED: u32 = 1;
pub(crate) const FORMAT_KEYED: u32 = 2;
pub(crate) const FORMAT: u32 = 3;

/// Extension of spent cells.
pub(crate) const CELLS: &str = "spent";

const OWNERS: &str = "owners";
const LIVE: &str = "live";

/// The ledger's files. Spent cells that a repair makes are in the making, and so is whatever appears whole or not at all.
pub(crate) const STORE: Store = Store {
    formats: Formats { oldest: FORMAT_UNKEYED, keyed: FORMAT_KEYED, newest: FORMAT },
    beside: Some(CELLS),
    in_the_making: &["tmp", "cells"],
    tables: &[OWNERS, LIVE],
};

/// The table of owners: three quarters of the budget. `expected` are as good as there.
pub(crate) fn owners(dir: &Path, memory: usize, expected: usize) -> Shards {
    Shards::new(dir, OWNERS, budget(memory, memory / 4 * 3), false, expected)
}

/// The table of live transactions: one quarter of the budget.
pub(crate) fn live(dir: &Path, memory: usize) -> Shards {
    Shards::new(dir, LIVE, budget(memory, memory / 4), true, 0)
}

fn budget(memory: usize, share: usize) -> Option<usize> {
    (memory != usize::MAX).then_some(share)
}

//! What the writer keeps in memory: tables within their budget, and of mapped files no more than it allows.

use tracehound_model::utxo::UtxoBlock;

use super::{Writer, WriterOptions};
use crate::LedgerError;

/// Bytes of memory for each transaction of a segment while it grows and is sealed.
const SEGMENT_TX: usize = 256;
/// Transactions for which a segment always has room.
const LEAST_SEGMENT_TXS: usize = 10_000;
/// Bytes of mapped files that are always kept in memory.
const LEAST_MAPPED: usize = 48 << 20;

impl WriterOptions {
    /// With segments no larger than the memory allows.
    pub(super) fn within_memory(self) -> Self {
        let txs = (self.memory / SEGMENT_TX).max(LEAST_SEGMENT_TXS);
        Self {
            segment_txs: self.segment_txs.min(txs),
            segment_rows: self.segment_rows.min(txs.saturating_mul(8)),
            segment_keys: self.segment_keys.min(txs.saturating_mul(5) / 4),
            ..self
        }
    }
}

impl Writer {
    /// Makes room for a block in both tables: all that can fail of writing them to disk.
    pub(super) fn make_room(&mut self, block: &UtxoBlock) -> Result<(), LedgerError> {
        self.addrs.make_room(block.outputs.len() + block.inputs.len())?;
        self.live.make_room(block.txs.len() + block.inputs.len())
    }

    /// Gives pages of mapped files back when there are more of them than the budget allows. The system keeps them as long
    /// as it has room; without a budget that is its business alone.
    pub(super) fn keep_mapped_small(&self) {
        let most = (self.options.memory / 2).max(LEAST_MAPPED);
        if self.options.memory != usize::MAX && mapped_bytes().is_none_or(|mapped| mapped > most) {
            self.parts.segments.iter().for_each(crate::segment::Segment::release);
            self.live.release();
            self.addrs.release();
        }
    }
}

/// Bytes of files in the process's memory, where the system says so.
fn mapped_bytes() -> Option<usize> {
    let told = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("RssFile:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok().map(|kib: usize| kib << 10)
}

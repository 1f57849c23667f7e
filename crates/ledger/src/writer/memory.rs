//! What the writer keeps in memory: tables within their budget, and segments that fit it.

use super::{Writer, WriterOptions};
use crate::segment::Segment;

/// Bytes of memory for each transaction of a segment while it grows and is sealed.
const SEGMENT_TX: usize = 256;
/// Transactions for which a segment always has room.
const LEAST_SEGMENT_TXS: usize = 10_000;

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
    /// Gives the pages of mapped files back, where there is a budget: once a segment, for they are read again page by page.
    /// The system takes them by itself when it has no other memory left.
    pub(super) fn release_mapped(&self) {
        if self.options.memory != usize::MAX {
            self.parts.segments.iter().for_each(Segment::release);
            self.live.release();
            self.addrs.release();
        }
    }
}

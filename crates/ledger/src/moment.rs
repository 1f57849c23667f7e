//! The ledger as of a moment in the past.

use crate::{
    Ledger, LedgerError,
    data::{BlockRow, First},
};

impl Ledger {
    /// The ledger as it stood at a moment, in seconds since 1970-01-01 UTC.
    ///
    /// **The rule**, for every question "as of": the blocks that count are those before the first one whose own time is
    /// after the moment. A block at the very second counts. Block times do not ascend everywhere, and a block with an
    /// earlier time may build on one with a later time: it does not count then either, because it rests on what had
    /// not happened yet. So what counts is always a chain that ends with one block, and every answer is the one that a
    /// ledger would give whose ingest ended there: later outputs, spends, owners and links do not exist in it.
    ///
    /// O(blocks).
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] when the first block that does not count points outside its segment.
    pub fn as_of(self, moment: i64) -> Result<Self, LedgerError> {
        let late = |row: &BlockRow| i64::from(row.header().time()) > moment;
        let found = self.segments().iter().enumerate().find_map(|(at, segment)| {
            let rel = segment.blocks().all().iter().position(late)?;
            Some((at, rel))
        });
        let Some((at, rel)) = found else { return Ok(self) };
        let block = self.segments()[at].first().block + rel as u32;
        self.cut_before(block)
    }

    /// The ledger of the blocks before this one, which must be one of its own or the first beyond it.
    pub(crate) fn cut_before(mut self, block: u32) -> Result<Self, LedgerError> {
        if block == self.end.block {
            return Ok(self);
        }
        let at = self.segments().partition_point(|segment| segment.end().block <= block);
        let Some(segment) = self.segments().get(at) else { return Ok(self) };
        let (first, rows) = (segment.first(), segment.rows());
        let rel = (block - first.block) as usize;
        let Some(row) = rows.blocks.get(rel) else { return Ok(self) };
        let tx = row.first_tx.checked_sub(first.tx).map(|tx| tx as usize);
        let starts = tx.and_then(|tx| Some((rows.tx_inputs.start(tx)?, rows.tx_outputs.start(tx)?)));
        let (Some((input, output)), Some(_)) = (starts, row.first_addr.checked_sub(first.addr)) else {
            return Err(LedgerError::corrupt(segment.path(), "a block begins outside it"));
        };
        let end = First {
            input: first.input + input as u64,
            output: first.output + output as u64,
            block,
            tx: row.first_tx,
            addr: row.first_addr,
            reserved: 0,
        };
        self.used = if rel == 0 { at } else { at + 1 };
        self.end = end;
        Ok(self)
    }
}

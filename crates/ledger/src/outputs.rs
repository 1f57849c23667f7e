//! Amounts and owners of outputs that lie anywhere in the ledger, for whoever asks for many of them.
//!
//! Such a look-up waits for memory, so what counts is how many of them the processor has under way: here one is a few
//! instructions without a call, where [`Ledger::output_owner`] finds its segment's columns anew each time.

use std::ops::Range;

use tracehound_columns::Slice;

use crate::{
    AddrNum, Ledger, OutNum,
    data::{NO_ADDR, Values},
};

/// The columns of all segments, side by side. Making one costs O(segments); a new one for every few hundred look-ups
/// learns which columns were found right meanwhile and need no more checks.
#[derive(Clone, Debug)]
pub struct OutputColumns<'a> {
    /// Those of the first segment, which holds most outputs: segments merge as they grow.
    first: Columns<'a>,
    others: Vec<Columns<'a>>,
}

/// The columns of one segment.
#[derive(Clone, Debug)]
struct Columns<'a> {
    /// The outputs of the snapshot in it.
    outputs: Range<u64>,
    values: Values<'a>,
    owners: Slice<'a, u32>,
}

impl Ledger {
    /// Amounts and owners of outputs, for many look-ups.
    pub fn output_columns(&self) -> OutputColumns<'_> {
        let mut segments = self.segments().iter().map(|segment| Columns {
            outputs: segment.first().output..segment.end().output.min(self.end.output),
            values: segment.values(),
            owners: segment.owners(),
        });
        let first = segments.next().unwrap_or_else(|| Columns {
            outputs: 0..0,
            values: Values { lo: [][..].into(), hi: [][..].into(), big: [][..].into() },
            owners: [][..].into(),
        });
        OutputColumns { first, others: segments.collect() }
    }
}

#[expect(
    clippy::inline_always,
    reason = "a call costs more than the look-up: measured by `cargo xtask bench`"
)]
impl<'a> OutputColumns<'a> {
    /// As [`Ledger::output_owner`].
    #[inline(always)]
    pub fn owner(&self, out: OutNum) -> Option<AddrNum> {
        let (columns, rel) = self.place(out)?;
        let addr = *columns.owners.get(rel)?;
        (addr != NO_ADDR).then_some(AddrNum(addr))
    }

    /// As [`Ledger::output_value`].
    #[inline(always)]
    pub fn value(&self, out: OutNum) -> Option<u64> {
        let (columns, rel) = self.place(out)?;
        columns.values.get(rel)
    }

    #[inline(always)]
    fn place(&self, OutNum(out): OutNum) -> Option<(&Columns<'a>, usize)> {
        let columns = if self.first.outputs.contains(&out) { &self.first } else { self.search(out)? };
        Some((columns, (out - columns.outputs.start) as usize))
    }

    #[inline(never)]
    fn search(&self, out: u64) -> Option<&Columns<'a>> {
        let at = self.others.partition_point(|columns| columns.outputs.start <= out);
        self.others.get(at.checked_sub(1)?).filter(|columns| columns.outputs.contains(&out))
    }
}

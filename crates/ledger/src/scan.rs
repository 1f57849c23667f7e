//! Everything, in time order or column by column: no look-ups, no search, each byte read once.

use std::ops::{ControlFlow, Range};

use tracehound_columns::{Slice, runs::Counts};
use tracehound_model::{ScriptKey, ScriptType};

use crate::{
    AddrNum, InNum, Ledger, OutNum, Prev, TxNum,
    data::{MissingRow, NO_ADDR, PackedPrev, Values, missing_row, unpack_prev},
    segment::Segment,
    views::missing_view,
};

/// What a scan reads of a segment: checked, and from there on memory like any other.
#[derive(Debug)]
struct Scanned<'a> {
    /// How many inputs and outputs the transactions have.
    counts: [Counts<'a>; 2],
    prev_lo: &'a [u32],
    prev_hi: &'a [u8],
    value_lo: &'a [u32],
    value_hi: &'a [u8],
    owners: &'a [u32],
    /// The columns begin with this input and this output of the segment.
    from: (usize, usize),
    values: Values<'a>,
    missing: Slice<'a, MissingRow>,
}

impl<'a> Scanned<'a> {
    /// The columns of some transactions of a segment. `None` where the file is damaged, or its columns are shorter than
    /// its runs say.
    fn of(segment: &'a Segment, txs: Range<usize>) -> Option<Self> {
        let runs = [segment.tx_inputs(), segment.tx_outputs()];
        let [inputs, outputs] = &runs;
        let inputs = inputs.start(txs.start)?..inputs.start(txs.end)?;
        let outputs = outputs.start(txs.start)?..outputs.start(txs.end)?;
        let [in_counts, out_counts] = runs.map(|runs| runs.counts_of(txs.clone()));
        let (prevs, values) = (segment.prevs(), segment.values());
        Some(Self {
            counts: [in_counts?, out_counts?],
            prev_lo: prevs.0.range(inputs.clone())?,
            prev_hi: prevs.1.range(inputs.clone())?,
            value_lo: values.lo.range(outputs.clone())?,
            value_hi: values.hi.range(outputs.clone())?,
            owners: segment.owners().range(outputs.clone())?,
            from: (inputs.start, outputs.start),
            values,
            missing: segment.missing(),
        })
    }
}

/// A transaction during a scan.
#[derive(Debug)]
pub struct ScanTx<'a> {
    /// Its number.
    pub num: TxNum,
    /// Its first input.
    pub first_input: InNum,
    /// Its first output.
    pub first_output: OutNum,
    columns: Scanned<'a>,
    /// Rows of the columns.
    inputs: (usize, usize),
    outputs: (usize, usize),
}

impl ScanTx<'_> {
    /// Inputs it has.
    #[inline]
    pub fn input_count(&self) -> usize {
        self.inputs.1 - self.inputs.0
    }

    /// Outputs it has.
    #[inline]
    pub fn output_count(&self) -> usize {
        self.outputs.1 - self.outputs.0
    }

    /// What its inputs spend, in order.
    #[inline]
    pub fn prevs(&self) -> impl Iterator<Item = Prev> {
        let (columns, first) = (&self.columns, self.columns.from.0 + self.inputs.0);
        let rows = self.inputs.0..self.inputs.1;
        let hi = columns.prev_hi.get(rows.clone()).unwrap_or_default();
        let lo = columns.prev_lo.get(rows).unwrap_or_default();
        lo.iter().zip(hi).enumerate().map_while(move |(at, (&lo, &hi))| {
            Some(match unpack_prev(lo, hi).0 {
                PackedPrev::Output(out) => Prev::Output(OutNum(out)),
                PackedPrev::Coinbase => Prev::Coinbase,
                PackedPrev::Missing => missing_view(missing_row(columns.missing, first + at)?),
            })
        })
    }

    /// Owner of its outputs, in order.
    #[inline]
    pub fn owners(&self) -> impl Iterator<Item = Option<AddrNum>> {
        let owners = self.columns.owners.get(self.outputs.0..self.outputs.1).unwrap_or_default();
        owners.iter().map(|&addr| (addr != NO_ADDR).then_some(AddrNum(addr)))
    }

    /// Amount in base units and owner of its outputs, in order.
    #[inline]
    pub fn outputs(&self) -> impl Iterator<Item = (u64, Option<AddrNum>)> {
        let (columns, first) = (&self.columns, self.columns.from.1 + self.outputs.0);
        let rows = self.outputs.0..self.outputs.1;
        let lo = columns.value_lo.get(rows.clone()).unwrap_or_default();
        let hi = columns.value_hi.get(rows.clone()).unwrap_or_default();
        let owners = columns.owners.get(rows).unwrap_or_default();
        lo.iter().zip(hi).zip(owners).enumerate().map_while(move |(at, ((&lo, &hi), &addr))| {
            let value = columns.values.read(first + at, lo, hi)?;
            Some((value, (addr != NO_ADDR).then_some(AddrNum(addr))))
        })
    }
}

/// The columns of one segment, for whole-ledger arithmetic.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSlices<'a> {
    /// Low 32 bits of each output's amount.
    pub value_lo: &'a [u32],
    /// Its next 8 bits; all 40 bits set stand for an amount listed in `big`.
    pub value_hi: &'a [u8],
    /// (output of the segment, amount) of the amounts that need more than 40 bits.
    pub big: &'a [[u64; 2]],
    /// Owner of each output; `u32::MAX` for none.
    pub owner: &'a [u32],
    /// Low 32 bits of the output that each input spends.
    pub prev_lo: &'a [u32],
    /// Its high 6 bits, and 2 bits for the sequence field.
    pub prev_hi: &'a [u8],
}

impl ColumnSlices<'_> {
    /// Bytes in the columns.
    pub fn bytes(&self) -> usize {
        self.value_lo.len() * 9 + self.prev_lo.len() * 5
    }
}

impl Ledger {
    /// Hands over the transactions of a range in time order; ends early when told to.
    ///
    /// O(rows of the range). A range that goes beyond the ledger ends with it.
    pub fn scan<'a>(&'a self, range: Range<TxNum>, mut visit: impl FnMut(&ScanTx<'a>) -> ControlFlow<()>) {
        for segment in self.segments() {
            let (first, end) = (segment.first(), segment.end());
            let (from, to) = (range.start.0.max(first.tx), range.end.0.min(end.tx).min(self.end.tx));
            if from >= to {
                continue;
            }
            let txs = (from - first.tx) as usize..(to - first.tx) as usize;
            let Some(columns) = Scanned::of(segment, txs.clone()) else { return };
            let mut tx = ScanTx {
                num: TxNum(from),
                first_input: InNum(first.input + columns.from.0 as u64),
                first_output: OutNum(first.output + columns.from.1 as u64),
                columns,
                inputs: (0, 0),
                outputs: (0, 0),
            };
            for at in 0..txs.len() {
                let [in_counts, out_counts] = &tx.columns.counts;
                let (Some(inputs), Some(outputs)) = (in_counts.get(at), out_counts.get(at)) else { return };
                tx.inputs.1 += inputs;
                tx.outputs.1 += outputs;
                if visit(&tx).is_break() {
                    return;
                }
                tx.num.0 += 1;
                tx.first_input.0 += inputs as u64;
                tx.first_output.0 += outputs as u64;
                (tx.inputs.0, tx.outputs.0) = (tx.inputs.1, tx.outputs.1);
            }
        }
    }

    /// The owners whose scripts are of one of these types, in the order of their numbers. O(owners), one byte each, and a
    /// look-up for each that is given.
    pub fn owners_of_types(&self, types: &[ScriptType]) -> impl Iterator<Item = (AddrNum, ScriptKey)> {
        let wanted: [bool; 256] = std::array::from_fn(|byte| types.iter().any(|&own| own as usize == byte));
        self.segments().iter().flat_map(move |segment| {
            let (rows, first) = (segment.rows(), segment.first().addr);
            let owners = rows.scripts.types.len().min((self.end.addr - first) as usize);
            let kinds = rows.scripts.types.range(0..owners).unwrap_or(&[]).iter().enumerate();
            let found = kinds.filter(move |&(_, &kind)| wanted[usize::from(kind)]);
            found.filter_map(move |(rel, _)| Some((AddrNum(first + rel as u32), rows.scripts.key(rel)?)))
        })
    }

    /// The columns of outputs and inputs, segment by segment.
    pub fn columns(&self) -> impl Iterator<Item = ColumnSlices<'_>> {
        self.segments().iter().map(|segment| {
            let (rows, first) = (segment.rows(), segment.first());
            let outputs = 0..rows.out_addr.len().min((self.end.output - first.output) as usize);
            let inputs = 0..rows.in_prev_lo.len().min((self.end.input - first.input) as usize);
            ColumnSlices {
                value_lo: rows.out_values.lo.range(outputs.clone()).unwrap_or(&[]),
                value_hi: rows.out_values.hi.range(outputs.clone()).unwrap_or(&[]),
                big: rows.out_values.big.all(),
                owner: rows.out_addr.range(outputs).unwrap_or(&[]),
                prev_lo: rows.in_prev_lo.range(inputs.clone()).unwrap_or(&[]),
                prev_hi: rows.in_prev_hi.range(inputs).unwrap_or(&[]),
            }
        })
    }
}

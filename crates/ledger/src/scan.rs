//! Everything, in time order or column by column: no look-ups, no search, each byte read once.

use std::ops::{ControlFlow, Range};

use tracehound_model::{ScriptKey, ScriptType};

use crate::{
    AddrNum, InNum, Ledger, OutNum, Prev, TxNum,
    data::{NO_ADDR, PackedPrev, Rows},
    views::missing_view,
};

/// A transaction during a scan.
#[derive(Clone, Copy, Debug)]
pub struct ScanTx<'a> {
    /// Its number.
    pub num: TxNum,
    /// Its first input.
    pub first_input: InNum,
    /// Its first output.
    pub first_output: OutNum,
    rows: &'a Rows<'a>,
    /// Rows of the segment.
    inputs: (usize, usize),
    outputs: (usize, usize),
}

impl ScanTx<'_> {
    /// Inputs it has.
    pub fn input_count(&self) -> usize {
        self.inputs.1 - self.inputs.0
    }

    /// Outputs it has.
    pub fn output_count(&self) -> usize {
        self.outputs.1 - self.outputs.0
    }

    /// What its inputs spend, in order.
    pub fn prevs(&self) -> impl Iterator<Item = Prev> {
        (self.inputs.0..self.inputs.1).map_while(|rel| {
            Some(match self.rows.prev(rel)?.0 {
                PackedPrev::Output(out) => Prev::Output(OutNum(out)),
                PackedPrev::Coinbase => Prev::Coinbase,
                PackedPrev::Missing => missing_view(self.rows.missing_of(rel)?),
            })
        })
    }

    /// Amount in base units and owner of its outputs, in order.
    pub fn outputs(&self) -> impl Iterator<Item = (u64, Option<AddrNum>)> {
        (self.outputs.0..self.outputs.1).map_while(|rel| {
            let addr = *self.rows.out_addr.get(rel)?;
            Some((self.rows.value(rel)?, (addr != NO_ADDR).then_some(AddrNum(addr))))
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
    pub fn scan(&self, range: Range<TxNum>, mut visit: impl FnMut(&ScanTx<'_>) -> ControlFlow<()>) {
        for segment in self.segments() {
            let (first, end) = (segment.first(), segment.end());
            let (from, to) = (range.start.0.max(first.tx), range.end.0.min(end.tx).min(self.end.tx));
            if from >= to {
                continue;
            }
            let start = (from - first.tx) as usize;
            let Some(rows) = segment.rows().settled(start..(to - first.tx) as usize) else { return };
            let (Some(input), Some(output)) = (rows.tx_inputs.start(start), rows.tx_outputs.start(start))
            else {
                return;
            };
            let (mut input, mut output) = (input, output);
            for rel in start..(to - first.tx) as usize {
                let (Some(inputs), Some(outputs)) = (rows.tx_inputs.count(rel), rows.tx_outputs.count(rel))
                else {
                    return;
                };
                let tx = ScanTx {
                    num: TxNum(first.tx + rel as u32),
                    first_input: InNum(first.input + input as u64),
                    first_output: OutNum(first.output + output as u64),
                    rows: &rows,
                    inputs: (input, input + inputs),
                    outputs: (output, output + outputs),
                };
                if visit(&tx).is_break() {
                    return;
                }
                input += inputs;
                output += outputs;
            }
        }
    }

    /// The owners whose scripts are of one of these types, in the order of their numbers. O(owners), one byte each, and a
    /// look-up for each that is given.
    pub fn owners_of_types(&self, types: &[ScriptType]) -> impl Iterator<Item = (AddrNum, ScriptKey)> {
        let wanted: [bool; 256] = std::array::from_fn(|byte| types.iter().any(|&own| own as usize == byte));
        self.segments().iter().flat_map(move |segment| {
            let (rows, first) = (segment.rows(), segment.first().addr);
            let owners = rows.addr_type.len().min((self.end.addr - first) as usize);
            let kinds = rows.addr_type.range(0..owners).unwrap_or(&[]).iter().enumerate();
            let found = kinds.filter(move |&(_, &kind)| wanted[usize::from(kind)]);
            found.filter_map(move |(rel, _)| Some((AddrNum(first + rel as u32), rows.script_key(rel)?)))
        })
    }

    /// The columns of outputs and inputs, segment by segment.
    pub fn columns(&self) -> impl Iterator<Item = ColumnSlices<'_>> {
        self.segments().iter().map(|segment| {
            let (rows, first) = (segment.rows(), segment.first());
            let outputs = 0..rows.out_addr.len().min((self.end.output - first.output) as usize);
            let inputs = 0..rows.in_prev_lo.len().min((self.end.input - first.input) as usize);
            ColumnSlices {
                value_lo: rows.out_value_lo.range(outputs.clone()).unwrap_or(&[]),
                value_hi: rows.out_value_hi.range(outputs.clone()).unwrap_or(&[]),
                big: rows.out_big.all(),
                owner: rows.out_addr.range(outputs).unwrap_or(&[]),
                prev_lo: rows.in_prev_lo.range(inputs.clone()).unwrap_or(&[]),
                prev_hi: rows.in_prev_hi.range(inputs).unwrap_or(&[]),
            }
        })
    }
}

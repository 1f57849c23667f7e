//! Transactions that lie anywhere in the ledger, read together.
//!
//! A ledger is larger than the processor's caches, so a transaction read by itself waits for memory some twenty times,
//! one wait behind the other. Here every column is read for all transactions of the batch before the next one is, in
//! loops whose rounds do not depend on each other, and the processor waits for many at once.

use std::ops::Range;

use crate::{AddrNum, OutNum, OutputLookup, OutputView, Prev, TxNum, TxSpan, UtxoRows};

/// What an input spends, with its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpentOutput {
    /// The output; `None` when it is not in the ledger, and for a coinbase.
    pub out: Option<OutNum>,
    /// Its amount in base units, where known.
    pub value: Option<u64>,
    /// The owner of an output outside the ledger, where known. That of one inside is not read here.
    pub missing_owner: Option<AddrNum>,
    /// Whether these are new coins.
    pub coinbase: bool,
}

/// A transaction of a batch.
#[derive(Clone, Copy, Debug)]
pub struct TxRows<'a> {
    /// The transaction.
    pub tx: TxSpan,
    /// What it spends, in order.
    pub inputs: &'a [SpentOutput],
    /// Its outputs, in order, their spenders as [`UtxoRows::outputs_hinted`] gives them.
    pub outputs: &'a [OutputView],
}

/// Space for a batch, used again for the next one.
#[derive(Clone, Debug, Default)]
pub struct TxBatch {
    txs: Vec<Option<Place>>,
    inputs: Vec<SpentOutput>,
    outputs: Vec<OutputView>,
}

/// Where a transaction's rows are in the batch.
#[derive(Clone, Debug)]
struct Place {
    tx: TxSpan,
    inputs: Range<usize>,
    outputs: Range<usize>,
}

impl TxBatch {
    /// Reads these transactions in place of those before. O(their rows).
    pub fn read(&mut self, rows: &impl UtxoRows, txs: impl IntoIterator<Item = TxNum>) {
        self.txs.clear();
        self.inputs.clear();
        self.outputs.clear();
        let place = |tx| Place { tx, inputs: 0..0, outputs: 0..0 };
        self.txs.extend(txs.into_iter().map(|num| rows.span(num).map(place)));
        for place in self.txs.iter_mut().flatten() {
            let from = self.inputs.len();
            self.inputs.reserve(place.tx.input_count as usize);
            self.inputs.extend(rows.inputs(place.tx).map(|input| match input.prev {
                Prev::Output(out) => {
                    SpentOutput { out: Some(out), value: None, missing_owner: None, coinbase: false }
                }
                Prev::Missing { value, owner, .. } => {
                    SpentOutput { out: None, value, missing_owner: owner, coinbase: false }
                }
                Prev::Coinbase => {
                    SpentOutput { out: None, value: Some(0), missing_owner: None, coinbase: true }
                }
            }));
            place.inputs = from..self.inputs.len();
        }
        let columns = rows.output_lookup();
        for input in &mut self.inputs {
            if let Some(out) = input.out {
                input.value = columns.value(out);
            }
        }
        for place in self.txs.iter_mut().flatten() {
            let from = self.outputs.len();
            self.outputs.reserve(place.tx.output_count as usize);
            self.outputs.extend(rows.outputs_hinted(place.tx));
            place.outputs = from..self.outputs.len();
        }
    }

    /// The transaction at this place of the batch; `None` when the ledger does not hold it.
    pub fn get(&self, at: usize) -> Option<TxRows<'_>> {
        let place = self.txs.get(at)?.as_ref()?;
        Some(TxRows {
            tx: place.tx,
            inputs: &self.inputs[place.inputs.clone()],
            outputs: &self.outputs[place.outputs.clone()],
        })
    }
}

//! The rows, and the one trait by which analyses ask for them.
//!
//! [`Ledger`](crate::Ledger) is one answer to it. Whatever else holds rows of a UTXO chain is another: a ledger with the
//! transactions that wait in a node's memory, a case of a few addresses, another store.

mod ledger;

use std::ops::{ControlFlow, Range};

use tracehound_model::{ScriptKey, ScriptType};

use crate::{
    AddrNum, AddressActivity, BlockNum, BlockView, InNum, InputView, OutNum, OutputView, Prev, TxNum, TxSpan,
    TxView,
};

/// How many rows there are: every number is below its count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Blocks.
    pub blocks: u32,
    /// Transactions.
    pub txs: u32,
    /// Distinct owners.
    pub addresses: u32,
}

/// Rows of a UTXO chain as of one moment. They do not change while they are asked, and threads may ask at once.
///
/// A transaction's number is its place in time: what it spends has a lower one. Numbers of outputs, of inputs and of
/// owners ascend with the transactions that hold them first.
///
/// What has no body here is what a store must answer. The rest follows from it, and a store that knows a shorter way says so.
pub trait UtxoRows: Sync {
    /// A transaction during a scan.
    type Scanned<'a>: ScannedTx
    where
        Self: 'a;
    /// Amounts and owners of outputs, for many look-ups.
    type Outputs<'a>: OutputLookup
    where
        Self: 'a;

    /// CAIP-2 id of the chain.
    fn chain(&self) -> &str;
    /// Identity of the snapshot, as text.
    fn snapshot_id(&self) -> String;
    /// How many rows there are. O(1).
    fn counts(&self) -> RowCounts;
    /// Whether blocks are missing between the last block and the first that does not count: some of them may have come
    /// before the moment.
    fn missing_behind(&self) -> bool;
    /// A block.
    fn block(&self, num: BlockNum) -> Option<BlockView>;
    /// A transaction.
    fn tx(&self, num: TxNum) -> Option<TxView>;
    /// The inputs of a transaction, in order.
    fn inputs(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = InputView>;
    /// The outputs of a transaction, in order.
    fn outputs(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = OutputView>;
    /// An output.
    fn output(&self, out: OutNum) -> Option<OutputView>;
    /// The outputs that a coinbase destroyed because it has the id of an earlier one (BIP-30), and which nobody had spent.
    fn destroyed_by(&self, coinbase: TxNum) -> Vec<OutputView>;
    /// Outputs an owner received and inputs that spent its outputs from outside, at most `limit` of each, oldest first;
    /// the flag says whether there were more.
    fn activity(&self, owner: AddrNum, limit: usize) -> (AddressActivity, bool);
    /// The script of an owner.
    fn script_key(&self, owner: AddrNum) -> Option<ScriptKey>;
    /// The number of an owner.
    fn find_address(&self, key: &ScriptKey) -> Option<AddrNum>;
    /// Hands over the transactions of a range in time order; ends early when told to, and where the rows end. Without a
    /// shorter way: [`scan_by_number`].
    fn scan<'a>(&'a self, range: Range<TxNum>, visit: impl FnMut(&Self::Scanned<'a>) -> ControlFlow<()>);
    /// Amounts and owners of outputs, for many look-ups. Without a shorter way: the rows themselves.
    fn output_lookup(&self) -> Self::Outputs<'_>;

    /// The first block.
    fn first_block(&self) -> Option<BlockView> {
        self.block(BlockNum(0))
    }

    /// The last block.
    fn tip(&self) -> Option<BlockView> {
        self.counts().blocks.checked_sub(1).and_then(|last| self.block(BlockNum(last)))
    }

    /// Places where a block does not continue the one before it. O(blocks).
    fn missing_ranges(&self) -> u32 {
        let blocks = (0..self.counts().blocks).map(BlockNum);
        blocks.filter_map(|num| self.block(num)).map(|block| u32::from(block.after_missing_range)).sum()
    }

    /// The block that holds a transaction. O(log blocks).
    fn block_of(&self, tx: TxNum) -> Option<BlockView> {
        let counts = self.counts();
        let begun = |num| self.block(BlockNum(num)).is_some_and(|block| block.first_tx <= tx);
        let num = first_not(counts.blocks, begun).checked_sub(1)?;
        self.block(BlockNum(num)).filter(|_| tx.0 < counts.txs)
    }

    /// Where a transaction's rows are, without what else is known of it.
    fn span(&self, tx: TxNum) -> Option<TxSpan> {
        self.tx(tx).map(|tx| TxSpan::from(&tx))
    }

    /// The outputs of a transaction, in order, with spenders that are hints: whoever follows one must look among that
    /// transaction's inputs.
    fn outputs_hinted(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = OutputView> {
        self.outputs(tx)
    }

    /// Amount and owner of the outputs of a transaction, in order, without a look at who spent them.
    fn amounts(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = (u64, Option<AddrNum>)> {
        self.outputs(tx).map(|output| (output.value, output.owner))
    }

    /// The transaction that created an output, and the output's position in it. O(log transactions).
    fn tx_of_output(&self, out: OutNum) -> Option<(TxNum, u32)> {
        let span = last_span(self, |span| span.first_output <= out)?;
        let at = u32::try_from(out.0 - span.first_output.0).ok()?;
        (at < span.output_count).then_some((span.num, at))
    }

    /// The transaction an input belongs to. O(log transactions).
    fn tx_of_input(&self, input: InNum) -> Option<TxNum> {
        let span = last_span(self, |span| span.first_input <= input)?;
        (input.0 - span.first_input.0 < u64::from(span.input_count)).then_some(span.num)
    }

    /// Amount of an output in base units.
    fn output_value(&self, out: OutNum) -> Option<u64> {
        self.output(out).map(|output| output.value)
    }

    /// Owner of an output.
    fn output_owner(&self, out: OutNum) -> Option<AddrNum> {
        self.output(out)?.owner
    }

    /// Amount of what an input spends, where known.
    fn input_value(&self, input: &InputView) -> Option<u64> {
        match input.prev {
            Prev::Output(out) => self.output_value(out),
            Prev::Missing { value, .. } => value,
            Prev::Coinbase => None,
        }
    }

    /// Owner of what an input spends, where known.
    fn input_owner(&self, input: &InputView) -> Option<AddrNum> {
        match input.prev {
            Prev::Output(out) => self.output_owner(out),
            Prev::Missing { owner, .. } => owner,
            Prev::Coinbase => None,
        }
    }

    /// The kind of an owner's script.
    fn script_type(&self, owner: AddrNum) -> Option<ScriptType> {
        self.script_key(owner).map(|key| key.script_type())
    }
}

/// The last transaction whose rows begin where `begun` says.
fn last_span<R: UtxoRows + ?Sized>(rows: &R, begun: impl Fn(&TxSpan) -> bool) -> Option<TxSpan> {
    let after = first_not(rows.counts().txs, |num| rows.span(TxNum(num)).is_some_and(|span| begun(&span)));
    rows.span(TxNum(after.checked_sub(1)?))
}

/// The first number below `end` for which `holds` does not, where it holds for all before it; else `end`.
fn first_not(end: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut from, mut to) = (0, end);
    while from < to {
        let middle = from + (to - from) / 2;
        if holds(middle) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    from
}

/// A transaction during a scan.
pub trait ScannedTx {
    /// Its number.
    fn num(&self) -> TxNum;
    /// Its first output.
    fn first_output(&self) -> OutNum;
    /// Inputs it has.
    fn input_count(&self) -> usize;
    /// Outputs it has.
    fn output_count(&self) -> usize;
    /// What its inputs spend, in order.
    fn prevs(&self) -> impl Iterator<Item = Prev>;
    /// Owner of its outputs, in order.
    fn owners(&self) -> impl Iterator<Item = Option<AddrNum>>;
    /// Amount in base units and owner of its outputs, in order.
    fn outputs(&self) -> impl Iterator<Item = (u64, Option<AddrNum>)>;
}

/// Amounts and owners of outputs that lie anywhere.
pub trait OutputLookup {
    /// As [`UtxoRows::output_owner`].
    fn owner(&self, out: OutNum) -> Option<AddrNum>;
    /// As [`UtxoRows::output_value`].
    fn value(&self, out: OutNum) -> Option<u64>;
}

/// Rows without columns of their own look every output up by itself.
impl<R: UtxoRows> OutputLookup for &R {
    fn owner(&self, out: OutNum) -> Option<AddrNum> {
        self.output_owner(out)
    }

    fn value(&self, out: OutNum) -> Option<u64> {
        self.output_value(out)
    }
}

/// A transaction during a scan of rows that are found by number alone.
#[derive(Clone, Copy, Debug)]
pub struct TxByNumber<'a, R> {
    rows: &'a R,
    span: TxSpan,
}

impl<R: UtxoRows> ScannedTx for TxByNumber<'_, R> {
    fn num(&self) -> TxNum {
        self.span.num
    }

    fn first_output(&self) -> OutNum {
        self.span.first_output
    }

    fn input_count(&self) -> usize {
        self.span.input_count as usize
    }

    fn output_count(&self) -> usize {
        self.span.output_count as usize
    }

    fn prevs(&self) -> impl Iterator<Item = Prev> {
        self.rows.inputs(self.span).map(|input| input.prev)
    }

    fn owners(&self) -> impl Iterator<Item = Option<AddrNum>> {
        self.outputs().map(|(_, owner)| owner)
    }

    fn outputs(&self) -> impl Iterator<Item = (u64, Option<AddrNum>)> {
        self.rows.amounts(self.span)
    }
}

/// [`UtxoRows::scan`] for rows that are found by number alone.
pub fn scan_by_number<'a, R: UtxoRows>(
    rows: &'a R,
    range: Range<TxNum>,
    mut visit: impl FnMut(&TxByNumber<'a, R>) -> ControlFlow<()>,
) {
    let end = range.end.0.min(rows.counts().txs);
    for span in (range.start.0..end).map_while(|num| rows.span(TxNum(num))) {
        if visit(&TxByNumber { rows, span }).is_break() {
            return;
        }
    }
}

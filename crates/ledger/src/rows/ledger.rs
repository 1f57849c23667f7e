//! A ledger's rows: each answered as the ledger answers it, the shorter way where it has one.

use std::ops::{ControlFlow, Range};

use tracehound_model::{ScriptKey, ScriptType};

use super::{OutputLookup, RowCounts, ScannedTx, UtxoRows};
use crate::{
    AddrNum, AddressActivity, BlockNum, BlockView, InNum, InputView, Ledger, OutNum, OutputColumns,
    OutputView, Prev, ScanTx, TxNum, TxSpan, TxView,
};

impl UtxoRows for Ledger {
    type Scanned<'a> = ScanTx<'a>;
    type Outputs<'a> = OutputColumns<'a>;

    fn chain(&self) -> &str {
        Ledger::chain(self)
    }

    fn snapshot_id(&self) -> String {
        Ledger::snapshot_id(self)
    }

    fn counts(&self) -> RowCounts {
        RowCounts { blocks: self.end.block, txs: self.end.tx, addresses: self.end.addr }
    }

    fn missing_behind(&self) -> bool {
        Ledger::missing_behind(self)
    }

    fn block(&self, num: BlockNum) -> Option<BlockView> {
        Ledger::block(self, num)
    }

    fn tx(&self, num: TxNum) -> Option<TxView> {
        Ledger::tx(self, num)
    }

    #[inline]
    fn inputs(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = InputView> {
        Ledger::inputs(self, tx)
    }

    #[inline]
    fn outputs(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = OutputView> {
        Ledger::outputs(self, tx)
    }

    fn output(&self, out: OutNum) -> Option<OutputView> {
        Ledger::output(self, out)
    }

    fn destroyed_by(&self, coinbase: TxNum) -> Vec<OutputView> {
        Ledger::destroyed_by(self, coinbase)
    }

    fn activity(&self, owner: AddrNum, limit: usize) -> (AddressActivity, bool) {
        Ledger::activity(self, owner, limit)
    }

    fn script_key(&self, owner: AddrNum) -> Option<ScriptKey> {
        Ledger::script_key(self, owner)
    }

    fn find_address(&self, key: &ScriptKey) -> Option<AddrNum> {
        Ledger::find_address(self, key)
    }

    #[inline]
    fn scan<'a>(&'a self, range: Range<TxNum>, visit: impl FnMut(&ScanTx<'a>) -> ControlFlow<()>) {
        Ledger::scan(self, range, visit);
    }

    fn output_lookup(&self) -> OutputColumns<'_> {
        self.output_columns()
    }

    fn block_of(&self, tx: TxNum) -> Option<BlockView> {
        Ledger::block_of(self, tx)
    }

    fn span(&self, tx: TxNum) -> Option<TxSpan> {
        Ledger::span(self, tx)
    }

    #[inline]
    fn outputs_hinted(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = OutputView> {
        Ledger::outputs_hinted(self, tx)
    }

    #[inline]
    fn amounts(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = (u64, Option<AddrNum>)> {
        Ledger::amounts(self, tx)
    }

    fn tx_of_output(&self, out: OutNum) -> Option<(TxNum, u32)> {
        Ledger::tx_of_output(self, out)
    }

    fn tx_of_input(&self, input: InNum) -> Option<TxNum> {
        Ledger::tx_of_input(self, input)
    }

    fn output_value(&self, out: OutNum) -> Option<u64> {
        Ledger::output_value(self, out)
    }

    fn output_owner(&self, out: OutNum) -> Option<AddrNum> {
        Ledger::output_owner(self, out)
    }

    fn script_type(&self, owner: AddrNum) -> Option<ScriptType> {
        Ledger::script_type(self, owner)
    }
}

#[expect(
    clippy::inline_always,
    reason = "a call costs more than the look-up: measured by `cargo xtask bench`"
)]
impl OutputLookup for OutputColumns<'_> {
    #[inline(always)]
    fn owner(&self, out: OutNum) -> Option<AddrNum> {
        OutputColumns::owner(self, out)
    }

    #[inline(always)]
    fn value(&self, out: OutNum) -> Option<u64> {
        OutputColumns::value(self, out)
    }
}

impl ScannedTx for ScanTx<'_> {
    #[inline]
    fn num(&self) -> TxNum {
        self.num
    }

    #[inline]
    fn first_output(&self) -> OutNum {
        self.first_output
    }

    #[inline]
    fn input_count(&self) -> usize {
        ScanTx::input_count(self)
    }

    #[inline]
    fn output_count(&self) -> usize {
        ScanTx::output_count(self)
    }

    #[inline]
    fn prevs(&self) -> impl Iterator<Item = Prev> {
        ScanTx::prevs(self)
    }

    #[inline]
    fn owners(&self) -> impl Iterator<Item = Option<AddrNum>> {
        ScanTx::owners(self)
    }

    #[inline]
    fn outputs(&self) -> impl Iterator<Item = (u64, Option<AddrNum>)> {
        ScanTx::outputs(self)
    }
}

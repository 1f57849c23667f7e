//! Fees: booked, or followed into the coinbase of their block.

use tracehound_ledger::{BlockNum, OutputView, Prev, TxNum, TxView, UtxoRows};

use super::{
    super::{Holding, Lot, divide::divide_pool, queue::Distance},
    Propagator, StopReason,
};

impl<R: UtxoRows> Propagator<'_, R> {
    /// Books a fee, or keeps it for the coinbase of its block.
    pub(super) fn send_fee(&mut self, tx: TxNum, fee: Holding, far: Distance) {
        let onward = self.options.limits.through_fees && !fee.is_clean();
        let Some(block) = onward.then(|| self.ledger.block_of(tx)).flatten() else {
            self.book_fee(&fee);
            return;
        };
        let next = self.ledger.block(BlockNum(block.num.0 + 1));
        let last = next.map_or(self.ledger.counts().txs, |next| next.first_tx.0) - 1;
        self.fees.entry(TxNum(last)).or_default().push((tx, fee, far));
    }

    /// Pays the miner of the earliest block with dirty fees, if it ended before `tx`; says whether it did.
    pub(super) fn pay_a_miner_before(&mut self, tx: Option<TxNum>) -> bool {
        match self.fees.first_entry() {
            Some(entry) if tx.is_none_or(|tx| *entry.key() < tx) => {
                let (last, dirty) = entry.remove_entry();
                self.pay_the_miner(last, dirty);
                true
            }
            _ => false,
        }
    }

    /// Divides the subsidy and the block's fees among the coinbase's outputs. O(rows of the block).
    fn pay_the_miner(&mut self, last: TxNum, dirty: Vec<(TxNum, Holding, Distance)>) {
        let Some(block) = self.ledger.block_of(last) else { return };
        let near = dirty.iter().map(|(_, _, far)| *far).reduce(Distance::least).unwrap_or_default();
        let far = near.next(false);
        let mints = |tx: &TxView| self.ledger.inputs(tx).any(|input| input.prev == Prev::Coinbase);
        let coinbase = self.ledger.tx(block.first_tx).filter(mints);
        let fees = self.fees_of(block.first_tx, last, &dirty);
        let (Some(coinbase), Some(fees)) = (coinbase, fees) else {
            // Amounts of other transactions of the block are missing: what the miner got cannot be laid out.
            for (tx, fee, far) in dirty {
                self.end(None, None, fee, far.hop(), StopReason::UnknownInputs(tx));
            }
            return;
        };
        let outputs: Vec<OutputView> = self.ledger.outputs_hinted(&coinbase).collect();
        let values: Vec<u128> = outputs.iter().map(|output| output.value.into()).collect();
        let paid: u128 = values.iter().sum();
        let mut pool = Holding::clean(paid.saturating_sub(fees.value()));
        pool.append(&fees);
        let Ok(division) = divide_pool(self.options.method, &pool, &values) else { return };
        // What the miner did not claim is lost, as a fee is.
        self.book_fee(&division.rest);
        let first = self.found.pieces.len();
        let fee = division.rest.dirty_all();
        for (output, holding) in outputs.iter().zip(division.outputs) {
            self.pass_on(output, holding, far);
        }
        self.book_step(coinbase.num, far.hop(), fee, None, (first, first));
    }

    /// The fees of a block's transactions in order, dirty ones as they are; `None` when some are not known.
    fn fees_of(&self, first: TxNum, last: TxNum, dirty: &[(TxNum, Holding, Distance)]) -> Option<Holding> {
        let mut fees = Holding::default();
        for num in first.0 + 1..=last.0 {
            if let Some((_, fee, _)) = dirty.iter().find(|(tx, ..)| tx.0 == num) {
                fees.append(fee);
                continue;
            }
            let tx = self.ledger.tx(TxNum(num))?;
            let amounts =
                self.ledger.inputs(&tx).map(|input| self.ledger.input_value(&input).map(u128::from));
            let paid_in: u128 = amounts.sum::<Option<u128>>()?;
            let paid_out: u128 = self.ledger.outputs_hinted(&tx).map(|output| u128::from(output.value)).sum();
            fees.push(Lot { amount: paid_in.saturating_sub(paid_out), label: None });
        }
        Some(fees)
    }

    fn book_fee(&mut self, fee: &Holding) {
        for (label, amount) in fee.by_label() {
            self.found.totals.entry(label).or_default().fees += amount;
        }
    }
}

//! A ledger with blocks on top of it that it has not taken in: the rows that a mempool would add.

use std::{
    collections::{BTreeMap, HashMap},
    ops::{ControlFlow, Range},
};

use tracehound_ledger::{
    AddrNum, AddressActivity, BlockNum, BlockView, InNum, InputView, Ledger, OutNum, OutputView, Prev,
    RowCounts, SequenceClass, TxByNumber, TxNum, TxSpan, TxView, UtxoRows, scan_by_number,
};
use tracehound_model::{
    BlockHash, OutPoint, ScriptKey, ScriptType,
    utxo::{InputRow, OutputRow, UtxoBlock},
};

/// The numbers of what is on top go on where those of the ledger end.
pub(super) struct Overlay<'a> {
    base: &'a Ledger,
    /// Where the ledger ends.
    counts: RowCounts,
    first_input: u64,
    first_output: u64,
    blocks: Vec<BlockView>,
    txs: Vec<TxView>,
    inputs: Vec<InputView>,
    outputs: Vec<OutputView>,
    owners: Vec<ScriptKey>,
    by_key: HashMap<ScriptKey, AddrNum>,
    by_outpoint: HashMap<OutPoint, OutNum>,
    /// Outputs of the ledger that are spent or destroyed on top of it.
    spent: HashMap<OutNum, TxNum>,
    destroyed: BTreeMap<OutNum, TxNum>,
    activity: BTreeMap<AddrNum, AddressActivity>,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(base: &'a Ledger, blocks: &[UtxoBlock]) -> Self {
        let info = base.info();
        let mut overlay = Self {
            base,
            counts: base.counts(),
            first_input: info.inputs,
            first_output: info.outputs,
            blocks: Vec::new(),
            txs: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            owners: Vec::new(),
            by_key: HashMap::new(),
            by_outpoint: HashMap::new(),
            spent: HashMap::new(),
            destroyed: BTreeMap::new(),
            activity: BTreeMap::new(),
        };
        for block in blocks {
            overlay.add(block);
        }
        overlay
    }

    /// A block's outputs come first and what they take the place of, then what its inputs spend, as in the ledger.
    fn add(&mut self, block: &UtxoBlock) {
        let tip = self.tip();
        let prev = block.header.prev();
        let after = tip.map_or(BlockHash::default(), |tip| tip.hash);
        self.blocks.push(BlockView {
            num: BlockNum(self.counts().blocks),
            hash: block.hash,
            header: block.header,
            height: block.height,
            size: block.size,
            first_tx: TxNum(self.counts().txs),
            after_missing_range: tip.is_some() && prev != after,
        });
        let first_tx = self.txs.len();
        for (tx, inputs, outputs) in block.transactions() {
            let num = TxNum(self.counts().txs);
            let view = TxView {
                num,
                txid: tx.txid,
                first_input: InNum(self.first_input + self.inputs.len() as u64),
                input_count: tx.input_count,
                first_output: OutNum(self.first_output + self.outputs.len() as u64),
                output_count: tx.output_count,
                lock_time: tx.lock_time,
                weight: tx.weight,
                version: u32::try_from(tx.version).ok().filter(|&version| version < 1_023),
            };
            if inputs.iter().all(InputRow::is_coinbase) {
                self.destroy(&view);
            }
            for (vout, row) in (0..).zip(outputs) {
                self.add_output(block, row, OutPoint { txid: tx.txid, vout });
            }
            // Placeholders: what they spend is looked up once all outputs of the block are there.
            let blank = InputView { num: InNum(0), prev: Prev::Coinbase, sequence: SequenceClass::Final };
            self.inputs.extend(inputs.iter().map(|_| blank));
            self.txs.push(view);
        }
        for (at, (_, inputs, _)) in block.transactions().enumerate() {
            let tx = self.txs[first_tx + at];
            for (num, row) in (tx.first_input.0..).zip(inputs) {
                let prev = self.spend(block, row, tx.num, InNum(num));
                let sequence = match row.sequence {
                    u32::MAX => SequenceClass::Final,
                    0xffff_fffe => SequenceClass::LockTime,
                    0xffff_fffd => SequenceClass::Replaceable,
                    _ => SequenceClass::Other,
                };
                self.inputs[(num - self.first_input) as usize] =
                    InputView { num: InNum(num), prev, sequence };
            }
        }
    }

    fn add_output(&mut self, block: &UtxoBlock, row: &OutputRow, outpoint: OutPoint) {
        let num = OutNum(self.first_output + self.outputs.len() as u64);
        let owner = self.number(block, row);
        if let Some(owner) = owner {
            self.activity.entry(owner).or_default().received.push(num);
        }
        self.by_outpoint.insert(outpoint, num);
        self.outputs.push(OutputView { num, value: row.value, owner, spent_by: None, destroyed_by: None });
    }

    fn number(&mut self, block: &UtxoBlock, row: &OutputRow) -> Option<AddrNum> {
        if row.script_type == ScriptType::OpReturn {
            return None;
        }
        let key = ScriptKey::new(row.script_type, block.payload(row)).expect("right length");
        Some(self.find_address(&key).unwrap_or_else(|| {
            let num = AddrNum(self.counts().addresses);
            self.owners.push(key);
            self.by_key.insert(key, num);
            num
        }))
    }

    /// BIP-30: an earlier coinbase of the same id loses what nobody spent.
    fn destroy(&mut self, coinbase: &TxView) {
        for vout in 0.. {
            let Some(out) = self.find_output(OutPoint { txid: coinbase.txid, vout }) else { return };
            let lives = |output: OutputView| output.owner.is_some() && output.spent_by.is_none();
            if self.output(out).is_some_and(lives) {
                match self.own_output(out) {
                    Some(output) => output.destroyed_by = Some(coinbase.num),
                    None => _ = self.destroyed.insert(out, coinbase.num),
                }
            }
        }
    }

    fn spend(&mut self, block: &UtxoBlock, row: &InputRow, by: TxNum, input: InNum) -> Prev {
        if row.is_coinbase() {
            return Prev::Coinbase;
        }
        let outpoint = OutPoint { txid: row.prev_txid, vout: row.prev_vout };
        if let Some(out) = self.find_output(outpoint) {
            match self.own_output(out) {
                Some(output) => output.spent_by = Some(by),
                None => _ = self.spent.insert(out, by),
            }
            return Prev::Output(out);
        }
        let owner = row.prev_output.as_ref().and_then(|known| self.number(block, known));
        if let Some(owner) = owner {
            self.activity.entry(owner).or_default().spent_missing.push(input);
        }
        Prev::Missing { outpoint, value: row.prev_output.map(|known| known.value), owner }
    }

    fn find_output(&self, outpoint: OutPoint) -> Option<OutNum> {
        let below = || {
            let tx = self.base.tx(self.base.find_tx(&outpoint.txid)?)?;
            (outpoint.vout < tx.output_count).then(|| OutNum(tx.first_output.0 + u64::from(outpoint.vout)))
        };
        self.by_outpoint.get(&outpoint).copied().or_else(below)
    }

    fn own_output(&mut self, out: OutNum) -> Option<&mut OutputView> {
        self.outputs.get_mut(out.0.checked_sub(self.first_output)? as usize)
    }

    fn as_seen(&self, output: OutputView) -> OutputView {
        OutputView {
            spent_by: output.spent_by.or_else(|| self.spent.get(&output.num).copied()),
            destroyed_by: output.destroyed_by.or_else(|| self.destroyed.get(&output.num).copied()),
            ..output
        }
    }
}

fn above<T: Copy>(rows: &[T], num: u64, first: u64) -> Option<T> {
    rows.get(num.checked_sub(first)? as usize).copied()
}

impl UtxoRows for Overlay<'_> {
    type Scanned<'a>
        = TxByNumber<'a, Self>
    where
        Self: 'a;
    type Outputs<'a>
        = &'a Self
    where
        Self: 'a;

    fn chain(&self) -> &str {
        self.base.chain()
    }

    fn snapshot_id(&self) -> String {
        format!("{} and {} transactions", self.base.snapshot_id(), self.txs.len())
    }

    fn counts(&self) -> RowCounts {
        RowCounts {
            blocks: self.counts.blocks + self.blocks.len() as u32,
            txs: self.counts.txs + self.txs.len() as u32,
            addresses: self.counts.addresses + self.owners.len() as u32,
        }
    }

    fn missing_behind(&self) -> bool {
        false
    }

    fn block(&self, num: BlockNum) -> Option<BlockView> {
        self.base.block(num).or_else(|| above(&self.blocks, num.0.into(), self.counts.blocks.into()))
    }

    fn tx(&self, num: TxNum) -> Option<TxView> {
        self.base.tx(num).or_else(|| above(&self.txs, num.0.into(), self.counts.txs.into()))
    }

    fn inputs(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = InputView> {
        let TxSpan { first_input: InNum(first), input_count, .. } = tx.into();
        (first..first + u64::from(input_count)).map_while(|num| {
            self.base.input(InNum(num)).or_else(|| above(&self.inputs, num, self.first_input))
        })
    }

    fn outputs(&self, tx: impl Into<TxSpan>) -> impl Iterator<Item = OutputView> {
        let TxSpan { first_output: OutNum(first), output_count, .. } = tx.into();
        (first..first + u64::from(output_count)).map_while(|num| self.output(OutNum(num)))
    }

    fn output(&self, out: OutNum) -> Option<OutputView> {
        let below = || self.base.output(out).map(|output| self.as_seen(output));
        above(&self.outputs, out.0, self.first_output).or_else(below)
    }

    fn destroyed_by(&self, coinbase: TxNum) -> Vec<OutputView> {
        let below = self.destroyed.iter().filter(|&(_, by)| *by == coinbase);
        let below = below.filter_map(|(&out, _)| self.output(out)).chain(self.base.destroyed_by(coinbase));
        let own = self.outputs.iter().filter(|output| output.destroyed_by == Some(coinbase)).copied();
        below.chain(own).collect()
    }

    fn activity(&self, owner: AddrNum, limit: usize) -> (AddressActivity, bool) {
        let (mut all, mut cut) = self.base.activity(owner, limit);
        if let Some(own) = self.activity.get(&owner) {
            all.received.extend(&own.received);
            all.spent_missing.extend(&own.spent_missing);
        }
        cut |= all.received.len() > limit || all.spent_missing.len() > limit;
        all.received.truncate(limit);
        all.spent_missing.truncate(limit);
        (all, cut)
    }

    fn script_key(&self, owner: AddrNum) -> Option<ScriptKey> {
        self.base
            .script_key(owner)
            .or_else(|| above(&self.owners, owner.0.into(), self.counts.addresses.into()))
    }

    fn find_address(&self, key: &ScriptKey) -> Option<AddrNum> {
        self.base.find_address(key).or_else(|| self.by_key.get(key).copied())
    }

    fn scan<'a>(&'a self, range: Range<TxNum>, visit: impl FnMut(&Self::Scanned<'a>) -> ControlFlow<()>) {
        scan_by_number(self, range, visit);
    }

    fn output_lookup(&self) -> Self::Outputs<'_> {
        self
    }
}

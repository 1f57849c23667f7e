//! A generated chain, small and full of corner cases, and a plain model of it to compare the ledger with.

use std::collections::HashMap;

use tracehound_model::{BlockHash, OutPoint, ScriptKey, ScriptType, TxId, utxo::UtxoBlock};
pub(crate) use tracehound_testkit::blocks::{BlockMaker, hash32, owner};

/// A small deterministic generator (SplitMix64): the tests need variety, not quality.
#[derive(Clone)]
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }
}

/// A chain of `blocks` blocks in which every kind of input and output appears, from `seed`, on top of `base`.
pub(crate) fn generate(seed: u64, base: &[UtxoBlock], blocks: usize) -> Vec<UtxoBlock> {
    let mut dice = Dice(seed);
    let mut unspent = unspent_of(base);
    let mut chain = base.to_vec();
    for _ in 0..blocks {
        let prev = chain.last().map_or(BlockHash::default(), |block| block.hash);
        let mut maker = BlockMaker::new(prev, 1_300_000_000 + 600 * chain.len() as u32, seed);
        let coinbase = maker.tx(&[], &[(5_000, Some(owner(dice.roll(20))))]);
        unspent.push((OutPoint { txid: coinbase, vout: 0 }, 5_000));
        for _ in 0..dice.roll(6) {
            let mut inputs = Vec::new();
            let mut total = 0;
            for _ in 0..=dice.roll(3) {
                if dice.roll(12) == 0 || unspent.is_empty() {
                    let txid = TxId(hash32(&[b"elsewhere", &dice.roll(usize::MAX).to_le_bytes()]));
                    let known = (dice.roll(2) == 0).then(|| (700, owner(dice.roll(60))));
                    total += known.map_or(0, |(value, _)| value);
                    inputs.push((OutPoint { txid, vout: dice.roll(4) as u32 }, known));
                } else {
                    let (outpoint, value) = unspent.swap_remove(dice.roll(unspent.len()));
                    total += value;
                    inputs.push((outpoint, None));
                }
            }
            let count = 1 + dice.roll(4);
            let mut outputs: Vec<_> =
                (0..count).map(|_| (total / (count as u64 + 1), Some(owner(dice.roll(60))))).collect();
            if dice.roll(4) == 0 {
                outputs.push((0, None));
            }
            let txid = maker.tx(&inputs, &outputs);
            for (vout, (value, key)) in outputs.iter().enumerate().filter(|(_, (_, key))| key.is_some()) {
                assert!(key.is_some());
                unspent.push((OutPoint { txid, vout: vout as u32 }, *value));
            }
        }
        chain.push(maker.done());
    }
    chain.split_off(base.len())
}

fn unspent_of(blocks: &[UtxoBlock]) -> Vec<(OutPoint, u64)> {
    let model = Model::of(blocks);
    let mut left: Vec<_> = model
        .outputs
        .iter()
        .filter(|(outpoint, (_, key))| key.is_some() && !model.spent_by.contains_key(outpoint))
        .map(|(outpoint, (value, _))| (*outpoint, *value))
        .collect();
    left.sort();
    left
}

/// The same chain in hash maps.
#[derive(Default)]
pub(crate) struct Model {
    pub outputs: HashMap<OutPoint, (u64, Option<ScriptKey>)>,
    pub spent_by: HashMap<OutPoint, TxId>,
    pub received: HashMap<ScriptKey, Vec<OutPoint>>,
    pub missing: u64,
}

impl Model {
    pub(crate) fn of(blocks: &[UtxoBlock]) -> Self {
        let mut model = Self::default();
        for block in blocks {
            for (tx, inputs, outputs) in block.transactions() {
                for (vout, output) in outputs.iter().enumerate() {
                    let outpoint = OutPoint { txid: tx.txid, vout: vout as u32 };
                    let key = (output.script_type != ScriptType::OpReturn).then(|| block.script_key(output));
                    model.outputs.insert(outpoint, (output.value, key));
                    if let Some(key) = key {
                        model.received.entry(key).or_default().push(outpoint);
                    }
                }
                for input in inputs.iter().filter(|input| !input.is_coinbase()) {
                    let outpoint = OutPoint { txid: input.prev_txid, vout: input.prev_vout };
                    if model.outputs.contains_key(&outpoint) {
                        model.spent_by.insert(outpoint, tx.txid);
                    } else {
                        model.missing += 1;
                    }
                }
            }
        }
        model
    }
}

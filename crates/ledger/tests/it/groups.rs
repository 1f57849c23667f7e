//! Blocks appended together make the ledger that they make one after the other, whatever is wrong with them.

use std::path::Path;

use proptest::prelude::*;
use tracehound_ledger::{AppendStats, Ledger, Writer, WriterOptions};
use tracehound_model::utxo::UtxoBlock;

use crate::{
    chain::{Dice, generate},
    queries::CHAIN,
};

/// A chain with what no valid one has: outputs spent twice, before they are made, or that are not there; transactions and
/// coinbases whose ids are taken.
fn wild(seed: u64, blocks: usize) -> Vec<UtxoBlock> {
    let mut chain = generate(seed, &[], blocks);
    let mut dice = Dice(seed ^ 7);
    for at in 0..chain.len() {
        let tells = dice.roll(8) == 0;
        let other = dice.roll(chain.len());
        let elsewhere = chain[other].inputs[dice.roll(chain[other].inputs.len())];
        let taken = chain[dice.roll(at + 1)].txs[0].txid;
        let block = &mut chain[at];
        for input in &mut block.inputs {
            if !tells {
                input.prev_output = None;
            }
            if !input.is_coinbase() && dice.roll(10) == 0 {
                input.prev_vout += 1;
            }
        }
        let input = dice.roll(block.inputs.len());
        if dice.roll(3) == 0 && !block.inputs[input].is_coinbase() && !elsewhere.is_coinbase() {
            block.inputs[input].prev_txid = elsewhere.prev_txid;
            block.inputs[input].prev_vout = elsewhere.prev_vout;
        }
        if dice.roll(4) == 0 {
            block.txs[0].txid = taken;
        }
    }
    chain
}

/// What a ledger of these blocks holds, appended in runs of at most so many.
fn written(
    dir: &Path,
    chain: &[UtxoBlock],
    options: WriterOptions,
    run: usize,
    dice: &mut Dice,
) -> (String, AppendStats) {
    let mut writer = Writer::open(dir, CHAIN, options).expect("opens");
    let mut rest = chain;
    while !rest.is_empty() {
        let (now, later) = rest.split_at((1 + dice.roll(run)).min(rest.len()));
        writer.append_all(&now.iter().collect::<Vec<_>>()).expect("appends");
        rest = later;
    }
    writer.commit().expect("commits");
    let ledger = Ledger::open(dir).expect("opens");
    ledger.verify().expect("right");
    (ledger.snapshot_id(), writer.stats())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn how_blocks_are_grouped_leaves_no_trace(
        seed: u64,
        blocks in 1usize..80,
        segment_txs in 5usize..300,
        memory in prop_oneof![Just(0), Just(usize::MAX)],
    ) {
        let chain = wild(seed, blocks);
        let mut dice = Dice(seed);
        let options = WriterOptions { segment_txs, memory, ..WriterOptions::default() };
        let [single, some, all] = [1, 9, usize::MAX].map(|run| {
            let dir = tempfile::tempdir().expect("temporary folder");
            written(dir.path(), &chain, options, run, &mut dice)
        });
        prop_assert_eq!(&single, &some);
        prop_assert_eq!(&single, &all);
    }
}

#[test]
fn the_wild_chains_have_what_they_should() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain: Vec<UtxoBlock> = wild(3, 80);
    let (_, stats) = written(dir.path(), &chain, WriterOptions::default(), usize::MAX, &mut Dice(3));
    assert!(stats.double_spends > 0 && stats.missing_inputs > stats.double_spends, "{stats:?}");
    let ledger = Ledger::open(dir.path()).expect("opens");
    let overwritten = (0..ledger.info().txs).map(tracehound_ledger::TxNum);
    assert!(overwritten.map(|tx| ledger.destroyed_by(tx).len()).sum::<usize>() > 0);
}

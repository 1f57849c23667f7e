//! Every question, against the plain model.

use std::ops::ControlFlow;

use proptest::prelude::*;
use tracehound_ledger::{Ledger, LedgerError, OutNum, Prev, TxNum, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Chain, OutPoint, utxo::UtxoBlock};

use crate::chain::{BlockMaker, Model, generate, owner};

pub(crate) const CHAIN: Chain = Chain::Bitcoin(BitcoinNetwork::Regtest);

pub(crate) fn small(segment_txs: usize) -> WriterOptions {
    WriterOptions { segment_txs, ..WriterOptions::default() }
}

pub(crate) fn assert_equals_model(ledger: &Ledger, blocks: &[UtxoBlock]) {
    assert_answers_as_model(ledger, blocks);
    ledger.verify().expect("nothing wrong");
}

pub(crate) fn assert_answers_as_model(ledger: &Ledger, blocks: &[UtxoBlock]) {
    let model = Model::of(blocks);
    let info = ledger.info();
    assert_eq!(info.blocks as usize, blocks.len());
    assert_eq!(info.missing_inputs, model.missing);
    let columns = ledger.output_columns();
    for out in (0..ledger.info().outputs).map(OutNum) {
        assert_eq!(columns.value(out), ledger.output_value(out));
        assert_eq!(columns.owner(out), ledger.output_owner(out));
    }
    assert_eq!(columns.value(OutNum(ledger.info().outputs)), None);
    ledger.scan(TxNum(0)..TxNum(u32::MAX), |scanned| {
        let tx = ledger.span(scanned.num).expect("there");
        assert_eq!((scanned.first_input, scanned.first_output), (tx.first_input, tx.first_output));
        assert!(scanned.prevs().eq(ledger.inputs(tx).map(|input| input.prev)));
        assert!(scanned.outputs().eq(ledger.outputs(tx).map(|output| (output.value, output.owner))));
        assert!(scanned.outputs().eq(ledger.amounts(tx)));
        assert!(scanned.owners().eq(ledger.outputs(tx).map(|output| output.owner)));
        ControlFlow::Continue(())
    });
    for (outpoint, (value, key)) in &model.outputs {
        let tx = ledger.tx(ledger.find_tx(&outpoint.txid).expect("found by id")).expect("there");
        assert_eq!(tx.txid, outpoint.txid);
        let output = ledger.outputs(&tx).nth(outpoint.vout as usize).expect("has the output");
        assert_eq!(output.value, *value);
        assert_eq!(output.owner.map(|addr| ledger.script_key(addr).expect("there")), *key);
        assert_eq!(ledger.tx_of_output(output.num), Some((tx.num, outpoint.vout)));
        let spender = output.spent_by.map(|tx| ledger.tx(tx).expect("there").txid);
        assert_eq!(spender.as_ref(), model.spent_by.get(outpoint));
    }
    for (key, outpoints) in &model.received {
        let addr = ledger.find_address(key).expect("found by script");
        let (activity, cut) = ledger.activity(addr, usize::MAX);
        let received: Vec<OutPoint> = activity
            .received
            .iter()
            .map(|&out| {
                let (tx, vout) = ledger.tx_of_output(out).expect("there");
                OutPoint { txid: ledger.tx(tx).expect("there").txid, vout }
            })
            .collect();
        assert!(!cut);
        assert_eq!(&received, outpoints);
    }
    for block in blocks {
        let first = ledger.find_tx(&block.txs[0].txid).expect("found");
        assert_eq!(ledger.block_of(first).expect("there").hash, block.hash);
    }
}

pub(crate) fn write(dir: &std::path::Path, blocks: &[UtxoBlock], segment_txs: usize) {
    let mut writer = Writer::open(dir, CHAIN, small(segment_txs)).expect("opens");
    for block in blocks {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_ledger_answers_as_the_model_does(seed: u64, blocks in 1usize..40, segment_txs in 1usize..200) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let blocks = generate(seed, &[], blocks);
        write(dir.path(), &blocks, segment_txs);
        assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks);
    }

    #[test]
    fn where_segments_are_cut_leaves_no_trace(seed: u64, a in 1usize..50, b in 50usize..1000) {
        let blocks = generate(seed, &[], 20);
        let content = |segment_txs| {
            let dir = tempfile::tempdir().expect("temporary folder");
            write(dir.path(), &blocks, segment_txs);
            Ledger::open(dir.path()).expect("opens").verify().expect("right").content
        };
        prop_assert_eq!(content(a), content(b));
    }
}

#[test]
fn a_missing_previous_output_keeps_what_the_source_knew() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let elsewhere = OutPoint { txid: "11".repeat(32).parse().expect("64 digits"), vout: 3 };
    let unknown = OutPoint { vout: 4, ..elsewhere };
    let mut maker = BlockMaker::new(BlockHash::default(), 1_300_000_000, 0);
    maker.tx(&[], &[(50, Some(owner(1)))]);
    let txid = maker.tx(&[(elsewhere, Some((900, owner(7)))), (unknown, None)], &[(800, Some(owner(2)))]);
    write(dir.path(), &[maker.done()], 10);
    let ledger = Ledger::open(dir.path()).expect("opens");
    let tx = ledger.tx(ledger.find_tx(&txid).expect("found")).expect("there");
    let inputs: Vec<_> = ledger.inputs(&tx).collect();
    let payer = ledger.find_address(&owner(7)).expect("known from the undo data");
    assert_eq!(inputs[0].prev, Prev::Missing { outpoint: elsewhere, value: Some(900), owner: Some(payer) });
    assert_eq!(inputs[1].prev, Prev::Missing { outpoint: unknown, value: None, owner: None });
    let (activity, _) = ledger.activity(payer, 10);
    assert_eq!(activity.spent_missing, [inputs[0].num]);
    assert_eq!(ledger.tx_of_input(inputs[0].num), Some(tx.num));
}

#[test]
fn amounts_on_either_side_of_forty_bits_are_kept() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let amounts: Vec<u64> = ((1 << 40) - 3..(1 << 40) + 3).chain([0, 21_000_000 * 100_000_000]).collect();
    let outputs: Vec<_> = amounts.iter().map(|&amount| (amount, Some(owner(1)))).collect();
    let mut maker = BlockMaker::new(BlockHash::default(), 1_300_000_000, 0);
    let txid = maker.tx(&[], &outputs);
    write(dir.path(), &[maker.done()], 10);
    let ledger = Ledger::open(dir.path()).expect("opens");
    let tx = ledger.tx(ledger.find_tx(&txid).expect("found")).expect("there");
    assert_eq!(ledger.outputs(&tx).map(|output| output.value).collect::<Vec<_>>(), amounts);
}

#[test]
fn heights_are_counted_up_from_the_first_block_on() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut blocks = generate(7, &[], 5);
    blocks[0].height = Some(700);
    write(dir.path(), &blocks, 3);
    let ledger = Ledger::open(dir.path()).expect("opens");
    let heights = blocks.iter().map(|block| {
        ledger.block_of(ledger.find_tx(&block.txs[0].txid).expect("found")).expect("there").height
    });
    assert_eq!(heights.collect::<Vec<_>>(), [700, 701, 702, 703, 704].map(Some));
}

/// A source may say anything: behind the highest height there is none.
#[test]
fn a_height_that_has_no_next_is_no_height_for_the_next_block() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut blocks = generate(7, &[], 3);
    blocks[0].height = Some(u32::MAX - 1);
    let mut writer = Writer::open(dir.path(), CHAIN, small(100)).expect("opens");
    writer.append_all(&blocks.iter().collect::<Vec<_>>()).expect("appends");
    writer.commit().expect("commits");
    let ledger = Ledger::open(dir.path()).expect("opens");
    let heights = blocks.iter().map(|block| {
        ledger.block_of(ledger.find_tx(&block.txs[0].txid).expect("found")).expect("there").height
    });
    assert_eq!(heights.collect::<Vec<_>>(), [Some(u32::MAX - 1), None, None]);
}

#[test]
fn an_output_spent_twice_is_booked_once_and_counted() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut maker = BlockMaker::new(BlockHash::default(), 1_300_000_000, 0);
    let coinbase = maker.tx(&[], &[(50, Some(owner(1))), (50, Some(owner(1)))]);
    let spent = OutPoint { txid: coinbase, vout: 0 };
    let first = maker.tx(&[(spent, None)], &[(40, Some(owner(2)))]);
    maker.tx(&[(spent, None)], &[(40, Some(owner(3)))]);
    let block = maker.done();
    let mut writer = Writer::open(dir.path(), CHAIN, small(10)).expect("opens");
    writer.append(&block).expect("appends");
    writer.commit().expect("commits");
    assert_eq!(writer.stats().double_spends, 1);
    let ledger = Ledger::open(dir.path()).expect("opens");
    let tx = ledger.tx(ledger.find_tx(&coinbase).expect("found")).expect("there");
    let output = ledger.outputs(&tx).next().expect("has outputs");
    assert_eq!(output.spent_by, ledger.find_tx(&first));
    ledger.verify().expect("consistent");
}

/// BIP-30: the same coinbase twice. The first one's output is gone, whichever segment it lies in, and comes back when a
/// reorg drops the second.
#[test]
fn a_coinbase_that_another_overwrites_is_destroyed() {
    for segment_txs in [1, 100] {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut blocks: Vec<UtxoBlock> = Vec::new();
        for at in 0..4 {
            let prev = blocks.last().map_or(BlockHash::default(), |block| block.hash);
            let mut maker = BlockMaker::new(prev, 1_300_000_000 + at, 5);
            maker.tx(&[], &[(50, Some(owner(1)))]);
            if let [_, b, c] = &blocks[..] {
                assert_eq!(b.txs[0].txid, c.txs[0].txid);
                maker.tx(&[(OutPoint { txid: c.txs[0].txid, vout: 0 }, None)], &[(49, Some(owner(2)))]);
            }
            let mut block = maker.done();
            if let [_, b] = &blocks[..] {
                block.txs[0].txid = b.txs[0].txid;
            }
            blocks.push(block);
        }
        write(dir.path(), &blocks, segment_txs);
        let states = |ledger: &Ledger| -> Vec<(bool, bool)> {
            let addr = ledger.find_address(&owner(1)).expect("known");
            let (activity, _) = ledger.activity(addr, 10);
            let views = activity.received.iter().map(|&out| ledger.output(out).expect("there"));
            views.map(|view| (view.destroyed_by.is_some(), view.spent_by.is_some())).collect()
        };
        let ledger = Ledger::open(dir.path()).expect("opens");
        assert_eq!(states(&ledger), [(false, false), (true, false), (false, true), (false, false)]);
        let second = ledger.span(TxNum(1)).expect("there");
        let hinted = ledger.outputs_hinted(second);
        let by = Some(TxNum(2));
        assert_eq!(hinted.map(|view| (view.destroyed_by, view.spent_by)).collect::<Vec<_>>(), [(by, None)]);
        let lost = |tx| ledger.destroyed_by(TxNum(tx)).iter().map(|view| view.num.0).collect::<Vec<_>>();
        assert_eq!([0, 1, 2, 3, 4, 5].map(lost), [vec![], vec![], vec![1], vec![], vec![], vec![]]);
        ledger.verify().expect("right");
        let mut writer = Writer::open(dir.path(), CHAIN, small(segment_txs)).expect("opens");
        writer.rewind(tracehound_ledger::BlockNum(2)).expect("rewinds");
        let ledger = Ledger::open(dir.path()).expect("opens");
        assert_eq!(states(&ledger), [(false, false), (false, false)]);
        ledger.verify().expect("right");
    }
}

#[test]
fn a_block_that_does_not_continue_the_chain_is_refused_or_marked() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = generate(1, &[], 3);
    let mut writer = Writer::open(dir.path(), CHAIN, small(100)).expect("opens");
    writer.append(&chain[0]).expect("appends");
    assert!(matches!(writer.append(&chain[2]), Err(LedgerError::NotConnected { .. })));
    writer.append_island(&chain[2]).expect("appends");
    writer.commit().expect("commits");
    let info = Ledger::open(dir.path()).expect("opens").info();
    assert_eq!((info.blocks, info.missing_ranges), (2, 1));
    assert_eq!(info.tip.expect("has blocks").height, None, "nobody told its height");
}

#[test]
fn a_block_whose_tables_disagree_changes_nothing() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = generate(5, &[], 2);
    let mut writer = Writer::open(dir.path(), CHAIN, small(100)).expect("opens");
    writer.append(&chain[0]).expect("appends");
    let mut torn = chain[1].clone();
    torn.payloads.truncate(3);
    assert!(matches!(writer.append(&torn), Err(LedgerError::BadBlock { .. })));
    let mut short = chain[1].clone();
    short.outputs.pop();
    assert!(matches!(writer.append(&short), Err(LedgerError::BadBlock { .. })));
    writer.append(&chain[1]).expect("the right one still fits");
    writer.commit().expect("commits");
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &chain);
}

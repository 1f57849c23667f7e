//! Reorgs: what the dropped blocks did is undone, and what replaces them is booked.

use proptest::prelude::*;
use tracehound_ledger::{BlockNum, Ledger, LedgerError, Writer, WriterOptions};

use crate::{
    chain::generate,
    queries::{CHAIN, assert_equals_model, small},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn after_a_reorg_only_the_new_branch_is_there(
        seed: u64, shared in 1usize..15, dropped in 1usize..10, replaced in 1usize..10, segment_txs in 1usize..80,
    ) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let base = generate(seed, &[], shared);
        let old = generate(seed ^ 1, &base, dropped);
        let new = generate(seed ^ 2, &base, replaced);
        let mut writer = Writer::open(dir.path(), CHAIN, small(segment_txs)).expect("opens");
        for block in base.iter().chain(&old) {
            writer.append(block).expect("appends");
        }
        prop_assert!(writer.rewind_to_block(base[shared - 1].hash).expect("rewinds"));
        assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &base);
        for block in &new {
            writer.append(block).expect("appends");
        }
        writer.commit().expect("commits");
        let whole: Vec<_> = base.iter().chain(&new).cloned().collect();
        assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &whole);
    }
}

#[test]
fn a_reader_keeps_its_snapshot_through_a_reorg() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = generate(3, &[], 12);
    let mut writer = Writer::open(dir.path(), CHAIN, small(10)).expect("opens");
    for block in &chain {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    let before = Ledger::open(dir.path()).expect("opens");
    writer.rewind(BlockNum(4)).expect("rewinds");
    assert_eq!(before.info().blocks, 12);
    assert!(before.find_tx(&chain[11].txs[0].txid).is_some());
    assert_eq!(Ledger::open(dir.path()).expect("opens").info().blocks, 4);
}

/// What the writer spent of it since names transactions that the snapshot does not have: they are the writer's, who said
/// so and has ended.
#[test]
fn a_snapshot_is_whole_although_blocks_were_committed_since() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = generate(3, &[], 12);
    let mut writer = Writer::open(dir.path(), CHAIN, small(10)).expect("opens");
    for block in &chain[..8] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    let before = Ledger::open(dir.path()).expect("opens");
    let said = before.verify().expect("whole");
    for block in &chain[8..] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    drop(writer);
    let again = before.verify().expect("whole still");
    assert!(again.beyond > 0, "later blocks spend outputs of the snapshot");
    assert_eq!((again.content, again.snapshot), (said.content, said.snapshot));
}

#[test]
fn a_reorg_deeper_than_the_limit_is_refused() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let options = WriterOptions { max_reorg_depth: 3, ..WriterOptions::default() };
    let mut writer = Writer::open(dir.path(), CHAIN, options).expect("opens");
    let chain = generate(4, &[], 10);
    for block in &chain {
        writer.append(block).expect("appends");
    }
    assert!(matches!(writer.rewind(BlockNum(6)), Err(LedgerError::ReorgTooDeep { depth: 4, limit: 3 })));
    writer.rewind(BlockNum(7)).expect("within the limit");
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &chain[..7]);
}

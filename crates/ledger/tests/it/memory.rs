//! A budget of memory leaves no trace in what is stored, and what lies on disk for it no trace at all.

use std::{fs, path::Path};

use proptest::prelude::*;
use tracehound_ledger::{Ledger, Writer, WriterOptions};
use tracehound_model::utxo::UtxoBlock;

use crate::{
    chain::{Dice, generate},
    queries::{CHAIN, assert_equals_model},
    store::files,
};

/// Content and snapshot of a ledger.
fn identity(dir: &Path) -> (String, String) {
    let ledger = Ledger::open(dir).expect("opens");
    (ledger.verify().expect("right").content, ledger.snapshot_id())
}

fn append_all(writer: &mut Writer, blocks: &[UtxoBlock]) {
    for block in blocks {
        writer.append(block).expect("appends");
    }
}

/// Writes what the ledger lacks of the blocks with a budget, closing and opening the ledger at random; the most that lay on disk.
fn write_within(dir: &Path, blocks: &[UtxoBlock], options: WriterOptions, dice: &mut Dice) -> u64 {
    let held = || Ledger::open(dir).map_or(0, |ledger| ledger.info().blocks as usize);
    let (mut most, mut at) = (0, held());
    while at < blocks.len() {
        let mut writer = Writer::open(dir, CHAIN, options).expect("opens");
        for block in &blocks[at..(at + 1 + dice.roll(blocks.len())).min(blocks.len())] {
            writer.append(block).expect("appends");
            if dice.roll(8) == 0 {
                writer.commit().expect("commits");
            }
            most = most.max(writer.table_sizes().iter().map(|size| size.disk_bytes).sum());
        }
        // Sometimes what was appended last is lost.
        if dice.roll(3) > 0 {
            writer.commit().expect("commits");
        }
        drop(writer);
        assert!(files(dir, "run").is_empty(), "nothing stays when the writer has gone");
        at = held();
    }
    most
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]
    #[test]
    fn a_budget_leaves_no_trace(seed: u64, blocks in 1usize..60, segment_txs in 5usize..200, memory in 0usize..20_000) {
        let blocks = generate(seed, &[], blocks);
        let mut dice = Dice(seed);
        let free = WriterOptions { segment_txs, ..WriterOptions::default() };
        let [of_free, of_small, of_none] = [free.memory, memory, 0].map(|memory| {
            let dir = tempfile::tempdir().expect("temporary folder");
            write_within(dir.path(), &blocks, WriterOptions { memory, ..free }, &mut dice);
            assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks);
            identity(dir.path())
        });
        prop_assert_eq!(&of_free, &of_small);
        prop_assert_eq!(&of_free, &of_none);
    }

    /// Blocks are dropped and others take their place, whose owners and transactions lay on disk or in memory.
    #[test]
    fn a_reorg_within_a_budget_ends_the_same(seed: u64, depth in 1usize..20) {
        let base = generate(seed, &[], 40);
        let kept = &base[..base.len() - depth];
        let branch = generate(seed ^ 1, kept, depth + 1);
        let identities = [usize::MAX, 0].map(|memory| {
            let dir = tempfile::tempdir().expect("temporary folder");
            let options = WriterOptions { segment_txs: 30, memory, ..WriterOptions::default() };
            let mut writer = Writer::open(dir.path(), CHAIN, options).expect("opens");
            append_all(&mut writer, &base);
            assert!(writer.rewind_to_block(kept[kept.len() - 1].hash).expect("rewinds"));
            append_all(&mut writer, &branch);
            writer.commit().expect("commits");
            identity(dir.path())
        });
        prop_assert_eq!(&identities[0], &identities[1]);
    }
}

#[test]
fn a_small_budget_does_go_to_disk() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocks = generate(5, &[], 60);
    let options = WriterOptions { memory: 0, ..WriterOptions::default() };
    assert!(write_within(dir.path(), &blocks, options, &mut Dice(5)) > 20_000);
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks);
}

/// Whatever a killed writer left: the next one has no use for it. Files of others are none of its business.
#[test]
fn tables_that_a_killed_writer_left_are_removed() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocks = generate(6, &[], 30);
    let options = WriterOptions { memory: 0, ..WriterOptions::default() };
    write_within(dir.path(), &blocks[..10], options, &mut Dice(6));
    for name in ["owners-1.run", "owners-99.run", "live-2.run", "notes.run", "owners-x.run"] {
        fs::write(dir.path().join(name), "left behind").expect("written");
    }
    assert_equals_model(&Ledger::open(dir.path()).expect("readers do not care"), &blocks[..10]);
    let mut writer = Writer::open(dir.path(), CHAIN, options).expect("opens");
    append_all(&mut writer, &blocks[10..]);
    writer.commit().expect("commits");
    drop(writer);
    let mut left: Vec<_> =
        files(dir.path(), "run").iter().map(|path| path.file_name().expect("a name").to_owned()).collect();
    left.sort();
    assert_eq!(left, ["notes.run", "owners-x.run"]);
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks);
}

/// A folder of that name stands where a run should go, as if nothing could be written: the ledger stays as it was
/// committed, and the next writer goes on.
#[test]
fn a_table_that_cannot_be_written_is_an_error_that_loses_nothing() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocks = generate(7, &[], 40);
    let options = WriterOptions { memory: 0, ..WriterOptions::default() };
    let mut writer = Writer::open(dir.path(), CHAIN, options).expect("opens");
    writer.append(&blocks[0]).expect("appends");
    writer.commit().expect("commits");
    let in_the_way: Vec<_> = ["live", "owners"]
        .iter()
        .flat_map(|name| (1..400).map(move |at| format!("{name}-{at}.run")))
        .collect();
    for name in &in_the_way {
        let _ = fs::create_dir(dir.path().join(name));
    }
    let failed = blocks[1..].iter().find_map(|block| writer.append(block).err());
    let told = failed.expect("it needs the disk").to_string();
    assert!(told.contains("creating") && told.contains(".run"), "{told}");
    drop(writer);
    for name in &in_the_way {
        let _ = fs::remove_dir(dir.path().join(name));
    }
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks[..1]);
    write_within(dir.path(), &blocks, options, &mut Dice(7));
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks);
}

//! A store whose manifest or segments were lost, made whole again as far as it can be.

use std::{fs, ops::ControlFlow, path::Path};

use tracehound_model::Chain;
use tracehound_segments::SegmentsError;
use tracehound_transfers::{
    Repair, RepairReport, TransferLedger, TransferLedgerError, Writer, WriterOptions, repair,
};

use crate::chain::{block, moves, tx};

const ETHEREUM: Chain = Chain::Evm(1);
const BOLD: Repair = Repair { chain: ETHEREUM, accept_loss: true };
const CAREFUL: Repair = Repair { accept_loss: false, ..BOLD };

fn mend(dir: &Path, how: Repair) -> Result<RepairReport, TransferLedgerError> {
    repair(dir, how, &mut |_| ControlFlow::Continue(()))
}

/// Blocks of these heights, a segment each that no merge joins.
fn append(dir: &Path, heights: std::ops::Range<u8>) {
    let options = WriterOptions { segment_rows: 300, ..WriterOptions::default() };
    let mut writer = Writer::open(dir, ETHEREUM, options).expect("opens");
    for height in heights {
        let txs = (0..100u8).map(|number| {
            let mut made = tx(number, vec![moves(0, 7, 100), moves(7, height + 8, u64::from(height) + 1)]);
            made.hash[1] = height;
            made
        });
        writer.append(&block(height, 0, txs.collect())).expect("appends");
        writer.commit().expect("commits");
    }
}

fn store(heights: std::ops::Range<u8>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("temporary folder");
    append(dir.path(), heights);
    dir
}

fn id(dir: &Path) -> String {
    let ledger = TransferLedger::open(dir, ETHEREUM).expect("opens");
    ledger.verify().expect("right");
    ledger.snapshot_id()
}

fn segments(dir: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(dir).expect("reads").map(|entry| entry.expect("reads").path());
    let mut found: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).collect();
    found.sort();
    found
}

fn manifest(dir: &Path) -> std::path::PathBuf {
    dir.join("MANIFEST.json")
}

#[test]
fn a_manifest_that_is_gone_or_old_is_made_anew_and_nothing_else_changes() {
    let dir = store(0..4);
    let whole = id(dir.path());
    let report = mend(dir.path(), CAREFUL).expect("whole");
    assert_eq!((report.manifest_rebuilt, report.segments, report.blocks), (false, 4, 4));
    let old = fs::read(manifest(dir.path())).expect("reads");
    append(dir.path(), 4..6);
    let longer = id(dir.path());
    assert_ne!(whole, longer);
    for damage in [None, Some(&old[..]), Some(b"{}")] {
        fs::remove_file(manifest(dir.path())).expect("removes");
        if let Some(bytes) = damage {
            fs::write(manifest(dir.path()), bytes).expect("writes");
        }
        assert!(TransferLedger::open(dir.path(), ETHEREUM).is_err(), "{damage:?}");
        let report = mend(dir.path(), CAREFUL).expect("every segment is there");
        assert!(report.manifest_rebuilt && report.left_out.is_empty(), "{report:?}");
        assert_eq!((report.blocks, id(dir.path())), (6, longer.clone()), "{damage:?}");
    }
    // And goes on: the key is the same.
    append(dir.path(), 6..7);
    assert_eq!(id(dir.path()), id(store(0..7).path()));
}

#[test]
fn what_lies_behind_damage_is_given_up_with_leave_alone_and_comes_back_with_what_it_continues() {
    let dir = store(0..5);
    let whole = id(dir.path());
    let third = segments(dir.path()).remove(2);
    let right = fs::read(&third).expect("reads");
    let mut wrong = right.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 0x20;
    for damage in [Some(&wrong[..]), None] {
        fs::remove_file(&third).expect("removes");
        if let Some(bytes) = damage {
            fs::write(&third, bytes).expect("writes");
        }
        let refused = mend(dir.path(), CAREFUL).expect_err("blocks would be lost").to_string();
        assert!(refused.contains("2 blocks can be kept") && refused.contains("--accept-loss"), "{refused}");
        assert_eq!(segments(dir.path()).len(), 4 + usize::from(damage.is_some()), "nothing was moved");
        let report = mend(dir.path(), BOLD).expect("told that it may");
        assert_eq!((report.blocks, report.left_out.len()), (2, 2 + usize::from(damage.is_some())));
        assert_eq!(id(dir.path()), id(store(0..2).path()), "as if the others had never come");
        assert!(!mend(dir.path(), CAREFUL).expect("whole").manifest_rebuilt);
        // From a copy.
        fs::remove_file(manifest(dir.path())).expect("removes");
        fs::write(&third, &right).expect("writes");
        let report = mend(dir.path(), CAREFUL).expect("all is there");
        assert_eq!((report.brought_back.len(), report.blocks), (2, 5), "{report:?}");
        assert_eq!(id(dir.path()), whole);
    }
    // Ingested again instead.
    fs::remove_file(&third).expect("removes");
    mend(dir.path(), BOLD).expect("told that it may");
    append(dir.path(), 2..5);
    assert_eq!(id(dir.path()), whole);
}

#[test]
fn a_repair_that_is_ended_at_any_step_is_taken_up_by_the_next() {
    for steps in 0..6 {
        let dir = store(0..5);
        fs::remove_file(segments(dir.path()).remove(2)).expect("removes");
        let mut left = steps;
        let ended = repair(dir.path(), BOLD, &mut |_| {
            left -= 1;
            if left < 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(matches!(ended, Err(TransferLedgerError::Stopped)), left < 0, "{steps}: {ended:?}");
        mend(dir.path(), BOLD).expect("repairs");
        assert_eq!(id(dir.path()), id(store(0..2).path()), "{steps}");
    }
}

#[test]
fn no_store_and_another_chains_are_not_repaired_into_one() {
    let dir = tempfile::tempdir().expect("temporary folder");
    for path in [dir.path().to_owned(), dir.path().join("none")] {
        assert!(mend(&path, BOLD).expect_err("nothing is there").is_absent());
    }
    let dir = store(0..3);
    let whole = id(dir.path());
    let other = Repair { chain: Chain::Evm(10), accept_loss: false };
    let refused = mend(dir.path(), other).expect_err("another chain's");
    assert!(
        matches!(refused, TransferLedgerError::WouldLose { .. }) && refused.to_string().contains("eip155:1")
    );
    assert_eq!(id(dir.path()), whole);
    let writer = Writer::open(dir.path(), ETHEREUM, WriterOptions::default()).expect("opens");
    let busy = mend(dir.path(), BOLD).expect_err("a writer has it");
    assert!(matches!(busy, TransferLedgerError::Files(SegmentsError::Locked { .. })), "{busy}");
    drop(writer);
}

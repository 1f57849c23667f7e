//! The folder: two writers, damage, other versions, other chains, block-by-block growth.

use std::{fs, path::Path};

use tracehound_ledger::{Ledger, LedgerError, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Chain, OutPoint, TxId};

use crate::{
    chain::{BlockMaker, generate, hash32, owner},
    queries::{CHAIN, assert_equals_model, small, write},
};

#[test]
fn following_the_tip_block_by_block_keeps_segments_few() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = generate(9, &[], 100);
    let mut writer = Writer::open(dir.path(), CHAIN, WriterOptions::default()).expect("opens");
    for block in &chain {
        writer.append(block).expect("appends");
        writer.commit().expect("commits");
    }
    let ledger = Ledger::open(dir.path()).expect("opens");
    assert!(ledger.info().segments <= 10, "{} segments for 100 commits", ledger.info().segments);
    assert_equals_model(&ledger, &chain);
}

#[test]
fn a_second_writer_is_turned_away_and_readers_are_not() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(1, &[], 2), 10);
    let _writer = Writer::open(dir.path(), CHAIN, small(10)).expect("opens");
    let second = Writer::open(dir.path(), CHAIN, small(10));
    assert!(matches!(second, Err(LedgerError::Locked { .. })), "{second:?}");
    Ledger::open(dir.path()).expect("reading needs no lock");
}

/// The segment is sealed by then: named once, however often it is tried.
#[test]
fn a_commit_whose_manifest_cannot_be_written_can_be_tried_again() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = generate(4, &[], 6);
    let mut writer = Writer::open(dir.path(), CHAIN, small(10)).expect("opens");
    chain[..3].iter().for_each(|block| writer.append(block).expect("appends"));
    writer.commit().expect("commits");
    chain[3..].iter().for_each(|block| writer.append(block).expect("appends"));
    // Nobody writes a file over a folder.
    let in_the_way = dir.path().join("MANIFEST.tmp");
    fs::create_dir(&in_the_way).expect("made");
    writer.commit().expect_err("no manifest");
    fs::remove_dir(&in_the_way).expect("removed");
    writer.commit().expect("commits");
    drop(writer);
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &chain);
}

#[test]
fn another_chain_and_no_chain_are_told_apart() {
    let dir = tempfile::tempdir().expect("temporary folder");
    assert!(matches!(Ledger::open(dir.path()), Err(LedgerError::Absent { .. })));
    write(dir.path(), &generate(1, &[], 2), 10);
    let other = Writer::open(dir.path(), Chain::Bitcoin(BitcoinNetwork::Mainnet), small(10));
    assert!(matches!(other, Err(LedgerError::OtherChain { .. })), "{other:?}");
    let read = Ledger::open_of(dir.path(), Chain::Bitcoin(BitcoinNetwork::Mainnet));
    assert!(matches!(read, Err(LedgerError::OtherChain { .. })), "{read:?}");
    assert!(Ledger::open_of(dir.path(), CHAIN).is_ok());
}

/// A pipe in the place of a file would be waited for without end.
#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_an_error() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(1, &[], 2), 10);
    let mut paths = [files(dir.path(), "seg"), files(dir.path(), "spent")].concat();
    paths.push(dir.path().join("MANIFEST.json"));
    for path in paths {
        let right = fs::read(&path).expect("read");
        fs::remove_file(&path).expect("removed");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo is there");
        assert!(made.success());
        assert!(Ledger::open(dir.path()).is_err(), "{}", path.display());
        fs::remove_file(&path).expect("removed");
        fs::write(&path, right).expect("put back");
    }
    Ledger::open(dir.path()).expect("as before");
}

#[test]
fn a_ledger_of_another_version_is_refused_by_number() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(1, &[], 2), 10);
    let segment = files(dir.path(), "seg").pop().expect("one segment");
    let mut bytes = fs::read(&segment).expect("read");
    bytes[8] = 99;
    fs::write(&segment, bytes).expect("written");
    let opened = Ledger::open(dir.path());
    assert!(matches!(opened, Err(LedgerError::Version { found: 99, .. })), "{opened:?}");
}

#[test]
fn damage_anywhere_is_found_by_verify_or_refused_on_opening() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(11, &[], 8), 1000);
    let segment = files(dir.path(), "seg").pop().expect("one segment");
    let right = fs::read(&segment).expect("read");
    let padding = padding_of(&right);
    for at in (0..right.len()).step_by(37).filter(|at| !padding.contains(at)) {
        let mut wrong = right.clone();
        wrong[at] ^= 0x40;
        replace(&segment, &wrong);
        let found = Ledger::open(dir.path()).and_then(|ledger| ledger.verify());
        assert!(found.is_err(), "byte {at} of {} flipped unnoticed", right.len());
    }
    for len in [0, 7, 100, right.len() / 2, right.len() - 1] {
        replace(&segment, &right[..len]);
        assert!(
            Ledger::open(dir.path()).and_then(|ledger| ledger.verify()).is_err(),
            "cut to {len} unnoticed"
        );
    }
    replace(&segment, &right);
    Ledger::open(dir.path()).expect("opens").verify().expect("whole again");
}

#[test]
fn a_damaged_manifest_is_refused() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(1, &[], 2), 10);
    let path = dir.path().join("MANIFEST.json");
    let text = fs::read_to_string(&path).expect("read");
    fs::write(&path, text.replace("\\\"generation\\\":1", "\\\"generation\\\":2")).expect("written");
    let opened = Ledger::open(dir.path());
    assert!(matches!(opened, Err(LedgerError::Manifest { .. })), "{opened:?}");
}

/// Blocks of a few transactions with many outputs or many inputs from elsewhere fill a segment too.
#[test]
fn segments_are_sealed_by_rows() {
    let elsewhere = |at: usize| {
        let txid = TxId(hash32(&[b"elsewhere", &at.to_le_bytes()]));
        (OutPoint { txid, vout: 0 }, Some((10, owner(at))))
    };
    let segments = |options: WriterOptions| {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut writer = Writer::open(dir.path(), CHAIN, options).expect("opens");
        let mut prev = BlockHash::default();
        for block in 0..12usize {
            let mut maker = BlockMaker::new(prev, 1_300_000_000 + block as u32, 1);
            let outputs: Vec<_> = (0..40).map(|at| (50, Some(owner(1_000 * block + at)))).collect();
            maker.tx(&[], &outputs);
            let inputs: Vec<_> = (0..20).map(|at| elsewhere(10_000_000 + 1_000 * block + at)).collect();
            maker.tx(&inputs, &[(50, Some(owner(5)))]);
            let block = maker.done();
            prev = block.hash;
            writer.append(&block).expect("appends");
        }
        writer.commit().expect("commits");
        let ledger = Ledger::open(dir.path()).expect("opens");
        ledger.verify().expect("right");
        ledger.info().segments
    };
    // A block: 62 inputs and outputs; 60 owners of its own and 20 inputs from elsewhere.
    assert_eq!(segments(WriterOptions::default()), 1);
    assert_eq!(segments(WriterOptions { segment_rows: 130, ..WriterOptions::default() }), 6);
    assert_eq!(segments(WriterOptions { segment_keys: 250, ..WriterOptions::default() }), 4);
}

/// Replaces a file the way another program would: a new file under the name.
pub(crate) fn replace(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).expect("removed");
    fs::write(path, bytes).expect("written");
}

pub(crate) fn files(dir: &Path, extension: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).expect("readable");
    let paths = entries.map(|entry| entry.expect("readable").path());
    paths.filter(|path| path.extension().is_some_and(|own| own == extension)).collect()
}

/// Bytes between sections, which mean nothing. The table of 35 sections begins at word 10, three words each.
fn padding_of(bytes: &[u8]) -> std::collections::HashSet<usize> {
    let word =
        |at: usize| u64::from_le_bytes(bytes[at * 8..at * 8 + 8].try_into().expect("8 bytes")) as usize;
    let mut meaning = vec![false; bytes.len()];
    meaning[..(10 + 3 * 35 + 1) * 8].fill(true);
    for section in 0..35 {
        let (offset, len) = (word(10 + section * 3), word(11 + section * 3));
        meaning[offset..offset + len].fill(true);
    }
    (0..bytes.len()).filter(|&at| !meaning[at]).collect()
}

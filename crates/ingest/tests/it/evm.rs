//! A real era1 file into a ledger of transfers: whole, in pieces, and again.

use std::{cell::Cell, fs, ops::ControlFlow, path::Path};

use tracehound_evm::movements::Rules;
use tracehound_ingest::{Era1Files, TransferIngestError, TransferReport, era1_chain, ingest_era1_files};
use tracehound_model::Chain;
use tracehound_testkit::shared_data;
use tracehound_transfers::{TransferLedger, WriterOptions};

const FILE: &str = "era1/sepolia-00021-b8814b14.era1";
const SEPOLIA: Chain = Chain::Evm(11_155_111);

fn ingest(dir: &Path, from: &Path, blocks: u64) -> Result<TransferReport, TransferIngestError> {
    let files =
        Era1Files { paths: vec![from.to_owned()], rules: Rules::sepolia(), writer: WriterOptions::default() };
    let read = Cell::new(0);
    ingest_era1_files(dir, &files, &|progress| {
        read.set(read.get() + 1);
        assert_eq!(progress.last, 180_223);
        if read.get() == blocks { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

fn open(dir: &Path) -> TransferLedger {
    TransferLedger::open(dir, SEPOLIA).expect("opens")
}

#[test]
fn an_era1_file_is_taken_whole_in_pieces_and_never_twice() {
    let Some(path) = shared_data(FILE) else { return };
    let whole = tempfile::tempdir().expect("temporary folder");
    let report = ingest(whole.path(), path.parent().expect("a folder"), u64::MAX).expect("taken");
    assert_eq!((report.blocks, report.transfers, report.known), (8_192, 9_703, 0));
    assert!(!report.stopped && report.rewound_to.is_none());
    let ledger = open(whole.path());
    ledger.verify().expect("right");
    let info = ledger.info();
    assert_eq!(info.first.map(|block| block.height), Some(172_032));
    assert_eq!(info.tip.map(|block| block.height), Some(180_223));

    let pieces = tempfile::tempdir().expect("temporary folder");
    let report = ingest(pieces.path(), &path, 3_000).expect("taken");
    assert_eq!((report.blocks, report.stopped), (3_000, true));
    assert_eq!(open(pieces.path()).info().blocks, 3_000);
    let report = ingest(pieces.path(), &path, u64::MAX).expect("taken up");
    assert_eq!((report.blocks, report.known), (5_192, 3_000));
    assert_eq!(open(pieces.path()).snapshot(), ledger.snapshot());
    // Once more: there is nothing to read.
    let report = ingest(pieces.path(), &path, 1).expect("nothing new");
    assert_eq!((report.blocks, report.known, report.stopped), (0, 8_192, false));
    assert_eq!(open(pieces.path()).snapshot(), ledger.snapshot());
}

#[test]
fn a_file_that_is_changed_or_cut_is_refused_and_what_came_before_is_kept() {
    let Some(path) = shared_data(FILE) else { return };
    let mut bytes = fs::read(path).expect("reads");
    let folder = tempfile::tempdir().expect("temporary folder");
    let changed = folder.path().join("sepolia-changed.era1");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(&changed, &bytes).expect("writes");
    let dir = tempfile::tempdir().expect("temporary folder");
    let refused = ingest(dir.path(), &changed, u64::MAX).expect_err("changed").to_string();
    assert!(refused.contains("sepolia-changed.era1"), "{refused}");
    let kept = open(dir.path()).info().blocks;
    assert!((1_000..8_000).contains(&kept), "{kept}");
    open(dir.path()).verify().expect("right as far as it goes");
    // Without its end nobody knows which blocks it has.
    let cut = folder.path().join("sepolia-cut.era1");
    fs::write(&cut, &bytes[..middle]).expect("writes");
    assert!(matches!(ingest(dir.path(), &cut, u64::MAX), Err(TransferIngestError::Era1 { .. })));
    let empty = tempfile::tempdir().expect("temporary folder");
    let none = ingest(dir.path(), empty.path(), u64::MAX);
    assert!(matches!(none, Err(TransferIngestError::NoFiles { .. })), "{none:?}");
    assert_eq!(open(dir.path()).info().blocks, kept);
}

/// Whatever the file is called, what was signed for one chain is never taken for another's.
#[test]
fn a_file_of_another_chain_is_refused_by_its_name_and_by_what_was_signed() {
    let Some(path) = shared_data(FILE) else { return };
    let dir = tempfile::tempdir().expect("temporary folder");
    assert_eq!(era1_chain(std::slice::from_ref(&path)).expect("reads"), Some(11_155_111));
    let as_ethereum = |path: &Path| {
        let (rules, writer) = (Rules::ethereum(), WriterOptions::default());
        let files = Era1Files { paths: vec![path.to_owned()], rules, writer };
        ingest_era1_files(dir.path(), &files, &|_| ControlFlow::Continue(())).expect_err("another chain")
    };
    let refused = as_ethereum(&path);
    assert!(matches!(refused, TransferIngestError::OtherNetwork { wanted: 1, .. }), "{refused}");
    let unnamed = dir.path().join("copy.era1");
    fs::copy(&path, &unnamed).expect("copied");
    let refused = as_ethereum(&unnamed);
    assert!(
        matches!(refused, TransferIngestError::OtherNetwork { .. }),
        "nobody knows what it is of: {refused}"
    );
    let misnamed = dir.path().join("mainnet-00021-b8814b14.era1");
    fs::copy(&path, &misnamed).expect("copied");
    let refused = as_ethereum(&misnamed).to_string();
    assert!(refused.contains("signed for chain 11155111") && refused.contains("mainnet-00021"), "{refused}");
    let ledger = TransferLedger::open(dir.path(), Chain::Evm(1)).expect("opens");
    assert_eq!(ledger.info().blocks, 0, "nothing of another chain is kept");
}

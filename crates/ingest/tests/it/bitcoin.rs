use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use tracehound_ingest::{BitcoinFiles, BitcoinReport, Progress, ingest_bitcoin_files};
use tracehound_ledger::{Ledger, WriterOptions};
use tracehound_model::{BitcoinNetwork, TxId};
use tracehound_range::{Generator, GeneratorConfig};
use tracehound_testkit::shared_data;

fn ingest(dir: &Path, paths: &[PathBuf], segment_txs: usize) -> BitcoinReport {
    let writer = WriterOptions { segment_txs, ..WriterOptions::default() };
    let files = BitcoinFiles { paths: paths.to_vec(), writer, ..BitcoinFiles::default() };
    ingest_bitcoin_files(dir, &files, &|_| ControlFlow::Continue(())).expect("ingests")
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary folder")
}

fn generated(dir: &Path, seed: u64) -> PathBuf {
    let config = GeneratorConfig { seed, tx_count: 2_000, ..GeneratorConfig::default() };
    let summary =
        Generator::new(config).expect("in range").write_block_files(dir, &mut |_| {}).expect("written");
    assert_eq!(summary.files.len(), 1);
    summary.files[0].clone()
}

/// Every real mainnet block we have, in one folder: contiguous ones, lone ones, a fork. All Merkle roots are right,
/// and each transaction is found.
#[test]
fn every_real_mainnet_block_goes_in_with_its_merkle_root_right() {
    let Some(folder) = shared_data("bitcoin") else { return };
    let dir = temporary();
    let names = [
        "nbitcoin_blk00000.dat",
        "nbitcoin_blk00001.dat",
        "hcl_firstblocks.blk",
        "btcd_blocks1-256.dat",
        "btcd_277647.dat",
        "bitcoinj_block227835.dat",
        "bitcoinj_block363703.dat",
        "bitcoinj_block383616.dat",
        "bitcoinj_block481815.dat",
        "hcl_block2019Jan.blk",
        "hcl_scriptwitness.blk",
        "core_block413567.raw",
        "rb_702861.raw",
    ];
    let mut blocks = 0;
    for name in names {
        let files = BitcoinFiles {
            paths: vec![folder.join(name)],
            network: Some(BitcoinNetwork::Mainnet),
            ..BitcoinFiles::default()
        };
        let report = ingest_bitcoin_files(dir.path(), &files, &|_| ControlFlow::Continue(()));
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.problem_count, 0, "{name}: {:?}", report.problems);
        assert!(report.appended.blocks + report.known + report.stale.len() as u64 > 0, "{name} held nothing");
        blocks += report.appended.blocks;
    }
    let ledger = Ledger::open(dir.path()).expect("opens");
    assert_eq!(u64::from(ledger.info().blocks), blocks);
    ledger.verify().expect("consistent");
    // The first payment ever: 10 BTC from Satoshi Nakamoto to Hal Finney, 2009-01-12, block 170.
    let txid: TxId =
        "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16".parse().expect("64 digits");
    let tx = ledger.tx(ledger.find_tx(&txid).expect("in the chain's first blocks")).expect("there");
    assert_eq!(ledger.block_of(tx.num).expect("there").height, Some(170));
    let values: Vec<u64> = ledger.outputs(&tx).map(|output| output.value).collect();
    assert_eq!(values, [10 * 100_000_000, 40 * 100_000_000]);
    assert!(ledger.inputs(&tx).all(|input| ledger.input_value(&input) == Some(50 * 100_000_000)));
}

#[test]
fn a_second_run_over_the_same_files_adds_nothing() {
    let (files, dir) = (temporary(), temporary());
    let file = generated(files.path(), 1);
    let first = ingest(dir.path(), std::slice::from_ref(&file), 500);
    assert_eq!(first.appended.txs, 2_000);
    assert_eq!((first.appended.missing_inputs, first.appended.double_spends), (0, 0));
    let content = Ledger::open(dir.path()).expect("opens").verify().expect("right").content;
    let second = ingest(dir.path(), &[file], 500);
    assert_eq!((second.appended.blocks, second.known), (0, first.appended.blocks));
    assert_eq!(Ledger::open(dir.path()).expect("opens").verify().expect("right").content, content);
}

#[test]
fn a_run_that_was_ended_goes_on_where_it_stopped() {
    let (files, dir, whole) = (temporary(), temporary(), temporary());
    let file = generated(files.path(), 2);
    ingest(whole.path(), std::slice::from_ref(&file), 300);
    let steps = AtomicU32::new(0);
    let stop = |progress| match progress {
        Progress::Appending { .. } if steps.fetch_add(1, Ordering::Relaxed) == 10 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    // With little memory a few blocks at a time, after each of which it may be ended.
    let writer = WriterOptions { memory: 0, ..WriterOptions::default() };
    let options = BitcoinFiles { paths: vec![file.clone()], writer, ..BitcoinFiles::default() };
    let first = ingest_bitcoin_files(dir.path(), &options, &stop).expect("ends well");
    assert!(first.stopped);
    let second = ingest(dir.path(), &[file], 300);
    assert_eq!(second.known, first.appended.blocks);
    assert!(first.appended.blocks > 10 && second.appended.blocks > 0, "{} appended", first.appended.blocks);
    let content = |dir: &Path| Ledger::open(dir).expect("opens").verify().expect("right").content;
    assert_eq!(content(dir.path()), content(whole.path()));
}

/// What is stored, and its name, depend on the blocks alone.
#[test]
fn neither_memory_nor_threads_leave_a_trace() {
    let blocks = temporary();
    let file = generated(blocks.path(), 9);
    let stored = |memory: usize, threads: usize| {
        let dir = temporary();
        let writer = WriterOptions { memory, ..WriterOptions::default() };
        let files = BitcoinFiles { paths: vec![file.clone()], writer, threads, ..BitcoinFiles::default() };
        let report =
            ingest_bitcoin_files(dir.path(), &files, &|_| ControlFlow::Continue(())).expect("ingests");
        let ledger = Ledger::open(dir.path()).expect("opens");
        let on_disk = report.tables.map(|table| table.disk_bytes > 0);
        (on_disk, (report.appended, ledger.verify().expect("right").content, ledger.snapshot_id()))
    };
    let (on_disk, free) = stored(usize::MAX, 0);
    assert_eq!(on_disk, [false; 2]);
    for (memory, threads, spilled) in [(0, 1, true), (0, 4, true), (30_000, 3, true), (1 << 30, 2, false)] {
        let (on_disk, same) = stored(memory, threads);
        assert_eq!(on_disk, [spilled; 2], "{memory} bytes");
        assert_eq!(same, free, "{memory} bytes, {threads} threads");
    }
}

#[test]
fn a_damaged_block_is_reported_and_skipped_and_what_needed_it_is_incomplete() {
    let (files, dir) = (temporary(), temporary());
    let file = generated(files.path(), 3);
    let mut bytes = fs::read(&file).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).expect("written");
    let report = ingest(dir.path(), &[file], 500);
    assert_eq!((report.problem_count, report.missing_ranges), (1, 1), "{:?}", report.problems);
    assert!(report.appended.missing_inputs > 0, "outputs of the lost block were spent");
    Ledger::open(dir.path()).expect("opens").verify().expect("consistent");
}

#[test]
fn a_longer_branch_replaces_the_shorter_one() {
    let Some(folder) = shared_data("bitcoin") else { return };
    let dir = temporary();
    let main = folder.join("btcd_blk_0_to_4.dat");
    let side = folder.join("btcd_blk_3A.dat");
    let report = ingest(dir.path(), &[main, side], 500);
    assert_eq!(report.stale.len(), 1, "one block of height 3 loses");
    assert_eq!(report.appended.blocks, 5);
}

/// A folder as Bitcoin Core 30 writes it: obfuscated, preallocated, with undo files.
#[test]
fn a_nodes_own_folder_goes_in_whole() {
    let Some(archive) = shared_data("bitcoin/node/core30_regtest_2122_blk_rev_xor.tar.gz") else { return };
    let (files, dir) = (temporary(), temporary());
    let status = std::process::Command::new("tar")
        .arg("-xzf")
        .arg(&archive)
        .arg("-C")
        .arg(files.path())
        .status()
        .expect("tar runs");
    assert!(status.success());
    let report = ingest(dir.path(), &[files.path().to_owned()], 500);
    assert_eq!((report.appended.blocks, report.problem_count), (2_122, 0), "{:?}", report.problems);
    assert_eq!(report.network, BitcoinNetwork::Regtest);
    Ledger::open(dir.path()).expect("opens").verify().expect("consistent");
}

//! Folders and files of blocks, as Bitcoin Core writes them and as they get damaged.

use std::{
    convert::Infallible,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use tracehound_bitcoin::{
    BlockSource, HeaderIndex, NothingKnown, Plan, PlannedBlock, ProblemKind, ReadOptions, Report, SourceError,
};
use tracehound_model::{BitcoinNetwork, BlockHash, utxo::UtxoBlock};

use crate::fixtures::{FILES, MAINNET, crate_block, file, real_blocks, split};

/// Unpacks a node's blocks folder; `None` without the data.
pub(crate) fn node_folder(name: &str, into: &Path) -> Option<PathBuf> {
    let archive = file(&format!("node/{name}"))?;
    tar::Archive::new(GzDecoder::new(fs::File::open(archive).unwrap())).unpack(into).unwrap();
    Some(into.to_owned())
}

/// Everything a source delivers, with what was reported.
pub(crate) struct Delivered {
    pub(crate) index: HeaderIndex,
    pub(crate) plan: Plan,
    pub(crate) blocks: Vec<(PlannedBlock, UtxoBlock)>,
    pub(crate) report: Report,
}

pub(crate) fn deliver<P: AsRef<Path>>(
    paths: &[P],
    network: Option<BitcoinNetwork>,
    threads: usize,
) -> Result<Delivered, SourceError> {
    let source = BlockSource::open(paths, network)?;
    let index = source.scan_headers(&|_| {})?;
    let plan = index.plan(&source, &NothingKnown);
    let mut blocks = Vec::new();
    let options = ReadOptions { threads, ..ReadOptions::default() };
    let result = source.read_blocks(&index, &plan, options, |planned, block| {
        blocks.push((*planned, block.clone()));
        Ok::<_, Infallible>(ControlFlow::Continue(()))
    });
    let Ok(report) = result;
    Ok(Delivered { index, plan, blocks, report })
}

/// Frames blocks as a node does.
pub(crate) fn frame(magic: [u8; 4], blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for block in blocks {
        bytes.extend_from_slice(&magic);
        bytes.extend_from_slice(&u32::try_from(block.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(block);
    }
    bytes
}

/// Heights of the delivered blocks, in order.
fn heights(delivered: &Delivered) -> Vec<Option<u32>> {
    delivered.blocks.iter().map(|(_, block)| block.height).collect()
}

#[test]
fn a_nodes_obfuscated_mainnet_folder_is_read_from_genesis_on() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = node_folder("core30_mainnet_0-599_blk_rev_xor.tar.gz", folder.path()) else { return };
    for threads in [1, 2, 5] {
        let delivered = deliver(&[&path], None, threads).unwrap();
        assert!(delivered.index.problems().is_empty() && delivered.report.problems.is_empty());
        assert_eq!(heights(&delivered), (0..600).map(Some).collect::<Vec<_>>());
        assert!(delivered.blocks.iter().all(|(planned, _)| planned.connected));
        assert!(delivered.plan.stale.is_empty() && delivered.plan.detached.is_empty());
        let chain = delivered.blocks.windows(2).all(|pair| pair[1].1.header.prev() == pair[0].1.hash);
        assert!(chain, "each block follows the one before");
        assert_eq!(delivered.report.blocks, 600);
    }
}

#[test]
fn a_nodes_regtest_folder_is_recognised_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = node_folder("core30_regtest_2122_blk_rev_xor.tar.gz", folder.path()) else { return };
    let source = BlockSource::open(&[&path], None).unwrap();
    assert_eq!(source.network(), BitcoinNetwork::Regtest);
    let delivered = deliver(&[&path], None, 2).unwrap();
    assert!(delivered.index.problems().is_empty() && delivered.report.problems.is_empty());
    assert_eq!(heights(&delivered), (0..2_122).map(Some).collect::<Vec<_>>());
    for (planned, block) in &delivered.blocks {
        assert_eq!(delivered.index.entries()[planned.entry as usize].height_hint, block.height);
    }
    let error = deliver(&[&path], Some(BitcoinNetwork::Mainnet), 1).err().unwrap();
    assert!(error.to_string().contains("Bitcoin regtest"), "{error}");
}

#[test]
fn a_data_folder_leads_to_its_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let regtest = folder.path().join("regtest/blocks");
    let Some(_) = node_folder("core30_regtest_2122_blk_rev_xor.tar.gz", &regtest) else { return };
    let Some(_) = node_folder("core30_mainnet_0-599_blk_rev_xor.tar.gz", &folder.path().join("blocks"))
    else {
        return;
    };
    assert_eq!(deliver(&[folder.path()], None, 1).unwrap().blocks.len(), 600);
    let regtest = deliver(&[folder.path()], Some(BitcoinNetwork::Regtest), 1).unwrap();
    assert_eq!(regtest.blocks.len(), 2_122);
}

#[test]
fn without_its_key_an_obfuscated_folder_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = node_folder("core30_mainnet_0-599_blk_rev_xor.tar.gz", folder.path()) else { return };
    fs::remove_file(path.join("xor.dat")).unwrap();
    let error = deliver(&[path.join("blk00000.dat")], None, 1).err().unwrap();
    assert!(error.to_string().contains("xor.dat"), "{error}");
    fs::write(path.join("xor.dat"), [0; 7]).unwrap();
    let error = deliver(&[&path], None, 1).err().unwrap();
    assert!(error.to_string().ends_with("7 bytes long, an obfuscation key has 8"), "{error}");
}

#[test]
fn all_real_files_together_give_one_chain_and_islands_by_time() {
    let paths: Vec<PathBuf> = FILES.iter().filter_map(|name| file(name)).collect();
    if paths.is_empty() {
        return;
    }
    let delivered = deliver(&paths, Some(BitcoinNetwork::Mainnet), 2).unwrap();
    assert!(delivered.index.problems().is_empty() && delivered.report.problems.is_empty());
    let chain: Vec<_> = heights(&delivered).into_iter().take(600).collect();
    assert_eq!(chain, (0..600).map(Some).collect::<Vec<_>>());
    let detached: Vec<_> =
        delivered.plan.detached.iter().map(|detached| delivered.blocks[detached.first].1.height).collect();
    // The third one is the last block of version 1: nothing in it says that its height is 227,835.
    let known: Vec<u32> = detached.iter().flatten().copied().collect();
    assert_eq!(known, [277_647, 363_703, 383_616, 413_567, 481_815, 482_300, 556_977, 702_861]);
    assert_eq!(detached.len(), known.len() + 1);
    let times: Vec<_> = delivered
        .plan
        .detached
        .iter()
        .map(|detached| delivered.blocks[detached.first].1.header.time())
        .collect();
    assert!(times.is_sorted());
    let distinct: std::collections::HashSet<Vec<u8>> =
        real_blocks().into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(delivered.blocks.len() + delivered.plan.stale.len(), distinct.len());
}

#[test]
fn a_fork_gives_the_chain_with_more_work_and_reports_the_other() {
    let (Some(main), Some(side)) = (file("btcd_blk_0_to_4.dat"), file("btcd_blk_3A.dat")) else { return };
    for paths in [[&main, &side], [&side, &main]] {
        let delivered = deliver(&paths, None, 2).unwrap();
        assert_eq!(heights(&delivered), [0, 1, 2, 3, 4].map(Some));
        assert_eq!(delivered.plan.stale.len(), 1);
        assert_eq!(delivered.plan.stale[0].height, Some(3));
        let stale = &delivered.index.entries()[delivered.plan.stale[0].entry as usize];
        assert_eq!(stale.header.prev(), delivered.blocks[2].1.hash);
        assert_ne!(stale.hash, delivered.blocks[3].1.hash);
    }
}

#[test]
fn mixed_networks_are_refused_by_name_unless_one_is_chosen() {
    let Some(path) = file("hcl_multinet.blk") else { return };
    let error = deliver(&[&path], None, 1).err().unwrap();
    assert!(matches!(error, SourceError::MixedNetworks { .. }));
    let text = error.to_string();
    assert!(text.contains("Bitcoin testnet3") && text.contains("--network"), "{text}");
    let delivered = deliver(&[&path], Some(BitcoinNetwork::Mainnet), 1).unwrap();
    assert!(!delivered.blocks.is_empty() && delivered.report.problems.is_empty());
    let others =
        delivered.index.problems().iter().filter(|p| matches!(p.kind, ProblemKind::OtherNetwork { .. }));
    assert!(others.count() > 0);
}

#[test]
fn a_single_block_needs_the_networks_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.raw");
    fs::write(&path, crate_block()).unwrap();
    let error = deliver(&[&path], None, 1).err().unwrap();
    assert!(matches!(error, SourceError::NetworkUnknown(_)), "{error}");
    let delivered = deliver(&[&path], Some(BitcoinNetwork::Mainnet), 1).unwrap();
    assert_eq!(heights(&delivered), [Some(702_861)]);
    assert!(!delivered.blocks[0].0.connected);
    assert_eq!(delivered.plan.detached[0].missing, delivered.blocks[0].1.header.prev());
}

#[test]
fn what_is_no_block_file_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "not a block").unwrap();
    let error = deliver(&[&path], None, 1).err().unwrap().to_string();
    assert!(error.contains("notes.txt: begins with 6e6f7420612062"), "{error}");
    let error = deliver(&[folder.path()], None, 1).err().unwrap();
    assert!(matches!(error, SourceError::NoBlocks(_)), "{error}");
    let error = deliver(&[folder.path().join("absent.dat")], None, 1).err().unwrap();
    assert!(matches!(error, SourceError::Io { .. }), "{error}");
    fs::write(&path, []).unwrap();
    assert!(deliver(&[&path], None, 1).is_err());
}

/// A node's folder copied without its key: the file, and where it can be told the network, are named.
#[test]
fn obfuscated_files_without_their_key_are_named_as_such() {
    let Some(path) = file("nbitcoin_blk00000.dat") else { return };
    let bytes = fs::read(&path).unwrap();
    let key = [0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07, 0x18];
    let hidden: Vec<u8> = bytes.iter().enumerate().map(|(at, byte)| byte ^ key[at % 8]).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blk00000.dat");
    fs::write(&path, &hidden).unwrap();
    for given in [folder.path(), path.as_path()] {
        let error = deliver(&[given], None, 1).err().unwrap().to_string();
        assert!(error.contains("blk00000.dat: holds blocks of Bitcoin mainnet"), "{error}");
        assert!(error.contains("xor.dat, is not beside it"), "{error}");
    }
    // A file from the middle of a chain does not say its network, but still what it lacks.
    let middle = bytes.len() / 2 / 8 * 8;
    fs::write(&path, &hidden[middle..]).unwrap();
    let error = deliver(&[folder.path()], None, 1).err().unwrap().to_string();
    assert!(error.contains("blk00000.dat") && error.contains("xor.dat"), "{error}");
    fs::write(folder.path().join("xor.dat"), key).unwrap();
    fs::write(&path, &hidden).unwrap();
    assert!(!deliver(&[folder.path()], None, 1).unwrap().blocks.is_empty());
}

/// The first 600 mainnet blocks.
pub(crate) fn early_chain() -> Option<Vec<Vec<u8>>> {
    let mut blocks = Vec::new();
    for name in ["nbitcoin_blk00000.dat", "nbitcoin_blk00001.dat"] {
        blocks.extend(split(&fs::read(file(name)?).unwrap(), MAINNET));
    }
    Some(blocks)
}

fn hash_of(block: &[u8]) -> BlockHash {
    let mut out = UtxoBlock::default();
    tracehound_bitcoin::read_block(block, &mut out, &mut tracehound_bitcoin::Scratch::default()).unwrap();
    out.hash
}

#[test]
fn blocks_in_any_order_over_several_files_come_out_in_chain_order() {
    let Some(mut blocks) = early_chain() else { return };
    blocks.truncate(300);
    let expected: Vec<BlockHash> = blocks.iter().map(|block| hash_of(block)).collect();
    // A fixed shuffle: 7 and 300 have no common factor.
    let shuffled: Vec<_> = (0..300).map(|i| blocks[i * 7 % 300].clone()).collect();
    let folder = tempfile::tempdir().unwrap();
    for (number, part) in shuffled.chunks(70).enumerate() {
        fs::write(folder.path().join(format!("blk{number:05}.dat")), frame(MAINNET, part)).unwrap();
    }
    let delivered = deliver(&[folder.path()], None, 2).unwrap();
    let hashes: Vec<_> = delivered.blocks.iter().map(|(_, block)| block.hash).collect();
    assert_eq!(hashes, expected);
}

#[test]
fn an_unwritten_tail_ends_a_file_and_is_no_problem() {
    let Some(blocks) = early_chain() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = frame(MAINNET, &blocks[..10]);
    bytes.resize(bytes.len() + 1_000_003, 0);
    fs::write(folder.path().join("blk00000.dat"), bytes).unwrap();
    let delivered = deliver(&[folder.path()], None, 1).unwrap();
    assert_eq!(delivered.blocks.len(), 10);
    assert!(delivered.index.problems().is_empty());
}

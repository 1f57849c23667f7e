use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use bitcoin::{
    Amount, Block, BlockHash, Network, OutPoint, Transaction, consensus::deserialize,
    constants::genesis_block, hashes::Hash,
};
use tracehound_model::BitcoinNetwork;
use tracehound_range::{Generator, GeneratorConfig, Profile, RangeError, Summary};

const NETWORKS: [(BitcoinNetwork, Network); 4] = [
    (BitcoinNetwork::Mainnet, Network::Bitcoin),
    (BitcoinNetwork::Testnet, Network::Testnet),
    (BitcoinNetwork::Signet, Network::Signet),
    (BitcoinNetwork::Regtest, Network::Regtest),
];

fn generate(config: GeneratorConfig, dir: &Path) -> Summary {
    let generator = Generator::new(config).expect("the configuration is in range");
    generator.write_block_files(dir, &mut |_| ()).expect("the folder is empty and writable")
}

/// Blocks of the files, unframed. Panics on anything but magic, length, block, to the last byte.
pub(crate) fn read_blocks(files: &[std::path::PathBuf], magic: [u8; 4]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for path in files {
        let bytes = std::fs::read(path).expect("the file was just written");
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            assert_eq!(rest[..4], magic);
            let len = u32::from_le_bytes(rest[4..8].try_into().expect("4 bytes")) as usize;
            blocks.push(deserialize::<Block>(&rest[8..8 + len]).expect("rust-bitcoin reads the block"));
            rest = &rest[8 + len..];
        }
    }
    blocks
}

/// Everything a consensus check would ask for, but for scripts and signatures. Returns inputs, outputs and fees.
pub(crate) fn check_chain(blocks: &[Block], network: Network) -> (u64, u64, u64) {
    assert_eq!(blocks[0], genesis_block(network));
    let mut unspent: HashMap<OutPoint, (Amount, Option<usize>)> = HashMap::new();
    let mut txids = HashSet::new();
    let (mut inputs, mut outputs, mut fees) = (0, 0, 0);
    let mut prev = BlockHash::all_zeros();
    for (height, block) in blocks.iter().enumerate() {
        assert_eq!(block.header.prev_blockhash, prev);
        prev = block.block_hash();
        if height > 0 {
            assert!(block.header.time > blocks[height - 1].header.time);
            block.header.validate_pow(block.header.target()).expect("the header meets its target");
            if height > 16 {
                assert_eq!(block.bip34_block_height().expect("a height in the coinbase"), height as u64);
            }
        }
        assert!(block.check_merkle_root() && block.check_witness_commitment(), "block {height}");
        assert!(block.weight().to_wu() <= 4_000_000);
        let mut block_fees = Amount::ZERO;
        for (position, tx) in block.txdata.iter().enumerate() {
            let txid = tx.compute_txid();
            assert!(txids.insert(txid), "{txid} occurs twice");
            inputs += tx.input.len() as u64;
            outputs += tx.output.len() as u64;
            assert_eq!(tx.is_coinbase(), position == 0);
            if position > 0 {
                block_fees += spend(tx, height, &mut unspent);
            }
            for (vout, output) in (0..).zip(&tx.output) {
                if !output.script_pubkey.is_op_return() {
                    let minted_at = (position == 0).then_some(height);
                    unspent.insert(OutPoint { txid, vout }, (output.value, minted_at));
                }
            }
        }
        let minted: Amount = block.txdata[0].output.iter().map(|output| output.value).sum();
        let halvings = height as u32 / 2_100;
        assert_eq!(minted, Amount::from_sat(5_000_000_000 >> halvings) + block_fees, "block {height}");
        fees += block_fees.to_sat();
    }
    (inputs, outputs, fees)
}

fn spend(
    tx: &Transaction,
    height: usize,
    unspent: &mut HashMap<OutPoint, (Amount, Option<usize>)>,
) -> Amount {
    let mut total = Amount::ZERO;
    for input in &tx.input {
        let (value, minted_at) = unspent.remove(&input.previous_output).expect("spends an unspent output");
        if let Some(minted_at) = minted_at {
            assert!(height >= minted_at + 100, "a coinbase of block {minted_at} is spent in block {height}");
        }
        total += value;
    }
    let paid: Amount = tx.output.iter().map(|output| output.value).sum();
    assert!(paid < total, "{} pays no fee", tx.compute_txid());
    total - paid
}

#[test]
fn a_generated_chain_keeps_the_rules_on_every_network() {
    for (network, theirs) in NETWORKS {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let config = GeneratorConfig { seed: 5, network, tx_count: 3_000, ..GeneratorConfig::default() };
        let summary = generate(config, dir.path());
        let blocks = read_blocks(&summary.files, theirs.magic().to_bytes());
        let (inputs, outputs, fees) = check_chain(&blocks, theirs);
        assert_eq!(summary.blocks, blocks.len() as u64);
        assert_eq!(summary.txs, 3_000);
        assert_eq!(blocks.iter().map(|block| block.txdata.len()).sum::<usize>(), 3_000);
        assert_eq!((summary.inputs, summary.outputs, summary.fees), (inputs, outputs, fees));
        assert_eq!(summary.tip.0, blocks[blocks.len() - 1].block_hash().to_byte_array());
        assert_eq!(
            summary.bytes,
            summary.files.iter().map(|f| f.metadata().expect("written").len()).sum::<u64>()
        );
    }
}

/// (kind, outputs per 10,000 that are of it)
fn script_shares(blocks: &[Block]) -> HashMap<&'static str, u64> {
    let mut counts: HashMap<&'static str, u64> = HashMap::new();
    let mut total = 0;
    for output in blocks.iter().flat_map(|block| &block.txdata[1..]).flat_map(|tx| &tx.output) {
        let script = &output.script_pubkey;
        let kind = match () {
            () if script.is_p2pkh() => "p2pkh",
            () if script.is_p2sh() => "p2sh",
            () if script.is_p2wpkh() => "p2wpkh",
            () if script.is_p2wsh() => "p2wsh",
            () if script.is_p2tr() => "p2tr",
            () if script.is_p2pk() => "p2pk",
            () if script.is_op_return() => "op_return",
            () if script.is_multisig() => "multisig",
            () => panic!("a script of no known kind: {script}"),
        };
        *counts.entry(kind).or_default() += 1;
        total += 1;
    }
    counts.into_iter().map(|(kind, count)| (kind, count * 10_000 / total)).collect()
}

#[test]
fn transactions_have_the_measured_shape() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let config = GeneratorConfig { seed: 11, tx_count: 40_000, ..GeneratorConfig::default() };
    let summary = generate(config, dir.path());
    let blocks = read_blocks(&summary.files, Network::Regtest.magic().to_bytes());
    check_chain(&blocks, Network::Regtest);

    let payments = || blocks.iter().flat_map(|block| &block.txdata[1..]);
    let count = payments().count() as u64;
    let inputs = payments().map(|tx| tx.input.len() as u64).sum::<u64>();
    let outputs = payments().map(|tx| tx.output.len() as u64).sum::<u64>();
    let bytes = payments().map(|tx| tx.total_size() as u64).sum::<u64>();
    assert!((200..300).contains(&(inputs * 100 / count)), "{inputs} inputs in {count} transactions");
    assert!((220..320).contains(&(outputs * 100 / count)), "{outputs} outputs in {count} transactions");
    assert!((440..660).contains(&(bytes / count)), "{bytes} bytes in {count} transactions");

    let shares = script_shares(&blocks);
    for (kind, low, high) in [
        ("p2pkh", 5_800, 7_100),
        ("p2sh", 1_900, 2_800),
        ("p2wpkh", 600, 1_100),
        ("p2wsh", 10, 120),
        ("p2tr", 30, 250),
        ("p2pk", 1, 60),
        ("op_return", 120, 260),
    ] {
        let share = shares.get(kind).copied().unwrap_or(0);
        assert!((low..=high).contains(&share), "{kind}: {share} in 10,000");
    }

    // Addresses: about one new one a transaction, some are paid very often.
    let mut paid: HashMap<&bitcoin::Script, u64> = HashMap::new();
    for output in payments().flat_map(|tx| &tx.output).filter(|o| !o.script_pubkey.is_op_return()) {
        *paid.entry(&output.script_pubkey).or_default() += 1;
    }
    assert!(*paid.values().max().expect("outputs") > 100);
    assert!(
        (35..50).contains(&(paid.len() as u64 * 100 / outputs)),
        "{} scripts for {outputs} outputs",
        paid.len()
    );
}

#[test]
fn spent_coins_are_mostly_young_and_sometimes_old() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let config = GeneratorConfig { seed: 12, tx_count: 40_000, ..GeneratorConfig::default() };
    let summary = generate(config, dir.path());
    let blocks = read_blocks(&summary.files, Network::Regtest.magic().to_bytes());
    let mut born = HashMap::new();
    let mut ages = Vec::new();
    for (height, block) in blocks.iter().enumerate() {
        for tx in &block.txdata {
            born.insert(tx.compute_txid(), height);
            ages.extend(tx.input.iter().filter_map(|i| Some(height - born.get(&i.previous_output.txid)?)));
        }
    }
    ages.sort_unstable();
    let quantile = |percent: usize| ages[ages.len() * percent / 100];
    assert!(quantile(10) <= 3, "a tenth is spent within three blocks, not {}", quantile(10));
    assert!(quantile(50) <= 60, "half is spent within {} blocks", quantile(50));
    assert!(quantile(99) >= 60, "the oldest hundredth waited only {} blocks", quantile(99));
}

fn file_bytes(config: GeneratorConfig) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let summary = generate(config, dir.path());
    summary.files.iter().flat_map(|path| std::fs::read(path).expect("just written")).collect()
}

#[test]
fn a_seed_fixes_every_byte() {
    let config = GeneratorConfig { seed: 42, ..GeneratorConfig::default() };
    let bytes = file_bytes(config.clone());
    assert_eq!(bytes, file_bytes(config.clone()));
    assert_ne!(bytes, file_bytes(GeneratorConfig { seed: 43, ..config.clone() }));
    assert_ne!(bytes, file_bytes(GeneratorConfig { profile: Profile::Recent, ..config }));
    // The same on every platform and in every later version, or benchmarks cannot be compared: change this line only
    // together with the generator's version in CHANGELOG.md.
    let digest = bitcoin::hashes::sha256::Hash::hash(&bytes).to_string();
    assert_eq!(digest, "fc7f3d3ffdfd5bbd087e6f4d9adbd9412909d2d5178d0c31599b7a2cf3c697d9");
}

#[test]
fn what_cannot_be_generated_is_refused_by_number() {
    let with = |tx_count, start_time| {
        Generator::new(GeneratorConfig { tx_count, start_time, ..GeneratorConfig::default() })
            .err()
            .expect("refused")
            .to_string()
    };
    assert_eq!(with(999, 0), "cannot generate 999 transactions: ask for 1000 to 10000000");
    assert!(with(1_000, u32::MAX).contains("start time 4294967295"));
}

#[test]
fn existing_block_files_are_not_overwritten() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("blk00000.dat");
    std::fs::write(&path, b"precious").expect("writable");
    let generator = Generator::new(GeneratorConfig::default()).expect("in range");
    let error = generator.write_block_files(dir.path(), &mut |_| ()).expect_err("refused");
    assert!(matches!(&error, RangeError::Exists { path: named } if *named == path), "{error}");
    assert_eq!(std::fs::read(&path).expect("still there"), b"precious");
}

#[test]
fn progress_is_told_to_the_end() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut last = None;
    let generator = Generator::new(GeneratorConfig::default()).expect("in range");
    let summary = generator.write_block_files(dir.path(), &mut |at| last = Some(at)).expect("written");
    let last = last.expect("at least one block");
    assert_eq!((last.blocks, last.txs, last.bytes), (summary.blocks, summary.txs, summary.bytes));
    assert_eq!(last.txs_total, 1_000);
}

//! Undo files: which outputs a block spends, without the blocks that made them.

use std::{collections::HashMap, convert::Infallible, fs, ops::ControlFlow, path::Path};

use bitcoin::{
    Amount, Block, OutPoint, PublicKey, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    absolute, consensus,
    consensus::encode::VarInt,
    hashes::{Hash, sha256d},
    transaction,
};
use proptest::prelude::*;
use tracehound_bitcoin::{
    BlockSource, NothingKnown, Plan, ProblemKind, Problems, ReadOptions, UndoError, UndoIndex, classify,
};
use tracehound_model::{BlockHash, ScriptKey, TxId, utxo::UtxoBlock};

use crate::{
    files::{early_chain, frame, node_folder},
    fixtures::{MAINNET, file},
    mock::{mine, work},
};

const REGTEST: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];

/// What a folder delivers with its undo files.
struct WithUndo {
    undo: UndoIndex,
    plan: Plan,
    blocks: Vec<UtxoBlock>,
    problems: Problems,
}

fn deliver<P: AsRef<Path>>(paths: &[P]) -> WithUndo {
    let source = BlockSource::open(paths, None).unwrap();
    let index = source.scan_headers(&|_| {}).unwrap();
    let plan = index.plan(&source, &NothingKnown);
    let undo = source.scan_undo(&index, &plan);
    let mut blocks = Vec::new();
    let options = ReadOptions { threads: 2, undo: Some(&undo), ..ReadOptions::default() };
    let Ok(report) = source.read_blocks(&index, &plan, options, |_, block| {
        blocks.push(block.clone());
        Ok::<_, Infallible>(ControlFlow::Continue(()))
    });
    WithUndo { undo, plan, blocks, problems: report.problems }
}

/// Compares every spent output from undo files with the output itself in an earlier block; returns how many blocks
/// spend any.
fn spent_as_created(blocks: &[UtxoBlock]) -> usize {
    let mut created: HashMap<(TxId, u32), (u64, ScriptKey)> = HashMap::new();
    let mut spending = 0;
    for block in blocks {
        let mut spends = false;
        for (tx, inputs, outputs) in block.transactions() {
            for (vout, output) in (0..).zip(outputs) {
                created.insert((tx.txid, vout), (output.value, block.script_key(output)));
            }
            for input in inputs.iter().filter(|input| !input.is_coinbase()) {
                let spent = input.prev_output.expect("every spent output stands in the undo files");
                let truth = created[&(input.prev_txid, input.prev_vout)];
                assert_eq!((spent.value, block.script_key(&spent)), truth);
                spends = true;
            }
        }
        spending += usize::from(spends);
    }
    spending
}

#[test]
fn a_nodes_undo_files_tell_every_spent_output() {
    for (archive, blocks, spending) in [
        ("core30_mainnet_0-599_blk_rev_xor.tar.gz", 600, Some(13)),
        ("core30_regtest_2122_blk_rev_xor.tar.gz", 2_122, None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let Some(path) = node_folder(archive, folder.path()) else { return };
        let found = deliver(&[&path]);
        assert!(found.undo.problems().is_empty() && found.problems.is_empty());
        assert_eq!((found.blocks.len(), found.undo.len()), (blocks, blocks - 1));
        assert!(!found.undo.contains(found.plan.order[0].entry), "the genesis block spends nothing");
        let counted = spent_as_created(&found.blocks);
        assert!(counted > 0 && spending.is_none_or(|spending| spending == counted));
    }
}

#[test]
fn an_undo_file_of_an_older_node_is_matched_by_its_number() {
    let (Some(blocks), Some(undo)) = (file("nbitcoin_blk00000.dat"), file("nbitcoin_rev00000.dat")) else {
        return;
    };
    let found = deliver(&[&blocks, &undo]);
    assert_eq!(
        found.undo.len() as u64 + found.undo.problems().count(),
        fs::read(undo).unwrap().len() as u64 / 41
    );
    assert!(found.problems.is_empty());
    assert!(!found.undo.is_empty());
}

/// Core's way to write numbers in undo records (`VARINT`).
fn number(mut n: u64) -> Vec<u8> {
    let mut bytes = vec![(n & 0x7f) as u8];
    while n > 0x7f {
        n = (n >> 7) - 1;
        bytes.push((n & 0x7f) as u8 | 0x80);
    }
    bytes.reverse();
    bytes
}

/// Core's way to shorten amounts (`CompressAmount`).
fn short_amount(mut n: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    let mut zeros = 0;
    while n.is_multiple_of(10) && zeros < 9 {
        n /= 10;
        zeros += 1;
    }
    if zeros < 9 {
        let digit = n % 10;
        1 + (n / 10 * 9 + digit - 1) * 10 + zeros
    } else {
        1 + (n - 1) * 10 + 9
    }
}

/// Core's way to shorten scripts (`CompressScript`).
fn short_script(script: &ScriptBuf) -> Vec<u8> {
    let bytes = script.as_bytes();
    let key = script.p2pk_public_key();
    if script.is_p2pkh() {
        [&[0], &bytes[3..23]].concat()
    } else if script.is_p2sh() {
        [&[1], &bytes[2..22]].concat()
    } else if let Some(PublicKey { compressed, inner }) = key {
        let short = inner.serialize();
        let tag = if compressed { short[0] } else { short[0] + 2 };
        [&[tag], &short[1..]].concat()
    } else {
        [number(bytes.len() as u64 + 6), bytes.to_vec()].concat()
    }
}

/// The undo record of a block that spends these outputs, transaction by transaction.
fn record(spent: &[Vec<TxOut>], height: u64) -> Vec<u8> {
    let mut bytes = consensus::serialize(&VarInt::from(spent.len()));
    for tx in spent {
        bytes.extend(consensus::serialize(&VarInt::from(tx.len())));
        for output in tx {
            bytes.extend(number(height * 2));
            if height > 0 {
                bytes.extend(number(0));
            }
            bytes.extend(number(short_amount(output.value.to_sat())));
            bytes.extend(short_script(&output.script_pubkey));
        }
    }
    bytes
}

/// The file that holds the record, with the checksum that belongs to it.
fn undo_file(prev: bitcoin::BlockHash, record: &[u8]) -> Vec<u8> {
    let checksum = sha256d::Hash::hash(&[prev.as_byte_array(), record].concat());
    [&frame(REGTEST, &[record.to_vec()])[..], checksum.as_byte_array()].concat()
}

/// A block whose transactions have as many inputs as there are outputs to spend.
fn spender(spent: &[Vec<TxOut>]) -> Block {
    let mut block = mine(bitcoin::BlockHash::from_byte_array([5; 32]), 100, 0);
    for (i, outputs) in spent.iter().enumerate() {
        let input = |vout| TxIn {
            previous_output: OutPoint { txid: Txid::from_byte_array([i as u8 + 1; 32]), vout },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        };
        block.txdata.push(Transaction {
            version: transaction::Version::ONE,
            lock_time: absolute::LockTime::ZERO,
            input: (0..outputs.len() as u32).map(input).collect(),
            output: vec![TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::from_bytes(vec![0x51]) }],
        });
    }
    work(&mut block);
    block
}

/// Delivers one block with one undo record.
fn with_record(block: &Block, record: &[u8]) -> (UtxoBlock, Vec<ProblemKind>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("blk00007.dat"), frame(REGTEST, &[consensus::serialize(block)])).unwrap();
    fs::write(folder.path().join("rev00007.dat"), undo_file(block.header.prev_blockhash, record)).unwrap();
    let mut found = deliver(&[folder.path()]);
    let problems =
        found.undo.problems().iter().chain(found.problems.iter()).map(|p| p.kind.clone()).collect();
    (found.blocks.remove(0), problems)
}

fn any_script() -> impl Strategy<Value = ScriptBuf> {
    let secp = bitcoin::secp256k1::Secp256k1::new();
    let key = any::<[u8; 32]>().prop_filter_map("a secret key is below the group order", move |bytes| {
        let secret = bitcoin::secp256k1::SecretKey::from_slice(&bytes).ok()?;
        Some(secret.public_key(&secp))
    });
    let bytes = |head: &'static [u8], tail: &'static [u8]| {
        move |body: Vec<u8>| ScriptBuf::from_bytes([head, &body, tail].concat())
    };
    let body = |len| prop::collection::vec(any::<u8>(), len);
    prop_oneof![
        body(20).prop_map(bytes(&[0x76, 0xa9, 0x14], &[0x88, 0xac])),
        body(20).prop_map(bytes(&[0xa9, 0x14], &[0x87])),
        body(20).prop_map(bytes(&[0x00, 0x14], &[])),
        body(32).prop_map(bytes(&[0x51, 0x20], &[])),
        key.prop_flat_map(|inner| any::<bool>()
            .prop_map(move |compressed| { ScriptBuf::new_p2pk(&PublicKey { compressed, inner }) })),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(ScriptBuf::from_bytes),
    ]
}

fn any_spent() -> impl Strategy<Value = Vec<Vec<TxOut>>> {
    let value = prop_oneof![
        0..=2_100_000_000_000_000_u64,
        (0..=21_000_000_u64).prop_map(|coins| coins * 100_000_000)
    ];
    let output = (value, any_script())
        .prop_map(|(sats, script_pubkey)| TxOut { value: Amount::from_sat(sats), script_pubkey });
    prop::collection::vec(prop::collection::vec(output, 1..4), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_kind_of_output_comes_back_as_it_was(spent in any_spent(), height in prop_oneof![Just(0_u64), any::<u32>().prop_map(u64::from)]) {
        let block = spender(&spent);
        let (read, problems) = with_record(&block, &record(&spent, height));
        prop_assert_eq!(problems, []);
        let expected: Vec<_> = spent.iter().flatten()
            .map(|output| (output.value.to_sat(), classify(output.script_pubkey.as_bytes()))).collect();
        let found: Vec<_> = read.inputs[1..].iter()
            .map(|input| input.prev_output.map(|output| (output.value, read.script_key(&output))).unwrap()).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_senseless_record_costs_no_more_than_itself(
        spent in any_spent(),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        // Its checksum is right, as a hostile file's would be.
        let mut bytes = record(&spent, 7);
        let len = bytes.len();
        bytes[at.index(len)] = value;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(len).max(1));
        }
        let block = spender(&spent);
        let (read, problems) = with_record(&block, &bytes);
        prop_assert_eq!(read.hash, BlockHash(block.block_hash().to_byte_array()));
        prop_assert_eq!(&read.inputs[0].prev_output, &None);
        let filled = read.inputs[1..].iter().filter(|input| input.prev_output.is_some()).count();
        prop_assert!(filled == if problems.is_empty() { read.inputs.len() - 1 } else { 0 }, "all or nothing");
        prop_assert!(problems.len() <= 1);
    }
}

#[test]
fn what_is_wrong_with_a_record_is_said() {
    let spent =
        vec![vec![TxOut { value: Amount::ONE_BTC, script_pubkey: ScriptBuf::from_bytes(vec![0x51]) }]];
    let block = spender(&spent);
    let good = record(&spent, 7);
    let error = |bytes: &[u8]| match with_record(&block, bytes).1.remove(0) {
        ProblemKind::Undo { error, .. } => error,
        other => panic!("{other}"),
    };
    assert_eq!(error(&good[..good.len() - 1]), UndoError::Cut);
    assert_eq!(error(&[&good[..], &[0]].concat()), UndoError::Trailing(1));
    assert_eq!(error(&[1, 2, 0]), UndoError::Count { expected: 1, found: 2 });
    assert_eq!(error(&[&[1, 1, 14, 0], &number(u64::MAX)[..], &[6]].concat()), UndoError::Amount);
    assert_eq!(error(&[&[1, 1], &[0xff; 12][..]].concat()), UndoError::Number);
    assert_eq!(error(&[&[1, 1, 14, 0, 0, 4], &[0xff; 32][..]].concat()), UndoError::PublicKey);
    let unmatched = with_record(&block, &[2, 0, 0]).1;
    assert_eq!(
        unmatched,
        [ProblemKind::UndoUnmatched(3)],
        "a record of three transactions is another block's"
    );
}

#[test]
fn a_damaged_record_leaves_the_others_usable() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = node_folder("core30_mainnet_0-599_blk_rev_xor.tar.gz", folder.path()) else { return };
    let rev = path.join("rev00000.dat");
    let good = fs::read(&rev).unwrap();
    // Magic, length, record and checksum of a record in the middle.
    for at in [0, 4, 7, 8, 9, 40].map(|offset| 41 * 50 + offset) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        fs::write(&rev, &bytes).unwrap();
        let found = deliver(&[&path]);
        assert_eq!(found.blocks.len(), 600);
        assert_eq!(found.undo.len(), 598, "byte {at}");
        assert!(!found.undo.problems().is_empty());
    }
}

#[test]
fn blocks_alone_do_without_undo_files() {
    let Some(blocks) = early_chain() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("blk00000.dat"), frame(MAINNET, &blocks[..200])).unwrap();
    let found = deliver(&[folder.path()]);
    assert!(found.undo.is_empty() && found.undo.problems().is_empty());
    assert!(found.blocks.iter().flat_map(|block| &block.inputs).all(|input| input.prev_output.is_none()));
}

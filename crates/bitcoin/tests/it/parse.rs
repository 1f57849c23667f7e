//! The parser against rust-bitcoin, on every real block and on thousands of damaged ones.

use bitcoin::{Block, consensus, hashes::Hash};
use proptest::prelude::*;
use tracehound_bitcoin::{
    BlockError, BlockErrorKind as Kind, Checks, Scratch, classify, parse::Field, read_block, read_block_with,
};
use tracehound_model::{BlockHash, ScriptType, TxId, utxo::UtxoBlock};

use crate::fixtures::{crate_block, file, real_blocks};

fn read(bytes: &[u8]) -> Result<UtxoBlock, BlockError> {
    let mut out = UtxoBlock::default();
    read_block(bytes, &mut out, &mut Scratch::default())?;
    Ok(out)
}

/// rust-bitcoin's own view of what kind of script this is.
fn expected_type(script: &bitcoin::Script) -> ScriptType {
    if script.is_op_return() {
        ScriptType::OpReturn
    } else if script.is_p2pkh() {
        ScriptType::P2pkh
    } else if script.is_p2sh() {
        ScriptType::P2sh
    } else if script.is_p2wpkh() {
        ScriptType::P2wpkh
    } else if script.is_p2wsh() {
        ScriptType::P2wsh
    } else if script.is_p2tr() {
        ScriptType::P2tr
    } else if script.is_p2pk() {
        match (script.len(), script.as_bytes()[1]) {
            (35, 2 | 3) => ScriptType::P2pkCompressed,
            (67, 4) => ScriptType::P2pkUncompressed,
            _ => ScriptType::Other,
        }
    } else {
        ScriptType::Other
    }
}

/// Every row of `ours` says what rust-bitcoin's `theirs` says.
fn assert_same(ours: &UtxoBlock, theirs: &Block, size: usize) {
    assert_eq!(ours.hash, BlockHash(theirs.block_hash().to_byte_array()));
    assert_eq!(ours.header.prev(), BlockHash(theirs.header.prev_blockhash.to_byte_array()));
    assert_eq!(
        (ours.header.time(), ours.header.bits()),
        (theirs.header.time, theirs.header.bits.to_consensus())
    );
    assert_eq!(ours.size as usize, size);
    assert_eq!(ours.txs.len(), theirs.txdata.len());
    for ((row, inputs, outputs), tx) in ours.transactions().zip(&theirs.txdata) {
        assert_eq!(row.txid, TxId(tx.compute_txid().to_byte_array()));
        assert_eq!(u64::from(row.weight), tx.weight().to_wu());
        assert_eq!((row.version, row.lock_time), (tx.version.0, tx.lock_time.to_consensus_u32()));
        assert_eq!((inputs.len(), outputs.len()), (tx.input.len(), tx.output.len()));
        for (ours, theirs) in inputs.iter().zip(&tx.input) {
            assert_eq!(ours.prev_txid, TxId(theirs.previous_output.txid.to_byte_array()));
            assert_eq!((ours.prev_vout, ours.sequence), (theirs.previous_output.vout, theirs.sequence.0));
            assert_eq!(ours.is_coinbase(), tx.is_coinbase());
            assert_eq!(ours.prev_output, None);
        }
        for (output, theirs) in outputs.iter().zip(&tx.output) {
            assert_eq!(output.value, theirs.value.to_sat());
            assert_eq!(output.script_type, expected_type(&theirs.script_pubkey));
            assert_eq!(ours.script_key(output), classify(theirs.script_pubkey.as_bytes()));
        }
    }
}

#[test]
fn every_real_block_reads_as_rust_bitcoin_reads_it() {
    let mut scratch = Scratch::default();
    let mut ours = UtxoBlock::default();
    let checks = Checks { witness_commitment: true };
    for (name, bytes) in real_blocks() {
        read_block_with(&bytes, &mut ours, &mut scratch, checks)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let theirs: Block = consensus::deserialize(&bytes).unwrap();
        assert!(theirs.check_merkle_root() && theirs.check_witness_commitment());
        assert_same(&ours, &theirs, bytes.len());
        assert_eq!(
            ours.height.map(u64::from),
            theirs.bip34_block_height().ok().or(height_of_old(&ours)),
            "{name}"
        );
    }
}

/// Blocks of version 1 state no height, but the first of all needs none.
fn height_of_old(block: &UtxoBlock) -> Option<u64> {
    (block.header.prev() == BlockHash([0; 32])).then_some(0)
}

#[test]
fn the_busy_blocks_have_the_counts_that_were_published() {
    let block = read(&crate_block()).unwrap();
    assert_eq!(block.height, Some(702_861));
    assert_eq!(block.hash.to_string(), "000000000000000000000c835b2adcaedc20fdf6ee440009c249452c726dafae");
    assert_eq!((block.txs.len(), block.size), (2_500, 1_381_836));
    for (name, height, txs) in [
        ("bitcoinj_block363703.dat", 363_703, 587),
        ("bitcoinj_block481815.dat", 481_815, 2_097),
        ("core_block413567.raw", 413_567, 1_557),
    ] {
        let Some(path) = file(name) else { return };
        let block = read(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!((block.height, block.txs.len()), (Some(height), txs), "{name}");
    }
}

/// A real block cut down to few transactions, its header changed to fit.
fn small_block(keep: &[usize]) -> Block {
    let mut block: Block = consensus::deserialize(&crate_block()).unwrap();
    block.txdata = keep.iter().map(|&i| block.txdata[i].clone()).collect();
    repair(&mut block);
    block
}

fn repair(block: &mut Block) {
    if let Some(root) = block.compute_merkle_root() {
        block.header.merkle_root = root;
    }
}

fn kind_of(block: &Block) -> Kind {
    read(&consensus::serialize(block)).unwrap_err().kind
}

#[test]
fn a_block_whose_tail_is_repeated_is_refused_though_its_root_is_right() {
    let mut block = small_block(&[0, 1, 2, 3, 4, 5]);
    let root = block.header.merkle_root;
    assert!(read(&consensus::serialize(&block)).is_ok());
    block.txdata.extend_from_within(4..);
    assert_eq!(block.compute_merkle_root(), Some(root), "the forgery keeps the root");
    assert_eq!(kind_of(&block), Kind::RepeatedTransactions);
}

#[test]
fn each_rule_is_enforced_where_it_is_broken() {
    let mut block = small_block(&[1, 2]);
    assert_eq!(kind_of(&block), Kind::NoCoinbase);

    block = small_block(&[0, 1]);
    block.txdata[1].input[0].previous_output = bitcoin::OutPoint::null();
    repair(&mut block);
    assert_eq!(kind_of(&block), Kind::MisplacedCoinbase(1));

    block = small_block(&[0, 1]);
    block.txdata[1].output[0].value = bitcoin::Amount::from_sat(2_100_000_000_000_001);
    repair(&mut block);
    assert_eq!(kind_of(&block), Kind::TooMuchMoney);

    block = small_block(&[0, 1]);
    block.txdata[0].input[0].script_sig = bitcoin::ScriptBuf::from_bytes(vec![0; 101]);
    repair(&mut block);
    assert_eq!(kind_of(&block), Kind::CoinbaseScript(101));

    block = small_block(&[0, 1]);
    block.txdata.swap(0, 1);
    assert_eq!(kind_of(&block), Kind::NoCoinbase);

    block = small_block(&[0, 1, 2]);
    block.txdata.swap(1, 2);
    assert_eq!(kind_of(&block), Kind::MerkleRoot);

    let mut bytes = consensus::serialize(&small_block(&[0]));
    bytes.push(0);
    let error = read(&bytes).unwrap_err();
    assert_eq!((error.kind, error.offset), (Kind::TrailingBytes(1), bytes.len() - 1));

    bytes.truncate(40);
    let error = read(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "block header needs 80 bytes, 40 are left (byte 0 of the block)");

    let mut bytes = consensus::serialize(&small_block(&[0]));
    bytes.splice(80..81, [0xfd, 1, 0]);
    assert_eq!(read(&bytes).unwrap_err().kind, Kind::NonCanonical(Field::TxCount));
    assert_eq!(read(&vec![0; 4_000_001]).unwrap_err().kind, Kind::TooLong(4_000_001));
}

#[test]
fn a_changed_witness_is_noticed_when_asked_for() {
    let bytes = crate_block();
    let mut block: Block = consensus::deserialize(&bytes).unwrap();
    let tx = block.txdata.iter_mut().find(|tx| !tx.is_coinbase() && !tx.input[0].witness.is_empty()).unwrap();
    let mut items = tx.input[0].witness.to_vec();
    items[0][0] ^= 1;
    tx.input[0].witness = bitcoin::Witness::from_slice(&items);
    let bytes = consensus::serialize(&block);
    assert!(read(&bytes).is_ok(), "ids do not cover witnesses");
    let checks = Checks { witness_commitment: true };
    let error =
        read_block_with(&bytes, &mut UtxoBlock::default(), &mut Scratch::default(), checks).unwrap_err();
    assert_eq!(error.kind, Kind::WitnessCommitment);
}

#[test]
fn nothing_of_a_refused_block_is_left_behind() {
    let mut block = small_block(&[0, 1, 2, 3]);
    let mut out = UtxoBlock::default();
    let mut scratch = Scratch::default();
    read_block(&consensus::serialize(&block), &mut out, &mut scratch).unwrap();
    let good = out.clone();
    block.header.merkle_root = bitcoin::TxMerkleNode::all_zeros();
    read_block(&consensus::serialize(&block), &mut out, &mut scratch).unwrap_err();
    assert_eq!(out, UtxoBlock::default());
    read_block(&consensus::serialize(&small_block(&[0, 1, 2, 3])), &mut out, &mut scratch).unwrap();
    assert_eq!(out, good, "reused memory does not leak into the next block");
}

/// Rules that the parser enforces and rust-bitcoin's decoder does not.
fn stricter_than_the_decoder(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::TooLong(_)
            | Kind::TooHeavy(_)
            | Kind::Empty(_)
            | Kind::NoCoinbase
            | Kind::MisplacedCoinbase(_)
            | Kind::CoinbaseScript(_)
            | Kind::TooMuchMoney
            | Kind::RepeatedTransactions
    )
}

/// Both readers agree on these bytes, but for the rules that only the parser has.
fn assert_agreement(bytes: &[u8]) {
    match (read(bytes), consensus::deserialize::<Block>(bytes)) {
        (Ok(ours), Ok(theirs)) => {
            assert!(theirs.check_merkle_root());
            assert_same(&ours, &theirs, bytes.len());
        }
        (Ok(_), Err(error)) => panic!("only the parser takes this block: {error}"),
        (Err(error), Ok(theirs)) => {
            assert!(!theirs.check_merkle_root() || stricter_than_the_decoder(&error.kind), "{error}");
            assert!(error.offset <= bytes.len());
        }
        (Err(error), Err(_)) => assert!(error.offset <= bytes.len()),
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Set(usize, u8),
    Cut(usize, usize),
    Copy(usize, usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    // Most of the structure stands in the first bytes of a block.
    let at = || prop_oneof![0..200_usize, 0..6_000_usize];
    prop_oneof![
        (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        (at(), prop_oneof![Just(0), Just(1), Just(0xfd), Just(0xfe), Just(0xff), any::<u8>()])
            .prop_map(|(at, value)| Damage::Set(at, value)),
        (at(), 1..120_usize).prop_map(|(at, len)| Damage::Cut(at, len)),
        (at(), at(), 1..120_usize).prop_map(|(from, to, len)| Damage::Copy(from, to, len)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let len = bytes.len();
    match *damage {
        Damage::Flip(at, mask) => bytes[at % len] ^= mask,
        Damage::Set(at, value) => bytes[at % len] = value,
        Damage::Cut(at, count) => {
            let at = at % len;
            bytes.drain(at..(at + count).min(len));
        }
        Damage::Copy(from, to, count) => {
            let from = from % len;
            let piece = bytes[from..(from + count).min(len)].to_vec();
            let to = to % len;
            bytes.splice(to..to, piece);
        }
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn damaged_blocks_are_taken_or_refused_as_the_decoder_does(
        segwit in any::<bool>(),
        damages in prop::collection::vec(damage(), 1..4),
        refit in any::<bool>(),
    ) {
        thread_local! {
            static BLOCKS: [Vec<u8>; 2] = [
                consensus::serialize(&small_block(&[0, 1, 5, 6])),
                consensus::serialize(&legacy_block()),
            ];
        }
        let mut bytes = BLOCKS.with(|blocks| blocks[usize::from(segwit)].clone());
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        // With the header made to fit, damage inside the transactions reaches the rules behind the Merkle check.
        if refit && let Ok(mut block) = consensus::deserialize::<Block>(&bytes) {
            repair(&mut block);
            bytes = consensus::serialize(&block);
        }
        assert_agreement(&bytes);
    }
}

/// The small block without its witnesses.
fn legacy_block() -> Block {
    let mut block = small_block(&[0, 1, 2, 3, 4]);
    for input in block.txdata.iter_mut().flat_map(|tx| &mut tx.input) {
        input.witness.clear();
    }
    block
}

use std::collections::HashSet;

use bitcoin::{Network, hashes::Hash};
use tracehound_model::BitcoinNetwork;
use tracehound_range::repeat_blocks;

use crate::chain::read_blocks;

#[test]
fn a_real_block_is_repeated_with_linked_headers() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let real = bitcoin_test_data::blocks::mainnet_702861();
    let wanted = 5 * real.len() as u64;
    let repeated =
        repeat_blocks(dir.path(), BitcoinNetwork::Mainnet, &[real], wanted).expect("a block and a folder");
    let blocks = read_blocks(&repeated.files, Network::Bitcoin.magic().to_bytes());
    assert_eq!(repeated.blocks, blocks.len() as u64);
    assert!((wanted..wanted + 2 * real.len() as u64).contains(&repeated.bytes));
    for (block, prev) in blocks[1..].iter().zip(&blocks) {
        assert_eq!(block.header.prev_blockhash, prev.block_hash());
        assert!(block.check_merkle_root() && block.check_witness_commitment());
        assert_eq!(block.txdata.len(), 2_500);
    }
    let ids: HashSet<_> = blocks.iter().map(bitcoin::Block::block_hash).collect();
    assert_eq!(ids.len(), blocks.len());
    assert_eq!(repeated.tip.0, blocks[blocks.len() - 1].block_hash().to_byte_array());
}

#[test]
fn what_is_no_block_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let error = repeat_blocks(dir.path(), BitcoinNetwork::Mainnet, &[&[0; 80]], 1).expect_err("refused");
    assert_eq!(error.to_string(), "80 bytes are no block: a header alone has 80");
    assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 0);
}

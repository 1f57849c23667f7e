//! Real blocks, cut out of their files without the code under test.

use std::{fs, path::PathBuf};

use tracehound_testkit::shared_data;

/// The files of real mainnet blocks; all but one hold main-network blocks only.
pub(crate) const FILES: [&str; 15] = [
    "bitcoinj_block227835.dat",
    "bitcoinj_block363703.dat",
    "bitcoinj_block383616.dat",
    "bitcoinj_block481815.dat",
    "btcd_277647.dat",
    "btcd_blk_0_to_4.dat",
    "btcd_blk_3A.dat",
    "btcd_blocks1-256.dat",
    "core_block413567.raw",
    "hcl_block2019Jan.blk",
    "hcl_firstblocks.blk",
    "hcl_scriptwitness.blk",
    "nbitcoin_blk00000.dat",
    "nbitcoin_blk00001.dat",
    "rb_702861.raw",
];

/// Path of a file of real blocks, where it is there.
pub(crate) fn file(name: &str) -> Option<PathBuf> {
    shared_data(&format!("bitcoin/{name}"))
}

/// The blocks in a file of one network: framed ones (magic, length, block), or the whole file.
pub(crate) fn split(bytes: &[u8], magic: [u8; 4]) -> Vec<Vec<u8>> {
    if !bytes.starts_with(&magic) {
        return vec![bytes.to_vec()];
    }
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while rest.starts_with(&magic) {
        let len = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
        blocks.push(rest[8..8 + len].to_vec());
        rest = &rest[8 + len..];
    }
    assert!(rest.iter().all(|&byte| byte == 0), "the test's own cutter lost its way");
    blocks
}

/// The mainnet's magic.
pub(crate) const MAINNET: [u8; 4] = [0xf9, 0xbe, 0xb4, 0xd9];

/// Every real block there is, with the name of its file; empty beside a checkout without the data.
pub(crate) fn real_blocks() -> Vec<(String, Vec<u8>)> {
    let mut blocks = vec![("bitcoin-test-data 702861".to_owned(), crate_block())];
    for name in FILES {
        if let Some(path) = file(name) {
            let bytes = fs::read(path).unwrap();
            blocks.extend(split(&bytes, MAINNET).into_iter().map(|block| (name.to_owned(), block)));
        }
    }
    blocks
}

/// Mainnet block 702,861, which a crate ships.
pub(crate) fn crate_block() -> Vec<u8> {
    bitcoin_test_data::blocks::mainnet_702861().to_vec()
}

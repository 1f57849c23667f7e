//! Blocks for a server on the loopback interface to answer with.

use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, ScriptBuf, Transaction, TxIn, TxMerkleNode, TxOut, absolute,
    block, hashes::Hash, script::Builder, transaction,
};

pub(crate) use tracehound_testkit::http::{Request, Response, Server};

/// A regtest block with nothing but a coinbase; `salt` tells blocks of the same height apart.
pub(crate) fn mine(prev: BlockHash, height: u32, salt: u8) -> Block {
    mine_with(prev, height, salt, 0x207f_ffff)
}

pub(crate) fn mine_with(prev: BlockHash, height: u32, salt: u8, bits: u32) -> Block {
    let coinbase = Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            script_sig: Builder::new().push_int(i64::from(height)).push_slice([salt, 1]).into_script(),
            ..TxIn::default()
        }],
        output: vec![TxOut {
            value: Amount::from_sat(5_000_000_000),
            script_pubkey: ScriptBuf::from_bytes(vec![0x51]),
        }],
    };
    let mut block = Block {
        header: block::Header {
            version: block::Version::TWO,
            prev_blockhash: prev,
            merkle_root: TxMerkleNode::all_zeros(),
            time: 1_600_000_000 + height * 600,
            bits: CompactTarget::from_consensus(bits),
            nonce: 0,
        },
        txdata: vec![coinbase],
    };
    work(&mut block);
    block
}

/// Makes the header fit the transactions and gives it the work that it states.
pub(crate) fn work(block: &mut Block) {
    block.header.merkle_root = block.compute_merkle_root().unwrap();
    while block.header.validate_pow(block.header.target()).is_err() {
        block.header.nonce += 1;
    }
}

/// `len` blocks on top of `prev`, the first one of the given height.
pub(crate) fn mine_chain(prev: BlockHash, height: u32, len: u32, salt: u8) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for i in 0..len {
        let prev = blocks.last().map_or(prev, Block::block_hash);
        blocks.push(mine(prev, height + i, salt));
    }
    blocks
}

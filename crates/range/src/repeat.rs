//! Real blocks, again and again, as one chain: input for measuring readers on real bytes.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tracehound_model::{BitcoinNetwork, BlockHash};

use crate::{
    RangeError,
    assembler::BITS,
    files::BlockFiles,
    wire::{HeaderDraft, genesis, sha256d},
};

/// What was written by [`repeat_blocks`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repeated {
    /// Block files, in order.
    pub files: Vec<PathBuf>,
    /// Bytes of block files.
    pub bytes: u64,
    /// Blocks, genesis included.
    pub blocks: u64,
    /// Id of the last block.
    pub tip: BlockHash,
}

/// Writes block files of about `bytes` bytes that repeat `blocks` (serialised, without frame) in turn, on top of the
/// network's genesis block.
///
/// The transactions stay as they are; each header gets a new predecessor, time and the easiest target, so that all
/// headers differ and are linked. Transaction ids repeat with the blocks: good for measuring how fast bytes are read
/// and hashed, useless for measuring an index. A block shorter than its header is refused.
pub fn repeat_blocks(
    dir: &Path,
    network: BitcoinNetwork,
    blocks: &[&[u8]],
    bytes: u64,
) -> Result<Repeated, RangeError> {
    if let Some(short) = blocks.iter().find(|block| block.len() <= 80) {
        return Err(RangeError::NoBlock(short.len()));
    }
    let mut files = BlockFiles::create(dir, network)?;
    let first = genesis(network);
    let mut tip = BlockHash(sha256d(&first[..80]));
    files.append(&first)?;
    let mut count = 1;
    let mut relinked = Vec::new();
    for block in blocks.iter().cycle().take_while(|_| !blocks.is_empty()) {
        if files.bytes() >= bytes {
            break;
        }
        let field = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().expect("4 bytes"));
        let mut header = HeaderDraft {
            version: field(0).cast_signed(),
            prev: tip,
            merkle_root: block[36..68].try_into().expect("32 bytes"),
            time: field(68).saturating_add(count as u32),
            bits: BITS,
            nonce: 0,
        };
        let (header, hash) = header.mine();
        tip = hash;
        relinked.clear();
        relinked.extend_from_slice(&header);
        relinked.extend_from_slice(&block[80..]);
        files.append(&relinked)?;
        count += 1;
    }
    let bytes = files.bytes();
    Ok(Repeated { files: files.finish()?, bytes, blocks: count, tip })
}

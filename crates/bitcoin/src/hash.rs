//! Double SHA-256 over slices that are not next to each other, and the Merkle tree on top of it.
//!
//! The general-purpose hasher buffers and finalises in steps that cost as much as the two or three compressions a small
//! transaction needs; here the message is fed to the compression function straight from the block.

use sha2::block_api::compress256;

const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Padding block of a message that is exactly 64 bytes long.
const PAD_AFTER_64: [u8; 64] = {
    let mut block = [0; 64];
    block[0] = 0x80;
    block[62] = 2;
    block
};

/// SHA-256 in progress: whole blocks go to the compression function uncopied.
struct Sha256 {
    state: [u32; 8],
    tail: [u8; 64],
    /// Bytes of `tail` in use; always below 64 between calls.
    held: usize,
    len: u64,
}

impl Sha256 {
    const fn new() -> Self {
        Self { state: INITIAL, tail: [0; 64], held: 0, len: 0 }
    }

    fn update(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len() as u64;
        if self.held > 0 {
            let take = bytes.len().min(64 - self.held);
            self.tail[self.held..self.held + take].copy_from_slice(&bytes[..take]);
            self.held += take;
            bytes = &bytes[take..];
            if self.held < 64 {
                return;
            }
            compress256(&mut self.state, std::slice::from_ref(&self.tail));
        }
        let (blocks, rest) = bytes.as_chunks::<64>();
        if !blocks.is_empty() {
            compress256(&mut self.state, blocks);
        }
        self.tail[..rest.len()].copy_from_slice(rest);
        self.held = rest.len();
    }

    fn finish(mut self) -> [u8; 32] {
        let mut last = [[0; 64]; 2];
        last[0][..self.held].copy_from_slice(&self.tail[..self.held]);
        last[0][self.held] = 0x80;
        let used = if self.held < 56 { 1 } else { 2 };
        last[used - 1][56..].copy_from_slice(&(self.len * 8).to_be_bytes());
        compress256(&mut self.state, &last[..used]);
        to_bytes(&self.state)
    }
}

fn to_bytes(state: &[u32; 8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (bytes, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    out
}

/// SHA-256 of a 32-byte message: one compression.
fn sha256_of_32(message: &[u8; 32]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..32].copy_from_slice(message);
    block[32] = 0x80;
    block[62] = 1;
    let mut state = INITIAL;
    compress256(&mut state, std::slice::from_ref(&block));
    to_bytes(&state)
}

/// SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(bytes);
    hasher.finish()
}

/// SHA-256 of the SHA-256 of the concatenated `parts`, which are not copied.
pub(crate) fn sha256d(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    sha256_of_32(&hasher.finish())
}

/// Parent of two nodes of a Merkle tree.
fn merkle_parent(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut blocks = [[0; 64], PAD_AFTER_64];
    blocks[0][..32].copy_from_slice(left);
    blocks[0][32..].copy_from_slice(right);
    let mut state = INITIAL;
    compress256(&mut state, &blocks);
    sha256_of_32(&to_bytes(&state))
}

/// A Merkle root, and whether the list of leaves could have been lengthened without changing it.
pub(crate) struct MerkleRoot {
    pub(crate) root: [u8; 32],
    /// Two equal neighbours stand at a level where they are hashed together: a shorter list has the same root
    /// (CVE-2012-2459), so the list must not be believed.
    pub(crate) ambiguous: bool,
}

/// Root of the Merkle tree over `nodes`, which are used up. An odd level repeats its last node, as Bitcoin does.
///
/// The root of no nodes is all zero. O(n) hashes, in place.
pub(crate) fn merkle_root(nodes: &mut [[u8; 32]]) -> MerkleRoot {
    let mut ambiguous = false;
    let mut len = nodes.len();
    if len == 0 {
        return MerkleRoot { root: [0; 32], ambiguous };
    }
    while len > 1 {
        let parents = len.div_ceil(2);
        for parent in 0..parents {
            let left = nodes[2 * parent];
            let right = nodes[(2 * parent + 1).min(len - 1)];
            ambiguous |= 2 * parent + 1 < len && left == right;
            nodes[parent] = merkle_parent(&left, &right);
        }
        len = parents;
    }
    MerkleRoot { root: nodes[0], ambiguous }
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    #[test]
    fn any_split_of_a_message_hashes_like_the_general_purpose_hasher() {
        let message: Vec<u8> = (0..300_u32).map(|i| (i * 7 % 251) as u8).collect();
        for len in 0..message.len() {
            let message = &message[..len];
            let once: [u8; 32] = sha2::Sha256::digest(message).into();
            let twice: [u8; 32] = sha2::Sha256::digest(once).into();
            assert_eq!(sha256(message), once);
            for cut in [0, 1, 4, 55, 56, 63, 64, 65, 128] {
                let (head, tail) = message.split_at(cut.min(len));
                assert_eq!(sha256d(&[head, tail]), twice, "{len} bytes cut at {cut}");
                assert_eq!(sha256d(&[head, &[], tail]), twice);
            }
        }
    }

    #[test]
    fn a_repeated_tail_keeps_the_root_and_is_noticed() {
        let leaves: Vec<[u8; 32]> = (0..6).map(|i| [i; 32]).collect();
        let honest = merkle_root(&mut leaves.clone());
        let mut longer = leaves.clone();
        longer.extend_from_slice(&leaves[4..]);
        let forged = merkle_root(&mut longer);
        assert_eq!(honest.root, forged.root);
        assert!(!honest.ambiguous && forged.ambiguous);
    }
}

//! Merkle proofs of `eth_getProof` (EIP-1186), walked down from a state root.
//!
//! The nodes are decoded by `alloy-trie`. The way down is our own: its `verify_proof` panics on nodes whose paths are
//! together longer than a key, and a node may send anything.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount, nodes::TrieNode};

/// The account that a proof leads to; the empty one where it shows that there is none.
pub(super) fn account(root: B256, address: &Address, proof: &[Vec<u8>]) -> Result<TrieAccount, String> {
    match walk(root, keccak256(address), proof)? {
        Some(leaf) => exactly(&leaf, "account"),
        None => Ok(TrieAccount::default()),
    }
}

/// The value of a storage slot; 0 where the proof shows that there is none.
pub(super) fn slot(root: B256, slot: U256, proof: &[Vec<u8>]) -> Result<U256, String> {
    match walk(root, keccak256(B256::from(slot)), proof)? {
        Some(leaf) => exactly(&leaf, "number"),
        None => Ok(U256::ZERO),
    }
}

fn exactly<T: Decodable>(leaf: &[u8], what: &str) -> Result<T, String> {
    alloy_rlp::decode_exact(leaf).map_err(|error| format!("its proof ends in no {what}: {error}"))
}

/// What lies at a key below a root. Nodes behind the end prove nothing and are not looked at.
fn walk(root: B256, key: B256, proof: &[Vec<u8>]) -> Result<Option<Vec<u8>>, String> {
    if root == EMPTY_ROOT_HASH {
        return Ok(None);
    }
    let key = Nibbles::unpack(key);
    let mut expected = root;
    let mut at = 0;
    for (index, bytes) in proof.iter().enumerate() {
        if keccak256(bytes) != expected {
            return Err(format!("node {index} of its proof does not hash to what stands above it"));
        }
        let mut node = decode(bytes, index)?;
        // Nodes of less than 32 bytes lie inside the one above, so this ends with the bytes.
        expected = loop {
            let child = match node {
                TrieNode::Branch(branch) => {
                    let nibble = key.get(at).ok_or("its proof goes on below the end of the key")?;
                    at += 1;
                    if !branch.state_mask.is_bit_set(nibble) {
                        return Ok(None);
                    }
                    let before = (0..nibble).filter(|&other| branch.state_mask.is_bit_set(other)).count();
                    branch.stack.get(before).cloned().ok_or("a branch of its proof lacks a child")?
                }
                TrieNode::Extension(extension) => {
                    if !leads(&key, at, &extension.key) {
                        return Ok(None);
                    }
                    at += extension.key.len();
                    extension.child
                }
                TrieNode::Leaf(leaf) => {
                    let here = leads(&key, at, &leaf.key) && at + leaf.key.len() == key.len();
                    return Ok(here.then_some(leaf.value));
                }
                TrieNode::EmptyRoot => return Ok(None),
            };
            match child.as_hash() {
                Some(hash) => break hash,
                None => node = decode(&child, index)?,
            }
        };
    }
    Err("its proof ends before it says anything".to_owned())
}

fn decode(mut bytes: &[u8], index: usize) -> Result<TrieNode, String> {
    let node = TrieNode::decode(&mut bytes).map_err(|error| format!("node {index} of its proof: {error}"))?;
    if bytes.is_empty() { Ok(node) } else { Err(format!("node {index} of its proof has bytes left over")) }
}

/// Whether a key goes on with `path` at a place.
fn leads(key: &Nibbles, at: usize, path: &Nibbles) -> bool {
    at + path.len() <= key.len() && (0..path.len()).all(|index| key.get(at + index) == path.get(index))
}

#[cfg(test)]
mod tests {
    use alloy_rlp::Encodable;
    use alloy_trie::{
        TrieMask,
        nodes::{BranchNode, ExtensionNode, RlpNode},
    };
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn encoded(node: &impl Encodable) -> Vec<u8> {
        let mut bytes = Vec::new();
        node.encode(&mut bytes);
        bytes
    }

    /// Extensions that lead on and on: longer together than any key.
    #[test]
    fn a_proof_without_end_is_refused_without_a_panic() {
        let key = keccak256(B256::ZERO);
        let whole = Nibbles::unpack(key);
        let leaf = encoded(&BranchNode::default());
        let under = encoded(&ExtensionNode::new(whole, RlpNode::word_rlp(&keccak256(&leaf))));
        let top = encoded(&ExtensionNode::new(whole.slice(..60), RlpNode::word_rlp(&keccak256(&under))));
        let root = keccak256(&top);
        assert_eq!(slot(root, U256::ZERO, &[top, under.clone(), leaf.clone()]), Ok(U256::ZERO));
        let error = slot(keccak256(&under), U256::ZERO, &[under, leaf]).expect_err("below the end");
        assert!(error.contains("below the end"), "{error}");
    }

    #[test]
    fn nodes_that_are_none_and_proofs_that_stop_are_refused() {
        for (bytes, says) in [
            (vec![0xc0], "invalid number of items"),
            (vec![0xff; 9], "node 0"),
            (vec![0x80, 0x80], "bytes left over"),
        ] {
            let error = slot(keccak256(&bytes), U256::ZERO, &[bytes]).expect_err("garbage");
            assert!(error.contains(says), "{error}");
        }
        assert!(slot(B256::ZERO, U256::ZERO, &[]).expect_err("nothing").contains("ends before"));
        assert!(slot(B256::ZERO, U256::ZERO, &[vec![0x80]]).expect_err("other").contains("does not hash"));
        assert_eq!(slot(EMPTY_ROOT_HASH, U256::ZERO, &[]), Ok(U256::ZERO));
    }

    /// One node above `child`, by chance: a branch or an extension, now and then damaged.
    fn above(child: &[u8], branch: bool, path: &[u8], damage: Option<(usize, u8)>) -> Vec<u8> {
        let child = RlpNode::from_rlp(child);
        let mut bytes = if branch {
            let nibble = path.first().copied().unwrap_or_default();
            encoded(&BranchNode::new(vec![child], TrieMask::new(1 << nibble)))
        } else {
            encoded(&ExtensionNode::new(Nibbles::from_nibbles(path), child))
        };
        if let Some((at, xor)) = damage {
            let at = at % bytes.len();
            bytes[at] ^= xor;
        }
        bytes
    }

    proptest! {
        /// Every node hashes to what stands above it, so the walk goes as deep as the nodes lead it.
        #[test]
        fn no_nodes_make_the_walk_panic(
            end in vec(any::<u8>(), 0..40),
            nodes in vec((any::<bool>(), vec(0..16_u8, 0..64), option::weighted(0.1, any::<(usize, u8)>())), 0..12),
            along in any::<bool>(),
        ) {
            let key = Nibbles::unpack(keccak256(B256::ZERO));
            let mut at = key.len();
            let mut proof = vec![end];
            for (branch, path, damage) in nodes {
                // Half of the time the nodes follow the key, so that the walk does not end at the first.
                let len = if branch { 1 } else { path.len() };
                let path = if along && len <= at { key.slice(at - len..at).to_vec() } else { path };
                at = at.saturating_sub(len);
                let node = above(&proof[proof.len() - 1], branch, &path, damage);
                proof.push(node);
            }
            proof.reverse();
            let root = keccak256(&proof[0]);
            let _ = slot(root, U256::ZERO, &proof);
            let _ = account(root, &Address::ZERO, &proof);
        }
    }
}

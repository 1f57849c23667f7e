//! The hashes under which owners and transactions are found, keyed with the ledger's [`Key`] from format 2 on: neither the
//! content hash nor any number depends on them.

use tracehound_segments::Key;

/// How a table or an index hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hashing {
    /// As format 1 did: anybody can compute it.
    Public,
    /// SipHash-1-3 of owners, a folded multiplication of transaction ids, both with the ledger's key.
    Keyed(Key),
}

impl Hashing {
    /// Hash under which an owner is found.
    #[inline]
    pub(crate) fn owner(self, script_type: u8, payload: &[u8]) -> u64 {
        match self {
            Self::Public => xxhash_rust::xxh3::xxh3_64_with_seed(payload, u64::from(script_type)),
            Self::Keyed(key) => key.hash_name(script_type, payload),
        }
    }

    /// Hash under which a transaction is found. Its id is a hash already, but one whose first bytes can be searched for.
    #[inline]
    pub(crate) fn tx(self, txid: &[u8; 32]) -> u64 {
        match self {
            Self::Public => u64::from_be_bytes(*txid.first_chunk().expect("8 of 32 bytes")),
            Self::Keyed(key) => key.hash_id(txid),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Programs whose first and third word are the secret that the public hash multiplies with: their hash does not
    /// depend on the other half. This is how a block is made that takes minutes.
    fn chosen_programs(count: u64) -> Vec<[u8; 32]> {
        // xxh3's default secret at the places that a 32-byte input is combined with, plus the seed: the script type.
        let found = |seed: u64| {
            let mut best = Vec::new();
            for at in 0..count {
                let mut program = [0; 32];
                program[..8].copy_from_slice(&SECRET_0.wrapping_add(seed).to_le_bytes());
                program[8..16].copy_from_slice(&at.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
                program[16..24].copy_from_slice(&SECRET_16.wrapping_add(seed).to_le_bytes());
                program[24..].copy_from_slice(&at.to_le_bytes());
                best.push(program);
            }
            best
        };
        found(WITNESS_SCRIPT)
    }

    const SECRET_0: u64 = u64::from_le_bytes([0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe]);
    const SECRET_16: u64 = u64::from_le_bytes([0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb]);
    const WITNESS_SCRIPT: u64 = tracehound_model::ScriptType::P2wsh as u64;

    #[test]
    fn programs_that_collide_under_the_public_hash_spread_under_a_key() {
        let programs = chosen_programs(20_000);
        let spread = |hashing: Hashing| {
            let tags: HashSet<u64> =
                programs.iter().map(|program| hashing.owner(WITNESS_SCRIPT as u8, program) >> 32).collect();
            tags.len()
        };
        let public = spread(Hashing::Public);
        assert!(public < 20_000 / 4, "the construction no longer hits: {public} different tags");
        let keyed = spread(Hashing::Keyed(Key::random().expect("a source of randomness")));
        assert!(keyed > 19_990, "{keyed} different tags of 20,000");
    }
}

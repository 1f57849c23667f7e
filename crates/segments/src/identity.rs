//! What names a snapshot of a store: a chain of digests of its blocks' content.
//!
//! A store that ends with a block has the SHA-256 of the id before that block and of the digest of all that it holds of the
//! block. What a digest covers is the store's business; keys, cuts, merges, memory and threads leave no trace in it.

use std::{fmt, str::FromStr};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// A snapshot's id as stored.
pub type Id = [u8; 32];

/// Identity of a snapshot of a ledger: the same wherever the same blocks are held, with the same ones missing and the
/// same known of them; another for any other content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub Id);

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnapshotId({self})")
    }
}

/// Text that is no snapshot's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a ledger's snapshot is named by 64 hexadecimal digits, as answers print it under `snapshot`")]
pub struct NoSnapshotId;

impl FromStr for SnapshotId {
    type Err = NoSnapshotId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NoSnapshotId)?;
        Ok(Self(bytes))
    }
}

/// The ids of a run of blocks, of which the first are known: the one before the first block at least. `digest` gives that
/// of a block's content, or nothing where the rows contradict each other or are damaged; then there are no ids either.
/// O(content of the others), on all cores.
pub fn ids_after(
    mut known: Vec<Id>,
    blocks: usize,
    digest: impl Fn(usize) -> Option<Id> + Send + Sync,
) -> Option<Vec<Id>> {
    let others = known.len().checked_sub(1)?..blocks;
    let digests: Vec<Id> = others.into_par_iter().map(digest).collect::<Option<_>>()?;
    for digest in digests {
        let next = Sha256::new().chain_update(known.last()?).chain_update(digest).finalize();
        known.push(next.into());
    }
    Some(known)
}

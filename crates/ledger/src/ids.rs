//! Dense numbers, one type each so that none is mistaken for another, and what names a snapshot.

use std::{fmt, str::FromStr};

use tracehound_model::dense_number;

dense_number! {
    /// A block's place in the ledger, from 0. Not its height: a partial ledger need not start at genesis.
    BlockNum(u32)
}
dense_number! {
    /// A transaction's place in the ledger, from 0: chain order, so a spender's number is above its funders'.
    TxNum(u32)
}
dense_number! {
    /// An owner's number, from 0, in order of first appearance.
    AddrNum(u32)
}
dense_number! {
    /// An input's place in the ledger, from 0.
    InNum(u64)
}
dense_number! {
    /// An output's place in the ledger, from 0.
    OutNum(u64)
}

/// Identity of a snapshot of a ledger: the same wherever the same blocks are held, with the same ones missing and the
/// same known of what they spend; another for any other content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub(crate) [u8; 32]);

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

/// A snapshot's id as stored.
pub(crate) type Id = [u8; 32];

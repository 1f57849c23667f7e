//! The store on disk: blocks, transactions, transfers, accounts and assets of one chain, in sealed segments.
//!
//! [`Writer`] appends blocks, [`TransferLedger`] is a snapshot that answers [`TransferRows`](crate::TransferRows). A segment is one
//! file of columns for a run of blocks, with what finds their rows: transactions, accounts and assets by hash, and for each
//! balance that moves in it the transfers that move it, in and out, in the order of the chain. Numbers in a segment are relative
//! to its first, so that 40 bits cost 32. What a balance was before a segment follows from the segments before it: one with many
//! transfers in a segment has their effect summed up in runs ([`effect`]), so that its history need not be walked.
//!
//! **Invariants.** A segment depends on nothing before it but the numbers at which it begins. Sealed files do not change. A
//! transaction's hash may stand in two blocks, for whoever tells of them may lie; the newest is found.

mod balances;
mod coded;
mod data;
mod effect;
mod error;
mod identity;
mod info;
mod reader;
mod repair;
mod seal;
mod segment;
mod strings;
mod verify;
mod writer;

pub use error::TransferLedgerError;
pub use info::TransferLedgerInfo;
pub use reader::TransferLedger;
pub use repair::{Repair, RepairReport, repair};
pub use verify::TransferVerifyReport;
pub use writer::{Writer, WriterOptions};

use std::path::Path;

use tracehound_columns::sections::Kind;
use tracehound_segments::{Formats, Store, tables::Shards};

const FORMAT: u32 = 1;
/// Segments of a store of some accounts' movements: whoever reads the first version alone would take them for everybody's.
const WATCHED_FORMAT: u32 = 2;
/// Columns, origin, ids of snapshots, checksums of the pages.
const SECTIONS: usize = 48;
const KIND: Kind = Kind { magic: *b"THTRANSF", version: FORMAT, sections: SECTIONS };
const WATCHED_KIND: Kind = Kind { version: WATCHED_FORMAT, ..KIND };

const ACCOUNTS: &str = "accounts";
const ASSETS: &str = "assets";

const STORE: Store = Store {
    formats: Formats { oldest: FORMAT, keyed: FORMAT, newest: FORMAT },
    beside: None,
    in_the_making: &["tmp"],
    tables: &[ACCOUNTS, ASSETS],
};

/// What a name is of, so that an account and an asset have unrelated hashes.
const OF_ACCOUNT: u8 = 1;
const OF_ASSET: u8 = 2;

/// The writer's table of accounts: three quarters of its memory. `expected` are as good as there.
fn account_table(dir: &Path, memory: usize, expected: usize) -> Shards {
    Shards::new(dir, ACCOUNTS, budget(memory, memory / 4 * 3), false, expected)
}

/// The writer's table of assets: one quarter, for each thing that a contract numbers is an asset.
fn asset_table(dir: &Path, memory: usize, expected: usize) -> Shards {
    Shards::new(dir, ASSETS, budget(memory, memory / 4), false, expected)
}

fn budget(memory: usize, share: usize) -> Option<usize> {
    (memory != usize::MAX).then_some(share)
}

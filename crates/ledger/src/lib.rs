//! The store of value movements on a UTXO chain: append, reorg, seal, snapshot, query.
//!
//! Everything has a dense number: blocks, transactions and addresses 32 bits, inputs and outputs 64. A transaction's
//! number is also its place in time, so "earlier" is a comparison of integers and a forward pass needs no sorting.
//! Columns of those numbers lie in immutable segments, one file each, named in a manifest that is replaced
//! atomically (`tracehound-segments`). The one thing that changes after sealing is whether an output is spent, a 4-byte cell beside the
//! segment that readers check against the spending transaction.
//!
//! Analyses ask [`UtxoRows`], whatever holds the rows; a [`Ledger`] is one answer to it.
//!
//! One [`Writer`], any number of [`Ledger`] readers, each on the snapshot it opened. Readers check what they read page
//! by page, writers what they build upon; [`repair`] makes manifest and cells anew from the segments.
//!
//! **Invariants.** The ledger knows no scripts, no network and no file format of the outside: it takes
//! [`UtxoBlock`](tracehound_model::utxo::UtxoBlock)s. Mapped files are the business of `tracehound-columns`.

mod batch;
mod cell;
mod cells;
mod data;
mod error;
mod hashing;
mod identity;
mod ids;
mod moment;
mod outputs;
mod parts;
mod reader;
mod repair;
mod rows;
mod runs;
mod scan;
mod seal;
mod segment;
mod store;
mod verify;
mod views;
mod writer;

pub use batch::{SpentOutput, TxBatch, TxRows};
pub use error::LedgerError;
pub use ids::{AddrNum, BlockNum, InNum, NoSnapshotId, OutNum, SnapshotId, TxNum};
pub use outputs::OutputColumns;
pub use reader::Ledger;
pub use repair::{Repair, RepairReport, repair};
pub use rows::{OutputLookup, RowCounts, ScannedTx, TxByNumber, UtxoRows, scan_by_number};
pub use scan::{ColumnSlices, ScanTx};
pub use tracehound_segments::tables::TableSize;
pub use verify::VerifyReport;
pub use views::{
    AddressActivity, BlockView, InputView, LedgerInfo, OutputView, Prev, SequenceClass, TxSpan, TxView,
};
pub use writer::{AppendStats, UpgradeReport, Writer, WriterOptions, upgrade};

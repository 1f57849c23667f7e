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
//! ```
//! use tracehound_ledger::{Ledger, Writer, WriterOptions};
//! use tracehound_model::{BitcoinNetwork, BlockHash, Chain};
//! # use tracehound_testkit::blocks::{BlockMaker, owner};
//!
//! # let dir = tempfile::tempdir()?;
//! # let mut maker = BlockMaker::new(BlockHash::default(), 1_296_688_602, 0);
//! # let coinbase = maker.tx(&[], &[(5_000_000_000, Some(owner(1)))]);
//! # let block = maker.done();
//! let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
//! let mut writer = Writer::open(dir.path(), chain, WriterOptions::default())?;
//! writer.append(&block)?;
//! writer.commit()?;
//!
//! let ledger = Ledger::open(dir.path())?;
//! let tx = ledger.find_tx(&coinbase).and_then(|tx| ledger.tx(tx)).expect("it was appended");
//! let outputs: Vec<_> = ledger.outputs(&tx).map(|output| (output.value, output.spent_by)).collect();
//! assert_eq!(outputs, [(5_000_000_000, None)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
mod scan;
mod seal;
mod segment;
mod store;
mod verify;
mod views;
mod writer;

pub use batch::{SpentOutput, TxBatch, TxRows};
pub use error::LedgerError;
pub use ids::{AddrNum, BlockNum, InNum, OutNum, TxNum};
pub use outputs::OutputColumns;
pub use reader::Ledger;
pub use repair::{Repair, RepairReport, repair};
pub use rows::{OutputLookup, RowCounts, ScannedTx, TxByNumber, UtxoRows, scan_by_number};
pub use scan::{ColumnSlices, ScanTx};
pub use tracehound_segments::{NoSnapshotId, SnapshotId, tables::TableSize};
pub use verify::VerifyReport;
pub use views::{
    AddressActivity, BlockView, InputView, LedgerInfo, OutputView, Prev, SequenceClass, TxSpan, TxView,
};
pub use writer::{AppendStats, UpgradeReport, Writer, WriterOptions, upgrade};

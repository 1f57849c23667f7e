//! Bitcoin in: block files, undo files, nodes and Esplora, as normalised blocks.
//!
//! **Invariants.** Bytes from outside are hostile: every length is checked against what is left before it is used, and
//! no input makes this crate panic. A block is delivered whole or not at all: its structure and its Merkle root are
//! checked first. What is skipped is reported, with the file and the place in it.
//!
//! * [`read_block`] turns one serialised block into flat tables, on about one core a gigabyte and second.
//! * [`BlockSource`] finds the blocks in Bitcoin Core's files ([`BlockSource::scan_headers`]), chooses the chain with the
//!   most work ([`HeaderIndex::plan`]), and delivers it in order ([`BlockSource::read_blocks`]), with the outputs that
//!   are spent where undo files tell them ([`BlockSource::scan_undo`]).
//! * [`live`] goes on where the files end: a node's JSON-RPC or REST interface, or an Esplora server.
//!
//! ```no_run
//! use std::{convert::Infallible, ops::ControlFlow};
//!
//! use tracehound_bitcoin::{BlockSource, NothingKnown, ReadOptions};
//!
//! let source = BlockSource::open(&["/var/lib/bitcoind/blocks"], None)?;
//! let index = source.scan_headers(&|_| {})?;
//! let plan = index.plan(&source, &NothingKnown);
//! let Ok(report) = source.read_blocks(&index, &plan, ReadOptions::default(), |planned, block| {
//!     println!("{:?} {} {} transactions", planned.height, block.hash, block.txs.len());
//!     Ok::<_, Infallible>(ControlFlow::Continue(()))
//! });
//! for problem in index.problems().iter().chain(report.problems.iter()) {
//!     eprintln!("{problem}");
//! }
//! # Ok::<(), tracehound_bitcoin::SourceError>(())
//! ```

mod curve;
mod deliver;
mod hash;
pub mod live;
mod network;
pub mod parse;
mod plan;
mod problem;
mod scan;
mod script;
mod source;
mod spent;
mod undo;
mod window;
mod worker;

pub use deliver::{ReadOptions, Report};
pub use parse::{
    BlockError, BlockErrorKind, Checks, Scratch, block_hash, height_hint, read_block, read_block_with,
};
pub use plan::{ChainPoint, DetachedRun, KnownChain, NothingKnown, Plan, PlannedBlock, StaleBlock};
pub use problem::{Problem, ProblemKind, Problems};
pub use scan::{BlockEntry, HeaderIndex, Location, ScanProgress};
pub use script::classify;
pub use source::{BlockSource, FileKind, SourceError, SourceFile};
pub use spent::UndoError;
pub use undo::UndoIndex;

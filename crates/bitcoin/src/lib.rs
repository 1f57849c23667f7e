//! Bitcoin in: block files, undo files, nodes and Esplora, as normalised blocks.
//!
//! **Invariants.** Bytes from outside are hostile: every length is checked against what is left before it is used, and
//! no input makes this crate panic. A block is delivered whole or not at all: its structure and its Merkle root are
//! checked first. What is skipped is reported, with the file and the place in it.

mod curve;
mod deliver;
mod hash;
pub mod live;
mod network;
mod plan;
mod problem;
mod scan;
mod script;
mod source;
mod undo;
pub mod walk;
mod window;
mod worker;

pub use deliver::{ReadOptions, Report};
pub use plan::{ChainPoint, Island, KnownChain, NothingKnown, Plan, PlannedBlock, StaleBlock};
pub use problem::{Problem, ProblemKind, Problems};
pub use scan::{BlockEntry, HeaderIndex, Location, ScanProgress};
pub use script::classify;
pub use source::{BlockSource, FileKind, SourceError, SourceFile};
pub use undo::{UndoError, UndoIndex};
pub use walk::{
    BlockError, BlockErrorKind, Checks, Scratch, block_hash, height_hint, read_block, read_block_with,
};

//! Bitcoin in: block files, undo files, nodes and Esplora, as normalised blocks.
//!
//! **Invariants.** Bytes from outside are hostile: every length is checked against what is left before it is used, and
//! no input makes this crate panic. A block is delivered whole or not at all: its structure and its Merkle root are
//! checked first. What is skipped is reported, with the file and the place in it.

mod hash;
mod script;
pub mod walk;

pub use script::classify;
pub use walk::{
    BlockError, BlockErrorKind, Checks, Scratch, block_hash, height_hint, read_block, read_block_with,
};

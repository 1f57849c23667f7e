//! What was wrong with the bytes of a source, and where; reported beside the blocks that were fine.

use std::{fmt, path::Path, sync::Arc};

use tracehound_model::BlockHash;

use crate::{parse::BlockError, spent::UndoError};

/// Problems kept one by one; more are only counted, so that a hostile file cannot fill the memory.
const KEPT: usize = 10_000;

/// Something that could not be read or believed, and was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file it is in.
    pub path: Arc<Path>,
    /// Where in the file, in bytes from its start.
    pub offset: u64,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, byte {}: {}", self.path.display(), self.offset, self.kind)
    }
}

/// What can be wrong in a file of blocks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The length behind a magic is one that no block has.
    #[error("a block is said to be {0} bytes long, which none can be")]
    Length(u32),
    /// The file ends inside a block.
    #[error("the file ends inside a block: {needed} bytes are stated, {left} are left")]
    Cut {
        /// Bytes the block should have.
        needed: u32,
        /// Bytes there are.
        left: u64,
    },
    /// A header does not meet the work that it states, or states too little.
    #[error("header {0} does not carry the work it claims: it is damaged, or not of this network")]
    Work(BlockHash),
    /// Bytes that are no part of any block.
    #[error("{0} bytes that are no part of any block")]
    Unreadable(u64),
    /// Blocks of another network, passed over because one network was asked for.
    #[error("{blocks} blocks of {name} passed over")]
    OtherNetwork {
        /// The other network's name.
        name: &'static str,
        /// How many.
        blocks: u64,
    },
    /// A block that does not hold together; it was not delivered.
    #[error("block {hash} was not delivered: {error}")]
    Block {
        /// The block's id.
        hash: BlockHash,
        /// What is wrong with it, and where in the block.
        error: BlockError,
    },
    /// Another block lies where this one was found before.
    #[error("block {0} is not here any more: the file changed while it was read")]
    Changed(BlockHash),
    /// The file could not be read here.
    #[error("cannot be read: {0}")]
    Io(String),
    /// The file is in a folder of blocks and holds none.
    #[error(
        "holds no block of a known network (a file that Bitcoin Core obfuscated needs its xor.dat beside it)"
    )]
    NotBlocks,
    /// An undo record that cannot be used; its block is delivered without the outputs that it spends.
    #[error("undo record of block {hash} not used: {error}")]
    Undo {
        /// The block it belongs to.
        hash: BlockHash,
        /// What is wrong with it.
        error: UndoError,
    },
    /// An undo record of no block in the block file of the same number.
    #[error("undo record of {0} bytes belongs to no block of the files, or is damaged")]
    UndoUnmatched(u32),
}

/// The problems of one pass: the first ones in full, the rest counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Problem>,
    dropped: u64,
}

impl Problems {
    pub(crate) fn add(&mut self, path: &Arc<Path>, offset: u64, kind: ProblemKind) {
        if self.kept.len() < KEPT {
            self.kept.push(Problem { path: Arc::clone(path), offset, kind });
        } else {
            self.dropped += 1;
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.dropped += other.dropped;
        for problem in other.kept {
            self.add(&problem.path, problem.offset, problem.kind);
        }
    }

    /// The problems, in the order they were met; at most 10,000.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.kept.iter()
    }

    /// How many there were, also beyond those kept.
    pub fn count(&self) -> u64 {
        self.kept.len() as u64 + self.dropped
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

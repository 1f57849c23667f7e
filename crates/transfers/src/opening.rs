//! What accounts held before the first block.

use tracehound_model::{Address, Amount, Asset};

/// What accounts held before the first block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Nothing: the rows begin with genesis and its allocations.
    Nothing,
    /// What stands here (the state of a node at that block, say); of any other balance it is not known.
    Known(Vec<(Address, Asset, Amount)>),
}

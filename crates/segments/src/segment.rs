//! What a store says of its segments.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Formats, Key, SegmentsError};

/// What a store calls its files, and which formats it reads.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    /// Formats of its manifest.
    pub formats: Formats,
    /// Extension of the file that lies beside each segment and goes with it: what changes after sealing, where anything does.
    pub beside: Option<&'static str>,
    /// Extensions of files in the making, by the names of segments. What is left of them goes.
    pub in_the_making: &'static [&'static str],
    /// Names of its [tables](crate::tables), which are no part of the store.
    pub tables: &'static [&'static str],
}

/// A sealed segment of a store, mapped.
pub trait Segment: Sized {
    /// The store's files.
    const STORE: Store;
    /// Where a segment begins or ends, in all numbers of the store. The first begins at the default.
    type Place: Copy + PartialEq + Default;

    /// Maps the files of a segment. O(1) in the content.
    ///
    /// # Errors
    /// When one is not there, or not what was written.
    fn open(dir: &Path, name: &str, writable: bool) -> Result<Self, SegmentsError>;
    /// Where it begins.
    fn first(&self) -> Self::Place;
    /// Where the next one begins.
    fn end(&self) -> Self::Place;
    /// Rows before a place, of those that segments are named by.
    fn rows_before(place: Self::Place) -> u64;
    /// The store's key; none in a segment of a format without one.
    fn key(&self) -> Option<Key>;
    /// Whether it goes on where `before` ends, by its content too; without `before`, whether it is a first one.
    fn continues(&self, before: Option<&Self>) -> bool;
}

/// What a segment says beside its numbers, so that a manifest can be made from segments alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Count of commits with which the segment came.
    pub generation: u64,
}

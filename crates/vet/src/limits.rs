//! How much of what was sent is read. What lies beyond is a gap, never a silent end.

use std::time::Duration;

/// The limits of one reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files and folders, of all archives together.
    pub entries: usize,
    /// Bytes of one file that are read.
    pub file_bytes: u64,
    /// Bytes of all files together, unpacked.
    pub total_bytes: u64,
    /// How many times larger than its archive the unpacked content may be, once it is past [`Self::RATIO_FROM`].
    pub ratio: u64,
    /// Archives within archives.
    pub nesting: usize,
    /// Folders within folders.
    pub depth: usize,
    /// Bytes of a path.
    pub path_bytes: usize,
    /// How long reading and judging may take.
    pub time: Duration,
}

impl Limits {
    /// Bytes that any archive may unpack to, however small it is: a tidy repository compresses well.
    pub const RATIO_FROM: u64 = 8 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 100_000,
            file_bytes: 16 << 20,
            total_bytes: 192 << 20,
            ratio: 120,
            nesting: 3,
            depth: 48,
            path_bytes: 1024,
            time: Duration::from_mins(2),
        }
    }
}

//! A store of sealed segments in a folder: what a ledger of outputs and a store of transfers have in common.
//!
//! A store is a list of immutable files, its segments, named in a manifest that is replaced atomically. What its rows are is
//! nobody's business here: a store says what its segments are called and where each begins and ends ([`Segment`]), and writes
//! their columns itself. By duty:
//!
//! * **append** ([`Folder`]): takes the folder for one writer, names a sealed segment, says which commit is the last;
//! * **compact** ([`compact`]): which segments become one, and one in the place of others;
//! * **recover** ([`recover`], [`files`]): what a crash left behind, and the best run of segments where no manifest tells;
//! * **name** ([`SnapshotId`], [`ids_after`]): a digest of the content, block by block, however it came.
//!
//! **Invariants.** No segment is removed because a manifest does not name it. A crash at any moment leaves the manifest of
//! before or the one of after in force. What is no store of ours is refused, never mended in passing.

mod append;
pub mod compact;
mod error;
pub mod files;
mod identity;
mod key;
mod lock;
mod manifest;
pub mod recover;
mod segment;
pub mod tables;

pub use append::Folder;
pub use error::SegmentsError;
pub use files::{Stray, open_named, read_manifest, strays};
pub use identity::{Id, NoSnapshotId, SnapshotId, ids_after};
pub use key::Key;
pub use lock::{Commit, Lock, Note, is_at_work, lock};
pub use manifest::{Formats, Manifest};
pub use segment::{Origin, Segment, Store};

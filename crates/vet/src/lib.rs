//! What was sent, read and never run.
//!
//! A "coding test", a "meeting update" or a "job offer" comes as a repository, an archive or a file. This crate reads it, says
//! what would happen on opening, installing, building or testing it, and where that stands. It starts nothing, writes nothing,
//! follows no link and opens no connection.
//!
//! ```
//! use tracehound_model::Decision;
//! use tracehound_vet::{Limits, judge, tree::read_bytes};
//!
//! // A folder of the name of a repository would do as well: `tree::read(path, limits)`.
//! let tree = read_bytes("notes.txt", b"nothing to see".to_vec(), Limits::default());
//! assert_eq!(judge(&tree).expect("a thread").verdict, Decision::Allow);
//! ```
//!
//! **Invariant:** something that was not read never leads to `allow`.

mod code;
mod command;
pub mod defang;
mod doc;
pub mod finding;
pub mod gap;
mod judge;
pub mod limits;
mod place;
pub mod report;
mod rules;
pub mod sarif;
mod source;
mod start;
pub mod tree;

pub use self::{
    finding::{CheckId, Finding, Severity},
    gap::{Gap, GapKind},
    judge::judge,
    limits::Limits,
    report::Report,
};

//! The one facade: what the command line, a server and a monitor ask, they ask here.
//!
//! A [`Workspace`] is a data folder with a policy and a clock. It hands out [`Snapshot`]s: the screening index and one reader
//! a ledger, all of one moment, shared and never changed. A snapshot has one function a question; the answers are plain
//! types with public fields, which serialise as they are printed for programs.
//!
//! **Invariants.** Answers about what a ledger holds are given only when everything that was read for them turned out whole
//! ([`Ledger::confirm`](tracehound_ledger::Ledger::confirm)). No function here prints, reads the command line or asks for the
//! time other than by the workspace's clock.

mod absent;
pub mod cluster;
mod configuration;
pub mod contributions;
pub mod coverage;
mod data_folder;
pub mod derive;
mod document;
mod error;
pub mod exposure;
pub mod guard;
pub mod ingest;
pub mod labels;
pub mod ledger;
pub mod lines;
pub mod lists;
pub mod matches;
mod named;
pub mod names;
mod naming;
pub mod path;
pub mod patterns;
pub mod peel;
pub mod policy;
pub mod range;
pub mod reserves;
mod schemas;
pub mod screen;
mod snapshot;
mod start;
pub mod trace;
pub mod transfers;
pub mod tx;
pub mod vet;
mod view;
mod workspace;

pub use tracehound_analysis::{extent::Extent, taint};

pub use absent::{Absent, Answer};
pub use configuration::{Configuration, SetBy, SetOption};
pub use data_folder::DataFolder;
pub use document::{Document, Versioned};
pub use error::{EngineError, LabelsError, UnreadableLedgers};
pub use named::NamedSnapshot;
pub use naming::{Naming, is_generated};
pub use schemas::{inputs, schemas};
pub use snapshot::Snapshot;
pub use view::Moment;
pub use workspace::Workspace;

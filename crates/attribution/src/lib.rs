//! Who is behind an address: importers, bitemporal claims, the screening index, names.
//!
//! * [`import`] turns the bytes of a published list into a [`import::Snapshot`]. It is pure: no clock, no network.
//! * [`store`] keeps every snapshot of every source, append-only, with both times of each claim.
//! * [`history`] says for which moments a source's list versions are known to be all there was.
//! * [`facts`] are the advisories and lists shipped with the product, in its own format.
//! * [`pack`] reads packs of advisories and checks their signatures.
//! * [`index`] is the immutable, memory-mapped file that answers "who is this address" without a database.
//! * [`listing`] tells since when a source has listed a subject, in whatever words.
//! * [`names`] matches the names of listed parties.
//! * [`parties`] are read one by one.
//! * [`ownership`] finds who is owned by listed parties, by OFAC's 50 Percent Rule.
//! * [`update`] fetches the lists from their publishers.
//!
//! ```
//! use tracehound_attribution::import::{Options, read};
//!
//! let list = "address,label,category\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,Genesis,exchange\n1bad,nobody,exchange\n";
//! let mut options = Options { file_name: "labels.csv".into(), ..Options::default() };
//! options.source.id = Some(tracehound_model::SourceId("made-up".to_owned()));
//! let imported = read(&mut list.as_bytes(), &options)?;
//! // What cannot be used is said, with its place.
//! assert_eq!((imported.snapshot.claims.len(), imported.snapshot.warnings.len()), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Invariant:** only [`update`] speaks to the network, and nothing but [`store`] writes the database.

mod country;
pub mod facts;
pub mod folder;
pub mod freshness;
pub mod history;
pub mod import;
pub mod index;
mod intake;
pub mod listing;
pub mod names;
pub mod ownership;
pub mod pack;
pub mod parties;
mod secret;
mod slots;
mod steps;
pub mod store;
pub mod update;

pub use country::country;
pub use history::{Scope, SourceHistory};
pub use import::ImportError;
pub use intake::IntakeError;
pub use secret::Secret;
pub use steps::{Step, Watcher};

use tracehound_model::{Claim, Party};

/// Everything the store knows: what an index is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corpus {
    /// Every claim that is not superseded, those that have ended included (their `valid_to` says when). Sorted by
    /// source, subject and `valid_from`.
    pub claims: Vec<Claim>,
    /// The parties of every source, as its newest snapshot has them. Sorted by source and party id.
    pub parties: Vec<Party>,
    /// Every source, sorted by id.
    pub sources: Vec<SourceHistory>,
}

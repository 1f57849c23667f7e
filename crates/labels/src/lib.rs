//! Labels: who is behind an address, as dated packs that anybody can refresh, check and correct.
//!
//! * [`label`] is a row: what one source says of one address, and how the two belong together.
//! * [`mod@file`] reads and writes the neutral label file, row by row.
//! * [`concept`] turns the words of sources into our categories.
//! * [`lint`] refuses what must not be in a pack: natural persons above all.
//! * [`pack`] is a sealed file of labels, mapped into memory and searched in it.
//! * [`pool`] reads marks of mining pools in coinbases.
//! * [`delta`] says what changed between two packs of one name.
//! * [`signature`] says by whose keys a file is signed.
//! * [`agreement`] says what several statements about one address come to, and never merges what differs.
//! * [`shared`] tells addresses that everybody uses, which no label is held against.
//! * [`weighed`] says how each statement stands, so that a policy can tell how far to go by it.
//! * [`mod@refresh`] says what a pack says no more that the one before it said.
//! * [`shelf`] is the folder of the packs in force.
//! * [`correction`] is what the operator says against packs, in rows of their own.
//! * [`contribution`] is a label that somebody submits, with a proof that a program checks.
//! * [`reserves`] reads exchanges' proofs of reserves, and checks the signatures in them.
//! * [`signed`] says whether the key of an address signed a text.
//! * [`coverage`] says how much of a set of addresses has a name.
//! * [`shipped`] are the packs that are part of this release.
//!
//! **Invariant:** a label is a statement with its source. Nothing here decides: what a name means is for a policy.

pub mod agreement;
pub mod concept;
pub mod contribution;
pub mod correction;
pub mod coverage;
pub mod day;
pub mod delta;
mod family;
pub mod file;
mod filter;
pub mod label;
pub mod lint;
pub mod pack;
pub mod pool;
pub mod refresh;
pub mod reserves;
pub mod shared;
pub mod shelf;
pub mod shipped;
pub mod signature;
pub mod signed;
pub mod weighed;

pub use family::{Family, HEURISTIC, identity};
pub use label::{Label, Nature, Provenance};
pub use pack::Pack;
pub use tracehound_model::Predicate;

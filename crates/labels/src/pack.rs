//! A sealed file of labels, mapped into memory and searched in it.
//!
//! Addresses of one form lie sorted in a block, each beside the number of a statement; statements that many addresses share
//! are there once. An Ethereum address takes 20 bytes and 4, and a little for the directory; the rest are dictionaries.
//!
//! **How a look-up works.** The key's form gives the block, the leading bits of the address a short run of it, in which
//! the address is searched by halves. Nothing of the file is read before that but its head, and every page is compared with
//! its checksum before it is believed.
//!
//! **Invariants.** The same manifest and labels give the same bytes. Reading never fails on what is in a file: a page or number
//! that is wrong gives nothing and is remembered, and [`Pack::confirm`] says so. [`Pack::check`] looks at everything, which
//! whoever takes a pack in does once.

mod builder;
mod layout;
mod manifest;
mod reader;

/// Most statements about one address. A pack with more is not made or taken in: who asks is told all of them.
const MAX_STATEMENTS: usize = 1_000;

pub use builder::{BuildError, Builder};
pub use manifest::{Licence, Manifest, Plan, Sourced};
pub use reader::{Pack, PackError};

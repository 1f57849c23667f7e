//! Policy and exposure in, a verdict with its evidence out.
//!
//! ```text
//! subject text -> readings -> claims on the day (index) -> own exposures ---+
//!                          -> counterparties (ledger) -> their claims ------+-> rules (policy) -> Verdict
//! ```
//!
//! **Invariants.** No clock and no I/O beyond the snapshots it is given: the same index, ledger, policy and moment give
//! the same bytes. `allow` is said only when everything the policy requires was there, and each part of it is known to
//! be whole: not listed is not known, unread is not harmless, empty is not complete.

mod accounts;
pub mod batch;
mod cover;
mod entities;
mod judge;
mod keys;
pub mod lab;
mod labels;
mod movements;
mod names;
mod parties;
pub mod policy;
mod screener;

pub use accounts::Accounts;
pub use cover::partial_ledger;
pub use entities::Entities;
pub use keys::Keys;
pub use labels::{gaps as label_gaps, statements_on};
pub use movements::{CalledAccounts, Covered, Movements};
pub use names::{NameCover, family_gap, name_gap};
pub use policy::{Policy, PolicyError, Rule};
pub use screener::{Extract, RestsOn, Screener, Settings};

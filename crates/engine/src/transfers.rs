//! Questions over ledgers of transfers: account chains, of which each account and asset is a balance.
//!
//! What a ledger of outputs is asked elsewhere in this crate is asked here of accounts, by the same names and with the same kinds of
//! gaps. Every answer says what was not seen of the blocks behind it: without traces, the value that contracts passed on is not known.

pub mod case;
pub mod cluster;
pub mod compare;
pub mod exposure;
mod held;
pub mod ingest;
pub mod ledger;
mod naming;
pub mod path;
pub mod trace;
pub mod tx;
mod view;

pub(crate) use held::Held;
pub(crate) use view::View;

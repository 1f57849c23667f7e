//! The crate from outside: lists in, claims out, both times kept.
#![expect(
    clippy::unwrap_used,
    reason = "a test whose helper cannot unwrap has failed; the texts and numbers here are small"
)]

mod accounts;
mod archives;
mod cases;
mod contrary;
mod disguises;
mod facts;
mod folder;
mod formats;
mod gathered;
mod hostile;
mod index;
mod intake;
mod names;
mod names_apart;
mod names_scorecard;
mod ofac;
mod ofac_set;
mod order;
mod pack;
mod prepared;
mod shapes;
mod shrink;
mod store;
mod support;
mod traps;
mod update;
mod whole;

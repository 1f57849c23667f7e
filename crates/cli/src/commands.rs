//! One module a command: parse, call the library, print.

pub(crate) mod analyze;
mod answered;
pub(crate) mod cluster;
pub(crate) mod config;
pub(crate) mod demo;
mod drawn;
pub(crate) mod exposure;
pub(crate) mod freshness;
pub(crate) mod guard;
pub(crate) mod ingest;
pub(crate) mod labels;
pub(crate) mod ledger;
pub(crate) mod lists;
pub(crate) mod manual;
mod names;
mod packs;
pub(crate) mod path;
pub(crate) mod policy;
pub(crate) mod range;
pub(crate) mod report;
pub(crate) mod screen;
pub(crate) mod trace;
mod transfers;
pub(crate) mod tx;
mod update;
pub(crate) mod vet;
pub(crate) mod wallet;

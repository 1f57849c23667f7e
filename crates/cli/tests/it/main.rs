//! The binary as a user meets it.

mod analyze;
mod cluster;
mod esplora;
mod facts;
mod follow;
mod guard;
mod import;
mod ledger;
mod node;
mod patterns;
mod proxy;
mod screen;
mod story;
mod verdict;
mod wallet;

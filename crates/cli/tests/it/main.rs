//! The binary as a user meets it.

mod analyze;
mod as_of;
mod asked_again;
mod batch;
mod cluster;
mod esplora;
mod exit_codes;
mod facts;
mod follow;
mod guard;
mod hostile;
mod import;
mod interrupted;
mod keys;
mod ledger;
mod lists;
mod log;
mod node;
mod patterns;
mod proxy;
mod schemas;
mod screen;
mod secrets;
mod story;
mod verdict;
mod wallet;

//! The screener on small hand-made lists and ledgers: what each preset promises, to the second.

mod differences;
mod history;
mod keys;
mod lab;
mod labels;
mod limits;
mod listed;
mod lists;
mod mixes;
mod names;
mod noticed;
mod reach;
mod support;
mod transactions;

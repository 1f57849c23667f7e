//! The ledger as its users meet it: blocks go in, answers come out, whatever happens in between.

mod chain;
mod crash;
mod damage;
mod groups;
mod identity;
mod memory;
mod moment;
mod queries;
mod reorg;
mod repair;
mod store;
mod upgrade;

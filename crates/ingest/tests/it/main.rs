//! Blocks and transactions from files, nodes and servers into a ledger and out again.

mod anvil;
mod bitcoin;
mod case;
mod esplora;
mod evm;
mod evm_etl;
mod evm_node;
mod fake_node;
mod follow;
mod node;
mod socket;

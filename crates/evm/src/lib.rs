//! Ethereum and the chains that follow it: talking to a node, and to the services of Safe; what a block moved, and who vouches
//! for it.
//!
//! **Invariants.** No answer may take too long or grow too large. What stands in a node's address besides its host, which
//! is where providers put their keys, is never in an error. What a node says and its block's header does not prove is marked so.

pub mod approvals;
pub mod block;
pub mod chains;
pub mod era1;
pub mod etl;
pub mod explorer;
pub mod heads;
mod kin;
pub mod logs;
pub mod movements;
mod names;
pub mod node;
pub mod receipts;
pub mod rpc;
pub mod safe_service;
pub mod traces;

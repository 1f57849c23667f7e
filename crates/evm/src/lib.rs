//! Ethereum and the chains that follow it: talking to a node, and to the services of Safe.
//!
//! **Invariants.** No answer may take too long or grow too large. What stands in a node's address besides its host, which
//! is where providers put their keys, is never in an error.

pub mod approvals;
pub mod rpc;
pub mod safe_service;

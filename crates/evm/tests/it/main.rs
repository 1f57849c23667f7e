//! The house's own clients against servers that misbehave.

mod rpc;

//! The clients against servers that misbehave.

mod rpc;

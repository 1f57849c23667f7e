//! The clients against servers that misbehave.

mod rpc;
mod safe_service;

//! The clients against servers that misbehave; blocks against what they must add up to.

mod blocks;
mod chains;
mod data;
mod era1;
mod explorer;
mod facts;
mod moved;
mod movements;
mod recorded;
mod roots;
mod rpc;
mod rpc_socket;
mod safe_service;
mod scorecard;
mod store;

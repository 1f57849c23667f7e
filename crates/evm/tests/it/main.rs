//! The clients against servers that misbehave; blocks against what they must add up to.

mod blocks;
mod chains;
mod data;
mod era1;
mod explorer;
mod moved;
mod movements;
mod rpc;
mod safe_service;
mod store;

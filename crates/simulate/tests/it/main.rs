//! The Bybit theft, replayed with the Safe's real code and the real signatures, smaller cases, and state from a node.

mod bybit;
mod guarded;
mod live;
mod small;

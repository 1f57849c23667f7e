//! The Bybit theft, replayed with the Safe's real code and the real signatures, smaller cases, state from a node, and whole
//! stories on a local chain: Safes, and Seaport's market.

mod abi;
mod accounts;
mod announced;
mod anvil;
mod bybit;
mod bybit_state;
mod guarded;
mod live;
mod look;
mod npm;
mod safes;
mod seaport;
mod small;

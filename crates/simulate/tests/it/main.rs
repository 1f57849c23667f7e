//! The Bybit theft, replayed with the Safe's real code and the real signatures, and smaller cases.

mod bybit;
mod guarded;
mod small;

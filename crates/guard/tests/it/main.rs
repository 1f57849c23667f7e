//! Everything the guard promises, on real cases where there are some.

mod bybit;
mod corpus;
mod hashes;
mod shared;

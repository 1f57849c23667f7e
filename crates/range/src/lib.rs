//! The heist range: seeded synthetic chains.
//!
//! [`Generator`] writes real block files of made-up transactions, shaped like measured ones, from a thousand to ten
//! million of them; they feed benchmarks and tests. Everything is *generated* and says so; the same seed gives the same
//! bytes on every platform.
//!
//! **Invariant:** no clock, no system randomness, no floating point. Only [`Generator::write_block_files`] does I/O.

mod assembler;
mod dice;
mod economy;
mod error;
mod files;
mod generator;
mod measured;
mod owner;
mod pool;
mod wire;

pub use error::RangeError;
pub use generator::{Generator, GeneratorConfig, MAX_TXS, MIN_TXS, Profile, Progress, Summary};

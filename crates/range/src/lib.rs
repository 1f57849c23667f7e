//! The heist range: seeded synthetic chains.
//!
//! [`Generator`] writes real block files of made-up transactions, shaped like measured ones, from a thousand to ten
//! million of them; they feed benchmarks and tests. [`demo_case`] tells a small heist in such a chain, with the truth about
//! every satoshi of the loot. Everything is *generated* and says so; the same seed gives the same bytes on every platform.
//!
//! **Invariant:** no clock, no system randomness, no floating point. Only the functions that write block files and
//! read the truth do I/O.

mod accounts;
mod assembler;
mod case;
mod config;
mod dice;
mod economy;
mod encode;
mod error;
mod files;
mod generator;
mod heist;
mod measured;
mod owner;
mod pool;
mod repeat;
pub mod score;
mod truth;
mod wire;

pub use accounts::{
    ACCOUNT_CHAIN, AccountChain, AccountConfig, AccountHeist, AccountSummary, AccountTruth, Bait, BaitKind,
    FEWEST_TXS_A_HEIST, HeistNumber, Money, Part, generate_accounts,
};
pub use case::{DemoCase, GENERATED_SOURCE, demo_case};
pub use config::{Difficulty, GeneratorConfig, MAX_TXS, MIN_TXS, MOST_ACCOUNT_TXS, Profile};
pub use error::RangeError;
pub use generator::{Generator, HeistConfig, Progress, Summary, generate_heists};
pub use heist::{
    Adaptation, BranchEnds, Custody, Hop, Protocol, Record, TRUTH_FILE, TRUTH_VERSION, Typology, Wallet,
    Wallets, read_truth,
};
pub use repeat::{Repeated, repeat_blocks};
pub use truth::{Actor, Ends, Entry, Lot, LotLabel, Movement, Role, Step, Truth};

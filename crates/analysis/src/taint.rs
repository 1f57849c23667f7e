//! Taint: which part of an amount counts as coming from where, by five rules that the field uses.
//!
//! Money is fungible, so there is no fact of the matter; each rule is a convention with its own errors, and they are
//! offered side by side. All of them are one operation: the inputs' lots are laid into a pool, and the outputs draw
//! from it ([`divide`]). A UTXO transaction is one such division whose rest is the fee; a transfer of an account chain
//! is one whose rest stays in the account ([`Account`], [`follow_balances`], and back again [`follow_back`]).
//!
//! ```
//! use tracehound_analysis::taint::{Holding, Label, Method, divide};
//!
//! // 300 stolen units and 700 others go into one transaction that pays 400 and 500, and 100 as the fee.
//! let inputs = [Holding::labelled(300, Label(0)), Holding::clean(700)];
//! let stolen = |method| -> Vec<u128> {
//!     let divided = divide(method, &inputs, &[400, 500]).expect("the inputs cover the outputs");
//!     divided.outputs.iter().chain([&divided.rest]).map(Holding::dirty_all).collect()
//! };
//! assert_eq!(stolen(Method::Haircut), [120, 150, 30]);
//! assert_eq!(stolen(Method::Fifo), [300, 0, 0]);
//! ```
//!
//! Sources of the rules: poison and haircut, Möser, Böhme and Breuker (2014); FIFO, Clayton's case (1816) as Anderson,
//! Shumailov and Ahmed (2018) apply it; LIFO and taint-in-highest-out, Tironsakkul et al. (2019).

mod account;
mod balances;
mod divide;
mod exchange;
mod holding;
mod propagation;
mod queue;
mod sources;

pub use account::{Account, AccountError};
pub use balances::{
    AccountRole, BalanceEnd, BalanceExchange, BalanceOptions, BalancePropagation, BalanceStop, TransferSeed,
    TransferSeedError, TransferStep, follow_balances,
};
pub use divide::{Division, Method, Overdrawn, divide, divide_backward};
pub use holding::{Holding, Label, Lot};
pub use propagation::{
    Beyond, Direction, End, MOST, Mix, Options, Piece, Propagation, PropagationLimits, Seed, SeedError, Step,
    StopReason, Stops, Totals, Truncation, propagate,
};
pub use sources::{can_be_sought, follow_back};

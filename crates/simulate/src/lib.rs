//! Runs a call on recorded state and says what it would change: for the guard, which knows what was meant.
//!
//! The machine is `revm`; the state is what the caller recorded. Whatever the call reads that was not recorded is reported
//! as missing, and an answer with something missing is `incomplete`, never clean.
//!
//! [`live`] fetches what is missing from a node that the caller brings, and checks it by proof.
//!
//! **Invariants.** No network, no files, no clock: the same state and call give the same answer. Nothing is ever sent.

mod block;
mod changes;
mod checks;
mod engine;
pub mod live;
mod look;
mod run;
mod state;

pub use block::Block;
pub use changes::{Approval, Change, Transfer, critical_slot};
pub use checks::findings;
pub use engine::{Engine, LiveEngine, as_the_safe};
pub use run::{Call, Outcome, Simulated, exec_transaction, safe_call, simulate, simulate_after};
pub use state::{Account, Missing, State, StateError};

//! An engine that tells what a real one would have seen.

use tracehound_guard::ask::{Engine, Execution, Moved, Simulation};

/// An engine that saw these movements.
#[derive(Debug)]
pub(super) struct Saw(pub(super) Vec<Moved>);

impl Engine for Saw {
    fn run(&self, _: &Execution<'_>) -> Simulation {
        Simulation {
            outcome: "goes through".to_owned(),
            went_through: true,
            gas: 100_000,
            moved: self.0.clone(),
            coded: self.0.iter().map(|moved| moved.to).collect(),
            changes: Vec::new(),
            findings: Vec::new(),
            state: "recorded state".to_owned(),
        }
    }
}

/// A movement of a token's units.
pub(super) fn moved(token: &str, from: &str, to: &str, amount: u128) -> Moved {
    let address = |text: &str| text.parse().expect("an address");
    let amount = amount.try_into().expect("fits");
    Moved { token: address(token), from: address(from), to: address(to), id: None, amount }
}

//! The same question by five rules, side by side: where they agree, the rule does not matter.

use std::collections::BTreeMap;

use serde::Serialize;
use tracehound_ledger::{Ledger, OutNum};
use tracehound_model::{Amount, BitcoinNetwork};

use super::{Known, Sums, Trace, trace};
use crate::taint::{Direction, Method, Options, SeedError};

/// What one rule says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The rule.
    pub method: &'static str,
    /// Where the value is.
    pub sums: Sums,
    /// What arrived at each service.
    pub services: BTreeMap<String, Amount>,
    /// Outputs it touches.
    pub places: usize,
    /// Transactions it divides.
    pub flows: usize,
}

/// What each rule says, in the order of [`Method::COMPARED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// One column a rule.
    pub columns: Vec<Column>,
}

/// Traces by every rule that the direction has.
pub fn compare(
    ledger: &Ledger,
    network: BitcoinNetwork,
    seeds: &[OutNum],
    options: Options,
    known: &dyn Known,
) -> Result<Comparison, SeedError> {
    let backward = options.direction == Direction::Backward;
    let methods = Method::COMPARED.into_iter().filter(|method| !(backward && *method == Method::Tiho));
    let column = |method| {
        trace(ledger, network, seeds, Options { method, ..options }, known).map(|found| Column::of(&found))
    };
    Ok(Comparison { columns: methods.map(column).collect::<Result<_, _>>()? })
}

impl Column {
    fn of(found: &Trace) -> Self {
        let mut services: BTreeMap<String, Amount> = BTreeMap::new();
        for place in &found.places {
            let arrived = place.end.as_ref().is_some_and(|end| end.fate == "arrived");
            if let Some(party) = place.party.as_ref().filter(|_| arrived) {
                services.entry(party.label.clone()).or_default().0 += place.dirty.0;
            }
        }
        Self {
            method: found.method,
            sums: found.sums,
            services,
            places: found.places.len(),
            flows: found.flows.len(),
        }
    }
}

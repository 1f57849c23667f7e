//! G-SIM-01 and G-DC-04 where the call was executed: what it did against what it says.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    decode::Act,
    finding::{
        CheckId::Sim01,
        Finding,
        Severity::{Info, Review},
    },
};

/// What the engine found, and what leaves without being named in the call data.
pub(super) fn executed(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(done) = &case.simulation else { return };
    out.extend(done.findings.iter().cloned());
    let (Some(actor), true) = (case.actor, done.went_through) else { return };
    let mut gone: BTreeMap<(Address, Address), U256> = BTreeMap::new();
    for moved in done.moved.iter().filter(|moved| moved.from == actor && moved.to != actor) {
        let sum = gone.entry((moved.token, moved.to)).or_default();
        *sum = sum.saturating_add(moved.amount);
    }
    for (token, to, amount) in said(case) {
        if let Some(sum) = gone.get_mut(&(token, to)) {
            *sum = sum.saturating_sub(amount);
        }
    }
    gone.retain(|_, sum| !sum.is_zero());
    if gone.is_empty() {
        return;
    }
    let back = done.moved.iter().any(|moved| moved.to == actor && moved.from != actor);
    let (severity, title) = if back {
        (Info, "Executed, it also moves what the call data does not name; something comes back.")
    } else {
        (Review, "Executed, it takes what the call data does not name, and nothing comes back.")
    };
    let mut finding = Finding::new(Sim01, severity, &case.path, title);
    for ((token, to), amount) in gone {
        finding = finding.because(format!("{} to {}", case.amount(amount, &token), case.show(&to)));
    }
    out.push(finding);
}

/// What the call data says leaves: token (zero for the coin), receiver, amount.
fn said(case: &Case<'_>) -> Vec<(Address, Address, U256)> {
    let transfers = case.acts.iter().filter_map(|placed| match &placed.act {
        Act::Transfer { token, to, amount, .. } => Some((*token, *to, *amount)),
        _ => None,
    });
    let paid = case.unpacked.calls.iter().filter_map(|call| Some((Address::ZERO, call.to?, call.value)));
    transfers.chain(paid).collect()
}

//! G-SIM-01 and G-DC-04 where the call was executed: what it did against what it says and promises.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};

use super::{left, price, worth};
use crate::{
    case::Case,
    decode::Act,
    finding::{
        CheckId::Sim01,
        Finding,
        Severity::{Block, Review},
    },
    swap::Swap,
};

/// What the engine found, and what comes out against what was promised.
pub(super) fn executed(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(done) = &case.simulation else { return };
    out.extend(done.findings.iter().cloned());
    let (Some(actor), true) = (case.actor, done.went_through) else { return };
    for who in std::iter::once(actor).chain(case.acting.iter().copied().filter(|safe| *safe != actor)) {
        promised(case, who, out);
        worth_it(case, who, out);
    }
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

/// What the actor got and gave of each token, the coin as zero.
fn got_and_given(case: &Case<'_>, actor: Address) -> BTreeMap<Address, (U256, U256)> {
    let mut sums: BTreeMap<Address, (U256, U256)> = BTreeMap::new();
    let moved = case.simulation.iter().flat_map(|done| &done.moved);
    // Pieces that have numbers have no common worth.
    for moved in moved.filter(|moved| moved.from != moved.to && moved.id.is_none()) {
        let sum = sums.entry(moved.token).or_default();
        if moved.to == actor {
            sum.0 = sum.0.saturating_add(moved.amount);
        } else if moved.from == actor {
            sum.1 = sum.1.saturating_add(moved.amount);
        }
    }
    sums
}

/// Whether what an exchange brings is meant for the actor: he is named, or it is swept to him from the router.
fn is_for_actor(case: &Case<'_>, actor: Address, call: usize) -> bool {
    let mut acts = case.acts.iter().filter(|placed| placed.call == call);
    let named = acts.find_map(|placed| match &placed.act {
        Act::Named { beneficiaries, .. } => Some(beneficiaries),
        _ => None,
    });
    let Some(beneficiaries) = named else { return false };
    let has_markers = crate::swap::has_markers(&case.unpacked.calls[call]);
    // A Safe that is made to act is named as itself, and nobody else's exchange is its own.
    let from = case.unpacked.calls[call].from;
    let is_by_actor = from == Some(actor) || from.is_none_or(|from| !case.acting.contains(&from));
    let is_mine =
        |to: &Address| *to == actor || case.is_own(to) || has_markers && *to == Address::with_last_byte(1);
    is_by_actor && beneficiaries.iter().all(is_mine) || super::swap::is_swept(case, call)
}

/// Every exchange names what it takes at most and brings at least; executed, it must keep to both, and what it brings shows what
/// the promise is worth.
fn promised(case: &Case<'_>, actor: Address, out: &mut Vec<Finding>) {
    let mut promised: BTreeMap<Address, U256> = BTreeMap::new();
    let mut named: BTreeMap<Address, U256> = BTreeMap::new();
    let mut up_to: BTreeSet<Address> = BTreeSet::new();
    for (index, call) in case.unpacked.calls.iter().enumerate() {
        let Some(swap) = Swap::of(call) else { continue };
        if let Some((token, most)) = swap.gives.zip(swap.most).filter(|(token, _)| !token.is_zero()) {
            let sum = named.entry(token).or_default();
            *sum = sum.saturating_add(most);
            up_to.extend(swap.is_exact_out.then_some(token));
        }
        let Some(Swap { gets, least: Some(least), .. }) = case.swap_of(index) else { continue };
        if let Some(token) = gets.last().filter(|_| is_for_actor(case, actor, index)) {
            let sum = promised.entry(*token).or_default();
            *sum = sum.saturating_add(least);
        }
    }
    for (token, _, amount) in said(case) {
        if let Some(sum) = named.get_mut(&token) {
            *sum = sum.saturating_add(amount);
        }
    }
    let moved = got_and_given(case, actor);
    // What functions take that are no exchange is not all known.
    let exchanges_alone = case.acts.iter().all(|placed| match &placed.act {
        Act::Named { .. } => {
            let call = &case.unpacked.calls[placed.call];
            Swap::of(call).is_some() || super::swap::is_sweep(call)
        }
        Act::Unknown { .. } | Act::Power { .. } => false,
        _ => true,
    });
    for (token, most) in named.into_iter().filter(|_| exchanges_alone) {
        let given = moved.get(&token).map_or(U256::ZERO, |sum| sum.1);
        if given > most {
            let (given, most) = (case.amount(given, &token), case.amount(most, &token));
            let title = format!("Executed, it takes {given}, and the call names at most {most}.");
            out.push(Finding::new(Sim01, Review, &case.path, title));
        } else if up_to.contains(&token) && given.saturating_mul(U256::from(2)) < most {
            let (given, most) = (case.amount(given, &token), case.amount(most, &token));
            let title = format!(
                "Executed now it takes {given}, and it may take as much as {most}: whoever comes before it can take the rest."
            );
            out.push(Finding::new(Sim01, Review, &case.path, title));
        }
    }
    let named = left::sums(case);
    for (token, least) in promised {
        // What leaves again counts for nothing, unless it is named: as what the next exchange takes is.
        let of = |token: &Address| {
            let (got, given) = moved.get(token).copied().unwrap_or_default();
            let unnamed = given.saturating_sub(named.get(token).copied().unwrap_or_default());
            got.saturating_sub(unnamed)
        };
        // What is unwrapped on the way comes as the coin.
        let got = if case.wraps(&token) { of(&token).max(of(&Address::ZERO)) } else { of(&token) };
        let shown = || (case.amount(got, &token), case.amount(least, &token));
        // Tokens that are kept in shares come a few units short.
        if got.saturating_add(U256::from(10)) < least {
            let (got, least) = shown();
            let title = format!("Executed, it brings {got}, and the call promises at least {least}.");
            out.push(Finding::new(Sim01, Block, &case.path, title));
        } else if least.saturating_mul(U256::from(2)) < got {
            let (got, least) = shown();
            let title = format!(
                "Executed now it brings {got}, and it may bring as little as {least}: whoever comes before it can take the rest."
            );
            out.push(Finding::new(Sim01, Review, &case.path, title));
        }
    }
}

/// What was given in all against what came back in all.
fn worth_it(case: &Case<'_>, actor: Address, out: &mut Vec<Finding>) {
    let mut moved: BTreeMap<Address, (U256, U256)> = BTreeMap::new();
    for (token, (got, given)) in got_and_given(case, actor) {
        let sum = moved.entry(case.or_coin(token)).or_default();
        *sum = (sum.0.saturating_add(got), sum.1.saturating_add(given));
    }
    let net = |one: fn((U256, U256)) -> U256| -> Vec<(Address, U256)> {
        let sums = moved.iter().map(|(token, sum)| (*token, one(*sum)));
        sums.filter(|(_, amount)| !amount.is_zero()).collect()
    };
    let gives = net(|(got, given)| given.saturating_sub(got));
    let gets = net(|(got, given)| got.saturating_sub(given));
    // What leaves for nothing is judged by whom it goes to.
    if gives.is_empty() || gets.is_empty() {
        return;
    }
    let by_price = |why: &str| format!("less than {why} of what that is worth by the prices told");
    let (severity, why) = match price::compare(case, &gives, &gets) {
        Some(price::Compared::Theft) => (Block, by_price("half")),
        Some(price::Compared::Low) => (Review, by_price("four fifths")),
        Some(price::Compared::Fair) | None => match worth::are_less(case, &gives, &gets) {
            Some(less) => (Review, less.as_str().to_owned()),
            None => return,
        },
    };
    let shown = |list: &[(Address, U256)]| {
        let all: Vec<String> = list.iter().map(|(token, amount)| case.amount(*amount, token)).collect();
        all.join(" and ")
    };
    let title = format!("Executed, it gives {} for {}: {why}.", shown(&gives), shown(&gets));
    out.push(Finding::new(Sim01, severity, &case.path, title));
}

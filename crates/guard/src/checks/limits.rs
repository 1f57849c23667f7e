//! The policy's own rules: limits, a second person, what must be known.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, Signature, U256};

use crate::{
    ask::Listing,
    case::Case,
    decode::Act,
    facts::review_text,
    finding::{
        CheckId::{Pol01, Pol02, Pol03},
        Finding,
        Severity::{Block, Incomplete},
    },
    policy::{Need, Role},
    safe::hash::personal_hash,
};

/// What leaves, by asset; the coin is `None`.
fn leaving(case: &Case<'_>) -> BTreeMap<Option<Address>, U256> {
    let mut sums: BTreeMap<Option<Address>, U256> = BTreeMap::new();
    for placed in &case.acts {
        let (token, to, amount) = match &placed.act {
            Act::Pay { to, value } => (None, to, *value),
            Act::Transfer { token, to, amount, nft: false, .. } => (Some(*token), to, *amount),
            _ => continue,
        };
        if !case.is_own(to) {
            let sum = sums.entry(token).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    sums
}

pub(super) fn amounts(case: &Case<'_>, out: &mut Vec<Finding>) {
    let leaving = leaving(case);
    for limit in &case.policy.limits {
        let token = limit.token.map(|token| token.0);
        let Some(amount) = leaving.get(&token).filter(|amount| !amount.is_zero()) else { continue };
        let show = |amount: U256| case.amount(amount, &token.unwrap_or_default());
        if let Some(most) = limit.per_transaction.filter(|most| *amount > most.0) {
            let title = format!("{} leave at once; the policy allows {}.", show(*amount), show(most.0));
            out.push(Finding::new(Pol01, Block, &case.path, title));
        }
        let today = case.facts.spent_of(token.as_ref()).saturating_add(*amount);
        if let Some(most) = limit.per_day.filter(|most| today > most.0) {
            let title = format!("{} leave today; the policy allows {}.", show(today), show(most.0));
            out.push(Finding::new(Pol01, Block, &case.path, title));
        }
    }
}

pub(super) fn second_person(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(rule) = &case.policy.two_person else { return };
    let Some(digest) = case.digest else {
        let title = "A review is needed, but there is no hash to review.";
        out.push(Finding::new(Pol02, Incomplete, &case.path, title));
        return;
    };
    let hash = personal_hash(review_text(&digest).as_bytes());
    let reviewers: BTreeSet<Address> = case
        .facts
        .review
        .iter()
        .filter_map(|review| hex::decode(review.signature.trim_start_matches("0x")).ok())
        .filter_map(|bytes| Signature::try_from(&bytes[..]).ok())
        .filter_map(|signature| signature.recover_address_from_prehash(&hash).ok())
        .filter(|signer| rule.reviewers.iter().any(|reviewer| reviewer.0 == *signer))
        // Nobody reviews himself.
        .filter(|signer| case.facts.account.is_none_or(|account| account.0 != *signer))
        .collect();
    if reviewers.len() < rule.needed {
        let title = format!("{} of {} reviews by other people are there.", reviewers.len(), rule.needed);
        let finding = Finding::new(Pol02, Incomplete, &case.path, title);
        out.push(finding.because(format!("to be signed by personal_sign: {}", review_text(&digest))));
    }
}

pub(super) fn required(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut missing = |path: &str, title: String| out.push(Finding::new(Pol03, Incomplete, path, title));
    if let Some(safe) = case.safe() {
        if safe.hashes.is_none() {
            missing(
                &case.path,
                "Which chain the Safe is on is not known, and its hash covers that (--chain-id).".to_owned(),
            );
        }
        if case.policy.requires(Need::Owners) {
            if safe.owners().is_none() {
                missing(&case.path, "The Safe's owners are not known: signatures prove who signed, not who may (--owner, --facts).".to_owned());
            }
            if safe.facts.and_then(|facts| facts.threshold).is_none() {
                missing(
                    &case.path,
                    "How many signatures the Safe needs is not known (--threshold, --facts).".to_owned(),
                );
            }
        }
    }
    if case.policy.requires(Need::Recipient) {
        let known = case.counterparties();
        for (path, to) in case.recipients() {
            let screened = case.screened(&to) == Listing::Clear;
            let vouched = known.contains(&to) && !only_contract(case, &to) || screened || case.is_own(&to);
            if !vouched {
                let title = format!(
                    "Nothing speaks for {}: it is in no address book, was never paid and was not screened.",
                    case.show(&to)
                );
                missing(path, title);
            }
        }
    }
    if case.policy.requires(Need::Screening) {
        let mut unscreened: Vec<(String, Address)> = case.everybody();
        unscreened.retain(|(_, address)| !case.is_own(address));
        for (path, address) in unscreened {
            if let Listing::Unknown(why) = case.screened(&address) {
                missing(&path, format!("{} was not screened: {why}.", case.show(&address)));
            }
        }
    }
    if case.policy.requires(Need::Simulation) && !case.unpacked.calls.is_empty() && case.simulation.is_none()
    {
        missing(&case.path, "The policy asks for a simulation, and none was made.".to_owned());
    }
}

/// An address that is trusted as a contract only: no place to send money to.
fn only_contract(case: &Case<'_>, address: &Address) -> bool {
    let booked = case.policy.book.iter().any(|entry| entry.address.0 == *address);
    let paid =
        case.facts.past.iter().any(|past| past.own && past.to.0 == *address && !past.value.0.is_zero());
    let trusted = case.policy.trusted.iter().any(|entry| entry.address.0 == *address);
    trusted && !booked && !paid && !case.trusts(address, &[Role::Recipient])
}

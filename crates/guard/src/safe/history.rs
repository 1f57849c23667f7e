//! What the transactions of a list say of each other: which are asked about, what was paid before, whose a stray signature is.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};

use super::{Pick, SafeCase, Signer, signature};
use crate::{
    facts::Past,
    finding::{CheckId::Hist01, Finding, Severity::Info},
    scalar::{Account, Whole},
};

/// Most recoveries that are tried to find out what a stray signature was made over; each takes about 0.1 ms.
const MOST_TRIES: usize = 2_000;

/// Selector of `transfer(address,uint256)`.
const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];

/// Which transactions of a list are asked about.
///
/// Of a whole list: those that wait. What was executed is history, and so is what can never be executed, its number being
/// used up by what the facts know. A list does not decide that alone: what it calls executed waits where the facts know
/// that the Safe has not come to its number, and so does what has the number of another that waits. Where none waits, the
/// whole list is asked about.
pub(crate) fn asked_about(cases: &[SafeCase<'_>], pick: Pick) -> Vec<bool> {
    let chosen = |case: &SafeCase<'_>| match pick {
        Pick::Waiting => true,
        Pick::Nonce(nonce) => case.entry.tx.nonce == nonce,
        Pick::Hash(hash) => {
            case.hashes.is_some_and(|hashes| hashes.digest == hash) || case.entry.claimed == Some(hash)
        }
    };
    if pick != Pick::Waiting {
        return cases.iter().map(chosen).collect();
    }
    let next = |case: &SafeCase<'_>| case.facts.and_then(|facts| facts.nonce).map(U256::from);
    let waits = |case: &SafeCase<'_>| match next(case) {
        Some(next) => case.entry.tx.nonce >= next,
        None => !case.entry.executed,
    };
    let number = |case: &SafeCase<'_>| (case.entry.tx.safe, case.entry.tx.nonce);
    let waiting: BTreeSet<(Address, U256)> = cases.iter().filter(|case| waits(case)).map(number).collect();
    cases.iter().map(|case| waiting.is_empty() || waiting.contains(&number(case))).collect()
}

/// Payments of the past that need no trust in who made the list, and a word on how many there are.
///
/// A row counts where the facts name the Safe's owners, its threshold and its next number, and its hash among those that the chain
/// executed; its own number is below that; as many owners as the threshold have signed its hash, each proven by his key; and the
/// list says that it was executed and went through. What was signed need not have happened: another with its number may have
/// ended it, and whoever made the list may leave that one out. So of two with one number that the owners signed neither counts.
/// Only plain payments and `transfer` of a token, of more than nothing, speak for whom they went to.
pub(crate) fn paid_before<'a>(
    cases: impl Iterator<Item = &'a SafeCase<'a>> + Clone,
) -> (Vec<Past>, Option<Finding>) {
    let said = cases.clone().filter(|case| case.entry.executed).count();
    let number = |case: &SafeCase<'_>| (case.entry.tx.safe, case.entry.tx.nonce);
    let mut signed: BTreeMap<(Address, U256), Vec<&SafeCase<'_>>> = BTreeMap::new();
    for case in cases.filter(|case| is_signed(case)) {
        signed.entry(number(case)).or_default().push(case);
    }
    let alone = signed.values().filter_map(|of_number| {
        let (first, others) = of_number.split_first()?;
        let is_alone = others.iter().all(|other| other.same_as(first));
        let is_whole = of_number.iter().all(|case| is_executed(case));
        (is_alone && is_whole).then_some(*first)
    });
    let past: Vec<Past> = alone.filter_map(payment).collect();
    let word = (!past.is_empty()).then(|| {
        let title = format!(
            "{} of {said} executed transactions count as payments before: the context says that the chain executed them, and their \
             owners' signatures prove them.",
            past.len()
        );
        Finding::new(Hist01, Info, "results", title)
    });
    (past, word)
}

/// Whether as many owners as are needed have signed it, each proven by his key.
fn is_signed(case: &SafeCase<'_>) -> bool {
    // Of a Safe that nobody told of, the owners are a node's word.
    let told = case.facts.filter(|facts| !facts.is_strange);
    let known = told.and_then(|facts| facts.threshold).zip(case.owners());
    let Some((needed, owners)) = known else { return false };
    let all = case.confirmations.iter().chain(&case.joined);
    let signers: BTreeSet<Address> = all
        .filter(|one| !one.is_wrong())
        .filter_map(|one| match one.signer {
            Ok(Signer::Proven(signer)) if owners.contains(&signer) => Some(signer),
            _ => None,
        })
        .collect();
    case.untold().is_empty() && needed > 0 && signers.len() as u64 >= needed
}

/// Whether the facts say that the chain executed it, and nothing contradicts them.
fn is_executed(case: &SafeCase<'_>) -> bool {
    let facts = case.facts.filter(|facts| !facts.is_strange);
    let next = facts.and_then(|facts| facts.nonce);
    let is_used = next.is_some_and(|next| case.entry.tx.nonce < U256::from(next));
    let is_told = facts
        .zip(case.hashes)
        .is_some_and(|(facts, hashes)| facts.executed.iter().any(|hash| hash.0 == hashes.digest));
    is_used && is_told && case.entry.executed && case.entry.succeeded
}

fn payment(case: &SafeCase<'_>) -> Option<Past> {
    let tx = &case.entry.tx;
    let (to, value, token) = match (tx.data.strip_prefix(&TRANSFER), tx.data.is_empty()) {
        (None, true) => (tx.to, tx.value, None),
        (Some(rest), _) if rest.len() == 64 && rest[..12] == [0; 12] && tx.value.is_zero() => {
            (Address::from_slice(&rest[12..32]), U256::from_be_slice(&rest[32..]), Some(tx.to))
        }
        _ => return None,
    };
    let plain = tx.operation == 0 && !value.is_zero();
    plain.then(|| Past {
        to: Account(to),
        value: Whole(value),
        token: token.map(Account),
        chain_id: case.chain_id,
        operation: 0,
        own: true,
    })
}

/// Looks for the transaction that a signature belongs to, where it does not belong to its own: among those of the list, and
/// the hashes they claim.
pub(crate) fn whose(cases: &mut [SafeCase<'_>], past: &[SafeCase<'_>]) {
    let hashes: BTreeSet<B256> = cases
        .iter()
        .chain(past)
        .flat_map(|case| case.hashes.map(|hashes| hashes.digest).into_iter().chain(case.entry.claimed))
        .collect();
    let mut tries = MOST_TRIES;
    for case in cases {
        let owners = case.owners().unwrap_or_default();
        let own = case.hashes.map(|hashes| hashes.digest);
        for one in case.confirmations.iter_mut().chain(&mut case.joined) {
            let Ok(Signer::Proven(signer)) = one.signer else { continue };
            let stray = one
                .claimed
                .map_or(!owners.is_empty() && !owners.contains(&signer), |claimed| claimed != signer);
            let Some(part) = signature::single(&one.bytes).ok().filter(|_| stray) else { continue };
            one.belongs_to =
                hashes.iter().copied().filter(|hash| Some(*hash) != own).take(tries).find(|hash| {
                    tries -= 1;
                    match (part.signer(hash), one.claimed) {
                        (Ok(Signer::Proven(signer)), Some(claimed)) => signer == claimed,
                        (Ok(Signer::Proven(signer)), None) => owners.contains(&signer),
                        _ => false,
                    }
                });
        }
    }
}

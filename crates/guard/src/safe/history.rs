//! What the transactions of a list say of each other: which are asked about, what was paid before, whose a stray signature is.

use std::collections::BTreeSet;

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
/// A row counts where the facts name the Safe's owners, its threshold and its next number; its own number is below that; and as
/// many owners as the threshold have signed its hash, each proven by his key. What the service says was executed, decoded or
/// confirmed counts for nothing. Only plain payments and `transfer` of a token, of more than nothing, speak for whom they went
/// to.
pub(crate) fn paid_before<'a>(cases: impl Iterator<Item = &'a SafeCase<'a>>) -> (Vec<Past>, Option<Finding>) {
    let executed: Vec<&SafeCase<'_>> = cases.filter(|case| case.entry.executed).collect();
    let said = executed.len();
    let number = |case: &SafeCase<'_>| (case.entry.tx.safe, case.entry.tx.nonce);
    let agreed: Vec<&SafeCase<'_>> = executed.into_iter().filter(|case| is_agreed(case)).collect();
    // Of two with one number one alone was executed, and nobody here knows which.
    let alone = |case: &&SafeCase<'_>| {
        agreed.iter().all(|other| number(other) != number(case) || other.same_as(case))
    };
    let past: Vec<Past> = agreed.iter().copied().filter(alone).filter_map(payment).collect();
    let word = (!past.is_empty()).then(|| {
        let title = format!(
            "{} of {said} executed transactions count as payments before: their owners' signatures prove them.",
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

fn is_agreed(case: &SafeCase<'_>) -> bool {
    let next = case.facts.and_then(|facts| facts.nonce);
    let used = next.is_some_and(|next| case.entry.tx.nonce < U256::from(next));
    used && case.entry.executed && !case.entry.failed && is_signed(case)
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

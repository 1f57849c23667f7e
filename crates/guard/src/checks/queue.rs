//! G-SIG-03 across the transactions of one input.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    decode::Act,
    finding::{
        CheckId::{Sig03, Wrap01},
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    safe::{SafeCase, Signer},
};

/// Checks that need all transactions at once. Linear in signatures, up to sorting.
///
/// `asked`: which of them are asked about. That a signature stands under two is said whichever they are.
/// `judged`: those that are asked about, with what they do.
pub fn queue(cases: &[SafeCase<'_>], asked: &[bool], judged: &[Case<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    shared_signatures(cases, &mut findings);
    shared_nonces(cases, asked, &mut findings);
    nested(cases, asked, judged, &mut findings);
    far_ahead(cases, asked, &mut findings);
    findings
}

/// Those that are asked about.
fn those<'a, 'b>(cases: &'a [SafeCase<'b>], asked: &'a [bool]) -> impl Iterator<Item = &'a SafeCase<'b>> {
    cases.iter().zip(asked).filter(|(_, asked)| **asked).map(|(case, _)| case)
}

fn shared_signatures(cases: &[SafeCase<'_>], out: &mut Vec<Finding>) {
    let mut places: BTreeMap<&[u8], Vec<(usize, &str)>> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        // Approvals name an owner and no transaction: their bytes are the same everywhere.
        let real = case.confirmations.iter().chain(&case.joined).filter(|one| {
            matches!(one.signer, Ok(Signer::Proven(_))) || one.signer.is_err() && !one.bytes.is_empty()
        });
        for one in real {
            places.entry(&one.bytes).or_default().push((index, &one.path));
        }
    }
    for (bytes, places) in places {
        let Some(&(first, first_path)) = places.first() else { continue };
        let other = places.iter().find(|(index, _)| !cases[*index].same_as(&cases[first]));
        let Some((index, path)) = other else { continue };
        let title = "One and the same signature stands under two different transactions: it can belong to one of them \
                     at most.";
        let hash =
            |index: usize| cases[index].hashes.map(|hashes| hashes.digest.to_string()).unwrap_or_default();
        out.push(
            Finding::new(Sig03, Block, path, title)
                .because(format!("also at {first_path}"))
                .because(format!("signature 0x{}…", hex::encode(&bytes[..bytes.len().min(8)])))
                .because(format!("transactions {} and {}", hash(first), hash(*index))),
        );
    }
}

fn shared_nonces(cases: &[SafeCase<'_>], asked: &[bool], out: &mut Vec<Finding>) {
    let number = |case: &SafeCase<'_>| (case.entry.tx.safe, case.entry.tx.nonce);
    let about: BTreeSet<(Address, U256)> = those(cases, asked).map(number).collect();
    let mut groups: BTreeMap<(Address, U256), Vec<&SafeCase<'_>>> = BTreeMap::new();
    for case in cases.iter().filter(|case| about.contains(&number(case))) {
        groups.entry(number(case)).or_default().push(case);
    }
    for ((_, nonce), group) in groups {
        let mut different: Vec<&SafeCase<'_>> = Vec::new();
        for case in group {
            if !different.iter().any(|other| other.same_as(case)) {
                different.push(case);
            }
        }
        let Some(first) = different.first().copied().filter(|_| different.len() > 1) else { continue };
        let acting: Vec<&SafeCase<'_>> =
            different.iter().copied().filter(|case| !case.entry.tx.is_rejection()).collect();
        let (severity, title, one, other) = if let [one, other, ..] = acting[..] {
            let title = format!("Two different transactions carry nonce {nonce}: know which one you sign.");
            (Review, title, one, other)
        } else {
            let title =
                format!("Nonce {nonce} has a transaction and its rejection: one of them will be executed.");
            (Info, title, first, different[1])
        };
        let finding = Finding::new(Sig03, severity, &other.entry.path, title);
        out.push(finding.because(format!("also at {}", one.entry.path)));
        // A rejection between two takes nothing of it back that somebody signed both.
        let mut signed: BTreeMap<Address, &SafeCase<'_>> = BTreeMap::new();
        let mut twice: BTreeMap<Address, &SafeCase<'_>> = BTreeMap::new();
        for case in &acting {
            for owner in signers(case) {
                if signed.insert(owner, case).is_some() {
                    twice.insert(owner, case);
                }
            }
        }
        if let Some(case) = twice.values().next() {
            let title =
                format!("{} owner(s) signed nonce {nonce} twice, for different transactions.", twice.len());
            let finding = Finding::new(Sig03, Block, &case.entry.path, title);
            out.push(twice.keys().fold(finding, |finding, owner| finding.because(owner.to_string())));
        }
    }
}

/// Who provably signed a transaction.
fn signers(case: &SafeCase<'_>) -> BTreeSet<Address> {
    let good = case.confirmations.iter().chain(&case.joined).filter(|one| one.proven && !one.is_wrong());
    good.filter_map(|one| one.signer.as_ref().ok().map(|signer| signer.address())).collect()
}

/// How many numbers may lie between the next transaction of a Safe or an account and one that is signed now without a word.
pub(super) const AHEAD: u64 = 10;

/// How many in a queue of which every number is taken by what owners signed.
const FURTHEST: u64 = 100;

/// A transaction whose turn comes much later can be kept, signed, until nobody remembers it.
fn far_ahead(cases: &[SafeCase<'_>], asked: &[bool], out: &mut Vec<Finding>) {
    // A long queue is one whose numbers are taken: by what an owner signed, for anybody can write a list.
    let is_signed = |case: &&SafeCase<'_>| {
        let owners = case.owners().unwrap_or_default();
        signers(case).iter().any(|signer| owners.contains(signer))
    };
    let number = |case: &SafeCase<'_>| (case.entry.tx.safe, case.entry.tx.nonce);
    let taken: BTreeSet<(Address, U256)> = cases.iter().filter(is_signed).map(number).collect();
    for case in those(cases, asked).filter(|case| !case.entry.executed) {
        let tx = &case.entry.tx;
        let Some(facts) = case.facts else { continue };
        let Some(next) = facts.nonce else {
            let title = format!(
                "The Safe's next number is not known (--nonce): whether {} is it, or can be kept and executed much later, was not \
                 looked at.",
                tx.nonce
            );
            out.push(Finding::new(Sig03, Info, &case.entry.path, title));
            continue;
        };
        let free = (next..=u64::MAX)
            .map(U256::from)
            .take_while(|nonce| *nonce < tx.nonce)
            .filter(|nonce| !taken.contains(&(tx.safe, *nonce)));
        let is_far = tx.nonce > U256::from(next).saturating_add(U256::from(FURTHEST));
        if is_far || free.take(AHEAD as usize + 1).count() > AHEAD as usize {
            let title = format!(
                "Its number is {} and the Safe's next one is {next}: signed now, it can be kept and executed much later.",
                tx.nonce
            );
            out.push(Finding::new(Sig03, Review, &case.entry.path, title));
        }
    }
}

/// A Safe that approves the hash of another Safe's transaction, in whatever call: that transaction must be here to be judged.
fn nested(cases: &[SafeCase<'_>], asked: &[bool], judged: &[Case<'_>], out: &mut Vec<Finding>) {
    for placed in judged.iter().flat_map(|case| &case.acts) {
        let Act::ApproveHash { safe: outer, hash } = &placed.act else { continue };
        let found = those(cases, asked).find(|other| {
            other.entry.tx.safe == *outer && other.hashes.is_some_and(|hashes| hashes.digest == *hash)
        });
        let finding = if let Some(found) = found {
            let title = format!("Approves the transaction at {} for the Safe {outer}.", found.entry.path);
            Finding::new(Wrap01, Info, &placed.path, title)
        } else {
            let title = format!(
                "Approves a hash for the Safe {outer} whose transaction is not here: add it to the file to have it \
                 judged."
            );
            Finding::new(Wrap01, Incomplete, &placed.path, title)
        };
        out.push(finding.because(format!("hash {hash}")));
    }
}

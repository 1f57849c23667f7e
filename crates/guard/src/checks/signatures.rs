//! G-SIG-01 to G-SIG-04, for one transaction.

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    finding::{
        CheckId::{Sig01, Sig02, Sig03, Sig04},
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    safe::{Checked, Form, SafeCase, Scheme, Signer},
};

/// Every collected signature over the hash of what is shown.
pub(super) fn owners_signed_this(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(safe) = case.safe() else { return };
    for one in &safe.confirmations {
        wrong(one, out);
    }
    let owners = safe.owners();
    for one in &safe.joined {
        // Bytes that stand among the confirmations have been judged there.
        if safe.confirmations.iter().any(|confirmation| confirmation.bytes == one.bytes) {
            continue;
        }
        wrong(one, out);
        if let (Ok(signer), Some(owners)) = (&one.signer, &owners)
            && one.form != Some(Form::Contract)
            && !owners.contains(&signer.address())
        {
            let finding = match (signer, one.belongs_to) {
                (Signer::Named(named), _) => {
                    let title = format!("A signature names {named}, who is no owner of this Safe.");
                    Finding::new(Sig01, Block, &one.path, title)
                }
                (Signer::Proven(_), belongs_to) => {
                    let title =
                        "A signature does not belong to this transaction: no owner of the Safe made it.";
                    let finding = Finding::new(Sig01, Block, &one.path, title);
                    match belongs_to {
                        Some(hash) => finding.because(format!("it was made over {hash}")),
                        None => finding,
                    }
                }
            };
            out.push(finding);
        }
    }
    if let Some(error) = &safe.joined_error {
        let title = "The joined signatures are malformed.";
        let path = format!("{}.signatures", case.path);
        out.push(Finding::new(Sig02, Block, &path, title).because(error.to_string()));
    }
}

fn wrong(one: &Checked, out: &mut Vec<Finding>) {
    if !one.is_wrong() {
        return;
    }
    let title = match (&one.signer, one.claimed) {
        (Ok(_), Some(claimed)) => format!(
            "The signature of {claimed} does not belong to this transaction: what you are shown is not what was signed."
        ),
        (Err(_), Some(claimed)) => {
            format!("The signature of {claimed} is no signature over this transaction.")
        }
        (Err(_), None) => "A signature is no signature over this transaction.".to_owned(),
        (Ok(_), None) => return,
    };
    // Whom it would belong to here is nobody: some number that no key stands behind.
    let evidence = match (&one.signer, one.belongs_to) {
        (Err(error), _) => error.to_string(),
        (Ok(_), Some(hash)) => format!("it was made over {hash}"),
        (Ok(_), None) => "which transaction it was made over is not in the input".to_owned(),
    };
    let mut finding = Finding::new(Sig01, Block, &one.path, title).because(evidence);
    if let Some(date) = &one.date {
        finding = finding.because(format!("collected {date}"));
    }
    out.push(finding);
}

/// Owners, order, repetitions, threshold.
pub(super) fn set_and_order(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(safe) = case.safe() else { return };
    let path = &case.path;
    let owners = safe.owners();
    let mut seen = BTreeSet::new();
    for one in &safe.confirmations {
        let Some(signer) = agreed(one) else { continue };
        if owners.as_ref().is_some_and(|owners| !owners.contains(&signer)) {
            let title = format!("{signer} signed and is no owner of this Safe.");
            out.push(Finding::new(Sig02, Block, &one.path, title));
        }
        if !seen.insert(signer) {
            let title = format!("{signer} is counted twice: one owner, one signature.");
            out.push(Finding::new(Sig02, Block, &one.path, title));
        }
        unproven(one, out);
    }
    let mut last: Option<Address> = None;
    for one in &safe.joined {
        let Ok(signer) = &one.signer else { continue };
        // A signature that is wrong anyway belongs to a random address.
        if safe
            .confirmations
            .iter()
            .any(|confirmation| confirmation.bytes == one.bytes && confirmation.is_wrong())
        {
            continue;
        }
        let signer = signer.address();
        if let Some(before) = last.filter(|before| signer <= *before) {
            let title = "The joined signatures are not in ascending order of their owners: the Safe would refuse them.";
            let finding = Finding::new(Sig02, Block, &one.path, title);
            out.push(finding.because(format!("{signer} after {before}")));
        }
        last = Some(signer);
        if !safe.confirmations.iter().any(|confirmation| confirmation.bytes == one.bytes) {
            unproven(one, out);
        }
    }
    threshold(case, safe, out);
    if !safe.untold().is_empty() {
        let title = format!(
            "Not told: {}. The Safe's hash covers each, and what is signed may hold another value than the nothing that \
             was taken here.",
            safe.untold().join(", ")
        );
        out.push(Finding::new(Sig02, Incomplete, path, title));
    }
    let next = safe.facts.and_then(|facts| facts.nonce).map(U256::from);
    if let Some(next) = next.filter(|next| safe.entry.executed && safe.entry.tx.nonce >= *next) {
        let title = "It is said to be executed, and the Safe has not come to its number yet: one of the two is wrong.";
        let finding = Finding::new(Sig02, Review, path, title);
        out.push(finding.because(format!("nonce {}, next {next}", safe.entry.tx.nonce)));
    }
    if let (Some(next), false) = (next, safe.entry.executed)
        && safe.entry.tx.nonce < next
    {
        let title = "The nonce was used already: this can never be executed, so why sign it?";
        let finding = Finding::new(Sig02, Review, path, title);
        out.push(finding.because(format!("nonce {}, next {next}", safe.entry.tx.nonce)));
    }
}

fn agreed(one: &Checked) -> Option<Address> {
    let signer = one.signer.as_ref().ok()?.address();
    (!one.is_wrong()).then_some(signer)
}

fn unproven(one: &Checked, out: &mut Vec<Finding>) {
    if one.proven || one.is_wrong() {
        return;
    }
    let Ok(signer) = &one.signer else { return };
    let title = match one.form {
        Some(Form::Contract) => format!(
            "The contract {} must answer for its signature: give its owners, threshold and version (--context).",
            signer.address()
        ),
        _ => format!(
            "{} is said to have approved on the chain: give the approved hash (--context).",
            signer.address()
        ),
    };
    out.push(Finding::new(Sig02, Incomplete, &one.path, title));
}

fn threshold(case: &Case<'_>, safe: &SafeCase<'_>, out: &mut Vec<Finding>) {
    let path = &case.path;
    let entry = safe.entry;
    let from_facts = safe.facts.and_then(|facts| facts.threshold);
    if let (Some(known), Some(said)) = (from_facts, entry.required)
        && known != said
    {
        let title = "The service names another number of signatures than the Safe needs.";
        let finding = Finding::new(Sig02, Review, path, title);
        out.push(finding.because(format!("needs {known}")).because(format!("the service says {said}")));
    }
    let Some(needed) = safe.threshold() else { return };
    let all = if entry.execution { &safe.joined } else { &safe.confirmations };
    let signers: BTreeSet<Address> = all.iter().filter_map(agreed).collect();
    let counted = signers.len() as u64;
    if counted >= needed {
        return;
    }
    let severity = if entry.execution || entry.executed { Block } else { Info };
    let title = format!("{counted} of {needed} signatures belong to this transaction.");
    out.push(Finding::new(Sig02, severity, path, title));
}

/// What this signer has signed before.
pub(super) fn signed_before(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(safe) = case.safe() else { return };
    let Some(hashes) = safe.hashes else { return };
    let tx = &safe.entry.tx;
    for before in &case.facts.signed {
        if before.safe.0 != tx.safe || U256::from(before.nonce) != tx.nonce {
            continue;
        }
        let finding = if before.hash.0 == hashes.digest {
            let title = "You signed this very transaction before: why again?";
            Finding::new(Sig03, Review, &case.path, title)
        } else {
            let severity = if tx.is_rejection() { Review } else { Block };
            let title = format!(
                "You signed another transaction with nonce {} before; being asked again after an alleged failure is how \
                 signatures are collected.",
                tx.nonce
            );
            Finding::new(Sig03, severity, &case.path, title)
        };
        out.push(finding.because(format!("signed before: {}", before.hash.0)));
    }
}

/// Signatures without a chain.
pub(super) fn replayable(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(safe) = case.safe() else { return };
    if safe.scheme == Scheme::Chain {
        return;
    }
    let title = format!(
        "This Safe is of version {}: its signatures name no chain and hold for a Safe at the same address on every chain.",
        safe.scheme.versions()
    );
    out.push(Finding::new(Sig04, Review, &case.path, title).standing());
}

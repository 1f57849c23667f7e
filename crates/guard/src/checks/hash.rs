//! G-HASH-01.

use alloy_primitives::B256;

use crate::{
    case::{Case, Subject},
    finding::{CheckId::Hash01, Finding, Severity},
    safe::{Basis, Hashes, Scheme},
};

pub(super) fn claimed(case: &Case<'_>, out: &mut Vec<Finding>) {
    let hashes = match case.subject {
        Subject::Safe(safe) => safe.hashes,
        Subject::Typed(data, _) => Some(data.hashes),
        Subject::Message(message) => Some(alone(message.digest())),
        Subject::Tx(tx) => tx.digest.map(alone),
        Subject::Authorization => case.digest.map(alone),
    };
    let path = &case.path;
    if let Some(safe) = case.safe() {
        match (safe.entry.claimed, safe.hashes) {
            (Some(claimed), Some(hashes)) if claimed != hashes.digest => {
                let title = "The claimed hash is not the hash of the transaction shown: something else would be signed.";
                out.push(
                    Finding::new(Hash01, Severity::Block, path, title)
                        .because(format!("claimed {claimed}"))
                        .because(format!("computed {}", hashes.digest)),
                );
            }
            (Some(claimed), None) => {
                let title = "Nothing names the chain, and the claimed hash fits none that is known here: it was not looked at \
                             (--chain-id).";
                let finding = Finding::new(Hash01, Severity::Incomplete, path, title);
                out.push(finding.because(format!("claimed {claimed}")));
            }
            (Some(_), Some(_)) if case.facts.chain_id.or(safe.entry.chain_id).is_none() => {
                if let (Scheme::Chain, Some(chain)) = (safe.scheme, safe.chain_id) {
                    let title = format!(
                        "Nothing but the claimed hash says that the chain is {}: if that is yours, say so (--chain-id {chain}).",
                        crate::known::chain(chain)
                    );
                    out.push(Finding::new(Hash01, Severity::Incomplete, path, title));
                }
            }
            _ => {}
        }
        versions(case, out);
    }
    let (Some(shown), Some(hashes)) = (&case.facts.shown, hashes) else { return };
    let pairs = [
        ("domain hash", shown.domain, hashes.domain),
        ("message hash", shown.message, hashes.message),
        ("hash to sign", shown.digest, hashes.digest),
    ];
    for (what, shown, computed) in pairs {
        if let Some(shown) = shown.filter(|shown| shown.0 != computed) {
            let title =
                format!("The {what} on the device is not the one of what is shown here: do not sign.");
            out.push(
                Finding::new(Hash01, Severity::Block, path, title)
                    .because(format!("on the device {}", shown.0))
                    .because(format!("computed {computed}")),
            );
        }
    }
}

/// A hash that is made of no two others.
fn alone(digest: B256) -> Hashes {
    Hashes { domain: B256::ZERO, message: B256::ZERO, digest }
}

/// The facts' version and chain against the input's.
fn versions(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(safe) = case.safe() else { return };
    if let (Some(known), Some(given)) = (safe.facts.and_then(|facts| facts.version), safe.entry.version)
        && known != given
    {
        let title =
            "The input names another version of the Safe than is known: the hash follows what is known.";
        let finding = Finding::new(Hash01, Severity::Review, &case.path, title);
        out.push(finding.because(format!("known {known}")).because(format!("in the input {given}")));
    }
    if let (Some(known), Some(given)) = (case.facts.chain_id, safe.entry.chain_id)
        && known != given
    {
        let title = "The input is for another chain than the wallet is on.";
        let finding = Finding::new(Hash01, Severity::Block, &case.path, title);
        out.push(finding.because(format!("wallet: {known}")).because(format!("input: {given}")));
    }
    let claimed_fits = safe.hashes.is_some_and(|hashes| safe.entry.claimed == Some(hashes.digest));
    if safe.basis == Basis::Assumed && !claimed_fits {
        let title = "Nothing tells the Safe's version: the hash is that of 1.3.0 or newer (--safe-version).";
        out.push(Finding::new(Hash01, Severity::Incomplete, &case.path, title));
    }
}

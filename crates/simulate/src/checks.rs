//! The checks that need to see what a call does.

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};
use tracehound_guard::{
    decode::{Extent, Grant, Setting},
    finding::{CheckId, Finding, Severity},
};

use crate::{
    changes::{Approval, Change, critical_slot, explains},
    run::{Outcome, Simulated},
    state::Missing,
};

/// What a simulation has to say. `safe` is the Safe that executes, if one does; `settings` are the changes of its own settings
/// that it says it makes, `grants` the rights over tokens that it says it gives; `path` says where in the input.
pub fn findings(
    done: &Simulated,
    safe: Option<&Address>,
    settings: &[&Setting],
    grants: &[&Grant],
    path: &str,
) -> Vec<Finding> {
    let mut found = Vec::new();
    match &done.outcome {
        Outcome::Success(_) => {}
        Outcome::Reverted(reason) => {
            let why = reason.as_deref().unwrap_or("it gives no reason");
            let title = "The call would be undone: as it stands it does nothing.";
            found.push(
                Finding::new(CheckId::Sim01, Severity::Review, path, title).because(format!("revert: {why}")),
            );
        }
        Outcome::Halted(reason) | Outcome::Refused(reason) => {
            let title = "The call would not run to its end.";
            found.push(Finding::new(CheckId::Sim01, Severity::Review, path, title).because(reason.clone()));
        }
    }
    // What was not there before does not change hands.
    let made: BTreeSet<Address> = done
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Code { address, is_new: true, .. } => Some(*address),
            _ => None,
        })
        .collect();
    for change in &done.changes {
        match change {
            Change::Slot { address, .. } if made.contains(address) => {}
            // `approve(somebody, 0)` at a collection gives him the piece number 0, whatever decimal places it claims to have.
            Change::Slot { address, slot, before, after }
                if before != after && grants.iter().any(|grant| is_given_instead(grant, address, *after)) =>
            {
                let title = "The call says that it ends a right, and writes down whom it names as one who has it: that is how a \
                             collection gives the piece number 0.";
                found.push(
                    Finding::new(CheckId::Sim01, Severity::Block, path, title)
                        .because(format!("{address} slot {slot:#x}: {before:#066x} becomes {after:#066x}")),
                );
            }
            Change::Slot { address, slot, before, after } => {
                let Some(what) = critical_slot(address, *slot, safe) else { continue };
                let said = safe == Some(address) && settings.iter().any(|setting| explains(setting, *slot));
                // What is said is judged by the check of that setting.
                let (severity, how) =
                    if said { (Severity::Info, ", as it says") } else { (Severity::Block, "") };
                let title = format!("The call changes {what}{how}.");
                found.push(
                    Finding::new(CheckId::Dc04, severity, path, title)
                        .because(format!("{address} slot {slot:#x}: {before:#066x} becomes {after:#066x}")),
                );
            }
            Change::Code { address, after, .. } => found.push(
                Finding::new(CheckId::Sim01, Severity::Review, path, "The call puts code at an address.")
                    .because(format!("{address}: code hash {after}")),
            ),
            Change::Balance { .. } => {}
        }
    }
    // A right that is named is judged by the checks of approvals.
    for approval in
        done.approvals.iter().filter(|approval| !grants.iter().any(|grant| names(grant, approval)))
    {
        let how = approval.amount.map_or_else(|| "all of them".to_owned(), |amount| amount.to_string());
        found.push(
            Finding::new(
                CheckId::Sim01,
                Severity::Review,
                path,
                "The call gives somebody a right over tokens.",
            )
            .because(format!(
                "{} may take {how} of {} from {}",
                approval.spender, approval.token, approval.owner
            )),
        );
    }
    if !done.unread.is_empty() {
        let title = "A contract announces a transfer in no form that is read here: more may move.";
        let mut finding = Finding::new(CheckId::Sim01, Severity::Incomplete, path, title);
        finding.evidence = done.unread.iter().take(20).map(Address::to_string).collect();
        found.push(finding);
    }
    if !done.missing.is_empty() {
        let mut finding = Finding::new(
            CheckId::Sim01,
            Severity::Incomplete,
            path,
            "The recorded state lacks what the call reads: what it does is a guess.",
        );
        for missing in done.missing.iter().take(20) {
            finding = finding.because(match missing {
                Missing::Account(address) => format!("account {address}"),
                Missing::Slot(address, slot) => format!("{address} slot {slot:#x}"),
                Missing::BlockHash(number) => format!("hash of block {number}"),
            });
        }
        found.push(finding);
    }
    found
}

/// Whether a token writes whom a right is said to end for into a cell of its own.
fn is_given_instead(grant: &Grant, token: &Address, after: U256) -> bool {
    let named = U256::from_be_slice(grant.spender.as_slice());
    grant.extent == Extent::None && grant.token == *token && !named.is_zero() && after == named
}

/// Whether a right that was given is one that the call data names, and no larger.
fn names(grant: &Grant, approval: &Approval) -> bool {
    let same = grant.token == approval.token
        && grant.spender == approval.spender
        && grant.owner.is_none_or(|owner| owner == approval.owner);
    same && match (grant.extent, approval.amount) {
        (Extent::All, _) => true,
        (Extent::Exact(most, _), Some(amount)) => amount <= most,
        (Extent::None, Some(amount)) => amount.is_zero(),
        (Extent::Nft(_), _) | (Extent::Exact(..) | Extent::None, None) => false,
    }
}

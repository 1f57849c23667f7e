//! G-DC-01 to G-DC-03: foreign code on the Safe's own storage.

use alloy_primitives::{Address, B256};

use crate::{
    case::Case,
    decode::Call,
    finding::{
        CheckId::{Dc01, Dc02, Dc03, Pol03},
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    policy::Need,
    safe::deployments::{self, Role},
    scalar::selector,
    whose::whose,
};

fn delegatecalls<'c, 'a>(case: &'c Case<'a>) -> impl Iterator<Item = (&'c Call<'a>, Address)> {
    case.unpacked.calls.iter().filter(|call| call.delegate).filter_map(|call| Some((call, call.to?)))
}

/// What is known of the code behind a target: nothing, some hash, and which it should be.
fn code_fits(case: &Case<'_>, target: &Address, wanted: Option<B256>) -> Option<bool> {
    let code = case.facts.at(target).and_then(|facts| facts.code_hash)?;
    Some(wanted.is_none_or(|wanted| wanted == code.0))
}

pub(super) fn foreign_code(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (call, target) in delegatecalls(case) {
        let path = &call.path;
        let listed = case.policy.delegatecall_code(&target, case.chain_id);
        let official = deployments::find(&target);
        let wanted = match (&listed, official) {
            (Some(hash), _) => *hash,
            (None, Some(official)) if !official.role.functions().is_empty() => Some(official.code_hash),
            _ => {
                let (target_shown, whose) = (case.show(&target), whose(case, call));
                let title = format!(
                    "Runs the code of {target_shown} with {whose}'s own storage and money: it can take over {whose}."
                );
                let finding = Finding::new(Dc01, Block, path, title);
                out.push(
                    finding.because(format!(
                        "operation 1 (delegatecall) to {target}, which is on no allow-list"
                    )),
                );
                continue;
            }
        };
        match code_fits(case, &target, wanted) {
            Some(true) => {
                let title = format!("Delegatecall to {}, whose code is the known one.", case.show(&target));
                out.push(Finding::new(Dc01, Info, path, title));
            }
            Some(false) => {
                let title =
                    format!("The code at {} is not the code that is allowed there.", case.show(&target));
                let finding = Finding::new(Dc01, Block, path, title);
                out.push(finding.because(format!("allowed {}", wanted.unwrap_or_default())));
            }
            None if case.policy.requires(Need::CodeHash) => {
                let title = format!(
                    "The code at {} was not compared: give its code hash (--context, eth_getCode and keccak).",
                    case.show(&target)
                );
                out.push(Finding::new(Pol03, Incomplete, path, title));
            }
            None => {}
        }
    }
}

pub(super) fn misused(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (call, target) in delegatecalls(case) {
        let path = &call.path;
        if !call.value.is_zero() {
            let amount = case.amount(call.value, &Address::ZERO);
            let title = format!(
                "Names {amount} that a delegatecall does not send: whoever wrote it meant something else."
            );
            out.push(Finding::new(Dc02, Review, path, title));
        }
        if target.is_zero() || case.actor == Some(target) && call.inside == Some("multiSend(bytes)") {
            let title = "Inside MultiSend the zero address means the Safe itself from 1.5.0: a delegatecall to oneself \
                         serves no purpose.";
            out.push(Finding::new(Dc02, Block, path, title));
        }
        let official = deployments::find(&target);
        if let Some(official) = official {
            let functions = official.role.functions();
            let fits =
                call.selector().is_some_and(|found| functions.iter().any(|name| selector(name) == found));
            if !fits {
                let title = format!(
                    "Calls {} by delegatecall for something it is not meant for.",
                    case.show(&target)
                );
                let function = call.signature().map_or_else(
                    || format!("selector 0x{}", hex::encode(call.selector().unwrap_or_default())),
                    |name| format!("function {name}"),
                );
                out.push(Finding::new(Dc02, Block, path, title).because(function));
            }
        }
        if call.inside == Some("multiSend(bytes)") {
            let known = official.is_some_and(|official| !official.role.functions().is_empty())
                || case.policy.delegatecall_code(&target, case.chain_id).is_some();
            let severity = if known && case.policy.bounds.inner_delegatecall { Review } else { Block };
            let title = format!("Hides a delegatecall to {} inside a MultiSend.", case.show(&target));
            out.push(Finding::new(Dc02, severity, path, title));
        }
    }
    for call in &case.unpacked.calls {
        let burns = call.to.is_some_and(|to| to.is_zero()) && !call.value.is_zero();
        if burns && call.inside == Some("multiSend(bytes)") {
            let title = "Sends money to the zero address inside a MultiSend: before 1.5.0 that does not mean the Safe itself, \
                         and it is lost.";
            out.push(Finding::new(Dc02, Block, &call.path, title));
        }
    }
    // Called instead of delegatecalled, the inner calls come from MultiSendCallOnly and not from the Safe.
    for call in &case.unpacked.calls {
        let Some(official) = call.to.and_then(|to| deployments::find(&to)) else { continue };
        let multi = matches!(official.role, Role::MultiSend | Role::MultiSendCallOnly);
        if multi && !call.delegate && call.signature() == Some("multiSend(bytes)") {
            let title =
                "MultiSend is called and not delegatecalled: the calls inside would not come from the Safe.";
            out.push(Finding::new(Dc02, Review, &call.path, title));
        }
    }
}

/// Functions of tokens: as a delegatecall they make no sense, but look harmless on a device.
const DISGUISES: &[&str] = &[
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "increaseAllowance(address,uint256)",
    "setApprovalForAll(address,bool)",
    "safeTransferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
];

pub(super) fn disguised(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (call, target) in delegatecalls(case) {
        let found = call.selector().and_then(|found| DISGUISES.iter().find(|name| selector(name) == found));
        if let Some(name) = found {
            let title = format!(
                "Dressed as {name}, but a delegatecall: no token moves, the code of {} runs as {}.",
                case.show(&target),
                whose(case, call)
            );
            out.push(Finding::new(Dc03, Block, &call.path, title));
        }
    }
}

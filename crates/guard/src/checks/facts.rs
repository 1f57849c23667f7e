//! G-FACT-01, and what is known of the Safe and its counterparties as they stand.

use alloy_primitives::Address;

use crate::{
    case::Case,
    facts::Kind,
    finding::{
        CheckId::{Act01, Auth7702, Cfg03, Cfg04, Cfg05, Cfg06, Fact01, Sign01},
        Finding,
        Severity::{Incomplete, Info, Review},
    },
    known,
    next::NO_OWNER,
    policy::Role,
    safe::deployments,
};

/// What was told of a token against the table that is shipped.
pub(super) fn tokens(case: &Case<'_>, out: &mut Vec<Finding>) {
    for told in &case.facts.token {
        let Some(unit) = known::shipped(&told.address.0, case.chain_id) else { continue };
        if unit.decimals != told.decimals {
            let title = format!(
                "The context says that {} has {} decimal places; it is {} and has {}.",
                told.address.0, told.decimals, unit.ticker, unit.decimals
            );
            out.push(Finding::new(Fact01, Incomplete, "facts", title));
        }
    }
}

/// Code that is shown at an address where another is known to lie.
pub(super) fn other_code(case: &Case<'_>, out: &mut Vec<Finding>) {
    for address in case.involved().keys() {
        let known = crate::entries::find(address, case.chain_id).and_then(|entry| entry.code_hash);
        let there = case.facts.at(address).and_then(|facts| facts.code_hash);
        let Some((known, there)) = known.zip(there).filter(|(known, there)| *known != there.0) else {
            continue;
        };
        let title = format!(
            "Other code than is known lies at {}: what it is called says nothing of it.",
            case.show(address)
        );
        let finding = Finding::new(Fact01, Incomplete, "facts", title);
        out.push(finding.because(format!("known {known}")).because(format!("there {}", there.0)));
    }
}

/// What was told of a Safe against what was told of its address.
pub(super) fn safes(case: &Case<'_>, out: &mut Vec<Finding>) {
    for safe in case.facts.safe.iter().filter_map(|safe| safe.address) {
        let Some(told) = case.facts.at(&safe.0) else { continue };
        let what = match (told.kind, told.delegate) {
            (_, Some(code)) => format!("an account that runs the code of {} (EIP-7702)", code.0),
            (Some(Kind::Eoa | Kind::Empty), _) => "an address without code".to_owned(),
            _ => match told.implementation.filter(|code| deployments::find(&code.0).is_none()) {
                Some(code) => format!("a proxy of {}, which is no official Safe", code.0),
                None => continue,
            },
        };
        let title = format!("{} is told to be a Safe and {what}: one of the two is wrong.", safe.0);
        out.push(Finding::new(Fact01, Incomplete, "facts", title));
    }
}

/// A call where no code lies does nothing, whatever its function is called; money that goes with it stays there, as does plain
/// money for a contract that would give something back for it.
pub(super) fn no_code(case: &Case<'_>, out: &mut Vec<Finding>) {
    for call in &case.unpacked.calls {
        let Some(to) = call.to.filter(|to| case.facts.has_no_code(to)) else { continue };
        let is_known_contract = case.wraps(&to)
            || case.stakes(&to)
            || case.token(&to).is_some()
            || case.policy.trusts(&to, Role::Contract, case.chain_id).is_some();
        if call.decoded.is_some() {
            let name = call.signature().unwrap_or_default();
            let title =
                format!("Calls {name} at {}, where no code lies: nothing would happen.", case.show(&to));
            out.push(Finding::new(Act01, Review, &call.path, title));
        } else if !call.value.is_zero() && is_known_contract && !case.is_own(&to) {
            let title = format!(
                "Sends money to {}, which is known as a contract, and no code lies there: nothing need come back.",
                case.show(&to)
            );
            out.push(Finding::new(Act01, Review, &call.path, title));
        }
    }
}

/// The Safe's modules, guard and fallback handler as they are now.
pub(super) fn standing(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(safe) = case.safe() else { return };
    let Some(facts) = safe.facts else { return };
    for module in facts.modules.iter().flatten() {
        let is_allowances = deployments::is_allowance_module(&module.0, case.chain_id);
        let is_known = case.trusts(&module.0, &[Role::Module]);
        let title = if is_allowances && !is_known {
            format!(
                "The Safe has Safe's own AllowanceModule {}: whom the owners named there may take what they allowed him, and who that is \
                 is not told.",
                case.show(&module.0)
            )
        } else {
            format!(
                "The Safe has the module {}, which moves its money without signatures{}.",
                case.show(&module.0),
                if is_known { "" } else { ", and nobody vouches for it" }
            )
        };
        out.push(Finding::new(Cfg03, if is_known { Info } else { Review }, &case.path, title).standing());
    }
    if let Some(handler) = facts.fallback_handler.filter(|handler| !handler.0.is_zero())
        && !is_official_handler(case, &handler.0)
        && !case.trusts(&handler.0, &[Role::FallbackHandler])
    {
        let title = format!(
            "The Safe's fallback handler is {}, and nobody vouches for it: it answers for the Safe, signatures included.",
            case.show(&handler.0)
        );
        out.push(Finding::new(Cfg06, Review, &case.path, title).standing());
    }
    for (id, what, guard) in [(Cfg04, "transaction", facts.guard), (Cfg05, "module", facts.module_guard)] {
        let Some(guard) = guard.filter(|guard| !guard.0.is_zero()) else { continue };
        let is_known = case.trusts(&guard.0, &[Role::Guard]);
        let title = format!(
            "The Safe has the {what} guard {}, which may refuse what the owners want{}.",
            case.show(&guard.0),
            if is_known { "" } else { ", for ever, and nobody vouches for it" }
        );
        out.push(Finding::new(id, if is_known { Info } else { Review }, &case.path, title).standing());
    }
    // Anybody may send what was signed.
    if let Some(account) = case.facts.account.filter(|_| !safe.entry.execution)
        && !facts.owners.is_empty()
        && account.0 != safe.entry.tx.safe
        && !facts.owners.iter().any(|owner| *owner == account || case.speaks_for(&owner.0))
    {
        let title = format!("{NO_OWNER} of the Safe that are known: {} cannot sign for it.", account.0);
        out.push(Finding::new(Sign01, Review, &case.path, title));
    }
}

fn is_official_handler(case: &Case<'_>, handler: &Address) -> bool {
    let there = case.facts.at(handler).and_then(|facts| facts.code_hash);
    let is_handler = |row: &&deployments::Deployment| row.role == deployments::Role::Handler;
    match there {
        // Whatever its address, the code says what it does.
        Some(there) => deployments::DEPLOYMENTS.iter().filter(is_handler).any(|row| row.code_hash == there.0),
        None => deployments::find(handler).as_ref().is_some_and(is_handler),
    }
}

/// Who is paid and runs foreign code (EIP-7702): accounts whose keys were stolen send on what arrives.
pub(super) fn delegates(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, to) in case.recipients() {
        let delegate = case.facts.at(&to).and_then(|facts| facts.delegate);
        if let Some(delegate) =
            delegate.filter(|delegate| !case.is_own(&to) && !case.trusts(&delegate.0, &[Role::Delegate]))
        {
            let title = format!(
                "{} runs the code of {} (EIP-7702): what is sent there, that code may send on.",
                case.show(&to),
                case.show(&delegate.0)
            );
            out.push(Finding::new(Auth7702, Review, path, title));
        }
    }
}

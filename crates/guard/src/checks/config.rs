//! G-CFG-01 to G-CFG-07: the Safe's own settings.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    decode::{Act, Setting},
    facts::Kind,
    finding::{
        CheckId::{self, Cfg01, Cfg02, Cfg03, Cfg04, Cfg05, Cfg06, Cfg07},
        Finding,
        Severity::{self, Block, Info, Review},
    },
    policy::Role,
    safe::{SafeCase, deployments},
};

fn settings<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (&'c str, Address, &'c Setting)> {
    case.acts.iter().filter_map(|placed| match &placed.act {
        Act::Setting { safe, setting } => Some((&placed.path[..], *safe, setting)),
        _ => None,
    })
}

fn add(out: &mut Vec<Finding>, id: CheckId, severity: Severity, path: &str, title: String) {
    out.push(Finding::new(id, severity, path, title));
}

/// Whether anybody vouches for an address as one that may sign: the policy by name, or the facts as the account or another Safe
/// of one's own. That it was paid before says nothing for it.
fn may_own(case: &Case<'_>, new: &Address) -> bool {
    case.facts.account.is_some_and(|account| account.0 == *new)
        || case.policy.books(new, case.chain_id)
        || case.trusts(new, &[Role::Admin, Role::Owner])
        || case.facts.names_safe(new) && case.speaks_for(new)
}

pub(super) fn owners(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, _, setting) in settings(case) {
        let unknown = |new| if may_own(case, new) { "" } else { ", and nobody vouches for it" };
        let title = match setting {
            Setting::AddOwner(new, _) => {
                format!("Makes {} an owner of the Safe{}.", case.show(new), unknown(new))
            }
            Setting::RemoveOwner(owner, _) => format!("Removes the owner {}.", case.show(owner)),
            Setting::SwapOwner(old, new) => {
                format!("Replaces the owner {} by {}{}.", case.show(old), case.show(new), unknown(new))
            }
            _ => continue,
        };
        add(out, Cfg01, Review, path, title);
    }
    out.extend(handed_over(&[case], &case.path));
}

/// Newcomers for whom nobody vouches own the Safe once they are as many as it needs: it is theirs then. What one transaction does it
/// does at once; of several each can be the last one for a while.
pub(super) fn handed_over(cases: &[&Case<'_>], path: &str) -> Option<Finding> {
    let mut in_turn = cases.to_vec();
    // Services list the last one first.
    in_turn.sort_by_key(|case| case.safe().map(|safe| safe.entry.tx.nonce));
    let mut newcomers: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    let mut needed: BTreeMap<Address, Option<U256>> = BTreeMap::new();
    for case in in_turn {
        for (_, safe, setting) in settings(case) {
            let (gone, new, threshold) = match setting {
                Setting::AddOwner(new, threshold) => (None, Some(new), Some(*threshold)),
                Setting::SwapOwner(old, new) => (Some(old), Some(new), None),
                Setting::RemoveOwner(old, threshold) => (Some(old), None, Some(*threshold)),
                Setting::Threshold(threshold) => (None, None, Some(*threshold)),
                _ => continue,
            };
            let strangers = newcomers.entry(safe).or_default();
            gone.map(|gone| strangers.remove(gone));
            strangers.extend(new.filter(|new| !may_own(case, new)));
            let now = needed.entry(safe).or_insert_with(|| now_needed(case, &safe));
            *now = threshold.or(*now);
        }
        let theirs = newcomers.iter().find(|(safe, strangers)| {
            let needed = needed.get(*safe).copied().flatten();
            needed.is_some_and(|needed| !needed.is_zero() && U256::from(strangers.len()) >= needed)
        });
        if let Some((safe, strangers)) = theirs {
            let title = format!(
                "Makes {} newcomer(s) for whom nobody vouches owners of the Safe {}, which needs no more signatures than that: it \
                 would be theirs.",
                strangers.len(),
                case.show(safe)
            );
            return Some(Finding::new(Cfg01, Block, path, title));
        }
    }
    None
}

/// How many signatures a Safe needs, as far as known.
fn now_needed(case: &Case<'_>, safe: &Address) -> Option<U256> {
    let service = case.safe().filter(|case| case.entry.tx.safe == *safe).and_then(SafeCase::threshold);
    case.facts.safe_at(safe).and_then(|facts| facts.threshold).or(service).map(U256::from)
}

pub(super) fn threshold(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, safe, setting) in settings(case) {
        let new = match setting {
            Setting::AddOwner(_, new) | Setting::RemoveOwner(_, new) | Setting::Threshold(new) => *new,
            _ => continue,
        };
        match now_needed(case, &safe) {
            Some(now) if new < now => {
                let title = format!("Fewer signatures will do: {new} instead of {now}.");
                add(out, Cfg02, Block, path, title);
            }
            Some(now) if new > now => {
                add(out, Cfg02, Review, path, format!("More signatures are needed: {new} instead of {now}."));
            }
            Some(_) => {}
            None if new <= U256::from(1) => {
                add(out, Cfg02, Block, path, format!("From then on {new} signature is enough."));
            }
            None => add(
                out,
                Cfg02,
                Review,
                path,
                format!("Sets the signatures needed to {new}; how many now is unknown."),
            ),
        }
    }
}

pub(super) fn modules(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, _, setting) in settings(case) {
        match setting {
            Setting::EnableModule(module) if case.trusts(module, &[Role::Module]) => {
                add(
                    out,
                    Cfg03,
                    Review,
                    path,
                    format!("Enables the allow-listed module {}.", case.show(module)),
                );
            }
            Setting::EnableModule(module)
                if deployments::is_allowance_module(module, case.chain_id)
                    && !matches!(case.facts.kind(module), Some(Kind::Eoa | Kind::Empty)) =>
            {
                let title = format!(
                    "Enables Safe's own AllowanceModule {}: whomever the Safe then names there may take what it allows him, without a \
                     signature of the owners.",
                    case.show(module)
                );
                add(out, Cfg03, Review, path, title);
            }
            Setting::EnableModule(module) => {
                let title = format!(
                    "Lets {} move everything in the Safe without a signature (module).",
                    case.show(module)
                );
                add(out, Cfg03, Block, path, title);
            }
            Setting::DisableModule(module) => {
                add(out, Cfg03, Review, path, format!("Disables the module {}.", case.show(module)));
            }
            _ => {}
        }
    }
}

fn guard_set(case: &Case<'_>, out: &mut Vec<Finding>, id: CheckId, path: &str, guard: &Address, what: &str) {
    if guard.is_zero() {
        add(
            out,
            id,
            Block,
            path,
            format!("Removes the Safe's {what}: nothing checks its transactions any more."),
        );
    } else if case.trusts(guard, &[Role::Guard]) {
        add(out, id, Info, path, format!("Sets the {what} to the allow-listed {}.", case.show(guard)));
    } else {
        let title = format!("Sets the {what} to {}, which can lock the Safe for ever.", case.show(guard));
        add(out, id, Review, path, title);
    }
}

pub(super) fn guard(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, _, setting) in settings(case) {
        if let Setting::Guard(guard) = setting {
            guard_set(case, out, Cfg04, path, guard, "transaction guard");
        }
    }
}

pub(super) fn module_guard(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, _, setting) in settings(case) {
        if let Setting::ModuleGuard(guard) = setting {
            guard_set(case, out, Cfg05, path, guard, "module guard");
        }
    }
}

pub(super) fn handler(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, _, setting) in settings(case) {
        let Setting::Handler(handler) = setting else { continue };
        let official =
            deployments::find(handler).is_some_and(|official| official.role == deployments::Role::Handler);
        if handler.is_zero() {
            add(out, Cfg06, Review, path, "Removes the fallback handler.".to_owned());
        } else if official || case.trusts(handler, &[Role::FallbackHandler]) {
            add(
                out,
                Cfg06,
                Review,
                path,
                format!("Sets the fallback handler to the known {}.", case.show(handler)),
            );
        } else {
            let title = format!(
                "Lets {} answer for the Safe, signatures included (fallback handler): it is on no allow-list.",
                case.show(handler)
            );
            add(out, Cfg06, Block, path, title);
        }
    }
}

pub(super) fn code(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, safe, setting) in settings(case) {
        match setting {
            Setting::Singleton(code) => {
                let official =
                    deployments::find(code).filter(|official| official.role == deployments::Role::Singleton);
                let (severity, title) = match official {
                    Some(official) => (
                        Review,
                        format!("Exchanges the Safe's code for the official version {}.", official.version),
                    ),
                    None => (
                        Block,
                        format!(
                            "Exchanges the Safe's code for that of {}: whoever wrote it owns the Safe.",
                            case.show(code)
                        ),
                    ),
                };
                add(out, Cfg07, severity, path, title);
            }
            Setting::Migrate => {
                let official = case.acts.iter().filter(|placed| placed.path == path).any(|placed| {
                    let call = &case.unpacked.calls[placed.call];
                    let role = call.to.and_then(|to| deployments::find(&to)).map(|official| official.role);
                    call.delegate && role == Some(deployments::Role::Migration)
                });
                let severity = if official { Review } else { Block };
                add(out, Cfg07, severity, path, "Moves the Safe to another version of its code.".to_owned());
            }
            Setting::Setup(owners) => {
                let owners: Vec<String> = owners.iter().take(16).map(|owner| case.show(owner)).collect();
                let severity = if case.is_own(&safe) { Block } else { Review };
                add(
                    out,
                    Cfg07,
                    severity,
                    path,
                    format!("Sets up a Safe anew, owned by {}.", owners.join(", ")),
                );
            }
            _ => {}
        }
    }
}

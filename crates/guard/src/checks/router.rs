//! G-SIM-01 for lists of commands: what stays behind, who gets a share, and what may fail.

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    decode::{Extent, Plan},
    finding::{
        CheckId::Sim01,
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    policy::Role,
};

/// Ten-thousandths of what comes out that somebody who shows an exchange may take, as is the custom.
const USUAL_FEE: u64 = 100;
/// More is no fee.
const LARGEST_FEE: u64 = 1_000;

pub(super) fn commands(case: &Case<'_>, out: &mut Vec<Finding>) {
    for call in &case.unpacked.calls {
        let Some(plan) = Plan::of(call) else { continue };
        let mut add = |severity, title: String| out.push(Finding::new(Sim01, severity, &call.path, title));
        if call.from.is_none() {
            add(Incomplete, "Who calls is not known, and what comes out goes to him (--account).".to_owned());
        }
        for token in plan.wrapped.iter().filter(|token| !case.wraps(token)) {
            add(
                Review,
                format!(
                    "Takes {} for the token that wraps the chain's coin, and it is not known to be that.",
                    case.show(token)
                ),
            );
        }
        if !plan.left.is_empty() {
            let router = case.show(&call.to.unwrap_or_default());
            add(Review, format!("Something may stay in {router}, where anybody can take it."));
        }
        if plan.may_fail {
            add(Review, "One of its commands may fail without the others being undone.".to_owned());
        }
        if plan.is_uneven {
            let title =
                "One part of the exchange may bring less than half of what the others must: it is open.";
            add(Review, title.to_owned());
        }
        if !plan.is_single() {
            let title = "Gives or brings several things: whether one is worth the other was not looked at.";
            add(Review, title.to_owned());
        }
        let grants = plan.grants.iter().chain(&plan.late_grants);
        for grant in grants.filter(|grant| Some(grant.spender) != call.to) {
            if grant.extent != Extent::None {
                let title =
                    format!("Hands in a permit for {}, and not for the router.", case.show(&grant.spender));
                add(Block, title);
            }
        }
        // Small shares add up.
        let others = plan.fees.iter().filter(|(_, to, _)| !case.is_callers(call, to));
        let all = others.clone().fold(U256::ZERO, |sum, (_, _, share)| sum.saturating_add(*share));
        for (token, to, share) in others {
            let is_known = case.may_take_share(to);
            let severity = match all {
                all if all > U256::from(LARGEST_FEE) && !case.is_party(to) => Block,
                _ if !is_known => Incomplete,
                all if all > U256::from(USUAL_FEE) => Review,
                _ => Info,
            };
            let title = format!(
                "{} gets {share} ten-thousandths of the {} that comes out{}.",
                case.show(to),
                if token.is_zero() { "coin".to_owned() } else { case.show(token) },
                if is_known { "" } else { ", and nobody vouches for that address" }
            );
            add(severity, title);
        }
    }
}

impl Case<'_> {
    /// Whether somebody may have a share of what is got: the policy says so, or that he may be paid. To have been paid before says
    /// nothing of a share.
    pub(super) fn may_take_share(&self, address: &Address) -> bool {
        self.is_party(address) || self.trusts(address, &[Role::Fee])
    }

    /// Whether commands at an address are those that are read here: the router's own, of the versions that are known.
    pub(super) fn reads_commands(&self, router: &Address) -> bool {
        crate::entries::find(router, self.chain_id).is_some() && crate::entries::router(router).is_some()
    }
}

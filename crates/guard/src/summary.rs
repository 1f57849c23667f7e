//! The sentence that is read first, with what leaves in all.

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    checks,
    decode::{Act, Extent, Grant, Placed},
    flow::{Flow, Rest},
    intent::{self, MOST},
    known,
};

/// What it does and what it pays back for gas, in one sentence without a full stop.
pub(crate) fn sentence(case: &Case<'_>) -> String {
    let (mut told, more) = intent::first(case, checks::dearest);
    let refunds = checks::refunds(case);
    if told.is_empty() && refunds.is_empty() {
        return intent::nothing(case);
    }
    if more > 0 {
        let all = in_all(std::iter::once(case)).map_or_else(String::new, |all| format!(": {all}"));
        told.push(format!("and {more} things more{all}"));
    }
    told.extend(refunds);
    told.join("; ")
}

/// The places of several, those on which most hangs first.
pub(crate) fn by_weight(cases: &[Case<'_>]) -> Vec<String> {
    let mut order: Vec<&Case<'_>> = cases.iter().collect();
    order.sort_by_cached_key(|case| intent::place(case, checks::dearest));
    order.into_iter().map(|case| case.path.clone()).collect()
}

/// What may leave by all of several, and to how many it goes. Nothing is said where foreign code may take whatever it likes.
pub(crate) fn in_all<'c, 'a: 'c>(cases: impl Iterator<Item = &'c Case<'a>>) -> Option<String> {
    let cases: Vec<&Case<'_>> = cases.collect();
    let mut to: BTreeSet<Address> = BTreeSet::new();
    // Of what has numbers a count is summed, and no amount.
    let mut numbered: BTreeSet<Address> = BTreeSet::new();
    let mut is_open = false;
    for case in &cases {
        if runs_foreign_code(case) {
            return None;
        }
        is_open |= case.acts.iter().any(|placed| is_open_act(case, placed));
        let leaves = |(placed, to): &(&Placed, Address)| !case.stays(case.holder(placed), to);
        to.extend(case.payments().filter(leaves).map(|(_, to)| to));
        // Who loses a right gets nothing.
        let is_given = |grant: &Grant| grant.extent != Extent::None && !case.is_of_spender(grant);
        let given = case.grants.iter().filter(|(_, grant)| is_given(grant));
        to.extend(given.map(|(_, grant)| grant.spender));
        numbered.extend(case.acts.iter().filter_map(|placed| match &placed.act {
            Act::Transfer { token, nft: true, .. }
            | Act::Grant(Grant { token, extent: Extent::Nft(_), .. }) => Some(*token),
            _ => None,
        }));
    }
    let case = cases.first()?;
    let leaving = checks::leaving_together(&cases).into_iter().filter(|(_, amount)| !amount.is_zero());
    let assets: Vec<String> = intent::sorted(case, checks::dearest, leaving.collect())
        .into_iter()
        .map(|(token, amount)| match token {
            Some(token) if amount == U256::MAX => format!("all there is of {}", case.show(&token)),
            Some(token) if numbered.contains(&token) && case.token(&token).is_none() => {
                let pieces = if amount == U256::ONE { "piece" } else { "pieces" };
                format!("{} {pieces} of {}", known::decimal(amount, 0), case.show(&token))
            }
            token => case.amount(amount, &token.unwrap_or_default()),
        })
        .collect();
    if assets.is_empty() {
        return None;
    }
    let (shown, more) = (&assets[..assets.len().min(MOST)], assets.len().saturating_sub(MOST));
    let more = if more == 0 { String::new() } else { format!(" and {more} assets more") };
    let whom = match to.len() {
        0 => String::new(),
        1 => ", to 1 address".to_owned(),
        count => format!(", to {count} addresses"),
    };
    let open = if is_open { ", and what the call data do not name" } else { "" };
    Some(format!("in all {}{more} may leave{whom}{open}", shown.join(" and ")))
}

fn runs_foreign_code(case: &Case<'_>) -> bool {
    let mut delegated = case.unpacked.calls.iter().filter(|call| call.delegate);
    let is_official = |to: &Address| {
        crate::safe::deployments::find(to).is_some_and(|official| !official.role.functions().is_empty())
    };
    !case.authorizations.is_empty() || delegated.any(|call| !call.to.as_ref().is_some_and(is_official))
}

/// Whether more may leave by an act than is counted.
fn is_open_act(case: &Case<'_>, placed: &Placed) -> bool {
    match &placed.act {
        Act::Named { beneficiaries, .. } => {
            Flow::of(case, &case.unpacked.calls[placed.call], beneficiaries).rest != Rest::Nothing
        }
        Act::Unknown { .. } | Act::Power { .. } | Act::Setting { .. } | Act::ApproveHash { .. } => true,
        Act::Pay { .. }
        | Act::Transfer { .. }
        | Act::Grant(_)
        | Act::SignMessage { .. }
        | Act::Create
        | Act::Memo { .. } => false,
    }
}

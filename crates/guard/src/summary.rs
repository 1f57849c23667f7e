//! The sentence that is read first, with what leaves in all.

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    checks,
    intent::{self, MOST, NOTHING},
};

/// What it does and what it pays back for gas, in one sentence without a full stop.
pub(crate) fn sentence(case: &Case<'_>) -> String {
    let mut parts = intent::parts(case);
    let refunds = checks::refunds(case);
    if parts.is_empty() && refunds.is_empty() {
        return NOTHING.to_owned();
    }
    if parts.len() > MOST {
        let more = parts.len() - MOST;
        parts.truncate(MOST);
        let all = in_all(std::iter::once(case)).map_or_else(String::new, |all| format!(": {all}"));
        parts.push(format!("and {more} things more{all}"));
    }
    parts.extend(refunds);
    parts.join("; ")
}

/// What may leave by all of several, and to how many it goes.
pub(crate) fn in_all<'c, 'a: 'c>(cases: impl Iterator<Item = &'c Case<'a>>) -> Option<String> {
    let mut sums = checks::Leaving::new();
    let mut to: BTreeSet<Address> = BTreeSet::new();
    let mut first = None;
    for case in cases {
        first.get_or_insert(case);
        to.extend(case.recipients().into_iter().map(|(_, to)| to).filter(|to| !case.is_own(to)));
        to.extend(case.grants.iter().map(|(_, grant)| grant.spender).filter(|spender| !case.is_own(spender)));
        for (token, amount) in checks::leaving(case) {
            let sum = sums.entry(token).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    let case = first?;
    let assets: Vec<String> = sums
        .into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(token, amount)| match token {
            Some(token) if amount == U256::MAX => format!("all there is of {}", case.show(&token)),
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
    Some(format!("in all {}{more} may leave{whom}", shown.join(" and ")))
}

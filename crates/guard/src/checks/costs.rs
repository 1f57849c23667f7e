//! G-GAS-01 over everything that is asked for: what the network, bridges and registrars of names ask, which is little each time and
//! can be much together.

use alloy_primitives::{Address, U256};

use super::{ether::AT_ITSELF, ownership, turns::turns};
use crate::{
    case::{Case, Subject},
    decode::Call,
    finding::{
        CheckId::Gas01,
        Finding,
        Severity::{self, Block, Review},
    },
    flow::{self, OFT_SEND, OUTBOUND},
};

/// Keeps a name of ENS. Source: ensdomains/ens-contracts, `ETHRegistrarController.sol`.
pub(super) const RENEW: &str = "renew(string,uint256)";

/// What one call pays a bridge or a registrar beside what it is about.
pub(super) fn asked(case: &Case<'_>, index: usize) -> Option<Finding> {
    let (what, call) = (purpose(case, index)?, &case.unpacked.calls[index]);
    let severity = severity(case, call.value)?;
    let title = format!("Pays {} {what}.", case.amount(call.value, &Address::ZERO));
    Some(Finding::new(Gas01, severity, &call.path, title))
}

/// What the money of a call is for, where it is for a bridge or a name; calls of a contract to itself share it.
fn purpose(case: &Case<'_>, index: usize) -> Option<&'static str> {
    let of = |call: &Call<'_>| match call.signature() {
        // The token that goes over it is none of the money that is sent along.
        Some(OFT_SEND | OUTBOUND) => Some("to a bridge as its fee"),
        Some(RENEW) => Some("to keep a name"),
        _ => None,
    };
    let call = &case.unpacked.calls[index];
    if call.signature().is_none_or(|signature| !AT_ITSELF.contains(&signature)) {
        return of(call);
    }
    let inside = format!("{} › ", call.path);
    let inner = case.unpacked.calls[index + 1..].iter().take_while(|inner| inner.path.starts_with(&inside));
    inner.filter(|inner| inner.to == call.to).find_map(of)
}

/// Several of a single request.
pub(super) fn of_one(case: &Case<'_>, out: &mut Vec<Finding>) {
    out.extend(together(&[case], &case.path));
}

/// Several of everything that is asked for at once.
pub(super) fn together(cases: &[&Case<'_>], path: &str) -> Option<Finding> {
    let of_case = |case: &Case<'_>| {
        let all = costs(case).into_iter().filter(|cost| !cost.is_zero());
        all.fold((U256::ZERO, 0), |(sum, count), cost| (sum.saturating_add(cost), count + 1))
    };
    // Of rivals one alone costs anything.
    let dearest = turns(cases).into_iter().filter_map(|rivals| rivals.into_iter().map(of_case).max());
    let (sum, count) =
        dearest.fold((U256::ZERO, 0), |(sum, count), (cost, of)| (sum.saturating_add(cost), count + of));
    let case = cases.first().filter(|_| count > 1)?;
    let severity = severity(case, sum)?;
    let title = format!(
        "May cost {} in {} fees of the network, of bridges and for names together.",
        case.amount(sum, &Address::ZERO),
        count
    );
    Some(Finding::new(Gas01, severity, path, title))
}

/// What a bridge keeps of the coin, or of what wraps it.
pub(super) fn kept_coin(case: &Case<'_>, call: &Call<'_>) -> Option<U256> {
    flow::kept(case, call).filter(|(token, _)| case.or_coin(*token).is_zero()).map(|(_, amount)| amount)
}

/// What is to be said of so much of the coin that is paid as a fee, where it is to be looked at.
pub(super) fn severity(case: &Case<'_>, amount: U256) -> Option<Severity> {
    let bounds = &case.policy.bounds;
    (amount > bounds.review_fee.0).then(|| if amount > bounds.block_fee.0 { Block } else { Review })
}

/// What it costs in the chain's coin, one by one.
fn costs(case: &Case<'_>) -> Vec<U256> {
    let network = match &case.subject {
        Subject::Tx(tx) => tx.fee,
        _ => None,
    };
    let refunds = ownership::Refund::all(case).into_iter().filter(|refund| refund.token.is_zero());
    let calls =
        case.unpacked.calls.iter().enumerate().filter(|(_, call)| !call.delegate && !call.value.is_zero());
    let asked = calls.filter(|(index, _)| purpose(case, *index).is_some()).map(|(_, call)| call.value);
    let handed = case.unpacked.calls.iter().filter_map(ownership::payment);
    let handed = handed.filter(|(token, _)| token.is_zero()).map(|(_, amount)| amount);
    let kept = case.unpacked.calls.iter().filter_map(|call| kept_coin(case, call));
    let refunds = refunds.map(|refund| refund.likely());
    let all = network.into_iter().chain(refunds).chain(asked).chain(handed).chain(kept);
    all.chain(super::operation::fees(case)).collect()
}

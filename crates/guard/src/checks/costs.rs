//! G-GAS-01 over everything that is asked for: what the network, bridges and registrars of names ask, which is little each time and
//! can be much together.

use alloy_primitives::{Address, U256};

use super::{bridge::OFT_SEND, ownership};
use crate::{
    case::{Case, Subject},
    decode::Call,
    finding::{
        CheckId::Gas01,
        Finding,
        Severity::{self, Block, Review},
    },
};

/// Keeps a name of ENS. Source: ensdomains/ens-contracts, `ETHRegistrarController.sol`.
pub(super) const RENEW: &str = "renew(string,uint256)";

/// What one call pays a bridge or a registrar beside what it is about.
pub(super) fn asked(case: &Case<'_>, call: &Call<'_>) -> Option<Finding> {
    let what = match call.signature() {
        Some(OFT_SEND) => "to a bridge as its fee",
        Some(RENEW) => "to keep a name",
        _ => return None,
    };
    let severity = severity(case, call.value)?;
    let title = format!("Pays {} {what}.", case.amount(call.value, &Address::ZERO));
    Some(Finding::new(Gas01, severity, &call.path, title))
}

/// Several of a single request.
pub(super) fn of_one(case: &Case<'_>, out: &mut Vec<Finding>) {
    out.extend(together(&[case], &case.path));
}

/// Several of everything that is asked for at once.
pub(super) fn together(cases: &[&Case<'_>], path: &str) -> Option<Finding> {
    let all: Vec<U256> = cases.iter().flat_map(|case| costs(case)).filter(|cost| !cost.is_zero()).collect();
    let case = cases.first().filter(|_| all.len() > 1)?;
    let sum = all.iter().fold(U256::ZERO, |sum, cost| sum.saturating_add(*cost));
    let severity = severity(case, sum)?;
    let title = format!(
        "May cost {} in {} fees of the network, of bridges and for names together.",
        case.amount(sum, &Address::ZERO),
        all.len()
    );
    Some(Finding::new(Gas01, severity, path, title))
}

fn severity(case: &Case<'_>, amount: U256) -> Option<Severity> {
    let bounds = &case.policy.bounds;
    (amount > bounds.review_fee.0).then(|| if amount > bounds.block_fee.0 { Block } else { Review })
}

/// What it costs in the chain's coin, one by one.
fn costs(case: &Case<'_>) -> Vec<U256> {
    let network = match &case.subject {
        Subject::Tx(tx) => tx.fee,
        Subject::Safe(safe) if safe.entry.tx.gas_token.is_zero() => Some(ownership::refund(&safe.entry.tx)),
        _ => None,
    };
    let calls = case.unpacked.calls.iter();
    let calls = calls.filter(|call| !call.delegate && matches!(call.signature(), Some(OFT_SEND | RENEW)));
    network.into_iter().chain(calls.map(|call| call.value)).collect()
}

//! G-ACT-01 and G-GAS-01 of user operations that are handed to an entry point: what stands beside their calls, and what they may cost.

use alloy_primitives::{Address, U256};

use super::{costs, whom::For};
use crate::{
    case::Case,
    decode::{Call, HANDLE_OPS, HANDLE_OPS_V6, Value},
    finding::{
        CheckId::{Act01, Gas01},
        Finding,
        Severity::{Incomplete, Review},
    },
};

/// What one operation says beside its call. Source: eth-infinitism/account-abstraction, `PackedUserOperation.sol` (0.7) and
/// `UserOperation.sol` (0.6).
struct Operation<'v> {
    sender: Address,
    makes: &'v [u8],
    paid_by: &'v [u8],
    /// The most that its gas may cost.
    fee: U256,
}

impl<'v> Operation<'v> {
    /// Each of a call, where that is one to an entry point.
    fn all(call: &'v Call<'_>) -> Vec<Self> {
        let Some(decoded) = call.decoded.as_ref().filter(|_| is_handed(call)) else { return Vec::new() };
        let is_packed = decoded.signature() == HANDLE_OPS;
        let operations = decoded.args.first().map(Value::elements).unwrap_or_default();
        operations.iter().map(|one| Self::of(one.elements(), is_packed)).collect()
    }

    fn of(parts: &'v [Value<'_>], is_packed: bool) -> Self {
        let bytes = |index: usize| parts.get(index).and_then(Value::bytes).unwrap_or_default();
        let uint = |index: usize| parts.get(index).and_then(Value::uint).unwrap_or_default();
        // Each of two words holds two numbers of 128 bits.
        let half = |index: usize, high: bool| {
            let word = bytes(index);
            let (one, other) = word.split_at(word.len() / 2);
            U256::from_be_slice(if high { one } else { other })
        };
        let (gas, price, paid_by) = if is_packed {
            (half(4, true).saturating_add(half(4, false)).saturating_add(uint(5)), half(6, false), bytes(7))
        } else {
            (uint(4).saturating_add(uint(5)).saturating_add(uint(6)), uint(7), bytes(9))
        };
        Self {
            sender: parts.first().and_then(Value::address).unwrap_or_default(),
            makes: bytes(2),
            paid_by,
            fee: gas.saturating_mul(price),
        }
    }
}

/// Whether a call hands operations to an entry point.
fn is_handed(call: &Call<'_>) -> bool {
    !call.delegate && matches!(call.signature(), Some(HANDLE_OPS | HANDLE_OPS_V6))
}

pub(super) fn operations(case: &Case<'_>, out: &mut Vec<Finding>) {
    for call in &case.unpacked.calls {
        if !is_handed(call) {
            continue;
        }
        let beneficiary = call.decoded.as_ref().and_then(|decoded| decoded.address(1));
        if let Some(to) = beneficiary.filter(|to| !case.vouches_for(to, For::Party)) {
            let title =
                format!("{} gets the fees of it, and nobody vouches for that address.", case.show(&to));
            out.push(Finding::new(Act01, Incomplete, &call.path, title));
        }
        for one in Operation::all(call) {
            for (bytes, what) in [
                (one.makes, "makes the account by code that is not read here"),
                (one.paid_by, "has a say in it, and what it takes for that is not read here"),
            ] {
                if bytes.is_empty() {
                    continue;
                }
                // Both begin with the address of the contract.
                let who = bytes.get(..20).map(Address::from_slice);
                let is_known = who.is_some_and(|who| case.knows_contract(&who));
                let severity = if is_known { Review } else { Incomplete };
                let vouched = if is_known { "" } else { ", and nobody vouches for that contract" };
                let who = who.map_or_else(|| "Somebody".to_owned(), |who| case.show(&who));
                out.push(Finding::new(Act01, severity, &call.path, format!("{who} {what}{vouched}.")));
            }
            if let Some(severity) = costs::severity(case, one.fee).filter(|_| case.spends(&one.sender)) {
                let title = format!("May cost {} in fees.", case.amount(one.fee, &Address::ZERO));
                out.push(Finding::new(Gas01, severity, &call.path, title));
            }
        }
    }
}

/// What the gas of each operation may cost the account that is made to act by it.
pub(super) fn fees(case: &Case<'_>) -> Vec<U256> {
    let all = case.unpacked.calls.iter().flat_map(Operation::all);
    all.filter(|one| case.spends(&one.sender)).map(|one| one.fee).collect()
}

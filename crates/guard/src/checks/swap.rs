//! G-SIM-01 for exchanges.

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    decode::Call,
    finding::{CheckId::Sim01, Finding, Severity::Review},
    swap::Swap,
};

/// Says what of an exchange is open: something nobody knows comes out, next to nothing need come out, money stays behind.
pub(super) fn open_ends(case: &Case<'_>, call: &Call<'_>, out: &mut Vec<Finding>) {
    let Some(swap) = Swap::of(call) else { return };
    let mut add = |title: String| out.push(Finding::new(Sim01, Review, &call.path, title));
    for token in &swap.gets {
        if case.token(token).is_none() && !case.wraps(token) && !token.is_zero() {
            add(format!("Nothing is known of the token {} that comes out.", case.show(token)));
        }
    }
    let thousandth = |token: &Address| {
        case.token(token)
            .map(|known| U256::from(10).saturating_pow(U256::from(known.decimals)) / U256::from(1_000))
    };
    let little = swap.gets.last().and_then(thousandth).unwrap_or(U256::from(1_000));
    if swap.least.is_some_and(|least| least < little) {
        add("Takes whatever comes out, be it next to nothing: the least amount is too small to protect."
            .to_owned());
    }
    let wraps = swap.gives.is_none_or(|token| case.wraps(&token));
    let kept = match swap.most {
        Some(most) if wraps => call.value.saturating_sub(most),
        Some(_) => call.value,
        None => U256::ZERO,
    };
    let refunded = case.unpacked.calls.iter().any(|other| {
        let name = other.decoded.as_ref().map_or("", |decoded| &decoded.function.name[..]);
        other.to == call.to && matches!(name, "refundETH" | "unwrapWETH9")
    });
    if !kept.is_zero() && swap.gives.is_some() && !refunded {
        let amount = case.amount(kept, &Address::ZERO);
        add(format!(
            "{amount} more than the exchange takes are sent along, and stay where anybody can take them."
        ));
    }
}

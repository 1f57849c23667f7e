//! Whose storage a delegatecall runs on.

use alloy_primitives::Address;

use crate::{case::Case, decode::Call};

/// Who makes a delegatecall, as his storage and his money are called: a Safe, the signer's account, or another.
pub(crate) fn whose(case: &Case<'_>, call: &Call<'_>) -> String {
    let is_safe = |from: &Address| {
        case.safe().is_some_and(|safe| safe.entry.tx.safe == *from)
            || case.acting.contains(from)
            || case.facts.safe.iter().any(|safe| safe.address.is_some_and(|safe| safe.0 == *from))
    };
    match call.from.or(case.actor) {
        Some(from) if is_safe(&from) => "the Safe".to_owned(),
        Some(from) if case.is_own(&from) => "your account".to_owned(),
        Some(from) => case.show(&from),
        None => "the caller".to_owned(),
    }
}

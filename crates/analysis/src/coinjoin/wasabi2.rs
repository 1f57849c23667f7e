//! `WabiSabi` rounds (Wasabi Wallet from 2.0 and its kin): many inputs cut into standard amounts.
//!
//! Source: nopara73/Dumplings `Scanner.cs`, which wants 50 inputs; since the first coordinator closed in 2024 smaller
//! ones run rounds of 20 and fewer, so fewer inputs will do where the outputs say more.

use tracehound_model::ScriptType;

use super::{
    Finding, MANY_INPUTS, Protocol, TxShape,
    features::{Owners, Tally, descending, inputs_are},
};

/// First round, height and about when.
const FIRST: (u32, u64) = (741_213, 1_655_251_200); // 2022-06-15
/// Inputs that one client may register (`MaxInputsRegistrableByWallet` in the client).
const INPUTS_EACH: usize = 10;
/// The least amount that a client makes an output of, base units.
pub(super) const LEAST: u64 = 5_000;
/// The range of standard amounts, base units.
const STANDARD: std::ops::RangeInclusive<u64> = LEAST..=134_375_000_000;

/// Whether an amount is one of 2^k, 3^k, 2·3^k, 10^k, 2·10^k, 5·10^k in the protocol's range.
pub(super) fn is_standard(value: u64) -> bool {
    let without = |mut rest: u64, factor: u64| {
        while rest.is_multiple_of(factor) {
            rest /= factor;
        }
        rest
    };
    STANDARD.contains(&value)
        && (value.is_power_of_two()
            || matches!(without(value, 3), 1 | 2)
            || matches!(without(value, 10), 1 | 2 | 5))
}

pub(super) fn find(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let fits = inputs.len() >= MANY_INPUTS
        && descending(outputs.iter().map(|coin| coin.value))
        && descending(inputs.iter().flatten().map(|coin| coin.value))
        && inputs_are(inputs, |script| matches!(script, ScriptType::P2wpkh | ScriptType::P2tr))
        && shape.when.from(FIRST.0, FIRST.1)
        && outputs.iter().filter(|coin| is_standard(coin.value)).count() * 5 > outputs.len() * 4;
    if !fits {
        return None;
    }
    let people = inputs.len().div_ceil(INPUTS_EACH).max(2);
    let finding = |confidence, rule| Some(Finding::new(Protocol::Wasabi2, people, confidence, rule));
    let owners = Owners::of(inputs, outputs);
    if !owners.may_be(inputs.len() / 2) {
        // The published rule does not look at owners. Where it is met, say so; a payout by one wallet is likelier.
        let published = inputs.len() >= 50 && outputs.len() >= 20;
        let people = if owners.spending == 1 { 1 } else { 2 };
        let few = || Finding::new(Protocol::Wasabi2, people, 10, "wasabi2-published-few-owners");
        return published.then(|| few().suspected());
    }
    match (inputs.len(), tally.distinct) {
        (50.., 5..) => finding(95, "wasabi2"),
        (20.., 5..) => finding(90, "wasabi2-small"),
        (10..20, 8..) if outputs.len() >= inputs.len() => finding(75, "wasabi2-very-small"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_amounts_are_those_of_the_protocol() {
        for value in
            [5_000, 8_192, 6_561, 13_122, 10_000, 20_000, 50_000, 4_782_969, 134_217_728, 100_000_000_000]
        {
            assert!(is_standard(value), "{value}");
        }
        for value in [0, 1, 4_096, 5_001, 30_000, 12_288, 1_417_176 + 1, 137_438_953_472, u64::MAX] {
            assert!(!is_standard(value), "{value}");
        }
    }
}

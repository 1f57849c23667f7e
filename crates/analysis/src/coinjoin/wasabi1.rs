//! Wasabi Wallet before 2.0: `ZeroLink` rounds of one amount near 0.1 BTC.
//!
//! Source: nopara73/Dumplings `Scanner.cs`. Until block 610,000 every round paid one of two addresses; afterwards the
//! fee went to fresh ones, and the structure has to do.

use tracehound_model::ScriptType;

use super::{
    Finding, Protocol, TxShape,
    features::{Owners, Tally, inputs_are},
};

/// First round, height and about when.
const FIRST: (u32, u64) = (530_500, 1_530_403_200); // 2018-07-01
/// From here on fees go to fresh addresses.
const FRESH_FEES: (u32, u64) = (610_000, 1_577_232_000); // 2019-12-25
/// Until here the old addresses count when only the time is known.
const OLD_FEES_END: u64 = 1_577_836_800; // 2020-01-01
/// From here on Wasabi 2 had replaced it, about half a year after its first round.
pub(super) const REPLACED: (u32, u64) = (769_787, 1_672_531_200); // 2023-01-01
/// 0.1 ± 0.02 BTC.
const BASE: std::ops::RangeInclusive<u64> = 8_000_000..=12_000_000;

/// A payment to the coordinator beside more than two equal outputs.
pub(super) fn by_coordinator(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let known = shape.pays_wasabi1_coordinator
        && shape.when.from(FIRST.0, FIRST.1)
        && shape.when.before(FRESH_FEES.0, OLD_FEES_END)
        && tally.most > 2;
    if !known {
        return None;
    }
    if !Owners::of(shape.inputs, shape.outputs).may_be(2) {
        // Whoever pays alone mixes with nobody.
        return Some(Finding::new(Protocol::Wasabi1, 1, 10, "wasabi1-coordinator-one-owner").suspected());
    }
    let finding = Finding::new(Protocol::Wasabi1, tally.most, 99, "wasabi1-coordinator");
    Some(Finding { outputs_decide: true, ..finding })
}

/// At least ten equal outputs near 0.1 BTC, at least two others, everything native segwit. Ours: as many owners, and few
/// addresses used twice (people do); a service that pays its customers and itself seldom keeps to that.
pub(super) fn by_structure(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let fits = shape.when.from(FRESH_FEES.0, FRESH_FEES.1)
        && tally.most >= 10
        && shape.inputs.len() >= tally.most
        && BASE.contains(&tally.value)
        && tally.single >= 2
        && shape.outputs.iter().all(|coin| coin.script == ScriptType::P2wpkh)
        && inputs_are(shape.inputs, |script| script == ScriptType::P2wpkh);
    if !fits {
        return None;
    }
    let owners = Owners::of(shape.inputs, shape.outputs);
    let outputs = shape.outputs.len();
    let apart =
        owners.may_be(tally.most) && owners.receiving * 10 >= outputs * 9 && owners.both * 10 <= outputs;
    apart.then(|| Finding::new(Protocol::Wasabi1, tally.most, 90, "wasabi1-structure"))
}

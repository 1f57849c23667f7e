//! `JoinMarket`: a taker mixes an amount of its choice with makers, whom it pays a fee.
//!
//! The shape (n equal outputs, n or n-1 others, at least n inputs) is also that of many batch payments. What tells
//! them apart is the balance: every maker takes out exactly what it brought plus its fee, so all change but the
//! taker's is matched by inputs of its own to within the highest fee a taker accepts.

use tracehound_model::ScriptType;

use super::{
    Finding, Protocol, TxShape,
    balance::{Balance, FEE_LIMITS, Problem},
    features::{Owners, Tally},
};

/// Bits of evidence that make a balance strong, and fair. Of generated rounds of 6 to 34 coins nearly all have 20 to 100;
/// of 1,600 batches of the same shape whose change has nothing to do with the inputs two have more than one bit.
const STRONG: f64 = 8.0;
const FAIR: f64 = 1.0;
/// The rule that found makers and taker.
pub(super) const BALANCED: &str = "joinmarket-balanced";

/// Splits the outputs into the mixed ones and the others, and checks all that costs little.
pub(super) fn shape_fits(shape: &TxShape<'_>, tally: &Tally) -> bool {
    let (inputs, outputs, people) = (shape.inputs, shape.outputs, tally.most);
    let counts = people >= 3
        && inputs.len() >= people
        && (outputs.len() == 2 * people || outputs.len() + 1 == 2 * people)
        // Few makers and many inputs: some subset matches anything.
        && (people >= 5 || inputs.len() <= 3 * people && (people == 4 || inputs.len() <= 6));
    if !counts {
        return false;
    }
    // Wallets of one round have one kind of address; only the taker may pay elsewhere.
    let mut kinds = inputs.iter().flatten().map(|coin| coin.script);
    let kind = kinds.next().unwrap_or(outputs[0].script);
    let uniform = kinds.all(|other| other == kind)
        && kind != ScriptType::Other
        && outputs.iter().filter(|coin| coin.script != kind).count() <= 1;
    if !uniform {
        return false;
    }
    let owners = Owners::of(inputs, outputs);
    owners.may_be(people) && owners.receiving == outputs.len() && owners.both == 0
}

pub(super) fn find(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    if !shape_fits(shape, tally) {
        return None;
    }
    let people = tally.most;
    let finding = |confidence, rule| Some(Finding::new(Protocol::JoinMarket, people, confidence, rule));
    let Some(inputs) =
        shape.inputs.iter().map(|coin| coin.map(|coin| coin.value)).collect::<Option<Vec<_>>>()
    else {
        return finding(0, "joinmarket-shape");
    };
    let mut undecided = false;
    for mixed in tally.most_frequent() {
        let changes: Vec<u64> =
            shape.outputs.iter().map(|coin| coin.value).filter(|&value| value != mixed).collect();
        for flat in FEE_LIMITS {
            match (Problem { inputs: &inputs, mixed, people, changes: &changes, flat }).solve() {
                Balance::Found(links) if links.evidence >= STRONG => {
                    return finding(if people >= 5 { 95 } else { 80 }, BALANCED);
                }
                Balance::Found(links) if links.evidence >= FAIR => return finding(75, BALANCED),
                // Nothing fits more narrowly what does not fit widely.
                Balance::Impossible => break,
                Balance::Found(_) | Balance::Undecided => undecided = true,
            }
        }
    }
    // The shape alone is that of batches too.
    (undecided && people >= 5)
        .then(|| Finding::new(Protocol::JoinMarket, people, 40, "joinmarket-shape").suspected())
}

//! `JoinMarket`: a taker mixes an amount of its choice with makers, whom it pays a fee.
//!
//! The shape (n equal outputs, n or n-1 others, at least n inputs) is also that of many batch payments. What tells
//! them apart is the balance: every maker takes out exactly what it brought plus its fee, so all change but the
//! taker's is matched by inputs of its own to within the highest fee a taker accepts.

use tracehound_model::ScriptType;

use super::{
    Finding, Protocol, TxShape,
    balance::{Balance, FEE_LIMITS, Problem, fee_limit},
    features::{Owners, Tally},
};

/// Bits of evidence that make a balance strong, and fair. Of generated rounds of 6 to 34 coins nearly all have 20 to 100;
/// of 1,600 batches of the same shape whose change has nothing to do with the inputs two have more than one bit.
const STRONG: f64 = 8.0;
const FAIR: f64 = 1.0;
/// The rule that found makers and taker.
pub(super) const BALANCED: &str = "joinmarket-balanced";

/// Coins of each of few people at most, up to which a balance is looked for at all.
const MOST_COINS: usize = 6;

/// Splits the outputs into the mixed ones and the others, and checks all that costs little.
pub(super) fn shape_fits(shape: &TxShape<'_>, tally: &Tally) -> bool {
    let (inputs, people) = (shape.inputs.len(), tally.most);
    // Few makers and many inputs: some subset matches anything.
    let tells = people >= 5 || inputs <= 3 * people && (people == 4 || inputs <= 6);
    tells && counts_fit(shape, tally)
}

/// The same, however many coins there are.
fn counts_fit(shape: &TxShape<'_>, tally: &Tally) -> bool {
    let (inputs, outputs, people) = (shape.inputs, shape.outputs, tally.most);
    let counts = people >= 3
        && inputs.len() >= people
        && (outputs.len() == 2 * people || outputs.len() + 1 == 2 * people);
    if !counts {
        return false;
    }
    if !of_one_kind(shape) {
        return false;
    }
    let owners = Owners::of(inputs, outputs);
    owners.may_be(people) && owners.receiving == outputs.len() && owners.both == 0
}

/// Whether all but one output at most are of one kind of address: wallets of one round have one, and only the taker may
/// pay elsewhere.
pub(super) fn of_one_kind(shape: &TxShape<'_>) -> bool {
    let mut kinds = shape.inputs.iter().flatten().map(|coin| coin.script);
    let Some(kind) = kinds.next().or_else(|| shape.outputs.first().map(|coin| coin.script)) else {
        return false;
    };
    kinds.all(|other| other == kind)
        && kind != ScriptType::Other
        && shape.outputs.iter().filter(|coin| coin.script != kind).count() <= 1
}

pub(super) fn find(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    if !shape_fits(shape, tally) {
        return of_many_coins(shape, tally);
    }
    let people = tally.most;
    // Whichever of the limits the search was done with, a maker that takes the wide one is accepted too.
    let paid = |mixed| fee_limit(mixed, FEE_LIMITS[0]);
    let finding = |confidence, rule| Finding::new(Protocol::JoinMarket, people, confidence, rule);
    let Some(inputs) =
        shape.inputs.iter().map(|coin| coin.map(|coin| coin.value)).collect::<Option<Vec<_>>>()
    else {
        return Some(finding(0, "joinmarket-shape").paying(paid(tally.value)));
    };
    let mut undecided = false;
    for mixed in tally.most_frequent() {
        let changes: Vec<u64> =
            shape.outputs.iter().map(|coin| coin.value).filter(|&value| value != mixed).collect();
        for flat in FEE_LIMITS {
            match (Problem { inputs: &inputs, mixed, people, changes: &changes, flat }).solve() {
                Balance::Found(links) if links.evidence >= STRONG => {
                    let confidence = if people >= 5 { 95 } else { 80 };
                    return Some(finding(confidence, BALANCED).paying(paid(mixed)));
                }
                Balance::Found(links) if links.evidence >= FAIR => {
                    return Some(finding(75, BALANCED).paying(paid(mixed)));
                }
                // Nothing fits more narrowly what does not fit widely.
                Balance::Impossible => break,
                Balance::Found(_) | Balance::Undecided => undecided = true,
            }
        }
    }
    // The shape alone is that of batches too.
    (undecided && people >= 5).then(|| finding(40, "joinmarket-shape").paying(paid(tally.value)).suspected())
}

/// Few people with several coins each: that a balance fits proves nothing, and that none does would. What may be a round joins
/// nobody.
fn of_many_coins(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    let people = tally.most;
    if !(3..5).contains(&people) || shape.inputs.len() > MOST_COINS * people || !counts_fit(shape, tally) {
        return None;
    }
    let inputs = shape.inputs.iter().map(|coin| coin.map(|coin| coin.value)).collect::<Option<Vec<_>>>()?;
    let is_possible = |mixed: u64| {
        let changes: Vec<u64> =
            shape.outputs.iter().map(|coin| coin.value).filter(|&value| value != mixed).collect();
        let balance = |flat| Problem { inputs: &inputs, mixed, people, changes: &changes, flat }.solve();
        FEE_LIMITS.into_iter().any(|flat| !matches!(balance(flat), Balance::Impossible))
    };
    let mixed = tally.most_frequent().find(|&mixed| is_possible(mixed))?;
    let finding = Finding::new(Protocol::JoinMarket, people, 40, "joinmarket-shape");
    Some(finding.paying(fee_limit(mixed, FEE_LIMITS[0])).suspected())
}

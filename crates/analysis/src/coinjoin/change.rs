//! Whose change is it: the outputs of a `JoinMarket` transaction that were not mixed, matched with inputs by `balance`.

use super::{
    Answer, Protocol, TxShape,
    balance::{Balance, FEE_LIMITS, Link, Problem},
    features::Tally,
    joinmarket,
};

/// Most that is said of a link where every maker brought one coin, percent. Of 2,711 links of 90 % and more in made rounds
/// 2,708 were right (docs/SCORECARD.md), and amounts prove nothing.
const MOST_OF_ONE: u8 = 99;
/// Most that is said where a maker brought several: other sets of coins then fit within the fees of real offers. Of 1,505 links
/// of which all weighed assignments agreed in rounds of makers with one to four coins and fees of up to 5,000 base units, 1,480 (98.3 %)
/// were right.
const MOST_OF_SEVERAL: u8 = 98;

/// A change output with the inputs of its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeLink {
    /// The change output's place.
    pub output: u32,
    /// Places of the inputs that most probably are its owner's.
    pub inputs: Vec<u32>,
    /// Share of the weighed assignments that say so, percent, and no more than links were right where that was measured:
    /// amounts alone prove no link.
    pub percent: u8,
    /// Whether the owner is the one who paid the others: its amount fits nothing, it gets what is left.
    pub taker: bool,
}

/// Links the change of a `JoinMarket` transaction to inputs.
///
/// Empty when the transaction is not `JoinMarket`'s, when some input's amount is missing, and when no assignment was
/// found within the limits of the search (64 inputs, a few million comparisons).
pub fn change_links(shape: &TxShape<'_>, answer: &Answer) -> Vec<ChangeLink> {
    let (Answer::CoinJoin(found) | Answer::Suspected(found)) = answer else { return Vec::new() };
    let tally = Tally::of(shape.outputs);
    let inputs: Option<Vec<u64>> = shape.inputs.iter().map(|coin| coin.map(|coin| coin.value)).collect();
    let (Protocol::JoinMarket, Some(inputs), true) =
        (found.protocol, inputs, joinmarket::shape_fits(shape, &tally))
    else {
        return Vec::new();
    };
    let mut best: Option<(f64, Vec<ChangeLink>)> = None;
    for mixed in tally.most_frequent() {
        let places = || (0..).zip(shape.outputs).filter(|(_, coin)| coin.value != mixed);
        let changes: Vec<u64> = places().map(|(_, coin)| coin.value).collect();
        let problem = |flat| Problem { inputs: &inputs, mixed, people: tally.most, changes: &changes, flat };
        let found = FEE_LIMITS.into_iter().find_map(|flat| match problem(flat).solve() {
            Balance::Found(links) => Some(links),
            Balance::Impossible | Balance::Undecided => None,
        });
        let Some(links) = found else { continue };
        if best.as_ref().is_some_and(|(cost, _)| *cost <= links.cost) {
            continue;
        }
        // A taker's are the inputs that the makers leave.
        let several = links.each.iter().any(|link| !link.taker && link.inputs.count_ones() > 1);
        let most = if several { MOST_OF_SEVERAL } else { MOST_OF_ONE };
        let link = |((output, _), link): ((u32, _), &Link)| ChangeLink {
            output,
            inputs: (0..inputs.len() as u32).filter(|at| link.inputs >> at & 1 == 1).collect(),
            percent: link.percent.min(most),
            taker: link.taker,
        };
        best = Some((links.cost, places().zip(&links.each).map(link).collect()));
    }
    best.map_or_else(Vec::new, |(_, links)| links)
}

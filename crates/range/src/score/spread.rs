//! How far the figures of whole heists go apart: from heist to heist, and from chain to chain.

use std::collections::BTreeMap;

use tracehound_analysis::taint::Method;

use super::{Share, StopAt, TaintRates};
use crate::dice::Dice;

/// Sets of heists drawn with replacement.
pub(super) const DRAWS: usize = 2_000;
/// Draws left out on each side: the middle 95 % remain.
pub(super) const SIDE: usize = DRAWS / 40;

/// The figures of each whole heist with the seed of its chain, by rule and stop.
pub type HeistTable = BTreeMap<(Method, StopAt), Vec<(u64, TaintRates)>>;

/// One figure of a rule.
pub type Figure = fn(&TaintRates) -> Share;

/// The figures that have a range, with their names in files.
pub const FIGURES: [(&str, Figure); 7] = [
    ("recall", |rates| rates.recall),
    ("precision", |rates| rates.precision),
    ("services_recall", |rates| rates.services_recall),
    ("services_precision", |rates| rates.services_precision),
    ("mixed", |rates| rates.mixed),
    ("placebo", |rates| rates.placebo),
    ("services_placebo", |rates| rates.placebo_services),
];

/// Between which thousandths a figure lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Lowest.
    pub low: u32,
    /// Highest.
    pub high: u32,
}

/// The middle 95 % of each figure of [`FIGURES`] when as many heists are drawn with replacement; `None` where nothing was
/// measured, or of one heist. The same heists give the same ranges. O(heists), times 2,000.
pub fn by_heist(heists: &[(u64, TaintRates)]) -> [Option<Spread>; FIGURES.len()] {
    spreads(heists, |sum: &mut TaintRates, heist| sum.add(&heist.1), FIGURES.map(|(_, figure)| figure))
}

/// The middle 95 % of each figure of the sum when as many samples are drawn with replacement; `None` where nothing was measured, or
/// of one sample. O(samples), times 2,000.
pub(super) fn spreads<R, S: Default, const N: usize>(
    samples: &[R],
    add: impl Fn(&mut S, &R),
    figures: [fn(&S) -> Share; N],
) -> [Option<Spread>; N] {
    let mut drawn = figures.map(|_| Vec::with_capacity(DRAWS));
    let mut dice = Dice::new(0);
    if samples.len() > 1 {
        for _ in 0..DRAWS {
            let mut sum = S::default();
            for _ in samples {
                add(&mut sum, &samples[dice.index(samples.len())]);
            }
            for (drawn, figure) in drawn.iter_mut().zip(figures) {
                drawn.extend(figure(&sum).permille());
            }
        }
    }
    drawn.map(|mut drawn| {
        drawn.sort_unstable();
        let side = SIDE.min(drawn.len() / 2);
        let (low, high) = (drawn.get(side)?, drawn.get(drawn.len() - 1 - side)?);
        Some(Spread { low: *low, high: *high })
    })
}

/// The heists of each chain.
pub(super) fn chains(heists: &[(u64, TaintRates)]) -> BTreeMap<u64, Vec<TaintRates>> {
    let mut chains: BTreeMap<u64, Vec<TaintRates>> = BTreeMap::new();
    for &(seed, rates) in heists {
        chains.entry(seed).or_default().push(rates);
    }
    chains
}

/// The lowest and the highest of the chains.
pub(super) fn by_chain(heists: &[(u64, TaintRates)], figure: Figure) -> Option<Spread> {
    let of_chain = |rates: &Vec<TaintRates>| {
        let mut sum = TaintRates::default();
        for rates in rates {
            sum.add(rates);
        }
        figure(&sum).permille()
    };
    let figures: Vec<u32> = chains(heists).values().filter_map(of_chain).collect();
    Some(Spread { low: *figures.iter().min()?, high: *figures.iter().max()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heist(part: u128, whole: u128) -> (u64, TaintRates) {
        (1, TaintRates { samples: 1, recall: Share::new(part, whole), ..TaintRates::default() })
    }

    #[test]
    fn alike_heists_have_no_spread_and_one_large_one_makes_it_wide() {
        let [recall, precision, ..] = by_heist(&[heist(3, 10); 20]);
        assert_eq!((recall, precision), (Some(Spread { low: 300, high: 300 }), None));
        assert_eq!(by_heist(&[heist(3, 10)])[0], None, "one heist shows no range");
        let mut heists = vec![heist(1, 100); 20];
        heists.push(heist(9_000, 10_000));
        let spread = by_heist(&heists)[0].expect("measured");
        assert!(spread.low < 50 && spread.high > 700, "{spread:?}");
        assert_eq!(by_heist(&heists)[0], Some(spread), "the same again");
    }

    #[test]
    fn chains_are_told_apart() {
        let heists = [heist(1, 10), (2, heist(9, 10).1), (2, heist(7, 10).1)];
        assert_eq!(by_chain(&heists, FIGURES[0].1), Some(Spread { low: 100, high: 800 }));
        assert_eq!(by_chain(&heists, FIGURES[1].1), None);
    }
}

//! Whether a rule of taint can be told from haircut: both follow the same heists, so the differences are compared heist by
//! heist, and chance in the choice of heists moves both alike.

use super::{FIGURES, Figure, Share, TaintRates, spread};
use crate::dice::Dice;

/// Figures that are compared: recall and precision, of outputs and of services.
pub const COMPARED: usize = 4;

/// By how much a figure of a rule is higher than haircut's, in hundredths of a point (one per cent of a per cent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// On all heists.
    pub of_all: i64,
    /// Lowest of the middle 95 % when as many heists are drawn with replacement.
    pub low: i64,
    /// Highest of them.
    pub high: i64,
}

impl Difference {
    /// Whether the rule differs from haircut whichever heists are drawn, but for one draw in twenty.
    pub const fn tells_apart(self) -> bool {
        self.low > 0 || self.high < 0
    }
}

/// Hundredths of a per cent.
fn basis(share: Share) -> Option<i64> {
    (share.whole > 0).then(|| (share.part.saturating_mul(10_000) / share.whole) as i64)
}

/// The first figures of [`FIGURES`] of a rule against those of haircut on the same heists in the same order. `None` where
/// nothing was measured, or of one heist. The same heists give the same differences. O(heists), times 2,000.
pub fn against(rule: &[(u64, TaintRates)], haircut: &[(u64, TaintRates)]) -> [Option<Difference>; COMPARED] {
    let pairs: Vec<_> = rule.iter().zip(haircut).map(|((_, rule), (_, haircut))| (rule, haircut)).collect();
    let figures: [Figure; COMPARED] = std::array::from_fn(|at| FIGURES[at].1);
    let differ = |drawn: &mut dyn Iterator<Item = usize>| {
        let (mut one, mut other) = (TaintRates::default(), TaintRates::default());
        for at in drawn {
            one.add(pairs[at].0);
            other.add(pairs[at].1);
        }
        figures.map(|figure| Some(basis(figure(&one))? - basis(figure(&other))?))
    };
    if pairs.len() < 2 {
        return [None; COMPARED];
    }
    let of_all = differ(&mut (0..pairs.len()));
    let mut drawn = figures.map(|_| Vec::with_capacity(spread::DRAWS));
    let mut dice = Dice::new(0);
    for _ in 0..spread::DRAWS {
        let differences = differ(&mut pairs.iter().map(|_| dice.index(pairs.len())));
        for (drawn, difference) in drawn.iter_mut().zip(differences) {
            drawn.extend(difference);
        }
    }
    let mut of_all = of_all.into_iter();
    drawn.map(|mut drawn| {
        drawn.sort_unstable();
        let side = spread::SIDE.min(drawn.len() / 2);
        let (low, high) = (*drawn.get(side)?, *drawn.get(drawn.len() - 1 - side)?);
        Some(Difference { of_all: of_all.next()??, low, high })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heist(part: u128, whole: u128) -> (u64, TaintRates) {
        (1, TaintRates { samples: 1, recall: Share::new(part, whole), ..TaintRates::default() })
    }

    #[test]
    fn what_is_a_little_better_on_each_heist_is_told_apart_though_heists_differ() {
        let haircut: Vec<_> = (0..40).map(|n| heist(10 + 20 * n, 1_000)).collect();
        let better: Vec<_> = (0..40).map(|n| heist(15 + 20 * n, 1_000)).collect();
        let [recall, precision, ..] = against(&better, &haircut);
        let recall = recall.expect("measured");
        assert_eq!((recall.of_all, precision), (50, None));
        assert!(recall.tells_apart() && recall.low >= 49 && recall.high <= 51, "{recall:?}");
        // The heists themselves go far apart.
        let [Some(spread), ..] = spread::by_heist(&haircut) else { panic!("measured") };
        assert!(spread.high - spread.low > 100, "{spread:?}");
    }

    #[test]
    fn what_is_better_here_and_worse_there_is_not_told_apart() {
        let haircut = vec![heist(500, 1_000); 40];
        let other: Vec<_> = (0..40).map(|n| heist(if n % 2 == 0 { 520 } else { 481 }, 1_000)).collect();
        let [Some(recall), ..] = against(&other, &haircut) else { panic!("measured") };
        assert!(!recall.tells_apart() && recall.low < 0 && recall.high > 0, "{recall:?}");
        assert_eq!(against(&haircut[..1], &haircut[..1]), [None; COMPARED]);
    }
}

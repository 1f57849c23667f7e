//! Weights of evidence in integers, and habits that are learnt.
//!
//! A weight is the logarithm of a likelihood ratio in **decibans** (Good, 1950): ten times the decimal logarithm, so 10
//! is ten to one, 20 a hundred to one, and independent weights add.

/// `10^(k/10)` in millionths, for k from 0 to 9.
const STEPS: [u128; 10] = [
    1_000_000, 1_258_925, 1_584_893, 1_995_262, 2_511_886, 3_162_278, 3_981_072, 5_011_872, 6_309_573,
    7_943_282,
];

/// No single feature weighs more than this, whatever was counted.
pub(super) const MOST: i32 = 30;

/// `num / den` in decibans, rounded towards 0, at most [`MOST`] either way. 0 when either is 0.
pub(super) fn decibans(num: u128, den: u128) -> i32 {
    if num == 0 || den == 0 {
        return 0;
    }
    if num < den {
        return -decibans(den, num);
    }
    let (mut whole, mut den) = (0, den);
    while whole < MOST && num / 10 >= den {
        whole += 10;
        den = den.saturating_mul(10);
    }
    // Too large to compare in full means a remainder that no longer matters.
    let reached = |step: u128| num.checked_mul(STEPS[0]).zip(den.checked_mul(step));
    let fine = (0..).zip(STEPS).take_while(|&(_, step)| reached(step).is_some_and(|(num, den)| num >= den));
    (whole + fine.last().map_or(0, |(fine, _)| fine)).min(MOST)
}

/// How often each value of a feature was counted among everybody: what a stranger would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base<const N: usize> {
    counts: [u32; N],
    total: u32,
}

impl<const N: usize> Base<N> {
    pub(super) const EMPTY: Self = Self { counts: [0; N], total: 0 };

    pub(super) fn count(&mut self, value: usize) {
        self.counts[value] += 1;
        self.total += 1;
    }

    /// Share of a value as a fraction, never 0: every value is counted once more than it was seen.
    fn share(&self, value: usize) -> (u128, u128) {
        (u128::from(self.counts[value]) + 1, u128::from(self.total) + N as u128)
    }
}

/// What a wallet did so far, and what was expected of it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Habit<const N: usize> {
    seen: [u32; N],
    total: u32,
    /// Expected permille of each value; `None` expects what everybody does.
    expected: Option<[u32; N]>,
    /// How many quarter observations the expectation counts for.
    quarters: u32,
}

impl<const N: usize> Habit<N> {
    /// A habit of software: expected to be constant, so that a quarter of an observation stands against the first.
    pub(super) const LEARNT: Self = Self { seen: [0; N], total: 0, expected: None, quarters: 1 };

    /// As [`Self::LEARNT`], but many wallets have no such habit: it takes more hops to believe in one.
    pub(super) const DOUBTED: Self = Self { seen: [0; N], total: 0, expected: None, quarters: 8 };

    /// A habit of which something is known beforehand, worth two observations.
    pub(super) const fn expected(permille: [u32; N]) -> Self {
        Self { seen: [0; N], total: 0, expected: Some(permille), quarters: 8 }
    }

    pub(super) fn learn(&mut self, value: usize) {
        self.seen[value] += 1;
        self.total += 1;
    }

    /// Weight of a value for the wallet and against a stranger: the predictive share (Dirichlet) over the base rate.
    pub(super) fn score(&self, value: usize, base: &Base<N>) -> i32 {
        let (stranger, strangers) = base.share(value);
        self.against(value, stranger, strangers)
    }

    /// The same against a stranger's share that is known, `part` of `whole`.
    pub(super) fn against(&self, value: usize, part: u128, whole: u128) -> i32 {
        let seen = u128::from(self.seen[value]) * 4;
        let total = u128::from(self.total) * 4 + u128::from(self.quarters);
        let quarters = u128::from(self.quarters);
        let (num, den) = match &self.expected {
            Some(permille) => {
                let own = seen * 1_000 + quarters * u128::from(permille[value]);
                (own * whole, total * 1_000 * part)
            }
            None => (seen * whole + quarters * part, total * part),
        };
        // One time in ten a wallet does as anybody does.
        decibans(9 * num + den, 10 * den)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decibans_are_ten_logarithms() {
        for (num, den, weight) in [
            (1, 1, 0),
            (2, 1, 3),
            (10, 1, 10),
            (1, 10, -10),
            (100, 1, 20),
            (1, 3, -4),
            (99, 10, 9),
            (0, 5, 0),
        ] {
            assert_eq!(decibans(num, den), weight, "{num}/{den}");
        }
        assert_eq!(decibans(u128::MAX, 1), MOST);
        assert_eq!(decibans(1, u128::MAX), -MOST);
        assert_eq!(decibans(u128::MAX, u128::MAX - 1), 0);
    }

    #[test]
    fn a_rare_habit_says_more_than_a_common_one_and_a_long_one_more_than_a_short_one() {
        let mut base = Base::<2>::EMPTY;
        for at in 0..98 {
            base.count(usize::from(at >= 90));
        }
        let mut rare = Habit::<2>::LEARNT;
        let mut common = Habit::<2>::LEARNT;
        assert_eq!(rare.score(1, &base), 0, "nothing is known yet");
        rare.learn(1);
        common.learn(0);
        assert!(rare.score(1, &base) > common.score(0, &base));
        let once = rare.score(0, &base);
        for _ in 0..9 {
            rare.learn(1);
        }
        assert!(rare.score(0, &base) < once, "a break of a long habit weighs more");
    }
}

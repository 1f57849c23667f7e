//! What a dirty output holds while it waits for the transaction that spends it, in few bytes.

use super::{Holding, Label, Lot};

/// A holding put away. A walk keeps one for each dirty coin in flight and fetches them in any order, so their size is
/// what it waits for; nearly all are one label's part and a clean part, or poisoned by one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parked {
    /// So many base units of the label, and clean ones behind them.
    DirtyFirst(Label, u64),
    /// Clean base units, and so many of the label behind them.
    CleanFirst(Label, u64),
    /// Poisoned by one label.
    Poisoned(Label),
    /// Anything else.
    Whole(Box<Holding>),
}

impl Parked {
    /// Puts a holding away. The amount as a whole is not kept: the output has it.
    pub(super) fn new(holding: Holding) -> Self {
        let (lots, poisoned) = (holding.lots(), holding.poisoned_by());
        let part = |lot: &Lot| lot.label.zip(u64::try_from(lot.amount).ok());
        let short = match (lots, poisoned) {
            ([only], []) => part(only).map(|(label, amount)| Self::DirtyFirst(label, amount)),
            ([first, Lot { label: None, .. }], []) => {
                part(first).map(|(label, amount)| Self::DirtyFirst(label, amount))
            }
            ([Lot { label: None, .. }, last], []) => {
                part(last).map(|(label, amount)| Self::CleanFirst(label, amount))
            }
            ([Lot { label: None, .. }], &[label]) => Some(Self::Poisoned(label)),
            _ => None,
        };
        short.unwrap_or_else(|| Self::Whole(Box::new(holding)))
    }

    /// The holding again, of this amount in all.
    pub(super) fn unpark(self, value: u128) -> Holding {
        let two = |first: Lot, last: Lot| {
            let mut holding = Holding::default();
            holding.push(first);
            holding.push(last);
            holding
        };
        let lots = |label: Label, amount: u64| {
            let dirty = u128::from(amount);
            let clean =
                value.checked_sub(dirty).expect("a part is not more than the output it was parked with");
            (Lot { amount: dirty, label: Some(label) }, Lot { amount: clean, label: None })
        };
        match self {
            Self::DirtyFirst(label, amount) => {
                let (dirty, clean) = lots(label, amount);
                two(dirty, clean)
            }
            Self::CleanFirst(label, amount) => {
                let (dirty, clean) = lots(label, amount);
                two(clean, dirty)
            }
            Self::Poisoned(label) => Holding::poisoned(value, vec![label]),
            Self::Whole(holding) => *holding,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_parked_coin_takes_sixteen_bytes() {
        assert_eq!(size_of::<Parked>(), 16);
    }

    proptest! {
        #[test]
        fn what_is_parked_comes_back_the_same(
            lots in prop::collection::vec((1u64..1 << 50, prop::option::of(0u16..3)), 0..4),
            poisoned in prop::collection::btree_set(0u16..3, 0..3),
        ) {
            let mut holding = Holding::default();
            for (amount, label) in lots {
                holding.push(Lot { amount: amount.into(), label: label.map(Label) });
            }
            if !poisoned.is_empty() {
                holding = Holding::poisoned(holding.value(), poisoned.into_iter().map(Label).collect());
            }
            prop_assert_eq!(Parked::new(holding.clone()).unpark(holding.value()), holding);
        }
    }
}

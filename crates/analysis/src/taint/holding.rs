//! What an output or an account holds: lots.

use smallvec::{SmallVec, smallvec};
use tracehound_model::amount::split_proportionally;

/// Names a theft, or any other origin that is followed; the caller keeps the list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub u16);

/// Some amount of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Base units.
    pub amount: u128,
    /// Where it comes from; `None` is clean.
    pub label: Option<Label>,
}

impl Lot {
    const fn clean(amount: u128) -> Self {
        Self { amount, label: None }
    }

    const fn dirty(amount: u128, label: Label) -> Self {
        Self { amount, label: Some(label) }
    }
}

/// Lots in order, and how much they are together. No lot is empty, and no two neighbours have the same label.
///
/// The lots are a partition of the value, so taint above 100 % or below nothing cannot be written down. Poison alone
/// does not divide: there a holding is dirty as a whole, with every label that touched it, and [`Holding::dirty`] says
/// the whole value for each.
///
/// 32 bytes: a propagation makes one for every output it sees, and keeps one for every dirty coin in flight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    value: u128,
    parts: Parts,
}

/// How the value is divided. Each division is written in the first of these ways that can say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Parts {
    /// All clean.
    #[default]
    Clean,
    /// So many base units of the label, and clean ones behind them.
    DirtyFirst(Label, u64),
    /// Clean base units, and so many of the label behind them.
    DirtyLast(Label, u64),
    /// Clean, but poisoned by one label.
    Poisoned(Label),
    /// Anything else.
    Many(Box<Many>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Many {
    lots: Vec<Lot>,
    /// Ascending.
    poisoned: Vec<Label>,
}

impl Holding {
    /// Clean value.
    #[inline]
    pub fn clean(value: u128) -> Self {
        Self { value, parts: Parts::Clean }
    }

    /// Value of one origin.
    #[inline]
    pub fn labelled(value: u128, label: Label) -> Self {
        let mut holding = Self::default();
        holding.push(Lot::dirty(value, label));
        holding
    }

    /// Clean value that has touched each of `labels`, which ascend.
    pub(super) fn poisoned(value: u128, labels: &[Label]) -> Self {
        let parts = match labels {
            [] => Parts::Clean,
            &[label] => Parts::Poisoned(label),
            labels => {
                let lots = if value > 0 { vec![Lot::clean(value)] } else { Vec::new() };
                Parts::Many(Box::new(Many { lots, poisoned: labels.to_vec() }))
            }
        };
        Self { value, parts }
    }

    /// Puts a lot behind the others.
    pub fn push(&mut self, lot: Lot) {
        use Parts::{Clean, DirtyFirst, DirtyLast, Poisoned};
        if lot.amount == 0 {
            return;
        }
        let whole = |dirty: u64| u128::from(dirty) == self.value;
        self.parts = match (std::mem::take(&mut self.parts), lot.label, u64::try_from(lot.amount)) {
            (parts @ (Clean | DirtyFirst(..) | Poisoned(_)), None, _) => parts,
            (Clean, Some(label), Ok(dirty)) if self.value == 0 => DirtyFirst(label, dirty),
            (Clean, Some(label), Ok(dirty)) => DirtyLast(label, dirty),
            (DirtyFirst(own, dirty), Some(label), Ok(more))
                if own == label && whole(dirty) && dirty.checked_add(more).is_some() =>
            {
                DirtyFirst(own, dirty + more)
            }
            (DirtyLast(own, dirty), Some(label), Ok(more))
                if own == label && dirty.checked_add(more).is_some() =>
            {
                DirtyLast(own, dirty + more)
            }
            (mut parts, ..) => {
                let many = parts.as_many(self.value);
                match many.lots.last_mut() {
                    Some(last) if last.label == lot.label => last.amount += lot.amount,
                    _ => many.lots.push(lot),
                }
                parts
            }
        };
        self.value += lot.amount;
    }

    /// Puts another holding's lots behind these.
    pub fn append(&mut self, other: &Self) {
        other.lots().into_iter().for_each(|lot| self.push(lot));
        other.poisoned_by().iter().for_each(|&label| self.poison(label));
    }

    /// The same shares of another amount, lot by lot, rounded by the largest remainder: what an exchange makes of it.
    pub(super) fn scaled(&self, value: u128) -> Self {
        let lots = self.lots();
        let amounts: Vec<u128> = lots.iter().map(|lot| lot.amount).collect();
        let mut scaled = Self::default();
        for (lot, amount) in lots.iter().zip(split_proportionally(value, &amounts)) {
            scaled.push(Lot { amount, label: lot.label });
        }
        if value > 0 {
            self.poisoned_by().iter().for_each(|&label| scaled.poison(label));
        }
        scaled
    }

    /// Puts another holding's dirty lots behind these, and gives how much of it is clean: where the order of the lots does
    /// not matter, few of them are cheaper than many.
    pub(super) fn append_dirty(&mut self, other: &Self) -> u128 {
        let (dirty, clean): (SmallVec<[Lot; 2]>, SmallVec<[Lot; 2]>) =
            other.lots().into_iter().partition(|lot| lot.label.is_some());
        dirty.into_iter().for_each(|lot| self.push(lot));
        other.poisoned_by().iter().for_each(|&label| self.poison(label));
        clean.iter().map(|lot| lot.amount).sum()
    }

    fn poison(&mut self, label: Label) {
        let Err(at) = self.poisoned_by().binary_search(&label) else { return };
        self.parts = match std::mem::take(&mut self.parts) {
            Parts::Clean => Parts::Poisoned(label),
            mut parts => {
                parts.as_many(self.value).poisoned.insert(at, label);
                parts
            }
        };
    }

    /// Base units in all.
    #[inline]
    pub fn value(&self) -> u128 {
        self.value
    }

    /// The lots, in order.
    pub fn lots(&self) -> SmallVec<[Lot; 2]> {
        let mut lots = self.parts.lots(self.value);
        lots.retain(|lot| lot.amount > 0);
        lots
    }

    /// Base units of one origin.
    pub fn dirty(&self, label: Label) -> u128 {
        self.by_label().iter().find(|entry| entry.0 == label).map_or(0, |entry| entry.1)
    }

    /// Base units of any origin; never more than [`Holding::value`].
    #[inline]
    pub fn dirty_all(&self) -> u128 {
        match &self.parts {
            Parts::Clean => 0,
            Parts::DirtyFirst(_, dirty) | Parts::DirtyLast(_, dirty) => (*dirty).into(),
            Parts::Poisoned(_) => self.value,
            Parts::Many(many) if !many.poisoned.is_empty() => self.value,
            Parts::Many(many) => {
                many.lots.iter().filter(|lot| lot.label.is_some()).map(|lot| lot.amount).sum()
            }
        }
    }

    /// Whether none of it comes from a label.
    #[inline]
    pub fn is_clean(&self) -> bool {
        match &self.parts {
            Parts::Clean => true,
            Parts::DirtyFirst(..) | Parts::DirtyLast(..) | Parts::Poisoned(_) => false,
            Parts::Many(many) => many.poisoned.is_empty() && many.lots.iter().all(|lot| lot.label.is_none()),
        }
    }

    /// Base units of each label that is there, labels ascending.
    #[inline]
    pub fn by_label(&self) -> SmallVec<[(Label, u128); 1]> {
        let many = match &self.parts {
            Parts::Clean => return SmallVec::new(),
            &Parts::DirtyFirst(label, dirty) | &Parts::DirtyLast(label, dirty) => {
                return smallvec![(label, dirty.into())];
            }
            &Parts::Poisoned(label) => return smallvec![(label, self.value)],
            Parts::Many(many) => many,
        };
        let mut labels: SmallVec<[(Label, u128); 1]> = SmallVec::new();
        for lot in &many.lots {
            let Some(label) = lot.label else { continue };
            match labels.binary_search_by_key(&label, |entry| entry.0) {
                Ok(at) => labels[at].1 += lot.amount,
                Err(at) => labels.insert(at, (label, lot.amount)),
            }
        }
        for &label in &many.poisoned {
            match labels.binary_search_by_key(&label, |entry| entry.0) {
                Ok(at) => labels[at].1 = self.value,
                Err(at) => labels.insert(at, (label, self.value)),
            }
        }
        labels
    }

    fn poisoned_by(&self) -> &[Label] {
        match &self.parts {
            Parts::Poisoned(label) => std::slice::from_ref(label),
            Parts::Many(many) => &many.poisoned,
            _ => &[],
        }
    }
}

impl Parts {
    /// The lots of this value; those of nothing too.
    fn lots(&self, value: u128) -> SmallVec<[Lot; 2]> {
        let clean = |dirty: u64| Lot::clean(value - u128::from(dirty));
        match self {
            Self::Clean | Self::Poisoned(_) => smallvec![Lot::clean(value)],
            &Self::DirtyFirst(label, dirty) => smallvec![Lot::dirty(dirty.into(), label), clean(dirty)],
            &Self::DirtyLast(label, dirty) => smallvec![clean(dirty), Lot::dirty(dirty.into(), label)],
            Self::Many(many) => SmallVec::from_slice(&many.lots),
        }
    }

    /// The same division of this value, written out.
    fn as_many(&mut self, value: u128) -> &mut Many {
        if !matches!(self, Self::Many(_)) {
            let mut lots = self.lots(value).into_vec();
            lots.retain(|lot| lot.amount > 0);
            let poisoned = if let &mut Self::Poisoned(label) = self { vec![label] } else { Vec::new() };
            *self = Self::Many(Box::new(Many { lots, poisoned }));
        }
        let Self::Many(many) = self else { unreachable!("made above") };
        many
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_holding_takes_32_bytes() {
        assert_eq!(size_of::<Holding>(), 32);
    }

    /// Lots as they are defined, however they are stored.
    fn plain(lots: &[Lot]) -> Vec<Lot> {
        let mut plain: Vec<Lot> = Vec::new();
        for lot in lots.iter().filter(|lot| lot.amount > 0) {
            match plain.last_mut() {
                Some(last) if last.label == lot.label => last.amount += lot.amount,
                _ => plain.push(*lot),
            }
        }
        plain
    }

    fn of(lots: &[Lot]) -> Holding {
        let mut holding = Holding::default();
        for &lot in lots {
            holding.push(lot);
        }
        holding
    }

    fn amount() -> impl Strategy<Value = u128> {
        prop_oneof![0u128..4, 1u128 << 63..1 << 64, 1u128 << 64..1 << 100]
    }

    fn lot() -> impl Strategy<Value = Lot> {
        (amount(), prop::option::of(0u16..3))
            .prop_map(|(amount, label)| Lot { amount, label: label.map(Label) })
    }

    proptest! {
        #[test]
        fn the_lots_are_those_that_were_put_in(lots in prop::collection::vec(lot(), 0..6), cut in 0usize..6, poisoned in 0u16..3) {
            let holding = of(&lots);
            let plain = plain(&lots);
            prop_assert_eq!(&holding.lots()[..], &plain[..]);
            prop_assert_eq!(holding.value(), plain.iter().map(|lot| lot.amount).sum::<u128>());
            prop_assert_eq!(holding.is_clean(), plain.iter().all(|lot| lot.label.is_none()));
            let dirty = |label| plain.iter().filter(|lot| lot.label == Some(label)).map(|lot| lot.amount).sum::<u128>();
            for label in (0..3).map(Label) {
                prop_assert_eq!(holding.dirty(label), dirty(label));
            }
            prop_assert_eq!(holding.dirty_all(), (0..3).map(|label| dirty(Label(label))).sum::<u128>());
            // However it came about, what holds the same is the same.
            let (front, back) = lots.split_at(cut.min(lots.len()));
            let mut joined = Holding::default();
            for part in [front, back] {
                joined.append(&of(part));
            }
            prop_assert_eq!(&joined, &holding);
            joined.poison(Label(poisoned));
            prop_assert_eq!(joined.dirty(Label(poisoned)), holding.value());
            prop_assert_eq!(joined.dirty_all(), holding.value());
            prop_assert_eq!(joined.lots(), holding.lots());
        }
    }
}

//! What an output or an account holds: lots.

use smallvec::SmallVec;

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

/// Lots in order, and how much they are together. No lot is empty, and no two neighbours have the same label.
///
/// The lots are a partition of the value, so taint above 100 % or below nothing cannot be written down. Poison alone
/// does not divide: there a holding is dirty as a whole, with every label that touched it, and [`Holding::dirty`] says
/// the whole value for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    value: u128,
    /// Two lots, dirty and clean, are what haircut makes of one label.
    lots: SmallVec<[Lot; 2]>,
    poisoned: Vec<Label>,
}

impl Holding {
    /// Clean value.
    pub fn clean(value: u128) -> Self {
        Self::of(value, None)
    }

    /// Value of one origin.
    pub fn labelled(value: u128, label: Label) -> Self {
        Self::of(value, Some(label))
    }

    fn of(value: u128, label: Option<Label>) -> Self {
        let mut holding = Self::default();
        holding.push(Lot { amount: value, label });
        holding
    }

    /// Clean value that has touched each of `labels`.
    pub(super) fn poisoned(value: u128, labels: Vec<Label>) -> Self {
        Self { poisoned: labels, ..Self::clean(value) }
    }

    /// Puts a lot behind the others.
    pub fn push(&mut self, lot: Lot) {
        if lot.amount == 0 {
            return;
        }
        self.value += lot.amount;
        match self.lots.last_mut() {
            Some(last) if last.label == lot.label => last.amount += lot.amount,
            _ => self.lots.push(lot),
        }
    }

    /// Puts another holding's lots behind these.
    pub fn append(&mut self, other: &Self) {
        other.lots.iter().for_each(|&lot| self.push(lot));
        for &label in &other.poisoned {
            if let Err(at) = self.poisoned.binary_search(&label) {
                self.poisoned.insert(at, label);
            }
        }
    }

    /// Base units in all.
    pub fn value(&self) -> u128 {
        self.value
    }

    /// The lots, in order.
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// Base units of one origin.
    pub fn dirty(&self, label: Label) -> u128 {
        if self.is_poisoned_by(label) {
            return self.value;
        }
        self.lots.iter().filter(|lot| lot.label == Some(label)).map(|lot| lot.amount).sum()
    }

    /// Base units of any origin; never more than [`Holding::value`].
    pub fn dirty_all(&self) -> u128 {
        if !self.poisoned.is_empty() {
            return self.value;
        }
        self.lots.iter().filter(|lot| lot.label.is_some()).map(|lot| lot.amount).sum()
    }

    /// Whether none of it comes from a label.
    pub fn is_clean(&self) -> bool {
        self.poisoned.is_empty() && self.lots.iter().all(|lot| lot.label.is_none())
    }

    /// Base units of each label that is there, labels ascending.
    pub fn by_label(&self) -> SmallVec<[(Label, u128); 2]> {
        let mut labels: SmallVec<[(Label, u128); 2]> = SmallVec::new();
        for lot in &self.lots {
            let Some(label) = lot.label else { continue };
            match labels.binary_search_by_key(&label, |entry| entry.0) {
                Ok(at) => labels[at].1 += lot.amount,
                Err(at) => labels.insert(at, (label, lot.amount)),
            }
        }
        for &label in &self.poisoned {
            match labels.binary_search_by_key(&label, |entry| entry.0) {
                Ok(at) => labels[at].1 = self.value,
                Err(at) => labels.insert(at, (label, self.value)),
            }
        }
        labels
    }

    /// The labels that poisoned it, ascending.
    pub(super) fn poisoned_by(&self) -> &[Label] {
        &self.poisoned
    }

    pub(super) fn is_poisoned_by(&self, label: Label) -> bool {
        self.poisoned.binary_search(&label).is_ok()
    }
}

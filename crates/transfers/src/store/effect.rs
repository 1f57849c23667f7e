//! What a run of transfers does to a balance, whatever it was before them.

use tracehound_model::Amount;

use crate::{BalanceAt, BalanceUnknown, TransferNum};

/// Bytes of an effect.
pub(super) const BYTES: usize = 97;

/// A difference of amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    by: Amount,
    is_loss: bool,
}

impl Change {
    const NONE: Self = Self { by: Amount::ZERO, is_loss: false };

    /// What comes on top; nothing where it passes 256 bits.
    fn plus(self, by: Amount, is_loss: bool) -> Option<Self> {
        if self.is_loss == is_loss {
            return Some(Self { by: self.by.checked_add(by)?, is_loss });
        }
        match self.by.checked_sub(by) {
            Some(by) => Some(Self { by, ..self }),
            None => Some(Self { by: by.checked_sub(self.by)?, is_loss }),
        }
    }
}

/// What a run of transfers does to a balance: how much it must be before them so that none takes more than there is, how much
/// it rises at most, and what it changes by in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    needs: Amount,
    rises: Amount,
    net: Change,
}

impl Effect {
    /// Of steps one after the other: how much, and whether it goes. Nothing where sums pass 256 bits.
    pub(super) fn of(steps: impl IntoIterator<Item = (Amount, bool)>) -> Option<Self> {
        let mut effect = Self { needs: Amount::ZERO, rises: Amount::ZERO, net: Change::NONE };
        for (amount, goes) in steps {
            effect.net = effect.net.plus(amount, goes)?;
            let most = if effect.net.is_loss { &mut effect.needs } else { &mut effect.rises };
            *most = effect.net.by.max(*most);
        }
        Some(effect)
    }

    /// What a balance of so much is after them; nothing where some transfer among them cannot have been.
    pub(super) fn on(&self, held: Amount) -> Option<Amount> {
        if held < self.needs {
            return None;
        }
        held.checked_add(self.rises)?;
        if self.net.is_loss { held.checked_sub(self.net.by) } else { held.checked_add(self.net.by) }
    }

    /// As stored; all zeros but a mark where there is none.
    pub(super) fn to_bytes(effect: Option<Self>) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        match effect {
            None => bytes[BYTES - 1] = 2,
            Some(effect) => {
                bytes[..32].copy_from_slice(&effect.needs.to_be_bytes());
                bytes[32..64].copy_from_slice(&effect.rises.to_be_bytes());
                bytes[64..96].copy_from_slice(&effect.net.by.to_be_bytes());
                bytes[BYTES - 1] = u8::from(effect.net.is_loss);
            }
        }
        bytes
    }

    /// What these bytes say; nothing where there is none.
    pub(super) fn from_bytes(bytes: &[u8; BYTES]) -> Option<Self> {
        let amount = |at: usize| Amount::from_be_bytes(bytes[at..at + 32].try_into().expect("32 bytes"));
        let is_loss = match bytes[BYTES - 1] {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(Self { needs: amount(0), rises: amount(32), net: Change { by: amount(64), is_loss } })
    }
}

/// A balance after one transfer, as the memory's history takes it: what goes, goes first.
pub(super) fn step(
    held: Amount,
    num: TransferNum,
    amount: Amount,
    (goes, comes): (bool, bool),
) -> Result<Amount, BalanceUnknown> {
    let left = if goes { held.checked_sub(amount).ok_or(BalanceUnknown::Overdrawn(num))? } else { held };
    if comes { left.checked_add(amount).ok_or(BalanceUnknown::TooLarge(num)) } else { Ok(left) }
}

/// A known balance, or why it is none.
pub(super) fn told(held: Result<Amount, BalanceUnknown>) -> BalanceAt {
    held.map_or_else(BalanceAt::Unknown, BalanceAt::Known)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount() -> impl Strategy<Value = Amount> {
        prop_oneof![
            (0u64..20).prop_map(Amount::from),
            Just(Amount::from_be_bytes([0xff; 32])),
            (0u64..20).prop_map(|less| {
                Amount::from_be_bytes([0xff; 32]).checked_sub(Amount::from(less)).expect("less")
            }),
        ]
    }

    proptest! {
        /// Against the transfers one by one.
        #[test]
        fn an_effect_is_that_of_its_transfers(
            held in amount(),
            transfers in prop::collection::vec((amount(), 0usize..3), 0..12),
        ) {
            let sides = [(true, false), (false, true), (true, true)];
            let mut now = Ok(held);
            for (at, &(amount, side)) in transfers.iter().enumerate() {
                let num = TransferNum(at as u64);
                now = now.and_then(|held| step(held, num, amount, sides[side]));
            }
            let steps = transfers.iter().flat_map(|&(amount, side)| {
                let (goes, comes) = sides[side];
                [(amount, goes.then_some(true)), (amount, comes.then_some(false))]
            });
            let effect = Effect::of(steps.filter_map(|(amount, goes)| Some((amount, goes?))));
            prop_assert_eq!(Effect::from_bytes(&Effect::to_bytes(effect)), effect);
            if let Some(effect) = effect {
                prop_assert_eq!(effect.on(held), now.ok());
            }
        }
    }

    #[test]
    fn sums_beyond_256_bits_have_no_effect_and_are_walked() {
        let most = Amount::from_be_bytes([0xff; 32]);
        let effect = Effect::of([(most, false), (most, false), (most, true)]);
        assert_eq!(effect, None);
        assert_eq!(Effect::from_bytes(&Effect::to_bytes(effect)), None);
    }
}

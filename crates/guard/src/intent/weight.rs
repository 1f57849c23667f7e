//! What stands first in a sentence that has no room for everything: who may do what, debts and the largest amounts; dust stands last.

use std::cmp::Reverse;

use alloy_primitives::{Address, U256};

use super::{MOST, parts};
use crate::{
    case::Case,
    decode::{Act, Extent, Grant, Placed},
    flow::{Flow, Rest},
    known::Size,
};

/// What so much of a token, or of the coin (zero), is worth at most, in the smallest parts of a dollar, where that is known.
pub(crate) type Worth = fn(&Case<'_>, Address, U256) -> Option<U256>;

/// The smallest parts of a dollar; less than one is dust.
const DOLLAR: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// One thing that is told.
pub(super) struct Part {
    text: String,
    kind: Kind,
    /// What moves by it, the coin as zero, where its amount is told.
    amounts: Vec<(Address, U256)>,
}

/// What kind of thing it is, as it stands in a sentence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Power, a right without a limit, what is signed.
    Control,
    /// A right with a limit, a debt.
    Owed,
    /// Anything else.
    Plain,
    /// What moves nothing to speak of.
    Dust,
    /// A right that ends.
    Ends,
}

impl Part {
    pub(super) fn control(text: String) -> Self {
        Self::new(Kind::Control, Vec::new(), text)
    }

    pub(super) fn plain(text: String) -> Self {
        Self::new(Kind::Plain, Vec::new(), text)
    }

    fn new(kind: Kind, amounts: Vec<(Address, U256)>, text: String) -> Self {
        let kind = if text.starts_with("ends ") { Kind::Ends } else { kind };
        Self { text, kind, amounts }
    }

    /// Where it stands. What has no price stands behind what has one, unless it is nothing.
    fn place(&self, case: &Case<'_>, worth: Worth) -> (Kind, Reverse<U256>) {
        let is_nothing = !self.amounts.is_empty() && self.amounts.iter().all(|(_, amount)| amount.is_zero());
        let prices = self.amounts.iter().map(|(token, amount)| worth(case, *token, *amount));
        let sum = prices.sum_known();
        let is_dust = is_nothing || sum.is_some_and(|sum| sum < DOLLAR);
        let kind = match self.kind {
            Kind::Owed | Kind::Plain if is_dust => Kind::Dust,
            kind => kind,
        };
        (kind, Reverse(sum.unwrap_or_default()))
    }
}

/// A sum of what is known of each of several.
trait SumKnown {
    /// None where nothing is there, or of one of them nothing is known.
    fn sum_known(self) -> Option<U256>;
}

impl<I: Iterator<Item = Option<U256>>> SumKnown for I {
    fn sum_known(self) -> Option<U256> {
        self.reduce(|sum, one| Some(sum?.saturating_add(one?))).flatten()
    }
}

/// An act, and what hangs on it.
pub(super) fn of_act(case: &Case<'_>, placed: &Placed, text: String) -> Part {
    let call = &case.unpacked.calls[placed.call];
    let (kind, amounts) = match &placed.act {
        Act::Pay { value, .. } => (Kind::Plain, vec![(Address::ZERO, *value)]),
        Act::Transfer { token, amount, nft: false, .. } => (Kind::Plain, vec![(*token, *amount)]),
        Act::Grant(grant) => return of_grant(case, grant, text),
        Act::Power { .. } | Act::Setting { .. } | Act::ApproveHash { .. } | Act::SignMessage { .. } => {
            (Kind::Control, Vec::new())
        }
        Act::Named { beneficiaries, .. } => {
            let flow = Flow::of(case, call, beneficiaries);
            let may_be_owed = !flow.owes.is_empty() || flow.rest != Rest::Nothing;
            let sent = (!call.value.is_zero()).then_some((Address::ZERO, call.value));
            let amounts = flow.gives.into_iter().chain(flow.owes).chain(sent).collect();
            (if may_be_owed { Kind::Owed } else { Kind::Plain }, amounts)
        }
        Act::Transfer { nft: true, .. } | Act::Unknown { .. } | Act::Create | Act::Memo { .. } => {
            (Kind::Plain, Vec::new())
        }
    };
    Part::new(kind, amounts, text)
}

/// A right over tokens.
pub(super) fn of_grant(case: &Case<'_>, grant: &Grant, text: String) -> Part {
    let size = Size::of(grant.extent, case.token(&grant.token).as_ref());
    match grant.extent {
        Extent::Exact(amount, _) if size != Size::Unlimited => {
            Part::new(Kind::Owed, vec![(grant.token, amount)], text)
        }
        Extent::Nft(_) => Part::new(Kind::Owed, Vec::new(), text),
        Extent::None => Part::plain(text),
        Extent::Exact(..) | Extent::All => Part::control(text),
    }
}

/// Where a whole stands among several: with the weightiest thing that it does.
pub(crate) fn place(case: &Case<'_>, worth: Worth) -> impl Ord + use<> {
    parts(case).iter().map(|part| part.place(case, worth)).min().unwrap_or((Kind::Ends, Reverse(U256::ZERO)))
}

/// What of all that it does a sentence has room for, and how many things there are more. Where all have room they stand in their order,
/// and rights that end behind what leaves.
pub(crate) fn first(case: &Case<'_>, worth: Worth) -> (Vec<String>, usize) {
    let mut parts = parts(case);
    if parts.len() > MOST {
        parts.sort_by_cached_key(|part| part.place(case, worth));
    } else {
        parts.sort_by_key(|part| part.kind == Kind::Ends);
    }
    let more = parts.len().saturating_sub(MOST);
    (parts.into_iter().take(MOST).map(|part| part.text).collect(), more)
}

/// Assets with their amounts, the largest first where not all have room; the coin is `None`.
pub(crate) fn sorted(
    case: &Case<'_>,
    worth: Worth,
    mut all: Vec<(Option<Address>, U256)>,
) -> Vec<(Option<Address>, U256)> {
    if all.len() > MOST {
        all.sort_by_cached_key(|(token, amount)| {
            let sum = worth(case, token.unwrap_or_default(), *amount);
            (sum.is_some_and(|sum| sum < DOLLAR), Reverse(sum.unwrap_or_default()))
        });
    }
    all
}

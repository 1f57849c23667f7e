//! Swaps of Uniswap V4, as the router runs them: what a pool is owed and owes, until all of it is settled and taken.
//!
//! Source: `@uniswap/v4-periphery` 1.0.3 of the npm registry, `V4Router.sol`, `DeltaResolver.sol`, `Actions.sol`, `PathKey.sol`
//! (the copy within `@uniswap/universal-router` 2.0.0 is the same but for an import). The pool manager undoes everything where
//! something is still owed at the end (`CurrencyNotSettled`), so that what does not add up here is not read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use alloy_primitives::{Address, U256};

use super::{ALL, Function, Held, Reader, RouterVersion, Value, strictly, table};

const SWAP_IN_SINGLE: u8 = 0x06;
const SWAP_IN: u8 = 0x07;
const SWAP_OUT_SINGLE: u8 = 0x08;
const SWAP_OUT: u8 = 0x09;
const SETTLE: u8 = 0x0b;
const SETTLE_ALL: u8 = 0x0c;
const TAKE: u8 = 0x0e;
const TAKE_ALL: u8 = 0x0f;
const TAKE_PORTION: u8 = 0x10;

/// All of what is owed, where an amount is asked for.
const OPEN: U256 = U256::ZERO;
/// Most actions of one swap.
const MAX_ACTIONS: usize = 64;
/// All of it, in the router's shares.
const WHOLE: u64 = 10_000;

static ACTIONS: LazyLock<BTreeMap<u8, Function>> = LazyLock::new(|| {
    table(&[
        (SETTLE, "SETTLE(address currency,uint256 amount,bool payerIsUser)"),
        (SETTLE_ALL, "SETTLE_ALL(address currency,uint256 maxAmount)"),
        (TAKE, "TAKE(address currency,address recipient,uint256 amount)"),
        (TAKE_ALL, "TAKE_ALL(address currency,uint256 minAmount)"),
        (TAKE_PORTION, "TAKE_PORTION(address currency,address recipient,uint256 bips)"),
    ])
});

static SWAPS: LazyLock<BTreeMap<u8, Function>> = LazyLock::new(|| swaps("", ""));

/// With the least price of every hop.
static SWAPS_2_1_1: LazyLock<BTreeMap<u8, Function>> =
    LazyLock::new(|| swaps("uint256 minHopPriceX36,", "uint256[] minHopPriceX36,"));

fn swaps(price: &str, prices: &str) -> BTreeMap<u8, Function> {
    let key = "(address currency0,address currency1,uint24 fee,int24 tickSpacing,address hooks) poolKey";
    let hop =
        "(address intermediateCurrency,uint24 fee,int24 tickSpacing,address hooks,bytes hookData)[] path";
    let rows = [
        (
            SWAP_IN_SINGLE,
            format!(
                "S(({key},bool zeroForOne,uint128 amountIn,uint128 amountOutMinimum,{price}bytes hookData) params)"
            ),
        ),
        (
            SWAP_IN,
            format!("S((address currencyIn,{hop},{prices}uint128 amountIn,uint128 amountOutMinimum) params)"),
        ),
        (
            SWAP_OUT_SINGLE,
            format!(
                "S(({key},bool zeroForOne,uint128 amountOut,uint128 amountInMaximum,{price}bytes hookData) params)"
            ),
        ),
        (
            SWAP_OUT,
            format!(
                "S((address currencyOut,{hop},{prices}uint128 amountOut,uint128 amountInMaximum) params)"
            ),
        ),
    ];
    table(&rows.each_ref().map(|(byte, text)| (*byte, &text[..])))
}

/// Something that was exchanged for what the pools owe, and the least that comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    origin: (Address, U256),
    least: U256,
}

/// What the pools owe the router.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Due {
    least: U256,
    /// The most it can be, where that is known.
    most: Option<U256>,
    /// Of what it comes. An exact output is not promised: a pool that has less brings less (`_swapExactOutput` compares what goes
    /// in alone), so that it counts by what is taken.
    parts: Vec<Part>,
}

impl Due {
    fn is_exact(&self) -> bool {
        self.most == Some(self.least)
    }

    /// All that was given for it, where it is of one kind.
    fn origin(&self) -> Option<(Address, U256)> {
        let (first, rest) = self.parts.split_first()?;
        rest.iter().try_fold(first.origin, |sum, part| {
            (part.origin.0 == sum.0).then(|| (sum.0, sum.1.saturating_add(part.origin.1)))
        })
    }
}

/// What the router owes the pools of a token, or they owe it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Delta {
    /// The router owes at most so much; so much, where it is exact.
    Owes { most: U256, is_exact: bool },
    /// The pools owe.
    Due(Due),
}

/// One exchange: what is given and got, and the tokens between.
struct Exchange {
    gives: Address,
    gets: Address,
    /// Of what is given for exact inputs, of what comes out for exact outputs.
    named: U256,
    /// The least that comes out, the most that goes in.
    limit: U256,
}

#[derive(Default)]
struct Deltas(BTreeMap<Address, Delta>);

impl Reader {
    /// Reads a list of actions on V4.
    pub(super) fn v4(&mut self, args: &[Value<'_>]) -> Option<()> {
        let (actions, params) = (args.first()?.bytes()?, args.get(1)?.elements());
        if actions.len() != params.len() || actions.len() > MAX_ACTIONS || actions.is_empty() {
            return None;
        }
        let swaps = if self.version == Some(RouterVersion::V2_1_1) { &SWAPS_2_1_1 } else { &SWAPS };
        let mut deltas = Deltas::default();
        for (action, param) in actions.iter().zip(params) {
            let function = swaps.get(action).or_else(|| ACTIONS.get(action))?;
            let args = strictly(function, param.bytes()?)?;
            match *action {
                SWAP_IN_SINGLE | SWAP_IN => {
                    let exchange = self.exchange(args.first()?, *action == SWAP_IN_SINGLE, true)?;
                    deltas.exact_in(&exchange)?;
                }
                SWAP_OUT_SINGLE | SWAP_OUT => {
                    let exchange = self.exchange(args.first()?, *action == SWAP_OUT_SINGLE, false)?;
                    self.plan.takes_up_to = true;
                    deltas.exact_out(&exchange)?;
                }
                SETTLE => {
                    let (token, amount) = (args.first()?.address()?, args.get(1)?.uint()?);
                    self.settle(&mut deltas, token, amount, args.get(2)?.boolean()?)?;
                }
                SETTLE_ALL => {
                    let (token, limit) = (args.first()?.address()?, args.get(1)?.uint()?);
                    let Some(Delta::Owes { most, .. }) = deltas.0.get_mut(&token) else { return None };
                    *most = (*most).min(limit);
                    self.settle(&mut deltas, token, OPEN, true)?;
                }
                TAKE => {
                    let (token, to) = (args.first()?.address()?, args.get(1)?.address()?);
                    self.take(&mut deltas, token, to, args.get(2)?.uint()?)?;
                }
                TAKE_ALL => {
                    let (token, limit) = (args.first()?.address()?, args.get(1)?.uint()?);
                    let Some(Delta::Due(due)) = deltas.0.get_mut(&token) else { return None };
                    due.least = due.least.max(limit);
                    self.take(&mut deltas, token, Address::with_last_byte(super::CALLER), OPEN)?;
                }
                TAKE_PORTION => {
                    let (token, share) = (args.first()?.address()?, args.get(2)?.uint()?);
                    let rest = U256::from(WHOLE).checked_sub(share)?;
                    let Some(Delta::Due(due)) = deltas.0.get_mut(&token) else { return None };
                    let kept = |amount: U256| amount.saturating_mul(rest) / U256::from(WHOLE);
                    due.least = kept(due.least);
                    due.most = None;
                    due.parts.iter_mut().for_each(|part| part.least = kept(part.least));
                    let to = args.get(1)?.address()?;
                    if matches!(self.to(to), super::To::Router) {
                        self.hold(token, Held::AtLeast(U256::ZERO));
                    }
                    self.shared(token, to, share);
                }
                _ => return None,
            }
        }
        deltas.0.is_empty().then_some(())
    }

    /// What a swap says. Whoever may run on the way (`hooks`) must be known, as every token there; what is told them is not read.
    fn exchange(&mut self, params: &Value<'_>, is_single: bool, is_exact_in: bool) -> Option<Exchange> {
        let fields = params.elements();
        let tokens: Vec<Address>;
        let mut hooks = BTreeSet::new();
        let amounts;
        if is_single {
            let key = fields.first()?.elements();
            let (low, high) = (key.first()?.address()?, key.get(1)?.address()?);
            tokens = if fields.get(1)?.boolean()? { vec![low, high] } else { vec![high, low] };
            hooks.insert(key.get(4)?.address()?);
            if !fields.last()?.bytes()?.is_empty() {
                return None;
            }
            amounts = (fields.get(2)?.uint()?, fields.get(3)?.uint()?);
        } else {
            let end = fields.first()?.address()?;
            let mut way = Vec::new();
            for hop in fields.get(1)?.elements() {
                let hop = hop.elements();
                way.push(hop.first()?.address()?);
                hooks.insert(hop.get(3)?.address()?);
                if !hop.get(4)?.bytes()?.is_empty() {
                    return None;
                }
            }
            // An exact output names its way from what is given to what comes before the end.
            if is_exact_in {
                way.insert(0, end);
            } else {
                way.push(end);
            }
            tokens = way;
            let amount = |back: usize| fields.len().checked_sub(back).and_then(|at| fields[at].uint());
            amounts = (amount(2)?, amount(1)?);
        }
        let [gives, .., gets] = &tokens[..] else { return None };
        hooks.remove(&Address::ZERO);
        self.plan.by_way_of.extend(tokens.iter().filter(|token| !token.is_zero()).chain(&hooks));
        Some(Exchange { gives: *gives, gets: *gets, named: amounts.0, limit: amounts.1 })
    }

    /// Pays the pools, from the caller or from what the router has; the coin is always the router's.
    fn settle(&mut self, deltas: &mut Deltas, token: Address, amount: U256, from_caller: bool) -> Option<()> {
        let from_caller = from_caller && !token.is_zero();
        let (pays, is_exact) = match (deltas.0.remove(&token), amount) {
            (Some(Delta::Owes { most, is_exact }), OPEN) => (most, is_exact),
            (Some(Delta::Owes { most, is_exact: true }), amount) if amount == most => (amount, true),
            (None, amount) if amount != OPEN && !(amount == ALL && from_caller) => {
                let origin = self.origin(token, amount, from_caller);
                // As much as the router has, where it has more than is known.
                let least = if amount == ALL { U256::ZERO } else { amount };
                let most = (amount != ALL).then_some(amount);
                let parts = origin.map(|origin| Part { origin, least }).into_iter().collect();
                deltas.0.insert(token, Delta::Due(Due { least, most, parts }));
                (amount, true)
            }
            _ => return None,
        };
        if from_caller {
            self.taken(token, pays);
            Some(())
        } else {
            self.spent(token, pays, is_exact)
        }
    }

    /// Takes what the pools owe, all of it or so much.
    fn take(&mut self, deltas: &mut Deltas, token: Address, to: Address, amount: U256) -> Option<()> {
        let Some(Delta::Due(due)) = deltas.0.remove(&token) else { return None };
        let gets = if amount == OPEN { due.least } else { amount };
        if amount != OPEN && due.most != Some(amount) {
            // The rest must be taken too, or nothing happens at all.
            let most = match due.most {
                Some(most) => Some(most.checked_sub(amount)?),
                None => None,
            };
            let rest = Due { least: due.least.saturating_sub(amount), most, parts: Vec::new() };
            deltas.0.insert(token, Delta::Due(rest));
        }
        let promised = due.parts.iter().fold(U256::ZERO, |sum, part| sum.saturating_add(part.least));
        if promised < gets {
            // What is taken together protects all of it together.
            if let Some(origin) = due.origin() {
                self.part(origin, token, to, gets);
            }
        } else {
            for part in &due.parts {
                self.part(part.origin, token, to, part.least);
            }
        }
        self.out(token, to, gets);
        Some(())
    }
}

impl Deltas {
    fn exact_in(&mut self, swap: &Exchange) -> Option<()> {
        let gives = swap.gives;
        let origin = match (self.0.remove(&gives), swap.named) {
            (Some(Delta::Due(due)), OPEN) => due.origin(),
            // What was paid before, or a part of it.
            (Some(Delta::Due(due)), named) if due.is_exact() => {
                let rest = due.least.checked_sub(named)?;
                if rest.is_zero() {
                    due.origin()
                } else {
                    due.origin().filter(|origin| *origin == (gives, due.least))?;
                    let part = Part { origin: (gives, rest), least: rest };
                    self.0
                        .insert(gives, Delta::Due(Due { least: rest, most: Some(rest), parts: vec![part] }));
                    Some((gives, named))
                }
            }
            (None, named) if named != OPEN => {
                self.0.insert(gives, Delta::Owes { most: named, is_exact: true });
                Some((gives, named))
            }
            (Some(Delta::Owes { most, is_exact: true }), named) if named != OPEN => {
                self.0.insert(gives, Delta::Owes { most: most.checked_add(named)?, is_exact: true });
                Some((gives, named))
            }
            _ => return None,
        };
        self.brings(swap.gets, swap.limit, None, origin)
    }

    fn exact_out(&mut self, swap: &Exchange) -> Option<()> {
        if swap.named == OPEN || self.0.contains_key(&swap.gives) {
            return None;
        }
        self.0.insert(swap.gives, Delta::Owes { most: swap.limit, is_exact: false });
        self.brings(swap.gets, U256::ZERO, Some(swap.named), Some((swap.gives, swap.limit)))
    }

    fn brings(
        &mut self,
        token: Address,
        least: U256,
        most: Option<U256>,
        origin: Option<(Address, U256)>,
    ) -> Option<()> {
        let mut due = match self.0.remove(&token) {
            None => Due { most: Some(U256::ZERO), ..Due::default() },
            Some(Delta::Due(due)) => due,
            Some(Delta::Owes { .. }) => return None,
        };
        due.least = due.least.checked_add(least)?;
        due.most = due.most.zip(most).and_then(|(one, other)| one.checked_add(other));
        due.parts.extend(origin.map(|origin| Part { origin, least }));
        self.0.insert(token, Delta::Due(due));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_a_function() {
        assert_eq!((ACTIONS.len(), SWAPS.len(), SWAPS_2_1_1.len()), (5, 4, 4));
    }
}

//! What an exchange gives and gets, as far as the names of its parameters tell.

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    decode::{Call, Param, Type, Value},
    finding::{CheckId::Sim01, Finding, Severity::Review},
};

/// An exchange: what may be taken, and what must come out.
#[derive(Debug, Default)]
pub(super) struct Swap {
    /// The token that is given.
    gives: Option<Address>,
    /// The most that is taken of it.
    most: Option<U256>,
    /// The tokens that come out, or that one gets a share of.
    gets: Vec<Address>,
    /// The least that comes out, where it says so.
    least: Option<U256>,
}

impl Swap {
    /// What a call says. Nothing where it names no token that comes out and no least amount.
    pub(super) fn of(call: &Call<'_>) -> Option<Self> {
        let decoded = call.decoded.as_ref()?;
        let mut swap = Self::default();
        swap.look(&decoded.function.params, &decoded.args);
        let is_pool = decoded.function.name.starts_with("addLiquidity");
        if is_pool {
            swap.look_at_pool(&decoded.function.params, &decoded.args);
        }
        (swap.least.is_some() || !swap.gets.is_empty()).then_some(swap)
    }

    fn look(&mut self, params: &[Param], values: &[Value<'_>]) {
        for (param, value) in params.iter().zip(values) {
            match (&param.name[..], &param.ty, value) {
                (_, Type::Tuple(inner), Value::Tuple(values)) => self.look(inner, values),
                ("tokenIn" | "srcToken", _, Value::Address(token)) => self.gives = Some(*token),
                ("tokenOut" | "dstToken", _, Value::Address(token)) => self.gets.push(*token),
                ("amountIn" | "amountInMax" | "amountInMaximum" | "amount", _, Value::Uint(most)) => {
                    self.most = Some(*most);
                }
                (
                    "amountOutMin" | "amountOutMinimum" | "minAmountOut" | "minReturn" | "minReturnAmount"
                    | "min_dy" | "amountOut",
                    _,
                    Value::Uint(least),
                ) => self.least = Some(*least),
                ("path", _, Value::List(path)) => {
                    self.gives = path.first().and_then(Value::address);
                    self.gets.extend(path.last().and_then(Value::address));
                }
                // Token, fee, token: packed.
                ("path", _, Value::Bytes(path)) if path.len() >= 43 => {
                    self.gives = Some(Address::from_slice(&path[..20]));
                    self.gets.push(Address::from_slice(&path[path.len() - 20..]));
                }
                _ => {}
            }
        }
    }

    fn look_at_pool(&mut self, params: &[Param], values: &[Value<'_>]) {
        for (param, value) in params.iter().zip(values) {
            if let ("token" | "tokenA" | "tokenB", Value::Address(token)) = (&param.name[..], value) {
                self.gets.push(*token);
            }
        }
    }

    /// Token and amount that are taken from whoever calls. Of money that is sent along nothing is said here.
    pub(super) fn taken(&self, call: &Call<'_>) -> Option<(Address, U256)> {
        self.gives.zip(self.most).filter(|_| call.value.is_zero())
    }
}

/// Says what of an exchange is open: something nobody knows comes out, next to nothing need come out, money stays behind.
pub(super) fn open_ends(case: &Case<'_>, call: &Call<'_>, out: &mut Vec<Finding>) {
    let Some(swap) = Swap::of(call) else { return };
    let mut add = |title: String| out.push(Finding::new(Sim01, Review, &call.path, title));
    for token in &swap.gets {
        if case.token(token).is_none() && !case.wraps(token) && !token.is_zero() {
            add(format!("Nothing is known of the token {} that comes out.", case.show(token)));
        }
    }
    let thousandth = |token: &Address| {
        case.token(token)
            .map(|known| U256::from(10).saturating_pow(U256::from(known.decimals)) / U256::from(1_000))
    };
    let little = swap.gets.last().and_then(thousandth).unwrap_or(U256::from(1_000));
    if swap.least.is_some_and(|least| least < little) {
        add("Takes whatever comes out, be it next to nothing: the least amount is too small to protect."
            .to_owned());
    }
    let wraps = swap.gives.is_none_or(|token| case.wraps(&token));
    let kept = match swap.most {
        Some(most) if wraps => call.value.saturating_sub(most),
        Some(_) => call.value,
        None => U256::ZERO,
    };
    let refunded = case.unpacked.calls.iter().any(|other| {
        let name = other.decoded.as_ref().map_or("", |decoded| &decoded.function.name[..]);
        other.to == call.to && matches!(name, "refundETH" | "unwrapWETH9")
    });
    if !kept.is_zero() && swap.gives.is_some() && !refunded {
        let amount = case.amount(kept, &Address::ZERO);
        add(format!(
            "{amount} more than the exchange takes are sent along, and stay where anybody can take them."
        ));
    }
}

//! What an exchange gives and gets, as far as the names of its parameters tell.

use alloy_primitives::{Address, U256};

use crate::{
    decode::{Call, Param, Plan, Type, Value},
    typed::COIN,
};

/// An exchange: what may be taken, and what must come out.
#[derive(Debug, Default)]
pub(crate) struct Swap {
    /// The token that is given; the zero address for the chain's coin.
    pub gives: Option<Address>,
    /// The most that is taken of it.
    pub most: Option<U256>,
    /// The tokens that come out, or that one gets a share of.
    pub gets: Vec<Address>,
    /// The least that comes out, where it says so.
    pub least: Option<U256>,
}

impl Swap {
    /// What a call says. Nothing where it names no token that comes out and no least amount.
    pub(crate) fn of(call: &Call<'_>) -> Option<Self> {
        let decoded = call.decoded.as_ref()?;
        if let Some(plan) = Plan::of(call) {
            return Self::of_plan(&plan);
        }
        let mut swap = Self::default();
        swap.look(&decoded.function.params, &decoded.args);
        let is_pool = decoded.function.name.starts_with("addLiquidity");
        if is_pool {
            swap.look_at_pool(&decoded.function.params, &decoded.args);
        }
        // Exact outputs name their way from its end, where it is packed.
        let is_packed = decoded.function.signature.contains("(bytes,");
        if decoded.function.name == "exactOutput" && is_packed {
            let end = swap.gives.take();
            swap.gives = swap.gets.pop();
            swap.gets.extend(end);
        }
        for token in swap.gives.iter_mut().chain(&mut swap.gets).filter(|token| **token == COIN) {
            *token = Address::ZERO;
        }
        (swap.least.is_some() || !swap.gets.is_empty()).then_some(swap)
    }

    /// What a list of commands says, where it exchanges one thing for one other.
    fn of_plan(plan: &Plan) -> Option<Self> {
        let (gets, least) = plan.gets.iter().next().filter(|_| plan.is_single())?;
        let (gives, most) = plan.gives.iter().next()?;
        Some(Self { gives: Some(*gives), most: Some(*most), gets: vec![*gets], least: Some(*least) })
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
    pub(crate) fn taken(&self, call: &Call<'_>) -> Option<(Address, U256)> {
        self.gives.zip(self.most).filter(|_| call.value.is_zero())
    }
}

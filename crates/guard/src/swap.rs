//! What an exchange gives and gets, as far as the names of its parameters tell.

use alloy_primitives::{Address, U256};

use crate::{
    decode::{Call, Param, Plan, Type, Value, packed_way},
    typed::COIN,
};

/// An exchange: what may be taken, and what must come out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Swap {
    /// The token that is given; the zero address for the chain's coin.
    pub gives: Option<Address>,
    /// The most that is taken of it.
    pub most: Option<U256>,
    /// The tokens that come out, or that one gets a share of.
    pub gets: Vec<Address>,
    /// The least that comes out, where it says so.
    pub least: Option<U256>,
    /// Whether what comes out is named, and less may be taken than `most`.
    pub is_exact_out: bool,
    /// Whether it stops where the price reaches a limit, with less taken and less brought than it names.
    pub is_limited: bool,
    /// Tokens that are exchanged on the way.
    pub by_way_of: Vec<Address>,
    /// Whether its way is of no form that is read.
    pub is_unread: bool,
}

/// What an exchange is judged by that is a part of another.
#[derive(Clone, Debug)]
pub(crate) enum Joined {
    /// A later one, with which it is judged.
    Part,
    /// All parts together, of which it is the last.
    Whole(Swap),
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
        let name = &decoded.function.name;
        if name.starts_with("ethUnoswap") {
            (swap.gives, swap.most) = (Some(Address::ZERO), Some(call.value));
        }
        swap.is_exact_out = name.starts_with("exactOutput") || name.contains("ForExact");
        // The amount that comes out is asked for only where there is no limit of the price. Source: Uniswap v3-periphery,
        // `SwapRouter.sol`, and swap-router-contracts, `V3SwapRouter.sol`: `exactOutputInternal`.
        if swap.is_exact_out && swap.is_limited {
            swap.least = None;
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
        Some(Self {
            gives: Some(*gives),
            most: Some(*most),
            gets: vec![*gets],
            least: Some(*least),
            is_exact_out: plan.takes_up_to,
            by_way_of: plan.by_way_of.iter().copied().collect(),
            ..Self::default()
        })
    }

    fn look(&mut self, params: &[Param], values: &[Value<'_>]) {
        for (param, value) in params.iter().zip(values) {
            match (&param.name[..], &param.ty, value) {
                (_, Type::Tuple(inner), Value::Tuple(values)) => self.look(inner, values),
                ("tokenIn" | "srcToken", _, Value::Address(token)) => self.gives = Some(*token),
                // Of a number its end is meant. Source: 1inch, `AddressLib.sol`.
                ("srcToken", _, Value::Uint(number)) => {
                    self.gives = Some(Address::from_word(number.to_be_bytes().into()));
                }
                // Pools with flags, which are not read. Source: 1inch, `ProtocolLib.sol`.
                ("dex", _, Value::Uint(_)) => self.is_unread = true,
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
                ("sqrtPriceLimitX96", _, Value::Uint(limit)) => self.is_limited = !limit.is_zero(),
                ("path", _, Value::List(path)) => {
                    self.way(&path.iter().filter_map(Value::address).collect::<Vec<_>>());
                }
                ("path", _, Value::Bytes(path)) => self.way(&packed_way(path).unwrap_or_default()),
                _ => {}
            }
        }
    }

    fn way(&mut self, tokens: &[Address]) {
        let [first, between @ .., last] = tokens else {
            self.is_unread = true;
            return;
        };
        self.gives = Some(*first);
        self.gets.push(*last);
        self.by_way_of.extend(between);
    }

    fn look_at_pool(&mut self, params: &[Param], values: &[Value<'_>]) {
        for (param, value) in params.iter().zip(values) {
            if let ("token" | "tokenA" | "tokenB", Value::Address(token)) = (&param.name[..], value) {
                self.gets.push(*token);
            }
        }
    }

    /// Whether a call takes all that its router holds of what is given, whatever that is: nothing stands for it. Source: Uniswap
    /// swap-router-contracts, `Constants.sol`.
    pub(crate) fn takes_all(&self, call: &Call<'_>) -> bool {
        has_markers(call) && !self.is_exact_out && self.most.is_some_and(|most| most.is_zero())
    }

    /// Token and amount that are taken from whoever calls. Of money that is sent along nothing is said here.
    pub(crate) fn taken(&self, call: &Call<'_>) -> Option<(Address, U256)> {
        self.gives.zip(self.most).filter(|_| call.value.is_zero())
    }
}

/// What liquidity takes of one of its two tokens; the coin is the zero address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub token: Address,
    pub most: U256,
    pub least: U256,
}

/// Both sides of the liquidity that a call adds.
pub(crate) fn liquidity(call: &Call<'_>) -> Option<[Side; 2]> {
    let decoded = call.decoded.as_ref()?;
    let side = |token: usize, most: usize, least: usize| {
        Some(Side { token: decoded.address(token)?, most: decoded.uint(most)?, least: decoded.uint(least)? })
    };
    match decoded.signature() {
        "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)" => {
            Some([side(0, 2, 4)?, side(1, 3, 5)?])
        }
        "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)" => {
            Some([side(0, 1, 2)?, Side { token: Address::ZERO, most: call.value, least: decoded.uint(3)? }])
        }
        _ => None,
    }
}

/// Whether a router takes 1 for the sender and 2 for itself there. Source: Uniswap swap-router-contracts, `Constants.sol`;
/// its functions have no deadline, and those of the routers before have one.
pub(crate) fn has_markers(call: &Call<'_>) -> bool {
    matches!(
        call.signature().unwrap_or_default(),
        "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
            | "exactOutputSingle((address,address,uint24,address,uint256,uint256,uint160))"
            | "exactInput((bytes,address,uint256,uint256))"
            | "exactOutput((bytes,address,uint256,uint256))"
            | "swapExactTokensForTokens(uint256,uint256,address[],address)"
            | "swapTokensForExactTokens(uint256,uint256,address[],address)"
    )
}

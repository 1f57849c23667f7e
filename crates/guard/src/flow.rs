//! What leaves by a function that is known by its name: the one place where limits, checks and sentences learn it. Of a function
//! that is not named here nobody can tell what it takes.

use alloy_primitives::{Address, U256};

pub(crate) use crate::decode::ALLOWANCE;
use crate::{
    case::Case,
    decode::{
        Call, Decoded, EXECUTE, Plan, Value, action, cow, seaport,
        table::{self, PowerKind},
    },
    known,
    swap::{Swap, liquidity},
};

/// A function of OFT. Source: `LayerZero`, `IOFT.sol`: `send(SendParam, MessagingFee, address)`.
pub(crate) const OFT_SEND: &str =
    "send((uint32,bytes32,uint256,uint256,bytes,bytes,bytes),(uint256,uint256),address)";

/// Functions of Across that take a token: depositor, recipient, input token, output token, input amount, output amount, chain.
pub(crate) const ACROSS: [&str; 2] = [
    "depositV3(address,address,address,address,uint256,uint256,uint256,address,uint32,uint32,uint32,bytes)",
    "deposit(bytes32,bytes32,bytes32,bytes32,uint256,uint256,uint256,bytes32,uint32,uint32,uint32,bytes)",
];

/// Functions of CCTP that take a token: amount, domain, recipient, token. Source: circlefin/evm-cctp-contracts,
/// `TokenMessenger.sol` and `TokenMessengerV2.sol`.
pub(crate) const CCTP: [&str; 4] = [
    "depositForBurn(uint256,uint32,bytes32,address)",
    "depositForBurnWithCaller(uint256,uint32,bytes32,address,bytes32)",
    "depositForBurn(uint256,uint32,bytes32,address,bytes32,uint256,uint32)",
    "depositForBurnWithHook(uint256,uint32,bytes32,address,bytes32,uint256,uint32,bytes)",
];

/// A function of Arbitrum's gateways: token, recipient, amount, gas, its price, data. Source: `OffchainLabs`,
/// `L1GatewayRouter.sol`.
pub(crate) const OUTBOUND: &str = "outboundTransfer(address,address,uint256,uint256,uint256,bytes)";

/// Functions of Safe's allowance module by which a Safe lets a delegate take tokens without signatures of its owners: delegate, token,
/// amount, minutes after which he has it again, and from when on. Source: safe-global/safe-modules, `AllowanceModule.sol`.
pub(crate) const SET_ALLOWANCE: &str = "setAllowance(address,address,uint96,uint16,uint32)";
pub(crate) const ADD_DELEGATE: &str = "addDelegate(address)";

/// What a delegate of the allowance module may take.
pub(crate) struct Allowance {
    pub token: Address,
    pub amount: U256,
    /// After how many minutes he has it again; zero for never.
    pub minutes: U256,
}

impl Allowance {
    pub(crate) fn of(call: &Call<'_>) -> Option<Self> {
        let decoded = call.decoded.as_ref().filter(|it| it.signature() == SET_ALLOWANCE && !call.delegate)?;
        Some(Self { token: decoded.address(1)?, amount: decoded.uint(2)?, minutes: decoded.uint(3)? })
    }

    /// How much, and how often.
    pub(crate) fn show(&self, case: &Case<'_>) -> String {
        let often = if self.minutes.is_zero() {
            ", once".to_owned()
        } else {
            format!(" every {}", known::duration(self.minutes.saturating_mul(U256::from(60))))
        };
        format!("up to {}{often}", case.amount(self.amount, &self.token))
    }
}

/// Functions by which nothing leaves but the money that is sent along: they bring what a router holds, cancel, look, or take that
/// money alone.
const NOTHING: &[&str] = &[
    "deposit()",
    "submit(address)",
    "depositTo(address)",
    "renew(string,uint256)",
    "refundETH()",
    "sweepETH(address)",
    "sweepERC20(address,address)",
    "sweepToken(address,uint256)",
    "sweepToken(address,uint256,address)",
    "unwrapWETH9(uint256)",
    "unwrapWETH9(uint256,address)",
    "lockdown((address,address)[])",
    "incrementCounter()",
    "simulateAndRevert(address,bytes)",
    "createProxyWithNonce(address,bytes,uint256)",
    "unwrapWETH9WithFee(uint256,address,uint256,address)",
    "sweepTokenWithFee(address,uint256,address,uint256,address)",
    "collect((uint256,address,uint128,uint128))",
    "depositETH(address,address,uint16)",
    "setUserUseReserveAsCollateral(address,bool)",
    "claimWithdrawal(uint256)",
    "claimWithdrawals(uint256[],uint256[])",
    "swapExactETHForTokens(uint256,address[],address,uint256)",
    "swapExactETHForTokensSupportingFeeOnTransferTokens(uint256,address[],address,uint256)",
    "swapETHForExactTokens(uint256,address[],address,uint256)",
    // Lists without an entry; each entry is an act of its own.
    "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)",
    "transferFrom((address,address,uint160,address)[])",
];

/// How a contract takes what a call of it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Takes {
    /// Itself, by the allowance that whoever calls gave it at the token.
    ByAllowance,
    /// By the allowance that it was given at Permit2.
    ByPermit2,
}

/// Functions whose contract itself takes what they give, by its allowance. Sources: Uniswap v2-periphery and v3-periphery (routers),
/// Aave v3 `Pool.sol`, Compound `Comet.sol`, `Morpho.sol`, Across `SpokePool.sol`, Circle `TokenMessenger.sol`, Lido `WstETH.sol`
/// and `WithdrawalQueue.sol`. A gateway's router is not among them: its gateways take.
const BY_ALLOWANCE: &[&str] = &[
    "supply(address,uint256,address,uint16)",
    "deposit(address,uint256,address,uint16)",
    "supplyWithPermit(address,uint256,address,uint16,uint256,uint8,bytes32,bytes32)",
    "repay(address,uint256,uint256,address)",
    "repayWithPermit(address,uint256,uint256,address,uint256,uint8,bytes32,bytes32)",
    "supply(address,uint256)",
    "supplyTo(address,address,uint256)",
    MORPHO_SUPPLY,
    MORPHO_REPAY,
    MORPHO_COLLATERAL,
    "wrap(uint256)",
    "requestWithdrawals(uint256[],address)",
    "requestWithdrawalsWstETH(uint256[],address)",
    "requestWithdrawalsWithPermit(uint256[],address,(uint256,uint256,uint8,bytes32,bytes32))",
    "requestWithdrawalsWstETHWithPermit(uint256[],address,(uint256,uint256,uint8,bytes32,bytes32))",
    "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)",
    "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)",
    "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
    "swapExactTokensForTokens(uint256,uint256,address[],address)",
    "swapTokensForExactTokens(uint256,uint256,address[],address,uint256)",
    "swapTokensForExactTokens(uint256,uint256,address[],address)",
    "swapExactTokensForETH(uint256,uint256,address[],address,uint256)",
    "swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)",
    "swapExactTokensForETHSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)",
    "swapTokensForExactETH(uint256,uint256,address[],address,uint256)",
    "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))",
    "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))",
    "exactInput((bytes,address,uint256,uint256,uint256))",
    "exactInput((bytes,address,uint256,uint256))",
    "exactOutputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))",
    "exactOutputSingle((address,address,uint24,address,uint256,uint256,uint160))",
    "exactOutput((bytes,address,uint256,uint256,uint256))",
    "exactOutput((bytes,address,uint256,uint256))",
];

impl Takes {
    /// Of a function of which that is known.
    pub(crate) fn of(call: &Call<'_>) -> Option<Self> {
        let decoded = call.decoded.as_ref()?;
        let signature = decoded.signature();
        if EXECUTE.contains(&signature) {
            return Some(Self::ByPermit2);
        }
        let has_no_switch = || decoded.args.get(1)?.elements().get(6)?.uint().map(|flags| flags.is_zero());
        let itself = BY_ALLOWANCE.contains(&signature)
            || ACROSS.contains(&signature)
            || CCTP.contains(&signature)
            || signature == action::ONE_INCH && has_no_switch() == Some(true);
        itself.then_some(Self::ByAllowance)
    }
}

/// What leaves beside what is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing.
    Nothing,
    /// So much of something that the call data do not name, or something that may be owed.
    Unnamed,
    /// Nobody can tell how much of what.
    Open,
}

/// What leaves by one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Tokens and amounts that are given; the coin is zero. Money that is sent along is counted as such.
    pub gives: Vec<(Address, U256)>,
    /// What is borrowed, and has to be paid back.
    pub owes: Vec<(Address, U256)>,
    /// What else leaves.
    pub rest: Rest,
}

impl Flow {
    const fn rest(rest: Rest) -> Self {
        Self { gives: Vec::new(), owes: Vec::new(), rest }
    }

    const NOTHING: Self = Self::rest(Rest::Nothing);
    const UNNAMED: Self = Self::rest(Rest::Unnamed);
    const OPEN: Self = Self::rest(Rest::Open);

    /// Nothing of what should be named may be missing.
    fn gives<const N: usize>(all: [Option<(Address, U256)>; N]) -> Self {
        let all: Option<Vec<_>> = all.into_iter().collect();
        all.map_or(Self::OPEN, |gives| Self { gives, ..Self::NOTHING })
    }

    fn owes(one: Option<(Address, U256)>) -> Self {
        one.map_or(Self::OPEN, |one| Self { owes: vec![one], ..Self::NOTHING })
    }

    fn and(self, rest: Rest) -> Self {
        if self.rest == Rest::Open { self } else { Self { rest, ..self } }
    }

    /// What leaves by a call. `beneficiaries`: who gets what comes of it.
    pub(crate) fn of(case: &Case<'_>, call: &Call<'_>, beneficiaries: &[Address]) -> Self {
        let Some((to, decoded)) = call.to.zip(call.decoded.as_ref()) else { return Self::OPEN };
        let signature = decoded.signature();
        if EXECUTE.contains(&signature) {
            return Plan::of(call).map_or(Self::OPEN, |plan| {
                let gives = plan.gives.into_iter().filter(|(token, _)| !token.is_zero()).collect();
                Self { gives, ..Self::NOTHING }
            });
        }
        let at = |token: usize, amount: usize| decoded.address(token).zip(decoded.uint(amount));
        let own = |amount: usize| Some(to).zip(decoded.uint(amount));
        let comes_back =
            !beneficiaries.is_empty() && beneficiaries.iter().all(|who| case.is_callers(call, who));
        let unless_back = |one: Option<(Address, U256)>| {
            if comes_back { Self::NOTHING } else { Self::gives([one]) }
        };
        let spends = |from: usize| decoded.address(from).is_some_and(|from| case.spends(&from));
        match signature {
            _ if is_cancel(signature) => Self::NOTHING,
            // What an order gives is counted as such, and leaves later.
            _ if cow::is_read(decoded) => match cow::pre_signed(decoded) {
                Some((_, true)) if case.cow_order(call).is_none() => Self::UNNAMED,
                None if case.cow_order(call).is_none() => Self::OPEN,
                _ => Self::NOTHING,
            },
            // So it is here.
            seaport::VALIDATE => Self::NOTHING,
            _ if NOTHING.contains(&signature) => Self::NOTHING,
            "withdraw(uint256)" if case.wraps(&to) => Self::NOTHING,
            // Shares are the contract's own token.
            "burn(uint256)" | "unwrap(uint256)" | "redeem(uint256,address,address)" => Self::gives([own(0)]),
            "wrap(uint256)" if to == known::WSTETH => Self::gives([Some(known::STETH).zip(decoded.uint(0))]),
            // What a vault or a pool takes it does not name, but for how much of it.
            "wrap(uint256)"
            | "deposit(uint256,address)"
            | "removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)"
            | "removeLiquidityETH(address,uint256,uint256,uint256,address,uint256)"
            | "removeLiquidityETHSupportingFeeOnTransferTokens(address,uint256,uint256,uint256,address,uint256)"
            | "removeLiquidityWithPermit(address,address,uint256,uint256,uint256,address,uint256,bool,uint8,bytes32,bytes32)"
            | "removeLiquidityETHWithPermit(address,uint256,uint256,uint256,address,uint256,bool,uint8,bytes32,bytes32)"
            | "removeLiquidityETHWithPermitSupportingFeeOnTransferTokens(address,uint256,uint256,uint256,address,uint256,bool,uint8,bytes32,bytes32)"
            | "queueWithdrawals((address[],uint256[],address)[])" => Self::UNNAMED,
            "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)"
            | "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)" => {
                let sides = liquidity(call).into_iter().flatten();
                let gives = sides.map(|side| (side.token, side.most)).filter(|(token, _)| !token.is_zero());
                Self { gives: gives.collect(), ..Self::NOTHING }
            }
            "supply(address,uint256,address,uint16)"
            | "deposit(address,uint256,address,uint16)"
            | "supplyWithPermit(address,uint256,address,uint16,uint256,uint8,bytes32,bytes32)"
            | "repay(address,uint256,uint256,address)"
            | "repayWithPermit(address,uint256,uint256,address,uint256,uint8,bytes32,bytes32)"
            // The pool's own token, of which each is worth one.
            | "repayWithATokens(address,uint256,uint256)"
            | "supply(address,uint256)" => Self::gives([at(0, 1)]),
            "supplyTo(address,address,uint256)" => Self::gives([at(1, 2)]),
            "supplyFrom(address,address,address,uint256)" => Self::gives([at(2, 3)]),
            MORPHO_SUPPLY | MORPHO_REPAY => {
                // How much so many shares cost, the market decides.
                if decoded.uint(2).is_some_and(|shares| shares.is_zero()) {
                    Self::gives([market(decoded, LOAN).zip(decoded.uint(1))])
                } else {
                    Self::OPEN
                }
            }
            MORPHO_COLLATERAL => Self::gives([market(decoded, COLLATERAL).zip(decoded.uint(1))]),
            "borrow(address,uint256,uint256,uint16,address)" => Self::owes(at(0, 1)),
            "withdraw(address,uint256,address)" => unless_back(at(0, 1)),
            "rescueTokens(address,address,uint256)" | "rescueERC20(address,address,uint256)" => {
                unless_back(at(0, 2))
            }
            "updateRescuer(address)"
            | "withdrawStake(address)"
            | "claimWithdrawalsTo(uint256[],uint256[],address)"
                if comes_back =>
            {
                Self::NOTHING
            }
            "operatorSend(address,address,uint256,bytes,bytes)"
            | "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
            | "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
            | "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
            | "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)" => {
                if spends(0) {
                    unless_back(own(2))
                } else {
                    Self::NOTHING
                }
            }
            ALLOWANCE => {
                let payment = at(4, 5);
                if comes_back { Self::gives([payment]) } else { Self::gives([at(1, 3), payment]) }
            }
            // What comes to oneself may be a loan. Source: compound-finance/comet, `Comet.sol`, `withdrawInternal`.
            "withdrawTo(address,address,uint256)" | "transferAsset(address,address,uint256)" => unless_back(at(1, 2)).and(Rest::Unnamed),
            "withdrawFrom(address,address,address,uint256)"
            | "transferAssetFrom(address,address,address,uint256)" => {
                unless_back(at(2, 3)).and(Rest::Unnamed)
            }
            "withdrawTo(address,uint256)" => unless_back(Some(Address::ZERO).zip(decoded.uint(1))),
            // The gateway takes the pool's own token for ether.
            "withdrawETH(address,uint256,address)" => {
                unless_back(Some(Address::ZERO).zip(decoded.uint(1))).and(Rest::Unnamed)
            }
            "borrow((address,address,address,address,uint256),uint256,uint256,address,address)" => {
                if decoded.uint(2).is_some_and(|shares| shares.is_zero()) {
                    Self::owes(market(decoded, LOAN).zip(decoded.uint(1)))
                } else {
                    Self::OPEN
                }
            }
            "withdraw((address,address,address,address,uint256),uint256,uint256,address,address)"
                if comes_back || decoded.uint(2).is_some_and(|shares| shares.is_zero()) =>
            {
                unless_back(market(decoded, LOAN).zip(decoded.uint(1)))
            }
            "withdrawCollateral((address,address,address,address,uint256),uint256,address,address)" => {
                unless_back(market(decoded, COLLATERAL).zip(decoded.uint(1)))
            }
            "requestWithdrawals(uint256[],address)"
            | "requestWithdrawalsWithPermit(uint256[],address,(uint256,uint256,uint8,bytes32,bytes32))" => {
                Self::gives([Some(known::STETH).zip(summed(decoded.args.first()))])
            }
            "requestWithdrawalsWstETH(uint256[],address)"
            | "requestWithdrawalsWstETHWithPermit(uint256[],address,(uint256,uint256,uint8,bytes32,bytes32))" => {
                Self::gives([Some(known::WSTETH).zip(summed(decoded.args.first()))])
            }
            // A share is worth more than the token, and how much more is not here.
            "transferShares(address,uint256)" => {
                if comes_back {
                    Self::NOTHING
                } else {
                    Self::UNNAMED
                }
            }
            "transferSharesFrom(address,address,uint256)" => {
                if comes_back || !spends(0) {
                    Self::NOTHING
                } else {
                    Self::UNNAMED
                }
            }
            "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)" => {
                if spends(2) {
                    unless_back(permitted(decoded))
                } else {
                    Self::NOTHING
                }
            }
            OUTBOUND => Self::gives([at(0, 2)]),
            OFT_SEND => {
                let amount = decoded.args.first().and_then(|param| param.elements().get(2)?.uint());
                // An OFT that is no token that is known here may hold another in trust.
                let is_token = case.token(&to).is_some() || is_limited(case, &to);
                let is_named = is_token && lz_fee(decoded).is_some_and(|fee| fee.is_zero());
                Self::gives([Some(to).zip(amount)]).and(if is_named { Rest::Nothing } else { Rest::Unnamed })
            }
            // Counted as what is sent along.
            _ if bridges_coin(case, call) => Self::NOTHING,
            _ if ACROSS.contains(&signature) => Self::gives([address(decoded, 2).zip(decoded.uint(4))]),
            _ if CCTP.contains(&signature) => Self::gives([at(3, 0)]),
            _ => {
                let swap = Swap::of(call).and_then(|swap| swap.gives.zip(swap.most));
                let Some((token, most)) = swap else { return Self::OPEN };
                let is_paid = case.or_coin(token).is_zero() && call.value >= most;
                if is_paid { Self::NOTHING } else { Self::gives([Some((token, most))]) }
            }
        }
    }
}

/// Whether the policy limits a token.
fn is_limited(case: &Case<'_>, token: &Address) -> bool {
    case.policy.limits.iter().any(|limit| limit.token.is_some_and(|limited| limited.0 == *token))
}

/// Functions of Morpho that take: market, assets, shares, for whom, data for whoever calls. Source: morpho-org/morpho-blue,
/// `IMorpho.sol`.
pub(crate) const MORPHO_SUPPLY: &str =
    "supply((address,address,address,address,uint256),uint256,uint256,address,bytes)";
pub(crate) const MORPHO_REPAY: &str =
    "repay((address,address,address,address,uint256),uint256,uint256,address,bytes)";
pub(crate) const MORPHO_COLLATERAL: &str =
    "supplyCollateral((address,address,address,address,uint256),uint256,address,bytes)";

/// Whether a function undoes what whoever calls signed before, and nothing else.
pub(crate) fn is_cancel(signature: &str) -> bool {
    signature == CANCEL || table::named(signature).is_some_and(|named| named.kind == PowerKind::Cancel)
}

/// Cancels orders at Seaport.
const CANCEL: &str = "cancel((address,address,(uint8,address,uint256,uint256,uint256)[],(uint8,address,uint256,uint256,uint256,address)[],uint8,uint256,uint256,bytes32,uint256,bytes32,uint256)[])";

/// What is lent at a market of Morpho, and what for. Source: morpho-org/morpho-blue, `IMorpho.sol`, `MarketParams`.
const LOAN: usize = 0;
const COLLATERAL: usize = 1;

fn market(decoded: &Decoded<'_>, field: usize) -> Option<Address> {
    decoded.args.first()?.elements().get(field)?.address()
}

/// Token and amount of Permit2's transfer by a signature.
fn permitted(decoded: &Decoded<'_>) -> Option<(Address, U256)> {
    let token = decoded.args.first()?.elements().first()?.elements().first()?.address();
    token.zip(decoded.args.get(1)?.elements().get(1)?.uint())
}

/// What a bridge may keep of what it is given, as its fee or for whoever brings it to the other end: what need not arrive there. Of
/// another token than the one that is given nobody can tell.
pub(crate) fn kept(case: &Case<'_>, call: &Call<'_>) -> Option<(Address, U256)> {
    let (to, decoded) = call.to.zip(call.decoded.as_ref()).filter(|_| !call.delegate)?;
    let signature = decoded.signature();
    let (token, kept) = if ACROSS.contains(&signature) {
        is_same_there(case, decoded).then_some(())?;
        (address(decoded, 2)?, decoded.uint(4)?.saturating_sub(decoded.uint(5)?))
    } else if CCTP.contains(&signature) && decoded.args.len() >= 7 {
        (decoded.address(3)?, decoded.uint(5)?.min(decoded.uint(0)?))
    } else if signature == OFT_SEND {
        let amount = |index: usize| decoded.args.first()?.elements().get(index)?.uint();
        (to, amount(2)?.saturating_sub(amount(3)?))
    } else {
        return None;
    };
    (!kept.is_zero()).then_some((token, kept))
}

/// Whether Across is handed the coin itself for the token that wraps it: it takes all of what is sent along, and no token. Source:
/// across-protocol/contracts, `SpokePool.sol`, `_depositV3`.
pub(crate) fn bridges_coin(case: &Case<'_>, call: &Call<'_>) -> bool {
    let Some(decoded) = call.decoded.as_ref().filter(|it| ACROSS.contains(&it.signature())) else {
        return false;
    };
    let is_wrapped = address(decoded, 2).is_some_and(|token| case.wraps(&token));
    is_wrapped && !call.value.is_zero() && decoded.uint(4) == Some(call.value)
}

/// Whether both tokens that Across is told of are known to be one, each on its chain.
pub(crate) fn is_same_there(case: &Case<'_>, decoded: &Decoded<'_>) -> bool {
    let chain = decoded.uint(6).and_then(|number| u64::try_from(number).ok());
    let unit = |index: usize, chain: Option<u64>| {
        let unit = known::shipped(&address(decoded, index)?, Some(chain?))?;
        Some((unit.ticker, unit.decimals))
    };
    let there = unit(3, chain.filter(|chain| known::ships_tokens(*chain)));
    unit(2, case.chain_id).is_some_and(|input| there == Some(input))
}

/// What an OFT takes as its fee in the token of `LayerZero`.
pub(crate) fn lz_fee(decoded: &Decoded<'_>) -> Option<U256> {
    decoded.args.get(1)?.elements().get(1)?.uint()
}

/// An address among the parameters, also where it stands in 32 bytes.
pub(crate) fn address(decoded: &Decoded<'_>, index: usize) -> Option<Address> {
    decoded.address(index).or_else(|| in_word(decoded.args.get(index)?))
}

pub(crate) fn in_word(value: &Value<'_>) -> Option<Address> {
    let bytes = value.bytes().filter(|bytes| bytes.len() == 32 && bytes[..12] == [0; 12])?;
    Some(Address::from_slice(&bytes[12..]))
}

pub(crate) fn summed(list: Option<&Value<'_>>) -> Option<U256> {
    let amounts = list?.elements().iter().filter_map(Value::uint);
    Some(amounts.fold(U256::ZERO, U256::saturating_add))
}

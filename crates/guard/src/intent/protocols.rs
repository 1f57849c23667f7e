//! What functions of bridges, lenders, vaults and stakers do, in the words of money: what leaves, to whom, on which chain.

use alloy_primitives::{Address, U256};

use super::{token_amount, whom};
use crate::{
    case::{Case, OneOrCoin},
    decode::{Act, Call, Decoded, Extent, Functions, Placed, Power, Value, cow, decode, seaport},
    flow::{self, ACROSS, ALLOWANCE, Allowance, CCTP, Flow, OFT_SEND, OUTBOUND, Rest},
    known,
    policy::Role,
    there::There,
};

/// At a contract that is trusted alone: elsewhere the names of functions and parameters say nothing.
pub(super) fn told(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Named { to, function, beneficiaries } = &placed.act else { return None };
    let call = &case.unpacked.calls[placed.call];
    if call.delegate || !case.trusts(to, &[Role::Contract, Role::Spender]) {
        return None;
    }
    let decoded = call.decoded.as_ref()?;
    let at = case.show(to);
    let whom = whom(case, call, beneficiaries);
    if decoded.signature() == ALLOWANCE {
        let (safe, amount) = (decoded.address(0)?, case.amount(decoded.uint(3)?, &decoded.address(1)?));
        return Some(format!("moves {amount} of {} by {at}{whom}", case.show(&safe)));
    }
    if flow::is_cancel(decoded.signature()) {
        return Some(format!("cancels orders or signatures of yours at {at}"));
    }
    let given: Vec<String> =
        case.orders_by(call).iter().take(MOST).map(|order| super::order(case, order)).collect();
    if !given.is_empty() {
        return Some(format!("{} at {at}", given.join(" and ")));
    }
    if decoded.signature() == seaport::VALIDATE {
        return Some(format!("makes orders of others good at {at}"));
    }
    if let Some((uid, signs)) = cow::pre_signed(decoded) {
        return Some(if signs {
            format!("signs the order {} at {at}, which is not here", uid.digest)
        } else {
            format!("takes back its signature of the order {} at {at}", uid.digest)
        });
    }
    bridged(case, call, decoded, to, &at, &whom)
        .or_else(|| vaulted(case, decoded, to, &at, &whom))
        .or_else(|| lent(case, decoded, &at, &whom))
        .or_else(|| staked(case, decoded, to, &at, &whom))
        .or_else(|| {
            let flow = Flow::of(case, call, beneficiaries);
            let sum = |all: &[(Address, U256)]| {
                let all: Vec<String> =
                    all.iter().map(|(token, amount)| case.amount(*amount, token)).collect();
                all.join(" and ")
            };
            let function = crate::json::shorten(function);
            match (&flow.gives[..], flow.rest) {
                ([], Rest::Open) => Some(format!(
                    "calls {function} at {at}{whom}, and how much leaves by that does not stand there"
                )),
                ([], _) => None,
                (gives, _) => Some(format!("gives {} at {at} by {function}{whom}", sum(gives))),
            }
        })
}

/// What a token's own functions move beside `transfer`: shares of Lido's token, and what somebody let go by a signature. At a
/// contract that is known to be a token alone. Source: Lido, `StETH.sol`; ERC-3009.
pub(super) fn moved(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Named { to, function, .. } = &placed.act else { return None };
    let call = &case.unpacked.calls[placed.call];
    if call.delegate || !(case.token(to).is_some() || case.trusts(to, &[Role::Contract, Role::Spender])) {
        return None;
    }
    let decoded = call.decoded.as_ref()?;
    let who = |index: usize| decoded.address(index).map(|who| case.show(&who));
    let shares = |index: usize| {
        let shares = known::decimal(decoded.uint(index)?, 18);
        let token = case.token(to).map_or_else(|| case.show(to), |token| token.symbol);
        Some(format!("{shares} shares of {token}, each worth more than one of it,"))
    };
    Some(match &function[..] {
        "transferShares(address,uint256)" => format!("sends {} to {}", shares(1)?, who(0)?),
        "transferSharesFrom(address,address,uint256)" => {
            format!("moves {} from {} to {}", shares(2)?, who(0)?, who(1)?)
        }
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
        | "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
        | "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
        | "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)" => {
            let from = who(0)?;
            format!(
                "moves {} from {from} to {}, by a signature of {from}",
                case.amount(decoded.uint(2)?, to),
                who(1)?
            )
        }
        _ => return None,
    })
}

/// Solana's domain at CCTP. Source: Circle, "CCTP supported blockchains".
const SOLANA: U256 = U256::from_limbs([5, 0, 0, 0]);

fn bridged(
    case: &Case<'_>,
    call: &Call<'_>,
    decoded: &Decoded<'_>,
    to: &Address,
    at: &str,
    whom: &str,
) -> Option<String> {
    let signature = decoded.signature();
    let kept = flow::kept(case, call).map_or_else(String::new, |(token, kept)| {
        format!(", and up to {} stay with the bridge", case.amount(kept, &token))
    });
    let sent = |amount: U256, token: &Address, there: &str, least: &str| {
        format!("sends {} by the bridge {at} to {there}{whom}{least}{kept}", case.amount(amount, token))
    };
    if CCTP.contains(&signature) {
        let domain = decoded.uint(1)?;
        let there = if domain == SOLANA { "Solana".to_owned() } else { There::of_domain(domain).show() };
        let word = decoded.args.get(2)?.bytes()?;
        let whom = match whom {
            "" if domain == SOLANA => format!(", for {}", bs58::encode(word).into_string()),
            "" => format!(", for 0x{}", hex::encode(word)),
            _ => String::new(),
        };
        return Some(sent(decoded.uint(0)?, &decoded.address(3)?, &there, &whom));
    }
    if ACROSS.contains(&signature) {
        let number = decoded.uint(6)?;
        let (output, least) = (flow::address(decoded, 3)?, decoded.uint(5)?);
        let there = There::of_chain(number);
        let chain = match there {
            There::Chain(chain) => Some(chain),
            There::Unknown(_) => None,
        };
        let unit = chain.and_then(|chain| known::shipped(&output, Some(chain)));
        let least = match unit {
            Some(unit) => format!("{} {}", known::decimal(least, unit.decimals), unit.ticker),
            None => format!("{least} base units of {output}"),
        };
        let least = format!(", where {least} arrive");
        let input = flow::address(decoded, 2)?;
        let input = if flow::bridges_coin(case, call) { Address::ZERO } else { input };
        return Some(sent(decoded.uint(4)?, &input, &there.show(), &least));
    }
    if signature == OFT_SEND {
        let params = decoded.args.first()?.elements();
        let there = There::of_endpoint(params.first()?.uint()?).show();
        let least = format!(", where at least {} arrive", case.amount(params.get(3)?.uint()?, to));
        return Some(sent(params.get(2)?.uint()?, to, &there, &least));
    }
    if signature == OUTBOUND {
        let there = There::of_gateway(to, case.chain_id);
        let there = there.map_or_else(|| "the chain that it serves".to_owned(), There::show);
        return Some(sent(decoded.uint(2)?, &decoded.address(0)?, &there, ""));
    }
    None
}

/// Shares of vaults. Source: ERC-4626.
fn vaulted(case: &Case<'_>, decoded: &Decoded<'_>, to: &Address, at: &str, whom: &str) -> Option<String> {
    let amount = decoded.uint(0)?;
    let units = || format!("{} base units", grouped(amount));
    Some(match decoded.signature() {
        "deposit(uint256,address)" => format!("gives {} of what {at} takes for its shares{whom}", units()),
        "mint(uint256,address)" => {
            format!("buys {} of shares of {at} at whatever they cost{whom}", units())
        }
        "withdraw(uint256,address,address)" => {
            format!("takes {} of what {at} holds for as many shares as it asks{whom}", units())
        }
        "redeem(uint256,address,address)" => {
            format!("gives back {} for what they are worth{whom}", case.amount(amount, to))
        }
        _ => return None,
    })
}

/// Loans of Comet and Morpho; those of Aave have words of their own.
fn lent(case: &Case<'_>, decoded: &Decoded<'_>, at: &str, whom: &str) -> Option<String> {
    let market = |field: usize| decoded.args.first()?.elements().get(field)?.address();
    // So much of a token, or what so many shares of it are worth.
    let assets = |token: Address| {
        let (assets, shares) = (decoded.uint(1)?, decoded.uint(2)?);
        Some(if shares.is_zero() {
            token_amount(case, assets, &token)
        } else {
            format!("as much {} as {} shares are worth", case.show(&token), grouped(shares))
        })
    };
    Some(match decoded.signature() {
        "borrow((address,address,address,address,uint256),uint256,uint256,address,address)" => {
            format!("borrows {} at {at}{whom}", assets(market(0)?)?)
        }
        "withdraw((address,address,address,address,uint256),uint256,uint256,address,address)" => {
            format!("takes {} out of {at}{whom}", assets(market(0)?)?)
        }
        "withdrawCollateral((address,address,address,address,uint256),uint256,address,address)" => {
            let collateral = token_amount(case, decoded.uint(1)?, &market(1)?);
            format!("takes {collateral}, which is collateral, out of {at}{whom}")
        }
        flow::MORPHO_SUPPLY => format!("supplies {} at {at}{whom}", assets(market(0)?)?),
        flow::MORPHO_REPAY => format!("repays {} at {at}{whom}", assets(market(0)?)?),
        flow::MORPHO_COLLATERAL => {
            let collateral = token_amount(case, decoded.uint(1)?, &market(1)?);
            format!("supplies {collateral} as collateral at {at}{whom}")
        }
        "supply(address,uint256)" => {
            format!(
                "supplies {} at {at}, or repays with it",
                supplied(case, decoded.uint(1)?, &decoded.address(0)?)
            )
        }
        "supplyTo(address,address,uint256)" => {
            format!(
                "supplies {} at {at}, or repays with it{whom}",
                supplied(case, decoded.uint(2)?, &decoded.address(1)?)
            )
        }
        "withdrawTo(address,address,uint256)" => {
            let amount = token_amount(case, decoded.uint(2)?, &decoded.address(1)?);
            format!("takes {amount} out of {at}{whom}, as a loan where you have less there")
        }
        "depositETH(address,address,uint16)" => format!("supplies what is sent along at {at}{whom}"),
        "withdrawETH(address,uint256,address)" => {
            let amount = decoded.uint(1)?;
            let some = || case.amount(amount, &Address::ZERO);
            let sum =
                if amount == U256::MAX { "all the ether that you have there".to_owned() } else { some() };
            format!("takes {sum} out of Aave by {at}{whom}")
        }
        "setUserUseReserveAsCollateral(address,bool)" => {
            let asset = case.show(&decoded.address(0)?);
            let verb = if decoded.args.get(1)?.boolean()? { "lets" } else { "no longer lets" };
            format!("{verb} what you have of {asset} at {at} stand for what you owe there")
        }
        "claimWithdrawal(uint256)" | "claimWithdrawals(uint256[],uint256[])" => {
            format!("claims ether that was asked for at {at}, for you")
        }
        "transferAsset(address,address,uint256)" => {
            let amount = token_amount(case, decoded.uint(2)?, &decoded.address(1)?);
            format!("moves {amount} within {at}{whom}, as a loan where you have less there")
        }
        "withdrawFrom(address,address,address,uint256)"
        | "transferAssetFrom(address,address,address,uint256)" => {
            let amount = token_amount(case, decoded.uint(3)?, &decoded.address(2)?);
            format!("moves {amount} of {} at {at}{whom}", case.show(&decoded.address(0)?))
        }
        _ => return None,
    })
}

/// Comet takes the largest number for what is owed. Source: compound-finance/comet, `Comet.sol`, `supplyInternal`.
fn supplied(case: &Case<'_>, amount: U256, token: &Address) -> String {
    if amount == U256::MAX {
        format!("as much {} as is owed", case.show(token))
    } else {
        token_amount(case, amount, token)
    }
}

fn staked(case: &Case<'_>, decoded: &Decoded<'_>, to: &Address, at: &str, whom: &str) -> Option<String> {
    Some(match decoded.signature() {
        "requestWithdrawals(uint256[],address)"
        | "requestWithdrawalsWithPermit(uint256[],address,(uint256,uint256,uint8,bytes32,bytes32))" => {
            let amount = case.amount(flow::summed(decoded.args.first())?, &known::STETH);
            format!("hands in {amount} at {at} for ether later{whom}")
        }
        "requestWithdrawalsWstETH(uint256[],address)"
        | "requestWithdrawalsWstETHWithPermit(uint256[],address,(uint256,uint256,uint8,bytes32,bytes32))" => {
            let amount = case.amount(flow::summed(decoded.args.first())?, &known::WSTETH);
            format!("hands in {amount} at {at} for ether later{whom}")
        }
        "submit(address)" => match decoded.address(0)? {
            nobody if nobody.is_zero() => format!("stakes what is sent along at {at}"),
            who => {
                format!("stakes what is sent along at {at}, with {} as who sent you there", case.show(&who))
            }
        },
        "wrap(uint256)" if *to == known::WSTETH => {
            format!("wraps {} at {at}", case.amount(decoded.uint(0)?, &known::STETH))
        }
        "unwrap(uint256)" => format!("unwraps {}", case.amount(decoded.uint(0)?, to)),
        "queueWithdrawals((address[],uint256[],address)[])" => {
            let requests = decoded.args.first()?.elements().iter().map(Value::elements);
            let shares = requests.flat_map(|request| {
                let list = |index: usize| request.get(index).map(Value::elements).unwrap_or_default();
                list(0).iter().zip(list(1))
            });
            let shares: Vec<String> = shares
                .filter_map(|(strategy, amount)| {
                    Some(format!("{} shares of {}", grouped(amount.uint()?), case.show(&strategy.address()?)))
                })
                .collect();
            let (shown, more) = (shares.iter().take(MOST), shares.len().saturating_sub(MOST));
            let shown = shown.cloned().collect::<Vec<_>>().join(" and ");
            let more = if more == 0 { String::new() } else { format!(" and {more} strategies more") };
            format!("asks {at} to take out {shown}{more} later{whom}")
        }
        "withdrawTo(address,uint256)" => {
            format!("takes {} out of {at}{whom}", case.amount(decoded.uint(1)?, &Address::ZERO))
        }
        _ => return None,
    })
}

/// Most of a list that a sentence names.
const MOST: usize = 4;

/// A whole number with its thousands apart.
pub(super) fn grouped(number: U256) -> String {
    known::decimal(number, 0)
}

/// What a Safe lets somebody take without signatures.
pub(super) fn allowed(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Power { over, holder: Some(holder), power: Power::Operator, .. } = &placed.act else {
        return None;
    };
    let given = Allowance::of(&case.unpacked.calls[placed.call])?;
    let (holder, over) = (case.show(holder), case.show(over));
    Some(format!("lets {holder} take {} by {over}, without a signature of the owners", given.show(case)))
}

/// A new Safe: who owns it, how many must sign, what runs when it is made.
pub(super) fn made(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Named { to, function, .. } = &placed.act else { return None };
    if function != "createProxyWithNonce(address,bytes,uint256)" {
        return None;
    }
    let decoded = case.unpacked.calls[placed.call].decoded.as_ref()?;
    let (code, data) = (decoded.address(0)?, decoded.args.get(1)?.bytes()?);
    let head = format!("asks {} for a Safe that runs the code of {}", case.show(to), case.show(&code));
    let Some(args) = initializer(decoded) else {
        return Some(format!("{head}, and is set up by {} bytes that are not read", data.len()));
    };
    Some(format!("{head}: {}", set_up(case, &args)?))
}

/// The arguments of `setup` with which a factory sets up the Safe that it makes, where that is what it does.
pub(crate) fn initializer<'a>(made: &Decoded<'a>) -> Option<Vec<Value<'a>>> {
    let (selector, arguments) = made.args.get(1)?.bytes()?.split_first_chunk::<4>()?;
    let setup = Functions::default().find(*selector).filter(|function| function.name == "setup")?;
    let (args, odd) = decode(&setup.params, arguments).ok()?;
    odd.is_empty().then_some(args)
}

/// The arguments of a Safe's `setup`. Source: `Safe.sol`.
pub(super) fn set_up(case: &Case<'_>, args: &[Value<'_>]) -> Option<String> {
    let address = |index: usize| args.get(index).and_then(Value::address);
    let owners: Vec<Address> = args.first()?.elements().iter().filter_map(Value::address).collect();
    let shown: Vec<String> = owners.iter().take(MOST).map(|owner| case.show(owner)).collect();
    let more = owners.len().saturating_sub(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let needed = args.get(1)?.uint()?;
    let mut parts =
        vec![format!("{needed} of {} owners must sign: {}{more}", owners.len(), shown.join(", "))];
    let (runs, data) = (address(2)?, args.get(3)?.bytes()?);
    if !runs.is_zero() {
        let name = data.first_chunk::<4>().map(|selector| match Functions::default().find(*selector) {
            Some(function) => function.signature.clone(),
            None => format!("0x{}", hex::encode(selector)),
        });
        let name = name.unwrap_or_else(|| "no function".to_owned());
        let runs = case.show(&runs);
        parts.push(format!("runs {name} of {runs} with the Safe's own storage (delegatecall)"));
    }
    let handler = address(4)?;
    if !handler.is_zero() {
        parts.push(format!("fallback handler {}", case.show(&handler)));
    }
    let (token, payment, receiver) = (address(5)?, args.get(6)?.uint()?, address(7)?);
    if !payment.is_zero() {
        let to = if receiver.is_zero() { "whoever sends it".to_owned() } else { case.show(&receiver) };
        parts.push(format!("the Safe pays {} to {to}", case.amount(payment, &token)));
    }
    Some(parts.join("; "))
}

/// A right of which nothing says whether its number is an amount or an NFT's.
pub(super) fn either_right(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Grant(grant) = &placed.act else { return None };
    let number = match grant.extent {
        // No piece has the highest number: it is all.
        Extent::Exact(number, _) if number < U256::MAX => number,
        // A collection reads an amount of nothing as the number 0.
        Extent::None => U256::ZERO,
        Extent::Exact(..) | Extent::Nft(_) | Extent::All => return None,
    };
    let one = case.one_or_coin(&case.unpacked.calls[placed.call], grant)?;
    let (spender, collection) = (case.show(&grant.spender), case.show(&grant.token));
    let right = format!("gives {spender} the right to take the NFT {number} of {collection}");
    Some(match one {
        OneOrCoin::One => right,
        OneOrCoin::Either if number.is_zero() => {
            format!("{right}, or ends the right over it where it is a coin, which is not known here")
        }
        OneOrCoin::Either => format!(
            "{right}, or up to {} of its smallest units where it is a coin, which is not known here",
            grouped(number)
        ),
    })
}

/// Whether a call moves something of which nothing says whether the number is an amount or an NFT's.
pub(super) fn either(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Transfer { token, from, to, amount, nft: false } = &placed.act else { return None };
    let call: &Call<'_> = &case.unpacked.calls[placed.call];
    if call.signature() != Some("transferFrom(address,address,uint256)") || case.token(token).is_some() {
        return None;
    }
    let from = from.filter(|from| !case.is_own(from)).map(|from| format!(" of {}", case.show(&from)));
    let (from, to) = (from.unwrap_or_default(), case.show(to));
    let collection = case.show(token);
    let is_collection = case.facts.floor.iter().any(|floor| floor.collection.0 == *token);
    Some(if is_collection {
        format!("sends the NFT {amount} of {collection}{from} to {to}")
    } else {
        format!(
            "sends the NFT {amount} of {collection}, or {} of its smallest units where it is a coin, which is not known here,{from} to {to}",
            grouped(*amount)
        )
    })
}

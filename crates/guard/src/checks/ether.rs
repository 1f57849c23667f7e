//! G-SIM-01 for ether that is sent along with a call: a function that is known takes what it is known to take, and nothing else
//! need come back.

use alloy_primitives::{Address, U256};

use super::{
    costs::{self, RENEW},
    price, worth,
};
use crate::{
    case::Case,
    decode::{BRAVO_PROPOSE, Call, EXECUTE, HANDLE_OPS, HANDLE_OPS_V6, Plan, QUEUE_TRANSACTION, Value},
    finding::{CheckId::Sim01, Finding, Severity::Review},
    flow::{self, ACROSS, OFT_SEND, OUTBOUND},
    swap::Swap,
};

/// What becomes of ether that is sent along with a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// No more than this has a use that is known.
    UpTo(U256),
    /// All of it comes back in some form, or what is too much is judged elsewhere.
    All,
}

/// Functions that call their own contract, which sees the same ether in each of these calls.
pub(super) const AT_ITSELF: &[&str] =
    &["multicall(bytes[])", "multicall(uint256,bytes[])", "multicall(bytes32,bytes[])"];

/// Functions whose calls are made by others, or later: what is sent along with these stays. Source: `OpenZeppelin`,
/// `TimelockController.sol`, `Governor.sol`; Compound, `Timelock.sol`, `GovernorBravoDelegate.sol`.
const LATER: &[&str] = &[
    "schedule(address,uint256,bytes,bytes32,bytes32,uint256)",
    "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)",
    "propose(address[],uint256[],bytes[],string)",
    QUEUE_TRANSACTION,
    BRAVO_PROPOSE,
    "queue(address[],uint256[],bytes[],bytes32)",
    // They take none.
    HANDLE_OPS,
    HANDLE_OPS_V6,
    // Its own timelock alone may have it pass anything on.
    "relay(address,uint256,bytes)",
];

/// What a name of so many letters costs, in 10^-18 dollars a second. Source: ensdomains/ens-contracts,
/// `deploy/ethregistrar/01_deploy_exponential_premium_price_oracle.ts`; the controller sends back what is too much
/// (`ETHRegistrarController.sol`, `renew`).
const RENTS: [(usize, u64); 3] = [(5, 158_548_959_919), (4, 5_073_566_717_402), (3, 20_294_266_869_609)];

pub(super) fn sent_along(case: &Case<'_>, out: &mut Vec<Finding>) {
    let calls = &case.unpacked.calls;
    out.extend(calls.iter().filter_map(kept_long));
    for (index, call) in calls.iter().enumerate() {
        let Some((to, decoded)) = call.to.zip(call.decoded.as_ref()) else { continue };
        let is_shared = AT_ITSELF.contains(&decoded.signature());
        // What other wrappers pass on is judged where it goes; a contract that nobody vouches for has findings of its own.
        let passes_on = call.is_wrapper && !is_shared && !LATER.contains(&decoded.signature());
        let is_judged = passes_on || !(case.knows_contract(&to) || case.may_receive(&to));
        if call.value.is_zero() || call.delegate || is_judged || case.is_own(&to) {
            continue;
        }
        out.extend(costs::asked(case, index));
        let taken = if is_shared {
            let inside = format!("{} › ", call.path);
            let own = calls[index + 1..].iter().take_while(|inner| inner.path.starts_with(&inside));
            let uses = own
                .filter(|inner| inner.to == call.to && !inner.is_wrapper)
                .map(|inner| used(case, inner, call.value));
            uses.fold(Use::UpTo(U256::ZERO), Use::and)
        } else {
            used(case, call, call.value)
        };
        let Use::UpTo(most) = taken else { continue };
        if call.value > most {
            let (sent, to) = (case.amount(call.value, &Address::ZERO), case.show(&to));
            let name = &decoded.function.name;
            let title = if most.is_zero() {
                format!(
                    "Sends {sent} along with {name} at {to}, which is not known to take any: nothing need come back for it."
                )
            } else {
                let most = case.amount(most, &Address::ZERO);
                format!(
                    "Sends {sent} along with {name} at {to}, of which no more than {most} has a use that is known."
                )
            };
            out.push(Finding::new(Sim01, Review, &call.path, title));
        }
    }
}

impl Use {
    fn and(self, more: Self) -> Self {
        match (self, more) {
            (Self::UpTo(one), Self::UpTo(other)) => Self::UpTo(one.saturating_add(other)),
            _ => Self::All,
        }
    }
}

/// What a function is known to do with ether: to wrap, stake or lock it, to exchange it, to pay its own price.
fn used(case: &Case<'_>, call: &Call<'_>, value: U256) -> Use {
    let nothing = Use::UpTo(U256::ZERO);
    let Some((to, decoded)) = call.to.zip(call.decoded.as_ref()) else { return nothing };
    let is_coin = |token: Option<Address>| token.is_some_and(|token| case.or_coin(token).is_zero());
    let all_if = |is_so: bool| if is_so { Use::All } else { nothing };
    match decoded.signature() {
        "deposit()" => all_if(case.wraps(&to)),
        "submit(address)" => all_if(case.stakes(&to)),
        // It comes back from there alone where it is a deposit for gas.
        "depositTo(address)" | "addStake(uint32)" => all_if(is_entry_point(case, &to)),
        OUTBOUND => Use::UpTo(retried(decoded).unwrap_or_default()),
        RENEW => Use::UpTo(rent(case, decoded.args.first(), decoded.uint(1))),
        OFT_SEND => {
            let fee = decoded.args.get(1).and_then(|fee| fee.elements().first().and_then(Value::uint));
            Use::UpTo(fee.unwrap_or_default())
        }
        signature if ACROSS.contains(&signature) && is_coin(flow::address(decoded, 2)) => {
            Use::UpTo(decoded.uint(4).unwrap_or_default())
        }
        signature if EXECUTE.contains(&signature) => {
            all_if(Plan::of(&Call { value, ..call.clone() }).is_some())
        }
        // What of it an exchange does not take is looked at with the exchange.
        _ if super::swap::keeps(call) => Use::All,
        _ => match &decoded.function.name[..] {
            "swapExactETHForTokens"
            | "swapExactETHForTokensSupportingFeeOnTransferTokens"
            | "swapETHForExactTokens"
            | "addLiquidityETH" => Use::All,
            // Of Aave's gateway alone: the third parameter says so.
            "depositETH" => all_if(decoded.signature() == "depositETH(address,address,uint16)"),
            _ => all_if(Swap::of(call).is_some_and(|swap| is_coin(swap.gives) && swap.most.is_some())),
        },
    }
}

/// What a gateway to Arbitrum takes for what is done there: gas at its price, and the submission. Source: `OffchainLabs`,
/// `L1ArbitrumGateway.sol`, `outboundTransferCustomRefund`.
fn retried(decoded: &crate::decode::Decoded<'_>) -> Option<U256> {
    let submission = U256::from_be_slice(decoded.args.get(5)?.bytes()?.get(..32)?);
    Some(decoded.uint(3)?.saturating_mul(decoded.uint(4)?).saturating_add(submission))
}

/// Whether an address is an official entry point of ERC-4337.
fn is_entry_point(case: &Case<'_>, to: &Address) -> bool {
    crate::entries::find(to, case.chain_id).is_some_and(|entry| entry.label.starts_with("EntryPoint "))
}

/// What it may cost at most to keep a name for so long, at the least that an ether is worth.
fn rent(case: &Case<'_>, name: Option<&Value<'_>>, seconds: Option<U256>) -> U256 {
    let Some(Value::Text(name)) = name else { return U256::ZERO };
    let letters = String::from_utf8_lossy(name).chars().count();
    let Some((_, rent)) = RENTS.iter().find(|(least, _)| letters >= *least) else { return U256::ZERO };
    let dollars = U256::from(*rent).saturating_mul(seconds.unwrap_or_default());
    let (one, a_quarter_more) = (U256::from(10).pow(U256::from(18)), |amount: U256| {
        amount.saturating_mul(U256::from(5)) / U256::from(4)
    });
    match price::told(case, Address::ZERO) {
        price::Told::Price(price) if !price.is_zero() => a_quarter_more(dollars.saturating_mul(one) / price),
        _ => dollars / U256::from(worth::LEAST_OF_ETHER),
    }
}

/// The most years for which a name is kept without a look.
const MOST_YEARS: u64 = 10;
/// Of the longest years.
const YEAR: u64 = 366 * 86_400;

fn kept_long(call: &Call<'_>) -> Option<Finding> {
    let decoded = call.decoded.as_ref().filter(|decoded| decoded.signature() == RENEW)?;
    (decoded.uint(1)? > U256::from(MOST_YEARS * YEAR)).then(|| {
        let title = format!("Keeps a name for more than {MOST_YEARS} years.");
        Finding::new(Sim01, Review, &call.path, title)
    })
}

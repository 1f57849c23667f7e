//! G-SIM-01 for exchanges.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};

use super::{price, turns::turns, worth};
use crate::{
    case::Case,
    decode::{Call, Plan, Value},
    finding::{
        CheckId::{Act01, Sim01},
        Finding,
        Severity::{self, Block, Incomplete, Info, Review},
    },
    swap::{Swap, liquidity},
};

/// Says what of an exchange is open: something nobody knows comes out, next to nothing need come out, money stays behind.
/// `beneficiaries` are judged as such.
pub(super) fn open_ends(case: &Case<'_>, call: &Call<'_>, beneficiaries: &[Address], out: &mut Vec<Finding>) {
    let mut add = |title: String| out.push(Finding::new(Sim01, Review, &call.path, title));
    if call.decoded.as_ref().is_some_and(|decoded| is_pool_open(call, &decoded.function.name, &decoded.args))
    {
        add("Takes whatever share of the pool comes out: the least amounts are too small to protect."
            .to_owned());
    }
    let Some(own) = Swap::of(call) else { return };
    for address in route(call, &own).into_iter().filter(|address| !beneficiaries.contains(address)) {
        let is_coin = address.is_zero() || address == crate::typed::COIN || case.wraps(&address);
        if !is_coin && !case.knows_contract(&address) && !own.gets.contains(&address) {
            let title = format!(
                "The exchange goes by way of {}, and nobody vouches for that address: no more need come out than the least.",
                case.show(&address)
            );
            out.push(Finding::new(Act01, Incomplete, &call.path, title));
        }
    }
    if own.is_unread {
        out.push(Finding::new(
            Sim01,
            Review,
            &call.path,
            "The way of the exchange is of no form that is read here.",
        ));
    }
    for token in &own.gets {
        if case.token(token).is_none() && !case.wraps(token) && !token.is_zero() {
            let title = format!("Nothing is known of the token {} that comes out.", case.show(token));
            out.push(Finding::new(Sim01, Review, &call.path, title));
        }
    }
    // Parts of one exchange are judged together.
    let at = case.unpacked.calls.iter().position(|other| other.path == call.path).unwrap_or_default();
    if own.takes_all(call) && !case.joined().contains_key(&at) {
        out.push(Finding::new(Sim01, Review, &call.path, takes_all(case, at, &own)));
    }
    let Some(swap) = case.swap_of(at) else { return };
    match worth_of(case, call, &swap) {
        Worth::Less(severity, title) => out.push(Finding::new(Sim01, severity, &call.path, title)),
        Worth::NotKnown(token) => {
            let what = if liquidity(call).is_some() {
                "Whether both sides of the liquidity are worth the same"
            } else {
                "Whether the exchange is worth it"
            };
            let title =
                format!("{what} is not known here: there is no price of {}.", price::name(case, &token));
            out.push(Finding::new(Sim01, Review, &call.path, title));
        }
        Worth::Enough => {}
    }
    let sides = liquidity(call).into_iter().flatten().map(|side| side.token);
    let mut tokens = swap.gives.into_iter().chain(swap.gets.iter().copied()).chain(sides);
    if let Some(token) = price::contradicted(case, &mut tokens) {
        let title = price::contradiction(case, &token);
        out.push(Finding::new(Sim01, Incomplete, &call.path, title));
    } else if let Some((severity, title)) = untold(case, call, &swap) {
        out.push(Finding::new(Sim01, severity, &call.path, title));
    }
    let mut add = |title: String| out.push(Finding::new(Sim01, Review, &call.path, title));
    if swap.is_exact_out && swap.is_limited {
        add("Stops where the price reaches a limit: the amount that it names need not come out.".to_owned());
    }
    let thousandth = |token: &Address| {
        if token.is_zero() {
            return Some(U256::from(10).pow(U256::from(15)));
        }
        case.token(token)
            .map(|known| U256::from(10).saturating_pow(U256::from(known.decimals)) / U256::from(1_000))
    };
    let little = swap.gets.last().and_then(thousandth).unwrap_or(U256::from(1_000));
    if swap.least.is_some_and(|least| least < little) {
        add("Takes whatever comes out, be it next to nothing: the least amount is too small to protect."
            .to_owned());
    }
    if let Some((most, least)) = swap.gives.zip(swap.gets.last()).and_then(|(gives, gets)| {
        let whole =
            |amount: U256, token: &Address| {
                let decimals = if token.is_zero() { 18 } else { u64::from(case.token(token)?.decimals) };
                Some(amount.saturating_mul(
                    U256::from(10).saturating_pow(U256::from(36_u64.saturating_sub(decimals))),
                ))
            };
        Some((whole(swap.most?, &gives)?, whole(swap.least?, gets)?))
    }) && least.saturating_mul(U256::from(1_000_000)) < most
    {
        add("Takes a million times less than it gives: the least amount is too small to protect.".to_owned());
    }
    let wraps = swap.gives.is_none_or(|token| case.or_coin(token).is_zero());
    let kept = match swap.most {
        Some(most) if wraps => call.value.saturating_sub(most),
        Some(_) => call.value,
        None => U256::ZERO,
    };
    if !kept.is_zero() && swap.gives.is_some() && !is_refunded(case, at) {
        let amount = case.amount(kept, &Address::ZERO);
        add(format!(
            "{amount} more than the exchange takes are sent along, and stay where anybody can take them."
        ));
    }
}

/// What an exchange is dealing with: the tokens on its way, and whoever else its call names.
fn route(call: &Call<'_>, swap: &Swap) -> BTreeSet<Address> {
    let decoded = call.decoded.iter();
    let named = decoded.flat_map(|decoded| decoded.args.iter().flat_map(Value::addresses));
    named.chain(swap.by_way_of.iter().copied()).chain(swap.gives).collect()
}

/// What is to be said of an exchange that takes all that lies in its router, where nobody can tell what that is.
fn takes_all(case: &Case<'_>, at: usize, swap: &Swap) -> String {
    let calls = &case.unpacked.calls;
    let router = calls[at].to;
    let mut before: BTreeMap<Address, U256> = BTreeMap::new();
    for other in calls[..at].iter().filter(|other| other.to == router) {
        if let Some((token, most)) = Swap::of(other).and_then(|swap| swap.gives.zip(swap.most)) {
            let sum = before.entry(token).or_default();
            *sum = sum.saturating_add(most);
        }
    }
    let before: Vec<String> = before
        .into_iter()
        .filter(|(_, most)| !most.is_zero())
        .map(|(token, most)| case.amount(most, &token))
        .collect();
    let before = if before.is_empty() {
        "what that is, is not known here".to_owned()
    } else {
        format!(
            "it may be what comes of the calls before, for which as much as {} leave",
            before.join(" and ")
        )
    };
    let got = match (swap.least, swap.gets.last()) {
        (Some(least), Some(gets)) => case.amount(least, gets),
        _ => "an open amount".to_owned(),
    };
    format!(
        "Takes all the {} that {} holds for at least {got}: {before}.",
        case.show(&swap.gives.unwrap_or_default()),
        case.show(&router.unwrap_or_default())
    )
}

/// What an exchange promises, against what it takes.
enum Worth {
    /// Not clearly less; or nothing to compare.
    Enough,
    /// Less of the same, or of dollars, or far less than it can be: nobody need know a price to tell.
    Less(Severity, String),
    /// Nobody can tell, for want of a price of this.
    NotKnown(Address),
}

fn worth_of(case: &Case<'_>, call: &Call<'_>, swap: &Swap) -> Worth {
    if let Some(sides) = sides(case, call) {
        return worth_of_sides(case, sides);
    }
    let (Some(gives), Some(gets)) = (swap.gives, swap.gets.last()) else { return Worth::Enough };
    let (gives, gets) = (case.or_coin(gives), case.or_coin(*gets));
    if let Some(token) = worth::unpriced(case, gives, gets) {
        return Worth::NotKnown(token);
    }
    let most = swap.most.or_else(|| gives.is_zero().then_some(call.value));
    let (Some(most), Some(least)) = (most, swap.least) else { return Worth::Enough };
    let sentence =
        |why: &str| format!("Gives {} for {}: {why}.", case.amount(most, &gives), case.amount(least, &gets));
    let compared = price::compare(case, &[(gives, most)], &[(gets, least)]).filter(|_| gives != gets);
    match compared {
        Some(price::Compared::Theft) => {
            return Worth::Less(Block, sentence("less than half of what that is worth by the prices told"));
        }
        Some(price::Compared::Low) => {
            return Worth::Less(
                Review,
                sentence("less than four fifths of what that is worth by the prices told"),
            );
        }
        Some(price::Compared::Fair) | None => {}
    }
    let Some(less) = worth::is_less(case, (gives, most), (gets, least)) else { return Worth::Enough };
    let severity = if less == worth::Less::Same && least.is_zero() { Block } else { Review };
    Worth::Less(severity, sentence(less.as_str()))
}

/// The least of either side of the liquidity that a call adds.
fn sides(case: &Case<'_>, call: &Call<'_>) -> Option<[(Address, U256); 2]> {
    Some(liquidity(call)?.map(|side| (case.or_coin(side.token), side.least)))
}

/// Liquidity is a share of both sides: whoever adds more of one loses it to those who exchange there.
fn worth_of_sides(case: &Case<'_>, [one, other]: [(Address, U256); 2]) -> Worth {
    if let Some(token) = worth::unpriced(case, one.0, other.0) {
        return Worth::NotKnown(token);
    }
    let sentence = |why: &str| {
        let (one, other) = (case.amount(one.1, &one.0), case.amount(other.1, &other.0));
        format!("Adds liquidity of at least {one} and {other}: one side is {why}.")
    };
    let both = [(one, other), (other, one)];
    let compared = both.map(|(gives, gets)| price::compare(case, &[gives], &[gets]));
    if compared.contains(&Some(price::Compared::Theft)) {
        return Worth::Less(Block, sentence("worth less than half of the other by the prices told"));
    }
    if compared.contains(&Some(price::Compared::Low)) {
        return Worth::Less(Review, sentence("worth less than four fifths of the other by the prices told"));
    }
    let less = both.into_iter().find_map(|(gives, gets)| worth::is_less(case, gives, gets));
    less.map_or(Worth::Enough, |less| Worth::Less(Review, sentence(less.as_str())))
}

/// What is said of an exchange for which a price is wanting. One that is told and not believed is a gap, whatever it would say.
/// Without any, what may be lost unseen is for a person from the policy's bound on.
fn untold(case: &Case<'_>, call: &Call<'_>, swap: &Swap) -> Option<(Severity, String)> {
    let (gives, gets) = match sides(case, call) {
        Some([one, other]) => (one.0, other.0),
        None => (case.or_coin(swap.gives?), case.or_coin(*swap.gets.last()?)),
    };
    if let Some((token, why)) = price::disbelieved(case, [gives, gets].into_iter()) {
        let title = format!(
            "Held against a range of prices alone ({}): {why} of {}.",
            worth::BANDS_OF,
            price::name(case, &token)
        );
        return Some((Incomplete, title));
    }
    let lost = lost(case, call, swap);
    if let Some(token) = worth::untold_kin(case, gives, gets) {
        let seen = lost.is_some_and(|lost| lost <= bound(case));
        let lost = lost.map_or_else(|| "Any amount".to_owned(), dollars);
        let title = format!(
            "{lost} may be lost between two that are worth about the same: the context tells no price of {} ({}).",
            price::name(case, &token),
            remedy(case)
        );
        return (!seen).then_some((Review, title));
    }
    let Some(token) = worth::wide(case, gives, gets) else {
        return lost.and_then(|lost| by_told_prices(case, lost)).map(|title| (Review, title));
    };
    let why = format!("({}): the context tells no price of {}", worth::BANDS_OF, price::name(case, &token));
    Some(match lost {
        Some(lost) if lost <= bound(case) => (Info, format!("Held against a range of prices alone {why}.")),
        lost => {
            let lost = lost.map_or_else(|| "any amount".to_owned(), dollars);
            let remedy = remedy(case);
            (
                Review,
                format!(
                    "Held against a range of prices alone {why}, and {lost} may be lost within it ({remedy})."
                ),
            )
        }
    })
}

/// What is said of what may be lost by the prices that the context tells, where it is more than the policy lets go.
pub(super) fn by_told_prices(case: &Case<'_>, lost: U256) -> Option<String> {
    (lost > bound(case)).then(|| {
        format!(
            "By the prices told, {} more may be lost than an exchange costs as usual; the policy lets {} go (`unseen-loss`).",
            dollars(lost),
            dollars(bound(case))
        )
    })
}

/// The most that an exchange may lose, for want of a price or by those that are told.
fn lost(case: &Case<'_>, call: &Call<'_>, swap: &Swap) -> Option<U256> {
    if let Some([one, other]) = sides(case, call) {
        let both = [worth::unseen(case, one, other), worth::unseen(case, other, one)];
        return both.into_iter().flatten().max();
    }
    let (gives, gets) = (case.or_coin(swap.gives?), case.or_coin(*swap.gets.last()?));
    let most = swap.most.or_else(|| gives.is_zero().then_some(call.value)).unwrap_or(U256::MAX);
    worth::unseen(case, (gives, most), (gets, swap.least.unwrap_or_default()))
}

/// What to do about a loss that nobody sees.
fn remedy(case: &Case<'_>) -> String {
    format!(
        "tell the price by `[[price]]` with --context, or what you let go by `unseen-loss` in the policy, {} now",
        dollars(bound(case))
    )
}

/// The smallest parts of a dollar.
const DOLLAR: u64 = 1_000_000_000_000_000_000;

pub(super) fn dollars(amount: U256) -> String {
    format!("{} dollars", crate::known::decimal(amount / U256::from(DOLLAR), 0))
}

/// The most that may be lost for want of a price before a person looks.
pub(super) fn bound(case: &Case<'_>) -> U256 {
    U256::from(case.policy.bounds.unseen_loss).saturating_mul(U256::from(DOLLAR))
}

/// What exchanges and bridges that are asked for at once may lose together, for want of a price or by those that are told, where each by itself
/// stays within the policy's bound.
pub(super) fn lost_together(cases: &[&Case<'_>], path: &str) -> Option<Finding> {
    let case = *cases.first()?;
    let bound = bound(case);
    let of_case = |case: &Case<'_>| {
        let calls = case.unpacked.calls.iter().enumerate();
        let all = calls.filter_map(|(index, call)| lost(case, call, &case.swap_of(index)?));
        let all = all.chain(super::order::lost(case)).chain(super::bridge::lost(case));
        all.fold((U256::ZERO, 0), |(sum, count), lost| (sum.saturating_add(lost), count + 1))
    };
    // Of rivals one alone loses anything.
    let worst = turns(cases).into_iter().filter_map(|rivals| rivals.into_iter().map(of_case).max());
    let (sum, count) =
        worst.fold((U256::ZERO, 0), |(sum, count), (lost, of)| (sum.saturating_add(lost), count + of));
    (sum > bound && count > 1).then(|| {
        let has_bridge = cases.iter().any(|case| !super::bridge::lost(case).is_empty());
        let what = if has_bridge { "exchanges and bridges" } else { "exchanges" };
        let title = format!(
            "Held against told prices and ranges of prices, {count} {what} may lose {} together ({}).",
            dollars(sum),
            remedy(case)
        );
        Finding::new(Sim01, Review, path, title)
    })
}

/// Whether liquidity is added for whatever comes out, a least amount under a quarter of what is offered; or taken out for nothing.
/// What is taken out is worth no less for a price that somebody moved: `x * y` stays what it was.
fn is_pool_open(call: &Call<'_>, name: &str, args: &[Value<'_>]) -> bool {
    let uint = |index: usize| args.get(index).and_then(Value::uint).unwrap_or_default();
    let open = |offered: U256, least: U256| least < offered / U256::from(4) || least.is_zero();
    match name {
        "addLiquidity" => open(uint(2), uint(4)) || open(uint(3), uint(5)),
        "addLiquidityETH" => open(uint(1), uint(2)) || open(call.value, uint(3)),
        _ if name.starts_with("removeLiquidityETH") => uint(2).is_zero() || uint(3).is_zero(),
        _ if name.starts_with("removeLiquidity") => uint(3).is_zero() || uint(4).is_zero(),
        _ => false,
    }
}

/// The function that a call names.
fn name<'c>(call: &'c Call<'_>) -> &'c str {
    call.decoded.as_ref().map_or("", |decoded| &decoded.function.name[..])
}

/// Whether a call does nothing but bring what a router has to somebody.
pub(super) fn is_sweep(call: &Call<'_>) -> bool {
    matches!(
        name(call),
        "sweepToken"
            | "sweepTokenWithFee"
            | "sweepERC20"
            | "unwrapWETH9"
            | "unwrapWETH9WithFee"
            | "refundETH"
            | "sweepETH"
    )
}

/// Whether the money that is left with a contract is asked back, after a call.
fn is_refunded(case: &Case<'_>, after: usize) -> bool {
    let calls = &case.unpacked.calls;
    let to = calls[after].to;
    calls[after + 1..].iter().any(|other| other.to == to && name(other) == "refundETH")
}

/// Whether the zero address as a receiver is nobody there. The older router of V3 takes it for itself (v3-periphery, `SwapRouter.sol`),
/// others for whoever calls; what brings money out of a router, V2, the newer routers and lists of commands take it as it is.
pub(super) fn burns_at_zero(call: &Call<'_>) -> bool {
    let is_v2 = ["swapExact", "swapTokensFor", "swapETHFor", "addLiquidity", "removeLiquidity"];
    crate::swap::has_markers(call)
        || is_sweep(call)
        || Plan::of(call).is_some()
        || is_v2.iter().any(|verb| name(call).starts_with(verb))
}

/// Whether what an exchange leaves in its router is taken from there for the signer: the same token, after it.
pub(super) fn is_swept(case: &Case<'_>, index: usize) -> bool {
    if case.joined().contains_key(&index) {
        return true;
    }
    let calls = &case.unpacked.calls;
    let call = &calls[index];
    let Some(swap) = Swap::of(call).filter(|swap| !swap.gets.is_empty()) else { return false };
    let is_coin = name(call).ends_with("ETH");
    swap.gets.iter().all(|token| {
        let takes = |other: &Call<'_>| {
            Swap::of(other).is_some_and(|swap| swap.gives == Some(*token) && swap.takes_all(other))
        };
        let later = calls[index + 1..].iter().filter(|other| other.to == call.to);
        later.take_while(|other| !takes(other)).filter(|other| other.from == call.from).any(|other| {
            let Some(decoded) = &other.decoded else { return false };
            let mine = |at: usize| {
                decoded.args.len() <= at || decoded.address(at).is_some_and(|to| case.is_callers(other, &to))
            };
            match name(other) {
                "sweepToken" => !is_coin && decoded.address(0) == Some(*token) && mine(2),
                "sweepERC20" => !is_coin && decoded.address(0) == Some(*token) && mine(1),
                "unwrapWETH9" => !is_coin && case.wraps(token) && mine(1),
                "refundETH" => is_coin,
                "sweepETH" => is_coin && mine(0),
                _ => false,
            }
        })
    })
}

/// Functions of routers that leave money where it was sent if they do not need it.
const KEEPS: &[&str] = &[
    "exactInput",
    "exactInputSingle",
    "exactOutput",
    "exactOutputSingle",
    "swapExactTokensForTokens",
    "swapTokensForExactTokens",
    "sweepToken",
    "sweepERC20",
    "unwrapWETH9",
    "refundETH",
    "sweepETH",
];

/// Whether a function leaves money where it was sent if it does not need it, which is judged as that.
pub(super) fn keeps(call: &Call<'_>) -> bool {
    KEEPS.contains(&name(call))
}

/// Functions that make calls in the name of the contract that is called.
const AGGREGATES: &[&str] = &[
    "aggregate((address,bytes)[])",
    "tryAggregate(bool,(address,bytes)[])",
    "aggregate3((address,bool,bytes)[])",
    "aggregate3Value((address,bool,uint256,bytes)[])",
    "Multicall((address,bytes)[])",
];

/// Money that is sent along, and that nothing takes or gives back.
pub(super) fn left_behind(case: &Case<'_>, out: &mut Vec<Finding>) {
    let calls = &case.unpacked.calls;
    for (index, call) in calls.iter().enumerate() {
        let foreign = call.from.is_none_or(|from| !case.is_own(&from)) && !call.delegate;
        if foreign && call.inside.is_some_and(|inside| AGGREGATES.contains(&inside)) {
            let takes = call.to.is_some_and(|to| case.wraps(&to) || case.stakes(&to));
            if !call.value.is_zero() && (!call.data.is_empty() || takes) {
                let title = "Is called with money by the contract around it and not by you: what comes out is that contract's.";
                out.push(Finding::new(Sim01, Review, &call.path, title));
            }
        }
        if call.value.is_zero() {
            continue;
        }
        if let Some(decoded) = call.decoded.as_ref().filter(|_| call.is_wrapper) {
            let may_fail = decoded
                .args
                .last()
                .map(Value::elements)
                .unwrap_or_default()
                .iter()
                .any(|inner| inner.elements().iter().any(|part| part.boolean() == Some(true)));
            if may_fail && AGGREGATES.contains(&decoded.signature()) {
                let title = "Sends money along for calls that may fail: what they do not take stays there.";
                out.push(Finding::new(Sim01, Review, &call.path, title));
            }
        }
        // What a contract calls at itself shares the money that was sent along.
        let inside = format!("{} › ", call.path);
        let frame: Vec<usize> = (index..calls.len())
            .take_while(|&at| at == index || calls[at].path.starts_with(&inside))
            .filter(|&at| calls[at].to == call.to && !calls[at].is_wrapper)
            .collect();
        let Some(last) = frame.iter().rfind(|&&at| KEEPS.contains(&name(&calls[at]))) else { continue };
        // A router pays with what was sent along only where that is all of what it needs.
        let mut kept = call.value;
        let mut last_taking = index;
        for &at in &frame {
            let exact = ["exactInput", "swapExact"].iter().any(|verb| name(&calls[at]).starts_with(verb));
            if let Some(swap) = Swap::of(&calls[at])
                && swap.gives.is_some_and(|token| case.or_coin(token).is_zero())
            {
                last_taking = at;
                // With a limit of the price it may take less.
                if exact && !swap.is_limited {
                    kept = kept.checked_sub(swap.most.unwrap_or_default()).unwrap_or(kept);
                }
            }
        }
        let asked_back = frame.iter().any(|&at| at > last_taking && matches!(name(&calls[at]), "refundETH"));
        if !kept.is_zero() && !asked_back && !is_refunded(case, *last) {
            let amount = case.amount(kept, &Address::ZERO);
            let title = format!(
                "{amount} may stay in {}, where anybody can take them.",
                case.show(&call.to.unwrap_or_default())
            );
            out.push(Finding::new(Sim01, Review, &call.path, title));
        }
    }
}

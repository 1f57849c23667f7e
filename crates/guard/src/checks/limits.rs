//! The policy's own rules: limits, dual control, what must be known.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, Signature, U256};

use super::bridge::{self, ACROSS, OFT_SEND};
use crate::{
    ask::{Listing, Moved},
    case::{Case, Subject},
    decode::{
        Act, Call, Extent, Plan, Value,
        table::{self, PowerKind},
    },
    facts::review_text,
    finding::{
        CheckId::{Pol01, Pol02, Pol03},
        Finding,
        Severity::{Block, Incomplete, Review},
    },
    known,
    policy::Need,
    safe::hash::personal_hash,
    swap::Swap,
    typed::{ItemKind, Meaning},
};

/// What may leave, by asset; the coin is `None`.
type Leaving = BTreeMap<Option<Address>, U256>;

/// What leaves, or may be taken by a right that is given: payments, transfers, allowances, orders, refunds, fees.
fn leaving(case: &Case<'_>) -> Leaving {
    let mut sums = Leaving::new();
    let mut add = |token: Option<Address>, amount: U256| {
        let sum = sums.entry(token.filter(|token| !token.is_zero())).or_default();
        *sum = sum.saturating_add(amount);
    };
    for placed in &case.acts {
        // What another contract passes on was counted when it was sent there.
        let own = case.unpacked.calls[placed.call].from.is_none_or(|from| case.spends(&from));
        match &placed.act {
            Act::Pay { to, value } if own && !case.is_own(to) => {
                let call = &case.unpacked.calls[placed.call];
                let is_wrapped = call.data.is_empty() || call.signature() == Some("deposit()");
                if !(case.wraps(to) && is_wrapped) {
                    add(None, *value);
                }
            }
            Act::Transfer { token, from, to, amount, nft: false }
                if from.map_or(own, |from| case.spends(&from)) && !case.is_own(to) =>
            {
                add(Some(*token), *amount);
            }
            Act::Named { beneficiaries, .. } if own => {
                let call = &case.unpacked.calls[placed.call];
                for (token, amount) in given(case, call) {
                    add(Some(token), amount);
                }
                if let Out::Of(token, amount) = brought_out(case, call, beneficiaries) {
                    add(Some(token), amount);
                }
            }
            _ => {}
        }
    }
    for (_, grant) in case.grants.iter().filter(|(_, grant)| case.is_spent(grant)) {
        match grant.extent {
            Extent::Exact(amount, _) if !case.is_own(&grant.spender) => add(Some(grant.token), amount),
            Extent::All if !case.is_own(&grant.spender) => add(Some(grant.token), U256::MAX),
            _ => {}
        }
    }
    let orders = match case.typed() {
        Some((_, Meaning::Orders { orders, .. })) => &orders[..],
        Some((_, Meaning::Known(known))) => &known.orders[..],
        _ => &[],
    };
    for item in orders.iter().flat_map(|order| &order.offer).filter(|item| item.kind != ItemKind::Nft) {
        add(Some(item.token), item.most);
    }
    match &case.subject {
        Subject::Safe(safe) => add(Some(safe.entry.tx.gas_token), super::ownership::refund(&safe.entry.tx)),
        Subject::Tx(tx) => add(None, tx.fee.unwrap_or_default()),
        _ => {}
    }
    for refund in case.unpacked.calls.iter().filter_map(super::ownership::Refund::of_call) {
        add(Some(refund.token), refund.amount());
    }
    for (token, amount) in executed(case) {
        let sum = sums.entry(token).or_default();
        *sum = amount.max(*sum);
    }
    sums
}

/// What leaves where it was executed, be it named or not. The coin that is wrapped stays one's own.
fn executed(case: &Case<'_>) -> Leaving {
    let mut sums = Leaving::new();
    let counted = |moved: &&Moved| moved.id.is_none() && !(moved.token.is_zero() && case.wraps(&moved.to));
    for moved in super::left::leaving(case).filter(counted) {
        let sum = sums.entry(Some(moved.token).filter(|token| !token.is_zero())).or_default();
        *sum = sum.saturating_add(moved.amount);
    }
    sums
}

/// Tokens and amounts that a function names as given by whoever calls. Money that is sent along is counted as such, and only what
/// it pays for.
pub(super) fn given(case: &Case<'_>, call: &Call<'_>) -> Vec<(Address, U256)> {
    if let Some(plan) = Plan::of(call) {
        return plan.gives.into_iter().filter(|(token, _)| !token.is_zero()).collect();
    }
    let swap = Swap::of(call).and_then(|swap| swap.gives.zip(swap.most));
    let paid = |(token, amount): &(Address, U256)| case.or_coin(*token).is_zero() && call.value >= *amount;
    swap.filter(|swap| !paid(swap)).into_iter().chain(taken(call)).collect()
}

/// What functions other than exchanges take from whoever calls: tokens and amounts.
fn taken(call: &Call<'_>) -> Vec<(Address, U256)> {
    let Some(decoded) = &call.decoded else { return Vec::new() };
    let at = |token: usize, amount: usize| decoded.address(token).zip(decoded.uint(amount));
    let own = || call.to.zip(decoded.uint(0));
    let all = match decoded.signature() {
        "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)" => {
            [at(0, 2), at(1, 3)]
        }
        "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)" => [at(0, 1), None],
        "supply(address,uint256,address,uint16)" | "repay(address,uint256,uint256,address)" => {
            [at(0, 1), None]
        }
        "burn(uint256)" => [own(), None],
        "wrap(uint256)" if call.to == Some(known::WSTETH) => [Some(known::STETH).zip(decoded.uint(0)), None],
        "depositForBurn(uint256,uint32,bytes32,address)"
        | "depositForBurnWithCaller(uint256,uint32,bytes32,address,bytes32)"
        | "depositForBurn(uint256,uint32,bytes32,address,bytes32,uint256,uint32)"
        | "depositForBurnWithHook(uint256,uint32,bytes32,address,bytes32,uint256,uint32,bytes)" => {
            [at(3, 0), None]
        }
        signature if ACROSS.contains(&signature) => [bridge::address(decoded, 2).zip(decoded.uint(4)), None],
        // The contract's own token, or one that it holds in trust: of that nobody knows which it is.
        OFT_SEND => {
            let amount = decoded.args.first().and_then(|param| param.elements().get(2)?.uint());
            [call.to.zip(amount), None]
        }
        "requestWithdrawals(uint256[],address)" => {
            [Some(known::STETH).zip(summed(decoded.args.first())), None]
        }
        "requestWithdrawalsWstETH(uint256[],address)" => {
            [Some(known::WSTETH).zip(summed(decoded.args.first())), None]
        }
        "outboundTransfer(address,address,uint256,uint256,uint256,bytes)" => [at(0, 2), None],
        _ => return Vec::new(),
    };
    all.into_iter().flatten().collect()
}

fn summed(list: Option<&Value<'_>>) -> Option<U256> {
    let amounts = list?.elements().iter().filter_map(Value::uint);
    Some(amounts.fold(U256::ZERO, U256::saturating_add))
}

/// What leaves by a function that brings money out.
enum Out {
    /// Nothing, or what is counted elsewhere: as money that is sent along or as given.
    Counted,
    /// So much of a token; the coin is zero.
    Of(Address, U256),
    /// Which token or how much of it does not stand in the call data.
    Untold,
}

/// What a function of the table of powers brings out, for the limits.
fn brought_out(case: &Case<'_>, call: &Call<'_>, beneficiaries: &[Address]) -> Out {
    let Some((to, decoded)) = call.to.zip(call.decoded.as_ref()) else { return Out::Counted };
    let signature = decoded.signature();
    if table::named(signature).is_none_or(|named| named.kind != PowerKind::Out) {
        return Out::Counted;
    }
    let own = !beneficiaries.is_empty() && beneficiaries.iter().all(|who| case.is_own(who));
    let of = |token: Option<Address>, amount: usize| {
        token.zip(decoded.uint(amount)).map_or(Out::Untold, |(token, amount)| Out::Of(token, amount))
    };
    match signature {
        // An OFT that is no token that is known here may hold another in trust.
        OFT_SEND if case.token(&to).is_some() || limited(case, &to) => Out::Counted,
        // Shares are the vault's own token; what a vault takes it does not name.
        "redeem(uint256,address,address)" | "unwrap(uint256)" => of(Some(to), 0),
        OFT_SEND
        | "withdraw(uint256,address,address)"
        | "deposit(uint256,address)"
        | "mint(uint256,address)"
        | "queueWithdrawals((address[],uint256[],address)[])"
        | "flashLoan(address,address[],uint256[],uint256[],address,bytes,uint16)" => Out::Untold,
        "submit(address)" | "depositTo(address)" => Out::Counted,
        _ if own || !taken(call).is_empty() => Out::Counted,
        "rescueTokens(address,address,uint256)" | "rescueERC20(address,address,uint256)" => {
            of(decoded.address(0), 2)
        }
        "operatorSend(address,address,uint256,bytes,bytes)"
        | "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
        | "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)" => {
            if decoded.address(0).is_some_and(|from| case.spends(&from)) {
                of(Some(to), 2)
            } else {
                Out::Counted
            }
        }
        "executeAllowanceTransfer(address,address,address,uint96,address,uint96,address,bytes)" => {
            of(decoded.address(1), 3)
        }
        "withdrawTo(address,address,uint256)" => of(decoded.address(1), 2),
        "withdrawFrom(address,address,address,uint256)"
        | "transferAssetFrom(address,address,address,uint256)" => of(decoded.address(2), 3),
        "withdrawTo(address,uint256)" => of(Some(Address::ZERO), 1),
        _ => Out::Untold,
    }
}

fn limited(case: &Case<'_>, token: &Address) -> bool {
    case.policy.limits.iter().any(|limit| limit.token.is_some_and(|limited| limited.0 == *token))
}

/// Where something leaves of which neither is told, no limit can be held to it.
fn untold(case: &Case<'_>, out: &mut Vec<Finding>) {
    if case.policy.limits.is_empty() {
        return;
    }
    for placed in &case.acts {
        let call = &case.unpacked.calls[placed.call];
        let Act::Named { to, function, beneficiaries } = &placed.act else { continue };
        if !call.delegate && matches!(brought_out(case, call, beneficiaries), Out::Untold) {
            let title = format!(
                "What leaves by {} at {} does not stand in the call data: the policy's limits were not applied to it.",
                crate::json::shorten(function),
                case.show(to)
            );
            out.push(Finding::new(Pol01, Review, &placed.path, title));
        }
    }
}

pub(super) fn amounts(case: &Case<'_>, out: &mut Vec<Finding>) {
    untold(case, out);
    held_to(case, &leaving(case), &case.path, true, out);
}

/// The policy's limits over everything that is asked for at once. `at_once`: whether it is sent in one go, so that the
/// limit of one transaction holds for it as a whole; else only that of a day does.
pub fn together(cases: &[Case<'_>], at_once: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut groups: BTreeMap<_, Vec<&Case<'_>>> = BTreeMap::new();
    for case in cases {
        groups.entry((case.chain_id, case.actor)).or_default().push(case);
    }
    for group in groups.values().filter(|group| group.len() > 1) {
        let mut sum = Leaving::new();
        for (token, amount) in group.iter().flat_map(|case| leaving(case)) {
            let all = sum.entry(token).or_default();
            *all = all.saturating_add(amount);
        }
        held_to(group[0], &sum, "all together", at_once, &mut findings);
        findings.extend(super::swap::lost_together(group, "all together"));
        findings.extend(super::costs::together(group, "all together"));
        findings.extend(
            outgrown(group)
                .into_iter()
                .filter(|one| one.cases > 1)
                .map(|one| Finding { path: "all together".to_owned(), ..one.finding }),
        );
    }
    findings
}

fn held_to(case: &Case<'_>, leaving: &Leaving, path: &str, at_once: bool, out: &mut Vec<Finding>) {
    for limit in &case.policy.limits {
        let token = limit.token.map(|token| token.0);
        let Some(amount) = leaving.get(&token).filter(|amount| !amount.is_zero()) else { continue };
        let show = |amount: U256| {
            if amount == U256::MAX {
                "All there is".to_owned()
            } else {
                case.amount(amount, &token.unwrap_or_default())
            }
        };
        if let Some(most) = limit.per_transaction.filter(|most| at_once && *amount > most.0) {
            let title = format!("{} may leave at once; the policy allows {}.", show(*amount), show(most.0));
            out.push(Finding::new(Pol01, Block, path, title));
        }
        let today = case.facts.spent_of(token.as_ref()).saturating_add(*amount);
        if let Some(most) = limit.per_day.filter(|most| today > most.0) {
            let title = format!("{} may leave today; the policy allows {}.", show(today), show(most.0));
            out.push(Finding::new(Pol01, Block, path, title));
        }
    }
}

pub(super) fn second_person(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(rule) = &case.policy.dual_control else { return };
    let Some(digest) = case.digest else {
        let title = "A review is needed, but there is no hash to review.";
        out.push(Finding::new(Pol02, Incomplete, &case.path, title));
        return;
    };
    let hash = personal_hash(review_text(&digest).as_bytes());
    let reviewers: BTreeSet<Address> = case
        .facts
        .review
        .iter()
        .filter_map(|review| hex::decode(review.signature.trim_start_matches("0x")).ok())
        .filter_map(|bytes| Signature::try_from(&bytes[..]).ok())
        .filter_map(|signature| signature.recover_address_from_prehash(&hash).ok())
        .filter(|signer| rule.reviewers.iter().any(|reviewer| reviewer.0 == *signer))
        // Nobody reviews himself.
        .filter(|signer| case.facts.account.is_none_or(|account| account.0 != *signer))
        .collect();
    if reviewers.len() < rule.needed {
        let title = format!("{} of {} reviews by other people are there.", reviewers.len(), rule.needed);
        let finding = Finding::new(Pol02, Incomplete, &case.path, title);
        out.push(finding.because(format!("to be signed by personal_sign: {}", review_text(&digest))));
    }
}

pub(super) fn required(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut stolen = Vec::new();
    let mut missing = |path: &str, title: String| out.push(Finding::new(Pol03, Incomplete, path, title));
    if let Some(safe) = case.safe() {
        if safe.hashes.is_none() {
            missing(
                &case.path,
                "Which chain the Safe is on is not known, and its hash covers that (--chain-id).".to_owned(),
            );
        }
        if case.policy.requires(Need::Owners) {
            if safe.owners().is_none() {
                missing(&case.path, "The Safe's owners are not known: signatures prove who signed, not who may (--owner, --context).".to_owned());
            }
            if safe.facts.and_then(|facts| facts.threshold).is_none() {
                missing(
                    &case.path,
                    "How many signatures the Safe needs is not known (--threshold, --context).".to_owned(),
                );
            }
        }
    }
    if case.policy.requires(Need::Recipient) {
        for (path, to) in case.recipients() {
            if case.may_receive(&to) {
                continue;
            }
            if case.typed().is_some() {
                let title = format!(
                    "Pays {} by a signature, which leaves no trace until it is used: nothing speaks for whom it pays.",
                    case.show(&to)
                );
                stolen.push(Finding::new(Pol03, Block, path, title));
            } else {
                let title = format!(
                    "Nothing speaks for {}: it is in no address book and was never paid. To be on no list is not to be known.",
                    case.show(&to)
                );
                missing(path, title);
            }
        }
    }
    let outgrown = outgrown(&[case]).into_iter().map(|one| one.finding);
    if case.policy.requires(Need::Screening) {
        let mut unscreened: Vec<(String, Address)> = case.everybody();
        unscreened.retain(|(_, address)| !case.is_own(address));
        for (path, address) in unscreened {
            if let Listing::Unknown(why) = case.screened(&address) {
                missing(&path, format!("{} was not screened: {why}.", case.show(&address)));
            }
        }
        for (path, address, listing) in case.foreign_in_texts() {
            if let Listing::Unknown(why) = listing {
                missing(&path, format!("{address}, which the text names, was not screened: {why}."));
            }
        }
    }
    if case.policy.requires(Need::Simulation) && !case.unpacked.calls.is_empty() && case.simulation.is_none()
    {
        missing(&case.path, "The policy asks for a simulation, and none was made.".to_owned());
    }
    out.extend(stolen);
    out.extend(outgrown);
}

/// By recipient and asset: where the first payment stands, how much it is, in which of what is asked for.
type Paid<'c> = BTreeMap<(Address, Option<Address>), (&'c str, U256, BTreeSet<usize>)>;

/// Payments that only smaller ones of the past speak for.
struct Outgrown {
    finding: Finding,
    /// In how many of what is asked for it is paid.
    cases: usize,
}

/// What goes to somebody for whom only payments of the past speak, by recipient and asset, where it is far more than he was ever
/// paid of it: who sends himself a cent first is not who may be sent a million.
fn outgrown(cases: &[&Case<'_>]) -> Vec<Outgrown> {
    let Some(first) = cases.first().filter(|case| case.policy.requires(Need::Recipient)) else {
        return Vec::new();
    };
    let mut sums = Paid::new();
    for (number, case) in cases.iter().enumerate() {
        for placed in &case.acts {
            let (to, token, amount) = match &placed.act {
                Act::Pay { to, value } => (*to, None, *value),
                Act::Transfer { token, to, amount, nft: false, .. } => (*to, Some(*token), *amount),
                _ => continue,
            };
            if case.is_paid_before_alone(&to) {
                let (_, sum, of) =
                    sums.entry((to, token)).or_insert((&placed.path, U256::ZERO, BTreeSet::new()));
                *sum = sum.saturating_add(amount);
                of.insert(number);
            }
        }
    }
    let factor = U256::from(first.policy.bounds.outlier_factor);
    let found = sums.into_iter().filter_map(|((to, token), (path, amount, of))| {
        let paid = first
            .facts
            .past_on(first.chain_id)
            .filter(|past| past.own && past.to.0 == to && past.token.map(|token| token.0) == token);
        let largest = paid.map(|past| past.value.0).max().unwrap_or_default();
        let shown = |amount: U256| first.amount(amount, &token.unwrap_or_default());
        (amount > largest.saturating_mul(factor)).then(|| {
            let title = format!(
                "Pays {} to {}, who is known by payments of at most {} alone.",
                shown(amount),
                first.show(&to),
                shown(largest)
            );
            Outgrown { finding: Finding::new(Pol03, Review, path, title), cases: of.len() }
        })
    });
    found.collect()
}

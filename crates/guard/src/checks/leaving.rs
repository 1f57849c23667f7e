//! What leaves, or may be taken by a right that is given: one by one, and by everything that is asked for at once.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};

use super::{ether::AT_ITSELF, ownership, turns::turns};
use crate::{
    ask::Moved,
    case::{Case, Subject},
    cow::RELAYER,
    decode::{Act, By, Call, Extent, Grant, Placed, Setting},
    flow::{Allowance, Flow, Takes},
    known::PERMIT2,
    seaport,
    swap::Swap,
    typed::Meaning,
};

/// What may leave, by asset; the coin is `None`.
pub type Leaving = BTreeMap<Option<Address>, U256>;

/// By which right a contract takes what a call of it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    chain_id: Option<u64>,
    owner: Address,
    token: Address,
    spender: Address,
    by: Takes,
}

impl Right {
    /// The allowance that Permit2 itself has, for a right that it keeps.
    fn behind(self) -> Option<Self> {
        (self.by == Takes::ByPermit2).then_some(Self { spender: PERMIT2, by: Takes::ByAllowance, ..self })
    }
}

/// One thing that leaves or may be taken, the coin as zero.
enum Out {
    /// Leaves by itself.
    Leaves(Address, U256),
    /// May be taken by a right from now on.
    Granted(Option<Right>, Address, U256),
    /// Is taken by a right.
    Used(Option<Right>, Address, U256),
}

/// What a right still covers of what was counted when it was given.
#[derive(Clone, Copy, Debug, Default)]
struct Credit {
    /// By another thing that is asked for, before this.
    before: U256,
    own: U256,
}

/// Rights that are given by what is asked for, and what of them later calls have not used.
#[derive(Debug, Default)]
struct Tally {
    credits: BTreeMap<Right, U256>,
}

/// What leaves, or may be taken by a right that is given: payments, transfers, allowances, orders, loans, refunds, fees. Of pieces
/// that have numbers their count. What a call takes by a right that the same request gave before it counts once.
pub(crate) fn leaving(case: &Case<'_>) -> Leaving {
    Tally::default().of(case).0
}

/// What leaves by several that are asked for at once, in their order: of those of which one alone can happen, the most.
pub(crate) fn leaving_together(cases: &[&Case<'_>]) -> Leaving {
    let mut tally = Tally::default();
    let mut sums = Leaving::new();
    let mut numbers = BTreeMap::new();
    for rivals in turns(cases) {
        // By its number it comes before another one here: what that one gives is not there yet.
        if rivals.iter().any(|case| is_before(case, &mut numbers)) {
            tally.credits.clear();
        }
        let mut most = Leaving::new();
        let mut left: Vec<BTreeMap<Right, U256>> = Vec::new();
        for case in rivals {
            let (leaving, rights) = tally.of(case);
            for (token, amount) in leaving {
                let largest = most.entry(token).or_default();
                *largest = amount.max(*largest);
            }
            left.push(rights);
        }
        tally.settle(&left);
        for (token, amount) in most {
            add(&mut sums, token, amount);
        }
    }
    sums
}

/// Whether an ordinary transaction has a lower number than one of the same sender that stands before it.
fn is_before(case: &Case<'_>, numbers: &mut BTreeMap<(Option<u64>, Option<Address>), U256>) -> bool {
    let Subject::Tx(tx) = &case.subject else { return false };
    let Some(number) = tx.nonce else { return false };
    let highest = numbers.entry((case.chain_id, case.actor)).or_insert(number);
    let is_before = number < *highest;
    *highest = number.max(*highest);
    is_before
}

fn add(sums: &mut Leaving, token: Option<Address>, amount: U256) {
    let sum = sums.entry(token).or_default();
    *sum = sum.saturating_add(amount);
}

fn asset(token: Address) -> Option<Address> {
    Some(token).filter(|token| !token.is_zero())
}

impl Tally {
    /// What leaves by one, and what is left of the rights that it gives or uses.
    fn of(&self, case: &Case<'_>) -> (Leaving, BTreeMap<Right, U256>) {
        let mut sums = Leaving::new();
        let mut credits: BTreeMap<Right, Credit> = BTreeMap::new();
        // What it takes by rights that were counted before it.
        let mut counted = Leaving::new();
        for out in outs(case) {
            match out {
                Out::Leaves(token, amount) => add(&mut sums, asset(token), amount),
                Out::Granted(right, token, amount) => {
                    let mut rest = amount;
                    // By Permit2 nobody takes more than Permit2 itself may.
                    if let Some(right) = right.and_then(Right::behind) {
                        let used = self.draw(right, rest, &mut credits);
                        rest -= used.own + used.before;
                        add(&mut counted, asset(token), used.before);
                    }
                    add(&mut sums, asset(token), rest);
                    if let Some(right) = right {
                        let credit = self.credit(right, &mut credits);
                        credit.own = credit.own.saturating_add(amount);
                    }
                }
                Out::Used(right, token, amount) => {
                    let mut rest = amount;
                    for right in right.into_iter().flat_map(|right| [Some(right), right.behind()]).flatten() {
                        let used = self.draw(right, rest, &mut credits);
                        rest -= used.own + used.before;
                        add(&mut counted, asset(token), used.before);
                    }
                    add(&mut sums, asset(token), rest);
                }
            }
        }
        for (token, amount) in executed(case) {
            let counted = counted.get(&token).copied().unwrap_or_default();
            let sum = sums.entry(token).or_default();
            *sum = amount.saturating_sub(counted).max(*sum);
        }
        let left =
            credits.into_iter().map(|(right, credit)| (right, credit.before.saturating_add(credit.own)));
        (sums, left.collect())
    }

    /// Takes so much of what is left of a right, or all of it.
    fn draw(&self, right: Right, amount: U256, credits: &mut BTreeMap<Right, Credit>) -> Credit {
        let credit = self.credit(right, credits);
        let own = amount.min(credit.own);
        let before = (amount - own).min(credit.before);
        (credit.own, credit.before) = (credit.own - own, credit.before - before);
        Credit { before, own }
    }

    /// Which of several happens, nobody knows: no more is left of a right than each of them leaves.
    fn settle(&mut self, left: &[BTreeMap<Right, U256>]) {
        let rights: BTreeSet<Right> = left.iter().flat_map(BTreeMap::keys).copied().collect();
        for right in rights {
            let here = self.credits.get(&right).copied().unwrap_or_default();
            let each = left.iter().map(|rights| rights.get(&right).copied().unwrap_or(here));
            let least = each.min().unwrap_or_default();
            self.credits.insert(right, least);
        }
    }

    fn credit<'c>(&self, right: Right, credits: &'c mut BTreeMap<Right, Credit>) -> &'c mut Credit {
        credits.entry(right).or_insert_with(|| Credit {
            before: self.credits.get(&right).copied().unwrap_or_default(),
            own: U256::ZERO,
        })
    }
}

/// Everything that leaves or may be taken, calls in their order.
fn outs(case: &Case<'_>) -> Vec<Out> {
    let mut outs = Vec::new();
    let paid = paid_with_coin(case);
    for placed in &case.acts {
        match &placed.act {
            Act::Grant(grant) if !case.unpacked.calls[placed.call].delegate => {
                outs.extend(granted(case, grant, case.unpacked.calls[placed.call].to));
            }
            // Counted with the coin that was sent along.
            Act::Named { .. } if paid.contains(&placed.call) => {}
            _ => by_act(case, placed, &mut outs),
        }
    }
    // Those of signatures; those of calls stand among the acts.
    if let Some((_, Meaning::Grants(grants))) = case.typed() {
        outs.extend(grants.iter().filter_map(|(_, grant)| granted(case, grant, None)));
    }
    let orders = match case.typed() {
        Some((_, Meaning::Orders { orders, .. })) => &orders[..],
        Some((_, Meaning::Known(known))) => &known.orders[..],
        _ => &[],
    };
    let offered = orders.iter().flat_map(|order| &order.offer);
    outs.extend(offered.map(|item| Out::Leaves(item.token, item.most)));
    match &case.subject {
        Subject::Tx(tx) => outs.push(Out::Leaves(Address::ZERO, tx.fee.unwrap_or_default())),
        Subject::Typed(..) => {
            outs.extend(super::unread::fees(case).into_iter().map(|(token, fee)| Out::Leaves(token, fee)));
        }
        Subject::Safe(_) | Subject::Message(_) | Subject::Authorization => {}
    }
    outs.extend(super::operation::fees(case).into_iter().map(|fee| Out::Leaves(Address::ZERO, fee)));
    let refunds = ownership::Refund::all(case).into_iter();
    outs.extend(refunds.map(|refund| Out::Leaves(refund.token, refund.likely())));
    outs
}

/// Exchanges of wrapped coin that a router pays with the coin that was sent along with the call around them: it does where what it
/// still has is enough for all of it, and takes the token else. Source: Uniswap v3-periphery, `PeripheryPayments.sol`, `pay`.
fn paid_with_coin(case: &Case<'_>) -> BTreeSet<usize> {
    let calls = &case.unpacked.calls;
    let mut paid = BTreeSet::new();
    for (outer, call) in calls.iter().enumerate() {
        let is_shared = call.signature().is_some_and(|signature| AT_ITSELF.contains(&signature));
        let knows = call.to.is_some_and(|to| case.knows_contract(&to));
        if !is_shared || !knows || call.delegate || call.value.is_zero() {
            continue;
        }
        let mut left = call.value;
        let inside = format!("{} › ", call.path);
        let inner = (outer + 1..calls.len()).take_while(|&at| calls[at].path.starts_with(&inside));
        for at in inner.filter(|&at| calls[at].depth == call.depth + 1) {
            let gives =
                Swap::of(&calls[at]).filter(|_| by_v3(&calls[at])).and_then(|swap| swap.gives.zip(swap.most));
            match gives.filter(|(token, _)| case.wraps(token)) {
                Some((_, most)) if most <= left && !most.is_zero() => {
                    left -= most;
                    paid.insert(at);
                }
                Some(_) => {}
                // Whatever else it does may take the coin, or send it back.
                None if by_v3(&calls[at]) => {}
                None => left = U256::ZERO,
            }
        }
    }
    paid
}

/// Whether a call is an exchange of V3's routers.
fn by_v3(call: &Call<'_>) -> bool {
    let name = call.decoded.as_ref().map_or("", |decoded| &decoded.function.name[..]);
    name.starts_with("exactInput") || name.starts_with("exactOutput")
}

/// What may be taken by a right over what the signer, or a Safe that is made to act, has. `at`: the contract that is told of it.
fn granted(case: &Case<'_>, grant: &Grant, at: Option<Address>) -> Option<Out> {
    if !case.is_spent(grant) || case.is_of_spender(grant) {
        return None;
    }
    let amount = match grant.extent {
        Extent::Exact(amount, _) => amount,
        Extent::Nft(_) => U256::ONE,
        Extent::All => U256::MAX,
        Extent::None => U256::ZERO,
    };
    let by = match (grant.by, grant.extent) {
        (By::Permit2, Extent::Exact(..)) => Some(Takes::ByPermit2),
        (By::Permit, Extent::Exact(..)) if at == Some(PERMIT2) => Some(Takes::ByPermit2),
        (By::Approve | By::Permit, Extent::Exact(..)) if at == Some(grant.token) => Some(Takes::ByAllowance),
        _ => None,
    };
    let right = by.zip(grant.owner).map(|(by, owner)| Right {
        chain_id: case.chain_id,
        owner,
        token: grant.token,
        spender: grant.spender,
        by,
    });
    Some(Out::Granted(right, grant.token, amount))
}

/// What leaves by one act.
fn by_act(case: &Case<'_>, placed: &Placed, outs: &mut Vec<Out>) {
    let call = &case.unpacked.calls[placed.call];
    // What another contract passes on was counted when it was sent there.
    let own = call.from.is_none_or(|from| case.spends(&from));
    match &placed.act {
        Act::Pay { to, value } => {
            let is_wrapped =
                case.wraps(to) && (call.data.is_empty() || call.signature() == Some("deposit()"));
            if !own || case.stays(case.holder(placed), to) || is_wrapped {
                return;
            }
            // What an account that is made to act sends on is counted there.
            let made = case.unpacked.made_by(placed.call).filter(|made| made.from == Some(*to));
            let is_acting = call.is_wrapper && !call.delegate && case.made_to_act.contains(to);
            let sent_on = made.fold(U256::ZERO, |sum, made| sum.saturating_add(made.value));
            let kept = if is_acting { value.saturating_sub(sent_on) } else { *value };
            outs.push(Out::Leaves(Address::ZERO, kept));
        }
        Act::Transfer { token, from, to, amount, nft } => {
            if !from.map_or(own, |from| case.spends(&from)) || case.stays(case.holder(placed), to) {
                return;
            }
            if !nft {
                outs.push(Out::Leaves(*token, *amount));
                return;
            }
            let pieces = super::left::pieces(call, *amount, *nft).into_iter();
            let count = pieces.fold(U256::ZERO, |sum, (_, count)| sum.saturating_add(count));
            outs.push(Out::Leaves(*token, count));
        }
        Act::Named { beneficiaries, .. } if own => {
            let flow = Flow::of(case, call, beneficiaries);
            let right = |token: Address| {
                let by = Takes::of(call).filter(|_| !call.delegate)?;
                let (owner, spender) = call.from.zip(call.to)?;
                Some(Right { chain_id: case.chain_id, owner, token, spender, by })
            };
            outs.extend(flow.gives.into_iter().map(|(token, sum)| Out::Used(right(token), token, sum)));
            outs.extend(flow.owes.into_iter().map(|(token, sum)| Out::Leaves(token, sum)));
            for order in case.orders_by(call) {
                // An order at CoW is taken by its relayer, another one by its market.
                let spender = if seaport::validated(call).is_empty() { Some(RELAYER) } else { call.to };
                outs.extend(order.offer.iter().map(|item| {
                    let right = spender.map(|spender| Right {
                        chain_id: case.chain_id,
                        owner: order.maker,
                        token: item.token,
                        spender,
                        by: Takes::ByAllowance,
                    });
                    Out::Used(right, item.token, item.most)
                }));
            }
        }
        // By delegatecall it is the caller who creates.
        Act::Create if own => {
            let sent = call.decoded.as_ref().map_or(Some(call.value), |decoded| decoded.uint(0));
            outs.push(Out::Leaves(Address::ZERO, sent.unwrap_or(call.value)));
        }
        Act::Setting { safe, setting: Setting::Setup(_) } if case.spends(safe) => {
            let decoded = call.decoded.as_ref();
            let paid = decoded.and_then(|it| it.address(5).zip(it.uint(6)));
            outs.extend(paid.map(|(token, amount)| Out::Leaves(token, amount)));
        }
        // What a delegate may take at once; how often, the sentence says.
        Act::Power { holder, .. } if own => {
            let is_own = holder.is_some_and(|holder| case.stays(case.holder_of(call), &holder));
            let given = Allowance::of(call).filter(|_| !is_own);
            outs.extend(given.map(|given| Out::Leaves(given.token, given.amount)));
        }
        Act::Grant(_)
        | Act::Named { .. }
        | Act::Create
        | Act::Setting { .. }
        | Act::Power { .. }
        | Act::ApproveHash { .. }
        | Act::SignMessage { .. }
        | Act::Memo { .. }
        | Act::Unknown { .. } => {}
    }
}

/// What leaves where it was executed, be it named or not. The coin that is wrapped stays one's own.
fn executed(case: &Case<'_>) -> Leaving {
    let mut sums = Leaving::new();
    let counted = |moved: &&Moved| !(moved.token.is_zero() && case.wraps(&moved.to));
    for moved in super::left::leaving(case).filter(counted) {
        add(&mut sums, asset(moved.token), moved.amount);
    }
    sums
}

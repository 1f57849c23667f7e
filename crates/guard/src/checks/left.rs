//! G-SIM-01 and G-ADDR-02 where the call was executed: what leaves beyond what the call data name, and to whom it goes.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};

use super::ownership;
use crate::{
    ask::{Listing, Moved},
    case::Case,
    decode::{Act, Call, Extent, Value},
    facts::Kind,
    finding::{
        CheckId::{Addr02, Sim01},
        Finding,
        Severity::{Block, Review},
    },
    flow::Flow,
    swap::Swap,
};

/// Lines of evidence.
const MOST: usize = 20;

/// Whom something that is named may go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whom {
    /// The one who is named.
    One(Address),
    /// The one who is called, or whoever else is named or vouched for.
    Vouched(Address),
    /// Whoever deals in it: pools have no names, but code.
    Pool,
    /// Whoever sends it.
    Anybody,
}

/// What the call data name to leave.
struct Named {
    token: Address,
    id: Option<U256>,
    to: Whom,
    amount: U256,
}

/// What leaves in the execution, if it went through: the coin as the zero address.
pub(super) fn leaving<'c>(case: &'c Case<'_>) -> impl Iterator<Item = &'c Moved> {
    let done = case.simulation.iter().filter(|done| done.went_through).flat_map(|done| &done.moved);
    let stays = |moved: &Moved| case.stays(Some(moved.from).filter(|from| !case.is_own(from)), &moved.to);
    done.filter(move |moved| case.spends(&moved.from) && !stays(moved))
}

/// What leaves without being named counts whatever comes back for it.
pub(super) fn unnamed(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut gone: BTreeMap<(Address, Option<U256>, Address), U256> = BTreeMap::new();
    for moved in leaving(case) {
        let sum = gone.entry((moved.token, moved.id, moved.to)).or_default();
        *sum = sum.saturating_add(moved.amount);
    }
    if gone.is_empty() {
        return;
    }
    let mut named = named(case);
    named.sort_by_key(|one| one.to);
    let involved = case.involved();
    let is_vouched = |to: &Address| involved.contains_key(to) || case.is_party(to) || case.is_thing(to);
    // Coin at the zero address is lost: only who names it may mean it.
    let is_lost = |token: &Address, to: &Address| token.is_zero() && to.is_zero();
    let may_get = |whom: Whom, token: &Address, to: &Address| match whom {
        Whom::One(one) => one == *to,
        _ if is_lost(token, to) => false,
        Whom::Vouched(called) => called == *to || is_vouched(to),
        Whom::Pool => is_vouched(to) || is_coded(case, to),
        Whom::Anybody => true,
    };
    for ((token, id, to), left) in &mut gone {
        for one in
            named.iter_mut().filter(|one| (one.token, one.id) == (*token, *id) && may_get(one.to, token, to))
        {
            let part = one.amount.min(*left);
            (one.amount, *left) = (one.amount - part, *left - part);
        }
    }
    gone.retain(|_, left| !left.is_zero());
    if gone.is_empty() {
        return;
    }
    let is_back = case
        .simulation
        .iter()
        .flat_map(|done| &done.moved)
        .any(|moved| case.is_own(&moved.to) && !case.is_own(&moved.from));
    let title = if is_back {
        "Executed, it takes what the call data does not name, whatever comes back for it."
    } else {
        "Executed, it takes what the call data does not name, and nothing comes back."
    };
    let mut finding = Finding::new(Sim01, Review, &case.path, title);
    let more = gone.len().saturating_sub(MOST);
    for ((token, id, to), amount) in gone.into_iter().take(MOST) {
        finding = finding.because(format!("{} to {}", case.amount_of(token, id, amount), case.show(&to)));
    }
    out.push(if more == 0 { finding } else { finding.because(format!("and {more} more")) });
}

/// Whether code of its own is seen or known to lie at an address.
fn is_coded(case: &Case<'_>, address: &Address) -> bool {
    case.simulation.iter().any(|done| done.coded.contains(address))
        || matches!(case.facts.kind(address), Some(Kind::Contract | Kind::Token))
}

/// What a contract makes for somebody who is neither named nor vouched for, and no contract: the receipt for what is given, say.
pub(super) fn made(case: &Case<'_>, out: &mut Vec<Finding>) {
    let done = case.simulation.iter().filter(|done| done.went_through).flat_map(|done| &done.moved);
    let is_strange = |to: &Address| {
        !case.spends(to)
            && !case.involved().contains_key(to)
            && !case.is_party(to)
            && !case.is_thing(to)
            && !is_coded(case, to)
    };
    let made = done.filter(|moved| moved.from.is_zero() && !moved.token.is_zero() && is_strange(&moved.to));
    let lines: BTreeSet<String> = made
        .map(|moved| {
            format!("{} to {}", case.amount_of(moved.token, moved.id, moved.amount), case.show(&moved.to))
        })
        .collect();
    if lines.is_empty() {
        return;
    }
    let title = "Executed, it makes tokens for somebody whom the call data does not name.";
    let finding = Finding::new(Sim01, Review, &case.path, title);
    out.push(lines.into_iter().take(MOST).fold(finding, Finding::because));
}

/// Whoever gets something when it runs is held against policy and lists as whoever is named in the call data is.
pub(super) fn marked(case: &Case<'_>, out: &mut Vec<Finding>) {
    let done = case.simulation.iter().filter(|done| done.went_through).flat_map(|done| &done.moved);
    let getting: BTreeSet<Address> = done.map(|moved| moved.to).filter(|to| !to.is_zero()).collect();
    let involved = case.involved();
    for to in getting.into_iter().filter(|to| !case.is_own(to) && !involved.contains_key(to)) {
        if let Some(blocked) = case.policy.blocks(&to, case.chain_id) {
            let title = format!("Executed, it pays {to}, whom the policy blocks ({}).", blocked.name);
            out.push(Finding::new(Addr02, Block, &case.path, title));
        }
        match case.screened(&to) {
            Listing::Listed(note) => {
                let title = format!(
                    "Executed, it pays {to}, which is on a list of sanctioned or thieves' addresses."
                );
                out.push(Finding::new(Addr02, Block, &case.path, title).because(note));
            }
            Listing::Doubtful(note) => {
                let title = format!("Executed, it pays {to}: look at what lists say of it.");
                out.push(Finding::new(Addr02, Review, &case.path, title).because(note));
            }
            Listing::Clear | Listing::Unknown(_) => {}
        }
    }
}

/// How much of each token, and of the coin as zero, the call data name to leave.
pub(super) fn sums(case: &Case<'_>) -> BTreeMap<Address, U256> {
    let mut sums: BTreeMap<Address, U256> = BTreeMap::new();
    for one in named(case).into_iter().filter(|one| one.id.is_none()) {
        let sum = sums.entry(one.token).or_default();
        *sum = sum.saturating_add(one.amount);
    }
    sums
}

fn named(case: &Case<'_>) -> Vec<Named> {
    let mut all = Vec::new();
    let is_own = |from: Option<Address>| from.is_some_and(|from| case.spends(&from));
    for placed in &case.acts {
        let call = &case.unpacked.calls[placed.call];
        if call.delegate {
            continue;
        }
        match &placed.act {
            Act::Transfer { token, from, to, amount, nft } if is_own(from.or(call.from)) => {
                let to = Whom::One(*to);
                let pieces = pieces(call, *amount, *nft).into_iter();
                all.extend(pieces.map(|(id, amount)| Named { token: *token, id, to, amount }));
            }
            Act::Named { beneficiaries, .. } if is_own(call.from) => {
                let given = Flow::of(case, call, beneficiaries).gives.into_iter();
                all.extend(given.map(|(token, amount)| Named { token, id: None, to: Whom::Pool, amount }));
                all.extend(burnt(case, call));
                all.extend(deposited(case, call));
            }
            _ => {}
        }
    }
    for (_, grant) in case.grants.iter().filter(|(_, grant)| case.is_spent(grant)) {
        let (id, amount) = match grant.extent {
            Extent::Exact(amount, _) => (None, amount),
            Extent::Nft(id) => (Some(id), U256::ONE),
            Extent::All | Extent::None => continue,
        };
        all.push(Named { token: grant.token, id, to: Whom::One(grant.spender), amount });
    }
    all.extend(coin(case));
    for refund in ownership::Refund::all(case) {
        let to = if refund.to.is_zero() { Whom::Anybody } else { Whom::One(refund.to) };
        all.push(Named { token: refund.token, id: None, to, amount: refund.likely() });
    }
    all
}

/// The money that is sent along. What a contract passes on was counted when it was sent there.
fn coin(case: &Case<'_>) -> Vec<Named> {
    let calls = &case.unpacked.calls;
    let mut all = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let Some(to) = call.to.filter(|_| !call.delegate && !call.value.is_zero()) else { continue };
        let within =
            |outer: &Call<'_>, inner: &Call<'_>| inner.path.starts_with(&format!("{} › ", outer.path));
        let is_passed_on = calls[..index].iter().any(|outer| {
            !outer.delegate && outer.to.is_none_or(|to| !case.spends(&to)) && within(outer, call)
        });
        if is_passed_on || call.from.is_none_or(|from| !case.spends(&from)) {
            continue;
        }
        let deals = |call: &Call<'_>| Swap::of(call).is_some() || !Flow::of(case, call, &[]).gives.is_empty();
        let whom = if calls[index..]
            .iter()
            .any(|inner| (inner.path == call.path || within(call, inner)) && deals(inner))
        {
            Whom::Pool
        } else if call.decoded.is_some() || case.wraps(&to) || case.stakes(&to) {
            Whom::Vouched(to)
        } else {
            Whom::One(to)
        };
        all.push(Named { token: Address::ZERO, id: None, to: whom, amount: call.value });
    }
    all
}

/// Numbers and amounts that the function of a transfer names. Tokens and NFTs share one, and which it is shows when it runs.
pub(super) fn pieces(call: &Call<'_>, amount: U256, nft: bool) -> Vec<(Option<U256>, U256)> {
    let decoded = call.decoded.as_ref();
    match decoded.map_or("", |decoded| decoded.signature()) {
        "safeTransferFrom(address,address,uint256,uint256,bytes)"
        | "transferFrom(address,address,uint256,uint256)" => {
            let count = decoded.and_then(|decoded| decoded.uint(3)).unwrap_or_default();
            vec![(Some(amount), count)]
        }
        "transfer(address,uint256,uint256)" => {
            let count = decoded.and_then(|decoded| decoded.uint(2)).unwrap_or_default();
            vec![(Some(amount), count)]
        }
        "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)" => {
            let list = |index: usize| {
                let value = decoded.and_then(|decoded| decoded.args.get(index));
                value.map(Value::elements).unwrap_or_default().iter().filter_map(Value::uint)
            };
            list(2).zip(list(3)).map(|(id, count)| (Some(id), count)).collect()
        }
        _ if nft => vec![(Some(amount), U256::ONE)],
        _ => vec![(None, amount), (Some(amount), U256::ONE)],
    }
}

/// What a trusted vault takes for its shares: as much as the call names, of the one token that goes to it, while shares come back.
/// Source: ERC-4626, `deposit(assets, receiver)`.
fn deposited(case: &Case<'_>, call: &Call<'_>) -> Option<Named> {
    use crate::policy::Role::{Contract, Spender};
    let (to, decoded) = call.to.zip(call.decoded.as_ref())?;
    let assets = decoded.uint(0).filter(|_| decoded.signature() == "deposit(uint256,address)")?;
    if !case.trusts(&to, &[Contract, Spender]) {
        return None;
    }
    let moved = || case.simulation.iter().flat_map(|done| &done.moved);
    moved().find(|share| share.token == to && case.is_own(&share.to) && !share.amount.is_zero())?;
    let taken =
        moved().find(|one| one.to == to && one.id.is_none() && one.token != to && case.spends(&one.from))?;
    Some(Named { token: taken.token, id: None, to: Whom::One(to), amount: assets })
}

/// Shares that a trusted contract takes back: its own, as many as it names; or those whose contract pays out as many of a token that
/// the call names.
fn burnt(case: &Case<'_>, call: &Call<'_>) -> Vec<Named> {
    use crate::policy::Role::{Contract, Spender};
    let Some((to, decoded)) = call.to.zip(call.decoded.as_ref()) else { return Vec::new() };
    if !case.trusts(&to, &[Contract, Spender]) {
        return Vec::new();
    }
    let burns =
        |token: Address, amount: U256| Named { token, id: None, to: Whom::One(Address::ZERO), amount };
    let most = decoded.args.iter().filter_map(Value::uint).max().unwrap_or_default();
    let tokens: Vec<Address> = decoded.args.iter().flat_map(Value::addresses).collect();
    let mut paid_out: BTreeMap<Address, U256> = BTreeMap::new();
    for moved in case.simulation.iter().flat_map(|done| &done.moved) {
        if case.is_own(&moved.to) && tokens.contains(&moved.token) && moved.from != to {
            let sum = paid_out.entry(moved.from).or_default();
            *sum = sum.saturating_add(moved.amount);
        }
    }
    let shares = paid_out.into_iter().map(|(token, amount)| burns(token, amount));
    shares.chain([burns(to, most)]).collect()
}

//! Exchanges that are one: what several leave in a router, or one leaves there for the next, and a later call takes from there with
//! a least amount of its own. Routers write routes in parts so (`SwapRouter02` of Uniswap), each part asking for nothing.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    decode::{Act, Call, Value},
    swap::{Joined, Swap, has_markers},
};

/// Functions whose calls are undone together.
const WHOLE: &[&str] =
    &["multicall(bytes[])", "multicall(uint256,bytes[])", "multicall(bytes32,bytes[])", "multiSend(bytes)"];

/// What lies in a router of one token: what was given for it, by which exchanges, and the least that they brought.
#[derive(Clone, Debug)]
struct Held {
    gives: Address,
    most: U256,
    legs: Vec<usize>,
    by_way_of: Vec<Address>,
    least: U256,
    /// Whether all of it was given for one thing, exactly as much as is named.
    is_plain: bool,
}

impl Case<'_> {
    /// What exchanges are judged by that are parts of one; others are judged by themselves.
    pub(crate) fn joined(&self) -> &BTreeMap<usize, Joined> {
        self.joined.get_or_init(|| joined(self))
    }

    /// The exchange that a call is judged by. Nothing where it is none, or is judged with a later one.
    pub(crate) fn swap_of(&self, index: usize) -> Option<Swap> {
        match self.joined().get(&index) {
            Some(Joined::Whole(swap)) => Some(swap.clone()),
            Some(Joined::Part) => None,
            None => Swap::of(&self.unpacked.calls[index]),
        }
    }
}

fn joined(case: &Case<'_>) -> BTreeMap<usize, Joined> {
    let mut receivers: BTreeMap<usize, &[Address]> = BTreeMap::new();
    for placed in &case.acts {
        if let Act::Named { beneficiaries, .. } = &placed.act {
            receivers.insert(placed.call, beneficiaries);
        }
    }
    // By who calls whom, inside of what.
    let mut frames: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, call) in case.unpacked.calls.iter().enumerate() {
        let is_whole = call.inside.is_some_and(|inside| WHOLE.contains(&inside));
        let is_own = call.from.is_some_and(|from| case.spends(&from));
        if let Some((around, _)) =
            call.path.rsplit_once(" › ").filter(|_| is_whole && is_own && !call.delegate)
        {
            frames.entry((around, call.from, call.to)).or_default().push(index);
        }
    }
    let mut all = BTreeMap::new();
    for frame in frames.values().filter(|frame| frame.len() > 1) {
        let mut held: BTreeMap<Address, Held> = BTreeMap::new();
        for &index in frame {
            let call = &case.unpacked.calls[index];
            if let Some((token, least)) = swept(case, call) {
                let Some(left) = held.remove(&token) else { continue };
                if is_for_signer(case, call) && left.is_plain {
                    let least = left.least.max(least);
                    settle(Held { least, ..left }, token, &mut all);
                }
                continue;
            }
            let Some(swap) = Swap::of(call) else { continue };
            let (Some(gives), Some(most), [gets]) = (swap.gives, swap.most, &swap.gets[..]) else { continue };
            let to = receivers.get(&index).copied().unwrap_or_default();
            // Nothing stands for all that the router has. Source: Uniswap swap-router-contracts, `Constants.sol`.
            let before = (has_markers(call) && most.is_zero()).then(|| held.remove(&gives)).flatten();
            let mut own = before.unwrap_or_else(|| Held {
                gives,
                most,
                legs: Vec::new(),
                by_way_of: Vec::new(),
                least: U256::ZERO,
                is_plain: true,
            });
            own.is_plain &= !swap.is_exact_out && !swap.is_limited && !swap.is_unread;
            own.least = swap.least.unwrap_or_default();
            own.legs.push(index);
            own.by_way_of.extend(swap.by_way_of);
            if !to.is_empty() && to.iter().all(|to| stays(call, to)) {
                match held.get_mut(gets) {
                    Some(other) => {
                        other.is_plain &=
                            own.is_plain && case.or_coin(other.gives) == case.or_coin(own.gives);
                        other.most = other.most.saturating_add(own.most);
                        other.least = other.least.saturating_add(own.least);
                        other.legs.extend(own.legs);
                        other.by_way_of.extend(own.by_way_of);
                    }
                    None => drop(held.insert(*gets, own)),
                }
            } else if own.is_plain && own.legs.len() > 1 {
                settle(own, *gets, &mut all);
            }
        }
    }
    all
}

/// All of it is judged at its last part.
fn settle(held: Held, token: Address, all: &mut BTreeMap<usize, Joined>) {
    let Some((last, parts)) = held.legs.split_last() else { return };
    all.extend(parts.iter().map(|part| (*part, Joined::Part)));
    let swap = Swap {
        gives: Some(held.gives),
        most: Some(held.most),
        gets: vec![token],
        least: Some(held.least),
        by_way_of: held.by_way_of,
        ..Swap::default()
    };
    all.insert(*last, Joined::Whole(swap));
}

/// Whether what comes out for an address stays in the router that is called.
fn stays(call: &Call<'_>, to: &Address) -> bool {
    let marker = |number: u8| *to == Address::with_last_byte(number);
    call.to == Some(*to) || has_markers(call) && marker(2) || marker(0) && !super::swap::burns_at_zero(call)
}

/// What a call takes from a router, and the least that it asks for.
fn swept(case: &Case<'_>, call: &Call<'_>) -> Option<(Address, U256)> {
    let decoded = call.decoded.as_ref()?;
    match &decoded.function.name[..] {
        "sweepToken" => decoded.address(0).zip(decoded.uint(1)),
        "sweepERC20" => decoded.address(0).map(|token| (token, U256::ZERO)),
        "unwrapWETH9" => crate::entries::wrapped(case.chain_id).zip(decoded.uint(0)),
        _ => None,
    }
}

/// Whether what is swept comes to the signer: he calls, or is named.
fn is_for_signer(case: &Case<'_>, call: &Call<'_>) -> bool {
    let named = call.decoded.iter().flat_map(|decoded| &decoded.args).filter_map(Value::address);
    let is_token = call.decoded.as_ref().is_some_and(|decoded| decoded.function.name.starts_with("sweep"));
    named.skip(usize::from(is_token)).all(|to| case.is_callers(call, &to))
}

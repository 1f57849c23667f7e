//! G-ORD-01: orders, and what cannot be read.

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    finding::{
        CheckId::Ord01,
        Finding,
        Severity::{Block, Incomplete, Review},
    },
    known::{self, WETH},
    policy::Role,
    typed::{Item, ItemKind, Meaning, Order, meaning::MAX_ORDERS},
};

pub(super) fn orders(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some((data, meaning)) = case.typed() else { return };
    match meaning {
        Meaning::Blind => {
            let title =
                "Nothing but a hash is signed: what it agrees to (one order, or all you own) cannot be seen.";
            out.push(Finding::new(Ord01, Block, "message", title).because(data.message.show()));
        }
        Meaning::Orders { orders, cut } => {
            for order in orders {
                judge(case, order, out);
            }
            if *cut {
                let title =
                    format!("More than {MAX_ORDERS} orders in one signature: the rest was not examined.");
                out.push(Finding::new(Ord01, Incomplete, "message", title));
            }
            let verifying = data.domain.address("verifyingContract");
            if !verifying.is_some_and(|address| case.trusts(&address, &[Role::Contract])) {
                let shown = verifying.map_or_else(|| "no contract".to_owned(), |address| case.show(&address));
                let title = format!("The order is for {shown}, a market that is on no allow-list.");
                out.push(Finding::new(Ord01, Review, "domain.verifyingContract", title));
            }
        }
        _ => {}
    }
}

/// What the maker gets of one currency, in the worst case, and what all get.
struct Proceeds {
    token: Address,
    maker: U256,
    all: U256,
}

fn proceeds(order: &Order) -> Vec<Proceeds> {
    let mut list: Vec<Proceeds> = Vec::new();
    for item in order.asked.iter().filter(|item| item.kind != ItemKind::Nft) {
        let own = if item.recipient == Some(order.maker) { item.least } else { U256::ZERO };
        match list.iter_mut().find(|one| one.token == item.token) {
            Some(one) => {
                one.maker = one.maker.saturating_add(own);
                one.all = one.all.saturating_add(item.least);
            }
            None => list.push(Proceeds { token: item.token, maker: own, all: item.least }),
        }
    }
    list
}

fn judge(case: &Case<'_>, order: &Order, out: &mut Vec<Finding>) {
    let path = &order.path;
    let mut add = |severity, title: String| out.push(Finding::new(Ord01, severity, path, title));
    let gives = crate::intent::items(case, &order.offer);
    let to_maker: Vec<&Item> = order
        .asked
        .iter()
        .filter(|item| item.recipient == Some(order.maker) && !item.least.is_zero())
        .collect();
    if to_maker.is_empty() {
        add(Block, format!("Gives {gives} away: nothing comes back to the maker."));
    } else if order.offer.iter().any(|item| item.kind == ItemKind::Nft)
        && to_maker.iter().all(|item| item.kind != ItemKind::Nft)
    {
        price(case, order, &gives, &mut add);
    }
    if let Some(actor) = case.actor.filter(|actor| *actor != order.maker) {
        add(Review, format!("The maker of the order is {} and not you ({actor}).", order.maker));
    }
    let mut collections: Vec<Address> =
        order.offer.iter().filter(|item| item.kind == ItemKind::Nft).map(|item| item.token).collect();
    collections.sort_unstable();
    collections.dedup();
    if collections.len() > 1 {
        add(Review, format!("One order gives NFTs of {} collections.", collections.len()));
    }
    if order.offer.iter().any(|item| item.any_of) {
        add(Review, "Any NFT of the collection may be taken.".to_owned());
    }
    if let Some(taker) = order.taker {
        add(Review, format!("Only {} can take this order.", case.show(&taker)));
    }
    if let Some(zone) = order.zone.filter(|zone| !case.trusts(zone, &[Role::Zone])) {
        add(Review, format!("A contract decides about the order that is on no allow-list: zone {zone}."));
    }
    if let (Some(ends), Some(now)) = (order.ends, case.facts.now) {
        // Half a year is the longest a market offers.
        let limit = u64::try_from(now.as_second()).unwrap_or_default().saturating_add(200 * 86_400);
        if ends > U256::from(limit) {
            add(Review, format!("The order holds {}.", known::until(ends)));
        }
    }
}

fn price(
    case: &Case<'_>,
    order: &Order,
    gives: &str,
    add: &mut impl FnMut(crate::finding::Severity, String),
) {
    let count = order.offer.iter().filter(|item| item.kind == ItemKind::Nft).count();
    for one in proceeds(order).iter().filter(|one| !one.all.is_zero()) {
        let got = case.amount(one.maker, &one.token);
        let ether =
            one.token.is_zero() || (one.token == WETH && case.chain_id.is_none_or(|chain| chain == 1));
        let least = case.policy.bounds.least_price.0.saturating_mul(U256::from(count));
        let unit =
            case.token(&one.token).map(|token| U256::from(10).saturating_pow(U256::from(token.decimals)));
        let enough =
            if ether { Some(least) } else { unit.map(|unit| unit.saturating_mul(U256::from(count))) };
        if enough.is_some_and(|enough| one.maker < enough) {
            add(Block, format!("Sells {gives} for {got}: next to nothing."));
        } else if enough.is_none() {
            add(Review, format!("Sells {gives} for {got}: what that is worth is not known."));
        }
        // A market takes a few per cent.
        let others = one.all - one.maker;
        if others > one.maker {
            add(Block, format!("Most of the price goes to others: the maker gets {got}."));
        } else if others.saturating_mul(U256::from(5)) > one.all {
            add(Review, format!("More than a fifth of the price goes to others: the maker gets {got}."));
        }
    }
}

//! G-ORD-01: orders, and what cannot be read.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, b256, keccak256};

use super::price;
use crate::{
    case::Case,
    cow::Terms,
    decode::cow,
    finding::{
        CheckId::{Addr02, Ord01, Sign01},
        Finding,
        Severity::{Block, Incomplete, Review},
    },
    known::{self, WETH},
    policy::Role,
    typed::{Item, ItemKind, Meaning, Order, meaning::MAX_ORDERS},
};

pub(super) fn orders(case: &Case<'_>, out: &mut Vec<Finding>) {
    by_calls(case, out);
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
                let title = format!(
                    "Not every order in this signature was examined: they are more than {MAX_ORDERS}, or one is of a kind that no \
                     account signs."
                );
                out.push(Finding::new(Ord01, Incomplete, "message", title));
            }
            let verifying = data.domain.address("verifyingContract");
            if !verifying.is_some_and(|address| case.trusts(&address, &[Role::Contract])) {
                let shown = verifying.map_or_else(|| "no contract".to_owned(), |address| case.show(&address));
                let title = format!("The order is for {shown}, a market that is on no allow-list.");
                out.push(Finding::new(Ord01, Review, "domain.verifyingContract", title));
            }
        }
        Meaning::Known(known) => {
            if let Some(loses) = known.told.as_ref().and_then(|told| told.loses) {
                out.push(Finding::new(Sign01, Block, "message", loses));
            }
            for order in &known.orders {
                judge(case, &order.of(case.actor), out);
            }
            if known.orders.iter().any(|order| order.market == "CoW Protocol")
                && let Some(terms) = case.cow_terms_of(data)
            {
                besides(case, &terms, "message.appData", out);
            }
            let taker = known.spender.or_else(|| data.domain.address("verifyingContract"));
            if !known.orders.is_empty()
                && !taker.is_some_and(|address| {
                    // Whoever takes by a signature must be trusted to take: that a contract is honest does not say that it
                    // gives to nobody else what it was given.
                    match known.spender {
                        Some(_) => case.trusts(&address, &[Role::Spender, Role::Permit2Spender]),
                        None => case.trusts(&address, &[Role::Contract, Role::Spender, Role::Permit2Spender]),
                    }
                })
            {
                let shown = taker.map_or_else(|| "no contract".to_owned(), |address| case.show(&address));
                let severity = if known.spender.is_some() { Block } else { Review };
                let title = format!("The order is for {shown}, a market that is on no allow-list.");
                out.push(Finding::new(Ord01, severity, "message", title));
            }
        }
        _ => {}
    }
}

/// Orders that calls give.
fn by_calls(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut asks = false;
    for call in case.unpacked.calls.iter().filter(|call| !call.delegate) {
        let given = case.orders_by(call);
        for order in &given {
            judge(case, order, out);
        }
        if !given.is_empty() {
            if let Some(terms) = case.cow_terms(call) {
                besides(case, &terms, &call.path, out);
            }
            continue;
        }
        let Some((uid, true)) = call.decoded.as_ref().and_then(cow::pre_signed) else { continue };
        asks = true;
        let finding = if call.from == Some(uid.owner) {
            let title = "Signs an order by its number alone: what it sells, for how much and to whom does not stand there. Give the \
                         order itself (`cow-orders` in --context), and it is judged.";
            Finding::new(Ord01, Review, &call.path, title)
        } else {
            let title = format!("Signs an order of {}, which nobody else can sign.", case.show(&uid.owner));
            Finding::new(Ord01, Review, &call.path, title)
        };
        out.push(finding.because(format!("hash of the order {}", uid.digest)));
    }
    if asks {
        out.extend(case.unread_cow_orders().into_iter().map(|why| {
            let title = "What the context tells as an order is none that is read here.";
            Finding::new(Ord01, Review, "facts.cow-orders", title).because(why)
        }));
    }
}

/// What an order at `CoW` says by a hash: whom it pays and calls besides. What it brings at least stands in the order.
fn besides(case: &Case<'_>, terms: &Terms, path: &str, out: &mut Vec<Finding>) {
    let Some(text) = &terms.text else {
        if !terms.are_none() {
            let title = "What its hash of further terms (appData) stands for is not told: fees of partners and calls before and after \
                         it were not looked at. Give the order as CoW's service tells it, with `fullAppData` (`cow-orders` in \
                         --context).";
            out.push(Finding::new(Ord01, Incomplete, path, title).because(format!("appData {}", terms.hash)));
        }
        return;
    };
    if keccak256(text) != terms.hash {
        let title =
            "What is told of its further terms (fullAppData) is not what its hash (appData) stands for.";
        out.push(Finding::new(Ord01, Block, path, title).because(format!("appData {}", terms.hash)));
    }
    for address in terms.named().into_iter().collect::<std::collections::BTreeSet<_>>() {
        if let Some(blocked) = case.policy.blocks(&address, case.chain_id) {
            let title = format!(
                "The policy blocks {address} ({}), which its further terms (appData) name.",
                blocked.name
            );
            out.push(Finding::new(Addr02, Block, path, title));
        } else if case.is_marked(&address) {
            let title = format!("{address}, which its further terms (appData) name, is on a list.");
            out.push(Finding::new(Addr02, Block, path, title));
        }
    }
    let has = |word: &str| text.contains(&format!("\"{word}\""));
    if has("hooks") || has("partnerFee") || has("flashloan") || text.contains('\\') {
        let title = "Its further terms (appData) pay a partner, or call something before or after it: that is not read here.";
        out.push(Finding::new(Ord01, Review, path, title));
    }
}

/// The key of `OpenSea`'s conduit, which is shipped as trusted. Source: opensea-js, `constants.ts`.
const OPENSEA: B256 = b256!("0000007b02230091a7ed01230072f7006a004d60a8d4e71d599b8104250f0000");

/// What the maker gets of one currency, in the worst case, and what all get.
struct Proceeds {
    token: Address,
    maker: U256,
    all: U256,
}

/// Whether what an order asks for goes to the maker, or where he says in the policy that his money may go.
fn is_for_maker(case: &Case<'_>, order: &Order, item: &Item) -> bool {
    item.recipient.is_some_and(|to| {
        to == order.maker
            || case.policy.books(&to, case.chain_id)
            || case.policy.trusts(&to, Role::Recipient, case.chain_id).is_some()
    })
}

fn proceeds(case: &Case<'_>, order: &Order) -> Vec<Proceeds> {
    let mut all: BTreeMap<Address, (U256, U256)> = BTreeMap::new();
    for item in order.asked.iter().filter(|item| item.kind != ItemKind::Nft) {
        let own = if is_for_maker(case, order, item) { item.least } else { U256::ZERO };
        let sums = all.entry(item.token).or_default();
        *sums = (sums.0.saturating_add(own), sums.1.saturating_add(item.least));
    }
    all.into_iter().map(|(token, (maker, all))| Proceeds { token, maker, all }).collect()
}

fn judge(case: &Case<'_>, order: &Order, out: &mut Vec<Finding>) {
    let path = &order.path;
    let mut add = |severity, title: String| out.push(Finding::new(Ord01, severity, path, title));
    let gives = crate::intent::offered(case, &order.offer);
    let to_maker: Vec<&Item> =
        order.asked.iter().filter(|item| is_for_maker(case, order, item) && !item.least.is_zero()).collect();
    if to_maker.is_empty() {
        let elsewhere = crate::intent::elsewhere(case, order);
        add(Block, format!("Gives {gives} away: nothing comes back to the maker{elsewhere}."));
    } else {
        price(case, order, &to_maker, &gives, &mut add);
    }
    shares(case, order, &mut add);
    elsewhere(case, order, &mut add);
    let mut collections: Vec<Address> =
        order.offer.iter().filter(|item| item.kind == ItemKind::Nft).map(|item| item.token).collect();
    collections.sort_unstable();
    collections.dedup();
    if collections.len() > 1 {
        add(Review, format!("One order gives NFTs of {} collections.", collections.len()));
    }
    contradicted(case, order, &mut add);
    if order.offer.iter().any(|item| item.any_of) {
        add(Review, "Any NFT of the collection may be taken.".to_owned());
    }
    if order.odd {
        add(
            Incomplete,
            "Has things of a form that the market never takes: what is meant is not known.".to_owned(),
        );
    }
    if let Some(taker) = order.taker {
        add(Review, format!("Only {} can take this order.", case.show(&taker)));
    }
    if let Some(zone) = order.zone.filter(|zone| !case.trusts(zone, &[Role::Zone])) {
        add(Review, format!("A contract decides about the order that is on no allow-list: zone {zone}."));
    }
    if let Some(key) = order.conduit.filter(|key| *key != OPENSEA) {
        add(Review, format!("What is given is taken through a conduit that nobody knows: key {key}."));
    }
    if let (Some(ends), Some(now)) = (order.ends, case.facts.now) {
        // As long as a permit may: while it holds, whoever takes it chooses the day, and the price is that of today.
        let days = case.policy.bounds.permit_days;
        let most = u64::from(days) * 86_400;
        let limit = u64::try_from(now.as_second()).unwrap_or_default().saturating_add(most);
        if ends > U256::from(limit) {
            let until = known::until(ends);
            add(Review, format!("The order holds {until}, longer than the {days} days the policy allows."));
        }
    }
}

/// Whoever gets a part of the price beside the maker must be vouched for, however small it is: what a market or a creator takes is
/// told from a theft by whose it is.
fn shares(case: &Case<'_>, order: &Order, add: &mut impl FnMut(crate::finding::Severity, String)) {
    for item in order.asked.iter().filter(|item| !item.most.is_zero() && !is_for_maker(case, order, item)) {
        if !item.recipient.is_some_and(|to| case.may_take_share(&to)) {
            let to = item.recipient.map_or_else(|| "nobody".to_owned(), |to| case.show(&to));
            let what = crate::intent::items(case, std::slice::from_ref(item));
            add(Incomplete, format!("{to} gets {what} of the price, and nobody vouches for that address."));
        }
    }
}

/// What an order brings in part to its maker and in part to somebody in the address book: more than a fee is a payment that stands
/// in the small print. All of it to such a one is where the maker wants it.
fn elsewhere(case: &Case<'_>, order: &Order, add: &mut impl FnMut(crate::finding::Severity, String)) {
    let holder = Some(order.maker).filter(|maker| !case.is_own(maker));
    let is_makers = |item: &&Item| item.recipient.is_some_and(|to| case.stays(holder, &to));
    let is_exchange = !order.offer.iter().chain(&order.asked).any(|item| item.kind == ItemKind::Nft);
    let most = if is_exchange { 100 } else { 5 };
    if !order.asked.iter().any(|item| is_makers(&item)) {
        return;
    }
    let mut sums: BTreeMap<(Address, ItemKind), U256> = BTreeMap::new();
    for item in &order.asked {
        let sum = sums.entry((item.token, item.kind)).or_default();
        *sum = sum.saturating_add(item.least);
    }
    let booked = |item: &&Item| is_for_maker(case, order, item) && !is_makers(item);
    for item in order.asked.iter().filter(booked) {
        let all = sums.get(&(item.token, item.kind)).copied().unwrap_or_default();
        if item.kind == ItemKind::Nft || item.most.saturating_mul(U256::from(most)) > all {
            let what = crate::intent::items(case, std::slice::from_ref(item));
            let to = item.recipient.map_or_else(|| "nobody".to_owned(), |to| case.show(&to));
            add(Review, format!("{what} of what the order brings goes to {to} and not to you."));
        }
    }
}

/// Prices of a collection that do not agree: none of them is one.
fn contradicted(case: &Case<'_>, order: &Order, add: &mut impl FnMut(crate::finding::Severity, String)) {
    let items = order.offer.iter().chain(&order.asked).filter(|item| item.kind == ItemKind::Nft);
    let collections: std::collections::BTreeSet<Address> = items.map(|item| item.token).collect();
    for collection in collections {
        let mut floors = case.facts.floor.iter().filter(|floor| floor.collection.0 == collection);
        let first = floors.next();
        if first.is_some_and(|first| {
            floors.any(|floor| (floor.price.0, floor.token) != (first.price.0, first.token))
        }) {
            let title = format!(
                "The context tells several prices of {}: which holds is not known.",
                case.show(&collection)
            );
            add(Incomplete, title);
        }
    }
    let money = order.offer.iter().chain(&order.asked).filter(|item| item.kind != ItemKind::Nft);
    let money: std::collections::BTreeSet<Address> = money.map(|item| case.or_coin(item.token)).collect();
    // One currency is compared with itself.
    if money.len() > 1
        && let Some(token) = price::contradicted(case, money.iter().copied())
    {
        add(Incomplete, price::contradiction(case, &token));
    }
    let floors = order.offer.iter().chain(&order.asked).filter(|item| item.kind == ItemKind::Nft);
    let is_floor_told = |item: &Item| {
        let mut floors = case.facts.floor.iter().filter(|floor| floor.collection.0 == item.token);
        floors.clone().next().is_none() || floors.any(|floor| price::is_fresh(case, floor.date))
    };
    if let Some(item) = floors.into_iter().find(|item| !is_floor_told(item)) {
        let collection = case.show(&item.token);
        add(
            Incomplete,
            format!(
                "The price of {collection} that the context tells is of another time: it is not believed."
            ),
        );
    }
    if money.len() > 1
        && let Some((token, why)) = price::disbelieved(case, money.iter().copied())
    {
        add(Incomplete, format!("No price is believed here: {why} of {}.", price::name(case, &token)));
    }
}

/// What comes back for what is given. Nobody here knows prices: what is clearly next to nothing is a theft, what comes back in
/// something that nobody knows is one where something known is given, and any other exchange is for a person to judge.
fn price(
    case: &Case<'_>,
    order: &Order,
    to_maker: &[&Item],
    gives: &str,
    add: &mut impl FnMut(crate::finding::Severity, String),
) {
    let is_known = |item: &Item| match item.kind {
        ItemKind::Coin => true,
        ItemKind::Token => case.token(&item.token).is_some(),
        ItemKind::Nft => false,
    };
    let gets: Vec<Item> = to_maker.iter().map(|item| (*item).clone()).collect();
    let gets = crate::intent::items(case, &gets);
    let nfts = order.offer.iter().filter(|item| item.kind == ItemKind::Nft).count();
    if !to_maker.iter().any(|item| is_known(item)) {
        let nfts_for_money = to_maker.iter().all(|item| item.kind == ItemKind::Nft);
        match fair(case, order) {
            Some(Price::Fair) => return,
            Some(Price::Low) => {
                add(Review, format!("Gives {gives} for {gets}: less than it goes for."));
                return;
            }
            Some(Price::Theft) if !nfts_for_money => {
                add(Block, format!("Gives {gives} for {gets}: less than half of what it goes for."));
                return;
            }
            Some(Price::Theft) | None => {}
        }
        if order.offer.iter().any(is_known) && !nfts_for_money {
            add(Block, format!("Gives {gives} for {gets}, and of that nobody knows what it is worth."));
        } else {
            add(Review, format!("Exchanges {gives} for {gets}: what that is worth is not known."));
        }
        return;
    }
    let is_exchange = !order.offer.iter().chain(&order.asked).any(|item| item.kind == ItemKind::Nft);
    let mut much = false;
    let mut unclear = false;
    for one in proceeds(case, order).iter().filter(|one| !one.all.is_zero()) {
        let got = case.amount(one.maker, &one.token);
        let ether =
            one.token.is_zero() || (one.token == WETH && case.chain_id.is_none_or(|chain| chain == 1));
        let unit =
            case.token(&one.token).map(|token| U256::from(10).saturating_pow(U256::from(token.decimals)));
        let enough = if ether { Some(case.policy.bounds.least_price.0) } else { unit };
        match enough {
            // For each thing given, an NFT or a token.
            Some(enough) => {
                let enough = enough.saturating_mul(U256::from(nfts.max(1)));
                much |= one.maker >= enough;
                unclear |= one.maker >= enough / U256::from(10);
            }
            None => unclear = true,
        }
        // A market takes a few per cent.
        let others = one.all - one.maker;
        if others > one.maker {
            let all = case.amount(one.all, &one.token);
            add(Block, format!("Most of the {all} of the price goes to others: the maker gets {got}."));
        } else if others.saturating_mul(U256::from(5)) > one.all {
            add(Review, format!("More than a fifth of the price goes to others: the maker gets {got}."));
        } else if is_exchange && others.saturating_mul(U256::from(100)) > one.all {
            let title = "More than a hundredth of what the exchange brings goes to others: the maker gets";
            add(Review, format!("{title} {got}."));
        }
    }
    if !much && !unclear {
        add(Block, format!("Gives {gives} for {gets}: next to nothing."));
        return;
    }
    match fair(case, order) {
        Some(Price::Fair) => {
            let lost = lost_by(case, order).and_then(|lost| super::swap::by_told_prices(case, lost));
            if let Some(title) = lost {
                add(Review, title);
            }
        }
        Some(Price::Low) => add(Review, format!("Gives {gives} for {gets}: less than it goes for.")),
        Some(Price::Theft) => {
            add(Block, format!("Gives {gives} for {gets}: less than half of what it goes for."));
        }
        None => {
            let severity = if super::unread::has_extension(case) { Incomplete } else { Review };
            add(
                severity,
                format!("Gives {gives} for {gets}: whether that is a fair price is not known here."),
            );
        }
    }
}

/// What the maker loses by an order of one money for another, by the prices told.
fn lost_by(case: &Case<'_>, order: &Order) -> Option<U256> {
    let is_money = |item: &&Item| item.kind != ItemKind::Nft;
    if !order.offer.iter().chain(&order.asked).all(|item| is_money(&item)) {
        return None;
    }
    let gives: Vec<_> = order.offer.iter().map(|item| (case.or_coin(item.token), item.most)).collect();
    let own = order.asked.iter().filter(|item| is_for_maker(case, order, item));
    let gets: Vec<_> = own.map(|item| (case.or_coin(item.token), item.least)).collect();
    price::lost(case, &gives, &gets)
}

/// What each order that is given may lose by the prices told.
pub(super) fn lost(case: &Case<'_>) -> Vec<U256> {
    let mut orders: Vec<Order> = match case.typed() {
        Some((_, Meaning::Orders { orders, .. })) => orders.clone(),
        Some((_, Meaning::Known(known))) => known.orders.iter().map(|order| order.of(case.actor)).collect(),
        _ => Vec::new(),
    };
    orders.extend(case.unpacked.calls.iter().flat_map(|call| case.orders_by(call)));
    orders.iter().filter_map(|order| lost_by(case, order)).collect()
}

/// How what the maker gets compares with what he gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Price {
    /// About as much.
    Fair,
    /// Less.
    Low,
    /// Less than half.
    Theft,
}

/// What the maker gets of what he gives, by the prices that were given; nothing where a thing has none, or an old one. Coin
/// and wrapped coin count as one. A price of a collection is one for each piece: of one that has many of a number it tells what is
/// too little, and nothing of what is enough, nor of what comes, nor of what somebody else chooses for him.
fn fair(case: &Case<'_>, order: &Order) -> Option<Price> {
    case.facts.now?;
    let money = order.offer.iter().chain(&order.asked).filter(|item| item.kind != ItemKind::Nft);
    let is_told = price::is_any_told(case, money.map(|item| item.token));
    let fair = fair_in(case, order, false).or_else(|| is_told.then(|| fair_in(case, order, true)).flatten());
    // That it is no less than the cheapest number goes for says nothing of the number that is given.
    let is_of_many = order.offer.iter().any(|item| item.kind == ItemKind::Nft && item.many);
    fair.filter(|fair| *fair != Price::Fair || !is_of_many)
}

/// As [`fair`], each currency by itself, or all of it in dollars where the context tells what each is worth.
fn fair_in(case: &Case<'_>, order: &Order, in_dollars: bool) -> Option<Price> {
    let coin = |token: Option<Address>| case.or_coin(token.unwrap_or_default());
    let worth = |item: &Item, count: U256| match item.kind {
        ItemKind::Coin | ItemKind::Token => Some((coin(Some(item.token)), count)),
        ItemKind::Nft => {
            let floor = case.facts.floor.iter().find(|floor| floor.collection.0 == item.token)?;
            let price = floor.price.0.saturating_mul(count);
            price::is_fresh(case, floor.date).then_some((coin(floor.token.map(|token| token.0)), price))
        }
    };
    let worth = |item: &Item, count: U256| {
        let (token, amount) = worth(item, count)?;
        if in_dollars {
            Some((Address::ZERO, price::worth(case, token, amount)?))
        } else {
            Some((token, amount))
        }
    };
    let is_nft = |item: &Item| item.kind == ItemKind::Nft;
    // What is given in money comes back in money, whatever NFTs are given with it: a floor is no price to the tenth.
    let mut money: BTreeMap<Address, U256> = BTreeMap::new();
    for item in order.offer.iter().filter(|item| !is_nft(item)) {
        let sum = money.entry(coin(Some(item.token))).or_default();
        *sum = sum.saturating_add(item.most);
    }
    for item in order.asked.iter().filter(|item| !is_nft(item) && is_for_maker(case, order, item)) {
        if let Some(sum) = money.get_mut(&coin(Some(item.token))) {
            *sum = sum.saturating_sub(item.least);
        }
    }
    let gives_nfts = order.offer.iter().any(is_nft);
    let is_lost = gives_nfts && money.values().any(|sum| !sum.is_zero());
    // A floor is a week old at most and knows nothing of the one NFT; a fifth of it is for that, fees and royalties.
    let tenths = if in_dollars || order.offer.iter().chain(&order.asked).any(is_nft) { 8 } else { 10 };
    let mut sums: BTreeMap<Address, (U256, U256)> = BTreeMap::new();
    for item in &order.offer {
        let (token, amount) = worth(item, item.most)?;
        let sum = &mut sums.entry(token).or_default().0;
        *sum = sum.saturating_add(amount);
    }
    for item in order.asked.iter().filter(|item| is_for_maker(case, order, item)) {
        if item.any_of || is_nft(item) && item.many {
            return None;
        }
        let (token, amount) = worth(item, item.least)?;
        // Of two currencies nobody here knows how they compare.
        let sum = &mut sums.get_mut(&token)?.1;
        *sum = sum.saturating_add(amount);
    }
    let covers = |gives: U256, gets: U256, tenths: u64| {
        // What is too large to be counted is not covered.
        gives
            .checked_mul(U256::from(tenths))
            .is_some_and(|gives| gets.saturating_mul(U256::from(10)) >= gives)
    };
    let all = |tenths: u64| sums.values().all(|(gives, gets)| covers(*gives, *gets, tenths));
    Some(match (all(tenths), all(5)) {
        (true, _) if is_lost => Price::Low,
        (true, _) => Price::Fair,
        (false, true) => Price::Low,
        (false, false) => Price::Theft,
    })
}

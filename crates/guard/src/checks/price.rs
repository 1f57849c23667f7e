//! What things are worth by the prices that the context tells, each with its day. Nobody here knows any: what is not told, or told
//! for another day, has none. Of several days the newest counts; what is told in two ways on that day has no price, and nobody
//! knows which holds.

use alloy_primitives::{Address, U256};

use crate::{case::Case, known};

/// Days for which a price is believed.
const DAYS: i64 = 7;

/// What the context says of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// So many of the smallest parts of a dollar for a whole one.
    Price(U256),
    /// None that is believed, and why.
    Another(&'static str),
    /// In several ways on the newest day.
    Several,
    /// Nothing.
    Nothing,
}

/// How what is got compares with what is given, by told prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// About as much.
    Fair,
    /// Less than four fifths.
    Low,
    /// Less than half.
    Theft,
}

/// Whether a day is one of which a price is believed today.
pub(super) fn is_fresh(case: &Case<'_>, date: jiff::Timestamp) -> bool {
    case.facts.now.is_some_and(|now| {
        let seconds = now.as_second() - date.as_second();
        (0..=DAYS * 86_400).contains(&seconds)
    })
}

/// What is told of a token, or of the coin (zero); coin and wrapped coin are one.
pub(super) fn told(case: &Case<'_>, token: Address) -> Told {
    let coin = case.or_coin(token);
    let all = case.facts.price.iter().filter(|price| {
        price.chain_id.is_none_or(|chain| case.chain_id == Some(chain))
            && case.or_coin(price.token.map_or(Address::ZERO, |token| token.0)) == coin
    });
    // A price of the coin that names no chain is one of ether.
    let is_of_ether = known::coin(case.chain_id) == "ETH";
    let prices = all.clone().filter(|price| is_of_ether || price.token.is_some() || price.chain_id.is_some());
    let fresh = prices.clone().filter(|price| is_fresh(case, price.date));
    let Some(newest) = fresh.clone().max_by_key(|price| price.date) else {
        let is_past = |date: jiff::Timestamp| case.facts.now.is_some_and(|now| date <= now);
        return match prices.map(|price| is_past(price.date)).max() {
            None if all.clone().next().is_some() => {
                Told::Another("a price that names no chain (chain-id) is one of ether, and there is none")
            }
            None => Told::Nothing,
            Some(_) if case.facts.now.is_none() => {
                Told::Another("the time is not known, nor whether the price holds")
            }
            Some(true) => Told::Another("older than a week is the price that the context tells"),
            Some(false) => Told::Another("of a time to come is the price that the context tells"),
        };
    };
    let day = |date: jiff::Timestamp| date.as_second().div_euclid(86_400);
    let mut of_day = fresh.filter(|price| day(price.date) == day(newest.date));
    if of_day.any(|other| other.dollars != newest.dollars) {
        return Told::Several;
    }
    if !super::worth::may_cost(case, &coin, newest.dollars.0) {
        return Told::Another("far from all that is known of it is the price that the context tells");
    }
    Told::Price(newest.dollars.0)
}

/// Of which of these the context tells a price that is not believed, and why.
pub(super) fn disbelieved(
    case: &Case<'_>,
    mut tokens: impl Iterator<Item = Address>,
) -> Option<(Address, &'static str)> {
    tokens.find_map(|token| match told(case, token) {
        Told::Another(why) => Some((token, why)),
        Told::Price(_) | Told::Several | Told::Nothing => None,
    })
}

/// Of which of these the context tells several prices.
pub(super) fn contradicted(case: &Case<'_>, mut tokens: impl Iterator<Item = Address>) -> Option<Address> {
    tokens.find(|token| told(case, *token) == Told::Several)
}

/// A token in a sentence about prices, or the coin.
pub(super) fn name(case: &Case<'_>, token: &Address) -> String {
    if token.is_zero() { known::coin(case.chain_id).to_owned() } else { case.show(token) }
}

/// What is to be said then.
pub(super) fn contradiction(case: &Case<'_>, token: &Address) -> String {
    format!("The context tells several prices of {}: which holds is not known.", name(case, token))
}

/// What an amount is worth, in the smallest parts of a dollar; what is a dollar by its address is one where nothing else is told.
pub(super) fn worth(case: &Case<'_>, token: Address, amount: U256) -> Option<U256> {
    let coin = case.or_coin(token);
    let decimals = if coin.is_zero() { 18 } else { u64::from(case.token(&coin)?.decimals) };
    let price = match told(case, coin) {
        Told::Price(price) => price,
        // A price of another day is none, and makes nothing less strict than none does.
        Told::Nothing | Told::Another(_) if super::worth::is_dollar(case, &coin) => {
            U256::from(10).pow(U256::from(18))
        }
        Told::Nothing | Told::Another(_) | Told::Several => return None,
    };
    let whole = U256::from(10).checked_pow(U256::from(decimals))?;
    // What is too large to be counted is worth more than anything that is not.
    Some(amount.saturating_mul(price) / whole)
}

/// Whether the context tells a price of one of these that is believed: by their names alone dollars are compared elsewhere.
pub(super) fn is_any_told(case: &Case<'_>, mut tokens: impl Iterator<Item = Address>) -> bool {
    tokens.any(|token| matches!(told(case, token), Told::Price(_)))
}

/// What an exchange costs by the way of the world, as one part in so many of what is given: the fee of a pool and what the price moves
/// meanwhile.
const USUAL: u64 = 200;

/// What is lost of all that is given against all that is got, beyond the usual, where everything has a price and one of them is
/// told: in the smallest parts of a dollar. A price that is told tells a theft from an exchange, and does not make a large loss a
/// small one.
pub(super) fn lost(case: &Case<'_>, gives: &[(Address, U256)], gets: &[(Address, U256)]) -> Option<U256> {
    is_any_told(case, gives.iter().chain(gets).map(|one| one.0)).then_some(())?;
    let (given, got) = (all_worth(case, gives)?, all_worth(case, gets)?);
    Some(given.saturating_sub(got).saturating_sub(given / U256::from(USUAL)))
}

fn all_worth(case: &Case<'_>, side: &[(Address, U256)]) -> Option<U256> {
    side.iter()
        .try_fold(U256::ZERO, |sum, (token, amount)| Some(sum.saturating_add(worth(case, *token, *amount)?)))
}

/// Compares all that is given with all that is got, where everything has a price and one of them is told.
pub(super) fn compare(
    case: &Case<'_>,
    gives: &[(Address, U256)],
    gets: &[(Address, U256)],
) -> Option<Compared> {
    is_any_told(case, gives.iter().chain(gets).map(|one| one.0)).then_some(())?;
    let (given, got) = (all_worth(case, gives)?, all_worth(case, gets)?);
    let covers = |tenths: u64| {
        given.checked_mul(U256::from(tenths)).is_some_and(|given| got.saturating_mul(U256::from(10)) >= given)
    };
    Some(match (covers(8), covers(5)) {
        (true, _) => Compared::Fair,
        (false, true) => Compared::Low,
        (false, false) => Compared::Theft,
    })
}

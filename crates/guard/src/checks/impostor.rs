//! G-FACT-01: tokens that call themselves like one that is known, and are another.

use std::{collections::BTreeMap, sync::LazyLock};

use alloy_primitives::Address;

use super::worth;
use crate::{
    case::Case,
    decode::Call,
    finding::{
        CheckId::Fact01,
        Finding,
        Severity::{Info, Review},
    },
    known, plain,
};

/// Tokens whose names are worn by others: what they are known as, and what else they call themselves. Source of the names: the
/// contracts' own `name` and `symbol` on Ethereum.
const KNOWN: &[(&str, &[&str])] = &[
    ("ETH", &["Ether", "Ethereum"]),
    ("USDC", &["USD Coin", "USDCoin"]),
    ("USDT", &["Tether USD", "Tether", "USDT0"]),
    ("DAI", &["Dai Stablecoin"]),
    ("WETH", &["Wrapped Ether"]),
    ("WBTC", &["Wrapped BTC", "Wrapped Bitcoin"]),
    ("stETH", &["Liquid staked Ether 2.0", "Lido Staked Ether"]),
    ("wstETH", &["Wrapped liquid staked Ether 2.0", "Wrapped stETH"]),
    ("mETH", &[]),
    ("LINK", &["ChainLink Token", "Chainlink"]),
    ("UNI", &["Uniswap"]),
    ("EURC", &["Euro Coin"]),
    ("EURS", &["STASIS EURO"]),
    ("AAVE", &["Aave Token"]),
    ("LDO", &["Lido DAO Token"]),
    ("MKR", &["Maker"]),
];

/// The tickers, by every name in plain letters: those above, and whatever is taken for a price of an exchange.
static WORN: LazyLock<BTreeMap<String, &str>> = LazyLock::new(|| {
    let names = KNOWN
        .iter()
        .flat_map(|(ticker, names)| names.iter().chain([ticker]).map(move |name| (*name, *ticker)));
    let priced = worth::tickers().map(|ticker| (ticker, ticker));
    priced.chain(names).map(|(name, ticker)| (plain::ticker(name), ticker)).collect()
});

/// The known token whose name a name is, in plain letters, without what marks tokens that were brought over a bridge.
fn worn(name: &str) -> Option<&'static str> {
    let bare = plain::letters(name);
    let bare = bare.trim().trim_start_matches('$');
    let bare = bare.strip_prefix("bridged ").unwrap_or(bare);
    let bare = bare.split(" (").next().unwrap_or(bare);
    let bare = bare.strip_suffix(" token").unwrap_or(bare);
    let bare = bare.strip_suffix(".e").unwrap_or(bare);
    WORN.get(&plain::ticker(bare)).or_else(|| WORN.get(&plain::ticker(name))).copied()
}

/// Whether a name is a token's own to the letter.
fn is_spelt(name: &str, ticker: &str) -> bool {
    let names = KNOWN.iter().filter(|known| known.0 == ticker).flat_map(|known| known.1);
    name == ticker || names.into_iter().any(|own| *own == name)
}

/// What addresses are called by the context, by themselves on the chain, by descriptors, and by the data that are signed for them.
fn called(case: &Case<'_>, involved: &BTreeMap<Address, String>) -> BTreeMap<Address, Vec<String>> {
    let mut all: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    for told in case.facts.token.iter().chain(&case.facts.own_names) {
        all.entry(told.address.0).or_default().push(told.symbol.clone());
    }
    if let Some((data, _)) = case.typed()
        && let (Some(name), Some(contract)) =
            (data.domain.text("name"), data.domain.address("verifyingContract"))
    {
        all.entry(contract).or_default().push(name.to_owned());
    }
    for descriptor in case.descriptors() {
        for address in involved.keys().filter(|address| descriptor.speaks_for(case.chain_id, Some(**address)))
        {
            let names = descriptor.token_names().into_iter().map(str::to_owned);
            all.entry(*address).or_default().extend(names);
        }
    }
    all
}

/// A token that is called like one that is known, at another address.
pub(super) fn impostors(case: &Case<'_>, out: &mut Vec<Finding>) {
    if case.facts.token.is_empty()
        && case.facts.own_names.is_empty()
        && case.descriptors().is_empty()
        && case.typed().is_none()
    {
        return;
    }
    let involved = case.involved();
    let packed =
        |call: &Call<'_>, address: &Address| call.data.windows(20).any(|window| window == address.as_slice());
    for (address, names) in called(case, involved) {
        // Who tells of a token that no table here has, in the name that it has, says which one he means.
        let is_told = |name: &str, like: &str| {
            let told = case.facts.token.iter();
            is_spelt(name, like)
                && !known::ships(like)
                && told.into_iter().any(|told| told.address.0 == address && told.symbol == name)
        };
        let likes = names.iter().filter_map(|name| worn(name).filter(|like| !is_told(name, like)));
        let Some(like) = likes.into_iter().next() else { continue };
        if known::shipped(&address, case.chain_id).is_some() || case.wraps(&address) {
            continue;
        }
        if !involved.contains_key(&address) && !case.unpacked.calls.iter().any(|call| packed(call, &address))
        {
            continue;
        }
        let is_known = known::ships(like) && case.chain_id.is_none_or(known::ships_tokens);
        let title = if is_known {
            format!("{address} calls itself {like} and is not the {like} known here.")
        } else {
            format!("{address} calls itself {like}: which token is {like} on that chain is not known here.")
        };
        // A policy names what it means by its address.
        let severity = if case.is_named_by_policy(&address) { Info } else { Review };
        out.push(Finding::new(Fact01, severity, "facts", title));
    }
}

impl Case<'_> {
    /// Whether the policy itself knows an address for something good.
    fn is_named_by_policy(&self, address: &Address) -> bool {
        let trusted = &self.policy.trusted;
        let here =
            |chains: &[u64]| chains.is_empty() || self.chain_id.is_some_and(|chain| chains.contains(&chain));
        self.policy.books(address, self.chain_id)
            || trusted.iter().any(|entry| entry.address.0 == *address && here(&entry.chains))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_worn() {
        for name in [
            "USDC",
            "usdc",
            "$USDC",
            "U\u{405}DC",
            "US\u{200b}DC",
            " USDC ",
            "USDC.e",
            "USD \u{421}oin",
            "USD  Coin",
            "Bridged USDC",
            "USD Coin (PoS)",
        ] {
            assert_eq!(worn(name), Some("USDC"), "{name}");
        }
        assert_eq!(worn("W\u{395}TH"), Some("WETH"));
        for (name, like) in [
            ("U5DC", "USDC"),
            ("USD\u{422}", "USDT"),
            ("U$DT", "USDT"),
            ("USD₮", "USDT"),
            ("DA1", "DAI"),
            ("D4I", "DAI"),
            ("W8TC", "WBTC"),
            ("W3TH", "WETH"),
            ("STETH", "stETH"),
            ("EURC", "EURC"),
            ("\u{415}URC", "EURC"),
            ("3URC", "EURC"),
            ("Euro C0in", "EURC"),
            ("PYU5D", "PYUSD"),
            ("USDC Token", "USDC"),
        ] {
            assert_eq!(worn(name), Some(like), "{name}");
        }
        for name in ["USDC-WETH LP", "aUSDC", "Permit2", "CoW", "USD", ""] {
            assert_eq!(worn(name), None, "{name}");
        }
    }
}

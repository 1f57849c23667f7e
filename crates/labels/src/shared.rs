//! Addresses that everybody uses: coins' own contracts, routers, null and burn addresses.
//!
//! Whatever a pack says of one, it says nothing against whoever paid there. The table is data with its sources, and a pack can
//! neither add to it nor take from it.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use tracehound_model::{Address, Subject};

#[derive(Deserialize)]
struct Table {
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: Shared,
    from: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    addresses: Vec<String>,
}

/// What makes an address everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shared {
    /// No key is known for it.
    Null,
    /// A stablecoin's or wrapped coin's contract.
    Coin,
    /// Code that exchanges, passes on or bundles for whoever calls it.
    Router,
}

impl Shared {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Null => "a null or burn address",
            Self::Coin => "the contract of a coin that everybody uses",
            Self::Router => "a router that everybody pays through",
        }
    }

    /// Whether a subject is one.
    pub fn of(subject: &Subject) -> Option<Self> {
        let Subject::Address(address) = subject else { return None };
        if address.is_null_like() {
            return Some(Self::Null);
        }
        TABLE.get(address).copied()
    }
}

static TABLE: LazyLock<HashMap<Address, Shared>> = LazyLock::new(|| {
    let read: Table = toml::from_str(include_str!("data/shared.toml")).expect("a table of ours");
    let pairs = read.group.into_iter().flat_map(|group| {
        let addresses = group.from.into_iter().flat_map(|listed| listed.addresses);
        addresses.map(move |text| (Address::parse(&text).expect("an address of ours"), group.name))
    });
    pairs.collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_routers_and_burn_addresses_are_everybodys_and_wallets_are_not() {
        let of = |text: &str| Shared::of(&Subject::of_text(text));
        assert_eq!(of("0x0000000000000000000000000000000000000000"), Some(Shared::Null));
        assert_eq!(of("0x000000000000000000000000000000000000dEaD"), Some(Shared::Null));
        assert_eq!(of("0xdAC17F958D2ee523a2206206994597C13D831ec7"), Some(Shared::Coin));
        assert_eq!(of("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"), Some(Shared::Coin));
        assert_eq!(of("0x881D40237659C251811CEC9c364ef91dC08D300C"), Some(Shared::Router));
        for router in [
            "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af", // Uniswap's of 2025, and those of Base and Arbitrum
            "0x6fF5693b99212Da76ad316178A184AB56D299b43",
            "0xA51afAFe0263b40EdaEf0Df8781eA9aa03E381a3",
            "0x16C6521Dff6baB339122a0FE25a9116693265353", // Curve
            "0x6a000f20005980200259b80c5102003040001068", // ParaSwap
            "0x0439e60F02a8900a951603950d8D4527f400C3f1", // MetaMask
            "0x3a23F943181408EAC424116Af7b7790c94Cb97a5", // Socket
        ] {
            assert_eq!(of(router), Some(Shared::Router), "{router}");
        }
        assert_eq!(of("0x28C6c06298d514Db089934071355E5743bf21d60"), None);
        assert_eq!(of("no address"), None);
        assert!(TABLE.len() > 100);
    }
}

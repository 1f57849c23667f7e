//! Contracts that many wallets use, trusted by chain unless the policy says otherwise.
//!
//! An entry stands on its address alone where the facts tell no hash of its code, or none was proven. A proxy counts only where
//! what it runs is verified.

use std::{collections::HashMap, sync::LazyLock};

use alloy_primitives::{Address, B256};

use crate::{
    facts::{AccountFacts, Kind},
    role::Role,
};

/// The entries, one a line: chain, address, roles, what it is, code hash or -, source.
static TEXT: &str = include_str!("entries.tsv");

static ENTRIES: LazyLock<HashMap<(u64, Address), Entry>> = LazyLock::new(|| {
    let lines = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| Entry::parse(line).expect("a test reads every line")).collect()
});

/// A contract that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it is.
    pub(crate) label: &'static str,
    pub(crate) roles: Vec<Role>,
    wraps: bool,
    /// Whether its code can be exchanged.
    pub(crate) is_proxy: bool,
    /// Keccak-256 of its code, where that was proven.
    pub(crate) code_hash: Option<B256>,
}

impl Entry {
    fn parse(line: &'static str) -> Option<((u64, Address), Self)> {
        let mut cells = line.split('\t');
        let key = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        let (mut roles, mut wraps, mut is_proxy) = (Vec::new(), false, false);
        for role in cells.next()?.split(',') {
            match role {
                "contract" => roles.push(Role::Contract),
                "spender" => roles.push(Role::Spender),
                "operator" => roles.push(Role::Operator),
                "permit2-spender" => roles.push(Role::Permit2Spender),
                "fallback-handler" => roles.push(Role::FallbackHandler),
                "wrapped" => wraps = true,
                "proxy" => is_proxy = true,
                _ => return None,
            }
        }
        let label = cells.next()?;
        let code_hash = match cells.next()? {
            "-" => None,
            hash => Some(hash.parse().ok()?),
        };
        Some((key, Self { label, roles, wraps, is_proxy, code_hash }))
    }
}

/// The entry of an address on a chain. Where the chain is not known there is none.
pub(crate) fn find(address: &Address, chain_id: Option<u64>) -> Option<&'static Entry> {
    ENTRIES.get(&(chain_id?, *address))
}

/// Whether an entry trusts an address for a role on a chain, by what is known of the code there: other code than the entry's is
/// not trusted, nor is an address without code, and a proxy only where what it runs is verified, or is what was told and the
/// chain shows.
pub(crate) fn trusts(
    address: &Address,
    role: Role,
    chain_id: Option<u64>,
    known: Option<&AccountFacts>,
) -> bool {
    let verified = known.is_some_and(|facts| facts.verified == Some(true));
    let there = known.and_then(|facts| facts.code_hash);
    find(address, chain_id).is_some_and(|entry| {
        let is_other = there.zip(entry.code_hash).is_some_and(|(there, own)| there.0 != own);
        let kind = known.and_then(|facts| facts.kind);
        let is_there = !matches!(kind, Some(Kind::Eoa | Kind::Empty));
        let runs_what_is_known = verified || known.is_some_and(|facts| facts.is_pinned) || !entry.is_proxy;
        entry.roles.contains(&role) && is_there && !is_other && runs_what_is_known
    })
}

/// Whether an address is the chain's coin as a token.
pub(crate) fn wraps(address: &Address, chain_id: Option<u64>) -> bool {
    find(address, chain_id).is_some_and(|entry| entry.wraps)
}

/// The token that wraps a chain's coin, where one is known; on no chain that is named, Ethereum's.
pub(crate) fn wrapped(chain_id: Option<u64>) -> Option<Address> {
    let chain_id = chain_id.unwrap_or(1);
    ENTRIES.iter().find(|((chain, _), entry)| *chain == chain_id && entry.wraps).map(|((_, token), _)| *token)
}

/// Addresses of Uniswap's Universal Router, by what reads their commands: the version that is there is the same on every chain.
static ROUTERS: LazyLock<HashMap<Address, RouterVersion>> = LazyLock::new(|| {
    let named = ENTRIES.iter().filter_map(|((_, address), entry)| {
        let version = entry.label.strip_prefix("Uniswap UniversalRouter")?;
        Some((*address, RouterVersion::of(version)?))
    });
    named.collect()
});

/// Versions of the Universal Router that read the same bytes otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RouterVersion {
    /// 1.0 to 1.3.
    V1,
    /// 2.0: swaps of V4, and plans inside of plans.
    V2,
    /// 2.1.1: a price for every hop stands in the swaps.
    V2_1_1,
}

impl RouterVersion {
    fn of(version: &str) -> Option<Self> {
        match version {
            "V1" | "V1_2_V2Support" | "V1_2_NoV2Support" => Some(Self::V1),
            "V2" | "V2_NoV2V3Support" => Some(Self::V2),
            "V2_1_1" => Some(Self::V2_1_1),
            _ => None,
        }
    }
}

/// The version of the Universal Router that is known at an address, on whatever chain: whether it is there is for `find` to say.
pub(crate) fn router(address: &Address) -> Option<RouterVersion> {
    ROUTERS.get(address).copied()
}

/// How many there are.
pub(crate) fn count() -> usize {
    ENTRIES.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_entry_of_its_own_with_a_source() {
        let lines: Vec<&str> = TEXT.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(ENTRIES.len(), lines.len());
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            assert!(cells.len() == 6 && cells[5].contains('@'), "{line}");
            let address: Address = cells[1].parse().expect("an address");
            assert_eq!(address.to_string(), cells[1], "with its checksum");
        }
    }

    #[test]
    fn a_router_is_of_one_version_wherever_it_is() {
        for ((chain, address), entry) in ENTRIES.iter() {
            let version = entry.label.strip_prefix("Uniswap UniversalRouter").map(RouterVersion::of);
            assert_ne!(version, Some(None), "{chain} {address}: {}", entry.label);
            if let Some(version) = version {
                assert_eq!(router(address), version, "{chain} {address}: {}", entry.label);
            }
        }
        assert!(ROUTERS.len() > 20);
    }

    #[test]
    fn other_code_at_the_address_and_a_proxy_that_nobody_verified_are_not_trusted() {
        let facts = |text: &str| {
            let text = format!("[[address]]\naddress='{text}");
            crate::Facts::parse(&text).expect("facts").address.remove(0)
        };
        let weth = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
        let own = "0xd0a06b12ac47863b5c7be4185c2deaad1c61557033f56c7d4ea74429cbb25e23";
        let trusts = |address: &str, known: Option<AccountFacts>| {
            trusts(&address.parse().expect("an address"), Role::Contract, Some(1), known.as_ref())
        };
        assert!(trusts(weth, None));
        assert!(trusts(weth, Some(facts(&format!("{weth}'\ncode-hash='{own}'")))));
        let other = own.replace("d0a0", "d0a1");
        assert!(!trusts(weth, Some(facts(&format!("{weth}'\ncode-hash='{other}'")))));
        let pool = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2";
        assert!(!trusts(pool, None));
        assert!(trusts(pool, Some(facts(&format!("{pool}'\nverified=true")))));
        assert!(
            !super::trusts(&weth.parse().expect("an address"), Role::Contract, Some(10), None),
            "elsewhere"
        );
    }
}

//! Contracts that many wallets use, trusted by chain unless the policy says otherwise.
//!
//! An entry stands on its address alone where no code hash was proven. A proxy counts only where what it runs is verified.

use std::{collections::HashMap, sync::LazyLock};

use alloy_primitives::Address;

use crate::role::Role;

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
    roles: Vec<Role>,
    wraps: bool,
    /// Whether its code can be exchanged.
    pub(crate) is_proxy: bool,
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
                "permit2-spender" => roles.push(Role::Permit2Spender),
                "wrapped" => wraps = true,
                "proxy" => is_proxy = true,
                _ => return None,
            }
        }
        Some((key, Self { label: cells.next()?, roles, wraps, is_proxy }))
    }
}

/// The entry of an address on a chain. Where the chain is not known there is none.
pub(crate) fn find(address: &Address, chain_id: Option<u64>) -> Option<&'static Entry> {
    ENTRIES.get(&(chain_id?, *address))
}

/// Whether an entry trusts an address for a role on a chain; `verified`: whether the code that runs there is said to be known.
pub(crate) fn trusts(address: &Address, role: Role, chain_id: Option<u64>, verified: bool) -> bool {
    find(address, chain_id).is_some_and(|entry| entry.roles.contains(&role) && (verified || !entry.is_proxy))
}

/// Whether an address is the chain's coin as a token.
pub(crate) fn wraps(address: &Address, chain_id: Option<u64>) -> bool {
    find(address, chain_id).is_some_and(|entry| entry.wraps)
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
}

//! Where bridges bring things, by the numbers that they have for chains.

use alloy_primitives::{Address, U256, address};

use crate::known;

/// Domains of CCTP whose chains write addresses as Ethereum does, with the chains. Source: Circle, "CCTP supported blockchains".
const DOMAINS: [(u64, u64); 10] = [
    (0, 1),
    (1, 43114),
    (2, 10),
    (3, 42161),
    (6, 8453),
    (7, 137),
    (10, 130),
    (11, 59144),
    (13, 146),
    (14, 480),
];

/// Endpoints of `LayerZero` V2 whose chains write addresses as Ethereum does, with the chains. Source: `LayerZero`, "Deployed
/// Endpoints".
const ENDPOINTS: [(u64, u64); 12] = [
    (30_101, 1),
    (30_102, 56),
    (30_106, 43114),
    (30_109, 137),
    (30_110, 42161),
    (30_111, 10),
    (30_125, 42220),
    (30_145, 100),
    (30_181, 5000),
    (30_183, 59144),
    (30_184, 8453),
    (30_214, 534_352),
];

/// Gateways of bridges that serve one chain, with the chain they are on and the one they serve. Source: Offchain Labs,
/// "Smart contract addresses": L1 Gateway Router.
const GATEWAYS: [(u64, Address, u64); 1] = [(1, address!("72Ce9c846789fdB6fC1f34aC4AD25Dd9ef7031ef"), 42161)];

/// Where a bridge brings something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum There {
    /// A chain that writes addresses as this one does.
    Chain(u64),
    /// Whatever the bridge calls so: no chain that is known here.
    Unknown(U256),
}

impl There {
    fn of(number: U256, table: &[(u64, u64)]) -> Self {
        let row = table.iter().find(|(key, _)| U256::from(*key) == number);
        row.map_or(Self::Unknown(number), |(_, chain)| Self::Chain(*chain))
    }

    /// By a domain of CCTP.
    pub(crate) fn of_domain(number: U256) -> Self {
        Self::of(number, &DOMAINS)
    }

    /// By an endpoint of `LayerZero`.
    pub(crate) fn of_endpoint(number: U256) -> Self {
        Self::of(number, &ENDPOINTS)
    }

    /// By the chain's own number, where its widely used tokens are known here.
    pub(crate) fn of_chain(number: U256) -> Self {
        let chain = u64::try_from(number).ok().filter(|chain| known::ships_tokens(*chain));
        chain.map_or(Self::Unknown(number), Self::Chain)
    }

    /// By the gateway itself, where it is known which chain that serves.
    pub(crate) fn of_gateway(gateway: &Address, chain: Option<u64>) -> Option<Self> {
        let row = GATEWAYS.iter().find(|(at, address, _)| chain == Some(*at) && address == gateway);
        row.map(|(_, _, serves)| Self::Chain(*serves))
    }

    /// In words.
    pub(crate) fn show(self) -> String {
        match self {
            Self::Chain(chain) => known::chain(chain),
            Self::Unknown(number) => format!("what the bridge calls {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number that leads elsewhere would have another chain's tokens and accounts vouch for what arrives. The chains stand
    /// here by their names, so that one slip does not make both wrong.
    #[test]
    fn a_bridges_numbers_lead_to_the_chains_that_its_makers_name() {
        let ids = [
            ("Ethereum", 1_u64),
            ("OP Mainnet", 10),
            ("BNB Smart Chain", 56),
            ("Gnosis", 100),
            ("Unichain", 130),
            ("Polygon", 137),
            ("Sonic", 146),
            ("World Chain", 480),
            ("Mantle", 5_000),
            ("Base", 8_453),
            ("Arbitrum One", 42_161),
            ("Celo", 42_220),
            ("Avalanche", 43_114),
            ("Linea", 59_144),
            ("Scroll", 534_352),
        ];
        let id = |name: &str| ids.iter().find(|(known, _)| *known == name).expect("a name").1;
        let circle = [
            (0, "Ethereum"),
            (1, "Avalanche"),
            (2, "OP Mainnet"),
            (3, "Arbitrum One"),
            (6, "Base"),
            (7, "Polygon"),
            (10, "Unichain"),
            (11, "Linea"),
            (13, "Sonic"),
            (14, "World Chain"),
        ];
        assert_eq!(circle.len(), DOMAINS.len());
        for (domain, name) in circle {
            assert_eq!(There::of_domain(U256::from(domain)), There::Chain(id(name)), "{domain} {name}");
        }
        let layer_zero = [
            (30_101, "Ethereum"),
            (30_102, "BNB Smart Chain"),
            (30_106, "Avalanche"),
            (30_109, "Polygon"),
            (30_110, "Arbitrum One"),
            (30_111, "OP Mainnet"),
            (30_125, "Celo"),
            (30_145, "Gnosis"),
            (30_181, "Mantle"),
            (30_183, "Linea"),
            (30_184, "Base"),
            (30_214, "Scroll"),
        ];
        assert_eq!(layer_zero.len(), ENDPOINTS.len());
        for (endpoint, name) in layer_zero {
            assert_eq!(There::of_endpoint(U256::from(endpoint)), There::Chain(id(name)), "{endpoint} {name}");
        }
        // Solana and Noble have domains too, and no addresses of this kind.
        for domain in [4, 5, 8, 9, 12, 30_101] {
            assert_eq!(There::of_domain(U256::from(domain)), There::Unknown(U256::from(domain)));
        }
    }
}

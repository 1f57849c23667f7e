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

//! Chains and their networks, named by CAIP-2.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::caip::{Caip2, CaipError};

/// A Bitcoin network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BitcoinNetwork {
    /// The main network.
    Mainnet,
    /// The third public test network.
    Testnet,
    /// The default public signet.
    Signet,
    /// A local regression-test network.
    Regtest,
}

impl BitcoinNetwork {
    /// Every network.
    pub const ALL: [Self; 4] = [Self::Mainnet, Self::Testnet, Self::Signet, Self::Regtest];
}

/// A Tron network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TronNetwork {
    /// The main network.
    Mainnet,
    /// The Shasta test network.
    Shasta,
    /// The Nile test network.
    Nile,
}

/// A chain. Printed, parsed and serialised as its CAIP-2 id; short names (`btc`, `eth`) are parsed too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chain {
    /// Bitcoin on one of its networks.
    Bitcoin(BitcoinNetwork),
    /// An EVM chain by its EIP-155 chain id.
    Evm(u64),
    /// Tron on one of its networks.
    Tron(TronNetwork),
    /// Litecoin.
    Litecoin,
    /// Bitcoin Cash.
    BitcoinCash,
    /// Bitcoin SV.
    BitcoinSv,
    /// Bitcoin Gold.
    BitcoinGold,
    /// Dash.
    Dash,
    /// Zcash.
    Zcash,
    /// Monero.
    Monero,
    /// XRP Ledger.
    Ripple,
    /// Solana.
    Solana,
    /// Verge.
    Verge,
    /// BNB Beacon Chain.
    BnbBeacon,
}

/// Chain, CAIP-2 id, short name, ticker and decimals of its coin, and the coin's type.
type Row = (Chain, &'static str, &'static str, &'static str, u8, u32);

/// One row a chain.
///
/// References follow the namespaces' profiles at <https://namespaces.chainagnostic.org>. Those of `bip122` and `monero`
/// are the first 32 hexadecimal digits of the hash of the genesis block, or, for a chain that shares Bitcoin's genesis,
/// of its first own block (BIP-122): 478,559 for Bitcoin Cash, 556,767 for Bitcoin SV. Of our own making are
/// `tron:mainnet` and its kin, which people can read (the profile's numbers are in [`OTHER_IDS`]), and `btg:mainnet`,
/// as no source that we trust states the hash of Bitcoin Gold's first own block.
///
/// Types of coins are those of SLIP-44 (<https://github.com/satoshilabs/slips/blob/master/slip-0044.md>); 1 is that of every
/// test network. A rollup whose coin is ether has ether's; BNB Smart Chain has that of BNB, as wallets write it.
const NAMED: &[Row] = &[
    (Chain::Bitcoin(BitcoinNetwork::Mainnet), "bip122:000000000019d6689c085ae165831e93", "btc", "BTC", 8, 0),
    (
        Chain::Bitcoin(BitcoinNetwork::Testnet),
        "bip122:000000000933ea01ad0ee984209779ba",
        "testnet",
        "tBTC",
        8,
        1,
    ),
    (
        Chain::Bitcoin(BitcoinNetwork::Signet),
        "bip122:00000008819873e925422c1ff0f99f7c",
        "signet",
        "sBTC",
        8,
        1,
    ),
    (
        Chain::Bitcoin(BitcoinNetwork::Regtest),
        "bip122:0f9188f13cb7b2c71f2a335e3a4fc328",
        "regtest",
        "rBTC",
        8,
        1,
    ),
    (Chain::Evm(1), "eip155:1", "eth", "ETH", 18, 60),
    (Chain::Evm(10), "eip155:10", "op", "ETH", 18, 60),
    (Chain::Evm(56), "eip155:56", "bsc", "BNB", 18, 714),
    (Chain::Evm(61), "eip155:61", "etc", "ETC", 18, 61),
    (Chain::Evm(100), "eip155:100", "gnosis", "xDAI", 18, 700),
    (Chain::Evm(137), "eip155:137", "polygon", "POL", 18, 966),
    (Chain::Evm(8453), "eip155:8453", "base", "ETH", 18, 60),
    (Chain::Evm(42161), "eip155:42161", "arb", "ETH", 18, 60),
    (Chain::Evm(43114), "eip155:43114", "avax", "AVAX", 18, 9005),
    (Chain::Evm(59144), "eip155:59144", "linea", "ETH", 18, 60),
    (Chain::Evm(11_155_111), "eip155:11155111", "sepolia", "sETH", 18, 1),
    (Chain::Tron(TronNetwork::Mainnet), "tron:mainnet", "tron", "TRX", 6, 195),
    (Chain::Tron(TronNetwork::Shasta), "tron:shasta", "tron-shasta", "TRX", 6, 1),
    (Chain::Tron(TronNetwork::Nile), "tron:nile", "tron-nile", "TRX", 6, 1),
    (Chain::Litecoin, "bip122:12a765e31ffd4059bada1e25190f6e98", "ltc", "LTC", 8, 2),
    (Chain::BitcoinCash, "bip122:000000000000000000651ef99cb9fcbe", "bch", "BCH", 8, 145),
    (Chain::BitcoinSv, "bip122:000000000000000001d956714215d96f", "bsv", "BSV", 8, 236),
    (Chain::BitcoinGold, "btg:mainnet", "btg", "BTG", 8, 156),
    (Chain::Dash, "bip122:00000ffd590b1485b3caadc19b22e637", "dash", "DASH", 8, 5),
    (Chain::Zcash, "bip122:00040fe8ec8471911baa1db1266ea15d", "zec", "ZEC", 8, 133),
    (Chain::Monero, "monero:418015bb9ae982a1975da7d79277c270", "xmr", "XMR", 12, 128),
    (Chain::Ripple, "xrpl:0", "xrp", "XRP", 6, 144),
    (Chain::Solana, "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "sol", "SOL", 9, 501),
    (Chain::Verge, "bip122:00000fc63692467faeb20cdb3b53200d", "xvg", "XVG", 6, 77),
    (Chain::BnbBeacon, "cosmos:Binance-Chain-Tigris", "bnb-beacon", "BNB", 8, 714),
];

/// CAIP-2 ids that are read but not written: Tron's by chain number, in decimal (its profile) and hexadecimal (common
/// among wallets), and the example of Bitcoin Cash in the profile of `bip122`, which names a later block.
const OTHER_IDS: &[(&str, Chain)] = &[
    ("tron:728126428", Chain::Tron(TronNetwork::Mainnet)),
    ("tron:0x2b6653dc", Chain::Tron(TronNetwork::Mainnet)),
    ("tron:2494104990", Chain::Tron(TronNetwork::Shasta)),
    ("tron:0x94a9059e", Chain::Tron(TronNetwork::Shasta)),
    ("tron:3448148188", Chain::Tron(TronNetwork::Nile)),
    ("tron:0xcd8690dc", Chain::Tron(TronNetwork::Nile)),
    ("bip122:000000000000000000b15ad892af8f6a", Chain::BitcoinCash),
];

/// Other names people type.
const ALIASES: &[(&str, &str)] = &[
    ("bitcoin", "btc"),
    ("mainnet", "btc"),
    ("ethereum", "eth"),
    ("optimism", "op"),
    ("arbitrum", "arb"),
    ("bnb", "bsc"),
    ("matic", "polygon"),
    ("avalanche", "avax"),
    ("trx", "tron"),
    ("xbt", "btc"),
    ("litecoin", "ltc"),
    ("monero", "xmr"),
    ("zcash", "zec"),
    ("solana", "sol"),
    ("ripple", "xrp"),
    ("verge", "xvg"),
];

/// Text that names no chain we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no known chain: use a short name (btc, eth, tron) or a CAIP-2 id (eip155:1)")]
pub struct UnknownChain(pub String);

impl Chain {
    fn row(self) -> Option<&'static Row> {
        NAMED.iter().find(|row| row.0 == self)
    }

    /// The chain's CAIP-2 id.
    pub fn caip2(self) -> Caip2 {
        self.to_string().parse().expect("every chain prints as a valid CAIP-2 id")
    }

    /// The chain with this CAIP-2 id, if it is one of ours. Any `eip155` id is.
    pub fn from_caip2(id: &Caip2) -> Option<Self> {
        if let Some(row) = NAMED.iter().find(|row| id.is(row.1)) {
            return Some(row.0);
        }
        if let Some(row) = OTHER_IDS.iter().find(|row| id.is(row.0)) {
            return Some(row.1);
        }
        let number = (id.namespace() == "eip155").then(|| id.reference())?;
        let canonical = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
        canonical.then(|| number.parse().ok()).flatten().map(Self::Evm)
    }

    /// The id that is written for the chain that this one is an id of, where it is one of ours; else the same.
    pub fn canonical_id(id: Caip2) -> Caip2 {
        OTHER_IDS.iter().find(|row| id.is(row.0)).map_or(id, |row| row.1.caip2())
    }

    /// The name people use (`btc`); a chain without one gives its CAIP-2 id.
    pub fn short_name(self) -> String {
        self.row().map_or_else(|| self.to_string(), |row| row.2.to_owned())
    }

    /// What the chain's own coin is shown in: ticker and decimal places. `None` for an EVM chain we do not know by name.
    pub(crate) fn coin(self) -> Option<(&'static str, u8)> {
        self.row().map(|row| (row.3, row.4))
    }

    /// SLIP-44 type of the chain's own coin, where it is known.
    pub(crate) fn coin_type(self) -> Option<u32> {
        self.row().map(|row| row.5)
    }

    /// Whether it is a test network, whose coins are worth nothing. Of a chain that has no name here it is not known, and `false`.
    pub fn is_test(self) -> bool {
        self.coin_type() == Some(1)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row(), self) {
            (Some(row), _) => f.write_str(row.1),
            (None, Self::Evm(id)) => write!(f, "eip155:{id}"),
            (None, _) => unreachable!("every chain but the EVM ones has a row"),
        }
    }
}

impl FromStr for Chain {
    type Err = UnknownChain;

    fn from_str(text: &str) -> Result<Self, UnknownChain> {
        let lower = text.to_ascii_lowercase();
        let name = ALIASES.iter().find(|alias| alias.0 == lower).map_or(&lower[..], |alias| alias.1);
        if let Some(row) = NAMED.iter().find(|row| row.2 == name) {
            return Ok(row.0);
        }
        let id: Result<Caip2, CaipError> = text.parse();
        id.ok()
            .and_then(|id| Self::from_caip2(&id))
            .ok_or_else(|| UnknownChain(text.chars().take(100).collect()))
    }
}

impl Serialize for Chain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_networks_are_known() {
        let tests = NAMED.iter().map(|row| row.0).filter(|chain| chain.is_test()).map(Chain::short_name);
        assert_eq!(
            tests.collect::<Vec<_>>(),
            ["testnet", "signet", "regtest", "sepolia", "tron-shasta", "tron-nile"]
        );
        assert!(!Chain::Evm(17_000).is_test(), "not known by name");
    }

    #[test]
    fn every_chain_parses_from_its_id_and_its_name() {
        for &(chain, id, name, ..) in NAMED {
            assert_eq!(chain.to_string(), id);
            assert_eq!(id.parse(), Ok(chain));
            assert_eq!(name.parse(), Ok(chain));
            assert_eq!(Chain::from_caip2(&chain.caip2()), Some(chain));
        }
        assert_eq!("eip155:324".parse(), Ok(Chain::Evm(324)));
        assert_eq!("Ethereum".parse(), Ok(Chain::Evm(1)));
        for wrong in ["", "eip155:01", "eip155:-1", "eip155:99999999999999999999", "bip122:00"] {
            assert!(wrong.parse::<Chain>().is_err(), "{wrong}");
        }
    }
}

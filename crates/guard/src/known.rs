//! Names for the sentence: tokens, coins, chains. They never decide anything by themselves.

use std::borrow::Cow;

use alloy_primitives::{Address, U256, address};
use jiff::Timestamp;
use tracehound_model::{Asset, asset::Unit};

use crate::{decode::Extent, facts::Facts, policy::Policy};

/// A token as far as known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its ticker.
    pub symbol: String,
    /// Decimal places.
    pub decimals: u8,
    /// All there is, where the facts say it.
    pub supply: Option<U256>,
}

/// Wrapped ether on Ethereum.
pub const WETH: Address = address!("C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");
/// Staked ether of Lido on Ethereum.
pub const STETH: Address = address!("ae7ab96520DE3A18E5e111B5EaAb095312D7fE84");
/// Staked ether of Lido, wrapped, on Ethereum.
pub const WSTETH: Address = address!("7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0");
/// Permit2, at the same address on every chain.
pub const PERMIT2: Address = address!("000000000022D473030F116dDEE9F6B43aC78BA3");

/// What is known of a token on a chain.
pub fn token(address: &Address, chain_id: Option<u64>, facts: &Facts) -> Option<Token> {
    let told = facts.token.iter().find(|token| token.address.0 == *address);
    let supply = told.and_then(|token| token.supply).map(|supply| supply.0);
    if let Some(unit) = shipped(address, chain_id) {
        return Some(Token { symbol: unit.ticker.to_owned(), decimals: unit.decimals, supply });
    }
    if is_coin(address, chain_id) {
        return Some(Token { symbol: coin(chain_id).to_owned(), decimals: 18, supply });
    }
    if crate::entries::wraps(address, chain_id) {
        return Some(Token { symbol: format!("W{}", coin(chain_id)), decimals: 18, supply });
    }
    told.map(|token| Token { symbol: token.symbol.clone(), decimals: token.decimals, supply })
}

/// What a token is shown in by the table that is shipped, which nobody overrides.
pub(crate) fn shipped(address: &Address, chain_id: Option<u64>) -> Option<Unit> {
    // An unnamed chain gets the names of Ethereum's, a different one does not.
    Asset::erc20(chain_id.unwrap_or(1), address.into_array()).unit()
}

/// Whether the table that is shipped has a token of that name, on whatever chain.
pub(crate) fn ships(ticker: &str) -> bool {
    ticker == "ETH" || tracehound_model::asset::tickers().any(|known| known == ticker)
}

/// Whether the table that is shipped has the widely used tokens of a chain.
pub(crate) fn ships_tokens(chain_id: u64) -> bool {
    matches!(chain_id, 1 | 10 | 137 | 8453 | 42161)
}

/// Contracts by which a chain's own coin is moved as a token, with the chain. Source: Polygon, `MRC20.sol`; Celo, `GoldToken.sol`;
/// Metis, `MVM_Coinbase.sol`; Moonbeam, "The native token ERC-20 precompile"; zkSync Era, `L2BaseToken.sol`.
const COINS: [(u64, Address); 6] = [
    (137, address!("0000000000000000000000000000000000001010")),
    (42220, address!("471EcE3750Da237f93B8E339c536989b8978a438")),
    (1088, address!("DeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000")),
    (1284, address!("0000000000000000000000000000000000000802")),
    (1285, address!("0000000000000000000000000000000000000802")),
    (324, address!("000000000000000000000000000000000000800A")),
];

/// Whether a token is the chain's own coin by another face: what is moved of the one is moved of the other.
pub(crate) fn is_coin(token: &Address, chain_id: Option<u64>) -> bool {
    COINS.iter().any(|(chain, address)| chain_id == Some(*chain) && address == token)
}

/// Ticker of a chain's own coin.
pub fn coin(chain_id: Option<u64>) -> &'static str {
    match chain_id {
        None
        | Some(
            1 | 10 | 42161 | 8453 | 59144 | 534_352 | 81457 | 324 | 11_155_111 | 84532 | 130 | 480 | 42170
            | 57073 | 7_777_777,
        ) => "ETH",
        Some(143) => "MON",
        Some(196) => "OKB",
        Some(1088) => "METIS",
        Some(1284) => "GLMR",
        Some(1285) => "MOVR",
        Some(56) => "BNB",
        Some(137) => "POL",
        Some(100) => "xDAI",
        Some(43114) => "AVAX",
        Some(42220) => "CELO",
        Some(5000) => "MNT",
        Some(25) => "CRO",
        Some(146) => "S",
        Some(250) => "FTM",
        Some(999) => "HYPE",
        Some(2020) => "RON",
        Some(9745) => "XPL",
        Some(80094) => "BERA",
        Some(_) => "of the chain's coin",
    }
}

/// Name of a chain.
pub fn chain(chain_id: u64) -> String {
    let name = match chain_id {
        1 => "Ethereum",
        10 => "OP Mainnet",
        56 => "BNB Smart Chain",
        100 => "Gnosis",
        137 => "Polygon",
        8453 => "Base",
        42161 => "Arbitrum One",
        43114 => "Avalanche",
        59144 => "Linea",
        11_155_111 => "Sepolia (test network)",
        _ => return format!("chain {chain_id}"),
    };
    format!("{name} (chain {chain_id})")
}

/// A whole number of base units with the point where people put it: `1033366.316628`.
pub fn decimal(amount: U256, decimals: u8) -> String {
    let digits = amount.to_string();
    let places = usize::from(decimals.min(77));
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") }
}

/// An amount of a token, in words.
pub fn amount(amount: U256, token: Option<&Token>, address: &Address) -> String {
    match token {
        Some(token) => format!("{} {}", decimal(amount, token.decimals), token.symbol),
        None => format!("{} base units of the token {address}", decimal(amount, 0)),
    }
}

/// How an allowance compares with all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// For all purposes without limit.
    Unlimited,
    /// For a token with few decimals that is everything.
    Large,
    /// Less.
    Bounded,
}

impl Size {
    /// Whether an allowance is, for all purposes, without limit.
    ///
    /// Drainers avoid the maximum that wallets warn of and write 2^256-2, 2^160-1, 2^64-1 or the supply instead.
    pub fn of(extent: Extent, token: Option<&Token>) -> Self {
        let (amount, bits) = match extent {
            Extent::Exact(amount, bits) => (amount, bits),
            Extent::Nft(_) | Extent::None => return Self::Bounded,
            Extent::All => return Self::Unlimited,
        };
        let all_ones = amount.bit_len() >= 63 && amount.wrapping_add(U256::from(1)).count_ones() <= 1;
        let bits = usize::from(bits);
        let leading_ones = amount.bit_len() == bits && (amount >> (bits - 32)) == U256::from(u32::MAX);
        if all_ones || leading_ones {
            return Self::Unlimited;
        }
        match token {
            Some(token) if token.supply.is_some_and(|supply| amount >= supply) => Self::Unlimited,
            Some(token) => {
                let trillion = U256::from(10).saturating_pow(U256::from(u64::from(token.decimals) + 12));
                if amount >= trillion { Self::Unlimited } else { Self::Bounded }
            }
            None if amount.bit_len() > 96 => Self::Unlimited,
            None if amount.bit_len() > 63 => Self::Large,
            None => Self::Bounded,
        }
    }
}

/// A moment given in seconds since 1970, as a date; far ones as `forever`.
pub fn until(seconds: U256) -> String {
    moment(seconds).map_or_else(|| "forever".to_owned(), |moment| format!("until {moment}"))
}

/// A time in seconds since 1970, in words; nothing where it never comes.
pub fn moment(seconds: U256) -> Option<String> {
    let date = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok())?;
    Some(date.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// How long so many seconds are, in whole units of the largest that fits.
pub fn duration(seconds: U256) -> String {
    let units = [("day", 86_400_u64), ("hour", 3_600), ("minute", 60)];
    let fits = units.into_iter().find(|(_, length)| seconds >= U256::from(*length));
    let (unit, length) = fits.unwrap_or(("second", 1));
    let count = seconds / U256::from(length);
    let more = if seconds % U256::from(length) == U256::ZERO { "" } else { "more than " };
    let plural = if count == U256::ONE { "" } else { "s" };
    format!("{more}{} {unit}{plural}", decimal(count, 0))
}

/// An address with its name, where anybody told one.
pub fn show(address: &Address, policy: &Policy, facts: &Facts) -> String {
    let official = || crate::safe::deployments::find(address);
    let named = facts.named.iter().find(|named| named.address.0 == *address).map(|named| &named.name[..]);
    let note = || facts.at(address).and_then(|facts| facts.note.as_deref());
    if address.is_zero() {
        return format!("{address} (the zero address)");
    }
    let shipped = || policy.shipped.then(|| crate::entries::find(address, facts.chain_id)).flatten();
    let shipped = || shipped().map(|entry| entry.label);
    let name = policy.name_of(address).map(Cow::Owned).or(named.map(Cow::Borrowed));
    match name.or_else(|| note().map(Cow::Borrowed)).or_else(|| shipped().map(Cow::Borrowed)) {
        Some(name) => format!("{address} ({})", crate::json::shorten(&name)),
        None => match official() {
            Some(official) => format!("{address} ({} {})", official.role.as_str(), official.version),
            None => address.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chains_coin_is_known_by_its_other_face_on_that_chain_alone() {
        for (chain, address, ticker) in [
            (137, "0x0000000000000000000000000000000000001010", "POL"),
            (42_220, "0x471ece3750da237f93b8e339c536989b8978a438", "CELO"),
            (1_088, "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000", "METIS"),
            (1_284, "0x0000000000000000000000000000000000000802", "GLMR"),
            (1_285, "0x0000000000000000000000000000000000000802", "MOVR"),
            (324, "0x000000000000000000000000000000000000800a", "ETH"),
        ] {
            let address: Address = address.parse().expect("an address");
            let found = token(&address, Some(chain), &Facts::default()).expect("a coin");
            assert_eq!((&found.symbol[..], found.decimals), (ticker, 18), "{chain}");
            assert!(!is_coin(&address, Some(1)) && !is_coin(&address, None), "{chain}");
        }
    }

    #[test]
    fn amounts_are_read_by_people() {
        assert_eq!(decimal(U256::from(1_033_366_316_628_u64), 6), "1,033,366.316628");
        assert_eq!(decimal(U256::from(5), 18), "0.000000000000000005");
        assert_eq!(decimal(U256::from(1000), 0), "1,000");
        assert_eq!(decimal(U256::ZERO, 6), "0");
        assert_eq!(decimal(U256::MAX, 255).len(), 79);
        assert_eq!(until(U256::from(1_893_456_000)), "until 2030-01-01 00:00 UTC");
        assert_eq!(until(U256::MAX), "forever");
    }
}

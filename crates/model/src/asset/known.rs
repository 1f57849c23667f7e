//! Widely used tokens: what they are shown in. Source: the issuers' documentation; of chains other than Ethereum and Tron the
//! package `@uniswap/default-token-list` 22.21.0.

use super::{Asset, Unit};
use crate::Chain;

const ETHEREUM: u64 = 1;
const OPTIMISM: u64 = 10;
const POLYGON: u64 = 137;
const BASE: u64 = 8_453;
const ARBITRUM: u64 = 42_161;

/// Each with its ticker and decimal places.
const TOKENS: &[(Asset, &str, u8)] = &[
    (Asset::erc20(ETHEREUM, hex(b"a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")), "USDC", 6),
    (Asset::erc20(ETHEREUM, hex(b"dac17f958d2ee523a2206206994597c13d831ec7")), "USDT", 6),
    (Asset::erc20(ETHEREUM, hex(b"6b175474e89094c44da98b954eedeac495271d0f")), "DAI", 18),
    (Asset::erc20(ETHEREUM, hex(b"c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")), "WETH", 18),
    (Asset::erc20(ETHEREUM, hex(b"2260fac5e5542a773aa44fbcfedf7c193bc2c599")), "WBTC", 8),
    (Asset::erc20(ETHEREUM, hex(b"ae7ab96520de3a18e5e111b5eaab095312d7fe84")), "stETH", 18),
    (Asset::erc20(ETHEREUM, hex(b"7f39c581f595b53c5cb19bd0b3f8da6c935e2ca0")), "wstETH", 18),
    (Asset::erc20(ETHEREUM, hex(b"d5f7838f5c461feff7fe49ea5ebaf7728bb0adfa")), "mETH", 18),
    (Asset::erc20(ETHEREUM, hex(b"514910771af9ca656af840dff83e8264ecf986ca")), "LINK", 18),
    (Asset::erc20(ETHEREUM, hex(b"1f9840a85d5af5bf1d1762f925bdaddc4201f984")), "UNI", 18),
    (Asset::erc20(OPTIMISM, hex(b"0b2c639c533813f4aa9d7837caf62653d097ff85")), "USDC", 6),
    (Asset::erc20(OPTIMISM, hex(b"7f5c764cbc14f9669b88837ca1490cca17c31607")), "USDC.e", 6),
    (Asset::erc20(OPTIMISM, hex(b"94b008aa00579c1307b0ef2c499ad98a8ce58e58")), "USDT", 6),
    (Asset::erc20(OPTIMISM, hex(b"da10009cbd5d07dd0cecc66161fc93d7c9000da1")), "DAI", 18),
    (Asset::erc20(OPTIMISM, hex(b"4200000000000000000000000000000000000006")), "WETH", 18),
    (Asset::erc20(OPTIMISM, hex(b"68f180fcce6836688e9084f035309e29bf0a2095")), "WBTC", 8),
    (Asset::erc20(POLYGON, hex(b"3c499c542cef5e3811e1192ce70d8cc03d5c3359")), "USDC", 6),
    (Asset::erc20(POLYGON, hex(b"2791bca1f2de4661ed88a30c99a7a9449aa84174")), "USDC.e", 6),
    (Asset::erc20(POLYGON, hex(b"c2132d05d31c914a87c6611c10748aeb04b58e8f")), "USDT", 6),
    (Asset::erc20(POLYGON, hex(b"8f3cf7ad23cd3cadbd9735aff958023239c6a063")), "DAI", 18),
    (Asset::erc20(POLYGON, hex(b"7ceb23fd6bc0add59e62ac25578270cff1b9f619")), "WETH", 18),
    (Asset::erc20(POLYGON, hex(b"1bfd67037b42cf73acf2047067bd4f2c47d9bfd6")), "WBTC", 8),
    (Asset::erc20(BASE, hex(b"833589fcd6edb6e08f4c7c32d4f71b54bda02913")), "USDC", 6),
    (Asset::erc20(BASE, hex(b"d9aaec86b65d86f6a7b5b1b0c42ffa531710b6ca")), "USDbC", 6),
    (Asset::erc20(BASE, hex(b"50c5725949a6f0c72e6c4a641f24049a917db0cb")), "DAI", 18),
    (Asset::erc20(BASE, hex(b"4200000000000000000000000000000000000006")), "WETH", 18),
    (Asset::erc20(ARBITRUM, hex(b"af88d065e77c8cc2239327c5edb3a432268e5831")), "USDC", 6),
    (Asset::erc20(ARBITRUM, hex(b"ff970a61a04b1ca14834a43f5de4533ebddb5cc8")), "USDC.e", 6),
    (Asset::erc20(ARBITRUM, hex(b"fd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9")), "USDT0", 6),
    (Asset::erc20(ARBITRUM, hex(b"da10009cbd5d07dd0cecc66161fc93d7c9000da1")), "DAI", 18),
    (Asset::erc20(ARBITRUM, hex(b"82af49447d8a07e3bd95bd0d56f35241523fbab1")), "WETH", 18),
    (Asset::erc20(ARBITRUM, hex(b"2f2a2543b76a4166549f7aab2e75bef0aefc5b0f")), "WBTC", 8),
    // TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t
    (Asset::trc20(hex(b"a614f803b6fd780986a42c78ec9c7f77e6ded13c")), "USDT", 6),
];

/// Contracts that give a token for the chain's own coin and the coin for the token, by chain. Source: the chains' documentation;
/// of Sepolia Uniswap's universal router, which names it.
const WRAPPED: &[(u64, [u8; 20])] = &[
    (ETHEREUM, hex(b"c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")),
    (OPTIMISM, hex(b"4200000000000000000000000000000000000006")),
    (56, hex(b"bb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c")),
    (100, hex(b"e91d153e0b41518a2ce8dd3d7944fa863463a97d")),
    (POLYGON, hex(b"0d500b1d8e8ef31e21c99d1db9a6444d3adf1270")),
    (BASE, hex(b"4200000000000000000000000000000000000006")),
    (ARBITRUM, hex(b"82af49447d8a07e3bd95bd0d56f35241523fbab1")),
    (43_114, hex(b"b31f66aa3c1e785363f0875a1b74e27b85fd66c7")),
    (59_144, hex(b"e5d7c2a44ffddf6b295a15c148167daaaf5cf34f")),
    (11_155_111, hex(b"fff9976782d46cc05630d1f6ebab18b2324d6b14")),
];

/// The token for which a chain's own coin is wrapped.
pub(super) fn wrapped(chain: Chain) -> Option<Asset> {
    let &(id, contract) = WRAPPED.iter().find(|row| chain == Chain::Evm(row.0))?;
    Some(Asset::erc20(id, contract))
}

/// What a token is shown in, where it is one of these.
pub(super) fn unit(asset: Asset) -> Option<Unit> {
    let &(_, ticker, decimals) = TOKENS.iter().find(|row| row.0 == asset)?;
    Some(Unit { ticker, decimals })
}

/// Those of a chain.
pub(super) fn on(chain: Chain) -> impl Iterator<Item = Asset> {
    TOKENS.iter().map(|row| row.0).filter(move |asset| asset.chain() == chain)
}

/// Their tickers, some more than once.
pub(super) fn tickers() -> impl Iterator<Item = &'static str> {
    TOKENS.iter().map(|row| row.1)
}

/// 20 bytes from 40 lower-case hexadecimal digits; anything else does not compile.
const fn hex(digits: &[u8; 40]) -> [u8; 20] {
    let mut bytes = [0; 20];
    let mut at = 0;
    while at < 20 {
        bytes[at] = nibble(digits[2 * at]) << 4 | nibble(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}

const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => panic!("no hexadecimal digit"),
    }
}

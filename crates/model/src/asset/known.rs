//! Widely used tokens: what they are shown in. Source: the issuers' documentation.

use super::{Asset, Unit};

const ETHEREUM: u64 = 1;

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
    // TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t
    (Asset::trc20(hex(b"a614f803b6fd780986a42c78ec9c7f77e6ded13c")), "USDT", 6),
];

/// What a token is shown in, where it is one of these.
pub(super) fn unit(asset: Asset) -> Option<Unit> {
    let &(_, ticker, decimals) = TOKENS.iter().find(|row| row.0 == asset)?;
    Some(Unit { ticker, decimals })
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

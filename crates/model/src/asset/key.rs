//! Canonical bytes of assets, for stores: without their chain, which a store knows.

use super::{Asset, Of, Standard};
use crate::{Address, Amount, Chain};

// Stores hold these bytes: a kind never changes its number.
const COIN: u8 = 0;
const NUMBERED: u8 = 1;
const TOKENS: [(u8, Standard); 6] = [
    (2, Standard::Erc20),
    (3, Standard::Erc721),
    (4, Standard::Erc1155),
    (5, Standard::Trc20),
    (6, Standard::Trc721),
    (7, Standard::Token),
];

impl Asset {
    /// Appends its canonical bytes: the kind; of a token the length of its contract's key and the key, and behind it the
    /// number of the thing without leading zeros, behind a byte that says that it has one. Distinct assets of a chain have
    /// distinct bytes.
    pub fn write_key(self, key: &mut Vec<u8>) {
        match self.of {
            Of::Coin => key.push(COIN),
            Of::Numbered(number) => {
                key.push(NUMBERED);
                key.extend_from_slice(&number.to_be_bytes());
            }
            Of::Token { standard, contract, id } => {
                let kind = TOKENS.iter().find(|row| row.1 == standard).expect("every standard has a row").0;
                let contract = contract.key();
                key.push(kind);
                key.push(contract.as_ref().len() as u8);
                key.extend_from_slice(contract.as_ref());
                if let Some(id) = id {
                    let id = id.to_be_bytes();
                    key.push(1);
                    key.extend_from_slice(&id[id.iter().take_while(|&&byte| byte == 0).count()..]);
                }
            }
        }
    }

    /// The asset of a chain with these canonical bytes; `None` when they are not what [`Asset::write_key`] gives of one.
    pub fn from_key(chain: Chain, key: &[u8]) -> Option<Self> {
        let (&kind, rest) = key.split_first()?;
        let of = match kind {
            COIN if rest.is_empty() => return Self::native(chain),
            COIN => return None,
            NUMBERED => Of::Numbered(u32::from_be_bytes(rest.try_into().ok()?)),
            _ => {
                let standard = TOKENS.iter().find(|row| row.0 == kind).map(|row| row.1)?;
                let (&length, rest) = rest.split_first()?;
                let (contract, rest) = rest.split_at_checked(usize::from(length))?;
                let contract = Address::from_key(contract)?;
                let id = match rest.split_first() {
                    None => None,
                    Some((1, digits)) if digits.first() != Some(&0) => {
                        let mut id = [0; 32];
                        id.get_mut(32_usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
                        Some(Amount::from_be_bytes(id))
                    }
                    Some(_) => return None,
                };
                (standard.is_of(chain) && (id.is_none() || standard.row().2)).then_some(Of::Token {
                    standard,
                    contract,
                    id,
                })?
            }
        };
        Some(Self { chain, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(asset: Asset) -> Vec<u8> {
        let mut key = Vec::new();
        asset.write_key(&mut key);
        key
    }

    #[test]
    fn every_kind_of_asset_comes_back_from_its_bytes_and_no_two_have_the_same() {
        let largest = format!(
            "eip155:1/erc721:0xdAC17F958D2ee523a2206206994597C13D831ec7/{}",
            Amount::from_be_bytes([0xff; 32])
        );
        let texts = [
            "eip155:1/slip44:60",
            "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7",
            "eip155:1/erc721:0xdAC17F958D2ee523a2206206994597C13D831ec7",
            "eip155:1/erc721:0xdAC17F958D2ee523a2206206994597C13D831ec7/0",
            "eip155:1/erc721:0xdAC17F958D2ee523a2206206994597C13D831ec7/256",
            &largest,
            "eip155:1/erc1155:0xdAC17F958D2ee523a2206206994597C13D831ec7/256",
            "tron:0x2b6653dc/trc10:1000001",
            "tron:0x2b6653dc/trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        ];
        let assets: Vec<Asset> = texts.iter().map(|text| text.parse().expect("an asset")).collect();
        for asset in &assets {
            let bytes = key(*asset);
            assert_eq!(Asset::from_key(asset.chain(), &bytes), Some(*asset), "{asset}");
            let twins = assets.iter().filter(|other| other.chain() == asset.chain() && key(**other) == bytes);
            assert_eq!(twins.count(), 1, "{asset}");
            for cut in 0..bytes.len() {
                let found = Asset::from_key(asset.chain(), &bytes[..cut]);
                assert!(found.is_none_or(|found| found != *asset && key(found) == bytes[..cut]), "{asset}");
            }
        }
    }

    #[test]
    fn bytes_of_no_asset_of_the_chain_are_refused() {
        let usdt: Asset =
            "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7".parse().expect("an asset");
        let bytes = key(usdt);
        let tron = "tron:0x2b6653dc".parse().expect("a chain");
        assert_eq!(Asset::from_key(tron, &bytes), None, "another chain's standard");
        for wrong in
            [&[][..], &[0, 0], &[1, 2], &[9], &[&bytes[..], &[1, 7]].concat(), &[&bytes[..], &[2]].concat()]
        {
            assert_eq!(Asset::from_key(Chain::Evm(1), wrong), None, "{wrong:?}");
        }
        let unique: Asset =
            "eip155:1/erc721:0xdAC17F958D2ee523a2206206994597C13D831ec7".parse().expect("an asset");
        let padded = [&key(unique)[..], &[1, 0, 7]].concat();
        assert_eq!(Asset::from_key(Chain::Evm(1), &padded), None, "one number has one form");
    }
}

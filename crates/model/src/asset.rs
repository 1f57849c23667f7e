//! Assets, named by CAIP-19, and money: an amount with the asset that it counts.
//!
//! An amount in JSON counts base units of the `asset` that stands nearest around it: beside it, or once for the table or answer
//! that holds it. What an asset is shown in, its ticker and decimal places, follows from the asset and from nothing else.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Address, Amount, BitcoinNetwork, Chain,
    caip::{Caip19, CaipError},
    chain::{TronNetwork, UnknownChain},
};

mod key;
mod known;

/// An asset: a chain's own coin, or a token on it. Printed, parsed and serialised as CAIP-19; the name of a chain (`btc`,
/// `eth`) is read as its own coin.
///
/// ```
/// use tracehound_model::{Amount, Asset, Money};
///
/// let asset: Asset = "eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7".parse()?;
/// assert_eq!(Money { asset, amount: Amount::from(1_500_000_u64) }.to_string(), "1.500000 USDT");
/// # Ok::<(), tracehound_model::asset::AssetError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Asset {
    chain: Chain,
    of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Of {
    /// The chain's own coin.
    Coin,
    /// What a contract counts, or one thing that it numbers.
    Token { standard: Standard, contract: Address, id: Option<Amount> },
    /// A token that the chain itself numbers (TRC-10).
    Numbered(u32),
}

/// An asset namespace, as far as it names tokens by their contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Standard {
    Erc20,
    Erc721,
    Erc1155,
    Trc20,
    Trc721,
    /// Of Solana's token program: fungible or not, named by the mint.
    Token,
}

/// Each with its namespace, and whether its tokens have numbers of their own.
const STANDARDS: [(Standard, &str, bool); 6] = [
    (Standard::Erc20, "erc20", false),
    (Standard::Erc721, "erc721", true),
    (Standard::Erc1155, "erc1155", true),
    (Standard::Trc20, "trc20", false),
    (Standard::Trc721, "trc721", true),
    (Standard::Token, "token", false),
];

/// The namespace of tokens that Tron numbers.
const TRC10: &str = "trc10";

impl Standard {
    fn row(self) -> (Self, &'static str, bool) {
        STANDARDS.into_iter().find(|row| row.0 == self).expect("every standard has a row")
    }

    const fn is_of(self, chain: Chain) -> bool {
        match self {
            Self::Erc20 | Self::Erc721 | Self::Erc1155 => matches!(chain, Chain::Evm(_)),
            Self::Trc20 | Self::Trc721 => matches!(chain, Chain::Tron(_)),
            Self::Token => matches!(chain, Chain::Solana),
        }
    }
}

/// Tickers of the tokens that [`Asset::unit`] knows, some more than once.
pub fn tickers() -> impl Iterator<Item = &'static str> {
    known::tickers()
}

/// Text that names no asset we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssetError {
    /// It is neither CAIP-19 nor the name of a chain.
    #[error(transparent)]
    Form(#[from] CaipError),
    /// Its chain is none of ours.
    #[error("the asset is of a chain that is not known: {0}")]
    Chain(UnknownChain),
    /// Its chain has no such asset.
    #[error("`{asset}` is no asset of its chain: {reason}")]
    Unknown {
        /// As written.
        asset: String,
        /// What is wrong.
        reason: String,
    },
}

/// What an asset is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its ticker.
    pub ticker: &'static str,
    /// How many decimal places of it are one base unit.
    pub decimals: u8,
}

impl Asset {
    /// A chain's own coin; `None` for a chain of which we do not know what its coin is.
    pub fn native(chain: Chain) -> Option<Self> {
        chain.coin_type().map(|_| Self { chain, of: Of::Coin })
    }

    /// The coin of a Bitcoin network.
    pub const fn bitcoin(network: BitcoinNetwork) -> Self {
        Self { chain: Chain::Bitcoin(network), of: Of::Coin }
    }

    /// A fungible token of an EVM chain.
    pub const fn erc20(chain_id: u64, contract: [u8; 20]) -> Self {
        let contract = Address::Evm(contract);
        Self { chain: Chain::Evm(chain_id), of: Of::Token { standard: Standard::Erc20, contract, id: None } }
    }

    /// The thing of this number that a contract of an EVM chain keeps.
    pub const fn erc721(chain_id: u64, contract: [u8; 20], id: Amount) -> Self {
        Self::numbered(chain_id, contract, Standard::Erc721, id)
    }

    /// The things of this number that a contract of an EVM chain keeps.
    pub const fn erc1155(chain_id: u64, contract: [u8; 20], id: Amount) -> Self {
        Self::numbered(chain_id, contract, Standard::Erc1155, id)
    }

    const fn numbered(chain_id: u64, contract: [u8; 20], standard: Standard, id: Amount) -> Self {
        let contract = Address::Evm(contract);
        Self { chain: Chain::Evm(chain_id), of: Of::Token { standard, contract, id: Some(id) } }
    }

    /// A fungible token of Tron.
    const fn trc20(contract: [u8; 20]) -> Self {
        let contract = Address::Tron(contract);
        let of = Of::Token { standard: Standard::Trc20, contract, id: None };
        Self { chain: Chain::Tron(TronNetwork::Mainnet), of }
    }

    /// Its chain.
    pub const fn chain(self) -> Chain {
        self.chain
    }

    /// Whether it is its chain's own coin.
    pub const fn is_native(self) -> bool {
        matches!(self.of, Of::Coin)
    }

    /// What it is shown in, where that is known.
    pub fn unit(self) -> Option<Unit> {
        match self.of {
            Of::Coin => self.chain.coin().map(|(ticker, decimals)| Unit { ticker, decimals }),
            Of::Token { id: None, .. } => known::unit(self),
            Of::Token { .. } | Of::Numbered(_) => None,
        }
    }

    /// The tokens of a chain whose unit is known.
    pub fn known_tokens(chain: Chain) -> impl Iterator<Item = Self> {
        known::on(chain)
    }

    /// The token that a contract gives for a chain's own coin, one for one, where that is known: what goes in comes out as it.
    pub fn wrapped(chain: Chain) -> Option<Self> {
        known::wrapped(chain)
    }

    /// The contract of a token of which any unit is as good as any other; none of anything else.
    pub const fn contract(self) -> Option<Address> {
        match self.of {
            Of::Token { contract, id: None, .. } => Some(contract),
            _ => None,
        }
    }

    /// This much of it.
    pub fn money(self, amount: impl Into<Amount>) -> Money {
        Money { asset: self, amount: amount.into() }
    }

    /// A number of whole units, such as `0.01` of a bitcoin, in base units.
    pub fn parse_units(self, text: &str) -> Result<Money, UnitsError> {
        let unit = self.unit().ok_or_else(|| UnitsError::NoDecimals(self.into()))?;
        Ok(Money { asset: self, amount: parse_decimal(text, unit.decimals)? })
    }

    fn parse_token(chain: Chain, id: &Caip19) -> Result<Of, String> {
        if id.namespace() == TRC10 && matches!(chain, Chain::Tron(_)) && id.token_id().is_none() {
            let number = id.reference();
            let plain = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse().ok().filter(|_| plain);
            return number
                .map(Of::Numbered)
                .ok_or_else(|| "a TRC-10 token is named by its number".to_owned());
        }
        let known = STANDARDS.into_iter().find(|row| row.1 == id.namespace() && row.0.is_of(chain));
        let (standard, name, numbered) =
            known.ok_or_else(|| format!("assets of the kind `{}` are not known there", id.namespace()))?;
        let contract = Address::parse_for(chain, id.reference()).map_err(|error| error.to_string())?;
        let number = match id.token_id() {
            None => None,
            Some(_) if !numbered => return Err(format!("a token of the kind `{name}` has no numbers")),
            Some(text) => {
                Some(text.parse().map_err(|_| "the token's id is no number of 256 bits".to_owned())?)
            }
        };
        Ok(Of::Token { standard, contract, id: number })
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            Of::Coin => {
                let coin = self.chain.coin_type().expect("a coin is made of a chain whose coin is known");
                write!(f, "{}/slip44:{coin}", self.chain)
            }
            Of::Token { standard, contract, id } => {
                write!(f, "{}/{}:{contract}", self.chain, standard.row().1)?;
                id.iter().try_for_each(|id| write!(f, "/{id}"))
            }
            Of::Numbered(number) => write!(f, "{}/{TRC10}:{number}", self.chain),
        }
    }
}

impl FromStr for Asset {
    type Err = AssetError;

    fn from_str(text: &str) -> Result<Self, AssetError> {
        let unknown = |reason: String| {
            let asset = text.chars().take(200).collect();
            AssetError::Unknown { asset, reason }
        };
        if !text.contains('/') {
            let chain: Chain = text.parse().map_err(AssetError::Chain)?;
            return Self::native(chain)
                .ok_or_else(|| unknown("which coin that chain has is not known".to_owned()));
        }
        let id: Caip19 = text.parse()?;
        let not_ours = || AssetError::Chain(UnknownChain(id.chain.to_string()));
        let chain = Chain::from_caip2(&id.chain).ok_or_else(not_ours)?;
        if id.namespace() == "slip44" {
            let coin = chain.coin_type().map(|coin| coin.to_string());
            return match coin {
                Some(coin) if coin == id.reference() && id.token_id().is_none() => {
                    Ok(Self { chain, of: Of::Coin })
                }
                Some(coin) => Err(unknown(format!("its own coin is slip44:{coin}"))),
                None => Err(unknown("which coin that chain has is not known".to_owned())),
            };
        }
        Self::parse_token(chain, &id).map(|of| Self { chain, of }).map_err(unknown)
    }
}

impl Serialize for Asset {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Asset {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount of an asset. Printed in the asset's own units, all places of them (`0.00050000 BTC`), or in base units with its
/// id where these are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
pub struct Money {
    /// What is counted.
    pub asset: Asset,
    /// How much, in base units.
    pub amount: Amount,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.asset.unit() {
            Some(unit) => self.amount.display(unit.decimals, unit.ticker).to_string(),
            None => format!("{} base units of {}", self.amount, self.asset),
        };
        f.pad(&text)
    }
}

/// Text that is no amount of an asset's units.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitsError {
    /// It is no decimal number.
    #[error("an amount is a decimal number such as 0.01")]
    NotDecimal,
    /// It has digits below the smallest unit.
    #[error("there are no more than {0} decimal places")]
    TooFine(u8),
    /// More than 256 bits of base units.
    #[error("an amount is less than 2^256 base units, and this one is more")]
    TooLarge,
    /// How many base units make one is not known.
    #[error("the decimal places of {0} are not known: give base units")]
    NoDecimals(Box<Asset>),
}

/// `67540.25` in units of which `decimals` places are one.
pub(crate) fn parse_decimal(text: &str, decimals: u8) -> Result<Amount, UnitsError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(UnitsError::NotDecimal);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(decimals) {
        return Err(UnitsError::TooFine(decimals));
    }
    let text = format!("{whole}{fraction:0<width$}", width = usize::from(decimals));
    text.parse().map_err(|_| UnitsError::TooLarge)
}

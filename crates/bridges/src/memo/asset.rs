//! Assets as memos write them: `CHAIN.TICKER-CONTRACT`, short codes, and what stays on the network itself.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use tracehound_model::{BitcoinNetwork, Chain, chain::TronNetwork};

use super::Network;

/// Longest symbol in bytes: a ticker and a contract.
const MOST_SYMBOL: usize = 96;

/// In which form an asset is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// On its own chain: it is paid there.
    Layer1,
    /// A synthetic, which stays on the network.
    Synthetic,
    /// Of a trade account, which stays on the network.
    Trade,
    /// A secured asset, which stays on the network.
    Secured,
}

impl Form {
    /// In the order in which thornode looks for them, whichever comes first in the text.
    const ALL: [(Self, char); 4] =
        [(Self::Trade, '~'), (Self::Synthetic, '/'), (Self::Layer1, '.'), (Self::Secured, '-')];

    fn mark(self) -> char {
        Self::ALL.into_iter().find(|(form, _)| *form == self).map_or('.', |(_, mark)| mark)
    }
}

/// An asset as the network names it. Letters count as capitals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemoAsset {
    /// The network's name of the chain.
    pub chain: String,
    /// In which form.
    pub form: Form,
    /// Ticker, and behind a `-` the contract, or its end: then the network takes the deepest pool that fits.
    pub symbol: String,
}

/// Codes of both networks.
const BOTH: &[(&str, &str)] = &[("b", "BTC.BTC"), ("e", "ETH.ETH"), ("r", "THOR.RUNE")];

/// Codes of THORChain (`common/asset.go`, 2025-07).
const THORCHAIN: &[(&str, &str)] = &[
    ("a", "AVAX.AVAX"),
    ("c", "BCH.BCH"),
    ("d", "DOGE.DOGE"),
    ("f", "BASE.ETH"),
    ("g", "GAIA.ATOM"),
    ("l", "LTC.LTC"),
    ("s", "BSC.BNB"),
    ("tr", "TRON.TRX"),
    ("x", "XRP.XRP"),
];

/// Codes of Maya (`common/asset.go`, 2024-07). Where only the ticker stands here, the contract is the network's.
const MAYACHAIN: &[(&str, &str)] = &[
    ("a", "ARB.ETH"),
    ("ab", "ARB.WBTC-0X2F2A2543B76A4166549F7AAB2E75BEF0AEFC5B0F"),
    ("ac", "ARB.USDC-0XAF88D065E77C8CC2239327C5EDB3A432268E5831"),
    ("ad", "ARB.DAI"),
    ("ae", "ARB.ETH"),
    ("ap", "ARB.PEPE"),
    ("at", "ARB.USDT"),
    ("aw", "ARB.WSTETH"),
    ("bb", "BTC.BTC"),
    ("c", "MAYA.CACAO"),
    ("d", "DASH.DASH"),
    ("dd", "DASH.DASH"),
    ("ec", "ETH.USDC"),
    ("ep", "ETH.PEPE"),
    ("et", "ETH.USDT"),
    ("ew", "ETH.WSTETH"),
    ("k", "KUJI.KUJI"),
    ("ku", "KUJI.USK"),
    ("mc", "MAYA.CACAO"),
    ("tr", "THOR.RUNE"),
];

impl MemoAsset {
    /// Reads an asset or a short code, which counts in small letters alone.
    pub(super) fn read(network: Network, text: &str) -> Option<Self> {
        let codes = match network {
            Network::Thorchain => THORCHAIN,
            Network::Mayachain => MAYACHAIN,
        };
        let long = BOTH.iter().chain(codes).find(|(code, _)| *code == text).map(|(_, long)| *long);
        Self::written_out(network, long.unwrap_or(text))
    }

    /// Reads an asset that is written out.
    pub(super) fn written_out(network: Network, text: &str) -> Option<Self> {
        let own = match network {
            Network::Thorchain => "THOR",
            Network::Mayachain => "MAYA",
        };
        let mark = text.char_indices().find_map(|(at, letter)| {
            Form::ALL.into_iter().find(|(_, mark)| *mark == letter).map(|(form, _)| (form, at))
        });
        let (form, chain, symbol) = match mark {
            Some((form, at)) => (form, &text[..at], &text[at + 1..]),
            None => (Form::Layer1, own, text),
        };
        let (chain, symbol) = (chain.to_ascii_uppercase(), symbol.to_ascii_uppercase());
        let is_chain =
            (2..=10).contains(&chain.len()) && chain.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_symbol = (1..=MOST_SYMBOL).contains(&symbol.len())
            && symbol.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._+/~".contains(&byte))
            && symbol.starts_with(|first: char| first.is_ascii_alphanumeric());
        // The network's own coin is on no other chain that it could be brought in from.
        let is_own_elsewhere = form != Form::Layer1 && chain == own;
        (is_chain && is_symbol && !is_own_elsewhere).then_some(Self { chain, form, symbol })
    }

    /// The chain on which it is paid, where it is one that we know; none for what stays on the network.
    pub fn paid_on(&self) -> Option<Chain> {
        if self.form != Form::Layer1 {
            return None;
        }
        Some(match self.chain.as_str() {
            "BTC" => Chain::Bitcoin(BitcoinNetwork::Mainnet),
            "BCH" => Chain::BitcoinCash,
            "LTC" => Chain::Litecoin,
            "DASH" => Chain::Dash,
            "ZEC" => Chain::Zcash,
            "XRP" => Chain::Ripple,
            "SOL" => Chain::Solana,
            "TRON" => Chain::Tron(TronNetwork::Mainnet),
            "ETH" => Chain::Evm(1),
            "BSC" => Chain::Evm(56),
            "BASE" => Chain::Evm(8_453),
            "ARB" => Chain::Evm(42_161),
            "AVAX" => Chain::Evm(43_114),
            "BNB" => Chain::BnbBeacon,
            _ => return None,
        })
    }

    /// What stands behind the ticker: a token's contract, or the end of one.
    pub fn contract(&self) -> Option<&str> {
        self.symbol.split_once('-').map(|(_, contract)| contract)
    }
}

impl fmt::Display for MemoAsset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.chain, self.form.mark(), self.symbol)
    }
}

impl Serialize for MemoAsset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for MemoAsset {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MemoAsset".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "An asset as the network names it, written out." })
    }
}

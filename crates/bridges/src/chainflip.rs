//! Vault swaps of Chainflip on Bitcoin: what is wanted stands in an `OP_RETURN`, so a ledger of Bitcoin alone says to whom
//! the money went. (Swaps by a deposit channel say nothing there.)
//!
//! Version 1 of `packages/bitcoin` of chainflip-io/chainflip-product-toolkit, in the SCALE codec: little end first. Output 0 pays
//! the vault, output 1 is this, output 2 is paid back to.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::Amount;

/// Most affiliates: the protocol's own limit, and far above what 80 bytes hold.
const MOST_AFFILIATES: usize = 16;

/// What stands for an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// 20 bytes, written in hexadecimal.
    Evm,
    /// 20 bytes of Tron.
    Tron,
    /// 32 bytes.
    Key,
    /// A text with its length before it.
    Text,
}

/// Number, name and form of address of the assets (`internalAssetToContractId`).
const ASSETS: &[(u8, &str, Form)] = &[
    (1, "Eth", Form::Evm),
    (2, "Flip", Form::Evm),
    (3, "Usdc", Form::Evm),
    (5, "Btc", Form::Text),
    (6, "ArbEth", Form::Evm),
    (7, "ArbUsdc", Form::Evm),
    (8, "Usdt", Form::Evm),
    (9, "Sol", Form::Key),
    (10, "SolUsdc", Form::Key),
    (11, "HubDot", Form::Key),
    (12, "HubUsdt", Form::Key),
    (13, "HubUsdc", Form::Key),
    (14, "Wbtc", Form::Evm),
    (15, "ArbUsdt", Form::Evm),
    (16, "SolUsdt", Form::Key),
    (17, "Trx", Form::Tron),
    (18, "TrxUsdt", Form::Tron),
    (19, "Bnb", Form::Evm),
    (20, "BscUsdt", Form::Evm),
    (21, "Cbbtc", Form::Evm),
];

/// What a vault swap asks for.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct VaultSwap {
    /// The version of the format: 1.
    pub version: u8,
    /// What is wanted, by the protocol's name.
    pub destination_asset: String,
    /// For whom: hexadecimal bytes behind `0x`, or an address of Bitcoin as it stands there.
    pub destination: String,
    /// Blocks for which the swap is tried before it is paid back.
    pub retry_blocks: u16,
    /// The least to be paid, in base units of what is wanted.
    pub min_output: Amount,
    /// How far the price may be from the oracle's, as the protocol writes it.
    pub max_oracle_slippage: u8,
    /// Parts of the swap.
    pub chunks: u16,
    /// Blocks between them.
    pub chunk_interval: u16,
    /// What the depositor gives up for a payout before the deposit is final, in ten-thousandths at most.
    pub boost_bps: u8,
    /// The broker's part, in ten-thousandths.
    pub broker_bps: u8,
    /// Who else takes a part.
    pub affiliates: Vec<Affiliate>,
}

/// An affiliate of the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Affiliate {
    /// Its number at the broker.
    pub index: u8,
    /// Its part, in ten-thousandths.
    pub bps: u8,
}

/// Why the data is no vault swap that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// Another version of the format.
    #[error("it is of version {0} of the format, and version 1 is read")]
    Version(u8),
    /// An asset that the table does not have.
    #[error("it asks for asset number {0}, which is not known")]
    Asset(u8),
    /// It ends too early.
    #[error("it is cut off")]
    CutOff,
    /// It goes on behind its end.
    #[error("{0} bytes are left over")]
    LeftOver(usize),
    /// A text that is none, or a number that is too large.
    #[error("its {0} cannot be read")]
    Bad(&'static str),
}

/// Reads the data of an `OP_RETURN`. O(length).
///
/// # Errors
/// Another version, an unknown asset, and whatever is not exactly one vault swap.
pub fn read(data: &[u8]) -> Result<VaultSwap, NotRead> {
    let mut rest = Bytes(data);
    let version = rest.byte()?;
    if version != 1 {
        return Err(NotRead::Version(version));
    }
    let number = rest.byte()?;
    let known = ASSETS.iter().find(|(known, ..)| *known == number);
    let &(_, asset, form) = known.ok_or(NotRead::Asset(number))?;
    let destination = match form {
        Form::Evm | Form::Tron => format!("0x{}", hex::encode(rest.take(20)?)),
        Form::Key => format!("0x{}", hex::encode(rest.take(32)?)),
        Form::Text => {
            let length = rest.compact()?;
            let text = rest.take(length)?;
            let is_plain = text.iter().all(u8::is_ascii_alphanumeric) && !text.is_empty();
            let text = is_plain.then(|| String::from_utf8_lossy(text).into_owned());
            text.ok_or(NotRead::Bad("destination"))?
        }
    };
    let swap = VaultSwap {
        version,
        destination_asset: asset.to_owned(),
        destination,
        retry_blocks: rest.short()?,
        min_output: Amount::from(u128::from_le_bytes(rest.array()?)),
        max_oracle_slippage: rest.byte()?,
        chunks: rest.short()?,
        chunk_interval: rest.short()?,
        boost_bps: rest.byte()?,
        broker_bps: rest.byte()?,
        affiliates: rest.affiliates()?,
    };
    if rest.0.is_empty() { Ok(swap) } else { Err(NotRead::LeftOver(rest.0.len())) }
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], NotRead> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(NotRead::CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NotRead> {
        self.take(N)?.try_into().map_err(|_| NotRead::CutOff)
    }

    fn byte(&mut self) -> Result<u8, NotRead> {
        Ok(self.array::<1>()?[0])
    }

    fn short(&mut self) -> Result<u16, NotRead> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// A compact number of one or two bytes: more do not fit into an `OP_RETURN`.
    fn compact(&mut self) -> Result<usize, NotRead> {
        let first = self.byte()?;
        match first & 3 {
            0 => Ok(usize::from(first >> 2)),
            1 => Ok(usize::from(u16::from_le_bytes([first, self.byte()?]) >> 2)),
            _ => Err(NotRead::Bad("length")),
        }
    }

    fn affiliates(&mut self) -> Result<Vec<Affiliate>, NotRead> {
        let count = self.compact()?;
        if count > MOST_AFFILIATES {
            return Err(NotRead::Bad("number of affiliates"));
        }
        (0..count).map(|_| Ok(Affiliate { index: self.byte()?, bps: self.byte()? })).collect()
    }
}

//! Deposits without a memo: a memo is registered first, gets a number, and the deposit shows the number in its amount.
//!
//! `REFERENCE:ASSET:MEMO` on THORChain stores a memo, and the network gives it a number for that asset, of 1 to 99,999. A
//! deposit says `R:NUMBER`, or nothing: then the last five digits of its amount are the number
//! (<https://dev.thorchain.org/swap-guide/memoless-swaps.html>).

use tracehound_model::Amount;

use crate::memo::MemoAsset;

/// Numbers there are: the last five digits (`MemolessTxnRefCount`).
const NUMBERS: u64 = 100_000;

/// Blocks of THORChain for which a number stands for a memo (`MemolessTxnTTL`).
pub const MOST_BLOCKS: u64 = 3_600;

/// Decimals of the network's units.
const DECIMALS: u8 = 8;

/// A memo that was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// For deposits of this asset.
    pub asset: MemoAsset,
    /// The number that the network gave.
    pub number: u32,
    /// The memo.
    pub memo: String,
    /// The block of THORChain that registered it.
    pub height: u64,
}

/// Why a deposit is linked to no memo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLinked {
    /// Nothing of this number.
    #[error("no memo was registered for this number within {MOST_BLOCKS} blocks before it")]
    Unknown,
    /// Several memos of this number, of which the network took one.
    #[error("more than one memo was registered for this number within {MOST_BLOCKS} blocks before it")]
    Several,
}

/// The number in a deposit's amount, in base units of an asset with so many decimals; none where it is 0.
///
/// ```
/// use tracehound_bridges::reference::number_in;
/// use tracehound_model::Amount;
///
/// assert_eq!(number_in(Amount::from(5_020_002_u64), 8), Some(20_002)); // 0.05020002 BTC
/// assert_eq!(number_in(Amount::from(5_000_000_u64), 8), None);
/// ```
pub fn number_in(amount: Amount, decimals: u8) -> Option<u32> {
    // Finer units than the network's are cut off; coarser ones are taken as they are.
    let zeros = usize::from(decimals.saturating_sub(DECIMALS));
    let finer: Amount = format!("1{:0<zeros$}", "").parse().ok()?;
    let (one, numbers) = (Amount::from(1_u64), Amount::from(NUMBERS));
    let units = amount.checked_mul_div(one, finer)?;
    let above = units.checked_mul_div(one, numbers)?.checked_mul_div(numbers, one)?;
    let number = units.checked_sub(above)?.to_u64()?;
    u32::try_from(number).ok().filter(|&number| number > 0)
}

/// The memo for a deposit of an asset with a number, seen by THORChain at a height.
///
/// # Errors
/// Nothing was registered for it in time, or more than one memo was: which of them the network took is not told by this.
pub fn linked<'a>(
    registered: &'a [Registration],
    asset: &MemoAsset,
    number: u32,
    height: u64,
) -> Result<&'a Registration, NotLinked> {
    let is_its = |one: &&Registration| {
        one.asset == *asset
            && one.number == number
            && height.checked_sub(one.height).is_some_and(|blocks| blocks <= MOST_BLOCKS)
    };
    let mut found = registered.iter().filter(is_its);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(NotLinked::Unknown),
        (Some(_), Some(_)) => Err(NotLinked::Several),
    }
}

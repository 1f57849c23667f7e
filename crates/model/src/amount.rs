//! Integer money: amounts, and exact shares of them.

use std::{fmt, str::FromStr};

use ruint::{
    UintTryFrom,
    aliases::{U256, U512},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in an asset's base units (satoshi, wei, sun): a whole number of at most 256 bits. Never negative, never a
/// float.
///
/// There is no operator that could wrap or panic: sums and differences say when they do not fit. Inner loops over the
/// outputs of a UTXO chain count in 64 and 128 bits and make an `Amount` of the result.
///
/// Serialised as a decimal string: JSON numbers above 2^53 do not survive every reader.
///
/// ```
/// use tracehound_model::{Amount, amount::AmountError};
///
/// let most: Amount = "115792089237316195423570985008687907853269984665640564039457584007913129639935".parse()?;
/// assert_eq!(most, Amount::MAX);
/// assert_eq!(most.checked_add(Amount::from(1_u64)), None);
/// assert_eq!("-1".parse::<Amount>(), Err(AmountError::NotDigits));
/// # Ok::<(), AmountError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(U256);

/// Text that is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It holds something else than digits, or nothing.
    #[error("an amount is a whole number of base units in decimal digits, without sign, point or spaces")]
    NotDigits,
    /// It does not fit in 256 bits.
    #[error("an amount is less than 2^256 base units, and this one is more")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);
    /// The largest amount: 2^256 - 1 base units.
    pub const MAX: Self = Self(U256::MAX);

    /// The number that these 32 bytes are, the highest byte first: a word of the EVM.
    pub const fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(U256::from_be_bytes(bytes))
    }

    /// The 32 bytes of the number, the highest byte first.
    pub const fn to_be_bytes(self) -> [u8; 32] {
        self.0.to_be_bytes()
    }

    /// As a number of 64 bits, where it fits.
    pub fn to_u64(self) -> Option<u64> {
        self.0.try_into().ok()
    }

    /// As a number of 128 bits, where it fits.
    pub fn to_u128(self) -> Option<u128> {
        self.0.try_into().ok()
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Sum, or `None` past 256 bits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, or `None` below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Sum, or [`Amount::MAX`]: for sums of parts of one total, which cannot pass it.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Sum of all, or `None` past 256 bits.
    pub fn checked_sum(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// `self * factor / divisor`, rounded down; the product may pass 256 bits. `None` when the result does not fit, or by
    /// zero.
    #[must_use]
    pub fn checked_mul_div(self, factor: Self, divisor: Self) -> Option<Self> {
        // Neither the product of two numbers of 256 bits nor its quotient passes 512.
        let quotient = (wide(self) * wide(factor)).checked_div(wide(divisor))?;
        U256::uint_try_from(quotient).ok().map(Self)
    }

    /// Its share of `whole` in thousandths, to the nearest; `None` of nothing, or of so little that it does not fit.
    pub fn permille_of(self, whole: Self) -> Option<u128> {
        // Half of one more than twice the share, rounded down.
        let twice = self.checked_mul_div(2_000_u64.into(), whole)?.to_u128()?;
        Some(twice.div_ceil(2))
    }

    /// Whether it is at least `percent` hundredths of `whole`.
    pub fn is_share_of(self, percent: u8, whole: Self) -> bool {
        wide(self) * U512::from(100) >= wide(whole) * U512::from(percent)
    }

    /// Which part of `whole` it is, for a drawing; 0 of nothing.
    #[expect(clippy::cast_precision_loss, reason = "lengths on paper, never money")]
    pub fn ratio(self, whole: Self) -> f64 {
        let float = |amount: Self| amount.to_u128().map_or_else(|| f64::from(amount.0), |units| units as f64);
        if whole.is_zero() { 0.0 } else { float(self) / float(whole) }
    }

    /// The amount in whole units with `decimals` places and the asset's ticker: `0.00050000 BTC`.
    pub fn display(self, decimals: u8, ticker: &str) -> impl fmt::Display + use<'_> {
        DisplayAmount { amount: self, decimals, ticker }
    }
}

/// As a number of which products and their quotients fit.
fn wide(amount: Amount) -> U512 {
    U512::from(amount.0)
}

struct DisplayAmount<'a> {
    amount: Amount,
    decimals: u8,
    ticker: &'a str,
}

impl fmt::Display for DisplayAmount<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0>width$}", self.amount.0, width = usize::from(self.decimals) + 1);
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(self.decimals));
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{whole}{point}{fraction} {}", self.ticker)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amount({})", self.0)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        // 2^256 has 78 digits. Leading zeros say nothing, and a text of any length may have them.
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AmountError::NotDigits);
        }
        U256::from_str_radix(text, 10).map(Self).map_err(|_| AmountError::TooLarge)
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl From<u64> for Amount {
    fn from(units: u64) -> Self {
        Self(U256::from(units))
    }
}

impl From<u128> for Amount {
    fn from(units: u128) -> Self {
        Self(U256::from(units))
    }
}

impl From<Sats> for Amount {
    fn from(sats: Sats) -> Self {
        sats.0.into()
    }
}

/// An amount of bitcoin in satoshi (10^-8 BTC).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
pub struct Sats(pub u64);

impl fmt::Display for Sats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Amount::from(*self).display(8, "BTC"), f)
    }
}

/// An exact share, `part / whole`, of at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    part: u128,
    whole: u128,
}

impl Share {
    /// `part` out of `whole`; `None` when `whole` is zero or smaller than `part`.
    pub fn new(part: u128, whole: u128) -> Option<Self> {
        (whole > 0 && part <= whole).then_some(Self { part, whole })
    }

    /// Numerator and denominator as given.
    pub fn parts(self) -> (u128, u128) {
        (self.part, self.whole)
    }
}

/// Splits `total` in proportion to `weights` so that the parts add up to `total` to the unit.
///
/// Largest remainder: everyone gets the rounded-down share, and the units left over go to the largest remainders,
/// ties to the earlier position. Empty when all weights are zero, for then there is no proportion. O(n log n).
///
/// # Panics
/// When the weights together pass 2^128.
pub fn split_proportionally(total: u128, weights: &[u128]) -> Vec<u128> {
    let sum: u128 = weights.iter().sum();
    if sum == 0 {
        return Vec::new();
    }
    let (mut parts, remainders): (Vec<u128>, Vec<u128>) =
        weights.iter().map(|&weight| mul_div_rem(total, weight, sum)).unzip();
    let left = total - parts.iter().sum::<u128>();
    if left > 0 {
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(remainders[i]));
        // Fewer units are left over than there are weights, for each remainder is less than one unit.
        order.into_iter().zip(0..left).for_each(|(i, _)| parts[i] += 1);
    }
    parts
}

/// `a * b / divisor` and the remainder, where `b <= divisor` so that the quotient fits.
fn mul_div_rem(a: u128, b: u128, divisor: u128) -> (u128, u128) {
    if let Some(product) = a.checked_mul(b) {
        // The amounts of Bitcoin: one division of 64 bits is many times faster than two of 128.
        if let (Ok(product), Ok(divisor)) = (u64::try_from(product), u64::try_from(divisor)) {
            return ((product / divisor).into(), (product % divisor).into());
        }
        let quotient = product / divisor;
        return (quotient, product - quotient * divisor);
    }
    // Long multiplication, one bit of `a` at a time, reduced as it goes: amounts of tokens with 18 decimals pass 2^64.
    let (mut quotient, mut remainder) = (0u128, 0u128);
    for bit in (0..128).rev() {
        // remainder < divisor and b <= divisor, so each doubling and each addition passes the divisor at most once.
        let doubled_over = remainder >= divisor - remainder;
        remainder = if doubled_over { remainder - (divisor - remainder) } else { remainder * 2 };
        quotient = quotient * 2 + u128::from(doubled_over);
        if a >> bit & 1 == 1 {
            let added_over = remainder >= divisor - b;
            remainder = if added_over { remainder - (divisor - b) } else { remainder + b };
            quotient += u128::from(added_over);
        }
    }
    (quotient, remainder)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_prints_all_its_places() {
        assert_eq!(Sats(50_000).to_string(), "0.00050000 BTC");
        assert_eq!(Amount::from(7_u64).display(0, "X").to_string(), "7 X");
    }

    #[test]
    fn leftover_units_go_to_the_largest_remainders() {
        assert_eq!(split_proportionally(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(split_proportionally(1, &[1, 2]), [0, 1]);
        assert!(split_proportionally(5, &[0, 0]).is_empty());
    }

    #[test]
    fn amounts_whose_product_passes_128_bits_are_split_too() {
        let max = u128::MAX / 4;
        assert_eq!(split_proportionally(max, &[max, max]), [max - max / 2, max / 2]);
        assert_eq!(split_proportionally(max, &[max]), [max]);
        assert_eq!(mul_div_rem(max, 3, 7), (max / 7 * 3 + max % 7 * 3 / 7, max % 7 * 3 % 7));
    }

    proptest! {
        #[test]
        fn long_division_agrees_with_the_short_one(a in 0u64.., b in 0u64.., more in 0u64..) {
            let (a, b) = (u128::from(a), u128::from(b));
            let divisor = b + u128::from(more) + 1;
            prop_assert_eq!(mul_div_rem(a << 40, b, divisor), {
                let (high, rest) = (a * b / divisor, a * b % divisor);
                ((high << 40) + (rest << 40) / divisor, (rest << 40) % divisor)
            });
        }

        #[test]
        fn a_split_adds_up_to_the_unit(total in 0u64.., weights in prop::collection::vec(0u64.., 1..20)) {
            let weights: Vec<u128> = weights.into_iter().map(u128::from).collect();
            let parts = split_proportionally(u128::from(total), &weights);
            if weights.iter().any(|&w| w > 0) {
                prop_assert_eq!(parts.iter().sum::<u128>(), u128::from(total));
                for (part, weight) in parts.iter().zip(&weights) {
                    prop_assert!(*weight > 0 || *part == 0);
                }
            }
        }
    }
}

//! Amounts of 256 bits, against a reference of integers without a size.

use num_bigint::BigUint;
use proptest::prelude::*;
use tracehound_model::{Amount, Sats, amount::AmountError};

fn reference(amount: Amount) -> BigUint {
    BigUint::from_bytes_be(&amount.to_be_bytes())
}

/// What the reference says, or `None` where 256 bits do not hold it.
fn fitting(number: &BigUint) -> Option<Amount> {
    let bytes = number.to_bytes_be();
    let start = 32_usize.checked_sub(bytes.len())?;
    let mut word = [0; 32];
    word[start..].copy_from_slice(&bytes);
    Some(Amount::from_be_bytes(word))
}

/// Numbers of every size: as many high bytes of a random word as are drawn are zero, so that sums and products fall on both
/// sides of the limit.
fn any_amount() -> impl Strategy<Value = Amount> {
    (any::<[u8; 32]>(), 0_usize..=32, any::<bool>()).prop_map(|(mut bytes, zeros, ones)| {
        bytes[..zeros].fill(if ones { 0xff } else { 0 });
        Amount::from_be_bytes(bytes)
    })
}

proptest! {
    #[test]
    fn sums_differences_and_products_are_those_of_whole_numbers(
        a in any_amount(),
        b in any_amount(),
        c in any_amount(),
        percent: u8,
    ) {
        let (x, y, z) = (reference(a), reference(b), reference(c));
        prop_assert_eq!(a.checked_add(b), fitting(&(&x + &y)));
        prop_assert_eq!(a.checked_sub(b), (x >= y).then(|| fitting(&(&x - &y))).flatten());
        prop_assert_eq!(Amount::checked_sum([a, b, c]), fitting(&(&x + &y + &z)));
        prop_assert_eq!(a.saturating_add(b), fitting(&(&x + &y)).unwrap_or(Amount::MAX));
        let none = z == BigUint::ZERO;
        prop_assert_eq!(a.checked_mul_div(b, c), if none { None } else { fitting(&(&x * &y / &z)) });
        prop_assert_eq!(a.is_share_of(percent, b), &x * 100_u32 >= &y * percent);
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        prop_assert_eq!(a.to_u64(), u64::try_from(&x).ok());
        prop_assert_eq!(a.to_u128(), u128::try_from(&x).ok());
        prop_assert_eq!(a.is_zero(), x == BigUint::ZERO);
    }

    #[test]
    fn a_text_is_read_as_it_is_written(a in any_amount(), zeros in 0_usize..100, decimals in 0_u8..100) {
        let text = reference(a).to_string();
        prop_assert_eq!(a.to_string(), text.clone());
        prop_assert_eq!(format!("{}{text}", "0".repeat(zeros)).parse(), Ok(a));
        let json = serde_json::to_string(&a).expect("a string");
        prop_assert_eq!(&json, &format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<Amount>(&json).expect("the same"), a);
        // All places are shown, and without the point they are the number.
        let shown = a.display(decimals, "X").to_string();
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        prop_assert_eq!(digits.parse(), Ok(a));
        let places = shown.split_once('.').map_or(0, |(_, rest)| rest.len() - " X".len());
        prop_assert_eq!(places, usize::from(decimals));
    }

    #[test]
    fn a_text_of_any_kind_is_an_amount_or_a_clear_error(text in "[0-9]{0,90}|\\PC{0,20}") {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let wanted = match text.parse::<BigUint>() {
            Ok(number) if plain => fitting(&number).ok_or(AmountError::TooLarge),
            _ => Err(AmountError::NotDigits),
        };
        prop_assert_eq!(text.parse::<Amount>(), wanted);
    }

    #[test]
    fn shares_are_rounded_to_the_nearest(part: u128, whole in 1_u128..) {
        let tenths = Amount::from(part).permille_of(whole.into());
        let wanted = (BigUint::from(part) * 2_000_u32 + whole) / (BigUint::from(whole) * 2_u32);
        prop_assert_eq!(tenths, u128::try_from(wanted).ok());
    }
}

#[test]
fn beyond_256_bits_is_an_error_that_says_so() {
    let most: BigUint = (BigUint::from(1_u8) << 256) - 1_u8;
    assert_eq!(most.to_string().parse(), Ok(Amount::MAX));
    let error = (most + 1_u8).to_string().parse::<Amount>().expect_err("too large");
    assert!(error.to_string().contains("less than 2^256"), "{error}");
    let long = serde_json::from_str::<Amount>(&format!("\"{}\"", "9".repeat(10_000))).expect_err("too large");
    assert!(long.to_string().contains("less than 2^256"), "{long}");
    for wrong in ["", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "1_000", "\u{661}"] {
        assert_eq!(wrong.parse::<Amount>(), Err(AmountError::NotDigits), "{wrong:?}");
    }
    for wrong in ["5", "5.0", "null", "\"\""] {
        assert!(serde_json::from_str::<Amount>(wrong).is_err(), "{wrong}: a number of JSON is no amount");
    }
}

#[test]
fn nothing_wraps_at_the_limit() {
    let one = Amount::from(1_u64);
    assert_eq!(Amount::MAX.checked_add(one), None);
    assert_eq!(Amount::ZERO.checked_sub(one), None);
    assert_eq!(Amount::checked_sum([Amount::MAX, Amount::ZERO, one]), None);
    assert_eq!(Amount::MAX.checked_mul_div(Amount::MAX, Amount::MAX), Some(Amount::MAX));
    assert_eq!(Amount::MAX.checked_mul_div(2_u64.into(), one), None);
    assert_eq!((one.checked_mul_div(one, Amount::ZERO), one.permille_of(Amount::ZERO)), (None, None));
    assert_eq!(Amount::from(Sats(u64::MAX)).to_u64(), Some(u64::MAX));
    assert_eq!(Amount::from(u128::MAX).to_u64(), None);
    assert_eq!(Amount::MAX.ratio(Amount::MAX), 1.0);
    assert_eq!(Amount::MAX.ratio(Amount::ZERO), 0.0);
}

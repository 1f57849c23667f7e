//! Numbers of memos.

use tracehound_model::Amount;

/// Longest number in bytes: more digits than 256 bits have are none that a network takes.
const MOST_DIGITS: usize = 100;

/// A whole number in digits.
pub(super) fn whole(text: &str) -> Option<Amount> {
    (text.len() <= MOST_DIGITS).then(|| text.parse().ok()).flatten()
}

/// A number that may have a fraction, which is cut, and a power of ten (`87e7`), as Go's `big.ParseFloat` reads it.
pub(super) fn scientific(text: &str) -> Option<Amount> {
    if text.len() > MOST_DIGITS {
        return None;
    }
    let (digits, power) = match text.split_once(['e', 'E']) {
        Some((digits, power)) => (digits, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Where the point comes to stand, counted from the first digit.
    let point = i32::try_from(whole.len()).ok()?.checked_add(power)?;
    if all.bytes().all(|byte| byte == b'0') || point <= 0 {
        return Some(Amount::ZERO);
    }
    let point = usize::try_from(point).ok().filter(|&point| point <= MOST_DIGITS)?;
    format!("{all:0<point$}")[..point].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_network_reads_them() {
        for (text, wanted) in [
            ("0", Some("0")),
            ("87e7", Some("870000000")),
            ("1.25e1", Some("12")),
            ("5.6", Some("5")),
            (".5", Some("0")),
            ("12e-1", Some("1")),
            ("1e-900", Some("0")),
            ("0e99999", Some("0")),
            ("1e99999", None),
            ("1e78", None),
            ("five", None),
            ("", None),
            ("-1", None),
            ("1e", None),
            ("1e5e5", None),
            ("0x10", None),
            ("1_000", None),
        ] {
            assert_eq!(scientific(text).map(|number| number.to_string()).as_deref(), wanted, "{text}");
        }
        assert_eq!(whole("17"), Some(Amount::from(17_u64)));
        assert_eq!((whole("1e3"), whole(""), whole(&"9".repeat(200))), (None, None, None));
    }
}

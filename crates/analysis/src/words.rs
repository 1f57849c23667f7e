//! Shares and moments in the words of every answer.

use tracehound_model::Amount;

/// `part` of `whole` in tenths of a per cent.
pub(crate) fn permille(part: Amount, whole: Amount) -> String {
    if whole.0 == 0 {
        return "-".to_owned();
    }
    let tenths = part.0.saturating_mul(1_000).saturating_add(whole.0 / 2) / whole.0;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// `2024-06-01 13:37:05Z`.
pub(crate) fn moment(seconds: impl Into<i64>) -> String {
    let time = jiff::Timestamp::from_second(seconds.into());
    time.map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

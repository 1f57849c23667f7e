//! Shares and moments in the words of every answer.

use tracehound_model::Amount;

/// `part` of `whole` in tenths of a per cent; `-` of nothing.
pub(crate) fn permille(part: Amount, whole: Amount) -> String {
    let tenths = part.permille_of(whole);
    tenths.map_or_else(|| "-".to_owned(), |tenths| format!("{}.{} %", tenths / 10, tenths % 10))
}

/// `2024-06-01 13:37:05Z`.
pub(crate) fn moment(seconds: impl Into<i64>) -> String {
    let time = jiff::Timestamp::from_second(seconds.into());
    time.map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

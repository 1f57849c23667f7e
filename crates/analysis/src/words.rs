//! Shares, moments and ids in the words of every answer.

use tracehound_model::Amount;

/// `part` of `whole` in tenths of a per cent, `<0.1 %` where it is less than one and more than nothing; `-` of nothing.
pub fn permille(part: Amount, whole: Amount) -> String {
    match part.permille_of(whole) {
        None => "-".to_owned(),
        Some(0) if !part.is_zero() => "<0.1 %".to_owned(),
        Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// What a limit of the question on dust or shares may leave out of a complete answer, percent: less than this of the whole.
pub const MOST_LEFT_OUT: u8 = 5;

/// Whether so little was left out by a limit that the question sets that the answer is whole all the same.
pub fn is_little(left_out: Amount, whole: Amount) -> bool {
    left_out.is_zero() || !left_out.is_share_of(MOST_LEFT_OUT, whole)
}

/// `2024-06-01 13:37:05Z`.
pub fn moment(seconds: impl Into<i64>) -> String {
    written(seconds, "%Y-%m-%d %H:%M:%SZ")
}

/// `2024-06-01 13:37Z`.
pub fn minute(seconds: impl Into<i64>) -> String {
    written(seconds, "%Y-%m-%d %H:%MZ")
}

/// `2024-06-01`.
pub fn day(seconds: impl Into<i64>) -> String {
    written(seconds, "%Y-%m-%d")
}

fn written(seconds: impl Into<i64>, form: &str) -> String {
    let time = jiff::Timestamp::from_second(seconds.into());
    time.map_or_else(|_| String::new(), |time| time.strftime(form).to_string())
}

/// First and last digits of a hash or address: enough to tell two apart on a drawing.
pub fn short(text: &str) -> String {
    match (text.get(..8), text.len().checked_sub(6).and_then(|at| text.get(at..))) {
        (Some(head), Some(tail)) if text.len() > 16 => format!("{head}…{tail}"),
        _ => text.to_owned(),
    }
}

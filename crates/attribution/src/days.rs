//! Days in one number, as the index's files hold them.

use jiff::civil::Date;

/// Stands for an absent day.
const NO_DAY: i32 = i32::MIN;

/// A day in one number that sorts as days do.
pub(crate) fn pack_day(day: Option<Date>) -> i32 {
    day.map_or(NO_DAY, |day| {
        (i32::from(day.year()) << 9) | (i32::from(day.month()) << 5) | i32::from(day.day())
    })
}

/// The day packed so, where there is one.
pub(crate) fn unpack_day(packed: i32) -> Option<Date> {
    let year = i16::try_from(packed >> 9).ok()?;
    Date::new(year, ((packed >> 5) & 15) as i8, (packed & 31) as i8).ok()
}

/// Whether a number is one that [`pack_day`] makes.
pub(crate) fn is_day_or_none(packed: i32) -> bool {
    packed == NO_DAY || unpack_day(packed).is_some()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_keep_their_order_and_come_back() {
        let days = [
            Date::MIN,
            date(-1, 12, 31),
            date(0, 1, 1),
            date(1969, 12, 31),
            date(2024, 2, 29),
            date(2024, 3, 1),
            Date::MAX,
        ];
        assert!(days.map(|day| pack_day(Some(day))).is_sorted_by(|a, b| a < b));
        for day in days {
            assert_eq!(unpack_day(pack_day(Some(day))), Some(day));
        }
        assert_eq!(unpack_day(pack_day(None)), None);
        assert!(is_day_or_none(pack_day(None)));
        let no_day = (2023 << 9) + (2 << 5) + 29;
        assert_eq!(unpack_day(no_day), None);
        assert!(!is_day_or_none(no_day));
    }
}

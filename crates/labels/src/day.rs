//! Days in files: one number each, in the order of days.

use jiff::civil::Date;

/// Stands for an absent day.
pub const NONE: i32 = i32::MIN;

/// A day in one number that sorts as days do; an absent one before all others.
pub fn pack(day: Option<Date>) -> i32 {
    day.map_or(NONE, |day| {
        (i32::from(day.year()) << 9) | (i32::from(day.month()) << 5) | i32::from(day.day())
    })
}

/// The day packed so, where there is one.
pub fn unpack(packed: i32) -> Option<Date> {
    let year = i16::try_from(packed >> 9).ok()?;
    Date::new(year, ((packed >> 5) & 15) as i8, (packed & 31) as i8).ok()
}

/// Whether a number is one that [`pack`] makes.
pub fn is_day_or_none(packed: i32) -> bool {
    packed == NONE || unpack(packed).is_some()
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
        assert!(days.map(|day| pack(Some(day))).is_sorted_by(|a, b| a < b));
        for day in days {
            assert_eq!(unpack(pack(Some(day))), Some(day));
        }
        assert_eq!(unpack(pack(None)), None);
        assert!(is_day_or_none(pack(None)));
        let no_day = (2023 << 9) + (2 << 5) + 29;
        assert_eq!(unpack(no_day), None);
        assert!(!is_day_or_none(no_day));
    }
}

//! A listing outlives its wording.
//!
//! A source says one thing of a subject in one list version and says it in other words in the next: with the party's name
//! where there was none, or under another programme. Each wording is a claim with its own days; together, for as long
//! as one follows the other without a gap, they are one listing. Source, subject and category tell listings apart.

use jiff::civil::Date;
use tracehound_model::Claim;

/// Since when `claim`, which holds on `day`, has been listed without a break: the first day of the chain of claims, by
/// its source, about its subject, under its category, that leads up to it.
pub fn listed_since(claim: &Claim, day: Date, all: &[Claim]) -> Date {
    let spans = all.iter().filter(|other| is_same_listing(claim, other));
    since(claim.valid_from, day, spans.map(|other| (other.valid_from, other.valid_to)))
}

/// Whether two claims are wordings of one listing, unless there is a gap between them.
pub fn is_same_listing(one: &Claim, other: &Claim) -> bool {
    one.source == other.source
        && one.statement.category == other.statement.category
        && one.subject == other.subject
}

/// The first day of the unbroken cover by `spans` (each to its end, exclusive) that reaches `from`. What begins after
/// `day` is not known yet.
pub(crate) fn since(from: Date, day: Date, spans: impl Iterator<Item = (Date, Option<Date>)>) -> Date {
    let begun: Vec<_> = spans.filter(|(first, _)| *first <= day).collect();
    let mut start = from;
    loop {
        let reaching =
            begun.iter().filter(|(first, end)| *first < start && end.is_none_or(|end| end >= start));
        match reaching.map(|(first, _)| *first).min() {
            Some(first) => start = first,
            None => return start,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn of(spans: &[(i8, Option<i8>)], from: i8, day: i8) -> i8 {
        let at = |day| date(2025, 1, day);
        since(at(from), at(day), spans.iter().map(|(first, end)| (at(*first), end.map(at)))).day()
    }

    #[test]
    fn wordings_that_follow_each_other_are_one_listing() {
        let spans = [(10, None), (5, Some(10)), (1, Some(5))];
        assert_eq!(of(&spans, 10, 20), 1);
        assert_eq!(of(&spans, 5, 7), 1, "also as of a day in the past");
    }

    #[test]
    fn a_gap_begins_a_new_listing() {
        assert_eq!(of(&[(1, Some(5)), (6, None)], 6, 20), 6);
    }

    #[test]
    fn a_long_wording_bridges_short_ones_beside_it() {
        assert_eq!(of(&[(1, Some(12)), (3, Some(4)), (12, None)], 12, 20), 1);
    }
}

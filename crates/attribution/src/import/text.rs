//! Small readings of text: source ids, dates in the shapes lists use, names.

use std::borrow::Cow;

use jiff::civil::Date;

/// Longest text that is kept from any one field, in characters.
pub(super) const MAX_FIELD: usize = 2_000;

/// Whether `id` can be a source id.
pub(super) fn is_source_id(id: &str) -> bool {
    tracehound_model::SourceId::is_well_formed(id)
}

/// A source id from a file's name: its stem in lower case, everything else becomes `-`.
pub(super) fn slug(file_name: &str) -> String {
    let stem = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = stem.split('.').next().unwrap_or_default();
    let mut slug = String::new();
    for character in stem.chars().take(80) {
        let lower = character.to_ascii_lowercase();
        if lower.is_ascii_lowercase() || lower.is_ascii_digit() || lower == '_' {
            slug.push(lower);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "unnamed".to_owned() } else { slug.to_owned() }
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads `2025-11-19` (with or without a time after it), `19/11/2025`, `19.11.2025`, `19-Nov-2025`, `19 November 2025`.
///
/// Day before month, as all lists read here that use slashes have it. `None` for anything else, partial dates
/// (`1971`) included: an invented day would be a false fact.
pub(super) fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let mut parts = text.split(['-', '/', '.', ' ', 'T']).filter(|part| !part.is_empty());
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |text: &str| (text.len() <= 4).then(|| text.parse::<i16>().ok()).flatten();
    let month = || {
        let name: String = second.chars().take(3).collect::<String>().to_ascii_lowercase();
        let by_name = MONTHS.iter().position(|month| *month == name).map(|index| index as i8 + 1);
        by_name.or_else(|| i8::try_from(number(second)?).ok())
    };
    let (year, day) = if first.len() == 4 { (first, third) } else { (third, first) };
    let day = i8::try_from(number(day)?).ok()?;
    (year.len() == 4).then(|| Date::new(number(year)?, month()?, day).ok()).flatten()
}

/// What a date of unknown habit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// One day.
    Sure(Date),
    /// Two days: `03/04/2024`.
    Ambiguous,
    /// No full date.
    Unread,
}

/// Reads a date as [`date`] does, where nobody says whether the day or the month comes first: with slashes and dashes only
/// a date that can be read in one way is taken. Dots are written day first.
pub(super) fn day(text: &str) -> Day {
    let sure = |date: Option<Date>| date.map_or(Day::Unread, Day::Sure);
    let first_word = text.trim().split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<&str> = first_word.split(['/', '-']).collect();
    let [first, second, year] = parts[..] else { return sure(date(text)) };
    let number = |part: &str| (part.len() <= 2).then(|| part.parse::<i8>().ok()).flatten();
    let (Some(first), Some(second), 4) = (number(first), number(second), year.len()) else {
        return sure(date(text));
    };
    let Ok(year) = year.parse::<i16>() else { return Day::Unread };
    match (Date::new(year, second, first).ok(), Date::new(year, first, second).ok()) {
        (Some(one), Some(other)) if one != other => Day::Ambiguous,
        (one, other) => sure(one.or(other)),
    }
}

/// The first date of the form `2025-11-19` or `20251119` in a file's name.
pub(super) fn date_in_name(file_name: &str) -> Option<Date> {
    let digits_at = |start: usize, length: usize| {
        let part = file_name.get(start..start + length)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i16>().ok()).flatten()
    };
    let at = |start: usize, gap: usize| {
        let (month, day) = (start + 4 + gap, start + 6 + 2 * gap);
        let separated =
            gap == 0 || (file_name.get(start + 4..month)? == "-" && file_name.get(month + 2..day)? == "-");
        let year = digits_at(start, 4).filter(|year| (1990..2200).contains(year))?;
        let (month, day) = (digits_at(month, 2)?, digits_at(day, 2)?);
        separated.then(|| Date::new(year, month as i8, day as i8).ok()).flatten()
    };
    (0..file_name.len()).find_map(|start| at(start, 1).or_else(|| at(start, 0)))
}

/// `text` trimmed, white space runs made one space, cut to [`MAX_FIELD`] characters; `None` when nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len().min(4 * MAX_FIELD));
    for (count, word) in text.split_whitespace().enumerate() {
        if count > 0 {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > 4 * MAX_FIELD {
            break;
        }
    }
    if let Some((end, _)) = out.char_indices().nth(MAX_FIELD) {
        out.truncate(end);
    }
    // What must not be shown is not kept.
    if let Cow::Owned(clean) = tracehound_model::text::clean(&out) {
        out = clean;
    }
    (!out.is_empty()).then_some(out)
}

/// `text` cut to 80 characters, for a message.
pub(super) fn shorten(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    let mut short = tracehound_model::text::clean(&cut).into_owned();
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_shapes_lists_use_and_no_others() {
        let day = jiff::civil::date(2025, 11, 9);
        for text in [
            "2025-11-09",
            "2025-11-09T00:00:09.554Z",
            "2025-11-09 12:18:52",
            "09/11/2025",
            "09-Nov-2025",
            "9 November 2025",
        ] {
            assert_eq!(date(text), Some(day), "{text}");
        }
        for text in ["", "1971", "Nov 2025", "2025-13-01", "2025-02-30", "99999-01-01", "-0- "] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(date_in_name("ofac_addresses_2025-11-09.json"), Some(day));
        assert_eq!(date_in_name("list-20251109.csv"), Some(day));
        assert_eq!(date_in_name("été-2025-99-99.csv"), None);
    }

    #[test]
    fn a_date_that_can_be_two_days_is_neither() {
        let at = |month, day| Day::Sure(jiff::civil::date(2024, month, day));
        for (text, expected) in [
            ("03/04/2024", Day::Ambiguous),
            ("3-4-2024", Day::Ambiguous),
            ("03/03/2024", at(3, 3)),
            ("09/13/2024", at(9, 13)),
            ("13/09/2024", at(9, 13)),
            ("13.09.2024", at(9, 13)),
            ("2024-09-13", at(9, 13)),
            ("2024-09-13T01:02:03Z", at(9, 13)),
            ("13-Sep-2024", at(9, 13)),
            ("31/31/2024", Day::Unread),
            ("2024", Day::Unread),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
    }

    #[test]
    fn slugs_are_source_ids() {
        for name in ["OFAC List (1).csv", "été.json", "", "...", "a/b/lazarus2.yaml", &"x".repeat(300)] {
            assert!(is_source_id(&slug(name)), "{name} -> {}", slug(name));
        }
        assert_eq!(slug("a/b/lazarus2.yaml"), "lazarus2");
        assert_eq!(slug("OFAC List (1).csv"), "ofac-list-1");
    }
}

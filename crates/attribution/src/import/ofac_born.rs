//! Births as OFAC writes them out: "18 Oct 1943", "Oct 1943", "circa 1961", "1961 to 1963", "circa 1961-1963".

use tracehound_model::Born;

/// Months in OFAC's letters.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The birth that a piece of a remark tells: "DOB 18 Oct 1943", "alt. DOB 1944".
pub(super) fn in_piece(piece: &str) -> Option<Born> {
    let piece = piece.trim();
    born(piece.strip_prefix("alt. ").unwrap_or(piece).strip_prefix("DOB ")?)
}

/// The birth that a text is.
pub(super) fn born(text: &str) -> Option<Born> {
    let text = text.trim();
    let (about, text) = text.strip_prefix("circa ").map_or((false, text), |rest| (true, rest.trim_start()));
    let years = || text.split_once('-').filter(|(from, to)| is_year(from) && is_year(to));
    let (from, to) = text.split_once(" to ").or_else(years).unwrap_or((text, text));
    let plain = format!("{} to {}", plain(from)?, plain(to)?);
    let born: Born = plain.parse().ok()?;
    Some(if about { born.about() } else { born })
}

/// A day, month or year as [`Born`] reads it.
fn plain(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let month = |name: &str| MONTHS.iter().position(|month| *month == name).map(|place| place + 1);
    match words[..] {
        [year] if is_year(year) => Some(year.to_owned()),
        [name, year] if is_year(year) => Some(format!("{year}-{:02}", month(name)?)),
        [day, name, year] if is_year(year) => {
            let day: u8 = day.parse().ok()?;
            Some(format!("{year}-{:02}-{day:02}", month(name)?))
        }
        // As the advanced forms have it.
        [day] if day.len() == 10 => Some(day.to_owned()),
        _ => None,
    }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn births_are_read_in_each_of_the_ways_that_ofac_writes_them() {
        for (written, expected) in [
            ("18 Oct 1943", "1943-10-18"),
            ("03 May 1938", "1938-05-03"),
            ("Oct 1943", "1943-10"),
            ("1946", "1946"),
            ("circa 1961", "about 1961"),
            ("circa 1961-1963", "about 1961 to 1963"),
            ("circa 17 Mar 1962", "about 1962-03-17"),
            ("1961 to 1963", "1961 to 1963"),
            ("01 Jan 1961 to 31 Dec 1963", "1961 to 1963"),
            ("05 Feb 1961 to 07 Mar 1961", "1961-02-05 to 1961-03-07"),
            ("1943-10-18", "1943-10-18"),
        ] {
            assert_eq!(born(written).map(|born| born.to_string()).as_deref(), Some(expected), "{written}");
        }
        for none in ["", "unknown", "32 Oct 1943", "18 Okt 1943", "1963 to 1961", "19", "1943-", "circa"] {
            assert_eq!(born(none), None, "{none}");
        }
        assert_eq!(in_piece(" alt. DOB 1944").map(|born| born.to_string()).as_deref(), Some("1944"));
        assert_eq!(in_piece("POB 1944"), None);
    }
}

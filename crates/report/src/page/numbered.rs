//! The numbers of the rows that records are of: which are missing in between, and which came twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use tracehound_model::text::label;

/// Rows that came twice and are named.
const MOST_NAMED: usize = 10;
/// The first row that has a record where the first line is a header.
const FIRST: u64 = 2;

/// Numbers, as runs of what follows each other: from the first to the last.
#[derive(Clone, Debug, Default)]
struct Runs(BTreeMap<u64, u64>);

impl Runs {
    /// Adds a number; `false` where it was there.
    fn add(&mut self, number: u64) -> bool {
        let before = self.0.range(..=number).next_back().map(|(&first, &last)| (first, last));
        if before.is_some_and(|(_, last)| last >= number) {
            return false;
        }
        let first = before.filter(|(_, last)| last + 1 == number).map_or(number, |(first, _)| first);
        let last = number.checked_add(1).and_then(|next| self.0.remove(&next)).unwrap_or(number);
        self.0.insert(first, last);
        true
    }

    fn contains(&self, number: u64) -> bool {
        self.0.range(..=number).next_back().is_some_and(|(_, &last)| last >= number)
    }

    fn last(&self) -> Option<u64> {
        self.0.last_key_value().map(|(_, &last)| last)
    }

    /// How many numbers from `first` to `last` are neither here nor in `other`. O(runs).
    fn missing(&self, other: &Self, first: u64, last: u64) -> u64 {
        let mut all: Vec<(u64, u64)> =
            self.0.iter().chain(&other.0).map(|(&first, &last)| (first, last)).collect();
        all.sort_unstable();
        let (mut next, mut missing) = (first, 0);
        for (begin, end) in all {
            missing += begin.min(last.saturating_add(1)).saturating_sub(next);
            next = next.max(end.saturating_add(1));
        }
        missing + last.saturating_add(1).saturating_sub(next)
    }
}

/// Rows of one input.
#[derive(Clone, Debug, Default)]
struct Input {
    /// Answered, by the moment that was asked about (nanoseconds since 1970-01-01 UTC): an input may be screened again.
    answered: BTreeMap<i128, Runs>,
    refused: Runs,
}

/// Which rows of which input have a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbered {
    /// By the file of records, and by the input's name in them.
    inputs: BTreeMap<(usize, String), Input>,
    files: usize,
    twice: u64,
    named: BTreeSet<u64>,
}

impl Numbered {
    /// Another file of records begins: its rows are of inputs of their own.
    pub(super) fn next_file(&mut self) {
        self.files += 1;
    }

    /// Notes a row with what was decided on it at a moment, or none where it was refused.
    pub(super) fn note(&mut self, file: &str, row: u64, at: Option<i128>) {
        let input = self.inputs.entry((self.files, file.to_owned())).or_default();
        let Some(at) = at else {
            input.refused.add(row);
            return;
        };
        if !input.answered.entry(at).or_default().add(row) || input.refused.contains(row) {
            self.twice += 1;
            if self.named.len() < MOST_NAMED {
                self.named.insert(row);
            }
        }
    }

    /// What does not add up: nothing where every row from the first to the last has one record.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut all = Vec::new();
        for ((_, name), input) in &self.inputs {
            let of = if name.is_empty() { String::new() } else { format!(" of {}", label(name)) };
            let last_refused = input.refused.last();
            for answered in input.answered.values() {
                let Some(last) = answered.last().max(last_refused) else { continue };
                let missing = answered.missing(&input.refused, FIRST, last);
                if missing > 0 {
                    let (rows, have) = if missing == 1 { ("row", "has") } else { ("rows", "have") };
                    all.push(format!(
                        "{missing} {rows}{of} between {FIRST} and {last} {have} no record here: blank or above the header in the \
                         input, or left out of these records"
                    ));
                }
            }
        }
        if self.twice > 0 {
            let rows: Vec<String> = self.named.iter().map(u64::to_string).collect();
            let mut said =
                format!("{} records are of rows that have one already and are counted twice: ", self.twice);
            let more = if self.twice > rows.len() as u64 { ", and others" } else { "" };
            let _ = write!(said, "row {}{more}", rows.join(", "));
            all.push(said);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(rows: &[(u64, Option<i128>)]) -> Vec<String> {
        let mut numbered = Numbered::default();
        for &(row, at) in rows {
            numbered.note("", row, at);
        }
        numbered.complaints()
    }

    #[test]
    fn rows_without_a_record_and_rows_with_two_are_told() {
        let day = Some(0);
        assert_eq!(noted(&[(2, day), (3, None), (4, day)]), [""; 0]);
        // Of lines without a header, in another order, asked twice on different days.
        assert_eq!(noted(&[(3, day), (1, day), (2, day), (2, Some(9)), (3, Some(9))]), [""; 0]);
        let said = noted(&[(2, day), (3, day), (9, day), (11, None)]);
        assert!(
            said.len() == 1 && said[0].starts_with("6 rows between 2 and 11 have no record here"),
            "{said:?}"
        );
        let said = noted(&[(5, day)]);
        assert!(said[0].starts_with("3 rows between 2 and 5"), "{said:?}");
        let said = noted(&[(2, day), (3, day), (2, day), (3, day), (3, day)]);
        assert_eq!(
            said,
            ["3 records are of rows that have one already and are counted twice: row 2, 3, and others"]
        );
        let most = noted(&[(u64::MAX, day), (u64::MAX - 1, day), (u64::MAX, None)]);
        assert_eq!(most.len(), 1, "{most:?}");
    }

    #[test]
    fn every_file_of_records_has_rows_of_its_own() {
        let mut numbered = Numbered::default();
        for file in 0..2 {
            numbered.next_file();
            (2..5).for_each(|row| numbered.note("a.csv", row, Some(0)));
            numbered.note(&format!("b{file}.csv"), 2, Some(0));
        }
        assert_eq!(numbered.complaints(), [""; 0]);
    }
}

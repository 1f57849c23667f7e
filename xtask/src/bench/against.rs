//! Pairs of runs: this tree and an older commit in turn, so that what else the machine does meets both.

use serde::Serialize;

use super::Row;

/// The same row, measured with two builds, pair by pair.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Compared {
    pub(crate) subject: String,
    pub(crate) input: String,
    /// The older commit, short.
    pub(crate) against: String,
    /// Seconds of each pair: the older build's, this tree's.
    pub(crate) pairs: Vec<(f64, f64)>,
    /// The largest peak of the older build's runs and of this tree's, in MiB.
    pub(crate) peak_mib: (u64, u64),
}

impl Compared {
    /// Joins runs of the same step; a row that one of the builds lacks is left out.
    ///
    /// `runs` holds for every pair the rows of the older build and this tree's.
    pub(crate) fn of(against: &str, runs: &[(Vec<Row>, Vec<Row>)]) -> Vec<Self> {
        let Some((_, first)) = runs.first() else { return Vec::new() };
        first.iter().filter_map(|row| Self::of_row(against, row, runs)).collect()
    }

    fn of_row(against: &str, row: &Row, runs: &[(Vec<Row>, Vec<Row>)]) -> Option<Self> {
        let find = |rows: &[Row]| {
            rows.iter().find(|other| (&other.subject, &other.input) == (&row.subject, &row.input)).cloned()
        };
        let found: Option<Vec<(Row, Row)>> =
            runs.iter().map(|(older, now)| Some((find(older)?, find(now)?))).collect();
        let found = found?;
        let peak = |side: fn(&(Row, Row)) -> &Row| {
            found.iter().filter_map(|pair| side(pair).peak_mib).max().unwrap_or(0)
        };
        Some(Self {
            subject: row.subject.clone(),
            input: row.input.clone(),
            against: against.to_owned(),
            pairs: found.iter().map(|(older, now)| (older.seconds, now.seconds)).collect(),
            peak_mib: (peak(|pair| &pair.0), peak(|pair| &pair.1)),
        })
    }

    /// Median seconds of the older build and of this tree.
    pub(crate) fn medians(&self) -> (f64, f64) {
        let side = |side: fn(&(f64, f64)) -> f64| median(self.pairs.iter().map(side).collect());
        (side(|pair| pair.0), side(|pair| pair.1))
    }

    /// This tree's time over the older build's in the same pair: least, median, most. Above 1 is slower.
    pub(crate) fn ratios(&self) -> (f64, f64, f64) {
        let ratios: Vec<f64> = self.pairs.iter().map(|(older, now)| now / older).collect();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        (least, median(ratios), most)
    }
}

/// The middle one; the upper of the two middle ones of an even number. 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, seconds: f64, peak_mib: u64) -> Row {
        Row {
            section: "S",
            subject: subject.into(),
            input: "i".into(),
            bytes: 0,
            items: 0,
            unit: "",
            seconds,
            whole: false,
            peak_mib: Some(peak_mib),
            command: String::new(),
            note: String::new(),
        }
    }

    #[test]
    fn ratios_are_taken_pair_by_pair_and_a_row_of_one_side_is_left_out() {
        // The machine was three times slower in the last pair: the ratio does not see it.
        let runs = [(10.0, 11.0), (10.0, 9.0), (30.0, 36.0)]
            .map(|(older, now)| (vec![row("a", older, 7)], vec![row("a", now, 8), row("new", 1.0, 9)]));
        let compared = Compared::of("abc", &runs);
        let [a] = &compared[..] else { panic!("{compared:?}") };
        assert_eq!((a.medians(), a.ratios(), a.peak_mib), ((10.0, 11.0), (0.9, 1.1, 1.2), (7, 8)));
    }
}

//! From "which snapshots carry it" to "when is it valid". Pure.

use jiff::civil::Date;

/// What a snapshot says about an entry besides its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) confidence: u8,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

/// Consecutive snapshots that say the same of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Day of the first snapshot.
    pub(super) carried_from: Date,
    /// Day of the first later snapshot that does not say so.
    pub(super) carried_to: Option<Date>,
    pub(super) said: Said,
    /// When it holds. The intervals of one entry never overlap; one may be empty.
    pub(super) valid_from: Date,
    pub(super) valid_to: Option<Date>,
}

impl Run {
    pub(super) fn covers(&self, day: Date) -> bool {
        self.carried_from <= day && self.carried_to.is_none_or(|end| day < end)
    }
}

/// What `runs` say of the snapshot of `day`.
pub(super) fn said_on(runs: &[Run], day: Date) -> Option<Said> {
    runs.iter().find(|run| run.covers(day)).map(|run| run.said)
}

/// The runs of an entry over the snapshots of `days` (ascending), given what each says. O(days).
pub(super) fn runs(days: &[Date], said: impl Fn(Date) -> Option<Said>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &day in days {
        let now = said(day);
        let open = runs.last_mut().filter(|run| run.carried_to.is_none());
        match (open, now) {
            (Some(run), Some(now)) if run.said == now => continue,
            (Some(run), _) => run.carried_to = Some(day),
            (None, _) => {}
        }
        if let Some(said) = now {
            runs.push(Run { carried_from: day, carried_to: None, said, valid_from: day, valid_to: None });
        }
    }
    for (position, run) in runs.iter_mut().enumerate() {
        // The source's own first day may lie before its first snapshot here. Not so for a later run: an entry that was
        // taken off and put back was off in between.
        let earliest = if position == 0 { Date::MIN } else { run.carried_from };
        run.valid_from = run.said.from.map_or(run.carried_from, |from| from.max(earliest));
        run.valid_to = run.carried_to.into_iter().chain(run.said.to).min().map(|end| end.max(run.valid_from));
    }
    runs
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn day(day: i8) -> Date {
        date(2025, 1, day)
    }

    const PLAIN: Said = Said { confidence: 60, from: None, to: None };

    #[test]
    fn a_gap_splits_and_the_last_run_stays_open() {
        let days = [day(1), day(2), day(3), day(4)];
        let runs = runs(&days, |at| Some(PLAIN).filter(|_| at != day(3)));
        let spans: Vec<_> = runs.iter().map(|run| (run.valid_from, run.valid_to)).collect();
        assert_eq!(spans, [(day(1), Some(day(3))), (day(4), None)]);
    }

    #[test]
    fn the_sources_own_first_day_counts_but_not_across_a_gap() {
        let days = [day(10), day(11), day(12)];
        let own = Some(Said { confidence: 60, from: Some(day(2)), to: None });
        let runs = runs(&days, |at| own.filter(|_| at != day(11)));
        let spans: Vec<_> = runs.iter().map(|run| (run.valid_from, run.valid_to)).collect();
        assert_eq!(spans, [(day(2), Some(day(11))), (day(12), None)]);
    }

    #[test]
    fn a_change_of_confidence_is_a_new_run_without_a_gap() {
        let days = [day(1), day(2)];
        let runs = runs(&days, |at| {
            Some(Said { confidence: at.day().unsigned_abs(), from: Some(day(1)), to: Some(day(9)) })
        });
        let spans: Vec<_> = runs.iter().map(|run| (run.valid_from, run.valid_to)).collect();
        assert_eq!(spans, [(day(1), Some(day(2))), (day(2), Some(day(9)))]);
    }

    #[test]
    fn an_end_before_the_beginning_is_an_empty_interval() {
        let runs = runs(&[day(5)], |_| Some(Said { confidence: 1, from: None, to: Some(day(2)) }));
        assert_eq!((runs[0].valid_from, runs[0].valid_to), (day(5), Some(day(5))));
    }
}

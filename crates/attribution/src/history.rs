//! A source over time: its list versions, and for which moments they are known to be all there was.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use tracehound_model::Source;

/// How much of its source's list a list version holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole list: who is not in it is not listed.
    #[default]
    List,
    /// Every address of the list, but not every party: it says nothing about the names it lacks.
    Addresses,
    /// A part, or a list of which something was not read: it says nothing about whom it lacks.
    Extract,
}

/// A stretch of time for which the list versions here are known to be all that the publisher had in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouched {
    /// First day.
    pub since: Date,
    /// Last moment: when the publisher was asked, or to when a history of changes is complete.
    pub until: Timestamp,
}

/// A source and the dates of all its imported snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHistory {
    /// The source as of its newest snapshot.
    pub source: Source,
    /// Dates of its snapshots, ascending and without repeats. "As of D" rests on the newest one that is not after D;
    /// without such a snapshot the source says nothing about D, neither yes nor no.
    pub snapshots: Vec<Date>,
    /// What each snapshot holds, in their order; [`Scope::List`] where it is not said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Scope>,
    /// When its publisher was last asked and had nothing that is not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// The day up to which the pack named `notices` says that it has everything of this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_as_of: Option<Date>,
    /// For which times the publisher's word is had that nothing is missing, by first day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vouched: Vec<Vouched>,
    /// The day of the first version that waits for a person's answer and is not in force: from that day on what is here is
    /// known not to be all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Date>,
}

impl SourceHistory {
    /// A source with these snapshots, each the whole list, never checked.
    pub fn new(source: Source, snapshots: Vec<Date>) -> Self {
        Self {
            source,
            snapshots,
            scopes: Vec::new(),
            checked_at: None,
            complete_as_of: None,
            vouched: Vec::new(),
            waiting: None,
        }
    }

    /// The newest snapshot that is not after `day`. O(log n).
    pub fn snapshot_on(&self, day: Date) -> Option<Date> {
        let after = self.snapshots.partition_point(|date| *date <= day);
        after.checked_sub(1).map(|position| self.snapshots[position])
    }

    /// What the newest snapshot that is not after `day` holds.
    pub fn scope_on(&self, day: Date) -> Option<Scope> {
        let after = self.snapshots.partition_point(|date| *date <= day);
        after.checked_sub(1).map(|position| self.scope_at(position))
    }

    fn scope_at(&self, position: usize) -> Scope {
        self.scopes.get(position).copied().unwrap_or_default()
    }

    /// The last moment, not after `as_of`, for which the list versions here are known to be all there was; `None` when
    /// nothing vouches for any moment up to then.
    ///
    /// A list version vouches for its own day; a check at the publisher for the time from the newest list version to the
    /// check; a history of changes for all its days; none of them from the day on of which a version is
    /// [`waiting`](Self::waiting), and nothing at all while the newest version is an extract.
    pub fn vouched_until(&self, as_of: Timestamp) -> Option<Timestamp> {
        if self.scope_on(as_of.to_zoned(TimeZone::UTC).date()) == Some(Scope::Extract) {
            return None;
        }
        let list_versions = self.snapshots.iter().enumerate();
        let whole = list_versions.filter(|&(position, _)| self.scope_at(position) != Scope::Extract);
        let own = whole.filter_map(|(_, &day)| Some((day, end_of(day)?)));
        let checked = self.vouched.iter().map(|span| (span.since, span.until));
        let begun = |since: Date| {
            let start = since.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp());
            start.is_some_and(|start| start <= as_of)
        };
        let begun_spans = own.chain(checked).filter(|&(since, _)| begun(since));
        let known = self.waiting.map(|day| day.yesterday().ok().and_then(end_of).unwrap_or(Timestamp::MIN));
        let until = |(_, until): (Date, Timestamp)| until.min(as_of).min(known.unwrap_or(Timestamp::MAX));
        begun_spans.map(until).max()
    }
}

/// The last second of a day, UTC.
pub fn end_of(day: Date) -> Option<Timestamp> {
    let end = day.at(23, 59, 59, 0).to_zoned(TimeZone::UTC);
    end.ok().map(|end| end.timestamp())
}

#[cfg(test)]
mod tests {
    use tracehound_model::{SourceId, SourceKind};

    use super::*;

    fn history(snapshots: &[&str]) -> SourceHistory {
        let days: Vec<Date> = snapshots.iter().map(|day| day.parse().expect("a day")).collect();
        let source = Source {
            id: SourceId("a-list".to_owned()),
            kind: SourceKind::Sanctions,
            title: "A list".to_owned(),
            publisher: "A publisher".to_owned(),
            url: None,
            published: days[0],
            recorded_at: Timestamp::UNIX_EPOCH,
            sha256: String::new(),
        };
        SourceHistory::new(source, days)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn a_list_version_vouches_for_its_day_and_a_check_for_the_time_up_to_it() {
        let mut list = history(&["2025-01-01", "2025-03-01"]);
        assert_eq!(
            list.vouched_until(at("2024-12-31T23:59:59Z")),
            None,
            "a list version says nothing of before"
        );
        assert_eq!(list.vouched_until(at("2025-01-01T12:00:00Z")), Some(at("2025-01-01T12:00:00Z")));
        assert_eq!(list.vouched_until(at("2025-02-01T00:00:00Z")), Some(at("2025-01-01T23:59:59Z")));
        let until = at("2025-01-20T08:00:00Z");
        list.vouched.push(Vouched { since: "2025-01-01".parse().expect("a day"), until });
        assert_eq!(list.vouched_until(at("2025-01-10T00:00:00Z")), Some(at("2025-01-10T00:00:00Z")));
        assert_eq!(list.vouched_until(at("2025-02-01T00:00:00Z")), Some(until));
    }

    #[test]
    fn an_extract_vouches_for_nothing() {
        let mut list = history(&["2025-01-01", "2025-03-01"]);
        list.scopes = vec![Scope::Addresses, Scope::Extract];
        list.vouched.push(Vouched { since: list.snapshots[0], until: at("2025-02-28T08:00:00Z") });
        assert_eq!(list.vouched_until(at("2025-03-01T12:00:00Z")), None, "it names somebody new");
        assert_eq!(list.vouched_until(at("2025-02-28T12:00:00Z")), Some(at("2025-02-28T08:00:00Z")));
    }
}

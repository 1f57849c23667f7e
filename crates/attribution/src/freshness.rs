//! How old the lists are, when their publishers were last asked, and what waits for a person. Pure.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::{SourceId, SourceKind};

use crate::{
    SourceHistory,
    import::official::{self, OFFICIAL},
    store::{Held, LastChecks},
    update::official_lists,
};

/// One source.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Freshness {
    /// The source.
    pub source: SourceId,
    /// Whether it is a list that `lists update` fetches: such a list must be fresh.
    pub official: bool,
    /// Day of its newest list version; `None` when there is none here.
    pub published: Option<Date>,
    /// Days since then.
    pub age_days: Option<i64>,
    /// When its publisher was last asked with success.
    pub checked_at: Option<Timestamp>,
    /// Whether that rests on a person's word, who fetched the list by hand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_word: bool,
    /// When asking last failed since then, and why.
    pub failed_at: Option<Timestamp>,
    /// Why it failed.
    pub failure: Option<String>,
    /// List versions that wait for an answer.
    pub held: Vec<Held>,
    /// What is wrong with it, in words; nothing when it is fresh.
    pub problems: Vec<String>,
}

/// Every official list, and every other sanctions list here, by id.
pub fn freshness(
    sources: &[SourceHistory],
    checks: &[LastChecks],
    held: &[Held],
    now: Timestamp,
    max_age_days: u16,
) -> Vec<Freshness> {
    let fetched: Vec<SourceId> = official_lists().into_iter().map(|spec| spec.source).collect();
    let mut ids: Vec<SourceId> = fetched.clone();
    let is_list = |history: &&SourceHistory| {
        history.source.kind == SourceKind::Sanctions
            && official::list_of(&history.source.id) == history.source.id
    };
    ids.extend(sources.iter().filter(is_list).map(|history| history.source.id.clone()));
    ids.extend(held.iter().map(|held| held.source.clone()));
    ids.sort();
    ids.dedup();
    let one = |id: SourceId| {
        let history = sources.iter().find(|history| history.source.id == id);
        let checks = checks.iter().find(|checks| checks.source == id.0).cloned().unwrap_or_default();
        let held: Vec<Held> = held.iter().filter(|held| held.source == id).cloned().collect();
        let official = fetched.contains(&id);
        let today = now.to_zoned(TimeZone::UTC).date();
        let published = history.and_then(|history| history.snapshot_on(today));
        let age_days = published.and_then(|day| Some(i64::from(today.since(day).ok()?.get_days())));
        let mut problems = Vec::new();
        if official {
            problems.extend(stale(checks.checked_at, published, now, max_age_days));
        }
        if let Some((_, reason)) = &checks.failed {
            problems.push(format!("the last check failed: {reason}"));
        }
        problems.extend(held.iter().map(|held| {
            let crate::import::Shrink { what, ended, total, .. } = &held.shrink;
            format!(
                "the version of {} waits for an answer: it would end {ended} of {total} {what}",
                held.published
            )
        }));
        let (failed_at, failure) = checks.failed.unzip();
        Freshness {
            source: id,
            official,
            published,
            age_days,
            checked_at: checks.checked_at,
            by_word: checks.by_word,
            failed_at,
            failure,
            held,
            problems,
        }
    };
    ids.into_iter().map(one).collect()
}

fn stale(
    checked: Option<Timestamp>,
    published: Option<Date>,
    now: Timestamp,
    max_age_days: u16,
) -> Option<String> {
    let Some(checked) = checked else {
        return Some(match published {
            Some(_) => "never checked at its publisher".to_owned(),
            None => "not here: never fetched or imported".to_owned(),
        });
    };
    let age = now.duration_since(checked);
    (age > SignedDuration::from_hours(24 * i64::from(max_age_days)))
        .then(|| format!("last checked {} days ago, more than {max_age_days}", age.as_hours() / 24))
}

/// The title of a list, where it is a known one.
pub fn title(source: &SourceId) -> Option<&'static str> {
    OFFICIAL.iter().find(|list| list.id == source.0).map(|list| list.title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Shrink;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn problems(checks: &[LastChecks], held: &[Held]) -> Vec<String> {
        let all = freshness(&[], checks, held, at("2026-11-28T12:00:00Z"), 7);
        all.into_iter().find(|one| one.source.0 == "ofac-sdn").unwrap().problems
    }

    fn checked(at_: &str, failed: Option<&str>) -> LastChecks {
        let failed = failed.map(|reason| (at("2026-11-28T11:00:00Z"), reason.to_owned()));
        LastChecks { source: "ofac-sdn".to_owned(), checked_at: Some(at(at_)), by_word: false, failed }
    }

    #[test]
    fn a_list_is_fresh_when_its_publisher_was_asked_in_time_and_nothing_waits() {
        assert_eq!(problems(&[], &[]), ["not here: never fetched or imported"]);
        assert!(problems(&[checked("2026-11-21T12:00:00Z", None)], &[]).is_empty());
        assert_eq!(
            problems(&[checked("2026-11-20T11:00:00Z", None)], &[]),
            ["last checked 8 days ago, more than 7"]
        );
        assert_eq!(
            problems(&[checked("2026-11-28T10:00:00Z", Some("status 503"))], &[]),
            ["the last check failed: status 503"]
        );
        let held = Held {
            source: SourceId("ofac-sdn".to_owned()),
            published: jiff::civil::date(2026, 11, 27),
            sha256: String::new(),
            shrink: Shrink { what: "addresses".to_owned(), ended: 90, total: 714, names: Vec::new() },
            held_at: at("2026-11-28T10:00:00Z"),
        };
        assert_eq!(
            problems(&[checked("2026-11-28T10:00:00Z", None)], &[held]),
            ["the version of 2026-11-27 waits for an answer: it would end 90 of 714 addresses"]
        );
    }
}

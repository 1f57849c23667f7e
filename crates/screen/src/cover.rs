//! What lists and ledger cover at a moment, measured against what a policy requires. Pure.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use tracehound_attribution::index::Index;
use tracehound_ledger::{BlockNum, Ledger};
use tracehound_model::{
    SourceId, SourceKind,
    verdict::{NoticesAsOf, SourceAsOf},
};

use crate::policy::Policy;

/// Seconds by which a block may claim another time than the one before or after it (consensus: two hours ahead).
const BLOCKS_OUT_OF_ORDER: u32 = 144;

/// The day of a moment, UTC.
pub(crate) fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// What the lists cover at a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    /// Sources searched, with the edition used.
    pub(crate) sources: Vec<SourceAsOf>,
    /// Publishers whose notices are complete up to a day.
    pub(crate) notices: Vec<NoticesAsOf>,
    /// Sources without an edition from the day or before.
    pub(crate) silent: Vec<String>,
}

impl Lists {
    pub(crate) fn of(index: &Index, policy: &Policy, as_of: Timestamp) -> Self {
        let day = day_of(as_of);
        let mut lists = Self::default();
        for history in index.sources() {
            lists.notices.extend(
                history
                    .complete_as_of
                    .map(|day| NoticesAsOf { id: history.source.id.clone(), complete_as_of: day }),
            );
            match history.snapshot_on(day) {
                Some(published) => lists.sources.push(SourceAsOf {
                    id: history.source.id.clone(),
                    published,
                    url: history.source.url.clone(),
                    // Of the others nobody asks for all of it.
                    vouched_until: (history.source.kind == SourceKind::Sanctions
                        || policy.require.sources.contains(&history.source.id))
                    .then(|| history.vouched_until(as_of))
                    .flatten(),
                }),
                None => lists.silent.push(format!(
                    "{} has no snapshot from {day} or before: nothing is known from it about that day",
                    history.source.id
                )),
            }
        }
        lists
    }
}

/// The day up to which the notices of every publisher that the policy names are complete.
pub(crate) fn notices_complete_as_of(policy: &Policy, notices: &[NoticesAsOf]) -> Option<Date> {
    let days = policy.require.publishers().iter().map(|id| complete_as_of(id, notices));
    days.collect::<Option<Vec<Date>>>()?.into_iter().min()
}

fn complete_as_of(publisher: &SourceId, notices: &[NoticesAsOf]) -> Option<Date> {
    notices.iter().find(|notices| notices.id == *publisher).map(|notices| notices.complete_as_of)
}

/// Which publishers' notices are not there, or not to a late enough day.
fn missing_notices(policy: &Policy, notices: &[NoticesAsOf], limit: u32, as_of: Timestamp) -> Vec<String> {
    let remedy = "lists import a newer signed pack that speaks for them (data/README.md)";
    let mut wanting: BTreeMap<Option<Date>, Vec<&str>> = BTreeMap::new();
    for publisher in policy.require.publishers() {
        let complete = complete_as_of(publisher, notices);
        if complete.is_none_or(|day| days_between(day, day_of(as_of)) > i64::from(limit)) {
            wanting.entry(complete).or_default().push(&publisher.0);
        }
    }
    let sentence = |(complete, publishers): (Option<Date>, Vec<&str>)| match complete {
        None => format!(
            "the policy requires the notices of {}, and no pack of notices speaks for them: {remedy}",
            publishers.join(", ")
        ),
        Some(complete) => format!(
            "the notices of {} are complete as of {complete}, {} days before the moment asked about; the policy accepts \
             {limit}: {remedy}",
            publishers.join(", "),
            days_between(complete, day_of(as_of))
        ),
    };
    wanting.into_iter().map(sentence).collect()
}

/// Which of the policy's requirements on lists are not met, one sentence each with its remedy.
pub(crate) fn missing_lists(
    policy: &Policy,
    sources: &[SourceAsOf],
    notices: &[NoticesAsOf],
    as_of: Timestamp,
) -> Vec<String> {
    let mut missing = Vec::new();
    for wanted in &policy.require.sources {
        let Some(source) = sources.iter().find(|source| source.id == *wanted) else {
            missing.push(format!(
                "the policy requires {wanted}, of which no edition from {} or before is loaded: tracehound lists \
                 update (for a past day: lists import an edition of that time)",
                day_of(as_of)
            ));
            continue;
        };
        if let Some(limit) = policy.require.checked_within_days {
            missing.extend(too_old(source, limit, as_of));
        }
    }
    if let Some(limit) = policy.require.notices_within_days {
        missing.extend(missing_notices(policy, notices, limit, as_of));
    }
    missing
}

/// Sanctions lists that the policy does not require and that are older than it accepts of those it requires.
pub(crate) fn aged(policy: &Policy, sources: &[SourceAsOf], as_of: Timestamp) -> Vec<String> {
    let Some(limit) = policy.require.checked_within_days else { return Vec::new() };
    let others = sources
        .iter()
        .filter(|source| source.vouched_until.is_some() && !policy.require.sources.contains(&source.id));
    others.filter_map(|source| too_old(source, limit, as_of)).collect()
}

/// Why a source is older than `limit` days, where it is.
fn too_old(source: &SourceAsOf, limit: u32, as_of: Timestamp) -> Option<String> {
    let remedy = "tracehound lists update (for a past day: lists import an edition of that time)";
    let Some(known) = source.vouched_until else {
        let SourceAsOf { id, published, .. } = source;
        return Some(format!(
            "{id} of {published} is a part of a list: nothing tells whom it lacks: {remedy}"
        ));
    };
    let age = as_of.duration_since(known);
    (age > SignedDuration::from_hours(24 * i64::from(limit))).then(|| {
        format!(
            "{} is of {}, known to be all there was until {}, {} days before the moment asked \
             about; the policy accepts {limit}: {remedy}",
            source.id,
            source.published,
            day_of(known),
            days_between(day_of(known), day_of(as_of))
        )
    })
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// Why the subject's transactions do not suffice, where they do not. `until` is the block they were examined up to; none
/// when they were not examined in whole.
pub(crate) fn missing_transactions(
    policy: &Policy,
    until: Option<Timestamp>,
    as_of: Timestamp,
) -> Option<String> {
    if !policy.require.transactions() {
        return None;
    }
    let Some(until) = until else {
        return Some(
            "the policy requires the subject's transactions, and not all of them were examined: ingest its whole chain \
             (tracehound ingest node URL), or ask the lists alone (screen --policy lists-only)"
                .to_owned(),
        );
    };
    let limit = policy.require.transactions_within_hours?;
    let age = as_of.duration_since(until);
    (age > SignedDuration::from_hours(i64::from(limit))).then(|| {
        format!(
            "the transactions were examined up to a block of {until}, {} hours before the moment asked about; the policy \
             accepts {limit}: tracehound ingest node URL",
            age.as_hours()
        )
    })
}

/// What a ledger of a chain covers at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// Time of the last block that is not after the moment.
    pub(crate) until: Option<Timestamp>,
    /// Why it is not the whole chain from its first block to there, where it is not.
    pub(crate) partial: Option<String>,
}

impl Chain {
    /// O(blocks), once.
    pub(crate) fn of(ledger: &Ledger, as_of: Timestamp) -> Self {
        let info = ledger.info();
        let begins = info.first.is_some_and(|first| first.header.prev().0 == [0; 32]);
        let partial = if info.islands > 0 || info.missing_behind || info.missing_inputs > 0 {
            Some(format!(
                "the ledger is partial ({} blocks; {} inputs spend outputs from outside): other transactions were not \
                 seen",
                info.blocks, info.missing_inputs
            ))
        } else if !begins {
            Some(format!(
                "the ledger is partial ({} blocks, the first of the chain not among them): other transactions were \
                 not seen",
                info.blocks
            ))
        } else {
            None
        };
        Self { until: last_block(ledger, info.blocks, as_of), partial }
    }
}

/// Time of the last block that is not after `as_of`. O(log blocks).
fn last_block(ledger: &Ledger, blocks: u32, as_of: Timestamp) -> Option<Timestamp> {
    let time = |num: u32| ledger.block(BlockNum(num)).map(|block| i64::from(block.header.time()));
    let (mut low, mut high) = (0, blocks);
    while low < high {
        let middle = low + (high - low) / 2;
        if time(middle)? <= as_of.as_second() { low = middle + 1 } else { high = middle }
    }
    // Blocks may stand out of the order of their times, a little.
    let near = low.saturating_sub(BLOCKS_OUT_OF_ORDER)..blocks.min(low + BLOCKS_OUT_OF_ORDER);
    let last = near.filter_map(time).filter(|&time| time <= as_of.as_second()).max()?;
    Timestamp::from_second(last).ok()
}
